"""Make the notebooks from their sources: never edit one by hand.

    .venv/bin/python notebooks/build.py COMMAND

    write           write all of them, without executing
    execute NAME    execute NAME in all languages, save its outputs
    check           fail if a notebook or a translation is out of date
    stamp NAME      renew the hashes in a translation, SOURCE.LANGUAGE

With ``--language en``, say, the first three do so in that language alone.

A source is a text in percent format, ``source/SOURCE.py``: the code, and the English prose. A file
``source/SOURCE.LANGUAGE.toml`` has the texts of a language by cell id: ``text`` for a cell of
prose, ``replace`` for the words in a cell of code, and ``hash``, the beginning of the SHA-256 sum
of the English that was translated. It also has the summary behind which solutions are folded.

What stands behind a cell's id in the source:

    only="EDITION …"    the cell is in these editions alone: exercise, solution, course, rubric
    fold="TASK"         in the exercise, these cells are folded away as one solution
    generated="install" the cell is written by this script
    figure="FILE.png"   the cell's figure is also saved as figures/FILE.png
    attach="FILE.png"   figures/FILE.png is part of the cell, for ![](attachment:FILE.png)
    tags=["parameters"] sizes, for which a test puts in smaller ones
"""

import argparse
import asyncio
import base64
import contextlib
import io
import os
import re
import sys
import tempfile
import tokenize
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

try:
    import tomllib

    import jupytext
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellControlSignal, CellExecutionError
    from nbformat import NotebookNode
    from PIL import Image
except ImportError as error:
    python = Path(".venv", "Scripts" if os.name == "nt" else "bin", "python")
    sys.exit(
        f"{sys.executable} lacks {error.name}. In the project's folder, run {python} instead; the "
        "README tells how to set it up."
    )

sys.path.append(str(Path(__file__).parents[1]))

from mnist_nn.fonts import find_font
from mnist_nn.language import LANGUAGES, read_toml
from mnist_nn.rendering import encode_png
from notebooks.languages import (
    UNKNOWN,
    check_languages,
    check_translation,
    find_unknown,
    short_hash,
)

NOTEBOOKS = Path(__file__).parent
# Nothing in it depends on the machine.
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python", "pygments_lexer": "ipython3"},
}
ENGLISH = "en"
EDITIONS_OF_SOURCE = {"exercise": ("exercise", "solution")}
ATTRIBUTES = {"attach", "figure", "fold", "generated", "only", "tags"}  # of a source's cells
EDITION_NAMES = {"exercise", "solution", "course", "rubric"}  # which "only" may name
CELL_TIMEOUT_SECONDS = 1_800
EXECUTED_AT_ONCE = 2
ASK_FOR_MEMORY = "Is there 1 GB of memory for each notebook?"
# In a notebook, TensorFlow's Python code logs to stdout.
LOG_LINE = re.compile(r"^(WARNING|ERROR):|^[WE]\d{4} ", re.MULTILINE)
INSTALL = r"""
# If this fails, the kernel is a Python without mnist_nn. Choose another (menu Kernel > Change
# Kernel), or start JupyterLab in the project's folder: .venv/bin/jupyter lab notebooks
# (on Windows, .venv\Scripts\jupyter lab notebooks).
import mnist_nn
""".strip()
# If the project's address is set. Kaggle's NumPy is newer than its TensorFlow asks for: pip would
# replace it.
INSTALL_FROM_ADDRESS = """
# Install mnist_nn if it is missing.
import importlib.util
import os
import sys

if importlib.util.find_spec("mnist_nn") is None:
    # Colab and Kaggle have all libraries that mnist_nn needs: leave their versions as they are.
    is_service = {"COLAB_RELEASE_TAG", "KAGGLE_KERNEL_RUN_TYPE"} & os.environ.keys()
    pip_options = "--no-deps" if is_service else ""
    !"{sys.executable}" -m pip install -qq {pip_options} {archive}

import mnist_nn
""".strip()
GITHUB = "https://github.com/"


