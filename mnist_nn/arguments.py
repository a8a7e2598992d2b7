"""Checks of arguments: bad input raises a clear error before any work starts."""

import inspect
import math
import sys
import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from mnist_nn.data import CLASSES, PIXELS
from mnist_nn.errors import PACKAGE, ArgumentError
from mnist_nn.language import get_language, message

Array = npt.NDArray[np.floating]
Features = npt.NDArray[np.floating]
Labels = npt.NDArray[np.int64]
Examples = pd.DataFrame | npt.NDArray[Any]
Targets = pd.Series | npt.NDArray[Any] | Sequence[int]

TRAINING_SET = "training_examples", "training_targets"
VALIDATION_SET = "validation_examples", "validation_targets"
TEST_SET = "test_examples", "test_targets"
PROBABILITY_ERROR = 0.02  # how far half-precision probabilities may sum from 1
NUMBERS = frozenset("biuf")  # kinds of dtypes: bool, signed, unsigned, float
FLOAT32_TINY, FLOAT32_MAX = float(np.finfo(np.float32).tiny), float(np.finfo(np.float32).max)


class Data(NamedTuple):
    """A training and a validation set, checked."""

    features: Features
    labels: Labels
    val_features: Features
    val_labels: Labels


class RawPixelsWarning(UserWarning):
    """A warning of features that look like pixels from 0 to 255."""


def check_whole_number(name: str, value: Any, minimum: int = 1) -> int:
    """Return ``value`` as an int, or raise a ValueError."""
    if isinstance(value, int | np.integer) and not isinstance(value, bool) and value >= minimum:
        return int(value)
    raise ArgumentError(f"{name} must be a whole number, {minimum} or more, not {value!r:.100}")


def check_positive_number(name: str, value: Any) -> float:
    """Return ``value`` as a float, or raise a ValueError."""
    number = _to_real_number(value)
    if FLOAT32_TINY < number < FLOAT32_MAX:  # whatever the models' dtype
        return float(number)
    raise ArgumentError(f"{name} must be a finite number above 0, such as 0.03, not {value!r:.100}")


def check_number_between(name: str, value: Any, minimum: float, below: float = math.inf) -> float:
    """Return ``value`` as a float if minimum ≤ value < below, or raise a ValueError."""
    number = _to_real_number(value)
    if minimum <= number < min(below, FLOAT32_MAX):
        return float(number)
    if below == math.inf:
        raise ArgumentError(f"{name} must be a number, {minimum:g} or more, not {value!r:.100}")
    raise ArgumentError(
        f"{name} must be a number, {minimum:g} or more and below {below:g}, not {value!r:.100}"
    )


def check_hidden_units(value: Any) -> list[int]:
    """Return the number of nodes of each hidden layer, or raise a ValueError."""
    value = value.tolist() if isinstance(value, np.ndarray) else value
    if not isinstance(value, list | tuple | range) or not value:
        raise ArgumentError(
            "hidden_units must list the number of nodes of each hidden layer, "
            f"such as [100, 100], not {value!r:.100}"
        )
    return [check_whole_number(f"hidden_units[{i}]", units) for i, units in enumerate(value)]


def check_seed(value: Any) -> int | None:
    """Return the seed, or raise a ValueError."""
    return None if value is None else check_whole_number("seed", value, minimum=0)


def check_labels(**labels: Targets) -> list[Labels]:
    """Return arrays of labels, given by name and of the same length, or raise a ValueError."""
    arrays = {name: _to_labels(name, values) for name, values in labels.items()}
    lengths = {len(array) for array in arrays.values()}
    if lengths == {0} or len(lengths) > 1:
        comma, colon = get_language().comma, get_language().colon
        found = comma.join(f"{name}{colon}{len(array)}" for name, array in arrays.items())
        raise ArgumentError(f"all of these must have the same length, at least 1 ({found})")
    return list(arrays.values())


def check_labels_and_probabilities(targets: Targets, probabilities: Array) -> tuple[Labels, Array]:
    """Return labels, and probabilities of shape (n_examples, 10), or raise a ValueError."""
    (labels,) = check_labels(targets=targets)
    probabilities = np.asarray(probabilities)
    if not np.issubdtype(probabilities.dtype, np.floating):  # one-hot labels
        probabilities = probabilities.astype(np.float64)
    if probabilities.shape != (len(labels), CLASSES):
        raise ArgumentError(
            f"probabilities has the shape {probabilities.shape}: it must be ({len(labels)}, 10), "
            "one row for each of the targets"
        )
    if (row := find_invalid_row(probabilities)) is not None:
        raise ArgumentError(
            f"probabilities contains {probabilities[row]} in row {row}, counted from 0: each row "
            "must have numbers from 0 to 1 that add up to 1, as softmax returns them"
        )
    return labels, probabilities


def are_probabilities(values: Array) -> bool:
    """Return whether each row has numbers, none negative, that add up to 1."""
    sums = values @ np.ones(CLASSES)  # in float64, and much quicker than np.sum
    distance = np.abs(sums - 1).max()
    return bool(values.min() >= 0 and distance <= PROBABILITY_ERROR)  # NaN fails comparisons


def find_invalid_row(values: Array) -> int | None:
    """Return the first row that is no distribution of probabilities, or None."""
    if are_probabilities(values):
        return None
    return int(np.argmin([are_probabilities(row[np.newaxis]) for row in values]))


