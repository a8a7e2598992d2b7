"""The search of hyper-parameters: what it returns, writes and survives."""

import csv
import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from scipy import stats
from split import Split
from worker_processes import worker_processes

import mnist_nn
from mnist_nn import search_hyperparameters, search_worker, train_linear_classification_model
from mnist_nn import train_nn_classification_model as train_nn
from mnist_nn.training import _train_period

GRID: dict[str, Any] = {
    "learning_rate": [0.01, 0.1],
    "steps": [20],
    "batch_size": [20],
    "hidden_units": [[10], (10, 5)],
    "periods": [4],
}
LONG = GRID | {"steps": [2_000]}  # long enough to kill a worker on the way
LINEAR: dict[str, Any] = {"learning_rate": [0.1], "steps": [20], "batch_size": [10]}


def search(small: Split, parameters: dict[str, Any] = GRID, **options: Any) -> pd.DataFrame:
    """Search in this process, with two seeds, unless told otherwise."""
    trainer = train_nn if "hidden_units" in parameters else train_linear_classification_model
    options = {"seeds": (1, 2), "n_jobs": 1, "verbose": 0, **options}
    return search_hyperparameters(trainer, parameters, *small, **options)


@pytest.fixture(scope="module")
def grid_results(small: Split) -> pd.DataFrame:
    return search(small)


@pytest.fixture(scope="module")
def long_results(small: Split) -> pd.DataFrame:
    return search(small, LONG)


def test_every_setting_is_trained_once_with_every_seed(grid_results: pd.DataFrame) -> None:
    runs = grid_results[["learning_rate", "batch_size", "hidden_units", "seed"]]
    assert len(runs) == 2 * 2 * 2
    assert not runs.duplicated().any()
    assert set(grid_results["hidden_units"]) == {(10,), (10, 5)}


def test_figures_are_those_of_the_trainer(small: Split, grid_results: pd.DataFrame) -> None:
    run = grid_results.iloc[3]
    model = train_nn(
        run["learning_rate"],
        20,
        int(run["batch_size"]),
        run["hidden_units"],
        *small,
        periods=4,
        seed=int(run["seed"]),
        verbose=0,
    )
    for name in ("accuracy", "log_loss", "cross_entropy"):
        for figure in (name, f"val_{name}"):
            history = model.history.history[figure]
            assert [run[f"{figure}_{period:02d}"] for period in range(4)] == history
            assert run[figure] == history[-1]
    assert run["periods_done"] == 4
    assert run["error"] == ""
    assert run["seconds"] > 0


