"""What is shown of an error."""

import inspect
from typing import Any

import pytest

import mnist_nn
from mnist_nn.errors import describe_error


def test_errors_of_libraries_are_described_in_a_line() -> None:
    assert describe_error(ValueError("one.\n  two")) == "one"
    assert describe_error(ValueError("\x1b[1m\n\nException encountered when\n\x1b[0m1")) == "1"
    assert describe_error(ValueError(400 * "1")) == 300 * "1"
    assert describe_error(KeyError()) == "KeyError"


def test_unknown_arguments_are_told_which_was_meant() -> None:
    trainer: Any = mnist_nn.train_nn_classification_model
    for unknown, words in {
        "batchsize": "batchsize=: did you mean batch_size=?",
        "lr": "lr=: did you mean learning_rate=?",
        "epochs": "epochs=: did you mean steps=, periods=?",
        "units": "units=: did you mean hidden_units=?",
        "hidden_layers": "did you mean hidden_units=?",
        "validation_data": "did you mean validation_examples=, validation_targets=?",
        "activation": "^train_nn_classification_model has no argument activation=. Its arguments: ",
    }.items():
        with pytest.raises(TypeError, match=words.replace("?", r"\?")):
            trainer(0.1, steps=1, **{unknown: 1})
    assert [*inspect.signature(trainer).parameters][:2] == ["learning_rate", "steps"]
    for trainer in (
        mnist_nn.train_linear_classification_model,
        mnist_nn.train_classification_model,
    ):
        with pytest.raises(TypeError, match="units=. Its arguments: "):
            trainer(units=[1])
