"""Checks of arguments: bad input raises a clear error before any work starts."""

import math
import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from mnist_nn.data import CLASSES, PIXELS
from mnist_nn.errors import ArgumentError
from mnist_nn.language import message

Array = npt.NDArray[np.floating]
Features = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]
Examples = pd.DataFrame | npt.NDArray[Any]
Targets = pd.Series | npt.NDArray[Any]

NUMBERS = frozenset("biuf")  # kinds of dtypes: bool, signed, unsigned, float
FLOAT32_TINY, FLOAT32_MAX = float(np.finfo(np.float32).tiny), float(np.finfo(np.float32).max)


def check_whole_number(name: str, value: Any, minimum: int = 1) -> int:
    """Return ``value`` as an int, or raise a ValueError."""
    if isinstance(value, int | np.integer) and not isinstance(value, bool) and value >= minimum:
        return int(value)
    raise ArgumentError(message("error_whole_number", name=name, minimum=minimum, value=value))


def check_positive_number(name: str, value: Any) -> float:
    """Return ``value`` as a float, or raise a ValueError."""
    if _is_number(value) and FLOAT32_TINY < value < FLOAT32_MAX:  # models compute in float32
        return float(value)
    raise ArgumentError(message("error_positive_number", name=name, value=value))


def check_number_between(name: str, value: Any, minimum: float, below: float = math.inf) -> float:
    """Return ``value`` as a float if minimum ≤ value < below, or raise a ValueError."""
    if _is_number(value) and minimum <= value < below:
        return float(value)
    kind = "error_number" if below == math.inf else "error_number_below"
    raise ArgumentError(message(kind, name=name, minimum=minimum, below=below, value=value))


def check_hidden_units(value: Any) -> list[int]:
    """Return the number of nodes of each hidden layer, or raise a ValueError."""
    value = value.tolist() if isinstance(value, np.ndarray) else value
    if not isinstance(value, list | tuple | range) or not value:
        raise ArgumentError(message("error_hidden_units", value=value))
    return [check_whole_number(f"hidden_units[{i}]", units) for i, units in enumerate(value)]


def check_seed(value: Any) -> int | None:
    """Return the seed, or raise a ValueError."""
    return None if value is None else check_whole_number("seed", value, minimum=0)


def check_labels(**labels: Targets) -> list[Labels]:
    """Return arrays of labels, given by name and of the same length, or raise a ValueError."""
    arrays = {name: _to_labels(name, values) for name, values in labels.items()}
    lengths = {len(array) for array in arrays.values()}
    if lengths == {0} or len(lengths) > 1:
        found = ", ".join(f"{name}: {len(array)}" for name, array in arrays.items())
        raise ArgumentError(message("error_lengths", found=found))
    return list(arrays.values())


def check_labels_and_probabilities(targets: Targets, probabilities: Array) -> tuple[Labels, Array]:
    """Return labels, and probabilities of shape (n_examples, 10), or raise a ValueError."""
    (labels,) = check_labels(targets=targets)
    probabilities = np.asarray(probabilities)
    if probabilities.shape != (len(labels), CLASSES):
        shapes = {"shape": probabilities.shape, "n": len(labels)}
        raise ArgumentError(message("error_probabilities_shape", **shapes))
    return labels, probabilities


def check_features(name: str, examples: Examples) -> Features:
    """Return features as an ndarray of shape (n_examples, 784), float32, or raise a ValueError."""
    values = np.asarray(examples)
    if values.shape[1:] != (PIXELS,) or not len(values) or values.dtype.kind not in NUMBERS:
        found = {"dtype": values.dtype, "shape": values.shape}
        raise ArgumentError(message("error_features_shape", name=name, **found))
    with np.errstate(over="ignore", invalid="ignore"):
        features = np.asarray(values, np.float32)
    if not np.isfinite(features).all():
        row, column = np.argwhere(~np.isfinite(features))[0]
        place = {"name": name, "value": features[row, column], "row": row, "column": column}
        raise ArgumentError(message("error_feature", **place))
    return features


def check_data(prefix: str, examples: Any, targets: Any) -> tuple[Features, Labels]:
    """Return features and labels as arrays; errors call them ``{prefix}examples`` and so on."""
    features = check_features(f"{prefix}examples", examples)
    labels = _to_labels(f"{prefix}targets", targets)
    if len(features) != len(labels):
        rows = {"examples": len(features), "targets": len(labels)}
        raise ArgumentError(message("error_rows", prefix=prefix, **rows))
    have_index = isinstance(examples, pd.DataFrame) and isinstance(targets, pd.Series)
    if have_index and not examples.index.equals(targets.index):
        raise ArgumentError(message("error_order", prefix=prefix))
    return features, labels


def warn_of_raw_pixels(**examples: Features) -> None:
    """Warn if any of these examples look like pixels that were not divided by 255."""
    for name, features in examples.items():
        if features.max() > 1 and (features % 1 == 0).all():
            text = message("warning_raw_pixels", name=name, maximum=features.max())
            return warnings.warn(text, stacklevel=4)  # the call of a trainer in the notebook


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and value is not True


def _to_labels(name: str, targets: Targets) -> Labels:
    labels = np.asarray(targets)
    if labels.ndim != 1:
        raise ArgumentError(message("error_labels_shape", name=name, shape=labels.shape))
    is_label = np.isin(labels, range(CLASSES))
    if not is_label.all():
        row = int(np.argmin(is_label))
        raise ArgumentError(message("error_label", name=name, value=labels.tolist()[row], row=row))
    return labels.astype(np.int64)
