"""Reading back what was said of values: the trail of one, and those that somebody should look at."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from domain.events import Check, ValueStatus
from domain.periods import ReportingPeriod
from domain.programme import Programme
from domain.values import Checked, IndicatorValue, Trail, Version
from storage.models import ContactRow, CurrentValueRow, ValueVersionRow, VerificationRow
from storage.values import measure_of
from storage.verifications import standing


def trail(
    db: Session, district: str, code: str, period: ReportingPeriod | None, last: ReportingPeriod, programme: Programme
) -> Trail:
    """Return the trail of a value, newest first: of `period`, or of the newest month on record up to `last`."""
    month = str(period) if period else _newest_month(db, district, code, last) or str(last)
    versions = _of_value(select(ValueVersionRow, ContactRow), ValueVersionRow, district, code, month)
    checks = _of_value(select(VerificationRow, ContactRow), VerificationRow, district, code, month)
    unit = programme.indicators[code].unit
    return Trail(
        district,
        code,
        ReportingPeriod.parse(month),
        tuple(
            Version(
                row.version,
                ValueStatus(row.status),
                measure_of(row, unit),
                row.at,
                contact.name if contact else None,
                row.inbound_id,
                row.reason,
                row.flagged,
            )
            for row, contact in db.execute(versions)
        ),
        tuple(
            Checked(row.version, Check(row.state), row.at, contact.name, row.words)
            for row, contact in db.execute(checks)
        ),
    )


def _of_value(query: Any, table: Any, district: str, code: str, month: str) -> Any:
    who = query.outerjoin_from(table, ContactRow, ContactRow.id == table.contact_id)
    return who.where(table.district == district, table.code == code, table.period == month).order_by(table.id.desc())


def _newest_month(db: Session, district: str, code: str, last: ReportingPeriod) -> str | None:
    query = select(func.max(ValueVersionRow.period)).where(
        ValueVersionRow.district == district, ValueVersionRow.code == code, ValueVersionRow.period <= str(last)
    )
    return db.execute(query).scalar_one()


def unsettled(
    db: Session, districts: Iterable[str], since: ReportingPeriod, programme: Programme
) -> tuple[IndicatorValue, ...]:
    """Return the versions of districts, from a month on, that wait for a yes, are flagged, or were looked at.

    Of each value only the one that counts and, where it is newer, the one that waits.
    """
    wanted = list(districts)
    later = aliased(ValueVersionRow)
    newer = select(later.id).where(*_same(later, ValueVersionRow), later.version > ValueVersionRow.version).exists()
    waits = and_(ValueVersionRow.status == str(ValueStatus.PENDING), ~newer)
    counts = and_(
        ValueVersionRow.version == CurrentValueRow.version,
        CurrentValueRow.status == str(ValueStatus.REPORTED),
        or_(CurrentValueRow.flagged.is_(True), CurrentValueRow.check.is_not(None)),
    )
    query = (
        select(ValueVersionRow, CurrentValueRow.version, CurrentValueRow.check)
        .outerjoin_from(ValueVersionRow, CurrentValueRow, and_(*_same(CurrentValueRow, ValueVersionRow)))
        .where(ValueVersionRow.district.in_(wanted), ValueVersionRow.period >= str(since), or_(waits, counts))
        .order_by(ValueVersionRow.id)
    )
    rows = [(v, current == v.version, check) for v, current, check in db.execute(query)]
    seen = _states(db, [v for v, counted, _check in rows if not counted])
    return tuple(
        _unsettled(v, Check(check) if counted and check else standing(seen.get(_key(v), ())), programme)
        for v, counted, check in rows
        if v.code in programme.indicators
    )


def _same(one: Any, other: Any) -> tuple[Any, ...]:
    return one.district == other.district, one.code == other.code, one.period == other.period


def _key(row: ValueVersionRow | VerificationRow) -> tuple[str, str, str, int]:
    return row.district, row.code, row.period, row.version


def _states(db: Session, waiting: list[ValueVersionRow]) -> dict[tuple[str, str, str, int], list[str]]:
    found: dict[tuple[str, str, str, int], list[str]] = {}
    if waiting:
        query = select(VerificationRow).where(VerificationRow.district.in_({v.district for v in waiting}))
        query = query.where(VerificationRow.period >= min(v.period for v in waiting))
        for row in db.scalars(query.order_by(VerificationRow.id)):
            found.setdefault(_key(row), []).append(row.state)
    return found


def _unsettled(row: ValueVersionRow, check: Check | None, programme: Programme) -> IndicatorValue:
    return IndicatorValue(
        row.district,
        row.code,
        ReportingPeriod.parse(row.period),
        ValueStatus(row.status),
        measure_of(row, programme.indicators[row.code].unit),
        row.at,
        row.version,
        row.reason,
        row.flagged,
        check,
        row.contact_id,
    )
