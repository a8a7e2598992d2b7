"""The processes in which a search trains."""

import psutil


def worker_processes() -> list[psutil.Process]:
    """Return joblib's processes among those that this one has started."""
    children = psutil.Process().children(recursive=True)
    return [child for child in children if any("LokyProcess" in part for part in child.cmdline())]
