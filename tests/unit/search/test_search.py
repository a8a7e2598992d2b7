"""The search of hyperparameters in this process: its table, and the file that it resumes from."""

import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from split import Split

import mnist_nn
from mnist_nn.search import search_hyperparameters
from mnist_nn.search.results import METRICS, lock_file
from mnist_nn.search.search import halve

GRID: dict[str, Any] = {
    "learning_rate": [0.01, 0.1],
    "steps": [20],
    "batch_size": [20],
    "hidden_units": [[10], (10, 5)],
    "periods": [4],
}
LINEAR: dict[str, Any] = {"learning_rate": [0.1], "steps": [20], "batch_size": [10]}


def pretend(
    learning_rate: float,
    steps: int,
    batch_size: int,
    hidden_units: Sequence[int] = (),
    *,
    periods: int = 10,
    dropout: float = 0.0,
    seed: int,
    callbacks: Sequence[Any],
    **data: Any,
) -> Any:
    """Return metrics that depend on the arguments alone, without training."""
    arguments = [learning_rate, steps, batch_size, *hidden_units, dropout]
    generator = np.random.default_rng([seed, *np.array(arguments, float).view(np.uint64)])
    model = SimpleNamespace(stop_training=False)
    history: dict[str, list[float]] = {name: [] for name in METRICS}
    for period in range(periods):
        for name in METRICS:
            history[name].append(generator.random())
        for callback in callbacks:
            callback.set_model(model)
            callback.on_epoch_end(period)
        if model.stop_training:
            break
    model.history = SimpleNamespace(history=history)
    return model


def search(small: Split, parameters: dict[str, Any], **options: Any) -> pd.DataFrame:
    """Search in this process, with one seed and without training, unless told otherwise."""
    options = {"trainer": pretend, "seeds": [1], "n_jobs": 1, "verbose": 0, **options}
    return search_hyperparameters(options.pop("trainer"), parameters, *small, **options)


@pytest.fixture(scope="module")
def grid_results(small: Split) -> pd.DataFrame:
    return search(small, GRID, seeds=[2, 1, 2])


