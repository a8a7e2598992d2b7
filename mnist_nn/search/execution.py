"""Trains the runs of a search in worker processes, or on a Dask cluster, under a progress bar."""

import contextlib
import functools
import os
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import CancelledError
from concurrent.futures.process import BrokenProcessPool
from itertools import product
from typing import Any

import joblib
import numpy as np
from tqdm import tqdm

from mnist_nn._backend import keras
from mnist_nn.errors import ArgumentError
from mnist_nn.language import message, printable
from mnist_nn.search.results import Row, Run
from mnist_nn.search.worker import PROCESS, Trainer, train_run

BAR = "{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}<LEFT{postfix}]"  # LEFT: the time left
Finished = Generator[tuple[Run, Row]]  # runs as they finish


def train_runs(
    trainer: Trainer,
    data: Mapping[str, Any],
    last_periods: Mapping[Run, int],
    rows: Mapping[Run, Row],
    n_jobs: int,
    verbose: int,
) -> Finished:
    """Train each run up to its last period, unless that is done; yield the runs as they finish."""
    done = dict[Run, Row]()
    for run, last_period in last_periods.items():
        row = rows.get(run)
        if row and (row["error"] or row["last_period"] >= last_period):
            done[run] = row
    queue = {run: last_period for run, last_period in last_periods.items() if run not in done}
    process: dict[str, Any] = {"searching_process": PROCESS, "floatx": keras.config.floatx()}
    train = functools.partial(train_run, trainer, **process)
    backend, _ = joblib.parallel.get_active_backend()
    if client := getattr(backend, "client", None):
        n_workers = None  # they may come and go
        finished = _train_on_cluster(client, train, queue, data)
    else:
        n_workers = joblib.effective_n_jobs(n_jobs)
        finished = _train_here(n_workers, train, queue, data)
    with contextlib.closing(finished):
        yield from _show_progress(finished, done, len(queue), n_workers, verbose)


def _show_progress(
    finished: Finished, done: Mapping[Run, Row], n_queued: int, n_workers: int | None, verbose: int
) -> Finished:
    """Yield runs as they finish, under a bar with the time left and the best accuracy."""
    bar = tqdm(
        total=len(done) + n_queued,
        initial=len(done),
        unit="run",
        file=sys.stdout,
        leave=False,
        disable=not verbose,
        bar_format=BAR.replace("LEFT", "?" if n_workers else "{remaining}"),
    )
    best = max([0.0, *(row.get("val_accuracy", 0.0) for row in done.values())])
    seconds = []  # of the finished runs
    with bar, _refresh_each_second(bar):
        for run, row in finished:
            best = max(best, row.get("val_accuracy", 0.0))
            seconds.append(row["seconds"])
            if n_workers:  # tqdm would take the workers' start for a part of the first runs
                seconds_left = np.mean(seconds) * (n_queued - len(seconds)) / n_workers
                bar.bar_format = BAR.replace("LEFT", tqdm.format_interval(seconds_left))
            bar.update()
            bar.set_postfix_str(printable(message(f"best accuracy {best:.4f}")))
            yield run, row


@contextlib.contextmanager
def _refresh_each_second(bar: Any) -> Iterator[None]:
    """Let the clock of a progress bar go on while no run finishes."""
    ended = threading.Event()

    def refresh() -> None:
        while not ended.wait(1):
            bar.refresh()

    thread = threading.Thread(target=refresh, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _train_here(
    n_workers: int, train: Callable[..., Any], queue: Mapping[Run, int], data: Mapping[str, Any]
) -> Finished:
    """Train in worker processes or, with one worker, in this process."""
    parallel = joblib.Parallel(
        n_workers,
        batch_size=1,  # each run returns as soon as it is finished
        return_as="generator_unordered",
        max_nbytes=1_000,  # larger arrays are shared, not sent with each run
        temp_folder=_find_temp_folder() if n_workers > 1 else None,
    )
    with warnings.catch_warnings():
        # joblib warns of runs that an interrupt cancels, and of workers replaced because they grew.
        warnings.filterwarnings("ignore", category=UserWarning, module="joblib")
        yield from parallel(joblib.delayed(train)(*each, **data) for each in queue.items())


def _find_temp_folder() -> str | None:
    """Return a folder for joblib's files, or None for the usual one.

    joblib sends paths as ASCII, but on Windows, the usual folder's has the user's name.
    """
    usual = os.environ.get("JOBLIB_TEMP_FOLDER") or tempfile.gettempdir()
    if usual.isascii():
        return None
    for folder in (os.environ.get("PUBLIC"), os.environ.get("PROGRAMDATA"), "/var/tmp"):
        with contextlib.suppress(OSError):
            if folder and folder.isascii():
                tempfile.TemporaryFile(dir=folder).close()
                return folder
    raise ArgumentError(
        f"n_jobs must be 1, since the folder for temporary files, {usual!r}, has letters that "
        "worker processes cannot use; or set the environment variable JOBLIB_TEMP_FOLDER to a "
        "folder whose path is ASCII"
    )


def _train_on_cluster(
    client: Any, train: Callable[..., Any], queue: Mapping[Run, int], data: Mapping[str, Any]
) -> Finished:
    """Train on Dask's workers. joblib would wait forever for a run that Dask gives up."""
    from dask.distributed import KilledWorker, as_completed
    from distributed.comm.core import CommClosedError

    if client.status != "running":
        raise CancelledError
    client.wait_for_workers(1, timeout=10)
    names = ["mnist_nn", "tensorflow"]
    versions = client.get_versions(packages=names)
    expected = versions["client"]["packages"]
    for worker, name in product(versions["workers"], names):
        installed = versions["workers"][worker]["packages"][name]
        if installed != expected[name]:
            raise RuntimeError(
                f"the worker {worker} has {name} {installed or '(not installed)'}, but this "
                f"process has {expected[name]}: install the same version on all machines"
            )
    shared = {name: client.scatter(array, broadcast=True) for name, array in data.items()}
    futures = [client.submit(train, *each, **shared, pure=False) for each in queue.items()]
    try:
        for future in as_completed(futures):
            yield future.result()
    except KilledWorker as error:  # several workers were lost with the same run
        raise BrokenProcessPool from error
    except CommClosedError as error:  # the scheduler was lost while a result was fetched
        raise CancelledError from error
    finally:
        client.cancel(futures)
