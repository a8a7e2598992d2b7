"""The trainers train, print, draw and return what the original's did."""

import gc
import os
import random
import re
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from numpy_reference import forward, initial_weights, train
from sklearn import metrics as sklearn_metrics
from split import Split, split_exercise

import mnist_nn
from mnist_nn.keras_backend import tf

FIGURES = {"log_loss", "accuracy", "cross_entropy"}


def train_linear(split: Split, **arguments: Any) -> keras.Model:
    settings: dict[str, Any] = {"learning_rate": 0.03, "steps": 20, "batch_size": 10, "verbose": 0}
    return mnist_nn.train_linear_classification_model(**split._asdict() | settings | arguments)


def train_nn(split: Split, **arguments: Any) -> keras.Model:
    settings: dict[str, Any] = {"learning_rate": 0.05, "steps": 20, "batch_size": 10, "verbose": 0}
    return mnist_nn.train_nn_classification_model(
        **split._asdict() | settings | {"hidden_units": [20]} | arguments
    )


def train_own(split: Split, model: Any, **arguments: Any) -> keras.Model:
    settings: dict[str, Any] = {"learning_rate": 0.05, "steps": 20, "batch_size": 10, "verbose": 0}
    return mnist_nn.train_classification_model(model, **split._asdict() | settings | arguments)


TRAINERS: list[Callable[..., keras.Model]] = [train_linear, train_nn]


def own_network(**compile_arguments: Any) -> keras.Model:
    layers = [
        keras.Input(shape=(784,)),
        keras.layers.Reshape((28, 28, 1)),
        keras.layers.Conv2D(2, 5, strides=4, activation="relu"),
        keras.layers.Flatten(),
        keras.layers.Dense(10, activation="softmax"),
    ]
    model = keras.Sequential(layers)
    if compile_arguments:
        model.compile(**compile_arguments)
    return model


def test_arguments_by_position_are_the_originals(small: Split) -> None:
    mnist_nn.train_linear_classification_model(0.03, 20, 10, *small, seed=0, verbose=0)
    mnist_nn.train_nn_classification_model(0.05, 20, 10, [20], *small, seed=0, verbose=0)
    mnist_nn.train_classification_model(own_network(), 0.05, 20, 10, *small, seed=0, verbose=0)


@pytest.mark.parametrize("sizes", [[784, 10], [784, 20, 10, 10]])
def test_training_is_the_arithmetic_of_plain_numpy(small: Split, sizes: list[int]) -> None:
    hidden_units = sizes[1:-1]
    model = mnist_nn.build_nn_model(hidden_units) if hidden_units else mnist_nn.build_linear_model()
    weights = initial_weights(sizes, seed=0)
    model.set_weights(weights)
    train_own(small, model, steps=103, periods=10, batch_size=30, seed=5)

    dataset = mnist_nn.create_training_dataset(
        small.training_examples, small.training_targets, 30, 103, periods=10, seed=5
    )
    steps = list(train(weights, dataset.as_numpy_iterator(), 0.05))
    assert len(steps) == 103
    for ours, expected in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_allclose(ours, expected, atol=2e-5)
    features = small.validation_examples.to_numpy(np.float32)
    probabilities = model.predict(small.validation_examples, batch_size=100, verbose=0)
    np.testing.assert_allclose(probabilities, forward(weights, features)[-1], atol=1e-5)


@pytest.mark.parametrize("trainer", TRAINERS)
def test_verbose_prints_the_originals_lines(
    trainer: Callable[..., keras.Model], small: Split, capfd: pytest.CaptureFixture[str]
) -> None:
    classifier = trainer(small, verbose=1)
    history = classifier.history.history
    printed, errors = capfd.readouterr()
    assert printed.splitlines() == [
        "Training model...",
        "LogLoss error (on validation data):",
        *(
            f"  period {period:02d} : {loss:0.2f}"
            for period, loss in enumerate(history["val_log_loss"])
        ),
        "Model training finished.",
        f"Final accuracy (on validation data): {history['val_accuracy'][-1]:0.2f}",
    ]
    assert len(history["val_log_loss"]) == 10
    assert errors == ""


