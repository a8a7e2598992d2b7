"""A search in several processes: what it survives, and what it leaves behind."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import joblib
import pandas as pd
import pytest
from cluster import Cluster, kill_group
from split import Split
from worker_processes import worker_processes

import mnist_nn
from mnist_nn.search import search_hyperparameters
from mnist_nn.search.results import METRICS

PARAMETERS: dict[str, Any] = {
    "learning_rate": [0.01, 0.1],
    "steps": [2_000],  # long enough to kill a worker while it trains
    "batch_size": [20],
    "hidden_units": [[10], [10, 5]],
    "periods": [4],
}
N_RUNS = 8


def search(data: Split, path: Path | None = None, n_jobs: int = 2) -> pd.DataFrame:
    return search_hyperparameters(
        mnist_nn.train_nn_classification_model,
        PARAMETERS,
        *data,
        seeds=(1, 2),
        results=path,
        n_jobs=n_jobs,
        verbose=0,
    )


@pytest.fixture(scope="module")
def expected(small: Split) -> pd.DataFrame:
    """The results of a search in two workers, of which none is lost."""
    return search(small)


def assert_all_runs_are_finished(results: pd.DataFrame, expected: pd.DataFrame, path: Path) -> None:
    """Each run is there once, also in the file, and equal to the last bit."""
    pd.testing.assert_frame_equal(
        results.drop(columns="seconds"), expected.drop(columns="seconds"), check_exact=True
    )
    assert len(pd.read_json(path, lines=True)) == N_RUNS


def wait_for_runs(path: Path, n_runs: int) -> None:
    while not path.exists() or path.read_bytes().count(b"\n") < n_runs:
        time.sleep(0.02)


def kill_a_worker(path: Path) -> threading.Thread:
    """Kill a worker process as soon as two runs are finished."""

    def kill() -> None:
        wait_for_runs(path, 2)
        os.kill(worker_processes()[0].pid, signal.SIGKILL)

    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    return thread


def test_search_resumes_after_a_worker_is_lost(
    small: Split, tmp_path: Path, expected: pd.DataFrame
) -> None:
    path = tmp_path / "results.jsonl"
    killer = kill_a_worker(path)
    with pytest.raises(RuntimeError, match="worker process was lost after . runs.*n_jobs.*resumes"):
        search(small, path)
    killer.join()
    assert 2 <= len(pd.read_json(path, lines=True)) < N_RUNS
    assert_all_runs_are_finished(search(small, path), expected, path)


def test_cluster_whose_every_part_is_killed_keeps_all_runs(
    tmp_path: Path, expected: pd.DataFrame
) -> None:
    pytest.importorskip("distributed")
    path = tmp_path / "results.jsonl"
    with Cluster(tmp_path) as cluster:
        scheduler = cluster.start_scheduler()
        workers = [cluster.start_worker(), cluster.start_worker()]
        search = cluster.start_search(path, PARAMETERS)
        wait_for_runs(path, 2)
        kill_group(workers[0])  # its run is repeated
        wait_for_runs(path, 3)
        kill_group(scheduler)
        _, errors = search.communicate(timeout=60)
        assert "RuntimeError: the connection to the cluster was lost after" in errors
        cluster.start_scheduler()
        cluster.start_worker()
        n_runs = len(pd.read_json(path, lines=True))
        search = cluster.start_search(path, PARAMETERS)
        wait_for_runs(path, n_runs + 1)
        kill_group(search)
        with path.open("a") as file:
            file.write('{"trainer": "tra')  # killed while it wrote
        search = cluster.start_search(path, PARAMETERS)
        _, errors = search.communicate(timeout=60)
        assert search.returncode == 0, errors
    found = pd.read_json(path, lines=True, precise_float=True)
    assert len(found) == N_RUNS
    columns = ["learning_rate", "hidden_units", "seed", *METRICS]
    pd.testing.assert_frame_equal(
        sort_runs(found[columns]), sort_runs(expected[columns]), check_exact=True
    )


def test_run_that_a_cluster_gives_up_ends_the_search(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    path = tmp_path / "results.jsonl"
    with Cluster(tmp_path) as cluster:
        cluster.start_scheduler(DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="0")
        workers = [cluster.start_worker(), cluster.start_worker()]
        search = cluster.start_search(path, PARAMETERS)
        wait_for_runs(path, 2)
        kill_group(workers[0])
        _, errors = search.communicate(timeout=60)
    assert "RuntimeError: a worker process was lost after" in errors
    assert 2 <= len(pd.read_json(path, lines=True)) < N_RUNS


def sort_runs(table: pd.DataFrame) -> pd.DataFrame:
    table = table.assign(hidden_units=table["hidden_units"].map(tuple))
    return table.sort_values(["learning_rate", "hidden_units", "seed"], ignore_index=True)


# Lets a process believe that another version of this package is installed, or none. Dask looks at
# the metadata; in 2024, it imported the package.
SITE_CUSTOMIZE = """
import importlib.metadata as metadata
from importlib.metadata import PackageNotFoundError, version

def find_version(name):
    if name != "mnist_nn":
        return version(name)
    {behaviour}

metadata.version = find_version
"""


@pytest.mark.parametrize(
    ("behaviour", "module", "reason"),
    [
        ("return '0.9.0'", "__version__ = '0.9.0'", "has mnist_nn 0.9.0, but this process has"),
        ("raise PackageNotFoundError", "import missing", "has no mnist_nn installed: install"),
    ],
    ids=["other version", "no package"],
)
def test_cluster_without_this_version_is_told(
    behaviour: str, module: str, reason: str, small: Split, tmp_path: Path
) -> None:
    distributed = pytest.importorskip("distributed")
    (tmp_path / "mnist_nn.py").write_text(module)
    (tmp_path / "sitecustomize.py").write_text(SITE_CUSTOMIZE.format(behaviour=behaviour))
    with Cluster(tmp_path) as cluster:
        cluster.start_scheduler()
        cluster.start_worker(PYTHONPATH=str(tmp_path))
        with (
            distributed.Client(cluster.address),
            joblib.parallel_config(backend="dask"),
            pytest.raises(RuntimeError, match=reason),
        ):
            search(small)


INTERRUPTED = """
import signal
import sys

import split
from worker_processes import worker_processes

import mnist_nn
from mnist_nn.search import search_hyperparameters

signal.signal(signal.SIGINT, signal.default_int_handler)  # also if the parent ignores it
results = search_hyperparameters(
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


def test_interrupt_keeps_finished_runs_and_leaves_no_process(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    helpers = Path(__file__).parents[1] / "helpers"
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, str(path)],
        env=os.environ | {"PYTHONPATH": str(helpers)},
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
    assert finished == f"{len(pd.read_json(path, lines=True))} 0"


def test_interrupt_between_runs_is_silent(
    small: Split,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def interrupt(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mnist_nn.search.search.append_row", interrupt)
    results = search(small, tmp_path / "results.jsonl")
    assert len(results) == 1
    assert not worker_processes()
    out, err = capfd.readouterr()
    assert out.startswith("Search stopped")
    assert err == ""


def test_workers_import_only_what_training_needs() -> None:
    code = "import sys, mnist_nn.search.worker, mnist_nn.training; print(*sys.modules)"
    output = subprocess.check_output([sys.executable, "-c", code], text=True)
    for module in (
        "seaborn",
        "sklearn.model_selection",
        "mnist_nn.plots",
        "mnist_nn.search.search",
    ):
        assert module not in output.split()
