"""Points are exported, from one folder or several."""

import csv
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest
from course_files import NOTEBOOK, collect_files, make_notebook

from notebooks import build
from notebooks.course import collect, export, results

JUDGED = {"c": {"models": {"m": {"weights": "ab", "accuracy": 0.9}}, "reasons": ["odd"]}}
SUBMISSIONS = {
    "anna": export.Submission(
        "", "noon", 12.3456, 1.0, {"q": 0.0, "c": 12.3456}, {"q", "c"}, JUDGED
    ),
    "bea": export.Submission("", points=20.0, cells={"q": 8.0, "c": 12.0}, judged=JUDGED),
    "eve": export.Submission("could not be graded: not a notebook (NotJSONError)"),
}
PEOPLE = {"anna": {"name": "Kim, Anna", "number": "5", "note": "late"}}
ROWS = export.make_rows(SUBMISSIONS, PEOPLE, ["c"], 20)


def test_grades_mark_failures_and_what_is_unread() -> None:
    assert [row["points"] for row in ROWS] == ["11.35", "20.00", ""]
    assert [row.get("unread_answers") for row in ROWS] == [1, 0, None]
    assert [row["note"] for row in ROWS] == ["c: odd; late", "", SUBMISSIONS["eve"].failure]
    assert (ROWS[0]["name"], ROWS[0]["submitted"]) == ("Kim, Anna", "noon")


def test_a_penalty_leaves_no_points_below_zero() -> None:
    late = {"anna": export.Submission("", points=1.0, penalty=2.0)}
    assert export.make_rows(late, {}, [], 20)[0]["points"] == "0.00"


def test_canvas_keeps_what_it_has_of_students_without_points() -> None:
    points, anna, _, eve = export.fill_canvas("exercise-en", ROWS, PEOPLE, 20)
    assert points == {"Student": "    Points Possible", "exercise-en": "20"}
    assert anna["ID"] == "5"
    assert eve["exercise-en"] == ""


def test_moodle_gets_those_whom_it_knows() -> None:
    (moodle,) = export.fill_moodle(ROWS, PEOPLE)
    assert (moodle["Identifier"], moodle["Grade"]) == ("Participant 5", "11.35")


def test_tasks_tell_equal_models_and_reasons(tmp_path: Path) -> None:
    columns, tasks = export.make_tasks(SUBMISSIONS, ["q", "c"])
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
    submissions["eve"] = export.Submission("", page=tmp_path / "old.html", is_page_old=True)
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
    submitted, autograded, feedback = (
        tmp_path / name / "anna" / "exercise-en" for name in ("submitted", "autograded", "feedback")
    )
    autograded.mkdir(parents=True)
    path = autograded / results.RESULTS
    results.save_outcomes(path, {}, results.hash_file(submitted / "exercise.ipynb"))
    assert read(graded).failure == "a newer file has not been graded"
    stamp = (submitted / "timestamp.txt").read_text()
    (autograded / "timestamp.txt").write_text(stamp)
    assert read(None).failure == "graded, but not in gradebook.db: grade again"
    assert read(graded) == export.Submission("", stamp, 3.0)
    page = feedback / "exercise.html"
    page.parent.mkdir(parents=True)
    page.write_text("page")
    assert (read(graded).page, read(graded).is_page_old) == (page, False)
    os.utime(page, (0, 0))
    assert read(graded).is_page_old
    (submitted / "exercise.ipynb").write_bytes(make_notebook("of the same time"))
    assert read(graded).failure == "a newer file has not been graded"


def test_export_needs_a_release(tmp_path: Path) -> None:
    with pytest.raises(build.NotebookError, match="generate_assignment exercise-en"):
        export.export_points(tmp_path, "exercise-en", None)
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
