"""The figures show what they are given, and say in words what they show."""

import base64
import re
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import mnist_nn

generator = np.random.default_rng(0)
START = generator.normal(size=(784, 12))
MOVES = np.zeros((784, 12))
MOVES[300, [2, 5, 11]] = [3.0, 1.0, 2.0]
WEIGHTS = {step: START + share * MOVES for step, share in {1: 0.0, 10: 0.1, 1_000: 1.0}.items()}
EXAMPLES = pd.DataFrame(generator.random((13, 784)))


def test_weights_over_training() -> None:
    ax: Any = mnist_nn.plot_weights_over_training(WEIGHTS, steps=[1, 1_000], nodes=3)
    drawn = np.ma.filled(ax.images[0].get_array(), np.nan)
    assert drawn.shape == (58, 88)
    for row, step in enumerate((1, 1_000)):
        for column, node in enumerate((2, 5, 11)):  # those that move
            image = drawn[30 * row : 30 * row + 28, 30 * column : 30 * column + 28]
            np.testing.assert_array_equal(image, WEIGHTS[step][:, node].reshape(28, 28))
    low, high = ax.images[0].get_clim()
    assert -low == high == np.nanmax(np.abs(drawn))
    assert [label.get_text() for label in ax.get_yticklabels()] == ["1 step", "1,000 steps"]
    assert "3 nodes" in ax.get_label()


def test_animation_holds_its_frames_and_is_the_same_each_time() -> None:
    page = mnist_nn.animate_weights(WEIGHTS, nodes=3)
    assert page.count("data:image/png;base64") == len(WEIGHTS) + 1  # and one that stands still
    (still,) = re.findall('<img [^>]*src="data:image/png;base64,([^"]*)"', page)
    assert base64.b64decode(still, validate=True).startswith(b"\x89PNG")
    assert 'type="range"' in page
    assert re.search('<img alt="Animation: the weights of 3 nodes.*1,000 steps', page)
    assert len(page) < 1e6
    assert "▶" in page
    assert not re.search('"https?:', page)  # nothing is loaded from the web
    assert page == mnist_nn.animate_weights(WEIGHTS, nodes=3)
    assert not plt.get_fignums()


def test_examples_and_mistakes() -> None:
    ax: Any = mnist_nn.plot_examples(EXAMPLES, [f"text {n}" for n in range(13)])
    drawn = np.ma.filled(ax.images[0].get_array(), np.nan)
    image = drawn[44 : 44 + 28, 64 : 64 + 28]  # the third of the second row
    np.testing.assert_allclose(image, EXAMPLES.iloc[12].to_numpy().reshape(28, 28), rtol=1e-6)
    assert [text.get_text() for text in ax.texts] == [f"text {n}" for n in range(13)]
    assert "text 0; text 1" in ax.get_label()

    mistakes = pd.DataFrame(
        {"label": [4, 9], "predicted": [9, 4], "probability": [0.99, 0.5]}, index=[7, 3]
    )
    ax = mnist_nn.plot_mistakes(EXAMPLES, mistakes)
    assert [text.get_text() for text in ax.texts] == ["4: 9\n0.990", "9: 4\n0.500"]
    drawn = np.ma.filled(ax.images[0].get_array(), np.nan)
    np.testing.assert_allclose(
        drawn[:28, :28], EXAMPLES.loc[7].to_numpy().reshape(28, 28), rtol=1e-6
    )


def test_confusion_difference() -> None:
    first, second = np.eye(10), np.eye(10)
    first[3, 3], first[3, 5] = 0.75, 0.25
    ax: Any = mnist_nn.plot_confusion_difference(first, second)
    drawn = np.asarray(ax.collections[0].get_array()).reshape(10, 10)
    np.testing.assert_allclose(drawn, 100 * (second - first))
    assert ax.collections[0].get_clim() == (-25, 25)
    written = {text.get_text() for text in ax.texts}
    assert written == {"", "25.0", "-25.0"}
    assert "0.00, 0.00, 0.00, 25.00, 0.00" in ax.get_label()


def test_runs() -> None:
    ax: Any = mnist_nn.plot_runs({"linear": [0.89, 0.91], "network": [0.94, 0.95, 0.96]})
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), [0.89, 0.91])
    assert [text.get_text() for text in ax.texts] == ["0.900 ± 0.014", "0.950 ± 0.010"]
    assert "network: 0.950 ± 0.010" in ax.get_label()


def test_cross_entropy() -> None:
    history = {"cross_entropy": [2.0, 1.0], "val_cross_entropy": [3.0, 2.5]}
    ax: Any = mnist_nn.plot_cross_entropy(history)
    assert [list(line.get_ydata()) for line in ax.lines] == list(history.values())
    assert ax.get_label().endswith("Training set: 2.00, 1.00. Validation set: 3.00, 2.50.")


def test_accuracies() -> None:
    ax: Any = mnist_nn.plot_accuracies(
        {"linear": {100: 0.6, 1_000: 0.8}, "network": {100: 0.7, 1_000: 0.9}},
        xlabel="Training rows",
        logarithmic=True,
    )
    assert [list(line.get_xdata()) for line in ax.lines] == [[100, 1_000]] * 2
    assert [list(line.get_ydata()) for line in ax.lines] == [[0.6, 0.8], [0.7, 0.9]]
    assert ax.get_xscale() == "log"
    assert "network: 0.700, 0.900" in ax.get_label()
    ax = mnist_nn.plot_accuracies({"network": [0.5, 0.6]})
    assert list(ax.lines[0].get_xdata()) == [0, 1]


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match=r"no weights for steps \[100\], but for \[1, 10, 1000\]"):
        mnist_nn.plot_weights_over_training(WEIGHTS, steps=[1, 100])
    with pytest.raises(ValueError, match=r"no weights for steps \(1, .*, but for \[7\]"):
        mnist_nn.plot_weights_over_training({7: START})
    with pytest.raises(ValueError, match="holds layers of several sizes"):
        mnist_nn.animate_weights({1: START, 2: START[:, :5]})
    with pytest.raises(ValueError, match="mistakes has no rows"):
        mnist_nn.plot_mistakes(EXAMPLES, pd.DataFrame(columns=["label"]))
    with pytest.raises(ValueError, match=r"weights_by_step\[1\] has the shape \(3, 4\)"):
        mnist_nn.animate_weights({1: np.zeros((3, 4))})
    with pytest.raises(ValueError, match="weights_by_step has no weights"):
        mnist_nn.animate_weights({})
    with pytest.raises(ValueError, match="nodes must be a whole number"):
        mnist_nn.animate_weights(WEIGHTS, nodes=0)
    with pytest.raises(ValueError, match="texts has 1 items: it must have one for each of the 13"):
        mnist_nn.plot_examples(EXAMPLES, ["text"])
    with pytest.raises(ValueError, match=r"second has the shape \(9, 9\)"):
        mnist_nn.plot_confusion_difference(np.eye(10), np.eye(9))
    with pytest.raises(ValueError, match=r"accuracies\['linear'\] must list two runs or more"):
        mnist_nn.plot_runs({"linear": [0.9]})
    with pytest.raises(ValueError, match=r"history has no \['val_cross_entropy'\]"):
        mnist_nn.plot_cross_entropy({"cross_entropy": [1.0]})
