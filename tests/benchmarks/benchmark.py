"""Measure speed, as ratios within one run, and memory.

    make bench                                       all of it
    python tests/benchmarks/benchmark.py search …    some of it: loading, search and so on

Each contestant trains in a process of its own, and they take turns, so that they suffer the same
from whatever else the machine does. A full run writes ``results.json``, for the site.
"""

import datetime
import importlib.util
import io
import json
import multiprocessing
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

sys.path.append(str(Path(__file__).parents[1] / "helpers"))  # for contestants.py, too

from contestants import CONTESTANTS, Call, Rows
from split import split_rows
from worker_processes import worker_processes

import mnist_nn

ROOT = Path(__file__).parents[2]
STATUS = Path("/proc/self/status")
PERIODS = 10
REPETITIONS = 5
FIRST_CALLS = 5


MAIN = Call(0.05, 1_000, 30)
CALLS = [
    MAIN,
    *(MAIN._replace(steps=steps) for steps in (100, 10)),
    *(Call(0.03, steps, 30, ()) for steps in (1_000, 100, 10)),
]
# Between two that train alike; Adam, which MLPClassifier has instead, ends somewhat elsewhere.
ACCURACY_DIFFERENCE = 0.02
GROWTH = {
    "steps": [MAIN._replace(steps=steps) for steps in (1_000, 10_000, 100_000)],
    "rows": [MAIN._replace(training_rows=rows) for rows in (7_500, 17_500)],
    "width": [MAIN._replace(hidden_units=units) for units in ((100, 100), (400, 400))],
    "depth": [MAIN._replace(hidden_units=(100,) * depth) for depth in (2, 4)],
}


class Run(NamedTuple):
    """What a training call took and gave."""

    seconds: float
    accuracy: float
    mebibytes: float  # at the peak, beyond what there was before


class Contestant:
    """A process that trains when it is asked to."""

    def __init__(self, name: str) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(name, theirs), daemon=True)
        self.process.start()
        self.connection.recv()  # it has imported what it needs

    def train(self, call: Call, seed: int) -> Run:
        self.connection.send((call, seed))
        return Run(*self.connection.recv())

    def stop(self) -> None:
        self.process.kill()
        self.process.join()


def serve(name: str, connection: Any) -> None:
    train = CONTESTANTS[name]()
    table = mnist_nn.load_mnist_dataframe("train")
    splits = {rows: split_rows(table, rows, 2_500) for rows in (7_500, 17_500)}
    connection.send("ready")
    while True:
        call, seed = connection.recv()
        rows = sample_rows(call, seed)
        before = start_watching_memory()
        start = time.perf_counter()
        accuracy = train(call, splits[call.training_rows], rows, seed)
        seconds = time.perf_counter() - start
        connection.send((seconds, accuracy, mebibytes("VmHWM") - before))


