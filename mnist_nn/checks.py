"""Checks of a student's answers: each says whether the answer is right, and if not, what to do."""

import functools
import html
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from mnist_nn.arguments import (
    Examples,
    Features,
    Labels,
    Targets,
    are_probabilities,
    check_data,
    check_features,
)
from mnist_nn.data import CLASSES, PIXEL_MAXIMUM, PIXELS, load_mnist_dataframe
from mnist_nn.errors import ArgumentError
from mnist_nn.language import get_language, message
from mnist_nn.models import check_outputs, predict_probabilities

# The accuracies on the validation set that the tasks ask for, and where partial credit begins.
TARGETS = {"linear": 0.88, "network": 0.95}
PARTIAL_CREDIT_FROM = {"linear": 0.84, "network": 0.90}
GRACE = 0.002  # below a target, with all points: half a standard error of 2,500 digits
GUESSING = 0.2  # below this, training has diverged rather than stopped early
STANDARD_ERRORS = 4.0  # between known and new digits; honest models have at most 1.6
ACCURACY_TOLERANCE = 0.005 + 1e-9  # of the accuracy that a student computes: two decimals
FEW = 5  # predictions that rounding may change
ENOUGH_NODES = 64  # in the first hidden layer: fewer reach 0.95 with no learning rate
ALIKE_IMAGES = 0.9  # correlation of mean images: 0.999 of MNIST, transposed 0.74
ALIKE = 0.5  # correlation of initial weights: below 0.1 with other seeds
WIPED_OUT = 0.1  # share of the initial weights
STEPS = (10, 100, 1_000)
USED_ROWS = 10_000  # of the training table: no part of the exercise uses the others
BADGE = '<span style="background:{}; color:#fff; padding:0 .3em; border-radius:.2em">{}</span> {}'


@dataclass(frozen=True)
class CheckResult:
    """What a check found; a notebook shows it as one line."""

    passed: bool
    message: str  # what a student reads
    score: float = 1.0  # share of the points, from 0 to 1

    def __repr__(self) -> str:
        return f"{'✔' if self.passed else '✘'} {self.message}"

    def _repr_html_(self) -> str:
        colour = "#1b7f3b" if self.passed else "#c62828"  # white on it is legible in every theme
        return BADGE.format(colour, repr(self)[0], html.escape(self.message))


class WrongAnswerError(ArgumentError):
    """A wrong answer: what the student reads, and the share of the points."""

    def __init__(self, english: str, score: float = 0.0) -> None:
        super().__init__(english)
        self.score = score


class Measured(NamedTuple):
    """What a model does on the validation set, and on digits that the exercise never trains on."""

    accuracy: float  # on the validation set
    error: float  # standard error of its difference from the accuracy on new digits
    lowest: float  # of all accuracies
    scale: int  # 1 or 255: the largest pixel of the images that the model was trained on
    remarks: list[str]

    def is_known(self, accuracy: float) -> bool:
        return accuracy - self.lowest > STANDARD_ERRORS * self.error

    def check_new(self, name: str, accuracy: float, score: float = 0.0) -> None:
        """Raise WrongAnswerError if the model knows the digits of a table."""
        if self.is_known(accuracy):
            raise WrongAnswerError(
                f"The accuracy on {name} is {accuracy:.4f}, but only {self.lowest:.4f} on other "
                "digits: the model knows these digits already. Train a new one, on "
                "training_examples and training_targets only.",
                score,
            )


def _return_result(check: Callable[..., str]) -> Callable[..., CheckResult]:
    """Turn a function that returns praise, or raises an error, into a check."""

    @functools.wraps(check)
    def return_result(*answers: Any, **named_answers: Any) -> CheckResult:
        try:
            return CheckResult(True, check(*answers, **named_answers))
        except (TypeError, ValueError) as error:  # also of arguments: they say what is valid
            return CheckResult(False, str(error), getattr(error, "score", 0.0))

    return return_result


@_return_result
def check_linear_classifier(
    linear_classifier: Any, validation_examples: Examples, validation_targets: Targets
) -> str:
    """Check that a linear model reaches the accuracy of task 1 on the validation set.

    Args:
        linear_classifier: The student's trained Keras model, or None.
        validation_examples: DataFrame or ndarray of shape (n_validation, 784).
        validation_targets: Series or ndarray of shape (n_validation,), (n_validation, 1) or, if it
            is one-hot, (n_validation, 10).

    Returns:
        A CheckResult, also for arguments of other types and shapes.
    """
    measured = _measure(
        validation_examples, validation_targets, linear_classifier=linear_classifier
    )
    shapes = [kernel.shape for kernel in _list_kernels(linear_classifier)]
    if [math.prod(shape) for shape in shapes] != [PIXELS * CLASSES]:
        raise WrongAnswerError(
            "A linear model has one layer of weights, from 784 pixels to 10 classes. Those of this "
            f"model have the shapes {shapes}. Train one with train_linear_classification_model."
        )
    advice = message("Try more steps, larger batches or another learning rate.")
    return _judge_accuracy("linear", measured, advice)


