"""Figures of what classifiers learned and get wrong, made as those of :mod:`mnist_nn.plots`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import cycle
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from mnist_nn import arguments, plots
from mnist_nn.arguments import Array, Examples, Features, Targets
from mnist_nn.data import IMAGE_SIDE
from mnist_nn.errors import ArgumentError
from mnist_nn.language import figure_text, join_numbers, message, translate

STEPS = (1, 10, 100, 1_000)
LINE = 8  # height of a line of text, in pixels of a digit

WeightsByStep = Mapping[int, Array]
Lines = Mapping[str, Sequence[float] | Mapping[float, float]]


def plot_weights_over_training(
    weights_by_step: WeightsByStep, *, steps: Sequence[int] | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the weights after several numbers of steps, one row each; a column shows one node.

    The nodes are the ten whose weights move furthest. All images share one colour scale.

    Args:
        weights_by_step: Number of steps to ndarray of shape (784, n_nodes), as
            :class:`mnist_nn.analysis.KeepWeights` keeps them.
        steps: Numbers of steps to draw; by default, those of 1, 10, 100 and 1,000 that were kept.
        ax: Axes to draw into. Without it, the function makes a new figure.

    Raises:
        TypeError, ValueError: If the weights of a step are missing or have another shape.
    """
    steps = [step for step in STEPS if step in weights_by_step] if steps is None else steps
    images = select_moving_nodes(weights_by_step, steps, plots.IMAGES_PER_ROW)
    limit = float(np.abs(images).max()) or 1.0
    rows, columns = images.shape[:2]
    ax = ax or plt.subplots(figsize=(columns + 2, rows + 0.2), layout="compressed")[1]
    tiles = plots.tile_images(np.concatenate(images), columns)
    drawn = ax.imshow(tiles, cmap="RdBu_r", clim=(-limit, limit), interpolation="nearest")
    ax.figure.colorbar(drawn, ax=ax, fraction=0.03, pad=0.01, label=figure_text("draw_weight"))
    middles = (IMAGE_SIDE + 2) * np.arange(rows) + IMAGE_SIDE / 2
    names = [figure_text("draw_steps" if step != 1 else "draw_step", steps=step) for step in steps]
    ax.set_yticks(middles, names)
    ax.tick_params(length=0)
    ax.set(xticks=[], frame_on=False)
    numbers = message("comma").join(f"{step:,}" for step in steps)
    spreads = join_numbers(images.std(axis=(1, 2, 3)), decimals=3)
    text = message("figure_weights_over_training", nodes=columns, steps=numbers, spreads=spreads)
    ax.set_label(text)
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
        ValueError: If ``examples`` are not features, or there are more or fewer labels.
    """
    features = arguments.check_features("examples", examples)
    lines: dict[str, Any] = {} if labels is None else {"label": labels}
    lines |= predictions or {}
    arguments.check_labels(examples=np.zeros(len(features), int), **lines)  # and their lengths
    return _draw_examples(features, lines, ax)


def plot_mistakes(examples: Examples, mistakes: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw misclassified digits, with label, prediction and its probability below each.

    Args:
        examples: DataFrame or ndarray of shape (n_examples, 784): all examples that were predicted.
        mistakes: Rows, one or more, of :func:`mnist_nn.analysis.confident_mistakes`' table.
        ax: Axes to draw into. Without it, the function makes a new figure.

    Raises:
        ValueError: If there are no mistakes, or they were found in other examples.
    """
    features = arguments.check_features("examples", examples)
    if mistakes.empty:
        raise ArgumentError(message("error_no_mistakes"))
    positions = pd.Index(mistakes["position"])
    is_same = len(features) == mistakes.attrs.get("n_examples", len(features))
    # The mistakes of an ndarray of targets have their positions as the index.
    if is_same and isinstance(examples, pd.DataFrame) and not mistakes.index.equals(positions):
        is_same = mistakes.index.equals(examples.index[positions])
    if not is_same:
        raise ArgumentError(message("error_other_examples", n=len(features)))
    shares = [f"{probability:.1%}" for probability in mistakes["probability"]]
    lines = {"label": mistakes["label"], "predicted": mistakes["predicted"], "": shares}
    return _draw_examples(features[positions], lines, ax)