def assert_same_runs(results: pd.DataFrame, expected: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(
        results.drop(columns="seconds"), expected.drop(columns="seconds"), check_exact=True
    )


def test_every_combination_is_trained_with_every_seed(grid_results: pd.DataFrame) -> None:
    runs = grid_results[["learning_rate", "hidden_units", "seed"]]
    assert len(runs) == 2 * 2 * 2
    assert not runs.duplicated().any()
    assert set(grid_results["hidden_units"]) == {(10,), (10, 5)}


def test_metrics_are_those_of_the_trainer(small: Split) -> None:
    train = mnist_nn.train_nn_classification_model
    parameters = GRID | {"learning_rate": [0.1], "hidden_units": [(10, 5)]}
    run = search(small, parameters, trainer=train, seeds=[2]).iloc[0]
    model = train(0.1, 20, 20, [10, 5], *small, periods=4, seed=2, verbose=0)
    for metric in ("accuracy", "log_loss", "cross_entropy"):
        for name in (metric, f"val_{metric}"):
            history = model.history.history[name]
            assert [run[f"{name}_{period:02d}"] for period in range(4)] == history
            assert run[name] == history[-1]
    assert run["periods_done"] == 4
    assert run["error"] == ""
    assert run["seconds"] > 0


def test_samples_are_drawn_by_seed(small: Split) -> None:
    parameters = LINEAR | {"learning_rate": stats.loguniform(0.001, 1)}
    first, again, other = (
        search(small, parameters, samples=2, sample_seed=seed) for seed in (1, 1, 2)
    )
    assert_same_runs(first, again)
    assert len(set(first["learning_rate"]) | set(other["learning_rate"])) == 4
    assert first["learning_rate"].between(0.001, 1).all()


def test_halving_stops_weak_combinations(small: Split) -> None:
    parameters = LINEAR | {
        "learning_rate": [0.0001, 0.001, 0.01, 0.1],
        "steps": [40],
        "periods": [4],
    }
    results = search(small, parameters, halving=2)
    whole = search(small, parameters).set_index("learning_rate")
    # Four combinations are trained for a period, two of them for two, and one for all four.
    assert results["periods_done"].tolist() == [4, 2, 1, 1]
    stopped = results["learning_rate"][2:]
    after_first = whole["val_accuracy_00"]
    assert after_first[stopped].max() <= after_first.drop(stopped).min()
    # What was trained is the beginning of the whole run.
    for _, run in results.iterrows():
        last = f"val_accuracy_{run['periods_done'] - 1:02d}"
        assert run["val_accuracy"] == whole.loc[run["learning_rate"], last]


def test_rounds_of_halving() -> None:
    assert halve(5, 10, 3) == [(5, 3), (2, 10)]
    assert halve(2, 10, 3) == halve(2, 10, None) == [(2, 10)]


def test_failed_run_is_not_trained_again_in_the_next_round(small: Split) -> None:
    calls = []

    def fail(**options: Any) -> Any:
        calls.append(options)
        raise ValueError

    search(small, LINEAR | {"learning_rate": [0.1, 0.2]}, trainer=fail, halving=2)
    assert len(calls) == 2


def test_failed_runs_are_rows_with_their_error(small: Split) -> None:
    parameters = GRID | {
        "hidden_units": [[10]],
        "learning_rate": [1e30, 0.1, -1],
        "batch_size": [10, 1_000],
    }
    train = mnist_nn.train_nn_classification_model
    results = search(small, parameters, trainer=train).set_index(["learning_rate", "batch_size"])
    errors = results["error"]
    assert results.index[0] == (0.1, 10)
    assert errors.iloc[0] == ""
    assert "diverged" in errors[1e30, 10]
    assert "learning_rate must be" in errors[-1, 10]
    assert "batch_size" in errors[0.1, 1_000]
    assert results["mean_val_accuracy"].iloc[1:].isna().all()


def test_search_resumes_from_its_file(
    small: Split, tmp_path: Path, grid_results: pd.DataFrame
) -> None:
    path = tmp_path / "results.jsonl"
    search(small, GRID | {"learning_rate": [0.1]}, results=path)
    first_lines = path.read_bytes()
    path.write_bytes(first_lines + b'{"trainer": "train_nn_class')  # cut off
    # More values, another order, and a parameter that had its default.
    parameters = dict(reversed(GRID.items())) | {"dropout": np.array([0.0])}
    results = search(small, parameters, seeds=[1, 2], results=path)
    assert_same_runs(results[grid_results.columns], grid_results)
    assert path.read_bytes().startswith(first_lines)
    columns = pd.read_json(path, lines=True).columns
    assert set(results.columns) <= {*columns, "mean_val_accuracy", "standard_error"}
    # Nothing is left to train, and all numbers come back to the last bit.
    pd.testing.assert_frame_equal(
        search(small, parameters, seeds=[1, 2], results=path), results, check_exact=True
    )
    assert len(pd.read_json(path, lines=True)) == 8


def test_halving_resumes_from_a_file(small: Split, tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    parameters = LINEAR | {"learning_rate": [0.001, 0.01, 0.1], "periods": [3]}
    halved = search(small, parameters, halving=3, results=path)
    assert halved["periods_done"].tolist() == [3, 1, 1]
    whole = search(small, parameters, results=path)
    assert whole["periods_done"].tolist() == [3, 3, 3]
    assert_same_runs(whole, search(small, parameters))
    # A file of whole runs has all that halving needs.
    size = path.stat().st_size
    again = search(small, parameters, halving=3, results=path)
    assert path.stat().st_size == size
    assert again["learning_rate"].tolist() == halved["learning_rate"].tolist()


def train_shortly(callbacks: list[Any], **options: Any) -> Any:
    """Train until the accuracy has not fallen, so for two periods."""
    callbacks = [keras.callbacks.EarlyStopping("accuracy", mode="min"), *callbacks]
    return mnist_nn.train_linear_classification_model(callbacks=callbacks, **options)


def test_own_trainer_may_end_earlier(small: Split, tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    for _ in range(2):
        results = search(small, LINEAR, trainer=train_shortly, results=path)
        assert results[["periods_done", "error"]].to_numpy().tolist() == [[2, ""]]
        assert len(pd.read_json(path, lines=True)) == 1


def test_partial_binds_defaults(small: Split, grid_results: pd.DataFrame) -> None:
    trainer = partial(pretend, hidden_units=(10, 5), periods=4)
    parameters = {name: GRID[name] for name in ("learning_rate", "steps", "batch_size")}
    results = search(small, parameters, trainer=trainer, seeds=[1, 2])
    expected = grid_results[grid_results["hidden_units"] == (10, 5)].reset_index(drop=True)
    assert_same_runs(results, expected[results.columns])


class Trainer:
    """A trainer that is no function."""

    def __init__(self, width: float) -> None:
        self.width = width

    def __call__(self, **options: Any) -> Any:
        return pretend(**options)


OTHER_SEARCHES: dict[str, Any] = {
    "name": (pretend, mnist_nn.train_linear_classification_model),
    "attribute": (Trainer(0.1), Trainer(0.2)),
    "bound value": (partial(pretend, dropout=0.1), partial(pretend, dropout=0.2)),
    "parameter": (Trainer(0.1), Trainer(0.1), {"dropout": [0.1]}),
    "data": (pretend, pretend, {}, {"training_examples": np.zeros((200, 784))}),
}


@pytest.mark.parametrize("other", OTHER_SEARCHES)
def test_file_of_another_search_is_refused(small: Split, tmp_path: Path, other: str) -> None:
    path = tmp_path / "results.jsonl"
    first, second, parameters, data = (*OTHER_SEARCHES[other], {}, {})[:4]
    search(small, LINEAR, trainer=first, results=path)
    content = path.read_bytes()
    with pytest.raises(ValueError, match=r"results .*results.jsonl', line 1 .*another path"):
        search(small._replace(**data), LINEAR | parameters, trainer=second, results=path)
    assert path.read_bytes() == content


@pytest.mark.parametrize("content", ['{"trainer": 3}\n', "a draft without a line end"])
def test_file_of_something_else_is_refused(small: Split, tmp_path: Path, content: str) -> None:
    path = tmp_path / "results.jsonl"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"results .*results.jsonl'.*another path"):
        search(small, LINEAR, results=path)
    assert path.read_text() == content


def test_file_in_use_is_refused(small: Split, tmp_path: Path) -> None:
    pytest.importorskip("fcntl", reason="Windows does not lock the file")
    path = tmp_path / "results.jsonl"
    with lock_file(path), pytest.raises(ValueError, match=r"results .*in use by another search"):
        search(small, LINEAR, results=path)
    assert len(search(small, LINEAR, results=path)) == 1


def test_full_disk_leaves_whole_lines(small: Split, tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="Windows cannot limit the size of files")
    path = tmp_path / "results.jsonl"
    search(small, LINEAR, results=path)
    size = path.stat().st_size
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    # Python ignores the signal of too large a file, and raises an OSError.
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, limits[1]))
    try:
        with pytest.raises(OSError, match=r"results .*cannot be written: File too large.*resumes"):
            search(small, LINEAR, seeds=[1, 2], results=path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.stat().st_size == size
    assert len(search(small, LINEAR, seeds=[1, 2], results=path)) == 2


def test_results_need_a_folder(small: Split, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="none"):
        search(small, LINEAR, results=tmp_path / "none" / "results.jsonl")


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"seeds": 3}, "seeds must list .* not 3"),
        ({"halving": 1}, "halving must be .* not 1"),
        ({"parameters": {"steps": [20]}}, "parameters must map batch_size, hidden_units, learning"),
        ({"parameters": GRID | {"seed": [1]}}, "parameters must map .*'seed'"),
        (
            {"trainer": lambda **kwargs: 0, "parameters": {"steps": [9], "error": [1]}},
            "has error, ",
        ),
        (
            {"trainer": lambda data="x", error="raise", **kwargs: 0, "parameters": {"steps": [9]}},
            "trainer has data, error, ",
        ),
        ({"parameters": GRID | {"steps": 20}}, "'steps' needs to be a list.* 20"),
        ({"parameters": GRID | {"steps": [3]}}, "steps .*3.* 4 periods"),
        ({"trainer": 3}, "3 is not a callable"),
        ({"trainer": lambda steps: 0}, "<lambda> lacks callbacks, periods, seed, .* by name"),
        ({"trainer": lambda **kwargs: 0, "results": "a.jsonl"}, "lambda, but results needs"),
        ({"trainer": lambda **kwargs: 0, "parameters": {}}, "parameters must map steps"),
        ({"trainer": lambda **kwargs: 0, "parameters": 3}, "parameters must map steps"),
        ({"parameters": [GRID]}, r"parameters must map .* it is \[\{"),
        ({"parameters": GRID | {"dropout": [math.nan]}}, "parameters must list numbers.* nan"),
    ],
)
def test_invalid_arguments_are_refused(small: Split, options: dict[str, Any], error: str) -> None:
    options = {"trainer": mnist_nn.train_nn_classification_model, "parameters": GRID, **options}
    with pytest.raises((TypeError, ValueError), match=error):
        search(small, **options)


