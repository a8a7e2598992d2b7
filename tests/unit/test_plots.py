"""The figures show what they are given, with the original's labels, titles and proportions."""

import re
from collections.abc import Callable
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from seaborn.utils import relative_luminance

import mnist_nn
from mnist_nn import rendering

WEIGHTS = np.random.default_rng(0).normal(size=(784, 23))
HISTORY = {"log_loss": [3.0, 2.0, 1.0], "val_log_loss": [4.0, 3.0, 3.5]}

DRAWINGS: list[Callable[..., Any]] = [
    lambda **options: mnist_nn.plot_digit(np.linspace(0, 1, 784), 7, **options),
    lambda **options: mnist_nn.plot_log_loss(HISTORY, **options),
    lambda **options: mnist_nn.plot_confusion_matrix(np.eye(10), **options),
    lambda **options: mnist_nn.plot_weights(WEIGHTS, **options),
    lambda **options: mnist_nn.plot_weights(WEIGHTS, original_look=True, **options),
]


@pytest.mark.parametrize("draw", DRAWINGS)
def test_draws_into_ax_or_a_new_figure_and_never_shows(
    draw: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plt, "show", lambda: pytest.fail("plt.show() called"))
    _, (left, right) = plt.subplots(ncols=2)
    assert draw(ax=left) is left
    assert not right.has_data()
    assert len(plt.get_fignums()) == 1
    draw().figure.canvas.draw()
    assert len(plt.get_fignums()) == 2


def test_digit() -> None:
    pixels = np.linspace(0, 1, 784)
    ax: Any = mnist_nn.plot_digit(pixels, 7)
    np.testing.assert_array_equal(ax.images[0].get_array(), pixels.reshape(28, 28))
    assert ax.get_title() == "Label: 7"
    assert ax.get_label().endswith("Label: 7.")
    assert mnist_nn.plot_digit(pixels.reshape(28, 28)).get_title() == ""
    with pytest.raises(ValueError, match=r"pixels has the shape \(785,\)"):
        mnist_nn.plot_digit(np.zeros(785))


def test_log_loss() -> None:
    ax: Any = mnist_nn.plot_log_loss(HISTORY)
    assert [list(line.get_ydata()) for line in ax.lines] == list(HISTORY.values())
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["training", "validation"]
    labels = (ax.get_title(), ax.get_xlabel(), ax.get_ylabel())
    assert labels == ("LogLoss vs. Periods", "Periods", "LogLoss")
    assert ax.get_label().endswith(
        "Training set: 3.00, 2.00, 1.00. Validation set: 4.00, 3.00, 3.50."
    )


def test_confusion_matrix() -> None:
    matrix = np.random.default_rng(0).dirichlet(np.ones(10), size=10)
    ax: Any = mnist_nn.plot_confusion_matrix(matrix)
    drawn = ax.collections[0]
    np.testing.assert_array_equal(np.asarray(drawn.get_array()).reshape(10, 10), matrix)
    assert drawn.get_cmap().name == "bone_r"
    assert drawn.get_clim() == (0, 1)
    texts = ["" if share < 0.005 else f"{share:.2f}" for share in matrix.ravel()]
    assert [text.get_text() for text in ax.texts] == texts
    assert ax.get_aspect() == 1
    labels = (ax.get_title(), ax.get_xlabel(), ax.get_ylabel())
    assert labels == ("Confusion matrix", "Predicted label", "True label")
    for text, colour in zip(ax.texts, drawn.get_facecolor(), strict=True):
        luminance = relative_luminance(colour)
        on_black, on_white = (luminance + 0.05) / 0.05, 1.05 / (luminance + 0.05)
        assert text.get_color() == ("black" if on_black > on_white else "white")
    users_ax = plt.subplots()[1]
    users_text = users_ax.text(0, 0, "mine", color="red")
    nested: Any = mnist_nn.plot_confusion_matrix(matrix.tolist(), ax=users_ax)
    assert nested.get_label() == ax.get_label()
    assert users_text.get_color() == "red"


def test_text_of_the_confusion_matrix_names_the_worst_mistake() -> None:
    matrix = np.eye(10)
    matrix[4] = [0, 0, 0, 0, 0.7, 0, 0, 0, 0.1, 0.2]
    text = str(mnist_nn.plot_confusion_matrix(matrix).get_label())
    assert "1.00, 1.00, 1.00, 1.00, 0.70, 1.00, 1.00, 1.00, 1.00, 1.00." in text
    assert text.endswith("Most frequent mistake: 4 predicted as 9, a fraction of 0.20.")
    assert str(mnist_nn.plot_confusion_matrix(np.eye(10)).get_label()).endswith("1.00, 1.00.")


