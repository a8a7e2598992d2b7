"""Assignments and files that students hand in, for the tests of the course."""

import json
import re
import zipfile
from pathlib import Path

from nbformat import NotebookNode

from notebooks.course import assignment, cells
from notebooks.course.collect import collect_submissions

NOTEBOOK = json.dumps({"cells": [], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}).encode()


def make_notebook(mark: str) -> bytes:
    """Return a notebook unlike those with other marks."""
    return NOTEBOOK.replace(b"{}", json.dumps({"mark": mark}).encode())


def make_release(language: str = "en") -> NotebookNode:
    """Return what ``nbgrader generate_assignment`` makes."""
    notebook = assignment.make_assignment(language)
    cells.take_out_hidden(notebook)
    for cell in notebook.cells:
        cell.source = re.sub(r"(?s)\n*### BEGIN SOLUTION.*### END SOLUTION", "", cell.source)
    return notebook


def collect_files(
    folder: Path, files: dict[str, bytes], students: Path | None = None, name: str = "exercise-en"
) -> set[str]:
    """Collect a zip file of these files; return the students."""
    (folder / "source" / name).mkdir(parents=True, exist_ok=True)
    path = folder / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file, content in files.items():
            archive.writestr(file, content)
    collect_submissions(folder, name, [path], students)
    return {path.parts[-3] for path in (folder / "submitted").glob(f"*/{name}/exercise.ipynb")}


def zip_file(name: str, content: bytes, folder: Path) -> bytes:
    with zipfile.ZipFile(folder / "one.zip", "w") as archive:
        archive.writestr(name, content)
    return (folder / "one.zip").read_bytes()
