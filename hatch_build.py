"""What hatchling does besides: notebooks for the wheel, and a README for package indexes."""

import json
import re
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

NOTEBOOKS = ("exercise", "solution", "going_further")
RELATIVE_LINK = re.compile(r"(!?)(\[[^\]]*\])\((?!https?:|#)([^)]+)\)")


class Notebooks(BuildHookInterface[Any]):
    """Adds the notebooks without their outputs, which are most of their size."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        self.folder = tempfile.TemporaryDirectory()
        package = "mnist_nn/_" if self.target_name == "wheel" else ""
        for name in NOTEBOOKS:
            for path in Path(self.root, "notebooks").glob(f"*/{name}.ipynb"):
                language = path.parent.name
                stripped = Path(self.folder.name, f"{name}.{language}.ipynb")
                stripped.write_text(strip_outputs(path.read_text("utf-8")), "utf-8", newline="\n")
                inside = f"{package}notebooks/{language}/{path.name}"
                build_data["force_include"][str(stripped)] = inside

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if version != "editable":
            self.folder.cleanup()


def strip_outputs(text: str) -> str:
    notebook = json.loads(text)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


class Readme(MetadataHookInterface):
    """Sets the README; if the repository's address is set, with no link that is relative."""

    def update(self, metadata: dict[str, Any]) -> None:
        text = Path(self.root, "README.md").read_text("utf-8")
        address = metadata.get("urls", {}).get("Repository", "")
        if address := address.rstrip("/").removesuffix(".git"):
            text = RELATIVE_LINK.sub(
                lambda found: (
                    f"{found[1]}{found[2]}"
                    f"({address}/{'raw' if found[1] else 'blob'}/HEAD/{found[3]})"
                ),
                text,
            )
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
