"""Cells of a submission are restored, and what is written elsewhere is found."""

import re
from copy import deepcopy
from pathlib import Path

import nbformat
import pytest
from course_files import make_release
from nbformat import NotebookNode
from submissions import ATTACKS, HONEST

from notebooks.course import assignment, cells

EDITED = {n: (s.edit, s.reads > 0) for n, s in (HONEST | ATTACKS).items() if s.edit}


@pytest.fixture(scope="module")
def release() -> NotebookNode:
    return make_release()


@pytest.fixture(scope="module")
def source() -> NotebookNode:
    return assignment.make_assignment("en")


@pytest.fixture
def notebook(release: NotebookNode) -> NotebookNode:
    """What a student hands in, before it is edited."""
    return deepcopy(release)


def edit(notebook: NotebookNode, **texts: str) -> NotebookNode:
    for cell in notebook.cells:
        cell.source += texts.get(cell.id.replace("-", "_"), "")
    return notebook


def test_deleted_and_edited_cells_are_told(
    notebook: NotebookNode, release: NotebookNode, source: NotebookNode
) -> None:
    deleted, *_, edited = assignment.POINTS_BY_CHECK
    question = min(assignment.POINTS_BY_QUESTION)
    notebook.cells = [c for c in notebook.cells if c.id not in (deleted, question)]
    notebook.cells[2].metadata |= {"nbgrader": "a student's", "id": ["a list"]}
    next(c for c in notebook.cells if c.id == edited).source = "5.0"
    lines = [*cells.restore(notebook, release, source)]
    assert {*lines} == {
        f"cell {deleted} was deleted, and is put back",
        f"cell {question} was deleted, and is put back",
        f"cell {edited} was edited, and was restored",
    }
    order = [c.id for c in release.cells if cells.nbgrader_of(c)]
    assert [c.metadata.nbgrader.grade_id for c in notebook.cells if cells.nbgrader_of(c)] == order


@pytest.mark.parametrize("name", EDITED)
def test_what_students_do_to_cells_is_mended(
    name: str, notebook: NotebookNode, release: NotebookNode, source: NotebookNode
) -> None:
    edit_cells, is_answered = EDITED[name]
    edit_cells(notebook)
    list(cells.restore(notebook, release, source))
    marked = {
        nbgrader.grade_id: cell for cell in notebook.cells if (nbgrader := cells.nbgrader_of(cell))
    }
    for cell in release.cells:
        if cells.is_check(cell) or cells.is_question(cell):
            assert marked[cell.id].metadata.nbgrader == cell.metadata.nbgrader
        if cells.is_check(cell):
            assert marked[cell.id].source == cell.source + assignment.NO_POINTS
    assert sum(map(cells.is_check, notebook.cells)) == len(assignment.POINTS_BY_CHECK)
    cells.take_out_hidden(notebook)
    templates = {cell.source for cell in release.cells if cells.is_question(cell)}
    answers = [c for c in filter(cells.is_question, notebook.cells) if c.source not in templates]
    assert bool(answers or cells.find_prose(notebook, release)) == is_answered


def test_text_outside_the_marked_cells_is_found(release: NotebookNode) -> None:
    assert cells.find_prose(deepcopy(release), release) == []
    code = "\n# classifier = train(5)\n!ls\nfiles = !ls\ntraining_examples?\n"
    code += 'print("Network #2 is better than the first one")'
    answers = {"linear_question_answer": "Nine.", "task_2_answer": code}
    assert cells.find_prose(edit(deepcopy(release), **answers), release) == []
    absurd = f"x = {'-' * 10_000}1"  # Python has no memory to parse it
    for own, found in (("%%bash\nls -la data", []), (absurd, [absurd])):
        notebook = deepcopy(release)
        notebook.cells.append(nbformat.v4.new_code_cell(own))
        assert cells.find_prose(notebook, release) == found
    text = "It mixes up 4 and 9 and also 3 and 8."
    assert len(cells.find_prose(edit(deepcopy(release), linear_question=text), release)) == 1
    for written in (f"# {text}", f'"{text}"', f"'''{text}'''", f'"""{text}"""', f"##{text}"):
        answered = edit(deepcopy(release), task_2_answer=f"\n!ls\n{written}\nx = 3")
        assert cells.find_prose(answered, release) == [text]
    for new in (nbformat.v4.new_markdown_cell("九个"), nbformat.v4.new_code_cell("nine of ten")):
        notebook = deepcopy(release)
        notebook.cells.insert(5, new)
        assert cells.find_prose(notebook, release) == [new.source]


