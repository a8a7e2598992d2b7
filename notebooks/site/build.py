"""Build the site from the saved notebooks, which are not executed: ``make site``.

``build/site`` has a folder for each language. One run of Sphinx makes it, so that search, menus and
the language of its pages are the reader's. The sources are ``pages/LANGUAGE``, the notebooks,
INSTRUCTORS.md, README.md and the docstrings. The first page is that of ``live``; the page that
trains in the browser is that of ``train``.
"""

import base64
import html
import json
import re
import shutil
import subprocess
import sys
import textwrap
import tomllib
from itertools import cycle
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from mnist_nn.language import LANGUAGES
from mnist_nn.rendering import HIDDEN
from notebooks import build
from notebooks.languages import find_missing
from notebooks.site.train import export

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SITE = ROOT / "build" / "site"
SOURCES = ROOT / "build" / "site-sources"
TEXTS = tomllib.loads((HERE / "texts.toml").read_text("utf-8"))
TRAIN_TEXTS = tomllib.loads((HERE / "train.toml").read_text("utf-8"))
# By the cells of the exercise below which there is a link to the page that trains: its settings.
TASKS = {
    "try-linear": "model=linear",
    "task-2-how": "model=network",
    "task-3-how": "model=network&steps=10&seed=1",
}
ROOMS = {
    "mnist_nn": "The exercise",
    "mnist_nn.analysis": "Analysis",
    "mnist_nn.search": "Search for hyperparameters",
    "mnist_nn.drawing": "Drawing",
}


def main() -> None:
    if missing := [line for language in [*LANGUAGES][1:] for line in find_missing(language)]:
        raise build.NotebookError("\n".join(missing))
    for folder in (SITE, SOURCES):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(HERE / "pages", SOURCES)
    for language in LANGUAGES:
        shutil.copy(HERE.parent / "figures" / "weights.png", SOURCES / language)
    figures: dict[str, str] = {}  # what draws it: its <img>
    for edition in build.editions():
        notebook = prepare_notebook(edition)
        if edition.language == "en" and edition.name != "porting":
            figures = find_figures(notebook) | figures
    for room, title in ROOMS.items():
        write_reference(room, title, figures)
    write_english_pages()
    for language in LANGUAGES:
        run_sphinx(language)
    shutil.rmtree(SITE / "jupyter_execute")  # MyST-NB's copies
    for edition in build.editions():  # to download
        shutil.copy(edition.path, SITE / edition.language)
    # The page to draw digits on, with its weights.
    subprocess.run([sys.executable, HERE / "live" / "export.py", SITE], check=True)
    export.export(SITE / "train")
    print(f"The site is in {build.shorten(SITE)}. To see it: python -m http.server -d build/site")


def prepare_notebook(edition: build.Edition) -> NotebookNode:
    """Write a notebook to Sphinx's sources, with figures in files and nothing that needs a kernel.

    Each figure gets its alternative text; what repeats that text for JupyterLab is left out.
    """
    notebook = build.read_saved(edition)
    if notebook is None:
        raise build.NotebookError(f"{edition} is missing. Write it with: make notebooks")
    source = SOURCES / edition.language
    figures = SITE / edition.language / "figures"
    figures.mkdir(parents=True, exist_ok=True)
    for cell in notebook.cells:
        # Images of other sites, such as badges, become links of text.
        cell.source = re.sub(r"!\[([^\]]*)\]\(https?:[^)]*\)", r"\1", cell.source)
        for name, content in cell.pop("attachments", {}).items():
            (source / name).write_bytes(base64.b64decode(content["image/png"]))
            cell.source = cell.source.replace(f"attachment:{name}", name)
        outputs: list[NotebookNode] = []
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            is_hidden = HIDDEN in data.get("text/html", "")
            if is_hidden or "application/vnd.jupyter.widget-view+json" in data:
                continue
            if "image/png" in data:
                file = figures / f"{edition.name}-{cell.id}-{len(outputs)}.png"
                file.write_bytes(base64.b64decode(data.pop("image/png")))
                data["text/html"] = image(file.name, output.metadata.pop("image/png"))
            outputs.append(output)
        if cell.cell_type == "code":
            cell.outputs = outputs
        if edition.name == "exercise" and cell.id in TASKS:
            cell.source += f"\n\n{link_to_train(edition.language, TASKS[cell.id])}"
    if edition.name == "solution":  # which has the same title as the exercise
        title = notebook.cells[0]
        title.source = title.source.replace("\n", f": {TEXTS[edition.language]['solution']}\n", 1)
    nbformat.write(notebook, source / edition.path.name)
    return notebook


def link_to_train(language: str, settings: str) -> str:
    address = html.escape(f"../train/index.html?lang={language}&{settings}")
    return f'<a href="{address}">{TRAIN_TEXTS[language]["link_here"]}</a>'


