"""Docstrings of public names: they name every argument, and their examples run."""

import doctest
import importlib
import inspect
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from split import Split

import mnist_nn
from mnist_nn.data import data_folder

ROOMS = ("mnist_nn", "mnist_nn.analysis", "mnist_nn.drawing", "mnist_nn.search")
PUBLIC = {
    f"{room}.{name}": getattr(importlib.import_module(room), name)
    for room in ROOMS
    for name in dir(importlib.import_module(room))
    if not name.startswith("_")
}


@pytest.fixture
def namespace(small: Split, network: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The names that a reader has from the exercise."""
    monkeypatch.setattr(plt, "show", lambda: None)
    public = {name.rpartition(".")[2]: value for name, value in PUBLIC.items()}
    linear = mnist_nn.train_linear_classification_model(0.03, 100, 10, *small, verbose=0)
    network.history = linear.history  # a file does not keep it
    own = {"classifier": network, "linear_classifier": linear, "data_folder": data_folder}
    return public | small._asdict() | own | {"np": np, "pd": pd}


def test_examples_of_docstrings_run(namespace: dict[str, Any]) -> None:
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    for name, thing in PUBLIC.items():
        tests = doctest.DocTestFinder(recurse=False).find(thing, name, globs=dict(namespace))
        assert [test.name for test in tests if test.examples] == [name]
        assert runner.run(tests[0]).failed == 0, name
        mnist_nn.set_language("en")


def test_docstrings_name_every_argument() -> None:
    for name, thing in PUBLIC.items():
        docstring = inspect.getdoc(thing) or ""
        first, *_ = docstring.split("\n\n")
        assert first.endswith("."), name
        if inspect.isfunction(thing) and "All other arguments are those of" not in docstring:
            for argument in inspect.signature(thing).parameters:
                assert f"\n    {argument}" in docstring or f", {argument}" in docstring, name
