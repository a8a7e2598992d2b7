"""The checks let right answers of all kinds pass, and name what is wrong with the others."""

import io
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from sklearn import preprocessing
from split import Split, split_rows, train_table

import mnist_nn
from mnist_nn import checks
from mnist_nn.check_result import CheckResult
from mnist_nn.checks import (
    check_linear_classifier,
    check_network,
    check_networks,
    check_test_accuracy,
)
from mnist_nn.measurement import Accuracy
from mnist_nn.models import predict_probabilities

STEPS = (10, 100, 1_000)


def predict(classifier: Any, examples: Any) -> Any:
    return np.asarray(predict_probabilities(classifier, np.asarray(examples))).argmax(axis=1)


class Answers:
    """Models and tables from which right and wrong answers are made."""

    def __init__(self, data: Split, test: tuple[Any, Any], network: Any) -> None:
        self.data = data
        self.test = test  # examples, targets
        self.network = network
        self.linear = mnist_nn.train_linear_classification_model(
            0.03, 1_000, 30, *data, seed=1, verbose=0
        )
        self.dishonest = fitted(network, *data[2:])
        self.weak = self.train(10)
        self.three = {steps: self.train_on_few(steps) for steps in STEPS}
        self.predictions = predict(network, test[0])
        self.accuracy = float(np.mean(self.predictions == test[1]))

    def train(self, steps: int, **changes: Any) -> Any:
        settings: dict[str, Any] = {"learning_rate": 0.05, "batch_size": 30, "hidden_units": [20]}
        settings |= {"seed": 1, "verbose": 0, **self.data._asdict(), **changes}
        return mnist_nn.train_nn_classification_model(steps=steps, **settings)

    def train_on_few(self, steps: int, **changes: Any) -> Any:
        """Train on 300 examples: quick, and enough for what the weights show."""
        few = {name: table[:300] for name, table in self.data._asdict().items()}
        return self.train(steps, periods=1, **few | changes)

    def change_predictions(self, n: int) -> Any:
        """Return predictions of which n differ, as another batch size may decide."""
        return (self.predictions + (np.arange(10_000) < n)) % 10

    def check_linear(self, answer: Any) -> CheckResult:
        return check_linear_classifier(answer, *self.data[2:])

    def check_network(self, answer: Any, examples: Any = None, targets: Any = None) -> CheckResult:
        examples = self.data[2] if examples is None else examples
        return check_network(answer, examples, self.data[3] if targets is None else targets)

    def check_test(self, predictions: Any, accuracy: Any, network: Any = None) -> CheckResult:
        network = self.network if network is None else network
        return check_test_accuracy(predictions, accuracy, network, *self.data[2:], *self.test)

    def check_three(self, answer: Any) -> CheckResult:
        return check_networks(answer, training_examples=self.data.training_examples[:300])


@pytest.fixture(scope="module")
def answers(train_table: pd.DataFrame, network: Any) -> Answers:
    data = split_rows(train_table, 7_500, 2_500)
    targets, examples = mnist_nn.parse_labels_and_features(mnist_nn.load_mnist_dataframe("test"))
    return Answers(data, (examples, targets), network)


def fitted(model: Any, examples: Any, targets: Any, epochs: int = 6) -> Any:
    """Return a copy that Keras' own ``fit`` has trained further."""
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    keras.utils.set_random_seed(0)  # of the order of the rows
    copy.compile(keras.optimizers.Adam(0.003), "sparse_categorical_crossentropy")
    data = np.asarray(examples), np.asarray(targets)
    copy.fit(*data, batch_size=100, epochs=epochs, verbose=0)
    return copy


def wrapped(network: Any, before: list[Any], after: list[Any]) -> Any:
    return keras.Sequential([keras.Input((784,)), *before, network, *after])


def logits_of(network: Any) -> Any:
    """Return a copy without its softmax."""
    return keras.Model(network.inputs[0], network.get_layer("logits").output)


def copied(network: Any, change: Callable[[Any], Any] = np.positive) -> Any:
    """Return a copy whose optimizer has not trained it."""
    copy = keras.models.clone_model(network)
    copy.set_weights([*map(change, network.get_weights())])
    return copy


