"""The course for nbgrader; ``tests/by_hand/test_course.py`` grades submissions of it."""

import csv
import json
import os
import re
import sys
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import nbformat
import numpy as np
import pytest
from nbformat import NotebookNode
from split import split_exercise

from mnist_nn.check_result import CheckResult
from mnist_nn.checks import TARGETS
from notebooks import build
from notebooks.course import cells, collect, export, judge, make, results, save
from notebooks.course.__main__ import main as course

LANGUAGES = build.languages("exercise")


def make_release(language: str = "en") -> NotebookNode:
    """Return what ``nbgrader generate_assignment`` makes."""
    notebook = make.make_assignment(language)
    cells.take_out_hidden(notebook)
    for cell in notebook.cells:
        cell.source = re.sub(r"(?s)\n*### BEGIN SOLUTION.*### END SOLUTION", "", cell.source)
    return notebook


@pytest.mark.parametrize("language", LANGUAGES)
def test_assignment_has_all_answers_and_checks(language: str) -> None:
    notebook = make.make_assignment(language)
    found = {cell.id: cell for cell in notebook.cells}
    graded = {id: cells.nbgrader_of(cell) for id, cell in found.items() if cells.nbgrader_of(cell)}
    solutions = {id for id, metadata in graded.items() if metadata.solution}
    assert solutions == (make.ANSWERS | make.MODEL_ANSWERS).keys() & found.keys()
    for id in make.POINTS_BY_CHECK.keys() & found.keys():
        assert graded[id].locked
        assert found[id].source.endswith(make.NO_POINTS)
    students = "\n".join(cell.source for cell in make_release(language).cells)
    assert "hidden_units=[100, 100]" not in students
    assert "<details>" not in students
    assert "###" not in re.sub("^#+ ", "", students, flags=re.M)


def list_points(notebook: NotebookNode) -> list[int]:
    """Return the points of the graded cells, in their order, and the sum."""
    found = [cells.nbgrader_of(cell).get("points") for cell in notebook.cells]
    points = [each for each in found if each]
    return [*points, sum(points)]


