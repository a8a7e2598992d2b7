"""The figure of a search; as in ``plots``, it is drawn into one Axes."""

from numbers import Real
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes

from mnist_nn.errors import ArgumentError, ArgumentTypeError
from mnist_nn.fonts import figure_text, language_font
from mnist_nn.language import get_language
from mnist_nn.plots import draw_heat_map
from mnist_nn.rendering import describe
from mnist_nn.search.results import AVERAGES

MEAN, ERROR = AVERAGES
MOST_LABELS = 12  # side by side: more would overlap


@language_font()
def plot_search(
    results: pd.DataFrame, x: str, y: str | None = None, *, ax: Axes | None = None
) -> Axes:
    """Draw how the mean validation accuracy depends on one or two hyperparameters.

    Where combinations also differ in other parameters, the best one is drawn. Without ``y``, the
    figure is a line with standard errors; with ``y``, it is a heat map with both numbers in each
    square. Combinations that ``halving`` stopped have the accuracy of their few periods.

    Args:
        results: What :func:`mnist_nn.search.search_hyperparameters` returns.
        x, y: Names of the parameters on the horizontal and on the vertical axis.
        ax: Axes to draw into. Without it, the function makes a new figure.

    Raises:
        TypeError: If ``results`` is no DataFrame.
        ValueError: If ``results`` have no such parameter, or no combination without a failed run.

    Example:
        >>> results = pd.DataFrame({"rate": [0.1, 1.0], "mean_val_accuracy": [0.8, 0.9]})
        >>> ax = plot_search(results.assign(standard_error=0.01), "rate")
    """
    if not isinstance(results, pd.DataFrame):
        raise ArgumentTypeError(
            "results must be a DataFrame, as search_hyperparameters returns it, not "
            f"{type(results).__name__}"
        )
    names = [x] if y is None else [x, y]
    missing = {*names, MEAN, ERROR} - set(results)
    if missing:
        raise ArgumentError(f"results has no column {sorted(missing)}, only {[*results]!s:.200}")
    ranked = results.dropna(subset=MEAN).sort_values(MEAN, ascending=False, kind="stable")
    if ranked.empty:
        raise ArgumentError("results has a failed run in every combination: see column error")
    for name in names:
        values = ranked[name]
        if values.hasnans or not pd.api.types.is_numeric_dtype(values):
            labels = [*dict.fromkeys(map(_format_value, sorted(values, key=_sort_key)))]
            ranked[name] = pd.Categorical(values.map(_format_value), labels, ordered=True)
    best = ranked.drop_duplicates(names)
    ax = ax or plt.subplots(layout="constrained")[1]
    if y is None:
        _draw_line(best.sort_values(x), x, ax)
    else:
        _draw_heat_map(best, x, y, ax)
    return ax


def _draw_line(best: pd.DataFrame, x: str, ax: Axes) -> None:
    labels = best[x].map(_format_value)
    is_numeric = pd.api.types.is_numeric_dtype(best[x])
    places = best[x] if is_numeric else range(len(best))
    if is_numeric and best[x].min() > 0:
        ax.set_xscale("log")
    ax.errorbar(places, best[MEAN], best[ERROR], marker="o", capsize=4)
    if not is_numeric or len(best) <= MOST_LABELS:
        ax.set_xticks(places, labels, rotation=90 if len(best) > MOST_LABELS else 0)
        ax.minorticks_off()
    ax.set(xlabel=x, ylabel=figure_text("Accuracy (validation)"))
    ax.grid(alpha=0.3)
    language = get_language()
    pairs = zip(labels, best[MEAN], strict=True)
    accuracies = language.comma.join(f"{label}{language.colon}{mean:.3f}" for label, mean in pairs)
    describe(
        ax,
        "Line chart of the mean accuracy on the validation set, with its standard error, "
        f"by {x}. {accuracies}.",
    )


def _draw_heat_map(best: pd.DataFrame, x: str, y: str, ax: Axes) -> None:
    table = best.pivot_table([MEAN, ERROR], index=y, columns=x, dropna=False, observed=True)
    errors = table[ERROR].map("\n± {:.3f}".format).replace("\n± nan", "")
    texts = table[MEAN].map("{:.3f}".format) + errors
    means = table[MEAN].rename(_format_value).rename(_format_value, axis="columns")
    bar = {"label": figure_text("Accuracy (validation)")}
    draw_heat_map(means, texts, ax, cmap="viridis", cbar_kws=bar)
    ax.invert_yaxis()
    best_x, best_y = (_format_value(best[name].iloc[0]) for name in (x, y))
    describe(
        ax,
        f"Heat map of the mean accuracy on the validation set, with {x} on the horizontal and {y} "
        f"on the vertical axis: the brighter, the higher. The best is {best[MEAN].max():.3f}, "
        f"at {x} {best_x} and {y} {best_y}; the worst is {best[MEAN].min():.3f}.",
    )


def _sort_key(value: Any) -> list[tuple[int, Any]]:
    """Return a key that sorts texts and None after numbers, and lists by their members."""
    members = value if isinstance(value, tuple) else (value,)
    return [(0, m) if isinstance(m, Real) and m == m else (1, _format_value(m)) for m in members]


def _format_value(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(_format_value, value))
    if value is None or value != value:  # a column of numbers has NaN instead of None
        return "None"
    return f"{value:.3g}" if isinstance(value, float) else str(value)