def sample_rows(call: Call, seed: int) -> Rows:
    """Return row numbers of shape (periods, steps, batch_size)."""
    generator = np.random.default_rng(seed)
    n_batches = call.training_rows // call.batch_size
    permutation = generator.permutation(n_batches * call.batch_size)
    batches = permutation.reshape(n_batches, call.batch_size)
    return batches[generator.integers(n_batches, size=(PERIODS, call.steps // PERIODS))]


def start_watching_memory() -> float:
    """Return the memory of this process in MiB, and let its peak start from there, on Linux."""
    if STATUS.exists():
        (STATUS.parent / "clear_refs").write_text("5")
    return mebibytes("VmRSS")


def mebibytes(kind: str) -> float:
    if not STATUS.exists():
        return float("nan")
    (line,) = (line for line in STATUS.read_text().splitlines() if line.startswith(kind))
    return int(line.split()[1]) / 1024


RESULTS: list[dict[str, Any]] = []


def report(
    what: str, seconds: tuple[float, float], bar: float | None = None, note: str = ""
) -> None:
    """Print how many times the other's time something takes, and whether that is as asked."""
    ours, other = seconds
    ratio = ours / other
    verdict = "" if bar is None else f"at most {bar:g}: " + ("holds" if ratio <= bar else "MISSED")
    print(
        f"{what:58s} {ratio:7.2f}   {ours:7.3f} s {other:7.3f} s   {verdict:22s} {note}", flush=True
    )
    RESULTS.append({"what": what, "ratio": ratio, "seconds": seconds, "at_most": bar})


def take_turns(
    contestants: dict[str, Contestant], call: Call, repetitions: int
) -> dict[str, list[Run]]:
    runs: dict[str, list[Run]] = {name: [] for name in contestants}
    for seed in range(repetitions):
        for name, contestant in contestants.items():
            runs[name].append(contestant.train(call, seed))
    return runs


def median(runs: Sequence[Run]) -> float:
    return statistics.median(run.seconds for run in runs)


def measure_contestants() -> None:
    missing = [] if importlib.util.find_spec("torch") else ["PyTorch loop"]
    if missing:
        print("PyTorch is not installed, and left out")
    contestants = {name: Contestant(name) for name in CONTESTANTS if name not in missing}
    bars = {"NumPy loop": 1.4, "plain Keras": 1 / 5, "PyTorch loop": 1, "MLPClassifier": 1}
    for contestant in contestants.values():
        contestant.train(MAIN, 0)  # a first call is another matter
    for call in CALLS:
        runs = take_turns(contestants, call, REPETITIONS if call == MAIN else 3)
        ours = runs.pop("mnist_nn")
        accuracy = statistics.mean(run.accuracy for run in ours)
        in_float64 = median(runs.pop("float64"))
        most = 3 if call == MAIN else None
        report(f"{call} in float64 against float32", (in_float64, median(ours)), most)
        for name, theirs in runs.items():
            bar = bars[name] if call == MAIN else None
            accuracy_there = statistics.mean(run.accuracy for run in theirs)
            note = f"accuracy {accuracy:.3f} and {accuracy_there:.3f}"
            report(f"{call} against {name}", (median(ours), median(theirs)), bar, note)
            if call == MAIN and abs(accuracy - accuracy_there) > ACCURACY_DIFFERENCE:
                print(f"MISSED: {name} does not reach the same accuracy")
    for name, contestant in contestants.items():
        if name != "NumPy loop":
            contestant.stop()

    limit, first = [], []
    for seed in range(FIRST_CALLS):
        ours_afresh = Contestant("mnist_nn")
        first.append(ours_afresh.train(MAIN, seed))
        ours_afresh.stop()
        limit.append(contestants["NumPy loop"].train(MAIN, seed))
    report(f"{MAIN}, first call, against NumPy loop", (median(first), median(limit)), 1.8)
    memory = statistics.median(run.mebibytes for run in first)
    contestants["NumPy loop"].stop()
    print(f"    memory of a first call beyond imports and data: {memory:.0f} MiB (at most 250)")
    RESULTS.append({"what": "memory of a first call", "mebibytes": memory, "at_most": 250})


def measure_growth() -> None:
    for what, calls in GROWTH.items():
        for call in calls:
            contestants = {name: Contestant(name) for name in ("mnist_nn", "NumPy loop")}
            for contestant in contestants.values():
                contestant.train(MAIN._replace(steps=10), 0)
            runs = take_turns(contestants, call, 1 if call.steps > 1_000 else 3)
            peak = max(run.mebibytes for run in runs["mnist_nn"])
            report(
                f"{what}: {call} against NumPy loop",
                (median(runs["mnist_nn"]), median(runs["NumPy loop"])),
                0.7 if call.steps == 100_000 else None,
                f"peak +{peak:.0f} MiB",
            )
            for contestant in contestants.values():
                contestant.stop()


def alternate(*functions: Callable[[], object]) -> tuple[float, float]:
    """Call two functions in turn, and return the median seconds of each."""
    seconds: list[list[float]] = [[] for _ in functions]
    for _ in range(REPETITIONS):
        for function, its_seconds in zip(functions, seconds, strict=True):
            start = time.perf_counter()
            function()
            its_seconds.append(time.perf_counter() - start)
    first, second = map(statistics.median, seconds)
    return first, second


def measure_loading() -> None:
    text = mnist_nn.load_mnist_dataframe().to_csv(header=False, index=False)
    seconds = alternate(
        mnist_nn.load_mnist_dataframe, lambda: pd.read_csv(io.StringIO(text), header=None)
    )
    report("loading against read_csv", seconds, bar=0.4)


def measure_weights_figure() -> None:
    weights = np.random.default_rng(0).normal(size=(784, 100))

    def hundred_axes() -> None:
        """Draw as the original did."""
        figure, axes = plt.subplots(10, 10, figsize=(20, 20))
        for image, ax in zip(weights.T, axes.ravel(), strict=True):
            ax.matshow(image.reshape(28, 28), cmap="pink")
            ax.set_xticks(())
            ax.set_yticks(())
        save(figure)

    def save(figure: Any) -> None:
        figure.savefig(io.BytesIO(), format="png")
        plt.close(figure)

    seconds = alternate(lambda: save(mnist_nn.plot_weights(weights).figure), hundred_axes)
    report("weights figure against a hundred Axes", seconds, bar=1 / 8)


def measure_import() -> None:
    def run(code: str) -> Callable[[], object]:
        return lambda: subprocess.run(
            [sys.executable, "-c", code], check=True, stderr=subprocess.DEVNULL
        )

    seconds = alternate(run("import mnist_nn"), run("import pandas"))
    report("import against that of pandas", seconds)
    ours = "import mnist_nn; mnist_nn.train_nn_classification_model"
    libraries = "import pandas, tensorflow, keras, matplotlib.pyplot, seaborn, sklearn.metrics"
    report("import with the trainers against their libraries", alternate(run(ours), run(libraries)))


def measure_search() -> None:
    # Contestants import this module, too, and need none of these.
    from joblib.externals.loky import get_reusable_executor

    from mnist_nn.search import search_hyperparameters

    split = split_rows(mnist_nn.load_mnist_dataframe("train"), 7_500, 2_500)
    parameters = {
        "learning_rate": [0.01 + 0.01 * k for k in range(16)],
        "steps": [300],
        "batch_size": [30],
        "hidden_units": [(100, 100)],
    }

    def search(n_jobs: int) -> tuple[float, pd.DataFrame]:
        """Return the seconds of a search, and its table."""
        train = mnist_nn.train_nn_classification_model
        options: Any = {"n_jobs": n_jobs, "verbose": 0, **split._asdict()}
        start = time.perf_counter()
        runs = search_hyperparameters(train, parameters, **options)
        return time.perf_counter() - start, runs

    first, _ = search(2)
    memory = max(worker.memory_info().rss for worker in worker_processes()) / 2**20
    later, runs = search(2)
    get_reusable_executor().shutdown()
    alone, _ = search(1)
    report("search, two workers to be started, against one", (first, alone))
    report("search, two workers that are there, against one", (later, alone), 1 / 1.5)
    overhead = (2 * later - runs["seconds"].sum()) / len(runs)
    print(f"    overhead of a run beyond its training call: {overhead:.3f} s (at most 0.15)")
    print(f"    memory of a worker: {memory:.0f} MiB (at most 900)")
    RESULTS.append({"what": "search", "overhead": overhead, "mebibytes": memory})


def machine() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    versions = f"Python {platform.python_version()}, TensorFlow {version('tensorflow')}"
    return f"{(names or [platform.processor()])[0]}, {os.cpu_count()} cores, {versions}"


MEASURES = {
    measure.__name__.removeprefix("measure_"): measure
    for measure in (
        measure_loading,
        measure_weights_figure,
        measure_import,
        measure_contestants,
        measure_growth,
        measure_search,
    )
}


def main(names: Sequence[str]) -> None:
    plt.switch_backend("Agg")
    print(machine())
    print("Ratios of medians: 0.5 is half the time of the other.")
    for name in names or MEASURES:
        MEASURES[name]()
    if not names:
        today = str(datetime.date.today())
        text = json.dumps({"date": today, "machine": machine(), "results": RESULTS}, indent=1)
        Path(__file__).with_name("results.json").write_text(text + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
