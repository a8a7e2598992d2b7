"""The judge, in a process without a student's code."""

from pathlib import Path
from typing import Any

import keras
import nbformat
import numpy as np
import pytest
from course_files import make_release
from split import split_exercise

from mnist_nn.check_result import CheckResult
from notebooks import build
from notebooks.course import assignment, judge, save
from notebooks.course.cells import CHECK, END
from notebooks.course.results import Verdict


class Unknown(keras.layers.Layer):  # type: ignore[misc]
    """A layer that the judge does not know."""

    def call(self, inputs: Any) -> Any:
        return inputs


def fit_linear(data: Any) -> keras.Model:
    """Return a linear model of some 0.85 on the validation set, without training."""
    examples, targets = data.training_examples, data.training_targets
    model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(10, activation="softmax")])
    x = np.c_[examples.to_numpy(), np.ones(len(examples))]
    weights = np.linalg.solve(x.T @ x + 10 * np.eye(785), x.T @ np.eye(10)[targets.to_numpy()])
    model.layers[0].set_weights([10 * weights[:-1], 10 * weights[-1]])
    return model


def test_judge_judges_what_was_saved(
    tmp_path: Path, train_table: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a process of its own, which knows nothing of the classes of this one."""
    monkeypatch.setattr(build, "project_address", lambda: "https://github.com/someone/digits")
    notebook, release = make_release(), tmp_path / "exercise.ipynb"
    check = next(cell for cell in notebook.cells if cell.id == "check-network")
    check.metadata.nbgrader.grade_id = "cell-1a2b"  # as nbgrader's Create Assignment names it
    nbformat.write(notebook, release)
    linear = fit_linear(split_exercise(train_table, seed=1))
    custom = keras.Sequential([keras.Input((784,)), Unknown(), keras.layers.Dense(10)])
    answers = tmp_path / "answers"
    names = ["linear_classifier", "classifier", "networks"]
    first = {"linear_classifier": None, "classifier": custom, "mine": linear}
    save.save_answers(names[:1], names, first, answers / "check-linear")
    save.save_answers(names[1:2], names, first, answers / "cell-1a2b")
    last = {**first, "linear_classifier": linear, "networks": {10: linear, 100: linear}}
    save.save_answers(names, names, last, answers / END)
    verdicts, problem = judge.run_judge(release, answers)
    assert not problem
    found = {(each.grade_id, each.state): each for each in verdicts}
    assert "there are models in mine" in found["check-linear", CHECK].problem
    best = found["check-linear", END]
    assert best.models["linear_classifier"]["accuracy"] > 0.8
    assert f"{best.models['linear_classifier']['accuracy']:.4f}" in best.message
    assert "cannot be loaded without" in found["cell-1a2b", CHECK].problem
    if "check-networks" in assignment.POINTS_BY_CHECK:
        assert found["check-networks", END].score == 0


def test_scores_are_shares_and_equal_models_are_told(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(10)])
    pair = {"one": model, "two": keras.models.clone_model(model)}
    pair["two"].set_weights(model.get_weights())
    save.save_answers(pair, pair, pair, tmp_path / END)
    for given, score in ((3.0, 1), (-1.0, 0), (0.5, 0.5)):
        found = Verdict("check-networks", END)
        code = f"CheckResult(True, 'yes', {given})"
        judge.judge_check(found, code, [*pair], tmp_path / END, {"CheckResult": CheckResult})
        assert found.score == score
        assert found.problem == "some of one, two have the same weights"


def test_limits_of_the_system_are_kept_if_they_are_lower(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource", reason="Windows has no limits")
    found: dict[int, tuple[int, int]] = {}
    monkeypatch.setattr(resource, "setrlimit", found.__setitem__)
    for present, expected in (
        (200, (200, 200)),
        (judge.MEMORY + 1, (judge.MEMORY, judge.SECONDS)),
        (resource.RLIM_INFINITY, (judge.MEMORY, judge.SECONDS)),
    ):
        monkeypatch.setattr(resource, "getrlimit", lambda _, hard=present: (hard, hard))
        judge.limit_resources()
        data, cpu = resource.RLIMIT_DATA, resource.RLIMIT_CPU
        assert (found[data], found[cpu]) == tuple((limit, limit) for limit in expected)