@pytest.fixture
def traced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The batch sizes of the graphs that are traced."""
    sizes = []

    def trace(model: Any, batch_size: int, *tensors: Any) -> Any:
        sizes.append(batch_size)
        return _train_period(model, batch_size, *tensors)

    monkeypatch.setattr("mnist_nn.training._train_period", trace)
    return sizes


def test_runs_that_share_a_graph_are_as_if_alone(
    small: Split, traced: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    parameters = GRID | {
        "learning_rate": [0.01, 1e30, 0.1],
        "periods": [4, (2, 8, 10)],
        "hidden_units": [(5, 5)],
        "dropout": [0.2],
        "batch_normalization": [True],
        "l2": [0.01],
    }
    shared = search(small, parameters, seeds=[1])
    assert len(traced) == 1
    assert not search_worker._graphs
    monkeypatch.setattr(search_worker, "MOST_GRAPHS", 0)
    alone = search(small, parameters, seeds=[1])
    assert len(traced) == 1 + len(alone) == 1 + 6
    assert alone["error"].str.startswith("ValueError: training diverged").sum() == 2
    assert alone["val_cross_entropy"].nunique() == 4
    assert_same_runs(shared, alone)


def test_graphs_of_large_models_are_not_kept(
    small: Split, traced: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_worker, "MOST_KEPT_WEIGHTS", 7_850)
    search(small, LINEAR)
    assert len(traced) == 1
    monkeypatch.setattr(search_worker, "MOST_KEPT_WEIGHTS", 7_849)
    search(small, LINEAR)
    assert len(traced) == 1 + 2


def test_best_setting_comes_first(grid_results: pd.DataFrame) -> None:
    means = grid_results["mean_val_accuracy"].to_numpy()
    assert (np.diff(means) <= 0).all()
    assert means[0] > means[-1]
    for start in range(0, 8, 2):
        accuracies = grid_results["val_accuracy"].iloc[start : start + 2]
        assert means[start] == means[start + 1] == accuracies.mean()
        error = accuracies.std(ddof=1) / np.sqrt(2)
        assert grid_results["standard_error"].iloc[start] == pytest.approx(error)


def test_samples_are_drawn_by_seed(small: Split) -> None:
    parameters = LINEAR | {"learning_rate": stats.loguniform(0.001, 1), "batch_size": [10, 20, 40]}
    first, again, other = (
        search(small, parameters, samples=4, sample_seed=seed, seeds=[1]) for seed in (1, 1, 2)
    )
    drawn = ["learning_rate", "batch_size"]
    assert len(first) == 4
    assert first[drawn].equals(again[drawn])
    assert not set(first["learning_rate"]) & set(other["learning_rate"])
    assert first["learning_rate"].between(0.001, 1).all()


def test_halving_stops_the_hopeless(small: Split) -> None:
    parameters = LINEAR | {
        "learning_rate": [0.0001 * 2**power for power in range(9)],
        "steps": [90],
        "periods": [9],
    }
    results = search(small, parameters, halving=3, seeds=[1])
    whole = search(small, parameters, seeds=[1]).set_index(["learning_rate", "seed"])
    # Nine settings see a ninth of the periods, three a third, and one all of them.
    assert results["periods_done"].tolist() == [9] + [3] * 2 + [1] * 6
    after_first = whole["val_accuracy_00"].groupby(level=0).mean()
    stopped = results[results["periods_done"] == 1]["learning_rate"]
    assert after_first[stopped.unique()].max() <= after_first.drop(stopped.unique()).min()
    # What they saw is the beginning of the whole run.
    for _, run in results.iterrows():
        last = f"val_accuracy_{run['periods_done'] - 1:02d}"
        assert run["val_accuracy"] == whole.loc[(run["learning_rate"], run["seed"]), last]


def test_failed_runs_are_rows_with_their_error(small: Split) -> None:
    parameters = GRID | {"learning_rate": [0.1, 1e30, -1], "batch_size": [10, 1_000]}
    results = search(small, parameters, seeds=[1])
    assert len(results) == 12
    good = results[(results["learning_rate"] == 0.1) & (results["batch_size"] == 10)]
    assert (good["error"] == "").all()
    assert list(good.index) == [0, 1]
    errors = results.drop(good.index).set_index(["learning_rate", "batch_size"])["error"]
    assert errors[1e30, 10].str.startswith("ValueError: training diverged").all()
    assert errors[-1, 10].str.contains("learning_rate must be a finite number above 0").all()
    assert errors[0.1, 1_000].str.contains("batch_size 1000 is more than").all()
    assert results["mean_val_accuracy"].iloc[2:].isna().all()


def test_search_goes_on_where_it_stopped(
    small: Split, tmp_path: Path, grid_results: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "results.csv"
    part = GRID | {"learning_rate": [0.1]}
    seconds = search(small, part, results=path)["seconds"].sum()
    whole_lines = path.read_bytes()
    path.write_bytes(whole_lines + b'train_nn_classification_model,0123abcd,"0.0')
    results = search(small, results=path)
    pd.testing.assert_frame_equal(
        results.drop(columns="seconds"), grid_results.drop(columns="seconds"), check_exact=True
    )
    assert results["seconds"][results["learning_rate"] == 0.1].sum() == pytest.approx(seconds)
    assert path.read_bytes().startswith(whole_lines)
    assert len(pd.read_csv(path)) == 8
    # Nothing is left to train.
    monkeypatch.setattr("mnist_nn.search.train_run", None)
    again = search(small, results=path)
    pd.testing.assert_frame_equal(again, results, check_exact=True)


def test_halving_goes_on_from_a_file(small: Split, tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    parameters = LINEAR | {"learning_rate": [0.001, 0.01, 0.1], "periods": [3]}
    halved = search(small, parameters, halving=3, results=path)
    assert sorted(halved["periods_done"]) == [1] * 4 + [3] * 2
    whole = search(small, parameters, results=path)
    assert (whole["periods_done"] == 3).all()
    assert whole["val_accuracy"].equals(search(small, parameters)["val_accuracy"])
    # A file of whole runs tells what halving asks for.
    lines = len(path.read_text().splitlines())
    halved = search(small, parameters, halving=3, results=path)
    assert len(path.read_text().splitlines()) == lines
    assert halved["val_accuracy"].iloc[0] == whole["val_accuracy"].iloc[0]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (LINEAR | {"hidden_units": [[3]], "l2": [0.1]}, "l2"),
        (LINEAR | {"periods": [5]}, "differ in .*_09"),
    ],
)
def test_file_of_another_search_is_refused(
    small: Split, tmp_path: Path, change: dict[str, Any], complaint: str
) -> None:
    path = tmp_path / "results.csv"
    search(small, LINEAR, results=path)
    content = path.read_bytes()
    with pytest.raises(ValueError, match=f"results .*results.csv.*line 1.*{complaint}.*another"):
        search(small, change, results=path)
    assert path.read_bytes() == content


def test_file_of_other_data_is_refused(small: Split, tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    search(small, LINEAR, results=path)
    other = small._replace(training_examples=small.training_examples / 2)
    with pytest.raises(ValueError, match="line 2: it is train_linear.* of data .*, not train_lin"):
        search(other, LINEAR, results=path)


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        (lambda text: "a,b\n1,2\n", "line 1: its columns differ in a, "),
        (lambda text: "\0\xff" * 99 + "\n", "line 1"),
        (lambda text: text.replace(",20,", ",twenty,"), "line 2"),
        (lambda text: text[:-30] + "\n", "line 3.*cells"),
    ],
)
def test_damaged_file_is_refused(
    small: Split, tmp_path: Path, damage: Callable[[str], str], complaint: str
) -> None:
    path = tmp_path / "results.csv"
    search(small, LINEAR, results=path)
    path.write_text(damage(path.read_text()), "utf-8")
    with pytest.raises(ValueError, match=complaint):
        search(small, LINEAR, results=path)


def test_full_disk_leaves_whole_lines(
    small: Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "results.csv"
    sync, calls = os.fsync, 0

    def full(file: int) -> None:
        nonlocal calls
        calls += 1
        if calls == 4:  # the header and two runs are written
            raise OSError(28, "No space left on device")
        sync(file)

    monkeypatch.setattr(os, "fsync", full)
    parameters = LINEAR | {"learning_rate": [0.1, 0.2]}
    with pytest.raises(OSError, match="cannot be written: No space left.* 2 finished runs.*same"):
        search(small, parameters, results=path)
    assert len(pd.read_csv(path)) == 2
    assert path.read_bytes().endswith(b"\n")
    assert len(search(small, parameters, results=path)) == 4


def test_results_need_a_folder(small: Split, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="cannot be written: No such file or directory"):
        search(small, results=tmp_path / "none" / "results.csv")
    with pytest.raises(OSError, match="cannot be read: Is a directory"):
        search(small, results=tmp_path)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"seeds": []}, "seeds must list one seed or more"),
        ({"seeds": 3}, "seeds must list one seed or more"),
        ({"seeds": (1, 1)}, "seeds .* must differ"),
        ({"seeds": (1, -1)}, r"seeds\[1\] must be a whole number, 0 or more"),
        ({"samples": 0}, "samples must be a whole number, 1 or more"),
        ({"samples": 5}, "samples is 5, but parameters has only 4 combinations"),
        ({"halving": 1}, "halving must be a whole number, 2 or more"),
        ({"n_jobs": 0}, "n_jobs must be a whole number, 1 or more"),
        ({"verbose": 2}, "verbose must be 0 or 1"),
        ({"parameters": {}}, "parameters lacks 'learning_rate'.*hidden_units"),
        ({"parameters": [GRID]}, "parameters must map"),
        ({"parameters": GRID | {"seed": [1]}}, "parameters holds 'seed': train_nn"),
        ({"parameters": GRID | {"steps": 20}}, r"parameters\['steps'\] must list.*\[20\]"),
        ({"parameters": GRID | {"steps": []}}, r"parameters\['steps'\] must list"),
        ({"parameters": GRID | {"steps": "20"}}, r"parameters\['steps'\] must list"),
        ({"parameters": GRID | {"l1": stats.uniform()}}, r"parameters\['l1'\] must list"),
        ({"parameters": GRID | {"l1": [print]}}, r"parameters\['l1'\] holds <built-in"),
        ({"trainer": print}, "trainer must be train_linear_classification_model or"),
    ],
)
def test_bad_arguments_are_named(
    small: Split, options: dict[str, Any], complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mnist_nn.search.train_run", None)  # nothing is trained before
    arguments = {"trainer": train_nn, "parameters": GRID, "n_jobs": 1, **options}
    with pytest.raises((TypeError, ValueError), match=complaint):
        search_hyperparameters(
            arguments.pop("trainer"), arguments.pop("parameters"), *small, **arguments
        )


def test_bad_data_are_named(small: Split) -> None:
    with pytest.raises(ValueError, match="validation_examples"):
        search(small._replace(validation_examples=small.validation_examples.iloc[:, 1:]))


def test_progress_is_shown_and_wiped_away(small: Split, capsys: pytest.CaptureFixture[str]) -> None:
    search(small, LINEAR, verbose=1)
    out, err = capsys.readouterr()
    assert "2/2" in out
    assert "best accuracy 0." in out
    assert out.splitlines()[-1].rpartition("\r")[2].strip() == ""
    assert err == ""


def wait_for_runs(path: Path, n_runs: int) -> None:
    """Wait until this many runs are in the file."""
    while not path.exists() or path.read_bytes().count(b"\n") <= n_runs:
        time.sleep(0.02)


def kill_a_worker(path: Path, find_worker: Callable[[], int]) -> threading.Thread:
    """Kill the process of which the number is found, as soon as two of eight runs are finished."""

    def kill() -> None:
        wait_for_runs(path, 2)
        os.kill(find_worker(), signal.SIGKILL)
        assert path.read_bytes().count(b"\n") < 1 + 8

    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    return thread


def assert_same_runs(
    results: pd.DataFrame, expected: pd.DataFrame, path: Path | None = None
) -> None:
    """Assert that each run is there once, in the file, too, and as it should be to the last bit."""
    pd.testing.assert_frame_equal(
        results.drop(columns="seconds"), expected.drop(columns="seconds"), check_exact=True
    )
    if path:
        assert len(pd.read_csv(path)) == len(expected)


def test_lost_worker_process_costs_no_run(
    small: Split, tmp_path: Path, long_results: pd.DataFrame
) -> None:
    path = tmp_path / "results.csv"
    killer = kill_a_worker(path, lambda: worker_processes()[0].pid)
    with pytest.warns(UserWarning, match="workers lost.* runs that are not finished begin again"):
        results = search(small, LONG, n_jobs=2, results=path)
    killer.join()
    assert_same_runs(results, long_results, path)
    collects = joblib.Parallel(2)(joblib.delayed(gc.isenabled)() for _ in range(4))
    assert collects == [True] * 4  # between runs


INTERRUPTED = """
import signal
import sys

