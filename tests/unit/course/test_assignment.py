"""The assignments, and what contradicts their points and targets."""

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from course_files import make_release
from nbformat import NotebookNode

from mnist_nn.checks import TARGETS
from notebooks import build
from notebooks.course import assignment, cells
from notebooks.course.folder import CONFIG

LANGUAGES = build.languages_of("exercise")


@pytest.mark.parametrize("language", LANGUAGES)
def test_assignment_has_all_answers_and_checks(language: str) -> None:
    notebook = assignment.make_assignment(language)
    found = {cell.id: cell for cell in notebook.cells}
    graded = {id: cells.nbgrader_of(cell) for id, cell in found.items() if cells.nbgrader_of(cell)}
    solutions = {id for id, metadata in graded.items() if metadata.solution}
    assert solutions == (assignment.ANSWERS | assignment.MODEL_ANSWERS).keys() & found.keys()
    for id in assignment.POINTS_BY_CHECK.keys() & found.keys():
        assert graded[id].locked
        assert found[id].source.endswith(assignment.NO_POINTS)
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
    assert [*assignment.find_contradictions()] == []
    for kind in TARGETS:
        if f"check-{kind}" in assignment.POINTS_BY_CHECK:
            monkeypatch.setitem(TARGETS, kind, 0.97)
            found = "\n".join(assignment.find_contradictions())
            assert "INSTRUCTORS.md: the table of points does not name 0.97" in found
            for language in LANGUAGES:
                name = "exercise.py" if language == "en" else f"exercise.{language}.toml"
                assert f"source/{name}: [points] does not name 0.97, 0.968" in found
                assert re.search(rf"{language}/solution.ipynb: \[.*\] reaches 0.[89]", found)
            monkeypatch.undo()
    check = [*assignment.POINTS_BY_CHECK][-1]
    monkeypatch.setitem(assignment.POINTS_BY_CHECK, check, 9)
    points = ", ".join(map(str, list_points(assignment.make_assignment("en"))))
    assert f"the sum are {points}" in "\n".join(assignment.find_contradictions("en"))
    monkeypatch.setitem(assignment.POINTS_BY_QUESTION, max(assignment.POINTS_BY_QUESTION), 7)
    found = "\n".join(assignment.find_contradictions("en"))
    assert re.search(r"INSTRUCTORS.md: the table of points does not name .* \+ 7", found)


def test_a_task_left_out_and_a_question_added(monkeypatch: pytest.MonkeyPatch) -> None:
    before = sum(list_points(assignment.make_assignment("en"))) // 2
    check, answer = [*assignment.POINTS_BY_CHECK][-1], [*assignment.ANSWERS][-1]
    source = build.read_source("exercise")
    left = [cell for cell in source if cell.id not in (check, answer)]
    question = nbformat.v4.new_markdown_cell("*Your answer:*", id="new-answer")
    question.metadata["only"] = "course"
    monkeypatch.setattr(
        build, "read_source", lambda _: [nbformat.from_dict(cell) for cell in [*left, question]]
    )
    monkeypatch.setitem(assignment.POINTS_BY_QUESTION, "new-answer", 2)
    monkeypatch.setitem(assignment.MODEL_ANSWERS, "new-answer", ["linear-question-rubric"])
    points = list_points(assignment.make_assignment("en"))
    assert points[-1] == before - assignment.POINTS_BY_CHECK[check] + 2
    found = "\n".join(assignment.find_contradictions("en"))
    assert f"assignment.py: there is no cell {check!r}" in found
    assert f"the sum are {', '.join(map(str, points))}" in found


def test_make_keeps_what_an_instructor_edited(tmp_path: Path, capsys: Any) -> None:
    assignment.write_course(tmp_path, ["en"])
    path = tmp_path / "source" / "exercise-en" / "exercise.ipynb"
    config = tmp_path / CONFIG.name
    assignment.write_course(tmp_path, ["en"])
    assert f"{path}: unchanged" in capsys.readouterr().out
    notebook = nbformat.read(path, 4)
    notebook.cells[0].source += " 2026"
    nbformat.write(notebook, path)
    config.write_text("# mine")
    assignment.write_course(tmp_path, ["en"])
    said = capsys.readouterr().out
    assert f"{path}: kept" in said
    assert f"{config}: kept" in said
    assert nbformat.read(path, 4).cells[0].source.endswith("2026")
    assert config.read_text() == "# mine"


def test_notes_are_about_the_languages_that_are_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setitem(TARGETS, "network", 0.97)
    for languages in (["en"], ["en", "ko"]):
        assignment.write_course(tmp_path, languages)
        notes = [line for line in capsys.readouterr().out.splitlines() if "Note:" in line]
        assert len(notes) == len({*notes})
        assert any("exercise.py" in note for note in notes)
        assert any("exercise.ko.toml" in note for note in notes) == ("ko" in languages)
        assert not any("exercise.zh.toml" in note for note in notes)
