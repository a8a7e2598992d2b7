"""Training batches, sampled as the original's training input function sampled them."""

from __future__ import annotations  # signatures show names such as Examples

import math
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt

from mnist_nn import arguments
from mnist_nn._backend import tf
from mnist_nn.arguments import Examples, Features, Labels, Targets
from mnist_nn.data import PIXELS
from mnist_nn.errors import ArgumentError

SHUFFLE_BUFFER = 10_000


class Period(NamedTuple):
    """The batches of a period: batch k is ``rows[k * batch_size : (k + 1) * batch_size]``."""

    rows: npt.NDArray[np.int64]  # a permutation of all row numbers
    batch_numbers: npt.NDArray[np.int64]  # one batch for each step


def create_training_dataset(
    examples: Examples,
    targets: Targets,
    batch_size: int,
    steps: int,
    *,
    periods: int | Sequence[int] = 10,
    seed: int | None = None,
) -> tf.data.Dataset:
    """Create a dataset of training batches, sampled as in the original exercise.

    Each period permutes the examples, cuts them into batches, repeats these batches, shuffles them
    in a buffer of 10,000, and takes its share of the steps. With few steps, much of the data is
    never used.

    Args:
        examples: DataFrame or ndarray of shape (n_examples, 784): the features.
        targets: Series or ndarray of shape (n_examples,): the labels, 0 to 9.
        batch_size: Number of examples in a batch.
        steps: Number of batches, over all periods.
        periods: Number of periods, or a list of the number of steps in each.
        seed: Seed of the order. Without it, each call differs.

    Returns:
        Dataset of ``steps`` pairs: features of shape (batch_size, 784), of the dtype
        ``keras.config.floatx()``, and labels of shape (batch_size,), int64. The last batch of
        a permutation may be smaller.

    Raises:
        TypeError, ValueError: If an argument is invalid.

    Example:
        >>> dataset = create_training_dataset(training_examples, training_targets, 10, steps=100)
        >>> features, labels = next(iter(dataset))
        >>> features.shape
        TensorShape([10, 784])
    """
    features, labels = arguments.check_set(examples, targets)
    steps_by_period = split_steps(steps, periods)
    seed = draw_seed(seed)  # for the same batches each time that the dataset is read
    sample = partial(sample_batches, len(features), batch_size, steps_by_period, seed)
    sample()  # to check the arguments now, rather than when the dataset is read

    def generate() -> Iterator[tuple[Features, Labels]]:
        for period in sample():
            for batch_number in period.batch_numbers:
                rows = select_rows(period.rows, batch_number, batch_size)
                yield features[rows], labels[rows]

    signature = (tf.TensorSpec([None, PIXELS], features.dtype), tf.TensorSpec([None], tf.int64))
    dataset = tf.data.Dataset.from_generator(generate, output_signature=signature)
    return dataset.apply(tf.data.experimental.assert_cardinality(steps))


def draw_seed(seed: int | None) -> int:
    """Return the seed, or a random one without it, or raise a ValueError."""
    return cast(int, np.random.SeedSequence(arguments.check_seed(seed)).entropy)


def sample_batches(
    n_examples: int, batch_size: int, steps_by_period: Sequence[int], seed: int | None
) -> Iterator[Period]:
    """Sample the batches of :func:`create_training_dataset`, as row numbers, period by period."""
    batch_size = arguments.check_whole_number("batch_size", batch_size)
    if batch_size > n_examples:
        raise ArgumentError(
            f"batch_size {batch_size} is more than the {n_examples} examples: lower it"
        )
    n_batches = math.ceil(n_examples / batch_size)
    return _sample_periods(n_examples, n_batches, steps_by_period, draw_seed(seed))


def _sample_periods(
    n_examples: int, n_batches: int, steps_by_period: Sequence[int], seed: int
) -> Iterator[Period]:
    # One generator draws all permutations before all batch numbers: another order would give other
    # results for the same seed. A second one draws the permutations again, one at a time, so that
    # only one is in memory.
    generator, permutations = np.random.default_rng(seed), np.random.default_rng(seed)
    for _ in steps_by_period:
        generator.permutation(n_examples)
    for n_steps in steps_by_period:
        rows = permutations.permutation(n_examples)
        yield Period(rows, sample_batch_numbers(n_batches, n_steps, generator))


def sample_batch_numbers(
    n_batches: int, n_steps: int, generator: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Return the first numbers that a shuffle buffer yields for 0, 1, …, n_batches − 1, 0, …

    The buffer holds 10,000 numbers. Each step takes one of them at random, and the next number of
    the sequence fills its place: the algorithm of ``tf.data.Dataset.shuffle``.
    """
    buffer = np.arange(SHUFFLE_BUFFER) % n_batches
    sampled = np.empty(n_steps, np.int64)
    for step, place in enumerate(generator.integers(SHUFFLE_BUFFER, size=n_steps)):
        sampled[step] = buffer[place]
        buffer[place] = (SHUFFLE_BUFFER + step) % n_batches
    return sampled


def select_rows(rows: Any, batch_number: Any, batch_size: int) -> Any:
    """Return the row numbers of a batch."""
    return rows[batch_number * batch_size : (batch_number + 1) * batch_size]


def split_steps(steps: int, periods: int | Sequence[int]) -> list[int]:
    """Return the number of steps in each period: whole numbers that add up to ``steps``."""
    steps = arguments.check_whole_number("steps", steps)
    periods = periods.tolist() if isinstance(periods, np.ndarray) else periods
    if isinstance(periods, Iterable) and not isinstance(periods, str):
        items = enumerate(periods)
        steps_by_period = [arguments.check_whole_number(f"periods[{i}]", n) for i, n in items]
        if sum(steps_by_period) != steps:
            raise ArgumentError(
                f"periods add up to {sum(steps_by_period)}, but steps is {steps}: make them equal"
            )
        return steps_by_period
    periods = arguments.check_whole_number("periods", periods)
    if steps < periods:
        raise ArgumentError(f"steps {steps} is less than the {periods} periods: raise it")
    return [steps // periods + (period < steps % periods) for period in range(periods)]
