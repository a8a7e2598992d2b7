"""The metrics, against constants worked out by hand and against scikit-learn."""

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

import mnist_nn


def test_log_loss_is_34_54_for_each_wrong_digit() -> None:
    targets = np.array([3, 1, 4, 1])
    assert mnist_nn.log_loss(targets, targets) == 0
    cost = 34.538776394910684
    assert mnist_nn.log_loss(targets, np.array([3, 1, 4, 2])) == pytest.approx(cost / 4)
    of_all_wrong = mnist_nn.log_loss(targets, np.array([0, 0, 0, 0]))
    assert of_all_wrong == pytest.approx(cost)
    assert type(of_all_wrong) is float


def test_log_loss_matches_the_published_pair_of_log_loss_and_accuracy() -> None:
    # The published network printed 2.00 for 0.94, which the error rate of 145 in 2,500 gives.
    targets = np.zeros(2_500, int)
    predicted_classes = np.repeat([1, 0], [145, 2_355])
    assert f"{mnist_nn.log_loss(targets, predicted_classes):0.2f}" == "2.00"
    assert f"{np.mean(targets == predicted_classes):0.2f}" == "0.94"


def test_cross_entropy_of_float32_is_scikit_learns() -> None:
    """That of float64 is compared in tests/slow/test_properties.py."""
    generator = np.random.default_rng(0)
    probabilities = generator.dirichlet(np.full(10, 0.1), size=500).astype(np.float32)
    targets = generator.integers(10, size=500)
    probabilities[0] = np.eye(10)[(targets[0] + 1) % 10]  # wrong, and certain of it
    expected = sklearn_metrics.log_loss(targets, probabilities, labels=range(10))
    computed = mnist_nn.cross_entropy(targets, probabilities)
    assert computed == pytest.approx(expected, rel=1e-5)
    assert type(computed) is float


def test_confusion_matrix_counts_by_true_digit() -> None:
    matrix = mnist_nn.confusion_matrix(np.array([0, 0, 0, 0, 7]), np.array([0, 0, 0, 6, 7]))
    expected = np.zeros((10, 10))
    expected[0, 0], expected[0, 6], expected[7, 7] = 0.75, 0.25, 1
    np.testing.assert_array_equal(matrix, expected)


def test_labels_and_predictions_are_checked() -> None:
    for function in (mnist_nn.log_loss, mnist_nn.confusion_matrix):
        with pytest.raises(ValueError, match="targets: 3, predicted_classes: 2"):
            function(np.zeros(3), np.zeros(2))
    with pytest.raises(ValueError, match=r"probabilities .* \(5, 10\)"):
        mnist_nn.cross_entropy(np.zeros(3), np.ones((5, 10)))
