"""Files that students hand in are collected."""

import json
from pathlib import Path
from typing import Any

import pytest
from course_files import NOTEBOOK, collect_files, make_notebook, zip_file

from notebooks import build
from notebooks.course.collect import collect_submissions, read_collected
from notebooks.course.students import read_students


def test_collect_takes_what_systems_and_students_make(tmp_path: Path, capsys: Any) -> None:
    students = collect_files(
        tmp_path,
        {
            "all/anna/exercise.ipynb": NOTEBOOK,
            "all/bea/exercise (1).ipynb": NOTEBOOK,
            "all/bea/.ipynb_checkpoints/exercise-checkpoint.ipynb": b"old",
            "all/__MACOSX/bea/._exercise.ipynb": b"mac",
            "all/carl/homework_carl.ipynb": NOTEBOOK,
            "all/dan/exercise.zip": zip_file("work/exercise.ipynb", NOTEBOOK, tmp_path),
            "all/eve/exercise.ipynb": b"",
            "all/fay/photo.png": b"png",
            "all/a[1]*b/exercise.ipynb": b"\xef\xbb\xbf" + NOTEBOOK,
            "all/gil/exercise.ipynb": NOTEBOOK.decode().encode("utf-16"),
            "all/홍길동/exercise.ipynb": NOTEBOOK,
            "all/ida/exercise.ipynb": NOTEBOOK.replace(b"{}", rb'{"half an emoji": "\ud83d"}'),
        },
    )
    assert students == {"anna", "bea", "carl", "dan", "a_1_b", "gil", "홍길동", "ida"}
    said = capsys.readouterr().out
    assert "carl: the file is called homework_carl.ipynb" in said
    assert "a[1]*b is called a_1_b" in said
    assert "Skipped: eve/exercise.ipynb: cannot be read as a notebook (an empty, " in said
    assert "Skipped: fay/photo.png: not a notebook" in said
    assert "Collected 8 of exercise-en: 8 new" in said
    for student in ("a_1_b", "gil"):
        path = tmp_path / "submitted" / student / "exercise-en" / "exercise.ipynb"
        assert path.read_bytes() == NOTEBOOK
    assert path.with_name("timestamp.txt").read_text().endswith(" UTC")
    path = tmp_path / "submitted" / "ida" / "exercise-en" / "exercise.ipynb"
    assert json.loads(path.read_text())["metadata"] == {"half an emoji": "?"}


def test_collect_reads_the_archives_of_moodle_and_canvas(tmp_path: Path, capsys: Any) -> None:
    table = tmp_path / "students.csv"
    table.write_text("student,name,number\nkim,Anna Kim,12345\nmax,Max Hans,5\nzoe,Zoe Late,9\n")
    students = collect_files(
        tmp_path,
        {
            "Anna Kim_12345_assignsubmission_file_/exercise.ipynb": NOTEBOOK,
            "Ben O'Neil_777_assignsubmission_file_/exercise.zip": zip_file(
                "exercise.ipynb", NOTEBOOK, tmp_path
            ),
            "hansmax_LATE_5_902_exercise-1.ipynb": NOTEBOOK,
            "otto_6_1001_exercise.ipynb": NOTEBOOK,
        },
        table,
    )
    assert students == {"kim", "Ben_O_Neil_777", "max", "otto_6"}
    said = capsys.readouterr().out
    assert "Missing: zoe" in said
    assert "otto_6: not in the list of students" in said
    assert "max: late, as the path says" in said
    rows = read_collected(tmp_path)
    assert rows["exercise-en", "kim"]["number"] == "12345"
    assert rows["exercise-en", "Ben_O_Neil_777"]["name"] == "Ben O'Neil"


def test_students_of_one_name_keep_their_own_files(tmp_path: Path) -> None:
    table = tmp_path / "students.csv"
    table.write_text(
        "student,name,number,section\n"
        "min-1,Kim Minjun,101,3\nmin-2,Kim Minjun,102,3\n3,Lee Jia,103,4\nkim-2,Lee,104,4\n"
    )
    files = [f"Kim Minjun_{number}_assignsubmission_file_/exercise.ipynb" for number in (101, 102)]
    files += [f"{student}/exercise.ipynb" for student in ("3", "kim-3", "kim", "kim.", "KIM")]
    notebooks = {file: make_notebook(file) for file in files}
    expected = {"min-1", "min-2", "3", "kim", "kim-3", "kim-4", "KIM-5"}
    assert collect_files(tmp_path, notebooks, table) == expected
    for file in reversed(files):  # alone: nobody gets another's folder
        assert collect_files(tmp_path, {file: notebooks[file]}, table) == expected
    contents = {path.read_bytes() for path in tmp_path.glob("submitted/*/*/exercise.ipynb")}
    assert contents == {*notebooks.values()}
    table.write_text("student\nmin\nMin.\n")
    with pytest.raises(build.NotebookError, match="'min' and 'Min.' are too alike"):
        read_students(table)


def test_the_newest_of_several_files_counts(tmp_path: Path, capsys: Any) -> None:
    folder = tmp_path / "handed in"
    for name in ("exercise.ipynb", "exercise (1).ipynb", "notes.ipynb"):
        path = folder / "anna" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(make_notebook(name))
    (tmp_path / "source" / "exercise-en").mkdir(parents=True)
    for state in ("1 new", "1 unchanged"):
        collect_submissions(tmp_path, "exercise-en", [folder, tmp_path / "source"], None)
        said = capsys.readouterr().out
        assert "Skipped: anna/notes.ipynb: anna/exercise (1).ipynb counts instead" in said
        assert f"Collected 1 of exercise-en: {state}" in said
    path = tmp_path / "submitted" / "anna" / "exercise-en" / "exercise.ipynb"
    assert path.read_bytes() == make_notebook("exercise (1).ipynb")
