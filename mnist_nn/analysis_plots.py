"""Figures of what trained classifiers learned and get wrong; as in ``plots``, each draws into one
Axes and returns it.
"""

import hashlib
import html
import itertools
import re
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.animation import FuncAnimation
from matplotlib.axes import Axes

from mnist_nn import arguments
from mnist_nn.data import IMAGE_SIDE
from mnist_nn.language import message
from mnist_nn.plots import (
    IMAGES_PER_ROW,
    check_confusion_matrix,
    draw_heat_map,
    listed,
    mosaic,
    weight_images,
)

TEXT_GAP = 16  # pixels below a digit, for two lines of text
STEPS = (1, 10, 100, 1_000)
FRAMES_PER_SECOND = 4
FRAME_DPI = 80
SYMBOLS = {  # for the icons on an animation's buttons; every font has them
    "minus": "−",
    "fast-backward": "|◀",
    "step-backward": "‹",
    "play fa-flip-horizontal": "◀",
    "pause": "||",
    "play": "▶",
    "step-forward": "›",
    "fast-forward": "▶|",
    "plus": "+",
}

WeightsByStep = Mapping[int, npt.NDArray[np.floating]]


def plot_weights_over_training(
    weights_by_step: WeightsByStep,
    *,
    steps: Sequence[int] | None = None,
    nodes: int = 10,
    ax: Axes | None = None,
) -> Axes:
    """Draw weights at several steps, a row each, of the nodes whose weights move furthest.

    All images share one colour scale, symmetric about zero.

    Args:
        weights_by_step: Number of steps to ndarray of shape (784, n_nodes), as
            :class:`mnist_nn.KeepWeights` keeps them.
        steps: The numbers of steps to draw; without it, those of 1, 10, 100 and 1,000 that there
            are.
        nodes: How many nodes to draw, at most.
        ax: Axes to draw into; without it, a new figure's.

    Raises:
        ValueError: If the weights of a step are missing or have another shape.
    """
    if steps is None:
        steps = [step for step in STEPS if step in weights_by_step]
    shown = _moving_nodes(weights_by_step, steps, nodes)
    columns = len(shown[0])
    images = np.concatenate(shown)
    limit = float(np.abs(images).max()) or 1.0
    if ax is None:
        size = (columns + 2, len(steps) + 0.2)
        ax = plt.subplots(figsize=size, layout="constrained")[1]
    drawn = ax.imshow(
        mosaic(images, columns), cmap="RdBu_r", clim=(-limit, limit), interpolation="nearest"
    )
    middles = (IMAGE_SIDE + 2) * np.arange(len(steps)) + IMAGE_SIDE / 2
    ax.set_yticks(middles, [f"{step:,} steps" if step > 1 else "1 step" for step in steps])
    ax.set_xticks([])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.figure.colorbar(drawn, ax=ax, fraction=0.03, pad=0.01, label="weight")
    ax.set_label(
        message(
            "figure_weights_over_training",
            nodes=columns,
            steps=", ".join(f"{step:,}" for step in steps),
            spreads=listed([float(np.std(images)) for images in shown], decimals=3),
        )
    )
    return ax


