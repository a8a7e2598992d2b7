"""What is shown of an error."""

import re
from typing import Any

import pytest

import mnist_nn
from mnist_nn.errors import describe_error


def test_errors_of_libraries_are_described_in_a_line() -> None:
    assert describe_error(ValueError("one.\n  two")) == "one"
    assert describe_error(ValueError("\x1b[1m\n\nException encountered when\n\x1b[0m1")) == "1"
    assert describe_error(ValueError(400 * "1")) == 300 * "1"
    assert describe_error(KeyError()) == "KeyError"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("batchsize", "did you mean batch_size?"),
        ("lr", "did you mean learning_rate?"),
        ("epochs", "did you mean periods?"),
        ("hidden_layers", "did you mean hidden_units?"),
        ("X", "did you mean training_examples?"),
        ("batch", "did you mean batch_size?"),
        ("activation", "it has learning_rate, steps"),
    ],
)
def test_unknown_arguments_of_a_trainer(name: str, reason: str) -> None:
    train: Any = mnist_nn.train_nn_classification_model
    with pytest.raises(TypeError, match=rf"has no argument {name}: {re.escape(reason)}"):
        train(0.03, steps=10, **{name: 1})


def test_argument_of_the_network_alone() -> None:
    train: Any = mnist_nn.train_linear_classification_model
    with pytest.raises(TypeError, match="has no argument units: it has learning_rate"):
        train(0.03, units=[20])
