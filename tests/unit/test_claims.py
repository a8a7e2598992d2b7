"""What the prose of the notebooks says of numbers is true of the numbers that are saved in them."""

import math
import re
from typing import Any

import numpy as np
import pytest

from mnist_nn.fidelity import CALLS
from notebooks import build

SAVED: list[Any] = [
    build.read_saved(build.Edition(source, name, "en"))
    for source, name in (
        *(("going_further", "going_further"), ("porting", "porting"), ("exercise", "solution")),
    )
]
CELLS = {cell.id: cell for notebook in SAVED for cell in notebook.cells}
WRONG_DIGIT = -math.log(1e-15)  # what it adds to the log loss


def printed(cell: str) -> str:
    """Return what a cell prints."""
    return "".join(output.get("text", "") for output in CELLS[cell].outputs)


def numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"\d+\.\d+", text)]


def log_losses(cell: str) -> list[float]:
    """Return the log losses on the validation set that a training call prints."""
    return [float(loss) for loss in re.findall(r"period \d\d : ([\d.]+)", printed(cell))]


def described(cell: str, figure: int = 0) -> str:
    """Return the alternative text of a figure of a cell."""
    texts = [
        output.metadata["image/png"]["alt"]
        for output in CELLS[cell].outputs
        if "image/png" in output.get("data", {})
    ]
    return str(texts[figure])


def training_log_losses(cell: str) -> list[float]:
    return numbers(described(cell).split("Validation")[0])


def accuracy(cell: str) -> float:
    """Return the accuracy on the validation set, which is printed with two decimals only."""
    return 1 - log_losses(cell)[-1] / WRONG_DIGIT


def test_trainer_prints_the_numbers_of_the_loop() -> None:
    assert numbers(printed("training-loop")) == log_losses("linear-first-call")


def test_losses_in_the_table() -> None:
    rows = re.findall(r"^\| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$", CELLS["log-loss"].source, re.M)
    assert len(rows) == 3
    for probability, cross_entropy, log_loss in rows:
        assert f"{-math.log(float(probability)):.2f}" == cross_entropy
        assert float(log_loss) == (0 if float(probability) >= 0.5 else round(WRONG_DIGIT, 2))


def test_loss_along_the_gradient() -> None:
    start, lowest, validation_lowest, validation_end = numbers(described("training-dataset"))
    assert start == round(math.log(10), 2)
    assert "2.30 if all ten" in CELLS["input-functions"].source.replace("\n", " ")
    assert lowest < start / 2
    assert start - 0.05 < validation_lowest < start  # "soon rises"
    assert validation_end > start
    labels = re.search(r"Labels of the first batch: \[(.*)\]", printed("training-dataset"))
    assert labels
    assert {*"0123456789"} - {*labels[1].split()} == {*"2578"}


def test_loss_of_the_one_prediction() -> None:
    probabilities = numbers(described("one-prediction", 1))
    (label,) = re.findall(r"Label: (\d)", described("one-prediction", 1))
    assert f"Label: {label}." in described("one-prediction")
    assert f"Predicted digit: {max(range(10), key=probabilities.__getitem__)}" in printed(
        "one-prediction"
    )
    (loss,) = numbers(printed("one-prediction"))
    assert loss == round(-math.log(probabilities[int(label)]), 1)


def test_accuracies_that_the_prose_names() -> None:
    for cell, texts in {
        "nn-solution": ["nn-original"],
        "nn-longer": ["nn-solution-read"],
    }.items():
        assert all(f"{accuracy(cell):.3f}" in CELLS[text].source for text in texts)
    assert f"{accuracy('linear-solution'):.2f}" in CELLS["task-1-solution"].source
    rounded, test_accuracy, val_accuracy = numbers(printed("test-accuracy"))
    assert rounded == round(test_accuracy, 2)
    assert val_accuracy == pytest.approx(accuracy("nn-longer"), abs=2e-4)
    assert test_accuracy == pytest.approx(val_accuracy, abs=0.006)  # "The two agree"
    first = described("linear-solution", 1).split("Most frequent mistake: ")[1]
    assert first.startswith("4 predicted as 9")  # the pair that the answer names first


def test_network_overfits_as_the_prose_says() -> None:
    assert training_log_losses("nn-longer")[-1] < 0.05  # "near zero"
    *_, before, last = log_losses("nn-longer")
    assert abs(last - min(log_losses("nn-longer"))) < 0.1  # "almost stopped falling"
    assert last > before  # and does not fall any more in the last period
    for cell in ("nn-solution", "nn-longer"):
        assert (
            training_log_losses(cell)[-1] < log_losses(cell)[-1] < log_losses("linear-solution")[-1]
        )


def test_regularisation_does_what_the_prose_says() -> None:
    text = printed("nn-regularisation")
    without, *others = [numbers(part) for part in re.split(r"(?m)^(?=\{)", text)]
    assert len(others) == 2
    for run in others:
        training, validation, accuracy = run[-3:]
        assert training > without[0]
        assert validation < without[1]
        assert accuracy <= without[2]
        assert validation - training < without[1] - without[0]


