"""The record that the trainers keep of each run, beside its history; the checks read it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from mnist_nn.arguments import Features
from mnist_nn.data import PIXELS

HASH_FACTORS = np.random.default_rng(0).integers(2**64, size=PIXELS // 2, dtype=np.uint64)


@dataclass(frozen=True)
class TrainingRecord:
    """How the trainers trained a model: its ``training_record``."""

    steps: int  # over all calls that trained the model
    batch_size: int  # of the last call, like the seed
    seed: int | None
    training_rows: frozenset[int]  # hashes of the examples of all calls; see hash_rows()

    def is_trained_on(self, features: Features, few: int) -> bool:
        """Return whether more than a few of these examples were training examples."""
        return len(self.training_rows & hash_rows(features)) > few


def hash_rows(features: Features) -> frozenset[int]:
    """Return a hash of each example, to find the rows that two tables share."""
    pairs_of_pixels = np.ascontiguousarray(features).view(np.uint64)
    return frozenset((pairs_of_pixels @ HASH_FACTORS).tolist())


def record_training(model: Any, steps: int, batch_size: int, seed: Any, training: Features) -> None:
    """Add a call of a trainer to the model's record."""
    rows = hash_rows(training)
    if record := getattr(model, "training_record", None):
        steps, rows = record.steps + steps, record.training_rows | rows
    model.training_record = TrainingRecord(steps, batch_size, seed, rows)