import split
from worker_processes import worker_processes

import mnist_nn

signal.signal(signal.SIGINT, signal.default_int_handler)  # also if the parent ignores it
results = mnist_nn.search_hyperparameters(
    mnist_nn.train_linear_classification_model,
    {"learning_rate": [0.1], "steps": [2000], "batch_size": [10]},
    *split.split_rows(split.train_table(), 200, 100),
    seeds=range(1000),
    n_jobs=2,
    results=sys.argv[1],
    verbose=0,
)
print(len(results), len(worker_processes()))
"""


def test_interrupted_search_keeps_what_is_finished_and_leaves_no_process(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, str(path)],
        cwd=Path(__file__).parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_for_runs(path, 3)
    os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C in a terminal, and a kernel's interrupt
    out, err = process.communicate(timeout=60)
    assert err == ""
    stopped, finished = out.splitlines()
    assert stopped.startswith("Search stopped")
    assert finished == f"{len(pd.read_csv(path))} 0"


def test_interrupt_between_runs_is_silent_too(
    small: Split,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    sync, calls = os.fsync, 0

    def interrupt(file: int) -> None:
        nonlocal calls
        calls += 1
        if calls == 3:  # after the header and a run
            raise KeyboardInterrupt
        sync(file)

    monkeypatch.setattr(os, "fsync", interrupt)
    parameters = LINEAR | {"learning_rate": [0.1, 0.2, 0.3, 0.4]}
    results = search(small, parameters, n_jobs=2, results=tmp_path / "results.csv")
    assert len(results) == 2
    assert not worker_processes()
    assert capsys.readouterr().out.startswith("Search stopped")


def test_lost_worker_of_a_cluster_costs_no_run(
    small: Split, tmp_path: Path, long_results: pd.DataFrame
) -> None:
    distributed = pytest.importorskip("distributed")
    path = tmp_path / "results.csv"
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            dashboard_address=None,
            local_directory=tmp_path,
        ) as cluster,
        distributed.Client(cluster) as client,
        joblib.parallel_config(backend="dask"),
    ):
        numbers = client.run(os.getpid)
        killer = kill_a_worker(path, lambda: next(iter(numbers.values())))
        results = search(small, LONG, n_jobs=-1, results=path)
        killer.join()
    assert_same_runs(results, long_results, path)


def plotted(ax: Axes) -> list[list[float]]:
    """Return the points of a line with error bars."""
    points: list[list[float]] = np.asarray(ax.lines[0].get_xydata()).tolist()
    return points


def test_line_shows_the_best_mean_for_each_value(grid_results: pd.DataFrame) -> None:
    ax = mnist_nn.plot_search(grid_results, "learning_rate")
    best = grid_results.groupby("learning_rate")["mean_val_accuracy"].max()
    assert plotted(ax) == [list(point) for point in best.items()]
    assert ax.get_xscale() == "log"
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["0.01", "0.1"]
    assert f"0.1: {best[0.1]:.3f}" in str(ax.get_label())


def test_lists_are_values_like_others(grid_results: pd.DataFrame) -> None:
    ax = mnist_nn.plot_search(grid_results, "hidden_units")
    best = grid_results.groupby("hidden_units")["mean_val_accuracy"].max()
    assert [y for _, y in plotted(ax)] == [best[(10,)], best[(10, 5)]]
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["10", "10, 5"]


def test_map_shows_the_best_mean_in_each_square(grid_results: pd.DataFrame) -> None:
    worst = (grid_results["learning_rate"] == 0.01) & (grid_results["hidden_units"].map(len) == 1)
    results = grid_results[~worst]  # a square without runs
    ax = mnist_nn.plot_search(results, "learning_rate", "hidden_units")
    best = results.groupby(["hidden_units", "learning_rate"])["mean_val_accuracy"].max().to_dict()
    drawn = ax.collections[0].get_array()
    assert drawn is not None
    # The larger above, as on an axis.
    expected = [
        [best.get((units, rate), np.nan) for rate in (0.01, 0.1)] for units in ((10, 5), (10,))
    ]
    np.testing.assert_array_equal(drawn.reshape(2, 2), expected)
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["10, 5", "10"]
    top = results.iloc[0]
    assert any(
        text.get_text() == f"{top['mean_val_accuracy']:.3f}\n± {top['standard_error']:.3f}"
        for text in ax.texts
    )
    assert f"{top['mean_val_accuracy']:.3f}" in str(ax.get_label())


@pytest.mark.parametrize(
    ("names", "complaint"),
    [
        (("rate",), "results have no column 'rate'"),
        (("learning_rate", "rate"), "results have no column 'rate'"),
        (("learning_rate", "learning_rate"), "x and y are both"),
    ],
)
def test_unknown_parameters_are_named(
    grid_results: pd.DataFrame, names: tuple[str, ...], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        mnist_nn.plot_search(grid_results, *names)


def test_failed_runs_are_not_drawn(grid_results: pd.DataFrame) -> None:
    failed = grid_results.assign(mean_val_accuracy=np.nan)
    with pytest.raises(ValueError, match="no setting of which all runs went well: look at error"):
        mnist_nn.plot_search(failed, "learning_rate")


def test_no_cell_of_the_file_is_a_formula(small: Split, tmp_path: Path) -> None:
    """Spreadsheets calculate what begins with =, +, - or @."""
    path = tmp_path / "results.csv"
    formulas = ["=1+1", "+1", "@SUM(1)", "-1"]
    parameters = {"learning_rate": formulas, "steps": [10], "batch_size": [10]}
    mnist_nn.search_hyperparameters(
        mnist_nn.train_linear_classification_model,
        parameters,
        *small,
        seeds=[1],
        results=path,
        n_jobs=1,
        verbose=0,
    )
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    assert len(rows) == 1 + len(formulas)
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "@", "-"))]
