"""The package installs with its data, and its import is quick and changes nothing."""

import subprocess
import sys
import zipfile
from pathlib import Path

import mnist_nn

ROOT = Path(__file__).parent.parent


def run_python(code: str, folder: Path) -> str:
    """Run code in a fresh process outside the checkout, and return what it prints."""
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


def test_every_public_name_is_there_and_has_a_docstring() -> None:
    assert mnist_nn.__all__ == list(mnist_nn._MODULE_OF_NAME)
    for name in mnist_nn.__all__:
        assert getattr(mnist_nn, name).__doc__
        assert name in dir(mnist_nn)
    source = (ROOT / "mnist_nn" / "__init__.py").read_text()
    imports = source.split("if TYPE_CHECKING:")[1].split("_MODULE_OF_NAME")[0]
    assert imports.count(" as ") == len(mnist_nn.__all__)
    assert all(f" {name} as {name}" in imports for name in mnist_nn.__all__)
    assert not hasattr(mnist_nn, "nonsense")


def test_import_loads_no_heavy_library(tmp_path: Path) -> None:
    code = """
import os, sys
before = dict(os.environ)
import mnist_nn
mnist_nn.load_mnist_dataframe
assert dict(os.environ) == before
print({"tensorflow", "keras", "matplotlib", "seaborn", "sklearn"} & set(sys.modules))
"""
    assert run_python(code, tmp_path) == "set()\n"


def test_loading_tensorflow_is_silent_and_changes_no_environment(tmp_path: Path) -> None:
    code = """
import os
os.environ.pop("TF_CPP_MIN_LOG_LEVEL", None)
before = dict(os.environ)
from mnist_nn import build_linear_model
build_linear_model().summary(print_fn=lambda line: None)
print({name for name in {*os.environ, *before} if "TF_CPP" in name})
os.write(2, b"heard")
"""
    # What comes later is heard again, and a process without stderr can load it, too.
    result = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True)
    assert (result.stdout, result.stderr) == (b"set()\n", b"heard")
    code = "import mnist_nn; mnist_nn.build_linear_model(); print('built')"
    command = f'{sys.executable} -c "{code}" 2>&-'
    result = subprocess.run(command, shell=True, capture_output=True, check=True)
    assert result.stdout == b"built\n"


def test_wheel_carries_the_data(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as file:
        file.extractall(installed)
        assert not [name for name in file.namelist() if not name.startswith("mnist_nn")]
    code = f"""
import sys
sys.path.insert(0, {str(installed)!r})
import mnist_nn
assert mnist_nn.__file__.startswith({str(installed)!r})
print([len(mnist_nn.load_mnist_dataframe(split)) for split in ("train", "test")])
from mnist_nn.drawing_widget import DrawingWidget
print("render" in str(DrawingWidget._esm), ".mnist-nn-pad" in str(DrawingWidget._css))
"""
    assert run_python(code, tmp_path) == "[20000, 10000]\nTrue True\n"


def test_operations_run_one_after_another_unless_the_user_has_chosen() -> None:
    ask = "import tensorflow as tf; print(tf.config.threading.get_inter_op_parallelism_threads())"
    ours = "import mnist_nn; mnist_nn.build_linear_model; "
    quiet = "import os; os.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'; import tensorflow as tf; "
    chosen = f"{quiet}tf.config.threading.set_inter_op_parallelism_threads(2); "
    in_environment = "import os; os.environ['TF_NUM_INTEROP_THREADS'] = '2'; "
    at_work = "tf.constant(1); "
    for code, threads in [(ours, 1), (chosen + at_work + ours, 2), (in_environment + ours, 0)]:
        result = subprocess.run(
            [sys.executable, "-c", code + ask], capture_output=True, text=True, check=True
        )
        assert result.stdout == f"{threads}\n"


def test_nothing_is_written_even_without_a_home_folder(tmp_path: Path) -> None:
    """All that is written is Matplotlib's cache, in the temporary folder since there is no home."""
    code = """
import io, os, sys
written = set()

def listen(event, args):
    is_open = event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR)
    if is_open or event in ("os.mkdir", "os.rename", "shutil.copyfile"):
        written.add(str(args[0]))

sys.addaudithook(listen)

class KernelsStderr(io.TextIOBase):  # not the file that TensorFlow writes to
    write = sys.__stderr__.write

sys.stderr = KernelsStderr()
import mnist_nn
targets, examples = mnist_nn.parse_labels_and_features(mnist_nn.load_mnist_dataframe().head(300))
data = (examples[:200], targets[:200], examples[200:], targets[200:])
model = mnist_nn.train_nn_classification_model(0.05, 10, 10, [5], *data)
mnist_nn.plot_weights(model.layers[0].kernel.numpy())
mnist_nn.show_figures()
mnist_nn.draw(model).strokes = [[[0.5, 0.2], [0.5, 0.8]]]
print(sorted(path for path in written if not path.startswith(("/dev/", os.environ["TMPDIR"]))))
"""
    environment = {"HOME": "/dev/null", "TMPDIR": str(tmp_path), "MPLBACKEND": "agg"}
    python = [sys.executable, "-B", "-W", "ignore", "-c", code]
    result = subprocess.run(python, cwd="/", env=environment, capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.splitlines()[-1] == "[]"
    assert [path.name.split("-")[0] for path in tmp_path.iterdir()] in ([], ["matplotlib"])