def test_verbose_draws_the_originals_two_figures(small: Split) -> None:
    classifier = train_linear(small, verbose=1)
    curves, heat_map = (plt.figure(number) for number in plt.get_fignums())
    history = classifier.history.history
    training, validation = curves.axes[0].lines
    np.testing.assert_array_equal(training.get_ydata(), history["log_loss"])
    np.testing.assert_array_equal(validation.get_ydata(), history["val_log_loss"])
    drawn = heat_map.axes[0].collections[0].get_array()
    predictions = classifier.predict(small.validation_examples, verbose=0).argmax(axis=1)
    expected = mnist_nn.confusion_matrix(small.validation_targets.to_numpy(), predictions)
    np.testing.assert_array_equal(np.asarray(drawn).reshape(10, 10), expected)


def test_lines_come_as_they_happen(small: Split) -> None:
    class Terminal:
        """Notes how far training has come when a line is printed."""

        def write(self, text: str) -> int:
            if "period" in text:
                steps_done.append(model.optimizer.iterations.numpy())
            return len(text)

        def flush(self) -> None:
            pass

    steps_done: list[int] = []
    model = mnist_nn.build_linear_model()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", Terminal())
        train_own(small, model, steps=20, verbose=1)
    assert steps_done == list(range(2, 22, 2))


@pytest.mark.parametrize("trainer", TRAINERS)
def test_silent_and_without_figures(
    trainer: Callable[..., keras.Model], small: Split, capfd: pytest.CaptureFixture[str]
) -> None:
    trainer(small, verbose=0)
    assert capfd.readouterr() == ("", "")
    assert not plt.get_fignums()


def test_history_holds_the_figures_of_each_period(small: Split) -> None:
    classifier = train_nn(small, steps=103, periods=4)
    history = classifier.history.history
    assert set(history) >= FIGURES | {f"val_{figure}" for figure in FIGURES}
    assert {len(values) for values in history.values()} == {4}
    assert all(type(value) is float for values in history.values() for value in values)
    assert classifier.optimizer.iterations.numpy() == 103
    for prefix, examples, targets in (("", *small[:2]), ("val_", *small[2:])):
        probabilities = classifier.predict(examples, verbose=0)
        accuracy = sklearn_metrics.accuracy_score(targets, probabilities.argmax(axis=1))
        assert history[f"{prefix}accuracy"][-1] == pytest.approx(accuracy)
        assert history[f"{prefix}log_loss"][-1] == pytest.approx(
            34.538776394910684 * (1 - accuracy)
        )
        assert history[f"{prefix}cross_entropy"][-1] == pytest.approx(
            sklearn_metrics.log_loss(targets, probabilities, labels=range(10)), rel=1e-5
        )


@pytest.mark.parametrize("trainer", TRAINERS)
def test_same_seed_same_run_to_the_last_bit(
    trainer: Callable[..., keras.Model], train_table: pd.DataFrame
) -> None:
    split = split_exercise(train_table, seed=0)

    def run(seed: int | None) -> tuple[Any, bytes]:
        classifier = trainer(split, steps=50, seed=seed)
        return classifier.history.history, b"".join(w.tobytes() for w in classifier.get_weights())

    assert run(3) == run(3)
    assert run(3) != run(4)
    assert run(None) != run(None)


def test_nothing_of_the_users_is_changed(
    small: Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def state() -> list[Any]:
        return [
            random.getstate(),
            str(np.random.get_state()),  # noqa: NPY002 the one that users may have seeded
            keras.config.floatx(),
            dict(plt.rcParams),
            np.get_printoptions(),
            warnings.filters[:],
            dict(os.environ),
            small.training_examples.to_numpy().tobytes(),
        ]

    before = state()
    train_nn(small, dropout=0.5, batch_normalization=True, seed=1, verbose=1)
    train_nn(small, dropout=0.5)
    assert state() == before
    assert not list(tmp_path.iterdir())


def test_classifier_is_a_keras_model_as_any(small: Split, tmp_path: Path) -> None:
    classifier = train_nn(small)
    expected = classifier.predict(small.validation_examples, batch_size=100, verbose=0)
    lines: list[str] = []
    classifier.summary(print_fn=lambda line, **_: lines.append(line))
    assert "hiddenlayer_0" in "\n".join(lines)
    classifier.save(tmp_path / "classifier.keras")
    loaded = keras.models.load_model(tmp_path / "classifier.keras")
    np.testing.assert_array_equal(loaded.predict(small.validation_examples, verbose=0), expected)
    # In a process that does not have this package, too, and in Keras' safe mode.
    np.save(tmp_path / "examples.npy", small.validation_examples.to_numpy())
    code = """
import sys
sys.modules["mnist_nn"] = None
import keras, numpy as np
loaded = keras.models.load_model("classifier.keras", safe_mode=True)
np.save("predicted.npy", loaded.predict(np.load("examples.npy"), verbose=0))
"""
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True)
    np.testing.assert_array_equal(np.load(tmp_path / "predicted.npy"), expected)
    # Keras' own training goes on from here, in its own way.
    features, targets = small.training_examples.to_numpy(np.float32), small.training_targets
    history = classifier.fit(features, targets, epochs=3, verbose=0).history
    assert len(history["loss"]) == 3
    assert classifier.optimizer.iterations.numpy() == 20 + 3 * 7