def test_accuracy_rises_with_the_steps() -> None:
    accuracies = [float(a) for a in re.findall(r"data\): ([\d.]+)", printed("nn-by-steps"))]
    assert len(accuracies) == 3
    assert 0.3 < accuracies[0] < accuracies[1] < accuracies[2]  # "far better than guessing"
    limits = {cell: numbers(described(cell)) for cell in ("weights", "weights-10-steps")}
    assert limits["weights"][:2] == limits["weights-10-steps"][:2]  # "on the same colour scale"
    assert limits["weights"][3] > limits["weights-10-steps"][3]  # "stronger"


def test_nodes_that_change_most_matter_most() -> None:
    in_top_row, largest = numbers(printed("edge"))
    assert in_top_row == 0 < largest
    whole, least, random, most = numbers(printed("cut-nodes"))
    assert whole - least < 0.01 < whole - random < whole - most


def test_early_stopping_gives_less_certain_mistakes_but_more() -> None:
    (_, entropy, accuracy), (_, stopped_entropy, stopped_accuracy) = (
        [float(number) for number in re.findall(r"[\d.]*\d", part)][-3:]
        for part in printed("early-stopping").strip().split("stopped")
    )
    assert stopped_entropy < entropy
    assert stopped_accuracy < accuracy
    assert "stopped in time: 4 periods" in printed("early-stopping")  # "after four periods"


def test_best_of_many_runs_was_lucky_and_the_winner_was_not() -> None:
    on_few, on_others, mean = numbers(printed("search-luck"))
    assert on_few > on_others
    assert on_others <= mean + 0.002  # "no better than the mean of all"
    accuracies = numbers(printed("search-winner"))
    assert len(accuracies) == 3
    assert max(accuracies) - min(accuracies) < 0.01  # "what 2,500 digits can measure"


def test_convolutional_network_and_copies_are_better() -> None:
    dense, convolutional = numbers(printed("convolution"))
    assert convolutional > dense + 0.01
    sizes = [
        int(n.replace(",", "")) for n in re.findall(r"([\d,]+) weights", printed("convolution"))
    ]
    assert round(sizes[0] / sizes[1]) == 7  # "a seventh of the weights"
    alone, copies = numbers(printed("best-train")), numbers(printed("best-with-copies"))
    assert max(alone) + 0.01 < copies[-1]
    (views,), (test,) = numbers(printed("best-views")), numbers(printed("best-test-accuracy"))
    assert f"{views:.3f} instead of {copies[-1]:.3f}" in CELLS["best-test"].source
    assert f"{test:.3f} on the test set" in CELLS["best-read"].source
    (of_winner, *_) = numbers(printed("search-winner"))
    assert f"({of_winner:.3f})" in CELLS["best-step-2"].source
    assert alone[-1] < of_winner + 0.002  # "no better than the winner"


def test_answers_of_try_it_start_from_what_is_shown() -> None:
    spreads = described("many-runs")
    for mean in re.findall(r"(0\.\d+) ± (0\.\d+)", spreads):
        assert mean[0] in CELLS["standard-error-read"].source
    final = numbers(described("two-losses").split("Cross entropy")[-1])[-1]
    assert f"{final:.2f}" in CELLS["losses-read"].source
    ends = [end[-1] for end in map(numbers, described("start-and-activation").split(";"))]
    relu, sigmoid = ends[1], ends[3]
    assert f"ReLU ({relu:.3f}) and the sigmoid ({sigmoid:.3f})" in CELLS[
        "initialisation-read"
    ].source.replace("\n", " ")


def test_network_recognises_some_digits_after_ten_steps() -> None:
    recognised = numbers(described("nn-by-steps", 1).split("Most frequent")[0])
    assert recognised[0] == recognised[1] == 0.89
    assert recognised[7] == 0.95
    assert [digit for digit in range(10) if recognised[digit] > 0.8] == [0, 1, 7]


def test_traps_end_where_the_porting_notebook_says() -> None:
    for trap, inside, number in (
        ("loss", True, "3.71"),
        ("accumulator", False, "5.14"),
        ("start", True, "6.04"),
        ("periods", False, "2.43"),
        ("epochs", True, "1.82"),
        ("log-loss", True, "3.56"),
    ):
        text = described(f"show-{trap}")
        model, steps = re.findall(r"periods, (network|linear model), ([\d,]+) steps", text)[0]
        start, middle = {"network": "nn", "linear model": "linear"}[model], steps.replace(",", "")
        (name,) = [call for call in CALLS if call.startswith(start) and f"/{middle}/" in call]
        losses = CALLS[name].metrics[:, 9]
        last = numbers(text.split(". Line chart")[0])[-1]
        assert f"{last:.2f}" == number
        assert number in CELLS[f"{trap}-read"].source
        assert inside == (abs(last - losses.mean()) < 2 * losses.std(ddof=1))
    losses = CALLS["nn 0.05/1000/30"].metrics[:, 9]
    assert f"between {losses.min():.2f} and {losses.max():.2f}" in CELLS["proof"].source
    of_clipping = numbers(described("show-clipping", 1))[5::6]
    assert len(of_clipping) == 3
    assert (np.abs(of_clipping - losses.mean()) < 2 * losses.std(ddof=1)).all()
    means, ours, original = map(int, re.findall(r"(\d+) of", printed("points-outside")))
    assert means == 0
    assert abs(ours - original) < 30  # of 600: "as the original's own runs do"
