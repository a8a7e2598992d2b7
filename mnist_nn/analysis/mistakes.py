"""The examples that classifiers get wrong, and how the predictions of two classifiers differ."""

from __future__ import annotations  # signatures show names such as Targets

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats  # scikit-learn brings it

from mnist_nn import arguments
from mnist_nn.arguments import Array, Targets


def confident_mistakes(targets: Targets, probabilities: Array) -> pd.DataFrame:
    """Return the misclassified examples, the most confident mistake first.

    Args:
        targets: Series or ndarray of shape (n_examples,), labels from 0 to 9.
        probabilities: ndarray of shape (n_examples, 10), as ``classifier.predict`` returns it.

    Returns:
        DataFrame with one row per mistake: ``position`` in ``targets``, counted from 0; ``label``;
        ``predicted``; and ``probability`` of the predicted digit, from 0 to 1. The index is that of
        ``targets`` if these are a Series, and the position otherwise.

    Raises:
        ValueError: If ``targets`` are not labels, or ``probabilities`` are not ten for each of
            them that add up to 1.

    Example:
        >>> probabilities = linear_classifier.predict(validation_examples, verbose=0)
        >>> mistakes = confident_mistakes(validation_targets, probabilities)
        >>> list(mistakes)
        ['position', 'label', 'predicted', 'probability']
    """
    labels, probabilities = arguments.check_labels_and_probabilities(targets, probabilities)
    index = targets.index if isinstance(targets, pd.Series) else None
    values = {"predicted": probabilities.argmax(axis=1), "probability": probabilities.max(axis=1)}
    table = pd.DataFrame({"position": range(len(labels)), "label": labels, **values}, index)
    table.attrs["n_examples"] = len(labels)  # plot_mistakes compares it with its examples
    mistakes = table.query("label != predicted")
    return mistakes.sort_values("probability", ascending=False, kind="stable")


def confused_pairs(targets: Targets, predicted_classes: Targets) -> pd.DataFrame:
    """Return which digits are mistaken for which, the most frequent confusion first.

    Args:
        targets: Series or ndarray of shape (n_examples,), labels from 0 to 9.
        predicted_classes: ndarray of shape (n_examples,), labels from 0 to 9.

    Returns:
        DataFrame with one row per pair that occurs: ``label``, ``predicted``, ``count``, and
        ``share``, the fraction of the label's examples, from 0 to 1.

    Raises:
        ValueError: If they are not labels, or differ in length.

    Example:
        >>> confused_pairs(targets=[4, 4, 7], predicted_classes=[9, 9, 7])
           label  predicted  count  share
        0      4          9      2    1.0
    """
    labels, predicted = arguments.check_labels(targets=targets, predicted_classes=predicted_classes)
    table = pd.DataFrame({"label": labels, "predicted": predicted})
    pairs = table.query("label != predicted").value_counts().reset_index(name="count")
    pairs["share"] = pairs["count"] / np.bincount(labels)[pairs["label"]]
    return pairs.sort_values(["count", "share"], ascending=False, ignore_index=True)


class Comparison(NamedTuple):
    """What :func:`compare_predictions` returns."""

    both_right: npt.NDArray[np.bool_]  # of shape (n_examples,), as are the next three
    only_first_right: npt.NDArray[np.bool_]
    only_second_right: npt.NDArray[np.bool_]
    both_wrong: npt.NDArray[np.bool_]
    p_value: float


def compare_predictions(targets: Targets, first: Targets, second: Targets) -> Comparison:
    """Compare the predictions of two classifiers for the same examples.

    Could the difference in accuracy be chance? If both classifiers are equally good, each example
    that only one of them gets right is the toss of a fair coin. The p-value is the probability of
    an outcome at least as uneven. (McNemar, Psychometrika 12, 1947; exact two-sided binomial test.)

    Args:
        targets: Series or ndarray of shape (n_examples,), labels from 0 to 9.
        first, second: ndarrays of shape (n_examples,): the digits that each classifier predicts.

    Returns:
        Named tuple: the boolean arrays ``both_right``, ``only_first_right``, ``only_second_right``
        and ``both_wrong``, of shape (n_examples,), and ``p_value``.

    Raises:
        ValueError: If they are not labels, or differ in length.

    Example:
        >>> comparison = compare_predictions(targets=[1, 2, 3], first=[1, 0, 0], second=[1, 2, 3])
        >>> comparison.only_second_right
        array([False,  True,  True])
    """
    labels, *predictions = arguments.check_labels(targets=targets, first=first, second=second)
    first_right, second_right = [predicted == labels for predicted in predictions]
    only_first, only_second = first_right & ~second_right, second_right & ~first_right
    both_right, both_wrong = first_right & second_right, ~(first_right | second_right)
    heads, tosses = int(only_first.sum()), int((only_first | only_second).sum())
    p_value = float(stats.binomtest(heads, tosses).pvalue) if tosses else 1.0
    return Comparison(both_right, only_first, only_second, both_wrong, p_value)