def test_own_network_is_compiled_as_the_original(small: Split) -> None:
    model = own_network()
    assert train_own(small, model) is model
    assert isinstance(model.optimizer, keras.optimizers.Adagrad)
    assert model.optimizer.global_clipnorm == 5


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_compiled_network_keeps_its_loss_and_optimizer(small: Split, run_eagerly: bool) -> None:
    model = own_network(
        optimizer=keras.optimizers.Adam(0.01),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        run_eagerly=run_eagerly,
    )
    train_own(small, model, learning_rate=None)
    assert isinstance(model.optimizer, keras.optimizers.Adam)
    assert model.optimizer.learning_rate.numpy() == pytest.approx(0.01)
    train_own(small, model, learning_rate=0.02)
    assert isinstance(model.optimizer, keras.optimizers.Adam)
    assert model.optimizer.learning_rate.numpy() == pytest.approx(0.02)
    assert model.optimizer.iterations.numpy() == 40


def test_data_that_must_work(small: Split) -> None:
    features, targets = small.training_examples, small.training_targets
    train_linear(small, steps=13)  # which ten periods do not divide
    train_linear(small, batch_size=200)
    train_linear(small, steps=np.int64(20), batch_size=np.int32(10), learning_rate=np.float32(0.1))
    without_threes = Split(features[targets != 3], targets[targets != 3], features, targets)
    train_linear(without_threes, verbose=1)
    train_linear(Split(features, targets, *without_threes[:2]), verbose=1)
    one_row = Split(features[:1], targets[:1], features[:1], targets[:1])
    classifier = train_linear(one_row, batch_size=1, verbose=1)
    assert classifier.history.history["val_accuracy"][-1] == 1
    twice = Split(*(pd.concat([part, part]) for part in small))
    assert twice.training_examples.index.has_duplicates
    train_linear(twice)
    train_linear(small._replace(training_targets=targets.astype(object)))
    arrays = Split(*(part.to_numpy() for part in small))
    train_linear(arrays)


def test_forgotten_scaling_is_warned_of_once_and_trains(small: Split) -> None:
    raw = small._replace(
        training_examples=small.training_examples * 255,
        validation_examples=small.validation_examples * 255,
    )
    with pytest.warns(UserWarning, match="divide them by 255") as caught:
        train_linear(raw)
    (warning,) = caught
    assert warning.filename == __file__
    with pytest.warns(UserWarning, match="validation_examples hold"):
        train_linear(small._replace(validation_examples=raw.validation_examples))
    train_linear(small._replace(training_examples=small.training_examples * 2 - 1))
    train_linear(small._replace(training_examples=(small.training_examples - 0.13) / 0.31))


