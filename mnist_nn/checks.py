"""Checks of a student's answers: is the answer correct, and if not, what to do?"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd

from mnist_nn import arguments
from mnist_nn.arguments import (
    TEST_SET,
    VALIDATION_SET,
    Examples,
    Features,
    Labels,
    Targets,
)
from mnist_nn.check_result import CheckResult, WrongAnswerError, run_check
from mnist_nn.data import CLASSES, PIXELS
from mnist_nn.errors import describe_error
from mnist_nn.language import get_language, message
from mnist_nn.measurement import Accuracy, MeasuredModel, correlate, load_new_digits
from mnist_nn.models import (
    check_outputs,
    count_steps,
    describe_network,
    list_kernels,
    list_layers,
)

# The tasks: accuracies on the validation set, where partial credit begins, and training steps.
TARGETS = {"linear": 0.88, "network": 0.95}
PARTIAL_CREDIT_FROM = {"linear": 0.84, "network": 0.90}
GRACE = 0.002  # below a target, with all points: half a standard error of 2,500 digits at 0.95
STEPS = (10, 100, 1_000)

# What is fair, as measured on honest answers.
ACCURACY_TOLERANCE = 0.005 + 1e-9  # of the accuracy that a student computes: two decimals
ROUNDING_CHANGES = 5  # predictions that rounding may change
SAME_START = 0.7  # correlation of initial weights: below 0.1 with other seeds

# What helps, as measured over the usual sizes and rates.
LOWEST_RATE, HIGHEST_RATE = 0.02, 0.15  # of Adagrad: others seldom reach 0.95
ENOUGH_NODES = 64  # in the first hidden layer: fewer reach 0.95 with no learning rate
GUESSING = 0.15  # accuracy of models that have learned nothing, or from other labels
SCALE_SAMPLE = 500  # examples that are enough to compare scales
RAW_SCALE = 0.1  # a layer that scales by less is meant for pixels from 0 to 255


def check_linear_classifier(
    linear_classifier: Any, validation_examples: Examples, validation_targets: Targets
) -> CheckResult:
    """Check that a linear model reaches the accuracy of task 1 on the validation set.

    Args:
        linear_classifier: The student's trained Keras model, or None.
        validation_examples: DataFrame or ndarray of shape (n_validation, 784).
        validation_targets: Series or ndarray of shape (n_validation,), (n_validation, 1) or, if it
            is one-hot, (n_validation, 10).

    Returns:
        A CheckResult, also for arguments of other types and shapes.
    """
    data = validation_examples, validation_targets
    return run_check(_judge_model, "linear", "linear_classifier", linear_classifier, *data)


def check_network(
    classifier: Any, validation_examples: Examples, validation_targets: Targets
) -> CheckResult:
    """Check that a network reaches the accuracy of task 2, as :func:`check_linear_classifier`."""
    data = validation_examples, validation_targets
    return run_check(_judge_model, "network", "classifier", classifier, *data)


def check_test_accuracy(
    test_predictions: Any,
    accuracy: Any,
    classifier: Any,
    validation_examples: Examples,
    validation_targets: Targets,
    test_examples: Examples,
    test_targets: Targets,
) -> CheckResult:
    """Check the predictions for the test set, their accuracy, and what they show about the network.

    Args:
        test_predictions: The student's predicted digits, of shape (n_test,), or batches of them.
        accuracy: The student's accuracy on the test set, a number.
        classifier: The student's trained Keras model. Each of these three may be None.
        validation_examples, validation_targets, test_examples, test_targets: The two data sets.

    Returns:
        A CheckResult, as :func:`check_linear_classifier`.
    """
    data = (validation_examples, validation_targets), (test_examples, test_targets)
    return run_check(_judge_test_accuracy, test_predictions, accuracy, classifier, *data)


def check_networks(networks: Any, training_examples: Examples) -> CheckResult:
    """Check that three networks differ in their 10, 100 and 1,000 training steps alone.

    It compares only what a Keras model stores; the batch size is not part of that. A learning rate
    that a callback has changed counts as another one.

    Args:
        networks: The student's dictionary or Series: number of steps to trained Keras model; or a
            list in this order.
        training_examples: DataFrame or ndarray of shape (n_training, 784).

    Returns:
        A CheckResult, as :func:`check_linear_classifier`.
    """
    return run_check(_judge_networks, networks, training_examples)


def _judge_model(kind: str, name: str, model: Any, examples: Examples, targets: Targets) -> str:
    """Return praise for a model that reaches the target on the validation set."""
    _check_done(**{name: model})
    measured = MeasuredModel(name, model, *_read_table(examples, targets, VALIDATION_SET))
    shapes = [kernel.shape for kernel in list_kernels(model)]
    if kind == "linear" and [math.prod(shape) for shape in shapes] != [PIXELS * CLASSES]:
        raise WrongAnswerError(
            "The linear model of task 1 has one layer of weights, from 784 pixels to 10 classes. "
            f"Those of this model have the shapes {shapes}. Train one with "
            "train_linear_classification_model."
        )
    _check_validation_set_unknown(measured)
    accuracy, target = measured.accuracy.value, TARGETS[kind]
    space, remarks = get_language().space, [*_remark(measured)]
    if accuracy < target:
        advice = space.join([*_advise(kind, measured), *remarks])
        raise WrongAnswerError(
            f"Not there yet: the accuracy on the validation set is {accuracy:.4f}, and the task "
            f"asks for {target:.4f}. {advice}",
            float(np.interp(accuracy, [PARTIAL_CREDIT_FROM[kind], target - GRACE], [0, 1])),
        )
    praise = message(
        f"Well done: the accuracy on the validation set is {accuracy:.4f}, and the task asks for "
        f"{target:.4f}."
    )
    return space.join([praise, *remarks])


def _judge_test_accuracy(
    test_predictions: Any,
    accuracy: Any,
    classifier: Any,
    validation_set: tuple[Examples, Targets],
    test_set: tuple[Examples, Targets],
) -> str:
    """Return praise for right predictions, their accuracy, and a network that does well on them."""
    _check_done(test_predictions=test_predictions, accuracy=accuracy, classifier=classifier)
    validation_features, validation_labels = _read_table(*validation_set, VALIDATION_SET)
    measured = MeasuredModel("classifier", classifier, validation_features, validation_labels)
    features, labels = _read_table(*test_set, TEST_SET)
    predictions = _check_predictions(test_predictions, features, measured)
    on_test = Accuracy.of(predictions, labels)
    is_text = isinstance(accuracy, str)  # which would be read as a number
    numbers = _to_numbers("accuracy", [] if is_text else accuracy)
    if len(numbers) != 1 or not abs(numbers[0] - on_test.value) <= ACCURACY_TOLERANCE:
        raise WrongAnswerError(
            f"accuracy is {accuracy!r:.100}. It must be one number from 0 to 1: the fraction of "
            "test_predictions that equal test_targets."
        )
    if measured.new_accuracies:
        _check_unknown("test_examples", on_test, measured.new_accuracies.table)
    _check_validation_set_unknown(measured, score=0.5)
    on_validation = measured.accuracy
    if on_validation.is_above(on_test) or on_test.is_above(on_validation):
        raise WrongAnswerError(
            f"The accuracy is {on_test.value:.4f} on the test set, but {on_validation.value:.4f} "
            "on the validation set. Do test_examples and validation_examples have the same scale? "
            "Are their rows in the order of their targets? Or was the network trained on one of "
            "the two?",
            0.5,
        )
    enough = PARTIAL_CREDIT_FROM["network"]  # whoever has less has lost the points of task 2
    if on_validation.value < enough:
        raise WrongAnswerError(
            f"The computation is right: {on_test.value:.4f} on the test set. But the network has "
            f"{on_validation.value:.4f} on the validation set, and task 2 asks for "
            f"{TARGETS['network']:.4f}.",
            float(np.interp(on_validation.value, [1 / CLASSES, enough], [0, 1])),
        )
    return message(
        f"Well done: {on_test.value:.4f} on the test set, {on_validation.value:.4f} on the "
        "validation set. The network does about as well on digits that played no part in choosing "
        "it."
    )


def _check_predictions(test_predictions: Any, features: Features, measured: MeasuredModel) -> Any:
    """Return the student's predictions in one row, or raise WrongAnswerError."""
    predictions = _to_numbers("test_predictions", test_predictions)
    if not predictions.size:
        raise WrongAnswerError(
            "test_predictions is empty. A generator or a map can be read only once: make a list of "
            "it, and run the cell that predicts again."
        )
    if len(predictions) != len(features) or not np.isin(predictions, range(CLASSES)).all():
        raise WrongAnswerError(
            f"test_predictions must contain one digit from 0 to 9 for each of the "
            f"{len(features)} rows of test_examples, as classifier.predict(test_examples).argmax("
            f"axis=1) returns them. Its size is {len(predictions)}, and its "
            f"numbers are from {predictions.min():g} to {predictions.max():g}."
        )
    if np.array_equal(features[:2], measured.features[:2]):
        raise WrongAnswerError(
            "test_examples has rows of validation_examples. Take both from "
            "load_mnist_dataframe('test')."
        )
    if np.sum(predictions != measured.predict(features)) > ROUNDING_CHANGES:
        raise WrongAnswerError(
            "test_predictions differs from what classifier predicts now. Did you train it again, "
            "or use another model, other data or pixels from 0 to 255? Predict test_examples again."
        )
    return predictions


