"""What a check of a student's answer returns."""

import html
from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec

from mnist_nn.errors import ArgumentError, ArgumentTypeError
from mnist_nn.language import printable

P = ParamSpec("P")


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


def run_check(judge: Callable[P, str], *answers: P.args, **named_answers: P.kwargs) -> CheckResult:
    """Return the result of a function that returns praise, or raises an error for an answer."""
    try:
        return CheckResult(True, judge(*answers, **named_answers))
    except (ArgumentError, ArgumentTypeError) as error:  # each says what is valid
        return CheckResult(False, str(error), getattr(error, "score", 0.0))