def for_scale(network: Any, factor: float, offset: float) -> Any:
    """Return a copy for ``factor * pixels + offset`` that predicts what the network does."""
    copy = copied(network)
    kernel, bias, *others = network.get_weights()
    copy.set_weights([kernel / factor, bias - offset / factor * kernel.sum(axis=0), *others])
    return copy


def convolution() -> Any:
    layers = [keras.layers.Reshape((28, 28, 1)), keras.layers.Conv2D(4, 3), keras.layers.Flatten()]
    return keras.Sequential([keras.Input((784,)), *layers, keras.layers.Dense(10, "softmax")])


def standardised(examples: Any) -> Any:
    return preprocessing.StandardScaler().fit_transform(examples)


def transposed(examples: Any) -> Any:
    return examples.to_numpy().reshape(-1, 28, 28).swapaxes(1, 2).reshape(-1, 784)


def wrong_linear(a: Answers) -> Iterator[tuple[Any, ...]]:
    """Yield words of the message, and the wrong answer that gets it."""
    yield "without a value: linear_classifier", None
    yield "a Keras model, as a training", a.linear.history
    yield "The linear model of task 1 has one layer", a.network
    yield "0.8800. Guessing does about as well", mnist_nn.build_linear_model()
    yield "The accuracy on validation_examples is", fitted(a.linear, *a.data[2:], epochs=15)


def wrong_network(a: Answers) -> Iterator[tuple[Any, ...]]:
    """Yield words of the message, the answer, and validation examples and targets."""
    yield "without a value: classifier", None
    yield "0.9500. Try more nodes", a.weak
    yield "0.9500. Try more steps", a.train(50, hidden_units=[64], learning_rate=0.02)
    for rate in (0.16, 0.019):
        model = a.train(50, hidden_units=[64], learning_rate=rate)
        yield "0.9500. Try a learning rate from 0.02 to 0.15", model
    more = "Try more nodes"
    for scale, offset, words in ((1 / 255, 0, "Leave out Rescaling"), (2, -1, more), (-1, 1, more)):
        model = mnist_nn.build_nn_model([20], seed=0)
        own = wrapped(model, [keras.layers.Rescaling(scale, offset)], [])
        yield f"0.9500. {words}", fitted(own, *a.data[:2], epochs=1)
    of_raw = wrapped(a.weak, [keras.layers.Rescaling(1 / 255)], [])
    for examples in (a.data[2], 255 * a.data[2]):
        yield "0.9500. Try more nodes", of_raw, examples
    yield "0.9500. Guessing does about as well", convolution()
    for penalised in (a.train(50, l2=0.1), wrapped(a.train(50, dropout=0.5), [], [])):
        yield "0.9500. Try less dropout, l1 or l2, or none. Try", penalised
    yield "no finite numbers", copied(a.network, lambda weights: weights * np.nan)
    yield "output of shape (2, 9)", wrapped(a.network, [], [keras.layers.Dense(9)])
    knows = "The accuracy on validation_examples is"
    yield knows, a.dishonest
    targets, examples = mnist_nn.parse_labels_and_features(train_table())
    yield knows, fitted(a.network, examples, targets, epochs=3)
    yield "validation_examples contains", a.network, np.reshape(a.data[2], (-1, 28, 28, 1))
    yield "validation_examples contains object", a.network, [[0.0], [0.0, 1.0]]
    yield "validation_targets cannot be read as numbers: could", a.network, a.data[2], "seven"
    lengths = "validation_examples has 10000 rows, but validation_targets has 2500"
    yield lengths, a.network, a.test[0].to_numpy()
    yield lengths.replace("10000", "250"), a.network, a.data[2][:250], a.data[3].to_numpy()


