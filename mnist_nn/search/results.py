"""The finished runs of a search, and the file of JSON Lines that keeps them."""

import contextlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mnist_nn.errors import ArgumentError

TRAINING_METRICS = ("accuracy", "log_loss", "cross_entropy")
METRICS = (*(f"val_{name}" for name in TRAINING_METRICS), *TRAINING_METRICS)
RUN_COLUMNS = ("periods_done", "seconds", "error", "last_period")
IDENTITY = ("trainer", "parameters", "data")  # what each line of the file begins with
AVERAGES = ("mean_val_accuracy", "standard_error")
Row = dict[str, Any]


class Run(NamedTuple):
    """A training call of a search."""

    setting: str  # hyperparameters, as to_setting() returns them
    seed: int


def to_setting(parameters: Mapping[str, Any]) -> str:
    """Return hyperparameters as JSON, sorted by name, so that equal ones compare equal."""
    values = {name: np.asarray(value).tolist() for name, value in parameters.items()}
    try:
        return json.dumps(values, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ArgumentError(
            f"parameters must list numbers, texts or lists of these, not {values!r:.200}: {error}"
        ) from None


def to_row(history: Mapping[str, Sequence[float]]) -> Row:
    """Return a history as a flat row: each metric at the end, and after each period."""
    row: Row = {name: history[name][-1] for name in METRICS}
    row |= {"periods_done": len(history["accuracy"]), "error": ""}
    for name in METRICS:
        row |= {f"{name}_{period:02d}": value for period, value in enumerate(history[name])}
    return row


@contextlib.contextmanager
def lock_file(path: Path) -> Iterator[None]:
    """Keep other searches from a file, or raise a ValueError if one of them is using it."""
    with path.open("a", encoding="utf-8") as file:
        with contextlib.suppress(ImportError, OSError):  # Windows, some network drives have none
            import fcntl

            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # ends with the process
            except BlockingIOError:
                raise ArgumentError(
                    f"results {str(path)!r} is in use by another search: wait for it, or pass "
                    "another path"
                ) from None
        yield


def append_row(path: Path, row: Row) -> None:
    """Add a line to the file, or raise an OSError and leave the file as it was."""
    size = path.stat().st_size
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, allow_nan=False) + "\n")
    except OSError as error:
        os.truncate(path, size)  # a full disk may leave half a line
        raise OSError(
            f"results {str(path)!r} cannot be written: {error.strerror}. It still contains all "
            "runs that had finished; the same call resumes from them"
        ) from None


def read_rows(path: Path, search: Mapping[str, str]) -> dict[Run, Row]:
    """Return the rows of a file; raise a ValueError if it is of another search.

    All lines begin with ``search``: the trainer, the names of its parameters, and the data. A last
    line that was cut off is removed. If a run has two lines, because halving stopped it and it was
    trained further later, the second one counts.
    """
    remedy = "pass another path, or move the file away"
    rows = {}
    *lines, rest = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines, 1):
        place = f"results {str(path)!r}, line {number}"
        try:
            row = json.loads(line)
            search_of_row = {name: row[name] for name in search}
            parameters = {name: row[name] for name in search["parameters"].split(", ")}
            run = Run(to_setting(parameters), row["seed"])
        except (ValueError, KeyError, TypeError):
            raise ArgumentError(f"{place} is not a run of this trainer: {remedy}") from None
        if search_of_row != search:
            raise ArgumentError(
                f"{place} belongs to another search, {search_of_row} instead of {search}: {remedy}"
            )
        rows[run] = row
    beginning = b'{"trainer"'[: len(rest)]  # of a row, even if it was cut off after a few bytes
    if not rest.startswith(beginning):
        raise ArgumentError(f"results {str(path)!r} is not a results file: {remedy}")
    os.truncate(path, path.stat().st_size - len(rest))
    return rows
