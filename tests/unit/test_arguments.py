"""Bad arguments are refused with their name and value, good ones are converted."""

import math
import re
from functools import partial
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


def with_cells(*cells: tuple[int, int, float]) -> Any:
    values = np.zeros((3, 784))
    for row, column, value in cells:
        values[row, column] = value
    return values


def with_probabilities(*values: float) -> Any:
    return np.array([[0.1] * 10, np.resize([*values, *[0] * 10], 10)])


at_least_1 = partial(arguments.check_whole_number, "a")
positive = partial(arguments.check_positive_number, "a")
not_negative = partial(arguments.check_number_between, "a", minimum=0)
fraction = partial(arguments.check_number_between, "a", minimum=0, below=1)
hidden_units = arguments.check_hidden_units
probabilities = partial(arguments.check_labels_and_probabilities, labels(3, 4))


def labels_alone(values: Any) -> Any:
    return arguments.check_labels(a=values)[0]


@pytest.mark.parametrize(
    ("check", "values", "kind"),
    [
        (at_least_1, [1, np.int8(2), np.uint64(2)], int),
        (positive, [1, 1e-37, 3.4e38, np.float16(0.5), np.float32(0.5), np.int8(7)], float),
        (not_negative, [0, 1e9], float),
        (fraction, [0, 0.99, np.float16(0.5), np.float32(0.5)], float),
        (arguments.check_seed, [0, np.int64(0)], int),
    ],
)
def test_numbers(check: Any, values: list[Any], kind: type) -> None:
    for value in values:
        number = check(value)
        assert (number, type(number)) == (value, kind)


@pytest.mark.parametrize("value", [[3, 4], (3, 4), range(3, 5), np.array([3, 4])])
def test_hidden_units(value: Any) -> None:
    units = hidden_units(value)
    assert units == [3, 4]
    assert {type(number) for number in units} == {int}


@pytest.mark.parametrize("value", [[0, 9], labels("a", 0, 9.0)[1:], np.array([0, 9], np.uint8)])
def test_labels(value: Any) -> None:
    array = labels_alone(value)
    assert array.dtype == np.int64
    assert array.tolist() == [0, 9]


@pytest.mark.parametrize("dtype", [np.int64, np.float16, np.float64])
def test_probabilities(dtype: Any) -> None:
    targets, checked = probabilities(np.eye(10, dtype=dtype)[[3, 4]])
    assert targets.tolist() == [3, 4]
    assert checked.shape == (2, 10)
    assert checked.dtype.kind == "f"


@pytest.mark.parametrize("dtype", [np.bool_, np.uint8, np.float16, np.float64, "Float64"])
def test_features(dtype: Any) -> None:
    array = arguments.check_features("a", features().astype(dtype))
    assert array.dtype == np.float32
    np.testing.assert_array_equal(array, features())


