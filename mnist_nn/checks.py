"""Checks of a student's answers: each says whether the answer is right, and if not, what to do."""

import functools
import html
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from mnist_nn.arguments import (
    Examples,
    Features,
    Labels,
    Targets,
    are_probabilities,
    check_features,
    check_set,
)
from mnist_nn.data import CLASSES, PIXEL_MAXIMUM, PIXELS, load_mnist_dataframe
from mnist_nn.errors import ArgumentError, ShortTracebackError, describe_error
from mnist_nn.language import get_language, message, printable
from mnist_nn.models import check_outputs, predict_probabilities

# The accuracies on the validation set that the tasks ask for, and where partial credit begins.
TARGETS = {"linear": 0.88, "network": 0.95}
PARTIAL_CREDIT_FROM = {"linear": 0.84, "network": 0.90}
GRACE = 0.002  # below a target, with all points: half a standard error of 2,500 digits
STANDARD_ERRORS = 4.0  # between known and new digits; 492 honest models had at most 2.8
ACCURACY_TOLERANCE = 0.005 + 1e-9  # of the accuracy that a student computes: two decimals
FEW = 5  # predictions that rounding may change
MUCH_BETTER = 0.2  # on raw pixels, so that a model is taken to be trained on those
LOWEST_RATE, HIGHEST_RATE = 0.02, 0.15  # of Adagrad: others seldom reach 0.95
ENOUGH_NODES = 64  # in the first hidden layer: fewer reach 0.95 with no learning rate
UNLIKE_IMAGES = 0.4  # of the mean image's spread: MNIST in any scale 0.05, transposed 0.67
ALIKE = 0.5  # correlation of initial weights: below 0.1 with other seeds
STEPS = (10, 100, 1_000)
USED_ROWS = 10_000  # of the training table: no part of the exercise uses the others
BADGE = '<span style="background:{}; color:#fff; padding:0 .3em; border-radius:.2em">{}</span> {}'


@dataclass(frozen=True)
class CheckResult:
    """What a check found; a notebook shows it as one line."""

    passed: bool
    message: str  # what a student reads
    score: float = 1.0  # fraction of the points, from 0 to 1

    def __repr__(self) -> str:
        return f"{'✔' if self.passed else '✘'} {self.message}"

    def __str__(self) -> str:
        text = printable(repr(self))
        return text if text[0] in "✔✘" else f"[{'x' if self.passed else ' '}]{text[1:]}"

    def _repr_html_(self) -> str:
        colour = "#1b7f3b" if self.passed else "#c62828"  # white on it is legible in every theme
        return BADGE.format(colour, repr(self)[0], html.escape(self.message))


class WrongAnswerError(ArgumentError):
    """A wrong answer: what the student reads, and the fraction of the points."""

    def __init__(self, english: str, score: float = 0.0) -> None:
        super().__init__(english)
        self.score = score


class Measured(NamedTuple):
    """What a model does on the validation set, and on digits that the exercise never trains on."""

    accuracy: float
    rows: int
    fresh: float  # accuracy on other rows of the training table: 1 if the images are no MNIST
    new: float  # the lower one of this and of that on the test set
    scale: int  # 255 for a model that was trained on raw pixels
    remarks: list[str]


def _return_result(check: Callable[..., str]) -> Callable[..., CheckResult]:
    """Turn a function that returns praise, or raises an error, into a check."""

    @functools.wraps(check)
    def return_result(*answers: Any, **named_answers: Any) -> CheckResult:
        try:
            return CheckResult(True, check(*answers, **named_answers))
        except ShortTracebackError as error:  # also of arguments: they say what is valid
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
        "linear_classifier", linear_classifier, validation_examples, validation_targets
    )
    shapes = [kernel.shape for kernel in _list_kernels(linear_classifier)]
    if [math.prod(shape) for shape in shapes] != [PIXELS * CLASSES]:
        raise WrongAnswerError(
            "A linear model has one layer of weights, from 784 pixels to 10 classes. Those of this "
            f"model have the shapes {shapes}. Train one with train_linear_classification_model."
        )
    return _judge_accuracy("linear", measured, linear_classifier)


