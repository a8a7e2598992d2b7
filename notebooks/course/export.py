"""Export the points of a course: for the instructor, for Canvas and for Moodle."""

import json
import zipfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat

from notebooks.course.cells import is_check, nbgrader_of
from notebooks.course.collect import COLLECTED, make_safe, read_students, read_table, write_table
from notebooks.course.results import RESULTS

CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
MOODLE = ("Identifier", "Full name", "Email address", "Grade", "Maximum grade")
MOODLE_ENDS = ("Last modified (grade)", "Feedback comments")


@dataclass
class Graded:
    """What the gradebook knows of a submission."""

    points: float  # without the penalty for a late one
    penalty: float = 0.0
    cells: dict[str, float] = field(default_factory=dict)  # the points of each graded cell
    unread: set[str] = field(default_factory=set)  # cells that a person has yet to look at


def read_gradebook(folder: Path, assignment: str) -> dict[str, Graded]:
    """Return what a course's gradebook says of an assignment, by student."""
    from nbgrader.api import Gradebook
    from sqlalchemy.orm import close_all_sessions

    graded = {}
    with Gradebook(f"sqlite:///{(folder / 'gradebook.db').resolve()}") as gradebook:
        for submission in gradebook.assignment_submissions(assignment):
            grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
            graded[submission.student_id] = Graded(
                points=submission.score,
                penalty=submission.late_submission_penalty or 0.0,
                cells={grade.name: grade.score or 0.0 for grade in grades},
                unread={grade.name for grade in grades if grade.needs_manual_grade},
            )
    close_all_sessions()
    return graded


def find_failure(folder: Path, assignment: str, student: str) -> str:
    """Return why a student has no points, or nothing."""
    submitted = folder / "submitted" / student / assignment
    graded = folder / "autograded" / student / assignment
    notebook = submitted / "exercise.ipynb"
    if not notebook.exists():
        return "nothing handed in"
    if (graded / RESULTS).exists():
        stamps = [path / "timestamp.txt" for path in (submitted, graded)]
        texts = [path.read_text() if path.exists() else "" for path in stamps]
        return "" if texts[0] == texts[1] else "a newer file has not been graded"
    try:
        nbformat.read(notebook, 4)
    except Exception as error:  # of any kind of file
        return f"could not be graded: not a notebook ({type(error).__name__})"
    return "not graded, or the grading failed: its log says why"


def make_rows(
    students: Iterable[str],
    failures: Mapping[str, str],
    graded: Mapping[str, Graded],
    judged: Mapping[str, Mapping[str, Any]],
    checks: Sequence[str],
    maximum: float,
) -> list[dict[str, Any]]:
    """Return a row of ``grades.csv`` for each student."""
    rows = []
    for student in students:
        row: dict[str, Any] = {"student": student, "maximum": f"{maximum:g}"}
        if (failure := failures.get(student, "")) or student not in graded:
            rows.append(row | {"points": "", "note": failure or "not graded"})
            continue
        of = graded[student]
        tasks = sorted(of.unread & {*checks})
        row["points"] = f"{max(0.0, of.points - of.penalty):.2f}"
        row["penalty"] = f"{of.penalty:.2f}"
        row["unread_answers"] = len(of.unread - {*checks})
        row["unread_tasks"] = len(tasks)
        reasons: dict[str, list[str]] = {}  # and the tasks that each of them is for
        for cell in tasks:
            for reason in judged.get(student, {}).get(cell, {}).get("reasons", []) or ["see there"]:
                reasons.setdefault(reason, []).append(cell)
        row["note"] = "; ".join(f"{', '.join(where)}: {why}" for why, where in reasons.items())
        rows.append(row)
    return rows


def make_tasks(
    graded: Mapping[str, Graded], judged: Mapping[str, Mapping[str, Any]], cells: Sequence[str]
) -> tuple[list[str], list[dict[str, Any]]]:
    """Return the columns and rows of ``tasks.csv``: points, accuracies, fingerprints of weights."""
    rows = []
    columns = ["student", *cells]
    for student, results in judged.items():
        if student not in graded:
            continue
        row: dict[str, Any] = {"student": student}
        row |= {cell: f"{graded[student].cells.get(cell, 0.0):.2f}" for cell in cells}
        for result in results.values():
            for name, model in result["models"].items():
                row |= {f"{key} of {name}": value for key, value in model.items()}
        columns += [column for column in row if column not in columns]
        rows.append(row)
    weights = [column for column in columns if column.startswith("weights of ")]
    counts = {w: Counter(row[w] for row in rows if w in row) for w in weights}
    for row in rows:
        row["models_that_others_have_too"] = sum(counts[w][row.get(w)] > 1 for w in weights)
        row["reasons"] = "; ".join(
            f"{cell}: {reason}"
            for cell, result in judged[row["student"]].items()
            for reason in result["reasons"]
        )
    return [*columns, "models_that_others_have_too", "reasons"], rows


