"""Find the student who handed in a file, by its path and in a table of students.

STUDENT/….ipynb, STUDENT/….zip                       a folder for each student
NAME_12345_assignsubmission_file_/….ipynb            Moodle
NAME_12345_assignsubmission_file_….ipynb             Moodle, without folders
name_LATE_12345_67890_….ipynb                        Canvas
STUDENT.ipynb                                        flat, with other names
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path, PurePosixPath

from notebooks.build import NotebookError
from notebooks.course.archives import Found, decode, is_notebook

MOODLE = re.compile(r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_[a-z]+_?(?P<rest>.*)", re.I)
CANVAS = re.compile(
    r"(?P<name>(?!exercise)[^_]+?)_(?:late_)?(?P<number>\d+)_\d{3,}_.+\.(ipynb|zip)", re.I
)  # but exercise_11_2026_kim.ipynb and week_1_2_exercise.ipynb have other numbers
IDENTIFIERS = ("email", "email address", "identifier", "sis user id", "sis login id")
MOST_NAME_BYTES = 200  # of a folder
Row = dict[str, str]  # of a table, by column


def drop_common_folders(files: Sequence[Found], rows: Sequence[Row]) -> list[Found]:
    """Take off the folders that all notebooks are in, so that each path begins with a student.

    The first is the archive. The last may be a lone student's own: as many are taken off as leave
    the most students of the table. Without a table, nobody can tell ``kim/hw/exercise.ipynb`` from
    ``class/kim/exercise.ipynb``, and the folder next to the notebook counts.
    """
    options = [[*files]]
    while True:
        paths = [file.path.split("/") for file in options[-1] if is_notebook(file.path)]
        # The archive's name may always go; of the folders in it, the last may be the student's.
        least_parts = 2 if len(options) == 1 else 3
        if max(map(len, paths), default=0) < least_parts:
            break
        top, *others = {parts[0] for parts in paths}
        if others or MOODLE.fullmatch(top) or CANVAS.fullmatch(top):
            break
        options.append([f._replace(path=f.path.removeprefix(f"{top}/")) for f in options[-1]])

    def count_known(files: Iterable[Found]) -> int:
        found = (find_student(file.path, rows) for file in files)
        return len({match_student(*each, rows) for each in found} - {""})

    return max(reversed(options), key=count_known)  # on a tie, the most folders are taken off


def find_student(path: str, rows: Sequence[Row]) -> tuple[str, str, str]:
    """Return who handed in a file: a name for nbgrader, their own, and a number; "" if nobody.

    In a folder, a name like Canvas' counts only if it is in the table of students.
    """
    parts = PurePosixPath(unicodedata.normalize("NFC", path)).parts
    matches = [*map(MOODLE.fullmatch, parts), *map(CANVAS.fullmatch, parts[:2])]
    for match in filter(None, matches):
        name, number = match["name"].strip(), match["number"]
        is_sure = match.re is MOODLE or match.string == parts[0]
        if is_sure or match_student(name, name, "", rows):
            return f"{name}_{number}", name, number
    if len(parts) > 1:
        student = re.sub(r"\.zip$", "", parts[0], flags=re.I)
    else:
        student = re.sub(r"( ?\(\d+\))+$", "", PurePosixPath(parts[0]).stem)
        student = "" if student.lower() == "exercise" else student
    return student, student, ""


def make_safe(student: str) -> str:
    """Return a name that nbgrader, file systems and shells take as it is."""
    name = re.sub(r"[^\w.@-]+", "_", unicodedata.normalize("NFC", student))
    name = re.sub(r"_+", "_", name).strip("._")
    return name.encode()[:MOST_NAME_BYTES].decode(errors="ignore") or "student"


def read_rows(path: Path, language: str = "") -> list[Row]:
    """Return the rows of a table, however a spreadsheet wrote it.

    Raises:
        NotebookError: If it is no text, or has a quotation mark without another.
    """
    try:
        text = decode(path.read_bytes(), language)
    except UnicodeDecodeError:
        raise NotebookError(f"{path} is no text: save it as CSV, in UTF-8") from None
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    try:
        return [*csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)]
    except csv.Error as error:
        reason = f"{path} cannot be read as a table ({error}): is a quotation mark missing?"
        raise NotebookError(reason) from None


def read_students(path: Path | None, language: str = "") -> list[Row]:
    """Return the table of students: one row each, with a column ``student``."""
    if path is None:
        return []
    rows = [
        {key.strip().lower(): (value or "").strip() for key, value in row.items() if key}
        for row in read_rows(path, language)
    ]
    if not rows or "student" not in rows[0]:
        raise NotebookError(
            f"{path} must have a column named student in its first row, and a row for each student"
        )
    rows = [row for row in rows if row["student"]]
    folders: dict[str, str] = {}
    for student in (row["student"] for row in rows):
        other = folders.setdefault(make_safe(student).casefold(), student)
        if other != student:
            raise NotebookError(f"{path}: {other!r} and {student!r} are too alike: rename one")
    return rows


@cache
def normalize(text: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


def match_student(student: str, name: str, number: str, rows: Sequence[Row]) -> str:
    """Return the student for whom a file is named, if one alone is meant; "" otherwise."""

    def spell_name(row: Row) -> set[str]:
        """Return a name in one word, as Canvas writes it, from each of its words on."""
        words = row.get("name", "").replace(",", " ").split()
        return {normalize("".join(words[i:] + words[:i])) for i in range(len(words))}

    wanted = {normalize(student), normalize(name)} - {""}
    for is_meant in (  # the surest first: two students may have the same name
        # The number that Moodle or Canvas put into the path.
        lambda row: number != "" and row.get("number") == number,
        # The folder's name, and then but for spaces, capitals and the like.
        lambda row: row["student"] == student,
        lambda row: normalize(row["student"]) in wanted,
        # The student's own name, whichever of its words comes first.
        lambda row: wanted & spell_name(row),
        # An address, or what the system calls the student.
        lambda row: wanted & {normalize(row.get(key, "")) for key in IDENTIFIERS},
        # A table of numbers alone, where "student" is the number of Moodle or Canvas.
        lambda row: row["student"] == number and not row.get("name"),
    ):
        found = {row["student"] for row in rows if is_meant(row)}
        if len(found) == 1:
            return found.pop()
    return ""
