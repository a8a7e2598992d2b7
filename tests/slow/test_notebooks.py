"""The notebooks run to their end in silence, and a failing one leaves the saved one as it was."""

import ast
import base64
import errno
import html
import os
import re
import signal
import subprocess
import sys
import time
import tomllib
import warnings
from itertools import zip_longest
from pathlib import Path
from typing import Any

import matplotlib
import nbformat
import psutil
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.interactiveshell import InteractiveShell
from sizes import SMALL_SIZES
from split import Split

import mnist_nn
from mnist_nn.language import LANGUAGES, Language
from notebooks import build, languages
from notebooks.course import assignment

SOLUTION = build.Edition("exercise", "solution", "en")
EXERCISE = build.Edition("exercise", "exercise", "en")
EXERCISES = [edition for edition in build.editions() if edition.name == "exercise"]

# What else takes less time, and shows as much.
SMALLER = {
    "going_further": {
        "shuffled[0:7500]": "shuffled[0:2000]",
        "shuffled[7500:10000]": "shuffled[9000:10000]",
        '"dropout": [0.0, 0.2]': '"dropout": [0.2]',
        "layers.Dense(400": "layers.Dense(40",
        "[0.02, 0.05, 0.1]": "[0.05]",
        "[0.003, 0.03, 0.3]": "[0.003, 0.03]",
    },
    "porting": {
        "range(12)": "range(1)",
        'for model in ("linear", "nn")': 'for model in ("linear",)',
        "range(3)": "range(1)",
        'show_trap("nn 0.05/1000/30"': 'show_trap("nn 0.05/10/30"',
        'show_trap("linear 0.03/1000/30"': 'show_trap("linear 0.02/100/10"',
    },
}


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of notebooks with no source yet."""
    monkeypatch.setattr(build, "NOTEBOOKS", tmp_path / "notebooks")
    monkeypatch.setattr(build, "LANGUAGES", {code: Language(code) for code in ("en", "la")})
    monkeypatch.setattr(build, "find_unknown", tuple)
    monkeypatch.setattr(build, "CHECKS", (build.check_editions, build.check_translations))
    (tmp_path / "notebooks" / "source").mkdir(parents=True)
    return tmp_path / "notebooks"


def write_source(workspace: Path, code: str) -> Path:
    text = f'# %% id="first"\n1 + 1\n\n# %% id="second"\n{code}\n'
    (workspace / "source" / "try.py").write_text(text)
    return workspace / "en" / "try.ipynb"


def test_everything_is_up_to_date() -> None:
    build.main(["check"])


@pytest.mark.parametrize(
    "source", ["going_further", pytest.param("porting", marks=pytest.mark.weekly)]
)
def test_notebook_executes_in_silence(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In English: other languages differ in words alone. The exercise runs with its solutions."""
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")  # the search needs no worker processes
    edition = build.Edition(source, source, "en")
    notebook = build.make(edition)
    for cell in notebook.cells:
        if "parameters" in cell.metadata.get("tags", []):
            cell.source = SMALL_SIZES
        for text, smaller in SMALLER[source].items():
            cell.source = cell.source.replace(text, smaller)
    build.run_async(build.execute(notebook, str(edition)))  # raises at an error, and at a log line
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            assert output.output_type != "error"
            # What a carriage return overwrites stays in a saved notebook.
            assert "\r" not in output.get("text", "")


