"""Errors for invalid arguments, and the useful line of other libraries' errors."""

import difflib
import functools
import inspect
import os
import re
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

from mnist_nn.language import message

P = ParamSpec("P")
R = TypeVar("R")
PACKAGE = str(Path(__file__).parent) + os.sep
# What other libraries call the trainers' arguments.
SYNONYMS = {
    "alpha": "learning_rate",
    "eta": "learning_rate",
    "lr": "learning_rate",
    "epochs": "periods",
    "iterations": "steps",
    "layers": "hidden_units",
    "units": "hidden_units",
    "random_state": "seed",
    "x": "training_examples",
    "y": "training_targets",
    "validation_data": "validation_examples",
}


class ShortTracebackError(Exception):
    """An error for which a notebook shows only the caller's lines and the message."""

    def __init__(self, english: str) -> None:
        super().__init__(message(english))

    def _render_traceback_(self) -> list[str]:  # IPython calls it
        lines = []
        for frame in traceback.extract_tb(self.__traceback__):
            if frame.filename.startswith(PACKAGE):
                break
            if "IPython" not in Path(frame.filename).parts:
                lines += [f"----> {frame.lineno} {frame.line}", ""]
        builtin = next(kind for kind in type(self).__mro__ if kind.__module__ == "builtins")
        return [*lines, f"{builtin.__name__}: {self}"]


class ArgumentError(ShortTracebackError, ValueError):
    """An invalid value: the message names the argument and says what is valid."""


class ArgumentTypeError(ShortTracebackError, TypeError):
    """An invalid type: the message names the argument and says what is valid."""


class MissingFileError(ShortTracebackError, FileNotFoundError):
    """A file that does not exist: the message says how to get it."""


class BackendError(ShortTracebackError, ImportError):
    """Keras computes with another library than TensorFlow."""


def describe_error(error: Exception) -> str:
    """Return the line of a library's error message that describes the problem, or its type."""
    # Keras adds colours, and TensorFlow names of its functions.
    text = re.sub(r"\x1b\[\d+m|\{\{.*?\}\} ?| \[Op:.*", "", str(error))
    expected = re.findall("Expected shape.*", text)  # without Keras's values before it
    lines = expected or re.findall("(?m)^(?!Exception encountered).+", text)
    return lines[0][:300].rstrip(".") if lines else type(error).__name__


def suggest_arguments(function: Callable[P, R]) -> Callable[P, R]:
    """Let a function raise a TypeError that names what an unknown argument may mean."""
    known = [*inspect.signature(function).parameters]

    @functools.wraps(function)
    def call(*arguments: P.args, **named: P.kwargs) -> R:
        if unknown := [name for name in named if name not in known]:
            name = unknown[0]
            word = name.lower()
            similar = difflib.get_close_matches(word, SYNONYMS, n=1, cutoff=0.8)
            similar = similar or difflib.get_close_matches(word, known, n=1)
            meant = [SYNONYMS.get(match, match) for match in similar]
            if meant and meant[0] in known:
                raise ArgumentTypeError(
                    f"{function.__name__} has no argument {name}: did you mean {meant[0]}?"
                )
            raise ArgumentTypeError(
                f"{function.__name__} has no argument {name}: it has {', '.join(known)}"
            )
        return function(*arguments, **named)

    return call
