"""When the values of a month were first answered, and which wait for a yes: read from that month's versions alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.events import ValueStatus
from domain.periods import ReportingPeriod
from domain.programme import Programme
from storage.models import ValueVersionRow as Version

ANSWERS = (str(ValueStatus.REPORTED), str(ValueStatus.NOT_AVAILABLE))


@dataclass(frozen=True, slots=True)
class Answered:
    """The codes of one district and month that were answered by the due day, and those that wait for a yes."""

    in_time: frozenset[str] = frozenset()
    waiting: frozenset[str] = frozenset()


def load(
    db: Session, districts: Iterable[str], programme: Programme, periods: Iterable[ReportingPeriod]
) -> dict[tuple[str, ReportingPeriod], Answered]:
    """Return how some months were answered, by district and month."""
    wanted = [(code, period) for code in districts for period in periods]
    months = sorted({str(period) for _code, period in wanted})
    codes = sorted({c for district, _period in wanted for c in programme.districts[district].indicators})
    # District, code and month together are how the table is sorted: nothing else of it is read.
    query = (
        select(Version.district, Version.period, Version.code, Version.status, Version.late)
        .where(Version.district.in_({district for district, _period in wanted}))
        .where(Version.code.in_(codes), Version.period.in_(months))
        .order_by(Version.version)
    )
    in_time: dict[tuple[str, str], set[str]] = {}
    newest: dict[tuple[str, str], dict[str, str]] = {}
    for row in db.execute(query):
        newest.setdefault((row.district, row.period), {})[row.code] = row.status
        if row.status in ANSWERS and not row.late:
            in_time.setdefault((row.district, row.period), set()).add(row.code)
    return {
        (district, period): Answered(
            frozenset(in_time.get((district, str(period)), ())),
            _waiting(newest.get((district, str(period)), {})),
        )
        for district, period in wanted
    }


def _waiting(newest: dict[str, str]) -> frozenset[str]:
    return frozenset(code for code, status in newest.items() if status == ValueStatus.PENDING)
