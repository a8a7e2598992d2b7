"""Files of folders and zip files, from all systems."""

import os
import sys
import tracemalloc
import unicodedata
import zipfile
from pathlib import Path
from typing import Any

import pytest
from course_files import NOTEBOOK, collect_files, zip_file

from notebooks import build
from notebooks.course import archives
from notebooks.course.collect import collect_submissions


@pytest.mark.parametrize(
    ("encoding", "form", "names"),
    [
        ("cp949", "NFC", "홍길동 김민준"),
        ("gb18030", "NFC", "王伟 李娜"),
        ("gb18030", "NFC", "刘刚"),
        ("cp437", "NFC", "José Zoë"),
        ("utf-8", "NFD", "홍길동 王伟 José"),  # macOS
    ],
)
def test_names_in_archives_of_all_systems(
    encoding: str, form: Any, names: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def encode(entry: zipfile.ZipInfo) -> tuple[bytes, int]:
        return entry.filename.encode(encoding), 0  # without the flag for UTF-8

    monkeypatch.setattr(zipfile.ZipInfo, "_encodeFilenameFlags", encode)
    for ending in ("/exercise.ipynb", ".ipynb"):
        written = unicodedata.normalize(form, names).split()
        files = {f"{name}{ending}": NOTEBOOK for name in written}
        name = "exercise-zh" if encoding == "gb18030" else "exercise-en"
        assert collect_files(tmp_path, files, name=name) == {*names.split()}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have UTF-8 names alone")
def test_folders_unpacked_with_names_of_another_system(tmp_path: Path) -> None:
    folder = tmp_path / "all" / os.fsdecode("홍길동".encode("cp949"))
    folder.mkdir(parents=True)
    (folder / "exercise.ipynb").write_bytes(NOTEBOOK)
    collect_submissions(tmp_path, "exercise-en", [tmp_path / "all"], None)
    assert (tmp_path / "submitted" / "홍길동").is_dir()


def test_damaged_archives_do_not_stop_the_others(tmp_path: Path, capsys: Any) -> None:
    inner = zip_file("exercise.ipynb", NOTEBOOK * 50, tmp_path)
    start = inner.index(b"exercise.ipynb") + len("exercise.ipynb")
    encrypted = inner.replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01")
    deep = NOTEBOOK
    for _ in range(20):
        deep = zip_file("exercise.zip" if deep != NOTEBOOK else "exercise.ipynb", deep, tmp_path)
    files = {
        "anna/exercise.ipynb": NOTEBOOK,
        "bea/hw.zip": inner[:start] + b"\xff" * 40 + inner[start + 40 :],
        "carl/hw.zip": encrypted,
        "dan/hw.zip": inner[:-30] + b"\x00" * 8 + inner[-22:],
        "eve/hw.zip": deep,
        "fay/hw.zip": zip_file("hw/", b"", tmp_path),
        "gil/exercise.ipynb": b"[" * 100_000,
        "ida/exercise.ipynb": b'{"cells": 3}',
        "hal/exercise.ipynb": (build.NOTEBOOKS / "figures" / "digits.png").read_bytes(),
        "jan/hw.rar": b"Rar!",
        "././.": b"",
    }
    assert collect_files(tmp_path, files) == {"anna"}
    said = capsys.readouterr().out
    assert "Skipped: jan/hw.rar: an archive that is too large or cannot be unpacked" in said
    for student in ("bea", "carl", "dan", "eve", "gil", "hal", "ida"):
        assert f"Skipped: {student}/" in said
    (tmp_path / "damaged.zip").write_bytes(inner[:-30])
    collect_submissions(tmp_path, "exercise-en", [tmp_path / "damaged.zip"], None)
    assert "damaged.zip: this is no folder or notebook, and no zip" in capsys.readouterr().out


def test_only_notebooks_of_a_usual_size_are_kept_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MOST_BYTES", 1_000)
    sizes = {"exercise.ipynb": 999, "huge.ipynb": 1_000, "movie.mp4": 10}
    folder = tmp_path / "all"
    folder.mkdir()
    with zipfile.ZipFile(folder / "hw.zip", "w") as archive:  # larger than MOST_BYTES
        for name, size in sizes.items():
            (folder / name).write_bytes(b" " * size)
            archive.writestr(name, b" " * size)
    expected = {"exercise.ipynb": 999, "huge.ipynb": 0, "movie.mp4": 0}
    for path in (folder, folder / "hw.zip"):
        files = {file.path: len(file.content) for file in archives.list_files(path)}
        for name, size in expected.items():
            assert files[f"{path.name}/{name}"] == size
    assert files.keys() == {f"hw.zip/{name}" for name in sizes}


@pytest.mark.parametrize("name", ["all", "all/hw.zip"])
def test_notebooks_of_all_zip_files_together_are_limited(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MOST_BYTES_IN_ALL", 2_500)
    folder = tmp_path / "all"
    folder.mkdir()
    with zipfile.ZipFile(folder / "hw.zip", "w") as archive:
        archive.writestr("1.zip", zip_file("exercise.ipynb", b" " * 1_000, tmp_path))
        for i in (2, 3):
            archive.writestr(f"{i}.ipynb", b" " * 1_000)
        archive.writestr("4.ipynb", b" " * 500)
    files = archives.list_files(tmp_path / name)
    assert [len(file.content) for file in files] == [1_000, 1_000, 0, 500]


@pytest.mark.parametrize("name", ["handed-in", "handed-in/hw.zip"])
def test_large_zip_files_are_not_read_whole(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "handed-in"
    folder.mkdir()
    with zipfile.ZipFile(folder / "hw.zip", "w") as archive:
        archive.writestr("movie.mp4", bytes(10_000_000))
        archive.writestr("exercise.ipynb", NOTEBOOK)
    tracemalloc.start()
    files = archives.list_files(tmp_path / name)
    _, most_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [file.content for file in files] == [b"", NOTEBOOK]
    assert most_bytes < 1_000_000
