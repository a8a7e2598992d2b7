"""The checks let right answers pass, and tell wrong ones what is wrong, in every language."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from split import Split, split_rows

import mnist_nn
from mnist_nn import checks

Say = Callable[[], str]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Say:
    return lambda: capsys.readouterr().out


@pytest.fixture(scope="module")
def data(train_table: pd.DataFrame) -> Split:
    """1,500 training, 500 validation examples."""
    return split_rows(train_table, 1_500, 500)


@pytest.fixture(scope="module")
def test_set(train_table: pd.DataFrame) -> tuple[Any, Any]:
    targets, examples = mnist_nn.parse_labels_and_features(train_table[2_000:3_000])
    return examples, targets


@pytest.fixture(scope="module")
def network(data: Split) -> keras.Model:
    return mnist_nn.train_nn_classification_model(0.05, 300, 50, [50], *data, seed=0, verbose=0)


def predict(classifier: keras.Model, examples: Any) -> Any:
    return classifier.predict(examples, batch_size=100, verbose=0).argmax(axis=1)


def test_linear_classifier(data: Split, said: Say) -> None:
    def check(classifier: Any) -> str:
        checks.check_linear_classifier(classifier, *data[2:])
        return said()

    weak = mnist_nn.train_linear_classification_model(0.02, 50, 10, *data, seed=0, verbose=0)
    good = mnist_nn.train_linear_classification_model(0.03, 1_000, 30, *data, seed=0, verbose=0)
    assert check(None).startswith("✘ Not done yet: train a linear model")
    assert check(weak).startswith("✘ Not there yet: the accuracy on the validation set is 0.")
    untrained = mnist_nn.build_linear_model()
    assert "hardly better than guessing" in check(untrained)
    assert check(good.history).startswith("✘ This is a History, not a Keras model")
    accuracy = good.history.history["val_accuracy"][-1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checks, "LINEAR_TARGET", accuracy)
        assert check(good).startswith(
            f"✔ Well done: the accuracy on the validation set is {accuracy:.4f}"
        )
        patch.setattr(checks, "LINEAR_TARGET", accuracy + 0.001)
        assert check(good).startswith("✘ Not there yet")


def test_network(data: Split, network: keras.Model, said: Say) -> None:
    def check(classifier: Any) -> str:
        checks.check_network(classifier, *data[2:])
        return said()

    nine = keras.Sequential([keras.Input(shape=(784,)), keras.layers.Dense(9)])
    assert check(None).startswith("✘ Not done yet: train a network")
    assert check(nine).startswith("✘ The network has 9 outputs, but there are ten digits")
    assert check(network).startswith("✘ Not there yet")
    assert "asks for 0.95" in check(network)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checks, "NETWORK_TARGET", 0.5)
        assert check(network).startswith("✔ Well done")


def test_test_accuracy(
    data: Split,
    network: keras.Model,
    test_set: Any,
    said: Say,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    examples, targets = test_set
    predictions = predict(network, examples)
    right = float(np.mean(predictions == targets))

    monkeypatch.setattr(checks, "NETWORK_TARGET", 0.5)

    def check(predictions: Any, accuracy: Any, classifier: Any = network, **others: Any) -> str:
        given = {"training_examples": data.training_examples} | others
        checks.check_test_accuracy(
            predictions,
            accuracy,
            classifier,
            validation_examples=data.validation_examples,
            validation_targets=data.validation_targets,
            test_examples=examples,
            test_targets=targets,
            **given,
        )
        return said()

    assert check(predictions, right).startswith(f"✔ Well done: {right:.4f} on the test set")
    assert check(predictions.tolist(), np.float64(right)).startswith("✔")
    assert check(None, None).startswith("✘ Not done yet: predict")
    assert check(predictions, None).startswith("✘ Not done yet: predict")
    assert check(predictions, right, None).startswith("✘ Not done yet: predict")
    assert check(examples, right).startswith("✘ test_predictions are the pixels themselves")
    probabilities = network.predict(examples, verbose=0)
    assert check(probabilities, right).startswith("✘ test_predictions are probabilities")
    assert check(predictions[:-1], right).startswith("✘ test_predictions have the shape (999,)")
    largest = network.predict(examples, verbose=0).max(axis=1)
    assert check(largest, right).startswith("✘ test_predictions must be digits from 0 to 9")
    assert check(predictions, predictions == targets).startswith("✘ accuracy holds 1000 values")
    assert "square root" in check(predictions, right**0.5)
    assert check(predictions, 100 * right).startswith("✘ accuracy is 8")
    assert check(predictions, "0.9").startswith("✘ accuracy is '0.9'")
    assert f"but {right:.4f} of the digits" in check(predictions, right - 0.1)
    monkeypatch.setattr(checks, "NETWORK_TARGET", 0.99)
    assert check(predictions, right).startswith("✘ The computation is right")
    # The classifier was trained again after the test set had been predicted.
    later = mnist_nn.train_nn_classification_model(0.05, 10, 30, [50], *data, seed=1, verbose=0)
    assert "Was it trained again since" in check(predictions, right, later)
    mixed = pd.concat([data.training_examples, examples[:7]])
    assert check(predictions, right, training_examples=mixed).startswith("✘ 7 rows of the test set")


def test_network_that_fits_the_validation_set_alone(data: Split, said: Say) -> None:
    """Trained on the validation set, by mistake."""
    classifier = mnist_nn.train_nn_classification_model(
        0.05, 300, 50, [50], *data[2:], *data[2:], seed=0, verbose=0
    )
    examples, targets = data[:2]
    predictions = predict(classifier, examples)
    accuracy = np.mean(predictions == targets)
    unused = examples[:0]
    checks.check_test_accuracy(
        predictions, accuracy, classifier, unused, *data[2:], examples, targets
    )
    assert "fits the validation set better than new digits" in said()


def test_weights(data: Split, said: Say) -> None:
    def check(weights: Any) -> str:
        checks.check_weights(weights)
        return said()

    kept = {
        steps: mnist_nn.train_nn_classification_model(
            0.05, steps, 30, [20], *data, seed=0, verbose=0
        )
        .layers[0]
        .kernel.numpy()
        for steps in (10, 100, 1_000)
    }
    assert check(kept).startswith("✔ Well done")
    for missing in (None, {}, {10: None, 100: None, 1000: None}, {10: kept[10]}, kept[10]):
        assert check(missing).startswith("✘ Not done yet: train for 10, 100 and 1000 steps")
    assert check(kept | {100: kept[1_000]}).startswith("✘ Some of the weights are the same")
    assert check(kept | {10: kept[1_000], 1_000: kept[10]}).startswith("✘ The weights should move")
    assert check(kept | {10: [kept[10], kept[10][0]]}).startswith("✘ weights must hold arrays")
    assert check(kept | {10: kept[10].T}).startswith("✘ weights[10] has the shape (20, 784)")
