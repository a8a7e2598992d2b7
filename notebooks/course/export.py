"""Export the points of a course: for the instructor, for Canvas and for Moodle."""

import json
import zipfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import nbformat

from notebooks.build import NotebookError
from notebooks.course.cells import is_check, nbgrader_of
from notebooks.course.collect import read_collected, write_table
from notebooks.course.results import RESULTS, hash_file
from notebooks.course.students import MOODLE, Row, make_safe, read_students

UNREAD = ("unread_answers", "unread_tasks")
COLUMNS = ("student", "name", "points", "maximum", "penalty", *UNREAD, "submitted", "note")
CANVAS_COLUMNS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
MOODLE_COLUMNS = ("Identifier", "Full name", "Email address", "Grade", "Maximum grade")
MOODLE_ENDS = ("Last modified (grade)", "Feedback comments")
People = Mapping[str, Row]  # what is known of each student


@dataclass
class Submission:
    """What a course's folder knows of a student's submission."""

    failure: str = "nothing handed in"  # why there are no points, or nothing
    time: str = ""  # when it was handed in
    points: float = 0.0  # without the penalty for a late one
    penalty: float = 0.0
    cells: dict[str, float] = field(default_factory=dict)  # the points of each graded cell
    unread: set[str] = field(default_factory=set)  # cells that a person has yet to look at
    judged: dict[str, Any] = field(default_factory=dict)  # the outcome of each check
    page: Path | None = None  # with feedback
    is_page_old: bool = False  # whether it is of an earlier grading


def read_gradebook(folder: Path, assignment: str) -> dict[str, Submission]:
    """Return what a course's gradebook says of an assignment, by student."""
    try:
        from nbgrader.api import Gradebook
        from sqlalchemy.orm import close_all_sessions
    except ImportError:
        raise NotebookError("nbgrader is missing in this Python: run make course") from None

    graded = {}
    with Gradebook(f"sqlite:///{(folder / 'gradebook.db').resolve()}") as gradebook:
        for submission in gradebook.assignment_submissions(assignment):
            grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
            graded[submission.student_id] = Submission(
                points=submission.score,
                penalty=submission.late_submission_penalty or 0.0,
                cells={grade.name: grade.score or 0.0 for grade in grades},
                unread={grade.name for grade in grades if grade.needs_manual_grade},
            )
    close_all_sessions()
    return graded


def read_submission(
    folder: Path, assignment: str, student: str, graded: Submission | None
) -> Submission:
    """Return what a course's folder knows, given what its gradebook says, if anything."""
    submitted = folder / "submitted" / student / assignment
    autograded = folder / "autograded" / student / assignment
    stamps = [path / "timestamp.txt" for path in (submitted, autograded)]
    time, graded_time = [path.read_text() if path.exists() else "" for path in stamps]
    notebook, results = submitted / "exercise.ipynb", autograded / RESULTS
    if not notebook.exists():
        return Submission()
    if results.exists():
        judged = json.loads(results.read_text("utf-8"))
        if time != graded_time or judged.get("notebook") != hash_file(notebook):
            return Submission("a newer file has not been graded", time)
        if not graded:
            return Submission("graded, but not in gradebook.db: grade again", time)
        submission = replace(graded, failure="", time=time, judged=judged["cells"])
        page = folder / "feedback" / student / assignment / "exercise.html"
        if page.exists():
            submission.page = page
            submission.is_page_old = page.stat().st_mtime < results.stat().st_mtime
        return submission
    try:
        nbformat.read(notebook, 4)
    except Exception as error:  # of any kind of file
        return Submission(f"could not be graded: not a notebook ({type(error).__name__})", time)
    return Submission("not graded, or the grading failed: its log says why", time)


def merge(folders: Iterable[Mapping[str, Submission]]) -> dict[str, Submission]:
    """Return each student's submission: the newest, and of several the one that is read most."""
    found: dict[str, list[Submission]] = {}
    for submissions in folders:
        for student, each in submissions.items():
            found.setdefault(student, []).append(each)
    merged = {
        # Of equals, the last: the machines come after the course's own folder.
        student: max(reversed(each), key=lambda s: (s.time, not s.failure, -len(s.unread)))
        for student, each in sorted(found.items())
    }
    for student, best in merged.items():
        same = [s for s in found[student] if s.time == best.time and not s.failure]
        if len(points := {f"{s.points:g}" for s in same}) > 1:
            print(f"{student}: graded as {' and '.join(sorted(points))}: {best.points:g} counts")
    return merged


