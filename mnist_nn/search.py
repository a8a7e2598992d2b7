"""A search of the trainers' hyper-parameters, on every core or on a cluster."""

import contextlib
import inspect
import math
import os
import sys
import warnings
from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import Any

import joblib
import numpy as np
import numpy.typing as npt
import pandas as pd
from joblib.externals.loky import get_reusable_executor
from sklearn.model_selection import ParameterGrid, ParameterSampler
from tqdm import tqdm

from mnist_nn import arguments
from mnist_nn.arguments import Examples, Targets
from mnist_nn.sampling import split_steps
from mnist_nn.search_results import (
    ResultsFile,
    Row,
    Run,
    Setting,
    plain,
    row_names,
)
from mnist_nn.search_worker import (
    Trainer,
    failed_row,
    forget_graphs,
    in_one_line,
    this_process,
    train_run,
)
from mnist_nn.training import train_linear_classification_model, train_nn_classification_model

Arrays = Sequence[npt.NDArray[Any]]

TRAINERS = (train_linear_classification_model, train_nn_classification_model)
NOT_SEARCHED = (
    "training_examples",
    "training_targets",
    "validation_examples",
    "validation_targets",
    "callbacks",
    "seed",
    "verbose",
)
# Times in a row that workers may be lost before a run is finished.
ATTEMPTS = 3
WORKERS_LOST = "workers lost"
# That runs end with an interrupted search, and that a worker which has grown is replaced.
JOBLIB_WARNINGS = r"\d+ tasks (have|which)|A worker stopped while some jobs"


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
    """Train with many settings of the hyper-parameters, several seeds each, side by side.

    The runs go through joblib: to worker processes on this machine, in each of which TensorFlow has
    one thread, or to where ``joblib.parallel_config(backend="dask")`` sends them. The same seed
    gives the same figures. Settings are compared on the validation set alone. Runs that differ in
    nothing but learning rate, steps, periods and seed share what TensorFlow makes of the training
    loop, so that short runs are quicker than by the trainer itself.

    Args:
        trainer: :func:`mnist_nn.train_linear_classification_model` or
            :func:`mnist_nn.train_nn_classification_model`.
        parameters: Name of each argument of the trainer to the list of values to try, such as
            ``{"learning_rate": [0.01, 0.1], "steps": [1000], "batch_size": [10, 100]}``. With
            ``samples``, there may be a distribution of SciPy instead of a list.
        training_examples: DataFrame or ndarray of shape (n_training, 784): the features.
        training_targets: Series or ndarray of shape (n_training,): the labels, 0 to 9.
        validation_examples: DataFrame or ndarray of shape (n_validation, 784).
        validation_targets: Series or ndarray of shape (n_validation,).
        seeds: Each setting is trained once with each of these.
        samples: Number of settings to draw at random; without it, all combinations are tried.
        sample_seed: Seed of what ``samples`` draws.
        halving: Stop the hopeless early: of the settings, only one in ``halving`` goes on after
            the first periods, one in ``halving`` of these after some more, and so on. 3 is usual.
        results: Path of a CSV file to which each run is added as soon as it is finished. Runs
            that the file has are not trained again: the same call goes on where one was stopped.
        n_jobs: Number of worker processes, each of some 800 MB; −1 stands for one a core, and 1 for
            none but this process. A Dask cluster uses all of its workers.
        verbose: 1 shows a progress bar while runs are left; 0 tells no more than that a search
            was interrupted.

    Returns:
        DataFrame with a row a run, the best setting first: a column for each parameter (lists as
        tuples) and ``seed``; ``mean_val_accuracy`` over the setting's seeds and its
        ``standard_error``; what the run reached in the end, ``val_accuracy``, ``val_log_loss``,
        ``val_cross_entropy``, ``accuracy``, ``log_loss`` and ``cross_entropy``; ``periods_done``;
        the ``seconds`` of the training call; ``error``, empty if there was none; and the six
        figures after each period, ``val_accuracy_00`` and so on. Settings that ``halving`` stopped
        come after those that went on, and those of which a run failed have no mean and come after
        all that got as far. If the search is interrupted, these are the runs that were finished.

    Raises:
        TypeError, ValueError: If an argument cannot work, with its name and what would. If the
            trainer refuses a value, its runs say so in ``error`` instead.
        OSError: If the file cannot be read or written.
    """
    training = arguments.examples_and_targets("training_", training_examples, training_targets)
    validation = arguments.examples_and_targets(
        "validation_", validation_examples, validation_targets
    )
    settings = _settings(trainer, parameters, samples, sample_seed)
    seeds = _distinct_seeds(seeds)
    if halving is not None:
        halving = arguments.whole_number("halving", halving, minimum=2)
    if n_jobs != -1:
        n_jobs = arguments.whole_number("n_jobs", n_jobs)
    arguments.one_of("verbose", verbose, (0, 1))
    n_periods = {setting: _n_periods(trainer, setting) for setting in settings}
    most_periods = max(n_periods.values())
    file = None
    if results is not None:
        file = ResultsFile(
            results, parameters, most_periods, trainer.__name__, (*training, *validation)
        )
    arguments.warn_of_raw_pixels(training_examples=training[0], validation_examples=validation[0])

    search = _Search(trainer, (*training, *validation), seeds, file, n_jobs, verbose)
    stopped: list[Setting] = []  # by halving, the best first
    try:
        for share in _shares_of_periods(halving, len(settings), most_periods):
            last_periods = {
                setting: max(1, round(n_periods[setting] * share)) for setting in settings
            }
            search.train(last_periods)
            settings = search.ranked(settings, last_periods)
            if halving and share < 1:
                n_kept = math.ceil(len(settings) / halving)
                settings, stopped = settings[:n_kept], settings[n_kept:] + stopped
    except KeyboardInterrupt:
        settings = search.ranked(settings)
        print("Search stopped: the runs that are finished are returned.")
    finally:
        forget_graphs()
    return search.table(settings + stopped, [*parameters], row_names(most_periods))


