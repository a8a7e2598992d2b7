"""The figures show what they are given, and their alternative texts describe it."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mnist_nn.analysis import (
    confident_mistakes,
    confused_pairs,
    plot_accuracies,
    plot_confusion_difference,
    plot_cross_entropy,
    plot_examples,
    plot_mistakes,
    plot_probabilities,
    plot_runs,
    plot_weights_over_training,
)

generator = np.random.default_rng(0)
START = generator.normal(size=(784, 12))
MOVES = np.zeros((784, 12))
MOVES[300] = [3.0, 3.0, -9.0, 3.0, 3.0, -1.0, 4.0, 3.0, 3.0, 3.0, 2.0, 5.0]
WEIGHTS = {step: START + share * MOVES for step, share in {1: 0.0, 10: 0.1, 1_000: 1.0}.items()}

EXAMPLES = pd.DataFrame(generator.random((13, 784)), index=generator.permutation(13))
TARGETS = pd.Series(np.arange(13) % 10, index=EXAMPLES.index)
PROBABILITIES = np.eye(10)[TARGETS]
PROBABILITIES[7, [0, 7]] = [0.5, 0.5]  # taken for 0
PROBABILITIES[12, [1, 2]] = [0.9, 0.1]  # taken for 1


def pixels_of(ax: Any) -> Any:
    return np.ma.filled(ax.images[0].get_array(), np.nan)


def digit_of(example: Any) -> Any:
    return np.asarray(example, np.float32).reshape(28, 28)


def test_weights_over_training() -> None:
    ax: Any = plot_weights_over_training(WEIGHTS, steps=[1, 1_000])
    drawn = pixels_of(ax)
    assert drawn.shape == (58, 298)
    for row, step in enumerate((1, 1_000)):
        for column, node in enumerate((0, 1, 2, 3, 4, 6, 7, 8, 9, 11)):  # those that move furthest
            image = drawn[30 * row : 30 * row + 28, 30 * column : 30 * column + 28]
            np.testing.assert_array_equal(image, WEIGHTS[step][:, node].reshape(28, 28))
    low, high = ax.images[0].get_clim()
    assert -low == high == np.nanmax(np.abs(drawn))
    assert [label.get_text() for label in ax.get_yticklabels()] == ["1 step", "1,000 steps"]
    assert "10 nodes" in ax.get_label()
    assert len(plot_weights_over_training(WEIGHTS).get_yticks()) == 3  # all that were kept


def test_weights_and_steps_are_checked() -> None:
    with pytest.raises(ValueError, match=r"weights_by_step .*\[1, 10, 1000\].*\[100\]"):
        plot_weights_over_training(WEIGHTS, steps=[1, 100])
    with pytest.raises(ValueError, match=r"weights_by_step .*\[7\].*10"):
        plot_weights_over_training({7: START})
    with pytest.raises(ValueError, match=r"weights_by_step\[1\] .*\(3, 12\)"):
        plot_weights_over_training({1: START[:3]})
    with pytest.raises(ValueError, match="weights_by_step .* nodes"):
        plot_weights_over_training({1: START, 10: START[:, :5]})
    with pytest.raises(ValueError, match="weights_by_step is empty"):
        plot_weights_over_training({})
    with pytest.raises(TypeError, match="weights_by_step must map .* not ndarray"):
        plot_weights_over_training(START)  # type: ignore[arg-type]


def test_examples() -> None:
    for examples in (EXAMPLES, EXAMPLES.to_numpy()):
        ax: Any = plot_examples(examples, TARGETS, {"network": np.arange(13) % 5})
        twelfth = pixels_of(ax)[44 : 44 + 28, 64 : 64 + 28]  # the third of the second row
        np.testing.assert_array_equal(twelfth, digit_of(EXAMPLES.iloc[12]))
        texts = [text.get_text() for text in ax.texts]
        assert texts == [f"label {n % 10}\nnetwork {n % 5}" for n in range(13)]
        assert "label 5, network 0; label 6, network 1; " in ax.get_label()
    assert ax.images[0].cmap(1.0)[:3] == (0, 0, 0)  # dark on light
    assert not plot_examples(EXAMPLES).texts
    named: Any = plot_examples(EXAMPLES, None, {10: TARGETS, "examples": TARGETS})  # type: ignore[dict-item]
    assert named.texts[3].get_text() == "10 3\nexamples 3"
    named = plot_examples(EXAMPLES, TARGETS, {"label": np.zeros(13, int)})
    assert named.texts[3].get_text() == "label 3\nlabel 0"
    with pytest.raises(ValueError, match="^labels has 2 values, but examples has 13 rows"):
        plot_examples(EXAMPLES, TARGETS[:2])
    with pytest.raises(ValueError, match=r"^predictions\['examples'\] has 2 values"):
        plot_examples(EXAMPLES, None, {"examples": TARGETS[:2]})
    with pytest.raises(TypeError, match="predictions must map .* not Series"):
        plot_examples(EXAMPLES, TARGETS, TARGETS)  # type: ignore[arg-type]
    of_floats: Any = plot_examples(EXAMPLES, TARGETS.astype(float))
    assert of_floats.texts[3].get_text() == "label 3"


@pytest.mark.parametrize("kind", ["series", "array", "bootstrap sample"])
def test_mistakes_are_those_that_the_table_lists(kind: str) -> None:
    examples: Any = EXAMPLES
    targets: Any = TARGETS
    if kind == "array":
        targets = TARGETS.to_numpy()
    if kind == "bootstrap sample":  # repeated index labels
        labels = np.arange(13) % 4
        examples, targets = EXAMPLES.set_axis(labels), TARGETS.set_axis(labels)
    ax: Any = plot_mistakes(examples, confident_mistakes(targets, PROBABILITIES).head(2))
    assert [text.get_text() for text in ax.texts] == [
        "label 2\npredicted 1\n90.0%",
        "label 7\npredicted 0\n50.0%",
    ]
    np.testing.assert_array_equal(pixels_of(ax)[:28, :28], digit_of(EXAMPLES.iloc[12]))
    np.testing.assert_array_equal(pixels_of(ax)[:28, 32:60], digit_of(EXAMPLES.iloc[7]))


def test_mistakes_in_other_examples_are_refused() -> None:
    mistakes = confident_mistakes(TARGETS, PROBABILITIES)
    for others in (np.zeros((14, 784)), EXAMPLES.head(2), EXAMPLES[::-1]):
        with pytest.raises(ValueError, match=f"examples has {len(others)} rows.* same order"):
            plot_mistakes(others, mistakes)
    mistakes.attrs.clear()  # as of a table from a file
    with pytest.raises(ValueError, match="examples has 12 rows.* same order"):
        plot_mistakes(EXAMPLES.head(12), mistakes)
    with pytest.raises(ValueError, match="mistakes has no rows"):
        plot_mistakes(EXAMPLES, mistakes.head(0))
    with pytest.raises(TypeError, match="mistakes must be rows of the table"):
        plot_mistakes(EXAMPLES, confused_pairs(TARGETS, PROBABILITIES.argmax(axis=1)))
    with pytest.raises(TypeError, match="mistakes must be rows of the table"):
        plot_mistakes(EXAMPLES, None)  # type: ignore[arg-type]


def test_confusion_difference() -> None:
    first, second = np.eye(10), np.eye(10)
    for digit, share in ((3, 0.25), (4, 0.01), (5, 0.0004)):
        first[digit, digit], first[digit, 9] = 1 - share, share
    ax: Any = plot_confusion_difference(first.tolist(), second.tolist())  # type: ignore[arg-type]
    drawn = np.asarray(ax.collections[0].get_array()).reshape(10, 10)
    np.testing.assert_array_equal(drawn, 100 * (second - first))
    assert ax.collections[0].get_clim() == (-25, 25)
    assert {text.get_text() for text in ax.texts} == {"", "25.0", "-25.0", "1.0", "-1.0"}
    assert "0.00, 0.00, 0.00, 25.00, 1.00, 0.04, 0.00" in ax.get_label()
    with pytest.raises(ValueError, match=r"second .*\(9, 9\)"):
        plot_confusion_difference(first, np.eye(9))


def test_cross_entropy() -> None:
    history = {"cross_entropy": [2.0, 1.0], "val_cross_entropy": [3.0, 2.5]}
    ax: Any = plot_cross_entropy(history)
    assert [list(line.get_ydata()) for line in ax.lines] == list(history.values())
    assert ax.get_label().endswith("Training set: 2.00, 1.00. Validation set: 3.00, 2.50.")


def test_runs() -> None:
    ax: Any = plot_runs({"linear": [0.89, 0.91], "network": [0.94, 0.95, 0.96]})
    linear, network = ax.lines[:2]
    np.testing.assert_array_equal(linear.get_ydata(), [0.89, 0.91, np.nan])
    np.testing.assert_array_equal(network.get_ydata(), [0.94, 0.95, 0.96])
    assert len({*network.get_xdata()}) == 3  # side by side
    assert [label.get_text() for label in ax.get_xticklabels()] == ["linear", "network"]
    assert [text.get_text() for text in ax.texts] == ["0.900 ± 0.014", "0.950 ± 0.010"]
    assert "network: 0.950 ± 0.010" in ax.get_label()
    with pytest.raises(ValueError, match=r"accuracies .*two runs.*\[0.9\]"):
        plot_runs({"linear": [0.9]})


def test_accuracies() -> None:
    ax: Any = plot_accuracies({"linear": {100: 0.6, 1_000: 0.8}, "network": {1_000: 0.9, 100: 0.7}})
    assert [list(line.get_xdata()) for line in ax.lines] == [[100, 1_000]] * 2
    assert [list(line.get_ydata()) for line in ax.lines] == [[0.6, 0.8], [0.7, 0.9]]
    assert (ax.get_xscale(), ax.get_xlabel()) == ("log", "Training examples")
    assert "network: 0.700, 0.900" in ax.get_label()
    assert [label.get_text() for label in ax.get_xticklabels()] == ["100", "1,000"]
    ax = plot_accuracies({"linear": [0.5], "network": [0.5, 0.6]})  # of different lengths
    assert [list(line.get_xdata()) for line in ax.lines] == [[0], [0, 1]]


@pytest.mark.parametrize("plot", [plot_runs, plot_accuracies])
def test_accuracies_without_names_are_refused(plot: Any) -> None:
    for accuracies in ([0.8, 0.9], pd.Series([0.8, 0.9])):
        with pytest.raises(TypeError, match="accuracies must map .* not (list|Series)"):
            plot(accuracies)
    assert plot(pd.DataFrame({"linear": [0.8, 0.9]}))  # its columns have names


def test_probabilities() -> None:
    probabilities = np.full((1, 10), 0.05)
    probabilities[0, 3] = 0.55
    ax: Any = plot_probabilities(probabilities, 3)
    assert [bar.get_height() for bar in ax.patches] == pytest.approx([*probabilities[0]])
    assert [i for i, bar in enumerate(ax.patches) if bar.get_facecolor()[:3] == (0, 0, 0)] == [3]
    assert "0.05, 0.55, 0.05" in ax.get_label()
    assert plot_probabilities(probabilities).get_title() == ""
    with pytest.raises(ValueError, match="^probabilities "):
        plot_probabilities(np.ones(10))
    with pytest.raises(ValueError, match=r"^probabilities has the shape \(2, 10\)"):
        plot_probabilities(np.ones((2, 10)))
    with pytest.raises(ValueError, match="^label contains 10"):
        plot_probabilities(probabilities, 10)
