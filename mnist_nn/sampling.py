"""Batches dealt by the original's law: what became of its training input function."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mnist_nn import arguments
from mnist_nn.arguments import Examples, Targets
from mnist_nn.keras_backend import tf

SHUFFLE_BUFFER = 10_000


class Period(NamedTuple):
    """What a period deals: batch k is ``rows[k * batch_size : (k + 1) * batch_size]``."""

    rows: npt.NDArray[np.int64]  # of all examples, permuted
    batch_numbers: npt.NDArray[np.int64]  # a batch a step


def create_training_dataset(
    examples: Examples,
    targets: Targets,
    batch_size: int,
    steps: int,
    *,
    periods: int | Sequence[int] = 10,
    seed: int | None = None,
) -> tf.data.Dataset:
    """Deal training batches as the original's input function did.

    Each period permutes the examples anew and cuts them into batches once; the last batch may be
    shorter. It repeats these batches without end, shuffles them in a buffer of 10,000, and takes
    its share of the steps. So with few steps, much of the data is never seen.

    Args:
        examples: DataFrame or ndarray of shape (n_examples, 784): the features.
        targets: Series or ndarray of shape (n_examples,): the labels, 0 to 9.
        batch_size: Number of examples in a batch.
        steps: Number of batches, over all periods.
        periods: Number of periods, or the number of steps of each.
        seed: Seed of the order; without one, each call differs.

    Returns:
        A dataset of ``steps`` pairs: features of shape (batch_size, 784), float32, and labels of
        shape (batch_size,), int64. It gives the same batches each time it is iterated.

    Raises:
        TypeError, ValueError: If an argument cannot work, with its name and what would.
    """
    features, labels = arguments.examples_and_targets("", examples, targets)
    periods_dealt = deal_batches(len(features), batch_size, steps, periods, seed)
    rows, batch_numbers = zip(*periods_dealt, strict=True)
    period_numbers = np.repeat(np.arange(len(rows)), [len(numbers) for numbers in batch_numbers])
    order = tf.data.Dataset.from_tensor_slices((period_numbers, np.concatenate(batch_numbers)))
    # As an element of its own, not as a constant of gather, the table is freed with the dataset.
    table = tf.data.Dataset.from_tensors((features, labels, np.stack(rows))).repeat()

    def gather(numbers: Any, table: Any) -> tuple[Any, Any]:
        (period, batch), (features, labels, rows) = numbers, table
        return take_batch(features, labels, rows[period], batch, batch_size)

    return tf.data.Dataset.zip((order, table)).map(
        tf.autograph.experimental.do_not_convert(gather)  # leaves no files in the temporary folder
    )


def deal_batches(
    n_examples: int,
    batch_size: int,
    steps: int,
    periods: int | Sequence[int],
    seed: int | None,
) -> list[Period]:
    """Deal the batches of :func:`create_training_dataset`, as row numbers.

    Raises:
        ValueError: If an argument cannot work, with its name and what would.
    """
    batch_size = arguments.whole_number("batch_size", batch_size)
    if batch_size > n_examples:
        raise ValueError(
            f"batch_size {batch_size} is more than the {n_examples} training examples: "
            f"it must be {n_examples} or less"
        )
    generator = np.random.default_rng(arguments.seed(seed))
    steps_by_period = split_steps(steps, periods)
    permutations = [generator.permutation(n_examples) for _ in steps_by_period]
    n_batches = -(-n_examples // batch_size)
    return [
        Period(rows, _deal(n_batches, n_steps, generator))
        for rows, n_steps in zip(permutations, steps_by_period, strict=True)
    ]


def take_batch(
    features: Any, labels: Any, rows: Any, batch_number: Any, batch_size: int
) -> tuple[Any, Any]:
    """Return features and labels of a batch, as tensors; the last of all may be shorter."""
    rows = rows[batch_number * batch_size : (batch_number + 1) * batch_size]
    return tf.gather(features, rows), tf.gather(labels, rows)


def split_steps(steps: int, periods: int | Sequence[int]) -> list[int]:
    """Return the number of steps of each period: whole, as equal as can be, and ``steps`` in all.

    Raises:
        ValueError: If either is not a positive whole number, or there are fewer steps than periods;
            or if ``periods`` lists the steps of each, and they do not add up.
    """
    steps = arguments.whole_number("steps", steps, maximum=arguments.MOST_STEPS)
    if isinstance(periods, Sequence | np.ndarray) and not isinstance(periods, str | bytes):
        arguments.whole_number("the number of periods", len(periods), 0, arguments.MOST_PERIODS)
        steps_by_period = [
            arguments.whole_number(f"periods[{period}]", n_steps)
            for period, n_steps in enumerate(periods)
        ]
        if sum(steps_by_period) != steps:
            raise ValueError(
                f"periods lists {sum(steps_by_period)} steps, but steps is {steps}: they must be "
                "the same"
            )
        return steps_by_period
    periods = arguments.whole_number("periods", periods, maximum=arguments.MOST_PERIODS)
    if steps < periods:
        raise ValueError(
            f"steps {steps} is less than the {periods} periods, and each needs a step: raise "
            "steps, or lower periods"
        )
    return [steps // periods + (period < steps % periods) for period in range(periods)]


def _deal(n_batches: int, n_steps: int, generator: np.random.Generator) -> npt.NDArray[np.int64]:
    """Return the batch numbers that a shuffle buffer deals from 0, 1, …, n_batches − 1, 0, …"""
    buffer = np.arange(SHUFFLE_BUFFER) % n_batches
    dealt = np.empty(n_steps, np.int64)
    for step, slot in enumerate(generator.integers(SHUFFLE_BUFFER, size=n_steps)):
        dealt[step] = buffer[slot]
        buffer[slot] = (SHUFFLE_BUFFER + step) % n_batches
    return dealt