class NotebookError(Exception):
    """A notebook that cannot be built: which one, which cell, and why."""


# What has no traceback: its text says what to mend.
ERRORS = (NotebookError, OSError, tomllib.TOMLDecodeError)


class EventLoop(asyncio.SelectorEventLoop):  # pyzmq warns of Windows' default loop
    """An event loop in which an interrupt cancels all tasks."""

    def add_signal_handler(self, *_: Any) -> None:  # type: ignore[override]
        raise NotImplementedError  # with nbclient's handler, it would only stop one kernel

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Print nothing: nbclient leaves tasks behind that fail after an interrupt."""


class Edition(NamedTuple):
    """One notebook: an edition of a source in a language."""

    source: str
    name: str
    language: str

    @property
    def path(self) -> Path:
        return NOTEBOOKS / self.language / f"{self.name}.ipynb"

    def __str__(self) -> str:
        return self.path.relative_to(NOTEBOOKS.parent).as_posix()


def editions(language: str | None = None) -> list[Edition]:
    """Return all notebooks that there are sources for, or those in one language."""
    return [
        Edition(source.stem, name, code)
        for source in sorted((NOTEBOOKS / "source").glob("*.py"))
        for name in EDITIONS_OF_SOURCE.get(source.stem, (source.stem,))
        for code in languages_of(source.stem)
        if language in (None, code)
    ]


def languages_of(source: str) -> list[str]:
    """Return the languages of a source: English, and those that have a translation."""
    files = {path.suffixes[0][1:]: path for path in (NOTEBOOKS / "source").glob(f"{source}.*.toml")}
    if unknown := files.keys() - LANGUAGES.keys():
        code = min(unknown)
        raise NotebookError(UNKNOWN.format(f"notebooks/source/{files[code].name}", code))
    return [code for code in LANGUAGES if code == ENGLISH or code in files]


def read_source(source: str) -> list[NotebookNode]:
    """Return the cells of a source, with their ids from there."""
    path = f"notebooks/source/{source}.py"
    notebook = jupytext.read(NOTEBOOKS / "source" / f"{source}.py", fmt="py:percent")
    cells: list[NotebookNode] = notebook.cells
    for cell in cells:
        if "id" not in cell.metadata:
            raise NotebookError(f"{path}: a cell has no id: {cell.source:.50}")
        cell.id = cell.metadata.pop("id")
        cell.metadata.pop("lines_to_next_cell", None)  # jupytext's
        editions_of_cell = cell.metadata.get("only", "").split()
        for given, known in ((cell.metadata, ATTRIBUTES), (editions_of_cell, EDITION_NAMES)):
            if unknown := {*given} - known:
                names = ", ".join(sorted(known))
                raise NotebookError(
                    f"{path}: [{cell.id}] has {min(unknown)}, which is none of {names}"
                )
        if "generated" in cell.metadata:
            cell.source = install_code()
    for cell_id, count in Counter(cell.id for cell in cells).items():
        if count > 1:
            raise NotebookError(f"{path}: {count} cells have the id {cell_id!r}")
    return cells


def install_code() -> str:
    """Return the code that installs the package, if the project has an address, or imports it."""
    address = project_address()
    return INSTALL_FROM_ADDRESS.replace("{archive}", name_archive(address)) if address else INSTALL


def project_address() -> str:
    """Return the address of the project's repository, or nothing as long as none is set."""
    urls = read_toml(Path(__file__).parents[1] / "pyproject.toml")["project"].get("urls", {})
    return str(urls.get("Repository", "")).rstrip("/").removesuffix(".git")


def github_repository() -> str:
    """Return the repository's OWNER/NAME on GitHub, or nothing if it is not there."""
    address = project_address()
    return address.removeprefix(GITHUB) if address.startswith(GITHUB) else ""


def name_archive(address: str) -> str:
    """Return what pip installs from the repository: from GitHub, without Git."""
    is_github = address.startswith(GITHUB)
    return f"{address}/archive/refs/heads/main.zip" if is_github else f"git+{address}"


