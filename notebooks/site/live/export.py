"""Write the live page: its files, the texts of all languages, and the weights of trained models.

    python -m notebooks.site.live.export [FOLDER]

The folder, ``build/live`` unless another is given, works from any static server; its links need
the rest of the site.
"""

import argparse
import hashlib
import html
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import Any

import numpy as np
import numpy.typing as npt

from mnist_nn import (
    load_mnist_dataframe,
    parse_labels_and_features,
    train_linear_classification_model,
    train_nn_classification_model,
)
from mnist_nn.language import LANGUAGES
from mnist_nn.models import build_linear_model, build_nn_model
from notebooks.build import Edition
from notebooks.site import pages
from notebooks.site.live.card import draw_card
from notebooks.site.run import list_commands, list_services

HERE = Path(__file__).parent
FOLDER = HERE.parents[2] / "build" / "live"
PRELOADED = ("pad.js", "classify.js", "playback.js", "demo.js", "prepare.js", "strokes.js")
LATER = ("games.js", "picture.js", "why.js")  # page.js imports them when the pad can be used
PAGE_FILES = [
    *(HERE / name for name in ("page.css", "page.js", *PRELOADED, *LATER)),
    *pages.SHARED_FILES,
]
NAMES = ("linear", "network")
HIDDEN_UNITS = [100, 100]
SIZES = [[784, 10], [784, *HIDDEN_UNITS, 10]]  # of the layers of both models
STEPS = (0, 1, 3, 10, 30, 100, 300, 1000)
PERIODS = 10
ROOT = "@root@"  # in the offline page: worker.js puts the address of the site there
SEED = 1
LAST_DTYPE = np.int16  # dtype of the weights after the last number of steps
EARLIER_DTYPE = np.int8  # and before

Models = dict[int, dict[str, Any]]  # by steps and name


def train_models() -> Models:
    """Train the models of the exercise's solution, and both for fewer steps, too."""
    table = load_mnist_dataframe("train").head(10_000)
    table = table.reindex(np.random.default_rng(SEED).permutation(table.index))
    training_targets, training_examples = parse_labels_and_features(table[:7500])
    validation_targets, validation_examples = parse_labels_and_features(table[7500:])
    data = (training_examples, training_targets, validation_examples, validation_targets)
    models: Models = {
        0: {"linear": build_linear_model(), "network": build_nn_model(HIDDEN_UNITS, seed=SEED)}
    }
    for steps in STEPS[1:]:
        options: Any = {"seed": SEED, "verbose": 0, "periods": min(steps, PERIODS)}
        models[steps] = {
            "linear": train_linear_classification_model(0.03, steps, 30, *data, **options),
            "network": train_nn_classification_model(
                0.05, steps, 30, HIDDEN_UNITS, *data, **options
            ),
        }
    return models


def encode_layer(
    weights: npt.NDArray[np.float32], biases: npt.NDArray[np.float32], *, dtype: Any
) -> bytes:
    """Return a layer with weights as whole numbers, in units of a scale of each node.

    See classify.js.
    """
    scales = np.abs(weights).max(axis=0) / np.iinfo(dtype).max
    whole = np.rint(weights / np.where(scales, scales, 1)).astype(np.dtype(dtype).newbyteorder("<"))
    return b"".join(part.tobytes() for part in (scales.astype("<f4"), biases.astype("<f4"), whole))


def encode_models(models: Models, steps: Sequence[int], dtype: Any) -> bytes:
    return b"".join(
        encode_layer(*layer.get_weights(), dtype=dtype)
        for number in steps
        for name in NAMES
        for layer in models[number][name].layers
        if layer.weights
    )


def make_texts(language: str) -> dict[str, Any]:
    """Return the texts of the page and of the pad in a language."""
    page: dict[str, Any] = pages.read_texts()[language]
    with pages.using_language(language):
        return page | {"models": [page[name] for name in NAMES]} | pages.pad_words()


