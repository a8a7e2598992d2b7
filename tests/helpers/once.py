"""Files that take long to make are made once for all processes of a test run."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def make_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], Any]) -> Path:
    """Return the path of a file, which the first process that needs it makes."""
    folder = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # that of all workers
    path, unfinished, lock = folder / name, folder / f"unfinished-{name}", folder / f"{name}.lock"
    while not path.exists():
        try:
            lock.mkdir()
        except FileExistsError:  # another process makes it just now
            time.sleep(0.1)
            continue
        try:
            if not path.exists():  # another process may have made it since it was looked for
                make(unfinished)
                unfinished.rename(path)
        finally:
            lock.rmdir()
    return path
