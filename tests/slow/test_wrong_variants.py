"""Tests of the tests: each way to get a detail wrong is rejected by the comparisons.

The variants are those that the notebook on porting shows, taken from its source.
"""

from functools import cache
from typing import Any

import numpy as np
import pytest
from original import (
    SEEDS,
    SIGNIFICANCE_LEVEL,
    VALIDATION_EXAMPLES,
    list_printable,
    list_printed,
    p_value,
)

import mnist_nn
from mnist_nn.fidelity import CALLS, difference_from_steps, measure_runs, trainer_with
from notebooks import build


@cache
def variants() -> dict[str, Any]:
    """Execute the notebook's cells that define variants, and return what they define."""
    namespace: dict[str, Any] = {}
    for cell in build.read_source("porting"):
        if cell.id == "imports" or cell.id.startswith("wrong-"):
            exec(cell.source, namespace)
    return namespace


@pytest.mark.parametrize("model", ["linear", "nn"])
def test_wrong_loss_or_optimizer_is_rejected_step_by_step(model: str) -> None:
    wrong = {
        name: variants()[name] for name in ("compile_with_mean", "compile_with_empty_accumulators")
    }
    wrong |= variants()["wrong_clipping"]
    assert len(wrong) == 5
    for name, compile_model in wrong.items():
        assert difference_from_steps(model, compile_model).weights > 1e-2, name


def test_random_start_of_the_linear_model_is_rejected_step_by_step() -> None:
    difference = difference_from_steps(
        "linear", mnist_nn.compile_classification_model, variants()["build_linear_from_glorot"]
    )
    assert difference.weights > 1e-2


@pytest.mark.weekly
def test_same_batches_in_each_period_are_rejected_by_the_means() -> None:
    call = CALLS["linear 0.02/100/10"]  # the quickest of those that reject it
    trainer = trainer_with(sample_batches=variants()["sample_the_same"])
    metrics = measure_runs(call, SEEDS, trainer)
    assert p_value(metrics, call.metrics) < SIGNIFICANCE_LEVEL


def test_epochs_are_rejected_by_the_batches() -> None:
    # Ours repeat batches, says tests/unit/test_sampling.py: 82.6 of 100 are different ones.
    for period in variants()["sample_epochs"](7_500, 30, [100] * 10, seed=0):
        batches = {tuple(period.rows[30 * number :][:30]) for number in period.batch_numbers}
        assert len(batches) == 100


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_log_loss_of_todays_scikit_learn_is_rejected_by_the_printed_values(dtype: str) -> None:
    targets = np.zeros(VALIDATION_EXAMPLES, int)
    one_wrong = np.where(np.arange(VALIDATION_EXAMPLES) < 1, 1, 0)
    cost_of_one = variants()["log_loss_today"](targets, one_wrong, dtype)

    def log_loss(targets: Any, predicted_classes: Any) -> float:
        return float(cost_of_one * np.sum(targets != predicted_classes))

    all_wrong = np.ones(VALIDATION_EXAMPLES, int)
    whole = variants()["log_loss_today"](targets, all_wrong, dtype)
    assert log_loss(targets, all_wrong) == pytest.approx(whole, rel=1e-4)
    assert not list_printed() <= list_printable(log_loss)


def test_wrong_divisions_of_the_steps_are_rejected() -> None:
    def right(split: Any) -> bool:
        steps = split(1_003, 10)
        return sum(steps) == 1_003 and all(isinstance(number, int) for number in steps)

    assert right(variants()["split_steps"])
    assert not right(variants()["split_by_division"])
    assert not right(variants()["split_by_cutting_off"])