def test_saved_notebook_names_no_machine() -> None:
    for edition in build.editions():
        saved = build.read_saved(edition)
        assert saved is not None
        nbformat.validate(saved)
        assert saved.metadata == build.METADATA | {
            "mnist_nn": {"generated_from": f"notebooks/source/{edition.source}.py"}
        }
        for cell in saved.cells:
            assert set(cell.metadata) <= {"tags"}, str(edition)
            outputs = cell.get("outputs", [])
            for output, following in zip_longest(outputs, outputs[1:]):
                if "image/png" in output.get("data", {}):
                    text = output.metadata["image/png"]["alt"]
                    assert len(text) > 30, str(edition)
                    has_letters = LANGUAGES[edition.language].fonts  # of its own
                    assert re.search(r"[^\W\da-zA-Z_]" if has_letters else "[a-z]", text)
                    # JupyterLab shows no alternative text of an image: it follows as text.
                    assert html.escape(text) in following.data["text/html"]
                elif "<img" in output.get("data", {}).get("text/html", ""):
                    assert '<img alt="' in output.data["text/html"]  # an animation
                    assert len(output.data["text/html"]) < 3e6
                assert output.output_type != "error"
                assert output.get("name") != "stderr"


def code_without_texts(notebook: Any) -> list[Any]:
    """Return the code of each cell as a syntax tree without its strings; comments are gone, too."""
    transform = TransformerManager().transform_cell  # a line that begins with ! is no Python
    code = [transform(cell.source) for cell in notebook.cells if cell.cell_type == "code"]
    trees = [ast.parse(source) for source in code]
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                node.values = [part for part in node.values if not isinstance(part, ast.Constant)]
            elif isinstance(node, ast.FormattedValue):
                node.format_spec = None  # languages group thousands in their own way
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                node.value = ""
    return [ast.dump(tree) for tree in trees]


def test_code_is_the_same_in_all_languages() -> None:
    for edition in build.editions():
        ours, english = build.make(edition), build.make(edition._replace(language="en"))
        assert code_without_texts(ours) == code_without_texts(english), str(edition)
        assert [cell.id for cell in ours.cells] == [cell.id for cell in english.cells], str(edition)


def run_exercise(edition: build.Edition, answers: dict[str, str]) -> list[str]:
    """Execute an exercise with answers put into cells; return what the checks say.

    All checks stand at the end once more. A notebook with answers has been through other hands.
    """
    notebook = build.make(edition)
    checks = [cell for cell in notebook.cells if cell.id.startswith("check-")]
    for cell in notebook.cells:
        cell.source = answers.get(cell.id, cell.source)
    notebook.cells += [nbformat.v4.new_code_cell(cell.source) for cell in checks]
    sources = {cell.source for cell in checks}
    if answers:
        notebook = upgraded(saved_by_hand(notebook))
    build.run_async(build.execute(notebook, str(edition)))
    results = [cell.outputs for cell in notebook.cells if cell.source in sources]
    assert all(len(outputs) == 1 for outputs in results)  # nothing is shown twice
    return [outputs[0].data["text/plain"] for outputs in results]


def upgraded(notebook: Any) -> Any:
    """Take a notebook through the old format 3, which knows no ids of cells, and back."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the ids that are lost
        old = nbformat.reads(nbformat.writes(nbformat.convert(notebook, 3)), as_version=3)
        return nbformat.convert(old, 4)


def saved_by_hand(notebook: Any) -> Any:
    """Save and read a notebook with whatever else an editor writes into it."""
    notebook.metadata.language_info.update(version="3.11.7", file_extension=".py")
    for cell in notebook.cells:
        cell.metadata.update(trusted=True, editable=True, tags=[], jp_order=1)
    return nbformat.reads(nbformat.writes(notebook, split_lines=False), as_version=4)


# Each language is executed once: English as the solution, Korean here, Chinese in the weekly test.
# Their code is the same.
@pytest.mark.parametrize("edition", EXERCISES[1:-1] or EXERCISES[:1], ids=str)
def test_unanswered_exercise_runs_to_its_end_and_says_so(edition: build.Edition) -> None:
    said = run_exercise(edition, {})
    assert len(said) == 2 * len(assignment.POINTS_BY_CHECK)
    assert all(line.startswith("✘") and "\n" not in line for line in said)


@pytest.mark.weekly
def test_solutions_pass_the_checks_when_pasted() -> None:
    edition = EXERCISES[-1]
    solution = {
        cell.id: cell.source for cell in build.make(edition._replace(name="solution")).cells
    }
    pasted = {
        cell: "\n".join(solution[part] for part in parts)
        for cell, parts in assignment.ANSWERS.items()
    }
    said = run_exercise(edition, pasted)
    assert len(said) == 2 * len(assignment.POINTS_BY_CHECK)
    assert all(line.startswith("✔") and "\n" not in line for line in said), said


def outputs_of(notebook: Any, kind: str) -> list[tuple[str, str]]:
    """Return what cells print (``text/plain``) or draw (``image/png``), each with the cell's id."""
    return [
        (cell.id, output.get("text", output.get("data", {}).get(kind, "")))
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if kind in output.get("data", {}) or (kind == "text/plain" and "text" in output)
    ]


