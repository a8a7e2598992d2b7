"""What worker processes do in a search: train one run. It imports no more than that needs."""

import contextlib
import functools
import gc
import math
import os
import signal
import socket
import threading
import time
import warnings
from collections.abc import Callable
from typing import Any

from mnist_nn.arguments import Features, Labels
from mnist_nn.keras_backend import keras, no_garbage_collection, tf
from mnist_nn.search_results import Row, Run, row_of_history
from mnist_nn.training import Graph, TrainFunction

Trainer = Callable[..., keras.Model]

# How many graphs are kept, and how many weights the model of one may have: tracing a graph takes as
# long as hundreds of steps of a small network, but only as some of a large one.
MOST_GRAPHS = 8
MOST_KEPT_WEIGHTS = 1_000_000
# Arguments that change nothing in a graph.
NOT_IN_GRAPH = ("learning_rate", "steps", "periods")

_graphs: dict[tuple[Any, ...], Graph] = {}  # the one that was used last comes last

# TensorFlow's threads and the garbage collector belong to the whole process.
_one_run_at_a_time = threading.Lock()


def train_run(
    trainer: Trainer,
    training_features: Features,
    training_labels: Labels,
    validation_features: Features,
    validation_labels: Labels,
    run: Run,
    last_period: int,
    searching_process: tuple[str, int],
) -> tuple[Run, Row]:
    """Train a run, in whatever process, and return it with its row."""
    in_worker = searching_process != this_process()
    with _one_run_at_a_time, warnings.catch_warnings(), no_garbage_collection():
        warnings.simplefilter("ignore")
        if in_worker:
            _prepare_worker()
        in_graph = [(name, value) for name, value in run.setting if name not in NOT_IN_GRAPH]
        graph_key = (trainer, *in_graph, len(training_features), len(validation_features))
        start = time.perf_counter()
        try:
            model = trainer(
                **dict(run.setting),
                training_examples=training_features,
                training_targets=training_labels,
                validation_examples=validation_features,
                validation_targets=validation_labels,
                callbacks=[_StopAfter(last_period), _UseKeptGraph(graph_key)],
                seed=run.seed,
                verbose=0,
            )
            row = row_of_history(model.history.history)
            del model
        except Exception as error:  # the trainer's, Keras' or TensorFlow's
            row = failed_row(in_one_line(error))
        row["seconds"] = time.perf_counter() - start
        if in_worker:
            gc.collect()  # what the run leaves; most else is frozen
            _freeze_first_run()
        return run, row


def forget_graphs() -> None:
    """Free what was kept in this process. Workers keep theirs for as long as they live."""
    _graphs.clear()


def this_process() -> tuple[str, int]:
    return socket.gethostname(), os.getpid()


def failed_row(error: str) -> Row:
    return {"periods_done": 0, "seconds": math.nan, "error": error}


def in_one_line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:300]


class _StopAfter(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """Ends training after a number of periods."""

    def __init__(self, periods: int) -> None:
        super().__init__()
        self.periods = periods

    def on_epoch_end(self, epoch: int, logs: dict[str, Any]) -> None:
        self.model.stop_training = epoch + 1 >= self.periods


class _UseKeptGraph(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """Trains with the graph of an earlier run, if there was one with the same key, and keeps it."""

    def __init__(self, key: tuple[Any, ...]) -> None:
        super().__init__()
        self.key = key

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        function: TrainFunction = self.model.train_function
        graph = _graphs.pop(self.key, None)
        if graph:
            function.use(graph)
        if self.model.count_params() <= MOST_KEPT_WEIGHTS:
            _graphs[self.key] = function.graph
        if len(_graphs) > MOST_GRAPHS:
            del _graphs[next(iter(_graphs))]


@functools.cache
def _prepare_worker() -> None:
    """Keep TensorFlow to one thread, leave interrupts to the searching process, and freeze what
    was imported, so that the garbage collector is quick.
    """
    gc.freeze()
    with contextlib.suppress(RuntimeError):  # TensorFlow is at work already
        tf.config.threading.set_intra_op_parallelism_threads(1)
    with contextlib.suppress(ValueError):  # a cluster's workers train in a thread
        signal.signal(signal.SIGINT, signal.SIG_IGN)


@functools.cache
def _freeze_first_run() -> None:
    """Freeze what stays of the first run: what TensorFlow and Keras import late, and the graph,
    which is then there for good.
    """
    gc.freeze()