@_return_result
def check_network(
    classifier: Any, validation_examples: Examples, validation_targets: Targets
) -> str:
    """Check that a network reaches the accuracy of task 2, as :func:`check_linear_classifier`."""
    measured = _measure(validation_examples, validation_targets, classifier=classifier)
    advice = message("Try more steps, larger batches or a learning rate near 0.05.")
    first_kernel = _list_kernels(classifier)[0]
    if first_kernel.ndim == 2 and first_kernel.shape[1] < ENOUGH_NODES:
        advice = message("Try more nodes first, as in [100, 100], and a learning rate near 0.05.")
    return _judge_accuracy("network", measured, advice)


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
        test_predictions: The student's predicted digits, of shape (n_test,), or batches of them.
        accuracy: The student's accuracy on the test set, a number.
        classifier: The student's trained Keras model. Each of these three may be None.
        validation_examples, validation_targets, test_examples, test_targets: The two data sets.
    """
    _check_done(test_predictions=test_predictions, accuracy=accuracy, classifier=classifier)
    measured = _measure(validation_examples, validation_targets, classifier=classifier)
    features, labels = _read_table("test", test_examples, test_targets)
    predictions = _to_numbers(test_predictions)
    shape, rows = predictions.shape, len(labels)
    predictions = np.resize(predictions, rows) if predictions.size == rows else np.array([])
    if not len(predictions) or not np.isin(predictions, range(CLASSES)).all():
        raise WrongAnswerError(
            f"test_predictions must contain one digit from 0 to 9 for each of the {rows} rows of "
            "test_examples, as classifier.predict(test_examples).argmax(axis=1) returns them. The "
            f"shape is {shape}."
        )
    if np.sum(predictions != _predict(classifier, measured.scale * features)) > FEW:
        is_raw = np.sum(predictions != _predict(classifier, PIXEL_MAXIMUM * features)) <= FEW
        raise WrongAnswerError(
            "test_predictions was predicted from raw pixels, from 0 to 255. Predict test_examples, "
            "in which the pixels are divided by 255."
            if is_raw
            else "test_predictions differs from what classifier predicts now. Did you train it "
            "again, or use another model or other data? Predict test_examples again."
        )
    right = float(np.mean(predictions == labels))
    if np.size(accuracy) > 1:
        raise WrongAnswerError(
            f"accuracy contains {np.size(accuracy)} values. Take the mean of what is right (1) or "
            "wrong (0); of what classifier.evaluate returns, take the second value."
        )
    number = math.nan
    with suppress(TypeError, ValueError):
        number = math.nan if isinstance(accuracy, str) else float(np.asarray(accuracy).item())
    if not abs(number - right) <= ACCURACY_TOLERANCE:
        raise WrongAnswerError(
            f"accuracy is {accuracy!r:.100}. It must be the fraction of test_predictions that "
            f"equal test_targets, {right:.4f}: no percentage, and not the fraction of wrong ones."
        )
    measured.check_new("test_examples", right)
    measured.check_new("validation_examples", measured.accuracy, score=0.5)
    enough = PARTIAL_CREDIT_FROM["network"]  # whoever has less has lost the points of task 2
    if measured.accuracy < enough:
        raise WrongAnswerError(
            f"The computation is right: {right:.4f} on the test set. But the network has "
            f"{measured.accuracy:.4f} on the validation set, and task 2 asks for "
            f"{TARGETS['network']:.4f}.",
            max(0.0, (measured.accuracy - 1 / CLASSES) / (enough - 1 / CLASSES)),
        )
    praise = message(
        f"Well done: {right:.4f} on the test set, {measured.accuracy:.4f} on the validation set. "
        "The network does about as well on digits that played no part in choosing it."
    )
    return _join(praise, *measured.remarks)


@_return_result
def check_networks(networks: Any, training_examples: Examples) -> str:
    """Check that three networks differ in nothing but their 10, 100 and 1,000 training steps.

    Args:
        networks: The student's dictionary or Series: number of steps to trained Keras model; or a
            list in this order.
        training_examples: DataFrame or ndarray of shape (n_training, 784).
    """
    names = [f"networks[{steps}]" for steps in STEPS]
    if isinstance(networks, Mapping | pd.Series):
        pairs = [*networks.items()]
    else:
        pairs = [*enumerate(networks)] if isinstance(networks, Iterable) else []
    found = {f"networks[{key}]": value for key, value in pairs}
    if len(found) == len(names) and not found.keys() & {*names}:
        found = dict(zip(names, found.values(), strict=True))
    chosen = {name: found.get(name) for name in names}
    _check_done(**chosen)
    features = check_features("training_examples", training_examples)
    for name, network in chosen.items():
        check_outputs(name, name, network, features[:2])
    if len({*map(id, chosen.values())}) < len(chosen):
        raise WrongAnswerError(
            "networks contains the same network more than once. Train a new one for each number of "
            "steps."
        )
    first_kernel, *kernels = (_list_kernels(network)[0] for network in chosen.values())
    first, *others = map(_read_hyperparameters, chosen.values())
    if len(first["hidden_units"]) < 2 or len(first_kernel) != PIXELS:
        raise WrongAnswerError(
            "The networks must have a hidden layer above the 784 pixels. Train them with "
            "train_nn_classification_model."
        )
    for (name, network), expected in zip(chosen.items(), STEPS, strict=True):
        if (steps := _count_steps(network)) not in (expected, 0):
            raise WrongAnswerError(
                f"{name} was trained for {steps} steps. Train a new one for {expected}."
            )
    # Pixels without ink keep their initial weights, which l2 only shrinks. But l1 wipes them out.
    blank = features.min(axis=0) == features.max(axis=0)
    for name, kernel, other in zip(names[1:], kernels, others, strict=True):
        differing = [key for key in first if first[key] != other.get(key, first[key])]
        if not differing:
            starts = [np.ravel(k[blank] - k[blank].mean(axis=0)) for k in (first_kernel, kernel)]
            sizes = [np.linalg.norm(start) for start in starts]
            is_alike = starts[0] @ starts[1] >= ALIKE * sizes[0] * sizes[1]
            differing = [] if is_alike or sizes[1] < WIPED_OUT * sizes[0] else ["seed"]
        if differing:
            raise WrongAnswerError(
                f"{name} was trained with another {differing[0]} than networks[10]. Train all "
                "three with the same hyperparameters and the same seed, so that only the steps "
                "differ."
            )
    return message(
        "Well done: three networks with the same layers, learning rate and initial weights, "
        "trained for 10, 100 and 1000 steps."
        if all(map(_count_steps, chosen.values()))
        else "Well done: three networks with the same layers and initial weights. (They do not "
        "show for how many steps they were trained.)"
    )


def _measure(examples: Examples, targets: Targets, **named_model: Any) -> Measured:
    """Return what a model, given by name, does on the validation set and on new digits."""
    _check_done(**named_model)
    ((name, model),) = named_model.items()
    features, labels = _read_table("validation", examples, targets)
    outputs = check_outputs(name, name, model, features[:2])
    raw = _measure_accuracy(model, PIXEL_MAXIMUM * features, labels)
    scale = PIXEL_MAXIMUM if raw > GUESSING + _measure_accuracy(model, features, labels) else 1
    tables = [(features, labels)]
    new = [(_scale_like(features, pixels), digits) for pixels, digits in _load_new_digits()]
    means = features.mean(axis=0), new[0][0].mean(axis=0)
    if features.min() or np.corrcoef(*means)[0, 1] > ALIKE_IMAGES:  # not inverted, say
        tables += new
    right = [_measure_accuracy(model, scale * table, digits) for table, digits in tables]
    error = math.sqrt(min(right) * (1 - min(right)) * (1 / len(labels) + 1 / USED_ROWS))
    measured = Measured(right[0], error, min(right), scale, [])
    if not are_probabilities(outputs):
        text = message("(Its outputs are no probabilities, so the largest of the ten decides.)")
        measured.remarks.append(text)
    if scale > 1:
        text = message("(It does far better on raw pixels, from 0 to 255, so it was given those.)")
        measured.remarks.append(text)
    if len(right) > 1 and measured.is_known(right[1]):
        text = message(
            "(It knows rows of the table after the first 10,000. The validation set counts all the "
            "same, but with so much training data, the task is easier.)"
        )
        measured.remarks.append(text)
    return measured


def _judge_accuracy(kind: str, measured: Measured, advice: str) -> str:
    """Return praise for a model that reaches the target on the validation set."""
    accuracy, target = measured.accuracy, TARGETS[kind]
    measured.check_new("validation_examples", accuracy)
    if accuracy < GUESSING:
        advice = message("Lower the learning rate, or train for more steps.")
    if accuracy < target:
        raise WrongAnswerError(
            f"Not there yet: the accuracy on the validation set is {accuracy:.4f}, and the task "
            f"asks for {target:.4f}. {_join(advice, *measured.remarks)}",
            _share_of_points(kind, accuracy),
        )
    praise = message(
        f"Well done: the accuracy on the validation set is {accuracy:.4f}, and the task asks for "
        f"{target:.4f}."
    )
    return _join(praise, *measured.remarks)


def _share_of_points(kind: str, accuracy: float) -> float:
    """Return the share of the points for an accuracy on the validation set, from 0 to 1."""
    start = PARTIAL_CREDIT_FROM[kind]
    return min(1.0, max(0.0, (accuracy - start) / (TARGETS[kind] - GRACE - start)))


def _check_done(**answers: Any) -> None:
    """Raise WrongAnswerError with the names of what is None."""
    if missing := [name for name, answer in answers.items() if answer is None]:
        names = get_language().comma.join(missing)
        raise WrongAnswerError(f"Not done yet. Still without a value: {names}.")


def _read_table(name: str, examples: Examples, targets: Targets) -> tuple[Features, Labels]:
    """Return features, and labels that may be a column, one-hot, text or categories."""
    labels = _to_numbers(targets)
    if labels.shape[1:] in ((1,), (CLASSES,)):
        labels = labels.argmax(axis=1) if labels.shape[1] > 1 else labels[:, 0]
    return check_data(**{f"{name}_examples": examples, f"{name}_targets": labels})


def _to_numbers(values: Any) -> Any:
    """Return an array of values, which may come in batches; of numbers, even if they are text."""
    if isinstance(values, Iterator | list | tuple):
        values = [*values]
        if len({np.shape(value) for value in values}) > 1:  # the last batch is smaller
            values = np.concatenate(values)
    values = np.asarray(values)
    with suppress(TypeError, ValueError):
        values = values.astype(np.float64)
    return values


def _list_kernels(model: Any) -> list[npt.NDArray[Any]]:
    return [np.asarray(weight) for weight in model.weights if len(weight.shape) > 1]


def _count_steps(model: Any) -> int:
    """Return the steps of a model's optimizer: 0 if another one trained it."""
    return int(model.optimizer.iterations) if model.optimizer else 0


