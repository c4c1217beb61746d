"""What is logged: one line of JSON an event, with ids and names of events, and never words or numbers of people."""

from __future__ import annotations

import json
import logging
import re
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

OURS = frozenset({"bot", "conversations", "domain", "kumbusha", "scheduler", "storage", "web", "__main__"})
IDS = (
    "inbound_id",
    "outbound_id",
    "contact_id",
    "alert_id",
    "district",
    "job",
    "channel",
    "loop",
    "update_id",
    "provider_id",
)
"""Which facts beside the event go into a line; a new one is thought about before it is let in."""

NUMBER = re.compile(r"\+?\d(?:[ -]?\d){4,}")  # phones, chats; what is shorter is a code or a count
ADDRESS = re.compile(r"\S+@\S+")
QUOTED = re.compile(r"(?<!\w)'[^']*('|$)|\"[^\"]*(\"|$)")  # providers repeat in quotes what they did not like
CODE = re.compile(r"\d{3,5}\b")
SHORT = 5  # words of a provider's reason that cannot quote much; the row of the message keeps the whole
LONGEST = 200  # characters of an event
FRAMES = 8  # of our own files, in a traceback
ROOT = Path(__file__).parent.parent


def set_up(stream: TextIO | None = None) -> None:
    """Log to `stream` (standard error when None): our own events from INFO on, those of libraries from WARNING on."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Line())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in OURS:
        logging.getLogger(name).setLevel(logging.INFO)


class Line(logging.Formatter):
    """Writes a record as one line. An exception is its type and where it was raised: its message may quote people."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        facts: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name,
            "event": _event(record),
        }
        for name in IDS:
            if (value := getattr(record, name, None)) is not None:
                facts[name] = value if isinstance(value, int) else masked(str(value))
        if (reason := getattr(record, "reason", None)) is not None:
            facts["reason"] = _reason(str(reason))
        if record.exc_info and record.exc_info[1] is not None:
            facts["error"] = " from ".join(type(error).__name__ for error in _chain(record.exc_info[1]))
            facts["where"] = _where(record.exc_info[1])
        return json.dumps(facts)


def masked(text: str) -> str:
    """Return one line of a text without what might be a number, an address, or somebody's words in quotes."""
    for pattern, sign in ((QUOTED, "'…'"), (ADDRESS, "@"), (NUMBER, "#")):
        text = pattern.sub(sign, text)
    return text.strip().split("\n")[0][:LONGEST]


def _event(record: logging.LogRecord) -> str:
    # What a library puts into its words is not ours to know, so of those only the pattern is told.
    ours = record.name.split(".")[0] in OURS
    return masked(record.getMessage() if ours else str(record.msg))


def _reason(text: str) -> str:
    """Return a provider's code, else its reason when that is short."""
    code = CODE.match(text)
    if code is not None:
        return code[0]
    return masked(text) if len(text.split()) <= SHORT else "…"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _where(error: BaseException) -> list[str]:
    """Return where it went through our own files, the innermost last, and where it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames[:-1] if _is_ours(Path(frame.filename))]
    return [f"{_short(Path(f.filename))}:{f.lineno} {f.name}" for f in (*own[-FRAMES:], *frames[-1:])]


def _is_ours(path: Path) -> bool:
    return path.is_relative_to(ROOT) and "site-packages" not in path.parts


def _short(path: Path) -> str:
    return str(path.relative_to(ROOT)) if _is_ours(path) else "/".join(path.parts[-2:])
