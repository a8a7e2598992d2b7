"""Collect what students hand in, from the archives of Moodle and Canvas or from folders.

A file of a student is found by its path:

    STUDENT/….ipynb, STUDENT/….zip                       a folder for each student
    NAME_12345_assignsubmission_file_/….ipynb            Moodle
    NAME_12345_assignsubmission_file_….ipynb             Moodle, without folders
    name_LATE_12345_67890_….ipynb                        Canvas
    STUDENT.ipynb                                        flat, with other names
"""

import codecs
import csv
import io
import json
import os
import re
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from itertools import count
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from mnist_nn.language import LANGUAGES
from notebooks.build import NotebookError

COLLECTED = "collected.csv"  # in the course's folder: who handed in which file
COLUMNS = ("assignment", "student", "name", "number", "file", "time", "note")
MOODLE = re.compile(r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_[a-z]+_?(?P<rest>.*)", re.I)
CANVAS = re.compile(
    r"(?P<name>(?!exercise)[^_]+?)_(?:late_)?(?P<number>\d+)_\d{3,}_.+\.(ipynb|zip)", re.I
)  # but exercise_11_2026_kim.ipynb and week_1_2_exercise.ipynb have other numbers
IDENTIFIERS = ("email", "identifier", "sis user id", "sis login id")
IGNORED = {"__MACOSX", ".ipynb_checkpoints"}
HANJA = re.compile("[\u4e00-\u9fff\uf900-\ufaff]")
MOST_BYTES = 100_000_000  # of a file
MOST_NAME_BYTES = 200  # of a folder
MOST_ZIPS = 4  # in each other
Row = dict[str, str]  # of a table, by column


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


def list_files(path: Path, rows: Sequence[Row], language: str = "") -> list[Found]:
    """Return the files of a folder or zip file, each path beginning with what names its student."""
    path = path.resolve()
    paths = sorted(filter(Path.is_file, path.rglob("*"))) if path.is_dir() else [path]
    files: list[Found] = []
    for each in paths:
        parts = each.relative_to(path.parent).parts
        name = "/".join(decode_name(part, language) for part in parts)
        if each == path and not is_notebook(name):
            name = f"{path.stem}.zip"
        time = datetime.fromtimestamp(each.stat().st_mtime, UTC)
        found = Found(name, time, each.read_bytes())
        files += expand(found, language)
        if each == path and files == [found] and not is_notebook(name):
            raise NotebookError("this is no folder or notebook, and no zip file that can be read")
    return drop_common_folders(files, rows)


def expand(found: Found, language: str) -> list[Found]:
    """Return a file, or the files in it if it is a zip file."""
    is_zip = found.path.lower().endswith(".zip") and not is_ignored(found.path)
    if is_zip and found.path.lower().count(".zip") <= MOST_ZIPS:
        with suppress(Exception):  # of a damaged one
            return [*unzip(found, language)]
    return [found]


def unzip(found: Found, language: str) -> Iterator[Found]:
    with zipfile.ZipFile(io.BytesIO(found.content)) as archive:
        # Without the flag for UTF-8, or a name in Unicode beside it, which newer Pythons read,
        # zipfile takes the bytes of a name for code page 437.
        raw = {
            e: e.filename.encode("cp437")
            for e in archive.infolist()
            if not e.flag_bits & 0x800
            and e.filename.replace("\\", "/") == e.orig_filename.replace("\\", "/")
        }
        encoding = find_encoding(b"\n".join(raw.values()), language) or "cp437"
        for entry in archive.infolist():
            name = raw[entry].decode(encoding) if entry in raw else entry.filename
            parts = [part for part in re.split(r"[\\/]", name) if part not in ("", ".", "..")]
            if entry.is_dir() or not parts:
                continue
            try:
                time = datetime(*entry.date_time).astimezone()
            except ValueError:  # some programs write none
                time = found.time
            content = b""
            with suppress(Exception):  # of all kinds, if it is damaged or encrypted
                content = archive.read(entry) if entry.file_size < MOST_BYTES else b""
            yield from expand(Found("/".join([found.path, *parts]), time, content), language)


def find_encoding(content: bytes, language: str) -> str | None:
    """Return the encoding of a text that does not say it: UTF-8, from Korea, or from China.

    Much Chinese text is valid in Korea's encoding, too, and the reverse: the language decides.
    Without it, text from Korea is taken for that if it has no Hanja, as is usual.
    """
    high = re.findall(rb"[\x80-\xff]+", content)
    is_western = 2 * sum(len(run) % 2 for run in high) >= len(high) > 0
    own = LANGUAGES[language].encoding if language in LANGUAGES else ""
    others = [] if is_western else [*filter(None, [own]), "cp949", "gb18030"]
    for encoding in ["utf-8-sig", *others]:
        with suppress(UnicodeDecodeError):
            text = content.decode(encoding)
            if encoding in (own, "utf-8-sig", "gb18030") or not HANJA.search(text):
                return encoding
    return None


def decode_name(name: str, language: str) -> str:
    """Return a file's name, also one that its file system has in the encoding of another."""
    raw = os.fsencode(name)
    return raw.decode(find_encoding(raw, language) or "utf-8", errors="replace")


def decode(content: bytes, language: str = "") -> str:
    is_16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content.decode("utf-16" if is_16 else find_encoding(content, language) or "utf-8")


def drop_common_folders(files: Iterable[Found], rows: Sequence[Row]) -> list[Found]:
    """Take off the folders that all notebooks are in, so that each path begins with a student.

    The first is the archive. The last may be a lone student's own: as many are taken off as leave
    the most students of the table. Without a table, nobody can tell ``kim/hw/exercise.ipynb`` from
    ``class/kim/exercise.ipynb``, and the folder next to the notebook counts.
    """
    options = [[file for file in files if not is_ignored(file.path)]]
    while True:
        paths = [file.path.split("/") for file in options[-1] if is_notebook(file.path)]
        top = min(paths, default=[""])[0]
        fewest = 2 if len(options) == 1 else 3  # parts: a folder is left, but if it is the archive
        if {parts[0] for parts in paths} != {top} or max(map(len, paths)) < fewest:
            break
        if MOODLE.fullmatch(top) or CANVAS.fullmatch(top):
            break
        options.append([f._replace(path=f.path.removeprefix(f"{top}/")) for f in options[-1]])

    def count_known(files: Iterable[Found]) -> int:
        found = (find_student(file.path, rows) for file in files)
        return len({match_student(*each, rows) for each in found} - {""})

    return max(reversed(options), key=count_known)


def is_notebook(path: str) -> bool:
    return path.lower().endswith(".ipynb")


def is_archive(path: str) -> bool:
    return path.lower().endswith((".zip", ".rar", ".7z", ".gz", ".tar"))


def is_ignored(path: str) -> bool:
    file = PurePosixPath(path)
    return file.name.startswith(".") or not IGNORED.isdisjoint(file.parts)


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


def read_rows(path: Path, language: str = "") -> list[Row]:
    """Return the rows of a table, however a spreadsheet wrote it."""
    try:
        text = decode(path.read_bytes(), language)
    except UnicodeDecodeError:
        raise NotebookError(f"{path} is no text: save it as CSV, in UTF-8") from None
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    return [*csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)]


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
        # Canvas names files after the family name and then the first name, in one word.
        words = row.get("name", "").replace(",", " ").split()
        return {normalize("".join(words[i:] + words[:i])) for i in range(len(words))}

    wanted = {normalize(student), normalize(name)} - {""}
    for is_meant in (  # the surest first: two students may have the same name
        lambda row: number != "" and row.get("number") == number,
        lambda row: row["student"] == student,
        lambda row: normalize(row["student"]) in wanted,
        lambda row: wanted & spell_name(row),
        lambda row: wanted & {normalize(row.get(key, "")) for key in IDENTIFIERS},
        lambda row: row["student"] == number and not row.get("name"),
    ):
        found = {row["student"] for row in rows if is_meant(row)}
        if len(found) == 1:
            return found.pop()
    return ""


