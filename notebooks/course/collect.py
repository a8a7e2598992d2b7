"""Collect what students hand in, from the archives of Moodle and Canvas or from folders.

A file of a student is found by its path:

    STUDENT/….ipynb, STUDENT/….zip                       a folder for each student
    NAME_12345_assignsubmission_file_/….ipynb            Moodle
    NAME_12345_assignsubmission_file_….ipynb             Moodle, without folders
    name_LATE_12345_67890_….ipynb                        Canvas
    STUDENT.ipynb                                        flat, with other names
"""

import csv
import io
import json
import re
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from notebooks.build import NotebookError

COLLECTED = "collected.csv"  # in the course's folder: who handed in which file
COLUMNS = ("assignment", "student", "name", "number", "file", "time", "note")
MOODLE = re.compile(r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_[a-z]+_?(?P<rest>.*)", re.I)
CANVAS = re.compile(
    r"(?P<name>[^_]+?)_(?:late_)?(?P<number>\d+)_(?P<file>\d+)_(?P<rest>.+\.(ipynb|zip))", re.I
)
IDENTIFIERS = ("email", "identifier", "sis user id", "sis login id")
IGNORED = {"__MACOSX", ".ipynb_checkpoints"}
MOST_BYTES = 100_000_000  # of a file
PLAIN_NAMES = ("exercise",)  # of a notebook in the top folder: these name no student


class Found(NamedTuple):
    """A file that was handed in."""

    path: str
    time: datetime
    content: bytes


class Notebook(NamedTuple):
    """A notebook, and whose it is."""

    student: str  # as the path names them
    name: str
    number: str  # in Moodle or Canvas
    path: str
    time: datetime
    content: bytes


def list_files(path: Path) -> list[Found]:
    """Return the files of a folder or zip file, and of the zip files in them."""
    if path.is_dir():
        files: list[Found] = []
        for file in sorted(file for file in path.rglob("*") if file.is_file()):
            name = file.relative_to(path).as_posix()
            files += expand(Found(name, modified(file), file.read_bytes()))
        return drop_common_folder(files)
    found = Found(path.name, modified(path), path.read_bytes())
    if path.suffix.lower() == ".ipynb":
        return [found]
    if not zipfile.is_zipfile(path):
        raise NotebookError("this is no zip file, folder or notebook")
    files = [file._replace(path=file.path.partition("/")[2]) for file in unzip(found)]
    return drop_common_folder(files)


def modified(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def expand(found: Found) -> Iterator[Found]:
    """Yield a file, or what it contains if it is a zip file."""
    is_zip = found.path.lower().endswith(".zip") and not is_ignored(found.path)
    if is_zip and zipfile.is_zipfile(io.BytesIO(found.content)):
        yield from unzip(found)
    else:
        yield found


def unzip(found: Found) -> Iterator[Found]:
    with zipfile.ZipFile(io.BytesIO(found.content)) as archive:
        for entry in archive.infolist():
            if entry.is_dir():
                continue
            name = entry.filename.replace("\\", "/")
            if not entry.flag_bits & 0x800:  # that its name is in UTF-8
                name = guess_encoding(name)
            try:
                time = datetime(*entry.date_time).astimezone()
            except ValueError:  # some programs write none
                time = found.time
            content = b""
            with suppress(zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError):
                content = archive.read(entry) if entry.file_size < MOST_BYTES else b""
            yield from expand(Found(f"{found.path}/{name}", time, content))


def guess_encoding(name: str) -> str:
    """Return the name of a file in an archive that was written without saying its encoding."""
    for encoding in ("utf-8", "cp949", "gb18030"):
        try:
            return name.encode("cp437").decode(encoding)
        except UnicodeError:
            continue
    return name


def drop_common_folder(files: Iterable[Found]) -> list[Found]:
    """Take off the folder that all files of an archive are in."""
    files = [file for file in files if not is_ignored(file.path)]
    students = {file.path.split("/")[0] for file in files}
    is_deep = any(file.path.count("/") > 1 for file in files)
    is_students = any(system.fullmatch(min(students, default="")) for system in (MOODLE, CANVAS))
    if len(students) == 1 and is_deep and not is_students:
        return [file._replace(path=file.path.partition("/")[2]) for file in files]
    return files


def is_ignored(path: str) -> bool:
    file = PurePosixPath(path)
    return file.name.startswith(".") or not IGNORED.isdisjoint(file.parts)


def find_student(path: str) -> tuple[str, str, str]:
    """Return who handed in a file: a name for nbgrader, their own, and a number; "" if nobody."""
    parts = PurePosixPath(unicodedata.normalize("NFC", path)).parts
    matches = [*map(MOODLE.fullmatch, parts), *map(CANVAS.fullmatch, parts[:2])]
    if match := next(filter(None, matches), None):
        name, number = match["name"].strip(), match["number"]
        return f"{name}_{number}", name, number
    if len(parts) > 1:
        return parts[0].removesuffix(".zip"), parts[0].removesuffix(".zip"), ""
    stem = re.sub(r"( ?\(\d+\))+$", "", PurePosixPath(parts[0]).stem)
    return ("", "", "") if stem.lower() in PLAIN_NAMES else (stem, stem, "")


def make_safe(student: str) -> str:
    """Return a name that nbgrader, file systems and shells take as it is."""
    name = re.sub(r"[^\w.@-]+", "_", unicodedata.normalize("NFC", student)).strip("._")
    return re.sub(r"_+", "_", name)[:100] or "student"


def read_notebook(content: bytes) -> str:
    """Return a notebook's text; raise a ValueError that says what it is instead."""
    if not content.strip():
        raise ValueError("an empty file")
    is_16 = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    text = content.decode("utf-16" if is_16 else "utf-8-sig")
    notebook = json.loads(text)
    if not isinstance(notebook, dict) or not {"cells", "worksheets"} & notebook.keys():
        raise ValueError("JSON, but not a notebook")
    return text


def read_students(path: Path | None) -> list[dict[str, str]]:
    """Return the table of students: one row each, with a column ``student``."""
    if path is None:
        return []
    content = path.read_bytes()
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:  # from Excel, in Korea
        lines = content.decode("cp949", errors="replace").splitlines()
    delimiter = ";" if lines and ";" in lines[0] and "," not in lines[0] else ","
    rows = [
        {key.strip().lower(): (value or "").strip() for key, value in row.items() if key}
        for row in csv.DictReader(lines, delimiter=delimiter)
    ]
    if not rows or "student" not in rows[0]:
        raise NotebookError(f"{path} must have a column named student")
    return [row for row in rows if row["student"]]


def match_student(student: str, name: str, number: str, rows: Sequence[dict[str, str]]) -> str:
    """Return the student for whom a file is named, if one row alone is meant; "" otherwise."""

    def simple(text: str) -> str:
        return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))

    def spell_name(row: dict[str, str]) -> set[str]:
        # Canvas names files after the family name and then the first name, in one word.
        words = row.get("name", "").replace(",", " ").split()
        return {simple("".join(words[i:] + words[:i])) for i in range(len(words))}

    wanted = {simple(student), simple(name)} - {""}
    for is_meant in (  # the surest first: two students may have the same name
        lambda row: number != "" and row.get("number") == number,
        lambda row: row["student"] in (student, number),
        lambda row: simple(row["student"]) in wanted,
        lambda row: wanted & spell_name(row),
        lambda row: wanted & {simple(row.get(key, "")) for key in IDENTIFIERS},
    ):
        found = [row["student"] for row in rows if is_meant(row)]
        if len(found) == 1:
            return found[0]
    return ""