def _read_hyperparameters(network: Any) -> dict[str, Any]:
    """Return the arguments with which a network was built and trained, as far as it knows them."""
    penalties = [getattr(layer, "kernel_regularizer", None) for layer in network.layers]
    rate = network.optimizer.get_config()["learning_rate"] if _count_steps(network) else None
    found = {
        "hidden_units": [kernel.shape for kernel in _list_kernels(network)],
        "dropout": [layer.rate for layer in network.layers if hasattr(layer, "rate")],
        "l1": {getattr(penalty, "l1", 0) for penalty in penalties},
        "l2": {getattr(penalty, "l2", 0) for penalty in penalties},
        "batch_normalization": [type(layer) for layer in network.layers],
    }
    return found if rate is None else found | {"learning_rate": rate}


@functools.cache
def _load_new_digits() -> list[tuple[npt.NDArray[np.uint8], Labels]]:
    """Load the digits on which no part of the exercise trains, once."""
    tables = load_mnist_dataframe()[USED_ROWS:], load_mnist_dataframe("test")
    return [(table.loc[:, 1:].to_numpy(np.uint8), table[0].to_numpy()) for table in tables]


def _scale_like(features: Features, pixels: npt.NDArray[np.uint8]) -> Any:
    """Return new digits with the scale of a student's table, which may be standardised."""
    new = check_features("", pixels / PIXEL_MAXIMUM)
    if features.min() == 0:
        return new * features.max()
    spread = np.where(new.std(axis=0), new.std(axis=0), 1)
    return (new - new.mean(axis=0)) / spread * features.std(axis=0) + features.mean(axis=0)


def _measure_accuracy(model: Any, features: Features, labels: Labels) -> float:
    return float(np.mean(_predict(model, features) == labels))


def _predict(model: Any, features: Features) -> Any:
    return np.asarray(predict_probabilities(model, features)).argmax(axis=1)


def _join(*sentences: str) -> str:
    return get_language().space.join(sentences)
