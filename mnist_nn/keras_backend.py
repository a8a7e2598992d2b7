"""Keras and TensorFlow, imported in silence, and as quickly as can be."""

import contextlib
import gc
import os
from collections.abc import Iterator

from mnist_nn.silence import no_lines_of_matplotlib, no_lines_of_tensorflow


@contextlib.contextmanager
def no_garbage_collection() -> Iterator[None]:
    """Keep Python from looking through all that was imported for garbage, again and again."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


# Keras imports Matplotlib. Without garbage collection, all of this takes four fifths of the time.
with no_lines_of_tensorflow(), no_lines_of_matplotlib(), no_garbage_collection():
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

__all__ = ["keras", "no_garbage_collection", "tf"]