def list_doubts(submission: Submission, checks: Sequence[str]) -> list[str]:
    """Return why a person has to look at tasks, with the tasks that each reason is for."""
    tasks: dict[str, list[str]] = {}  # by reason
    for cell in sorted(submission.unread & {*checks}):
        for reason in submission.judged.get(cell, {}).get("reasons", []) or ["see there"]:
            tasks.setdefault(reason, []).append(cell)
    return [f"{', '.join(cells)}: {reason}" for reason, cells in tasks.items()]


def make_rows(
    submissions: Mapping[str, Submission], people: People, checks: Sequence[str], maximum: float
) -> list[dict[str, Any]]:
    """Return a row of ``grades.csv`` for each student."""
    rows = []
    for student, each in submissions.items():
        person = people.get(student, {})
        notes = [each.failure, *list_doubts(each, checks), person.get("note", "")]
        row: dict[str, Any] = {
            "student": student,
            "name": person.get("name", ""),
            "points": "",
            "maximum": f"{maximum:g}",
            "submitted": each.time,
            "note": "; ".join(filter(None, notes)),
        }
        if not each.failure:
            row |= {
                "points": f"{max(0.0, each.points - each.penalty):.2f}",
                "penalty": f"{each.penalty:.2f}",
                "unread_answers": len(each.unread - {*checks}),
                "unread_tasks": len(each.unread & {*checks}),
            }
        rows.append(row)
    return rows


def make_tasks(
    submissions: Mapping[str, Submission], cells: Sequence[str]
) -> tuple[list[str], list[dict[str, Any]]]:
    """Return the columns and rows of ``tasks.csv``: points, accuracies, fingerprints of weights."""
    rows = []
    columns = ["student", *cells]
    for student, each in submissions.items():
        if each.failure:
            continue
        row: dict[str, Any] = {"student": student}
        row |= {cell: f"{each.cells.get(cell, 0.0):.2f}" for cell in cells}
        for result in each.judged.values():
            for name, model in result["models"].items():
                row |= {f"{key} of {name}": value for key, value in model.items()}
        columns += [column for column in row if column not in columns]
        row["reasons"] = "; ".join(
            f"{cell}: {reason}"
            for cell, result in each.judged.items()
            for reason in result["reasons"]
        )
        rows.append(row)
    weights = [column for column in columns if column.startswith("weights of ")]
    counts = {w: Counter(row[w] for row in rows if w in row) for w in weights}
    for row in rows:
        row["models_that_others_have_too"] = sum(counts[w][row.get(w)] > 1 for w in weights)
    return [*columns, "models_that_others_have_too", "reasons"], rows


def fill_canvas(
    assignment: str, rows: Iterable[Mapping[str, Any]], people: People, maximum: float
) -> list[dict[str, Any]]:
    """Return the rows of Canvas' gradebook: whoever has no points yet keeps what is there."""
    filled: list[dict[str, Any]] = [{"Student": "    Points Possible", assignment: f"{maximum:g}"}]
    for row in rows:
        person = people.get(row["student"], {})
        each: dict[str, Any] = {column: person.get(column.lower(), "") for column in CANVAS_COLUMNS}
        each["Student"] = person.get("name") or row["student"]
        each["ID"] = each["ID"] or person.get("number", "")
        filled.append(each | {assignment: row["points"]})
    return filled


def fill_moodle(rows: Iterable[Mapping[str, Any]], people: People) -> list[dict[str, Any]]:
    """Return the rows of Moodle's grading worksheet, of all whom Moodle knows."""
    filled = []
    for row in rows:
        person = people.get(row["student"], {})
        number = person.get("number", "")
        each = {
            "Identifier": person.get("identifier") or (f"Participant {number}" if number else ""),
            "Full name": person.get("name") or row["student"],
            "Email address": person.get("email", "") or person.get("email address", ""),
            "Grade": row["points"],
            "Maximum grade": row["maximum"],
        }
        if each["Identifier"] or each["Email address"]:
            filled.append(each)
    return filled


