"""Comparisons with the original: its weights step by step, and the figures of its runs."""

import json
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
import numpy.typing as npt
from split import split_exercise, train_table

import mnist_nn
from mnist_nn import training
from mnist_nn.keras_backend import keras
from mnist_nn.sampling import Period

REFERENCE = Path(__file__).parent / "reference"
STEPS = np.load(REFERENCE / "original_steps.npz", allow_pickle=False)
LEARNING_RATES = {"linear": 0.03, "nn": 0.05}

Build = Callable[[], keras.Model]
Compile = Callable[[keras.Model, float], None]
BUILDERS: dict[str, Build] = {
    "linear": mnist_nn.build_linear_model,
    "nn": lambda: mnist_nn.build_nn_model([20, 10], seed=0),
}


class Call(NamedTuple):
    """A call of the exercise, and the figures of the original's runs of it."""

    name: str
    arguments: dict[str, Any]
    # Of shape (runs, 12): the validation log loss of each of 10 periods, then the final accuracy
    # on the validation set and on the test set.
    figures: npt.NDArray[np.float64]
    published: npt.NDArray[np.float64]


def load_calls() -> dict[str, Call]:
    calls = {}
    for entry in json.loads((REFERENCE / "original_runs.json").read_text()):
        names = ["learning_rate", "steps", "batch_size"] + ["hidden_units"] * (
            entry["model"] == "nn"
        )
        measured = entry["measured"]
        name = f"{entry['model']} {entry['learning_rate']}/{entry['steps']}/{entry['batch_size']}"
        calls[name] = Call(
            name,
            {argument: entry[argument] for argument in names},
            np.column_stack(
                [measured["val_log_loss"], measured["val_accuracy"], measured["test_accuracy"]]
            ),
            np.array(entry["published"]["val_log_loss"]),
        )
    return calls


CALLS = load_calls()


@cache
def test_set() -> tuple[Any, Any]:
    targets, examples = mnist_nn.parse_labels_and_features(mnist_nn.load_mnist_dataframe("test"))
    return examples.to_numpy(np.float32), targets.to_numpy()


def weights_of(model: str, step: int) -> list[npt.NDArray[np.float32]]:
    """Return the original's weights after a step, in the order in which Keras lists them."""
    return [STEPS[name] for name in STEPS.files if name.startswith(f"{model}/{step}/")]


def difference_from_steps(model: str, compile_model: Compile, build: Build | None = None) -> float:
    """Train on the original's batches, and return how far weights and probabilities go astray.

    The largest difference of a weight before training, of those whose start is not random, and
    after 1, 10 and 100 steps, and of a probability after the last.
    """
    classifier = (build or BUILDERS[model])()
    compile_model(classifier, LEARNING_RATES[model])
    targets, examples = mnist_nn.parse_labels_and_features(train_table().head(10_050))
    features, labels = examples.to_numpy(np.float32), targets.to_numpy()
    differences = [
        np.abs(ours - original).max()
        for ours, original in zip(classifier.get_weights(), weights_of(model, 0), strict=True)
        if not original.any()
    ]
    classifier.set_weights(weights_of(model, 0))
    for step, rows in enumerate(STEPS["rows"], start=1):
        classifier.train_on_batch(features[rows], labels[rows])
        if step in (1, 10, 100):
            differences += [
                np.abs(ours - original).max()
                for ours, original in zip(
                    classifier.get_weights(), weights_of(model, step), strict=True
                )
            ]
    probabilities = np.asarray(classifier(features[10_000:10_050], training=False))
    differences.append(np.abs(probabilities - STEPS[f"{model}/probabilities"]).max())
    return float(np.max(differences))


Train = Callable[..., keras.Model]


def train(**arguments: Any) -> keras.Model:
    """Train with the library's trainer for these arguments."""
    if "hidden_units" in arguments:
        return mnist_nn.train_nn_classification_model(**arguments)
    return mnist_nn.train_linear_classification_model(**arguments)


def trainer_with(
    compile_model: Compile = mnist_nn.compile_classification_model,
    build_linear_model: Build = mnist_nn.build_linear_model,
) -> Train:
    """Return a trainer that compiles the model, or builds the linear one, in another way."""

    def train_otherwise(
        learning_rate: float,
        hidden_units: Sequence[int] | None = None,
        seed: int | None = None,
        **arguments: Any,
    ) -> keras.Model:
        if hidden_units is None:
            model = build_linear_model()
        else:
            model = mnist_nn.build_nn_model(hidden_units, seed=seed)
        compile_model(model, learning_rate)
        return mnist_nn.train_classification_model(model, None, seed=seed, **arguments)

    return train_otherwise


def trainer_dealing(deal_batches: Callable[..., list[Period]]) -> Train:
    """Return a trainer that deals its batches in another way."""

    def train_otherwise(**arguments: Any) -> keras.Model:
        with mock.patch.object(training, "deal_batches", deal_batches):
            return train(**arguments)

    return train_otherwise


def run_figures(
    call: Call, seeds: Iterable[int], trainer: Train = train
) -> npt.NDArray[np.float64]:
    """Return the figures of runs of a call, as those of the original's: (runs, 12)."""
    features, targets = test_set()
    figures = []
    for seed in seeds:
        split = split_exercise(train_table(), seed)
        classifier = trainer(**call.arguments, **split._asdict(), seed=seed, verbose=0)
        history = classifier.history.history
        predictions = np.asarray(classifier(features, training=False)).argmax(axis=1)
        figures.append(
            [*history["val_log_loss"], history["val_accuracy"][-1], np.mean(predictions == targets)]
        )
    return np.array(figures)


def standard_errors(
    ours: npt.NDArray[np.float64], original: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return by how many standard errors each figure's mean differs from the original's.

    The standard error is that of Student's t: from the variance within both groups together.
    """
    both = np.concatenate([ours, original])
    (errors,) = _standard_errors(both, np.arange(len(both))[None] < len(ours))
    return np.asarray(errors)


def chance(
    ours: npt.NDArray[np.float64], original: npt.NDArray[np.float64], splits: int = 200_000
) -> float:
    """Return how often runs that all come from one source would differ as much.

    A permutation test: all runs are dealt at random into two groups of these sizes, many times
    over, and the share of deals counted in which any figure's means differ by as many standard
    errors as they do between the two groups in truth. It holds however figures are distributed,
    and whatever they have to do with each other.
    """
    both = np.concatenate([ours, original])
    order = np.random.default_rng(0).random((splits, len(both))).argsort(axis=1)
    by_chance = np.abs(_standard_errors(both, order < len(ours))).max(axis=1)
    observed = np.abs(standard_errors(ours, original)).max()
    return float((1 + (by_chance >= observed).sum()) / (1 + splits))


def deviations(figures: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return how far each run's figures are from the median: means of these compare spreads.

    This is Brown and Forsythe's way, which an outlying run does not mislead.
    """
    return np.abs(figures - np.median(figures, axis=0))


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
