"""The commands of the course."""

from pathlib import Path

import pytest

from notebooks import build
from notebooks.course import assignment
from notebooks.course.__main__ import main


def test_a_folder_that_is_no_course_is_told(tmp_path: Path) -> None:
    assignment.write_course(tmp_path / "class", ["en"])
    arguments = ["export", "exercise-en", "--folder", str(tmp_path / "class")]
    for option in ("--folder", "--machines"):
        with pytest.raises(build.NotebookError, match="no folder of a course"):
            main([*arguments, option, str(tmp_path / "other")])
        assert not (tmp_path / "other").exists()


def test_the_assignments_of_the_course_are_told(tmp_path: Path) -> None:
    assignment.write_course(tmp_path, ["en"])
    (tmp_path / "source" / ".DS_Store").touch()
    with pytest.raises(build.NotebookError, match=r"one of \['exercise-en'\], not 'exercise'"):
        main(["export", "exercise", "--folder", str(tmp_path)])