def wrong_test(a: Answers) -> Iterator[tuple[Any, ...]]:
    """Yield words of the message, predictions, accuracy, and the network if it is another one."""
    yield "test_predictions, accuracy", None, None
    yield "its numbers are from 7 to 7", 7, 0.9
    yield "Its size is 2500", predict(a.network, a.data[2]), 0.95
    yield "Its size is 100000", np.array_split(np.zeros((10_000, 10)), 79), 0.95
    yield "one digit from 0 to 9", np.full(10_000, 0.99), 0.95
    yield "test_predictions is empty", iter(()), 0.95
    failing = (1 / 0 for _ in "1")
    yield "test_predictions cannot be read as numbers: division", failing, 0.95
    for other in (predict(a.linear, a.test[0]), a.change_predictions(6)):
        yield "differs from what classifier predicts now", other, a.accuracy
    right = a.accuracy
    wrong: list[Any] = [100 * right, 1 - right, right + 0.0051, right - 0.0051, [], "0.95"]
    for accuracy in wrong:
        yield (
            f"accuracy is {accuracy!r}. It must be one number from 0 to 1",
            a.predictions,
            accuracy,
        )
    yield "accuracy cannot be read as numbers", a.predictions, max
    yield "accuracy is 0 ", a.predictions, a.predictions == a.test[1]
    yield f"accuracy is [6.0, {right}]", a.predictions, [6.0, right]


def wrong_three(a: Answers) -> Iterator[tuple[Any, ...]]:
    """Yield words of the message, and the wrong answer that gets it."""
    yield "networks[100], networks[1000]", None
    yield "networks[100], networks[1000]", a.weak
    yield "networks[100], networks[1000]", 3
    yield "networks[100], networks[1000]", np.array(3)
    yield "networks[100], networks[1000]", (1 / 0 for _ in STEPS)
    yield "without a value: networks[100].", a.three | {100: None}
    yield "networks[10] must be a Keras model", {steps: np.ones((784, 20)) for steps in STEPS}
    yield "must have a hidden layer", [mnist_nn.build_linear_model() for _ in STEPS]
    yield "networks[100] was trained for 10 steps", dict.fromkeys(STEPS, a.weak)
    yield "must have a hidden layer", [convolution() for _ in STEPS]
    untrained = mnist_nn.build_nn_model([20])
    yield "networks[100] has the same weights as another", [untrained] * len(STEPS)
    for argument, value in {
        "hidden_units": [20, 10],
        "learning_rate": 0.1,
        "dropout": 0.2,
        "l1": 0.001,
        "l2": 0.001,
        "batch_normalization": True,
        "seed": 2,
    }.items():
        other = a.train_on_few(100, **{argument: value})
        words = f"networks[100] has another {argument} than"
        yield words, a.three | {100: other}
    other = copied(a.three[100])
    other.compile("adam", "sparse_categorical_crossentropy")
    other.optimizer.iterations.assign(100)
    yield "networks[100] has another optimizer than", a.three | {100: other}
    other = copied(a.three[100])
    other.layers[0].activation = keras.activations.tanh
    yield "networks[100] has another activation than", a.three | {100: other}


@pytest.mark.parametrize(
    ("check", "list_wrong"),
    [
        (Answers.check_linear, wrong_linear),
        (Answers.check_network, wrong_network),
        (Answers.check_test, wrong_test),
        (Answers.check_three, wrong_three),
    ],
)
def test_wrong_answers_are_told_what_is_wrong(
    check: Callable[..., CheckResult], list_wrong: Callable[[Answers], Any], answers: Answers
) -> None:
    results = [(words, check(answers, *answer)) for words, *answer in list_wrong(answers)]
    assert not [(words, result) for words, result in results if words not in result.message]
    for _, result in results:
        assert not result.passed
        assert 0 <= result.score < 1
        assert repr(result) == f"✘ {result.message}"


def test_right_predictions_of_a_weak_network_get_points_from_guessing_on(answers: Answers) -> None:
    predictions = predict(answers.weak, answers.test[0])
    accuracy = np.mean(predictions == answers.test[1])
    result = answers.check_test(predictions, accuracy, answers.weak)
    assert "The computation is right" in result.message
    assert not result.passed
    (reached,) = re.findall(r"has (0\.\d+) on the validation set", result.message)
    assert result.score == pytest.approx((float(reached) - 0.1) / 0.8, abs=1e-4)  # all from 0.90 on


def test_right_answers_pass_in_order(answers: Answers) -> None:
    results = {
        "0.8": answers.check_linear(answers.linear),
        "0.95": answers.check_network(answers.network),
        f"Well done: {answers.accuracy:.4f}": answers.check_test(
            answers.predictions, answers.accuracy
        ),
        "differ in nothing but their steps": answers.check_three(answers.three),
    }
    for words, result in results.items():
        assert words in result.message, result
        assert (result.passed, result.score) == (True, 1)
        assert repr(result) == f"✔ {result.message}"
        assert "\n" not in result.message


