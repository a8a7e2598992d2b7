"""Build the site from the saved notebooks, which are not executed: ``make site``.

``build/site`` has a folder for each language. One run of Sphinx makes it, so that search, menus and
the language of its pages are the reader's. The sources are ``pages/LANGUAGE``, the notebooks,
INSTRUCTORS.md, README.md and the docstrings. The first page is that of ``live``; the page that
trains in the browser is that of ``train``.
"""

import base64
import copy
import html
import json
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from mnist_nn.language import LANGUAGES
from mnist_nn.rendering import HIDDEN_STYLE
from notebooks import build
from notebooks.languages import find_missing
from notebooks.site.live import export as live_export
from notebooks.site.pages import first_page, read_texts, site_address
from notebooks.site.run import describe_run
from notebooks.site.train import export as train_export

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SITE = ROOT / "build" / "site"
SOURCES = ROOT / "build" / "site-sources"
EMPTY_PAD = '<p class="mnist-nn-drawing-'  # in an output: a saved pad with no drawing
# By the cells of the exercise below which there is a link to the page that trains: its settings,
# and the name of its text.
TASKS = {
    "try-linear": ("model=linear", "link_here"),
    "task-2-how": ("model=network", "link_here"),
    "task-3-how": ("model=network&steps=10", "link_task_3"),
}
# By the functions that draw, a figure for the reference: notebook, cell, and place in the cell.
FIGURES = {
    "plot_digit": ("solution", "random-example", 0),
    "plot_log_loss": ("solution", "linear-first-call", 0),
    "plot_confusion_matrix": ("solution", "linear-first-call", 1),
    "plot_weights": ("solution", "weights", 0),
    "plot_examples": ("solution", "load", 0),
    "plot_gradient": ("solution", "training-dataset", 0),
    "plot_probabilities": ("solution", "one-prediction", 1),
    "plot_runs": ("going_further", "many-runs", 0),
    "plot_accuracies": ("going_further", "rows", 0),
    "plot_cross_entropy": ("going_further", "two-losses", 0),
    "plot_mistakes": ("going_further", "confident-mistakes", 0),
    "plot_confusion_difference": ("going_further", "confusion-difference", 0),
    "plot_weights_over_training": ("going_further", "keep-weights", 0),
    "animate_weights": ("going_further", "animation", 0),
    "plot_search": ("going_further", "search-linear", 0),
    "draw": ("going_further", "draw-corner", 0),
}
FIGURE_TAGS = ('<a class="figure"', '<div class="mnist-nn-animation')
ROOMS = {
    "mnist_nn": "The exercise",
    "mnist_nn.analysis": "Analysis",
    "mnist_nn.search": "Search for hyperparameters",
    "mnist_nn.drawing": "Drawing",
}


def main(_: Sequence[str]) -> None:
    if missing := [line for language in [*LANGUAGES][1:] for line in find_missing(language)]:
        raise build.NotebookError("\n".join(missing))
    for folder in (SITE, SOURCES):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(HERE / "pages", SOURCES)
    for language in LANGUAGES:
        (SOURCES / language / "weights.png").write_bytes(read_weights(language))
        (SITE / language / "figures").mkdir(parents=True)
    adapted: dict[str, NotebookNode] = {}  # the English ones, by their editions
    for edition in build.editions():
        notebook, files = adapt(read_saved(edition), edition)
        nbformat.write(notebook, SOURCES / edition.language / edition.path.name)
        for path, content in files.items():
            path.write_bytes(content)
        if edition.language == "en":
            adapted[edition.name] = notebook
    for room, title in ROOMS.items():
        write_reference(room, title, adapted)
    write_english_pages()
    for language in LANGUAGES:
        run_sphinx(language)
        polish(language)
    shutil.rmtree(SITE / "jupyter_execute")  # MyST-NB's copies
    for edition in build.editions():  # to download
        shutil.copy(edition.path, SITE / edition.language)
    live_export.write_page(live_export.train_models(), SITE)
    train_export.write_page(SITE / "train")
    write_for_robots()
    print(f"The site is in {build.shorten(SITE)}. To see it: python -m http.server -d build/site")


def read_saved(edition: build.Edition) -> NotebookNode:
    notebook = build.read_saved(edition)
    if notebook is None:
        raise build.NotebookError(f"{edition} is missing. Write it with: make notebooks")
    return notebook


def adapt(notebook: NotebookNode, edition: build.Edition) -> tuple[NotebookNode, dict[Path, bytes]]:
    """Return a notebook for Sphinx, with nothing that needs a kernel, and its figures by path."""
    adapted, files = copy.deepcopy(notebook), dict[Path, bytes]()
    for cell in adapted.cells:
        if cell.cell_type == "code":
            cell.outputs, figures = adapt_outputs(cell, edition)
            files |= figures
            continue
        cell.source = adapt_prose(cell, edition)
        for name, content in cell.pop("attachments", {}).items():
            files[SOURCES / edition.language / name] = base64.b64decode(content["image/png"])
    adapted.cells[0].source = add_title_box(adapted.cells[0].source, edition)
    return adapted, files


