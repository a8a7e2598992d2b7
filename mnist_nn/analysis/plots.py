"""Figures of what classifiers learned and get wrong, made as those of :mod:`mnist_nn.plots`."""

from collections.abc import Mapping, Sequence
from itertools import cycle

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from mnist_nn import arguments
from mnist_nn.arguments import Array, Examples
from mnist_nn.data import IMAGE_SIDE
from mnist_nn.language import message
from mnist_nn.plots import (
    IMAGES_PER_ROW,
    check_confusion_matrix,
    draw_heat_map,
    draw_history,
    join_numbers,
    tile_images,
    weights_to_images,
)

STEPS = (1, 10, 100, 1_000)
TEXT_GAP = 16  # pixels below a digit, for two lines of text

WeightsByStep = Mapping[int, Array]


def plot_weights_over_training(
    weights_by_step: WeightsByStep,
    *,
    steps: Sequence[int] | None = None,
    nodes: int = 10,
    ax: Axes | None = None,
) -> Axes:
    """Draw the weights after several numbers of steps, one row each; a column shows one node.

    All images share one colour scale, symmetric about zero.

    Args:
        weights_by_step: Number of steps to ndarray of shape (784, n_nodes), as
            :class:`mnist_nn.analysis.KeepWeights` keeps them.
        steps: Numbers of steps to draw; by default, those of 1, 10, 100 and 1,000 that were kept.
        nodes: Maximum number of nodes to draw: those whose weights move furthest.
        ax: Axes to draw into. Without it, the function makes a new figure.

    Raises:
        TypeError, ValueError: If the weights of a step are missing or have another shape.
    """
    if steps is None:
        steps = [step for step in STEPS if step in weights_by_step]
    shown = select_moving_nodes(weights_by_step, steps, nodes)
    columns = shown.shape[1]
    limit = float(np.abs(shown).max()) or 1.0
    size = (columns + 2, len(steps) + 0.2)
    ax = ax or plt.subplots(figsize=size, layout="compressed")[1]
    tiles = tile_images(np.concatenate(shown), columns)
    image = ax.imshow(tiles, cmap="RdBu_r", clim=(-limit, limit), interpolation="nearest")
    middles = (IMAGE_SIDE + 2) * np.arange(len(steps)) + IMAGE_SIDE / 2
    ax.set_yticks(middles, [f"{step:,} steps" if step != 1 else "1 step" for step in steps])
    ax.set_xticks([])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.figure.colorbar(image, ax=ax, fraction=0.03, pad=0.01, label="weight")
    numbers = ", ".join(f"{step:,}" for step in steps)
    spreads = join_numbers(shown.std(axis=(1, 2, 3)), decimals=3)
    text = message("figure_weights_over_training", nodes=columns, steps=numbers, spreads=spreads)
    ax.set_label(text)
    return ax


def plot_examples(examples: Examples, texts: Sequence[str], *, ax: Axes | None = None) -> Axes:
    """Draw digits in rows of ten, with a text below each.

    Args:
        examples: DataFrame or ndarray of shape (n_examples, 784), one row or more.
        texts: One text per example, of at most two short lines.
        ax: Axes to draw into. Without it, the function makes a new figure.

    Raises:
        ValueError: If ``examples`` are not features, or there are more or fewer texts.
    """
    images = arguments.check_features("examples", examples).reshape(-1, IMAGE_SIDE, IMAGE_SIDE)
    if len(texts) != len(images):
        raise ValueError(
            f"texts has {len(texts)} items: it must have one for each of the {len(images)} examples"
        )
    tiles = tile_images(images, gap=(TEXT_GAP, 4))
    height, width = tiles.shape
    size = (10, 10 * (height + TEXT_GAP) / width)
    ax = ax or plt.subplots(figsize=size, layout="constrained")[1]
    ax.imshow(tiles, cmap="gray_r", interpolation="nearest")
    ax.set_ylim(height + TEXT_GAP, -1)
    ax.axis("off")
    for position, text in enumerate(texts):
        row, column = divmod(position, IMAGES_PER_ROW)
        x = column * (IMAGE_SIDE + 4) + IMAGE_SIDE / 2
        y = row * (IMAGE_SIDE + TEXT_GAP) + IMAGE_SIDE + 1
        ax.text(x, y, text, ha="center", va="top", fontsize="small")
    ax.set_label(message("figure_examples", texts="; ".join(" ".join(t.split()) for t in texts)))
    return ax


