"""A search in several processes: what it survives, and what it leaves behind."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import joblib
import pandas as pd
import psutil
import pytest
from cluster import Cluster, kill_group
from split import Split
from tqdm import tqdm
from worker_processes import worker_processes

import mnist_nn
from mnist_nn.search import search_hyperparameters

PARAMETERS: dict[str, Any] = {
    "learning_rate": [0.01, 0.1],
    "steps": [1_000],  # long enough to kill a worker while it trains
    "batch_size": [20],
    "hidden_units": [[10], [10, 5]],
    "periods": [4],
}
N_RUNS = 12


def search(
    data: Split, path: Path | None = None, trainer: Any = mnist_nn.train_nn_classification_model
) -> pd.DataFrame:
    return search_hyperparameters(trainer, PARAMETERS, *data, results=path, n_jobs=2, verbose=0)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    pytest.importorskip("distributed")
    started = Cluster(tmp_path)
    yield started
    for process in started.processes:
        kill_group(process)


def search_on_cluster(address: str, data: Split, path: Path | None = None) -> pd.DataFrame:
    from dask import distributed

    with distributed.Client(address), joblib.parallel_config(backend="dask"):
        return search(data, path)


SEARCH = """
import sys
from pathlib import Path
from split import split_rows, train_table
from tests.slow.test_search_processes import search_on_cluster
search_on_cluster(sys.argv[1], split_rows(train_table(), 200, 100), Path(sys.argv[2]))
"""


@pytest.fixture(scope="module")
def expected(small: Split) -> pd.DataFrame:
    """The results of a search in two workers, of which none is lost; its trainer is a lambda."""
    return search(small, trainer=lambda **data: mnist_nn.train_nn_classification_model(**data))


def assert_all_runs_are_finished(results: pd.DataFrame, expected: pd.DataFrame, path: Path) -> None:
    """Each run is there once, also in the file, and equal to the last bit."""
    pd.testing.assert_frame_equal(
        results.drop(columns="seconds"), expected.drop(columns="seconds"), check_exact=True
    )
    assert len(pd.read_json(path, lines=True)) == N_RUNS


def wait_for_runs(path: Path, n_runs: int, searching: Any = None) -> None:
    while not path.exists() or path.read_bytes().count(b"\n") < n_runs:
        assert searching is None or searching.poll() is None
        time.sleep(0.02)


def run_after(path: Path, n_runs: int, action: Callable[[], None]) -> threading.Thread:
    """Run an action as soon as the file has so many runs."""

    def wait_and_run() -> None:
        wait_for_runs(path, n_runs)
        action()

    thread = threading.Thread(target=wait_and_run, daemon=True)
    thread.start()
    return thread


@pytest.mark.weekly
def test_search_resumes_after_a_worker_is_lost(
    small: Split, tmp_path: Path, expected: pd.DataFrame
) -> None:
    path = tmp_path / "results.jsonl"
    killer = run_after(path, 2, lambda: os.kill(worker_processes()[0].pid, signal.SIGKILL))
    with pytest.raises(
        RuntimeError, match=r"worker process was lost after \d+ runs.*n_jobs.*resumes"
    ):
        search(small, path)
    killer.join()
    assert 2 <= len(pd.read_json(path, lines=True)) < N_RUNS
    assert_all_runs_are_finished(search(small, path), expected, path)


@pytest.mark.weekly
def test_cluster_whose_every_part_is_killed_keeps_all_runs(
    cluster: Cluster, small: Split, tmp_path: Path, expected: pd.DataFrame
) -> None:
    path = tmp_path / "results.jsonl"
    scheduler = cluster.start_scheduler()
    workers = [cluster.start_worker(), cluster.start_worker()]
    run_after(path, 2, lambda: kill_group(workers[0]))  # its run is repeated
    run_after(path, 3, lambda: kill_group(scheduler))
    with pytest.raises(RuntimeError, match=r"connection to the cluster was lost after \d+ runs"):
        search_on_cluster(cluster.address, small, path)

    cluster.start_scheduler(DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="0")
    worker = cluster.start_worker()
    n_runs = len(pd.read_json(path, lines=True))
    run_after(path, n_runs + 1, lambda: kill_group(worker))  # its run is given up
    with pytest.raises(RuntimeError, match=r"worker process was lost after \d+ runs"):
        search_on_cluster(cluster.address, small, path)

    cluster.start_worker()
    n_runs = len(pd.read_json(path, lines=True))
    searching = cluster.start(sys.executable, "-c", SEARCH, cluster.address, path)
    wait_for_runs(path, n_runs + 1, searching)
    kill_group(searching)
    with path.open("a") as file:
        file.write('{"trainer": "tra')  # killed while it wrote
    results = search_on_cluster(cluster.address, small, path)
    assert_all_runs_are_finished(results, expected, path)


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
        ("raise PackageNotFoundError", "import missing", "has mnist_nn .not installed., but this"),
    ],
    ids=["other version", "no package"],
)
def test_cluster_without_this_version_is_told(
    behaviour: str, module: str, reason: str, cluster: Cluster, small: Split, tmp_path: Path
) -> None:
    (tmp_path / "mnist_nn.py").write_text(module)
    (tmp_path / "sitecustomize.py").write_text(SITE_CUSTOMIZE.format(behaviour=behaviour))
    cluster.start_scheduler()
    cluster.start_worker(PYTHONPATH=str(tmp_path))
    with pytest.raises(RuntimeError, match=reason):
        search_on_cluster(cluster.address, small)


def test_interrupt_keeps_finished_runs_and_leaves_no_process(
    small: Split, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "results.jsonl"

    def interrupt() -> None:
        for process in (*worker_processes(), psutil.Process()):  # as Ctrl-C in a terminal
            process.send_signal(signal.SIGINT)

    run_after(path, 3, interrupt)
    results = search(small, path)
    assert 3 <= len(results) < N_RUNS
    assert len(pd.read_json(path, lines=True)) == len(results)
    assert not worker_processes()
    out, err = capfd.readouterr()
    assert out.startswith("Search stopped")
    assert err == ""


@pytest.mark.weekly
def test_interrupt_between_runs_is_silent(
    small: Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(tqdm, "set_postfix_str", interrupt)
    assert search(small, tmp_path / "results.jsonl").empty
    assert not worker_processes()
    out, err = capfd.readouterr()
    assert out.startswith("Search stopped")
    assert err == ""


@pytest.mark.weekly
def test_user_may_have_a_name_in_any_letters(
    small: Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "사용자"
    folder.mkdir()
    monkeypatch.setenv("JOBLIB_TEMP_FOLDER", str(folder))
    parameters = {"learning_rate": [0.1], "steps": [20], "batch_size": [10]}
    train = mnist_nn.train_linear_classification_model
    results = search_hyperparameters(
        train, parameters, *small, seeds=(1, 2), n_jobs=2, results=folder / "결과.jsonl", verbose=0
    )
    assert list(results["error"]) == ["", ""]
    assert [path.name for path in folder.iterdir()] == ["결과.jsonl"]
