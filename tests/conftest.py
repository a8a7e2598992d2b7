"""Fixtures that several test modules share."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
import pytest
import split
from once import make_once
from split import Split, split_rows

import mnist_nn

plt.switch_backend("Agg")
# A shell starts background jobs with SIGINT ignored, but some tests send it.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _close_figures() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture(scope="session")
def train_table() -> pd.DataFrame:
    return split.train_table()


@pytest.fixture(scope="session")
def small(train_table: pd.DataFrame) -> Split:
    """200 training and 100 validation examples, enough to see that training works."""
    return split_rows(train_table, 200, 100)


@pytest.fixture(scope="session")
def network(train_table: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A network that recognises some 96 of 100 digits."""
    import keras

    data = split_rows(train_table, 7_500, 2_500)

    def train(path: Path) -> None:
        model = mnist_nn.train_nn_classification_model(
            0.05, 1_500, 50, [100, 100], *data, seed=1, verbose=0
        )
        model.save(path)

    return keras.models.load_model(make_once(tmp_path_factory, "network.keras", train))
