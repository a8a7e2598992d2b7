"""Runs our JavaScript in Node.js, and passes it arrays."""

import json
import shutil
import subprocess
import tempfile
from typing import Any

import numpy as np
import pytest

from mnist_nn.arguments import Labels
from notebooks.site.train.export import PAGE_FILES

MODULES = ("training", "sampling", "settings", "widget")  # of the page that trains


def run_node(code: str, **values: Any) -> Any:
    """Run code in Node.js, and return what it returns; skip the test where there is no Node.js.

    Its random numbers are the same in each run. The code has the values and the modules by their
    names.
    """
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is missing: it runs our JavaScript")
    imports = [f"import * as {name} from './{name}.js';\n" for name in MODULES]
    script = (
        f"import fs from 'node:fs';\n{''.join(imports)}"
        f"const {{ {', '.join(values)} }} = JSON.parse(fs.readFileSync(0, 'utf-8'));\n"
        f"const run = async () => {{ {code} }};\n"
        "console.log(JSON.stringify(await run()));"
    )
    with tempfile.TemporaryDirectory() as folder:
        for file in PAGE_FILES:  # together, as on the page
            shutil.copy(file, folder)
        process = subprocess.run(
            [node, "--random-seed=1", "--no-warnings", "--input-type=module", "--eval", script],
            cwd=folder,
            input=json.dumps(values),
            capture_output=True,
            text=True,
        )
    assert not process.returncode, process.stderr
    return json.loads(process.stdout)


def pack(pixels: Any, labels: Labels) -> list[int]:
    """Return digits, with pixels from 0 to 255, as the bytes that the page loads."""
    return [*labels.tolist(), *np.ravel(pixels).astype(int).tolist()]