@pytest.mark.parametrize(
    "comment",
    [
        "Nine of ten (4 and 9 look alike, I think)",
        "I say 90% = nine of ten, as 4 and 9 look alike",
        "about 90 of 100",
        "nine in ten",
        "Nine (or ten)",
        "Answer: 90",
        "is it nine?",
        "九十",
        "大约九十个, 因为4和9很像",
    ],
)
def test_comments_that_may_be_answers_are_found(
    comment: str, notebook: NotebookNode, release: NotebookNode
) -> None:
    edit(notebook, task_2_answer=f"\n# !pip install mnist_nn\nx = 3  # {comment}")
    assert cells.find_prose(notebook, release) == [comment]


@pytest.mark.parametrize(
    "comment",
    [
        "TODO",
        "---",
        "0.9012",
        "classifier = train(0.05, [100])",
        "import numpy as np",
        "print(training_targets.head(), 'nine of ten')",
        "!pip install mnist_nn",
        "%matplotlib inline",
        "classifier = train(\n#     0.05, 100,\n#     seed=SEED,\n# )",
        "for digit in range(10):\n#     print(digit)",
    ],
)
def test_comments_with_code_are_no_answers(
    comment: str, notebook: NotebookNode, release: NotebookNode
) -> None:
    edit(notebook, task_2_answer=f"\n# {comment}\nx = 3")
    assert cells.find_prose(notebook, release) == []


@pytest.mark.parametrize(
    "own", ["", "%%time\nmodel = train()", "model?\nmodel = !ls", "%time model\nmodel = 1"]
)
def test_models_of_the_given_cells_are_no_answers(
    own: str, notebook: NotebookNode, release: NotebookNode
) -> None:
    notebook.cells.append(nbformat.v4.new_code_cell(own))
    cells.insert_saves(notebook, release, Path("answers"), "")
    saves = [cell.source for cell in notebook.cells if "saves" in cell.metadata]
    names = {name for source in saves for name in re.findall(r"\w+", source)}
    assert len(saves) > 1
    assert ("model" in names) == (not own)


def test_answers_are_the_names_that_no_given_cell_assigns() -> None:
    given = """import numpy as np
from pathlib import Path as Place
data: list[int] = []
def measure(model): return model
class Scale: pass
"""
    cell = nbformat.v4.new_code_cell(given, metadata={"nbgrader": {"locked": True}})
    code = "measure(Scale(np, data, Place), classifier, [len(net) for net in networks],"
    code += " max(networks, key=lambda network: network.loss))"
    check = nbformat.v4.new_code_cell(code, metadata={"nbgrader": {"locked": True, "grade": True}})
    assert cells.list_answers(check, [cell, check]) == ["classifier", "networks"]


def test_model_answers_stand_above_the_questions_that_they_answer() -> None:
    notebook, source = make_release(), assignment.make_assignment("en")
    question = min(assignment.POINTS_BY_QUESTION)
    for cell in (*notebook.cells, *source.cells):
        if cell.id == question:
            cell.metadata.nbgrader.grade_id = "cell-1a2b"  # as nbgrader's Create Assignment does
    cells.insert_model_answers(notebook, source)
    added = len(notebook.cells) - len(source.cells)
    assert added == len(assignment.POINTS_BY_QUESTION)
    position = [cell.id for cell in notebook.cells].index(question)
    rubric = assignment.read_sources("en")[assignment.MODEL_ANSWERS[question][-1]]
    assert rubric.splitlines()[-1] in notebook.cells[position - 1].source