def test_data_are_checked(small: Split) -> None:
    with pytest.raises(ValueError, match="validation_examples"):
        search(small._replace(validation_examples=small.validation_examples.iloc[:, 1:]), LINEAR)


def test_progress_is_shown_and_removed(small: Split, capsys: pytest.CaptureFixture[str]) -> None:
    search(small, LINEAR, trainer=mnist_nn.train_linear_classification_model, verbose=1)
    out, err = capsys.readouterr()
    assert "1/1" in out
    assert "best accuracy 0." in out
    assert out.splitlines()[-1].rpartition("\r")[2].strip() == ""
    assert err == ""


def test_interrupted_search_returns_the_finished_runs(
    small: Split, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "results.jsonl"

    def train_three(**options: Any) -> Any:
        if path.read_bytes().count(b"\n") == 3:
            raise KeyboardInterrupt
        return pretend(**options)

    parameters = LINEAR | {"learning_rate": [0.1, 0.2, 0.3]}
    results = search(small, parameters, trainer=train_three, seeds=[1, 2], results=path)
    assert results[["learning_rate", "seed"]].to_numpy().tolist() == [[0.1, 1], [0.1, 2], [0.2, 1]]
    assert results["mean_val_accuracy"].notna().tolist() == [True, True, False]
    assert capsys.readouterr().out.startswith("Search stopped")
