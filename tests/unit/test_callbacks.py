"""Keras' callbacks and metrics work in the trainers as they do in ``fit``."""

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from split import Split
from trainers import own_network, train_nn, train_own

import mnist_nn
from mnist_nn import training
from mnist_nn._backend import change_backups
from mnist_nn.analysis import KeepWeights

CALLBACKS = keras.callbacks


def accuracy(model: keras.Model, small: Split) -> float:
    predicted = model.predict(small.validation_examples, verbose=0).argmax(axis=1)
    return float(np.mean(predicted == small.validation_targets))


def test_evaluate_returns_loss_and_accuracy_of_the_history(small: Split) -> None:
    model = train_nn(small, steps=100, seed=1, l2=0.1)
    examples, targets = small[2:]
    loss, evaluated = model.evaluate(examples, targets, batch_size=10, verbose=0)
    history = model.history.history
    assert evaluated == pytest.approx(history["val_accuracy"][-1]) == accuracy(model, small)
    assert loss == pytest.approx(history["val_loss"][-1], rel=1e-5)


@pytest.mark.parametrize("kind", ["metrics", "weighted_metrics"])
def test_compiled_metrics_have_the_values_of_whole_sets_after_a_period(
    kind: str, small: Split
) -> None:
    compiled: Any = {kind: [keras.metrics.SparseTopKCategoricalAccuracy(3, name="top3")]}
    model = own_network(**compiled)
    history = train_own(small, model).history.history
    for prefix, (examples, targets) in {"": small[:2], "val_": small[2:]}.items():
        loss, top3 = model.evaluate(examples, targets, verbose=0)
        assert history[f"{prefix}top3"][-1] == pytest.approx(top3)
        if prefix:  # that of the training set is an average over the steps
            assert history["val_loss"][-1] == pytest.approx(loss, rel=1e-5)


def test_metric_of_several_values_is_kept(small: Split) -> None:
    class CountByDigit(keras.metrics.Metric):  # type: ignore[misc]  # Keras has no types
        def __init__(self) -> None:
            super().__init__(name="by_digit")
            self.counts = self.add_weight(shape=(10,), initializer="zeros", name="counts")

        def update_state(self, targets: Any, outputs: Any, sample_weight: Any = None) -> None:
            digits = tf.cast(tf.reshape(targets, [-1]), "int32")
            self.counts.assign_add(tf.reduce_sum(tf.one_hot(digits, 10), axis=0))

        def result(self) -> Any:
            return self.counts

    model = train_own(small, own_network(metrics=[CountByDigit()]))
    expected = np.bincount(small.validation_targets, minlength=10)
    np.testing.assert_array_equal(model.history.history["val_by_digit"][-1], expected)


@pytest.mark.parametrize("is_eager", [False, True])
def test_logs_of_a_custom_train_step_are_kept(
    is_eager: bool, small: Split, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "STEPS_AT_ONCE", 2)  # as many as a period has

    class Custom(keras.Sequential):  # type: ignore[misc]  # Keras has no types
        def train_step(self, data: Any) -> dict[str, Any]:
            features, labels = data
            with tf.GradientTape() as tape:
                loss = self.compute_loss(y=labels, y_pred=self(features, training=True))
            gradients = tape.gradient(loss, self.trainable_weights)
            self.optimizer.apply_gradients(zip(gradients, self.trainable_weights, strict=True))
            return {"loss": loss, "steps": self.optimizer.iterations}

    history = train_own(small, own_network(Custom, run_eagerly=is_eager)).history.history
    assert history["steps"] == [2.0 * period for period in range(1, 11)]
    assert 0 < history["loss"][-1] < 3


@pytest.mark.parametrize(
    ("monitor", "metrics"),
    [
        ("val_loss", None),
        ("val_accuracy", None),
        ("val_accuracy", ["accuracy"]),
        ("val_log_loss", None),
        ("val_cross_entropy", ["accuracy"]),
    ],
)
def test_callbacks_need_no_mode(monitor: str, metrics: Any, small: Split, tmp_path: Path) -> None:
    path = tmp_path / "best.keras"
    model = own_network(metrics=metrics)
    callbacks = [
        CALLBACKS.ModelCheckpoint(path, monitor, save_best_only=True),
        CALLBACKS.ReduceLROnPlateau(monitor, patience=0, min_delta=10),
        CALLBACKS.EarlyStopping(monitor, patience=2),
    ]
    values = train_own(small, model, callbacks=callbacks).history.history[monitor]
    best = np.argmax(values) if monitor == "val_accuracy" else np.argmin(values)
    saved = accuracy(keras.models.load_model(path), small)
    assert saved == model.history.history["val_accuracy"][best]
    assert float(model.optimizer.learning_rate) < 0.01
    assert len(values) in (10, best + 3)


