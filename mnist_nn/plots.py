"""The exercise's figures: each function draws into one Axes and returns it.

Each gives its Axes an alternative text, which a notebook shows to screen readers.
"""

from __future__ import annotations  # signatures show names such as Array

import math
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator

from mnist_nn import arguments
from mnist_nn.arguments import Array
from mnist_nn.data import CLASSES, IMAGE_SIDE, PIXELS
from mnist_nn.errors import ArgumentError, ArgumentTypeError
from mnist_nn.fonts import figure_text, language_font
from mnist_nn.language import join_numbers, message
from mnist_nn.rendering import describe

IMAGES_PER_ROW = 10  # each is an inch wide
MIDDLE_LUMINANCE = 0.179  # relative luminance on which black and white have the same contrast
SHARE_IN_COLOURS = 0.995  # a few large weights would make all others look pale


def plot_digit(
    pixels: pd.Series[float] | Array, label: int | None = None, *, ax: Axes | None = None
) -> Axes:
    """Draw one digit, with its label as the title.

    Args:
        pixels: Series or ndarray of shape (784,) or (28, 28), on any scale.
        label: The digit's label, 0 to 9.
        ax: Axes to draw into. Without it, the function makes a new figure.

    Raises:
        ValueError: If there are not 784 pixels.

    Example:
        >>> ax = plot_digit(training_examples.iloc[0], training_targets.iloc[0])
    """
    image = np.asarray(pixels)
    if image.size != PIXELS:
        raise ArgumentError(f"pixels has the shape {image.shape}: it must have 784 values")
    ax = ax or plt.subplots()[1]
    ax.matshow(image.reshape(IMAGE_SIDE, IMAGE_SIDE))
    if label is not None:
        ax.set_title(f"Label: {label}")
    ax.grid(False)
    describe(
        ax,
        "A handwritten digit of 28 by 28 pixels, bright strokes on a dark background. "
        f"Label: {'–' if label is None else label}.",
    )
    return ax


def plot_log_loss(history: Mapping[str, Sequence[float]], *, ax: Axes | None = None) -> Axes:
    """Draw the log loss of the training and the validation set over the periods.

    Args:
        history: ``classifier.history.history``, with ``log_loss`` and ``val_log_loss``.
        ax: Axes to draw into. Without it, the function makes a new figure.

    Raises:
        ValueError: If ``history`` lacks these metrics.

    Example:
        >>> ax = plot_log_loss(classifier.history.history)
    """
    ax, training, validation = draw_history(history, "log_loss", "training", "validation", ax)
    ax.set(xlabel="Periods", ylabel="LogLoss", title="LogLoss vs. Periods")
    describe(
        ax,
        "Line chart of the log loss, period by period. "
        f"Training set: {training}. Validation set: {validation}.",
    )
    return ax


def plot_confusion_matrix(matrix: Array, *, ax: Axes | None = None) -> Axes:
    """Draw a confusion matrix as a heat map.

    Args:
        matrix: ndarray of shape (10, 10), from :func:`mnist_nn.confusion_matrix`.
        ax: Axes to draw into. Without it, the function makes a new figure.

    Raises:
        ValueError: If ``matrix`` has another shape, or counts instead of fractions.

    Example:
        >>> predictions = classifier.predict(validation_examples, verbose=0).argmax(axis=1)
        >>> ax = plot_confusion_matrix(confusion_matrix(validation_targets, predictions))
    """
    matrix = check_confusion_matrix("matrix", matrix)
    ax = ax or plt.subplots(figsize=(7.5, 6), layout="constrained")[1]
    shares = np.where(matrix < 0.005, "", np.char.mod("%.2f", matrix))
    # The power of 0.4 makes mistakes of a few per cent visible.
    draw_heat_map(matrix, shares, ax, cmap="bone_r", norm=PowerNorm(0.4, 0, 1), square=True)
    ax.set(title="Confusion matrix", ylabel="True label", xlabel="Predicted label")
    worst = ""
    mistakes = np.where(np.eye(CLASSES, dtype=bool), 0, matrix)
    if share := mistakes.max():
        digit, predicted = np.unravel_index(mistakes.argmax(), mistakes.shape)
        worst = message(
            f"Most frequent mistake: {digit} predicted as {predicted}, a fraction of {share:.2f}."
        )
    describe(
        ax,
        "Heat map of the confusion matrix: one row per true digit, one column per predicted digit; "
        "the darker a cell, the larger its fraction of the row. "
        f"Fractions recognised, from digit 0 to 9: {join_numbers(np.diag(matrix))}.",
        worst,
    )
    return ax


