"""Do all of INSTRUCTORS.md with its own commands, and grade what students may hand in.

.venv/bin/python -m pytest -s tests/by_hand/test_course.py

Takes about an hour on two cores.
"""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest
from publishing import ROOT, copy_project
from submissions import ALL, ATTACKS, HONEST, LINEAR, LOOPS, RULES, SOLUTION, Submission

from mnist_nn.language import LANGUAGES
from notebooks import build
from notebooks.course.assignment import ANSWERS, MODEL_ANSWERS, read_sources
from notebooks.course.export import UNREAD
from notebooks.course.results import RESULTS

ASSIGNMENTS = [f"exercise-{language}" for language in LANGUAGES]


def run_module(folder: Path, *command: str, project: Path = ROOT) -> str:
    """Run a Python module as the page does; return what it prints."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # for alembic
    environment = os.environ | {"PATH": path, "PYTHONPATH": str(project)}
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def run_course(folder: Path, *arguments: str, project: Path = ROOT) -> str:
    return run_module(folder, "notebooks.course", *arguments, project=project)


def fill_in(folder: Path, assignment: str, submission: Submission) -> bytes:
    """Return a student's file, made from the release."""
    notebook = nbformat.read(folder / "release" / assignment / "exercise.ipynb", 4)
    for cell in notebook.cells:
        if cell.id in submission.answers:
            cell.source += "\n" + submission.answers[cell.id]
    if submission.edit:
        submission.edit(notebook)
    return submission.convert(notebook)


def hand_in(folder: Path, assignment: str, submissions: Mapping[str, Submission]) -> str:
    """Collect an archive with a folder for each student."""
    archive = folder / "all.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for student, submission in submissions.items():
            content = fill_in(folder, assignment, submission)
            file.writestr(f"handed-in/{student}/exercise.ipynb", content)
    return run_course(folder, "collect", assignment, str(archive))


def read_table(path: Path) -> dict[str, dict[str, str]]:
    rows = csv.DictReader(path.read_text("utf-8-sig").splitlines())
    return {row["student"]: row for row in rows}


def find_unfairness(
    submission: Submission, row: Mapping[str, str], log: str, megabytes: float
) -> str:
    """Return what a fair person would do otherwise than a student's row of grades says, if any."""
    if not row["points"]:
        return f"no points: {row['note']}"
    points, reads, tasks = (float(row[key]) for key in ("points", *UNREAD))
    reasons = {
        "too many points": points > submission.points + submission.slack,
        # A person who is asked may give more.
        "too few points": points < submission.points - submission.slack and not tasks,
        f"read {reads:g}, not {submission.reads}": reads != submission.reads,
        f"tasks {tasks:g}, not {submission.tasks}": tasks != submission.tasks,
        "the log names no task": tasks and f"{row['student']}: check-" not in log,
        f"a page of {megabytes:.1f} MB": not 0 < megabytes < 5,
    }
    return "; ".join(reason for reason, is_true in reasons.items() if is_true)


