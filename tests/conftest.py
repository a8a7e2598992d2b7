"""Fixtures that several test modules share."""

from collections.abc import Iterator

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import pandas as pd
import pytest
import split
from split import Split, split_rows


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