def test_executed_solution_prints_and_draws_what_is_saved() -> None:
    """In float64, whatever the computer. Figures depend on Matplotlib's build as well."""
    notebook, saved = build.make(SOLUTION), build.read_saved(SOLUTION)
    build.run_async(build.execute(notebook, str(SOLUTION)))
    assert outputs_of(notebook, "text/plain") == outputs_of(saved, "text/plain")
    pinned = (build.NOTEBOOKS.parent / "constraints.txt").read_text().splitlines()
    if f"matplotlib=={matplotlib.__version__}" in pinned and sys.platform == "linux":
        assert outputs_of(notebook, "image/png") == outputs_of(saved, "image/png")


def test_answer_cells_begin_by_clearing_their_answers() -> None:
    cells = {cell.id: cell.source for cell in build.make(EXERCISE).cells}
    for cell, names in {
        "linear-first-call": ["linear_classifier = None"],
        "task-2-answer": ["classifier = None"],
        "test-answer": ["test_predictions = None", "accuracy = None"],
        "task-3-answer": ["networks = {10: None, 100: None, 1000: None}"],
    }.items():
        lines = [line.split("  #")[0] for line in cells.get(cell, "").splitlines()]
        assert cell not in cells or lines[: len(names)] == names


def run_and_fail(code: str, **variables: Any) -> list[str]:
    """Return the lines of the error that a cell shows."""
    shell: Any = InteractiveShell(user_ns=variables)
    shown: list[str] = []
    shell._showtraceback = lambda kind, error, lines: shown.extend("\n".join(lines).splitlines())
    shell.run_cell(code)
    return shown


def test_errors_show_the_call_and_the_message(small: Split) -> None:
    code = "train_linear_classification_model(\n    0.05, 100, 8000, *data\n)"
    train = mnist_nn.train_linear_classification_model
    first, *_, last = run_and_fail(code, train_linear_classification_model=train, data=small)
    assert first == "----> 1 train_linear_classification_model("
    assert last.startswith("ValueError: batch_size 8000")


def test_first_cell_says_what_to_do_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    (cell,) = [cell for cell in build.make(EXERCISE).cells if cell.id == "install"]
    monkeypatch.setitem(sys.modules, "mnist_nn", None)
    *_, last = run_and_fail(cell.source)
    assert "mnist_nn" in last
    assert "Choose another" in cell.source


def test_first_screen_shows_digits_and_the_solution_is_small() -> None:
    for edition in EXERCISES:
        first = build.make(edition).cells[0]
        assert "](attachment:digits.png)" in first.source
        assert base64.b64decode(first.attachments["digits.png"]["image/png"])[:4] == b"\x89PNG"
        assert edition._replace(name="solution").path.stat().st_size < 1_500_000


def test_solutions_are_folded_away_in_the_exercise() -> None:
    cells = {cell.id: cell for cell in build.make(EXERCISE).cells}
    for task, call in [
        ("task-1-solution", "steps=1000"),
        ("task-2-solution", "hidden_units=[100, 100]"),
        ("task-3-solution", "plot_weights(weights0"),
    ]:
        text = cells[task].source
        assert cells[task].cell_type == "markdown"
        assert text.startswith("<details>\n\n<summary>")
        assert text.endswith("\n\n</details>")
        assert call in text
        assert not re.search("^#", text.replace("```python", ""), re.MULTILINE)
    code = "\n".join(cell.source for cell in cells.values() if cell.cell_type == "code")
    assert code.count("train_linear_classification_model(") == 1
    assert "train_nn_classification_model(\n" not in code


