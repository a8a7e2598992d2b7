"""The processes in which a search trains."""

import psutil


def worker_processes(word: str = "LokyProcess") -> list[psutil.Process]:
    """Return the processes that this one has started, with a word in their command: joblib's."""
    children = psutil.Process().children(recursive=True)
    return [child for child in children if any(word in part for part in child.cmdline())]
