"""Write the live page: its files, the texts of all languages, and the weights of trained models.

    python notebooks/site/live/export.py [FOLDER]

The folder, ``build/live`` unless another is given, works from any static server.
"""

import json
import shutil
import sys
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import mnist_nn
from mnist_nn import (
    load_mnist_dataframe,
    parse_labels_and_features,
    train_linear_classification_model,
    train_nn_classification_model,
)
from mnist_nn.drawing.pad import describe_answer, describe_drawing
from mnist_nn.drawing.widget import pad_texts
from mnist_nn.language import LANGUAGES, get_language, message

HERE = Path(__file__).parent
FOLDER = HERE.parents[2] / "build" / "live"
DRAWING = Path(mnist_nn.__file__).parent / "drawing"
FILES = [
    *(HERE / name for name in ("page.css", "page.js", "prepare.js", "classify.js")),
    *(DRAWING / name for name in ("widget.js", "widget.css")),
]
LINK = '<li><a href="{0}/exercise.html" lang="{0}">{1}</a></li>'
NAMES = ("linear", "network")
HIDDEN_UNITS = [100, 100]
STEPS = (10, 100, 1000)
SEED = 1
LARGEST = 127  # of an 8-bit weight

Models = dict[int, dict[str, Any]]  # by steps and name


def train_models() -> Models:
    """Train the models of the exercise's solution, and the linear one for fewer steps, too."""
    table = load_mnist_dataframe("train").head(10_000)
    table = table.reindex(np.random.default_rng(SEED).permutation(table.index))
    training_targets, training_examples = parse_labels_and_features(table[:7500])
    validation_targets, validation_examples = parse_labels_and_features(table[7500:])
    data = (training_examples, training_targets, validation_examples, validation_targets)
    options: Any = {"seed": SEED, "verbose": 0}
    return {
        steps: {
            "linear": train_linear_classification_model(0.03, steps, 30, *data, **options),
            "network": train_nn_classification_model(
                0.05, steps, 30, HIDDEN_UNITS, *data, **options
            ),
        }
        for steps in STEPS
    }


def encode_layer(weights: npt.NDArray[np.float32], biases: npt.NDArray[np.float32]) -> bytes:
    """Return a layer with 8-bit weights, in units of a scale of each node: see classify.js."""
    scales = np.abs(weights).max(axis=0) / LARGEST
    whole = np.rint(weights / scales).astype(np.int8)
    return b"".join(part.tobytes() for part in (scales.astype("<f4"), biases.astype("<f4"), whole))


def make_texts(language: str) -> dict[str, Any]:
    """Return the texts of the page and of the pad in a language."""
    page: dict[str, Any] = tomllib.loads((HERE.parent / "texts.toml").read_text("utf-8"))[language]
    mnist_nn.set_language(language)
    texts = {
        "name": get_language().name,
        "models": [message(name) for name in NAMES],
        "drawing": describe_drawing("{answers}"),
        "answer": describe_answer("{name}", "{digit}", "{p}"),
        "comma": get_language().comma,
    }
    texts |= pad_texts()
    mnist_nn.set_language("en")
    return page | texts


def export(models: Models, folder: Path = FOLDER) -> None:
    """Write the page to a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in FILES:
        shutil.copy(file, folder)
    layers = [
        layer.get_weights()
        for steps in STEPS
        for name in NAMES
        for layer in models[steps][name].layers
        if layer.weights
    ]
    (folder / "weights.bin").write_bytes(b"".join(encode_layer(*layer) for layer in layers))
    sizes = [[784, 10], [784, *HIDDEN_UNITS, 10]]  # of the layers of both models
    texts = {language: make_texts(language) for language in LANGUAGES}
    data = {"steps": STEPS, "sizes": sizes, "texts": texts}
    (folder / "data.json").write_text(json.dumps(data, ensure_ascii=False), "utf-8")
    links = [LINK.format(code, language.name) for code, language in LANGUAGES.items()]
    page = (HERE / "index.html").read_text("utf-8").replace("<!-- links -->", "".join(links))
    (folder / "index.html").write_text(page, "utf-8")


if __name__ == "__main__":
    export(train_models(), Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
