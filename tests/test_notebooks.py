"""The notebooks run to their end in silence, and a failing one leaves the saved one as it was."""

import re
from pathlib import Path

import nbformat
import pytest

from notebooks import build

NOTEBOOKS = Path(build.__file__).parent
SOURCES = sorted((NOTEBOOKS / "source").glob("*.py"))


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of notebooks with no source yet."""
    monkeypatch.setattr(build, "NOTEBOOKS", tmp_path / "notebooks")
    (tmp_path / "notebooks" / "source").mkdir(parents=True)
    return tmp_path / "notebooks"


def write_source(workspace: Path, code: str) -> Path:
    (workspace / "source" / "try.py").write_text(
        f'# %% id="first"\n1 + 1\n\n# %% id="second"\n{code}\n'
    )
    return workspace / "en" / "try.ipynb"


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_notebook_executes_in_silence(source: Path) -> None:
    notebook = build.read_source(source)
    build.execute(notebook, source.name)  # raises at an error, and at anything on stderr
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            assert output.output_type != "error"
            # What a carriage return overwrites stays in a saved notebook.
            assert "\r" not in output.get("text", "")


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_saved_notebook_is_of_its_source_and_names_no_machine(source: Path) -> None:
    saved = nbformat.read(NOTEBOOKS / "en" / f"{source.stem}.ipynb", as_version=4)
    nbformat.validate(saved)
    expected = build.read_source(source)
    assert [(cell.id, cell.source) for cell in saved.cells] == [
        (cell.id, cell.source) for cell in expected.cells
    ]
    assert saved.metadata == build.METADATA
    for cell in saved.cells:
        assert set(cell.metadata) <= {"figure"}
        assert cell.cell_type == "markdown" or cell.execution_count
        for output in cell.get("outputs", []):
            assert output.output_type != "error"
            assert output.get("name") != "stderr"


def test_every_step_of_the_original_is_there_in_its_order() -> None:
    cells = build.read_source(NOTEBOOKS / "source" / "solution.py").cells
    text = "\n".join(cell.source for cell in cells)
    steps = [
        r"Licensed under the Apache License",
        r"# Classifying handwritten digits",
        r"## Setup",
        r"max_rows = 10",
        r"float_format",
        r"\.head\(10000\)",
        r"permutation",
        r"dataframe\.head\(\)",
        r"\*\*label\*\*",
        r"72:72",
        r"multi-class classification",
        r"parse_labels_and_features",
        r"\[0:7500\]\)\ntraining_examples\.describe\(\)",
        r"\[7500:10000\]\)\nvalidation_examples\.describe\(\)",
        r"plot_digit\(",
        r"## Task 1",
        r'keras\.Input\(shape=\(784,\), name="pixels"\)',
        r"create_training_dataset\(",
        r"`train_linear_classification_model`",
        r"five minutes",
        r"=0\.02,\n    steps=100,\n    batch_size=10",
        r"=0\.03,\n    steps=1000,\n    batch_size=30",
        r"## Task 2",
        r"YOUR CODE HERE",
        r'load_mnist_dataframe\("test"\)',
        r"test_examples\.describe\(\)",
        r"YOUR CODE HERE",
        r"`train_nn_classification_model`",
        r"=0\.05,\n    steps=1000,\n    batch_size=30,\n    hidden_units=\[100, 100\]",
        r"predict\(test_examples, batch_size=100",
        r"Accuracy on test data: {accuracy:0\.2f}",
        r"## Task 3",
        r"weights0 shape:",
        r"plot_weights\(weights0, limit=limit\)",
        r"What is different",
        r"steps=10,",
        r"plot_weights\(weights0, limit=limit\)",
        r"steps=100,",
        r"plot_weights\(weights0, limit=limit\)",
    ]
    assert re.search(".*?".join(steps), text, re.DOTALL)


def test_build_writes_executed_notebook_and_figure(workspace: Path) -> None:
    path = write_source(workspace, "print('done')")
    with (workspace / "source" / "try.py").open("a") as file:
        file.write('\n# %% id="third" figure="line.png"\n')
        file.write("import matplotlib.pyplot as plt\n\nplt.plot([1, 2])\nplt.show()\n")
    build.main(["try"])
    first = path.read_bytes()
    assert nbformat.reads(first.decode(), 4).cells[1].outputs[0].text == "done\n"
    assert (workspace / "figures" / "line.png").read_bytes().startswith(b"\x89PNG")
    build.main(["try"])
    assert path.read_bytes() == first
    assert {file.name for file in path.parent.iterdir()} == {"try.ipynb"}


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("import sys\nprint('careful', file=sys.stderr)", "careful"),
        ("print('WARNING:tensorflow:retracing')", "retracing"),
    ],
)
def test_failing_cell_is_named_and_leaves_the_saved_notebook(
    workspace: Path, code: str, reason: str
) -> None:
    path = write_source(workspace, code)
    path.parent.mkdir()
    path.write_text("as it was")
    with pytest.raises(build.NotebookError, match=reason) as error:
        build.main(["try"])
    assert "notebooks/en/try.ipynb, cell second" in str(error.value)
    assert path.read_text() == "as it was"
    assert [file.name for file in path.parent.iterdir()] == ["try.ipynb"]