def test_tables_of_all_kinds_pass(answers: Answers) -> None:
    examples, targets = answers.data[2:]
    for labels in (
        keras.utils.to_categorical(targets),
        np.array_split(keras.utils.to_categorical(targets), 3),  # batches of two sizes
        targets.to_frame(),
        targets.astype(str),
        targets.astype("category"),
        targets.tolist(),
    ):
        assert answers.check_network(answers.network, examples, labels).passed
    assert answers.check_network(answers.network, examples.to_numpy(np.float32)).passed


def test_tables_in_another_scale_or_order_are_named(answers: Answers) -> None:
    examples, targets = answers.data[2:]
    plain = answers.data.training_examples
    new = mnist_nn.build_nn_model([64], seed=0)
    models = (
        fitted(new, scaled, answers.data.training_targets, epochs)
        for scaled, epochs in ((standardised(plain), 2), (2 * plain - 1, 2), (1 - plain, 9))
    )
    for model, *tables in (
        (answers.network, standardised(examples), targets),
        (answers.network, transposed(examples), targets),
        (answers.network, examples, targets[::-1]),
        *((model, examples, targets) for model in models),
    ):
        result = answers.check_network(model, *tables)
        assert "0.9500. On other digits, in a usual scale, it is 0." in result.message
        assert "Try" not in result.message


def test_raw_pixels_are_named(answers: Answers) -> None:
    raw = {
        f"{name}_examples": 255 * answers.data[i]
        for i, name in ((0, "training"), (2, "validation"))
    }
    with pytest.warns(mnist_nn.arguments.RawPixelsWarning):
        of_raw = answers.train(100, hidden_units=[100], **raw)
    for result in (
        answers.check_network(answers.weak, raw["validation_examples"]),
        answers.check_network(of_raw),
    ):
        assert "0.9500. Divide the pixels by 255" in result.message
        assert "Try" not in result.message


def test_few_steps_are_not_taken_for_another_scale(answers: Answers) -> None:
    """After these, the model does better in another scale by chance."""
    few = mnist_nn.train_linear_classification_model(
        0.0003, 10, 30, *answers.data, seed=1, verbose=0
    )
    assert "0.8800. Try more steps" in answers.check_linear(few).message


@pytest.mark.parametrize(("new", "gap"), [(0.958, 0.0196), (0.9, 0.0294)])
def test_four_standard_errors_above_new_digits_are_too_many(new: float, gap: float) -> None:
    """492 honest models had at most 2.8; the errors are those of 2,500 and of 5,000 digits."""
    for excess, is_above in ((-0.0005, False), (0.0005, True)):
        assert Accuracy(new + gap + excess, 2_500).is_above(Accuracy(new, 5_000)) == is_above


def test_images_in_all_scales_are_judged_alike(answers: Answers) -> None:
    validation = answers.data[2:]
    for factor, offset in ((255, 0), (-1, 1), (2, -1)):
        table = factor * validation[0] + offset
        honest = answers.check_network(for_scale(answers.network, factor, offset), table)
        assert honest.passed
        dishonest = answers.check_network(for_scale(answers.dishonest, factor, offset), table)
        assert "knows these digits already" in dishonest.message
    # How other digits would look is not known of transposed images.
    new = mnist_nn.build_nn_model([64], seed=0)
    turned = transposed(validation[0])
    assert answers.check_network(fitted(new, turned, validation[1]), turned).passed


def test_honest_models_that_scale_the_pixels_themselves_are_not_accused(answers: Answers) -> None:
    """A blank pixel must stay blank: this layer divides it by its standard deviation of zero."""
    examples, targets, *validation = answers.data
    layer = keras.layers.Normalization()
    layer.adapt(np.asarray(examples))
    model = fitted(
        wrapped(mnist_nn.build_nn_model([64], seed=0), [layer], []), examples, targets, 1
    )
    assert "Not there yet: " in answers.check_network(model).message
    scaler = preprocessing.StandardScaler().fit(examples)
    model = fitted(mnist_nn.build_nn_model([64], seed=0), scaler.transform(examples), targets, 6)
    scaled = scaler.transform(answers.test[0])
    predictions = predict(model, scaled)
    given = predictions, np.mean(predictions == answers.test[1]), model
    tables = scaler.transform(validation[0]), validation[1], scaled, answers.test[1]
    assert "knows" not in check_test_accuracy(*given, *tables).message