@pytest.mark.parametrize("original_look", [False, True])
def test_weights_are_images_in_rows_of_ten(original_look: bool) -> None:
    ax: Any = mnist_nn.plot_weights(WEIGHTS, original_look=original_look)
    (image,) = ax.images
    tiled = np.ma.filled(image.get_array(), np.nan)
    for node in range(23):
        row, column = divmod(node, 10)
        panel = tiled[row * 30 : row * 30 + 28, column * 30 : column * 30 + 28]
        weights = WEIGHTS[:, node].reshape(28, 28)
        if original_look:
            weights = (weights - weights.min()) / np.ptp(weights)
        np.testing.assert_allclose(panel, weights)
    assert np.isfinite(tiled).sum() == 23 * 784
    assert tiled.shape == (88, 298)
    assert tuple(ax.figure.get_size_inches()) == (10, 3)
    assert image.get_cmap().name == ("pink" if original_look else "RdBu_r")
    limit = np.quantile(np.abs(WEIGHTS), 0.995)
    assert image.get_clim() == ((0, 1) if original_look else (-limit, limit))
    assert ax.get_label().startswith("23 small images")
    assert (f"end at −{limit:.2f} and {limit:.2f}" in ax.get_label()) != original_look


def test_only_the_figures_that_are_shown_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = []
    monkeypatch.setattr(plt, "show", lambda: shown.append(plt.get_fignums()))
    users_figure = plt.figure()
    rendering.show(mnist_nn.plot_digit(np.zeros(784)))
    assert not shown  # there is no window
    assert plt.get_fignums() == [users_figure.number]
    displayed: list[Any] = []
    monkeypatch.setattr("IPython.display.display", displayed.append)
    monkeypatch.setattr(mpl, "get_backend", lambda: "module://matplotlib_inline.backend_inline")
    ax = mnist_nn.plot_digit(np.zeros(784))
    rendering.show(ax)
    assert displayed == [ax.figure]
    assert not shown
    assert plt.get_fignums() == [users_figure.number]
    monkeypatch.setattr(mpl, "get_backend", lambda: "qtagg")
    rendering.show(mnist_nn.plot_digit(np.zeros(784)))
    assert shown == [plt.get_fignums()] == [[1, 2]]


def test_alternative_text_may_contain_any_character() -> None:
    assert '<img alt="&lt;7&quot;" src=' in rendering.embed_png("", '<7"')


def test_settings_of_the_user_upset_no_figure() -> None:
    with mpl.rc_context({"image.origin": "lower", "axes.grid": True}):
        for draw in DRAWINGS:
            ax = draw()
            ax.figure.canvas.draw()
            for image in ax.images:
                assert image.origin == "upper"
            if ax.images or ax.collections:
                assert not any(line.get_visible() for line in ax.get_xgridlines())


@pytest.mark.parametrize(("limit", "extend"), [(0.5, "both"), (10.0, "neither")])
def test_limit_is_that_of_the_colours(limit: float, extend: str) -> None:
    ax: Any = mnist_nn.plot_weights(WEIGHTS, limit=limit)
    assert ax.images[0].get_clim() == (-limit, limit)
    assert ax.images[0].colorbar.extend == extend


def test_weights_that_are_all_zero() -> None:
    for original_look in (False, True):
        ax: Any = mnist_nn.plot_weights(np.zeros((784, 10)), original_look=original_look)
        ax.figure.canvas.draw()
        assert np.nanmax(np.ma.filled(ax.images[0].get_array(), np.nan)) == 0


@pytest.mark.parametrize(
    ("limit", "ends"), [(0.5, "−0.50 and 0.50"), (1.0, "−1.00 and 1.00"), (4e-4, "−0.0004 and 0.")]
)
def test_small_weights_are_told_with_two_digits(limit: float, ends: str) -> None:
    ax = mnist_nn.plot_weights(np.full((784, 2), limit / 2), limit=limit)
    assert f"the colours end at {ends}" in str(ax.get_label())


def test_bad_arguments_are_refused() -> None:
    for shape in ((784,), (783, 10), (784, 0), (28, 28, 10)):
        with pytest.raises(ValueError, match=re.escape(f"weights has the shape {shape}")):
            mnist_nn.plot_weights(np.zeros(shape))
    with pytest.raises(TypeError, match="^weights is a list of 2 arrays: .* the layer's kernel"):
        mnist_nn.plot_weights([WEIGHTS, np.zeros(23)])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="^limit .* not 0"):
        mnist_nn.plot_weights(WEIGHTS, limit=0)
    histories: list[tuple[str, Any]] = [
        ("val_log_loss", {"log_loss": [1.0]}),
        ("log_loss", mnist_nn.build_linear_model()),
    ]
    for missing, history in histories:
        with pytest.raises(ValueError, match=f"^history has no '{missing}': .*history.history"):
            mnist_nn.plot_log_loss(history)
    with pytest.raises(ValueError, match=r"^matrix has the shape \(2,\)"):
        mnist_nn.plot_confusion_matrix(np.array([1.0, 2.0]))
    with pytest.raises(ValueError, match="^matrix has values from 0 to 7: pass fractions"):
        mnist_nn.plot_confusion_matrix(7 * np.eye(10))
    with pytest.raises(ValueError, match="weights contains NaN"):
        mnist_nn.plot_weights(np.full((784, 2), np.nan))
