"""Make, release, grade and export a course with nbgrader's own commands; takes some ten minutes.

.venv/bin/python -m pytest -s tests/by_hand/test_course.py
"""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import nbformat
import numpy as np
import pytest
import split
from nbformat import NotebookNode

from mnist_nn.checks import PARTIAL_CREDIT_FROM, TARGETS
from mnist_nn.language import LANGUAGES
from notebooks import build, course

ASSIGNMENTS = [f"exercise-{language}" for language in LANGUAGES]
SOLUTION = {c.id: c.source for c in build.make(build.Edition("exercise", "solution", "en")).cells}

# Answers, by the cells that hold them.
PERFECT = {cell: "\n\n".join(SOLUTION[p] for p in parts) for cell, parts in course.ANSWERS.items()}
LINEAR = {"linear-first-call": SOLUTION["linear-solution"]}
NETWORK = {"task-2-answer": SOLUTION["nn-longer"]}
TEST = {"test-answer": SOLUTION["test-accuracy"]}
NETWORKS = {"task-3-answer": SOLUTION["nn-by-steps"]}

FEW_LINEAR_STEPS = SOLUTION["linear-solution"].replace("steps=1000", "steps=150")
FEW_NETWORK_STEPS = SOLUTION["nn-longer"].replace("steps=2000", "steps=300")
ON_TEST_ROWS = SOLUTION["nn-longer"].replace("=training_", "=test_")
ON_VALIDATION_ROWS = SOLUTION["nn-longer"].replace("=training_", "=validation_")
PREDICTIONS = SOLUTION["test-accuracy"]
NO_AXIS = PREDICTIONS.replace("axis=1", "") + "\naccuracy = 0.95"
OF_VALIDATION_SET = PREDICTIONS.replace("test_examples", "validation_examples").replace(
    "test_targets", "validation_targets"
)
SAME_NETWORK = FEW_NETWORK_STEPS.replace("classifier", "networks", 1)
SAME_NETWORK += "\nnetworks = {10: networks, 100: networks, 1000: networks}"
THREE_SEEDS = SOLUTION["nn-by-steps"].replace("seed=SEED", "seed=steps")
LOOP_THAT_CATCHES = "while True:\n    try:\n        while True: pass\n    except: pass"
RESULT = "mnist_nn.checks.CheckResult(True, '')"


class Submission(NamedTuple):
    """What a student hands in, and the points for it: None if it cannot be graded."""

    points: float | None
    answers: dict[str, str]
    edit: Callable[[NotebookNode], None] | None = None
    convert: Callable[[NotebookNode], bytes] = lambda notebook: json.dumps(notebook).encode()
    file_name: str = "exercise.ipynb"


def is_check(cell: NotebookNode) -> bool:
    return cell.id in course.POINTS_BY_CHECK


def delete(*ids: str) -> Callable[[NotebookNode], None]:
    def edit(notebook: NotebookNode) -> None:
        notebook.cells = [cell for cell in notebook.cells if cell.id not in ids]

    return edit


def copy_checks(notebook: NotebookNode) -> None:
    checks = list(filter(is_check, notebook.cells))
    copies = {cell.id: [nbformat.from_dict(cell | {"id": f"{cell.id}-copy"})] for cell in checks}
    notebook.cells = [c for cell in notebook.cells for c in (cell, *copies.get(cell.id, []))]


