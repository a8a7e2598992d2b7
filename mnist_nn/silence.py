"""What keeps libraries from writing lines, on import, that would puzzle a student."""

import contextlib
import logging
import os
from collections.abc import Iterator


@contextlib.contextmanager
def no_lines_of_tensorflow() -> Iterator[None]:
    """Keep TensorFlow's import from writing to stderr."""
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
def no_lines_of_matplotlib() -> Iterator[None]:
    """Keep Matplotlib from telling, in red, where its cache is if it cannot be in the home folder,
    and that it builds one.
    """
    log = logging.getLogger("matplotlib")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)
