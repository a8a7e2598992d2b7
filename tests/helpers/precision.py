"""Let Keras compute in another precision, also if it has built models before."""

import contextlib
from collections.abc import Iterator

import keras


@contextlib.contextmanager
def precision(floatx: str) -> Iterator[None]:
    """Set Keras' dtype. The first layer of a process fixes the one that layers have by default."""
    keras.config.set_floatx(floatx)
    keras.config.set_dtype_policy(floatx)
    try:
        yield
    finally:
        keras.config.set_floatx("float32")
        keras.config.set_dtype_policy("float32")