def test_every_step_of_the_original_is_there_in_its_order() -> None:
    text = "\n".join(cell.source for cell in build.make(SOLUTION).cells)
    figure = r"plot_weights\(weights0, limit=limit\)"
    steps = [
        *(r"# Classifying handwritten digits", r"max_rows = 10", r"float_format"),
        *(r"\.head\(10000\)", r"permutation", r"## Setup", r"dataframe\.head\(\)"),
        *(r"\*\*label\*\*", r"72:72", r"multi-class classification", r"parse_labels_and_features"),
        r"\[0:7500\]\)\ntraining_examples\.describe\(\)",
        r"\[7500:10000\]\)\nvalidation_examples\.describe\(\)",
        *(r"plot_digit\(", r"## Task 1", r'keras\.Input\(shape=\(784,\), name="pixels"\)'),
        *(r"create_training_dataset\(", r"`train_linear_classification_model`", r"five minutes"),
        r"=0\.02,\n    steps=100,\n    batch_size=10",
        r"=0\.03,\n    steps=1000,\n    batch_size=30",
        *(r"## Task 2", r'load_mnist_dataframe\("test"\)', r"test_examples\.describe\(\)"),
        r"`train_nn_classification_model`",
        r"=0\.05,\n    steps=1000,\n    batch_size=30,\n    hidden_units=\[100, 100\]",
        r"predict\(test_examples, batch_size=100",
        *(r"Accuracy on test data: {accuracy:0\.2f}", r"## Task 3", r"How do they differ"),
        *(r"for steps in \(10, 100, 1000\)", r"weights0 shape:", figure),
        *(r"networks\[10\]", figure, r"networks\[100\]", figure),
        r"Licensed under the Apache License",
    ]
    assert re.search(".*?".join(steps), text, re.DOTALL)


def test_execute_saves_notebook_and_figure(workspace: Path) -> None:
    path = write_source(workspace, "print('done')")
    with (workspace / "source" / "try.py").open("a") as file:
        file.write('\n# %% id="third" figure="line.png"\n')
        file.write("import matplotlib.pyplot as plt\n\nplt.plot([1, 2])\nplt.show()\n")
    build.main(["execute", "try"])
    first = path.read_bytes()
    assert nbformat.reads(first.decode(), 4).cells[1].outputs[0].text == "done\n"
    assert (workspace / "figures" / "line.png").read_bytes().startswith(b"\x89PNG")
    build.main(["execute", "try"])
    assert path.read_bytes() == first
    build.main(["write"])  # what was executed stays, as long as the code does
    assert path.read_bytes() == first
    source = workspace / "source" / "try.py"
    source.write_text(source.read_text().replace("'done')", "'done')  # at last\n# Good."))
    build.main(["write"])
    second = nbformat.reads(path.read_text("utf-8"), 4).cells[1]
    assert second.source == "print('done')  # at last\n# Good."
    assert second.outputs[0].text == "done\n"
    source.write_text(source.read_text().replace("'done'", "'# over'"))
    build.main(["write"])
    assert not nbformat.reads(path.read_text("utf-8"), 4).cells[1].outputs
    assert {file.name for file in path.parent.iterdir()} == {"try.ipynb"}


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("raise MemoryError('9 MiB')", "cell second: 9 MiB. Is there 1 GB of memory"),
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
        build.main(["execute", "try"])
    assert "notebooks/en/try.ipynb, cell second" in str(error.value)
    assert path.read_text() == "as it was"
    assert [file.name for file in path.parent.iterdir()] == ["try.ipynb"]