def plot_mistakes(examples: Examples, mistakes: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw misclassified digits, with label, prediction and its probability below each.

    Args:
        examples: DataFrame or ndarray of shape (n_examples, 784): all examples that were predicted.
        mistakes: Rows of the table that :func:`mnist_nn.analysis.confident_mistakes` returns, one
            or more.
        ax: Axes to draw into. Without it, the function makes a new figure.

    Raises:
        ValueError: If there are no mistakes, or they were found in other examples.
    """
    features = arguments.check_features("examples", examples)
    if mistakes.empty:
        raise ValueError("mistakes has no rows: there is nothing to draw")
    positions = mistakes["position"].to_numpy()
    n_examples = mistakes.attrs.get("n_examples", len(features))
    index = examples.index[positions] if isinstance(examples, pd.DataFrame) else mistakes.index
    # The mistakes of an ndarray of targets have their positions as the index.
    in_order = mistakes.index.equals(index) or mistakes.index.equals(pd.Index(positions))
    if len(features) != n_examples or not in_order:
        raise ValueError(
            f"examples has {len(features)} rows, the targets had {n_examples}, or the order "
            "differs: pass all examples that the classifier predicted, in the order of the targets"
        )
    rows = mistakes.itertuples()
    texts = [message("mistake", **row._asdict()) for row in rows]
    return plot_examples(features[positions], texts, ax=ax)


def plot_confusion_difference(first: Array, second: Array, *, ax: Axes | None = None) -> Axes:
    """Draw the second confusion matrix minus the first, in colours that diverge from zero.

    Args:
        first: ndarray of shape (10, 10), as :func:`mnist_nn.confusion_matrix` returns it.
        second: ndarray of shape (10, 10).
        ax: Axes to draw into. Without it, the function makes a new figure.

    Raises:
        ValueError: If either has another shape.
    """
    first = check_confusion_matrix("first", first)
    points = 100 * (check_confusion_matrix("second", second) - first)
    limit = float(np.abs(points).max()) or 100.0
    ax = ax or plt.subplots(figsize=(7.5, 6), layout="constrained")[1]
    draw_heat_map(
        points,
        "Difference of confusion matrices",
        ax,
        cmap="RdBu_r",
        vmin=-limit,
        vmax=limit,
        annot=np.where(np.abs(points) < 0.05, "", np.char.mod("%.1f", points)),
        fmt="",
        annot_kws={"fontsize": "small"},
        cbar_kws={"label": "percentage points"},
    )
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
    return draw_history(history, "cross_entropy", "Cross entropy", ax)


def plot_runs(accuracies: Mapping[str, Sequence[float]], *, ax: Axes | None = None) -> Axes:
    """Draw the accuracies of several runs per model, with their mean and standard deviation.

    Args:
        accuracies: Name of each model to the accuracies of its runs, two or more, from 0 to 1.
        ax: Axes to draw into. Without it, the function makes a new figure.

    Raises:
        ValueError: If a model has fewer than two runs.
    """
    ax = ax or plt.subplots(layout="constrained")[1]
    parts = []
    for position, (name, values) in enumerate(accuracies.items()):
        runs = np.asarray(values, float)
        if runs.ndim != 1 or len(runs) < 2:
            raise ValueError(f"accuracies[{name!r}] must list two runs or more, not {values!r:.60}")
        mean, spread = runs.mean(), runs.std(ddof=1)
        text = f"{mean:.3f} ± {spread:.3f}"
        ax.plot(np.full(len(runs), position), runs, "o", color="C0", alpha=0.5)
        ax.errorbar(position + 0.15, mean, spread, fmt="D", color="C1", capsize=5)
        ax.annotate(text, (position + 0.2, mean), (8, -4), textcoords="offset points")
        parts.append(f"{name}: {text}")
    ax.set_xticks(range(len(accuracies)), list(accuracies))
    ax.set(xlim=(-0.5, len(accuracies) - 0.2), ylabel="Accuracy", title="Single runs, mean ± sd")
    ax.set_label(message("figure_runs", models="; ".join(parts)))
    return ax


def plot_accuracies(
    accuracies: Mapping[str, Mapping[float, float] | Sequence[float]],
    *,
    xlabel: str = "Periods",
    logarithmic: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Draw one line of accuracies per model.

    Args:
        accuracies: Name of each model to its accuracies, from 0 to 1: a list, period by period, or
            a dict by their values on the horizontal axis.
        xlabel: Label of the horizontal axis.
        logarithmic: Whether the horizontal axis is logarithmic.
        ax: Axes to draw into. Without it, the function makes a new figure.
    """
    ax = ax or plt.subplots(layout="constrained")[1]
    parts = []
    for (name, values), marker in zip(accuracies.items(), cycle("osD^v<>Pp*"), strict=False):
        points = values if isinstance(values, Mapping) else dict(enumerate(values))
        ax.plot(list(points), list(points.values()), marker=marker, markersize=4, label=name)
        parts.append(f"{name}: {join_numbers(list(points.values()), decimals=3)}")
    if not any(isinstance(values, Mapping) for values in accuracies.values()):
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    if logarithmic:
        ax.set_xscale("log")
        ticks = sorted({x for line in ax.lines for x in np.asarray(line.get_xdata(), float)})
        ax.set_xticks(ticks, [f"{tick:,g}" for tick in ticks])
        ax.minorticks_off()
    ax.set(xlabel=xlabel, ylabel="Accuracy (validation)")
    ax.grid(alpha=0.3)
    ax.legend()
    ax.set_label(message("figure_accuracies", xlabel=xlabel, models="; ".join(parts)))
    return ax


def select_moving_nodes(weights_by_step: WeightsByStep, steps: Sequence[int], nodes: int) -> Array:
    """Return images of the nodes whose weights move furthest from the first to the last step kept.

    The result has the shape (n_steps, n_nodes, 28, 28), with at most ``nodes`` nodes.
    """
    nodes = arguments.check_whole_number("nodes", nodes)
    missing = [step for step in steps if step not in weights_by_step]
    if missing or not len(steps):
        raise ValueError(
            f"weights_by_step has no weights after {missing or list(STEPS)} steps, only after "
            f"{sorted(weights_by_step)}: pass steps that it has"
        )
    images = {
        step: weights_to_images(f"weights_by_step[{step}]", weights)
        for step, weights in weights_by_step.items()
    }
    sizes = {len(of_step) for of_step in images.values()}
    if len(sizes) > 1:
        raise ValueError(
            f"weights_by_step has layers of {sorted(sizes)} nodes: pass those of one network"
        )
    moves = np.linalg.norm(images[max(images)] - images[min(images)], axis=(1, 2))
    furthest = np.sort(np.argsort(-moves, kind="stable")[:nodes])
    return np.stack([images[step][furthest] for step in steps])
