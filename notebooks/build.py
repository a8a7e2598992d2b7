"""Execute notebooks and save them with their outputs.

    python notebooks/build.py NAME ...

The text file ``source/NAME.py`` becomes the notebook ``en/NAME.ipynb``, which is never edited by
hand. A cell with ``figure="FILE.png"`` also has its figure saved as ``figures/FILE.png``.
"""

import base64
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal
from nbformat import NotebookNode

NOTEBOOKS = Path(__file__).parent
# Nothing in it depends on the machine.
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
CELL_TIMEOUT_SECONDS = 600
# In a notebook, TensorFlow's Python code logs to stdout.
LOG_LINE = re.compile(r"^(WARNING|ERROR):|^[WE]\d{4} ", re.MULTILINE)


class NotebookError(Exception):
    """A notebook that cannot be built: which one, which cell, and why."""


def read_source(path: Path) -> NotebookNode:
    """Read a notebook from its text source, with the cells' ids from there."""
    notebook: NotebookNode = jupytext.read(path, fmt="py:percent")
    for cell in notebook.cells:
        cell.id = cell.metadata.pop("id")
        cell.metadata.pop("lines_to_next_cell", None)  # how the source is spaced
    notebook.metadata = nbformat.from_dict(METADATA)
    return notebook


def execute(notebook: NotebookNode, name: str) -> None:
    """Execute a notebook in an empty folder; raise a NotebookError at an error or a log line."""
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook,
            kernel_name=METADATA["kernelspec"]["name"],
            timeout=CELL_TIMEOUT_SECONDS,
            record_timing=False,
            coalesce_streams=True,
            extra_arguments=["--log-level=ERROR"],  # says nothing of its transport
            resources={"metadata": {"path": folder}},
        )
        try:
            client.execute()
        except CellControlSignal as error:
            cell = next(cell for cell in reversed(notebook.cells) if cell.get("execution_count"))
            raise NotebookError(f"{name}, cell {cell.id}: {error}") from None
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr" or LOG_LINE.search(output.get("text", "")):
                raise NotebookError(f"{name}, cell {cell.id} is not silent:\n{output.text}")


def write(path: Path, content: bytes) -> None:
    """Write a file so that it is never half written."""
    path.parent.mkdir(exist_ok=True)
    unfinished = path.with_suffix(f".unfinished{path.suffix}")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def save(notebook: NotebookNode, path: Path) -> None:
    """Save a notebook, and the figures that its cells name."""
    for cell in notebook.cells:
        if "figure" in cell.metadata:
            figures = (output.get("data", {}).get("image/png") for output in cell.outputs)
            content = base64.b64decode(next(filter(None, figures)))
            write(NOTEBOOKS / "figures" / cell.metadata["figure"], content)
    nbformat.validate(notebook)
    write(path, (nbformat.writes(notebook) + "\n").encode())


def main(names: Sequence[str]) -> None:
    for name in names:
        path = NOTEBOOKS / "en" / f"{name}.ipynb"
        shown = str(path.relative_to(NOTEBOOKS.parent))
        notebook = read_source(NOTEBOOKS / "source" / f"{name}.py")
        execute(notebook, shown)
        save(notebook, path)
        print(f"{shown}: executed and saved")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except NotebookError as error:
        sys.exit(str(error))
