"""Search the trainers' hyperparameters, on every core of this machine or on a cluster.

For a cluster of Dask (https://docs.dask.org), run ``pip install '.[cluster]'`` in this project on
each machine. Start a scheduler on one of them, and on each as many workers as it has cores. Replace
127.0.0.1 with the scheduler's address::

    dask scheduler --host 127.0.0.1 --port 8786
    dask worker tcp://127.0.0.1:8786 --nworkers 2 --nthreads 1

Anyone who can reach the scheduler can run code on the workers, so keep it on a trusted network.
The search itself stays the same. If a worker dies, Dask repeats its run on another one::

    import joblib
    from dask.distributed import Client

    with Client("tcp://127.0.0.1:8786"), joblib.parallel_config(backend="dask"):
        results = search_hyperparameters(...)
"""

from __future__ import annotations  # signatures show names such as Examples

import contextlib
import functools
import hashlib
import inspect
import json
import math
import os
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from concurrent.futures.process import BrokenProcessPool
from inspect import Parameter
from itertools import product, starmap
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from sklearn.model_selection import ParameterGrid, ParameterSampler
from tqdm import tqdm

from mnist_nn import arguments
from mnist_nn._backend import keras
from mnist_nn.arguments import Examples, Targets
from mnist_nn.errors import ArgumentError
from mnist_nn.language import message, printable
from mnist_nn.sampling import split_steps
from mnist_nn.search.results import (
    AVERAGES,
    IDENTITY,
    METRICS,
    RUN_COLUMNS,
    Row,
    Run,
    append_row,
    lock_file,
    read_rows,
    to_setting,
)
from mnist_nn.search.worker import PROCESS, Trainer, train_run

DATA = ("training_examples", "training_targets", "validation_examples", "validation_targets")
PASSED = (*DATA, "callbacks", "seed", "verbose")  # what the search itself passes to the trainer
BAR = "{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}<LEFT{postfix}]"


