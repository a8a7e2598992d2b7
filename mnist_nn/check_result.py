"""What a check of a student's answer returns."""

import functools
import html
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mnist_nn.errors import ArgumentError, ShortTracebackError
from mnist_nn.language import printable


@dataclass(frozen=True)
class CheckResult:
    """What a check found; a notebook shows it as one line."""

    passed: bool
    message: str  # what a student reads
    score: float = 1.0  # fraction of the points, from 0 to 1: ✘ may have all, if little is missing

    def __repr__(self) -> str:
        return f"{'✔' if self.passed else '✘'} {self.message}"

    def __str__(self) -> str:
        text = printable(repr(self))
        return text if text[0] in "✔✘" else f"[{'x' if self.passed else ' '}]{text[1:]}"

    def _repr_html_(self) -> str:
        colour = "#1b7f3b" if self.passed else "#c62828"  # white on it is legible in every theme
        style = f"background:{colour}; color:#fff; padding:0 .3em; border-radius:.2em"
        return f'<span style="{style}">{repr(self)[0]}</span> {html.escape(self.message)}'


class WrongAnswerError(ArgumentError):
    """A wrong answer: what the student reads, and the fraction of the points."""

    def __init__(self, english: str, score: float = 0.0) -> None:
        super().__init__(english)
        self.score = score


def return_result(check: Callable[..., str]) -> Callable[..., CheckResult]:
    """Turn a function that returns praise, or raises an error, into a check."""

    @functools.wraps(check)
    def check_and_return(*answers: Any, **named_answers: Any) -> CheckResult:
        try:
            return CheckResult(True, check(*answers, **named_answers))
        except ShortTracebackError as error:  # also of arguments: they say what is valid
            return CheckResult(False, str(error), getattr(error, "score", 0.0))

    return check_and_return