def _judge_networks(networks: Any, training_examples: Examples) -> str:
    """Return praise for three networks that differ in their training steps alone."""
    found = _read_networks(networks)
    _check_done(**found)
    features = arguments.check_features("training_examples", training_examples)
    is_blank = np.ptp(features, axis=0) == 0
    first, earlier_weights = next(iter(found.values())), list[Any]()
    for (name, network), expected in zip(found.items(), STEPS, strict=True):
        check_outputs(name, network, features[:2])
        kernels, steps = list_kernels(network), count_steps(network)
        if len(kernels) < 2 or len(kernels[0]) != PIXELS:
            raise WrongAnswerError(
                "The networks must have a hidden layer above the 784 pixels. Train them with "
                "train_nn_classification_model."
            )
        if steps and steps != expected:  # 0 also follows compile(), which evaluate() may need
            raise WrongAnswerError(
                f"{name} was trained for {steps} steps. Train a new one for {expected}."
            )
        if difference := _find_difference(first, network, is_blank):
            raise WrongAnswerError(
                f"{name} has another {difference} than networks[10]. Train three "
                "networks that differ only in their steps: keep the other hyperparameters and the "
                "seed."
            )
        weights = np.concatenate([*map(np.ravel, network.get_weights())])
        if any(np.array_equal(weights, others) for others in earlier_weights):
            raise WrongAnswerError(
                f"{name} has the same weights as another of the three. Train a network for each "
                "number of steps."
            )
        earlier_weights.append(weights)
    return message(
        "Well done: as far as the three networks show it, they differ in nothing but their steps."
    )


