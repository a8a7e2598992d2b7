"""Make, release, grade and export a course with nbgrader's own commands; takes some ten minutes.

.venv/bin/python -m pytest -s tests/by_hand/test_course.py
"""

import csv
import json
import os
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
from notebooks import build, course

ASSIGNMENTS = ("exercise-en", "exercise-ko", "exercise-zh")
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
LOOP_THAT_CATCHES = "while True:\n    try:\n        while True: pass\n    except: pass"
RESULT = "mnist_nn.checks.CheckResult(True, '')"


class Submission(NamedTuple):
    """What a student hands in, and the points for it: None if it cannot be graded."""

    points: float | None
    answers: dict[str, str]
    edit: Callable[[NotebookNode], None] | None = None
    file: bytes | None = None
    language: str = "en"
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


def attack(points: float | None, code: str) -> Submission:
    """Answer task 1, and attack in the cell of task 2."""
    return Submission(points, {**LINEAR, "task-2-answer": code})


def cheat(code: str) -> Submission:
    """Answer nothing, and attack before the first check."""
    return Submission(0, {"linear-first-call": code})


def score(check: str, kind: str, name: str, code: str) -> float:
    """Run an answer, and return the points for the accuracy of the model it trains."""
    data = split.split_exercise(split.train_table(), seed=1)
    names = {**data._asdict(), "SEED": 1}
    exec(f"from mnist_nn import *\n{code}", names)
    predictions = names[name].predict(data.validation_examples, verbose=0).argmax(axis=1)
    accuracy = float(np.mean(predictions == data.validation_targets.to_numpy()))
    start = PARTIAL_CREDIT_FROM[kind]
    share = (accuracy - start) / (TARGETS[kind] - start)
    assert 0.1 < share < 0.9  # of partial credit, not of nothing or all
    return round(course.POINTS_BY_CHECK[check] * share, 2)


def list_submissions() -> dict[str, Submission]:
    linear = score("check-linear", "linear", "linear_classifier", FEW_LINEAR_STEPS)
    network = score("check-network", "network", "classifier", FEW_NETWORK_STEPS)
    seeds = NETWORKS["task-3-answer"].replace("seed=SEED", "seed=steps")
    one = FEW_NETWORK_STEPS.replace("classifier = ", "network = ")
    one += "\nnetworks = {10: network, 100: network, 1000: network}"
    test = {**NETWORK, **TEST}
    answered = {
        "perfect-en": Submission(16, PERFECT),
        "perfect-ko": Submission(16, PERFECT),
        "perfect-zh": Submission(16, PERFECT, language="zh"),
        "untouched": Submission(0, {}),
        "no-linear": Submission(12, {**NETWORK, **TEST, **NETWORKS}),
        "no-network": Submission(7, {**LINEAR, **TEST, **NETWORKS}),
        "no-test": Submission(12, {**LINEAR, **NETWORK, **NETWORKS}),
        "no-networks": Submission(13, {**LINEAR, **NETWORK, **TEST}),
        "few-linear-steps": Submission(linear, {"linear-first-call": FEW_LINEAR_STEPS}),
        # Half of the points for a right accuracy of a weak network.
        "few-network-steps": Submission(network + 2, {"task-2-answer": FEW_NETWORK_STEPS, **TEST}),
        "percentage": Submission(5, test | {"test-answer": PREDICTIONS + "\naccuracy *= 100"}),
        "no-axis": Submission(5, test | {"test-answer": NO_AXIS}),
        "of-validation-set": Submission(5, test | {"test-answer": OF_VALIDATION_SET}),
        "on-test-rows": Submission(5, test | {"test-answer": f"{ON_TEST_ROWS}\n{PREDICTIONS}"}),
        # Half of the points for a right accuracy on the test set.
        "on-validation-rows": Submission(2, {"task-2-answer": ON_VALIDATION_ROWS, **TEST}),
        "same-network": Submission(0, {"task-3-answer": one}),
        "three-seeds": Submission(0, {"task-3-answer": seeds}),
    }
    for name, submission in answered.items():  # in an assignment of their own, graded meanwhile
        if name not in ("perfect-en", "perfect-zh"):
            answered[name] = submission._replace(language="ko")
    png = next((Path(build.NOTEBOOKS) / "figures").glob("*.png")).read_bytes()
    unnamed = "exercise (1).ipynb"
    return answered | {
        "checks-deleted": Submission(4, LINEAR, delete(*course.POINTS_BY_CHECK)),
        "all-deleted": Submission(4, LINEAR, delete(*course.POINTS_BY_QUESTION, *course.LOCKED)),
        "checks-copied": Submission(4, LINEAR, copy_checks),
        "renamed": Submission(4, LINEAR, rename),
        "checks-edited": Submission(0, {}, edit_checks),
        "answers-moved": Submission(0, LINEAR, move_answers),
        "schema-99": Submission(4, LINEAR, renew_schema),
        "loop": attack(4, "while True: pass"),
        "loop-that-catches": attack(4, LOOP_THAT_CATCHES),
        "one-long-line": attack(4, "print('x' * 200_000_000)"),
        "many-lines": attack(4, "for _ in range(2_000_000): print('x' * 100)"),
        "lambda": cheat(f"check_linear_classifier = lambda *_: {RESULT}"),
        "lambda-in-module": cheat(
            f"import mnist_nn.checks\nresult = {RESULT}\n"
            "mnist_nn.checks.check_linear_classifier = lambda *_: result"
        ),
        "check-prints-nothing": cheat("get_ipython().ast_node_interactivity = 'none'"),
        "sys-exit": attack(4, "import sys\nsys.exit()"),
        "exit": attack(4, "exit()"),
        "os-exit": attack(None, "import os\nos._exit(1)"),
        "nbformat-3": Submission(4, LINEAR, file=b"3"),
        "colab": Submission(4, LINEAR, save_in_colab),
        "korean-outputs": Submission(4, LINEAR, leave_korean_outputs),
        "empty": Submission(None, {}, file=b""),
        "png": Submission(None, {}, file=png),
        "other-name": Submission(None, LINEAR, file_name=unnamed),
    }