def make_page(language: str) -> str:
    """Return the first page in a language."""
    texts = make_texts(language)
    paths = {code: pages.first_page(code) for code in LANGUAGES}
    values = {name: html.escape(text) for name, text in texts.items() if isinstance(text, str)}
    modules = ("widget.js", *PRELOADED)
    return Template((HERE / "index.html").read_text("utf-8")).substitute(
        values,
        language=language,
        head=pages.make_head(language, texts["title"], texts["description"], paths, ""),
        codes=json.dumps([*LANGUAGES]),
        set_theme=pages.read_theme_script(),
        texts=pages.to_script(texts | {"steps": STEPS, "sizes": SIZES}),
        preload="\n    ".join(f'<link rel="modulepreload" href="{name}">' for name in modules),
        languages=pages.link_languages(language, "?lang={}"),
        onward=lead_on(language),
        digits="".join(f'<button type="button">{digit}</button>' for digit in range(10)),
    )


def lead_on(language: str) -> str:
    """Return the buttons that lead on to train, and links to read and teach the exercise."""
    texts = {name: html.escape(text) for name, text in pages.read_texts()[language].items()}
    exercise = Edition("exercise", "exercise", language)
    services = [*list_services(exercise).items()]
    if services:
        service, link = services[0]
        start = f'<a class="button first" href="{link}">{texts["run"]} ({service})</a>'
    else:
        commands = html.escape("\n".join(list_commands(exercise)))
        start = (
            f'<details><summary class="button first">{texts["run"]}</summary>'
            f"<p>{texts['lines']}</p><pre><code>{commands}</code></pre></details>"
        )
    train = f"train/{pages.first_page(language)}"
    here = f'<a class="button" href="{train}">{texts["train_here"]}</a>'
    links = [
        *services[1:],
        (texts["read"], f"{language}/exercise.html"),
        (texts["see_solution"], f"{language}/solution.html"),
        (texts["teach"], "en/instructors.html"),
    ]
    items = "".join(f'<li><a href="{link}">{text}</a></li>' for text, link in links)
    return f'<div class="onward"><p>{texts["run_text"]}</p>{start}{here}<ul>{items}</ul></div>'


def make_plain_page(name: str, root: str) -> str:
    """Return a page of one text in all languages; ``root`` is the address of the site.

    With the whole address, its links work from a page at any depth.
    """
    texts = pages.read_texts()
    lines = [
        f'<p lang="{code}">{html.escape(texts[code][name])}<br><a href="{root}'
        f'{pages.first_page(code)}?lang={code}">{html.escape(texts[code]["draw"])}</a></p>'
        for code in LANGUAGES
    ]
    page = Template((HERE / "plain.html").read_text("utf-8"))
    return page.substitute(title=texts["en"]["site"], root=root, lines="\n    ".join(lines))


def write_worker(folder: Path) -> None:
    """Write the script that keeps the page for later visits without a network."""
    files = ["weights.bin", "training.bin", *(path.name for path in PAGE_FILES)]
    files += [pages.first_page(code) for code in LANGUAGES]
    contents = b"".join((folder / name).read_bytes() for name in files)
    worker = Template((HERE / "worker.js").read_text("utf-8")).substitute(
        version=json.dumps(hashlib.sha256(contents).hexdigest()[:12]),
        files=json.dumps(["./", *files]),
        offline=json.dumps(make_plain_page("offline", ROOT), ensure_ascii=False),
        root=json.dumps(ROOT),
    )
    (folder / "worker.js").write_text(worker, "utf-8")


def write_page(models: Models, folder: Path = FOLDER) -> None:
    """Write the page to a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in PAGE_FILES:
        shutil.copy(file, folder)
    (folder / "weights.bin").write_bytes(encode_models(models, STEPS[-1:], LAST_DTYPE))
    (folder / "training.bin").write_bytes(encode_models(models, STEPS[:-1], EARLIER_DTYPE))
    for language in LANGUAGES:
        (folder / pages.first_page(language)).write_text(make_page(language), "utf-8")
    missing = make_plain_page("missing", pages.site_address() or "/")
    (folder / "404.html").write_text(missing, "utf-8")
    draw_card(models[STEPS[-1]]["network"], folder / pages.CARD)
    write_worker(folder)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        prog="python -m notebooks.site.live.export", description=__doc__
    )
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    write_page(train_models(), parser.parse_args().folder)
