"""What becomes of a submission's cells while it is graded: restored, executed, judged."""

import ast
import builtins
import re
from collections.abc import Container, Iterable, Iterator, Sequence
from io import StringIO
from itertools import accumulate, compress
from pathlib import Path
from textwrap import dedent
from tokenize import COMMENT, generate_tokens
from typing import Any

import nbformat
from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode
from nbformat.corpus.words import generate_corpus_id

CHECK, END = "check", "end"  # answers are judged as they were at their check, and at the end
PARSE_ERRORS = (SyntaxError, ValueError, MemoryError, RecursionError)  # the last two: absurd code
OUTPUT_CHARACTERS = 1_000_000  # of a cell
SCRIPT = re.compile(r"\s*%%(bash|sh|script|writefile|system|perl|ruby|javascript|js)\b")
CODE = re.compile(r"=|\w\(|\bimport\b")  # but not the bracket in "Nine (or ten)"
SOLUTION = re.compile(r"### BEGIN SOLUTION\n(.*)\n### END SOLUTION", re.DOTALL)
HIDDEN_TESTS = re.compile(r"\n*### BEGIN HIDDEN TESTS\n.*\n### END HIDDEN TESTS", re.DOTALL)
SAVE_CELL = "{code}\nsave_answers({names!r}, {expected_names!r}, values, Path({folder!r}))"


def nbgrader_of(cell: NotebookNode) -> Any:
    """Return nbgrader's metadata of a cell, if they are any: a student may write anything there."""
    metadata = cell.metadata.get("nbgrader")
    return metadata if isinstance(metadata, dict) else {}


def is_check(cell: NotebookNode) -> bool:
    metadata = nbgrader_of(cell)
    return bool(metadata.get("grade")) and not metadata.get("solution")


def is_question(cell: NotebookNode) -> bool:
    metadata = nbgrader_of(cell)
    return bool(metadata.get("grade") and metadata.get("solution"))


def list_assigned(cells: Iterable[NotebookNode]) -> set[str]:
    """Return the names that cells assign, define or import."""
    names = set()
    for cell in cells:
        tree = parse(cell.source) if cell.cell_type == "code" else None
        for node in ast.walk(tree) if tree else ():
            match node:
                case ast.Name(id=name, ctx=ast.Store()):
                    names.add(name)
                case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                    names.add(name)
                case ast.alias(name=name, asname=asname):
                    names.add((asname or name).split(".")[0])
    return names


def list_answers(check: NotebookNode, cells: Iterable[NotebookNode]) -> list[str]:
    """Return the names in a check that no locked cell, such as the check itself, assigns."""
    locked = (cell for cell in cells if nbgrader_of(cell).get("locked"))
    nodes = [*ast.walk(ast.parse(check.source))]
    parameters = {node.arg for node in nodes if isinstance(node, ast.arg)}
    given_names = {*dir(builtins)} | list_assigned(locked) | parameters
    names = [n.id for n in nodes if isinstance(n, ast.Name) and n.id not in given_names]
    return [*dict.fromkeys(names)]


def restore(notebook: NotebookNode, release: NotebookNode, source: NotebookNode) -> Iterator[str]:
    """Put back what students have deleted, renamed or edited; yield a line for each.

    Args:
        notebook: What was handed in; it is changed.
        release: The assignment as students got it.
        source: The instructor's version, whose locked cells have hidden tests.
    """
    released = {nbgrader_of(c).grade_id: c for c in release.cells if nbgrader_of(c)}
    found = take_marked(notebook, released)
    notebook.nbformat_minor = 5  # the first with ids
    for cell in notebook.cells:
        cell.setdefault("id", generate_corpus_id())
    sources = {nbgrader_of(cell).get("grade_id"): cell.source for cell in source.cells}
    # From the end: a deleted cell is put before the one that follows it in the release, which is
    # there by then.
    position = len(notebook.cells)
    for grade_id, cell in reversed(released.items()):
        if grade_id in found:
            found[grade_id].metadata["nbgrader"] = cell.metadata.nbgrader
            position = next(i for i, c in enumerate(notebook.cells) if c is found[grade_id])
        elif nbgrader_of(cell).grade or nbgrader_of(cell).locked:
            yield f"cell {grade_id} was deleted, and is put back"
            found[grade_id] = nbformat.from_dict(cell)
            notebook.cells.insert(position, found[grade_id])
        if nbgrader_of(cell).locked:
            if drop_spaces(found[grade_id].source) != drop_spaces(cell.source):
                yield f"cell {grade_id} was edited, and was restored"
            found[grade_id].source = sources.get(grade_id, cell.source)
    restore_images(notebook, release)


