"""Make assignments for nbgrader from the exercise, one for each language; see INSTRUCTORS.md."""

import hashlib
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from mnist_nn.checks import GRACE, PARTIAL_CREDIT_FROM, TARGETS
from mnist_nn.metrics import LOG_LOSS_CLIP
from notebooks import build
from notebooks.course.folder import CONFIG

THIS_FILE = "notebooks/course/assignment.py"
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
# What whoever grades reads above a written answer: a model answer, and what gives points.
MODEL_ANSWERS = {
    "linear-question-answer": ["linear-answer", "linear-question-rubric"],
    "network-question-answer": ["nn-longer-read", "network-question-rubric"],
    "weights-question-answer": ["what-differs", "weights-question-rubric"],
}
# Students explore everywhere, but these cells are as they were when a notebook is graded.
LOCKED = ("install", "load", "training-set", "validation-set", "load-test", "checks")
# The texts that name an accuracy that a task asks for.
TARGETS_IN = {
    "linear": ("points", "try-linear"),
    "network": ("points", "task-2", "nn-original", "nn-solution-read"),
}
# nbgrader's own grading would give all points for whatever a check shows.
NO_POINTS = """

### BEGIN HIDDEN TESTS
0  # nbgrader_config.py takes this out: without it, nobody gets points
### END HIDDEN TESTS"""
ROUNDING = 0.0002  # log losses have two decimals: ±0.005 / 34.54 of the accuracy


def points_of(cell_id: str) -> int | None:
    return (POINTS_BY_CHECK | POINTS_BY_QUESTION).get(cell_id)


def read_sources(language: str) -> dict[str, str]:
    """Return the cells of the solution and the rubrics, by id."""
    editions = (build.Edition("exercise", name, language) for name in ("rubric", "solution"))
    return {cell.id: cell.source for each in editions for cell in build.make(each).cells}


def make_assignment(language: str) -> NotebookNode:
    """Make an instructor's version of the exercise, with nbgrader's metadata."""
    sources = read_sources(language)
    notebook = build.make(build.Edition("exercise", "course", language))
    for cell in notebook.cells:
        is_answer, is_question = cell.id in ANSWERS, cell.id in POINTS_BY_QUESTION
        points = points_of(cell.id)
        if parts := (ANSWERS | MODEL_ANSWERS).get(cell.id, []):
            text = "\n\n".join(sources[part] for part in parts if part in sources)
            cell.source += f"\n\n### BEGIN SOLUTION\n{text}\n### END SOLUTION"
        if cell.id in POINTS_BY_CHECK:
            cell.source += NO_POINTS
        if points or is_answer or cell.id in LOCKED:
            cell.metadata["nbgrader"] = {
                "schema_version": 3,
                "grade_id": cell.id,
                "grade": points is not None,
                "solution": is_answer or is_question,
                "locked": cell.id in POINTS_BY_CHECK or cell.id in LOCKED,
                "task": False,
            } | ({"points": points} if points else {})
    notebook.metadata["mnist_nn"]["made"] = fingerprint(notebook)
    return notebook


def fingerprint(notebook: NotebookNode) -> str:
    """Return what changes if somebody edits a notebook, but not if it is only saved again."""
    cells = [[c.cell_type, c.source, c.metadata.get("nbgrader")] for c in notebook.cells]
    return hashlib.sha256(json.dumps(cells, sort_keys=True).encode()).hexdigest()[:16]


def is_edited(path: Path) -> bool:
    """Return whether there is a notebook that somebody has edited."""
    if not path.exists():
        return False
    notebook = build.read_ipynb(path)
    return bool(notebook.metadata.get("mnist_nn", {}).get("made") != fingerprint(notebook))


def write_course(folder: Path, languages: Sequence[str] | None = None) -> None:
    """Write a course, but for what an instructor has edited there."""
    languages = languages or build.languages_of("exercise")
    problems = (problem for language in languages for problem in find_contradictions(language))
    for problem in dict.fromkeys(problems):  # those of the tables come with each language
        print(f"Note: {problem}")
    for language in languages:
        path = folder / "source" / f"exercise-{language}" / "exercise.ipynb"
        shown = build.shorten(path)
        if is_edited(path):
            print(f"{shown}: kept, since you have edited it. To have it anew, delete it first")
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        text = nbformat.writes(make_assignment(language)) + "\n"
        is_new = not path.exists() or path.read_text("utf-8") != text
        build.replace_file(path, text.encode())
        print(f"{shown}: {'written' if is_new else 'unchanged'}")
        if is_new and (folder / "release" / f"exercise-{language}").exists():
            release = f"nbgrader generate_assignment exercise-{language} --force"
            print(f"  It has changed. Release it again: {release}")
    config = folder / CONFIG.name
    if config.exists() and config.read_bytes() != CONFIG.read_bytes():
        name, ours = build.shorten(config), build.shorten(CONFIG)
        print(f"{name}: kept. It differs from {ours}: you, or the project, have changed it")
    else:
        build.replace_file(config, CONFIG.read_bytes())
    command = f"nbgrader generate_assignment exercise-{languages[0]}"
    print(f"Next: cd {build.shorten(folder)}; {command}")
    print("notebooks/INSTRUCTORS.md explains each step")


