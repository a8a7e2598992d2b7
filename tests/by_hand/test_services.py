"""The notebooks on Google Colab and on Kaggle, with the libraries that these bring.

    .venv/bin/python -m pytest tests/by_hand/test_services.py

``tests/helpers/services`` has the lists of libraries. It needs Python 3.12 and downloads packages.
"""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from sizes import SMALL_SIZES

from notebooks import build

ROOT = Path(__file__).parents[2]
LISTS = ROOT / "tests" / "helpers" / "services"
VARIABLES = {"colab": "COLAB_RELEASE_TAG", "kaggle": "KAGGLE_KERNEL_RUN_TYPE"}


@pytest.fixture(scope="module", params=VARIABLES)
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment like that of a service, with its kernel; its folder."""
    program = shutil.which("python3.12")
    if program is None:
        pytest.fail("install Python 3.12", pytrace=False)
    folder = tmp_path_factory.mktemp(request.param)
    python = folder / "bin" / "python"
    subprocess.run([program, "-m", "venv", folder], check=True)
    libraries = ["--no-deps", "--requirement", str(LISTS / f"{request.param}.txt")]
    subprocess.run([python, "-m", "pip", "install", "--quiet", *libraries], check=True)
    kernel = folder / "jupyter" / "kernels" / "python3" / "kernel.json"
    kernel.parent.mkdir(parents=True)
    command = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    variables = {VARIABLES[request.param]: "yes"}
    content = {"argv": command, "env": variables, "language": "python", "display_name": "Python"}
    kernel.write_text(json.dumps(content))
    return folder


def list_libraries(service: Path) -> list[str]:
    command = [str(service / "bin" / "python"), "-m", "pip", "freeze", "--all"]
    return subprocess.check_output(command, text=True).splitlines()


def test_notebooks_install_nothing_but_the_package_and_run_in_silence(
    service: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTER_PATH", str(service / "jupyter"))
    monkeypatch.setattr(build, "project_address", lambda: f"file://{ROOT}")
    before = list_libraries(service)
    for name in ("exercise", "solution", "going_further"):
        source = name.replace("solution", "exercise")
        notebook = build.make(build.Edition(source, name, "en"))
        for cell in notebook.cells:
            if "parameters" in cell.metadata.get("tags", []):
                cell.source = SMALL_SIZES
        build.run_async(build.execute(notebook, name))  # raises at an error, and at a log line
        (install,) = (cell for cell in notebook.cells if "pip install" in cell.source)
        assert install.outputs == []
    after = list_libraries(service)
    assert [line for line in after if "mnist_nn" not in line] == before
    assert len(after) == len(before) + 1
