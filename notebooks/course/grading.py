"""How nbgrader grades a submission: it is executed, and then judged in a process of its own.

``nbgrader_config.py`` of a course calls :func:`configure`. While nbgrader grades, the working
directory is the course's folder, whichever it was called in.
"""

import shutil
import tempfile
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import Execute
from sqlalchemy.exc import SAWarning
from traitlets import Float, Integer
from traitlets.log import get_logger

from notebooks.course import cells
from notebooks.course.judge import run_judge
from notebooks.course.results import (
    RESULTS,
    Outcome,
    Verdict,
    combine,
    hash_file,
    save_outcomes,
)

SAVE_CODE = Path(__file__).with_name("save.py").read_text("utf-8")
KERNEL_ENDED = "Python ended while the notebook ran: answers after that are lost"
TOO_LONG = "a cell took too long, and was stopped"
LOCKED_TOO_LONG = "a cell that no student wrote took too long: is this machine too slow?"
OUTSIDE = "there is text outside the cells for written answers"


@dataclass
class Progress:
    """What the preprocessors of a submission pass on, in ``resources["mnist_nn"]``."""

    notebook_hash: str  # of the submitted file
    folder: Path  # of the saved answers
    prose: list[str]  # texts outside the cells for written answers
    problem: str = ""  # why the notebook did not run to its end
    outcomes: dict[str, Outcome] = field(default_factory=dict)  # of checks and questions, by id


class ExecuteToTheEnd(Execute):  # type: ignore[misc]
    """Executes a notebook. If its Python ends, what was saved until then is judged."""

    cell_seconds = Integer(help="How long a cell may take.").tag(config=True)
    notebook_seconds = Integer(help="How long all cells may take.").tag(config=True)
    end = Float()  # of the notebook's time

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"timeout_func": self.limit_seconds} | options)

    def limit_seconds(self, cell: NotebookNode) -> int:
        """Return how many seconds a cell may take: at least two, also after the notebook's time.

        If a loop catches its interruption, each cell after it waits as long as it may.
        """
        return int(min(self.cell_seconds, max(2, self.end - time.monotonic())))

    def preprocess(self, nb: Any, resources: Any, km: Any = None) -> tuple[Any, Any]:
        # nbclient's signature has km, a kernel manager; nbgrader passes none.
        self.end = time.monotonic() + self.notebook_seconds
        try:
            return super().preprocess(nb, resources)  # type: ignore[no-any-return]
        except DeadKernelError:
            problem = KERNEL_ENDED
        except Exception as error:  # code that breaks the kernel's messages, say
            problem = f"the notebook did not run to its end ({type(error).__name__}: {error})"[:300]
        get_logger().warning("%s: %s", resources["nbgrader"]["student"], problem)
        resources["mnist_nn"].problem = problem
        return nb, resources


def find_edition(folder: str, resources: Any) -> Path:
    """Return where the assignment's notebook is in the folder "source" or "release"."""
    place = resources["nbgrader"]
    return Path(folder, place["assignment"], f"{place['notebook']}.ipynb")


def read_edition(folder: str, resources: Any) -> NotebookNode:
    notebook: NotebookNode = nbformat.read(find_edition(folder, resources), 4)
    return notebook


