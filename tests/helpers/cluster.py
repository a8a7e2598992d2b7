"""A Dask cluster of processes of their own, as the docstring of the search starts it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path


class Cluster:
    """A scheduler and its workers; all they write is in ``folder``. Kill them at the end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: list[subprocess.Popen[str]] = []
        self.address = ""  # the scheduler's

    def start(self, *command: str | Path, **variables: str) -> subprocess.Popen[str]:
        """Start a process in a session of its own."""
        with (self.folder / "log.txt").open("a") as log:
            process = subprocess.Popen(
                command,
                cwd=self.folder,  # not the checkout, whose package would come first
                env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | variables,
                stdout=log,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def start_scheduler(self, **variables: str) -> subprocess.Popen[str]:
        file = self.folder / "scheduler.json"
        file.unlink(missing_ok=True)
        # Port 0 stands for any free port.
        options = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", file)
        process = self.start(sys.executable, "-m", "dask", "scheduler", *options, **variables)
        while not file.exists() or not file.read_text():
            assert process.poll() is None
            time.sleep(0.05)
        self.address = json.loads(file.read_text())["address"]
        return process

    def start_worker(self, **variables: str) -> subprocess.Popen[str]:
        options = ("--nthreads", "1", "--no-dashboard", "--local-directory", self.folder)
        command = (sys.executable, "-m", "dask", "worker", self.address, *options)
        return self.start(*command, **variables)


def kill_group(process: "subprocess.Popen[str]") -> None:
    """Kill a process and all that it has started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