def test_printed_accuracy_is_that_of_the_returned_model(
    small: Split, capsys: pytest.CaptureFixture[str]
) -> None:
    stop = CALLBACKS.EarlyStopping("val_accuracy", patience=1, restore_best_weights=True)
    averaging = own_network(optimizer=keras.optimizers.Adam(0.01, use_ema=True))
    calls: list[Callable[[], keras.Model]] = [
        lambda: train_nn(small, steps=30, seed=1, callbacks=stop, verbose=1),
        lambda: train_own(small, averaging, steps=50, seed=1, verbose=1),
    ]
    for call in calls:
        model = call()
        last = model.history.history["val_accuracy"][-1]
        assert accuracy(model, small) != last  # or this test shows nothing
        assert capsys.readouterr().out.endswith(f": {accuracy(model, small):.2f}\n")


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_backup_survives_an_error_and_is_resumed(
    error: type[BaseException], small: Split, tmp_path: Path
) -> None:
    def fail(epoch: int, logs: Any) -> None:
        if epoch == 4:
            raise error

    train = partial(train_nn, small, steps=100, seed=1)
    backup = tmp_path / "backup"
    failing = CALLBACKS.LambdaCallback(on_epoch_end=fail)
    with pytest.raises(error):
        train(callbacks=[CALLBACKS.BackupAndRestore(backup), failing])
    keep = KeepWeights()
    resumed = train(callbacks=[keep, CALLBACKS.BackupAndRestore(backup)])
    assert resumed.history.epoch == [5, 6, 7, 8, 9]
    assert [*keep.weights] == [50, 60, 70, 80, 90, 100]
    assert not backup.exists()
    for ours, uninterrupted in zip(resumed.get_weights(), train().get_weights(), strict=True):
        np.testing.assert_array_equal(ours, uninterrupted)
    assert len(train_own(small, resumed).history.epoch) == 10  # the next call is a new one


