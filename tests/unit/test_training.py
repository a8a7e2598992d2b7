"""The trainers train, print, draw and return what the original's did."""

import gc
import io
import os
import random
import re
import signal
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from numpy_reference import forward, initial_weights, train
from sklearn import metrics as sklearn_metrics
from split import Split, split_exercise
from subclassed import Subclassed
from trainers import own_network, train_linear, train_nn, train_own

import mnist_nn
from mnist_nn import language, rendering
from mnist_nn.sampling import split_steps

FIGURES = {"log_loss", "accuracy", "cross_entropy"}


TRAINERS: list[Callable[..., keras.Model]] = [train_linear, train_nn]


@pytest.mark.parametrize(
    ("sizes", "steps", "periods"), [([784, 10], 2_301, 2), ([784, 20, 10, 10], 103, 10)]
)
def test_training_is_the_arithmetic_of_plain_numpy(
    sizes: list[int], steps: int, periods: int, small: Split
) -> None:
    hidden_units = sizes[1:-1]
    model = mnist_nn.build_nn_model(hidden_units) if hidden_units else mnist_nn.build_linear_model()
    weights = initial_weights(sizes, seed=0)
    model.set_weights(weights)
    mnist_nn.compile_classification_model(model, 0.05)
    model.evaluate(*small[2:], verbose=0)  # metrics keep what they have seen, until they are reset
    train_own(small, model, steps=steps, periods=periods, batch_size=30, seed=5)

    dataset = mnist_nn.create_training_dataset(
        small.training_examples, small.training_targets, 30, steps, periods=periods, seed=5
    )
    batches = list(dataset.as_numpy_iterator())
    losses, batch_sizes = np.zeros(steps), [len(labels) for _, labels in batches]
    trained = iter(train(weights, batches, 0.05))
    for step, (features, labels) in enumerate(batches):
        probabilities = forward(weights, features)[-1]
        losses[step] = -np.log(probabilities[np.arange(len(labels)), labels]).sum()
        next(trained)
    parts = np.split(np.arange(steps), np.cumsum(split_steps(steps, periods))[:-1])
    expected_losses = [np.average(losses[p], weights=np.take(batch_sizes, p)) for p in parts]
    assert model.history.history["loss"] == pytest.approx(expected_losses, rel=1e-4)
    for ours, expected in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_allclose(ours, expected, atol=2e-5)
    predicted = model.predict(small.validation_examples, batch_size=100, verbose=0)
    features = small.validation_examples.to_numpy(np.float32)
    np.testing.assert_allclose(predicted, forward(weights, features)[-1], atol=1e-5)


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


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The Axes that a trainer shows."""
    axes: list[Any] = []
    monkeypatch.setattr(rendering, "show", lambda *shown: axes.extend(shown))
    return axes


def test_verbose_draws_the_originals_two_figures(small: Split, shown: list[Any]) -> None:
    classifier = train_linear(small, verbose=1)
    curves, heat_map = shown
    history = classifier.history.history
    training, validation = curves.lines
    np.testing.assert_array_equal(training.get_ydata(), history["log_loss"])
    np.testing.assert_array_equal(validation.get_ydata(), history["val_log_loss"])
    drawn = heat_map.collections[0].get_array()
    predictions = classifier.predict(small.validation_examples, verbose=0).argmax(axis=1)
    expected = mnist_nn.confusion_matrix(small.validation_targets.to_numpy(), predictions)
    np.testing.assert_array_equal(np.asarray(drawn).reshape(10, 10), expected)


def test_lines_come_as_they_happen(small: Split, monkeypatch: pytest.MonkeyPatch) -> None:
    model, steps_done = mnist_nn.build_linear_model(), list[int]()

    def write(text: str) -> None:
        steps_done.extend([int(model.optimizer.iterations)] if "period" in text else [])

    monkeypatch.setattr(sys, "stdout", SimpleNamespace(write=write, flush=lambda: None))
    train_own(small, model, steps=20, verbose=1)
    assert steps_done == list(range(2, 22, 2))


def test_silent_and_without_figures(small: Split, capfd: pytest.CaptureFixture[str]) -> None:
    train_linear(small, verbose=0)
    assert capfd.readouterr() == ("", "")
    assert not plt.get_fignums()


def check_history(classifier: keras.Model, small: Split) -> None:
    """Compare the last figures of a history with those of the model's predictions."""
    history = classifier.history.history
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