def test_test_set_of_another_kind_is_told(answers: Answers) -> None:
    examples, targets = answers.test
    for other, labels, words in (
        (1 - examples, targets, "have the same scale"),
        (examples, np.roll(targets, 1), "have the same scale"),
        (*answers.data[2:], "test_examples has rows of validation_examples"),
    ):
        predictions = predict(answers.network, other)
        right = np.mean(predictions == np.asarray(labels))
        given = predictions, right, answers.network, *answers.data[2:]
        result = check_test_accuracy(*given, other, labels)
        assert words in result.message
        assert not result.passed


def test_validation_set_of_another_kind_is_told(answers: Answers) -> None:
    examples, targets = answers.data[2:]
    for other in (standardised(examples), transposed(examples)):
        given = answers.predictions, answers.accuracy, answers.network, other, targets
        result = check_test_accuracy(*given, *answers.test)
        assert "have the same scale" in result.message
        assert result.score == 0.5


def test_predictions_and_accuracies_of_all_kinds_pass(answers: Answers) -> None:
    predictions, right = answers.predictions, answers.predictions == answers.test[1]
    metric = keras.metrics.Accuracy()
    metric.update_state(answers.test[1], predictions)
    mean = tf.reduce_mean(tf.cast(right, tf.float32))
    for accuracy in (
        mean,
        metric.result(),
        np.array([answers.accuracy]),
        round(answers.accuracy, 2),
    ):
        assert answers.check_test(predictions, accuracy).passed
    forms: list[Any] = [
        answers.change_predictions(5),
        predictions[:, None],
        predictions.astype(str),
    ]
    forms += [map(int, predictions), dict(enumerate(predictions)), np.array_split(predictions, 79)]
    for form in forms:
        result = answers.check_test(form, answers.accuracy)
        assert result.passed, result


def test_rounded_accuracies_pass_whatever_their_decimals() -> None:
    """0.965 rounds to 0.96, which is 0.0050000000000000044 away."""
    for right in (0.905, 0.915, 0.965, 0.995):
        assert abs(round(right, 2) - right) <= checks.ACCURACY_TOLERANCE < 0.0051


def models_of_ones_own(network: Any, folder: Path) -> Iterator[tuple[Any, str]]:
    """Yield networks that predict the same, and words that the check adds."""
    network.save(folder / "network.keras")
    yield keras.models.load_model(folder / "network.keras"), ""
    yield wrapped(network, [keras.layers.Rescaling(1.0)], [keras.layers.Dropout(0.5)]), ""
    yield wrapped(network, [keras.layers.Rescaling(1 / 255)], []), "pixels from 0 to 255"
    yield logits_of(network), "not probabilities"
    frozen = copied(network)
    frozen.trainable = False
    yield frozen, ""


def test_networks_of_ones_own_pass_by_what_they_predict(answers: Answers, tmp_path: Path) -> None:
    for own, words in models_of_ones_own(answers.network, tmp_path):
        result = answers.check_network(own)
        assert result.passed, result
        assert words in result.message
        assert ("(" in result.message) == bool(words)
        assert answers.check_test(answers.predictions, answers.accuracy, own).passed


def test_three_networks_in_other_containers(answers: Answers) -> None:
    three = answers.three
    texts = {str(steps): network for steps, network in three.items()}
    numbers = {np.float32(steps): network for steps, network in three.items()}
    for networks in (texts, numbers, pd.Series(three), three.values()):
        assert answers.check_three(networks).passed


