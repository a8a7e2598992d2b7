"""The exercise's two classifiers, built and compiled as the original's were."""

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mnist_nn import arguments
from mnist_nn.arguments import Features
from mnist_nn.data import CLASSES, PIXELS
from mnist_nn.keras_backend import keras, tf

CLIP_NORM = 5.0
INITIAL_ACCUMULATOR_VALUE = 0.1
# Half-precision probabilities add up to 1 no better than this; logits do not come near.
PROBABILITY_ERROR = 0.02
# Outputs that a layer may have at once in a prediction: 64 MiB.
PREDICTION_OUTPUTS = 2**24
# Of layers that do not tell: as many as a small convolutional layer has.
UNKNOWN_WIDTH = 2**13


def build_linear_model() -> keras.Model:
    """Build the linear classifier: softmax over ten weighted sums of the pixels, all weights zero.

    Returns:
        A Keras model, not compiled, that turns features of shape (n_examples, 784) into
        probabilities of shape (n_examples, 10).
    """
    return keras.Sequential(
        [
            keras.Input(shape=(PIXELS,), name="pixels"),
            keras.layers.Dense(CLASSES, kernel_initializer="zeros", name="linear_model"),
            keras.layers.Softmax(name="probabilities"),
        ],
        name="linear",
    )


def build_nn_model(
    hidden_units: Sequence[int],
    *,
    dropout: float = 0.0,
    batch_normalization: bool = False,
    l1: float = 0.0,
    l2: float = 0.0,
    seed: int | None = None,
) -> keras.Model:
    """Build the neural network: hidden layers of ReLU nodes, and a softmax layer on top.

    Its variables have the original's names, ``dnn/hiddenlayer_0/kernel`` and so on.

    Args:
        hidden_units: Number of nodes of each hidden layer, such as ``[100, 100]``.
        dropout: Share of each hidden layer's outputs, from 0 to below 1, that a training step
            sets to zero.
        batch_normalization: Whether to normalise each hidden layer's outputs over the batch.
        l1: Weight of the sum of absolute weights that is added to the loss.
        l2: Weight of the sum of squared weights that is added to the loss.
        seed: Seed of the initial weights and of dropout; without one, each call differs.

    Returns:
        A Keras model, not compiled, that turns features of shape (n_examples, 784) into
        probabilities of shape (n_examples, 10).

    Raises:
        ValueError: If an argument is out of its range.
    """
    hidden_units = arguments.hidden_units(hidden_units)
    dropout = arguments.number_between("dropout", dropout, 0, below=1)
    arguments.one_of("batch_normalization", batch_normalization, (False, True))
    l1 = arguments.number_between("l1", l1, 0)
    l2 = arguments.number_between("l2", l2, 0)
    # Keras would draw its own seeds from Python's global generator.
    seeds = np.random.default_rng(arguments.seed(seed))

    def dense(units: int, name: str, activation: str | None = None) -> keras.layers.Layer:
        return keras.layers.Dense(
            units,
            activation=activation,
            kernel_initializer=keras.initializers.GlorotUniform(_draw_seed(seeds)),
            kernel_regularizer=keras.regularizers.L1L2(l1, l2) if l1 or l2 else None,
            name=name,
        )

    # In a list, since Sequential.add() builds the whole model anew with each layer.
    layers = [keras.Input(shape=(PIXELS,), name="pixels")]
    for layer, units in enumerate(hidden_units):
        layers.append(dense(units, f"hiddenlayer_{layer}", "relu"))
        if dropout:
            layers.append(
                keras.layers.Dropout(dropout, seed=_draw_seed(seeds), name=f"dropout_{layer}")
            )
        if batch_normalization:
            layers.append(keras.layers.BatchNormalization(name=f"batch_normalization_{layer}"))
    layers.append(dense(CLASSES, "logits"))
    layers.append(keras.layers.Softmax(name="probabilities"))
    return keras.Sequential(layers, name="dnn")


