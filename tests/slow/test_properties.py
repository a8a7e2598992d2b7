"""Our figures are those of others, or of the formula, on random and extreme input.

``FUZZING=10 pytest tests/slow/test_properties.py`` tries ten times as many cases.
"""

import math
import os
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

import mnist_nn
from mnist_nn.analysis import compare_predictions, confused_pairs
from mnist_nn.search.results import to_setting
from mnist_nn.search.search import _rank

TIMES = int(os.environ.get("FUZZING", "1"))
cases = settings(max_examples=100 * TIMES, deadline=None, derandomize=TIMES == 1, database=None)
digits = st.integers(0, 9)
pairs = st.lists(st.tuples(digits, digits), min_size=1, max_size=300)
triples = st.lists(st.tuples(digits, digits, digits), min_size=1, max_size=300)
extreme = st.sampled_from([0.0, 1e-300, 1e-38, 1e-15, 1e-7, 0.5, 1.0]) | st.floats(0, 1)


@cases
@given(pairs)
def test_log_loss_and_confusion_matrix(rows: list[tuple[int, int]]) -> None:
    targets, predicted = np.array(rows).T
    clipped = np.clip(np.eye(10)[predicted], 1e-15, 1 - 1e-15)
    by_scikit_learn = sklearn_metrics.log_loss(targets, clipped, labels=range(10))
    assert mnist_nn.log_loss(targets, predicted) == pytest.approx(by_scikit_learn, abs=1e-6)
    counts = np.zeros((10, 10))
    for target, prediction in rows:
        counts[target, prediction] += 1
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    np.testing.assert_allclose(mnist_nn.confusion_matrix(targets, predicted), shares)
    table = confused_pairs(targets, predicted)
    assert table["count"].sum() == (targets != predicted).sum()
    pair: Any
    for pair in table.itertuples():
        assert pair.count == counts[pair.label, pair.predicted]
        assert pair.share == pytest.approx(shares[pair.label, pair.predicted])


@cases
@given(st.lists(st.tuples(digits, st.lists(extreme, min_size=10, max_size=10)), min_size=1))
def test_cross_entropy(rows: list[tuple[int, list[float]]]) -> None:
    targets = np.array([target for target, _ in rows])
    weights = np.array([weights for _, weights in rows]) + 1e-300
    probabilities = weights / weights.sum(axis=1, keepdims=True)
    by_scikit_learn = sklearn_metrics.log_loss(targets, probabilities, labels=range(10))
    ours = mnist_nn.cross_entropy(targets, probabilities)
    assert ours == pytest.approx(by_scikit_learn, rel=1e-9, abs=1e-12)


@cases
@given(triples)
def test_mcnemars_test_is_the_binomial_formula(rows: list[tuple[int, int, int]]) -> None:
    targets, first, second = np.array(rows).T
    comparison = compare_predictions(targets, first, second)
    heads = int(((first == targets) & (second != targets)).sum())
    tails = int(((first != targets) & (second == targets)).sum())
    assert (comparison.only_first_right.sum(), comparison.only_second_right.sum()) == (heads, tails)
    n = heads + tails
    at_most = sum(math.comb(n, k) for k in range(min(heads, tails) + 1))
    assert comparison.p_value == pytest.approx(min(1.0, 2 * at_most / 2**n))
    parts: Any = comparison[:4]
    assert (np.sum(parts, axis=0) == 1).all()  # each example is in one of the four


@cases
@given(st.lists(st.lists(st.floats(0, 1), min_size=3, max_size=3), min_size=1, max_size=8))
def test_search_ranks_by_means_with_standard_errors(accuracies: list[list[float]]) -> None:
    seeds = [1, 2, 3]
    settings_ = [to_setting({"steps": number}) for number in range(len(accuracies))]
    rows: Any = {
        (setting, seed): {"val_accuracy": accuracy}
        for setting, of_setting in zip(settings_, accuracies, strict=True)
        for seed, accuracy in zip(seeds, of_setting, strict=True)
    }
    ranked = _rank(settings_, seeds, rows, 1)
    expected = pd.Series([np.mean(each) for each in accuracies], settings_)
    errors = pd.Series([np.std(each, ddof=1) / math.sqrt(3) for each in accuracies], settings_)
    found = ranked.loc[settings_]
    np.testing.assert_allclose(found["mean_val_accuracy"], expected, atol=1e-12)
    np.testing.assert_allclose(found["standard_error"], errors, atol=1e-12)
    assert ranked["mean_val_accuracy"].is_monotonic_decreasing
