"""Save a student's answers: the text of this file runs in the student's kernel, before each check.

A student's code may change what it does, but gets no points by that: the judge gives them.
"""

import itertools
import json
import sys
from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

LARGE = 1_000_000  # values, or characters


def save_answers(
    names: Iterable[str], expected_names: Container[str], variables: dict[str, Any], folder: Path
) -> None:
    """Save answers in a folder: models as ``.keras``, all else in ``answers.json``.

    That file also says how many models there are in variables that are not expected to have any.

    Args:
        names: Of the answers.
        expected_names: Of the variables that may have models.
        variables: All of the kernel.
        folder: It is made.
    """
    folder.mkdir(parents=True)
    save = Saver(folder)
    answers = {}
    for name in names:
        value = variables.get(name)
        try:
            if isinstance(value, Iterator):  # it can be read once: the check that follows needs it
                value = variables[name] = list(itertools.islice(value, LARGE))
            answers[name] = save(value)
        except Exception as error:
            answers[name] = {"unsaved": f"{type(error).__name__}: {error}"[:300]}
    counts = {}
    for name in [*variables]:
        with suppress(Exception):  # a name that is no text, a class that raises
            if name not in expected_names and not name.startswith("_"):
                counts[name] = save.count_models(variables[name])
    text = json.dumps({"answers": answers, "other_models": counts})
    (folder / "answers.json").write_text(text, "utf-8")


class Saver:
    """Turns values into what JSON can hold."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.models: dict[int, str] = {}  # one that occurs twice is saved once

    def is_model(self, value: Any) -> bool:
        return isinstance(value, sys.modules["keras"].Model)

    def count_models(self, value: Any) -> int:
        values = [*value.values()] if type(value) is dict else value
        return sum(map(self.is_model, values if type(values) is list else [value]))

    def __call__(self, value: Any) -> Any:
        """Return what ``judge.Answers`` turns into the value again; save the models in it."""
        if value is None or value is ...:
            return None
        if isinstance(value, np.generic):  # such as a number of steps that is a key
            value = value.item()
        if self.is_model(value):
            if id(value) not in self.models:
                file = f"{len(self.models)}.keras"
                value.save(self.folder / file)
                self.models[id(value)] = file
            return {"model": self.models[id(value)]}
        if isinstance(value, bool | int | float | str):
            return value if len(str(value)) < LARGE else {"unknown": "a very long value"}
        if isinstance(value, pd.Series) and value.dtype == object:
            value = dict(value.items())
        if isinstance(value, Mapping):
            return {"pairs": [[self(key), self(each)] for key, each in value.items()]}
        if isinstance(value, list | tuple):
            if len(value) < LARGE:
                return {"list": [self(each) for each in value]}
            return {"unknown": f"a {type(value).__name__} of {len(value)} values"}
        if not isinstance(value, type):
            array = np.asarray(value)
            if array.dtype.kind in "biufUO" and array.size < LARGE:
                if array.dtype.kind != "O":
                    return {"array": array.tolist()}
                if array.shape:
                    return {"list": [self(each) for each in array]}
        return {"unknown": f"a {type(value).__module__}.{type(value).__qualname__}"}
