"""A Keras model that is written as a class."""

from typing import Any

import keras


class Subclassed(keras.Model):  # type: ignore[misc]  # Keras has no types
    """A classifier without a symbolic input; notes how many examples it is called with."""

    def __init__(self) -> None:
        super().__init__()
        self.probabilities = keras.layers.Dense(10, activation="softmax")
        self.sizes: list[int] = []

    def call(self, features: Any) -> Any:
        self.sizes.append(features.shape[0])
        return self.probabilities(features)
