"""Where the tests keep their files: in memory where there is room for them, since a disk is slow to keep things."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
ROOM = 2 * 1024**3  # bytes; a container often has no more than 64 MB there


def folder() -> str:
    """Return the folder for files that need not outlive the machine."""
    if os.access(MEMORY, os.W_OK | os.X_OK) and shutil.disk_usage(MEMORY).free >= ROOM:
        return str(MEMORY)
    return tempfile.gettempdir()