def image(name: str, metadata: dict[str, Any]) -> str:
    size = " ".join(f'{side}="{metadata[side]}"' for side in ("width", "height"))
    return f'<img src="figures/{name}" alt="{html.escape(metadata["alt"])}" {size} loading="lazy">'


def find_figures(notebook: NotebookNode) -> dict[str, str]:
    """Return the functions that draw, with a figure that each has drawn, alone or as a part."""
    found: dict[str, str] = {}
    for cell in notebook.cells:
        pages = [output.get("data", {}).get("text/html", "") for output in cell.get("outputs", [])]
        kinds = ("<img src=", '<div class="mnist-nn-animation')
        figures = [page for page in pages if page.startswith(kinds)]
        names = re.findall(r"\b(plot_\w+|animate_weights|draw)\(", cell.source)
        if "train_" in cell.source and len(figures) == 2:  # of a trainer
            names = ["plot_log_loss", "plot_confusion_matrix"]
        if len(figures) in (1, len(names)):
            found = dict(zip(names, cycle(figures), strict=False)) | found
    return found


def write_reference(room: str, title: str, figures: dict[str, str]) -> None:
    """Write the page of a room: its docstring, and those of all its public names."""
    stub = ROOT.joinpath(*room.split(".")) / "__init__.pyi"
    lines = [title, "=" * len(title), "", f".. automodule:: {room}", ""]
    for name in re.findall(r" as (\w+)$", stub.read_text("utf-8"), re.MULTILINE):
        kind = "autoclass" if name[0].isupper() else "autofunction"
        lines += [f".. {kind}:: {room}.{name}", ""]
        if name in figures:
            figure = f"<div>{figures[name]}</div>"
            lines += [".. raw:: html", "", textwrap.indent(figure, "   "), ""]
    page = "reference_" + room.replace("mnist_nn.", "")
    (SOURCES / "en" / f"{page}.rst").write_text("\n".join(lines), "utf-8")


def write_english_pages() -> None:
    source = SOURCES / "en"
    shutil.copy(HERE.parent / "INSTRUCTORS.md", source / "instructors.md")
    shutil.copy(HERE.parent / "figures" / "fidelity.png", source)
    readme = (ROOT / "README.md").read_text("utf-8")
    faithful = readme.split("## Is it faithful?")[1].split("\n## ")[0]
    measurements = (ROOT / "data" / "original" / "README.md").read_text("utf-8")
    text = f"# Is it faithful?{faithful}\n#{measurements}".replace("notebooks/figures/", "")
    (source / "fidelity.md").write_text(text, "utf-8")
    (source / "benchmark.md").write_text(describe_benchmark(), "utf-8")


def describe_benchmark() -> str:
    """Return the page of the last benchmark, which ``make bench`` measured."""
    benchmark = json.loads((ROOT / "tests/benchmarks/results.json").read_text("utf-8"))
    form = "| {what} | {ratio:.2f} | {seconds[0]:.3f} | {seconds[1]:.3f} |"
    rows = [form.format(**row) for row in benchmark["results"] if "ratio" in row]
    lines = [
        "# How fast is it?",
        "",
        f"Measured on {benchmark['date']}: {benchmark['machine']}.",
        "",
        "A ratio of 0.5 means half the time of the other. Times are medians of several runs, but",
        "searches and calls of more than 1,000 steps ran once. *Network 100-100* has two hidden",
        "layers of 100 nodes. Networks train with learning rate 0.05 (in searches with several),",
        "linear models with 0.03, both with batches of 30. *NumPy loop* and *PyTorch loop* are the",
        "same training written out with these libraries. *Plain Keras* is `model.fit` with the",
        "same batches, and *MLPClassifier* is that of scikit-learn.",
        "",
        "| mnist_nn against another | ratio | seconds | the other's seconds |",
        "|---|--:|--:|--:|",
        *rows,
    ]
    return "\n".join(lines) + "\n"


def run_sphinx(language: str) -> None:
    address = build.project_address()
    options = {
        "language": LANGUAGES[language].sphinx or language,
        "html_title": TEXTS[language]["site"],
        "html_theme_options.search_bar_text": TEXTS[language]["search"],
        "html_theme_options.repository_url": address,
        "html_theme_options.use_repository_button": "true" if address else "",
    }
    subprocess.run(
        [
            *(sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning", "--keep-going"),
            *("--conf-dir", HERE, "--doctree-dir", SOURCES / "doctrees" / language),
            *(f"--define={option}={value}" for option, value in options.items() if value),
            *(SOURCES / language, SITE / language),
        ],
        check=True,
    )


if __name__ == "__main__":
    try:
        main()
    except (build.NotebookError, subprocess.CalledProcessError) as error:
        sys.exit(str(error))
