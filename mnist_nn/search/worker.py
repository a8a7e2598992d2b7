"""Trains one run of a search; it imports only what training needs, to save workers' memory."""

import contextlib
import gc
import json
import signal
import time
import uuid
import warnings
from collections.abc import Callable
from typing import Any

from mnist_nn._backend import keras, tf
from mnist_nn.arguments import Features, Labels, RawPixelsWarning
from mnist_nn.errors import describe_error
from mnist_nn.search.results import Row, Run, to_row

PROCESS = uuid.uuid4()  # no other process has it, not even on another machine
Trainer = Callable[..., keras.Model]


def train_run(
    trainer: Trainer,
    run: Run,
    last_period: int,
    searching_process: uuid.UUID,
    floatx: str,
    **data: Features | Labels,
) -> tuple[Run, Row]:
    """Train up to the last period, and return the run with its row, also if training fails."""
    if searching_process != PROCESS:
        _prepare_worker()
    keras.config.set_floatx(floatx)
    parameters = json.loads(run.setting) | {"seed": run.seed}
    start = time.perf_counter()
    gc.collect(1)  # frees the previous model quickly; a full collection takes up to a second
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RawPixelsWarning)  # the search itself warns, once
            model = trainer(**parameters, **data, callbacks=[_StopAfter(last_period)], verbose=0)
        row = to_row(model.history.history)
    except Exception as error:  # the trainer's, Keras's or TensorFlow's
        row = {"periods_done": 0, "error": f"{type(error).__name__}: {describe_error(error)}"}
    seconds = time.perf_counter() - start
    return run, {**parameters, **row, "last_period": last_period, "seconds": seconds}


def _prepare_worker() -> None:
    """Limit TensorFlow to one thread, and leave interrupts to the searching process."""
    with contextlib.suppress(RuntimeError):  # TensorFlow is running already
        tf.config.threading.set_intra_op_parallelism_threads(1)
    with contextlib.suppress(ValueError):  # the workers of a cluster train in a thread
        signal.signal(signal.SIGINT, signal.SIG_IGN)


class _StopAfter(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    def __init__(self, periods: int) -> None:
        super().__init__()
        self.periods = periods

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if epoch + 1 >= self.periods:
            self.model.stop_training = True
