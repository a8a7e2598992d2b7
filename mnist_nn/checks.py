"""Checks of a student's answers: each says whether the answer is right, and if not, what to do."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mnist_nn.arguments import Examples, Targets
from mnist_nn.data import CLASSES, PIXEL_MAXIMUM, PIXELS
from mnist_nn.language import message
from mnist_nn.models import check_classifier, predict_probabilities

# The accuracies on the validation set that the tasks ask for, and where partial credit begins.
TARGETS = {"linear": 0.88, "network": 0.95}
PARTIAL_CREDIT_FROM = {"linear": 0.84, "network": 0.90}
GUESSING = 0.2  # below this, training has diverged rather than stopped early
TOO_GOOD = 0.995  # on the validation set; 7,500 examples do not teach a network that much
TEST_TOLERANCE = 0.02  # four standard errors of a difference between 2,500 and 10,000 examples
ACCURACY_TOLERANCE = 0.005  # of the accuracy that a student computes
FEW = 5  # predictions that rounding may change, rows that tables may share by chance
STEPS = (10, 100, 1_000)


@dataclass(frozen=True)
class CheckResult:
    """What a check found; a notebook shows it as one line."""

    passed: bool
    message: str  # what a student reads
    score: float = 1.0  # share of the points, from 0 to 1

    def __repr__(self) -> str:
        return f"{'✔' if self.passed else '✘'} {self.message}"


class WrongAnswerError(Exception):
    """A wrong answer: the name of its message, the score, and the message's values."""

    def __init__(self, name: str, score: float = 0.0, **values: Any) -> None:
        self.result = CheckResult(False, message(name, **values), score)


def _return_result(check: Callable[..., str]) -> Callable[..., CheckResult]:
    """Turn a function that returns praise, or raises a WrongAnswerError, into a check."""

    @functools.wraps(check)
    def return_result(*answers: Any, **named_answers: Any) -> CheckResult:
        try:
            return CheckResult(True, check(*answers, **named_answers))
        except WrongAnswerError as wrong:
            return wrong.result

    return return_result


@_return_result
def check_linear_classifier(
    linear_classifier: Any, validation_examples: Examples, validation_targets: Targets
) -> str:
    """Check that a linear model reaches the accuracy of task 1 on the validation set.

    Args:
        linear_classifier: The student's trained Keras model, or None.
        validation_examples: DataFrame or ndarray of shape (n_validation, 784).
        validation_targets: Series or ndarray of shape (n_validation,).
    """
    return _check_accuracy("linear", linear_classifier, validation_examples, validation_targets)


@_return_result
def check_network(
    classifier: Any, validation_examples: Examples, validation_targets: Targets
) -> str:
    """Check that a network reaches the accuracy of task 2, as :func:`check_linear_classifier`."""
    return _check_accuracy("network", classifier, validation_examples, validation_targets)


@_return_result
def check_test_accuracy(
    test_predictions: Any,
    accuracy: Any,
    classifier: Any,
    validation_examples: Examples,
    validation_targets: Targets,
    test_examples: Examples,
    test_targets: Targets,
) -> str:
    """Check the predictions for the test set, their accuracy, and what they say of the network.

    Args:
        test_predictions: The student's predicted digits, of shape (n_test,), or None.
        accuracy: The student's accuracy on the test set, or None.
        classifier: The student's trained Keras model, or None.
        validation_examples, validation_targets, test_examples, test_targets: The two data sets.
    """
    if test_predictions is None or accuracy is None or classifier is None:
        raise WrongAnswerError("test_not_done")
    test = np.asarray(test_examples, np.float32)
    _check_model("network", classifier, test, examples_are="test")
    predictions = _check_predictions(test_predictions, classifier, test, len(validation_targets))
    right = float(np.mean(predictions == np.asarray(test_targets)))
    _check_computed_accuracy(accuracy, right)
    validation = _measure_accuracy(classifier, validation_examples, validation_targets)
    values = {"right": right, "validation": validation, "target": TARGETS["network"]}
    if right > validation + TEST_TOLERANCE:
        raise WrongAnswerError("test_much_higher", **values)
    if validation < TARGETS["network"]:
        raise WrongAnswerError("test_of_weak_network", 0.5, **values)
    if right < validation - TEST_TOLERANCE:
        raise WrongAnswerError("test_much_lower", 0.5, **values)
    return message("test_done", **values)


@_return_result
def check_networks(networks: Any, training_examples: Examples) -> str:
    """Check that three networks differ in nothing but their 10, 100 and 1,000 training steps.

    Args:
        networks: The student's dictionary: number of steps to trained Keras model.
        training_examples: DataFrame or ndarray of shape (n_training, 784).
    """
    chosen = [networks.get(steps) if isinstance(networks, Mapping) else None for steps in STEPS]
    if any(network is None for network in chosen):
        raise WrongAnswerError("networks_not_done")
    if any(isinstance(network, np.ndarray | list | tuple) for network in chosen):
        raise WrongAnswerError("networks_are_weights")
    features = np.asarray(training_examples, np.float32)
    records = [_check_model("network", network, features, "training") for network in chosen]
    if len(set(map(id, chosen))) < len(chosen):
        raise WrongAnswerError("networks_are_the_same")
    for steps, record in zip(STEPS, records, strict=True):
        if record and record.steps != steps:
            raise WrongAnswerError("networks_have_other_steps", steps=steps, found=record.steps)
    kernels = [_list_kernels(network) for network in chosen]
    first = [of_network[0].numpy() for of_network in kernels if len(of_network) > 1]
    if len(first) < len(chosen) or any(len(kernel) != PIXELS for kernel in first):
        raise WrongAnswerError("networks_have_no_hidden_layer")
    if len({kernel.shape for kernel in first}) > 1:
        raise WrongAnswerError("networks_have_other_sizes")
    seeds = {record.seed if record else None for record in records}
    if len(seeds) > 1 or None in seeds:
        # Without a seed to compare: pixels that never hold ink keep their initial weights, which
        # are the same for one seed, and the other weights move further with more steps.
        blank = ~features.any(axis=0)
        if not all(np.allclose(kernel[blank], first[0][blank], atol=1e-3) for kernel in first):
            raise WrongAnswerError("networks_start_differently")
        if np.any(np.diff([kernel.std() for kernel in first]) < 0):
            raise WrongAnswerError("networks_in_other_order")
    return message("networks_done")