def read_translation(source: str, language: str) -> dict[str, Any]:
    """Return the texts of a language, by cell id."""
    path = NOTEBOOKS / "source" / f"{source}.{language}.toml"
    return read_toml(path) if path.exists() else {}


def make(edition: Edition) -> NotebookNode:
    """Return a notebook that is not executed."""
    cells = select(read_source(edition.source), edition.name)
    translate(cells, edition)
    if edition.name == "exercise":
        cells = fold_solutions(cells, edition)
    add_badge(cells, edition)
    attach_figures(cells, edition)
    for cell in cells:
        tags = cell.metadata.get("tags")
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
    made_from = f"notebooks/source/{edition.source}.py"
    metadata = METADATA | {"mnist_nn": {"generated_from": made_from}}
    notebook: NotebookNode = nbformat.v4.new_notebook(cells=cells, metadata=metadata)
    return notebook


def select(cells: Sequence[NotebookNode], edition: str) -> list[NotebookNode]:
    """Return the cells that are in an edition; solutions are not in that of the course."""
    return [
        cell
        for cell in cells
        if edition in cell.metadata.get("only", edition).split()
        and not (edition == "course" and "fold" in cell.metadata)
    ]


def translate(cells: Sequence[NotebookNode], edition: Edition) -> None:
    """Translate prose, and words in code, as far as there are translations."""
    translation = read_translation(edition.source, edition.language)
    language = {f'set_language("{ENGLISH}")': f'set_language("{edition.language}")'}
    for cell in cells:
        entry = translation.get(cell.id, {})
        cell.source = entry.get("text", cell.source).strip("\n")
        for english, translated in (entry.get("replace", {}) | language).items():
            cell.source = cell.source.replace(english, translated)


def fold_solutions(cells: Sequence[NotebookNode], edition: Edition) -> list[NotebookNode]:
    """Return the cells with each solution in one cell of prose that opens with a click."""
    folded: list[NotebookNode] = []
    texts = read_translation(edition.source, ENGLISH)
    texts |= read_translation(edition.source, edition.language)
    for task, group in groupby(cells, key=lambda cell: cell.metadata.get("fold")):
        members = list(group)
        if task is None:
            folded += members
            continue
        # As headings, they would take the cells that follow into their section.
        parts = [
            re.sub(r"^#+ (.*)$", r"**\1**", cell.source, flags=re.MULTILINE)
            if cell.cell_type == "markdown"
            else f"```python\n{cell.source}\n```"
            for cell in members
        ]
        summary = f"<summary>{texts['fold-summary']['text'].strip()}</summary>"
        text = "\n\n".join(["<details>", summary, *parts, "</details>"])
        folded.append(nbformat.v4.new_markdown_cell(text, id=members[0].id))
    return folded


def attach_figures(cells: Sequence[NotebookNode], edition: Edition) -> None:
    """Put into each cell the saved figure that its text shows."""
    for cell in cells:
        if name := cell.metadata.get("attach"):
            path = find_figure(name, edition.language)
            if not path.exists():
                raise NotebookError(
                    f"notebooks/source/{edition.source}.py: [{cell.id}] attaches {name}, "
                    "which is not in notebooks/figures"
                )
            content = {"image/png": base64.b64encode(path.read_bytes()).decode()}
            cell.attachments = nbformat.from_dict({name: content})


def add_badge(cells: Sequence[NotebookNode], edition: Edition) -> None:
    """Add a link to Colab to the first text, if the project is on GitHub."""
    if repository := github_repository():
        colab = "https://colab.research.google.com"
        link = f"{colab}/github/{repository}/blob/main/{edition}"
        first_text = next(cell for cell in cells if cell.cell_type == "markdown")
        first_text.source += f"\n\n[![Open in Colab]({colab}/assets/colab-badge.svg)]({link})"


def run_async(coroutine: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=EventLoop) as runner:
        runner.run(coroutine)


