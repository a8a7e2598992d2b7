"""Keras and TensorFlow, imported without the start-up lines that TensorFlow writes to stderr."""

import contextlib
import gc
import multiprocessing
import os
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def _silent_start() -> Iterator[None]:
    # TensorFlow's C++ code writes its first lines before it has read its log level, so the file
    # descriptor is what has to be silenced; the level is read once, during the import.
    level = os.environ.get("TF_CPP_MIN_LOG_LEVEL")
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = level or "3"
    try:
        stderr = os.dup(2)
    except OSError:  # a process without stderr is silent already
        stderr = None
    else:
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        if stderr is not None:
            os.dup2(stderr, 2)
            os.close(stderr)
        if level is None:
            del os.environ["TF_CPP_MIN_LOG_LEVEL"]


@contextlib.contextmanager
def _quick_start() -> Iterator[None]:
    # The garbage collector would look through all that is imported, again and again, and find
    # nothing: it takes a fifth of the time.
    collects = gc.isenabled()
    gc.disable()
    # Keras also imports what it can wrap and draw with. The worker processes of a search need none
    # of it, and it takes a third of what is left.
    unused: list[str] = []
    if multiprocessing.current_process().name.startswith("LokyProcess"):
        unused = [name for name in ("matplotlib", "sklearn") if name not in sys.modules]
        for name in unused:
            sys.modules[name] = None  # type: ignore[assignment]  # makes importing it an error
    try:
        yield
    finally:
        for name in unused:
            del sys.modules[name]
        if collects:
            gc.enable()


with _silent_start(), _quick_start():
    import keras
    import tensorflow as tf

# Operations of models this small wait for each other longer than they take: one after another, a
# training step takes three quarters of the time. Each still computes on all cores. Whoever has
# chosen otherwise keeps their choice.
if not (
    tf.config.threading.get_inter_op_parallelism_threads() or "TF_NUM_INTEROP_THREADS" in os.environ
):
    with contextlib.suppress(RuntimeError):  # TensorFlow is at work already, and stays as it is
        tf.config.threading.set_inter_op_parallelism_threads(1)

__all__ = ["keras", "tf"]
