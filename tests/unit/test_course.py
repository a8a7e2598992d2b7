"""The assignments for nbgrader; ``tests/by_hand/test_course.py`` grades submissions of them."""

import re

from mnist_nn.checks import PARTIAL_CREDIT_FROM, TARGETS
from notebooks import build, course


def test_assignment_has_all_answers_and_checks() -> None:
    for language in build.languages("exercise"):
        cells = {cell.id: cell for cell in course.make_assignment(language).cells}
        graded = {id: cell.metadata.nbgrader for id, cell in cells.items() if cell.metadata}
        assert sum(metadata.get("points", 0) for metadata in graded.values()) == 20
        assert {id for id, metadata in graded.items() if metadata.solution} == {
            *course.ANSWERS,
            *course.MODEL_ANSWERS,
        }
        for id in course.POINTS_BY_CHECK:
            assert graded[id].locked
            assert "result.score" in cells[id].source
        students = "\n".join(
            re.sub("(?s)### BEGIN.*?### END", "", cell.source) for cell in cells.values()
        )
        assert "hidden_units=[100, 100]" not in students
        assert "<details>" not in students


def test_points_that_students_read_are_those_that_they_get() -> None:
    for language in build.languages("exercise"):
        edition = build.Edition("exercise", "course", language)
        cells = {cell.id: cell.source for cell in build.make(edition).cells}
        rows = re.findall(r"^\| (\d)(.*)\| (\d)(.*)\|$", cells["points"], re.M)
        points = [int(points) for _, _, points, _ in rows]
        checks, questions = course.POINTS_BY_CHECK, course.POINTS_BY_QUESTION
        in_order = [id for id in cells if id in checks or id in questions]
        assert sorted(points) == sorted((checks | questions)[id] for id in in_order)
        for kind in ("linear", "network"):
            (row,) = [row for row in rows if f"{TARGETS[kind]:.2f}" in row[1]]
            assert f"{PARTIAL_CREDIT_FROM[kind]:.2f}" in row[3]
