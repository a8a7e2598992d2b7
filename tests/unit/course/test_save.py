"""Answers are saved for the judge."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from notebooks.course import judge, save


def fail() -> Iterator[int]:
    yield 1
    raise RuntimeError("odd")


def test_answers_are_saved_as_they_are(tmp_path: Path) -> None:
    values: dict[str, Any] = {
        "number": np.float64(0.5),
        "digits": iter([1, 2]),
        "array": np.arange(3),
        "nested": {10: [None, "text"], "tensor": keras.ops.ones(2)},
        "dots": ...,
        "failing": fail(),
        "strange": object(),
        "large": "x" * save.LARGE,
    }
    save.save_answers(values, values, values, tmp_path / "end")
    answers = judge.Answers(tmp_path / "end")
    assert answers.read("number") == 0.5
    assert answers.read("digits") == values["digits"] == [1, 2]  # the check can still read them
    assert answers.read("array").tolist() == [0, 1, 2]
    nested = answers.read("nested")
    assert nested[10] == [None, "text"]
    assert nested["tensor"].tolist() == [1, 1]
    assert answers.read("dots") is None
    for name in ("failing", "strange", "large"):
        with pytest.raises(judge.NoAnswerError, match=name):
            answers.read(name)


class Odd:
    """An object that nothing can ask for its class."""

    @property
    def __class__(self) -> type:
        raise RuntimeError("odd")

    @__class__.setter
    def __class__(self, value: type) -> None:
        raise RuntimeError("odd")


def test_odd_variables_do_not_lose_the_answers(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(10)])
    variables: dict[Any, Any] = {"number": 0.5, "odd": Odd(), 5: model, "mine": [model]}
    save.save_answers(["number"], ["number"], variables, tmp_path / "end")
    answers = judge.Answers(tmp_path / "end")
    assert answers.read("number") == 0.5
    assert answers.other_models == {"mine": 1}
