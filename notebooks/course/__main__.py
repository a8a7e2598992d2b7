"""The course for nbgrader: make it, collect what students hand in, export their points.

    python -m notebooks.course make [FOLDER] [--language en]
    python -m notebooks.course collect ASSIGNMENT ZIP_OR_FOLDER [--students students.csv]
    python -m notebooks.course export ASSIGNMENT [--students students.csv] [--machines FOLDER ...]

``make`` writes a course to a folder, ``build/course`` unless another is given. Run the others in
the course's folder, or name it with ``--folder``. See INSTRUCTORS.md.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from mnist_nn.language import LANGUAGES
from notebooks.build import run_command
from notebooks.course.collect import collect_submissions
from notebooks.course.export import export_points
from notebooks.course.folder import check_folders

COURSE = Path(__file__).parents[2] / "build" / "course"


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
    collect.add_argument("paths", type=Path, nargs="+", metavar="path")
    export = commands.add_parser("export", help="write grades.csv and other tables")
    export.add_argument("assignment")
    export.add_argument("--machines", type=Path, nargs="+", default=(), help="other folders")
    for each in (collect, export):
        each.add_argument("--students", type=Path, help="a table with a column named student")
        each.add_argument("--folder", type=Path, default=Path(), help="of the course")
    options = vars(parser.parse_args(arguments))
    command = options.pop("command")
    if command == "make":
        from notebooks.course.assignment import write_course  # which loads TensorFlow

        write_course(**options)
        return
    check_folders(options["folder"], options["assignment"], options.get("machines", ()))
    if command == "collect":
        collect_submissions(**options)
    else:
        export_points(**options)


if __name__ == "__main__":
    run_command(main)
