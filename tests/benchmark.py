"""Measure speed as ratios within one run, and the memory that training takes.

make bench
"""

import io
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import numpy as np
import pandas as pd
from numpy_reference import forward, initial_weights, train
from split import split_exercise

import mnist_nn

REPETITIONS = 7
LEARNING_RATE, STEPS, BATCH_SIZE, HIDDEN_UNITS = 0.05, 1_000, 30, [100, 100]
PERIODS = 10


def seconds(*functions: Callable[[int], object]) -> list[list[float]]:
    """Call the functions in turn, and return the seconds of each call of each function."""
    times: list[list[float]] = [[] for _ in functions]
    for repetition in range(REPETITIONS):
        for function, its_times in zip(functions, times, strict=True):
            start = time.perf_counter()
            function(repetition)
            its_times.append(time.perf_counter() - start)
    return times


def report(what: str, ours: list[float], other: list[float]) -> None:
    ratio = statistics.median(ours) / statistics.median(other)
    print(
        f"{what:40s} {ratio:6.2f} times   "
        f"(medians {statistics.median(ours):.3f} s and {statistics.median(other):.3f} s; "
        f"first call {ours[0]:.3f} s)"
    )


def measure_training() -> None:
    split = split_exercise(mnist_nn.load_mnist_dataframe(), seed=0)
    features = [part.to_numpy(np.float32) for part in split[::2]]
    targets = [part.to_numpy() for part in split[1::2]]
    accuracies: dict[str, list[float]] = {"keras": [], "numpy": []}

    train_nn = mnist_nn.train_nn_classification_model  # loads TensorFlow

    def ours(seed: int) -> None:
        classifier = train_nn(
            LEARNING_RATE, STEPS, BATCH_SIZE, HIDDEN_UNITS, *split, seed=seed, verbose=0
        )
        accuracies["keras"].append(classifier.history.history["val_accuracy"][-1])

    def plain_numpy(seed: int) -> None:
        weights = initial_weights([784, *HIDDEN_UNITS, 10], seed)
        rows = np.random.default_rng(seed).integers(len(features[0]), size=(STEPS, BATCH_SIZE))
        batches = ((features[0][batch], targets[0][batch]) for batch in rows)
        for step, _ in enumerate(train(weights, batches, LEARNING_RATE), start=1):
            if step % (STEPS // PERIODS) == 0:
                accuracy = [
                    np.mean(forward(weights, part)[-1].argmax(axis=1) == labels)
                    for part, labels in zip(features, targets, strict=True)
                ]
        accuracies["numpy"].append(float(accuracy[-1]))

    report("training call against plain NumPy", *seconds(ours, plain_numpy))
    for name, values in accuracies.items():
        print(f"    validation accuracy of {name}: {statistics.mean(values):.3f}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"    peak memory of this process: {peak:.0f} MiB")


def measure_loading() -> None:
    text = mnist_nn.load_mnist_dataframe().to_csv(header=False, index=False)
    report(
        "loading against read_csv",
        *seconds(
            lambda _: mnist_nn.load_mnist_dataframe(),
            lambda _: pd.read_csv(io.StringIO(text), header=None),
        ),
    )


def measure_import() -> None:
    def run(code: str) -> Callable[[int], object]:
        return lambda _: subprocess.run([sys.executable, "-c", code], check=True)

    ours, pandas = seconds(run("import mnist_nn, pandas"), run("import pandas"))
    difference = statistics.median(ours) - statistics.median(pandas)
    print(f"{'import beyond that of pandas':40s} {difference:6.2f} s")


if __name__ == "__main__":
    measure_training()
    measure_loading()
    measure_import()
