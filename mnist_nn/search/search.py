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

import contextlib
import hashlib
import inspect
import json
import math
import os
import sys
import warnings
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import CancelledError
from concurrent.futures.process import BrokenProcessPool
from itertools import product
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from sklearn.model_selection import ParameterGrid, ParameterSampler
from tqdm import tqdm

from mnist_nn import arguments
from mnist_nn.arguments import Examples, Targets
from mnist_nn.errors import ArgumentError
from mnist_nn.language import message
from mnist_nn.sampling import split_steps
from mnist_nn.search.results import METRICS, Row, Run, append_row, lock_file, read_rows, to_setting
from mnist_nn.search.worker import PROCESS, Trainer, train_run
from mnist_nn.training import train_linear_classification_model, train_nn_classification_model

TRAINERS = (train_linear_classification_model, train_nn_classification_model)
DATA = ("training_examples", "training_targets", "validation_examples", "validation_targets")


def search_hyperparameters(
    trainer: "Trainer",
    parameters: Mapping[str, Any],
    training_examples: "Examples",
    training_targets: "Targets",
    validation_examples: "Examples",
    validation_targets: "Targets",
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
    results up to rounding. :mod:`mnist_nn.search.search` explains how to use a cluster.

    Args:
        trainer: ``train_linear_classification_model`` or ``train_nn_classification_model``.
        parameters: Maps arguments of the trainer to lists of values to try, such as
            ``{"learning_rate": [0.01, 0.1], "steps": [1000], "batch_size": [10, 100]}``. With
            ``samples``, a distribution of SciPy can take the place of a list.
        training_examples, validation_examples: DataFrames or ndarrays of shape (n_examples, 784).
        training_targets, validation_targets: Series or ndarrays of shape (n_examples,), 0 to 9.
        seeds: Each combination is trained once with each of these.
        samples: Number of random combinations to try. Without it, all combinations are tried.
        sample_seed: Seed of these samples.
        halving: Stop weak combinations early: only one in ``halving`` continues after the first
            periods, one in ``halving`` of these after some more, and so on. 3 is usual.
        results: Path of a file, such as ``"network.jsonl"``, that gets each finished run: the same
            call resumes a search from it, and ``pd.read_json(results, lines=True)`` reads it.
        n_jobs: Number of worker processes, of up to 900 MB each. −1 starts one per core; 1 trains
            in this process. A Dask cluster uses all of its workers.
        verbose: 1 shows a progress bar.

    Returns:
        DataFrame with one row per finished run, also if the search is interrupted; the best
        combination first, those that ``halving`` stopped after the others. Its columns: parameters
        (lists as tuples); ``seed``; ``mean_val_accuracy`` and its ``standard_error``, NaN if a run
        failed or is missing; metrics at the end (``val_accuracy``, …); ``periods_done``;
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
    training = arguments.check_data("training_", training_examples, training_targets)
    validation = arguments.check_data("validation_", validation_examples, validation_targets)
    data: dict[str, Any] = dict(zip(DATA, (*training, *validation), strict=True))
    n_periods = _count_periods(trainer, parameters, samples, sample_seed)
    settings, most_periods = list(n_periods), max(n_periods.values())
    if not isinstance(seeds, list | tuple | range | np.ndarray) or not len(seeds):
        raise ArgumentError(message("error_seeds", seeds=seeds))
    seeds = sorted({arguments.check_whole_number("seeds", seed, minimum=0) for seed in seeds})
    if halving is not None:
        halving = arguments.check_whole_number("halving", halving, minimum=2)
    columns = [*parameters, "seed", "mean_val_accuracy", "standard_error", *METRICS]
    columns += ["periods_done", "seconds", "error"]
    columns += [f"{name}_{period:02d}" for name in METRICS for period in range(most_periods)]
    digest = hashlib.sha256(b"".join(array.tobytes() for array in data.values())).hexdigest()
    header = {"trainer": trainer.__name__, "data": f"sha256:{digest[:8]}"}
    arguments.warn_of_raw_pixels(training_examples=training[0], validation_examples=validation[0])
    cluster = _find_cluster()

    divisors = [1]
    while halving and halving * divisors[0] <= min(len(settings), most_periods):
        divisors.insert(0, halving * divisors[0])
    n_left = len(settings)  # after them come those that halving stopped
    path = None if results is None else Path(results)
    with contextlib.nullcontext() if path is None else lock_file(path):
        rows = {} if path is None else read_rows(path, header, json.loads(settings[0]))
        try:
            for divisor in divisors:
                period = round(most_periods / divisor)
                left = settings[:n_left]
                runs = {run: min(period, n_periods[run[0]]) for run in product(left, seeds)}
                finished = _train(trainer, data, runs, rows, cluster, n_jobs, verbose)
                with contextlib.closing(finished):  # ends workers after an interrupt or an error
                    for run, row in finished:
                        rows[run] = row
                        if path is not None:
                            append_row(path, header | row)
                settings[:n_left] = _rank(left, seeds, rows, period).index
                n_left = math.ceil(n_left / (halving or 1))
        except BrokenProcessPool as error:
            raise RuntimeError(message("error_worker_lost", runs=len(rows))) from error
        except CancelledError as error:
            raise RuntimeError(message("error_cluster_lost", runs=len(rows))) from error
        except KeyboardInterrupt:
            print(message("search_stopped"))
            settings[:n_left] = _rank(settings[:n_left], seeds, rows, most_periods).index
    averages = _rank(settings, seeds, rows, most_periods).to_dict("index")
    table = [rows[run] | averages[run[0]] for run in product(settings, seeds) if run in rows]
    frame = pd.DataFrame(table, columns=columns)
    return frame.map(lambda value: tuple(value) if isinstance(value, list) else value)


def _find_cluster() -> Any:
    """Return the client of the Dask cluster that joblib was told to use, or None.

    Raise a RuntimeError if a worker there has other versions than this process, or none.
    """
    backend, _ = joblib.parallel.get_active_backend()
    client = getattr(backend, "client", None)
    if client is None:
        return None
    if client.status != "running":
        raise RuntimeError(message("error_cluster_lost", runs=0))
    with contextlib.suppress(TimeoutError):
        client.wait_for_workers(1, timeout=10)
    names = ["mnist_nn", "tensorflow"]
    versions = client.get_versions(packages=names)
    if not versions["workers"]:
        raise RuntimeError(message("error_cluster_empty"))
    for worker, name in product(versions["workers"], names):
        expected = versions["client"]["packages"][name]
        found = versions["workers"][worker]["packages"][name]
        if found != expected:
            kind = "error_cluster_version" if found else "error_cluster_import"
            values = {"name": name, "found": found, "expected": expected}
            raise RuntimeError(message(kind, worker=worker, **values))
    return client


def _train(
    trainer: Trainer,
    data: Mapping[str, Any],
    last_periods: Mapping[Run, int],
    rows: Mapping[Run, Row],
    cluster: Any,
    n_jobs: int,
    verbose: int,
) -> Generator[tuple[Run, Row]]:
    """Train each run up to its last period, unless that is done; yield the runs as they finish."""
    best, tasks = 0.0, []
    for run, last_period in last_periods.items():
        row = rows.get(run)
        if row and (row["error"] or row["periods_done"] >= last_period):
            best = max(best, row.get("val_accuracy", 0.0))
        else:
            tasks.append((trainer, run, last_period, PROCESS))
    if cluster is None:
        # Each run returns as soon as it is finished. Larger arrays are shared, not sent with each.
        options = {"batch_size": 1, "return_as": "generator_unordered", "max_nbytes": 1_000}
        delayed = [joblib.delayed(train_run)(*task, **data) for task in tasks]
        finished = joblib.Parallel(n_jobs, **options)(delayed)
    else:
        finished = _train_on_cluster(cluster, tasks, data)
    runs = {"total": len(last_periods), "initial": len(last_periods) - len(tasks), "unit": "run"}
    bar = tqdm(finished, **runs, file=sys.stdout, leave=False, disable=not verbose)
    with warnings.catch_warnings(), contextlib.closing(finished), bar:
        # It warns of runs that an interrupt cancels, and of workers that it replaces as they grew.
        warnings.filterwarnings("ignore", category=UserWarning, module="joblib")
        for run, row in bar:
            best = max(best, row.get("val_accuracy", 0.0))
            bar.set_postfix_str(message("search_best", accuracy=best))
            yield run, row


def _train_on_cluster(
    client: Any, tasks: Sequence[tuple[Any, ...]], data: Mapping[str, Any]
) -> Generator[tuple[Run, Row]]:
    """Train on Dask's workers. joblib would wait forever for a run that Dask gives up."""
    from dask.distributed import KilledWorker, as_completed

    shared = {name: client.scatter(array, broadcast=True) for name, array in data.items()}
    futures = [client.submit(train_run, *task, **shared, pure=False) for task in tasks]
    try:
        for future in as_completed(futures):
            yield future.result()
    except KilledWorker as error:  # several workers were lost with the same run
        raise BrokenProcessPool from error
    finally:
        client.cancel(futures)


def _rank(settings: list[str], seeds: list[int], rows: dict[Run, Row], period: int) -> pd.DataFrame:
    """Return each setting's mean accuracy after a period, or after its last one; best first."""
    name = f"val_accuracy_{period - 1:02d}"
    found = [rows.get(run, {}) for run in product(settings, seeds)]  # {} leaves no mean
    accuracies = np.array([row.get(name, row.get("val_accuracy")) for row in found], float)
    by_setting = pd.DataFrame(accuracies.reshape(len(settings), -1), settings)
    means, errors = by_setting.mean(axis=1, skipna=False), by_setting.sem(axis=1, skipna=False)
    averages = pd.DataFrame({"mean_val_accuracy": means, "standard_error": errors})
    return averages.sort_values("mean_val_accuracy", ascending=False, kind="stable")


def _count_periods(trainer: Trainer, parameters: Any, samples: Any, seed: int) -> dict[str, int]:
    """Return the settings to try, with their numbers of periods, or raise an error."""
    if trainer not in TRAINERS:
        names = ", ".join(trainer.__name__ for trainer in TRAINERS)
        raise ArgumentError(message("error_trainer", names=names, trainer=trainer))
    signature = inspect.signature(trainer).parameters
    searchable = signature.keys() - {*DATA, "callbacks", "seed", "verbose"}
    defaults = {name: signature[name].default for name in searchable}
    needed = {name for name, value in defaults.items() if value is inspect.Parameter.empty}
    if not isinstance(parameters, Mapping) or not needed <= parameters.keys() <= defaults.keys():
        names, optional = ", ".join(sorted(needed)), ", ".join(sorted(defaults.keys() - needed))
        values = {"needed": names, "optional": optional, "value": parameters}
        raise ArgumentError(message("error_parameters", **values))
    if samples is None:
        candidates = ParameterGrid(dict(parameters))
    else:
        samples = arguments.check_whole_number("samples", samples)
        candidates = ParameterSampler(dict(parameters), samples, random_state=seed)
    found = [defaults | candidate for candidate in candidates]
    return {to_setting(each): len(split_steps(each["steps"], each["periods"])) for each in found}