def compile_classification_model(model: keras.Model, learning_rate: float) -> None:
    """Compile a classifier with the original's loss and optimizer.

    The loss is the *sum* of the cross entropy over the batch, as in TensorFlow 1's Estimators.
    The optimizer is Adagrad, its accumulators starting at 0.1, with gradients clipped to a global
    norm of 5.

    Args:
        model: A Keras model that turns features into class probabilities.
        learning_rate: Learning rate of Adagrad, above 0.

    Raises:
        ValueError: If ``learning_rate`` is not a finite number above 0.
    """
    model.compile(
        optimizer=keras.optimizers.Adagrad(
            arguments.positive_number("learning_rate", learning_rate),
            initial_accumulator_value=INITIAL_ACCUMULATOR_VALUE,
            epsilon=0.0,  # TensorFlow 1 had none; with it, weights agree to the last bit
            global_clipnorm=CLIP_NORM,
        ),
        loss=keras.losses.SparseCategoricalCrossentropy(reduction="sum"),
        jit_compile=False,
    )


def predict_probabilities(model: keras.Model, features: Any) -> Any:
    """Return the probabilities of all examples, as a tensor of shape (n_examples, 10).

    Unlike Keras' ``predict`` it can be part of a larger function, and leaves nothing to be traced
    for each model by itself, which takes longer than it saves. It predicts as many examples at once
    as the outputs of the widest layer allow.
    """
    size = max(1, PREDICTION_OUTPUTS // _widest_layer(model))
    batches = [features[start : start + size] for start in range(0, features.shape[0], size)]
    probabilities: list[Any] = []
    for batch in batches:
        with tf.control_dependencies(probabilities[-1:]):  # one after another, to save memory
            probabilities.append(model(batch, training=False))
    return tf.concat(probabilities, axis=0)


def _widest_layer(model: keras.Model) -> int:
    """Return the number of outputs per example of the layer that has the most."""
    widths = [PIXELS]
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            widths.append(_widest_layer(layer))
            continue
        try:
            widths.append(math.prod(layer.output.shape[1:]))
        except (AttributeError, TypeError, ValueError):  # of no, several or unknown outputs
            widths.append(UNKNOWN_WIDTH)
    return max(widths)


def _draw_seed(seeds: np.random.Generator) -> int:
    return int(seeds.integers(2**31))


def check_classifier(
    argument: str, name: str, model: Any, examples: Features
) -> npt.NDArray[np.float32]:
    """Return what a model makes of examples, or raise an error if it is no classifier of digits.

    Args:
        argument: The argument that the model came as.
        name: What an error calls the model.
        model: It must be a Keras model, with ten probabilities for each example.
        examples: ndarray of shape (n_examples, 784), float32.

    Raises:
        TypeError: If it is no Keras model.
        ValueError: If it cannot be applied to these examples, or gives something else.
    """
    if not isinstance(model, keras.Model):
        raise TypeError(f"{argument} must be a Keras model, not {type(model).__name__}")
    try:
        probabilities = np.asarray(model(examples, training=False), np.float32)
    except Exception as error:  # a layer may raise anything
        raise ValueError(
            f"{name} cannot be applied to examples of {PIXELS} pixels: {reason_of(error)} It must "
            f"begin with keras.Input(shape=({PIXELS},)); a keras.layers.Reshape((28, 28, 1)) "
            "behind that makes images of them"
        ) from None
    n_examples = len(examples)
    if probabilities.shape != (n_examples, CLASSES):
        raise ValueError(
            f"{name} turns {n_examples} examples into the shape {probabilities.shape}: it must be "
            f"({n_examples}, {CLASSES}), so end the model with a layer of {CLASSES} nodes and "
            "softmax"
        )
    if not (
        probabilities.min() >= 0
        and np.abs(probabilities.sum(axis=1) - 1).max() <= PROBABILITY_ERROR
    ):
        raise ValueError(
            f"{name} returns {probabilities[0].round(3)}, which are not probabilities: end it with "
            "softmax"
        )
    return probabilities


def reason_of(error: Exception) -> str:
    """Return the line of Keras' message that says what is wrong."""
    lines = re.sub(r"\x1b\[\d+m", "", str(error)).splitlines()
    reasons = [line for line in lines if line and not line.startswith("Exception encountered")]
    return reasons[0] if reasons else type(error).__name__