def check_features(name: str, examples: Examples) -> Features:
    """Return features as an ndarray of shape (n_examples, 784), or raise a ValueError.

    Their dtype is that of Keras's models: float64 after ``keras.config.set_floatx("float64")``, and
    else float32.
    """
    values = _to_array(examples)
    if isinstance(examples, pd.DataFrame) and values.dtype == object:
        is_nullable = all(map(pd.api.types.is_numeric_dtype, examples.dtypes))
        values = examples.to_numpy(np.float64, na_value=np.nan) if is_nullable else values
    if values.shape[1:] != (PIXELS,) or not len(values) or values.dtype.kind not in NUMBERS:
        raise ArgumentError(
            f"{name} contains {values.dtype} values of shape {values.shape}: it must contain "
            "numbers of shape (n_examples, 784), as parse_labels_and_features() returns them"
        )
    keras = sys.modules.get("keras")  # if it is not imported yet, nobody has set its dtype
    is_float64 = keras is not None and keras.config.floatx() == "float64"
    with np.errstate(over="ignore", invalid="ignore"):
        features: Features = np.asarray(values, np.float64 if is_float64 else np.float32)
    if not np.isfinite(features).all():
        row, column = np.argwhere(~np.isfinite(features))[0]
        raise ArgumentError(
            f"{name} contains {features[row, column]} in row {row}, column {column}, counted from "
            "0: every feature must be a finite number"
        )
    return features


def check_data(
    training_examples: Examples,
    training_targets: Targets,
    validation_examples: Examples,
    validation_targets: Targets,
) -> Data:
    """Return the arrays of a training and a validation set, or raise a ValueError."""
    data = Data(
        *check_set(training_examples, training_targets, TRAINING_SET),
        *check_set(validation_examples, validation_targets, VALIDATION_SET),
    )
    if len(data.labels) > 1 and data.labels.min() == data.labels.max():
        raise ArgumentError(
            f"training_targets has no other digit than {data.labels[0]}: pass examples of several "
            "digits"
        )
    return data


def check_set(
    examples: Examples, targets: Targets, names: tuple[str, str] = ("examples", "targets")
) -> tuple[Features, Labels]:
    """Return the features and labels of a data set, or raise a ValueError that has their names."""
    name, targets_name = names
    features, labels = check_features(name, examples), _to_labels(targets_name, targets)
    if len(features) != len(labels):
        raise ArgumentError(
            f"{name} has {len(features)} rows, but {targets_name} has {len(labels)}: take both "
            "from the same call of parse_labels_and_features()"
        )
    if (
        isinstance(examples, pd.DataFrame)
        and isinstance(targets, pd.Series)
        and not examples.index.equals(targets.index)
    ):
        raise ArgumentError(
            f"the rows of {name} and {targets_name} are not the same, or in different orders: take "
            "both from the same call of parse_labels_and_features()"
        )
    return features, labels


def are_raw_pixels(features: Features) -> bool:
    """Return whether examples look like pixels that were not divided by 255."""
    return bool(features.max() > 1 and not (features % 1).any())


def warn_of_raw_pixels(data: Data) -> None:
    """Warn if examples look like pixels that were not divided by 255."""
    sets = (TRAINING_SET, data.features), (VALIDATION_SET, data.val_features)
    for (name, _), features in sets:
        if are_raw_pixels(features):
            text = message(
                f"{name} contains whole numbers up to {features.max():g}. If these are raw "
                "pixels, divide them by 255, as parse_labels_and_features() does."
            )
            frame, level = inspect.currentframe(), 1
            while frame and frame.f_code.co_filename.startswith(PACKAGE):
                frame, level = frame.f_back, level + 1
            warnings.warn(text, RawPixelsWarning, stacklevel=level)  # at the caller's line
            return


def _to_real_number(value: Any) -> float:
    """Return a real number as one of Python, and NaN for anything else."""
    value = value.item() if isinstance(value, np.integer | np.floating) else value
    return value if isinstance(value, int | float) and not isinstance(value, bool) else math.nan


def _to_array(values: Any) -> npt.NDArray[Any]:
    """Return values as an ndarray, of objects if their rows differ in length."""
    try:
        return np.asarray(values)
    except ValueError:
        return np.asarray(values, dtype=object)


def _to_labels(name: str, targets: Targets) -> Labels:
    labels = _to_array(targets)
    if labels.ndim == 2 and labels.shape[1] == 1:
        raise ArgumentError(
            f"{name} has the shape {labels.shape}: it must be (n_examples,). Remove the second "
            f"axis with np.ravel({name})"
        )
    if labels.ndim == 2:
        raise ArgumentError(
            f"{name} has the shape {labels.shape}: it must be (n_examples,). Convert one-hot "
            f"labels to digits with np.argmax({name}, axis=1)"
        )
    if labels.ndim != 1:
        raise ArgumentError(
            f"{name} has the shape {labels.shape}: it must list one digit for each of the examples"
        )
    if np.issubdtype(labels.dtype, np.integer):
        is_label = (labels >= 0) & (labels < CLASSES)  # much quicker than np.isin
    elif labels.dtype.kind in "bfO":
        is_label = np.isin(np.where(pd.isna(labels), -1, labels), range(CLASSES))
    else:  # text, dates, complex numbers
        is_label = np.zeros(len(labels), bool)
    if not is_label.all():
        row = int(np.argmin(is_label))
        raise ArgumentError(
            f"{name} contains {labels.tolist()[row]!r:.100} in row {row}, counted from 0: every "
            "label must be a whole number from 0 to 9"
        )
    return labels.astype(np.int64)