def take_marked(notebook: NotebookNode, grade_ids: Container[str]) -> dict[str, NotebookNode]:
    """Take nbgrader's metadata off all cells; return those that have one of these ids, by id."""
    found: dict[str, NotebookNode] = {}
    unmarked = []
    for cell in reversed(notebook.cells):  # of several copies, the last one counts
        grade_id = str(nbgrader_of(cell).get("grade_id"))
        cell.metadata.pop("nbgrader", None)
        if grade_id not in grade_ids:
            unmarked.append(cell)
        elif grade_id not in found:
            found[grade_id] = cell
    for cell in unmarked:  # tools drop nbgrader's metadata; Colab moves the cell's id into others
        for cell_id in (str(cell.get("id")), str(cell.metadata.get("id"))):
            if cell_id in grade_ids and cell_id not in found:
                found[cell_id] = cell
    return found


def restore_images(notebook: NotebookNode, release: NotebookNode) -> None:
    """Put back attached images: older formats drop them, and without them there is no feedback."""
    images: dict[str, Any] = {}
    for cell in release.cells:
        images |= cell.get("attachments", {})
    for cell in (cell for cell in notebook.cells if cell.cell_type == "markdown"):
        if names := re.findall(r"attachment:([^)\s]+)", cell.source):
            lost = {name: {"text/plain": ""} for name in names}
            cell.attachments = lost | images | cell.get("attachments", {})


def find_prose(notebook: NotebookNode, release: NotebookNode) -> list[str]:
    """Return the texts that a student wrote outside the cells for written answers."""
    released_sources = {drop_spaces(cell.source) for cell in release.cells}
    given_lines = {line for cell in release.cells for line in list_comment_lines(cell)}
    texts = []
    for cell in notebook.cells:
        if is_question(cell) or drop_spaces(cell.source) in {*released_sources, ""}:
            continue
        if cell.cell_type == "code" and SCRIPT.match(cell.source):  # in another language
            continue
        if cell.cell_type != "code" or not parse(cell.source):
            texts.append(cell.source)
        else:
            lines = [line for line in list_comment_lines(cell) if line not in given_lines]
            if not is_code("\n".join(lines)):  # as a call of several lines is
                texts += [line.strip() for line in lines if not is_code(line)]
    return texts


def list_comment_lines(cell: NotebookNode) -> list[str]:
    """Return the lines of a cell's comments, and of the strings that nothing uses."""
    tree = parse(cell.source) if cell.cell_type == "code" else None
    if not tree:
        return []
    tokens = generate_tokens(StringIO(to_python(cell.source)).readline)
    found = [token.string.lstrip("#") for token in tokens if token.type == COMMENT]
    values = [node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)]
    found += [v.value for v in values if isinstance(v, ast.Constant) and isinstance(v.value, str)]
    return [line for text in found for line in text.splitlines()]


def is_code(comment: str) -> bool:
    """Return whether a comment has code, a shell command or a single word, and no sentence.

    "Nine in ten" and "Answer: 90" can be parsed, too: code has a call, an assignment or an import.
    """
    text = dedent(comment).strip()
    is_word = text.isascii() and len(text.split()) < 2
    if is_word or re.fullmatch("[!%].*", text):  # of one line: a sentence may follow
        return True
    try:
        ast.parse(text)  # without IPython, which takes "Is it nine?" for a command
    except PARSE_ERRORS:
        return False
    return bool(CODE.search(text))


def to_python(code: str) -> str:
    """Return code as Python: what IPython adds, such as ``!ls``, becomes calls of get_ipython()."""
    code = re.sub(r"\A\s*%%.*", "", code)  # the rest of such a cell is code, too
    return str(TransformerManager().transform_cell(code))


def parse(code: str) -> ast.Module | None:
    """Return the tree of a cell's code, or None if it is no code."""
    try:
        return ast.parse(to_python(code))
    except PARSE_ERRORS:
        return None


