"""Judge the saved answers of a student, in a process in which no student's code runs.

    python -I -m notebooks.course.judge RELEASE.ipynb FOLDER

Prints a line of JSON for each check and state of the answers: see :class:`results.Verdict`.
"""

import contextlib
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

import nbformat
import numpy as np

from notebooks.course.cells import CHECK, END, is_check, list_answers, nbgrader_of, to_python
from notebooks.course.results import Verdict

MEMORY = 8 * 2**30  # bytes
SECONDS = 300  # of processor time
PATIENCE_SECONDS = 900  # of time for the process, on a busy machine
MODEL_BYTES = 200_000_000  # of a file


class NoShell:
    """What ``get_ipython()`` returns: the exercise's commands install what is here already."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *arguments: None


class NoAnswerError(Exception):
    """An answer that this process cannot load: a person has to look."""


def limit_resources() -> None:
    """Limit this process's memory and time, or keep limits that are lower already."""
    with contextlib.suppress(ImportError):  # on Windows, where tests run
        import resource

        for kind, most in ((resource.RLIMIT_DATA, MEMORY), (resource.RLIMIT_CPU, SECONDS)):
            _, present = resource.getrlimit(kind)
            limit = most if present == resource.RLIM_INFINITY else min(most, present)
            resource.setrlimit(kind, (limit, limit))


class Answers:
    """The answers that ``save.py`` has saved in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.models: dict[str, Any] = {}  # by file
        self.named: dict[str, Any] = {}  # models by the names of answers
        saved = json.loads((folder / "answers.json").read_text("utf-8"))
        self.trees: dict[str, Any] = saved["answers"]
        self.other_models: dict[str, int] = saved["other_models"]  # how many, by variable

    def read(self, name: str) -> Any:
        """Return an answer; raise a NoAnswerError if it was not saved, or cannot be loaded."""
        return self._convert(name, self.trees[name])

    def _convert(self, name: str, tree: Any) -> Any:
        if not isinstance(tree, dict):
            return tree
        ((kind, value),) = tree.items()
        if kind == "model":
            if value not in self.models:
                self.models[value] = load_model(name, self.folder / value)
            self.named[name] = self.models[value]
            return self.models[value]
        if kind == "pairs":
            keys = [self._convert(name, key) for key, _ in value]
            values = (
                self._convert(f"{name}[{key}]", each)
                for key, (_, each) in zip(keys, value, strict=True)
            )
            return dict(zip(keys, values, strict=True))
        if kind == "list":
            return [self._convert(f"{name}[{i}]", each) for i, each in enumerate(value)]
        if kind == "array":
            return np.asarray(value)
        if kind == "unknown":  # a value of another type
            raise NoAnswerError(f"{name} is {value}")
        raise NoAnswerError(f"{name} could not be saved ({value})")  # kind is "unsaved"


def load_model(name: str, path: Path) -> Any:
    """Load a model without running code that is saved with it."""
    import keras

    if not path.exists():
        raise NoAnswerError(f"{name} could not be saved")
    if path.stat().st_size > MODEL_BYTES:
        raise NoAnswerError(f"{name} is too large: {path.stat().st_size / 1e6:.0f} MB")
    error: Exception | None = None
    for options in ({}, {"compile": False}):  # a loss or metric of the student's own, say
        try:
            return keras.models.load_model(path, safe_mode=True, **options)
        except Exception as raised:
            error = error or raised
    reason = str(error).strip().split("\n")[0][:200]
    raise NoAnswerError(f"{name} cannot be loaded without the student's code ({reason})")


def describe_model(model: Any, data: dict[str, Any]) -> dict[str, Any]:
    """Return a model's accuracy on the validation set, and a fingerprint of its weights."""
    from mnist_nn.models import predict_probabilities

    weights = b"".join(np.asarray(weight).tobytes() for weight in model.weights)
    found: dict[str, Any] = {"weights": hashlib.sha256(weights).hexdigest()[:8]}
    with contextlib.suppress(Exception):  # the check says what is wrong with it
        digits = np.asarray(predict_probabilities(model, data["validation_examples"])).argmax(1)
        found["accuracy"] = round(float(np.mean(digits == data["validation_targets"])), 4)
    return found


