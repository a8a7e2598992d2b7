"""Errors for invalid arguments, and what other libraries' errors say."""

import functools
import inspect
import os
import re
import traceback
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import ParamSpec, TypeVar

from mnist_nn.language import get_language, message

P = ParamSpec("P")
R = TypeVar("R")

PACKAGE = str(Path(__file__).parent) + os.sep
# What Keras and scikit-learn call a trainer's arguments.
SYNONYMS = {
    **{"lr": "learning_rate", "epochs": "steps periods", "random_state": "seed"},
    **{"x": "training_examples", "y": "training_targets", "regularization": "l1 l2"},
    **{"validation_data": "validation_examples validation_targets"},
    **{"units": "hidden_units", "layers": "hidden_units", "hidden_layers": "hidden_units"},
}


class ShortTracebackError(Exception):
    """An error for which a notebook shows only the caller's lines and the message."""

    builtin = Exception  # what a notebook calls it

    def __init__(self, english: str) -> None:
        super().__init__(message(english))

    def _render_traceback_(self) -> list[str]:  # IPython calls it
        lines = []
        for frame in traceback.extract_tb(self.__traceback__):
            if frame.filename.startswith(PACKAGE):
                break
            if "IPython" not in Path(frame.filename).parts:
                lines += [f"----> {frame.lineno} {frame.line}", ""]
        return [*lines, f"{self.builtin.__name__}: {self}"]


class ArgumentError(ShortTracebackError, ValueError):
    """An invalid value: the message names the argument and says what is valid."""

    builtin = ValueError


class ArgumentTypeError(ShortTracebackError, TypeError):
    """An invalid type: the message names the argument and says what is valid."""

    builtin = TypeError


class MissingFileError(ShortTracebackError, FileNotFoundError):
    """A file that does not exist: the message says how to get it."""

    builtin = FileNotFoundError


class BackendError(ShortTracebackError, ImportError):
    """Keras computes with another library than TensorFlow."""

    builtin = ImportError


def name_nearest_argument(function: Callable[P, R]) -> Callable[P, R]:
    """Let a call with an unknown keyword argument say which one was probably meant."""
    names = [*inspect.signature(function).parameters]

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        for unknown in [name for name in kwargs if name not in names]:
            meant = [name for name in SYNONYMS.get(unknown.lower(), "").split() if name in names]
            meant = meant or get_close_matches(unknown.lower(), names, n=1)
            listed = get_language().comma.join(f"{name}=" for name in meant or names)
            raise ArgumentTypeError(
                f"{function.__name__} has no argument {unknown}=: did you mean {listed}?"
                if meant
                else f"{function.__name__} has no argument {unknown}=. Its arguments: {listed}"
            )
        return function(*args, **kwargs)

    return call


def describe_error(error: Exception) -> str:
    """Return the line of a library's error message that describes the problem, or its type."""
    # Keras adds colours, and TensorFlow names of its functions.
    text = re.sub(r"\x1b\[\d+m|\{\{.*?\}\} ?| \[Op:.*", "", str(error))
    expected = re.findall("Expected shape.*", text)  # without Keras' values before it
    lines = expected or re.findall("(?m)^(?!Exception encountered).+", text)
    return lines[0][:300].rstrip(".") if lines else type(error).__name__