def add_title_box(text: str, edition: build.Edition) -> str:
    """Return the text of a first cell with a box on how to run the notebook below its title."""
    title, _, rest = text.partition("\n")
    if edition.name == "solution":  # which has the same title as the exercise
        colon = LANGUAGES[edition.language].colon
        title += f"{colon}{read_texts()[edition.language]['solution']}"
    return f"{title}\n\n{describe_run(edition)}\n{rest}"


def adapt_prose(cell: NotebookNode, edition: build.Edition) -> str:
    """Return the text of a cell with links within the site."""
    # Badges are images of other sites, and the box at the top leads to the same places.
    text = re.sub(r"\n*\[!\[[^\]]*\]\([^)]*\)\]\([^)]*\)", "", cell.source)
    text = text.replace("`going_further`", "[`going_further`](going_further.ipynb)")
    text = text.replace("](attachment:", "](")
    if edition.name == "exercise" and cell.id in TASKS:
        text += f"\n\n{link_to_train(edition.language, *TASKS[cell.id])}"
    return text


def adapt_outputs(
    cell: NotebookNode, edition: build.Edition
) -> tuple[list[NotebookNode], dict[Path, bytes]]:
    """Return the outputs of a cell, with a link instead of an empty pad, and figures by path.

    Each figure gets its alternative text; what repeats that text for JupyterLab is left out.
    """
    outputs, figures = [], {}
    words = read_texts()[edition.language]
    for number, output in enumerate(cell.outputs):
        data = output.get("data", {})
        page = data.get("text/html", "")
        if HIDDEN_STYLE in page or "application/vnd.jupyter.widget-view+json" in data:
            continue
        if "image/png" in data:
            name = f"{edition.name}-{cell.id}-{number}.png"
            path = SITE / edition.language / "figures" / name
            figures[path] = base64.b64decode(data.pop("image/png"))
            metadata = output.metadata.pop("image/png")
            data["text/html"] = image(name, metadata, words["full_size"])
        elif EMPTY_PAD in page:
            address = f"../{first_page(edition.language)}?lang={edition.language}"
            data["text/html"] = f'<p><a href="{address}">{words["draw"]}</a></p>'
        outputs.append(output)
    return outputs, figures


def read_weights(language: str) -> bytes:
    """Return the figure of the weights in a language, as the saved solution has it."""
    edition = build.Edition("exercise", "solution", language)
    for cell in read_saved(edition).cells:
        for output in cell.get("outputs", []) if cell.id == "weights" else []:
            if "image/png" in output.get("data", {}):
                return base64.b64decode(output.data["image/png"])
    raise build.NotebookError(
        f"{edition} has no figure of the weights. Mend it with: make solutions"
    )


def link_to_train(language: str, settings: str, text: str) -> str:
    address = html.escape(f"../train/{first_page(language)}?{settings}")
    return f'<a href="{address}">{read_texts("train.toml")[language][text]}</a>'


def image(name: str, metadata: dict[str, Any], title: str) -> str:
    """Return a figure that is a link to its full size: on a phone, its words are small."""
    size = " ".join(f'{side}="{metadata[side]}"' for side in ("width", "height"))
    alt, source = html.escape(metadata["alt"]), f"figures/{name}"
    figure = f'<img src="{source}" alt="{alt}" {size} loading="lazy">'
    return f'<a class="figure" href="{source}" title="{title}">{figure}</a>'


def find_figure(notebooks: Mapping[str, NotebookNode], function: str) -> str:
    """Return the figure of a function in adapted notebooks, as HTML."""
    name, cell_id, place = FIGURES[function]
    figures = [
        page
        for cell in notebooks[name].cells
        if cell.id == cell_id
        for output in cell.get("outputs", [])
        if (page := str(output.get("data", {}).get("text/html", ""))).startswith(FIGURE_TAGS)
    ]
    if place >= len(figures):
        raise build.NotebookError(
            f"notebooks/en/{name}.ipynb: [{cell_id}] has no figure for {function}. "
            "Name another in FIGURES of notebooks/site/build.py"
        )
    return figures[place]