def search_hyperparameters(
    trainer: Trainer,
    parameters: Mapping[str, Any],
    training_examples: Examples,
    training_targets: Targets,
    validation_examples: Examples,
    validation_targets: Targets,
    *,
    seeds: Sequence[int] = (1, 2, 3),
    samples: int | None = None,
    sample_seed: int = 1,
    halving: int | None = None,
    results: str | os.PathLike[str] | None = None,
    n_jobs: int = -1,
    verbose: int = 1,
) -> pd.DataFrame:
    """Train with many combinations of hyperparameters, several seeds each, side by side.

    They are compared on the validation set alone. In any process, the same seed gives the same
    results up to rounding; long runs amplify it (after 2,000 steps, to 0.002 of an accuracy).
    :mod:`mnist_nn.search.search` explains how to use a cluster.

    Args:
        trainer: ``train_linear_classification_model``, ``train_nn_classification_model``, a
            ``functools.partial`` of one, or a function of your own that returns a model from
            ``train_classification_model``. It must accept ``steps`` and ``periods``, and what the
            search passes by name: the data, ``callbacks``, ``seed`` and ``verbose``.
        parameters: Maps other arguments of the trainer to lists of values to try, such as
            ``{"learning_rate": [0.01, 0.1], "steps": [1000], "batch_size": [10, 100]}``. With
            ``samples``, a SciPy distribution can take the place of a list. The trainer's other
            arguments keep their defaults; with ``**kwargs``, the default of ``periods`` is 10.
        training_examples, validation_examples: DataFrames or ndarrays of shape (n_examples, 784).
        training_targets, validation_targets: Series or ndarrays of shape (n_examples,), 0 to 9.
        seeds: Each combination is trained once with each of these.
        samples: Number of random combinations to try. Without it, all combinations are tried.
        sample_seed: Seed of these samples.
        halving: Stop weak combinations early: all are trained for the first periods, the best
            1/``halving`` of them for more, the best 1/``halving`` of these for still more, and so
            on. Each time, training starts from the first step again. 3 is usual.
        results: Path of a file, such as ``"network.jsonl"``, that gets each finished run: the same
            call resumes a search from it, and ``pd.read_json(results, lines=True)`` reads it. Runs
            that failed are not tried again, unless you delete their lines. The search refuses a
            file with runs on other data, or from a trainer with another name or other bound values.
            On Windows, nothing keeps a second search from writing to it at the same time.
        n_jobs: Number of worker processes, of up to 900 MB each. −1 starts one per core; 1 trains
            in this process. A Dask cluster uses all of its workers.
        verbose: 1 shows a progress bar.

    Returns:
        DataFrame with one row per finished run, also if the search is interrupted; the best
        combination first, those that ``halving`` stopped after the others. Its columns: parameters
        (lists as tuples); ``seed``; ``mean_val_accuracy``, which after ``halving`` is that of the
        periods trained, and its ``standard_error``, both NaN if a run failed or is missing, the
        latter also with one seed; metrics at the end (``val_accuracy``, …); ``periods_done``;
        ``seconds``; ``error``, empty if none; metrics after each period (``val_accuracy_00``, …).

    Raises:
        TypeError, ValueError: If an argument is invalid. What the trainer refuses is in ``error``.
        OSError, RuntimeError: If the file cannot be written, if a worker process or the cluster is
            lost, or if a worker of the cluster has another version of this package or TensorFlow.

    Example:
        >>> parameters = {"learning_rate": [0.01, 0.1], "steps": [100], "batch_size": [10, 30]}
        >>> data = (training_examples, training_targets, validation_examples, validation_targets)
        >>> train = train_linear_classification_model
        >>> results = search_hyperparameters(train, parameters, *data, n_jobs=1, verbose=0)
        >>> len(results)  # four combinations, three seeds
        12
    """
    arrays = arguments.check_data(
        training_examples, training_targets, validation_examples, validation_targets
    )
    data: dict[str, Any] = dict(zip(DATA, arrays, strict=True))
    periods_by_setting = _list_settings(trainer, parameters, samples, sample_seed)
    # The settings that halving has left, and those that it has stopped.
    left, stopped = list(periods_by_setting), list[str]()
    most_periods = max(periods_by_setting.values())
    seeds = _check_seeds(seeds)
    if halving is not None:
        halving = arguments.check_whole_number("halving", halving, minimum=2)
    path = None if results is None else Path(results)
    identity = {} if path is None else _identify(trainer, left[0], data)
    arguments.warn_of_raw_pixels(arrays)

    with contextlib.nullcontext() if path is None else lock_file(path):
        rows = {} if path is None else read_rows(path, identity)
        try:
            for n_left, period in halve(len(left), most_periods, halving):
                left, weak = left[:n_left], left[n_left:]
                stopped = weak + stopped  # the latest first
                runs = starmap(Run, product(left, seeds))
                last_periods = {run: min(period, periods_by_setting[run.setting]) for run in runs}
                finished = _train(trainer, data, last_periods, rows, n_jobs, verbose)
                with contextlib.closing(finished):  # ends workers after an interrupt or an error
                    for run, row in finished:
                        rows[run] = row
                        if path is not None:
                            append_row(path, identity | row)
                left = [*_rank(left, seeds, rows, period).index]
        except BrokenProcessPool as error:
            raise RuntimeError(
                f"a worker process was lost after {len(rows)} runs, perhaps because it ran out of "
                "memory: lower n_jobs. If results is a path, the same call resumes the search"
            ) from error
        except CancelledError as error:
            raise RuntimeError(
                f"the connection to the cluster was lost after {len(rows)} runs: start its "
                "scheduler and workers again, and connect a new Client. If results is a path, the "
                "same call then resumes the search"
            ) from error
        except KeyboardInterrupt:
            print(printable(message("Search stopped: the finished runs are returned.")))
    settings = [*_rank(left, seeds, rows, most_periods).index, *stopped]
    return _make_table(parameters, settings, seeds, rows, most_periods)


def _check_seeds(seeds: Any) -> list[int]:
    """Return seeds in order, each once, or raise an error."""
    if not isinstance(seeds, list | tuple | range | np.ndarray) or not len(seeds):
        raise ArgumentError(
            f"seeds must list one seed or more, such as (1, 2, 3), not {seeds!r:.100}"
        )
    return sorted({arguments.check_whole_number("seeds", seed, minimum=0) for seed in seeds})


