"""Keras and TensorFlow, imported without the start-up lines that TensorFlow writes to stderr."""

import contextlib
import os
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


with _silent_start():
    import keras
    import tensorflow as tf

__all__ = ["keras", "tf"]
