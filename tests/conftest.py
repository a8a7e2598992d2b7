"""Fixtures that several test modules share."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import mnist_nn

REFERENCE = Path(__file__).parent / "reference"


class Split(NamedTuple):
    """The four data arguments of the trainers, in their order."""

    training_examples: Any
    training_targets: Any
    validation_examples: Any
    validation_targets: Any


def split_exercise(table: pd.DataFrame, seed: int) -> Split:
    """Shuffle the first 10,000 rows and split them as the exercise does."""
    table = table.head(10_000)
    table = table.reindex(np.random.default_rng(seed).permutation(table.index))
    training_targets, training_examples = mnist_nn.parse_labels_and_features(table[:7_500])
    validation_targets, validation_examples = mnist_nn.parse_labels_and_features(table[7_500:])
    return Split(training_examples, training_targets, validation_examples, validation_targets)


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
    training_targets, training_examples = mnist_nn.parse_labels_and_features(train_table[:200])
    validation_targets, validation_examples = mnist_nn.parse_labels_and_features(
        train_table[200:300]
    )
    return Split(training_examples, training_targets, validation_examples, validation_targets)


@pytest.fixture(scope="session")
def original_runs() -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = json.loads((REFERENCE / "original_runs.json").read_text())
    return runs
