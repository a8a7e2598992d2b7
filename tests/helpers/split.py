"""The exercise's split into training and validation set."""

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

import mnist_nn


class Split(NamedTuple):
    """The four data arguments of the trainers, in their order."""

    training_examples: Any
    training_targets: Any
    validation_examples: Any
    validation_targets: Any


@cache
def train_table() -> pd.DataFrame:
    """Load the training file, once for all tests."""
    return mnist_nn.load_mnist_dataframe("train")


def split_rows(table: pd.DataFrame, n_training: int, n_validation: int) -> Split:
    """Take the first rows as the training set, and those that follow as the validation set."""
    end = n_training + n_validation
    training_targets, training_examples = mnist_nn.parse_labels_and_features(table[:n_training])
    validation_targets, validation_examples = mnist_nn.parse_labels_and_features(
        table[n_training:end]
    )
    return Split(training_examples, training_targets, validation_examples, validation_targets)


def split_exercise(table: pd.DataFrame, seed: int) -> Split:
    """Shuffle the first 10,000 rows and split them as the exercise does."""
    table = table.head(10_000)
    table = table.reindex(np.random.default_rng(seed).permutation(table.index))
    return split_rows(table, 7_500, 2_500)
