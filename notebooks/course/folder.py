"""The folder of a course, where nbgrader and the other commands work."""

from collections.abc import Sequence
from pathlib import Path

from notebooks.build import NotebookError

CONFIG = Path(__file__).with_name("nbgrader_config.py")  # each course has a copy


def check_folders(folder: Path, assignment: str, machines: Sequence[Path] = ()) -> None:
    """Check that folders are of a course, and that the first has the assignment.

    Raises:
        NotebookError: If they are not, or it has not.
    """
    for each in (folder, *machines):
        if not (each / CONFIG.name).exists():
            raise NotebookError(
                f"{each.resolve()} is no folder of a course: go to one, with {CONFIG.name}"
            )
    if not (folder / "source" / assignment).is_dir():
        found = sorted(path.parent.name for path in (folder / "source").glob("*/exercise.ipynb"))
        raise NotebookError(f"ASSIGNMENT must be one of {found}, not {assignment!r}")
