"""What a graded cell comes to: points, what a student reads, and why a person has to look."""

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mnist_nn.check_result import CheckResult
from notebooks.course.cells import CHECK, END

RESULTS = "judged.json"  # in the folder of a graded submission
BETTER_AT_END = (
    "These are the answers at the end of the notebook: they are better than those at this check."
)
CLOSE_ENOUGH = "So close to the target, all points are given: 2,500 digits measure no finer."


@dataclass
class Verdict:
    """What the judge says of the answers to one check."""

    grade_id: str  # of its cell
    state: str  # of the answers: CHECK or END
    score: float = 0.0  # share of the points, from 0 to 1
    passed: bool = False
    message: str = ""  # what a student reads
    problem: str = ""  # why a person has to look
    models: dict[str, Any] = field(default_factory=dict)  # accuracy and fingerprint, by name


@dataclass
class Outcome:
    """What a graded cell comes to."""

    points: float = 0
    maximum: float = 0
    shown: str = ""  # by the check as the notebook ran: a student's code may have changed it
    judged: str = ""  # by the judge
    passed: bool = False
    is_end: bool = False  # whether the answers at the end of the notebook count
    reasons: list[str] = field(default_factory=list)  # for a person to look
    models: dict[str, Any] = field(default_factory=dict)  # accuracy and fingerprint, by name

    def lines(self) -> list[str]:
        """Return what a student reads below the check."""
        lines = [self.judged] if self.judged else []
        if self.shown and self.shown != self.judged:
            lines.insert(0, f"When the notebook ran, this check showed: {self.shown}")
        if self.is_end:
            lines.append(BETTER_AT_END)
        if self.points == self.maximum and not self.passed and self.judged:
            lines.append(CLOSE_ENOUGH)
        lines += [f"A person looks at this: {reason}." for reason in self.reasons]
        return [*lines, f"Points: {self.points:g} of {self.maximum:g}"]


def combine(verdicts: Sequence[Verdict], shown: str, maximum: float, problem: str) -> Outcome:
    """Return what a check comes to: the better state of the answers counts.

    Args:
        verdicts: What the judge says of each state, in this order.
        shown: What the check showed as the notebook ran.
        maximum: The points of the cell.
        problem: Why the judge or the notebook did not come to its end; "" if both did.
    """
    if not verdicts:
        reason = problem or "the answers could not be saved"
        return Outcome(0, maximum, shown, reasons=[reason])
    best = max(verdicts, key=lambda verdict: (verdict.score, bool(verdict.message)))
    first = verdicts[0]
    reasons = [each.problem for each in verdicts if each.problem]
    if best.score == 1:  # nothing is left to be gained
        reasons = [best.problem] if best.problem else []
    elif problem:
        reasons.append(problem)
    if shown[:1] in ("✔", "✘") and first.message and first.state == CHECK:
        judged = mark(first)
        if judged[0] != shown[0]:
            reasons.append(f"the notebook showed {shown!r}, the judge says {judged!r}")
    return Outcome(
        points=round(maximum * best.score, 2),
        maximum=maximum,
        shown=shown,
        judged=mark(best) if best.message else "",
        passed=best.passed,
        is_end=best.state == END and best.score > first.score,
        reasons=[*dict.fromkeys(reasons)],
        models=best.models,
    )


def mark(verdict: Verdict) -> str:
    """Return a verdict as a notebook shows it."""
    return repr(CheckResult(verdict.passed, verdict.message))


def hash_file(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def save_outcomes(path: Path, outcomes: Mapping[str, Outcome], notebook_hash: str) -> None:
    """Save what the cells of a notebook come to, by id, with the hash of the submitted file."""
    if path.is_dir():  # which a student's code has made
        shutil.rmtree(path)
    cells = {grade_id: asdict(outcome) for grade_id, outcome in outcomes.items()}
    path.write_text(json.dumps({"notebook": notebook_hash, "cells": cells}, indent=1), "utf-8")
