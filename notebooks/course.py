"""Make assignments for nbgrader from the exercise, one for each language.

    python notebooks/course.py [FOLDER]

The folder, ``build/course`` unless another is given, gets ``nbgrader_config.py`` and
``source/exercise-LANGUAGE/exercise.ipynb``: the exercise with its solutions and hidden tests, which
``nbgrader generate_assignment`` takes out for the students. See INSTRUCTORS.md.
"""

import sys
from pathlib import Path

import nbformat
from nbformat import NotebookNode

sys.path.append(str(Path(__file__).parents[1]))

from notebooks import build

COURSE = Path(__file__).parents[1] / "build" / "course"
CONFIG = Path(__file__).with_name("nbgrader_config.py")
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
    build.replace_file(folder / CONFIG.name, CONFIG.read_bytes())


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
