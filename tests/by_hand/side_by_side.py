"""Eight kernels execute the exercise at once, where there is hardly a place to write.

    pytest tests/by_hand/side_by_side.py

The checkout is mounted read-only, there is no home folder, and the temporary folder has 4 MB. It
needs Linux, for its mount namespaces, and 8 GB of memory.
"""

import os
import subprocess
import sys
from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[2]
KERNELS = 8
SECONDS = 600

# Run in a namespace of its own, so that its mounts are gone with it.
MOUNT = """
mount --bind "$1" "$2" && mount -o remount,bind,ro "$2" && mount -t tmpfs -o size=4m tmpfs "$TMPDIR"
cd "$2" && ! touch written 2> /dev/null || exit 1
for kernel in $(seq "$3"); do "$4" -c "$5" > "$6/$kernel.ipynb" & done
wait
df --output=used "$TMPDIR"
"""
EXECUTE = """
import nbclient
import nbformat

notebook = nbformat.read("notebooks/en/exercise.ipynb", as_version=4)
nbclient.NotebookClient(notebook, extra_arguments=["--log-level=ERROR"]).execute()
print(nbformat.writes(notebook))
"""


def printed(notebook: nbformat.NotebookNode) -> str:
    """Return what a notebook's cells print, and fail if libraries write something, too."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    assert not [output for output in outputs if output.get("name") == "stderr"]
    return "".join(output.text for output in outputs if output.output_type == "stream")


def test_kernels_side_by_side(tmp_path: Path) -> None:
    checkout, small, results = (tmp_path / name for name in ("checkout", "small", "results"))
    for folder in (checkout, small, results):
        folder.mkdir()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(checkout / "home"),
        "TMPDIR": str(small),
        "PYTHONPATH": str(checkout),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    program = ["unshare", "--map-root-user", "--mount", "sh", "-c", MOUNT, "sh"]
    arguments = [ROOT, checkout, KERNELS, sys.executable, EXECUTE, results]
    process = subprocess.run(
        [*program, *map(str, arguments)],
        env=environment,
        cwd=checkout,
        stdout=subprocess.PIPE,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    texts = [printed(nbformat.read(path, as_version=4)) for path in results.iterdir()]
    assert len(texts) == KERNELS
    assert "period 09" in texts[0]
    assert set(texts) == {texts[0]}
    *_, kilobytes = process.stdout.split()
    assert int(kilobytes) < 100  # Jupyter's own, in the temporary folder
