"""The exercise's figures: each function draws into one Axes and returns it.

An Axes' label, which nothing else shows, is its alternative text: what the figure shows, in words,
for those who cannot see it.
"""

import html
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from mnist_nn import arguments
from mnist_nn.data import CLASSES, IMAGE_SIDE, PIXELS
from mnist_nn.language import message
from mnist_nn.silence import no_lines_of_matplotlib

with no_lines_of_matplotlib():
    import matplotlib as mpl
    import matplotlib.pyplot as plt
    import seaborn as sns
    from matplotlib.axes import Axes
    from matplotlib.ticker import MaxNLocator

IMAGES_PER_ROW = 10
IMAGE_INCHES = 1.0
GAP = 2  # pixels between two weight images


def plot_digit(
    pixels: "pd.Series[float] | npt.NDArray[np.floating]",
    label: int | None = None,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw one digit, with its label as the title.

    Args:
        pixels: Series or ndarray of shape (784,) or (28, 28), on any scale.
        label: The digit's label, 0 to 9.
        ax: Axes to draw into; without it, a new figure's.

    Raises:
        ValueError: If there are not 784 pixels.
    """
    image = np.asarray(pixels)
    if image.shape not in [(PIXELS,), (IMAGE_SIDE, IMAGE_SIDE)]:
        raise ValueError(
            f"pixels has the shape {image.shape}: it must be ({PIXELS},) or "
            f"({IMAGE_SIDE}, {IMAGE_SIDE})"
        )
    ax = ax or plt.subplots()[1]
    ax.matshow(image.reshape(IMAGE_SIDE, IMAGE_SIDE))
    if label is not None:
        ax.set_title(f"Label: {label}")
    ax.grid(False)
    ax.set_label(message("figure_digit", label="–" if label is None else label))
    return ax


def plot_log_loss(history: Mapping[str, Sequence[float]], *, ax: Axes | None = None) -> Axes:
    """Draw the log loss of the training and the validation set over the periods.

    Args:
        history: ``classifier.history.history``: ``log_loss`` and ``val_log_loss`` by period.
        ax: Axes to draw into; without it, a new figure's.

    Raises:
        ValueError: If ``history`` has none of them.
    """
    return _plot_history(history, "log_loss", "LogLoss", ax)


def plot_cross_entropy(history: Mapping[str, Sequence[float]], *, ax: Axes | None = None) -> Axes:
    """Draw the cross entropy of the training and the validation set over the periods.

    Args:
        history: ``classifier.history.history``: ``cross_entropy`` and ``val_cross_entropy``.
        ax: Axes to draw into; without it, a new figure's.

    Raises:
        ValueError: If ``history`` has none of them.
    """
    return _plot_history(history, "cross_entropy", "Cross entropy", ax)


def plot_confusion_matrix(matrix: npt.NDArray[np.floating], *, ax: Axes | None = None) -> Axes:
    """Draw a confusion matrix as a heat map.

    Args:
        matrix: ndarray of shape (10, 10), as :func:`mnist_nn.confusion_matrix` returns it.
        ax: Axes to draw into; without it, a new figure's.

    Raises:
        ValueError: If ``matrix`` has another shape.
    """
    check_confusion_matrix("matrix", matrix)
    ax = ax or plt.subplots()[1]
    draw_heat_map(matrix, "Confusion matrix", ax, cmap="bone_r")
    mistaken = np.where(np.eye(CLASSES, dtype=bool), 0, matrix)
    digit, taken_for = np.unravel_index(mistaken.argmax(), mistaken.shape)
    text = message("figure_confusion_matrix", right=listed(np.diag(matrix)))
    if mistaken.any():
        text += " " + message(
            "figure_confusion_matrix_worst",
            digit=digit,
            taken_for=taken_for,
            share=mistaken.max(),
        )
    ax.set_label(text)
    return ax


def plot_weights(
    weights: npt.NDArray[np.floating],
    *,
    limit: float | None = None,
    original_look: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Draw the weights of a layer that looks at the pixels, one 28×28 image a node.

    All images share one colour scale, symmetric about zero, so that they can be compared: nodes
    that learned little look pale.

    Args:
        weights: ndarray of shape (784, n_nodes).
        limit: The weight, above zero, at which the colours end; without it, the largest of these.
            The same limit makes several figures comparable. Not with ``original_look``.
        original_look: Draw as the original did: colour map pink, each image scaled by itself.
        ax: Axes to draw into; without it, a new figure's, 10 inches wide and 1 for each row of
            ten images.

    Raises:
        ValueError: If ``weights`` has another shape, or ``limit`` cannot be.
    """
    images = weight_images("weights", weights)
    if limit is not None:
        limit = arguments.positive_number("limit", limit)
        if original_look:
            raise ValueError("limit: original_look scales each image by itself, so leave it out")
    nodes = len(images)
    if original_look:
        smallest = images.min(axis=(1, 2), keepdims=True)
        spread = images.max(axis=(1, 2), keepdims=True) - smallest
        images = (images - smallest) / np.where(spread, spread, 1)
        cmap, limits = "pink", (0.0, 1.0)
    else:
        limit = limit or float(np.abs(images).max()) or 1.0
        cmap, limits = "RdBu_r", (-limit, limit)
    rows = -(-nodes // IMAGES_PER_ROW)
    if ax is None:
        size = (IMAGE_INCHES * IMAGES_PER_ROW, IMAGE_INCHES * rows)
        margins = {"left": 0, "right": 0.92, "bottom": 0, "top": 1}  # room for the colour bar
        ax = plt.subplots(figsize=size, gridspec_kw=margins)[1]
    # One mosaic draws far faster than an Axes for each image.
    image = ax.imshow(mosaic(images), cmap=cmap, clim=limits, interpolation="nearest")
    ax.axis("off")
    if original_look:
        ax.set_label(message("figure_weights_original_look", nodes=nodes))
    else:
        ax.set_label(message("figure_weights", nodes=nodes, limit=limit))
        bar = ax.figure.colorbar(image, ax=ax, fraction=0.02, pad=0.01, aspect=4 * rows)
        bar.set_label("weight")
    return ax


def show_figures() -> None:
    """Show all open figures: ``plt.show()``, but with their alternative texts in a notebook."""
    ipython: Any = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is None or not mpl.get_backend().endswith("inline"):
        return plt.show()
    for number in plt.get_fignums():
        figure = plt.figure(number)
        labels = [str(ax.get_label()) for ax in figure.axes]
        text = " ".join(label for label in labels if label != "<colorbar>")
        data, metadata = shell.display_formatter.format(figure)
        if "image/png" in data:
            # Of an image alone, notebooks show no alternative text.
            width = metadata.get("image/png", {}).get("width")  # of a retina figure
            attributes = {"width": width} if width else {}
            data["text/html"] = html_image(data["image/png"], text, **attributes)
        ipython.display.display(data, metadata=metadata, raw=True)
    plt.close("all")


def html_image(png: str, text: str, **attributes: object) -> str:
    """Return HTML that shows a PNG file, in base64, with its alternative text."""
    more = "".join(f' {name}="{html.escape(str(value))}"' for name, value in attributes.items())
    return (
        f'<img alt="{html.escape(text)}" src="data:image/png;base64,{png}" '
        f'style="max-width: 100%"{more}>'
    )


def _plot_history(
    history: Mapping[str, Sequence[float]], figure: str, name: str, ax: Axes | None
) -> Axes:
    sets = {"training": figure, "validation": f"val_{figure}"}
    missing = set(sets.values()) - set(history if isinstance(history, Mapping) else [])
    if missing:
        raise ValueError(f"history has no {sorted(missing)}: give classifier.history.history")
    ax = ax or plt.subplots()[1]
    for label, key in sets.items():
        ax.plot(history[key], label=label)
    ax.set(xlabel="Periods", ylabel=name, title=f"{name} vs. Periods")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.legend()
    values = {label: listed(history[key]) for label, key in sets.items()}
    ax.set_label(message(f"figure_{figure}", **values))
    return ax


def check_confusion_matrix(name: str, matrix: npt.NDArray[np.floating]) -> None:
    """Raise a ValueError unless ``matrix`` has the shape of a confusion matrix."""
    if np.shape(matrix) != (CLASSES, CLASSES):
        raise ValueError(
            f"{name} has the shape {np.shape(matrix)}: it must be ({CLASSES}, {CLASSES}), as "
            "confusion_matrix() returns it"
        )


def draw_heat_map(matrix: npt.NDArray[np.floating], title: str, ax: Axes, **options: Any) -> None:
    """Draw what has a row for each true and a column for each predicted digit."""
    sns.heatmap(matrix, ax=ax, **options)
    ax.set_aspect(1)
    ax.tick_params(axis="y", rotation=0)
    ax.set(title=title, ylabel="True label", xlabel="Predicted label")


def weight_images(name: str, weights: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Return the weights of each node as an image, of shape (n_nodes, 28, 28), or raise a
    ValueError.
    """
    weights = np.asarray(weights)
    if weights.ndim != 2 or weights.shape[0] != PIXELS or not weights.shape[1]:
        raise ValueError(
            f"{name} has the shape {weights.shape}: it must be ({PIXELS}, n_nodes), as the kernel "
            "of the first layer has it"
        )
    return weights.T.reshape(-1, IMAGE_SIDE, IMAGE_SIDE)


def mosaic(
    images: npt.NDArray[np.floating],
    columns: int = IMAGES_PER_ROW,
    gap: tuple[int, int] = (GAP, GAP),
) -> npt.NDArray[np.floating]:
    """Return one image of all, in rows; what lies between and behind them is NaN.

    Args:
        images: ndarray of shape (n_images, 28, 28).
        columns: Number of images in a row.
        gap: Pixels between two rows, and between two columns.
    """
    rows = -(-len(images) // columns)
    height, width = IMAGE_SIDE + gap[0], IMAGE_SIDE + gap[1]
    cells = np.full((rows * columns, height, width), np.nan)
    cells[: len(images), :IMAGE_SIDE, :IMAGE_SIDE] = images
    whole = cells.reshape(rows, columns, height, width).swapaxes(1, 2)
    return whole.reshape(rows * height, columns * width)[: -gap[0], : -gap[1]]


def listed(numbers: Sequence[float] | npt.NDArray[np.floating], decimals: int = 2) -> str:
    """Return numbers as an alternative text names them."""
    return ", ".join(f"{number:.{decimals}f}" for number in numbers)
