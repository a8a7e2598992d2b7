"""Fixtures that several test modules share."""

from collections.abc import Iterator

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from split import Split, split_rows

import mnist_nn


@pytest.fixture(autouse=True)
def _close_figures() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture(scope="session")
def train_table() -> pd.DataFrame:
    return mnist_nn.load_mnist_dataframe("train")


@pytest.fixture(scope="session")
def small(train_table: pd.DataFrame) -> Split:
    """200 training and 100 validation examples, enough to see that training works."""
    return split_rows(train_table, 200, 100)
