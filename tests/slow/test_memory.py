"""Neither memory nor anything else grows with the number of training calls.

``CALLS=200 pytest tests/slow/test_memory.py`` makes more of them.
"""

import contextlib
import ctypes
import gc
import os
from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
import psutil
import pytest
import tensorflow as tf
from scipy import stats
from split import Split

import mnist_nn

WARM_UP, CALLS = 8, int(os.environ.get("CALLS", "32"))
KINDS_OF_CALLS = 8  # that train() makes in turn
# Keras' optimizers have TensorFlow keep each graph for good, 4 MB, where they sum over replicas.
MOST_GROWTH = 0.5  # MB a call


def count_held() -> dict[str, int]:
    """Count what this process holds, apart from memory."""
    gc.collect()
    process = psutil.Process()
    return {
        "graphs": sum(isinstance(thing, tf.Graph) for thing in gc.get_objects()),
        "figures": len(plt.get_fignums()),
        "files": process.num_fds(),
        "threads": process.num_threads(),
    }


def train(number: int, data: Split) -> None:
    """Train a linear model and a network in turn, for one or two periods, with and without figures.

    As in a notebook, figures are closed once they are shown.
    """
    options: Any = {"periods": 1 + number // 2 % 2, "verbose": number // 4 % 2}
    if number % 2:
        mnist_nn.train_linear_classification_model(0.03, 10, 10, *data, **options)
    else:
        mnist_nn.train_nn_classification_model(0.05, 10, 10, [5], *data, **options)


def return_free_memory() -> None:
    """Give the system what was freed: a leak could hide in it. Only Linux's C library can."""
    with contextlib.suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def measure_growth(call: Callable[[int], object]) -> float:
    """Return by how many MB memory grows with each call; a few larger steps do not matter."""
    memory = []
    for number in range(CALLS):
        call(number)
        if number % KINDS_OF_CALLS == 0:
            gc.collect()
            return_free_memory()
            memory.append(psutil.Process().memory_info().rss / 1e6)
    return float(stats.theilslopes(memory).slope) / KINDS_OF_CALLS


@pytest.mark.weekly
def test_nothing_grows_with_training_calls(small: Split, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plt, "show", lambda: plt.close("all"))
    for number in range(WARM_UP):
        train(number, small)
    held = count_held()
    assert measure_growth(lambda number: train(number, small)) < MOST_GROWTH
    assert count_held() == held


def test_growth_of_a_megabyte_is_seen() -> None:
    leak: list[bytes] = []
    assert measure_growth(lambda number: leak.append(b"x" * 1_000_000)) > MOST_GROWTH
