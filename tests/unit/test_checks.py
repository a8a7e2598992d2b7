"""The checks let right answers of all kinds pass, and name what is wrong with the others."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from split import Split, split_rows

import mnist_nn
from mnist_nn.checks import (
    CheckResult,
    check_linear_classifier,
    check_network,
    check_networks,
    check_test_accuracy,
)
from mnist_nn.language import messages
from mnist_nn.models import predict_probabilities

STEPS = (10, 100, 1_000)
SETTINGS: dict[str, Any] = {"batch_size": 30, "hidden_units": [20], "seed": 1, "verbose": 0}


def predict(classifier: Any, examples: Any) -> Any:
    return np.asarray(predict_probabilities(classifier, np.asarray(examples))).argmax(axis=1)


def says(result: CheckResult, name: str) -> bool:
    """Return whether a result's message is the one of this name, whatever its values."""
    parts = re.split(r"\{.*?\}", messages("en")[name])
    return re.fullmatch(".*".join(map(re.escape, parts)), result.message, re.DOTALL) is not None


class Answers:
    """Models and tables from which right and wrong answers are made."""

    def __init__(self, data: Split, test: tuple[Any, Any], network: Any) -> None:
        self.data = data
        self.test = test  # examples, targets
        self.network = network
        self.linear = self.train_linear()
        self.weak = self.train()
        self.three = {steps: self.train_on_few(steps) for steps in STEPS}
        self.predictions = predict(network, test[0])
        self.accuracy = float(np.mean(self.predictions == test[1]))

    def train(self, steps: int = 10, **changes: Any) -> Any:
        settings = {"learning_rate": 0.05, **SETTINGS, **self.data._asdict(), **changes}
        return mnist_nn.train_nn_classification_model(steps=steps, **settings)

    def train_linear(self, **changes: Any) -> Any:
        settings: dict[str, Any] = {"learning_rate": 0.03, "steps": 1_000, "batch_size": 30}
        settings |= {"seed": 1, "verbose": 0, **self.data._asdict(), **changes}
        return mnist_nn.train_linear_classification_model(**settings)

    def train_on_few(self, steps: int, **changes: Any) -> Any:
        """Train on 300 examples: quick, and enough for what the weights show."""
        few = {name: table[:300] for name, table in self.data._asdict().items()}
        return self.train(steps, **few, periods=1, **changes)

    def check_linear(self, answer: Any) -> CheckResult:
        return check_linear_classifier(answer, *self.data[2:])

    def check_network(self, answer: Any) -> CheckResult:
        return check_network(answer, *self.data[2:])

    def check_test(self, predictions: Any, accuracy: Any, network: Any = None) -> CheckResult:
        network = self.network if network is None else network
        return check_test_accuracy(predictions, accuracy, network, *self.data[2:], *self.test)

    def check_three(self, answer: Any) -> CheckResult:
        return check_networks(answer, training_examples=self.data.training_examples[:300])


@pytest.fixture(scope="module")
def answers(train_table: pd.DataFrame, network: Any) -> Answers:
    data = split_rows(train_table, 7_500, 2_500)
    targets, examples = mnist_nn.parse_labels_and_features(mnist_nn.load_mnist_dataframe("test"))
    return Answers(data, (examples.to_numpy(np.float32), targets), network)


def without_record(model: Any, weights: Any = None) -> Any:
    """Return a model as a student's own loop would leave it."""
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights() if weights is None else weights)
    return copy


def nine_outputs() -> Any:
    return keras.Sequential([keras.Input((784,)), keras.layers.Dense(9, "softmax")])


def train_on_test(a: Answers, **changes: Any) -> Any:
    rows = {"training_examples": a.test[0], "training_targets": a.test[1]}
    return a.train(300, **rows, **changes)


def train_on_validation(a: Answers, train: Callable[..., Any]) -> Any:
    examples, targets = a.data[2:]
    return train(training_examples=examples, training_targets=targets)


