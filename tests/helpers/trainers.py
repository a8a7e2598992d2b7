"""The trainers and a network of one's own, as tests call them: with few steps, and silent."""

from typing import Any

import keras
from split import Split

import mnist_nn


def train_linear(data: Split, **arguments: Any) -> keras.Model:
    settings: dict[str, Any] = {"learning_rate": 0.03, "steps": 20, "batch_size": 10, "verbose": 0}
    return mnist_nn.train_linear_classification_model(**data._asdict() | settings | arguments)


def train_nn(data: Split, **arguments: Any) -> keras.Model:
    settings: dict[str, Any] = {"learning_rate": 0.05, "steps": 20, "batch_size": 10, "verbose": 0}
    settings |= {"hidden_units": [20]}
    return mnist_nn.train_nn_classification_model(**data._asdict() | settings | arguments)


def train_own(data: Split, model: Any, **arguments: Any) -> keras.Model:
    """Train a network of one's own; one that is compiled keeps its learning rate."""
    settings: dict[str, Any] = {"learning_rate": 0.05, "steps": 20, "batch_size": 10, "verbose": 0}
    settings |= {"learning_rate": None} if getattr(model, "compiled", False) else {}
    return mnist_nn.train_classification_model(model, **data._asdict() | settings | arguments)


def own_network(
    kind: type[keras.Model] = keras.Sequential,
    *,
    optimizer: Any = "sgd",
    loss: Any = "sparse_categorical_crossentropy",
    **compiled: Any,
) -> keras.Model:
    """Return a compiled convolutional network, the same at each call."""
    start = keras.initializers.GlorotUniform
    layers = [
        keras.Input(shape=(784,)),
        keras.layers.Reshape((28, 28, 1)),
        keras.layers.Conv2D(2, 5, 4, activation="relu", kernel_initializer=start(seed=1)),
        keras.layers.Flatten(),
        keras.layers.Dense(10, activation="softmax", kernel_initializer=start(seed=2)),
    ]
    model = kind(layers)
    model.compile(optimizer, loss, **compiled)
    return model
