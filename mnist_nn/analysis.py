"""What trained classifiers get wrong, and how far two of them differ."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats  # scikit-learn brings it

from mnist_nn import arguments
from mnist_nn.arguments import Examples, Targets
from mnist_nn.data import CLASSES

if TYPE_CHECKING:
    import keras


def confident_mistakes(
    targets: "pd.Series[int]", probabilities: npt.NDArray[np.floating]
) -> pd.DataFrame:
    """Return the examples that are taken for another digit, the most confidently so first.

    Args:
        targets: Series of shape (n_examples,), labels from 0 to 9.
        probabilities: ndarray of shape (n_examples, 10), as ``classifier.predict`` returns it.

    Returns:
        DataFrame with the index of ``targets`` and a row a mistake: ``label``, ``predicted``, and
        ``probability``, which the classifier gave to what it predicted, from 0 to 1.

    Raises:
        ValueError: If ``targets`` are no such labels, or the shapes do not fit.
    """
    labels, probabilities = arguments.labels_and_probabilities(targets, probabilities)
    table = pd.DataFrame(
        {
            "label": labels,
            "predicted": probabilities.argmax(axis=1),
            "probability": probabilities.max(axis=1),
        },
        index=pd.Series(targets).index,
    )
    mistakes = table[table["label"] != table["predicted"]]
    return mistakes.sort_values("probability", ascending=False, kind="stable")


def confused_pairs(targets: Targets, predicted_classes: Targets) -> pd.DataFrame:
    """Return which digits are taken for which, the most frequent confusion first.

    Args:
        targets: ndarray of shape (n_examples,), labels from 0 to 9.
        predicted_classes: ndarray of shape (n_examples,), labels from 0 to 9.

    Returns:
        DataFrame with a row a pair that occurs: ``label``, ``predicted``, ``count``, and ``share``
        of the label's examples, from 0 to 1.

    Raises:
        ValueError: If they are no such labels, or not as many.
    """
    labels, predicted = arguments.labels_of_same_length(
        targets=targets, predicted_classes=predicted_classes
    )
    table = pd.DataFrame({"label": labels, "predicted": predicted})
    wrong = table[table["label"] != table["predicted"]]
    pairs = wrong.value_counts().reset_index(name="count")
    counts = np.bincount(labels, minlength=CLASSES)
    pairs["share"] = pairs["count"] / counts[pairs["label"]]
    return pairs.sort_values(["count", "share"], ascending=False, ignore_index=True)


class Comparison(NamedTuple):
    """How two classifiers do on the same examples."""

    both_right: npt.NDArray[np.bool_]
    """ndarray of shape (n_examples,): which examples both get right. So for the next three."""
    mended: npt.NDArray[np.bool_]
    """Wrong with the first, right with the second."""
    broken: npt.NDArray[np.bool_]
    """Right with the first, wrong with the second."""
    both_wrong: npt.NDArray[np.bool_]
    p_value: float
    """How often, if both were equally good, chance would make them differ at least as much."""


def compare_predictions(targets: Targets, first: Targets, second: Targets) -> Comparison:
    """Compare the predictions of two classifiers for the same examples.

    Whether the difference in accuracy is more than chance is McNemar's question: examples that
    both get right, or both get wrong, say nothing of it; among the others, chance mends and breaks
    as many. (McNemar, Psychometrika 12, 1947; this is the exact test, a binomial one.)

    Args:
        targets: ndarray of shape (n_examples,), labels from 0 to 9.
        first: ndarray of shape (n_examples,): the digits that the first classifier predicts.
        second: ndarray of shape (n_examples,): the digits that the second classifier predicts.

    Raises:
        ValueError: If they are no such labels, or not as many.
    """
    labels, first, second = arguments.labels_of_same_length(
        targets=targets, first=first, second=second
    )
    first_right, second_right = first == labels, second == labels
    mended, broken = ~first_right & second_right, first_right & ~second_right
    differ = int(mended.sum() + broken.sum())
    p_value = stats.binomtest(int(mended.sum()), differ).pvalue if differ else 1.0
    return Comparison(
        first_right & second_right, mended, broken, ~first_right & ~second_right, float(p_value)
    )


def count_dead_units(model: "keras.Model", examples: Examples) -> dict[str, int]:
    """Return how many units of each dense layer but the last put out the same for every example.

    A ReLU unit that is negative for every example passes nothing on and can learn nothing more.

    Args:
        model: A Sequential Keras model of features, its activations within its dense layers.
        examples: DataFrame or ndarray of shape (n_examples, 784), two rows or more.

    Returns:
        Name of each hidden dense layer to the number of such units.

    Raises:
        TypeError, ValueError: If an argument cannot work, with its name and what would.
    """
    from mnist_nn.keras_backend import keras, tf  # the rest of this module needs no TensorFlow

    if not isinstance(model, keras.Sequential):
        raise TypeError(f"model must be a Sequential Keras model, not {type(model).__name__}")
    outputs = tf.convert_to_tensor(arguments.feature_array("examples", examples))
    if len(outputs) < 2:
        raise ValueError("examples has one row: it must have two or more, to tell them apart")
    hidden = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)][:-1]
    dead = {}
    for layer in model.layers:
        outputs = layer(outputs, training=False)
        if layer in hidden:
            dead[layer.name] = int((np.ptp(np.asarray(outputs), axis=0) == 0).sum())
    return dead