async def execute(notebook: NotebookNode, name: str) -> None:
    """Execute a notebook in an empty folder, and tidy its outputs.

    An error in a cell, a log line, or a kernel that dies raises a NotebookError.
    """
    metadata = notebook.metadata
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook,
            kernel_name=METADATA["kernelspec"]["name"],
            timeout=CELL_TIMEOUT_SECONDS,
            record_timing=False,
            store_widget_state=False,  # of no use without a kernel
            extra_arguments=["--log-level=CRITICAL"],  # says nothing of its transport
            resources={"metadata": {"path": folder}},
        )
        try:
            await client.async_execute()
        except CellControlSignal as error:
            begun = [cell for cell in notebook.cells if cell.get("execution_count")]
            reason = str(error)
            if isinstance(error, CellExecutionError) and error.ename == "MemoryError":
                reason = f"{error.evalue}. {ASK_FOR_MEMORY}"
            raise NotebookError(f"{name}, cell {begun[-1].id}: {reason}") from None
        except RuntimeError as error:  # the kernel has died
            raise NotebookError(f"{name}: {error}. {ASK_FOR_MEMORY}") from None
    notebook.metadata = metadata | METADATA  # without what the kernel says of itself
    tidy_outputs(notebook, name)


def tidy_outputs(notebook: NotebookNode, name: str) -> None:
    """Merge printed text, make figures smaller; raise a NotebookError at a log line."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = merge_streams(cell.outputs)
        for output in cell.get("outputs", []):
            if "alt" in output.get("metadata", {}).get("image/png", {}):
                output.data["image/png"] = reduce_colours(output.data["image/png"])
            if output.get("name") == "stderr" or LOG_LINE.search(output.get("text", "")):
                raise NotebookError(f"{name}, cell {cell.id} is not silent:\n{output.text}")


def merge_streams(outputs: Sequence[NotebookNode]) -> list[NotebookNode]:
    """Merge printed text that comes in several pieces, up to the next figure."""
    merged: list[NotebookNode] = []
    for name, group in groupby(outputs, key=lambda output: output.get("name")):
        if name is None:
            merged += group
        else:
            text = "".join(output.text for output in group)
            text = re.sub(r".*\r(?=[^\n])", "", text)  # what a progress bar has overwritten
            merged.append(nbformat.v4.new_output("stream", name=name, text=text))
    return merged


def reduce_colours(png: str) -> str:
    """Return a figure's PNG with a palette of 256 colours, which makes it a third as large."""
    image = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")
    return encode_png(image.quantize(dither=Image.Dither.NONE))


def replace_file(path: Path, content: bytes) -> None:
    """Write a file so that it is never half written, even if two processes write it at once."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    try:
        path.parent.mkdir(exist_ok=True)
        unfinished.write_bytes(content)
        unfinished.replace(path)
    except OSError as error:  # a full disk, a read-only folder
        with contextlib.suppress(OSError):
            unfinished.unlink()
        reason = f"{shorten(path)} cannot be written ({error.strerror}), and is as it was"
        raise NotebookError(reason) from None


def shorten(path: Path) -> Path:
    """Return a path as seen from the current folder, if it is there."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def save(notebook: NotebookNode, edition: Edition) -> None:
    nbformat.validate(notebook)
    replace_file(edition.path, (nbformat.writes(notebook) + "\n").encode())


def save_figures(notebook: NotebookNode, edition: Edition) -> None:
    """Save the figures that the source names: all in English, and in each language the attached."""
    outputs = {cell.id: cell.get("outputs", []) for cell in notebook.cells}
    cells = read_source(edition.source)
    attached = {cell.metadata.get("attach") for cell in cells}
    for cell in cells:
        name = cell.metadata.get("figure")
        if name and (edition.language == ENGLISH or name in attached):
            found = (output.get("data", {}).get("image/png") for output in outputs.get(cell.id, []))
            if not (png := next(filter(None, found), None)):
                raise NotebookError(
                    f"notebooks/source/{edition.source}.py: [{cell.id}] has figure={name}, but in "
                    f"{edition} it draws none"
                )
            replace_file(figure_path(name, edition.language), base64.b64decode(png))


