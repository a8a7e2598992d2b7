"""Read the files of folders and zip files, whatever system wrote their names and texts."""

import codecs
import io
import os
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from mnist_nn.language import LANGUAGES
from notebooks.build import NotebookError

IGNORED = {"__MACOSX", ".ipynb_checkpoints"}
HANJA = re.compile("[\u4e00-\u9fff\uf900-\ufaff]")
MOST_BYTES = 100_000_000  # of a notebook, and of a zip file in another
MOST_BYTES_IN_ALL = 1_000_000_000  # of the notebooks in a folder or zip file
MOST_ZIPS = 4  # one in another


class Found(NamedTuple):
    """A file that was handed in."""

    path: str
    time: datetime
    content: bytes


def list_files(path: Path, language: str = "") -> list[Found]:
    """Return the files of a folder or zip file, and of the zip files in it; or a lone notebook.

    Only notebooks have their contents: those of videos would fill the memory.
    """
    path = path.resolve()
    files = list_folder(path, language) if path.is_dir() else list_single(path, language)
    return [file for file in limit_bytes(files) if not is_ignored(file.path)]


def limit_bytes(files: Iterable[Found]) -> Iterator[Found]:
    """Yield files, without the contents of those that are too much for the memory."""
    total = 0
    for file in files:
        if total + len(file.content) > MOST_BYTES_IN_ALL:
            yield file._replace(content=b"")
        else:
            total += len(file.content)
            yield file


def list_folder(folder: Path, language: str) -> Iterator[Found]:
    for path in sorted(filter(Path.is_file, folder.rglob("*"))):
        parts = path.relative_to(folder.parent).parts
        name = "/".join(decode_name(part, language) for part in parts)
        yield from expand(read_file(path, name), path, language)


def list_single(path: Path, language: str) -> list[Found]:
    """Return a notebook, or the files of any other file, which has to be a zip file."""
    file = read_file(path, decode_name(path.name, language))
    if is_notebook(file.path):
        return [file]
    archive = file._replace(path=f"{path.stem}.zip")
    if (files := expand(archive, path, language)) == [archive]:
        raise NotebookError("this is no folder or notebook, and no zip file that can be read")
    return files


def read_file(path: Path, name: str) -> Found:
    """Return a file under another name, with its content if it is a notebook."""
    status = path.stat()
    is_read = is_notebook(name) and status.st_size < MOST_BYTES
    time = datetime.fromtimestamp(status.st_mtime, UTC)
    return Found(name, time, path.read_bytes() if is_read else b"")


def expand(found: Found, file: Path | io.BytesIO, language: str) -> list[Found]:
    """Return a file that was found, or those in it if it is a zip file that can be read.

    Args:
        found: Its path, time and, of a notebook, content.
        file: Where its bytes are read, if need be.
        language: That of the course, which tells how old zip files write names.
    """
    is_deep = found.path.lower().count(".zip") > MOST_ZIPS
    if is_zip(found.path) and not is_deep and not is_ignored(found.path):
        with suppress(Exception):  # of all kinds, if it is damaged
            return [*limit_bytes(unzip(found, file, language))]
    return [found]


def unzip(found: Found, file: Path | io.BytesIO, language: str) -> Iterator[Found]:
    """Yield the files in a zip file, with its own path before theirs; the arguments as above."""
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
        for entry, name in zip(entries, name_entries(entries, language), strict=True):
            parts = [part for part in re.split(r"[\\/]", name) if part not in ("", ".", "..")]
            if entry.is_dir() or not parts:
                continue
            try:
                time = datetime(*entry.date_time).astimezone()
            except ValueError:  # some programs write none
                time = found.time
            content = b""
            if (is_notebook(name) or is_zip(name)) and entry.file_size < MOST_BYTES:
                with suppress(Exception):  # of all kinds, if it is damaged or encrypted
                    content = archive.read(entry)
            inner = Found("/".join([found.path, *parts]), time, content)
            yield from expand(inner, io.BytesIO(content), language)


def name_entries(entries: Sequence[zipfile.ZipInfo], language: str) -> list[str]:
    """Return the names of a zip file's entries.

    Without the flag for UTF-8, or a name in Unicode beside it, which newer Pythons read, zipfile
    takes the bytes of a name for code page 437.
    """
    raw = {
        entry: entry.filename.encode("cp437")
        for entry in entries
        if not entry.flag_bits & 0x800
        and entry.filename.replace("\\", "/") == entry.orig_filename.replace("\\", "/")
    }
    encoding = find_encoding(b"\n".join(raw.values()), language) or "cp437"
    return [raw[each].decode(encoding) if each in raw else each.filename for each in entries]


def find_encoding(content: bytes, language: str) -> str | None:
    """Return the encoding of a text that does not name it: UTF-8, Korea's or China's, or None.

    Much Chinese text is valid in Korea's encoding, too, and the reverse: the language decides.
    Without a language, text that is valid in Korea's encoding is Korean if it has no Hanja.
    """
    runs = re.findall(rb"[\x80-\xff]+", content)
    # Between ASCII letters, accented ones mostly stand alone; other scripts have two bytes or more.
    is_western = 2 * sum(len(run) == 1 for run in runs) >= len(runs) > 0
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
    """Return a text; raise a UnicodeDecodeError if its encoding cannot be found."""
    is_utf_16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content.decode("utf-16" if is_utf_16 else find_encoding(content, language) or "utf-8")


def is_notebook(path: str) -> bool:
    return path.lower().endswith(".ipynb")


def is_zip(path: str) -> bool:
    return path.lower().endswith(".zip")


def is_ignored(path: str) -> bool:
    file = PurePosixPath(path)
    return file.name.startswith(".") or not IGNORED.isdisjoint(file.parts)
