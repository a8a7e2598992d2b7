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
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from concurrent.futures.process import BrokenProcessPool
from itertools import product, starmap
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mnist_nn import arguments
from mnist_nn.arguments import Examples, Targets
from mnist_nn.language import message, printable
from mnist_nn.search.execution import train_runs
from mnist_nn.search.results import AVERAGES, METRICS, Row, Run, append_row, lock_file, read_rows
from mnist_nn.search.settings import DATA, check_seeds, identify_search, list_settings
from mnist_nn.search.worker import Trainer


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
    periods_by_setting = list_settings(trainer, parameters, samples, sample_seed)
    seeds = check_seeds(seeds)
    if halving is not None:
        halving = arguments.check_whole_number("halving", halving, minimum=2)
    path = None if results is None else Path(results)
    setting = next(iter(periods_by_setting))  # all have the same parameters
    identity = {} if path is None else identify_search(trainer, setting, data)
    arguments.warn_of_raw_pixels(arrays)

    with contextlib.nullcontext() if path is None else lock_file(path):
        rows = {} if path is None else read_rows(path, identity)

        def train(last_periods: Mapping[Run, int]) -> None:
            finished = train_runs(trainer, data, last_periods, rows, n_jobs, verbose)
            with contextlib.closing(finished):  # ends workers after an interrupt or an error
                for run, row in finished:
                    rows[run] = row
                    if path is not None:
                        append_row(path, identity | row)

        with _explain_lost_workers(rows):
            settings = _train_rounds(train, periods_by_setting, seeds, halving, rows)
    return _make_table(parameters, settings, seeds, rows, max(periods_by_setting.values()))


def _train_rounds(
    train: Callable[[Mapping[Run, int]], None],
    periods_by_setting: Mapping[str, int],
    seeds: list[int],
    halving: int | None,
    rows: Mapping[Run, Row],
) -> list[str]:
    """Train until an interrupt or the end; return the settings, best first, stopped ones last.

    ``train`` trains each run up to a period and adds its row to ``rows``.
    """
    # The settings that halving has left, and those that it has stopped.
    left, stopped = list(periods_by_setting), list[str]()
    most_periods = max(periods_by_setting.values())
    try:
        for n_left, period in halve(len(left), most_periods, halving):
            left, weak = left[:n_left], left[n_left:]
            stopped = weak + stopped  # the latest first
            runs = starmap(Run, product(left, seeds))
            train({run: min(period, periods_by_setting[run.setting]) for run in runs})
            left = [*_rank(left, seeds, rows, period).index]
    except KeyboardInterrupt:
        print(printable(message("Search stopped: the finished runs are returned.")))
    return [*_rank(left, seeds, rows, most_periods).index, *stopped]


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


def _rank(
    settings: list[str], seeds: list[int], rows: Mapping[Run, Row], period: int
) -> pd.DataFrame:
    """Return each setting's mean accuracy after a period, or after its last one; best first."""
    name = f"val_accuracy_{period - 1:02d}"
    known = [rows.get(run, {}) for run in starmap(Run, product(settings, seeds))]
    accuracies = np.array([row.get(name, row.get("val_accuracy")) for row in known], float)
    by_setting = pd.DataFrame(accuracies.reshape(len(settings), -1), settings)  # NaN: no such run
    means, errors = by_setting.mean(axis=1, skipna=False), by_setting.sem(axis=1, skipna=False)
    averages = pd.DataFrame({"mean_val_accuracy": means, "standard_error": errors})
    return averages.sort_values("mean_val_accuracy", ascending=False, kind="stable")


@contextlib.contextmanager
def _explain_lost_workers(rows: Mapping[Run, Row]) -> Iterator[None]:
    """Say what to do if a worker process or the cluster is lost."""
    try:
        yield
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


def _make_table(
    parameters: Mapping[str, Any],
    settings: list[str],
    seeds: list[int],
    rows: Mapping[Run, Row],
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