def _read_networks(networks: Any) -> dict[str, Any]:
    """Return the three networks by name, None for each that is missing."""
    by_steps: dict[Any, Any] = {}
    with suppress(Exception):  # of a number, or a student's generator
        has_keys = isinstance(networks, Mapping | pd.Series)
        by_steps = dict(networks if has_keys else zip(STEPS, networks, strict=False))
    return {f"networks[{n}]": by_steps.get(n, by_steps.get(str(n))) for n in STEPS}


def _check_validation_set_unknown(measured: MeasuredModel, score: float = 0.0) -> None:
    """Raise WrongAnswerError if the model knows the digits of the validation set."""
    for new in measured.new_accuracies or ():
        _check_unknown("validation_examples", measured.accuracy, new, score)


def _check_unknown(name: str, accuracy: Accuracy, new: Accuracy, score: float = 0.0) -> None:
    """Raise WrongAnswerError if the model knows the digits of a data set."""
    if accuracy.is_above(new):
        raise WrongAnswerError(
            f"The accuracy on {name} is {accuracy.value:.4f}, but only {new.value:.4f} on other "
            "digits: the model knows these digits already. Train a new one, on training_examples "
            "and training_targets only.",
            score,
        )


def _remark(measured: MeasuredModel) -> Iterator[str]:
    """Yield what a student is told of the measurement, whatever the accuracy."""
    if not measured.has_probabilities:
        yield message("(Its outputs are not probabilities: the largest of the ten decides.)")
    if measured.scale > 1:
        yield message("(It was given pixels from 0 to 255, and does far better on them.)")
    new = measured.new_accuracies
    if new and new.table.is_above(new.test):
        yield message(
            "(It knows rows of the table after the first 10,000. The validation set counts all the "
            "same, but with so much training data, the task is easier.)"
        )


def _advise(kind: str, measured: MeasuredModel) -> Iterator[str]:
    """Yield what to try, the first thing first."""
    if advice := _advise_tables(measured):
        yield advice
    elif measured.accuracy.value < GUESSING:
        yield message(
            "Guessing does about as well: was the model trained, and do training_targets belong to "
            "training_examples, row by row?"
        )
    else:
        yield from _advise_hyperparameters(kind, measured.model)