def test_history_holds_the_figures_of_each_period(small: Split) -> None:
    # Dropout and batch normalization predict otherwise than they train.
    classifier = train_nn(small, steps=103, periods=4, dropout=0.5, batch_normalization=True)
    history = classifier.history.history
    names = FIGURES | {"loss"}
    assert set(history) == names | {f"val_{name}" for name in names}
    assert {len(values) for values in history.values()} == {4}
    assert all(type(value) is float for values in history.values() for value in values)
    assert classifier.optimizer.iterations.numpy() == 103
    check_history(classifier, small)


@pytest.mark.parametrize("trainer", TRAINERS)
def test_same_seed_same_run_to_the_last_bit(
    trainer: Callable[..., keras.Model], train_table: pd.DataFrame
) -> None:
    split = split_exercise(train_table, seed=0)

    def run(seed: int | None) -> tuple[Any, bytes]:
        classifier = trainer(split, steps=50, periods=2, seed=seed)
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
            signal.getsignal(signal.SIGINT),
            gc.isenabled(),
        ]

    before = state()
    train_nn(small, dropout=0.5, batch_normalization=True, seed=1, verbose=1)
    train_nn(small, dropout=0.5)
    assert state() == before
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_compiled_network_keeps_its_loss_and_optimizer(small: Split, run_eagerly: bool) -> None:
    def loss(labels: Any, probabilities: Any) -> Any:
        ran_eagerly.append(tf.executing_eagerly())
        return keras.losses.sparse_categorical_crossentropy(labels, probabilities)

    ran_eagerly: list[bool] = []
    model = own_network(optimizer=keras.optimizers.Adam(0.01), loss=loss, run_eagerly=run_eagerly)
    train_own(small, model)
    assert isinstance(model.optimizer, keras.optimizers.Adam)
    assert model.optimizer.learning_rate.numpy() == pytest.approx(0.01)
    train_own(small, model, learning_rate=0.02, periods=1)
    assert isinstance(model.optimizer, keras.optimizers.Adam)
    assert model.optimizer.learning_rate.numpy() == pytest.approx(0.02)
    assert model.optimizer.iterations.numpy() == 40
    assert all(ran_eagerly) == run_eagerly
    check_history(model, small)


def test_subclassed_network_is_compiled_and_trains(small: Split) -> None:
    model = Subclassed()
    assert train_own(small, model, steps=100) is model
    assert model.history.history["val_accuracy"][-1] > 0.5
    assert isinstance(model.optimizer, keras.optimizers.Adagrad)  # as the original


def test_models_that_do_not_fit_are_refused(small: Split) -> None:
    with pytest.raises(TypeError, match="^model .* not str"):
        train_own(small, "dnn")
    pixels = keras.Input(shape=(784,))
    logits = keras.Model(pixels, keras.layers.Dense(10)(pixels), name="logits")
    with pytest.raises(ValueError, match="^model 'logits' .* softmax"):
        train_own(small, logits)


def test_data_that_must_work(small: Split) -> None:
    features, targets = small.training_examples, small.training_targets
    numpy = {"learning_rate": np.float32(0.1), "steps": np.int64(20), "batch_size": np.int32(200)}
    train_linear(small, **numpy, periods=1)
    without_threes = Split(features[targets != 3], targets[targets != 3], features, targets)
    train_linear(without_threes, periods=1, verbose=1)
    train_linear(Split(features, targets, *without_threes[:2]), periods=1, verbose=1)
    one_row = Split(features[:1], targets[:1], features[:1], targets[:1])
    classifier = train_linear(one_row, batch_size=1, periods=1, verbose=1)
    assert classifier.history.history["val_accuracy"][-1] == 1
    twice = Split(*(pd.concat([part, part]) for part in small))
    assert twice.training_examples.index.has_duplicates
    train_linear(twice, periods=1)
    arrays = Split(*(part.to_numpy() for part in small))
    train_linear(arrays, periods=1)


