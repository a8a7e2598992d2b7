"""Write the page that trains in the browser: its files, its texts in all languages, its digits.

    python -m notebooks.site.train.export [FOLDER]

The folder, ``build/train`` unless another is given, works from any static server.
"""

import gzip
import hashlib
import json
import shutil
import sys
import tomllib
from pathlib import Path
from typing import Any

import numpy as np

import mnist_nn
from mnist_nn import checks, load_mnist_dataframe
from mnist_nn.drawing.pad import describe_answer, describe_drawing
from mnist_nn.drawing.widget import pad_texts
from mnist_nn.language import LANGUAGES, get_language, message
from mnist_nn.metrics import LOG_LOSS_CLIP
from notebooks.site.head import make_head

HERE = Path(__file__).parent
FOLDER = HERE.parents[2] / "build" / "train"
DRAWING = Path(mnist_nn.__file__).parent / "drawing"
FILES = [
    *(path for path in HERE.iterdir() if path.suffix in (".js", ".css")),
    *(HERE.parent / "live" / name for name in ("prepare.js", "classify.js")),
    *(DRAWING / name for name in ("widget.js", "widget.css")),
    HERE.parent / "static" / "favicon.svg",
]
LINK = '<li><a href="../{0}/exercise.html" lang="{0}">{1}</a></li>'
ROWS, TRAINING_ROWS, SEED = 10_000, 7_500, 1  # the exercise's
MOST_WEIGHTS = 5_000_000  # 120 MB: phones have little more
FILE = "digits.bin"  # servers would take .gz for text that they have packed
SETTINGS = {  # of the exercise's first call, and few nodes
    "learning_rate": "0.02",
    "steps": "100",
    "batch_size": "10",
    "hidden_units": "[20, 20]",
    "seed": "",
}
NUMBERS: dict[str, Any] = {
    "examples": TRAINING_ROWS,
    "weights": MOST_WEIGHTS,
    "targets": checks.TARGETS,
    "advice": {
        "nodes": checks.ENOUGH_NODES,
        "lowest": checks.LOWEST_RATE,
        "highest": checks.HIGHEST_RATE,
    },
    "numbers": checks.TARGETS | {"cost": f"{-np.log(LOG_LOSS_CLIP):.2f}"},  # in texts
}
# What the package says, in its own words: the names are those of the page.
MESSAGES = {
    "linear": "linear",
    "network": "network",
    "whole_number": "{name} must be a whole number, {minimum} or more, not {value}",
    "positive_number": "{name} must be a finite number above 0, such as 0.03, not {value}",
    "list": "hidden_units must list the number of nodes of each hidden layer, such as [100, 100], "
    "not {value}",
    "few_steps": "steps {steps} is less than the {periods} periods: raise it",
    "large_batch": "batch_size {batch_size} is more than the {n} examples: lower it",
    "diverged": "training diverged in period {period} with learning_rate {learning_rate}: lower it",
    "stopped": "Training stopped after {done} of {steps} steps.",
    "passed": "Well done: the accuracy on the validation set is {accuracy}, and the task asks for "
    "{target}.",
    "not_passed": "Not there yet: the accuracy on the validation set is {accuracy}, and the task "
    "asks for {target}. {advice}",
    "advise_nodes": "Try more nodes in the first hidden layer, as in [100, 100].",
    "advise_rate": "Try a learning rate from 0.02 to 0.15.",
    "advise_more": "Try more steps, larger batches or another learning rate.",
    "training": "training",
    "validation": "validation",
    "curve": "Line chart of the log loss, period by period. Training set: {training}. Validation "
    "set: {validation}.",
    "worst": "Most frequent mistake: {digit} predicted as {predicted}, a fraction of {share}.",
    "images": "{nodes} small images in rows of ten, one per node: its weights, arranged like the "
    "pixels, red above zero, blue below, white at zero; the colours end at −{limit} and {limit}.",
}


def pack_digits() -> bytes:
    """Return the exercise's rows, shuffled as there: all labels, then all pixels, in gzip."""
    table = load_mnist_dataframe("train").head(ROWS)
    rows = table.to_numpy(np.uint8)[np.random.default_rng(SEED).permutation(ROWS)]
    return gzip.compress(rows[:, 0].tobytes() + rows[:, 1:].tobytes(), mtime=0)


def make_texts(language: str) -> dict[str, Any]:
    """Return the texts of the page and of the pad in a language."""
    page: dict[str, Any] = tomllib.loads((HERE.parent / "train.toml").read_text("utf-8"))[language]
    mnist_nn.set_language(language)
    texts = {
        "name": get_language().name,
        "comma": get_language().comma,
        "space": get_language().space,
        "drawing": describe_drawing("{answers}"),
        "answer": describe_answer("{name}", "{digit}", "{p}"),
    }
    texts |= {name: message(english) for name, english in MESSAGES.items()} | pad_texts()
    mnist_nn.set_language("en")
    return page | texts


def export(folder: Path = FOLDER) -> None:
    """Write the page to a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in FILES:
        shutil.copy(file, folder)
    digits = pack_digits()
    (folder / FILE).write_bytes(digits)
    entry = {"name": FILE, "bytes": len(digits), "sha256": hashlib.sha256(digits).hexdigest()}
    texts = {language: make_texts(language) for language in LANGUAGES}
    data = {"file": entry, "settings": SETTINGS, "texts": texts, **NUMBERS}
    (folder / "data.json").write_text(json.dumps(data, ensure_ascii=False), "utf-8")
    links = [LINK.format(code, language.name) for code, language in LANGUAGES.items()]
    description = texts["en"]["intro"].format_map(NUMBERS["numbers"])
    head = make_head("en", texts["en"]["title"], description, {"en": "train/index.html"}, "../")
    page = (HERE / "index.html").read_text("utf-8")
    page = page.replace("<!-- head -->", head).replace("<!-- links -->", "".join(links))
    (folder / "index.html").write_text(page, "utf-8")


if __name__ == "__main__":
    export(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
