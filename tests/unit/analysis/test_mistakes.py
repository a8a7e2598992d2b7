"""Mistakes and comparisons are correct in cases worked out by hand."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from mnist_nn.analysis import compare_predictions, confident_mistakes, confused_pairs

TARGETS = pd.Series([4, 4, 4, 9, 9, 0], index=[10, 11, 12, 13, 14, 15])


def probabilities_of(predicted: list[int], certainty: list[float]) -> npt.NDArray[np.floating]:
    """Return probabilities that predict these digits with this certainty."""
    probabilities = np.repeat((1 - np.array(certainty)[:, None]) / 9, 10, axis=1)
    probabilities[np.arange(len(predicted)), predicted] = certainty
    return probabilities


def test_most_confident_mistakes_come_first() -> None:
    probabilities = probabilities_of([9, 4, 9, 9, 4, 6], [0.6, 0.9, 0.8, 0.99, 0.7, 0.95])
    mistakes = confident_mistakes(TARGETS, probabilities)
    assert mistakes.index.tolist() == [15, 12, 14, 10]
    assert mistakes["position"].tolist() == [5, 2, 4, 0]
    assert mistakes["label"].tolist() == [0, 4, 9, 4]
    assert mistakes["predicted"].tolist() == [6, 9, 4, 9]
    assert mistakes["probability"].tolist() == pytest.approx([0.95, 0.8, 0.7, 0.6])
    mistakes = confident_mistakes(TARGETS.to_numpy(), probabilities)
    assert mistakes.index.tolist() == mistakes["position"].tolist() == [5, 2, 4, 0]
    correct = probabilities_of(TARGETS.tolist(), [0.9] * 6)
    assert confident_mistakes(TARGETS, correct).empty


def test_confused_pairs_are_counted() -> None:
    pairs = confused_pairs(TARGETS, np.array([9, 4, 9, 9, 4, 6]))
    assert pairs[["label", "predicted", "count"]].to_numpy().tolist() == [
        [4, 9, 2],
        [0, 6, 1],
        [9, 4, 1],
    ]
    assert pairs["share"].tolist() == pytest.approx([2 / 3, 1, 1 / 2])
    assert confused_pairs(TARGETS, TARGETS).empty


def test_comparison_of_predictions() -> None:
    targets = np.zeros(20, int)
    first, second = np.zeros(20, int), np.zeros(20, int)
    first[:9] = 1
    second[8:10] = 2
    comparison = compare_predictions(targets, first, second)
    assert np.flatnonzero(comparison.only_second_right).tolist() == list(range(8))
    assert np.flatnonzero(comparison.both_wrong).tolist() == [8]
    assert np.flatnonzero(comparison.only_first_right).tolist() == [9]
    assert np.flatnonzero(comparison.both_right).tolist() == list(range(10, 20))
    # Nine coins, eight or more of them alike: 2 * (9 + 1) / 2**9.
    assert comparison.p_value == pytest.approx(20 / 512)
    assert compare_predictions(targets, first, first).p_value == 1


def test_arguments_are_checked() -> None:
    with pytest.raises(ValueError, match=r"probabilities .*\(5, 10\)"):
        confident_mistakes(TARGETS, np.zeros((5, 10)))
    with pytest.raises(ValueError, match="predicted_classes: 2"):
        confused_pairs(TARGETS, np.array([1, 2]))
    with pytest.raises(ValueError, match="second: 2"):
        compare_predictions(TARGETS, TARGETS, np.array([1, 2]))
