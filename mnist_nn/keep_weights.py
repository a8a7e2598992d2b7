"""A Keras callback that keeps the weights of the first layer while a model is trained."""

from typing import Any

import numpy as np
import numpy.typing as npt

from mnist_nn.keras_backend import keras


class KeepWeights(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """Keeps the weights of the first layer that has a kernel: at the start, and after each period.

    Attributes:
        weights: Number of steps to ndarray of shape (784, n_nodes), float32.
    """

    def __init__(self) -> None:
        super().__init__()
        self.weights: dict[int, npt.NDArray[np.float32]] = {}

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self.weights = {}
        self._keep()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._keep()

    def _keep(self) -> None:
        layer = next(layer for layer in self.model.layers if hasattr(layer, "kernel"))
        self.weights[int(self.model.optimizer.iterations)] = layer.kernel.numpy()
