"""Inside a network: weights kept during training, and dead units."""

from __future__ import annotations  # signatures show names such as Examples

from typing import Any

import numpy as np

from mnist_nn import arguments
from mnist_nn._backend import keras
from mnist_nn.arguments import Array, Examples
from mnist_nn.errors import ArgumentError
from mnist_nn.training import STEPS_DONE


class KeepWeights(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """Keras callback that keeps the first layer's weights: before training and after each period.

    Its ``weights`` map numbers of steps to ndarrays of shape (784, n_nodes), of the model's dtype.

    Example:
        >>> keep = KeepWeights()
        >>> data = (training_examples, training_targets, validation_examples, validation_targets)
        >>> train = train_linear_classification_model
        >>> model = train(0.03, 100, 30, *data, callbacks=[keep], verbose=0)
        >>> list(keep.weights)
        [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]
    """

    def __init__(self) -> None:
        super().__init__()
        self.weights: dict[int, Array] = {}

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        # A model lists the weights of nested layers, too.
        self._kernel: Any = next((w for w in self.model.weights if w.name == "kernel"), None)
        if self._kernel is None:
            raise ArgumentError(f"model {self.model.name!r} has no kernel: KeepWeights needs one")
        self.weights = {}

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if not self.weights:  # now other callbacks have restored what they keep
            self.weights[int(self.model.optimizer.iterations)] = self._kernel.numpy()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if STEPS_DONE in self.params:  # also counts the steps that mixed precision skips
            step = min(self.weights) + self.params[STEPS_DONE]
        else:  # in Keras's own fit
            step = int(self.model.optimizer.iterations)
        self.weights[step] = self._kernel.numpy()


def count_dead_units(model: keras.Model, examples: Examples) -> dict[str, int]:
    """Count the units of each hidden dense layer whose output is the same for every example.

    A ReLU unit that is negative for every example outputs zero and has no gradient: it stays dead.

    Args:
        model: A Sequential or functional Keras model, with the activations in its dense layers and
            no models among its layers.
        examples: DataFrame or ndarray of shape (n_examples, 784), two rows or more.

    Returns:
        Name of each dense layer except the last to the number of such units.

    Raises:
        ValueError: If ``examples`` has another shape, or the model is of another kind.

    Example:
        >>> list(count_dead_units(classifier, validation_examples))
        ['hiddenlayer_0', 'hiddenlayer_1']
    """
    features = arguments.check_features("examples", examples)
    if len(features) == 1:
        raise ArgumentError("examples has 1 row: pass two or more, to see which outputs change")
    is_built = bool(getattr(model, "inputs", None))
    if not is_built or any(isinstance(layer, keras.Model) for layer in model.layers):
        raise ArgumentError(
            f"model {getattr(model, 'name', model)!r:.100} must be a Sequential or functional "
            "model that has been built, without models among its layers"
        )
    dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    dead = {}
    for layer in dense[:-1]:
        outputs = keras.Model(model.inputs[0], layer.output)(features, training=False)
        dead[layer.name] = int((np.ptp(outputs, axis=0) == 0).sum())
    return dead
