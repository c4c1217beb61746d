"""Indicator values: append-only versions, and which of them counts now."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from domain.events import Check, ValueReported, ValueStatus
from domain.measures import Measure, Unit
from domain.periods import ReportingPeriod
from domain.programme import Programme
from domain.values import IndicatorValue, Values
from storage import verifications
from storage.inserting import insert, lock, rows_of, upsert
from storage.models import CurrentValueRow, ValueVersionRow
from storage.prepared import Among, Prepared
from storage.sealing import keyring

_CURRENT, _VERSIONS = rows_of(CurrentValueRow), rows_of(ValueVersionRow)
_COUNTED = Among(select(_CURRENT).where(_CURRENT.c.period >= bindparam("since")), _CURRENT.c.district)
_NEWEST = Prepared(
    select(func.max(_VERSIONS.c.version)).where(
        _VERSIONS.c.district == bindparam("district"),
        _VERSIONS.c.code == bindparam("code"),
        _VERSIONS.c.period == bindparam("period"),
    )
)


def load(db: Session, districts: Iterable[str], programme: Programme, since: ReportingPeriod) -> dict[str, Values]:
    """Return the counted values of districts from a month on."""
    found: dict[str, list[IndicatorValue]] = {code: [] for code in districts}
    for row in _COUNTED.all(db, found, {"since": str(since)}):
        if row.code in programme.indicators:
            found[row.district].append(_value(row, programme))
    return {code: Values(values) for code, values in found.items()}


def _value(row: Any, programme: Programme) -> IndicatorValue:
    return IndicatorValue(
        row.district,
        row.code,
        ReportingPeriod.parse(row.period),
        ValueStatus(row.status),
        measure_of(row, programme.indicators[row.code].unit),
        row.at,
        row.version,
        flagged=row.flagged,
        check=Check(row.check) if row.check else None,
    )


def measure_of(row: Any, unit: Unit) -> Measure | None:
    """Return the measure of a row; None when it holds none."""
    return None if row.value is None else Measure(row.value, unit, row.numerator, row.denominator)


def save(
    db: Session,
    event: ValueReported,
    contact_id: int | None,
    inbound_id: int | None,
    now: datetime,
    late: bool,
    counts: bool = True,
) -> None:
    """Append a version; unless it is pending, or `counts` is false, it is the one that counts from now on.

    `now` is when it was said. What was said only in view of a version that is the newest no more is left out.
    """
    lock(db, f"values:{event.district}")
    newest = _NEWEST.value(db, {"district": event.district, "code": event.code, "period": str(event.period)})
    if event.after not in (None, newest):
        return
    measure = event.measure
    shared = {
        "district": event.district,
        "code": event.code,
        "period": str(event.period),
        "version": (newest or 0) + 1,
        "status": str(event.status),
        "value": measure.value if measure else None,
        "numerator": measure.numerator if measure else None,
        "denominator": measure.denominator if measure else None,
        "flagged": event.flagged,
        "at": now,
    }
    told = {
        "reason": event.reason,
        "late": late,
        "takes_back": event.takes_back is not None,
        "undoes": event.takes_back,
        "contact_id": contact_id,
        "inbound_id": inbound_id,
    }
    insert(db, ValueVersionRow, {**shared, **told})
    if counts and event.status is not ValueStatus.PENDING:
        found = verifications.found_of(db, event.district, event.code, str(event.period), measure) if newest else None
        current = {**shared, "at": event.since or now, "check": found and str(found)}
        upsert(db, CurrentValueRow, current, ["district", "period", "code"])


def fingerprint(folded: str) -> str:
    """Return the keyed hash under which a folded text is remembered."""
    return keyring().digest(folded)
