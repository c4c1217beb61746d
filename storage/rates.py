"""How fast a channel may be used: one row a limit, shared by all processes, moved on by one statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Float, bindparam, case, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from storage.models import RateRow

LONGEST_AHEAD = 3600.0  # seconds; a row that is further ahead was written by a clock that has been put right since


@dataclass(frozen=True, slots=True)
class Limit:
    """So many units a second in the long run, and `burst` of them at once after a rest."""

    rate: float
    burst: float = 1.0

    @property
    def slack(self) -> float:
        """How far ahead of the time, in seconds, a row may be while units still go at once."""
        return (self.burst - 1) / self.rate


def take(db: Session, name: str, limit: Limit, now: datetime, units: float = 1) -> float:
    """Reserve units; return how many seconds to wait before they are used."""
    moment, length = now.timestamp(), units / limit.rate
    ahead = db.execute(_advance(db), {"name": name, "tat": moment + length, "now": moment, "length": length}).scalar()
    return max(0.0, (ahead or moment) - length - limit.slack - moment)


def room(db: Session, limits: Mapping[str, Limit], now: datetime, ahead: float = 0.0) -> dict[str, int]:
    """Return, by name, how many units may go from now until `ahead` seconds later; nothing is reserved."""
    moment = now.timestamp()
    rows = db.execute(select(RateRow.name, RateRow.tat).where(RateRow.name.in_(limits)))
    used = {name: tat for name, tat in rows if tat <= moment + LONGEST_AHEAD}
    found: dict[str, int] = {}
    for name, limit in limits.items():
        free = ahead + limit.slack - max(0.0, used.get(name, moment) - moment)
        found[name] = int(free * limit.rate + 1e-6) + 1 if free >= 0 else 0
    return found


def _advance(db: Session) -> Any:
    # GCRA: the row holds when the last unit reserved is through; a new one begins then, or now if that is later.
    insert = sqlite.insert if db.get_bind().dialect.name == "sqlite" else postgresql.insert
    table = RateRow.__table__
    now, length = bindparam("now", type_=Float), bindparam("length", type_=Float)
    current = table.c.tat
    start = case((current.between(now, now + LONGEST_AHEAD), current), else_=now)
    statement = insert(RateRow).values(name=bindparam("name"), tat=bindparam("tat"))
    return statement.on_conflict_do_update(index_elements=["name"], set_={"tat": start + length}).returning(current)
