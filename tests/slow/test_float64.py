"""In float64, a seed gives the same numbers whatever the processor and the number of threads."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

CODE = """
import sys

import keras

keras.config.set_floatx("float64")

import mnist_nn
from split import split_exercise, train_table

data = split_exercise(train_table(), seed=1)
network = mnist_nn.train_nn_classification_model(
    0.05, 600, 30, [100, 100], *data, seed=1, dropout=0.1, verbose=1)
linear = mnist_nn.train_linear_classification_model(0.03, 300, 30, *data, seed=1, verbose=1)
np = mnist_nn.metrics.np
np.savez(sys.argv[1], *network.get_weights(), *linear.get_weights())
"""
SETTINGS: dict[str, dict[str, str]] = {
    "default": {},
    "without oneDNN": {"TF_ENABLE_ONEDNN_OPTS": "0"},
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


def test_same_numbers_with_other_settings(tmp_path: Path) -> None:
    results = {name: train(tmp_path, name) for name in SETTINGS}
    expected_print, expected_weights = results.pop("default")
    assert expected_print.count("  period ") == 20
    for name, (printed, weights) in results.items():
        assert printed == expected_print, name
        for ours, expected in zip(weights, expected_weights, strict=True):
            assert ours.dtype == np.float64
            np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-9, err_msg=name)