def hand_in(folder: Path, student: str, submission: Submission) -> None:
    """Write a student's file, made from the release."""
    assignment = f"exercise-{submission.language}"
    notebook = nbformat.read(folder / "release" / assignment / "exercise.ipynb", 4)
    for cell in notebook.cells:
        cell.source += "\n" + submission.answers.get(cell.id, "")
        if submission.points == 16 and cell.id in course.POINTS_BY_QUESTION:
            cell.source += "Nine of ten."
    if submission.edit:
        submission.edit(notebook)
    content = submission.file
    if content is None:
        content = json.dumps(notebook).encode()
    elif content == b"3":
        content = nbformat.writes(nbformat.convert(notebook, 3), 3).encode()
    path = folder / "submitted" / student / assignment / submission.file_name
    path.parent.mkdir(parents=True)
    path.write_bytes(content)


def nbgrader(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = [sys.executable, "-m", "nbgrader", *arguments]
    environment = os.environ | {"PATH": path}
    return subprocess.run(
        command, cwd=folder, env=environment, stdout=-1, stderr=subprocess.STDOUT, text=True
    )


def grade(folder: Path, *assignments: str, student: str = "*") -> str:
    """Grade assignments; return what nbgrader says, and print how long it takes."""
    start = time.perf_counter()
    runs = [nbgrader(folder, "autograde", name, f"--student={student}") for name in assignments]
    graded = len(list((folder / "submitted").glob(f"{student}/*")))
    seconds = time.perf_counter() - start
    print(f"{folder.name}: {graded} submissions, {seconds / graded:.1f} s for each")
    assert nbgrader(folder, "export").returncode == 0
    return "\n".join(run.stdout for run in runs)


def read_points(*folders: Path) -> dict[tuple[str, str], float]:
    rows = [
        row for f in folders for row in csv.DictReader((f / "grades.csv").read_text().splitlines())
    ]
    return {(row["assignment"], row["student_id"]): float(row["score"]) for row in rows}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with its releases."""
    folder = tmp_path_factory.mktemp("course") / "course"
    course.main(folder)
    config = folder / "nbgrader_config.py"
    text = config.read_text().replace("CELL_SECONDS = 120", "CELL_SECONDS = 20")
    config.write_text(text.replace("NOTEBOOK_SECONDS = 300", "NOTEBOOK_SECONDS = 60"))
    for assignment in ASSIGNMENTS:
        run = nbgrader(folder, "generate_assignment", assignment, "--log-level=WARN")
        assert (run.returncode, run.stdout) == (0, "")
    return folder


def test_release_has_the_exercise_without_answers(folder: Path) -> None:
    hidden = [cell for parts in (course.ANSWERS, course.MODEL_ANSWERS) for cell in parts.values()]
    for assignment in ASSIGNMENTS:
        language = assignment[-2:]
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
    submissions = list_submissions()
    folders = [folder.with_name("first"), folder.with_name("second")]
    for copy in folders:
        shutil.copytree(folder, copy)
    for name, submission in submissions.items():
        hand_in(folders[submission.language != "en"], name, submission)
    with ThreadPoolExecutor() as pool:  # two processes, each with a gradebook of its own
        first = pool.submit(grade, folders[0], "exercise-en")
        second = pool.submit(grade, folders[1], "exercise-ko", "exercise-zh")
        log = first.result() + second.result()
    folder.with_name("log").write_text(log)

    points = {name: found for (_, name), found in read_points(*folders).items() if found}
    wrong = []
    for name, (expected, _, _, _, language, _) in submissions.items():
        is_named = f"assignment 'exercise-{language}' for student '{name}'" in log
        found = points.get(name, 0)
        print(f"{name:25} expected {expected!s:5} got {found}{', named in the log' * is_named}")
        if found != (expected or 0) or is_named != (expected is None):
            wrong.append(name)
    assert not wrong

    for copy, assignment in zip((folders[0], *folders[1:] * 2), ASSIGNMENTS, strict=True):
        assert nbgrader(copy, "generate_feedback", assignment).returncode == 0
    for name, submission in submissions.items():
        copy = folders[submission.language != "en"]
        page = copy / "feedback" / name / f"exercise-{submission.language}" / "exercise.html"
        assert page.exists() == (submission.points is not None), name
        assert submission.points is None or page.stat().st_size < 5_000_000, name


def test_two_machines_grade_as_one(folder: Path) -> None:
    one, *machines = [folder.with_name(name) for name in ("one", "machine-1", "machine-2")]
    for copy in (one, *machines):
        shutil.copytree(folder, copy)
        for student in ("a-1", "a-2", "b-1", "b-2"):
            hand_in(copy, student, Submission(None, LINEAR if student.endswith("2") else {}))
    grade(one, "exercise-en")
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda m, s: grade(m, "exercise-en", student=s), machines, ("a-*", "b-*")))
    together = read_points(*machines)
    assert together == read_points(one)
    assert {name: found for (_, name), found in together.items() if found} == {"a-2": 4, "b-2": 4}
