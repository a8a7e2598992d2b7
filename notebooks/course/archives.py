"""Read the files of folders and zip files, whatever system wrote their names and texts."""

import codecs
import io
import os
import re
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from mnist_nn.language import LANGUAGES
from notebooks.build import NotebookError

IGNORED = {"__MACOSX", ".ipynb_checkpoints"}
HANJA = re.compile("[\u4e00-\u9fff\uf900-\ufaff]")
MOST_BYTES = 100_000_000  # of a notebook, and of a zip file in another
MOST_ZIPS = 4  # in each other


class Found(NamedTuple):
    """A file that was handed in."""

    path: str
    time: datetime
    content: bytes


def list_files(path: Path, language: str = "") -> list[Found]:
    """Return the files of a folder or zip file, and of the zip files in it.

    Only notebooks and zip files have their contents: those of videos would fill the memory.
    """
    path = path.resolve()
    paths = sorted(filter(Path.is_file, path.rglob("*"))) if path.is_dir() else [path]
    files: list[Found] = []
    for each in paths:
        parts = each.relative_to(path.parent).parts
        name = "/".join(decode_name(part, language) for part in parts)
        if each == path and not is_notebook(name):
            name = f"{path.stem}.zip"
        time = datetime.fromtimestamp(each.stat().st_mtime, UTC)
        is_needed = is_zip(name) or is_read(name, each.stat().st_size)
        found = Found(name, time, each.read_bytes() if is_needed else b"")
        files += expand(found, language)
        if each == path and files == [found] and not is_notebook(name):
            raise NotebookError("this is no folder or notebook, and no zip file that can be read")
    return [file for file in files if not is_ignored(file.path)]


def expand(found: Found, language: str) -> list[Found]:
    """Return a file, or the files in it if it is a zip file."""
    is_deep = found.path.lower().count(".zip") > MOST_ZIPS
    if is_zip(found.path) and not is_deep and not is_ignored(found.path):
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
                content = archive.read(entry) if is_read(name, entry.file_size) else b""
            yield from expand(Found("/".join([found.path, *parts]), time, content), language)


def find_encoding(content: bytes, language: str) -> str | None:
    """Return the encoding of a text that does not say it: UTF-8, from Korea, or from China.

    Much Chinese text is valid in Korea's encoding, too, and the reverse: the language decides.
    Without it, text from Korea is taken for that if it has no Hanja, as is usual.
    """
    high = re.findall(rb"[\x80-\xff]+", content)
    is_western = 2 * sum(len(run) == 1 for run in high) >= len(high) > 0
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


def is_notebook(path: str) -> bool:
    return path.lower().endswith(".ipynb")


def is_zip(path: str) -> bool:
    return path.lower().endswith(".zip")


def is_read(path: str, size: int) -> bool:
    return (is_notebook(path) or is_zip(path)) and size < MOST_BYTES


def is_ignored(path: str) -> bool:
    file = PurePosixPath(path)
    return file.name.startswith(".") or not IGNORED.isdisjoint(file.parts)
