"""The batches are dealt by the original's law."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf
from scipy import stats

from mnist_nn import create_training_dataset, sampling
from mnist_nn.sampling import deal_batches, split_steps


def deal_rows(
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
    for features, labels in dataset:
        assert features.dtype == tf.float32
        np.testing.assert_array_equal(features[:, 0], labels)


@pytest.mark.parametrize("batch_size", [10, 12])
def test_each_period_cuts_a_fresh_permutation_into_batches_once(batch_size: int) -> None:
    batches = deal_rows(100, batch_size, steps=400, periods=2, seed=0)
    assert len(batches) == 400
    periods = [{tuple(batch) for batch in part} for part in (batches[:200], batches[200:])]
    for distinct in periods:
        # 200 draws from 9 or 10 batches miss one of them less than once in 10^8.
        assert sorted(row for batch in distinct for row in batch) == list(range(100))
        lengths = sorted(len(batch) for batch in distinct)
        assert lengths == sorted(
            [batch_size] * (100 // batch_size) + [100 % batch_size] * (batch_size == 12)
        )
    assert not periods[0] & periods[1]


def test_batches_repeat_within_a_period() -> None:
    # 100 of 250 batches drawn almost independently hold 82.6 different ones; an epoch's have 100.
    batches = deal_rows(7_500, 30, steps=1_000, periods=10, seed=0)
    distinct = [
        len({tuple(batch) for batch in batches[start : start + 100]})
        for start in range(0, 1_000, 100)
    ]
    # The mean of ten has a standard error of 1.0: five are exceeded once in 1.7 million seeds.
    assert 77 < np.mean(distinct) < 88


def test_dealing_is_that_of_tf_data(monkeypatch: pytest.MonkeyPatch) -> None:
    # The original's own shuffle, with a buffer small enough for its law to show.
    batches, buffer, steps, trials = 5, 12, 24, 1_000
    monkeypatch.setattr(sampling, "SHUFFLE_BUFFER", buffer)
    period = tf.data.Dataset.range(batches).repeat().shuffle(buffer, seed=1).take(steps)
    periods = tf.data.Dataset.range(trials).flat_map(lambda trial: period).batch(steps)
    original = np.array(list(periods.as_numpy_iterator()))
    assert len(np.unique(original, axis=0)) > trials / 2
    generator = np.random.default_rng(1)
    ours = np.array([sampling._deal(batches, steps, generator) for _ in range(trials)])
    kinds: dict[str, Callable[[Any], Any]] = {
        "first and last": lambda dealt: dealt[:, 0] * batches + dealt[:, -1],
        "how often the first batch": lambda dealt: (dealt == 0).sum(axis=1),
        "how often the same twice": lambda dealt: (dealt[:, 1:] == dealt[:, :-1]).sum(axis=1),
    }
    for kind in kinds.values():
        counts = np.stack([np.bincount(kind(dealt), minlength=25) for dealt in (original, ours)])
        counts = counts[:, counts.sum(axis=0) > 20]
        # Each of the three would fail by chance for one seed in 100,000.
        assert stats.chi2_contingency(counts).pvalue > 1e-5


def test_same_seed_deals_the_same_and_none_does_not() -> None:
    def flat(seed: int | None) -> list[int]:
        return [int(row) for batch in deal_rows(50, 7, 20, 10, seed) for row in batch]

    assert flat(3) == flat(3)
    assert flat(3) != flat(4)
    assert flat(None) != flat(None)


def test_dataset_gives_the_same_batches_each_time() -> None:
    examples = np.random.default_rng(0).random((50, 784))
    dataset = create_training_dataset(examples, np.arange(50) % 10, 7, 20)
    first, second = ([labels.numpy().tolist() for _, labels in dataset] for _ in range(2))
    assert first == second
    assert len(dataset) == 20


def test_steps_are_whole_and_add_up() -> None:
    assert split_steps(1_000, 10) == [100] * 10
    assert split_steps(10, 10) == [1] * 10
    steps = split_steps(1_003, 10)
    assert sum(steps) == 1_003
    assert Counter(steps) == {100: 7, 101: 3}


def test_bad_arguments_are_refused() -> None:
    examples, targets = np.zeros((20, 784)), np.zeros(20, int)
    with pytest.raises(ValueError, match="batch_size 21 is more than the 20 training examples"):
        create_training_dataset(examples, targets, 21, 100)
    with pytest.raises(ValueError, match="steps 9 is less than the 10 periods"):
        create_training_dataset(examples, targets, 5, 9)
    with pytest.raises(ValueError, match="^examples has the shape"):
        create_training_dataset(examples[:, 1:], targets, 5, 100)


def test_batches_enter_the_buffer_in_their_order() -> None:
    """Of more batches than the buffer holds, none comes again before all have entered it."""
    (period,) = deal_batches(20_000, 1, 10_000, 1, seed=0)
    assert len(set(period.batch_numbers)) == 10_000
    assert period.batch_numbers.max() >= 19_000
    # What was dealt at a step had entered before.
    assert (period.batch_numbers < 10_000 + np.arange(10_000)).all()


def test_last_batch_may_be_shorter_and_one_batch_may_hold_all() -> None:
    (period,) = deal_batches(10, 3, 10_000, 1, seed=0)
    assert period.batch_numbers.dtype == np.int64
    # A quarter each, within seven standard deviations.
    assert np.bincount(period.batch_numbers) == pytest.approx([2_500] * 4, abs=300)
    (period,) = deal_batches(10, 10, 5, 1, seed=0)
    assert set(period.batch_numbers) == {0}


def test_most_steps_and_periods_are_allowed() -> None:
    assert split_steps(10_000_000, 1_000) == [10_000] * 1_000
    assert split_steps(1_000, [1] * 1_000) == [1] * 1_000
    assert split_steps(7, np.array([3, 4])) == [3, 4]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("steps", "periods", "text"),
    [
        (0, 1, "^steps must be a whole number, 1 or more, not 0$"),
        (10_000_001, 1, "^steps must be 10,000,000 or less, not 10000001$"),
        (10, 0, "^periods must be a whole number, 1 or more, not 0$"),
        (10_000, 1_001, "^periods must be 1,000 or less, not 1001$"),
        (1_001, [1] * 1_001, "^the number of periods must be 1,000 or less, not 1001$"),
        (3, [1, 2.0], r"^periods\[1\] must be a whole number, 1 or more, not 2.0$"),
        (3, [1, 1], "^periods lists 2 steps, but steps is 3: they must be the same$"),
        (3, [], "^periods lists 0 steps, but steps is 3: they must be the same$"),
        (3, "111", "^periods must be a whole number"),
        (3, b"\1\1\1", "^periods must be a whole number"),
        (3, 4, "^steps 3 is less than the 4 periods, .* raise steps, or lower periods$"),
    ],
)
def test_bad_steps_and_periods_get_a_clear_error(steps: Any, periods: Any, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        split_steps(steps, periods)


@pytest.mark.parametrize(
    ("batch_size", "text"),
    [
        (0, "^batch_size must be a whole number, 1 or more, not 0$"),
        (11, "^batch_size 11 is more than the 10 training examples: it must be 10 or less$"),
    ],
)
def test_bad_batch_size_gets_a_clear_error(batch_size: int, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        deal_batches(10, batch_size, 10, 1, seed=0)