def rename(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader.grade_id += "-2"


def edit_checks(notebook: NotebookNode) -> None:
    for cell in filter(is_check, notebook.cells):
        cell.source = "5.0"
        cell.metadata.nbgrader.points = 100


def move_answers(notebook: NotebookNode) -> None:
    notebook.cells.sort(key=lambda cell: cell.id in course.ANSWERS)


def renew_schema(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader.schema_version = 99


def save_in_colab(notebook: NotebookNode) -> None:
    notebook.nbformat_minor = 0
    notebook.metadata |= {"colab": {"provenance": []}, "accelerator": "GPU"}
    for cell in notebook.cells:
        colab = {"id": cell.pop("id"), "outputId": "1", "colab": {"base_uri": "https://"}}
        cell.metadata |= colab | {"executionInfo": {"status": "ok", "user": {"userId": "0"}}}


def leave_korean_outputs(notebook: NotebookNode) -> None:
    for cell in filter(is_check, notebook.cells):
        cell.execution_count = 1
        text = {"text/plain": "✘ 아직 하지 않았습니다."}
        cell.outputs = [nbformat.v4.new_output("execute_result", text, execution_count=1)]


def save_in_old_format(notebook: NotebookNode) -> bytes:
    return str(nbformat.writes(nbformat.convert(notebook, 3), 3)).encode()


def attack(code: str, points: float | None = 4) -> Submission:
    """Answer task 1, and attack in the cell of task 2."""
    return Submission(points, {**LINEAR, "task-2-answer": code})


def cheat(code: str) -> Submission:
    """Answer nothing, and attack before the first check."""
    return Submission(0, {"linear-first-call": code})


def score(check: str, kind: str, name: str, code: str) -> float:
    """Run an answer, and return the points for the accuracy of the model it trains."""
    data = split.split_exercise(split.train_table(), seed=1)
    names = {**data._asdict(), "SEED": 1}
    code = code.replace("seed=SEED", "seed=SEED, verbose=0")
    exec(f"from mnist_nn import *\n{code}", names)
    predictions = names[name].predict(data.validation_examples, verbose=0).argmax(axis=1)
    accuracy = float(np.mean(predictions == data.validation_targets.to_numpy()))
    start = PARTIAL_CREDIT_FROM[kind]
    share = (accuracy - start) / (TARGETS[kind] - start)
    assert 0.1 < share < 0.9  # of partial credit, not of nothing or all
    return round(course.POINTS_BY_CHECK[check] * share, 2)


def list_groups() -> dict[tuple[str, str], dict[str, Submission]]:
    """Return the students by name, by folder and assignment: each group is graded in one go."""
    linear = score("check-linear", "linear", "linear_classifier", FEW_LINEAR_STEPS)
    network = score("check-network", "network", "classifier", FEW_NETWORK_STEPS)
    png = (build.NOTEBOOKS / "figures" / "digits.png").read_bytes()
    tested = {**NETWORK, **TEST}
    answers = {
        "perfect": Submission(16, PERFECT),
        "untouched": Submission(0, {}),
        "no-linear": Submission(12, {**NETWORK, **TEST, **NETWORKS}),
        "no-network": Submission(7, {**LINEAR, **TEST, **NETWORKS}),
        "no-test": Submission(12, {**LINEAR, **NETWORK, **NETWORKS}),
        "no-networks": Submission(13, {**LINEAR, **NETWORK, **TEST}),
        "few-linear-steps": Submission(linear, {"linear-first-call": FEW_LINEAR_STEPS}),
        # A right accuracy on the test set is worth 2, if there is something wrong with the network.
        "few-network-steps": Submission(network + 2, {"task-2-answer": FEW_NETWORK_STEPS, **TEST}),
        "on-validation-rows": Submission(2, {"task-2-answer": ON_VALIDATION_ROWS, **TEST}),
        "on-test-rows": Submission(5, tested | {"test-answer": f"{ON_TEST_ROWS}\n{PREDICTIONS}"}),
        "percentage": Submission(5, tested | {"test-answer": f"{PREDICTIONS}\naccuracy *= 100"}),
        "no-axis": Submission(5, tested | {"test-answer": NO_AXIS}),
        "of-validation-set": Submission(5, tested | {"test-answer": OF_VALIDATION_SET}),
        "same-network": Submission(0, {"task-3-answer": SAME_NETWORK}),
        "three-seeds": Submission(0, {"task-3-answer": THREE_SEEDS}),
    }
    attacks = {
        "perfect": Submission(16, PERFECT),
        "checks-deleted": Submission(4, LINEAR, delete(*course.POINTS_BY_CHECK)),
        "all-deleted": Submission(4, LINEAR, delete(*course.POINTS_BY_QUESTION, *course.LOCKED)),
        "checks-copied": Submission(4, LINEAR, copy_checks),
        "renamed": Submission(4, LINEAR, rename),
        "checks-edited": Submission(0, {}, edit_checks),
        "answers-moved": Submission(0, LINEAR, move_answers),
        "schema-99": Submission(4, LINEAR, renew_schema),
        "one-long-line": attack("print('x' * 200_000_000)"),
        "many-lines": attack("for _ in range(2_000_000): print('x' * 100)"),
        "lambda": cheat(f"check_linear_classifier = lambda *_: {RESULT}"),
        "lambda-in-module": cheat(
            f"import mnist_nn.checks\nresult = {RESULT}\n"
            "mnist_nn.checks.check_linear_classifier = lambda *_: result"
        ),
        "check-shows-nothing": cheat("get_ipython().ast_node_interactivity = 'none'"),
        "sys-exit": attack("import sys\nsys.exit()"),
        "exit": attack("exit()"),
        "os-exit": attack("import os\nos._exit(1)", None),
        "colab": Submission(4, LINEAR, save_in_colab),
        "korean-outputs": Submission(4, LINEAR, leave_korean_outputs),
        "nbformat-3": Submission(4, LINEAR, convert=save_in_old_format),
        "empty": Submission(None, {}, convert=lambda _: b""),
        "png": Submission(None, {}, convert=lambda _: png),
        "other-name": Submission(None, LINEAR, file_name="exercise (1).ipynb"),
    }
    loops = {"loop": attack("while True: pass"), "loop-that-catches": attack(LOOP_THAT_CATCHES)}
    return {
        ("answers", ASSIGNMENTS[-1]): answers,
        ("attacks", ASSIGNMENTS[0]): attacks,
        ("loops", ASSIGNMENTS[0]): loops,
    } | {(name, name): {"perfect": Submission(16, PERFECT)} for name in ASSIGNMENTS[1:-1]}


def hand_in(folder: Path, assignment: str, student: str, submission: Submission) -> None:
    """Write a student's file, made from the release."""
    notebook = nbformat.read(folder / "release" / assignment / "exercise.ipynb", 4)
    for cell in notebook.cells:
        if cell.id in submission.answers:
            cell.source += "\n" + submission.answers[cell.id]
        if submission.answers is PERFECT and cell.id in course.POINTS_BY_QUESTION:
            cell.source += "Nine of ten."
    if submission.edit:
        submission.edit(notebook)
    path = folder / "submitted" / student / assignment / submission.file_name
    path.parent.mkdir(parents=True)
    path.write_bytes(submission.convert(notebook))


def nbgrader(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # for alembic
    command = [sys.executable, "-m", "nbgrader", *arguments]
    out, both = subprocess.PIPE, subprocess.STDOUT
    environment = os.environ | {"PATH": path}
    return subprocess.run(command, cwd=folder, env=environment, stdout=out, stderr=both, text=True)


def grade(folder: Path, assignment: str, students: str = "*") -> str:
    """Grade an assignment; return what nbgrader says, and print how long it takes."""
    start = time.perf_counter()
    run = nbgrader(folder, "autograde", assignment, f"--student={students}")
    seconds = time.perf_counter() - start
    graded = len(list((folder / "submitted").glob(students)))
    print(f"{folder.name}: {graded} submissions, {seconds / graded:.1f} s for each")
    assert nbgrader(folder, "export").returncode == 0
    return run.stdout


def read_points(*folders: Path) -> dict[str, float]:
    """Return the sum of each student's points in all tables."""
    points: dict[str, float] = {}
    for folder in folders:
        for row in csv.DictReader((folder / "grades.csv").read_text().splitlines()):
            name = row["student_id"]
            points[name] = points.get(name, 0) + float(row["score"])
    return points


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with its releases."""
    folder = tmp_path_factory.mktemp("course") / "course"
    course.main(folder)
    for assignment in ASSIGNMENTS:
        run = nbgrader(folder, "generate_assignment", assignment, "--log-level=WARN")
        assert (run.returncode, run.stdout) == (0, "")
    return folder


def test_release_has_the_exercise_without_answers(folder: Path) -> None:
    hidden = [cell for parts in (course.ANSWERS, course.MODEL_ANSWERS) for cell in parts.values()]
    for assignment in ASSIGNMENTS:
        language = assignment.removeprefix("exercise-")
        notebook = nbformat.read(folder / "release" / assignment / "exercise.ipynb", 4)
        exercise = build.make(build.Edition("exercise", "course", language))
        assert [cell.id for cell in notebook.cells] == [cell.id for cell in exercise.cells]
        text = "\n".join(cell.source for cell in notebook.cells)
        assert "### " not in text
        assert "reload" not in text
        solution = build.make(build.Edition("exercise", "solution", language))
        sources = {cell.id: cell.source for cell in solution.cells}
        assert not [cell for cells in hidden for cell in cells if sources[cell] in text]


def test_nbgrader_accepts_the_source(folder: Path) -> None:
    run = nbgrader(folder, "validate", "source/exercise-en/exercise.ipynb")
    assert "Success! Your notebook passes all the tests." in run.stdout, run.stdout


def test_points_of_submissions(folder: Path) -> None:
    groups = list_groups()
    for (name, assignment), submissions in groups.items():
        copy = shutil.copytree(folder, folder.with_name(name))
        for student, submission in submissions.items():
            hand_in(copy, assignment, student, submission)
    config = folder.with_name("loops") / "nbgrader_config.py"
    text = re.sub(r"\bCELL_SECONDS = \d+", "CELL_SECONDS = 45", config.read_text())
    config.write_text(re.sub(r"NOTEBOOK_SECONDS = \d+", "NOTEBOOK_SECONDS = 60", text))
    with ThreadPoolExecutor(2) as pool:  # each process has a gradebook of its own
        logs = list(pool.map(lambda group: grade(folder.with_name(group[0]), group[1]), groups))

    wrong = []
    for ((name, assignment), submissions), log in zip(groups.items(), logs, strict=True):
        copy = folder.with_name(name)
        (copy / "autograde.log").write_text(log)
        points = read_points(copy)
        assert nbgrader(copy, "generate_feedback", assignment).returncode == 0
        for student, submission in submissions.items():
            expected, found = submission.points, points[student]
            is_named = f"assignment '{assignment}' for student '{student}'" in log
            page = copy / "feedback" / student / assignment / "exercise.html"
            size = page.stat().st_size / 1e6 if page.exists() else 0
            print(f"{student:20} {expected!s:>5} {found:5} {is_named=} feedback {size:.1f} MB")
            is_graded = not is_named and 0 < size < 5
            if found != (expected or 0) or is_graded != (expected is not None):
                wrong.append(student)
    assert not wrong


def test_two_machines_grade_as_one(folder: Path) -> None:
    one, *machines = [folder.with_name(name) for name in ("one", "machine-1", "machine-2")]
    for copy in (one, *machines):
        shutil.copytree(folder, copy)
        for student, answers in {"a-1": {}, "a-2": LINEAR, "b-1": {}, "b-2": LINEAR}.items():
            hand_in(copy, "exercise-en", student, Submission(None, answers))
    grade(one, "exercise-en")
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda m, s: grade(m, "exercise-en", s), machines, ("a-*", "b-*")))
    assert read_points(*machines) == read_points(one) == {"a-1": 0, "a-2": 4, "b-1": 0, "b-2": 4}