def read_notebooks(
    files: Iterable[Found], rows: Sequence[Row], skipped: list[str]
) -> Iterator[Notebook]:
    """Yield the notebooks that name a student; add to the list what was skipped, and why."""
    for file in files:
        student, name, number = find_student(file.path, rows)
        if not is_notebook(file.path):
            kind = (
                "an archive that cannot be unpacked" if is_archive(file.path) else "not a notebook"
            )
            skipped.append(f"{file.path}: {kind}")
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

    Nobody gets a folder that is another's: in the table of students, or collected earlier.
    """
    found: dict[tuple[str, str], list[Notebook]] = {}
    for notebook in notebooks:
        known = match_student(notebook.student, notebook.name, notebook.number, rows)
        found.setdefault((known, "" if known else notebook.student), []).append(notebook)
    owners = {key.casefold(): (row["name"], row["number"]) for key, row in collected.items()}
    owners |= {make_safe(row["student"]).casefold(): ("", "") for row in rows}
    chosen: dict[str, tuple[Notebook, str]] = {}
    for (known, unknown), several in found.items():
        best = max(several, key=rank)
        for other in several:
            if other is not best:
                skipped.append(f"{other.path}: {best.path} counts instead")
        notes = []
        if not is_named(best.path):
            notes.append(f"the file is called {PurePosixPath(best.path).name}")
        if "_late_" in best.path.lower():  # from Canvas
            notes.append("late, as the path says")
        folder, owner = make_safe(known or unknown), (best.name, best.number)
        if not known:
            names = (f"{folder}-{n}" if n > 1 else folder for n in count(1))
            folder = next(each for each in names if owners.get(each.casefold(), owner) == owner)
            owners[folder.casefold()] = owner
            if rows:
                notes.append("not in the list of students")
        if folder != (known or unknown):
            notes.append(f"{known or unknown} is called {folder}")
        chosen[folder] = (best, "; ".join(notes))
    return chosen


def is_named(path: str) -> bool:
    """Return whether a file has the assignment's name, but for what systems add."""
    return "exercise" in PurePosixPath(path).stem.lower()


