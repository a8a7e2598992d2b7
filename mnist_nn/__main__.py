"""Copy the notebooks to a folder: ``python -m mnist_nn [FOLDER] [--language ko]``."""

import argparse
import shutil
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from mnist_nn.language import LANGUAGES, message, printable, set_language

PACKAGE = Path(__file__).parent
NOTEBOOKS = ("exercise", "solution", "going_further")


def main(arguments: Sequence[str] | None = None) -> None:
    """Copy the notebooks that are not there yet, and say how to open them."""
    parser = argparse.ArgumentParser(
        prog="python -m mnist_nn",
        description="Copy the exercise, its solution and going_further to a folder.",
    )
    parser.add_argument(
        "folder", nargs="?", type=Path, default=Path(), help="the current one if none is named"
    )
    parser.add_argument("--language", choices=LANGUAGES, default="en")
    options = parser.parse_args(arguments)
    set_language(options.language)
    folder: Path = options.folder
    installed = PACKAGE / "_notebooks"
    source = installed if installed.exists() else PACKAGE.parent / "notebooks"
    folder.mkdir(parents=True, exist_ok=True)
    for name in NOTEBOOKS:
        path = folder / f"{name}.ipynb"
        if path.exists():
            print(printable(message(f"{path} is there already, and stays as it is.")))
        else:
            shutil.copyfile(source / options.language / path.name, path)
            print(printable(message(f"{path} has been written.")))
    if find_spec("jupyterlab") is None:
        install = f'"{sys.executable}" -m pip install jupyter'
        print(printable(message(f"Install JupyterLab first: {install}")))
    command = f'"{sys.executable}" -m jupyter lab "{folder}"'
    print(printable(message(f"To open the notebooks: {command}")))


if __name__ == "__main__":
    try:
        main()
    except OSError as error:  # a read-only folder, a full disk
        sys.exit(str(error))