def _advise_tables(measured: MeasuredModel) -> str:
    """Return what is wrong with the scale or the order of the examples, or nothing."""
    layers = [(type(layer).__name__, layer) for layer in list_layers(measured.model)]
    shrinks = any(
        kind == "Rescaling" and np.max(np.abs(layer.scale)) < RAW_SCALE for kind, layer in layers
    )
    is_raw = measured.scale > 1 or arguments.are_raw_pixels(measured.features)
    normalizes = any(kind == "Normalization" for kind, _ in layers)
    if shrinks and not is_raw and not normalizes:
        return message("Leave out Rescaling, unless the pixels are from 0 to 255.")
    if is_raw and not shrinks and not normalizes:
        return message(
            "Divide the pixels by 255, as parse_labels_and_features() does: those of "
            "validation_examples, and those that the model is trained on."
        )
    pixels, labels = load_new_digits().test  # fewest models know it
    standardised = (pixels - pixels.mean(axis=0)) / (pixels.std(axis=0) + 1e-6)
    scales = pixels, 1 - pixels, 2 * pixels - 1, standardised
    best = max(measured.measure(scaled[:SCALE_SAMPLE], labels[:SCALE_SAMPLE]) for scaled in scales)
    # After few steps, a model may do better in another scale by chance.
    is_good = best.value > PARTIAL_CREDIT_FROM["linear"]
    if is_good and best.is_above(measured.accuracy):
        return message(
            f"On other digits, in a usual scale, it is {best.value:.4f}: do "
            "validation_examples have the scale of training_examples, and the order of "
            "validation_targets?"
        )
    return ""


def _advise_hyperparameters(kind: str, model: Any) -> Iterator[str]:
    """Yield what to try, as measured over the usual sizes and rates."""
    found = describe_network(model)
    if any(found["l1"] | found["l2"] | {*found["dropout"]}):
        yield message("Try less dropout, l1 or l2, or none.")
    shape: Any = next((kernel.shape for kernel in list_kernels(model)), ())
    if kind == "network" and len(shape) == 2:  # not of a convolution
        if shape[1] < ENOUGH_NODES:
            yield message("Try more nodes in the first hidden layer, as in [100, 100].")
        optimizer: Any = getattr(model, "optimizer", None)
        if type(optimizer).__name__ == "Adagrad" and not (
            LOWEST_RATE <= round(float(optimizer.learning_rate), 6) <= HIGHEST_RATE
        ):
            yield message("Try a learning rate from 0.02 to 0.15.")
            return
    yield message("Try more steps, larger batches or another learning rate.")


def _check_done(**answers: Any) -> None:
    """Raise WrongAnswerError with the names of what is None."""
    if missing := [name for name, answer in answers.items() if answer is None]:
        names = get_language().comma.join(missing)
        raise WrongAnswerError(f"Not done yet. Still without a value: {names}.")


def _read_table(
    examples: Examples, targets: Targets, names: tuple[str, str]
) -> tuple[Features, Labels]:
    """Return features, and labels that may be a column, one-hot, text or categories."""
    features = arguments.check_features(names[0], examples)
    labels = _to_numbers(names[1], targets)
    if len(labels) == CLASSES * len(features):
        one_hot = labels.reshape(-1, CLASSES)
        if np.isin(one_hot, (0, 1)).all() and (one_hot.sum(axis=1) == 1).all():
            labels = one_hot.argmax(axis=1)
    return arguments.check_set(features, labels, names)


def _to_numbers(name: str, values: Any) -> Any:
    """Return all the numbers of an array, of batches from anywhere, or of text, in one row."""
    try:
        values = values.values() if isinstance(values, Mapping) else values
        if isinstance(values, Iterable) and not hasattr(values, "__array__"):
            values = np.concatenate([[], *map(np.ravel, values)])
        return np.asarray(values, np.float64).ravel()
    except Exception as error:  # a student's generator may raise anything
        reason = describe_error(error)
        raise WrongAnswerError(f"{name} cannot be read as numbers: {reason}.") from None


def _find_difference(one: Any, other: Any, is_blank: Any) -> str:
    """Return an argument in which two networks differ, as far as their models store it, or nothing.

    Blank pixels of value 0 keep their initial weights. With another value, all the weights of a
    node there move by the same amount, so that their differences stay. Penalties change the weights
    of blank pixels, and so do layers that move the images or add noise.
    """
    expected, found = describe_network(one), describe_network(other)
    for name, value in found.items():
        if expected.get(name, value) != value:  # what one does not know is no difference
            return name
    has_penalty = any(found["l1"] | found["l2"])
    is_noisy = any(re.search("Noise|Random", type(layer).__name__) for layer in list_layers(other))
    if is_blank.any() and not has_penalty and not is_noisy:
        kernels = [list_kernels(network)[0][is_blank] for network in (one, other)]
        if correlate(*(np.ravel(kernel - kernel.mean(axis=0)) for kernel in kernels)) < SAME_START:
            return "seed"
    return ""