class _Search:
    """The runs of a search, and the rows of those that are finished."""

    def __init__(
        self,
        trainer: Trainer,
        data: Arrays,
        seeds: Sequence[int],
        file: ResultsFile | None,
        n_jobs: int,
        verbose: int,
    ) -> None:
        self.trainer = trainer
        self.data = data
        self.seeds = seeds
        self.file = file
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.rows = dict(file.rows) if file else {}

    def train(self, last_periods: Mapping[Setting, int]) -> None:
        """Train each setting with each seed up to its last period, unless that is done already."""
        runs = {
            Run(setting, seed): last_period
            for setting, last_period in last_periods.items()
            for seed in self.seeds
        }
        missing = {run: last for run, last in runs.items() if not self._is_finished(run, last)}
        done = runs.keys() - missing.keys()
        best = max((_accuracy(self.rows[run]) for run in done), default=0.0)
        with (
            warnings.catch_warnings(),
            contextlib.closing(self._train_all(missing)) as finished,
            tqdm(
                total=len(runs),
                initial=len(done),
                unit="run",
                file=sys.stdout,
                leave=False,
                disable=not self.verbose,
            ) as bar,
        ):
            warnings.filterwarnings("ignore", JOBLIB_WARNINGS)
            for run, row in finished:
                self.rows[run] = row
                if self.file and not row["error"].startswith(WORKERS_LOST):
                    self.file.add(run, row)
                best = max(best, _accuracy(row))
                bar.update()
                bar.set_postfix_str(f"best accuracy {best:.4f}")

    def ranked(
        self, settings: Iterable[Setting], last_periods: Mapping[Setting, int] | None = None
    ) -> list[Setting]:
        """Return settings, the best mean accuracy first, after their last periods or in the end."""

        def mean(setting: Setting) -> float:
            period = f"_{last_periods[setting] - 1:02d}" if last_periods else ""
            return self._mean_and_error(setting, f"val_accuracy{period}")[0]

        # What has no mean comes last.
        return sorted(settings, key=lambda setting: np.nan_to_num(-mean(setting), nan=1.0))

    def table(
        self, settings: Iterable[Setting], parameters: Sequence[str], names: Sequence[str]
    ) -> pd.DataFrame:
        """Return the finished runs of these settings, in this order."""
        table = []
        for setting in settings:
            mean, error = self._mean_and_error(setting, "val_accuracy")
            over_seeds = {"mean_val_accuracy": mean, "standard_error": error}
            for seed in self.seeds:
                if row := self.rows.get(Run(setting, seed)):
                    table.append({**dict(setting), "seed": seed, **over_seeds, **row})
        columns = [*parameters, "seed", "mean_val_accuracy", "standard_error", *names]
        return pd.DataFrame(table, columns=columns)

    def _is_finished(self, run: Run, last_period: int) -> bool:
        row = self.rows.get(run)
        return row is not None and (row["error"] != "" or row["periods_done"] >= last_period)

    def _mean_and_error(self, setting: Setting, figure: str) -> tuple[float, float]:
        """Return mean and standard error of a figure; NaN where there is none, or a run failed."""
        rows = filter(None, (self.rows.get(Run(setting, seed)) for seed in self.seeds))
        values = [row.get(figure, math.nan) for row in rows]
        mean = float(np.mean(values)) if values else math.nan
        error = float(np.std(values, ddof=1)) / math.sqrt(len(values)) if values[1:] else math.nan
        return mean, error

    def _train_all(self, missing: Mapping[Run, int]) -> Generator[tuple[Run, Row], None, None]:
        """Yield each run with its row, as they finish; begin again if workers are lost."""
        remaining = dict(missing)
        attempts = 0
        while remaining:
            train = joblib.delayed(train_run)
            finished = joblib.Parallel(
                self.n_jobs,
                batch_size=1,
                pre_dispatch="n_jobs + 1",  # killing workers while more runs wait breaks joblib
                return_as="generator_unordered",
                max_nbytes=1_000,  # larger arrays are shared, not sent with each run
            )(
                train(self.trainer, *self.data, run, last_period, this_process())
                for run, last_period in list(remaining.items())
            )
            try:
                for run, row in finished:
                    del remaining[run]
                    attempts = 0
                    yield run, row
            except (KeyboardInterrupt, GeneratorExit):
                finished.close()
                # Or else workers would finish what they are at, and stay for five minutes.
                get_reusable_executor().shutdown(kill_workers=True)
                raise
            except Exception as error:  # of joblib or its backend; train_run raises none
                attempts += 1
                lost = f"{WORKERS_LOST}: {in_one_line(error)}"
                if attempts == ATTEMPTS:
                    yield from ((run, failed_row(lost)) for run in remaining)
                    return
                warnings.warn(
                    f"{lost.rstrip('.')}. The {len(remaining)} runs that are not finished begin "
                    "again.",
                    stacklevel=arguments.stacklevel_of_caller(),
                )