NAN = float("nan")
BAD_ARGUMENTS: list[tuple[dict[str, Any], str]] = [
    ({"learning_rate": 0}, "learning_rate must be a finite number above 0"),
    ({"learning_rate": -0.1}, "learning_rate"),
    ({"learning_rate": NAN}, "learning_rate"),
    ({"learning_rate": "0.1"}, "learning_rate"),
    ({"learning_rate": None}, "learning_rate is None"),
    ({"steps": 0}, "steps must be a whole number, 1 or more, not 0"),
    ({"steps": 100.0}, "steps must be a whole number, 1 or more, not 100.0"),
    ({"steps": True}, "steps"),
    ({"steps": 9}, "steps 9 is less than the 10 periods"),
    ({"batch_size": 0}, "batch_size must be a whole number"),
    ({"batch_size": 2.5}, "batch_size"),
    ({"batch_size": 201}, "batch_size 201 is more than the 200 training examples"),
    ({"periods": 0}, "periods must be a whole number"),
    ({"periods": "10"}, "periods"),
    ({"seed": -1}, "seed must be a whole number, 0 or more"),
    ({"verbose": 2}, "verbose must be 0 or 1, not 2"),
    ({"verbose": np.array([0, 1])}, "verbose must be 0 or 1"),
    ({"learning_rate": 1e-50}, "learning_rate"),
    ({"learning_rate": 10**400}, "learning_rate"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD_ARGUMENTS)
def test_bad_settings_are_refused(
    small: Split, arguments: dict[str, Any], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ValueError, match=message):
        train_linear(small, **{"verbose": 1} | arguments)
    assert capsys.readouterr().out == ""


BAD_DATA: list[tuple[str, Callable[[Any], Any], str]] = [
    ("examples", lambda table: table[:-1], "have .* rows: take both from one call"),
    ("targets", lambda series: series[:-1], "have .* rows: take both from one call"),
    ("examples", lambda table: table[::-1], "rows in different orders"),
    ("targets", lambda series: series[::-1], "rows in different orders"),
    ("examples", lambda table: table[:0], r"shape \(0, 784\)"),
    ("examples", lambda table: table.loc[:, 2:], r"shape \(\d+, 783\)"),
    ("examples", lambda table: table[5], "shape"),
    ("examples", lambda table: table.where(table < 0.9, NAN), "holds nan in row"),
    ("examples", lambda table: table.where(table < 0.9, np.inf), "holds inf in row"),
    ("examples", lambda table: table.where(table < 0.9, 1e300), "holds inf in row"),
    ("targets", lambda series: series + 1, "holds .*10.* in row"),
    ("targets", lambda series: series - 1, "holds .*-1.* in row"),
    ("targets", lambda series: series + 0.5, "holds .*5.* in row 0"),
    ("targets", lambda series: series.where(series < 9, NAN), "holds .*nan.* in row"),
    ("targets", lambda series: series.astype(str), "holds '.' in row 0"),
    ("targets", lambda series: pd.get_dummies(series), r"shape \(\d+, 10\)"),
]


@pytest.mark.parametrize("prefix", ["training", "validation"])
@pytest.mark.parametrize(("part", "change", "message"), BAD_DATA)
def test_bad_data_are_refused(
    small: Split, prefix: str, part: str, change: Callable[[Any], Any], message: str
) -> None:
    name = f"{prefix}_{part}"
    with pytest.raises(ValueError, match=message) as error:
        train_linear(small, **{name: change(getattr(small, name))})
    assert name in str(error.value)


def test_divergence_is_told(small: Split) -> None:
    with pytest.raises(ValueError, match=r"diverged in period 0\d: .*learning_rate 3e\+38 is too"):
        train_nn(small, learning_rate=3e38)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16", "float64"])
def test_other_precisions_train(small: Split, policy: str) -> None:
    keras.config.set_dtype_policy(policy)
    try:
        classifier = train_nn(small)
    finally:
        keras.config.set_dtype_policy("float32")
    assert np.isfinite(classifier.history.history["val_cross_entropy"]).all()


def test_examples_that_are_not_numbers_are_refused(small: Split) -> None:
    with pytest.raises(TypeError, match="training_examples must be a table of numbers"):
        train_linear(small, training_examples=small.training_examples.astype(str) + "!")


def test_models_of_another_shape_are_refused(small: Split) -> None:
    def network(inputs: int, outputs: int, activation: str | None = "softmax") -> keras.Model:
        return keras.Sequential(
            [keras.Input(shape=(inputs,)), keras.layers.Dense(outputs, activation=activation)]
        )

    for model, message in [
        (
            network(785, 10),
            r"784 pixels: Input 0 .* It must begin with keras.Input\(shape=\(784,\)\)",
        ),
        (network(784, 9), r"shape \(2, 9\): it must be \(2, 10\)"),
        (network(784, 1, "sigmoid"), r"shape \(2, 1\)"),
        (network(784, 10, None), "end it with softmax"),
        (own_network(loss="categorical_crossentropy"), "loss='sparse_categorical_crossentropy'"),
        (own_network(loss="mse"), "loss='sparse_categorical_crossentropy'"),
    ]:
        with pytest.raises(ValueError, match=message) as error:
            train_own(small, model)
        assert "model" in str(error.value)
    with pytest.raises(TypeError, match="model must be a Keras model, not str"):
        train_own(small, "dnn")
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    model = own_network(
        optimizer=keras.optimizers.SGD(schedule), loss="sparse_categorical_crossentropy"
    )
    with pytest.raises(ValueError, match="learning_rate is 0.05, but the optimizer"):
        train_own(small, model)
    train_own(small, model, learning_rate=None)


def test_models_of_a_strategy_are_refused(small: Split) -> None:
    strategy = tf.distribute.OneDeviceStrategy("/cpu:0")
    with strategy.scope():
        model = mnist_nn.build_linear_model()
        with pytest.raises(ValueError, match=r"^model 'linear' belongs to a strategy.* outside of"):
            train_linear(small)
    with pytest.raises(ValueError, match="^model 'linear' belongs to a strategy"):
        mnist_nn.train_classification_model(model, 0.1, 10, 10, *small, verbose=0)


def test_training_again_and_again_stays_silent() -> None:
    """No start-up line, no warning, no advice on retracing, in a process that shows them all."""
    code = """
import numpy as np, mnist_nn
labels, features = mnist_nn.parse_labels_and_features(mnist_nn.load_mnist_dataframe()[:100])
for _ in range(7):
    for periods in (10, 1):
        mnist_nn.train_nn_classification_model(
            0.05, 10, 30, [5], features, labels, features, labels, periods=periods, verbose=0)
"""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TF_CPP")}
    result = subprocess.run(
        [sys.executable, "-W", "always", "-c", code],
        capture_output=True,
        text=True,
        env=environment,
    )
    ours = re.sub(r".*DeprecationWarning.*\n.*\n", "", result.stderr)
    assert (result.returncode, result.stdout, ours) == (0, "", "")


def test_nothing_of_a_call_stays_in_memory(small: Split) -> None:
    """Keras' optimizers have TensorFlow keep each graph for good, where they sum over replicas."""
    graphs = []
    for _ in range(2):
        mnist_nn.train_nn_classification_model(0.05, 10, 10, [5], *small, verbose=0)
        gc.collect()
        graphs.append(sum(isinstance(thing, tf.Graph) for thing in gc.get_objects()))
    assert graphs[0] == graphs[1]


class InterruptIn(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """Interrupts training at the beginning or at the end of a period."""

    def __init__(self, period: int, at_end: bool) -> None:
        super().__init__()
        self.place = (period, at_end)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if self.place == (epoch, False):
            raise KeyboardInterrupt

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self.place == (epoch, True):
            raise KeyboardInterrupt


@pytest.mark.parametrize("at_end", [False, True])
@pytest.mark.parametrize("period", [0, 3])
def test_interrupted_training_keeps_the_finished_periods(
    period: int, at_end: bool, small: Split, capsys: pytest.CaptureFixture[str]
) -> None:
    model = mnist_nn.train_linear_classification_model(0.03, 20, 10, *small, seed=0, verbose=0)
    capsys.readouterr()
    interrupt = InterruptIn(period, at_end)
    settings = (0.03, 20, 10, *small)
    result = mnist_nn.train_classification_model(model, *settings, callbacks=[interrupt], seed=0)
    assert result is model
    # What was interrupted after the figures of its period were printed has no place in the history.
    assert {len(values) for values in model.history.history.values()} == ({3} if period else set())
    printed = capsys.readouterr().out.splitlines()
    assert f"Training stopped. Periods finished: {period} of 10." in printed
    assert "Model training finished." not in printed
    assert bool(plt.get_fignums()) == (period > 0)
    # Silent calls stand in loops, which are to end.
    with pytest.raises(KeyboardInterrupt):
        mnist_nn.train_classification_model(
            model, *settings, callbacks=[interrupt], seed=0, verbose=0
        )
    # The next call works.
    mnist_nn.train_classification_model(model, *settings, seed=0)
    assert len(model.history.history["log_loss"]) == 10
    assert "Model training finished." in capsys.readouterr().out