def test_all_that_fail_are_named_and_mistakes_of_the_script_are_raised(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(notebook: Any, name: str) -> None:
        raise error if "/la/" in name else build.NotebookError(f"{name} failed")

    monkeypatch.setattr(build, "execute", fail)
    write_source(workspace, "1 + 1")
    (workspace / "source" / "try.la.toml").touch()
    error: Exception = OSError("la failed")
    with pytest.raises(build.NotebookError, match="en/try.ipynb failed\nla failed"):
        build.main(["execute", "try"])
    error = TypeError("la failed")
    with pytest.raises(ExceptionGroup) as raised:
        build.main(["execute", "try"])
    assert [*map(type, raised.value.exceptions)] == [build.NotebookError, TypeError]


def test_without_a_font_a_notebook_is_not_executed(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_source(workspace, "1 + 1")
    (workspace / "source" / "try.la.toml").touch()
    latin = Language("Latina", fonts=("Old Roman Cursive",))
    monkeypatch.setattr(build, "LANGUAGES", {"en": Language("English"), "la": latin})
    build.main(["execute", "try"])
    said = capsys.readouterr().out
    assert re.search(r"la/try\.ipynb: left as it is, .* such as Old Roman Cursive$", said, re.M)
    assert path.exists()
    assert not (workspace / "la" / "try.ipynb").exists()


INTERRUPTED = """
from pathlib import Path
from mnist_nn.language import Language
from notebooks import build

build.NOTEBOOKS = Path.cwd() / "notebooks"
build.LANGUAGES = dict.fromkeys(("en", "la", "it"), Language(""))
build.run_command(build.main)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_interrupt_ends_all_kernels_and_saves_nothing(workspace: Path) -> None:
    running = f"Path({str(workspace)!r}, f'kernel-{{os.getpid()}}').touch()"
    code = f"import os\nimport time\nfrom pathlib import Path\n\n{running}\ntime.sleep(600)"
    write_source(workspace, code)
    for language in ("la", "it"):
        (workspace / "source" / f"try.{language}.toml").touch()
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, "execute", "try"],
        cwd=workspace.parent,
        env=os.environ | {"PYTHONPATH": str(Path(build.__file__).parents[1])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        while len(kernels := [*workspace.glob("kernel-*")]) < 2 and process.poll() is None:
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        printed = process.communicate(timeout=60)
    finally:
        process.kill()
    started = [f"notebooks/{language}/try.ipynb: started\n" for language in ("en", "la")]
    assert (process.returncode, *printed) == (1, "".join(started), "Interrupted\n")
    assert not [*workspace.glob("*/try.ipynb")]
    assert not any(psutil.pid_exists(int(path.name.split("-")[1])) for path in kernels)


@pytest.mark.parametrize("stop", [OSError(errno.ENOSPC, "disk full"), SystemExit("killed")])
def test_saved_notebook_is_whole_whatever_stops_its_writing(
    stop: BaseException, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_source(workspace, "1 + 1")
    build.main(["write"])
    before = path.read_bytes()
    write_source(workspace, "2 + 2")

    def write_half(path: Path, content: bytes) -> None:
        path.write_text("half")
        raise stop

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", write_half)
        with pytest.raises((build.NotebookError, SystemExit), match="disk full|killed"):
            build.main(["write"])
    assert path.read_bytes() == before
    build.main(["write"])
    assert [file.name for file in path.parent.iterdir()] == ["try.ipynb"]


def test_check_tells_what_is_out_of_date_and_what_mends_it(workspace: Path) -> None:
    write_source(workspace, "print('done')")
    with pytest.raises(build.NotebookError, match="try.ipynb is out of date.*make notebooks"):
        build.main(["check"])
    build.main(["write"])
    with pytest.raises(build.NotebookError, match="not executed.*make try"):
        build.main(["check"])
    build.main(["execute", "try"])
    build.main(["check"])
    with (workspace / "source" / "try.py").open("a") as file:
        file.write('\n# %% [markdown] id="prose"\n# Good morning.\n')
    (workspace / "source" / "try.la.toml").write_text('[first]\nhash = "0"\n[other]\n')
    (workspace / "source" / "try.en.toml").write_text('[summary]\ntext = "Open"\n')
    with pytest.raises(build.NotebookError) as error:
        build.main(["check"])
    for problem in (
        "notebooks/en/try.ipynb is out of date. Mend it with: make notebooks",
        "notebooks/la/try.ipynb is out of date. Mend it with: make notebooks",
        "notebooks/source/try.la.toml: [prose] has no text. Write one",
        "notebooks/source/try.la.toml: [summary] has no text. Write one",
        "the English of [first] has changed. Revise the entry, then run: "
        ".venv/bin/python notebooks/build.py stamp try.la",
        "notebooks/source/try.la.toml: there is no cell [other]. Take the entry out",
    ):
        assert problem in str(error.value)
    (workspace / "source" / "try.la.toml").write_text("[first]\n")  # with no hash
    build.main(["stamp", "try.la"])
    assert build.read_translation("try", "la")["first"]["hash"] == languages.short_hash("1 + 1")
    text = '[first]\n\n[prose]\ntext = """\n[A link](x.md),\n[note]\n"""\n'
    (workspace / "source" / "try.la.toml").write_text(text)
    build.main(["stamp", "try.la"])
    assert build.read_translation("try", "la")["prose"]["text"] == "[A link](x.md),\n[note]\n"
    for name in ("other", "try.en", "glossary"):
        with pytest.raises(build.NotebookError, match=rf"one of \['try.la'\], not '{name}'"):
            build.main(["stamp", name])
    (workspace / "source" / "try.la.toml").write_text("[first")
    with pytest.raises(tomllib.TOMLDecodeError, match=r"try\.la\.toml: Expected"):
        build.main(["write"])
    (workspace / "source" / "try.la.toml").unlink()
    (workspace / "en" / "try.ipynb").write_text("<<<<<<< HEAD")
    with pytest.raises(build.NotebookError, match=r"try\.ipynb is damaged .*: restore or delete"):
        build.main(["check"])


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ('id="first"', "2 cells have the id 'first'"),
        ('id="new" folded="yes"', r"\[new\] has folded, which is none of attach"),
        ('id="new" only="exam course"', r"\[new\] has exam, which is none of course, ex"),
        ('id="new" attach="digit.png"', r"\[new\] attaches digit.png, which is not in"),
        ("", "a cell has no id: 3"),
    ],
)
def test_mistakes_in_cells_of_a_source_are_told(workspace: Path, cell: str, reason: str) -> None:
    write_source(workspace, f"2\n\n# %% {cell}\n3")
    with pytest.raises(build.NotebookError, match=rf"notebooks/source/try\.py: {reason}"):
        build.main(["write"])


def test_address_of_the_project_brings_install_and_badge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "project_address", lambda: "")
    text = "\n".join(cell.source for cell in build.make(EXERCISE).cells)
    assert "Kernel > Change" in text
    assert "colab" not in text
    monkeypatch.setattr(build, "project_address", lambda: "https://github.com/someone/digits")
    text = "\n".join(cell.source for cell in build.make(EXERCISE).cells)
    archive = "https://github.com/someone/digits/archive/refs/heads/main.zip"  # needs no Git
    assert f"-m pip install -qq {{pip_options}} {archive}" in text
    assert "github/someone/digits/blob/main/notebooks/en/exercise.ipynb" in text


@pytest.mark.weekly
def test_install_cell_installs_from_a_local_address(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    root = build.NOTEBOOKS.parent
    if not (root / ".git").exists():
        pytest.skip("this is no Git repository")
    monkeypatch.setattr(build, "project_address", root.as_uri)
    cells = [cell.source for cell in build.make(EXERCISE).cells]
    (requirement,) = re.findall(r"git\+\S+", "\n".join(cells))
    assert requirement.startswith("git+file:///")
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(tmp_path)]
    subprocess.run([sys.executable, "-m", "pip", "wheel", *options, requirement], check=True)
    assert [*tmp_path.glob("mnist_nn-*.whl")]