def drop_spaces(text: str) -> str:
    return "".join(text.split())


def take_out_hidden(notebook: NotebookNode) -> None:
    """Take out the hidden tests, which keep nbgrader's own grading from giving points."""
    for cell in filter(is_check, notebook.cells):
        cell.source = HIDDEN_TESTS.sub("", cell.source)


def insert_saves(notebook: NotebookNode, release: NotebookNode, folder: Path, code: str) -> None:
    """Insert cells that save the answers, before each check and at the end.

    Args:
        notebook: What was handed in, after :func:`restore`; it is changed.
        release: The assignment as students got it.
        folder: Where the answers are saved: at each check in a folder named after it, then in END.
        code: The text of ``save.py``.
    """
    checks = [cell for cell in notebook.cells if is_check(cell)]
    answers = {nbgrader_of(c).grade_id: list_answers(c, notebook.cells) for c in checks}
    all_answers = [*dict.fromkeys(name for names in answers.values() for name in names)]
    sources = {drop_spaces(cell.source) for cell in release.cells}
    own = (cell for cell in notebook.cells if drop_spaces(cell.source) not in sources)
    # Models are expected in answers, and in what the release assigns unless the student does, too.
    expected_names = [*all_answers, *sorted(list_assigned(release.cells) - list_assigned(own))]
    cells = []
    for cell in notebook.cells:
        if is_check(cell):
            grade_id = nbgrader_of(cell).grade_id
            cells.append(make_save(answers[grade_id], expected_names, folder / grade_id, code))
        cells.append(cell)
    notebook.cells = [*cells, make_save(all_answers, expected_names, folder / END, code)]


def make_save(names: list[str], expected_names: list[str], folder: Path, code: str) -> NotebookNode:
    text = SAVE_CELL.format(
        code=code, names=names, expected_names=expected_names, folder=str(folder)
    )
    # Students may have called variables "globals" or "exec".
    source = f"__import__('builtins').exec({text!r}, {{'values': (lambda: 0).__globals__}})"
    cell: NotebookNode = nbformat.v4.new_code_cell(source, metadata={"saves": folder.name})
    return cell


def take_out_saves(notebook: NotebookNode) -> None:
    notebook.cells = [cell for cell in notebook.cells if "saves" not in cell.metadata]


def shorten_outputs(notebook: NotebookNode) -> None:
    """Leave out the outputs of a cell after its first million characters."""
    for cell in (cell for cell in notebook.cells if cell.cell_type == "code"):
        sizes = accumulate(len(str(output)) for output in cell.outputs)
        short = [size <= OUTPUT_CHARACTERS for size in sizes]
        if not all(short):
            cell.outputs = [
                *compress(cell.outputs, short),
                make_text_output("Longer outputs are left out."),
            ]


def make_text_output(text: str) -> NotebookNode:
    output: NotebookNode = nbformat.v4.new_output("stream", name="stdout", text=f"{text}\n")
    return output


def read_shown(cell: NotebookNode) -> str:
    """Return what a check showed as the notebook ran: its line, or an error."""
    for output in reversed(cell.outputs):
        if output.output_type == "error":
            return f"{output.get('ename')}: {output.get('evalue', '')}"[:300]
        if text := output.get("data", {}).get("text/plain"):
            return str("".join(text))[:2_000]
    return ""


def write_result(cell: NotebookNode, lines: Sequence[str], points: float) -> None:
    """Show what the judge says, and the points where nbgrader reads them."""
    points_output = nbformat.v4.new_output(
        "execute_result", {"text/plain": f"{points:g}"}, execution_count=cell.execution_count
    )
    cell.outputs = [make_text_output("\n".join(lines)), points_output]


def insert_model_answers(notebook: NotebookNode, source: NotebookNode) -> None:
    """Insert the model answer and the rubric above each written answer, for whoever grades it."""
    questions = filter(is_question, source.cells)
    answers = {nbgrader_of(c).grade_id: SOLUTION.search(c.source) for c in questions}
    cells = []
    for cell in notebook.cells:
        if is_question(cell) and (found := answers.get(nbgrader_of(cell).grade_id)):
            quoted = "\n".join(f"> {line}".rstrip() for line in found[1].splitlines())
            cells.append(nbformat.v4.new_markdown_cell(quoted))
        cells.append(cell)
    notebook.cells = cells
