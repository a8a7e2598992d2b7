"""The figure of a search of hyper-parameters; as in ``plots``, it is drawn into one Axes."""

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from mnist_nn.language import message

MOST_TICKS = 12
NEEDED = ["mean_val_accuracy", "standard_error"]


def plot_search(
    results: pd.DataFrame, x: str, y: str | None = None, *, ax: Axes | None = None
) -> Axes:
    """Draw how the mean validation accuracy depends on one or two hyper-parameters.

    Where settings differ in other parameters, too, the best of them counts; those that ``halving``
    stopped count with what they had reached. Without ``y`` there is a line with the standard
    errors; with it, a heat map with both numbers in each square.

    Args:
        results: What :func:`mnist_nn.search_hyperparameters` returns.
        x: Name of the parameter on the horizontal axis.
        y: Name of the parameter on the vertical axis.
        ax: Axes to draw into; without it, a new figure's.

    Raises:
        ValueError: If ``results`` have no such parameter, or no setting without a failed run.
    """
    names = [x] if y is None else [x, y]
    for name in [*names, *NEEDED]:
        if name not in results:
            columns = ", ".join(map(str, results))
            raise ValueError(f"results have no column {name!r}, but {columns:.100}")
    if x == y:
        raise ValueError(f"x and y are both {x!r}: give two parameters, or x alone")
    finished = results.dropna(subset="mean_val_accuracy")
    if finished.empty:
        raise ValueError("results have no setting of which all runs went well: look at error")
    best = finished.sort_values("mean_val_accuracy", ascending=False, kind="stable")
    best = best.drop_duplicates(names)
    ax = ax or plt.subplots(layout="constrained")[1]
    if y is None:
        _draw_line(best, x, ax)
    else:
        _draw_heat_map(best, x, y, ax)
    return ax


def _draw_line(best: pd.DataFrame, x: str, ax: Axes) -> None:
    rows = sorted(best[[x, *NEEDED]].itertuples(index=False, name=None), key=_order)
    values, means, errors = zip(*rows, strict=True)
    labels = [_label(value) for value in values]
    if all(isinstance(value, int | float) for value in values):
        places = np.array(values, float)
        if places.min() > 0 and places.max() >= 10 * places.min():
            ax.set_xscale("log")
    else:
        places = np.arange(len(values))
    ax.errorbar(places, means, errors, marker="o", capsize=4)
    if len(values) <= MOST_TICKS:
        ax.set_xticks(places, labels)
        ax.minorticks_off()
    ax.set(xlabel=x, ylabel="Accuracy (validation)")
    ax.grid(alpha=0.3)
    texts = ", ".join(f"{label}: {mean:.3f}" for label, mean in zip(labels, means, strict=True))
    ax.set_label(message("figure_search", xlabel=x, accuracies=texts))


def _draw_heat_map(best: pd.DataFrame, x: str, y: str, ax: Axes) -> None:
    squares = {
        (column, row): (mean, error)
        for column, row, mean, error in best[[x, y, *NEEDED]].itertuples(index=False, name=None)
    }
    columns = sorted({column for column, _ in squares}, key=lambda value: _order([value]))
    rows = sorted({row for _, row in squares}, key=lambda value: _order([value]), reverse=True)
    nothing = (np.nan, np.nan)
    table = np.array([[squares.get((column, row), nothing) for column in columns] for row in rows])
    means, errors = table[..., 0], table[..., 1]
    sns.heatmap(
        means,
        ax=ax,
        annot=np.vectorize(_text)(means, errors),
        fmt="",
        annot_kws={"fontsize": "small"},
        cmap="viridis",
        cbar_kws={"label": "Accuracy (validation)"},
        xticklabels=[_label(value) for value in columns],
        yticklabels=[_label(value) for value in rows],
    )
    ax.tick_params(axis="y", rotation=0)
    ax.set(xlabel=x, ylabel=y)
    best_column, best_row = next(iter(squares))
    ax.set_label(
        message(
            "figure_search_map",
            xlabel=x,
            ylabel=y,
            best_x=_label(best_column),
            best_y=_label(best_row),
            accuracy=f"{np.nanmax(means):.3f}",
            worst=f"{np.nanmin(means):.3f}",
        )
    )


def _order(values: Sequence[Any]) -> tuple[str, Any]:
    """Return what puts parameters in order, also where their values are of several types."""
    is_number = isinstance(values[0], int | float)
    return "" if is_number else type(values[0]).__name__, values[0]


def _text(mean: float, error: float) -> str:
    if np.isnan(mean):
        return ""
    return f"{mean:.3f}" if np.isnan(error) else f"{mean:.3f}\n± {error:.3f}"


def _label(value: Any) -> str:
    """Return a parameter's value as it stands on an axis."""
    if isinstance(value, tuple):
        return ", ".join(map(_label, value))
    return f"{value:.3g}" if isinstance(value, float) else str(value)