def freeze(model: Any) -> Any:
    model.trainable = False
    return model


def raw(a: Answers) -> Any:
    return predict(a.network, a.test[0] * 255)


Case = Callable[[Answers], CheckResult]
WRONG: dict[str, tuple[str, Case]] = {
    "linear: none": ("linear_not_done", lambda a: a.check_linear(None)),
    "linear: history": ("no_model", lambda a: a.check_linear(a.linear.history)),
    "linear: a network": ("model_is_not_linear", lambda a: a.check_linear(a.network)),
    "linear: untrained": (
        "hardly_better_than_guessing",
        lambda a: a.check_linear(mnist_nn.build_linear_model()),
    ),
    "linear: few steps": (
        "linear_below",
        lambda a: a.check_linear(a.train_linear(steps=100, batch_size=10, learning_rate=0.02)),
    ),
    "linear: trained on validation": (
        "trained_on_validation",
        lambda a: a.check_linear(train_on_validation(a, a.train_linear)),
    ),
    "network: none": ("network_not_done", lambda a: a.check_network(None)),
    "network: few steps": ("network_below", lambda a: a.check_network(a.weak)),
    "network: nine outputs": ("no_classifier", lambda a: a.check_network(nine_outputs())),
    "network: predictions": (
        "predictions_are_no_model",
        lambda a: a.check_network(np.ones((2_500, 10)) / 10),
    ),
    "network: several": ("predictions_are_no_model", lambda a: a.check_network([a.network] * 2)),
    "network: a layer": ("no_model", lambda a: a.check_network(a.network.layers[0])),
    "network: trained on validation": (
        "trained_on_validation",
        lambda a: a.check_network(train_on_validation(a, a.train)),
    ),
    "network: trained on validation, too": (
        "trained_on_validation",
        lambda a: a.check_network(
            a.train(
                training_examples=pd.concat([a.data[0], a.data[2]]),
                training_targets=pd.concat([a.data[1], a.data[3]]),
            )
        ),
    ),
    "test: nothing": ("test_not_done", lambda a: a.check_test(None, None)),
    "test: no accuracy": ("test_not_done", lambda a: a.check_test(a.predictions, None)),
    "test: argmax without axis": ("predictions_are_one_number", lambda a: a.check_test(7, 0.9)),
    "test: predictions of validation": (
        "predictions_of_validation_set",
        lambda a: a.check_test(predict(a.network, a.data[2]), 0.95),
    ),
    "test: pixels": (
        "predictions_are_features",
        lambda a: a.check_test(a.test[0], 0.95),
    ),
    "test: probabilities": (
        "predictions_are_probabilities",
        lambda a: a.check_test(np.ones((10_000, 10)), 0.95),
    ),
    "test: other shape": (
        "predictions_have_shape",
        lambda a: a.check_test(a.predictions[:-1], 0.95),
    ),
    "test: largest probabilities": (
        "predictions_are_no_digits",
        lambda a: a.check_test(np.full(10_000, 0.99), 0.95),
    ),
    "test: raw pixels": ("predictions_of_raw_pixels", lambda a: a.check_test(raw(a), 0.95)),
    "test: another model's": (
        "predictions_are_stale",
        lambda a: a.check_test(predict(a.linear, a.test[0]), 0.9),
    ),
    "test: percentage": (
        "accuracy_is_percentage",
        lambda a: a.check_test(a.predictions, round(100 * a.accuracy, 2)),
    ),
    "test: error rate": (
        "accuracy_is_error_rate",
        lambda a: a.check_test(a.predictions, 1 - a.accuracy),
    ),
    "test: square root": (
        "accuracy_is_root",
        lambda a: a.check_test(a.predictions, a.accuracy**0.5),
    ),
    "test: each answer": (
        "accuracy_is_many",
        lambda a: a.check_test(a.predictions, a.predictions == a.test[1]),
    ),
    "test: text": ("accuracy_is_no_share", lambda a: a.check_test(a.predictions, "0.95")),
    "test: seven": ("accuracy_is_no_share", lambda a: a.check_test(a.predictions, 7)),
    "test: made up": ("accuracy_differs", lambda a: a.check_test(a.predictions, 0.9)),
    "test: weak network": (
        "test_of_weak_network",
        lambda a: a.check_test(
            predict(a.weak, a.test[0]), np.mean(predict(a.weak, a.test[0]) == a.test[1]), a.weak
        ),
    ),
    "test: trained on test": (
        "trained_on_test",
        lambda a: a.check_test(a.predictions, a.accuracy, train_on_test(a)),
    ),
    "three: nothing": ("networks_not_done", lambda a: a.check_three(dict.fromkeys(STEPS))),
    "three: a list": ("networks_not_done", lambda a: a.check_three([a.weak] * 3)),
    "three: weights": (
        "networks_are_weights",
        lambda a: a.check_three({steps: steps * np.ones((784, 20)) for steps in STEPS}),
    ),
    "three: linear models": (
        "networks_have_no_hidden_layer",
        lambda a: a.check_three({s: a.train_linear(steps=s, periods=1) for s in STEPS}),
    ),
    "three: frozen": (
        "networks_have_no_hidden_layer",
        lambda a: a.check_three(a.three | {10: freeze(a.train_on_few(10))}),
    ),
    "three: the same": (
        "networks_are_the_same",
        lambda a: a.check_three(dict.fromkeys(STEPS, a.weak)),
    ),
    "three: other steps": (
        "networks_have_other_steps",
        lambda a: a.check_three(a.three | {1_000: a.train_on_few(2_000)}),
    ),
    "three: other sizes": (
        "networks_have_other_sizes",
        lambda a: a.check_three(a.three | {100: a.train_on_few(100, hidden_units=[30])}),
    ),
    "three: other seeds": (
        "networks_start_differently",
        lambda a: a.check_three(a.three | {100: a.train_on_few(100, seed=2)}),
    ),
    "three: no seed": (
        "networks_start_differently",
        lambda a: a.check_three(a.three | {100: a.train_on_few(100, seed=None)}),
    ),
}