def test_nothing_contradicts_the_points_and_targets(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [*make.find_contradictions()] == []
    for kind in TARGETS:
        if f"check-{kind}" in make.POINTS_BY_CHECK:
            monkeypatch.setitem(TARGETS, kind, 0.97)
            found = "\n".join(make.find_contradictions())
            assert "INSTRUCTORS.md: the table of points does not name 0.97" in found
            for language in LANGUAGES:
                name = "exercise.py" if language == "en" else f"exercise.{language}.toml"
                assert f"source/{name}: [points] does not name 0.97, 0.968" in found
                assert re.search(rf"{language}/solution.ipynb: \[.*\] reaches 0.[89]", found)
            monkeypatch.undo()
    check = [*make.POINTS_BY_CHECK][-1]
    monkeypatch.setitem(make.POINTS_BY_CHECK, check, 9)
    points = ", ".join(map(str, list_points(make.make_assignment("en"))))
    assert f"the sum are {points}" in "\n".join(make.find_contradictions())


def test_a_task_left_out_and_a_question_added(monkeypatch: pytest.MonkeyPatch) -> None:
    before = sum(list_points(make.make_assignment("en"))) // 2
    check, answer = [*make.POINTS_BY_CHECK][-1], [*make.ANSWERS][-1]
    source = build.read_source("exercise")
    left = [cell for cell in source if cell.id not in (check, answer)]
    question = nbformat.v4.new_markdown_cell("*Your answer:*", id="new-answer")
    question.metadata["only"] = "course"
    monkeypatch.setattr(
        build, "read_source", lambda _: [nbformat.from_dict(cell) for cell in [*left, question]]
    )
    monkeypatch.setitem(make.POINTS_BY_QUESTION, "new-answer", 2)
    monkeypatch.setitem(make.MODEL_ANSWERS, "new-answer", ["linear-question-rubric"])
    points = list_points(make.make_assignment("en"))
    assert points[-1] == before - make.POINTS_BY_CHECK[check] + 2
    found = "\n".join(make.find_contradictions("en"))
    assert f"make.py: there is no cell {check!r}" in found
    assert f"the sum are {', '.join(map(str, points))}" in found


def test_make_keeps_what_an_instructor_edited(tmp_path: Path, capsys: Any) -> None:
    make.make(tmp_path, ["en"])
    path, config = (
        tmp_path / "source" / "exercise-en" / "exercise.ipynb",
        tmp_path / make.CONFIG.name,
    )
    make.make(tmp_path, ["en"])
    assert f"{path}: unchanged" in capsys.readouterr().out
    notebook = nbformat.read(path, 4)
    notebook.cells[0].source += " 2026"
    nbformat.write(notebook, path)
    config.write_text("# mine")
    make.make(tmp_path, ["en"])
    said = capsys.readouterr().out
    assert f"{path}: kept" in said
    assert f"{config}: kept" in said
    assert nbformat.read(path, 4).cells[0].source.endswith("2026")
    assert config.read_text() == "# mine"


def edit(notebook: NotebookNode, **texts: str) -> NotebookNode:
    for cell in notebook.cells:
        cell.source += texts.get(cell.id.replace("-", "_"), "")
    return notebook


def test_cells_are_restored_by_metadata_and_by_id() -> None:
    release = make_release()
    notebook = make_release()
    deleted, *_, edited = make.POINTS_BY_CHECK
    question = min(make.POINTS_BY_QUESTION)
    notebook.cells = [c for c in notebook.cells if c.id not in (deleted, question)]
    for cell in notebook.cells[::2]:
        cell.metadata.pop("nbgrader", None)
    notebook.cells[2].metadata["nbgrader"] = "a student's"
    next(c for c in notebook.cells if c.id == edited).source = "5.0"
    lines = [*cells.restore(notebook, release, make.make_assignment("en"))]
    assert sorted(lines) == sorted(
        [
            f"cell {deleted} was deleted, and is put back",
            f"cell {question} was deleted, and is put back",
            f"cell {edited} was edited, and was restored",
        ]
    )
    marked = {c.metadata.nbgrader.grade_id: c for c in notebook.cells if cells.nbgrader_of(c)}
    order = [c.id for c in release.cells if cells.nbgrader_of(c)]
    assert [*marked] == order
    assert marked[edited].source.endswith(make.NO_POINTS)


def test_text_outside_the_marked_cells_is_found() -> None:
    release = make_release()
    assert cells.find_prose(make_release(), release) == []
    code = "\n# classifier = train(5)\n!ls\nfiles = !ls\ntraining_examples?"
    answers = {"linear_question_answer": "Nine.", "task_2_answer": code}
    assert cells.find_prose(edit(make_release(), **answers), release) == []
    for text in ({"linear_question": "Nine."}, {"task_2_answer": "\n# It mixes up 4 and 9 and 3."}):
        assert len(cells.find_prose(edit(make_release(), **text), release)) == 1
    for new in (nbformat.v4.new_markdown_cell("九个"), nbformat.v4.new_code_cell("nine of ten")):
        notebook = make_release()
        notebook.cells.insert(5, new)
        assert cells.find_prose(notebook, release) == [new.source]


class Unknown(keras.layers.Layer):  # type: ignore[misc]
    """A layer that the judge does not know."""

    def call(self, inputs: Any) -> Any:
        return inputs


def fit_linear(data: Any) -> keras.Model:
    """Return a linear model of some 0.85 on the validation set, without training."""
    examples, targets = data.training_examples, data.training_targets
    model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(10, activation="softmax")])
    x = np.c_[examples.to_numpy(), np.ones(len(examples))]
    weights = np.linalg.solve(x.T @ x + 10 * np.eye(785), x.T @ np.eye(10)[targets.to_numpy()])
    model.layers[0].set_weights([10 * weights[:-1], 10 * weights[-1]])
    return model


