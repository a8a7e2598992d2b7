"""Ways to train the exercise's classifiers that the benchmark compares, each as its users write it.

Each takes the exercise's split and the row numbers of the batches, of shape (periods, steps,
batch_size), predicts both sets after each period, and returns the accuracy on the validation set.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from split import Split

Rows = npt.NDArray[np.int64]


class Call(NamedTuple):
    """A training call: no hidden units are a linear model."""

    learning_rate: float
    steps: int
    batch_size: int
    hidden_units: tuple[int, ...] = (100, 100)
    training_rows: int = 7_500

    def __str__(self) -> str:
        layers = "-".join(map(str, self.hidden_units))
        kind = f"network {layers}" if layers else "linear model"
        rows = "" if self.training_rows == 7_500 else f", {self.training_rows:,} rows"
        return f"{kind}, {self.steps:,} steps{rows}"


Train = Callable[[Call, Split, Rows, int], float]  # the last one is the seed


def _arrays(split: Split) -> tuple[Any, ...]:
    examples, targets = split[::2], split[1::2]
    return (
        *(part.to_numpy(np.float32) for part in examples),
        *(part.to_numpy(np.int64, copy=True) for part in targets),
    )


def mnist_nn_trainer() -> Train:
    import mnist_nn

    mnist_nn.train_classification_model  # noqa: B018 imports TensorFlow

    def train(call: Call, split: Split, rows: Rows, seed: int) -> float:
        settings = (call.learning_rate, call.steps, call.batch_size)  # it samples its own rows
        options: Any = {"periods": len(rows), "seed": seed, "verbose": 0, **split._asdict()}
        if call.hidden_units:
            model = mnist_nn.train_nn_classification_model(*settings, call.hidden_units, **options)
        else:
            model = mnist_nn.train_linear_classification_model(*settings, **options)
        return float(model.history.history["val_accuracy"][-1])

    return train


def mnist_nn_in_float64() -> Train:
    train = mnist_nn_trainer()
    import keras

    keras.config.set_floatx("float64")
    return train


def plain_keras() -> Train:
    """The port that people write: a ``fit`` and two ``predict`` a period."""
    from mnist_nn._backend import keras

    def train(call: Call, split: Split, rows: Rows, seed: int) -> float:
        x_train, x_validation, y_train, y_validation = _arrays(split)
        keras.utils.set_random_seed(seed)
        model = keras.Sequential(
            [
                keras.Input(shape=(784,)),
                *(keras.layers.Dense(units, activation="relu") for units in call.hidden_units),
                keras.layers.Dense(10, activation="softmax"),
            ]
        )
        model.compile(
            optimizer=keras.optimizers.Adagrad(call.learning_rate, global_clipnorm=5.0),
            loss=keras.losses.SparseCategoricalCrossentropy(reduction="sum"),
        )
        for period in rows:
            order = period.ravel()
            model.fit(x_train[order], y_train[order], call.batch_size, verbose=0, shuffle=False)
            model.predict(x_train, call.batch_size, verbose=0)
            probabilities = model.predict(x_validation, call.batch_size, verbose=0)
        return float(np.mean(probabilities.argmax(axis=1) == y_validation))

    return train


def scikit_learn() -> Train:
    """Its own optimizer, since it has no Adagrad."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    warnings.simplefilter("ignore", ConvergenceWarning)

    def train(call: Call, split: Split, rows: Rows, seed: int) -> float:
        x_train, x_validation, y_train, y_validation = _arrays(split)
        model = MLPClassifier(call.hidden_units, alpha=0, random_state=seed)
        for period in rows:
            for batch in period:
                model.partial_fit(x_train[batch], y_train[batch], classes=range(10))
            model.predict(x_train)
            predictions = model.predict(x_validation)
        return float(np.mean(predictions == y_validation))

    return train


def pytorch() -> Train:
    import torch
    from torch import nn

    def train(call: Call, split: Split, rows: Rows, seed: int) -> float:
        x_train, x_validation, y_train, y_validation = map(torch.from_numpy, _arrays(split))
        torch.manual_seed(seed)
        sizes = [784, *call.hidden_units]
        layers: list[Any] = []
        for inputs, outputs in pairwise(sizes):
            layers += [nn.Linear(inputs, outputs), nn.ReLU()]
        model = nn.Sequential(*layers, nn.Linear(sizes[-1], 10))
        for parameter in model.parameters():
            is_random = parameter.ndim > 1 and call.hidden_units
            nn.init.xavier_uniform_(parameter) if is_random else nn.init.zeros_(parameter)
        optimizer = torch.optim.Adagrad(
            model.parameters(), lr=call.learning_rate, initial_accumulator_value=0.1
        )
        loss_function = nn.CrossEntropyLoss(reduction="sum")
        for period in torch.from_numpy(rows):
            for batch in period:
                optimizer.zero_grad()
                loss_function(model(x_train[batch]), y_train[batch]).backward()
                nn.utils.clip_grad_norm_(model.parameters(), 5.0)
                optimizer.step()
            with torch.no_grad():
                model(x_train).softmax(dim=1)
                probabilities = model(x_validation).softmax(dim=1)
        return float((probabilities.argmax(dim=1) == y_validation).float().mean())

    return train


def numpy_loop() -> Train:
    """The limit: the arithmetic, and nothing else."""
    from numpy_reference import forward, initial_weights
    from numpy_reference import train as train_steps

    def train(call: Call, split: Split, rows: Rows, seed: int) -> float:
        x_train, x_validation, y_train, y_validation = _arrays(split)
        weights = initial_weights([784, *call.hidden_units, 10], seed)
        if not call.hidden_units:
            weights[0][:] = 0
        steps = rows.shape[1]
        batches = ((x_train[batch], y_train[batch]) for period in rows for batch in period)
        for step, _ in enumerate(train_steps(weights, batches, call.learning_rate), start=1):
            if step % steps == 0:
                forward(weights, x_train)
                probabilities = forward(weights, x_validation)[-1]
        return float(np.mean(probabilities.argmax(axis=1) == y_validation))

    return train


CONTESTANTS: dict[str, Callable[[], Train]] = {
    "mnist_nn": mnist_nn_trainer,
    "float64": mnist_nn_in_float64,
    "NumPy loop": numpy_loop,
    "PyTorch loop": pytorch,
    "MLPClassifier": scikit_learn,
    "plain Keras": plain_keras,
}
