"""Processes forked from one that has read everything already: each then costs milliseconds, not seconds."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import runpy
import signal
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["_pytest.config", "pytest", "tests.well_read"])
ROOT = Path(__file__).parent.parent
COMMAND, IMPATIENT = ROOT / "kumbusha.py", ROOT / "tests" / "process.py"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended, and what it said."""

    returncode: int | None
    stdout: str
    stderr: str


class Forked:
    """A script that runs in a process of its own until it ends or is ended; all it says is added to one file."""

    def __init__(self, script: Path, folder: Path, environment: dict[str, str], *words: str, log: Path) -> None:
        log.touch()  # who reads it may be quicker than who writes it
        self._process = PROCESSES.Process(target=_run, args=(script, folder, environment, words, log, log))
        self._process.start()

    @property
    def returncode(self) -> int | None:
        """How it ended, as a shell says it; None while it runs."""
        return self._process.exitcode

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        if self._process.pid is not None and self._process.is_alive():
            os.kill(self._process.pid, number)

    async def wait(self) -> int:
        """Wait until it is gone, and return how it ended."""
        gone, loop = asyncio.Event(), asyncio.get_running_loop()
        loop.add_reader(self._process.sentinel, gone.set)
        await gone.wait()
        loop.remove_reader(self._process.sentinel)
        self._process.join()
        return self._process.exitcode or 0


def kumbusha(folder: Path, environment: dict[str, str], *words: str) -> Ended:
    """Run the command to its end in a process of its own, in a folder and with nothing but this environment."""
    with tempfile.TemporaryDirectory() as told:
        out, err = Path(told) / "out", Path(told) / "err"
        process = PROCESSES.Process(target=_run, args=(COMMAND, folder, environment, words, out, err))
        process.start()
        process.join()
        return Ended(process.exitcode, out.read_text(), err.read_text())


def _run(script: Path, folder: Path, environment: dict[str, str], words: tuple[str, ...], out: Path, err: Path) -> None:
    for path, standard in ((out, sys.stdout), (err, sys.stderr)):
        with path.open("ab") as file:
            os.dup2(file.fileno(), standard.fileno())
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [str(script), *words]
    runpy.run_path(str(script), run_name="__main__")
