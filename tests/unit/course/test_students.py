"""Students are found by the paths of their files, and in tables."""

import csv
from pathlib import Path

import pytest
from course_files import NOTEBOOK, collect_files, make_notebook, zip_file

from notebooks import build
from notebooks.course.archives import list_files
from notebooks.course.students import (
    drop_common_folders,
    find_student,
    match_student,
    read_students,
)


@pytest.mark.parametrize("students", [{"kim_11"}, {"kim_11", "lee_12"}])
def test_zip_files_of_canvas_name_their_students(students: set[str], tmp_path: Path) -> None:
    content = zip_file("hw/exercise.ipynb", NOTEBOOK, tmp_path)
    files = {f"{student}_2202_hw.zip": content for student in students}
    assert collect_files(tmp_path, files) == students


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (["all/class 3/kim/exercise.ipynb", "all/class 3/lee/hw/exercise.ipynb"], "kim lee"),
        (["3/1/exercise.ipynb", "3/2/exercise.ipynb"], "1 2"),
        (["kim/hw/exercise.ipynb"], "kim"),
        (["kim/hw/exercise.ipynb", "kim/exercise.ipynb", "readme.txt"], "kim"),
        (["kim/exercise.ipynb"], "kim"),
        (["new/hw/exercise.ipynb"], "hw"),
        (["Kim.ipynb", "all.ipynb"], "kim all"),
        (["class 1/submissions/kim_11_2202_exercise.ipynb"], "kim"),
        (["1/lee_LATE_12_2303_exercise.ipynb", "2/kim_11_2202_exercise.ipynb"], "lee kim"),
        (["kim/exercise_2026_11_28.ipynb", "lee/exercise_2026_11_28.ipynb"], "kim lee"),
        (["kim/exercise_11_2026_kim.ipynb", "lee/exercise_11_2026_lee.ipynb"], "kim lee"),
        (["kim/hw_20261128_1530_a.ipynb", "lee/hw_20261128_1530_a.ipynb"], "kim lee"),
        (["kim/week_1_2_exercise.ipynb", "lee/week_1_2_exercise.ipynb"], "kim lee"),
        (["Kim.ZIP/exercise.ipynb", "./lee/exercise.ipynb", "/../1\\exercise.ipynb"], "kim lee 1"),
    ],
)
def test_folders_of_a_class_are_no_students(
    files: list[str], expected: str, tmp_path: Path
) -> None:
    table = tmp_path / "students.csv"
    table.write_text("student\n1\n2\n3\nkim\nlee\n")
    students = collect_files(tmp_path, dict.fromkeys(files, NOTEBOOK), table)
    assert students == {*expected.split()}


@pytest.mark.parametrize("table", ["student,name\n1,Kim Minjun\n2,Lee Jia\n", "student\n1\n7\n"])
def test_numbers_of_moodle_are_no_numbers_of_a_class(table: str, tmp_path: Path) -> None:
    path = tmp_path / "students.csv"
    path.write_text(table)
    files = [
        f"{name}_assignsubmission_file_/exercise.ipynb" for name in ("Lee Jia_1", "Kim Minjun_7")
    ]
    notebooks = {file: make_notebook(file) for file in files}
    students = collect_files(tmp_path, notebooks, path)
    first = (tmp_path / "submitted" / "1" / "exercise-en" / "exercise.ipynb").read_bytes()
    has_names = "name" in table
    assert students == ({"1", "2"} if has_names else {"1", "7"})
    assert first == notebooks[files[has_names]]


def test_a_zip_file_called_like_a_student_is_theirs(tmp_path: Path) -> None:
    (tmp_path / "kim.zip").write_bytes(zip_file("hw/exercise.ipynb", NOTEBOOK, tmp_path))
    rows = [{"student": "kim"}, {"student": "lee"}]
    files = list_files(tmp_path / "kim.zip")
    for table, student in ((rows, "kim"), ([], "hw")):
        (file,) = drop_common_folders(files, table)
        assert find_student(file.path, table)[0] == student


@pytest.mark.parametrize("column", ["email", "email address", "identifier", "sis login id"])
def test_all_that_tables_call_a_student_is_matched(column: str) -> None:
    rows = [{"student": "kim", column: "kim@x.org"}, {"student": "lee", column: "lee@x.org"}]
    assert match_student("kim@x.org", "", "", rows) == "kim"


@pytest.mark.parametrize(
    ("delimiter", "encoding", "name"),
    [
        (",", "utf-8-sig", "Kim\u2028Minjun"),
        (";", "cp949", "김, 민준"),
        ("\t", "utf-16", "김 민준"),
        (",", "gb18030", "王伟"),
        (",", "gb18030", "李娜"),  # valid in Korea's encoding, too
        (",", "cp949", "홍길동(洪吉童)"),
    ],
)
def test_tables_of_all_spreadsheets_are_read(
    delimiter: str, encoding: str, name: str, tmp_path: Path
) -> None:
    table = tmp_path / "students.csv"
    with table.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([["Student", "Name"], ["kim", name]])
    language = {"gb18030": "zh", "cp949": "ko"}.get(encoding, "")
    assert read_students(table, language) == [{"student": "kim", "name": name}]


def test_tables_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    table = tmp_path / "students.xlsx"
    for content, reason in (
        (b"PK\x03\x04\xff\xff", "is no text"),
        ("student,name\nkim,Jörg Müller".encode("cp1252"), "is no text.*UTF-8"),
        ("student,name\nkim,Renée Créée, Jörg".encode("cp1252"), "is no text.*UTF-8"),
        (b"name\nkim", "student"),
        (b"student,name\n", "a row for each student"),
        (b'student,name\nkim,"Kim\nlee,Lee', "unexpected end.* quotation mark"),
        (b'student,name\nkim,"' + b"Kim\nlee,Lee\n" * 20_000, "field larger.* quotation mark"),
    ):
        table.write_bytes(content)
        with pytest.raises(build.NotebookError, match=reason):
            read_students(table)
