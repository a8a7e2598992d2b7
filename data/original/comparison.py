"""Compares this port with the measurements of the original that lie beside this file.

The tests and the notebook on porting import it from here, in a checkout as in the installed
package: ``sys.path.append(str(mnist_nn.data.data_folder() / "original"))``.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
import numpy.typing as npt
import pandas as pd

import mnist_nn
from mnist_nn import training
from mnist_nn._backend import keras
from mnist_nn.sampling import Period

FOLDER = Path(__file__).parent
STEPS = np.load(FOLDER / "original_steps.npz", allow_pickle=False)
LEARNING_RATES = {"linear": 0.03, "nn": 0.05}

Build = Callable[[], keras.Model]
Compile = Callable[[keras.Model, float], None]
Train = Callable[..., keras.Model]
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
    published: npt.NDArray[np.float64]  # log losses that other people's runs printed


def load_calls() -> dict[str, Call]:
    """Return the five calls by name: model, learning rate, steps and batch size."""
    calls = {}
    for entry in json.loads((FOLDER / "original_runs.json").read_text()):
        names = ["learning_rate", "steps", "batch_size"]
        names += ["hidden_units"] * (entry["model"] == "nn")
        measured = [entry["measured"][key] for key in ("val_log_loss", "val_accuracy")]
        measured.append(entry["measured"]["test_accuracy"])
        name = f"{entry['model']} {entry['learning_rate']}/{entry['steps']}/{entry['batch_size']}"
        calls[name] = Call(
            name,
            {argument: entry[argument] for argument in names},
            np.column_stack(measured),
            np.array(entry["published"]["val_log_loss"]),
        )
    return calls


CALLS = load_calls()


def select_weights(model: str, step: int) -> list[npt.NDArray[np.float32]]:
    """Return the original's weights after a step, in the order in which Keras lists them."""
    return [STEPS[name] for name in STEPS.files if name.startswith(f"{model}/{step}/")]


def difference_from_steps(model: str, compile_model: Compile, build: Build | None = None) -> float:
    """Train on the original's batches, and return the largest difference from the original.

    It is that of any weight before training (if it does not start at random), of any weight after
    1, 10 and 100 steps, and of any probability after the last.
    """
    classifier = (build or BUILDERS[model])()
    compile_model(classifier, LEARNING_RATES[model])
    targets, examples = mnist_nn.parse_labels_and_features(load_table("train").head(10_050))
    features, labels = examples.to_numpy(np.float32), targets.to_numpy()
    differences = [
        np.abs(ours - original).max()
        for ours, original in zip(classifier.get_weights(), select_weights(model, 0), strict=True)
        if not original.any()
    ]
    classifier.set_weights(select_weights(model, 0))
    for step, rows in enumerate(STEPS["rows"], start=1):
        classifier.train_on_batch(features[rows], labels[rows])
        if step in (1, 10, 100):
            weights = zip(classifier.get_weights(), select_weights(model, step), strict=True)
            differences += [np.abs(ours - original).max() for ours, original in weights]
    probabilities = np.asarray(classifier(features[10_000:10_050], training=False))
    differences.append(np.abs(probabilities - STEPS[f"{model}/probabilities"]).max())
    return float(np.max(differences))


def train(**arguments: Any) -> keras.Model:
    """Train with the package's trainer for these arguments."""
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


def trainer_with_batches(sample_batches: Callable[..., list[Period]]) -> Train:
    """Return a trainer that samples its batches in another way."""

    def train_otherwise(**arguments: Any) -> keras.Model:
        with mock.patch.object(training, "sample_batches", sample_batches):
            return train(**arguments)

    return train_otherwise


def run_figures(
    call: Call, seeds: Iterable[int], trainer: Train = train
) -> npt.NDArray[np.float64]:
    """Return the figures of runs of a call, one per seed, as those of the original's runs."""
    test_targets, test_examples = mnist_nn.parse_labels_and_features(load_table("test"))
    features = test_examples.to_numpy(np.float32)
    figures = []
    for seed in seeds:
        model = trainer(**call.arguments, **split_exercise(seed), seed=seed, verbose=0)
        history = model.history.history
        predicted_classes = np.asarray(model(features, training=False)).argmax(axis=1)
        accuracies = [history["val_accuracy"][-1], np.mean(predicted_classes == test_targets)]
        figures.append([*history["val_log_loss"], *accuracies])
    return np.array(figures)


@cache
def load_table(split: str) -> pd.DataFrame:
    """Return a table of digits, which is loaded once."""
    return mnist_nn.load_mnist_dataframe(split)


def split_exercise(seed: int) -> dict[str, Any]:
    """Return the trainers' data: 10,000 rows, shuffled and split as in the exercise."""
    table = load_table("train").head(10_000)
    table = table.reindex(np.random.default_rng(seed).permutation(table.index))
    training_targets, training_examples = mnist_nn.parse_labels_and_features(table[:7_500])
    validation_targets, validation_examples = mnist_nn.parse_labels_and_features(table[7_500:])
    return {
        "training_examples": training_examples,
        "training_targets": training_targets,
        "validation_examples": validation_examples,
        "validation_targets": validation_targets,
    }
