"""Write the page that trains in the browser: its files, a page for each language, its digits.

The folder works from any static server; its links need the rest of the site.
"""

import base64
import gzip
import hashlib
import html
import shutil
from pathlib import Path
from string import Template
from typing import Any

import numpy as np

from mnist_nn import checks, load_mnist_dataframe
from mnist_nn.language import LANGUAGES, format_number, get_language, message
from mnist_nn.metrics import LOG_LOSS_CLIP
from notebooks.site import pages

HERE = Path(__file__).parent
OF_FIRST_PAGE = ("page.css", "pad.js", "prepare.js", "classify.js", "why.js")
PAGE_FILES = [
    *(path for path in HERE.iterdir() if path.suffix in (".js", ".css")),
    *(HERE.parent / "live" / name for name in OF_FIRST_PAGE),
    *pages.SHARED_FILES,
]
ROWS, TRAINING_ROWS, SEED = 10_000, 7_500, 1  # the exercise's
MOST_WEIGHTS = 2_000_000  # 64 MB, with copies: phones have little more
DIGITS_FILE = "digits.bin"  # servers would take .gz for text that they have packed
SETTINGS = {  # of the exercise's first call, and few nodes
    "learning_rate": "0.02",
    "steps": "100",
    "batch_size": "10",
    "hidden_units": "[20, 20]",
}
FIELD = """
<div class="field $name">
  <label for="$name">$label <code>$name</code></label>
  <input id="$name" name="$name" value="$value" inputmode="$mode" spellcheck="false"
    aria-describedby="$name-error $name-help">
  <p class="help" id="$name-help">$help</p>
  <p class="error" id="$name-error" role="alert"></p>
</div>"""
MODES = {"learning_rate": "decimal", "hidden_units": "text"}  # keyboards of phones
NUMBERS: dict[str, Any] = {
    "examples": TRAINING_ROWS,
    "weights": MOST_WEIGHTS,
    "targets": checks.TARGETS,
    "advice": {
        "nodes": checks.ENOUGH_NODES,
        "lowest": checks.LOWEST_RATE,
        "highest": checks.HIGHEST_RATE,
    },
}
# What the package says, in its own words: the names are those of the page.
MESSAGES = {
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
    "pixels, red above zero, blue below, white at zero; the colours end at −{limit} and {limit}, "
    "the weights at {lowest} and {highest}.",
}


def pack_digits() -> bytes:
    """Return the exercise's rows, shuffled as there: all labels, then all pixels, in gzip."""
    table = load_mnist_dataframe("train").head(ROWS)
    rows = table.to_numpy(np.uint8)[np.random.default_rng(SEED).permutation(ROWS)]
    return gzip.compress(rows[:, 0].tobytes() + rows[:, 1:].tobytes(), mtime=0)


def make_texts(language: str) -> dict[str, str]:
    """Return the texts of the page and of the pad in a language."""
    page = pages.read_texts("train.toml")[language]
    with pages.using_language(language):
        texts = {name: message(english) for name, english in MESSAGES.items()} | pages.pad_words()
        texts["space"] = get_language().space  # between sentences
        weights = format_number(MOST_WEIGHTS)
    cost = f"{-np.log(LOG_LOSS_CLIP):.2f}"
    numbers = checks.TARGETS | NUMBERS["advice"] | {"cost": cost, "weights": weights}
    with_numbers = ("intro", "next_linear", "learning_rate_help", "curve_help", "too_large")
    return page | texts | {name: page[name].format_map(numbers) for name in with_numbers}


def make_fields(texts: dict[str, str]) -> str:
    return "".join(
        Template(FIELD).substitute(
            name=name,
            label=html.escape(texts[name]),
            help=html.escape(texts[f"{name}_help"]),
            value=value,
            mode=MODES.get(name, "numeric"),
        )
        for name, value in SETTINGS.items()
    )


def make_table() -> str:
    """Return the rows of an empty confusion matrix."""
    digits = range(10)
    head = "".join(f'<th scope="col">{digit}</th>' for digit in digits)
    cells = "<td></td>" * len(digits)
    rows = [f'<tr><th scope="row">{digit}</th>{cells}</tr>' for digit in digits]
    return f"<tr><th></th>{head}</tr>{''.join(rows)}"


def make_page(language: str, file: dict[str, Any]) -> str:
    """Return the page in a language; ``file`` tells where the digits are."""
    texts, site_texts = make_texts(language), pages.read_texts()[language]
    paths = {code: f"train/{pages.first_page(code)}" for code in LANGUAGES}
    data = {"file": file, "texts": texts, **NUMBERS}
    values = {name: html.escape(text) for name, text in texts.items()}
    return Template((HERE / "index.html").read_text("utf-8")).substitute(
        values,
        language=language,
        languages=pages.link_languages(language),
        first_page=pages.first_page(language),
        broken=html.escape(site_texts["failed"]),
        file=html.escape(site_texts["file"]),
        head=pages.make_head(language, texts["title"], texts["intro"], paths, "../"),
        set_theme=pages.read_theme_script(),
        data=pages.to_script(data),
        fields=make_fields(texts),
        table=make_table(),
    )


def write_page(folder: Path) -> None:
    """Write the page to a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in PAGE_FILES:
        shutil.copy(file, folder)
    digits = pack_digits()
    (folder / DIGITS_FILE).write_bytes(digits)
    digest = base64.b64encode(hashlib.sha256(digits).digest()).decode()
    entry = {"name": DIGITS_FILE, "sha256": digest}
    for language in LANGUAGES:
        (folder / pages.first_page(language)).write_text(make_page(language, entry), "utf-8")