def _accuracy(row: Row) -> float:
    return 0.0 if row["error"] else float(row["val_accuracy"])


def _settings(
    trainer: Trainer, parameters: Mapping[str, Any], samples: int | None, sample_seed: int
) -> list[Setting]:
    """Return the settings to try, each once, or raise an error."""
    if trainer not in TRAINERS:
        names = " or ".join(trainer.__name__ for trainer in TRAINERS)
        raise ValueError(f"trainer must be {names}, not {trainer!r}")
    if not isinstance(parameters, Mapping):
        raise TypeError(
            "parameters must map each argument to the list of its values, such as "
            f'{{"learning_rate": [0.01, 0.1]}}, not {parameters!r:.100}'
        )
    searchable = {
        name: argument
        for name, argument in inspect.signature(trainer).parameters.items()
        if name not in NOT_SEARCHED
    }
    unknown = [name for name in parameters if name not in searchable]
    missing = [
        name
        for name, argument in searchable.items()
        if argument.default is argument.empty and name not in parameters
    ]
    if unknown or missing:
        what = f"holds {unknown[0]!r}" if unknown else f"lacks {missing[0]!r}"
        raise ValueError(
            f"parameters {what}: {trainer.__name__} takes {', '.join(searchable)}, and lists of "
            "values for all that have no default must be given"
        )
    for name, values in parameters.items():
        if samples is not None and hasattr(values, "rvs"):
            continue
        if not isinstance(values, list | tuple | range | np.ndarray) or not len(values):
            raise ValueError(
                f"parameters[{name!r}] must list the values to try, such as [{values!r}], not "
                f"{values!r}"
            )
    lists = {name: [*values] for name, values in parameters.items() if not hasattr(values, "rvs")}
    grid = ParameterGrid(lists)
    candidates: Iterable[Mapping[str, Any]] = grid
    if samples is not None:
        samples = arguments.whole_number("samples", samples)
        sample_seed = arguments.whole_number("sample_seed", sample_seed, minimum=0)
        if len(lists) == len(parameters) and samples > len(grid):
            raise ValueError(
                f"samples is {samples}, but parameters has only {len(grid)} combinations: lower "
                "it, or leave it out to try them all"
            )
        distributions = {name: lists.get(name, values) for name, values in parameters.items()}
        candidates = ParameterSampler(distributions, samples, random_state=sample_seed)
    settings = (
        tuple((name, plain(f"parameters[{name!r}]", candidate[name])) for name in parameters)
        for candidate in candidates
    )
    return list(dict.fromkeys(settings))


def _distinct_seeds(seeds: Sequence[int]) -> list[int]:
    if not isinstance(seeds, list | tuple | range | np.ndarray) or not len(seeds):
        raise ValueError(f"seeds must list one seed or more, such as (1, 2, 3), not {seeds!r}")
    distinct = [arguments.whole_number(f"seeds[{i}]", seed, 0) for i, seed in enumerate(seeds)]
    if len(set(distinct)) < len(distinct):
        raise ValueError(f"seeds {distinct} must differ: the same seed gives the same run")
    return distinct


def _n_periods(trainer: Trainer, setting: Setting) -> int:
    """Return the number of periods of a run; 1 if the trainer will refuse them."""
    values = {"periods": inspect.signature(trainer).parameters["periods"].default, **dict(setting)}
    try:
        return len(split_steps(values["steps"], values["periods"]))
    except (TypeError, ValueError):
        return 1


def _shares_of_periods(halving: int | None, n_settings: int, most_periods: int) -> list[float]:
    """Return which shares of their periods the settings are trained for, one after another."""
    shares = [1.0]
    if halving:
        while min(n_settings, most_periods) * shares[0] >= halving:
            shares.insert(0, shares[0] / halving)
    return shares
