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
    """A wrong answer: what the student reads, and the share of the points."""

    def __init__(self, english: str, score: float = 0.0) -> None:
        self.result = CheckResult(False, message(english), score)


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
    if linear_classifier is None:
        raise WrongAnswerError("Not done yet. Train a linear model and call it linear_classifier.")
    _check_model(linear_classifier, validation_examples)
    kernels = _list_kernels(linear_classifier)
    if [tuple(kernel.shape) for kernel in kernels] != [(PIXELS, CLASSES)]:
        raise WrongAnswerError(
            "A linear model has a single layer of weights, from 784 pixels to 10 classes, but "
            f"this model has {len(kernels)}. Train one with train_linear_classification_model."
        )
    return _check_accuracy(
        linear_classifier,
        validation_examples,
        validation_targets,
        TARGETS["linear"],
        PARTIAL_CREDIT_FROM["linear"],
        message("Try more steps, larger batches or another learning rate."),
    )


@_return_result
def check_network(
    classifier: Any, validation_examples: Examples, validation_targets: Targets
) -> str:
    """Check that a network reaches the accuracy of task 2, as :func:`check_linear_classifier`."""
    if classifier is None:
        raise WrongAnswerError("Not done yet. Train a network and call it classifier.")
    return _check_accuracy(
        classifier,
        validation_examples,
        validation_targets,
        TARGETS["network"],
        PARTIAL_CREDIT_FROM["network"],
        message("Try more steps or larger batches."),
    )


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
        raise WrongAnswerError(
            "Not done yet. Predict the digits of the test set with classifier "
            "(test_predictions), and compute the fraction that is correct (accuracy)."
        )
    test = np.asarray(test_examples, np.float32)
    if _is_trained_on(_check_model(classifier, test), test):
        raise WrongAnswerError(
            "This model was trained on examples of the test set, so its accuracy there means "
            "nothing. Train a new one, on training_examples and training_targets only."
        )
    predictions = _check_predictions(test_predictions, classifier, test, len(validation_targets))
    right = float(np.mean(predictions == np.asarray(test_targets)))
    _check_computed_accuracy(accuracy, right)
    validation = _measure_accuracy(classifier, validation_examples, validation_targets)
    if right > validation + TEST_TOLERANCE:
        raise WrongAnswerError(
            f"The accuracy is {right:.4f} on the test set, but only {validation:.4f} on the "
            "validation set. A network does not do that much better on new digits. Was it "
            "trained on the test set?"
        )
    if validation < TARGETS["network"]:
        raise WrongAnswerError(
            f"Your computation is correct: the accuracy on the test set is {right:.4f}. But the "
            f"network is not there yet: on the validation set, its accuracy is {validation:.4f}, "
            f"and the task asks for {TARGETS['network']:.4f}.",
            0.5,
        )
    if right < validation - TEST_TOLERANCE:
        raise WrongAnswerError(
            f"Your computation is correct, but the accuracy is only {right:.4f} on the test set, "
            f"compared with {validation:.4f} on the validation set. The network fits the "
            "validation set better than new digits. Was it trained on the validation set?",
            0.5,
        )
    return message(
        f"Well done: {right:.4f} on the test set, {validation:.4f} on the validation set. The "
        "network does about as well on digits that played no part in choosing it."
    )


