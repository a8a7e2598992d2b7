"""The exercise's metrics, computed from labels and predictions."""

from __future__ import annotations  # signatures show names such as Targets

import math

import numpy as np
import numpy.typing as npt

from mnist_nn import arguments
from mnist_nn.arguments import Array, Targets
from mnist_nn.data import CLASSES

# Where scikit-learn's log loss clipped probabilities in 2018. Today it clips at the epsilon of
# their dtype, which would make a wrong digit cost 36.04 or 15.94.
LOG_LOSS_CLIP = 1e-15


def log_loss(targets: Targets, predicted_classes: Targets) -> float:
    """Return the log loss that the exercise shows: that of the predicted classes.

    The original treats the predicted class as certain. A wrong digit costs −ln(1e-15) = 34.54
    and a correct one nothing, so this is 34.54 times the error rate.

    Args:
        targets: ndarray of shape (n_examples,), labels from 0 to 9.
        predicted_classes: ndarray of shape (n_examples,), labels from 0 to 9.

    Raises:
        ValueError: If they are not labels from 0 to 9, or differ in length.

    Example:
        >>> round(log_loss(targets=[7, 2, 1, 0], predicted_classes=[7, 2, 1, 6]), 2)
        8.63
    """
    labels, predicted = arguments.check_labels(targets=targets, predicted_classes=predicted_classes)
    return -math.log(LOG_LOSS_CLIP) * float(np.mean(labels != predicted))


def cross_entropy(targets: Targets, probabilities: Array) -> float:
    """Return the log loss of the probabilities, in nats per example.

    Probabilities below the machine epsilon of their dtype are raised to it, as in scikit-learn.

    Args:
        targets: ndarray of shape (n_examples,), labels from 0 to 9.
        probabilities: ndarray of shape (n_examples, 10), each row adding up to 1.

    Raises:
        ValueError: If ``targets`` are not labels from 0 to 9, ``probabilities`` are invalid, or the
            shapes do not fit.

    Example:
        >>> probabilities = classifier.predict(validation_examples, verbose=0)
        >>> cross_entropy(validation_targets, probabilities) < 2
        True
    """
    labels, probabilities = arguments.check_labels_and_probabilities(targets, probabilities)
    probability_of_target = probabilities[np.arange(len(labels)), labels]
    smallest = np.finfo(probabilities.dtype).eps  # where scikit-learn clips
    losses = -np.log(np.maximum(probability_of_target, smallest))
    return float(np.mean(losses)) + 0.0  # never −0.0


def confusion_matrix(targets: Targets, predicted_classes: Targets) -> npt.NDArray[np.float64]:
    """Return the confusion matrix, normalised by row.

    Args:
        targets: ndarray of shape (n_examples,), labels from 0 to 9.
        predicted_classes: ndarray of shape (n_examples,), labels from 0 to 9.

    Returns:
        ndarray of shape (10, 10): entry (i, j) is the fraction of examples of digit i that are
        predicted as digit j. The row of a digit without examples is all 0.

    Raises:
        ValueError: If they are not labels from 0 to 9, or differ in length.

    Example:
        >>> matrix = confusion_matrix(targets=[0, 0, 1], predicted_classes=[0, 1, 1])
        >>> matrix[0, :2]  # one of the two zeros is predicted as a one
        array([0.5, 0.5])
    """
    labels, predicted = arguments.check_labels(targets=targets, predicted_classes=predicted_classes)
    from sklearn import metrics as sklearn_metrics  # saves worker processes a second

    return sklearn_metrics.confusion_matrix(  # type: ignore[no-any-return]
        labels, predicted, labels=range(CLASSES), normalize="true"
    )
