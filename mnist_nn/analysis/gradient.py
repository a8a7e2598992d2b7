"""What a training step does: the loss along the gradient of a batch."""

from __future__ import annotations  # signatures show names such as Examples

from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from mnist_nn import arguments, metrics
from mnist_nn._backend import keras, tf
from mnist_nn.arguments import Array, Examples, Features, Labels, Targets
from mnist_nn.fonts import figure_text, language_font
from mnist_nn.models import check_classifier, name_model, predict_probabilities, to_float
from mnist_nn.rendering import describe

POINTS = 61  # of each curve
FIRST_FACTOR = 1e-3  # first multiple of the gradient that is tried


class Curves(NamedTuple):
    """Cross entropies along the gradient of a batch."""

    factors: Array  # multiples of the gradient that are subtracted
    batch: list[float]  # losses of the batch, one for each factor
    validation: list[float]
    slope: float  # by which the loss of the batch falls per unit of the factor, at the start


@language_font()
def plot_gradient(
    model: keras.Model,
    batch_examples: Examples,
    batch_targets: Targets,
    validation_examples: Examples,
    validation_targets: Targets,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw the cross entropy of a batch and of the validation set along the batch's gradient.

    The weights move from where they are to ``weights − factor · gradient``. A dashed line
    has the slope that the gradient predicts; the curve of the batch starts along it. The model
    keeps its weights.

    Args:
        model: A Keras model that maps features to class probabilities.
        batch_examples: DataFrame or ndarray of shape (batch_size, 784): the features of the batch.
        batch_targets: Series or ndarray of shape (batch_size,): its labels, 0 to 9.
        validation_examples: DataFrame or ndarray of shape (n_validation, 784).
        validation_targets: Series or ndarray of shape (n_validation,).
        ax: Axes to draw into. Without it, the function makes a new figure.

    Raises:
        TypeError, ValueError: If an argument is invalid.

    Example:
        >>> model = build_linear_model()
        >>> batch = training_examples[:10], training_targets[:10]
        >>> ax = plot_gradient(model, *batch, validation_examples, validation_targets)
    """
    names = "batch_examples", "batch_targets"
    batch = arguments.check_set(batch_examples, batch_targets, names)
    validation = arguments.check_set(
        validation_examples, validation_targets, arguments.VALIDATION_SET
    )
    check_classifier(name_model(model), model, batch[0][:2])
    curves = _follow_gradient(model, batch, validation)
    start, lowest = curves.batch[0], min(curves.batch)
    # The tangent ends where it is as low as the curve.
    tangent_end = (start - lowest) / curves.slope if curves.slope else 0
    ax = ax or plt.subplots(layout="constrained")[1]
    ax.plot(curves.factors, curves.batch, label=figure_text("this batch"))
    ax.plot(curves.factors, curves.validation, label=figure_text("validation"))
    slope_label = figure_text("slope at the start")
    ax.plot([0, tangent_end], [start, lowest], "--", color="gray", label=slope_label)
    ax.plot(0, start, "o", color="black", zorder=3)
    ax.set(
        xlabel=figure_text("Multiple of the gradient that is subtracted"),
        ylabel=figure_text("Cross entropy"),
    )
    ax.set_ylim(0)
    ax.legend()
    describe(
        ax,
        "Line chart of the cross entropy, as the weights move against the gradient of a batch from "
        f"where it is {start:.2f}. That of the batch falls to {lowest:.2f}. That of the "
        f"validation set is {min(curves.validation):.2f} at the lowest, and "
        f"{curves.validation[-1]:.2f} at the end.",
    )
    return ax


def _follow_gradient(
    model: keras.Model, batch: tuple[Features, Labels], validation: tuple[Features, Labels]
) -> Curves:
    """Return the losses along a batch's gradient; the model gets its weights back."""
    with tf.GradientTape() as tape:
        probabilities = model(batch[0], training=False)
        losses = keras.losses.sparse_categorical_crossentropy(batch[1], probabilities)
        loss = tf.reduce_mean(losses)
    variables = model.trainable_variables
    gradients = [
        0.0 if gradient is None else np.asarray(gradient)  # None if the loss does not depend on it
        for gradient in tape.gradient(loss, variables)
    ]
    starts = [variable.numpy() for variable in variables]

    def compute_loss(factor: float, features: Features, labels: Labels) -> float:
        for variable, start, gradient in zip(variables, starts, gradients, strict=True):
            variable.assign(start - factor * gradient)
        return metrics.cross_entropy(labels, to_float(predict_probabilities(model, features)))

    try:
        end = FIRST_FACTOR
        loss_at_end = compute_loss(end, *batch)
        while (loss_further := compute_loss(2 * end, *batch)) < loss_at_end:
            end, loss_at_end = 2 * end, loss_further
        factors = np.linspace(0, 2 * end, POINTS)  # beyond the lowest loss
        batch_losses = [compute_loss(factor, *batch) for factor in factors]
        validation_losses = [compute_loss(factor, *validation) for factor in factors]
    finally:
        for variable, start in zip(variables, starts, strict=True):
            variable.assign(start)
    # Per unit of the factor, the loss falls by the squared length of the gradient.
    slope = float(sum(np.sum(np.square(gradient)) for gradient in gradients))
    return Curves(factors, batch_losses, validation_losses, slope)