def pack_feedback(folder: Path, submissions: Mapping[str, Submission], people: People) -> int:
    """Write the feedback pages to ``feedback.zip``, in folders as Moodle takes them, or by name."""
    pages = {s: each.page for s, each in submissions.items() if each.page and not each.is_page_old}
    with zipfile.ZipFile(folder / "feedback.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for student, page in sorted(pages.items()):
            parts = people.get(student, {}).get("file", "").split("/")
            match = next(filter(None, map(MOODLE.fullmatch, parts)), None)
            name = match[0][: match.start("rest")] if match else student
            archive.write(page, f"{name}/exercise.html")
    return len(pages)


def read_people(folders: Iterable[Path], assignment: str, listed: People) -> dict[str, Row]:
    """Return what is known of each student: from the newest file, and from the list of students."""
    people: dict[str, Row] = {}
    for folder in folders:
        for (name, student), row in read_collected(folder).items():
            is_newest = student not in people or row["time"] >= people[student]["time"]
            if name == assignment and is_newest:
                people[student] = row
    for student, row in listed.items():
        given = {column: value for column, value in row.items() if value}
        people[student] = people.get(student, {}) | given
    return people


def read_submissions(
    folders: Iterable[Path], assignment: str, listed: Iterable[str]
) -> dict[str, Submission]:
    """Return the submissions of the students who are listed or who handed in something."""
    found = [dict.fromkeys(listed, Submission())]
    for folder in folders:
        graded = read_gradebook(folder, assignment)
        paths = (folder / "submitted").glob(f"*/{assignment}")
        students = sorted(path.parent.name for path in paths)
        found.append({s: read_submission(folder, assignment, s, graded.get(s)) for s in students})
    return merge(found)


def export_points(
    folder: Path, assignment: str, students: Path | None, machines: Sequence[Path] = ()
) -> None:
    """Write ``grades.csv``, tables for others and ``feedback.zip`` to a course's folder.

    If other machines graded part of the students, their folders are read as well.
    """
    path = folder / "release" / assignment / "exercise.ipynb"
    if not path.exists():
        raise NotebookError(f"{path} is missing: run nbgrader generate_assignment {assignment}")
    graded = [cell for cell in nbformat.read(path, 4).cells if nbgrader_of(cell).get("grade")]
    cells = {nbgrader_of(cell).grade_id: nbgrader_of(cell).points for cell in graded}
    checks = [nbgrader_of(cell).grade_id for cell in graded if is_check(cell)]
    maximum = sum(cells.values())
    table = read_students(students, assignment.rpartition("-")[2])
    listed = {make_safe(row["student"]): row for row in table}
    submissions = read_submissions([folder, *machines], assignment, listed)
    people = read_people([folder, *machines], assignment, listed)
    rows = make_rows(submissions, people, checks, maximum)
    write_table(folder / "grades.csv", COLUMNS, rows)
    write_table(folder / "tasks.csv", *make_tasks(submissions, [*cells]))
    canvas = fill_canvas(assignment, rows, people, maximum)
    write_table(folder / "canvas.csv", [*CANVAS_COLUMNS, assignment], canvas)
    write_table(folder / "moodle.csv", [*MOODLE_COLUMNS, *MOODLE_ENDS], fill_moodle(rows, people))
    pages = pack_feedback(folder, submissions, people)
    for student, each in submissions.items():
        if each.failure:
            print(f"{student}: {each.failure}")
        if each.is_page_old:
            command = f"nbgrader generate_feedback {assignment} --student={student} --force"
            print(f"{student}: the feedback is older than the points, and is left out: {command}")
    answers, tasks = (sum(row.get(column, 0) for row in rows) for column in UNREAD)
    if answers or tasks:
        print(f"Not read yet: written answers {answers}, tasks {tasks} (see grades.csv)")
    count = sum(not each.failure for each in submissions.values())
    print(f"Written: grades.csv, tasks.csv, canvas.csv, moodle.csv ({count} graded)")
    print(f"Written: feedback.zip, pages: {pages}")