def restore_cells(notebook: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
    """Put back the cells that students have deleted or renamed."""
    release, source = (read_edition(folder, resources) for folder in ("release", "source"))
    for line in cells.restore(notebook, release, source):
        get_logger().warning("%s: %s", resources["nbgrader"]["student"], line)
    return notebook, resources


def prepare_cells(notebook: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
    """Insert the cells that save the answers, and find what is written outside their cells."""
    place, folder = resources["nbgrader"], Path(tempfile.mkdtemp(prefix="answers-"))
    submitted = Path("submitted", place["student"], place["assignment"], "exercise.ipynb")
    cells.take_out_hidden(notebook)
    release = read_edition("release", resources)
    prose = cells.find_prose(notebook, release)
    resources["mnist_nn"] = Progress(hash_file(submitted), folder, prose)
    cells.insert_saves(notebook, release, folder, SAVE_CODE)
    return notebook, resources


def judge_answers(notebook: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
    """Judge the saved answers, and put the points where nbgrader reads them."""
    progress: Progress = resources["mnist_nn"]
    problem = progress.problem or find_timeout(notebook)
    cells.take_out_saves(notebook)
    try:
        verdicts, problem_of_judge = run_judge(find_edition("release", resources), progress.folder)
    finally:
        shutil.rmtree(progress.folder, ignore_errors=True)
    checks = write_results(notebook, verdicts, problem or problem_of_judge)
    progress.outcomes = checks | doubt_questions(notebook, progress.prose)
    return notebook, resources


def keep_outcomes(notebook: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
    """Keep what the cells come to for the export, and log why a person has to look."""
    place, progress = resources["nbgrader"], resources["mnist_nn"]
    for grade_id, outcome in progress.outcomes.items():
        for reason in outcome.reasons:
            get_logger().warning("%s: %s needs a person: %s", place["student"], grade_id, reason)
    path = Path("autograded", place["student"], place["assignment"], RESULTS)
    save_outcomes(path, progress.outcomes, progress.notebook_hash)
    return notebook, resources


def show_to_grader(notebook: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
    """Leave out long outputs, and insert the model answers."""
    cells.shorten_outputs(notebook)
    cells.insert_model_answers(notebook, read_edition("source", resources))
    return notebook, resources


def find_timeout(notebook: NotebookNode) -> str:
    """Return what is said if a cell took too long: it depends on who wrote the first such cell."""
    for cell in notebook.cells:
        if any(output.get("ename") == "CellTimeoutError" for output in cell.get("outputs", [])):
            is_ours = "saves" in cell.metadata or cells.nbgrader_of(cell).get("locked")
            return LOCKED_TOO_LONG if is_ours else TOO_LONG
    return ""


def write_results(
    notebook: NotebookNode, verdicts: Sequence[Verdict], problem: str
) -> dict[str, Outcome]:
    """Write points and lines below each check, and return them by the id of its cell."""
    outcomes = {}
    for cell in filter(cells.is_check, notebook.cells):
        grade_id, points = cell.metadata.nbgrader.grade_id, cell.metadata.nbgrader.points
        own = [verdict for verdict in verdicts if verdict.grade_id == grade_id]
        outcome = combine(own, cells.read_shown(cell), points, problem)
        cells.write_result(cell, outcome.lines(), outcome.points)
        outcomes[grade_id] = outcome
    return outcomes


def doubt_questions(notebook: NotebookNode, prose: Sequence[str]) -> dict[str, Outcome]:
    """Return the questions, by id, for a person to look at if they may be answered elsewhere."""
    if not prose:
        return {}
    questions = [cells.nbgrader_of(c).grade_id for c in notebook.cells if cells.is_question(c)]
    return {grade_id: Outcome(reasons=[OUTSIDE]) for grade_id in questions}


def flag_for_person(notebook: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
    """Tell the gradebook what a person has to look at."""
    place = resources["nbgrader"]
    questions = {c.metadata.nbgrader.grade_id for c in notebook.cells if cells.is_question(c)}
    with Gradebook(place["db_url"]) as gradebook:
        for grade_id, outcome in resources["mnist_nn"].outcomes.items():
            if outcome.reasons:
                key = (grade_id, place["notebook"], place["assignment"], place["student"])
                grade = gradebook.find_grade(*key)
                grade.needs_manual_grade = True
                if grade_id in questions:
                    grade.auto_score = None
                    gradebook.find_comment(*key).auto_comment = None
        gradebook.db.commit()
    return notebook, resources


def configure(config: Any, folder: Path, cell_seconds: int, notebook_seconds: int) -> None:
    """Configure nbgrader for a course.

    Args:
        config: What ``get_config()`` returns in ``nbgrader_config.py``.
        folder: The course's folder.
        cell_seconds: How long a cell may take; a whole notebook takes about half a minute.
        notebook_seconds: How long all may take; after that, each cell is stopped soon.
    """
    config.ExecuteToTheEnd.cell_seconds = cell_seconds
    config.ExecuteToTheEnd.notebook_seconds = notebook_seconds
    warnings.filterwarnings("ignore", category=SAWarning)
    config.CourseDirectory.course_id = "mnist_nn"
    ignored = [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", RESULTS]
    config.CourseDirectory.ignore = ignored
    exchange = (folder / "exchange").resolve()  # without one, formgrader complains
    exchange.mkdir(exist_ok=True)
    config.Exchange.root = str(exchange)
    # The cells for answers say already, in the reader's language, what to write there.
    config.ClearSolutions.code_stub = {"python": ""}
    config.ClearSolutions.text_stub = ""
    # By name: nbgrader imports them.
    config.Autograde.sanitize_preprocessors = [
        f"{__name__}.restore_cells",
        "nbgrader.preprocessors.ClearOutput",
        "nbgrader.preprocessors.DeduplicateIds",
        "nbgrader.preprocessors.OverwriteKernelspec",
        "nbgrader.preprocessors.OverwriteCells",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
    config.Autograde.autograde_preprocessors = [
        f"{__name__}.prepare_cells",
        f"{__name__}.ExecuteToTheEnd",
        f"{__name__}.judge_answers",
        f"{__name__}.keep_outcomes",
        f"{__name__}.show_to_grader",
        "nbgrader.preprocessors.LimitOutput",
        "nbgrader.preprocessors.SaveAutoGrades",
        f"{__name__}.flag_for_person",
        "nbgrader.preprocessors.AssignLatePenalties",
    ]
    # exit() does nothing:
    no_exit = "--IPKernelApp.exec_lines=get_ipython().ask_exit = lambda: None"
    config.Execute.extra_arguments = ["--log-level=ERROR", no_exit]
    config.Execute.raise_on_iopub_timeout = False
    config.LimitOutput.max_lines = 200
