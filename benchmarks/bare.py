"""The bare minimum of a round of prompts: the same rows, made in Python and put into the same tables in one go."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

from storage.database import Database
from storage.sealing import keyring

NOW = "2028-11-01 14:30:00.000000"
STATE = (
    '{"sessions":[],"paused":[],"questions":[],"prompted":{"codes":["ANC1","ABS","YAW","MD"],'
    '"period":{"year":2028,"month":10},"at":"2028-11-01T14:30:00Z"},"ticket":0,"shown":[],"practice":null,"cut":null,'
    '"flags":null,"closing":null,"heard":[]}'
)
WORDS = (
    "Oct 2028 review, District {n}. Send in one message: ANC1 ABS YAW MD. Example: REP ANC1 412/615 ABS 12. Due {day}."
)
Seal = Callable[[str, str], bytes]


def bare_inserts(people: int, seals: bool) -> tuple[float, float]:
    """Insert the rows of so many prompts, plain or sealed; return seconds and seconds of processor."""
    with tempfile.TemporaryDirectory(prefix="kumbusha-") as folder:
        db = Database(f"sqlite:///{folder}/bare.sqlite", "a benchmark keeps no secret")
        db.upgrade()
        connection: Any = db.engine.raw_connection().driver_connection
        _insert(connection, "contacts", CONTACT, _contacts(people))
        began, processor = time.perf_counter(), time.process_time()
        connection.execute("begin immediate")
        _rows(connection, people, keyring().seal if seals else _plain)
        connection.execute("commit")
        taken = time.perf_counter() - began, time.process_time() - processor
        db.close()
        return taken


def _plain(text: str, _label: str) -> bytes:
    return text.encode()


CONTACT = ("key", "name", "role", "district", "groups", "language", "timezone", "preferred", "status", "deputy")
CLAIM = ("key", "kind", "contact_id", "outcome", "reason", "at")
PART = (
    *("key", "contact_id", "kind", "lane", "scheme", "path", "text", "segments", "status", "attempts"),
    *("created_at", "due_at"),
)


def _contacts(people: int) -> Iterator[tuple[Any, ...]]:
    for n in range(people):
        yield f"k{n}", b"", "focal", f"d{n % 30}", "[]", "en", "Africa/Accra", "tel", "active", 0


def _rows(connection: Any, people: int, seal: Seal) -> None:
    ids = range(1, people + 1)
    _insert(connection, "occurrences", CLAIM, ((f"prompt1:2028-10:{n}", "prompt", n, "sent", "", NOW) for n in ids))
    states = ((n, seal(STATE, "conversations.state")) for n in ids)
    _insert(connection, "conversations", ("contact_id", "state"), states)
    _insert(connection, "outbound", PART, (_part(n, seal) for n in ids))


def _part(n: int, seal: Seal) -> tuple[Any, ...]:
    path = seal(f"+23324{n:07d}", "outbound.path")
    text = seal(WORDS.format(n=n % 30, day="Tue 7 Nov"), "outbound.text")
    return f"prompt1:2028-10:{n}:0", n, "prompt", "bulk", "tel", path, text, 1, "queued", 0, NOW, NOW


def _insert(connection: Any, table: str, names: tuple[str, ...], rows: Iterator[tuple[Any, ...]]) -> None:
    signs = ", ".join("?" for _name in names)
    connection.executemany(f"insert into {table} ({', '.join(names)}) values ({signs})", rows)