def _identify(trainer: Trainer, setting: str, data: Mapping[str, Any]) -> dict[str, str]:
    """Return what all runs of a search have in common: trainer, names of parameters, and data."""
    name, digest = _name_trainer(trainer), hashlib.sha256()
    if "<lambda>" in name:
        raise ArgumentError("trainer is a lambda, but results needs its name: define a function")
    for array in data.values():
        digest.update(np.ascontiguousarray(array).data)  # a table's values may be stored by column
    values = name, ", ".join(json.loads(setting)), f"sha256:{digest.hexdigest()[:8]}"
    return dict(zip(IDENTITY, values, strict=True))


def _make_table(
    parameters: Mapping[str, Any],
    settings: list[str],
    seeds: list[int],
    rows: dict[Run, Row],
    n_periods: int,
) -> pd.DataFrame:
    """Return the runs that finished, in the order of the settings, with the averages of these."""
    averages = _rank(settings, seeds, rows, n_periods).to_dict("index")
    runs = starmap(Run, product(settings, seeds))
    table = [rows[run] | averages[run.setting] for run in runs if run in rows]
    columns = [*parameters, "seed", *AVERAGES, *METRICS]
    columns += ["periods_done", "seconds", "error"]
    columns += [f"{name}_{period:02d}" for name in METRICS for period in range(n_periods)]
    frame = pd.DataFrame(table, columns=columns)
    return frame.map(lambda value: tuple(value) if isinstance(value, list) else value)


def halve(n_settings: int, n_periods: int, halving: int | None) -> list[tuple[int, int]]:
    """Return for each round how many settings are trained, and up to which period.

    ``halve(9, 9, 3)`` is ``[(9, 1), (3, 3), (1, 9)]``.
    """
    powers = [1]
    while halving and halving * powers[-1] <= min(n_settings, n_periods):
        powers.append(halving * powers[-1])
    return [
        (math.ceil(n_settings / power), round(n_periods / reverse_power))
        for power, reverse_power in zip(powers, reversed(powers), strict=True)
    ]


def _list_settings(
    trainer: Trainer, parameters: Mapping[str, Any], samples: int | None, sample_seed: int
) -> dict[str, int]:
    """Return the settings to try, with their numbers of periods, or raise an error."""
    defaults = _read_defaults(trainer, parameters)
    if samples is None:
        candidates = ParameterGrid(dict(parameters))
    else:
        samples = arguments.check_whole_number("samples", samples)
        candidates = ParameterSampler(dict(parameters), samples, random_state=sample_seed)
    plain = int | float | str | None  # JSON would change other defaults: the trainer keeps them
    kept = {name: value for name, value in defaults.items() if isinstance(value, plain)}
    periods_by_setting = {}
    for candidate in candidates:
        values = defaults | candidate
        periods = split_steps(values["steps"], values["periods"])
        periods_by_setting[to_setting(kept | candidate)] = len(periods)
    return periods_by_setting