@_return_result
def check_network(
    classifier: Any, validation_examples: Examples, validation_targets: Targets
) -> str:
    """Check that a network reaches the accuracy of task 2, as :func:`check_linear_classifier`."""
    measured = _measure("classifier", classifier, validation_examples, validation_targets)
    return _judge_accuracy("network", measured, classifier)


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
    measured = _measure("classifier", classifier, validation_examples, validation_targets)
    features, labels = _read_table("test", test_examples, test_targets)
    predictions = _to_numbers("test_predictions", test_predictions)
    if not predictions.size:
        raise WrongAnswerError(
            "test_predictions is empty. A generator or a map can be read only once: make a list of "
            "it, and run the cell that predicts again."
        )
    if predictions.size == len(labels) * CLASSES:
        raise WrongAnswerError(
            "test_predictions has ten probabilities for each row. The digit is the index of the "
            "largest: take .argmax(axis=1)."
        )
    if predictions.size != len(labels) or not np.isin(predictions, range(CLASSES)).all():
        raise WrongAnswerError(
            f"test_predictions must contain one digit from 0 to 9 for each of the "
            f"{len(labels)} rows of test_examples, as classifier.predict(test_examples).argmax("
            f"axis=1) returns them. The shape is {predictions.shape}."
        )
    predictions = predictions.ravel()
    if np.sum(predictions != _predict(classifier, measured.scale * features)) > FEW:
        raise WrongAnswerError(
            "test_predictions differs from what classifier predicts now. Did you train it again, "
            "or use another model, other data or pixels from 0 to 255? Predict test_examples again."
        )
    right = float(np.mean(predictions == labels))
    number = _to_numbers("accuracy", accuracy)
    if number.size > 1:
        raise WrongAnswerError(
            f"accuracy contains {number.size} values. Take the mean of what is right (1) or "
            "wrong (0); of what classifier.evaluate returns, take the second value."
        )
    is_number = number.size and number.dtype == np.float64 and not isinstance(accuracy, str)
    if not is_number or not abs(number.item() - right) <= ACCURACY_TOLERANCE:
        raise WrongAnswerError(
            f"accuracy is {accuracy!r:.100}. It must be the fraction of test_predictions that "
            f"equal test_targets, {right:.4f}: no percentage, and not the fraction of wrong ones."
        )
    _check_new("test_examples", right, measured.fresh, len(labels))
    _check_new("validation_examples", measured.accuracy, measured.new, measured.rows, score=0.5)
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
    return get_language().space.join([praise, *measured.remarks])


@_return_result
def check_networks(networks: Any, training_examples: Examples) -> str:
    """Check that three networks differ in nothing but their 10, 100 and 1,000 training steps.

    Args:
        networks: The student's dictionary or Series: number of steps to trained Keras model; or a
            list in this order.
        training_examples: DataFrame or ndarray of shape (n_training, 784).
    """
    if isinstance(networks, list | tuple):
        networks = dict(zip(STEPS, networks, strict=False))
    items = networks.items() if isinstance(networks, Mapping | pd.Series) else ()
    found = {str(key): network for key, network in items}
    chosen = {f"networks[{steps}]": found.get(str(steps)) for steps in STEPS}
    _check_done(**chosen)
    features = check_features(
        "training_examples", _to_numbers("training_examples", training_examples)
    )
    for name, network in chosen.items():
        check_outputs(name, network, features[:2])
    # Pixels without ink keep their initial weights, but for a change that all of a node share.
    blank = features.min(axis=0) == features.max(axis=0)
    first: dict[str, Any] = {}
    first_start: Any = None
    for (name, network), expected in zip(chosen.items(), STEPS, strict=True):
        kernels, steps = _list_kernels(network), _count_steps(network)
        if len(kernels) < 2 or len(kernels[0]) != PIXELS:
            raise WrongAnswerError(
                "The networks must have a hidden layer above the 784 pixels. Train them with "
                "train_nn_classification_model."
            )
        if steps not in (expected, 0):
            raise WrongAnswerError(
                f"{name} was trained for {steps} steps. Train a new one for {expected}."
            )
        hyperparameters = _read_hyperparameters(network)
        kept = kernels[0][blank]
        start = np.ravel(kept - kept.mean(axis=0)) if len(kept) else np.zeros(0)
        if not first:
            first, first_start = hyperparameters, start
        differing = [
            key for key, value in hyperparameters.items() if first.get(key, value) != value
        ]
        alike = ALIKE * np.linalg.norm(start) * np.linalg.norm(first_start)
        if not differing and first["l1"] == {0.0} and start @ first_start < alike:
            differing = ["seed"]  # unless l1 has wiped out the initial weights
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


