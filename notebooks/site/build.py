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
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from mnist_nn.language import LANGUAGES, read_toml
from mnist_nn.rendering import HIDDEN_STYLE
from notebooks import build
from notebooks.languages import find_missing
from notebooks.site.head import TEXTS, first_page, site_address
from notebooks.site.run import describe_run
from notebooks.site.train import export

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SITE = ROOT / "build" / "site"
SOURCES = ROOT / "build" / "site-sources"
EMPTY_PAD = '<p class="mnist-nn-drawing-'  # in an output: a saved pad with no drawing
TRAIN_TEXTS = read_toml(HERE / "train.toml")
# By the cells of the exercise below which there is a link to the page that trains: its settings,
# and the name of its text.
TASKS = {
    "try-linear": ("model=linear", "link_here"),
    "task-2-how": ("model=network", "link_here"),
    "task-3-how": ("model=network&steps=10", "link_task_3"),
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
        (SOURCES / language / "weights.png").write_bytes(read_weights(language))
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
        polish(language)
    shutil.rmtree(SITE / "jupyter_execute")  # MyST-NB's copies
    for edition in build.editions():  # to download
        shutil.copy(edition.path, SITE / edition.language)
    # The page to draw digits on, with its weights.
    live = [sys.executable, "-m", "notebooks.site.live.export", str(SITE)]
    subprocess.run(live, check=True, cwd=ROOT)
    export.export(SITE / "train")
    write_for_robots()
    print(f"The site is in {build.shorten(SITE)}. To see it: python -m http.server -d build/site")


def prepare_notebook(edition: build.Edition) -> NotebookNode:
    """Write a notebook to Sphinx's sources, with figures in files and nothing that needs a kernel.

    Each figure gets its alternative text; what repeats that text for JupyterLab is left out.
    """
    notebook = build.read_saved(edition)
    if notebook is None:
        raise build.NotebookError(f"{edition} is missing. Write it with: make notebooks")
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [*prepare_outputs(cell, edition)]
        else:
            cell.source = prepare_prose(cell, edition)
    title, _, text = notebook.cells[0].source.partition("\n")
    if edition.name == "solution":  # which has the same title as the exercise
        colon = LANGUAGES[edition.language].colon
        title += f"{colon}{TEXTS[edition.language]['solution']}"
    box = describe_run(edition.language, edition.name)
    notebook.cells[0].source = f"{title}\n\n{box}\n{text}"
    nbformat.write(notebook, SOURCES / edition.language / edition.path.name)
    return notebook


def prepare_prose(cell: NotebookNode, edition: build.Edition) -> str:
    """Return the text of a cell with links within the site, and its images in files."""
    # Badges are images of other sites, and the box at the top leads to the same places.
    text = re.sub(r"\n*\[!\[[^\]]*\]\([^)]*\)\]\([^)]*\)", "", cell.source)
    text = text.replace("`going_further`", "[`going_further`](going_further.ipynb)")
    for name, content in cell.pop("attachments", {}).items():
        (SOURCES / edition.language / name).write_bytes(base64.b64decode(content["image/png"]))
        text = text.replace(f"attachment:{name}", name)
    if edition.name == "exercise" and cell.id in TASKS:
        text += f"\n\n{link_to_train(edition.language, *TASKS[cell.id])}"
    return text


def prepare_outputs(cell: NotebookNode, edition: build.Edition) -> Iterator[NotebookNode]:
    """Yield the outputs of a cell, with figures in files, and a link instead of an empty pad."""
    folder, words = SITE / edition.language / "figures", TEXTS[edition.language]
    folder.mkdir(parents=True, exist_ok=True)
    for number, output in enumerate(cell.outputs):
        data = output.get("data", {})
        page = data.get("text/html", "")
        if HIDDEN_STYLE in page or "application/vnd.jupyter.widget-view+json" in data:
            continue
        if "image/png" in data:
            file = folder / f"{edition.name}-{cell.id}-{number}.png"
            file.write_bytes(base64.b64decode(data.pop("image/png")))
            title = words["full_size"]
            data["text/html"] = image(file.name, output.metadata.pop("image/png"), title)
        elif EMPTY_PAD in page:
            address = f"../{first_page(edition.language)}?lang={edition.language}"
            data["text/html"] = f'<p><a href="{address}">{words["draw"]}</a></p>'
        yield output


def read_weights(language: str) -> bytes:
    """Return the figure of the weights in a language, as the saved solution has it."""
    edition = build.Edition("exercise", "solution", language)
    notebook = build.read_saved(edition)
    for cell in notebook.cells if notebook else []:
        for output in cell.get("outputs", []) if cell.id == "weights" else []:
            if "image/png" in output.get("data", {}):
                return base64.b64decode(output.data["image/png"])
    raise build.NotebookError(
        f"{edition} has no figure of the weights. Mend it with: make solutions"
    )


def link_to_train(language: str, settings: str, text: str) -> str:
    address = html.escape(f"../train/{first_page(language)}?{settings}")
    return f'<a href="{address}">{TRAIN_TEXTS[language][text]}</a>'


def image(name: str, metadata: dict[str, Any], title: str) -> str:
    """Return a figure that is a link to its full size: on a phone, its words are small."""
    size = " ".join(f'{side}="{metadata[side]}"' for side in ("width", "height"))
    alt, source = html.escape(metadata["alt"]), f"figures/{name}"
    figure = f'<img src="{source}" alt="{alt}" {size} loading="lazy">'
    return f'<a class="figure" href="{source}" title="{title}">{figure}</a>'


def find_figures(notebook: NotebookNode) -> dict[str, str]:
    """Return the functions that draw, with a figure that each has drawn, alone or as a part."""
    found: dict[str, str] = {}
    for cell in notebook.cells:
        pages = [output.get("data", {}).get("text/html", "") for output in cell.get("outputs", [])]
        kinds = ('<a class="figure"', '<div class="mnist-nn-animation')
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


def polish(language: str) -> None:
    """Take out of the pages what they do not need, translate what the theme has no words for, and
    link the images of Markdown to their full size.

    The theme's script with all icons has 1.5 MB; site.css draws the few that the pages show.
    """
    folder, words = SITE / language, TEXTS[language]
    static = folder / "_static"
    for path in folder.glob("*.html"):
        page = path.read_text("utf-8")
        page = re.sub(r"\s*<script[^>]*fontawesome\.js[^>]*></script>", "", page)
        for name in ("toggle_menu", "toggle_contents", "menu", "contents", "warning"):
            page = page.replace(f'"{TEXTS["en"][name]}"', f'"{words[name]}"')
        full_size = rf'<a class="figure" href="\2" title="{words["full_size"]}">\1</a>'
        page = re.sub(r'(<img [^>]*\bsrc="(_images/[^"]+)"[^>]*>)', full_size, page)
        path.write_text(page, "utf-8")
    if language != "en":
        names = ("copy_to_clipboard", "copy_success", "copy_failure")
        copy = {name: words[name] for name in names} | {"copy": words["copy_code"]}
        script = static / "copybutton.js"
        before = "let locale = 'en'"
        text = f"messages[document.documentElement.lang] = {json.dumps(copy)};\n{before}"
        script.write_text(script.read_text("utf-8").replace(before, text, 1), "utf-8")
        # Sphinx itself has no Korean for it.
        found = "Search finished, found one page matching the search query."
        with (static / "translations.js").open("a") as file:
            texts = json.dumps({found: [words["found"], words["found"]]})
            file.write(f"\nObject.assign(Documentation.TRANSLATIONS, {texts});\n")
    shutil.rmtree(static / "vendor")  # the icons as fonts
    style = static / "styles" / "pydata-sphinx-theme.css"
    fonts = r"@font-face\{[^}]*fontawesome[^}]*\}"
    style.write_text(re.sub(fonts, "", style.read_text("utf-8")), "utf-8")
    for path in (static / "scripts" / "fontawesome.js", *static.rglob("*.map")):
        path.unlink()


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
    try:
        main()
    except (build.NotebookError, subprocess.CalledProcessError) as error:
        sys.exit(str(error))
