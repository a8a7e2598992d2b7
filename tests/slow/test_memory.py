"""Memory does not grow with the number of training calls.

``CALLS=200 pytest tests/slow/test_memory.py`` makes more of them.
"""

import gc
import os

import psutil
import tensorflow as tf
from split import Split

import mnist_nn

WARM_UP, CALLS = 20, int(os.environ.get("CALLS", "40"))
# Keras' optimizers have TensorFlow keep each graph for good, 4 MB, where they sum over replicas.
MOST_GROWTH = 1.0  # MB a call


def train(number: int, data: Split) -> None:
    """Train a linear model and a network in turn, for one period or for two."""
    periods = 1 + number // 2 % 2
    if number % 2:
        mnist_nn.train_linear_classification_model(0.03, 10, 10, *data, periods=periods, verbose=0)
    else:
        mnist_nn.train_nn_classification_model(0.05, 10, 10, [5], *data, periods=periods, verbose=0)


def count_graphs() -> int:
    gc.collect()
    return sum(isinstance(thing, tf.Graph) for thing in gc.get_objects())


def test_memory_does_not_grow_with_training_calls(small: Split) -> None:
    for number in range(WARM_UP):
        train(number, small)
    graphs, memory = count_graphs(), psutil.Process().memory_info().rss
    for number in range(CALLS):
        train(number, small)
    assert count_graphs() == graphs
    assert (psutil.Process().memory_info().rss - memory) / 1e6 / CALLS < MOST_GROWTH
