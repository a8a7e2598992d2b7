"""The course for nbgrader: make it, collect what students hand in, export their points.

    python -m notebooks.course make [FOLDER] [--language en]
    python -m notebooks.course collect ASSIGNMENT ZIP_OR_FOLDER [--students students.csv]
    python -m notebooks.course export ASSIGNMENT [--students students.csv] [--machines FOLDER ...]

``make`` writes a course to a folder, ``build/course`` unless another is given. The others work in
the course's folder, in which they are run. See INSTRUCTORS.md.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from mnist_nn.language import LANGUAGES
from notebooks.build import NotebookError, run_command

COURSE = Path(__file__).parents[2] / "build" / "course"
CONFIG_NAME = "nbgrader_config.py"


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        prog="python -m notebooks.course",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser("make", help="write a course")
    make.add_argument("folder", nargs="?", type=Path, default=COURSE)
    make.add_argument("--language", choices=LANGUAGES, action="append", dest="languages")
    collect = commands.add_parser("collect", help="collect what students hand in")
    collect.add_argument("assignment")
    collect.add_argument("path", type=Path, nargs="+")
    export = commands.add_parser("export", help="write grades.csv and other tables")
    export.add_argument("assignment")
    export.add_argument("--machines", type=Path, nargs="+", default=(), help="other folders")
    for each in (collect, export):
        each.add_argument("--students", type=Path, help="a table with a column named student")
        each.add_argument("--folder", type=Path, default=Path(), help="of the course")
    options = vars(parser.parse_args(arguments))
    command = options.pop("command")
    if command == "make":
        from notebooks.course.assignment import write_course

        write_course(**options)
        return
    folder, assignment = options["folder"], options["assignment"]
    for each in (folder, *options.get("machines", ())):
        if not (each / CONFIG_NAME).exists():
            raise NotebookError(
                f"{each.resolve()} is no folder of a course: go to one, with {CONFIG_NAME}"
            )
    if not (folder / "source" / assignment).is_dir():
        found = sorted(path.parent.name for path in (folder / "source").glob("*/exercise.ipynb"))
        raise NotebookError(f"ASSIGNMENT must be one of {found}, not {assignment!r}")
    if command == "collect":
        from notebooks.course.collect import collect_submissions

        collect_submissions(folder, assignment, options["path"], options["students"])
    else:
        from notebooks.course.export import export_points

        export_points(folder, assignment, options["students"], options["machines"])


if __name__ == "__main__":
    run_command(main)
