"""The results of a search: a row for each run, in a CSV file as soon as it is finished."""

import csv
import hashlib
import io
import json
import math
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

METRICS = tuple(
    f"{prefix}{name}"
    for prefix in ("val_", "")
    for name in ("accuracy", "log_loss", "cross_entropy")
)
Setting = tuple[tuple[str, Any], ...]  # names and values of the parameters
Row = dict[str, Any]


class Run(NamedTuple):
    """What is trained: a setting of the hyper-parameters, with a seed."""

    setting: Setting
    seed: int


def row_names(n_periods: int) -> list[str]:
    """Return the names of the figures in a run's row."""
    by_period = [f"{name}_{period:02d}" for name in METRICS for period in range(n_periods)]
    return [*METRICS, "periods_done", "seconds", "error", *by_period]


def row_of_history(history: dict[str, Sequence[float]]) -> Row:
    """Return the figures of a run in which nothing failed."""
    row: Row = {"periods_done": len(history[METRICS[0]]), "error": ""}
    for name in METRICS:
        row[name] = history[name][-1]
        row |= {f"{name}_{period:02d}": value for period, value in enumerate(history[name])}
    return row


def plain(name: str, value: Any) -> Any:
    """Return a parameter's value as what JSON can hold, lists as tuples, or raise a TypeError."""
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, list | tuple | range):
        return tuple(plain(name, item) for item in value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"{name} holds {value!r:.100}: it must be a number, or a list of numbers")


class ResultsFile:
    """A CSV file with a row for each run; ``rows`` are those that it has so far.

    Its first columns tell the trainer and the data; then come the parameters, as JSON, the seed and
    the figures. A last line that is half written is taken away. Where a run stands twice, because
    it was stopped early and went on later, the later row holds.

    Raises:
        ValueError: If the file is of another search.
        OSError: If the file can not be read, or not be written.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        parameters: Iterable[str],
        n_periods: int,
        trainer: str,
        data: Iterable[npt.NDArray[Any]],
    ) -> None:
        self.path = Path(path)
        self.parameters = list(parameters)
        self.names = row_names(n_periods)
        digest = hashlib.sha256(b"".join(array.tobytes() for array in data))
        self.search = [trainer, digest.hexdigest()[:8]]
        self.rows: dict[Run, Row] = {}
        self._read()

    def add(self, run: Run, row: Row) -> None:
        """Write the row of a run, whole or not at all."""
        values = [json.dumps(value) for _, value in run.setting]
        self._append([*self.search, *values, run.seed, *(row.get(name, "") for name in self.names)])
        self.rows[run] = row

    def _read(self) -> None:
        try:
            content = self.path.read_bytes() if self.path.exists() else b""
            whole = content[: content.rfind(b"\n") + 1]
            if whole != content:
                os.truncate(self.path, len(whole))
        except OSError as error:
            raise self._failure("read", error) from None
        header = ["trainer", "data", *self.parameters, "seed", *self.names]
        if not whole:
            return self._append(header)
        lines = csv.reader(io.StringIO(whole.decode("utf-8", "replace"), newline=""))
        try:
            found = next(lines)
            if found != header:
                differing = sorted(set(found) ^ set(header)) or found
                raise ValueError(f"its columns differ in {', '.join(differing):.200}")
            for cells in lines:
                if cells[:2] != self.search:
                    of = " of data ".join(self.search)
                    raise ValueError(f"it is {' of data '.join(cells[:2])}, not {of}")
                run, row = self._parse(cells[2:])
                self.rows[run] = row
        except (ValueError, csv.Error, RecursionError) as error:
            raise ValueError(
                f"results {str(self.path)!r} does not fit this search, line {lines.line_num}: "
                f"{error}. Give the path of another file, or take this one away"
            ) from None

    def _parse(self, cells: Sequence[str]) -> tuple[Run, Row]:
        n_parameters = len(self.parameters)
        if len(cells) != n_parameters + 1 + len(self.names):
            raise ValueError("it has too few or too many cells")
        setting = tuple(
            (name, plain(name, json.loads(cell)))
            for name, cell in zip(self.parameters, cells[:n_parameters], strict=True)
        )
        row: Row = dict(zip(self.names, cells[n_parameters + 1 :], strict=True))
        for name, cell in row.items():
            if name == "periods_done":
                row[name] = int(cell)
            elif name != "error":
                row[name] = float(cell) if cell else math.nan
        return Run(setting, int(cells[n_parameters])), row

    def _append(self, cells: Sequence[Any]) -> None:
        line = io.StringIO()
        csv.writer(line, lineterminator="\n").writerow(cells)
        size = None
        try:
            with self.path.open("ab") as file:
                size = file.tell()
                file.write(line.getvalue().encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            if size is not None:
                os.truncate(self.path, size)
            raise self._failure("written", error) from None

    def _failure(self, done: str, error: OSError) -> OSError:
        return OSError(
            f"results {str(self.path)!r} cannot be {done}: {error.strerror}. It holds "
            f"{len(self.rows)} finished runs; once that is mended, the same call goes on from there"
        )
