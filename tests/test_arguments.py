"""What bad arguments are told, word for word: that is all that a student sees of the checks."""

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mnist_nn import arguments


def refuse(error: type[Exception], message: str, call: Callable[..., Any], *values: Any) -> None:
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        call(*values)


def features(n_rows: int = 2) -> pd.DataFrame:
    return pd.DataFrame(np.zeros((n_rows, 784)))


def labels(*values: Any) -> "pd.Series[Any]":
    return pd.Series(values)


@pytest.mark.parametrize("value", [2, 3, np.int8(2), np.uint64(3)])
def test_whole_numbers(value: Any) -> None:
    number = arguments.whole_number("steps", value, 2, 3)
    assert number == value
    assert type(number) is int


@pytest.mark.parametrize(
    ("value", "limits", "message"),
    [
        (0, (), "a must be a whole number, 1 or more, not 0"),
        (1.0, (), "a must be a whole number, 1 or more, not 1.0"),
        (True, (), "a must be a whole number, 1 or more, not True"),
        (1, (2,), "a must be a whole number, 2 or more, not 1"),
        (1_001, (0, 1_000), "a must be 1,000 or less, not 1001"),
        (10**200, (0, 1_000), "a must be 1,000 or less, not 1" + 99 * "0"),
        ("x" * 200, (), "a must be a whole number, 1 or more, not '" + 99 * "x"),
    ],
)
def test_what_is_no_whole_number(value: Any, limits: tuple[float, ...], message: str) -> None:
    refuse(ValueError, message, arguments.whole_number, "a", value, *limits)


@pytest.mark.parametrize("value", [1e-45, 1, 3.4e38, np.float16(0.5), np.int8(7)])
def test_positive_numbers(value: Any) -> None:
    number = arguments.positive_number("rate", value)
    assert number == value
    assert type(number) is float


@pytest.mark.parametrize(
    "value",
    [0, -1, 1e-46, 3.5e38, -3.5e38, 10**400, math.inf, math.nan, True, "1", 1j, np.complex64(1)],
)
def test_what_is_no_positive_number(value: Any) -> None:
    message = (
        f"a must be a finite number above 0 (in single precision), such as 0.03, not {value!r:.100}"
    )
    refuse(ValueError, message, arguments.positive_number, "a", value)


@pytest.mark.parametrize("value", [0, 0.99, -0.0, np.float32(0.5)])
def test_numbers_between(value: Any) -> None:
    number = arguments.number_between("a", value, 0, 1)
    assert number == value
    assert type(number) is float
    largest = float(np.finfo(np.float32).max)
    assert arguments.number_between("a", largest, 0) == largest
    assert arguments.number_between("a", -largest, -math.inf) == -largest


@pytest.mark.parametrize("value", [-1e-9, 1, math.nan, False, None])
def test_what_is_not_between(value: Any) -> None:
    message = f"a must be a finite number, 0 or more and below 1, not {value!r}"
    refuse(ValueError, message, arguments.number_between, "a", value, 0, 1)


def test_what_is_not_above_a_minimum() -> None:
    message = "a must be a finite number, 0.5 or more, not 0.25"
    refuse(ValueError, message, arguments.number_between, "a", 0.25, 0.5)
    message = "a must be a finite number, 0 or more, not -3e+38"
    refuse(ValueError, message, arguments.number_between, "a", -3e38, 0)


@pytest.mark.parametrize(
    "value", [[3], (3, 4), range(1, 3), np.array([5]), [1] * 100, [10, 4_999_608]]
)
def test_hidden_units(value: Any) -> None:
    assert arguments.hidden_units(value) == list(value)


NO_UNITS = (
    "hidden_units must list the number of nodes of each hidden layer, such as [100, 100], not "
)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], f"{NO_UNITS}[]"),
        (100, f"{NO_UNITS}100"),
        ("100", f"{NO_UNITS}'100'"),
        (np.array(5), f"{NO_UNITS}array(5)"),
        ([[5]], f"{NO_UNITS}[[5]]"),
        ([3, 0], "hidden_units[1] must be a whole number, 1 or more, not 0"),
        ([1] * 101, "hidden_units lists 101 layers: it may list 100"),
        (
            [10, 4_999_609],
            "hidden_units makes a network of 100,000,020 weights: it may have 100,000,000",
        ),
    ],
)
def test_what_are_no_hidden_units(value: Any, message: str) -> None:
    refuse(ValueError, message, arguments.hidden_units, value)


