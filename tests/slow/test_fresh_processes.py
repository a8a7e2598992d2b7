"""What the trainers say, write and leave alone, in processes of their own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
from split import Split

import mnist_nn

ASK_THREADS = "print(tf.config.threading.get_inter_op_parallelism_threads())"


def test_worker_imports_little_and_leaves_the_parallelism_that_is_set() -> None:
    """A worker of a search, in a process without stderr, after the user has set TensorFlow up."""
    code = f"""
import sys
import tensorflow as tf
tf.config.threading.set_inter_op_parallelism_threads(2)
tf.constant(1)  # from here on it cannot be set
import mnist_nn.search.worker, mnist_nn.training
{ASK_THREADS}
print(*sys.modules)
"""
    command = f"exec '{sys.executable}' -c '{code}' 2>&-"
    result = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    threads, modules = result.stdout.splitlines()
    assert threads == "2"
    unwanted = {"seaborn", "sklearn.model_selection", "mnist_nn.plots", "mnist_nn.search.search"}
    assert not unwanted & {*modules.split()}


def test_nothing_is_written_even_without_a_home_folder(tmp_path: Path) -> None:
    """All that is written is Matplotlib's cache, in the temporary folder since there is no home.

    The number of threads that the environment sets stays as well.
    """
    code = f"""
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
import mnist_nn.plots  # and with it Matplotlib, before TensorFlow
from mnist_nn.drawing import draw
targets, examples = mnist_nn.parse_labels_and_features(mnist_nn.load_mnist_dataframe().head(300))
data = (examples[:200], targets[:200], examples[200:], targets[200:])
model = mnist_nn.train_nn_classification_model(0.05, 10, 10, [5], *data)
mnist_nn.plot_weights(model.layers[0].kernel.numpy())
import matplotlib.pyplot as plt
plt.show()
draw(model).strokes = [[[0.5, 0.2], [0.5, 0.8]]]
import tensorflow as tf
{ASK_THREADS}
print(sorted(path for path in written if not path.startswith(("/dev/", os.environ["TMPDIR"]))))
"""
    environment = {"HOME": "/dev/null", "TMPDIR": str(tmp_path), "MPLBACKEND": "agg"}
    environment["TF_NUM_INTEROP_THREADS"] = "2"
    python = [sys.executable, "-B", "-W", "ignore", "-c", code]
    result = subprocess.run(python, cwd="/", env=environment, capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.splitlines()[-2:] == ["0", "[]"]  # 0 leaves it to the environment
    assert [path.name.split("-")[0] for path in tmp_path.iterdir()] in ([], ["matplotlib"])


def test_training_again_and_again_stays_silent(tmp_path: Path) -> None:
    """No start-up line, no warning, no advice on retracing, in a process that shows them all."""
    code = """
import os
before = dict(os.environ)
import mnist_nn
labels, features = mnist_nn.parse_labels_and_features(mnist_nn.load_mnist_dataframe()[:100])
for periods in (1, 1, 1, 1, 1, 1, 10, 10):
    model = mnist_nn.train_nn_classification_model(
        0.05, 10, 30, [5], features, labels, features, labels, periods=periods, verbose=0)
    model.predict(features, verbose=0)
import tensorflow as tf
print({name for name in {*os.environ, *before} if "TF_CPP" in name})
print(tf.config.threading.get_inter_op_parallelism_threads())
os.write(2, b"heard")
"""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TF_")}
    python = [sys.executable, "-W", "always", "-c", code]
    result = subprocess.run(python, cwd=tmp_path, env=environment, capture_output=True, text=True)
    errors = re.sub(r".*DeprecationWarning.*\n.*\n", "", result.stderr)  # of Keras
    # Operations run one after another, and what is written later is heard again.
    assert (result.returncode, result.stdout, errors) == (0, "set()\n1\n", "heard")


def test_classifier_is_a_keras_model_as_any(small: Split, tmp_path: Path) -> None:
    classifier = mnist_nn.train_nn_classification_model(0.05, 20, 10, [5], *small, verbose=0)
    expected = classifier.predict(small.validation_examples, batch_size=100, verbose=0)
    lines: list[str] = []
    classifier.summary(print_fn=lambda line, **_: lines.append(line))
    assert "hiddenlayer_0" in "\n".join(lines)
    classifier.save(tmp_path / "classifier.keras")
    # Loaded in a process that does not have this package, and in Keras' safe mode.
    np.save(tmp_path / "examples.npy", small.validation_examples.to_numpy())
    code = """
import sys
sys.modules["mnist_nn"] = None
import keras, numpy as np
loaded = keras.models.load_model("classifier.keras", safe_mode=True)
np.save("predicted.npy", loaded.predict(np.load("examples.npy"), batch_size=100, verbose=0))
"""
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True)
    np.testing.assert_allclose(np.load(tmp_path / "predicted.npy"), expected, rtol=1e-5)
    # Keras' own training goes on from here, in its own way.
    features, targets = small.training_examples.to_numpy(np.float32), small.training_targets
    history = classifier.fit(features, targets, epochs=3, verbose=0).history
    assert len(history["loss"]) == 3
    assert classifier.optimizer.iterations.numpy() == 20 + 3 * 7