@_return_result
def check_networks(networks: Any, training_examples: Examples) -> str:
    """Check that three networks differ in nothing but their 10, 100 and 1,000 training steps.

    Args:
        networks: The student's dictionary: number of steps to trained Keras model.
        training_examples: DataFrame or ndarray of shape (n_training, 784).
    """
    chosen = [networks.get(steps) if isinstance(networks, Mapping) else None for steps in STEPS]
    if any(network is None for network in chosen):
        raise WrongAnswerError(
            "Not done yet. Train networks for 10, 100 and 1000 steps, and keep them as "
            "networks[10], networks[100] and networks[1000]."
        )
    if any(isinstance(network, np.ndarray | list | tuple) for network in chosen):
        raise WrongAnswerError(
            "networks must contain the trained networks themselves, so that the check can see "
            "how they were trained. Keep the models that the training calls return."
        )
    features = np.asarray(training_examples, np.float32)
    records = [_check_model(network, features) for network in chosen]
    if len(set(map(id, chosen))) < len(chosen):
        raise WrongAnswerError(
            "networks contains the same network more than once. Train a new one for each number "
            "of steps."
        )
    for steps, record in zip(STEPS, records, strict=True):
        if record and record.steps != steps:
            raise WrongAnswerError(
                f"networks[{steps}] was trained for {record.steps} steps. "
                f"Train a new one for {steps}."
            )
    kernels = [_list_kernels(network) for network in chosen]
    first_kernels = [layers[0].numpy() for layers in kernels if len(layers) > 1]
    if len(first_kernels) < len(chosen) or any(len(k) != PIXELS for k in first_kernels):
        raise WrongAnswerError(
            "networks[10], networks[100] and networks[1000] must each have a hidden layer above "
            "the 784 pixels. Train them with train_nn_classification_model."
        )
    if len({kernel.shape for kernel in first_kernels}) > 1:
        raise WrongAnswerError(
            "The first hidden layers differ in size. Use the same hidden_units for all three "
            "networks."
        )
    seeds = {record.seed if record else None for record in records}
    if len(seeds) > 1 or None in seeds:
        # Without a seed to compare: pixels that never hold ink keep their initial weights, which
        # are the same for one seed, and the other weights move further with more steps.
        blank = ~features.any(axis=0)
        starts = [kernel[blank] for kernel in first_kernels]
        if not all(np.allclose(start, starts[0], atol=1e-3) for start in starts):
            raise WrongAnswerError(
                "The networks did not start from the same weights. Train all three with the same "
                "seed, so that only the steps differ."
            )
        if np.any(np.diff([kernel.std() for kernel in first_kernels]) < 0):
            raise WrongAnswerError(
                "The more steps, the further the weights should move, but these do not. Is each "
                "network stored under the right number of steps?"
            )
    return message("Well done: three networks that differ only in their number of steps.")


def _check_accuracy(
    classifier: Any, examples: Any, targets: Any, target: float, partial_from: float, advice: str
) -> str:
    """Return praise for a model that reaches the target on the validation set."""
    record = _check_model(classifier, examples)
    if _is_trained_on(record, examples):
        raise WrongAnswerError(
            "This model was trained on examples of the validation set, so its accuracy there means "
            "nothing. Train a new one, on training_examples and training_targets only."
        )
    accuracy = _measure_accuracy(classifier, examples, targets)
    if accuracy < GUESSING:
        raise WrongAnswerError(
            f"The accuracy on the validation set is {accuracy:.4f}, hardly better than guessing. "
            "Lower the learning rate, or train for more steps."
        )
    if accuracy > TOO_GOOD and not record:
        raise WrongAnswerError(
            f"The accuracy on the validation set is {accuracy:.4f}. That is too good to be true "
            "for 7,500 training examples: was the model trained on the validation set?"
        )
    if accuracy < target:
        raise WrongAnswerError(
            f"Not there yet: the accuracy on the validation set is {accuracy:.4f}, and the task "
            f"asks for {target:.4f}. {advice}",
            max(0.0, (accuracy - partial_from) / (target - partial_from)),
        )
    praise = message(
        f"Well done: the accuracy on the validation set is {accuracy:.4f}, and the task asks for "
        f"{target:.4f}."
    )
    if record:
        return praise
    only_predictions = message(
        "(The model has no record of its training, for example because it was loaded from a file. "
        "So only its predictions were checked.)"
    )
    return f"{praise} {only_predictions}"


def _check_model(classifier: Any, examples: Any) -> Any:
    """Return the record of a model, if it has one; raise an error if it is no classifier."""
    if isinstance(classifier, np.ndarray | list | tuple):
        raise WrongAnswerError(
            f"This is an array or a list ({type(classifier).__name__}), not a Keras model. "
            "Predictions, or the mean of several networks' predictions, are not a model: use the "
            "model that one training call returns."
        )
    features = np.asarray(examples, np.float32)
    try:
        check_classifier("classifier", message("the model"), classifier, features[:2])
    except TypeError:
        raise WrongAnswerError(
            f"This is not a Keras model; its type is {type(classifier).__name__}. Use the model "
            "that the training call returns."
        ) from None
    except ValueError as error:
        raise WrongAnswerError(
            f"The model does not turn 784 pixels into ten probabilities: {error}."
        ) from None
    return getattr(classifier, "training_record", None)


