"""Processes forked from one that has read everything already: each then costs milliseconds, not seconds."""

from __future__ import annotations

import multiprocessing
import os
import runpy
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["_pytest.config", "pytest", "tests.well_read"])
COMMAND = Path(__file__).parent.parent / "kumbusha.py"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended, and what it said."""

    returncode: int | None
    stdout: str
    stderr: str


def kumbusha(folder: Path, environment: dict[str, str], *words: str) -> Ended:
    """Run the command to its end in a process of its own, in a folder and with nothing but this environment."""
    with tempfile.TemporaryDirectory() as told:
        out, err = Path(told) / "out", Path(told) / "err"
        process = PROCESSES.Process(target=_run, args=(folder, environment, words, out, err))
        process.start()
        process.join()
        return Ended(process.exitcode, out.read_text(), err.read_text())


def _run(folder: Path, environment: dict[str, str], words: tuple[str, ...], out: Path, err: Path) -> None:
    for path, standard in ((out, sys.stdout), (err, sys.stderr)):
        with path.open("wb") as file:
            os.dup2(file.fileno(), standard.fileno())
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [str(COMMAND), *words]
    runpy.run_path(str(COMMAND), run_name="__main__")
