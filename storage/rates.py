"""How fast a channel may be used: one row a limit, shared by all processes, moved on by one statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Float, bindparam, case, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from storage.inserting import rows_of
from storage.models import RateRow
from storage.prepared import Prepared

# What is reserved ahead of the time, at most: so much by each of some processes that look at the same moment.
PROCESSES, RESERVED, LONGEST_MESSAGE = 6, 10.0, 10  # seconds, and segments of the one that begins within them

_ROWS = rows_of(RateRow)
_REACHED = Prepared(select(_ROWS.c.tat).where(_ROWS.c.name == bindparam("name")))


@dataclass(frozen=True, slots=True)
class Limit:
    """So many units a second in the long run, and `burst` of them at once after a rest."""

    rate: float
    burst: float = 1.0

    @property
    def slack(self) -> float:
        """How far ahead of the time, in seconds, a row may be while units still go at once."""
        return (self.burst - 1) / self.rate

    @property
    def longest(self) -> float:
        """How far ahead a row ever is, in seconds; one further ahead was written by a clock that has been put right."""
        return PROCESSES * (RESERVED + LONGEST_MESSAGE / self.rate + self.slack)


def take(db: Session, name: str, limit: Limit, now: datetime, units: float = 1) -> float:
    """Reserve units; return how many seconds to wait before they are used."""
    moment, length = now.timestamp(), units / limit.rate
    values = {"name": name, "tat": moment + length, "now": moment, "latest": moment + limit.longest, "length": length}
    ahead = _advance(db.get_bind().dialect.name).value(db, values)
    return max(0.0, (ahead or moment) - length - limit.slack - moment)


def room(db: Session, limits: Mapping[str, Limit], now: datetime, ahead: float = 0.0) -> dict[str, int]:
    """Return, by name, how many units may go from now until `ahead` seconds later; nothing is reserved."""
    moment = now.timestamp()
    found: dict[str, int] = {}
    for name, limit in limits.items():
        reached = _REACHED.value(db, {"name": name})
        used = 0.0 if reached is None or reached > moment + limit.longest else max(0.0, reached - moment)
        free = ahead + limit.slack - used
        found[name] = int(free * limit.rate + 1e-6) + 1 if free >= 0 else 0
    return found


@lru_cache(maxsize=2)
def _advance(dialect: str) -> Prepared:
    # GCRA: the row holds when the last unit reserved is through; a new one begins then, or now if that is later.
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    now, latest, length = (bindparam(name, type_=Float) for name in ("now", "latest", "length"))
    current = _ROWS.c.tat
    start = case((current.between(now, latest), current), else_=now)
    new = insert(_ROWS).values(name=bindparam("name"), tat=bindparam("tat"))
    return Prepared(new.on_conflict_do_update(index_elements=["name"], set_={"tat": start + length}).returning(current))