def test_period_that_an_interrupt_cuts_is_trained_again(small: Split, tmp_path: Path) -> None:
    """A first signal in the first 500 steps of the second period."""

    def interrupt(epoch: int, logs: Any = None) -> None:
        if epoch == 1:
            os.kill(os.getpid(), signal.SIGINT)

    train = partial(train_nn, small, steps=1_500, periods=2, seed=1)
    backup = CALLBACKS.BackupAndRestore(tmp_path)
    stop = CALLBACKS.LambdaCallback(on_epoch_begin=interrupt)
    with pytest.raises(KeyboardInterrupt):
        train(callbacks=[stop, backup])
    resumed = train(callbacks=[backup])
    assert resumed.history.epoch == [1]
    assert int(resumed.optimizer.iterations) == 1_500
    whole = train(callbacks=[backup])  # it begins anew
    for weights, uninterrupted in zip(resumed.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_array_equal(weights, uninterrupted)


def test_stopped_run_says_after_how_many_steps(
    small: Split, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They include those before it was resumed. In the last period, an interrupt stops nothing."""
    backup = CALLBACKS.BackupAndRestore(tmp_path)
    for period, line in [
        (1, "Training stopped after 4 of 8 steps."),
        (2, "Training stopped after 6 of 8 steps."),
        (3, "Model training finished."),
    ]:

        def interrupt(epoch: int, logs: Any = None, at: int = period) -> None:
            if epoch == at:
                os.kill(os.getpid(), signal.SIGINT)

        callbacks = [CALLBACKS.LambdaCallback(on_epoch_begin=interrupt), backup]
        train_nn(small, steps=8, periods=4, seed=1, callbacks=callbacks, verbose=1)
        assert line in capsys.readouterr().out
    assert train_nn(small, steps=8, periods=4, callbacks=[backup]).history.epoch == [0, 1, 2, 3]


def test_progress_bar_of_keras(small: Split, capsys: pytest.CaptureFixture[str]) -> None:
    train_nn(small, callbacks=[CALLBACKS.ProgbarLogger()], verbose=1)
    assert "val_loss" in capsys.readouterr().out


@pytest.mark.parametrize("callbacks", [["stop"], [CALLBACKS.EarlyStopping], 3, {"stop": 1}])
def test_what_is_no_callback(callbacks: Any, small: Split) -> None:
    with pytest.raises(TypeError, match="^callbacks "):
        train_nn(small, callbacks=callbacks)


def test_callbacks_in_an_array_stop_their_call_alone(small: Split) -> None:
    model = own_network()
    stop = CALLBACKS.LambdaCallback(on_epoch_end=lambda *_: setattr(model, "stop_training", True))
    train_own(small, model, callbacks=np.array([stop, CALLBACKS.EarlyStopping()]))
    assert model.history.epoch == [0]
    assert len(train_own(small, model).history.epoch) == 10  # the next call is not stopped


def test_backups_are_as_before_after_an_error(tmp_path: Path) -> None:
    backup = CALLBACKS.BackupAndRestore(tmp_path)
    callbacks = CALLBACKS.CallbackList([backup])
    with contextlib.suppress(KeyboardInterrupt), change_backups(callbacks, save_freq=None):
        assert backup.save_freq is None
        raise KeyboardInterrupt
    assert backup.save_freq == "epoch"


def test_losses_of_ones_own(small: Split) -> None:
    """One that cannot be saved, one that reads the features, and one in a list."""

    class Own(keras.Sequential):  # type: ignore[misc]
        def compute_loss(self, x: Any = None, *args: Any, **named: Any) -> Any:
            return super().compute_loss(x, *args, **named) + tf.reduce_mean(x)

    loss = partial(keras.losses.sparse_categorical_crossentropy)
    for model in (own_network(loss=loss), own_network(Own), own_network(loss=[loss])):
        assert len(train_own(small, model).history.history["val_loss"]) == 10
    summed = keras.losses.SparseCategoricalCrossentropy(reduction="sum")
    one, listed = (train_own(small, own_network(loss=loss), seed=1) for loss in (summed, [summed]))
    assert one.history.history["val_loss"] == listed.history.history["val_loss"]


@pytest.mark.parametrize("loss", [None, "mse", "categorical_crossentropy"])
def test_losses_that_do_not_fit(loss: Any, small: Split) -> None:
    with pytest.raises(ValueError, match=f"^model .* with loss {loss!r}, .* compile it with"):
        train_own(small, own_network(loss=loss))


def test_learning_rate_beside_a_schedule(small: Split) -> None:
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    model = own_network(optimizer=keras.optimizers.SGD(schedule))
    with pytest.raises(ValueError, match=r"^learning_rate is 0.05, .* pass None"):
        train_own(small, model, learning_rate=0.05)
    train_own(small, model)
    assert model.optimizer.learning_rate.numpy() == pytest.approx(0.1 * 0.9**2)


def test_distribution_strategies_are_refused(small: Split) -> None:
    scope = tf.distribute.OneDeviceStrategy("/cpu:0").scope
    with scope():
        model = mnist_nn.build_linear_model()
        with pytest.raises(ValueError, match="^model 'dnn' .* outside the strategy's scope"):
            train_nn(small)
    with pytest.raises(ValueError, match="^model 'linear' .* outside the strategy's scope"):
        train_own(small, model)


@pytest.mark.skipif(sys.platform == "win32", reason="there, os.kill ends the process")
@pytest.mark.parametrize("interrupts", [1, 2])
def test_interrupt_in_the_middle_of_a_long_period_is_obeyed(
    interrupts: int, small: Split, capsys: pytest.CaptureFixture[str]
) -> None:
    """All its steps would take minutes: without interrupts that are noticed, the test hangs."""
    model = mnist_nn.build_linear_model()

    def interrupt() -> None:
        started.wait(60)
        for _ in range(interrupts):
            while int(model.optimizer.iterations) < 600:
                time.sleep(0.01)
            os.kill(os.getpid(), signal.SIGINT)

    started = threading.Event()
    begin = CALLBACKS.LambdaCallback(on_epoch_begin=lambda epoch, logs: started.set())
    thread = threading.Thread(target=interrupt, daemon=True)
    thread.start()
    trained = train_own(small, model, steps=10**7, periods=1, callbacks=begin, verbose=1)
    thread.join()
    assert trained is model
    steps = int(model.optimizer.iterations)
    assert 600 <= steps < 10**6
    assert f"Training stopped after {steps} of 10000000 steps." in capsys.readouterr().out
    assert len(model.history.epoch) <= 1