def _check_accuracy(kind: str, classifier: Any, examples: Any, targets: Any) -> str:
    if classifier is None:
        raise WrongAnswerError(f"{kind}_not_done")
    record = _check_model(kind, classifier, examples, examples_are="validation")
    accuracy, target = _measure_accuracy(classifier, examples, targets), TARGETS[kind]
    values = {"accuracy": accuracy, "target": target}
    if accuracy < GUESSING:
        raise WrongAnswerError("hardly_better_than_guessing", **values)
    if accuracy > TOO_GOOD and not record:
        raise WrongAnswerError("accuracy_too_good", **values)
    if accuracy < target:
        start = PARTIAL_CREDIT_FROM[kind]
        score = max(0.0, (accuracy - start) / (target - start))
        raise WrongAnswerError(f"{kind}_below", score, **values)
    praise = message(f"{kind}_done", **values)
    return praise if record else f"{praise} {message('no_record')}"


def _check_model(kind: str, classifier: Any, examples: Any, examples_are: str) -> Any:
    """Return the record of a model, if it has one; raise an error if the model is another."""
    if isinstance(classifier, np.ndarray | list | tuple):
        raise WrongAnswerError("predictions_are_no_model", type=type(classifier).__name__)
    features = np.asarray(examples, np.float32)
    try:
        check_classifier("classifier", message("your_model"), classifier, features[:2])
    except TypeError:
        raise WrongAnswerError("no_model", type=type(classifier).__name__) from None
    except ValueError as error:
        raise WrongAnswerError("no_classifier", reason=error) from None
    kernels = _list_kernels(classifier)
    if kind == "linear" and [tuple(kernel.shape) for kernel in kernels] != [(PIXELS, CLASSES)]:
        raise WrongAnswerError("model_is_not_linear", layers=len(kernels))
    record = getattr(classifier, "training_record", None)
    if record and examples_are != "training" and record.is_trained_on(features, FEW):
        raise WrongAnswerError(f"trained_on_{examples_are}")
    return record


def _list_kernels(classifier: Any) -> list[Any]:
    return [weight for weight in classifier.trainable_weights if len(weight.shape) > 1]


def _check_predictions(predictions: Any, classifier: Any, test: Any, rows: int) -> Any:
    """Return the predicted digits of the test set; the validation set has this many rows."""
    predictions = np.asarray(predictions)
    n, shape = len(test), predictions.shape
    if shape != (n,):
        names = {(): "predictions_are_one_number", (rows,): "predictions_of_validation_set"}
        names[n, PIXELS] = "predictions_are_features"
        names[n, CLASSES] = "predictions_are_probabilities"
        name = names.get(shape, "predictions_have_shape")
        raise WrongAnswerError(name, shape=shape, n=n, rows=rows)
    if not np.isin(predictions, np.arange(CLASSES)).all():
        raise WrongAnswerError("predictions_are_no_digits")
    if (predictions != _predict(classifier, test)).sum() > FEW:
        is_raw = (predictions != _predict(classifier, test * PIXEL_MAXIMUM)).sum() <= FEW
        raise WrongAnswerError("predictions_of_raw_pixels" if is_raw else "predictions_are_stale")
    return predictions


def _check_computed_accuracy(accuracy: Any, right: float) -> None:
    """Raise WrongAnswerError unless ``accuracy`` is the share of right predictions."""
    if np.ndim(accuracy):
        raise WrongAnswerError("accuracy_is_many", n=len(accuracy))
    is_number = isinstance(accuracy, int | float | np.number)
    if is_number and abs(accuracy - right) <= ACCURACY_TOLERANCE:
        return
    if is_number and abs(accuracy - 100 * right) <= 100 * ACCURACY_TOLERANCE:
        raise WrongAnswerError("accuracy_is_percentage", accuracy=accuracy)
    if not is_number or not 0 <= accuracy <= 1:
        raise WrongAnswerError("accuracy_is_no_share", accuracy=accuracy)
    slips = {"accuracy_is_error_rate": 1 - right, "accuracy_is_root": right**0.5}
    names = [name for name, value in slips.items() if abs(accuracy - value) <= ACCURACY_TOLERANCE]
    raise WrongAnswerError((*names, "accuracy_differs")[0], accuracy=accuracy, right=right)


def _measure_accuracy(classifier: Any, examples: Any, targets: Any) -> float:
    return float(np.mean(_predict(classifier, examples) == np.asarray(targets)))


def _predict(classifier: Any, examples: Any) -> Any:
    features = np.asarray(examples, np.float32)
    return np.asarray(predict_probabilities(classifier, features)).argmax(axis=1)