@pytest.mark.parametrize("task", ["linear", "network", "test", "three"])
def test_wrong_answers_are_told_what_is_wrong(task: str, answers: Answers) -> None:
    cases = {case: WRONG[case] for case in WRONG if case.startswith(f"{task}:")}
    assert len(cases) > 5
    for case, (name, check) in cases.items():
        result = check(answers)
        assert says(result, name), (case, result)
        assert not result.passed
        assert 0 <= result.score < 1
        assert repr(result) == f"✘ {result.message}"


def test_right_answers_pass_in_order(answers: Answers) -> None:
    results = {
        "linear_done": answers.check_linear(answers.linear),
        "network_done": answers.check_network(answers.network),
        "test_done": answers.check_test(answers.predictions, answers.accuracy),
        "networks_done": answers.check_three(answers.three),
    }
    for name, result in results.items():
        assert says(result, name), result
        assert (result.passed, result.score) == (True, 1)
        assert repr(result).startswith("✔ ")
        assert "\n" not in result.message


class Subclassed(keras.Model):  # type: ignore[misc]  # Keras has no types
    """A network written as a class, with layers of other names."""

    def __init__(self, trained: Any) -> None:
        super().__init__()
        self.first, self.second, self.third = (
            keras.layers.Dense(units, activation)
            for units, activation in [(100, "relu"), (100, "relu"), (10, "softmax")]
        )
        self(np.zeros((1, 784), np.float32))
        self.set_weights(trained.get_weights())

    def call(self, features: Any) -> Any:
        return self.third(self.second(self.first(features)))


