"""Files for several tests are made once."""

from pathlib import Path
from typing import Any

import pytest
from once import make_once


class Factory:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def getbasetemp(self) -> Path:
        return self.folder


def test_a_file_that_another_process_just_made_is_not_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_folder = Path.mkdir

    def make_file_and_folder(path: Path, **options: Any) -> None:
        (tmp_path / "file").write_text("theirs")
        make_folder(path, **options)

    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    monkeypatch.setattr(Path, "mkdir", make_file_and_folder)
    factory: Any = Factory(tmp_path)
    assert make_once(factory, "file", lambda path: path.write_text("ours")).read_text() == "theirs"