def test_judge_judges_what_was_saved(
    tmp_path: Path, train_table: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a process of its own, which knows nothing of the classes of this one."""
    monkeypatch.setattr(build, "project_address", lambda: "https://github.com/someone/digits")
    release = tmp_path / "exercise.ipynb"
    nbformat.write(make_release(), release)
    linear = fit_linear(split_exercise(train_table, seed=1))
    custom = keras.Sequential([keras.Input((784,)), Unknown(), keras.layers.Dense(10)])
    answers = tmp_path / "answers"
    known = ["linear_classifier", "classifier", "networks"]
    first = {"linear_classifier": None, "classifier": custom, "mine": linear}
    save.save_answers(known[:1], known, first, answers / "check-linear")
    save.save_answers(known[1:2], known, first, answers / "check-network")
    last = {**first, "linear_classifier": linear, "networks": {10: linear, 100: linear}}
    save.save_answers(known, known, last, answers / "end")
    verdicts, problem = judge.run_judge(release, answers)
    assert not problem
    found = {(each["check"], each["state"]): each for each in verdicts}
    assert "there are models in mine" in found["check-linear", "check"]["problem"]
    best = found["check-linear", "end"]
    assert best["models"]["linear_classifier"]["accuracy"] > 0.8
    assert f"{best['models']['linear_classifier']['accuracy']:.4f}" in best["message"]
    assert "cannot be loaded without" in found["check-network", "check"]["problem"]
    if "check-networks" in make.POINTS_BY_CHECK:
        assert found["check-networks", "end"]["score"] == 0


@pytest.mark.parametrize(
    "own", ["", "%%time\nmodel = train()", "model?\nmodel = !ls", "%time model\nmodel = 1"]
)
def test_models_of_the_given_cells_are_no_answers(own: str) -> None:
    notebook = make_release()
    notebook.cells.append(nbformat.v4.new_code_cell(own))
    cells.insert_saves(notebook, make_release(), Path("answers"), "")
    saves = [cell.source for cell in notebook.cells if "saves" in cell.metadata]
    names = {name for source in saves for name in re.findall(r"\w+", source)}
    assert len(saves) > 1
    assert ("model" in names) == (not own)


def test_scores_are_shares_and_equal_models_are_told(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(10)])
    pair = {"one": model, "two": keras.models.clone_model(model)}
    pair["two"].set_weights(model.get_weights())
    save.save_answers(pair, pair, pair, tmp_path / "end")
    for given, score in ((3.0, 1), (-1.0, 0), (0.5, 0.5)):
        found = judge.Verdict("check", "end")
        code = f"CheckResult(True, 'yes', {given})"
        judge.judge_check(found, code, [*pair], tmp_path / "end", {"CheckResult": CheckResult})
        assert found.score == score
        assert found.problem == "some of one, two have the same weights"


def fail() -> Iterator[int]:
    yield 1
    raise RuntimeError("odd")


def test_answers_are_saved_as_they_are(tmp_path: Path) -> None:
    values: dict[str, Any] = {
        "number": np.float64(0.5),
        "digits": iter([1, 2]),
        "array": np.arange(3),
        "nested": {10: [None, "text"], "tensor": keras.ops.ones(2)},
        "dots": ...,
        "failing": fail(),
        "strange": object(),
        "large": "x" * save.LARGE,
    }
    save.save_answers(values, values, values, tmp_path / "end")
    answers = judge.Answers(tmp_path / "end")
    assert answers.read("number") == 0.5
    assert answers.read("digits") == values["digits"] == [1, 2]  # the check can still read them
    assert answers.read("array").tolist() == [0, 1, 2]
    nested = answers.read("nested")
    assert nested[10] == [None, "text"]
    assert nested["tensor"].tolist() == [1, 1]
    assert answers.read("dots") is None
    for name in ("failing", "strange", "large"):
        with pytest.raises(judge.NoAnswerError, match=name):
            answers.read(name)


def verdict(**given: Any) -> dict[str, Any]:
    state = {"check": "c", "state": "check", "score": 0.0, "passed": False, "message": "no"}
    return state | {"problem": "", "models": {}} | given


def test_the_better_state_counts_and_doubts_are_for_a_person() -> None:
    right = verdict(score=1.0, passed=True, message="yes", state="end")
    outcome = results.combine([verdict(), right], "✘ no", 4, "")
    assert (outcome.points, outcome.is_end, outcome.reasons) == (4, True, [])
    assert results.BETTER_AT_END in outcome.lines()
    outcome = results.combine([verdict()], "✔ faked", 4, "")
    assert (outcome.points, len(outcome.reasons)) == (0, 1)
    assert "✔ faked" in outcome.reasons[0]
    assert "✘ no" in outcome.reasons[0]
    assert results.combine([], "", 4, "").reasons == ["the answers could not be saved"]
    assert results.combine([verdict(problem="odd", message="")], "", 4, "").reasons == ["odd"]
    assert results.combine([verdict(score=0.4567)], "✘ no", 4, "").points == 1.83
    assert results.combine([verdict()], "✘ no", 4, "late").reasons == ["late"]
    assert results.combine([right], "✘ no", 4, "late").reasons == []
    twins = verdict(score=1.0, passed=True, problem="the same weights")
    assert results.combine([twins], "✔ no", 4, "").reasons == ["the same weights"]
    assert results.CLOSE_ENOUGH in results.combine([verdict(score=1.0)], "✘ no", 4, "").lines()


NOTEBOOK = json.dumps({"cells": [], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}).encode()


def collect_files(
    folder: Path,
    files: dict[str, bytes],
    students: Path | None = None,
    assignment: str = "exercise-en",
) -> set[str]:
    """Collect a zip file of these files; return the students."""
    (folder / "source" / assignment).mkdir(parents=True, exist_ok=True)
    path = folder / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    collect.collect(folder, assignment, [path], students)
    return {
        path.parts[-3] for path in (folder / "submitted").glob(f"*/{assignment}/exercise.ipynb")
    }


def zipped(name: str, content: bytes, folder: Path) -> bytes:
    with zipfile.ZipFile(folder / "one.zip", "w") as archive:
        archive.writestr(name, content)
    return (folder / "one.zip").read_bytes()


def test_collect_takes_what_systems_and_students_make(tmp_path: Path, capsys: Any) -> None:
    students = collect_files(
        tmp_path,
        {
            "all/anna/exercise.ipynb": NOTEBOOK,
            "all/bea/exercise (1).ipynb": NOTEBOOK,
            "all/bea/.ipynb_checkpoints/exercise-checkpoint.ipynb": b"old",
            "all/__MACOSX/bea/._exercise.ipynb": b"mac",
            "all/carl/homework_carl.ipynb": NOTEBOOK,
            "all/dan/exercise.zip": zipped("work/exercise.ipynb", NOTEBOOK, tmp_path),
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
            "Ben O'Neil_777_assignsubmission_file_/exercise.zip": zipped(
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
    rows = collect.read_table(tmp_path / collect.COLLECTED)
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
    notebooks = {file: NOTEBOOK.replace(b"{}", b'{"n": "%s"}' % file.encode()) for file in files}
    expected = {"min-1", "min-2", "3", "kim", "kim-3", "kim-4", "KIM-5"}
    assert collect_files(tmp_path, notebooks, table) == expected
    for file in reversed(files):  # alone: nobody gets another's folder
        assert collect_files(tmp_path, {file: notebooks[file]}, table) == expected
    contents = {path.read_bytes() for path in tmp_path.glob("submitted/*/*/exercise.ipynb")}
    assert contents == {*notebooks.values()}
    table.write_text("student\nmin\nMin.\n")
    with pytest.raises(build.NotebookError, match="'min' and 'Min.' are too alike"):
        collect.read_students(table)


@pytest.mark.parametrize("students", [{"kim_11"}, {"kim_11", "lee_12"}])
def test_zip_files_of_canvas_name_their_students(students: set[str], tmp_path: Path) -> None:
    content = zipped("hw/exercise.ipynb", NOTEBOOK, tmp_path)
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
    notebooks = {file: NOTEBOOK.replace(b"{}", b'{"n": "%s"}' % file.encode()) for file in files}
    students = collect_files(tmp_path, notebooks, path)
    first = (tmp_path / "submitted" / "1" / "exercise-en" / "exercise.ipynb").read_bytes()
    has_names = "name" in table
    assert students == ({"1", "2"} if has_names else {"1", "7"})
    assert first == notebooks[files[has_names]]


def test_a_zip_file_called_like_a_student_is_theirs(tmp_path: Path) -> None:
    (tmp_path / "kim.zip").write_bytes(zipped("hw/exercise.ipynb", NOTEBOOK, tmp_path))
    rows = [{"student": "kim"}, {"student": "lee"}]
    for known, student in ((rows, "kim"), ([], "hw")):
        (file,) = collect.list_files(tmp_path / "kim.zip", known)
        assert collect.find_student(file.path, known)[0] == student


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
        assignment = "exercise-zh" if encoding == "gb18030" else "exercise-en"
        assert collect_files(tmp_path, files, None, assignment) == {*names.split()}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have UTF-8 names alone")
def test_folders_unpacked_with_names_of_another_system(tmp_path: Path) -> None:
    folder = tmp_path / "all" / os.fsdecode("홍길동".encode("cp949"))
    folder.mkdir(parents=True)
    (folder / "exercise.ipynb").write_bytes(NOTEBOOK)
    collect.collect(tmp_path, "exercise-en", [tmp_path / "all"], None)
    assert (tmp_path / "submitted" / "홍길동").is_dir()


@pytest.mark.parametrize("option", ["--folder", "--machines"])
def test_a_folder_that_is_no_course_is_told(option: str, tmp_path: Path) -> None:
    make.make(tmp_path / "class", ["en"])
    arguments = ["export", "exercise-en", "--folder", str(tmp_path / "class")]
    with pytest.raises(build.NotebookError, match="no folder of a course"):
        course([*arguments, option, str(tmp_path / "other")])
    assert not (tmp_path / "other").exists()


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
    assert collect.read_students(table, language) == [{"student": "kim", "name": name}]


def test_tables_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    table = tmp_path / "students.xlsx"
    for content, reason in (
        (b"PK\x03\x04\xff\xff", "is no text"),
        ("student,name\nkim,Jörg Müller".encode("cp1252"), "is no text.*UTF-8"),
        ("student,name\nkim,Renée Créée, Jörg".encode("cp1252"), "is no text.*UTF-8"),
        (b"name\nkim", "student"),
        (b"student,name\n", "a row for each student"),
    ):
        table.write_bytes(content)
        with pytest.raises(build.NotebookError, match=reason):
            collect.read_students(table)


def test_damaged_archives_do_not_stop_the_others(tmp_path: Path, capsys: Any) -> None:
    inner = zipped("exercise.ipynb", NOTEBOOK * 50, tmp_path)
    start = inner.index(b"exercise.ipynb") + len("exercise.ipynb")
    encrypted = inner.replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01")
    deep = NOTEBOOK
    for _ in range(20):
        deep = zipped("exercise.zip" if deep != NOTEBOOK else "exercise.ipynb", deep, tmp_path)
    files = {
        "anna/exercise.ipynb": NOTEBOOK,
        "bea/hw.zip": inner[:start] + b"\xff" * 40 + inner[start + 40 :],
        "carl/hw.zip": encrypted,
        "dan/hw.zip": inner[:-30] + b"\x00" * 8 + inner[-22:],
        "eve/hw.zip": deep,
        "fay/hw.zip": zipped("hw/", b"", tmp_path),
        "gil/exercise.ipynb": b"[" * 100_000,
        "ida/exercise.ipynb": b'{"cells": 3}',
        "hal/exercise.ipynb": (build.NOTEBOOKS / "figures" / "digits.png").read_bytes(),
        "jan/hw.rar": b"Rar!",
        "././.": b"",
    }
    assert collect_files(tmp_path, files) == {"anna"}
    said = capsys.readouterr().out
    assert "Skipped: jan/hw.rar: an archive that cannot be unpacked" in said
    for student in ("bea", "carl", "dan", "eve", "gil", "hal", "ida"):
        assert f"Skipped: {student}/" in said
    (tmp_path / "damaged.zip").write_bytes(inner[:-30])
    collect.collect(tmp_path, "exercise-en", [tmp_path / "damaged.zip"], None)
    assert "damaged.zip: this is no folder or notebook, and no zip" in capsys.readouterr().out


def test_the_newest_of_several_files_counts(tmp_path: Path, capsys: Any) -> None:
    folder = tmp_path / "handed in"
    for number, name in enumerate(("exercise.ipynb", "exercise (1).ipynb", "notes.ipynb")):
        path = folder / "anna" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(NOTEBOOK.replace(b"{}", b'{"n": %d}' % number))
    (tmp_path / "source" / "exercise-en").mkdir(parents=True)
    for state in ("1 new", "1 unchanged"):
        collect.collect(tmp_path, "exercise-en", [folder, tmp_path / "source"], None)
        said = capsys.readouterr().out
        assert "Skipped: anna/notes.ipynb: anna/exercise (1).ipynb counts instead" in said
        assert f"Collected 1 of exercise-en: {state}" in said
    path = tmp_path / "submitted" / "anna" / "exercise-en" / "exercise.ipynb"
    assert b'"n": 1' in path.read_bytes()


def test_export_marks_failures_and_what_is_unread(tmp_path: Path) -> None:
    same = {"c": {"models": {"m": {"weights": "ab", "accuracy": 0.9}}, "reasons": ["odd"]}}
    submissions = {
        "anna": export.Submission(
            "", "noon", 12.3456, 1.0, {"q": 0.0, "c": 12.3456}, {"q", "c"}, same
        ),
        "bea": export.Submission("", points=20.0, cells={"q": 8.0, "c": 12.0}, judged=same),
        "eve": export.Submission("could not be graded: not a notebook (NotJSONError)"),
    }
    rows = export.make_rows(submissions, ["c"], 20)
    assert [row["points"] for row in rows] == ["11.35", "20.00", ""]
    late = {"anna": export.Submission("", points=1.0, penalty=2.0)}
    assert export.make_rows(late, [], 20)[0]["points"] == "0.00"
    assert [row.get("unread_answers") for row in rows] == [1, 0, None]
    assert [row["note"] for row in rows] == ["c: odd", "", submissions["eve"].failure]
    assert rows[0]["submitted"] == "noon"
    people = {"anna": {"name": "Kim, Anna", "number": "5"}}
    canvas = export.fill_canvas("exercise-en", rows, people, 20)
    assert canvas[0] == {"Student": "    Points Possible", "exercise-en": "20"}
    assert canvas[1]["ID"] == "5"
    assert canvas[3]["exercise-en"] == ""
    (moodle,) = export.fill_moodle(rows, people)
    assert (moodle["Identifier"], moodle["Grade"]) == ("Participant 5", "11.35")
    columns, tasks = export.make_tasks(submissions, ["q", "c"])
    assert [row["models_that_others_have_too"] for row in tasks] == [1, 1]
    assert tasks[0]["reasons"] == "c: odd"
    collect.write_table(tmp_path / "tasks.csv", columns, tasks)
    text = (tmp_path / "tasks.csv").read_text("utf-8-sig")
    assert [row["c"] for row in csv.DictReader(text.splitlines())] == ["12.35", "12.00"]


def test_feedback_has_folders_as_moodle_named_them(tmp_path: Path) -> None:
    for student in ("anna", "bea", "carl"):
        page = tmp_path / "feedback" / student / "exercise-en" / "exercise.html"
        page.parent.mkdir(parents=True)
        page.write_text("page")
    files = {
        "anna": {"file": "class 1/Anna Kim_5_assignsubmission_file_/exercise.ipynb"},
        "bea": {"file": "Bea Lee_6_assignsubmission_file_exercise.ipynb"},
        "carl": {"file": "class 1/carl_1_2_exercise.ipynb"},
    }
    submissions = {
        student: export.Submission(
            "", page=tmp_path / f"feedback/{student}/exercise-en/exercise.html"
        )
        for student in files
    }
    submissions["dan"] = export.Submission("a newer file has not been graded")
    assert export.pack_feedback(tmp_path, submissions, files) == 3
    with zipfile.ZipFile(tmp_path / "feedback.zip") as archive:
        assert archive.namelist() == [
            "Anna Kim_5_assignsubmission_file_/exercise.html",
            "Bea Lee_6_assignsubmission_file_/exercise.html",
            "carl/exercise.html",
        ]


def test_what_a_folder_knows_of_a_submission(tmp_path: Path) -> None:
    graded = export.Submission(points=3.0)

    def read(gradebook: export.Submission | None) -> export.Submission:
        return export.read_submission(tmp_path, "exercise-en", "anna", gradebook)

    assert read(None).failure == "nothing handed in"
    collect_files(tmp_path, {"anna/exercise.ipynb": NOTEBOOK})
    assert read(None).failure.startswith("not graded, or the grading failed")
    submitted, autograded = (
        tmp_path / name / "anna" / "exercise-en" for name in ("submitted", "autograded")
    )
    autograded.mkdir(parents=True)
    (autograded / results.RESULTS).write_text("{}")
    assert read(graded).failure == "a newer file has not been graded"
    stamp = (submitted / "timestamp.txt").read_text()
    (autograded / "timestamp.txt").write_text(stamp)
    assert read(None).failure == "graded, but not in gradebook.db: grade again"
    assert read(graded) == export.Submission("", stamp, 3.0)
    page = tmp_path / "feedback" / "anna" / "exercise-en" / "exercise.html"
    page.parent.mkdir(parents=True)
    page.write_text("page")
    assert read(graded).page == page


def test_export_needs_a_release(tmp_path: Path) -> None:
    with pytest.raises(build.NotebookError, match="generate_assignment exercise-en"):
        export.export(tmp_path, "exercise-en", None)
    assert not (tmp_path / "gradebook.db").exists()


def test_the_grading_that_is_read_most_counts(capsys: Any) -> None:
    read, unread = export.Submission("", "1", 10.0), export.Submission("", "1", 6.0, unread={"q"})
    for folders in ([read, unread], [unread, read]):
        assert export.merge({"anna": each} for each in folders) == {"anna": read}
        assert capsys.readouterr().out == "anna: graded as 10 and 6: 10 counts\n"


def test_the_newest_file_counts_wherever_it_was_graded() -> None:
    none, old, new = export.Submission(), *(export.Submission("not", time) for time in "12")
    graded_old, graded_new = (export.Submission("", time, 4.0) for time in "12")
    for folders, expected in (
        ([none, old], old),
        ([old, graded_old], graded_old),
        ([graded_old, old], graded_old),
        ([graded_old, new], new),
        ([new, graded_old], new),
        ([graded_new, old, graded_old], graded_new),
    ):
        assert export.merge({"anna": each} for each in folders) == {"anna": expected}
