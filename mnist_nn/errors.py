"""The errors of invalid arguments."""

import traceback
from pathlib import Path

PACKAGE = str(Path(__file__).parent)


class ShortTracebackError(Exception):
    """An error of which a notebook shows the message and the caller's line alone."""

    def _render_traceback_(self) -> list[str]:  # IPython calls it
        lines = []
        for frame in traceback.extract_tb(self.__traceback__):
            if frame.filename.startswith(PACKAGE):
                break
            lines = [f"----> {frame.lineno} {frame.line}", ""]
        return [*lines, f"{type(self).__mro__[2].__name__}: {self}"]


class ArgumentError(ShortTracebackError, ValueError):
    """A value that does not work, with the argument's name and what would work."""


class ArgumentTypeError(ShortTracebackError, TypeError):
    """An argument of a type that does not work, with its name and what would work."""
