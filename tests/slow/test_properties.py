"""Our numbers are those of others, or of the formula, on random and extreme input.

``FUZZING=10 pytest tests/slow/test_properties.py`` tries ten times as many cases.
"""

import math
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from digits import STROKES, assert_same_digit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw
from sklearn import metrics as sklearn_metrics

import mnist_nn
from mnist_nn.analysis import compare_predictions, confused_pairs
from mnist_nn.drawing import digit_from_image
from mnist_nn.search import search_hyperparameters
from mnist_nn.search.results import METRICS

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
    def train(number: int, seed: int, **options: Any) -> Any:
        history = {name: [accuracies[number][seed]] for name in METRICS}
        return SimpleNamespace(history=SimpleNamespace(history=history))

    parameters = {"number": range(len(accuracies)), "steps": [1], "periods": [1]}
    data: Any = [np.zeros((1, 784)), [0]] * 2
    results = search_hyperparameters(train, parameters, *data, seeds=[0, 1, 2], n_jobs=1, verbose=0)
    assert results["mean_val_accuracy"].is_monotonic_decreasing
    of_number = results.groupby("number")
    expected = np.mean(accuracies, axis=1), np.std(accuracies, axis=1, ddof=1) / math.sqrt(3)
    np.testing.assert_allclose(of_number["mean_val_accuracy"].first(), expected[0], atol=1e-12)
    np.testing.assert_allclose(of_number["standard_error"].first(), expected[1], atol=1e-12)


ORIENTATION = 0x0112  # of a photo's EXIF data: what a viewer does to the stored picture
T = Image.Transpose
TURNS = [T.FLIP_LEFT_RIGHT, T.ROTATE_180, T.FLIP_TOP_BOTTOM, T.TRANSPOSE]
TURNS += [T.ROTATE_90, T.TRANSVERSE, T.ROTATE_270]
INVERSE = dict(enumerate(TURNS, start=2))
MODES: dict[str, Any] = {
    "L": lambda grey: grey,
    "P": lambda grey: grey.convert("P"),
    "RGB": lambda grey: grey.convert("RGB"),
    "RGBA": lambda grey: grey.convert("RGBA"),
    "16 bits": lambda grey: Image.fromarray(np.asarray(grey).astype(np.uint16) * 257),
}


def draw_digit(digit: str) -> Any:
    """Return recorded strokes as a mask of ink."""
    ink = Image.new("1", (300, 300))
    for stroke in STROKES[digit]:
        points = [(300 * x, 300 * y) for x, y in stroke]
        ImageDraw.Draw(ink).line(points, fill=1, width=15, joint="curve")
    return np.asarray(ink)


@settings(
    cases, max_examples=30 * TIMES, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.sampled_from(sorted(STROKES)),
    st.sampled_from([1, *INVERSE]),
    st.sampled_from(sorted(MODES)),
    st.booleans(),
    st.integers(150, 235),
    st.integers(12, 60),
)
def test_photo_of_any_kind_shows_the_same_digit(
    tmp_path: Path, digit: str, orientation: int, mode: str, inverted: bool, line: int, side: int
) -> None:
    """Squared paper, of any shade and size; turned, inverted and stored in any way."""
    ink = draw_digit(digit)
    paper = np.full(ink.shape, 235, np.uint8)
    paper[::side] = paper[:, ::side] = line
    photo = np.where(ink, 40, paper).astype(np.uint8)
    picture = Image.fromarray(255 - photo if inverted else photo)
    if orientation > 1:
        picture = picture.transpose(INVERSE[orientation])
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    MODES[mode](picture).save(tmp_path / "photo.png", exif=exif)
    assert_same_digit(digit_from_image(tmp_path / "photo.png"), digit_from_image(ink))
