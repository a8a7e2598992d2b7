"""Bad arguments are refused with their name and value, good ones are converted."""

import math
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from split import Split

import mnist_nn
from mnist_nn import arguments
from mnist_nn.search import search_hyperparameters


def features(n_rows: int = 2) -> pd.DataFrame:
    return pd.DataFrame(np.zeros((n_rows, 784)))


def labels(*values: Any) -> "pd.Series[Any]":
    return pd.Series(values)


def test_whole_numbers() -> None:
    for value in (2, np.int8(2), np.uint64(2)):
        number = arguments.check_whole_number("steps", value, minimum=2)
        assert (number, type(number)) == (2, int)


@pytest.mark.parametrize("value", [0, 1.0, True])
def test_what_is_no_whole_number(value: Any) -> None:
    with pytest.raises(ValueError, match=f"^steps must be .* 1 or more, not {value!r}$"):
        arguments.check_whole_number("steps", value)


def test_positive_numbers() -> None:
    for value in (1, 1e-37, 3.4e38, np.float16(0.5), np.float32(0.5), np.int8(7)):
        number = arguments.check_positive_number("rate", value)
        assert (number, type(number)) == (value, float)


@pytest.mark.parametrize("value", [0, 1e-46, 3.5e38, 10**400, math.nan, True])
def test_what_is_no_positive_number(value: Any) -> None:
    with pytest.raises(ValueError, match="^rate .* not " + re.escape(f"{value!r:.100}") + "$"):
        arguments.check_positive_number("rate", value)


def test_numbers_between() -> None:
    for value in (0, 0.99, np.float16(0.5), np.float32(0.5)):
        number = arguments.check_number_between("a", value, 0, below=1)
        assert (number, type(number)) == (value, float)
    assert arguments.check_number_between("a", 1e9, 0.5) == 1e9


def test_what_is_not_between() -> None:
    with pytest.raises(ValueError, match="^a .* 0 or more, not 1e"):
        arguments.check_number_between("a", 1e39, 0)
    values: list[Any] = [-1e-9, 1, math.nan, None, False]
    for value in values:
        with pytest.raises(ValueError, match=f"^a .* 0 or more and below 1, not {value!r}$"):
            arguments.check_number_between("a", value, 0, below=1)
    for value in (0.25, math.inf):
        with pytest.raises(ValueError, match=f"^a .* 0.5 or more, not {value}$"):
            arguments.check_number_between("a", value, 0.5)


