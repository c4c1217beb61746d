"""What a benchmark was run on."""

from __future__ import annotations

import ctypes
import gc
import platform
import sqlite3
import subprocess
from pathlib import Path

from tests import postgres

NOW, PEAK = "VmRSS", "VmHWM"


def machine() -> str:
    """Say what this was measured on."""
    facts = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    names = [line.partition(":")[2].strip() for line in facts.splitlines() if line.startswith("model name")]
    cores = f"{len(names)} x {names[0]}" if names else platform.processor()
    versions = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, PostgreSQL {_postgres_version()}"
    return f"{cores}, {platform.system()} {platform.release()}, {versions}"


def memory(process: int | str, what: str = NOW) -> float:
    """Return the memory of a process (its id, or `self`) in MB: what it has now, or the most it had."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what)) / 1024


def forget_peak() -> float:
    """Give back what this process does not need, and measure its peak from here on; return what it has, in MB."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    return memory("self")


def _postgres_version() -> str:
    said = subprocess.run([postgres.binaries() / "postgres", "--version"], capture_output=True, text=True, check=True)
    return said.stdout.split()[2]
