"""Checks of a student's answers to the exercise: each prints whether the answer holds, and if not,
what to look at.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from mnist_nn.data import CLASSES, PIXELS
from mnist_nn.keras_backend import keras
from mnist_nn.language import message
from mnist_nn.models import predict_probabilities

LINEAR_TARGET = 0.88
NETWORK_TARGET = 0.95
GUESSING = 0.2  # below this, training has diverged rather than stopped early
# By how much a test set of 10,000 may fall short of a validation set of 2,500: four standard
# errors of the difference at an accuracy of 0.95.
TEST_TOLERANCE = 0.02
STEPS = (10, 100, 1_000)


def check_linear_classifier(
    linear_classifier: Any,
    validation_examples: pd.DataFrame,
    validation_targets: "pd.Series[int]",
) -> None:
    """Print whether a linear model does about as well as linear models can.

    Args:
        linear_classifier: The student's trained Keras model, or None.
        validation_examples: DataFrame of shape (n_validation, 784).
        validation_targets: Series of shape (n_validation,).
    """
    _check_accuracy(
        "linear",
        linear_classifier,
        validation_examples,
        validation_targets,
        LINEAR_TARGET,
    )


def check_network(
    classifier: Any,
    validation_examples: pd.DataFrame,
    validation_targets: "pd.Series[int]",
) -> None:
    """Print whether a network reaches the accuracy of the task on the validation set.

    Args:
        classifier: The student's trained Keras model, or None.
        validation_examples: DataFrame of shape (n_validation, 784).
        validation_targets: Series of shape (n_validation,).
    """
    _check_accuracy("network", classifier, validation_examples, validation_targets, NETWORK_TARGET)


def check_test_accuracy(
    test_predictions: Any,
    accuracy: Any,
    classifier: Any,
    training_examples: pd.DataFrame,
    validation_examples: pd.DataFrame,
    validation_targets: "pd.Series[int]",
    test_examples: pd.DataFrame,
    test_targets: "pd.Series[int]",
) -> None:
    """Print whether the test set was predicted, and its accuracy computed, as it should be.

    Args:
        test_predictions: The student's predicted digits, of shape (n_test,), or None.
        accuracy: The student's accuracy on the test set, or None.
        classifier: The student's trained Keras model, or None.
        training_examples: DataFrame of shape (n_training, 784).
        validation_examples: DataFrame of shape (n_validation, 784).
        validation_targets: Series of shape (n_validation,).
        test_examples: DataFrame of shape (n_test, 784).
        test_targets: Series of shape (n_test,).
    """
    if test_predictions is None or accuracy is None or classifier is None:
        return _tell(False, "test_not_done")
    shape = np.shape(test_predictions)
    if shape == (len(test_examples), PIXELS):
        return _tell(False, "predictions_are_features")
    if shape == (len(test_examples), CLASSES):
        return _tell(False, "predictions_are_probabilities")
    if shape != (len(test_examples),):
        return _tell(False, "predictions_have_shape", shape=shape, n=len(test_examples))
    shared = _shared_rows(training_examples, test_examples)
    if shared:
        return _tell(False, "test_rows_in_training", shared=shared)
    if _problem_of_model("network", classifier):
        return None
    predictions = np.asarray(test_predictions)
    if not np.isin(predictions, np.arange(CLASSES)).all():
        return _tell(False, "predictions_are_no_digits")
    if (predictions != _predict(classifier, test_examples)).any():
        return _tell(False, "predictions_are_stale")
    right = float(np.mean(predictions == np.asarray(test_targets)))
    if np.ndim(accuracy):
        return _tell(False, "accuracy_is_many", n=len(accuracy))
    if not isinstance(accuracy, int | float | np.number) or not 0 <= accuracy <= 1:
        return _tell(False, "accuracy_is_no_share", accuracy=accuracy)
    if abs(accuracy - right) > 0.005:
        if abs(accuracy - right**0.5) < 0.005:
            return _tell(False, "accuracy_is_root", accuracy=accuracy)
        return _tell(False, "accuracy_differs", accuracy=accuracy, right=right)
    validation = np.mean(_predict(classifier, validation_examples) == validation_targets)
    if validation < NETWORK_TARGET:
        return _tell(
            False,
            "test_of_weak_network",
            right=right,
            validation=validation,
            target=NETWORK_TARGET,
        )
    if right < validation - TEST_TOLERANCE:
        return _tell(False, "test_much_lower", right=right, validation=validation)
    return _tell(True, "test_done", right=right, validation=validation)


def check_weights(weights: Any) -> None:
    """Print whether the weights of three networks were kept, trained for 10, 100 and 1,000 steps.

    Args:
        weights: The student's dictionary: number of steps to ndarray of shape (784, n_nodes).
    """
    if not isinstance(weights, Mapping) or any(weights.get(steps) is None for steps in STEPS):
        return _tell(False, "weights_not_done")
    if any(isinstance(weights[steps], list | tuple) for steps in STEPS):
        return _tell(False, "weights_are_lists")
    arrays = {steps: np.asarray(weights[steps]) for steps in STEPS}
    for steps, array in arrays.items():
        if array.ndim != 2 or array.shape[0] != PIXELS:
            return _tell(False, "weights_have_shape", steps=steps, shape=array.shape)
    spreads = [float(arrays[steps].std()) for steps in STEPS]
    if len(set(spreads)) < len(STEPS):
        return _tell(False, "weights_are_the_same")
    if spreads != sorted(spreads):
        return _tell(False, "weights_in_other_order")
    return _tell(True, "weights_done")


def _check_accuracy(
    kind: str,
    classifier: Any,
    examples: pd.DataFrame,
    targets: "pd.Series[int]",
    target: float,
) -> None:
    if _problem_of_model(kind, classifier):
        return
    accuracy = float(np.mean(_predict(classifier, examples) == np.asarray(targets)))
    if accuracy < GUESSING:
        return _tell(False, "hardly_better_than_guessing", accuracy=accuracy)
    passed = accuracy >= target
    _tell(
        passed,
        f"{kind}_{'done' if passed else 'below'}",
        accuracy=accuracy,
        target=target,
    )


def _problem_of_model(kind: str, classifier: Any) -> bool:
    """Tell, and return True, if this is no model of ten classes."""
    if classifier is None:
        _tell(False, f"{kind}_not_done")
    elif not isinstance(classifier, keras.Model):
        _tell(False, "no_model", type=type(classifier).__name__)
    elif classifier.output_shape != (None, CLASSES):
        _tell(False, "other_outputs", outputs=classifier.output_shape[-1])
    else:
        return False
    return True


def _predict(classifier: keras.Model, examples: pd.DataFrame) -> npt.NDArray[np.int64]:
    probabilities = predict_probabilities(classifier, examples.to_numpy(np.float32))
    return np.asarray(np.argmax(probabilities, axis=1))


def _shared_rows(first: pd.DataFrame, second: pd.DataFrame) -> int:
    """Return how many rows of the second table are in the first, too."""
    rows = {row.tobytes() for row in first.to_numpy(np.float32)}
    return sum(row.tobytes() in rows for row in second.to_numpy(np.float32))


def _tell(passed: bool, name: str, **values: Any) -> None:
    print("✔" if passed else "✘", message(name, **values))
