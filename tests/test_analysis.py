"""Mistakes, comparisons and dead units are counted right, on cases worked out by hand."""

from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from split import Split

import mnist_nn

TARGETS = pd.Series([4, 4, 4, 9, 9, 0], index=[10, 11, 12, 13, 14, 15])


def probabilities_of(predicted: list[int], certainty: list[float]) -> Any:
    """Return probabilities that predict these digits with this certainty."""
    probabilities = np.repeat((1 - np.array(certainty)[:, None]) / 9, 10, axis=1)
    probabilities[np.arange(len(predicted)), predicted] = certainty
    return probabilities


def test_confident_mistakes_come_first() -> None:
    probabilities = probabilities_of([9, 4, 9, 9, 4, 6], [0.6, 0.9, 0.8, 0.99, 0.7, 0.95])
    mistakes = mnist_nn.confident_mistakes(TARGETS, probabilities)
    assert mistakes.index.tolist() == [15, 12, 14, 10]
    assert mistakes["label"].tolist() == [0, 4, 9, 4]
    assert mistakes["predicted"].tolist() == [6, 9, 4, 9]
    assert mistakes["probability"].tolist() == pytest.approx([0.95, 0.8, 0.7, 0.6])
    right = probabilities_of(TARGETS.tolist(), [0.9] * 6)
    assert mnist_nn.confident_mistakes(TARGETS, right).empty


def test_confused_pairs_are_counted() -> None:
    pairs = mnist_nn.confused_pairs(TARGETS, np.array([9, 4, 9, 9, 4, 6]))
    assert pairs[["label", "predicted", "count"]].to_numpy().tolist() == [
        [4, 9, 2],
        [0, 6, 1],
        [9, 4, 1],
    ]
    assert pairs["share"].tolist() == pytest.approx([2 / 3, 1, 1 / 2])
    assert mnist_nn.confused_pairs(TARGETS, TARGETS).empty


def test_comparison_of_predictions() -> None:
    targets = np.zeros(20, int)
    first, second = np.zeros(20, int), np.zeros(20, int)
    first[:9] = 1  # mended, but for the last
    second[8:10] = 2
    comparison = mnist_nn.compare_predictions(targets, first, second)
    assert np.flatnonzero(comparison.mended).tolist() == list(range(8))
    assert np.flatnonzero(comparison.broken).tolist() == [9]
    assert np.flatnonzero(comparison.both_wrong).tolist() == [8]
    assert comparison.both_right.sum() == 10
    # Nine coins, eight or more of them alike: 2 * (9 + 1) / 2**9.
    assert comparison.p_value == pytest.approx(20 / 512)
    assert mnist_nn.compare_predictions(targets, first, first).p_value == 1


def test_dead_units_are_counted(small: Split) -> None:
    model = mnist_nn.build_nn_model([5, 10], dropout=0.5, seed=0)
    first = model.get_layer("hiddenlayer_0")
    bias = np.zeros(5)
    bias[:2] = -1_000  # never positive
    first.bias.assign(bias)
    dead = mnist_nn.count_dead_units(model, small.validation_examples)
    assert dead["hiddenlayer_0"] == 2
    assert dead["hiddenlayer_1"] < 10
    first.kernel.assign(np.zeros((784, 5)))
    dead = mnist_nn.count_dead_units(model, small.validation_examples)
    assert dead == {"hiddenlayer_0": 5, "hiddenlayer_1": 10}
    assert mnist_nn.count_dead_units(mnist_nn.build_linear_model(), small[0]) == {}


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match=r"probabilities has the shape \(5, 10\): it must be \(6"):
        mnist_nn.confident_mistakes(TARGETS, np.zeros((5, 10)))
    with pytest.raises(ValueError, match="targets and predicted_classes have 6 and 2 examples"):
        mnist_nn.confused_pairs(TARGETS, np.array([1, 2]))
    with pytest.raises(ValueError, match="targets and first and second have 6 and 2 and 6"):
        mnist_nn.compare_predictions(TARGETS, np.array([1, 2]), TARGETS)
    with pytest.raises(TypeError, match="model must be a Sequential Keras model, not str"):
        mnist_nn.count_dead_units("dnn", np.zeros((2, 784)))
    with pytest.raises(ValueError, match="examples has one row"):
        mnist_nn.count_dead_units(mnist_nn.build_linear_model(), np.zeros((1, 784)))
    with pytest.raises(ValueError, match=r"examples has the shape \(2, 7\)"):
        mnist_nn.count_dead_units(mnist_nn.build_linear_model(), np.zeros((2, 7)))


def train(small: Split, **arguments: Any) -> keras.Model:
    return mnist_nn.train_nn_classification_model(
        0.05, batch_size=10, hidden_units=[5], **small._asdict(), seed=0, verbose=0, **arguments
    )


def test_keeps_the_weights_of_each_period(small: Split) -> None:
    keep = mnist_nn.KeepWeights()
    model = train(small, steps=20, periods=[1, 4, 15], callbacks=[keep])
    assert list(keep.weights) == [0, 1, 5, 20]
    np.testing.assert_array_equal(keep.weights[20], model.layers[0].kernel.numpy())
    untrained = mnist_nn.build_nn_model([5], seed=0).layers[0].kernel.numpy()
    np.testing.assert_array_equal(keep.weights[0], untrained)
    assert not np.array_equal(keep.weights[1], keep.weights[5])


def test_steps_of_each_period_may_be_listed(small: Split) -> None:
    classifier = train(small, steps=20, periods=np.array([1, 4, 15]))
    assert len(classifier.history.history["val_log_loss"]) == 3
    for periods, message in [
        ([1, 4], "periods lists 5 steps, but steps is 20"),
        ([0, 20], r"periods\[0\] must be a whole number, 1 or more, not 0"),
        ([], "periods lists 0 steps"),
    ]:
        with pytest.raises(ValueError, match=message):
            train(small, steps=20, periods=periods)


def test_callbacks_see_periods_with_all_figures(small: Split) -> None:
    class Note(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
        def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
            seen.append((epoch, logs["val_accuracy"], logs["cross_entropy"]))

    seen: list[tuple[int, float, float]] = []
    stop = keras.callbacks.EarlyStopping("val_log_loss", mode="min", patience=0, baseline=0.0)
    classifier = train(small, steps=20, callbacks=[Note(), stop])
    assert len(seen) == len(classifier.history.history["val_accuracy"]) < 10
    assert seen[0][1] == classifier.history.history["val_accuracy"][0]
    for wrong in (stop, ["stop"], "stop"):
        with pytest.raises(TypeError, match="callbacks must be a list of Keras callbacks, not "):
            train(small, steps=20, callbacks=wrong)