def test_three_networks_that_are_not_the_trainers_own(answers: Answers) -> None:
    assert answers.check_three([*map(copied, answers.three.values())]).passed
    leaky = []
    for network in answers.three.values():
        hidden = keras.layers.Dense(20, keras.layers.LeakyReLU())  # one object for each network
        own = keras.Sequential([keras.Input((784,)), hidden, keras.layers.Dense(10, "softmax")])
        own.set_weights(network.get_weights())
        leaky.append(own)
    assert answers.check_three(leaky).passed
    table = 2 * answers.data.training_examples - 1  # pixels without ink are -1
    changes = {"learning_rate": 0.5, "training_examples": table, "periods": 1}
    others = [answers.train(steps, **changes) for steps in STEPS]
    assert check_networks(others, table).passed
    others[1] = answers.train(100, **changes | {"seed": 2})
    assert "networks[100] has another seed" in check_networks(others, table).message


def test_starts_that_say_nothing_are_not_compared(answers: Answers) -> None:
    constant = [keras.models.clone_model(answers.three[10]) for _ in STEPS]
    for value, network in enumerate(constant):
        network.set_weights([np.full_like(w, value) for w in network.get_weights()])
    noisy = [
        wrapped(mnist_nn.build_nn_model([20]), [keras.layers.GaussianNoise(0.1)], []) for _ in STEPS
    ]
    wiped_out = [answers.train_on_few(steps, l1=0.03) for steps in STEPS]
    for networks in (constant, noisy, wiped_out):
        assert answers.check_three(networks).passed


def test_points_rise_evenly_up_to_the_target(answers: Answers, monkeypatch: Any) -> None:
    accuracy = float(np.mean(predict(answers.network, answers.data[2]) == answers.data[3]))
    for missing, score in {
        0.0: 1.0,
        0.001: 1.0,
        0.002: 1.0,
        0.014: 0.75,
        0.026: 0.5,
        0.05: 0.0,
        0.5: 0.0,
    }.items():
        target = accuracy + missing
        monkeypatch.setitem(checks.TARGETS, "network", target)
        monkeypatch.setitem(checks.PARTIAL_CREDIT_FROM, "network", target - 0.05)
        result = answers.check_network(answers.network)
        assert result.score == pytest.approx(score)
        assert result.passed == (missing == 0)


def test_training_on_more_rows_than_the_exercise_has_is_said(
    answers: Answers, train_table: Any
) -> None:
    targets, examples = mnist_nn.parse_labels_and_features(train_table[10_000:])
    good = answers.check_network(fitted(answers.network, examples, targets, epochs=3))
    few = fitted(mnist_nn.build_nn_model([64], seed=0), examples, targets, epochs=3)
    weak = answers.check_network(few)
    assert good.passed
    assert "0.9500. Try more steps" in weak.message
    for result in good, weak:
        assert "rows of the table after the first 10,000" in result.message


def test_training_on_the_test_or_validation_set_is_told_at_the_test(answers: Answers) -> None:
    test, validation = answers.test, answers.data[2:]
    both: list[Any] = [*map(np.concatenate, zip(test, validation, strict=True))]
    for name, score, model in (
        ("test_examples", 0, fitted(answers.network, both[0], both[1], epochs=3)),
        ("validation_examples", 0.5, answers.dishonest),
    ):
        predictions = predict(model, test[0])
        result = answers.check_test(predictions, np.mean(predictions == test[1]), model)
        assert f"The accuracy on {name} is" in result.message
        assert result.score == score


def test_steps_that_mixed_precision_hides_are_not_claimed(answers: Answers) -> None:
    networks = []
    for steps, trained in answers.three.items():
        network = keras.models.clone_model(trained)
        network.set_weights(trained.get_weights())
        adagrad = keras.optimizers.Adagrad(0.05)
        scaled = keras.optimizers.LossScaleOptimizer(adagrad)
        network.compile(scaled, "sparse_categorical_crossentropy")
        network.optimizer.iterations.assign(steps // 2)
        networks.append(network)
    result = answers.check_three(networks)
    assert result.passed


def test_result_is_seen_at_a_glance() -> None:
    for passed, symbol in {True: "✔", False: "✘"}.items():
        page = CheckResult(passed, "1 < 2")._repr_html_()
        assert symbol in page
        assert "1 &lt; 2" in page


def test_result_is_printed_wherever_it_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    results = CheckResult(True, "좋아요"), CheckResult(False, "no")
    assert [*map(str, results)] == ["✔ 좋아요", "✘ no"]
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), "cp1252"))
    assert [*map(str, results)] == ["[x] ???", "[ ] no"]
