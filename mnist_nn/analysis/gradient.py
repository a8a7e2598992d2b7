"""What a training step does: the loss along the gradient of a batch."""

from __future__ import annotations  # signatures show names such as Examples

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from mnist_nn import arguments, metrics
from mnist_nn._backend import keras, tf
from mnist_nn.arguments import Examples, Features, Labels, Targets
from mnist_nn.models import check_classifier, predict_probabilities, to_float
from mnist_nn.rendering import describe, figure_text, language_font

POINTS = 61  # of each curve
SHORTEST = 1e-3  # first distance that is tried


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

    The weights move from where they are to ``weights − distance · gradient``. The curve of the
    batch falls at first, as steeply as its gradient is long. The model keeps its weights.

    Args:
        model: A Keras model that maps features to class probabilities.
        batch_examples: DataFrame or array of shape (batch_size, 784): the features of the batch.
        batch_targets: Series or array of shape (batch_size,): its labels, 0 to 9.
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
    batch = arguments.check_data(batch_examples=batch_examples, batch_targets=batch_targets)
    validation = arguments.check_data(
        validation_examples=validation_examples, validation_targets=validation_targets
    )
    check_classifier("model", f"model {getattr(model, 'name', '')!r}", model, batch[0][:2])
    with tf.GradientTape() as tape:
        probabilities = model(batch[0], training=False)
        losses = keras.losses.sparse_categorical_crossentropy(batch[1], probabilities)
        loss = tf.reduce_mean(losses)
    gradients = tape.gradient(loss, model.trainable_variables)
    moved = keras.models.clone_model(model)
    moved.set_weights(model.get_weights())

    def compute_loss(distance: float, features: Features, labels: Labels) -> float:
        for variable, start, gradient in zip(
            moved.trainable_variables, model.trainable_variables, gradients, strict=True
        ):
            variable.assign(start - distance * gradient)
        return metrics.cross_entropy(labels, to_float(predict_probabilities(moved, features)))

    end = SHORTEST
    while compute_loss(2 * end, *batch) < compute_loss(end, *batch):
        end *= 2
    distances = np.linspace(0, 2 * end, POINTS)
    batch_losses = [compute_loss(distance, *batch) for distance in distances]
    validation_losses = [compute_loss(distance, *validation) for distance in distances]
    start, lowest = batch_losses[0], min(batch_losses)
    slope = float(sum(np.sum(np.square(gradient)) for gradient in gradients))
    ax = ax or plt.subplots(layout="constrained")[1]
    ax.plot(distances, batch_losses, label=figure_text("this batch"))
    ax.plot(distances, validation_losses, label=figure_text("validation"))
    tangent = [0, (start - lowest) / slope], [start, lowest]
    ax.plot(*tangent, "--", color="gray", label=figure_text("slope at the start"))
    ax.plot(0, start, "o", color="black", zorder=3)
    ax.set(xlabel=figure_text("distance along the gradient"), ylabel=figure_text("Cross entropy"))
    ax.set_ylim(0)
    ax.legend()
    describe(
        ax,
        "Line chart of the cross entropy, as the weights move along the gradient of a batch from "
        f"where it is {start:.2f}. That of the batch falls to {lowest:.2f}. That of the validation "
        f"set is {min(validation_losses):.2f} at the lowest, and {validation_losses[-1]:.2f} at "
        "the end.",
    )
    return ax
