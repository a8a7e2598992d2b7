"""Make assignments for nbgrader from the exercise, one for each language.

    python notebooks/course.py [FOLDER]

The folder, ``build/course`` unless another is given, gets ``nbgrader_config.py`` and
``source/exercise-LANGUAGE/exercise.ipynb``: the exercise with its solutions and hidden tests, which
``nbgrader generate_assignment`` takes out for the students. See INSTRUCTORS.md.
"""

import inspect
import re
import sys
import time
from itertools import accumulate, compress
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from traitlets.log import get_logger

sys.path.append(str(Path(__file__).parents[1]))

from notebooks import build

COURSE = Path(__file__).parents[1] / "build" / "course"
# The cells that are graded, with their points. The checks give part of them for part of an answer.
POINTS_BY_CHECK = {"check-linear": 4, "check-network": 5, "check-test": 4, "check-networks": 3}
POINTS_BY_QUESTION = {
    "linear-question-answer": 1,
    "network-question-answer": 1,
    "weights-question-answer": 2,
}
# The cells for a student's code, with the cells of the solution that instructors see there.
ANSWERS = {
    "linear-first-call": ["linear-solution"],
    "task-2-answer": ["nn-solution", "nn-longer"],
    "test-answer": ["test-accuracy"],
    "task-3-answer": ["nn-by-steps", "weights", "weights-10-steps", "weights-100-steps"],
}
# What an instructor reads where students write.
MODEL_ANSWERS = {
    "linear-question-answer": ["linear-answer"],
    "network-question-answer": ["nn-longer-read"],
    "weights-question-answer": ["what-differs"],
}
# Students explore everywhere, but these cells are as they were when a notebook is graded.
LOCKED = ("install", "load", "training-set", "validation-set", "load-test", "checks")
# Around the check that students see. Reloading restores a check that a student's code has replaced.
HIDDEN_BEFORE = """
### BEGIN HIDDEN TESTS
import importlib

import mnist_nn.checks

{name} = importlib.reload(mnist_nn.checks).{name}
result = (
### END HIDDEN TESTS
"""
HIDDEN_AFTER = """
### BEGIN HIDDEN TESTS
)
print(result)
round({points} * result.score, 2)
### END HIDDEN TESTS
"""

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


CONFIG = f'''"""How nbgrader grades the assignments in this folder; see notebooks/INSTRUCTORS.md."""

import re
import time
from itertools import accumulate, compress
from typing import Any

import nbformat
from nbformat import NotebookNode
from traitlets.log import get_logger

CELL_SECONDS = {CELL_SECONDS}  # a whole notebook takes about half a minute
NOTEBOOK_SECONDS = {NOTEBOOK_SECONDS}  # after that, each cell is stopped after a second
OUTPUT_CHARACTERS = {OUTPUT_CHARACTERS}  # of a cell
notebook_ends = {{"at": float("inf")}}


{inspect.getsource(restore_cells)}

{inspect.getsource(limit_seconds)}

{inspect.getsource(keep_results)}

c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "mnist_nn"
# The cells for answers say already, in the reader's language, what to write there.
c.ClearSolutions.code_stub = {{"python": ""}}
c.ClearSolutions.text_stub = ""
c.Autograde.sanitize_preprocessors.prepend([restore_cells])
c.Autograde.autograde_preprocessors.insert(1, keep_results)  # after the execution
no_exit = "--IPKernelApp.exec_lines=get_ipython().ask_exit = lambda: None"  # exit() does nothing
c.Execute.extra_arguments = ["--log-level=ERROR", no_exit]
c.Execute.timeout_func = limit_seconds
c.Execute.raise_on_iopub_timeout = False
c.LimitOutput.max_lines = 200
'''


def make_assignment(language: str) -> NotebookNode:
    """Make an instructor's version of the exercise, with nbgrader's metadata."""
    solution = build.make(build.Edition("exercise", "solution", language))
    sources = {cell.id: cell.source for cell in solution.cells}
    notebook = build.make(build.Edition("exercise", "course", language))
    for cell in notebook.cells:
        is_answer, is_question = cell.id in ANSWERS, cell.id in POINTS_BY_QUESTION
        points = {**POINTS_BY_CHECK, **POINTS_BY_QUESTION}.get(cell.id)
        if cell.id in POINTS_BY_CHECK:
            name = cell.source.partition("(")[0]
            before, after = HIDDEN_BEFORE.format(name=name), HIDDEN_AFTER.format(points=points)
            cell.source = f"{before}{cell.source}{after}".strip("\n")
        for parts in (ANSWERS.get(cell.id), MODEL_ANSWERS.get(cell.id)):
            if parts:
                text = "\n\n".join(sources[part] for part in parts)
                cell.source += f"\n\n### BEGIN SOLUTION\n{text}\n### END SOLUTION"
        if points or is_answer or cell.id in LOCKED:
            cell.metadata["nbgrader"] = {
                "schema_version": 3,
                "grade_id": cell.id,
                "grade": points is not None,
                "solution": is_answer or is_question,
                "locked": cell.id in POINTS_BY_CHECK or cell.id in LOCKED,
                "task": False,
            } | ({"points": points} if points else {})
    return notebook


def main(folder: Path = COURSE) -> None:
    for language in build.languages("exercise"):
        path = folder / "source" / f"exercise-{language}" / "exercise.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = nbformat.writes(make_assignment(language)) + "\n"
        build.replace_file(path, text.encode())
        print(f"{path}: written")
    build.replace_file(folder / "nbgrader_config.py", CONFIG.encode())


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