def write_reference(room: str, title: str, notebooks: Mapping[str, NotebookNode]) -> None:
    """Write the page of a room: its docstring, and those of all its public names."""
    stub = ROOT.joinpath(*room.split(".")) / "__init__.pyi"
    names = re.findall(r" as (\w+)$", stub.read_text("utf-8"), re.MULTILINE)  # what it exports
    lines = [title, "=" * len(title), "", f".. automodule:: {room}", ""]
    for name in names:
        kind = "autoclass" if name[0].isupper() else "autofunction"
        lines += [f".. {kind}:: {room}.{name}", ""]
        if name in FIGURES:
            figure = f"<div>{find_figure(notebooks, name)}</div>"
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
    text = f"# Is it faithful?{faithful}\n#{measurements}"  # whose title becomes a section's
    (source / "fidelity.md").write_text(text.replace("notebooks/figures/", ""), "utf-8")
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
    address, texts = build.project_address(), read_texts()[language]
    options = {
        "language": LANGUAGES[language].sphinx or language,
        "html_title": texts["site"],
        "html_theme_options.search_bar_text": texts["search"],
        "html_theme_options.repository_url": address,
        "html_theme_options.use_repository_button": "true" if address else "",
    }
    command: list[str | Path] = [
        *(sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning", "--keep-going"),
        *("--conf-dir", HERE, "--doctree-dir", SOURCES / "doctrees" / language),
        *(f"--define={option}={value}" for option, value in options.items() if value),
        *(SOURCES / language, SITE / language),
    ]
    if subprocess.run(command).returncode:
        raise build.NotebookError(f"Sphinx has found errors in the pages in {language}")


def polish(language: str) -> None:
    """Change in the files of Sphinx and its theme what no option changes."""
    folder = SITE / language
    static = folder / "_static"
    for path in folder.glob("*.html"):
        path.write_text(polish_page(path.read_text("utf-8"), language), "utf-8")
    if language != "en":
        translate_copy_button(static / "copybutton.js", language)
        translate_search(static / "translations.js", language)
    remove_icons(static)


def polish_page(page: str, language: str) -> str:
    """Return a page without the icons' script, in one language, with links to images' full size."""
    words, english = read_texts()[language], read_texts()["en"]
    page = substitute(r"\s*<script[^>]*fontawesome\.js[^>]*></script>", "", page)
    for name in ("toggle_menu", "toggle_contents", "menu", "contents", "warning"):  # if there
        page = page.replace(f'"{english[name]}"', f'"{words[name]}"')
    full_size = rf'<a class="figure" href="\2" title="{words["full_size"]}">\1</a>'
    return re.sub(r'(<img [^>]*\bsrc="(_images/[^"]+)"[^>]*>)', full_size, page)


def translate_copy_button(script: Path, language: str) -> None:
    """Add the words of a language to the script of the buttons that copy code."""
    words = read_texts()[language]
    names = ("copy_to_clipboard", "copy_success", "copy_failure")
    texts = {name: words[name] for name in names} | {"copy": words["copy_code"]}
    before = "let locale = 'en'"
    added = f"messages[document.documentElement.lang] = {json.dumps(texts)};\n{before}"
    script.write_text(substitute(before, added, script.read_text("utf-8")), "utf-8")


def translate_search(script: Path, language: str) -> None:
    """Add what Sphinx itself has no Korean for to its translations."""
    found = "Search finished, found one page matching the search query."
    texts = json.dumps({found: [read_texts()[language]["found"]] * 2})
    with script.open("a") as file:
        file.write(f"\nObject.assign(Documentation.TRANSLATIONS, {texts});\n")


def remove_icons(static: Path) -> None:
    """Remove the icons, a script of 1.5 MB and fonts: site.css draws the few that are shown."""
    shutil.rmtree(static / "vendor")
    style = static / "styles" / "pydata-sphinx-theme.css"
    fonts = r"@font-face\{[^}]*fontawesome[^}]*\}"
    style.write_text(substitute(fonts, "", style.read_text("utf-8")), "utf-8")
    for path in (static / "scripts" / "fontawesome.js", *static.rglob("*.map")):
        path.unlink()


def substitute(pattern: str, replacement: str, text: str) -> str:
    """Return a text with each match replaced; raise a NotebookError if there is none."""
    changed, count = re.subn(pattern, lambda _: replacement, text)
    if not count:
        raise build.NotebookError(
            f"a file of the theme lacks {pattern}: adapt notebooks/site/build.py"
        )
    return changed


def write_for_robots() -> None:
    """Write robots.txt, and a sitemap if the address is known, since it has whole addresses."""
    robots, address = "User-agent: *\nAllow: /\n", site_address()
    if address:
        pages = sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html"))
        urls = [
            f"<url><loc>{address}{page}</loc></url>"
            for page in pages
            if not {"404.html", "search.html", "_static"} & {*page.split("/")}
        ]
        head = '<?xml version="1.0" encoding="UTF-8"?>'
        schema = "http://www.sitemaps.org/schemas/sitemap/0.9"
        sitemap = "\n".join([head, f'<urlset xmlns="{schema}">', *urls, "</urlset>"])
        (SITE / "sitemap.xml").write_text(f"{sitemap}\n", "utf-8")
        robots += f"Sitemap: {address}sitemap.xml\n"
    (SITE / "robots.txt").write_text(robots, "utf-8")


if __name__ == "__main__":
    build.run_command(main)