def test_seeds() -> None:
    assert arguments.seed(None) is None
    assert arguments.seed(0) == 0
    message = "seed must be a whole number, 0 or more, not -1"
    refuse(ValueError, message, arguments.seed, -1)


def test_choices() -> None:
    for right, choices in ((0, (0, 1)), (np.int8(1), (0, 1)), (True, (False, True)), ("a", "ab")):
        arguments.one_of("verbose", right, choices)
    for value in (2, "0", None, [0], np.array([0, 1]), 0.0):
        message = f"verbose must be 0 or 1, not {value!r}"
        refuse(ValueError, message, arguments.one_of, "verbose", value, (0, 1))


@pytest.mark.parametrize(
    "value",
    [
        [0, 9],
        (0, 9),
        labels(0, 9),
        labels("a", 0, 9.0)[1:],
        np.array([0.0, 9.0]),
        np.array([0, 9], np.uint8),
    ],
)
def test_labels(value: Any) -> None:
    (array,) = arguments.labels_of_same_length(a=value)
    assert array.dtype == np.int64
    assert array.tolist() == [0, 9]


NO_LABEL = "(counted from 0): every label must be a whole number from 0 to 9"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            np.zeros((2, 10)),
            "a has the shape (2, 10): it must be (n_examples,), the digits themselves, as "
            "parse_labels_and_features() returns them; one-hot labels become digits with "
            ".argmax(axis=1)",
        ),
        ([], "a have 0 examples: they must have the same number, one or more"),
        ([3, 10, 11], f"a holds 10 in row 1 {NO_LABEL}"),
        ([3, -1], f"a holds -1 in row 1 {NO_LABEL}"),
        ([3, 0.5], f"a holds 0.5 in row 1 {NO_LABEL}"),
        ([math.nan], f"a holds nan in row 0 {NO_LABEL}"),
        (["7"], f"a holds '7' in row 0 {NO_LABEL}"),
        (labels(3, None), f"a holds nan in row 1 {NO_LABEL}"),
        (labels(3, pd.NA), f"a holds <NA> in row 1 {NO_LABEL}"),
        (labels(3, 0j), f"a holds (3+0j) in row 0 {NO_LABEL}"),
        (labels(3, [3]), f"a holds [3] in row 1 {NO_LABEL}"),
        (labels(3, "x"), f"a holds 'x' in row 1 {NO_LABEL}"),
    ],
)
def test_what_are_no_labels(value: Any, message: str) -> None:
    refuse(ValueError, message, lambda: arguments.labels_of_same_length(a=value))


def test_labels_of_different_lengths() -> None:
    message = "a and b have 1 and 2 examples: they must have the same number, one or more"
    refuse(
        ValueError, message, lambda: arguments.labels_of_same_length(a=labels(1), b=labels(2, 3))
    )
    assert len(arguments.labels_of_same_length(a=labels(1, 2), b=labels(2, 3))) == 2


def test_probabilities() -> None:
    targets, probabilities = arguments.labels_and_probabilities(labels(3), np.ones((1, 10)))
    assert targets.tolist() == [3]
    assert probabilities.shape == (1, 10)
    message = "probabilities has the shape {}: it must be (1, 10), a row for each of the targets"
    for shape in ((2, 10), (1, 9), (10,)):
        refuse(
            ValueError,
            message.format(shape),
            arguments.labels_and_probabilities,
            [3],
            np.ones(shape),
        )
    with pytest.raises(ValueError, match="targets holds 10 in row 0"):
        arguments.labels_and_probabilities([10], np.ones((1, 10)))  # type: ignore[arg-type]


