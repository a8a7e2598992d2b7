"""Collect what students hand in, from the archives of Moodle and Canvas or from folders."""

import csv
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from notebooks.build import NotebookError, replace_file
from notebooks.course.archives import Found, decode, is_notebook, list_files
from notebooks.course.students import (
    Row,
    drop_common_folders,
    find_student,
    make_safe,
    match_student,
    read_rows,
    read_students,
)

COLLECTED = "collected.csv"  # in the course's folder: who handed in which file
COLUMNS = ("assignment", "student", "name", "number", "file", "time", "note")
ARCHIVES = (".zip", ".rar", ".7z", ".gz", ".tar")
Owner = tuple[str, str]  # of a folder: name and number, as in the path of a file


class Notebook(NamedTuple):
    """A notebook, and whose it is, as :func:`find_student` finds it in the path."""

    student: str
    name: str
    number: str
    path: str
    time: datetime
    content: bytes


def to_utf8(content: bytes) -> bytes:
    """Return a notebook in UTF-8; raise a ValueError that says what it is instead."""
    if not content.strip():
        raise ValueError("an empty, huge, encrypted or damaged file")
    text = decode(content)
    notebook = json.loads(text)
    cells = [notebook.get(key) for key in ("cells", "worksheets")] if type(notebook) is dict else []
    if not any(isinstance(each, list) for each in cells):
        raise ValueError("JSON, but not a notebook")
    # Half an emoji, where an output was cut off, cannot be written again.
    writable = json.dumps(notebook, ensure_ascii=False).encode(errors="replace")
    return text.encode() if json.loads(writable) == notebook else writable


def read_notebooks(
    files: Iterable[Found], rows: Sequence[Row], skipped: list[str]
) -> Iterator[Notebook]:
    """Yield the notebooks that name a student; add to the list what was skipped, and why."""
    for file in files:
        student, name, number = find_student(file.path, rows)
        if file.path.lower().endswith(ARCHIVES):
            skipped.append(f"{file.path}: an archive that is too large or cannot be unpacked")
        elif not is_notebook(file.path):
            skipped.append(f"{file.path}: not a notebook")
        elif not student:
            skipped.append(f"{file.path}: the path names no student. Put it in a folder that does")
        else:
            try:
                content = to_utf8(file.content)
            except (ValueError, RecursionError) as error:
                reason = "no text" if isinstance(error, UnicodeError) else str(error)
                skipped.append(f"{file.path}: cannot be read as a notebook ({reason})")
            else:
                yield Notebook(student, name, number, file.path, file.time, content)


def choose(
    notebooks: Iterable[Notebook],
    rows: Sequence[Row],
    collected: Mapping[str, Row],
    skipped: list[str],
) -> dict[str, tuple[Notebook, str]]:
    """Return each student's newest notebook, with a note, by the name of the student's folder.

    Args:
        notebooks: All that were handed in.
        rows: The table of students.
        collected: What was collected earlier, by the name of the student's folder.
        skipped: The other notebooks of each student are added to it.
    """
    owners = {folder.casefold(): (row["name"], row["number"]) for folder, row in collected.items()}
    # The owner ("", "") matches no file, so the folder stays reserved for the listed student.
    owners |= {make_safe(row["student"]).casefold(): ("", "") for row in rows}
    chosen: dict[str, tuple[Notebook, str]] = {}
    for (student, is_listed), several in group_by_student(notebooks, rows).items():
        best = max(several, key=rank)
        skipped += [f"{o.path}: {best.path} counts instead" for o in several if o is not best]
        folder = make_safe(student)
        if not is_listed:
            folder = name_folder(folder, (best.name, best.number), owners)
        notes = list_notes(best.path)
        if rows and not is_listed:
            notes.append("not in the list of students")
        if folder != student:
            notes.append(f"{student} is called {folder}")
        chosen[folder] = (best, "; ".join(notes))
    return chosen


def group_by_student(
    notebooks: Iterable[Notebook], rows: Sequence[Row]
) -> dict[tuple[str, bool], list[Notebook]]:
    """Return notebooks by their student, and by whether the student is in the table."""
    found: dict[tuple[str, bool], list[Notebook]] = {}
    for notebook in notebooks:
        listed = match_student(notebook.student, notebook.name, notebook.number, rows)
        found.setdefault((listed or notebook.student, bool(listed)), []).append(notebook)
    return found


