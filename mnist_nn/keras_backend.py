"""Keras and TensorFlow, imported in silence, and as quickly as can be."""

import contextlib
import gc
import multiprocessing
import os
import sys
from collections.abc import Iterator

from mnist_nn.silence import no_lines_of_matplotlib, no_lines_of_tensorflow


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


with no_lines_of_tensorflow(), no_lines_of_matplotlib(), _quick_start():
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