def plot_confusion_difference(first: Array, second: Array, *, ax: Axes | None = None) -> Axes:
    """Draw the second confusion matrix minus the first, in colours that diverge from zero.

    Args:
        first: ndarray of shape (10, 10), as :func:`mnist_nn.confusion_matrix` returns it.
        second: ndarray of shape (10, 10).
        ax: Axes to draw into. Without it, the function makes a new figure.

    Raises:
        ValueError: If either has another shape.
    """
    first = plots.check_confusion_matrix("first", first)
    points = 100 * (plots.check_confusion_matrix("second", second) - first)
    limit = float(np.abs(points).max()) or 100.0
    texts = np.where(np.abs(points) < 0.05, "", np.char.mod("%.1f", points))
    colours = {"cmap": "RdBu_r", "vmin": -limit, "vmax": limit}
    colours["cbar_kws"] = {"label": figure_text("draw_percentage_points")}
    numbers = {"annot": texts, "fmt": "", "annot_kws": {"fontsize": "small"}}
    ax = ax or plt.subplots(figsize=(7.5, 6), layout="constrained")[1]
    plots.draw_heat_map(points, ax, **colours, **numbers)
    words = {name: figure_text(f"draw_{name}") for name in ("difference", "true", "predicted")}
    ax.set(title=words["difference"], ylabel=words["true"], xlabel=words["predicted"])
    ax.set_label(message("figure_confusion_difference", right=join_numbers(np.diag(points))))
    return ax


def plot_cross_entropy(history: Mapping[str, Sequence[float]], *, ax: Axes | None = None) -> Axes:
    """Draw the cross entropy of the training and the validation set over the periods.

    Args:
        history: ``classifier.history.history``, with ``cross_entropy`` and ``val_cross_entropy``.
        ax: Axes to draw into. Without it, the function makes a new figure.

    Raises:
        ValueError: If ``history`` has no such figures.
    """
    names = ("name", "title", "periods", "training", "validation")
    words = {name: figure_text(f"cross_entropy_{name}") for name in names}
    return plots.draw_history(history, "cross_entropy", words, ax)


def plot_runs(accuracies: Mapping[str, Sequence[float]], *, ax: Axes | None = None) -> Axes:
    """Draw the accuracies of several runs per model, with their mean and standard deviation.

    Args:
        accuracies: Name of each model to the accuracies of its runs, two or more, from 0 to 1.
        ax: Axes to draw into. Without it, the function makes a new figure.

    Raises:
        ValueError: If a model has fewer than two runs.
    """
    table = pd.DataFrame({name: pd.Series(runs) for name, runs in accuracies.items()})
    if table.count().min() < 2:
        raise ArgumentError(message("error_few_runs", accuracies=accuracies))
    means, spreads = table.mean(), table.std()
    texts = [f"{runs.mean():.3f} ± {runs.std():.3f}" for _, runs in table.items()]
    positions = np.arange(len(texts))
    ax = ax or plt.subplots(layout="constrained")[1]
    ax.plot(positions, table.T, "o", color="C0", alpha=0.5)
    ax.errorbar(positions + 0.15, means, spreads, fmt="D", color="C1", capsize=5)
    for position, mean, text in zip(positions, means, texts, strict=True):
        ax.annotate(text, (position + 0.2, mean), (8, -4), textcoords="offset points")
    ax.set_xticks(positions, [translate(name, figure_text) for name in accuracies])
    ax.set(xlim=(-0.5, len(texts) - 0.2), ylabel=figure_text("draw_accuracy"))
    ax.set_title(figure_text("draw_runs"))
    ax.set_label(message("figure_runs", models=_describe(accuracies, texts)))
    return ax


