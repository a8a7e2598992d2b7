"""What the trainers keep of a training, beside the history: the checks of answers read it."""

from dataclasses import dataclass
from typing import Any

from mnist_nn.arguments import Features


@dataclass(frozen=True)
class TrainingRecord:
    """How a model was trained by the trainers; ``classifier.training_record`` holds it.

    Attributes:
        steps: Number of training steps, over all calls that trained the model.
        batch_size: Number of examples in a step of the last call.
        seed: Seed of the last call.
        training_rows: Hashes of the training examples, over all calls; see :func:`hash_rows`.
        validation_rows: Hashes of the validation examples of the last call.
    """

    steps: int
    batch_size: int
    seed: int | None
    training_rows: frozenset[int]
    validation_rows: frozenset[int]


def hash_rows(features: Features) -> frozenset[int]:
    """Return a hash of each example, to tell in this process whether two tables share rows."""
    return frozenset(hash(row.tobytes()) for row in features)


def record_training(
    model: Any,
    steps: int,
    batch_size: int,
    seed: int | None,
    training: Features,
    validation: Features,
) -> None:
    """Add a call of a trainer to the model's record."""
    rows = hash_rows(training)
    if record := getattr(model, "training_record", None):
        steps, rows = record.steps + steps, record.training_rows | rows
    model.training_record = TrainingRecord(steps, batch_size, seed, rows, hash_rows(validation))
