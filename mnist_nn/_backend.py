"""Keras and TensorFlow, imported silently, and the workarounds that they need."""

import contextlib
import gc
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from mnist_nn.errors import BackendError

BACKENDS = {"tensorflow", "jax", "torch", "openvino"}  # Keras's


@contextlib.contextmanager
def _quick_and_silent() -> Iterator[None]:
    """Silence what TensorFlow and Keras print while they are imported.

    Garbage is not collected meanwhile, which would take a fifth of the time.
    """
    level = os.environ.get("TF_CPP_MIN_LOG_LEVEL")
    # TensorFlow's C++ code writes before it reads its log level, so the file descriptor itself is
    # redirected. The level is read once, during the import.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    stderr = None
    with contextlib.suppress(OSError), open(os.devnull, "w") as nowhere:
        stderr = os.dup(2)  # fails in a process without stderr
        os.dup2(nowhere.fileno(), 2)
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        # Move the imports straight to the oldest generation: otherwise the collector goes through
        # them again and again, and the first training call is a fifth slower.
        gc.freeze()
        gc.unfreeze()
        if collects:
            gc.enable()
        if stderr is not None:
            os.dup2(stderr, 2)
            os.close(stderr)
        if level is None:
            del os.environ["TF_CPP_MIN_LOG_LEVEL"]


with _quick_and_silent():
    try:
        import keras

        backend = keras.config.backend()
    except ModuleNotFoundError as error:
        if error.name not in BACKENDS:
            raise
        backend = os.environ.get("KERAS_BACKEND", str(error.name))  # it is set, but missing
    if backend != "tensorflow":
        raise BackendError(
            f"mnist_nn needs Keras with TensorFlow, but Keras's backend is {backend!r}: set the "
            "environment variable KERAS_BACKEND to 'tensorflow' before Keras is imported"
        )
    import tensorflow as tf

# Keras compiles ``predict`` for each model, and TensorFlow warns after a few models.
tf.get_logger().addFilter(lambda record: "make_predict_function" not in record.getMessage())

# Networks this small train a third faster if TensorFlow runs one operation after another, each
# still on all cores. A choice that the user has made stays.
if not (
    tf.config.threading.get_inter_op_parallelism_threads() or "TF_NUM_INTEROP_THREADS" in os.environ
):
    with contextlib.suppress(RuntimeError):  # TensorFlow is running already
        tf.config.threading.set_inter_op_parallelism_threads(1)


def without_replica_context(function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap ``function`` so that Keras's optimizers in it do not sum gradients over replicas.

    In ``merge_call``, there is no replica context, and thus nothing to sum.

    That sum makes TensorFlow keep the graph of each training call for good, 3.6 MiB. The likely
    cause is https://github.com/tensorflow/tensorflow/issues/97697.
    """
    context = tf.distribute.get_replica_context
    return lambda *inputs: context().merge_call(lambda _strategy: function(*inputs))


def compile_loop(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function with its Python loop as one of TensorFlow, for ``tf.function``.

    AutoGraph would take 0.2 s if it also compiled what the function calls.
    """
    compiled = tf.autograph.to_graph(function)
    generated = Path(compiled.__code__.co_filename)
    if generated.name.startswith("__autograph"):  # TensorFlow would remove the file at exit
        generated.unlink(missing_ok=True)  # but a notebook's kernel is killed
    return compiled  # type: ignore[no-any-return]


def begin_training(model: keras.Model, callbacks: keras.callbacks.CallbackList) -> int:
    """Begin training, and return the first period: BackupAndRestore may resume at a later one."""
    model.stop_training, model._initial_epoch = False, None
    callbacks.on_train_begin()
    first_period = model._initial_epoch or 0
    model._initial_epoch = None  # or Keras would start the next call there, too
    return first_period


@contextlib.contextmanager
def change_backups(callbacks: keras.callbacks.CallbackList, **changes: Any) -> Iterator[None]:
    """Change attributes of BackupAndRestore callbacks for a while."""
    kind = keras.callbacks.BackupAndRestore
    backups = [item for item in callbacks.callbacks if isinstance(item, kind)]
    before = [{name: getattr(backup, name) for name in changes} for backup in backups]
    for backup in backups:
        vars(backup).update(changes)
    try:
        yield
    finally:
        for backup, values in zip(backups, before, strict=True):
            vars(backup).update(values)


@contextlib.contextmanager
def without_metrics(model: keras.Model) -> Iterator[None]:
    """Let training steps compute no compiled metrics, which takes a fifth of their time."""
    model.compute_metrics = lambda *_, **__: {}
    try:
        yield
    finally:
        del model.compute_metrics


def compute_other_metrics(
    model: keras.Model, features: Any, labels: Any, outputs: Any
) -> dict[str, Any]:
    """Return the compiled metrics of a data set, unless accuracy is the only one."""
    # Keras's public get_compile_config() fails for losses that cannot be saved.
    config = getattr(getattr(model, "_compile_config", None), "config", {})
    computes_own = type(model).compute_metrics is not keras.Model.compute_metrics
    has_others = config.get("metrics") not in (None, ["accuracy"]) or config.get("weighted_metrics")
    if not (computes_own or has_others):
        return {}
    model.reset_metrics()
    values = model.compute_metrics(features, labels, outputs)
    return {name: to_value(value) for name, value in values.items() if name != "loss"}


def to_value(value: Any) -> Any:
    """Return the value of a metric as a number, or as an array if it has several."""
    array = value.numpy() if hasattr(value, "numpy") else value
    return float(array) if getattr(array, "size", 1) == 1 else array


def is_distributed(model: keras.Model) -> bool:
    """Return whether a model was built, or would now be trained, under a distribution strategy."""
    if tf.distribute.has_strategy():
        return True
    with model.distribute_strategy.scope():
        return bool(tf.distribute.has_strategy())


@contextlib.contextmanager
def defer_interrupt() -> Iterator[list[int]]:
    """Add the first interrupt to the list that is yielded, instead of raising it.

    An interrupt that is raised inside TensorFlow turns into other errors, or gets lost. The second
    interrupt is raised.
    """
    interrupts: list[int] = []

    def handle(signal_number: int, frame: Any) -> None:
        if interrupts:
            raise KeyboardInterrupt
        interrupts.append(signal_number)

    in_main_thread = threading.current_thread() is threading.main_thread()
    if not in_main_thread or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield interrupts  # somebody else handles interrupts
        return
    signal.signal(signal.SIGINT, handle)
    try:
        yield interrupts
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


__all__ = ["keras", "tf"]  # so that other modules may import them from here
