"""Statistics that tell whether runs of this port and of the original come from one distribution."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from mnist_nn.fidelity import RECORDED_RUNS

SIGNIFICANCE_LEVEL = 1e-5  # how often a comparison of runs may fail by chance
SEEDS = range(12)
VALIDATION_EXAMPLES = 2_500


def standard_errors(
    ours: npt.NDArray[np.float64], original: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return by how many standard errors each figure's mean differs from the original's.

    The standard error is that of Student's t: from the variance within both groups together.
    """
    runs = np.concatenate([ours, original])
    (errors,) = _standard_errors(runs, np.arange(len(runs))[None] < len(ours))
    return np.asarray(errors)


def p_value(
    ours: npt.NDArray[np.float64], original: npt.NDArray[np.float64], splits: int = 200_000
) -> float:
    """Return the p-value: how often runs that all come from one source would differ as much.

    A permutation test: all runs are split at random into two groups of these sizes, many times
    over. The result is the fraction of splits in which the means of any figure differ by as many
    standard errors as between the two real groups, or more. The test makes no assumption about the
    distribution of the figures, or about their correlation.
    """
    runs = np.concatenate([ours, original])
    order = np.random.default_rng(0).random((splits, len(runs))).argsort(axis=1)
    by_chance = np.abs(_standard_errors(runs, order < len(ours))).max(axis=1)
    observed = np.abs(standard_errors(ours, original)).max()
    return float((1 + (by_chance >= observed).sum()) / (1 + splits))


def deviations(figures: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return how far each run's figures are from the median: means of these compare spreads.

    This is Brown and Forsythe's way, which an outlying run does not mislead.
    """
    return np.abs(figures - np.median(figures, axis=0))


def list_printable(log_loss: Callable[[Any, Any], float]) -> set[float]:
    """Return every value that a log loss can print for 2,500 validation examples."""
    targets, errors = np.zeros(VALIDATION_EXAMPLES, int), np.arange(VALIDATION_EXAMPLES)
    return {round(log_loss(targets, np.where(errors < n, 1, 0)), 2) for n in [0, *(errors + 1)]}


def list_printed() -> set[float]:
    """Return every log loss that the original printed, measured and published."""
    kinds = ("measured", "published")
    runs = [call[kind]["val_log_loss"] for call in RECORDED_RUNS for kind in kinds]
    return {float(loss) for run in runs for losses in run for loss in losses}


def _standard_errors(
    figures: npt.NDArray[np.float64], in_first: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """Return Student's t of each figure for each way to put the runs into two groups.

    Args:
        figures: ndarray of shape (n_runs, n_figures).
        in_first: ndarray of shape (n_ways, n_runs): which runs are in the first group.

    Returns:
        ndarray of shape (n_ways, n_figures).
    """
    figures = figures - figures.mean(axis=0)
    n_runs = len(figures)
    n_first = in_first[0].sum()
    n_second = n_runs - n_first
    first = in_first.astype(float) @ figures / n_first
    second = -first * n_first / n_second  # the figures of all runs add up to 0
    within = (figures**2).sum(axis=0) - n_first * first**2 - n_second * second**2
    variance = within / (n_runs - 2)
    errors = (first - second) / np.sqrt(variance * (1 / n_first + 1 / n_second))
    return np.asarray(errors, np.float64)