def list_notes(path: str) -> list[str]:
    """Return what is unusual in the path of a notebook."""
    notes = []
    if not is_named(path):
        notes.append(f"the file is called {PurePosixPath(path).name}")
    if "_late_" in path.lower():  # from Canvas
        notes.append("late, as the path says")
    return notes


def name_folder(name: str, owner: Owner, owners: dict[str, Owner]) -> str:
    """Return a name that is nobody else's, with a number if need be, and note its owner."""
    names = (f"{name}-{n}" if n > 1 else name for n in count(1))
    folder = next(each for each in names if owners.get(each.casefold(), owner) == owner)
    owners[folder.casefold()] = owner
    return folder


def is_named(path: str) -> bool:
    """Return whether a file has the assignment's name, but for what systems add."""
    return "exercise" in PurePosixPath(path).stem.lower()


def rank(notebook: Notebook) -> tuple[bool, datetime, int]:
    """Return what is largest for the notebook that counts."""
    copy = re.search(r"\((\d+)\)\.ipynb$|-(\d+)\.ipynb$", notebook.path)
    return is_named(notebook.path), notebook.time, int((copy[1] or copy[2])[:9]) if copy else 0


def hand_over(notebook: Notebook, folder: Path) -> str:
    """Put a notebook into a student's folder; return whether it is new, replaced or unchanged."""
    path, stamp = folder / "exercise.ipynb", folder / "timestamp.txt"
    is_same = path.exists() and path.read_bytes() == notebook.content
    state = "unchanged" if is_same else "replaced" if path.exists() else "new"
    time = notebook.time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    if state == "replaced" and stamp.exists() and time < stamp.read_text():
        print(f"{folder.parent.name}: older than the file that it replaces")
    if not is_same or not stamp.exists():
        folder.mkdir(parents=True, exist_ok=True)
        stamp.write_text(time)  # first: if interrupted, the next run replaces the old notebook
        replace_file(path, notebook.content)
    return state


def collect_submissions(
    folder: Path, assignment: str, paths: Sequence[Path], students: Path | None
) -> None:
    """Put each student's notebook where nbgrader finds it, and say what was not collected."""
    language = assignment.rpartition("-")[2]
    rows = read_students(students, language)
    files: list[Found] = []
    skipped: list[str] = []
    for path in paths:
        try:
            files += drop_common_folders(list_files(path, language), rows)
        except NotebookError as error:
            skipped.append(f"{path}: {error}")
    table = read_collected(folder)
    collected = {student: row for (each, student), row in table.items() if each == assignment}
    chosen = choose(read_notebooks(files, rows, skipped), rows, collected, skipped)
    counts: Counter[str] = Counter()
    for student, (notebook, note) in sorted(chosen.items()):
        target = folder / "submitted" / student / assignment
        state = hand_over(notebook, target)
        counts[state] += 1
        if note:
            print(f"{student}: {note}")
        table[assignment, student] = {
            "assignment": assignment,
            "student": student,
            "name": notebook.name,
            "number": notebook.number,
            "file": notebook.path,
            "time": (target / "timestamp.txt").read_text(),
            "note": note,
        }
        if state == "replaced" and (folder / "autograded" / student / assignment).exists():
            print(f"Grade again: nbgrader autograde {assignment} --student={student} --force")
    for line in skipped:
        print(f"Skipped: {line}")
    write_table(folder / COLLECTED, COLUMNS, table.values())
    handed_in = {path.parent.name for path in (folder / "submitted").glob(f"*/{assignment}")}
    if missing := [row["student"] for row in rows if make_safe(row["student"]) not in handed_in]:
        print(f"Missing: {', '.join(missing)}")
    said = ", ".join(f"{n} {state}" for state, n in sorted(counts.items())) or "nothing"
    print(f"Collected {len(chosen)} of {assignment}: {said}")


def read_collected(folder: Path) -> dict[tuple[str, str], Row]:
    """Return the rows of a course's table of files, by assignment and student."""
    path = folder / COLLECTED
    rows = read_rows(path) if path.exists() else []
    return {(row["assignment"], row["student"]): row for row in rows}


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    """Write a table that spreadsheets open in every language."""
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, columns, restval="", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