def figure_path(name: str, language: str) -> Path:
    """Return the path of a saved figure: ``NAME.png``, or ``NAME.LANGUAGE.png``."""
    path = NOTEBOOKS / "figures" / name
    return path if language == ENGLISH else path.with_suffix(f".{language}.png")


def find_figure(name: str, language: str) -> Path:
    """Return the path of a saved figure, the English one if the language has none yet."""
    path = figure_path(name, language)
    return path if path.exists() else figure_path(name, ENGLISH)


def read_saved(edition: Edition) -> NotebookNode | None:
    return read_ipynb(edition.path) if edition.path.exists() else None


def read_ipynb(path: Path) -> NotebookNode:
    try:
        notebook: NotebookNode = nbformat.read(path, as_version=4)
    except Exception as error:  # nbformat has several, for JSON and for what is in it
        raise NotebookError(
            f"{shorten(path)} is damaged ({type(error).__name__}): restore or delete it"
        ) from None
    return notebook


def list_tokens(code: str) -> list[str]:
    """Return the tokens of a cell's code but its comments; all in one if it is no Python."""
    try:
        tokens = [*tokenize.generate_tokens(io.StringIO(f"{code}\n").readline)]
    except (SyntaxError, tokenize.TokenError):
        return [code]
    return [token.string for token in tokens if token.type not in (tokenize.COMMENT, tokenize.NL)]


def write_one(edition: Edition) -> None:
    """Write a notebook; a cell keeps its outputs if no more than comments and spaces changed."""
    notebook = make(edition)
    saved = read_saved(edition)
    old_cells = {cell.id: cell for cell in saved.cells} if saved else {}
    # Those that install print nothing, whatever their code.
    silent = {cell.id for cell in read_source(edition.source) if "generated" in cell.metadata}
    for cell in notebook.cells:
        old = old_cells.get(cell.id)
        if cell.cell_type != "code" or old is None:
            continue
        if cell.id in silent or list_tokens(old.source) == list_tokens(cell.source):
            cell.outputs, cell.execution_count = old.outputs, old.execution_count
    save(notebook, edition)
    print(f"{edition}: written")


async def execute_one(edition: Edition) -> None:
    """Execute a notebook and save it with its outputs, unless its figures would be English."""
    language = LANGUAGES[edition.language]
    if language.fonts and not find_font(language.fonts):
        print(
            f"{edition}: left as it is, since this computer has no font for {language.name}. "
            f"Install one, such as {language.fonts[0]}",
            flush=True,
        )
        return
    print(f"{edition}: started", flush=True)
    notebook = make(edition)
    await execute(notebook, str(edition))
    save(notebook, edition)
    save_figures(notebook, edition)
    print(f"{edition}: executed and saved", flush=True)


async def execute_all(chosen: Sequence[Edition]) -> None:
    """Execute notebooks, two at a time; raise the errors of all that failed, at the end."""
    gate = asyncio.Semaphore(EXECUTED_AT_ONCE)

    async def execute_in_turn(edition: Edition) -> None:
        async with gate:
            await execute_one(edition)

    done = await asyncio.gather(*map(execute_in_turn, chosen), return_exceptions=True)
    errors = [error for error in done if isinstance(error, Exception)]
    if not all(isinstance(error, ERRORS) for error in errors):
        raise ExceptionGroup("a mistake in this script", errors)
    if errors:
        raise NotebookError("\n".join(map(str, errors)))


def check_editions(language: str | None) -> Iterator[str]:
    """Yield what is out of date in the saved notebooks, and the command that mends it."""

    def content(notebook: NotebookNode) -> Any:
        parts = ("id", "cell_type", "source", "metadata", "attachments")
        cells = [[cell.get(part) for part in parts] for cell in notebook.cells]
        return notebook.metadata, cells

    for edition in editions(language):
        saved = read_saved(edition)
        if saved is None or content(saved) != content(make(edition)):
            yield f"{edition} is out of date. Mend it with: make notebooks"
        elif edition.name != "exercise" and any(
            cell.cell_type == "code" and not cell.execution_count for cell in saved.cells
        ):
            command = "solutions" if edition.name == "solution" else edition.name.replace("_", "-")
            yield f"{edition} has cells that were not executed. Mend it with: make {command}"


