"""The figure of a search."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mnist_nn.search import plot_search


@pytest.fixture
def results() -> pd.DataFrame:
    """Five combinations, best first; the last one failed."""
    rows = [
        (0.1, (100,), 10, 0.9, 0.01),
        (0.1, (20, 10), 10, 0.8, 0.02),
        (0.1, (100,), 30, 0.7, 0.03),
        (0.01, (20, 10), 10, 0.6, np.nan),
        (0.01, (100,), 10, np.nan, np.nan),
    ]
    names = ["learning_rate", "hidden_units", "batch_size", "mean_val_accuracy", "standard_error"]
    return pd.DataFrame(rows, columns=names)


def get_texts(labels: Any) -> list[str]:
    return [label.get_text() for label in labels]


def test_line_shows_the_best_mean_of_each_value(results: pd.DataFrame) -> None:
    ax = plot_search(results, "learning_rate")
    assert np.asarray(ax.lines[0].get_xydata()).tolist() == [[0.01, 0.6], [0.1, 0.9]]
    assert ax.get_xscale() == "log"
    assert get_texts(ax.get_xticklabels()) == ["0.01", "0.1"]
    assert "0.1: 0.900" in str(ax.get_label())


def test_lists_stand_side_by_side(results: pd.DataFrame) -> None:
    ax = plot_search(results, "hidden_units")
    assert np.asarray(ax.lines[0].get_xydata()).tolist() == [[0, 0.8], [1, 0.9]]
    assert get_texts(ax.get_xticklabels()) == ["20, 10", "100"]


def test_lists_keep_their_labels_however_many(results: pd.DataFrame) -> None:
    lists: Any = [(number,) for number in range(1, 15)]
    many = pd.concat([results[:1]] * 14).assign(hidden_units=lists)
    labels = get_texts(plot_search(many, "hidden_units").get_xticklabels())
    assert labels == [str(number) for number in range(1, 15)]


@pytest.mark.parametrize(
    ("values", "labels", "means"),
    [
        (["decay", 0.1, None, 0.01], ["0.01", "0.1", "None", "decay"], [0.6, 0.8, 0.7, 0.9]),
        ([None, 0.5, 0.25, 0.0], ["0", "0.25", "0.5", "None"], [0.6, 0.7, 0.8, 0.9]),
        ([(20,), "wide", 10, (5, 2)], ["5, 2", "10", "20", "wide"], [0.6, 0.7, 0.9, 0.8]),
    ],
)
def test_numbers_stand_before_texts_and_none(
    results: pd.DataFrame, values: list[Any], labels: list[str], means: list[float]
) -> None:
    mixed = results[:4].assign(mixed=values)
    line = plot_search(mixed, "mixed")
    assert get_texts(line.get_xticklabels()) == labels
    assert np.asarray(line.lines[0].get_xydata())[:, 1].tolist() == means
    heat_map = plot_search(mixed, "mixed", "batch_size")
    assert get_texts(heat_map.get_xticklabels()) == labels


def test_heat_map_shows_the_best_mean_in_each_square(results: pd.DataFrame) -> None:
    ax = plot_search(results, "learning_rate", "hidden_units")
    drawn = ax.collections[0].get_array()
    np.testing.assert_array_equal(drawn, [[0.6, 0.8], [np.nan, 0.9]])
    assert get_texts(ax.get_xticklabels()) == ["0.01", "0.1"]
    assert get_texts(ax.get_yticklabels()) == ["20, 10", "100"]
    assert get_texts(ax.texts) == ["0.600", "0.800\n± 0.020", "0.900\n± 0.010"]
    assert "0.900" in str(ax.get_label())


def test_results_without_the_parameter_or_a_mean_are_refused(results: pd.DataFrame) -> None:
    with pytest.raises(TypeError, match="results must be a DataFrame.* not str"):
        plot_search("results.jsonl", "learning_rate")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="results has no column .*'rate'"):
        plot_search(results, "learning_rate", "rate")
    with pytest.raises(ValueError, match="results .*failed run.*: see column error"):
        plot_search(results[4:], "learning_rate")
