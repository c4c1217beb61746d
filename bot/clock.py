"""Where the time comes from: the machine's clock, or one that a demo or simulation moves."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    """Anything that tells the time; called at entry points only, everything inside is given `now`."""

    def __call__(self) -> datetime:
        """Return the time, aware, in UTC."""
        ...


def wall_clock() -> datetime:
    """Return the machine's time."""
    return datetime.now(UTC)


class MovedClock:
    """A clock that stands still until it is moved; kept in a file so that several processes share it."""

    def __init__(self, path: Path, start: datetime) -> None:
        self._path = path
        if not path.exists():
            self.set(start)

    def __call__(self) -> datetime:
        """Return where the clock stands."""
        return datetime.fromisoformat(self._path.read_text().strip())

    def set(self, now: datetime) -> None:
        """Put the clock to a moment."""
        # Another process may read at any moment, so the file is replaced, never rewritten.
        beside = self._path.with_suffix(".new")
        beside.write_text(now.astimezone(UTC).isoformat())
        beside.replace(self._path)