def fill_canvas(
    assignment: str,
    rows: Iterable[Mapping[str, Any]],
    people: Mapping[str, Mapping[str, str]],
    maximum: float,
) -> list[dict[str, Any]]:
    """Return the rows of Canvas' gradebook: whoever has no points yet keeps what is there."""
    filled: list[dict[str, Any]] = [
        {"Student": "    Points Possible", assignment: f"{maximum:g}"},
    ]
    for row in rows:
        person = people.get(row["student"], {})
        each: dict[str, Any] = {column: person.get(column.lower(), "") for column in CANVAS}
        each["Student"] = person.get("name") or row["student"]
        each["ID"] = each["ID"] or person.get("number", "")
        filled.append(each | {assignment: row["points"]})
    return filled


def fill_moodle(
    rows: Iterable[Mapping[str, Any]], people: Mapping[str, Mapping[str, str]]
) -> list[dict[str, Any]]:
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


def pack_feedback(
    folder: Path, folders: Iterable[Path], assignment: str, people: Mapping[str, Mapping[str, str]]
) -> int:
    """Write the feedback pages to ``feedback.zip``, in the folders that a system gave students."""
    pages = {
        page.parts[-3]: page
        for place in folders
        for page in (place / "feedback").glob(f"*/{assignment}/exercise.html")
    }
    with zipfile.ZipFile(folder / "feedback.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for student, page in sorted(pages.items()):
            top, _, rest = people.get(student, {}).get("file", "").partition("/")
            archive.write(page, f"{top if rest else student}/exercise.html")
    return len(pages)


def export(
    folder: Path, assignment: str, students: Path | None, machines: Sequence[Path] = ()
) -> None:
    """Write ``grades.csv``, tables for others and ``feedback.zip`` to a course's folder.

    If other machines graded part of the students, their folders are read as well.
    """
    folders = [folder, *machines]
    listed = {make_safe(row["student"]): row for row in read_students(students)}
    people: dict[str, dict[str, str]] = {}
    graded: dict[str, Graded] = {}
    judged: dict[str, Any] = {}
    failures: dict[str, str] = {}
    for place in folders:
        for (name, student), row in read_table(place / COLLECTED).items():
            if name == assignment:
                people[student] = row
        found = read_gradebook(place, assignment)
        names = {path.parent.name for path in (place / "submitted").glob(f"*/{assignment}")}
        for student in names | listed.keys():
            failure = find_failure(place, assignment, student)
            if not failure and student not in found:
                failure = "graded, but not in gradebook.db: grade again"
            if not failure:
                graded[student] = found[student]
                results = place / "autograded" / student / assignment / RESULTS
                judged[student] = json.loads(results.read_text("utf-8"))
            if student not in failures or not failure or failures[student] == "nothing handed in":
                failures[student] = failure
    people |= {student: people.get(student, {}) | row for student, row in listed.items()}
    release = nbformat.read(folder / "release" / assignment / "exercise.ipynb", 4)
    cells = [cell for cell in release.cells if nbgrader_of(cell).get("grade")]
    maximum = sum(cell.metadata.nbgrader.points for cell in cells)
    ids = [cell.metadata.nbgrader.grade_id for cell in cells]
    checks = [cell.metadata.nbgrader.grade_id for cell in cells if is_check(cell)]
    rows = make_rows(sorted(failures), failures, graded, judged, checks, maximum)
    for row in rows:
        person = people.get(row["student"], {})
        row["name"], row["submitted"] = person.get("name", ""), person.get("time", "")
        row["note"] = "; ".join(filter(None, [row["note"], person.get("note", "")]))
    columns = ("student", "name", "points", "maximum", "penalty", "unread_answers")
    write_table(folder / "grades.csv", [*columns, "unread_tasks", "submitted", "note"], rows)
    write_table(folder / "tasks.csv", *make_tasks(graded, dict(sorted(judged.items())), ids))
    canvas = fill_canvas(assignment, rows, people, maximum)
    write_table(folder / "canvas.csv", [*CANVAS, assignment], canvas)
    write_table(folder / "moodle.csv", [*MOODLE, *MOODLE_ENDS], fill_moodle(rows, people))
    for student, failure in sorted(failures.items()):
        if failure:
            print(f"{student}: {failure}")
    unread = sum(row.get("unread_answers", 0) for row in rows)
    tasks = sum(row.get("unread_tasks", 0) for row in rows)
    if unread or tasks:
        print(f"Not read yet: {unread} written answers, {tasks} tasks (see grades.csv)")
    pages = pack_feedback(folder, folders, assignment, people)
    print(f"Written: grades.csv, tasks.csv, canvas.csv, moodle.csv ({len(graded)} graded)")
    print(f"Written: feedback.zip ({pages} pages)")