def _read_defaults(trainer: Trainer, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the trainer's arguments with their defaults, or raise an error for the parameters."""
    signature = inspect.signature(trainer).parameters.values()
    starred = {Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD}
    accepted = {item.name: item.default for item in signature if item.kind not in starred}
    if any(item.kind is Parameter.VAR_KEYWORD for item in signature):  # any name is accepted
        names = parameters if isinstance(parameters, Mapping) else ()
        others = dict.fromkeys([*PASSED, *names])  # their defaults are the trainer's own
        accepted = others | {"steps": Parameter.empty, "periods": 10} | accepted
    if lacking := {*PASSED, "steps", "periods"} - accepted.keys():
        raise ArgumentError(
            f"trainer {_name_trainer(trainer)} lacks {', '.join(sorted(lacking))}: it must accept "
            "these arguments by name, as train_nn_classification_model does"
        )
    defaults = {name: value for name, value in accepted.items() if name not in PASSED}
    needed = {name for name, value in defaults.items() if value is Parameter.empty}
    if not isinstance(parameters, Mapping) or not needed <= parameters.keys() <= defaults.keys():
        raise ArgumentError(
            f"parameters must map {', '.join(sorted(needed)) or 'arguments'} to lists of values, "
            "such as {'learning_rate': [0.01, 0.1], ...}, and may map "
            f"{', '.join(sorted(defaults.keys() - needed))}; it is {parameters!r:.200}"
        )
    if taken := {*IDENTITY, *METRICS, *AVERAGES, *RUN_COLUMNS} & defaults.keys():
        raise ArgumentError(
            f"trainer has {', '.join(sorted(taken))}, which are columns of the results: give these "
            "arguments other names"
        )
    return defaults


def _name_trainer(trainer: Any) -> str:
    """Return the trainer's name, with the values that are bound to it."""
    if inspect.ismethod(trainer):
        return f"{_name_trainer(trainer.__self__)}.{trainer.__name__}"
    if hasattr(trainer, "__name__"):
        return str(trainer.__name__)
    if isinstance(trainer, functools.partial):
        name, positional, by_name = _name_trainer(trainer.func), trainer.args, trainer.keywords
    else:
        name, positional, by_name = type(trainer).__name__, (), vars(trainer)
    values = [*map(repr, positional), *(f"{key}={by_name[key]!r}" for key in sorted(by_name))]
    return f"{name}({', '.join(values)})"


def _train(
    trainer: Trainer,
    data: Mapping[str, Any],
    last_periods: Mapping[Run, int],
    rows: Mapping[Run, Row],
    n_jobs: int,
    verbose: int,
) -> Generator[tuple[Run, Row]]:
    """Train each run up to its last period, unless that is done; yield the runs as they finish."""
    best, queue = 0.0, dict[Run, int]()
    for run, last_period in last_periods.items():
        row = rows.get(run)
        if row and (row["error"] or row["last_period"] >= last_period):
            best = max(best, row.get("val_accuracy", 0.0))
        else:
            queue[run] = last_period
    process: dict[str, Any] = {"searching_process": PROCESS, "floatx": keras.config.floatx()}
    train = functools.partial(train_run, trainer, **process)
    backend, _ = joblib.parallel.get_active_backend()
    if client := getattr(backend, "client", None):
        n_workers = 0  # they may come and go
        finished = _train_on_cluster(client, train, queue, data)
    else:
        n_workers = joblib.effective_n_jobs(n_jobs)
        # Each run returns as soon as it is finished. Larger arrays are shared, not sent with each.
        finished = joblib.Parallel(
            n_jobs,
            batch_size=1,
            return_as="generator_unordered",
            max_nbytes=1_000,
            temp_folder=_find_temp_folder() if n_workers > 1 else None,
        )(joblib.delayed(train)(*run_and_period, **data) for run_and_period in queue.items())
    bar = tqdm(
        finished,
        total=len(last_periods),
        initial=len(last_periods) - len(queue),
        unit="run",
        file=sys.stdout,
        leave=False,
        disable=not verbose,
        bar_format=BAR.replace("LEFT", "?" if n_workers else "{remaining}"),
    )
    seconds = []  # of the finished runs
    with warnings.catch_warnings(), contextlib.closing(finished), bar, _refresh_each_second(bar):
        # It warns of runs that an interrupt cancels, and of workers that it replaces as they grew.
        warnings.filterwarnings("ignore", category=UserWarning, module="joblib")
        for run, row in bar:
            best = max(best, row.get("val_accuracy", 0.0))
            seconds.append(row["seconds"])
            if n_workers:  # tqdm would take the workers' start for a part of the first runs
                seconds_left = np.mean(seconds) * (len(queue) - len(seconds)) / n_workers
                bar.bar_format = BAR.replace("LEFT", tqdm.format_interval(seconds_left))
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


def _find_temp_folder() -> str | None:
    """Return a folder for joblib's files if it cannot use the usual one: it sends paths as ASCII.

    On Windows, the usual one is named after the user.
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
) -> Generator[tuple[Run, Row]]:
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


def _rank(settings: list[str], seeds: list[int], rows: dict[Run, Row], period: int) -> pd.DataFrame:
    """Return each setting's mean accuracy after a period, or after its last one; best first."""
    name = f"val_accuracy_{period - 1:02d}"
    known = [rows.get(run, {}) for run in starmap(Run, product(settings, seeds))]
    accuracies = np.array([row.get(name, row.get("val_accuracy")) for row in known], float)
    by_setting = pd.DataFrame(accuracies.reshape(len(settings), -1), settings)  # NaN: no such run
    means, errors = by_setting.mean(axis=1, skipna=False), by_setting.sem(axis=1, skipna=False)
    averages = pd.DataFrame({"mean_val_accuracy": means, "standard_error": errors})
    return averages.sort_values("mean_val_accuracy", ascending=False, kind="stable")