def find_contradictions(only: str | None = None) -> Iterator[str]:
    """Yield where the tables of this file, texts, targets and saved solutions contradict."""
    course = build.make(build.Edition("exercise", "course", build.ENGLISH))
    ids = {*read_sources(build.ENGLISH), *(cell.id for cell in course.cells)}
    named = {*POINTS_BY_CHECK, *POINTS_BY_QUESTION, *ANSWERS, *MODEL_ANSWERS, *LOCKED}
    named |= {part for parts in (ANSWERS | MODEL_ANSWERS).values() for part in parts}
    for cell_id in sorted(named - ids):
        yield f"{THIS_FILE}: there is no cell {cell_id!r}. Take it out"
    yield from check_page()
    for language in build.languages_of("exercise"):
        if only in (None, language):
            yield from check_texts(language)
            yield from check_solution(language)


def check_texts(language: str) -> Iterator[str]:
    """Yield the texts of a language that contradict the points and targets."""
    name = "exercise.py" if language == build.ENGLISH else f"exercise.{language}.toml"
    cells = build.make(build.Edition("exercise", "course", language)).cells
    texts = {cell.id: cell.source for cell in cells} | read_sources(language)
    points = [points for cell in cells if (points := points_of(cell.id))]
    for problem in (*check_points(points, texts.get("points", "")), *check_targets(texts)):
        yield f"notebooks/source/{name}: {problem}"


def check_points(points: Sequence[int], table: str) -> Iterator[str]:
    """Yield what is wrong if the last column of a table has not these points and their sum."""
    expected = [*map(str, points), str(sum(points))]
    found = re.findall(r"^\|.*\|[^\d\n]*(\d+)[^\d\n]*\|$", table, re.MULTILINE)
    if found != expected:
        yield (
            f"the table in [points] has {', '.join(found)}; the points "
            f"of the graded cells, in their order, and the sum are {', '.join(expected)}"
        )


def check_targets(texts: Mapping[str, str]) -> Iterator[str]:
    """Yield which texts, by the id of their cell, do not name the accuracies of a task."""
    for kind, cell_ids in TARGETS_IN.items():
        if f"check-{kind}" not in texts:
            continue
        for cell_id in filter(texts.__contains__, cell_ids):
            accuracies = list_accuracies(kind) if cell_id == "points" else [TARGETS[kind]]
            if missing := find_missing(accuracies, texts[cell_id]):
                yield (
                    f"[{cell_id}] does not name {', '.join(missing)}, which follows "
                    f"from TARGETS in mnist_nn/checks.py for the task with the {kind} model"
                )


def list_accuracies(kind: str) -> list[float]:
    """Return a task's target, where its points begin, and where all of them are given."""
    return [TARGETS[kind], PARTIAL_CREDIT_FROM[kind], TARGETS[kind] - GRACE]


def find_missing(accuracies: Iterable[float], text: str) -> list[str]:
    """Return the accuracies that a text does not name."""
    named = {float(number) for number in re.findall(r"\d\.\d+", text)}
    return [f"{each:g}" for each in accuracies if round(each, 3) not in named]


def check_page() -> Iterator[str]:
    """Yield the accuracies and points of tasks that the page for instructors does not name."""
    text = (build.NOTEBOOKS / "INSTRUCTORS.md").read_text("utf-8")
    kinds = [kind for kind in TARGETS if f"check-{kind}" in POINTS_BY_CHECK]
    missing = find_missing((each for kind in kinds for each in list_accuracies(kind)), text)
    of_questions = " + ".join(map(str, POINTS_BY_QUESTION.values()))
    for points in filter(None, [*map(str, POINTS_BY_CHECK.values()), of_questions]):
        if not re.search(rf"^\|.*\| {re.escape(points)} \|", text, re.MULTILINE):
            missing.append(points)
    for each in missing:
        yield f"notebooks/INSTRUCTORS.md: the table of points does not name {each}"


def check_solution(language: str) -> Iterator[str]:
    """Yield where a saved solution does not reach what its task asks for."""
    saved = build.read_saved(build.Edition("exercise", "solution", language))
    cells = saved.cells if saved else []
    shown = {cell.id: str(cell.get("outputs", "")) for cell in cells}
    for cell_id, text in shown.items():
        if "✘" in text:
            yield f"notebooks/{language}/solution.ipynb: [{cell_id}] shows ✘"
    for kind, cell_id in {"linear": "linear-solution", "network": "nn-longer"}.items():
        if losses := re.findall(r"period \d+ : (\d+\.\d+)", shown.get(cell_id, "")):
            accuracy = 1 + float(losses[-1]) / math.log(LOG_LOSS_CLIP)
            if accuracy < TARGETS[kind] - ROUNDING:
                yield (
                    f"notebooks/{language}/solution.ipynb: [{cell_id}] reaches {accuracy:.4f}, the "
                    f"task asks for {TARGETS[kind]}. Change the cell, then run: make solutions"
                )