def _measure(name: str, model: Any, examples: Examples, targets: Targets) -> Measured:
    """Return what the model of this name does on the validation set and on new digits."""
    _check_done(**{name: model})
    features, labels = _read_table("validation", examples, targets)
    outputs = check_outputs(name, model, features[:2])
    plain, raw = (_measure_accuracy(model, k * features, labels) for k in (1, PIXEL_MAXIMUM))
    is_raw = raw > plain + MUCH_BETTER
    accuracy, scale = (raw, PIXEL_MAXIMUM) if is_raw else (plain, 1)
    # Bring the new digits to the scale of the student's images, if these are MNIST at all.
    mean, new_mean = features.mean(axis=0), _load_new_digits()[0][0].mean(axis=0)
    slope, intercept = map(float, np.polyfit(new_mean, mean, 1))  # inverted images are new ones too
    fresh = test = 1.0
    if np.std(mean - slope * new_mean - intercept) < UNLIKE_IMAGES * np.std(mean):
        fresh, test = (
            _measure_accuracy(model, scale * (slope * pixels + intercept), digits)
            for pixels, digits in _load_new_digits()
        )
    remarks = []
    if not are_probabilities(outputs):
        text = message("(Its outputs are no probabilities: the largest of the ten decides.)")
        remarks.append(text)
    if scale > 1:
        text = message("(It was given pixels from 0 to 255, and does far better on them.)")
        remarks.append(text)
    if _is_known(fresh, test, USED_ROWS):
        text = message(
            "(It knows rows of the table after the first 10,000. The validation set counts all the "
            "same, but with so much training data, the task is easier.)"
        )
        remarks.append(text)
    return Measured(accuracy, len(labels), fresh, min(fresh, test), scale, remarks)


def _is_known(accuracy: float, new: float, rows: int) -> bool:
    """Return whether an accuracy on some rows is above what the one on new digits explains."""
    return accuracy - new > STANDARD_ERRORS * math.sqrt(
        new * (1 - new) * (1 / rows + 1 / USED_ROWS)
    )


def _check_new(name: str, accuracy: float, new: float, rows: int, score: float = 0.0) -> None:
    """Raise WrongAnswerError if the model knows the digits of a table."""
    if _is_known(accuracy, new, rows):
        raise WrongAnswerError(
            f"The accuracy on {name} is {accuracy:.4f}, but only {new:.4f} on other digits: the "
            "model knows these digits already. Train a new one, on training_examples and "
            "training_targets only.",
            score,
        )


def _judge_accuracy(kind: str, measured: Measured, model: Any) -> str:
    """Return praise for a model that reaches the target on the validation set."""
    accuracy, target = measured.accuracy, TARGETS[kind]
    _check_new("validation_examples", accuracy, measured.new, measured.rows)
    if accuracy < target:
        advice = get_language().space.join([*_advise(kind, model), *measured.remarks])
        raise WrongAnswerError(
            f"Not there yet: the accuracy on the validation set is {accuracy:.4f}, and the task "
            f"asks for {target:.4f}. {advice}",
            _share_of_points(kind, accuracy),
        )
    praise = message(
        f"Well done: the accuracy on the validation set is {accuracy:.4f}, and the task asks for "
        f"{target:.4f}."
    )
    return get_language().space.join([praise, *measured.remarks])


def _advise(kind: str, model: Any) -> Iterator[str]:
    """Yield what to try, the first thing first: measured over the usual sizes and rates."""
    if "Rescaling" in [type(layer).__name__ for layer in model.layers]:
        yield message("Leave out Rescaling, unless the pixels are from 0 to 255.")
    shape: Any = next((kernel.shape for kernel in _list_kernels(model)), ())
    if kind == "network" and len(shape) == 2:  # not of a convolution
        if shape[1] < ENOUGH_NODES:
            yield message("Try more nodes in the first hidden layer, as in [100, 100].")
        optimizer: Any = model.optimizer if _count_steps(model) else None
        is_adagrad = type(optimizer).__name__ == "Adagrad"
        rate = round(float(optimizer.learning_rate), 6) if is_adagrad else LOWEST_RATE
        if not LOWEST_RATE <= rate <= HIGHEST_RATE:
            yield message("Try a learning rate from 0.02 to 0.15.")
    yield message("Try more steps, larger batches or another learning rate.")