def with_dropout(trained: Any) -> Any:
    layers = [keras.Input((784,)), keras.layers.Rescaling(1.0)]
    for units in (100, 100):
        layers += [keras.layers.Dense(units, "relu"), keras.layers.Dropout(0.5)]
    model = keras.Sequential([*layers, keras.layers.Dense(10, "softmax")])
    model.set_weights(trained.get_weights())
    return model


def functional(trained: Any) -> Any:
    image = pixels = keras.Input((784,))
    for units in (100, 100):
        image = keras.layers.Dense(units, "relu")(image)
    model = keras.Model(pixels, keras.layers.Dense(10, "softmax")(image))
    model.set_weights(trained.get_weights())
    return model


def loaded(folder: Path, trained: Any) -> Any:
    trained.save(folder / "network.keras")
    return keras.models.load_model(folder / "network.keras")


def test_networks_of_ones_own_pass_by_what_they_predict(answers: Answers, tmp_path: Path) -> None:
    builders: list[Callable[[Any], Any]]
    builders = [without_record, Subclassed, with_dropout, functional, partial(loaded, tmp_path)]
    for build in builders:
        own = build(answers.network)
        result = answers.check_network(own)
        assert result.passed
        assert result.message.endswith(messages("en")["no_record"])
        assert answers.check_test(answers.predictions, answers.accuracy, own).passed


def test_answers_may_be_lists_rounded_and_differ_in_a_tie(answers: Answers) -> None:
    predictions = answers.predictions.tolist()
    predictions[0] = (predictions[0] + 1) % 10  # as another batch size may decide
    assert answers.check_test(predictions, round(answers.accuracy, 2)).passed
    assert answers.check_test(pd.Series(answers.predictions), answers.accuracy).passed


def test_linear_model_of_ones_own_passes(answers: Answers) -> None:
    model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(10, "softmax")])
    model.set_weights(answers.linear.get_weights())
    assert answers.check_linear(model).passed


def test_networks_without_records_are_compared_by_their_weights(answers: Answers) -> None:
    own = {steps: without_record(network) for steps, network in answers.three.items()}
    assert answers.check_three(own).passed
    swapped = {10: own[1_000], 100: own[100], 1_000: own[10]}
    assert says(answers.check_three(swapped), "networks_in_other_order")
    generator = np.random.default_rng(0)
    invented = {
        steps: without_record(
            network,
            [generator.normal(size=part.shape) * steps**0.1 for part in network.get_weights()],
        )
        for steps, network in answers.three.items()
    }
    assert says(answers.check_three(invented), "networks_start_differently")


def test_models_without_a_record_that_are_too_good_are_suspected(answers: Answers) -> None:
    perfect = without_record(
        train_on_validation(answers, lambda **rows: answers.train(3_000, **rows))
    )
    assert says(answers.check_network(perfect), "accuracy_too_good")
    own = without_record(train_on_test(answers, hidden_units=[100, 100], batch_size=100))
    predictions = predict(own, answers.test[0])
    result = answers.check_test(predictions, np.mean(predictions == answers.test[1]), own)
    assert says(result, "test_much_higher") or says(result, "test_of_weak_network"), result


def test_partial_credit_grows_with_the_accuracy(answers: Answers) -> None:
    results = [answers.check_network(answers.train(steps, batch_size=50)) for steps in (10, 400)]
    assert results[0].score == 0
    assert 0 < results[1].score < 1


def test_records_add_up_over_calls(answers: Answers) -> None:
    model = answers.train(10)
    assert (model.training_record.steps, model.training_record.batch_size) == (10, 30)
    rows = {"training_examples": answers.test[0], "training_targets": answers.test[1]}
    arguments = answers.data._asdict() | rows
    mnist_nn.train_classification_model(model, 0.05, 20, 40, **arguments, verbose=0)
    assert (model.training_record.steps, model.training_record.batch_size) == (30, 40)
    assert len(model.training_record.training_rows) == 17_500
    assert says(answers.check_test(answers.predictions, 0.9, model), "trained_on_test")
