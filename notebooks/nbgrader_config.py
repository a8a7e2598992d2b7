"""How nbgrader grades the assignments in this folder; see notebooks/INSTRUCTORS.md."""

import re
import time
from itertools import accumulate, compress
from typing import Any

import nbformat
from nbformat import NotebookNode
from traitlets.log import get_logger

CELL_SECONDS = 120  # a whole notebook takes about half a minute
NOTEBOOK_SECONDS = 600  # after that, each cell is stopped after a second
OUTPUT_CHARACTERS = 1_000_000  # of a cell
notebook_ends = {"at": float("inf")}


def restore_cells(notebook: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
    """Put back the cells that students have deleted or renamed, and start the notebook's time."""
    notebook_ends["at"] = time.monotonic() + NOTEBOOK_SECONDS
    of = resources["nbgrader"]
    release = nbformat.read(f"release/{of['assignment']}/{of['notebook']}.ipynb", 4)
    cells = [cell for cell in release.cells if "nbgrader" in cell.metadata]
    known = {cell.metadata.nbgrader.grade_id: cell for cell in cells}
    found: dict[str, NotebookNode] = {}
    for cell in reversed(notebook.cells):  # of several copies, the last one counts
        grade_id = str((cell.metadata.pop("nbgrader", None) or {}).get("grade_id"))
        if grade_id in known and grade_id not in found:
            cell.metadata["nbgrader"] = known[grade_id].metadata.nbgrader
            found[grade_id] = cell
    position = len(notebook.cells)
    for grade_id, cell in reversed(known.items()):
        if grade_id in found:
            position = next(i for i, c in enumerate(notebook.cells) if c is found[grade_id])
        elif cell.metadata.nbgrader.grade or cell.metadata.nbgrader.locked:
            get_logger().warning("%s: cell %s is put back", of["student"], grade_id)
            notebook.cells.insert(position, cell)
    images: dict[str, Any] = {}
    for cell in release.cells:
        images |= cell.get("attachments", {})
    for cell in (cell for cell in notebook.cells if cell.cell_type == "markdown"):
        # Older formats drop attached images, and without them there is no feedback.
        if names := re.findall(r"attachment:([^)\s]+)", cell.source):
            lost = {name: {"text/plain": ""} for name in names}
            cell.attachments = lost | images | cell.get("attachments", {})
    return notebook, resources


def limit_seconds(cell: NotebookNode) -> int:
    """Return how long a cell may take. A loop that catches its interruption blocks all cells."""
    return int(min(CELL_SECONDS, max(1, notebook_ends["at"] - time.monotonic())))


def keep_results(notebook: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
    """Leave out what is too long, and see that a check without a result gives no points."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    stopped = (c for c in cells if any(o.get("ename") == "CellTimeoutError" for o in c.outputs))
    first = next(stopped, None)
    if first and first.metadata.get("nbgrader", {}).get("locked"):
        raise TimeoutError(f"a cell that no student wrote took too long:\n{first.source}")
    for cell in cells:
        sizes = accumulate(len(str(output)) for output in cell.outputs)
        short = [size <= OUTPUT_CHARACTERS for size in sizes]
        if not all(short):
            text = "Longer outputs are left out.\n"
            left_out = nbformat.v4.new_output("stream", name="stdout", text=text)
            cell.outputs = [*compress(cell.outputs, short), left_out]
        if cell.metadata.get("nbgrader", {}).get("grade"):
            # To nbgrader, a warning is a failure, and no output is a success.
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
            if not any(o.output_type in ("execute_result", "error") for o in cell.outputs):
                cell.outputs.append(nbformat.v4.new_output("error", ename="NoResultError"))
    return notebook, resources


c = get_config()  # type: ignore[name-defined]  # noqa: F821
c.CourseDirectory.course_id = "mnist_nn"
# The cells for answers say already, in the reader's language, what to write there.
c.ClearSolutions.code_stub = {"python": ""}
c.ClearSolutions.text_stub = ""
c.Autograde.sanitize_preprocessors.prepend([restore_cells])
c.Autograde.autograde_preprocessors.insert(1, keep_results)  # after the execution
no_exit = "--IPKernelApp.exec_lines=get_ipython().ask_exit = lambda: None"  # exit() does nothing
c.Execute.extra_arguments = ["--log-level=ERROR", no_exit]
c.Execute.timeout_func = limit_seconds
c.Execute.raise_on_iopub_timeout = False
c.LimitOutput.max_lines = 200
