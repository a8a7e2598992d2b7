"""In float64: the same numbers whatever the processor and threads, in every part of the package."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from precision import precision
from split import Split

import mnist_nn
from mnist_nn.analysis import KeepWeights
from mnist_nn.checks import check_networks
from mnist_nn.drawing import draw
from mnist_nn.search import search_hyperparameters

CODE = """
import sys

import keras

keras.config.set_floatx("float64")

import mnist_nn
from split import split_exercise, train_table

data = split_exercise(train_table(), seed=1)
network = mnist_nn.train_nn_classification_model(
    0.05, 300, 30, [100, 100], *data, seed=1, dropout=0.1, verbose=1)
linear = mnist_nn.train_linear_classification_model(0.03, 100, 30, *data, seed=1, verbose=1)
np = mnist_nn.metrics.np
np.savez(sys.argv[1], *network.get_weights(), *linear.get_weights())
"""
SETTINGS: dict[str, dict[str, str]] = {
    "default": {},
    "without oneDNN, two threads": {"TF_ENABLE_ONEDNN_OPTS": "0", "TF_NUM_INTRAOP_THREADS": "2"},
    "AVX2 and two threads": {
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "OMP_NUM_THREADS": "2",
        "TF_NUM_INTRAOP_THREADS": "2",
    },
}


def train(folder: Path, name: str) -> tuple[str, list[np.ndarray]]:
    """Return what a process prints that trains with these settings, and its weights."""
    helpers = Path(__file__).parents[1] / "helpers"
    path = [str(helpers), str(helpers.parents[1])]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path), "MPLBACKEND": "agg"}
    file = folder / f"{name}.npz"
    process = subprocess.run(
        [sys.executable, "-c", CODE, file],
        env=environment | SETTINGS[name],
        capture_output=True,
        text=True,
        check=True,
    )
    with np.load(file) as weights:
        return process.stdout, [weights[name] for name in weights.files]


@pytest.mark.parametrize(
    "setting", [pytest.param([*SETTINGS][1], marks=pytest.mark.weekly), [*SETTINGS][2]]
)
def test_same_numbers_with_other_settings(setting: str, tmp_path: Path) -> None:
    expected_print, expected_weights = train(tmp_path, "default")
    assert expected_print.count("  period ") == 20
    printed, weights = train(tmp_path, setting)
    assert printed == expected_print
    for ours, expected in zip(weights, expected_weights, strict=True):
        assert ours.dtype == np.float64
        np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-9)


@precision("float64")
def test_every_part_of_the_package_computes_in_float64(small: Split, tmp_path: Path) -> None:
    examples = small.training_examples.astype(np.float64)
    examples.loc[:, 100] = np.nextafter(0.5, 1)  # not a float32
    data = small._replace(training_examples=examples)
    dataset = mnist_nn.create_training_dataset(*data[:2], batch_size=1, steps=10)
    assert next(iter(dataset))[0].numpy()[0, 99] == np.nextafter(0.5, 1)

    keep = KeepWeights()
    options: dict[str, Any] = {"hidden_units": [10], "periods": 2, "seed": 1, "verbose": 0}
    networks = {
        steps: mnist_nn.train_nn_classification_model(
            0.05, steps, 10, **options, **data._asdict(), callbacks=[keep]
        )
        for steps in (10, 100, 1_000)
    }
    network = networks[1_000]
    assert {array.dtype for array in (*network.get_weights(), *keep.weights.values())} == {
        np.dtype(np.float64)
    }
    assert check_networks(networks, data.training_examples).passed
    network.save(tmp_path / "network.keras")
    loaded = keras.models.load_model(tmp_path / "network.keras")
    predictions = [m.predict(data.validation_examples, verbose=0) for m in (network, loaded)]
    assert predictions[0].dtype == np.float64
    np.testing.assert_array_equal(*predictions)

    pad = draw(loaded)
    pad.strokes = [[[0.3, 0.2], [0.7, 0.2], [0.4, 0.8]]]
    expected = loaded.predict(pad.pixels.reshape(1, 784), verbose=0)[0]
    np.testing.assert_allclose(pad.probabilities["classifier"], expected, rtol=1e-12)

    parameters = {"learning_rate": [0.05], "steps": [1_000], "batch_size": [10]}
    parameters |= {"hidden_units": [[10]], "periods": [2]}
    train = mnist_nn.train_nn_classification_model
    rows = search_hyperparameters(train, parameters, *data, seeds=[1], n_jobs=1, verbose=0)
    history = network.history.history
    for name in ("val_accuracy", "val_cross_entropy"):
        assert rows[name][0] == history[name][-1]  # to the last bit
