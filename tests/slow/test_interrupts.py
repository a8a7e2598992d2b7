"""A training cell that is stopped, at whatever moment, gives what it has; the next cell works."""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel

SETUP = """
from mnist_nn import *
targets, examples = parse_labels_and_features(load_mnist_dataframe("train")[:2000])
data = (examples[:1500], targets[:1500], examples[1500:], targets[1500:])
train_nn_classification_model(0.05, 10, 20, [50], *data, verbose=0);  # imports what it needs
"""
TRAIN = """
classifier = train_nn_classification_model(0.05, 100_000, 20, [50], *data, periods=1_000, seed=0)
"""
NEXT = """
classifier = train_nn_classification_model(0.05, 10, 20, [50], *data, verbose=0)
print(len(classifier.history.history["log_loss"]))
"""
STOPS = 4


@pytest.fixture(scope="module")
def kernel() -> Iterator[tuple[Any, BlockingKernelClient]]:
    manager, client = start_new_kernel(kernel_name="python3")
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def run(client: BlockingKernelClient, code: str, interrupt: Any = None) -> tuple[str, list[Any]]:
    """Run a cell, interrupt it when it has begun to train; return what it prints and shows."""
    printed, others = [], []

    def take(message: Any) -> None:
        content = message["content"]
        if message["msg_type"] == "stream":
            printed.append((content["name"], content["text"]))
            if interrupt is not None and "LogLoss error" in content["text"]:
                interrupt()
        elif message["msg_type"] in ("error", "display_data"):
            others.append((message["msg_type"], content))

    client.execute_interactive(code, timeout=120, output_hook=take)
    assert {name for name, _ in printed} <= {"stdout"}, printed
    return "".join(text for _, text in printed), others


def test_stopped_cell_gives_the_finished_periods_and_the_next_cell_works(kernel: Any) -> None:
    manager, client = kernel
    run(client, SETUP)
    chance = np.random.default_rng(0)
    finished = set()
    for _ in range(STOPS):

        def interrupt(seconds: float = chance.uniform(0, 1.5)) -> None:
            time.sleep(seconds)
            manager.interrupt_kernel()

        printed, others = run(client, TRAIN, interrupt)
        lines = printed.splitlines()
        stopped = [line for line in lines if line.startswith("Training stopped after")]
        assert len(stopped) == 1, (printed, others)
        n_finished = sum(line.startswith("  period ") for line in lines)
        assert 100 * (n_finished - 1) < int(stopped[0].split()[3]) <= 100 * n_finished
        assert {kind for kind, _ in others} == {"display_data"}, others
        assert sum("image/png" in content["data"] for _, content in others) == 2
        finished.add(n_finished)
        assert run(client, NEXT) == ("10\n", [])
    assert len(finished) > 1  # the moments were different ones