def rank(notebook: Notebook) -> tuple[bool, datetime, int]:
    """Return what is largest for the notebook that counts."""
    copy = re.search(r"\((\d+)\)\.ipynb$|-(\d+)\.ipynb$", notebook.path)
    return is_named(notebook.path), notebook.time, int((copy[1] or copy[2])[:9]) if copy else 0


def collect(folder: Path, assignment: str, paths: Sequence[Path], students: Path | None) -> None:
    """Put each student's notebook where nbgrader finds it, and say what was not collected."""
    language = assignment.rpartition("-")[2]
    rows = read_students(students, language)
    files: list[Found] = []
    skipped: list[str] = []
    for path in paths:
        try:
            files += list_files(path, rows, language)
        except NotebookError as error:
            skipped.append(f"{path}: {error}")
    table = read_table(folder / COLLECTED)
    collected = {student: row for (each, student), row in table.items() if each == assignment}
    chosen = choose(read_notebooks(files, rows, skipped), rows, collected, skipped)
    counts: Counter[str] = Counter()
    for student, (notebook, note) in sorted(chosen.items()):
        target = folder / "submitted" / student / assignment
        stamp = target / "timestamp.txt"
        path = target / "exercise.ipynb"
        is_same = path.exists() and path.read_bytes() == notebook.content
        state = "unchanged" if is_same else "replaced" if path.exists() else "new"
        counts[state] += 1
        time = notebook.time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        if state == "replaced" and stamp.exists() and time < stamp.read_text():
            print(f"{student}: older than the file that it replaces")
        if not is_same or not stamp.exists():
            target.mkdir(parents=True, exist_ok=True)
            path.write_bytes(notebook.content)
            stamp.write_text(time)
        if note:
            print(f"{student}: {note}")
        row = (assignment, student, notebook.name, notebook.number, notebook.path)
        values = (*row, stamp.read_text(), note)
        table[assignment, student] = dict(zip(COLUMNS, values, strict=True))
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


def read_table(path: Path) -> dict[tuple[str, str], Row]:
    if not path.exists():
        return {}
    return {(row["assignment"], row["student"]): row for row in read_rows(path)}


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    """Write a table that spreadsheets open in every language."""
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