def read_english(source: str) -> dict[str, str]:
    """Return the English of all that is translated, by cell id."""
    install = INSTALL + INSTALL_FROM_ADDRESS
    english = {
        cell.id: install if "generated" in cell.metadata else cell.source
        for cell in read_source(source)
    }
    return english | {id: entry["text"] for id, entry in read_translation(source, ENGLISH).items()}


def stamp(name: str) -> None:
    """Renew the hashes in a file of translations, named as in ``exercise.LANGUAGE``."""
    translated = [edition for edition in editions() if edition.language != ENGLISH]
    names = sorted({f"{edition.source}.{edition.language}" for edition in translated})
    if name not in names:
        raise NotebookError(f"NAME must be one of {names}, not {name!r}")
    path = NOTEBOOKS / "source" / f"{name}.toml"
    english = read_english(name.split(".")[0])

    def renew(found: re.Match[str]) -> str:
        if found[1] not in english:  # it is prose, or check tells of it
            return found[0]
        return f'{found[0]}\nhash = "{short_hash(english[found[1]])}"'

    text = re.sub(r'^hash *= *"\w*"\n', "", path.read_text("utf-8"), flags=re.MULTILINE)
    renewed = re.sub(r"^\[([\w-]+)\]$", renew, text, flags=re.MULTILINE)
    replace_file(path, renewed.encode())


def check_translations(only: str | None) -> Iterator[str]:
    """Yield what is out of date in the translations, and what mends it."""
    for source in sorted({edition.source for edition in editions(only)}):
        prose = [cell.id for cell in read_source(source) if cell.cell_type == "markdown"]
        prose += read_translation(source, ENGLISH)
        for language in languages_of(source)[1:]:
            if only in (None, language):
                translation = read_translation(source, language)
                name = f"{source}.{language}"
                yield from check_translation(name, translation, prose, read_english(source))


def check_course(language: str | None) -> Iterator[str]:
    """Yield where points, targets, texts and the saved solution contradict each other."""
    from notebooks.course.assignment import find_contradictions  # which imports this module

    yield from find_contradictions(language)


CHECKS = (check_languages, check_editions, check_translations, check_course)


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=("write", "execute", "check", "stamp"))
    parser.add_argument("name", nargs="?", default="")
    parser.add_argument("--language", choices=LANGUAGES)
    args = parser.parse_args(arguments)
    if args.name and args.command in ("write", "check"):
        parser.error(f"{args.command} takes no name: it is for all notebooks")
    if args.command == "write":
        for edition in editions(args.language):
            write_one(edition)
    elif args.command == "execute":
        # The exercise has no answers: its solution is executed.
        possible = [edition for edition in editions(args.language) if edition.name != "exercise"]
        named = [edition for edition in possible if edition.name == args.name]
        if not named:
            names = sorted({edition.name for edition in possible})
            raise NotebookError(f"NAME must be one of {names}, not {args.name!r}")
        run_async(execute_all(named))
    elif args.command == "stamp":
        stamp(args.name)
    else:
        problems = [*find_unknown()] or [line for check in CHECKS for line in check(args.language)]
        if problems:
            raise NotebookError("\n".join(problems))
        print(f"{len(editions(args.language))} notebooks are up to date")


def run_command(command: Callable[[Sequence[str]], None]) -> None:
    """Run a command of this project with the arguments of the process; print its errors."""
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]  # files on Windows
    try:
        command(sys.argv[1:])
    except ERRORS as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("Interrupted")


if __name__ == "__main__":
    from notebooks import build  # the errors of the module that others import are not __main__'s

    build.run_command(build.main)