def choose(
    files: Iterable[Found], rows: Sequence[dict[str, str]]
) -> tuple[dict[str, tuple[Notebook, str]], list[str]]:
    """Return each student's newest notebook with a note, and what was skipped and why."""
    skipped: list[str] = []
    notebooks: dict[tuple[str, str], list[Notebook]] = {}
    for file in files:
        if is_ignored(file.path):
            continue
        student, name, number = find_student(file.path)
        if not file.path.lower().endswith(".ipynb"):
            skipped.append(f"{file.path}: not a notebook")
        elif not student:
            skipped.append(f"{file.path}: the path names no student")
        else:
            try:
                text = read_notebook(file.content)
            except (ValueError, RecursionError) as error:
                reason = "no text" if isinstance(error, UnicodeError) else str(error)
                skipped.append(f"{file.path}: cannot be read as a notebook ({reason})")
                continue
            found = Notebook(student, name, number, file.path, file.time, text.encode())
            key = match_student(student, name, number, rows)
            notebooks.setdefault((key, "" if key else student), []).append(found)
    chosen: dict[str, tuple[Notebook, str]] = {}
    for (known, _), several in notebooks.items():
        best = max(several, key=rank)
        notes = []
        for other in several:
            if other is not best:
                skipped.append(f"{other.path}: {best.path} counts instead")
        if not is_named(best.path):
            notes.append(f"the file is called {PurePosixPath(best.path).name}")
        safe = make_safe(known or best.student)
        if rows and not known:
            notes.append("not in the list of students")
        if safe != (known or best.student):
            notes.append(f"{known or best.student} is called {safe}")
        if safe in chosen:
            safe = next(each for n in count(2) if (each := f"{safe}-{n}") not in chosen)
        chosen[safe] = (best, "; ".join(notes))
    return chosen, skipped


