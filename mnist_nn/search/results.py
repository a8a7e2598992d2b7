"""The finished runs of a search, and the file of JSON Lines that keeps them."""

import contextlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mnist_nn.errors import ArgumentError
from mnist_nn.language import message

TRAINING_METRICS = ("accuracy", "log_loss", "cross_entropy")
METRICS = (*(f"val_{name}" for name in TRAINING_METRICS), *TRAINING_METRICS)
Run = tuple[str, int]  # hyperparameters, as to_setting() returns them, and seed
Row = dict[str, Any]


def to_setting(parameters: Mapping[str, Any]) -> str:
    """Return hyperparameters as JSON, sorted by name, so that equal ones compare equal."""
    values = {name: np.asarray(value).tolist() for name, value in parameters.items()}
    return json.dumps(values, sort_keys=True, allow_nan=False)


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
    with path.open("a") as file:
        with contextlib.suppress(ImportError, OSError):  # Windows, some network drives have none
            import fcntl

            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # ends with the process
            except BlockingIOError:
                raise ArgumentError(message("error_results_in_use", path=str(path))) from None
        yield


def append_row(path: Path, row: Row) -> None:
    """Add a line to the file, or raise an OSError and leave the file as it was."""
    size = path.stat().st_size
    try:
        with path.open("a") as file:
            file.write(json.dumps(row, allow_nan=False) + "\n")
    except OSError as error:
        os.truncate(path, size)  # a full disk may leave half a line
        text = message("error_results_write", path=str(path), reason=error.strerror)
        raise OSError(text) from None


def read_rows(path: Path, search: Mapping[str, str], parameters: Iterable[str]) -> dict[Run, Row]:
    """Return the rows of a file; raise a ValueError if it is of another search.

    All lines begin with ``search``, the trainer and the data. ``parameters`` are the names of the
    trainer's arguments. A last line that was cut off is removed. If a run has two lines, because
    halving stopped it and it was trained further later, the second one counts.
    """
    rows = {}
    *lines, rest = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines, 1):
        values: dict[str, Any] = {"path": str(path), "line": number, "search": search}
        try:
            row = json.loads(line)
            found = {name: row[name] for name in search}
            run = to_setting({name: row[name] for name in parameters}), row["seed"]
        except (ValueError, KeyError, TypeError):
            raise ArgumentError(message("error_results_line", **values)) from None
        if found != search:
            raise ArgumentError(message("error_results_other", found=found, **values))
        rows[run] = row
    if not rest.startswith(b'{"trainer"'[: len(rest)]):
        raise ArgumentError(message("error_results_file", path=str(path)))
    os.truncate(path, path.stat().st_size - len(rest))
    return rows