def _is_trained_on(record: Any, examples: Any) -> bool:
    return bool(record and record.is_trained_on(np.asarray(examples, np.float32), FEW))


def _list_kernels(classifier: Any) -> list[Any]:
    return [weight for weight in classifier.trainable_weights if len(weight.shape) > 1]


def _check_predictions(predictions: Any, classifier: Any, test: Any, validation_rows: int) -> Any:
    """Return the predicted digits of the test set as an array."""
    predictions = np.asarray(predictions)
    rows = len(test)
    match predictions.shape:
        case (length,) if length == rows:
            pass
        case ():
            raise WrongAnswerError(
                "test_predictions is a single number: .argmax() without axis looks at all "
                "probabilities at once. Use .argmax(axis=1), which returns one digit per row."
            )
        case (length,) if length == validation_rows:
            raise WrongAnswerError(
                f"test_predictions has {length} digits, one per row of the validation set. "
                "Predict test_examples instead."
            )
        case (length, columns) if (length, columns) == (rows, PIXELS):
            raise WrongAnswerError(
                "test_predictions contains pixels. First turn them into probabilities with "
                "classifier.predict."
            )
        case (length, columns) if (length, columns) == (rows, CLASSES):
            raise WrongAnswerError(
                "test_predictions contains ten probabilities per example. Pick the most probable "
                "digit with .argmax(axis=1)."
            )
        case shape:
            raise WrongAnswerError(
                f"test_predictions has the shape {shape}. It needs one digit for each of the "
                f"{rows} rows of the test set."
            )
    if not np.isin(predictions, np.arange(CLASSES)).all():
        raise WrongAnswerError(
            "test_predictions must contain digits from 0 to 9. Use .argmax(axis=1) to find the "
            "digits; .max(axis=1) returns their probabilities."
        )
    if (predictions != _predict(classifier, test)).sum() <= FEW:
        return predictions
    if (predictions != _predict(classifier, test * PIXEL_MAXIMUM)).sum() <= FEW:
        raise WrongAnswerError(
            "test_predictions was predicted from raw pixels, from 0 to 255. Predict "
            "test_examples, in which the pixels are divided by 255."
        )
    raise WrongAnswerError(
        "test_predictions differs from what classifier predicts now. Did you train classifier "
        "again, or use another model or other data? Predict test_examples again."
    )


def _check_computed_accuracy(accuracy: Any, right: float) -> None:
    """Raise WrongAnswerError unless ``accuracy`` is the share of right predictions."""
    if np.ndim(accuracy):
        raise WrongAnswerError(f"accuracy contains {len(accuracy)} values. Take their mean.")
    is_number = isinstance(accuracy, int | float | np.number)
    if is_number and abs(accuracy - right) <= ACCURACY_TOLERANCE:
        return
    if is_number and abs(accuracy - 100 * right) <= 100 * ACCURACY_TOLERANCE:
        raise WrongAnswerError(
            f"accuracy is {accuracy}, a percentage. It must be a fraction, from 0 to 1."
        )
    if not is_number or not 0 <= accuracy <= 1:
        raise WrongAnswerError(f"accuracy is {accuracy!r}. It must be a number from 0 to 1.")
    if abs(accuracy - (1 - right)) <= ACCURACY_TOLERANCE:
        raise WrongAnswerError(
            f"accuracy is {accuracy:.4f}, the fraction of wrong predictions. "
            "Compute the fraction of correct ones."
        )
    if abs(accuracy - right**0.5) <= ACCURACY_TOLERANCE:
        raise WrongAnswerError(
            f"accuracy is {accuracy:.4f}, the square root of the fraction of correct predictions. "
            "Leave out the root."
        )
    raise WrongAnswerError(
        f"accuracy is {accuracy:.4f}, but the fraction of correct digits in test_predictions is "
        f"{right:.4f}. Compare test_predictions with test_targets."
    )


def _measure_accuracy(classifier: Any, examples: Any, targets: Any) -> float:
    return float(np.mean(_predict(classifier, examples) == np.asarray(targets)))


def _predict(classifier: Any, examples: Any) -> Any:
    features = np.asarray(examples, np.float32)
    return np.asarray(predict_probabilities(classifier, features)).argmax(axis=1)
