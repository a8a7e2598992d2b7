"""The batches are sampled as the original's were."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf
from scipy import stats

from mnist_nn import create_training_dataset, sampling
from mnist_nn.sampling import sample_batches, split_steps


def sample_rows(
    n_examples: int, batch_size: int, steps: int, periods: int, seed: int | None
) -> list[npt.NDArray[np.int64]]:
    """Return the row numbers of each batch: every example has its own in its first pixel."""
    examples = np.zeros((n_examples, 784), np.float32)
    examples[:, 0] = np.arange(n_examples)
    dataset = create_training_dataset(
        examples, np.zeros(n_examples, int), batch_size, steps, periods=periods, seed=seed
    )
    return [features.numpy()[:, 0].astype(int) for features, _ in dataset]


def test_examples_stay_with_their_labels() -> None:
    examples = np.repeat(np.arange(10), 5)[:, None] * np.ones((1, 784))
    dataset = create_training_dataset(examples, np.repeat(np.arange(10), 5), 7, 20, seed=0)
    expected = tf.TensorSpec((None, 784), tf.float32), tf.TensorSpec((None,), tf.int64)
    assert dataset.element_spec == expected
    for features, labels in dataset:
        np.testing.assert_array_equal(features[:, 0], labels)


@pytest.mark.parametrize("batch_size", [10, 12])
def test_each_period_cuts_a_fresh_permutation_into_batches_once(batch_size: int) -> None:
    batches = sample_rows(100, batch_size, steps=400, periods=2, seed=0)
    assert len(batches) == 400
    periods = [{tuple(batch) for batch in part} for part in (batches[:200], batches[200:])]
    for distinct in periods:
        # 200 samples from 9 or 10 batches miss one of them less than once in 10^8.
        assert sorted(row for batch in distinct for row in batch) == list(range(100))
        lengths = sorted(len(batch) for batch in distinct)
        remainder = [100 % batch_size] * (batch_size == 12)
        assert lengths == remainder + [batch_size] * (100 // batch_size)
    assert not periods[0] & periods[1]


def test_batches_repeat_within_a_period() -> None:
    # 100 of 250 batches, sampled almost independently, hold 82.6 different ones; an epoch has 100.
    periods = list(sample_batches(7_500, 30, [100] * 10, seed=0))
    distinct = [len(set(period.batch_numbers)) for period in periods]
    # The mean of ten has a standard error of 1.0: five are exceeded once in 1.7 million seeds.
    assert 77 < np.mean(distinct) < 88


def test_shuffle_is_that_of_tf_data(monkeypatch: pytest.MonkeyPatch) -> None:
    # The original's own shuffle, with a buffer small enough for its law to show.
    batches, buffer, steps, trials = 5, 12, 24, 1_000
    monkeypatch.setattr(sampling, "SHUFFLE_BUFFER", buffer)
    period = tf.data.Dataset.range(batches).repeat().shuffle(buffer, seed=1).take(steps)
    periods = tf.data.Dataset.range(trials).flat_map(lambda trial: period).batch(steps)
    original = np.array(list(periods.as_numpy_iterator()))
    assert len(np.unique(original, axis=0)) > trials / 2
    generator = np.random.default_rng(1)
    ours = np.array(
        [sampling.sample_batch_numbers(batches, steps, generator) for _ in range(trials)]
    )
    kinds: dict[str, Callable[[Any], Any]] = {
        "first and last": lambda sampled: sampled[:, 0] * batches + sampled[:, -1],
        "how often the first batch": lambda sampled: (sampled == 0).sum(axis=1),
        "how often the same twice": lambda sampled: (sampled[:, 1:] == sampled[:, :-1]).sum(axis=1),
    }
    for kind in kinds.values():
        counts = np.stack(
            [np.bincount(kind(sampled), minlength=25) for sampled in (original, ours)]
        )
        counts = counts[:, counts.sum(axis=0) > 20]
        # Each of the three would fail by chance for one seed in 100,000.
        assert stats.chi2_contingency(counts).pvalue > 1e-5


def test_buffer_of_one_keeps_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "SHUFFLE_BUFFER", 1)
    (period,) = sample_batches(50, 10, [12], seed=0)
    assert period.batch_numbers.tolist() == [*range(5), *range(5), 0, 1]


def test_buffer_holds_ten_thousand_batches() -> None:
    (period,) = sample_batches(20_000, 1, [5_000], seed=0)
    numbers = period.batch_numbers
    assert len(set(numbers)) == 5_000
    assert (numbers < 10_000 + np.arange(5_000)).all()
    assert numbers[:1_000].max() > 9_900  # by chance, one seed in 20,000 fails


def test_one_generator_draws_all_permutations_and_then_all_batches() -> None:
    generator = np.random.default_rng(5)
    permutations = [generator.permutation(50) for _ in range(2)]
    for period, rows in zip(sample_batches(50, 10, [20, 20], seed=5), permutations, strict=True):
        np.testing.assert_array_equal(period.rows, rows)
        numbers = sampling.sample_batch_numbers(5, 20, generator)
        np.testing.assert_array_equal(period.batch_numbers, numbers)


def test_all_batches_are_as_likely_also_the_remainder() -> None:
    (period,) = sample_batches(10, 3, [10_000], seed=0)
    assert period.batch_numbers.dtype == np.int64
    # A quarter each, within seven standard deviations.
    assert np.bincount(period.batch_numbers) == pytest.approx([2_500] * 4, abs=300)


def test_one_batch_may_hold_all() -> None:
    (period,) = sample_batches(10, 10, [5], seed=0)
    assert period.batch_numbers.tolist() == [0] * 5
    assert sorted(period.rows) == list(range(10))


def test_same_seed_samples_the_same_and_none_does_not() -> None:
    def flat(seed: int | None) -> list[int]:
        return [int(row) for batch in sample_rows(50, 7, 20, 10, seed) for row in batch]

    assert flat(3) == flat(3)
    assert flat(3) != flat(4)
    assert flat(None) != flat(None)


@pytest.mark.parametrize("seed", [0, None])
def test_dataset_gives_the_same_batches_each_time(seed: int | None) -> None:
    examples, targets = np.zeros((50, 784)), np.arange(50) % 10
    dataset = create_training_dataset(examples, targets, 7, 20, seed=seed)
    first, second = ([labels.numpy().tolist() for _, labels in dataset] for _ in range(2))
    assert first == second
    assert len(dataset) == len(first) == 20


def test_dataset_has_ten_periods() -> None:
    datasets = [
        create_training_dataset(np.zeros((50, 784)), np.arange(50) % 10, 7, 20, seed=0, **periods)
        for periods in ({}, {"periods": 10})
    ]
    for (_, labels), (_, expected) in zip(*datasets, strict=True):
        np.testing.assert_array_equal(labels, expected)


def test_steps_are_whole_and_add_up() -> None:
    assert split_steps(1_000, 10) == [100] * 10
    assert split_steps(10, 10) == [1] * 10
    assert split_steps(1_003, 10) == [101] * 3 + [100] * 7
    for periods in ([3, 4], (3, 4), np.array([3, 4]), iter([3, 4])):
        assert split_steps(7, periods) == [3, 4]  # type: ignore[arg-type]
    assert split_steps(7, np.array(2)) == [4, 3]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": 0}, "^steps .* not 0"),
        ({"periods": 0}, "^periods .* not 0"),
        ({"steps": 3, "periods": [1, 2.0]}, r"^periods\[1\] .* not 2.0"),
        ({"steps": 3, "periods": [1, 1]}, "^periods .* 2, .* 3"),
        ({"steps": 3, "periods": [2, 2]}, "^periods .* 4, .* 3"),
        ({"steps": 3, "periods": 4}, "^steps 3 .* 4"),
        ({"batch_size": 21}, "^batch_size 21 .* 20"),
        ({"batch_size": 0}, "^batch_size .* not 0"),
        ({"seed": -1}, "^seed .* not -1"),
        ({"examples": np.zeros((20, 783))}, r"^examples .*\(20, 783\)"),
        ({"targets": np.zeros(19)}, "^examples .* 20 .* targets .* 19"),
    ],
)
def test_bad_arguments_are_refused(changes: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {"examples": np.zeros((20, 784)), "targets": np.zeros(20, int)}
    with pytest.raises(ValueError, match=message):
        create_training_dataset(**arguments | {"batch_size": 5, "steps": 100} | changes)