@pytest.mark.parametrize("dtype", [np.bool_, np.int8, np.uint8, np.float16, np.float64])
def test_features(dtype: Any) -> None:
    array = arguments.feature_array("a", features().astype(dtype))
    assert array.dtype == np.float32
    assert array.shape == (2, 784)


def wrong_cells(*cells: tuple[int, int, float]) -> Any:
    values = np.zeros((3, 784))
    for row, column, value in cells:
        values[row, column] = value
    return values


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (
            features().astype(str),
            TypeError,
            "a must be a table of numbers, not DataFrame of object: give the features that "
            "parse_labels_and_features() returns",
        ),
        (
            features().to_numpy().astype(complex),
            TypeError,
            "a must be a table of numbers, not ndarray of complex128: give the features that "
            "parse_labels_and_features() returns",
        ),
        *(
            (
                np.zeros(shape),
                ValueError,
                f"a has the shape {shape}: it must be (n_examples, 784), the features that "
                "parse_labels_and_features() returns, with one row or more",
            )
            for shape in ((784,), (1, 785), (0, 784), (1, 784, 1))
        ),
        (
            wrong_cells((1, 7, math.nan), (1, 9, math.inf), (2, 3, math.nan)),
            ValueError,
            "a holds nan in row 1, column 7 (counted from 0): every feature must be a finite "
            "number",
        ),
        (
            wrong_cells((0, 0, 1e39)),
            ValueError,
            "a holds inf in row 0, column 0 (counted from 0): every feature must be a finite "
            "number",
        ),
    ],
)
def test_what_are_no_features(value: Any, error: type[Exception], message: str) -> None:
    refuse(error, message, arguments.feature_array, "a", value)


def test_examples_and_targets() -> None:
    examples, targets = arguments.examples_and_targets("a_", features(), labels(1, 2))
    assert examples.shape == (2, 784)
    assert targets.tolist() == [1, 2]
    # What has no index has no order that could differ.
    turned = labels(1, 2)[::-1]
    arguments.examples_and_targets("a_", features().to_numpy(), turned)
    arguments.examples_and_targets("a_", features(), turned.to_numpy())
    arguments.examples_and_targets("a_", features()[::-1], turned)


def test_examples_and_targets_that_do_not_belong_together() -> None:
    remedy = "take both from one call of parse_labels_and_features()"
    check = arguments.examples_and_targets
    message = f"a_examples and a_targets have 2 and 3 rows: {remedy}"
    refuse(ValueError, message, check, "a_", features(), labels(1, 2, 3))
    message = (
        "a_examples and a_targets have their rows in different orders (row 1 is 1 in one and 2 in "
        f"the other): {remedy}"
    )
    targets = labels(1, 2, 3).reindex([0, 2, 1])
    refuse(ValueError, message, check, "a_", features(3), targets)
    with pytest.raises(ValueError, match="a_examples has the shape"):
        check("a_", features(0), labels())
    with pytest.raises(ValueError, match="a_targets holds 10"):
        check("a_", features(), labels(10, 1))


def test_raw_pixels_are_warned_of_once() -> None:
    scaled = np.full((1, 784), 0.5, np.float32)
    raw = np.arange(784, dtype=np.float32)[None] % 3
    call = "lambda **examples: check(**examples)"
    # The caller is who is not in the package, whether or not a module of it is between.
    for module in ({}, {"__name__": "elsewhere"}, {"__name__": "mnist_nn.training"}):
        check = eval(call, {"check": arguments.warn_of_raw_pixels, **module})
        with pytest.warns(UserWarning, match="raw pixels") as caught:
            check(a=scaled, b=raw, c=raw)
        (warning,) = caught
        assert str(warning.message) == (
            "b hold whole numbers up to 2: if these are raw pixels, divide them by 255, as "
            "parse_labels_and_features() does. Training goes on with them as they are."
        )
        in_package = module.get("__name__", "").startswith("mnist_nn.")
        assert warning.filename == (__file__ if in_package else "<string>")


@pytest.mark.filterwarnings("error")
def test_other_scales_are_not_warned_of() -> None:
    for scale in (0, 0.5, 1, 2.5):
        arguments.warn_of_raw_pixels(a=np.full((2, 784), scale, np.float32))
