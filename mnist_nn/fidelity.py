"""Compares this port with the original, as ``data/original`` recorded it: by steps and by runs."""

from __future__ import annotations  # signatures show names such as Compile

import json
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mnist_nn import arguments, models, sampling, training
from mnist_nn._backend import keras
from mnist_nn.arguments import Array, Features, Labels
from mnist_nn.data import data_folder, load_mnist_dataframe, parse_labels_and_features

# Of shape (n_runs, 12): the validation log loss of each of 10 periods, then the final accuracy on
# the validation set and on the test set.
RunMetrics = npt.NDArray[np.float64]
Build = Callable[[], keras.Model]
Compile = Callable[[keras.Model, float], None]
Sample = Callable[..., Iterable[sampling.Period]]
Train = Callable[..., keras.Model]

ORIGINAL = data_folder() / "original"
# The batches of 100 steps, the weights before and after some of them, the probabilities at the end.
RECORDED_STEPS = dict(np.load(ORIGINAL / "original_steps.npz"))
LEARNING_RATES = {"linear": 0.03, "nn": 0.05}  # of these steps
TRAINERS: dict[str, Train] = {
    "linear": training.train_linear_classification_model,
    "nn": training.train_nn_classification_model,
}


class Difference(NamedTuple):
    """How far two models part at most."""

    weights: float
    probabilities: float


class Call(NamedTuple):
    """A call of the exercise, and the metrics of the original's runs of it."""

    name: str  # model, learning rate / steps / batch size
    trainer: Train
    arguments: dict[str, Any]
    metrics: RunMetrics


def _read_call(recorded: dict[str, Any]) -> Call:
    trainers_arguments = ("learning_rate", "steps", "batch_size", "hidden_units")
    names = ("val_log_loss", "val_accuracy", "test_accuracy")
    return Call(
        name="{model} {learning_rate}/{steps}/{batch_size}".format(**recorded),
        trainer=TRAINERS[recorded["model"]],
        arguments={name: recorded[name] for name in trainers_arguments if recorded[name]},
        metrics=np.column_stack([recorded["measured"][name] for name in names]),
    )


RECORDED_RUNS = json.loads((ORIGINAL / "original_runs.json").read_text("utf-8"))
CALLS = {call.name: call for call in map(_read_call, RECORDED_RUNS)}


def select_weights(model: str, step: int) -> list[Array]:
    """Return the original's weights of ``"linear"`` or ``"nn"`` after a step.

    They were recorded in Keras's order: the kernel and the bias of each layer in turn.
    """
    return [
        weights for name, weights in RECORDED_STEPS.items() if name.startswith(f"{model}/{step}/")
    ]


def difference_from_steps(
    model: str, compile_model: Compile, build_linear_model: Build = models.build_linear_model
) -> Difference:
    """Train from the original's weights on its batches, and return how far the two part.

    Args:
        model: ``"linear"`` or ``"nn"``, a network with hidden units [20, 10].
        compile_model: Compiles a model, given the model and a learning rate.
        build_linear_model: Builds the linear model.

    Returns:
        The largest difference of any weight after 1, 10 and 100 steps, and that of any probability
        after the last. Weights that start at zero in the original start as the model builds them.
    """
    ours = build_linear_model() if model == "linear" else models.build_nn_model([20, 10], seed=0)
    compile_model(ours, LEARNING_RATES[model])
    start = zip(ours.get_weights(), select_weights(model, 0), strict=True)
    ours.set_weights([theirs if theirs.any() else own for own, theirs in start])
    pairs: list[Any] = []
    features, labels = _load_digits("train")
    for step, rows in enumerate(RECORDED_STEPS["rows"], start=1):
        ours.train_on_batch(features[rows], labels[rows])
        if step in (1, 10, 100):
            pairs += zip(ours.get_weights(), select_weights(model, step), strict=True)
    probabilities = np.asarray(ours(features[10_000:10_050], training=False))
    return Difference(
        weights=float(np.max([np.abs(first - second).max() for first, second in pairs])),
        probabilities=float(np.abs(probabilities - RECORDED_STEPS[f"{model}/probabilities"]).max()),
    )


def trainer_with(
    compile_model: Compile = models.compile_classification_model,
    build_linear_model: Build = models.build_linear_model,
    sample_batches: Sample = sampling.sample_batches,
) -> Train:
    """Return a trainer for :func:`measure_runs` that does some of its work in another way.

    Args:
        compile_model, build_linear_model: As in :func:`difference_from_steps`.
        sample_batches: Samples the batches of all periods, as
            :func:`mnist_nn.sampling.sample_batches` does.
    """

    def train(
        learning_rate: float,
        steps: int,
        batch_size: int,
        hidden_units: Sequence[int] | None = None,
        *,
        seed: int,
        verbose: int,
        **data: Any,
    ) -> keras.Model:
        if hidden_units is None:
            model = build_linear_model()
        else:
            model = models.build_nn_model(hidden_units, seed=seed)
        compile_model(model, learning_rate)
        arrays = arguments.check_data(**data)
        steps_by_period = sampling.split_steps(steps, 10)
        batches = sample_batches(len(arrays.labels), batch_size, steps_by_period, seed)
        return training.train_on_batches(
            model, arrays, batch_size, batches, steps_by_period, verbose=verbose
        )

    return train


def measure_runs(call: Call, seeds: Iterable[int], trainer: Train | None = None) -> RunMetrics:
    """Train once with each seed, and return the metrics of these runs.

    Args:
        call: One of ``CALLS``.
        seeds: Each seed shuffles the 10,000 rows, as the exercise does, and trains.
        trainer: Trains instead of the package's trainer.

    Returns:
        Array of shape (n_seeds, 12), with the columns of ``call.metrics``: ten log losses on the
        validation set, then the final accuracies on the validation and on the test set.
    """
    features, labels = _load_digits("train")
    test_features, test_labels = _load_digits("test")
    metrics = []
    for seed in seeds:
        rows, validation_rows = np.split(np.random.default_rng(seed).permutation(10_000), [7_500])
        model = (trainer or call.trainer)(
            **call.arguments,
            training_examples=features[rows],
            training_targets=labels[rows],
            validation_examples=features[validation_rows],
            validation_targets=labels[validation_rows],
            seed=seed,
            verbose=0,
        )
        history = model.history.history
        predicted_classes = np.asarray(model(test_features, training=False)).argmax(axis=1)
        accuracies = [history["val_accuracy"][-1], np.mean(predicted_classes == test_labels)]
        metrics.append([*history["val_log_loss"], *accuracies])
    return np.array(metrics)


@cache
def _load_digits(split: str) -> tuple[Features, Labels]:
    labels, features = parse_labels_and_features(load_mnist_dataframe(split))
    return np.asarray(features, np.float32), np.asarray(labels)