def test_bad_settings_are_refused_before_anything_is_printed(
    small: Split, capsys: pytest.CaptureFixture[str]
) -> None:
    refused: dict[str, Any] = {"steps": 9, "batch_size": 201, "seed": -1, "learning_rate": None}
    for name, value in refused.items():
        with pytest.raises(ValueError, match=f"^{name} .*{value}"):
            train_linear(small, **{"verbose": 1, name: value})
    for name, part in small._asdict().items():
        with pytest.raises(ValueError, match=f"^{name} contains nan"):
            train_linear(small, **{"verbose": 1, name: part * np.nan})
    with pytest.raises(ValueError, match="^training_targets .* 5"):
        train_linear(small, training_targets=small.training_targets * 0 + 5, verbose=1)
    assert capsys.readouterr().out == ""


def test_options_of_the_network_are_those_of_its_model(small: Split) -> None:
    options: dict[str, Any] = {"dropout": 0.5, "batch_normalization": True, "l1": 0.1, "l2": 0.2}
    trained = train_nn(small, hidden_units=[5, 6], seed=3, periods=1, **options)
    built = mnist_nn.build_nn_model([5, 6], seed=3, **options)
    assert trained.get_config()["layers"] == built.get_config()["layers"]


def test_divergence_is_told(small: Split) -> None:
    schedule = keras.callbacks.LearningRateScheduler(lambda period: 3e38 if period == 2 else 0.05)
    with pytest.raises(ValueError, match=r"diverged in period 2 with learning_rate 3e\+38"):
        train_nn(small, callbacks=[schedule])


@pytest.mark.parametrize("examples", ["training_examples", "validation_examples"])
def test_divergence_in_one_set_is_told(small: Split, examples: str) -> None:
    table = getattr(small, examples).copy()
    table.iloc[50] = np.linspace(1e38, 3e38, 784)  # overflows; the only step uses another row
    with pytest.raises(ValueError, match=r"diverged in period 0 with learning_rate 0\.05"):
        train_nn(small, **{examples: table}, steps=1, batch_size=1, periods=1, seed=0)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16", "float64"])
def test_other_precisions_train(
    small: Split, policy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    keras.config.set_dtype_policy(policy)
    try:
        classifier = train_nn(small, steps=100)
    finally:
        keras.utils.clear_session()  # also of the policy, which would come before floatx
    assert np.isfinite(classifier.history.history["val_cross_entropy"]).all()
    assert classifier.history.history["val_accuracy"][-1] > 0.5
    assert not list(tmp_path.iterdir())


def test_callbacks_see_periods_with_all_figures(small: Split) -> None:
    model, calls, figures = mnist_nn.build_linear_model(), list[Any](), list[Any]()

    def note(epoch: int, logs: Any) -> None:
        calls.append((epoch, int(model.optimizer.iterations)))
        figures.extend([logs] if logs else [])

    callback = keras.callbacks.LambdaCallback(on_epoch_begin=note, on_epoch_end=note)
    train_own(small, model, periods=iter([5, 15]), callbacks=[callback])
    assert callback.params == {"epochs": 2, "steps": None, "verbose": 0, "steps_done": 20}
    assert calls == [(0, 0), (0, 5), (1, 5), (1, 20)]
    history = model.history.history
    for period in range(2):
        assert figures[period] == {name: values[period] for name, values in history.items()}


def test_averaged_weights_are_taken_over_at_the_end(small: Split) -> None:
    optimizer = keras.optimizers.SGD(0.01, use_ema=True, ema_momentum=0.5)
    model, weights = own_network(optimizer=optimizer), list[Any]()
    note = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: weights.append(model.get_weights()),
        on_train_end=lambda logs: weights.append(model.get_weights()),
    )
    train_own(small, model, callbacks=[note])
    *_, last, averaged = weights
    np.testing.assert_array_equal(averaged[0], model.get_weights()[0])
    assert not np.array_equal(averaged[0], last[0])