def plot_accuracies(accuracies: Lines, *, ax: Axes | None = None) -> Axes:
    """Draw one line of accuracies per model, over the periods or the size of the training set.

    Args:
        accuracies: Name of each model to its accuracies, from 0 to 1: a list, period by period, or
            a dict by the number of training examples, which is drawn on a logarithmic axis.
        ax: Axes to draw into. Without it, the function makes a new figure.
    """
    table = pd.DataFrame({name: pd.Series(values) for name, values in accuracies.items()})
    by_size = any(isinstance(values, Mapping) for values in accuracies.values())
    ax = ax or plt.subplots(layout="constrained")[1]
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    for name, marker in zip(accuracies, cycle("osD^v<>Pp*"), strict=False):
        label = translate(name, figure_text)
        ax.plot(table[name].dropna(), marker=marker, markersize=4, label=label)
    if by_size:
        ax.set_xscale("log")
        ax.set_xticks(table.index, [f"{tick:,g}" for tick in table.index])
        ax.minorticks_off()
    x = "draw_training_examples" if by_size else "draw_periods"
    ax.set(xlabel=figure_text(x), ylabel=figure_text("draw_accuracy"))
    ax.grid(alpha=0.3)
    ax.legend()
    texts = [join_numbers(line.dropna(), 3) for _, line in table.items()]
    text = message("figure_accuracies", xlabel=message(x), models=_describe(accuracies, texts))
    ax.set_label(text)
    return ax


def _draw_examples(features: Features, lines: Mapping[str, Iterable[Any]], ax: Axes | None) -> Axes:
    """Draw digits, and below each its value of every line, after the line's name."""
    gap = LINE * max(1, len(lines))
    tiles = plots.tile_images(features.reshape(-1, IMAGE_SIDE, IMAGE_SIDE), gap=(gap, 4))
    height, width = tiles.shape
    ax = ax or plt.subplots(figsize=(10, 10 * (height + gap) / width), layout="constrained")[1]
    ax.imshow(tiles, cmap="gray_r", interpolation="nearest")
    ax.set_ylim(height + gap, -1)
    ax.axis("off")

    def write(text: Callable[[str], str]) -> list[list[str]]:
        words = [translate(name, text) for name in lines]
        rows = zip(*lines.values(), strict=True)
        return [[f"{word} {v}".strip() for word, v in zip(words, row, strict=True)] for row in rows]

    for position, parts in enumerate(write(figure_text)):
        row, column = divmod(position, plots.IMAGES_PER_ROW)
        x = column * (IMAGE_SIDE + 4) + IMAGE_SIDE / 2
        y = row * (IMAGE_SIDE + gap) + IMAGE_SIDE + 1
        ax.text(x, y, "\n".join(parts), ha="center", va="top", fontsize="small")
    texts = message("semicolon").join(" ".join(parts) for parts in write(message))
    ax.set_label(message("figure_examples", n=len(features), texts=texts))
    return ax


def _describe(names: Iterable[str], texts: Iterable[str]) -> str:
    """Return names with their texts, for alternative texts."""
    pairs = zip(map(translate, names), texts, strict=True)
    return message("semicolon").join(message("pair", name=name, text=text) for name, text in pairs)


def select_moving_nodes(weights_by_step: WeightsByStep, steps: Sequence[int], nodes: int) -> Array:
    """Return images of the nodes whose weights move furthest from the first to the last step kept.

    The result has the shape (n_steps, n_nodes, 28, 28), with at most ``nodes`` nodes.
    """
    missing = [step for step in steps if step not in weights_by_step]
    kept = sorted(weights_by_step)
    if missing or not len(steps):
        missing = missing or [*STEPS]
        raise ArgumentError(message("error_weights_by_step", kept=kept, missing=missing))
    *images, first, last = [
        plots.weights_to_images(f"weights_by_step[{step}]", weights_by_step[step])
        for step in (*steps, kept[0], kept[-1])
    ]
    moves = np.linalg.norm(last - first, axis=(1, 2))
    return np.stack(images)[:, np.sort(np.argsort(-moves, kind="stable")[:nodes])]