def animate_weights(weights_by_step: WeightsByStep, *, nodes: int = 20) -> str:
    """Return an animation of the weights over training, as HTML with a slider.

    It holds all its frames, so that it plays in a saved notebook, without a kernel.

    Args:
        weights_by_step: Number of steps to ndarray of shape (784, n_nodes).
        nodes: How many nodes to show, at most: those whose weights move furthest.

    Raises:
        ValueError: If there are no such weights.
    """
    steps = sorted(weights_by_step)
    shown = _moving_nodes(weights_by_step, steps, nodes)
    limit = float(np.abs(shown).max()) or 1.0
    mosaics = [mosaic(images, min(IMAGES_PER_ROW, len(images))) for images in shown]
    height, width = mosaics[0].shape
    figure, ax = plt.subplots(
        figsize=(8, 8 * height / width + 0.5), dpi=FRAME_DPI, layout="constrained"
    )
    image = ax.imshow(mosaics[0], cmap="RdBu_r", clim=(-limit, limit), interpolation="nearest")
    ax.axis("off")

    def draw(frame: int) -> list[object]:
        image.set_data(mosaics[frame])
        ax.set_title(f"Steps: {steps[frame]:,}")
        return [image]

    animation = FuncAnimation(figure, draw, frames=len(steps))  # type: ignore[arg-type]
    page = animation.to_jshtml(fps=FRAMES_PER_SECOND, default_mode="once")
    plt.close(figure)
    text = message("animation_weights", nodes=len(shown[0]), steps=f"{steps[-1]:,}")
    # Where scripts are not run, the last frame stands still.
    still = re.findall(r'"(data:image/png;base64,[^"]+)"', page)[-1].replace("\\\n", "")
    page = page.replace("<img id=", f'<img alt="{html.escape(text)}" src="{still}" id=', 1)
    return _self_contained(page, hashlib.sha256(np.asarray(shown).tobytes()).hexdigest()[:16])


def _self_contained(page: str, name: str) -> str:
    """Return Matplotlib's animation page with symbols of its own for those that it would load from
    the web, and with names of its elements that are the same each time.
    """
    page = re.sub(r"<link [^>]*>", "", page, count=1)
    page = re.sub(r'<i class="fa fa-([a-z -]+)"></i>', lambda icon: SYMBOLS[icon[1]], page)
    random_names = dict.fromkeys(re.findall(r"(?:_|[a-z])([0-9a-f]{32})\b", page))
    for number, random_name in enumerate(random_names):
        page = page.replace(random_name, f"{name}_{number}")
    return page


def plot_examples(examples: pd.DataFrame, texts: Sequence[str], *, ax: Axes | None = None) -> Axes:
    """Draw digits in rows of ten, with a text below each.

    Args:
        examples: DataFrame of shape (n_examples, 784), one or more.
        texts: A text of at most two short lines for each.
        ax: Axes to draw into; without it, a new figure's.

    Raises:
        ValueError: If there are none, or not as many texts.
    """
    images = arguments.feature_array("examples", examples).reshape(-1, IMAGE_SIDE, IMAGE_SIDE)
    if len(texts) != len(images):
        raise ValueError(
            f"texts has {len(texts)} items: it must have one for each of the {len(images)} examples"
        )
    whole = mosaic(images, gap=(TEXT_GAP, 4))
    height, width = whole.shape
    if ax is None:
        ax = plt.subplots(figsize=(10, 10 * (height + TEXT_GAP) / width), layout="constrained")[1]
    ax.imshow(whole, cmap="gray_r", interpolation="nearest")
    ax.set_ylim(height + TEXT_GAP, -1)
    ax.axis("off")
    for position, text in enumerate(texts):
        row, column = divmod(position, IMAGES_PER_ROW)
        ax.text(
            column * (IMAGE_SIDE + 4) + IMAGE_SIDE / 2,
            row * (IMAGE_SIDE + TEXT_GAP) + IMAGE_SIDE + 1,
            text,
            ha="center",
            va="top",
            fontsize="small",
        )
    ax.set_label(message("figure_examples", texts="; ".join(" ".join(t.split()) for t in texts)))
    return ax


def plot_mistakes(
    examples: pd.DataFrame, mistakes: pd.DataFrame, *, ax: Axes | None = None
) -> Axes:
    """Draw mistaken digits, with what each is: what it was taken for, and how surely.

    Args:
        examples: DataFrame of shape (n_examples, 784).
        mistakes: DataFrame of some of these rows, as :func:`mnist_nn.confident_mistakes` returns
            it, one or more.
        ax: Axes to draw into; without it, a new figure's.

    Raises:
        ValueError: If there are no mistakes.
    """
    if mistakes.empty:
        raise ValueError("mistakes has no rows: there is nothing to draw")
    texts = [
        f"{row.label}: {row.predicted}\n{row.probability:.3f}" for row in mistakes.itertuples()
    ]
    return plot_examples(examples.loc[mistakes.index], texts, ax=ax)


