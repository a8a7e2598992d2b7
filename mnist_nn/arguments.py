"""Checks of arguments: what cannot work ends in a clear error before any work starts."""

import itertools
import math
import sys
import warnings
from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from mnist_nn.data import CLASSES, PIXELS

Features = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]
Examples = pd.DataFrame | npt.NDArray[Any]
Targets = pd.Series | npt.NDArray[Any]

NUMBERS = frozenset("biuf")  # kinds of data types: bool, signed, unsigned, float
# What is beyond these is a slip, and would take hours, or more memory than there is.
MOST_STEPS = 10_000_000
MOST_PERIODS = 1_000
MOST_LAYERS = 100
MOST_WEIGHTS = 100_000_000


def whole_number(name: str, value: Any, minimum: int = 1, maximum: float = math.inf) -> int:
    """Return ``value`` as an int, or raise a ValueError."""
    is_whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if is_whole and value > maximum:
        raise ValueError(f"{name} must be {maximum:,} or less, not {value!r:.100}")
    if is_whole and value >= minimum:
        return int(value)
    raise ValueError(f"{name} must be a whole number, {minimum} or more, not {value!r:.100}")


def positive_number(name: str, value: Any) -> float:
    """Return ``value`` as a float, or raise a ValueError."""
    if _is_number(value) and np.float32(value) > 0:
        return float(value)
    raise ValueError(
        f"{name} must be a finite number above 0 (in single precision), such as 0.03, not "
        f"{value!r:.100}"
    )


def number_between(name: str, value: Any, minimum: float, below: float = math.inf) -> float:
    """Return ``value`` as a float if minimum ≤ value < below, or raise a ValueError."""
    if _is_number(value) and minimum <= value < below:
        return float(value)
    limit = "" if below == math.inf else f" and below {below:g}"
    raise ValueError(
        f"{name} must be a finite number, {minimum:g} or more{limit}, not {value!r:.100}"
    )


def hidden_units(value: Any) -> list[int]:
    """Return the numbers of nodes of the hidden layers, or raise a ValueError."""
    is_list = isinstance(value, list | tuple | range | np.ndarray) and np.ndim(value) == 1
    if not is_list or not len(value):
        raise ValueError(
            f"hidden_units must list the number of nodes of each hidden layer, such as "
            f"[100, 100], not {value!r:.100}"
        )
    if len(value) > MOST_LAYERS:
        raise ValueError(f"hidden_units lists {len(value)} layers: it may list {MOST_LAYERS}")
    units = [whole_number(f"hidden_units[{layer}]", units) for layer, units in enumerate(value)]
    weights = sum(before * after for before, after in itertools.pairwise([PIXELS, *units, CLASSES]))
    if weights > MOST_WEIGHTS:
        raise ValueError(
            f"hidden_units makes a network of {weights:,} weights: it may have {MOST_WEIGHTS:,}"
        )
    return units


def seed(value: Any) -> int | None:
    """Return the seed, or raise a ValueError."""
    return None if value is None else whole_number("seed", value, minimum=0)


def one_of(name: str, value: Any, choices: Sequence[Any]) -> None:
    """Raise a ValueError unless ``value`` is one of ``choices``."""
    if not isinstance(value, str | int | np.integer | np.bool_) or value not in choices:
        raise ValueError(f"{name} must be {' or '.join(map(repr, choices))}, not {value!r:.100}")


def labels_of_same_length(**labels: Targets) -> list[Labels]:
    """Return several arrays of labels, by name, or raise a ValueError."""
    arrays = [_labels(name, values) for name, values in labels.items()]
    lengths = [len(array) for array in arrays]
    if len(set(lengths)) > 1 or not lengths[0]:
        raise ValueError(
            f"{' and '.join(labels)} have {' and '.join(map(str, lengths))} examples: they must "
            "have the same number, one or more"
        )
    return arrays


def labels_and_probabilities(
    targets: Targets, probabilities: npt.NDArray[np.floating]
) -> tuple[Labels, npt.NDArray[np.floating]]:
    """Return labels, and probabilities of shape (n_examples, 10), or raise a ValueError."""
    (labels,) = labels_of_same_length(targets=targets)
    probabilities = np.asarray(probabilities)
    if probabilities.shape != (len(labels), CLASSES):
        raise ValueError(
            f"probabilities has the shape {probabilities.shape}: it must be ({len(labels)}, "
            f"{CLASSES}), a row for each of the targets"
        )
    return labels, probabilities


