"""Measures the accuracy of a student's model: on the validation set, and on new digits."""

import functools
import math
from typing import Any, NamedTuple

import numpy as np

from mnist_nn import arguments, data
from mnist_nn.arguments import Array, Features, Labels
from mnist_nn.data import PIXEL_MAXIMUM
from mnist_nn.models import check_outputs

USED_ROWS = 10_000  # of the training table: no part of the exercise uses the others
NEW_ROWS = 5_000  # of those others, and of the test set, that are measured: a convolution is slow
ROWS_AT_ONCE = 500  # that are predicted: with more, a convolution is slower

# As measured on honest answers.
STANDARD_ERRORS = 4.0  # between known and new digits; 492 honest models had at most 2.8
MUCH_BETTER = 0.2  # accuracy gained by pixels to 255, of a model that is trained on those
LIKE_IMAGES = 0.92  # correlation of mean images: MNIST in any scale 0.998, transposed 0.75


class Accuracy(NamedTuple):
    """The fraction of digits that a model recognises, and of how many."""

    value: float
    rows: int

    @classmethod
    def of(cls, predictions: Any, labels: Labels) -> "Accuracy":
        """Return the accuracy of predictions, a digit for each of the labels."""
        return cls(float(np.mean(predictions == labels)), len(labels))

    def is_above(self, other: "Accuracy") -> bool:
        """Return whether it is higher than ``other``, by more than chance explains."""
        variance = other.value * (1 - other.value) * (1 / self.rows + 1 / other.rows)
        return self.value - other.value > STANDARD_ERRORS * math.sqrt(variance)


class NewDigits(NamedTuple):
    """Features and labels on which no part of the exercise trains."""

    table: tuple[Features, Labels]  # the rows of the training table that it does not use
    test: tuple[Features, Labels]


class NewAccuracies(NamedTuple):
    """The accuracies on new digits."""

    table: Accuracy
    test: Accuracy


class MeasuredModel:
    """A student's model, and its accuracies.

    Args:
        name: What errors call the model.
        model: Keras model that maps 784 features to ten outputs, or anything else.
        features, labels: The validation set.

    Raises:
        TypeError, ValueError: If ``model`` is not such a model.

    Attributes:
        accuracy: That on the validation set, with ``scale * features`` as inputs.
        scale: 255 if the model is much better on pixels from 0 to 255, else 1.
        has_probabilities: Whether its outputs are probabilities.
        new_accuracies: Those on new digits in the scale of ``features``, or None if ``features`` do
            not look like MNIST's in any scale.
    """

    def __init__(self, name: str, model: Any, features: Features, labels: Labels) -> None:
        self.name, self.model, self.features = name, model, features
        self.has_probabilities = arguments.are_probabilities(
            check_outputs(name, model, features[:2])
        )
        self.accuracy, self.scale = self.measure(features, labels, scale=1), 1
        if self.accuracy.value < 1 - MUCH_BETTER:
            if_raw = self.measure(features, labels, scale=PIXEL_MAXIMUM)
            if if_raw.value > self.accuracy.value + MUCH_BETTER:
                self.accuracy, self.scale = if_raw, PIXEL_MAXIMUM
        self.new_accuracies = self._measure_new_digits()

    def predict(self, features: Features, scale: int | None = None) -> Labels:
        """Return the digits that the model sees in ``scale * features``, by default its own scale.

        It predicts a few at once, to save memory.
        """
        inputs = (self.scale if scale is None else scale) * features
        parts = np.array_split(inputs, math.ceil(len(features) / ROWS_AT_ONCE))
        outputs = [check_outputs(self.name, self.model, part) for part in parts]
        predicted: Labels = np.concatenate(outputs).argmax(axis=1)
        return predicted

    def measure(self, features: Features, labels: Labels, scale: int | None = None) -> Accuracy:
        """Return the accuracy on a data set, with inputs as in :meth:`predict`."""
        return Accuracy.of(self.predict(features, scale), labels)

    def _measure_new_digits(self) -> NewAccuracies | None:
        new = load_new_digits()
        likeness = correlate(new.table[0].mean(axis=0), self.features.mean(axis=0))
        if not abs(likeness) > LIKE_IMAGES:  # or it is NaN
            return None
        background, stroke = self.features.min(), self.features.max()
        if likeness < 0:
            background, stroke = stroke, background
        return NewAccuracies(
            *(self.measure(background + (stroke - background) * x, y) for x, y in new)
        )


def correlate(one: Array, other: Array) -> float:
    """Return the correlation of two arrays of shape (n,), NaN if one is constant."""
    with np.errstate(invalid="ignore"):
        return float(np.corrcoef(one, other)[0, 1])


@functools.cache
def load_new_digits() -> NewDigits:
    """Return digits on which no part of the exercise trains."""
    tables = data.load_mnist_dataframe()[USED_ROWS:], data.load_mnist_dataframe("test")
    pairs = (data.parse_labels_and_features(table[:: len(table) // NEW_ROWS]) for table in tables)
    return NewDigits(*(arguments.check_set(examples, labels) for labels, examples in pairs))