def plot_confusion_difference(
    first: npt.NDArray[np.floating],
    second: npt.NDArray[np.floating],
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw the second confusion matrix minus the first, in colours that diverge from zero.

    Args:
        first: ndarray of shape (10, 10), as :func:`mnist_nn.confusion_matrix` returns it.
        second: ndarray of shape (10, 10).
        ax: Axes to draw into; without it, a new figure's.

    Raises:
        ValueError: If either has another shape.
    """
    check_confusion_matrix("first", first)
    check_confusion_matrix("second", second)
    ax = ax or plt.subplots(figsize=(7.5, 6), layout="constrained")[1]
    difference = second - first
    limit = float(np.abs(difference).max()) or 1.0
    percent = np.where(np.abs(difference) < 0.0005, "", np.char.mod("%.1f", 100 * difference))
    draw_heat_map(
        100 * difference,
        "Difference of confusion matrices",
        ax,
        cmap="RdBu_r",
        vmin=-100 * limit,
        vmax=100 * limit,
        annot=percent,
        fmt="",
        annot_kws={"fontsize": "small"},
        cbar_kws={"label": "percentage points"},
    )
    ax.set_label(message("figure_confusion_difference", right=listed(100 * np.diag(difference))))
    return ax


def plot_runs(accuracies: Mapping[str, Sequence[float]], *, ax: Axes | None = None) -> Axes:
    """Draw the accuracies of several runs of each model, with their mean and standard deviation.

    Args:
        accuracies: Name of each model to the accuracies of its runs, two or more, from 0 to 1.
        ax: Axes to draw into; without it, a new figure's.

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
        ax.plot(np.full(len(runs), position), runs, "o", color="C0", alpha=0.5)
        ax.errorbar(position + 0.15, mean, spread, fmt="D", color="C1", capsize=5)
        ax.annotate(
            f"{mean:.3f} ± {spread:.3f}",
            (position + 0.2, mean),
            textcoords="offset points",
            xytext=(8, -4),
        )
        parts.append(f"{name}: {mean:.3f} ± {spread:.3f}")
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
    """Draw a line of accuracies for each of several models.

    Args:
        accuracies: Name of each model to its accuracies, from 0 to 1: listed period by period, or
            by what stands on the horizontal axis.
        xlabel: What stands on the horizontal axis.
        logarithmic: Whether that axis is logarithmic.
        ax: Axes to draw into; without it, a new figure's.
    """
    ax = ax or plt.subplots(layout="constrained")[1]
    parts = []
    for (name, values), marker in zip(
        accuracies.items(), itertools.cycle("osD^v<>Pp*"), strict=False
    ):
        points = values if isinstance(values, Mapping) else dict(enumerate(values))
        ax.plot(list(points), list(points.values()), marker=marker, markersize=4, label=name)
        parts.append(f"{name}: {listed(list(points.values()), decimals=3)}")
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


def _moving_nodes(
    weights_by_step: WeightsByStep, steps: Sequence[int], nodes: int
) -> list[npt.NDArray[np.floating]]:
    """Return the images at these steps of the nodes whose weights move furthest, from the first to
    the last step there is; each of shape (n_nodes, 28, 28).
    """
    nodes = arguments.whole_number("nodes", nodes)
    missing = [step for step in steps if step not in weights_by_step]
    if missing or not len(steps):
        raise ValueError(
            f"weights_by_step has no weights for steps {missing or STEPS}, but for "
            f"{sorted(weights_by_step)}"
        )
    images = {
        step: weight_images(f"weights_by_step[{step}]", weights)
        for step, weights in weights_by_step.items()
    }
    if len({len(of_step) for of_step in images.values()}) > 1:
        raise ValueError("weights_by_step holds layers of several sizes: it must be of one network")
    moved = images[max(images)] - images[min(images)]
    furthest = np.argsort(-np.linalg.norm(moved, axis=(1, 2)), kind="stable")[:nodes]
    return [images[step][np.sort(furthest)] for step in steps]