def _share_of_points(kind: str, accuracy: float) -> float:
    """Return the fraction of the points for an accuracy on the validation set, from 0 to 1."""
    start = PARTIAL_CREDIT_FROM[kind]
    return min(1.0, max(0.0, (accuracy - start) / (TARGETS[kind] - GRACE - start)))


def _check_done(**answers: Any) -> None:
    """Raise WrongAnswerError with the names of what is None."""
    if missing := [name for name, answer in answers.items() if answer is None]:
        names = get_language().comma.join(missing)
        raise WrongAnswerError(f"Not done yet. Still without a value: {names}.")


def _read_table(name: str, examples: Examples, targets: Targets) -> tuple[Features, Labels]:
    """Return features, and labels that may be a column, one-hot, text or categories."""
    labels = _to_numbers(f"{name}_targets", targets)
    if labels.shape[1:] in ((1,), (CLASSES,)):
        labels = labels.argmax(axis=1) if labels.shape[1] > 1 else labels[:, 0]
    features = _to_numbers(f"{name}_examples", examples)
    return check_set(**{f"{name}_examples": features, f"{name}_targets": labels})


def _to_numbers(name: str, values: Any) -> Any:
    """Return an array of values, which may come in batches; of numbers, even if they are text."""
    try:
        values = values.values() if isinstance(values, Mapping) else values
        is_array = isinstance(values, str) or hasattr(values, "__array__")
        if isinstance(values, Iterable) and not is_array:
            values = [*values]
            if len({np.shape(value) for value in values}) > 1:  # the last batch is smaller
                values = np.concatenate(values)
        values = np.asarray(values)
    except Exception as error:  # a student's generator may raise anything
        raise WrongAnswerError(
            f"{name} cannot be read as an array: {describe_error(error)}."
        ) from None
    with suppress(TypeError, ValueError):
        values = values.astype(np.float64)
    return values


def _list_kernels(model: Any) -> list[Any]:
    return [np.asarray(weight) for weight in model.weights if len(weight.shape) > 1]


def _count_steps(model: Any) -> int:
    """Return the steps of a model's optimizer, or 0 if they are unknown.

    With mixed precision, the optimizer does not count steps that it skips.
    """
    optimizer: Any = getattr(model, "optimizer", None)
    is_known = optimizer is not None and not hasattr(optimizer, "inner_optimizer")
    return int(optimizer.iterations) if is_known else 0


def _read_hyperparameters(network: Any) -> dict[str, Any]:
    """Return the arguments with which a network was built and trained, as far as it knows them."""
    penalties = [getattr(layer, "kernel_regularizer", None) for layer in network.layers]
    found = {
        "hidden_units": [kernel.shape for kernel in _list_kernels(network)],
        "dropout": [layer.rate for layer in network.layers if hasattr(layer, "rate")],
        "l1": {float(getattr(penalty, "l1", 0)) for penalty in penalties},
        "l2": {float(getattr(penalty, "l2", 0)) for penalty in penalties},
        "batch_normalization": [type(layer) for layer in network.layers],
    }
    if _count_steps(network):
        found["learning_rate"] = network.optimizer.get_config()["learning_rate"]
    return found


@functools.cache
def _load_new_digits() -> list[tuple[Features, Labels]]:
    """Load the digits on which no part of the exercise trains, once."""
    tables = load_mnist_dataframe()[USED_ROWS:], load_mnist_dataframe("test")
    return [
        (check_features("", table.loc[:, 1:] / PIXEL_MAXIMUM), table[0].to_numpy())
        for table in tables
    ]


def _measure_accuracy(model: Any, features: Features, labels: Labels) -> float:
    return float(np.mean(_predict(model, features) == labels))


def _predict(model: Any, features: Features) -> Any:
    try:
        return np.asarray(predict_probabilities(model, features)).argmax(axis=1)
    except Exception as error:  # a layer may accept two examples, but not all
        raise WrongAnswerError(
            f"The model cannot predict {len(features)} examples at once: {describe_error(error)}."
        ) from None