def interrupt_in(
    period: int, at_end: bool, interrupt: Callable[[], Any]
) -> keras.callbacks.Callback:
    """Return a callback that calls a function at the beginning or at the end of a period."""
    event = "on_epoch_end" if at_end else "on_epoch_begin"
    return keras.callbacks.LambdaCallback(
        **{event: lambda epoch, logs: interrupt() if epoch == period else None}
    )


def raise_interrupt() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(("period", "at_end"), [(0, True), (3, False), (3, True)])
def test_interrupted_training_keeps_the_finished_periods(
    period: int, at_end: bool, small: Split, shown: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    model = mnist_nn.build_linear_model()
    callbacks = [interrupt_in(period, at_end, raise_interrupt)]
    assert train_own(small, model, callbacks=callbacks, verbose=1) is model
    # What was interrupted after the figures of its period were printed has no place in the history.
    assert {len(values) for values in model.history.history.values()} == ({3} if period else set())
    printed = capsys.readouterr().out.splitlines()
    assert f"Training stopped after {2 * (period + at_end)} of 20 steps." in printed
    assert "Model training finished." not in printed
    assert bool(shown) == (period > 0)
    # Silent calls stand in loops, which must end.
    with pytest.raises(KeyboardInterrupt):
        train_own(small, model, callbacks=callbacks, verbose=0)
    # The next call works.
    train_own(small, model, verbose=1)
    assert len(model.history.history["log_loss"]) == 10
    assert "Model training finished." in capsys.readouterr().out


@pytest.mark.parametrize("encoding", ["cp1252", "cp949", "gbk"])
def test_output_without_the_languages_letters_loses_no_model(
    encoding: str, small: Split, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding)  # as on Windows, if it is a file or a pipe
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(language, "_code", "zh" if encoding == "cp949" else "ko")
    callbacks = [interrupt_in(3, True, raise_interrupt)]
    model = train_own(small, mnist_nn.build_linear_model(), callbacks=callbacks, verbose=1)
    assert len(model.history.history["loss"]) == 3
    out.seek(0)
    lines = [re.findall(r"\d+", line) for line in out if "?" in line]
    assert ["20", "8"] in map(sorted, lines)  # the steps


def test_first_interrupt_ends_the_period_and_the_second_training(
    small: Split, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt() -> None:
        signal.raise_signal(signal.SIGINT)

    for interrupts, finished in [(1, 4), (2, 3)]:
        callbacks = [interrupt_in(3, False, interrupt)] * interrupts
        model = train_linear(small, callbacks=callbacks, verbose=1)
        assert len(model.history.epoch) == finished
        assert f"Training stopped after {2 * finished} of 20 steps." in capsys.readouterr().out
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_interrupt_before_the_first_period_is_raised(small: Split) -> None:
    callback = keras.callbacks.LambdaCallback(on_train_begin=lambda logs: raise_interrupt())
    with pytest.raises(KeyboardInterrupt):
        train_linear(small, callbacks=[callback], verbose=1)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    train_linear(small, periods=1)


def test_training_leaves_interrupts_to_others(small: Split) -> None:
    """A thread cannot handle signals, and a handler of the user's stays in place."""
    handled: list[int] = []
    thread = threading.Thread(target=lambda: handled.append(len(train_linear(small).history.epoch)))
    thread.start()
    thread.join()
    assert handled == [10]
    previous = signal.signal(signal.SIGINT, lambda number, frame: handled.append(number))
    try:
        interrupt = interrupt_in(3, False, lambda: signal.raise_signal(signal.SIGINT))
        assert len(train_linear(small, callbacks=[interrupt]).history.epoch) == 10
    finally:
        signal.signal(signal.SIGINT, previous)
    assert handled == [10, signal.SIGINT]
