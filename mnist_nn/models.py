"""The exercise's two classifiers, built and compiled as the original's were."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from mnist_nn import arguments
from mnist_nn._backend import keras, tf
from mnist_nn.arguments import Array, Features
from mnist_nn.data import CLASSES, PIXELS
from mnist_nn.errors import ArgumentError, ArgumentTypeError, describe_error

PREDICTION_ROWS = 7_500  # examples to predict at once: bounds the memory of large networks


def build_linear_model() -> keras.Model:
    """Build the linear classifier: softmax of ten weighted sums of the pixels, all weights zero.

    Returns:
        A Keras model, not compiled, that maps features of shape (n_examples, 784) to probabilities
        of shape (n_examples, 10). Its weights have the dtype ``keras.config.floatx()``.

    Example:
        >>> build_linear_model().count_params()
        7850
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
        dropout: Fraction of each hidden layer's outputs that a training step sets to zero, from
            0 to below 1.
        batch_normalization: Whether to normalise each hidden layer's outputs over the batch.
        l1: Factor of the sum of absolute weights that is added to the loss.
        l2: Factor of the sum of squared weights that is added to the loss.
        seed: Seed of the initial weights and of dropout. Without it, each call differs.

    Returns:
        A Keras model, not compiled, with the same inputs and outputs as the linear classifier.

    Raises:
        TypeError: If ``batch_normalization`` is neither true nor false.
        ValueError: If an argument is out of its range.

    Example:
        >>> build_nn_model([100, 100]).count_params()
        89610
    """
    hidden_units = arguments.check_hidden_units(hidden_units)
    dropout = arguments.check_number_between("dropout", dropout, 0, below=1)
    l1 = arguments.check_number_between("l1", l1, 0)
    l2 = arguments.check_number_between("l2", l2, 0)
    if not isinstance(batch_normalization, bool | np.bool_):
        raise ArgumentTypeError(
            f"batch_normalization must be True or False, not {batch_normalization!r:.100}"
        )
    # Keras would draw its own seeds from Python's global generator.
    generator = np.random.default_rng(arguments.check_seed(seed))

    def next_seed() -> int:
        return int(generator.integers(2**31))

    def build_dense(units: int, name: str, activation: str | None = None) -> keras.layers.Layer:
        return keras.layers.Dense(
            units,
            activation=activation,
            kernel_initializer=keras.initializers.GlorotUniform(next_seed()),
            kernel_regularizer=keras.regularizers.L1L2(l1, l2) if l1 or l2 else None,
            name=name,
        )

    # As a list, since Sequential.add() would build the model anew with each layer.
    layers = [keras.Input(shape=(PIXELS,), name="pixels")]
    for layer, units in enumerate(hidden_units):
        layers.append(build_dense(units, f"hiddenlayer_{layer}", "relu"))
        if dropout:
            layers.append(keras.layers.Dropout(dropout, seed=next_seed(), name=f"dropout_{layer}"))
        if batch_normalization:
            layers.append(keras.layers.BatchNormalization(name=f"batch_normalization_{layer}"))
    layers.append(build_dense(CLASSES, "logits"))
    layers.append(keras.layers.Softmax(name="probabilities"))
    return keras.Sequential(layers, name="dnn")


def compile_classification_model(model: keras.Model, learning_rate: float) -> None:
    """Compile a classifier with the original's loss and optimizer.

    The loss is the *sum* of the cross entropy over the batch, as in TensorFlow 1's Estimators: the
    first number that ``evaluate`` returns is large. The second one is the accuracy.
    The optimizer is Adagrad with accumulators that start at 0.1, and with gradients clipped to a
    global norm of 5.

    Args:
        model: A Keras model that maps features to class probabilities.
        learning_rate: Learning rate of Adagrad, above 0.

    Raises:
        ValueError: If ``learning_rate`` is not a finite number above 0.

    Example:
        >>> model = build_linear_model()
        >>> compile_classification_model(model, learning_rate=0.03)
        >>> loss, accuracy = model.evaluate(validation_examples, validation_targets, verbose=0)
    """
    model.compile(
        optimizer=keras.optimizers.Adagrad(
            arguments.check_positive_number("learning_rate", learning_rate),
            initial_accumulator_value=0.1,
            epsilon=0.0,  # TensorFlow 1 had none
            global_clipnorm=5.0,
        ),
        loss=keras.losses.SparseCategoricalCrossentropy(reduction="sum"),
        metrics=["accuracy"],
        jit_compile=False,  # compiling takes longer than XLA would save
    )


def to_float(outputs: Any) -> Array:
    """Return outputs as an array of float64, or of float32 if they have another dtype."""
    array = np.asarray(outputs)
    return np.asarray(array, np.float64 if array.dtype == np.float64 else np.float32)


def predict_probabilities(model: keras.Model, features: Any) -> Any:
    """Return the probabilities of all examples as a tensor, also inside a compiled function."""
    probabilities: list[Any] = []
    for start in range(0, features.shape[0], PREDICTION_ROWS):
        with tf.control_dependencies(probabilities[-1:]):  # one after another, to save memory
            batch = features[start : start + PREDICTION_ROWS]
            probabilities.append(model(batch, training=False))
    return tf.concat(probabilities, axis=0)


def name_model(model: Any) -> str:
    """Return what errors call a model that is handed in as ``model``."""
    return f"model {model.name!r}" if isinstance(model, keras.Model) else "model"


def check_classifier(name: str, model: Any, examples: Features) -> Array:
    """Return the probabilities that a model predicts, or raise an error if it is not a classifier.

    Errors call the model ``name``.
    """
    probabilities = check_outputs(name, model, examples)
    if (row := arguments.find_invalid_row(probabilities)) is not None:
        raise ArgumentError(
            f"{name} predicts {probabilities[row].round(3)}, which are not probabilities that add "
            "up to 1: end it with softmax"
        )
    return probabilities


def check_outputs(name: str, model: Any, examples: Features) -> Array:
    """Return the ten outputs of a model for each example, as :func:`check_classifier`."""
    if not isinstance(model, keras.Model):
        raise ArgumentTypeError(
            f"{name} must be a Keras model, as a training call returns it, not "
            f"{type(model).__name__}"
        )
    try:
        outputs = model(examples, training=False)
    except Exception as error:  # a layer may raise anything
        raise ArgumentError(
            f"{name} cannot be applied to 784 pixels: start it with keras.Input(shape=(784,)) and, "
            "if its layers need images, layers.Reshape((28, 28, 1)). Keras says: "
            f"{describe_error(error)}"
        ) from None
    if isinstance(outputs, list | tuple | dict):
        raise ArgumentError(
            f"{name} returns a {type(outputs).__name__} of {len(outputs)}: it must have one "
            "output, a layer of 10 nodes with softmax"
        )
    array = to_float(outputs)
    if array.shape != (len(examples), CLASSES):
        raise ArgumentError(
            f"{name} has an output of shape {array.shape} for {len(examples)} examples: end it "
            "with a layer of 10 nodes and softmax"
        )
    if not (is_finite := np.isfinite(array).all(axis=1)).all():
        row = array[~is_finite][0]
        raise ArgumentError(
            f"{name} predicts {row.round(3)}: its weights are no finite numbers. Build it "
            "again, and train it with a lower learning rate"
        )
    return array


def list_layers(model: Any) -> Iterator[Any]:
    """Yield the layers of a model, and of the models among them."""
    for layer in model.layers:
        yield layer
        if hasattr(layer, "layers"):
            yield from list_layers(layer)


def list_kernels(model: Any) -> list[Array]:
    """Return the weights of all layers, from the first one on, without biases."""
    return [np.asarray(weight) for weight in model.weights if len(weight.shape) > 1]


def count_steps(model: Any) -> int:
    """Return the steps that a model was trained for, or 0 if these are not known.

    They are not if it has no optimizer, or one that scales the loss and skips steps.
    """
    optimizer: Any = getattr(model, "optimizer", None)
    is_known = optimizer is not None and not hasattr(optimizer, "inner_optimizer")
    return int(optimizer.iterations) if is_known else 0


def describe_network(network: Any) -> dict[str, Any]:
    """Return what a network stores of the arguments that it was built and trained with, by name.

    Two networks that differ in an argument differ in its value here, such as the shapes of all
    kernels for ``hidden_units``. A network that was not trained knows no optimizer.
    """
    layers = [*list_layers(network)]
    names = [type(layer).__name__ for layer in layers]
    penalties = [getattr(layer, "kernel_regularizer", None) for layer in layers]
    activations = [getattr(layer, "activation", None) for layer in layers]
    found: dict[str, Any] = {
        "hidden_units": [kernel.shape for kernel in list_kernels(network)],
        "dropout": [layer.rate for layer in layers if hasattr(layer, "rate")],
        "l1": {float(getattr(penalty, "l1", 0)) for penalty in penalties},
        "l2": {float(getattr(penalty, "l2", 0)) for penalty in penalties},
        "batch_normalization": names.count("BatchNormalization"),
        "activation": [getattr(each, "__name__", type(each).__name__) for each in activations],
    }
    if count_steps(network):
        found["optimizer"] = type(network.optimizer).__name__
        found["learning_rate"] = network.optimizer.get_config()["learning_rate"]  # or a schedule's
    return found