def grade(folder: Path, assignment: str, submissions: Mapping[str, Submission]) -> list[str]:
    """Grade submissions; return those that a fair person would grade otherwise, and why."""
    said = hand_in(folder, assignment, submissions)
    start = time.perf_counter()
    log = run_module(folder, "nbgrader", "autograde", assignment)
    seconds = (time.perf_counter() - start) / len(submissions)
    print(f"{folder.name}: {len(submissions)} submissions, {seconds:.1f} s for each")
    (folder / "autograde.log").write_text(log)
    assert "SAWarning" not in log
    run_module(folder, "nbgrader", "generate_feedback", assignment, "--force")
    said += run_course(folder, "export", assignment)
    rows = read_table(folder / "grades.csv")
    wrong = []
    for student, submission in submissions.items():
        row = rows.get(student, {"points": "", "note": "not collected"})
        if submission.is_graded:
            page = folder / "feedback" / student / assignment / "exercise.html"
            megabytes = page.stat().st_size / 1e6 if page.exists() else 0
            unfairness = find_unfairness(submission, row, log, megabytes)
        else:
            is_said = student not in rows and f"Skipped: {student}/exercise.ipynb" in said
            unfairness = "" if is_said else "not said to be skipped"
        print(f"{student:25} {row['points']:>5} fair {submission.points:g} {unfairness}")
        if unfairness:
            wrong.append(f"{student}: {unfairness}")
    return wrong


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with its releases."""
    folder = tmp_path_factory.mktemp("course") / "course"
    run_course(ROOT, "make", str(folder))
    for assignment in ASSIGNMENTS:
        run_module(folder, "nbgrader", "generate_assignment", assignment)
    return folder


def test_release_has_the_exercise_without_answers(folder: Path) -> None:
    answers = [cell for parts in (ANSWERS | MODEL_ANSWERS).values() for cell in parts]
    for assignment in ASSIGNMENTS:
        language = assignment.removeprefix("exercise-")
        notebook = nbformat.read(folder / "release" / assignment / "exercise.ipynb", 4)
        exercise = build.make(build.Edition("exercise", "course", language))
        assert [cell.id for cell in notebook.cells] == [cell.id for cell in exercise.cells]
        text = "\n".join(cell.source for cell in notebook.cells)
        assert not re.search("### (BEGIN|END)", text)
        sources = read_sources(language)
        assert not [cell for cell in answers if sources[cell] in text]


def test_without_the_configuration_nobody_gets_points(folder: Path) -> None:
    copy = shutil.copytree(folder, folder.with_name("no-configuration"))
    hand_in(copy, "exercise-en", {"untouched": HONEST["untouched"]})
    (copy / "nbgrader_config.py").unlink()
    run_module(copy, "nbgrader", "autograde", "exercise-en")
    run_module(copy, "nbgrader", "export")
    rows = csv.DictReader((copy / "grades.csv").read_text().splitlines())
    assert {float(row["score"]) for row in rows} == {0}  # a row for each assignment


def test_points_of_submissions(folder: Path) -> None:
    groups = {"honest": HONEST, "rules": RULES, "attacks": ATTACKS, "loops": LOOPS}
    folders = {name: shutil.copytree(folder, folder.with_name(name)) for name in groups}
    config = folders["loops"] / "nbgrader_config.py"
    text = config.read_text().replace("cell_seconds=120", "cell_seconds=45")
    config.write_text(text.replace("notebook_seconds=600", "notebook_seconds=60"))
    with ThreadPoolExecutor(2) as pool:  # each has a gradebook of its own
        wrong = pool.map(lambda name: grade(folders[name], "exercise-en", groups[name]), groups)
        assert [*wrong] == [[]] * len(groups)
    path = folders["honest"] / "autograded" / "all" / "exercise-en" / RESULTS
    judged = json.loads(path.read_text())["cells"]
    assert judged["check-linear"]["models"]["linear_classifier"]["accuracy"] > 0.88


@pytest.mark.parametrize("assignment", ASSIGNMENTS[1:])
def test_points_in_other_languages(folder: Path, assignment: str) -> None:
    copy = shutil.copytree(folder, folder.with_name(assignment))
    assert grade(copy, assignment, {"all": Submission(16, ALL)}) == []
    page = (copy / "feedback" / "all" / assignment / "exercise.html").read_text()
    rubric = read_sources(assignment[-2:])["linear-question-rubric"].replace("**", "")
    assert rubric[:30] in re.sub("<[^>]*>", "", page)


def test_a_new_file_is_graded_and_machines_share_the_work(folder: Path) -> None:
    """A gradebook for each machine; the first one exports what all of them found."""
    main, *machines = [folder.with_name(name) for name in ("main", "machine-1", "machine-2")]
    shutil.copytree(folder, main)
    students = {
        "a-1": HONEST["untouched"],
        "a-2": Submission(4, LINEAR),
        "b-1": HONEST["answer-as-raw"],
    }
    hand_in(main, "exercise-en", students)
    for machine, names in zip(machines, ("a-*", "b-*"), strict=True):
        shutil.copytree(main, machine)
        run_module(machine, "nbgrader", "autograde", "exercise-en", f"--student={names}")
    table = main / "students.csv"
    table.write_text("student,name\na-1,Ann One\na-2,Ann Two\nb-1,Bea One\nzoe,Zoe Late\n")
    export = ["export", "exercise-en", "--students", "students.csv", "--machines"]
    said = run_course(main, *export, *map(str, machines))
    assert "zoe: nothing handed in" in said
    assert "Not read yet: written answers 3, tasks 0" in said
    points = {student: row["points"] for student, row in read_table(main / "grades.csv").items()}
    assert points == {"a-1": "0.00", "a-2": "4.00", "b-1": "4.00", "zoe": ""}
    said = hand_in(machines[0], "exercise-en", {"a-1": Submission(4, LINEAR)})
    assert "nbgrader autograde exercise-en --student=a-1 --force" in said
    said = run_course(machines[0], "export", "exercise-en")
    assert "a-1: a newer file has not been graded" in said
    run_module(machines[0], "nbgrader", "autograde", "exercise-en", "--student=a-1", "--force")
    run_course(main, *export, *map(str, machines))
    assert read_table(main / "grades.csv")["a-1"]["points"] == "4.00"


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def run_check(project: Path) -> str:
    """Run ``make check``."""
    command = [sys.executable, "notebooks/build.py", "check"]
    environment = os.environ | {"PYTHONPATH": str(project)}
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)
    return done.stdout + done.stderr


def take_out_cells(project: Path, *cells: str) -> None:
    """Delete cells from the exercise, and their translations."""
    path = project / "notebooks" / "source" / "exercise.py"
    parts = re.split(r"(?m)^(?=# %%)", path.read_text("utf-8"))
    kept = [part for part in parts if not any(f' id="{cell}"' in part for cell in cells)]
    assert len(parts) - len(kept) == len(cells)
    path.write_text("".join(kept), "utf-8")
    for translation in path.parent.glob("exercise.*.toml"):
        parts = re.split(r"(?m)^(?=\[)", translation.read_text("utf-8"))
        heads = tuple(f"[{cell}{end}" for cell in cells for end in ("]", ".replace]"))
        translation.write_text("".join(p for p in parts if not p.startswith(heads)), "utf-8")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return copy_project(tmp_path / "project")


def test_a_number_is_changed(project: Path) -> None:
    replace(project / "mnist_nn" / "checks.py", '"network": 0.95', '"network": 0.96')
    said = run_check(project)
    assert "exercise.py: [task-2] does not name 0.96" in said
    assert "solution.ipynb: [nn-longer] reaches 0.95" in said


def test_a_task_is_left_out_and_a_question_added(project: Path, tmp_path: Path) -> None:
    home = tmp_path / "class"
    run_course(project, "make", str(home), project=project)
    run_module(home, "nbgrader", "generate_assignment", "exercise-en", project=project)
    task = ["task-3-how", "task-3-answer", "check-networks"]
    take_out_cells(project, *task)
    source = project / "notebooks" / "source" / "exercise.py"
    question = '# %% [markdown] id="{}"{}\n# {}\n\n'
    added = question.format("new-question", ' only="course"', "**Why is one digit hard?**")
    added += question.format("new-question-answer", ' only="course"', "*Your answer:*")
    added += question.format("new-question-rubric", ' only="rubric"', "**2 points:** ink.")
    replace(source, '# %% [markdown] id="takeaways"', f'{added}# %% [markdown] id="takeaways"')
    replace(source, "# | 3: three networks that differ only in their steps | 3 |\n", "")
    replace(source, "# | in all | 20 |", "# | 4: question | 2 |\n# | in all | 19 |")
    tables = project / "notebooks" / "course" / "assignment.py"
    replace(
        tables,
        '    "weights-question-answer": 2,',
        '    "weights-question-answer": 2,\n    "new-question-answer": 2,',
    )
    replace(
        tables,
        '["what-differs", "weights-question-rubric"],',
        '["what-differs", "weights-question-rubric"],\n'
        '    "new-question-answer": ["new-question-rubric"],',
    )
    said = run_check(project)
    assert "there is no cell 'check-networks'. Take it out" in said
    assert "exercise.ko.toml: [new-question] has no text" in said
    said = run_course(project, "make", str(home), "--language", "en", project=project)
    assert "Release it again: nbgrader generate_assignment exercise-en --force" in said
    run_module(home, "nbgrader", "generate_assignment", "exercise-en", "--force", project=project)
    release = nbformat.read(home / "release" / "exercise-en" / "exercise.ipynb", 4)
    points = [cell.metadata.get("nbgrader", {}).get("points", 0) for cell in release.cells]
    assert sum(points) == 19


def test_a_language_is_left_out(project: Path, tmp_path: Path) -> None:
    (project / "notebooks" / "source" / "exercise.zh.toml").unlink()
    home = tmp_path / "class"
    run_course(project, "make", str(home), project=project)
    assert not (home / "source" / "exercise-zh").exists()
    assert (home / "source" / "exercise-ko").exists()


def test_the_students_wheel_has_no_solutions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HATCH_BUILD_NO_HOOKS", "1")  # as INSTRUCTORS.md tells
    run_module(ROOT, "hatchling", "build", "-t", "wheel", "-d", str(tmp_path))
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert not [name for name in names if "notebook" in name or name.endswith(".ipynb")]
    assert SOLUTION["nn-longer"] not in str(zipfile.ZipFile(wheel).read("mnist_nn/checks.py"))