REFUSED: list[tuple[Any, Any, str]] = [
    *((at_least_1, value, f"^a must be .* 1 or more, not {value!r}$") for value in (0, 1.0, True)),
    *(
        (positive, value, "^a .* not " + re.escape(f"{value!r:.100}") + "$")
        for value in (0, 1e-46, 3.5e38, 10**400, math.nan, True)
    ),
    *(
        (fraction, value, f"^a .* 0 or more and below 1, not {value!r}$")
        for value in (-1e-9, 1, math.nan, None, False)
    ),
    (not_negative, 1e39, "^a .* 0 or more, not 1e"),
    (not_negative, -0.25, "^a .* 0 or more, not -0.25$"),
    (arguments.check_seed, -1, "^seed .* 0 or more, not -1"),
    (hidden_units, [], r"^hidden_units .* \[100, 100\], not \[\]$"),
    (hidden_units, 100, "^hidden_units .* not 100$"),
    (hidden_units, np.array(5), "^hidden_units .* not 5$"),
    (hidden_units, [3, 0], r"^hidden_units\[1\] .* not 0$"),
    (labels_alone, np.zeros((3, 10)), r"^a has the shape \(3, 10\).* np\.argmax\(a, axis=1\)$"),
    (labels_alone, np.zeros((3, 1)), r"^a has the shape \(3, 1\).* np\.ravel\(a\)$"),
    (labels_alone, 3, r"^a has the shape \(\): it must list one digit"),
    (labels_alone, [], "^all of these.*a: 0"),
    (labels_alone, [3, 10, 11], "^a contains 10 in row 1"),
    (labels_alone, [3, -1], "^a contains -1 in row 1"),
    (labels_alone, [3, 0.5], "^a contains 0.5 in row 1"),
    (labels_alone, labels(3, None), "^a contains nan in row 1"),
    (labels_alone, pd.Series([3, pd.NA], dtype=object), "^a contains <NA> in row 1"),
    (labels_alone, [3, [1, 2]], r"^a contains \[1, 2\] in row 1"),
    (labels_alone, ["3", "x"], "^a contains '3' in row 0"),
    (labels_alone, ["3"], "^a contains '3' in row 0"),
    (probabilities, np.ones((2, 9)), r"^probabilities has the shape \(2, 9\).* \(2, 10\)"),
    *(
        (probabilities, with_probabilities(*values), r"^probabilities contains \[.*\] in row 1")
        for values in ([0.5] * 10, [1.5, -0.5], [np.nan] * 10, [0.06] * 10, [0.97], [0.5, 0.53])
    ),
    (
        partial(arguments.check_labels_and_probabilities, labels(10)),
        np.eye(10)[:1],
        "^targets .* 10 in",
    ),
    *(
        (partial(arguments.check_features, "a"), value, message)
        for value, message in [
            ([[0.5], [0.5, 1]], r"^a contains object values of shape \(2,\)"),
            (features().astype(str), r"^a contains .* values of shape \(2, 784\)"),
            (np.zeros((1, 785)), r"^a .* shape \(1, 785\)"),
            (np.zeros((0, 784)), r"^a .* shape \(0, 784\)"),
            (with_cells((1, 7, math.nan), (2, 3, math.inf)), "^a contains nan in row 1, column 7"),
            (with_cells((0, 0, 1e39)), "^a contains inf in row 0, column 0"),
            (
                pd.DataFrame(with_cells((1, 5, math.nan))).convert_dtypes(),
                "^a contains nan in row 1, column 5",
            ),
        ]
    ),
]


@pytest.mark.parametrize(("check", "value", "message"), REFUSED)
def test_what_is_refused(check: Any, value: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check(value)


def test_labels_of_different_lengths() -> None:
    first, second = arguments.check_labels(a=labels(1, 2), b=labels(2, 3))
    assert (first.tolist(), second.tolist()) == ([1, 2], [2, 3])
    with pytest.raises(ValueError, match="a: 1, b: 2"):
        arguments.check_labels(a=labels(1), b=labels(2, 3))


@pytest.mark.parametrize("total", [0.985, 1.015])
def test_rounded_probabilities(total: float) -> None:
    probabilities(with_probabilities(total - 0.5, 0.5))


def test_examples_and_targets() -> None:
    turned = labels(1, 2)[::-1]
    # What has no index has no order that could differ.
    given: list[tuple[Any, Any]] = [
        (features(), labels(2, 1)),
        (features().to_numpy(), turned),
        (features(), turned.to_numpy()),
        (features()[::-1], turned),
    ]
    for examples, targets in given:
        array, digits = arguments.check_set(examples, targets)
        assert array.shape == (2, 784)
        assert digits.tolist() == [2, 1]


def test_examples_and_targets_that_do_not_belong_together() -> None:
    with pytest.raises(ValueError, match="^examples has 2 rows, but targets has 3"):
        arguments.check_set(features(), labels(1, 2, 3))
    with pytest.raises(ValueError, match="^the rows of examples and targets .* different orders"):
        arguments.check_set(features(), labels(1, 2)[::-1])
    data = features(), labels(1, 2), features(0), labels()
    with pytest.raises(ValueError, match="^validation_examples contains"):
        arguments.check_data(*data)
    with pytest.raises(ValueError, match="^training_targets contains 10"):
        arguments.check_data(features(), labels(10, 1), *data[2:])


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
        examples, digits = np.full((2, 784), scale), np.arange(2)
        arguments.warn_of_raw_pixels(arguments.check_data(examples, digits, examples, digits))