def judge(release: Path, folder: Path) -> Iterator[Verdict]:
    """Yield what the release's own checks say of the answers in a folder.

    Each check gets the answers as they were there, and then, unless these have all points, as they
    were at the end.
    """
    cells = [c for c in nbformat.read(release, 4).cells if c.cell_type == "code"]
    data: dict[str, Any] = {"get_ipython": NoShell}
    for cell in cells:
        if nbgrader_of(cell).get("locked") and not is_check(cell):
            exec(to_python(cell.source), data)
    for cell in filter(is_check, cells):
        grade_id = nbgrader_of(cell).grade_id
        for state, place in ((CHECK, folder / grade_id), (END, folder / END)):
            if not (place / "answers.json").exists():
                continue
            verdict = Verdict(grade_id, state)
            try:
                judge_check(verdict, cell.source, list_answers(cell, cells), place, data)
            except NoAnswerError as error:
                verdict.problem = str(error)
            except Exception as error:  # of a strange model
                verdict.problem = f"{type(error).__name__}: {error}"[:300]
            yield verdict
            if verdict.score == 1:
                break


def judge_check(
    verdict: Verdict, code: str, names: list[str], folder: Path, data: dict[str, Any]
) -> None:
    """Fill in what a check says; if it raises an error, what was found before stays."""
    answers = Answers(folder)
    values = {name: answers.read(name) for name in names}
    verdict.problem = find_misnamed(values, answers.other_models)
    verdict.models = {name: describe_model(m, data) for name, m in answers.named.items()}
    result = eval(code, data | values)
    verdict.score, verdict.passed = min(1.0, max(0.0, float(result.score))), result.passed
    verdict.message = str(result.message)
    weights = [each["weights"] for each in verdict.models.values()]
    if result.passed and len({*weights}) < len(weights):
        verdict.problem = f"some of {', '.join(verdict.models)} have the same weights"


def find_misnamed(values: dict[str, Any], other_models: dict[str, int]) -> str:
    """Return what is said if an answer is missing and variables of other names have enough models.

    Args:
        values: The answers, by name; a missing one is None, or a dictionary of None.
        other_models: How many models are in other variables, by name.
    """
    others = {name: count for name, count in other_models.items() if count}
    for name, value in values.items():
        parts = [*value.values()] if isinstance(value, dict) else [value]
        is_missing = all(part is None for part in parts)
        if is_missing and 0 < len(parts) <= sum(others.values()):
            return f"{name} has no value, but there are models in {', '.join(others)}"
    return ""


def run_judge(release: Path, folder: Path) -> tuple[list[Verdict], str]:
    """Judge in a process of its own; return the verdicts, and what went wrong, or ""."""
    command = [sys.executable, "-I", "-m", "notebooks.course.judge"]
    command += [str(release.resolve()), str(folder)]
    problem = ""
    with tempfile.TemporaryDirectory() as empty:
        try:
            run = subprocess.run(
                command, cwd=empty, capture_output=True, text=True, timeout=PATIENCE_SECONDS
            )
            out = run.stdout
            if run.returncode:
                reason = (run.stderr.strip().splitlines() or [f"exit code {run.returncode}"])[-1]
                problem = f"the answers could not be judged ({reason[:200]})"
        except subprocess.TimeoutExpired as error:
            out = (error.stdout or b"").decode(errors="replace")  # bytes, also with text=True
            problem = "the answers took too long to judge"
    # The last line may have been cut off.
    lines = [line for line in out.splitlines() if line.startswith("{") and line.endswith("}")]
    return [Verdict(**json.loads(line)) for line in lines], problem


def main(release: str, folder: str, out: TextIO) -> None:
    limit_resources()
    for verdict in judge(Path(release), Path(folder)):
        print(json.dumps(asdict(verdict)), file=out, flush=True)


if __name__ == "__main__":
    os.environ["MPLBACKEND"] = "agg"
    warnings.simplefilter("ignore")
    stdout = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):  # what the notebook's cells print
        main(sys.argv[1], sys.argv[2], stdout)
