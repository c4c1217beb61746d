"""What a benchmark was run on."""

from __future__ import annotations

import platform
import sqlite3
import subprocess
from pathlib import Path

from tests import postgres


def machine() -> str:
    """Say what this was measured on."""
    facts = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    names = [line.partition(":")[2].strip() for line in facts.splitlines() if line.startswith("model name")]
    cores = f"{len(names)} x {names[0]}" if names else platform.processor()
    versions = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, PostgreSQL {_postgres_version()}"
    return f"{cores}, {platform.system()} {platform.release()}, {versions}"


def _postgres_version() -> str:
    said = subprocess.run([postgres.binaries() / "postgres", "--version"], capture_output=True, text=True, check=True)
    return said.stdout.split()[2]