def test_hidden_units() -> None:
    for value in ([3, 4], (3, 4), range(3, 5), np.array([3, 4])):
        units = arguments.check_hidden_units(value)
        assert units == [3, 4]
        assert {type(number) for number in units} == {int}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], r"^hidden_units .* \[100, 100\], not \[\]$"),
        (100, "^hidden_units .* not 100$"),
        (np.array(5), "^hidden_units .* not 5$"),
        ([3, 0], r"^hidden_units\[1\] .* not 0$"),
        ([10.0], r"^hidden_units\[0\] .* not 10.0$"),
    ],
)
def test_what_are_no_hidden_units(value: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        arguments.check_hidden_units(value)


def test_seeds() -> None:
    assert arguments.check_seed(None) is None
    assert arguments.check_seed(np.int64(0)) == 0
    with pytest.raises(ValueError, match="seed .* 0 or more, not -1"):
        arguments.check_seed(-1)


def test_labels() -> None:
    values: list[Any] = [[0, 9], labels("a", 0, 9.0)[1:], np.array([0, 9], np.uint8)]
    for value in values:
        (array,) = arguments.check_labels(a=value)
        assert array.dtype == np.int64
        assert array.tolist() == [0, 9]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.zeros((3, 10)), r"^a has the shape \(3, 10\).* np\.argmax\(a, axis=1\)$"),
        (np.zeros((3, 1)), r"^a has the shape \(3, 1\).* np\.ravel\(a\)$"),
        ([], "^all of these.*a: 0"),
        ([3, 10, 11], "^a contains 10 in row 1"),
        ([3, 0.5], "^a contains 0.5 in row 1"),
        (labels(3, None), "^a contains nan in row 1"),
        (["3", "x"], "^a contains '3' in row 0"),
    ],
)
def test_what_are_no_labels(value: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        arguments.check_labels(a=value)


def test_labels_of_different_lengths() -> None:
    first, second = arguments.check_labels(a=labels(1, 2), b=labels(2, 3))
    assert (first.tolist(), second.tolist()) == ([1, 2], [2, 3])
    with pytest.raises(ValueError, match="a: 1, b: 2"):
        arguments.check_labels(a=labels(1), b=labels(2, 3))


def test_probabilities() -> None:
    check = arguments.check_labels_and_probabilities
    dtypes: list[Any] = [np.int64, np.float16, np.float64]
    for dtype in dtypes:
        targets, probabilities = check(labels(3), np.eye(10, dtype=dtype)[[3]])
        assert targets.tolist() == [3]
        assert probabilities.shape == (1, 10)
        assert probabilities.dtype.kind == "f"
    with pytest.raises(ValueError, match=r"^probabilities has the shape \(1, 9\).* \(1, 10\)"):
        check(labels(3), np.ones((1, 9)))
    with pytest.raises(ValueError, match="^targets contains 10 in row 0"):
        check(labels(10), np.full((1, 10), 0.1))


@pytest.mark.parametrize("value", [[0.5] * 10, [1.5, -0.5] + [0] * 8, [np.nan] * 10, [0.06] * 10])
def test_what_are_no_probabilities(value: list[float]) -> None:
    probabilities = np.array([[0.1] * 10, value])
    with pytest.raises(ValueError, match=r"^probabilities contains \[.*\] in row 1"):
        arguments.check_labels_and_probabilities(labels(3, 4), probabilities)


def test_nullable_tables_of_pandas() -> None:
    table = pd.DataFrame(features().to_numpy()).astype("Float64")
    np.testing.assert_array_equal(arguments.check_features("a", table), features())
    table.iloc[1, 5] = pd.NA
    with pytest.raises(ValueError, match="^a contains nan in row 1, column 5"):
        arguments.check_features("a", table)


def test_features() -> None:
    for dtype in (np.bool_, np.uint8, np.float16, np.float64):
        array = arguments.check_features("a", features().astype(dtype))
        assert array.dtype == np.float32
        assert array.shape == (2, 784)


def with_cells(*cells: tuple[int, int, float]) -> Any:
    values = np.zeros((3, 784))
    for row, column, value in cells:
        values[row, column] = value
    return values


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (features().astype(str), r"^a contains .* values of shape \(2, 784\)"),
        (np.zeros((1, 785)), r"^a .* shape \(1, 785\)"),
        (np.zeros((0, 784)), r"^a .* shape \(0, 784\)"),
        (with_cells((1, 7, math.nan), (2, 3, math.inf)), "^a contains nan in row 1, column 7"),
        (with_cells((0, 0, 1e39)), "^a contains inf in row 0, column 0"),
    ],
)
def test_what_are_no_features(value: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        arguments.check_features("a", value)


def test_examples_and_targets() -> None:
    turned = labels(1, 2)[::-1]
    # What has no index has no order that could differ.
    for examples, targets in [
        (features(), labels(2, 1)),
        (features().to_numpy(), turned),
        (features(), turned.to_numpy()),
        (features()[::-1], turned),
    ]:
        array, digits = arguments.check_set(examples=examples, targets=targets)
        assert array.shape == (2, 784)
        assert digits.tolist() == [2, 1]


def test_examples_and_targets_that_do_not_belong_together() -> None:
    with pytest.raises(ValueError, match="^examples has 2 rows, but targets has 3"):
        arguments.check_set(examples=features(), targets=labels(1, 2, 3))
    with pytest.raises(ValueError, match="^the rows of examples and targets .* different orders"):
        arguments.check_set(examples=features(), targets=labels(1, 2)[::-1])
    with pytest.raises(ValueError, match="^examples contains"):
        arguments.check_set(examples=features(0), targets=labels())
    with pytest.raises(ValueError, match="^targets contains 10"):
        arguments.check_set(examples=features(), targets=labels(10, 1))


def test_raw_pixels_are_warned_of_once_at_the_callers_line(small: Split) -> None:
    training_pixels, validation_pixels = ((small[i] * 255).round() for i in (0, 2))
    raw = small._replace(training_examples=training_pixels, validation_examples=validation_pixels)
    model, linear = mnist_nn.build_linear_model(), mnist_nn.train_linear_classification_model
    parameters = {"learning_rate": [0.1], "steps": [10], "batch_size": [10]}
    calls: list[Any] = [
        lambda: linear(0.1, 10, 10, *raw, verbose=0),
        lambda: mnist_nn.train_nn_classification_model(0.1, 10, 10, [2], *raw, verbose=0),
        lambda: mnist_nn.train_classification_model(model, 0.1, 10, 10, *raw, verbose=0),
        lambda: search_hyperparameters(linear, parameters, *raw, n_jobs=1, verbose=0),
        lambda: linear(0.1, 10, 10, *small[:2], *raw[2:], verbose=1),
    ]
    for call in calls:
        name = "validation" if call is calls[-1] else "training"
        with pytest.warns(UserWarning, match=f"^{name}_examples .* up to 255.* by 255") as caught:
            call()
        places = [(warning.filename, warning.lineno) for warning in caught]
        assert places == [(__file__, call.__code__.co_firstlineno)]


def test_other_scales_are_not_warned_of() -> None:
    for scale in (0, 0.5, 1, 2.5):  # a warning would be an error here
        examples, digits = np.full((2, 784), scale), np.zeros(2)
        arguments.warn_of_raw_pixels(arguments.check_data(examples, digits, examples, digits))