def is_named(path: str) -> bool:
    """Return whether a file has the assignment's name, but for what systems add."""
    return "exercise" in PurePosixPath(path).stem.lower()


def rank(notebook: Notebook) -> tuple[bool, datetime, int]:
    """Return what is largest for the notebook that counts."""
    copy = re.search(r"\((\d+)\)\.ipynb$|-(\d+)\.ipynb$", notebook.path)
    return is_named(notebook.path), notebook.time, int((copy[1] or copy[2])[:9]) if copy else 0


def collect(folder: Path, assignment: str, paths: Sequence[Path], students: Path | None) -> None:
    """Put each student's notebook where nbgrader finds it, and say what was not collected."""
    rows = read_students(students)
    files: list[Found] = []
    for path in paths:
        try:
            files += list_files(path)
        except NotebookError as error:
            print(f"Skipped: {path}: {error}")
    chosen, skipped = choose(files, rows)
    table = read_table(folder / COLLECTED)
    counts: Counter[str] = Counter()
    for student, (notebook, note) in sorted(chosen.items()):
        target = folder / "submitted" / student / assignment
        time = notebook.time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        path = target / "exercise.ipynb"
        is_same = path.exists() and path.read_bytes() == notebook.content
        state = "unchanged" if is_same else "replaced" if path.exists() else "new"
        counts[state] += 1
        if not is_same:
            target.mkdir(parents=True, exist_ok=True)
            path.write_bytes(notebook.content)
            (target / "timestamp.txt").write_text(time)
        if note:
            print(f"{student}: {note}")
        row = (assignment, student, notebook.name, notebook.number, notebook.path, time, note)
        table[assignment, student] = dict(zip(COLUMNS, row, strict=True))
        if state == "replaced" and (folder / "autograded" / student / assignment).exists():
            print(f"Grade again: nbgrader autograde {assignment} --student={student} --force")
    for line in skipped:
        print(f"Skipped: {line}")
    write_table(folder / COLLECTED, COLUMNS, table.values())
    handed_in = {path.parent.name for path in (folder / "submitted").glob(f"*/{assignment}")}
    if missing := [row["student"] for row in rows if make_safe(row["student"]) not in handed_in]:
        print(f"Missing: {', '.join(missing)}")
    said = ", ".join(f"{count} {state}" for state, count in sorted(counts.items())) or "nothing"
    print(f"Collected {len(chosen)} of {assignment}: {said}")


def read_table(path: Path) -> dict[tuple[str, str], dict[str, str]]:
    if not path.exists():
        return {}
    rows = csv.DictReader(path.read_text("utf-8-sig").splitlines())
    return {(row["assignment"], row["student"]): row for row in rows}


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    """Write a table that spreadsheets open in every language."""
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
