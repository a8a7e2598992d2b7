"""Figures of what classifiers learned and get wrong, made as those of :mod:`mnist_nn.plots`."""

from __future__ import annotations  # signatures show names such as Examples

from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from mnist_nn import arguments, plots
from mnist_nn.arguments import Array, Examples, Features, Labels, Targets
from mnist_nn.data import CLASSES, IMAGE_SIDE
from mnist_nn.errors import ArgumentError, ArgumentTypeError
from mnist_nn.fonts import figure_text, language_font
from mnist_nn.language import format_number, get_language, join_numbers, message
from mnist_nn.rendering import describe

STEPS = (1, 10, 100, 1_000)
COLUMN_GAP = 4  # pixels between examples side by side

WeightsByStep = Mapping[int, Array]
Lines = Mapping[str, Sequence[float] | Mapping[float, float]]


@language_font()
def plot_weights_over_training(
    weights_by_step: WeightsByStep, *, steps: Sequence[int] | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the weights after several numbers of steps, one row each; a column shows one node.

    The nodes are the ten whose weights move furthest. All images share one colour scale.

    Args:
        weights_by_step: ``KeepWeights.weights``: steps to ndarray of shape (784, n_nodes).
        steps: Numbers of steps to draw; by default, those of 1, 10, 100 and 1,000 that were kept.
        ax: Axes to draw into. Without it, the function makes a new figure.

    Raises:
        TypeError, ValueError: If the weights of a step are missing or have another shape.

    Example:
        >>> weights = {step: np.random.normal(size=(784, 20)) for step in (1, 10, 100)}
        >>> ax = plot_weights_over_training(weights)
    """
    kept = list_steps(weights_by_step)
    if steps is None:
        steps = [step for step in STEPS if step in kept] or STEPS
    images = select_moving_nodes(weights_by_step, steps, plots.IMAGES_PER_ROW)
    limit = float(np.abs(images).max()) or 1.0
    rows, columns = images.shape[:2]
    ax = ax or plt.subplots(figsize=(columns + 2, rows + 0.2), layout="compressed")[1]
    tiles = plots.tile_images(np.concatenate(images), columns)
    drawn = plots.draw_image(tiles, ax, cmap="RdBu_r", clim=(-limit, limit))
    ax.figure.colorbar(drawn, ax=ax, fraction=0.03, pad=0.01, label=figure_text("Weight"))
    names = [figure_text("1 step" if step == 1 else f"{step:,} steps") for step in steps]
    ax.set_yticks((IMAGE_SIDE + 2) * np.arange(rows) + IMAGE_SIDE / 2, names)
    ax.tick_params(length=0)
    ax.set(xticks=[], frame_on=False)
    numbers = get_language().comma.join(map(format_number, steps))
    deviations = join_numbers(images.std(axis=(1, 2, 3)), decimals=3)
    describe(
        ax,
        f"Small images of the weights of {columns} nodes after {numbers} steps, one column per "
        "node and one row per number of steps: red above zero, blue below. "
        f"Standard deviation of these weights, row by row: {deviations}.",
    )
    return ax


def plot_examples(
    examples: Examples,
    labels: Targets | None = None,
    predictions: Mapping[str, Targets] | None = None,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw digits in rows of ten. Below each are its label and what models predict.

    Args:
        examples: DataFrame or ndarray of shape (n_examples, 784), one row or more.
        labels: Series or ndarray of shape (n_examples,): labels from 0 to 9.
        predictions: Name of each model to its predictions, of shape (n_examples,).
        ax: Axes to draw into. Without it, the function makes a new figure.

    Raises:
        TypeError: If ``predictions`` is no mapping.
        ValueError: If ``examples`` are not features, or there are more or fewer labels.

    Example:
        >>> ax = plot_examples(training_examples[:20], training_targets[:20])
    """
    features = arguments.check_features("examples", examples)
    if not isinstance(predictions, Mapping | None):
        raise ArgumentTypeError(
            "predictions must map the name of each model to its predictions, not "
            f"{type(predictions).__name__}"
        )
    lines: list[tuple[str, Labels]] = []
    if labels is not None:
        lines.append(("label", _check_digits("labels", labels, len(features))))
    for name, digits in (predictions or {}).items():
        checked = _check_digits(f"predictions[{name!r}]", digits, len(features))
        lines.append((str(name), checked))
    return _draw_examples(features, lines, ax)


def plot_mistakes(examples: Examples, mistakes: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw misclassified digits, with label, prediction and its probability below each.

    Args:
        examples: DataFrame or ndarray of shape (n_examples, 784): all examples that were predicted.
        mistakes: Rows, one or more, of :func:`mnist_nn.analysis.confident_mistakes`' table.
        ax: Axes to draw into. Without it, the function makes a new figure.

    Raises:
        TypeError: If ``mistakes`` is no such table.
        ValueError: If there are no mistakes, or they were found in other examples.

    Example:
        >>> probabilities = linear_classifier.predict(validation_examples, verbose=0)
        >>> mistakes = confident_mistakes(validation_targets, probabilities)
        >>> ax = plot_mistakes(validation_examples, mistakes.head(20))
    """
    features = arguments.check_features("examples", examples)
    if not isinstance(mistakes, pd.DataFrame) or "position" not in mistakes:
        raise ArgumentTypeError(
            "mistakes must be rows of the table that confident_mistakes() returns"
        )
    if mistakes.empty:
        raise ArgumentError("mistakes has no rows: there is nothing to draw")
    positions = pd.Index(mistakes["position"])
    n_examples = mistakes.attrs.get("n_examples", len(features))
    is_same = n_examples == len(features) > positions.max()
    if is_same and isinstance(examples, pd.DataFrame):
        # The index says which examples they are, unless they come from an ndarray or it was reset.
        is_numbered = isinstance(mistakes.index, pd.RangeIndex) or mistakes.index.equals(positions)
        is_same = is_numbered or mistakes.index.equals(examples.index[positions])
    if not is_same:
        raise ArgumentError(
            f"examples has {len(features)} rows that do not match mistakes: pass the examples of "
            "the same targets, in the same order"
        )
    shares = [f"{probability:.1%}" for probability in mistakes["probability"]]
    labels, predicted = mistakes["label"], mistakes["predicted"]
    return _draw_examples(
        features[positions], [("label", labels), ("predicted", predicted), ("", shares)], ax
    )


@language_font()
def plot_probabilities(
    probabilities: Array, label: int | None = None, *, ax: Axes | None = None
) -> Axes:
    """Draw the ten probabilities that a model predicts for one digit, as bars.

    Args:
        probabilities: ndarray of shape (10,) or (1, 10), a row of what ``predict`` returns.
        label: The digit's label, 0 to 9: its bar is black.
        ax: Axes to draw into. Without it, the function makes a new figure.

    Raises:
        ValueError: If ``probabilities`` are not ten probabilities that add up to 1.

    Example:
        >>> probabilities = classifier.predict(validation_examples[:1], verbose=0)
        >>> ax = plot_probabilities(probabilities, validation_targets.iloc[0])
    """
    if np.shape(probabilities) not in ((CLASSES,), (1, CLASSES)):
        raise ArgumentError(
            f"probabilities has the shape {np.shape(probabilities)}: it must be (10,), the "
            "probabilities of one digit"
        )
    (targets,) = arguments.check_labels(label=np.array([0 if label is None else label]))
    row = np.reshape(probabilities, (1, CLASSES))
    row = arguments.check_labels_and_probabilities(targets, row)[1][0]
    ax = ax or plt.subplots(figsize=(6, 3), layout="constrained")[1]
    colours = ["black" if digit == label else "tab:blue" for digit in range(CLASSES)]
    bars = ax.bar(range(CLASSES), row, color=colours)
    ax.bar_label(bars, [f"{probability:.2f}" for probability in row], fontsize="small")
    ax.set(xlabel=figure_text("Digit"), ylabel=figure_text("Probability"), ylim=(0, 1.1))
    ax.set_xticks(range(CLASSES))
    if label is not None:
        ax.set_title(f"{figure_text('label')} {label}")
    described = "–" if label is None else label
    describe(
        ax,
        f"Bar chart of the probabilities of the digits 0 to 9: {join_numbers(row)}. "
        f"Label: {described}.",
    )
    return ax


@language_font()
def plot_confusion_difference(first: Array, second: Array, *, ax: Axes | None = None) -> Axes:
    """Draw the second confusion matrix minus the first, in colours that diverge from zero.

    Args:
        first, second: ndarrays of shape (10, 10), from :func:`mnist_nn.confusion_matrix`.
        ax: Axes to draw into. Without it, the function makes a new figure.

    Raises:
        ValueError: If either has another shape.

    Example:
        >>> ax = plot_confusion_difference(first=np.eye(10), second=np.full((10, 10), 0.1))
    """
    first = plots.check_confusion_matrix("first", first)
    points = 100 * (plots.check_confusion_matrix("second", second) - first)
    limit = float(np.abs(points).max()) or 100.0
    texts = np.where(np.abs(points) < 0.05, "", np.char.mod("%.1f", points))
    ax = ax or plt.subplots(figsize=(7.5, 6), layout="constrained")[1]
    colour_bar = {"label": figure_text("percentage points")}
    colours: Any = {"cmap": "RdBu_r", "vmin": -limit, "vmax": limit, "cbar_kws": colour_bar}
    plots.draw_heat_map(points, texts, ax, square=True, **colours)
    ax.set_title(figure_text("Difference between confusion matrices"))
    ax.set(ylabel=figure_text("True label"), xlabel=figure_text("Predicted label"))
    describe(
        ax,
        "Heat map of the difference between two confusion matrices, in percentage points: red "
        "where the second has more, blue where it has less. "
        f"On the diagonal, from digit 0 to 9: {join_numbers(np.diag(points))}.",
    )
    return ax


@language_font()
def plot_cross_entropy(history: Mapping[str, Sequence[float]], *, ax: Axes | None = None) -> Axes:
    """Draw the cross entropy of the training and the validation set over the periods.

    Args:
        history: ``classifier.history.history``, with ``cross_entropy`` and ``val_cross_entropy``.
        ax: Axes to draw into. Without it, the function makes a new figure.

    Raises:
        ValueError: If ``history`` lacks these metrics.

    Example:
        >>> ax = plot_cross_entropy(classifier.history.history)
    """
    ax, training, validation = plots.draw_history(
        history, "cross_entropy", figure_text("training"), figure_text("validation"), ax
    )
    ax.set(xlabel=figure_text("Periods"), ylabel=figure_text("Cross entropy"))
    ax.set_title(figure_text("Cross entropy by period"))
    describe(
        ax,
        "Line chart of the cross entropy, period by period. "
        f"Training set: {training}. Validation set: {validation}.",
    )
    return ax


@language_font()
def plot_runs(accuracies: Mapping[str, Sequence[float]], *, ax: Axes | None = None) -> Axes:
    """Draw the accuracies of several runs per model, with their mean and standard deviation.

    Args:
        accuracies: Name of each model to the accuracies of its runs, two or more, from 0 to 1.
        ax: Axes to draw into. Without it, the function makes a new figure.

    Raises:
        TypeError: If ``accuracies`` is no mapping.
        ValueError: If a model has fewer than two runs.

    Example:
        >>> ax = plot_runs({"linear": [0.89, 0.90, 0.89], "network": [0.95, 0.94, 0.95]})
    """
    table = _make_table(accuracies)
    if table.empty or table.count().min() < 2:
        raise ArgumentError(
            f"accuracies must list two runs or more per model, not {accuracies!r:.200}"
        )
    means, spreads = table.mean(), table.std()
    texts = {str(name): f"{means[name]:.3f} ± {spreads[name]:.3f}" for name in accuracies}
    positions = np.arange(len(texts))
    ax = ax or plt.subplots(layout="constrained")[1]
    sideways = np.linspace(-0.08, 0.08, len(table))  # equal accuracies are dots side by side
    ax.plot(positions + sideways[:, None], table, "o", color="C0", alpha=0.5)
    ax.errorbar(positions + 0.15, means, spreads, fmt="D", color="C1", capsize=5)
    for position, mean, text in zip(positions, means, texts.values(), strict=True):
        ax.annotate(text, (position + 0.2, mean), (8, -4), textcoords="offset points")
    ax.set_xticks(positions, map(figure_text, texts))
    ax.set_xlim(-0.5, len(texts) - 0.2)
    ax.set_title(figure_text("Single runs, mean ± standard deviation"))
    ax.set_ylabel(figure_text("Accuracy (validation)"))
    describe(
        ax,
        "Each dot is the accuracy of a single run; beside the dots are their mean and standard "
        f"deviation. {_join_pairs(texts)}.",
    )
    return ax


@language_font()
def plot_accuracies(accuracies: Lines, *, ax: Axes | None = None) -> Axes:
    """Draw one line of accuracies per model, over the periods or the size of the training set.

    Args:
        accuracies: Name of each model to its accuracies, from 0 to 1: a list, period by period, or
            a dict by the number of training examples, which is drawn on a logarithmic axis.
        ax: Axes to draw into. Without it, the function makes a new figure.

    Raises:
        TypeError: If ``accuracies`` is no mapping.
        ValueError: If there are no accuracies.

    Example:
        >>> ax = plot_accuracies({"linear": [0.7, 0.8, 0.85], "network": [0.7, 0.85, 0.93]})
    """
    table = _make_table(accuracies)
    if table.empty:
        raise ArgumentError("accuracies is empty: pass the accuracies of one model or more")
    by_size = any(isinstance(values, Mapping) for _, values in accuracies.items())
    ax = ax or plt.subplots(layout="constrained")[1]
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    lines = {str(name): table[name].dropna().sort_index() for name in accuracies}
    for (name, line), marker in zip(lines.items(), cycle("osD^v<>Pp*"), strict=False):
        ax.plot(line, marker=marker, markersize=4, label=figure_text(name))
    if by_size:
        ax.set_xscale("log")
        ax.set_xticks(table.index, [format_number(int(tick)) for tick in table.index])
        ax.minorticks_off()
    ax.set_xlabel(figure_text("Training examples" if by_size else "Periods"))
    ax.set_ylabel(figure_text("Accuracy (validation)"))
    ax.grid(alpha=0.3)
    ax.legend()
    numbers = _join_pairs({name: join_numbers(line, 3) for name, line in lines.items()})
    horizontal = message("Training examples" if by_size else "Periods")
    describe(ax, f"Line chart of the accuracy on the validation set, by {horizontal}. {numbers}.")
    return ax


def _check_digits(name: str, digits: Targets, n_examples: int) -> Labels:
    """Return digits as an ndarray, one for each example, or raise a ValueError."""
    (checked,) = arguments.check_labels(**{name: digits})
    if len(checked) != n_examples:
        raise ArgumentError(
            f"{name} has {len(checked)} values, but examples has {n_examples} rows: pass one value "
            "for each row"
        )
    return checked


@language_font()
def _draw_examples(
    features: Features, lines: Sequence[tuple[str, Iterable[Any]]], ax: Axes | None
) -> Axes:
    """Draw digits, and below each its value of every line, after the line's name."""
    gap = 8 * max(1, len(lines))  # in pixels of a digit: room for the text
    tiles = plots.tile_images(features.reshape(-1, IMAGE_SIDE, IMAGE_SIDE), gap=(gap, COLUMN_GAP))
    height, width = tiles.shape
    ax = ax or plt.subplots(figsize=(10, 10 * (height + gap) / width), layout="constrained")[1]
    plots.draw_image(tiles, ax, cmap="gray_r")
    ax.set_ylim(height + gap, -1)
    ax.axis("off")

    language, described = get_language(), []
    names = [name for name, _ in lines]
    for position, values in enumerate(zip(*(values for _, values in lines), strict=True)):
        row, column = divmod(position, plots.IMAGES_PER_ROW)
        x = column * (IMAGE_SIDE + COLUMN_GAP) + IMAGE_SIDE / 2
        y = row * (IMAGE_SIDE + gap) + IMAGE_SIDE + 1
        pairs = [*zip(names, values, strict=True)]
        shown = "\n".join(f"{figure_text(name)} {value}".strip() for name, value in pairs)
        ax.text(x, y, shown, ha="center", va="top", fontsize="small")
        described.append(
            language.comma.join(f"{message(name)} {value}".strip() for name, value in pairs)
        )
    texts = language.semicolon.join(described)
    if len(features) == 1:
        describe(ax, f"A handwritten digit, dark on light. {texts}")
    else:
        describe(ax, f"{len(features)} handwritten digits, dark on light. {texts}")
    return ax


def _make_table(accuracies: Lines) -> pd.DataFrame:
    """Return accuracies with one column per model, or raise a TypeError if they are no mapping."""
    if not isinstance(accuracies, Mapping | pd.DataFrame):
        raise ArgumentTypeError(
            "accuracies must map the name of each model to its accuracies, not "
            f"{type(accuracies).__name__}"
        )
    return pd.DataFrame({name: pd.Series(values) for name, values in accuracies.items()})


def _join_pairs(texts: Mapping[str, str]) -> str:
    """Return the name of each model with its text."""
    language = get_language()
    pairs = (f"{message(name)}{language.colon}{text}" for name, text in texts.items())
    return language.semicolon.join(pairs)


def list_steps(weights_by_step: WeightsByStep) -> list[int]:
    """Return the steps whose weights were kept, in order, or raise an error if there are none."""
    if not isinstance(weights_by_step, Mapping):
        raise ArgumentTypeError(
            "weights_by_step must map numbers of steps to weights, as KeepWeights.weights does, "
            f"not {type(weights_by_step).__name__}"
        )
    if not weights_by_step:
        raise ArgumentError(
            "weights_by_step is empty: train with KeepWeights as a callback, and pass its weights"
        )
    return sorted(weights_by_step)


def select_moving_nodes(weights_by_step: WeightsByStep, steps: Sequence[int], nodes: int) -> Array:
    """Return images of the nodes whose weights move furthest from the first to the last step kept.

    The result has the shape (n_steps, n_nodes, 28, 28), with at most ``nodes`` nodes.
    """
    kept = list_steps(weights_by_step)
    missing = [step for step in steps if step not in kept]
    if missing or not len(steps):
        raise ArgumentError(
            f"weights_by_step has weights for the steps {kept!s:.100}, but not for {missing}"
        )
    checked = {
        step: plots.weights_to_images(f"weights_by_step[{step}]", weights_by_step[step])
        for step in (*steps, kept[0], kept[-1])
    }
    if len({images.shape for images in checked.values()}) > 1:
        raise ArgumentError("weights_by_step has different numbers of nodes: keep those of one run")
    images, first, last = [checked[step] for step in steps], checked[kept[0]], checked[kept[-1]]
    moves = np.linalg.norm(last - first, axis=(1, 2))
    return np.stack(images)[:, np.sort(np.argsort(-moves, kind="stable")[:nodes])]