@language_font()  # for the colour bar, whose Axes gets no alternative text
def plot_weights(
    weights: Array,
    *,
    limit: float | None = None,
    original_look: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Draw the weights of the first layer, one 28×28 image for each node.

    All images share one colour scale, symmetric about zero, so that they can be compared: nodes
    that learned little look pale.

    Args:
        weights: ndarray of shape (784, n_nodes).
        limit: Positive weight at which the colour scale ends. By default, the 99.5th percentile of
            the absolute weights. The same limit makes several figures comparable.
        original_look: Draw as the original did: colour map pink, each image scaled by itself, so
            that ``limit`` has no effect.
        ax: Axes to draw into. Without it, the function makes a new figure.

    Raises:
        TypeError, ValueError: If ``weights`` or ``limit`` is invalid.

    Example:
        >>> ax = plot_weights(classifier.layers[0].kernel.numpy())
    """
    images = weights_to_images("weights", weights)
    if limit is not None:
        limit = arguments.check_positive_number("limit", limit)
    nodes, rows = len(images), math.ceil(len(images) / IMAGES_PER_ROW)
    if ax is None:
        margins = {"left": 0, "right": 0.92, "bottom": 0, "top": 1}  # room for the colour bar
        ax = plt.subplots(figsize=(IMAGES_PER_ROW, rows), gridspec_kw=margins)[1]
    ax.axis("off")
    if original_look:
        # One large image draws ten times as fast as an Axes for each node.
        draw_image(tile_images(_stretch(images)), ax, cmap="pink", clim=(0.0, 1.0))
        describe(
            ax,
            f"{nodes} small images in rows of ten, one per node: its weights, arranged like the "
            "pixels, from dark for the smallest weight of the image to bright for its largest.",
        )
        return ax
    limit = limit or float(np.quantile(np.abs(images), SHARE_IN_COLOURS)) or 1.0
    drawn = draw_image(tile_images(images), ax, cmap="RdBu_r", clim=(-limit, limit))
    extend = "both" if np.abs(images).max() > limit else "neither"
    bar: Any = {"fraction": 0.02, "pad": 0.01, "aspect": 4 * rows, "label": figure_text("Weight")}
    ax.figure.colorbar(drawn, ax=ax, extend=extend, **bar)
    precision = ".2f" if limit >= 0.1 else ".2g"
    end, lowest, highest = (
        f"{value:{precision}}".replace("-", "−") for value in (limit, images.min(), images.max())
    )
    describe(
        ax,
        f"{nodes} small images in rows of ten, one per node: its weights, arranged like the "
        "pixels, red above zero, blue below, white at zero; "
        f"the colours end at −{end} and {end}, the weights at {lowest} and {highest}.",
    )
    return ax


def _stretch(images: Array) -> Array:
    """Scale each image to values from 0 to 1."""
    smallest = images.min(axis=(1, 2), keepdims=True)
    spread = images.max(axis=(1, 2), keepdims=True) - smallest
    return np.asarray((images - smallest) / np.where(spread, spread, 1))


def check_confusion_matrix(name: str, matrix: Array) -> Array:
    """Return a confusion matrix as an ndarray, or raise a ValueError."""
    matrix = np.asarray(matrix)
    if matrix.shape != (CLASSES, CLASSES):
        raise ArgumentError(
            f"{name} has the shape {matrix.shape}: it must be (10, 10), as confusion_matrix() "
            "returns it"
        )
    if not (matrix.min() >= 0 and matrix.max() <= 1):
        raise ArgumentError(
            f"{name} has values from {matrix.min():g} to {matrix.max():g}: pass fractions of each "
            "row, as confusion_matrix() returns them"
        )
    return matrix


def draw_image(pixels: Array, ax: Axes, **options: Any) -> AxesImage:
    """Draw an image with its first row at the top, whatever the user's settings are."""
    ax.grid(False)
    return ax.imshow(pixels, interpolation="nearest", origin="upper", **options)


def draw_heat_map(table: Any, texts: Any, ax: Axes, **options: Any) -> None:
    """Draw a heat map of a table, with a text in each cell."""
    ax.grid(False)
    others = len(ax.texts)
    sns.heatmap(table, ax=ax, annot=texts, fmt="", annot_kws={"fontsize": "small"}, **options)
    ax.tick_params(axis="y", rotation=0)
    # seaborn also makes texts white where black has twice the contrast.
    mesh: Any = ax.collections[-1]
    cells = mesh.get_facecolor()[~np.ma.getmaskarray(mesh.get_array()).ravel()]
    luminances = sns.utils.relative_luminance(cells)
    for text, luminance in zip(ax.texts[others:], luminances, strict=True):
        text.set_color("white" if luminance < MIDDLE_LUMINANCE else "black")


def weights_to_images(name: str, weights: Array) -> Array:
    """Return weights as images, of shape (n_nodes, 28, 28), or raise an error."""
    if isinstance(weights, list | tuple):
        raise ArgumentTypeError(
            f"{name} is a list of {len(weights)} arrays: pass only the first, the layer's kernel"
        )
    weights = np.asarray(weights)
    if weights.ndim != 2 or weights.shape[0] != PIXELS or not weights.shape[1]:
        raise ArgumentError(
            f"{name} has the shape {weights.shape}: it must be (784, n_nodes), the shape of the "
            "first layer's kernel"
        )
    if not np.isfinite(weights).all():
        raise ArgumentError(f"{name} contains NaN or infinity: train with a lower learning rate")
    return weights.T.reshape(-1, IMAGE_SIDE, IMAGE_SIDE)


def tile_images(
    images: Array, columns: int = IMAGES_PER_ROW, gap: tuple[int, int] = (2, 2)
) -> Array:
    """Return images of shape (n_images, 28, 28) as one large image, in rows.

    ``gap`` is the number of pixels between rows, and between columns. These pixels are NaN, and so
    are those of missing images in the last row.
    """
    rows = math.ceil(len(images) / columns)
    height, width = IMAGE_SIDE + gap[0], IMAGE_SIDE + gap[1]
    cells = np.full((rows * columns, height, width), np.nan)
    cells[: len(images), :IMAGE_SIDE, :IMAGE_SIDE] = images
    tiled = cells.reshape(rows, columns, height, width).swapaxes(1, 2)
    size = rows * height - gap[0], columns * width - gap[1]
    return tiled.reshape(rows * height, columns * width)[: size[0], : size[1]]


def draw_history(
    history: Mapping[str, Sequence[float]],
    metric: str,
    training: str,
    validation: str,
    ax: Axes | None,
) -> tuple[Axes, str, str]:
    """Draw a metric of both sets over the periods; return the Axes, and the numbers as texts."""
    for name in (metric, f"val_{metric}"):
        if not isinstance(history, Mapping) or name not in history:
            raise ArgumentError(f"history has no {name!r}: pass classifier.history.history")
    ax = ax or plt.subplots()[1]
    ax.plot(history[metric], label=training)
    ax.plot(history[f"val_{metric}"], label=validation)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.legend()
    return ax, join_numbers(history[metric]), join_numbers(history[f"val_{metric}"])