def feature_array(name: str, examples: Examples) -> Features:
    """Return features as an ndarray of shape (n_examples, 784), float32, or raise an error."""
    values = np.asarray(examples)
    if values.dtype.kind not in NUMBERS:
        raise TypeError(
            f"{name} must be a table of numbers, not {type(examples).__name__} of {values.dtype}: "
            "give the features that parse_labels_and_features() returns"
        )
    with np.errstate(over="ignore", invalid="ignore"):
        features = np.asarray(values, np.float32)
    if features.ndim != 2 or features.shape[1] != PIXELS or not len(features):
        raise ValueError(
            f"{name} has the shape {features.shape}: it must be (n_examples, {PIXELS}), the "
            "features that parse_labels_and_features() returns, with one row or more"
        )
    if not np.isfinite(features).all():
        row, column = np.argwhere(~np.isfinite(features))[0]
        raise ValueError(
            f"{name} holds {features[row, column]} in row {row}, column {column} (counted from "
            "0): every feature must be a finite number"
        )
    return features


def examples_and_targets(
    prefix: str, examples: Examples, targets: Targets
) -> tuple[Features, Labels]:
    """Return features and labels as arrays, or raise an error.

    Args:
        prefix: What stands before ``examples`` and ``targets`` in the names of the arguments.
        examples: DataFrame or ndarray of shape (n_examples, 784), finite numbers.
        targets: Series or ndarray of shape (n_examples,), labels from 0 to 9.

    Returns:
        ndarray of shape (n_examples, 784), float32, and ndarray of shape (n_examples,), int64.
    """
    features = feature_array(f"{prefix}examples", examples)
    labels = _labels(f"{prefix}targets", targets)
    both = f"{prefix}examples and {prefix}targets"
    remedy = "take both from one call of parse_labels_and_features()"
    if len(features) != len(labels):
        raise ValueError(f"{both} have {len(features)} and {len(labels)} rows: {remedy}")
    if (
        isinstance(examples, pd.DataFrame)
        and isinstance(targets, pd.Series)
        and not examples.index.equals(targets.index)
    ):
        row = int(np.argmax(examples.index.to_numpy() != targets.index.to_numpy()))
        raise ValueError(
            f"{both} have their rows in different orders (row {row} is {examples.index[row]} in "
            f"one and {targets.index[row]} in the other): {remedy}"
        )
    return features, labels


def warn_of_raw_pixels(**examples: Features) -> None:
    """Warn once if any of these, by name, look like pixels that nobody has divided by 255."""
    for name, features in examples.items():
        if features.max() > 1 and (features % 1 == 0).all():
            warnings.warn(
                f"{name} hold whole numbers up to {features.max():g}: if these are raw pixels, "
                "divide them by 255, as parse_labels_and_features() does. Training goes on with "
                "them as they are.",
                stacklevel=stacklevel_of_caller(),
            )
            return


def stacklevel_of_caller() -> int:
    """Return the ``stacklevel`` at which a warning points at the package's caller."""
    level = 2  # its caller's caller
    while sys._getframe(level).f_globals.get("__name__", "").startswith("mnist_nn."):
        level += 1
    return level


def _is_number(value: Any) -> bool:
    """Return whether ``value`` is a real number, finite in the models' single precision."""
    if not isinstance(value, int | float | np.integer | np.floating) or isinstance(value, bool):
        return False
    largest = float(np.finfo(np.float32).max)
    # An int may be too large to be a float; NumPy's half precision has no such limits.
    return -largest <= (value if isinstance(value, int) else float(value)) <= largest


def _is_label(value: Any) -> bool:
    return isinstance(value, Real) and value in range(CLASSES)


def _labels(name: str, targets: Targets) -> Labels:
    labels = np.asarray(targets)
    if labels.ndim != 1:
        raise ValueError(
            f"{name} has the shape {labels.shape}: it must be (n_examples,), the digits "
            "themselves, as parse_labels_and_features() returns them; one-hot labels become "
            "digits with .argmax(axis=1)"
        )
    if labels.dtype.kind in NUMBERS:
        wrong = ~np.isin(labels, range(CLASSES))
    else:  # objects, perhaps of many kinds
        wrong = np.array([not _is_label(label) for label in labels.tolist()])
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ValueError(
            f"{name} holds {labels.tolist()[row]!r:.100} in row {row} (counted from 0): every "
            f"label must be a whole number from 0 to {CLASSES - 1}"
        )
    return labels.astype(np.int64)
