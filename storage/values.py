"""Indicator values: append-only versions, and which of them counts now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session, aliased

from conversations.situation import PastReport
from domain.events import Check, ValueReported, ValueStatus
from domain.measures import Measure, Unit
from domain.periods import ReportingPeriod
from domain.programme import Programme
from domain.values import IndicatorValue, Values
from storage import verifications
from storage.inserting import insert, lock, rows_of, upsert
from storage.models import CurrentValueRow, InboundRow, ValueVersionRow
from storage.prepared import OfDistricts, Prepared
from storage.sealing import keyring

DAY = timedelta(hours=24)
TAKES_VALUES = ("report", "fix", "yes")

_CURRENT, _VERSIONS = rows_of(CurrentValueRow), rows_of(ValueVersionRow)
_COUNTED = OfDistricts(select(_CURRENT).where(_CURRENT.c.period >= bindparam("since")), _CURRENT.c.district)
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


def past_reports(db: Session, contact_id: int, programme: Programme, now: datetime) -> tuple[PastReport, ...]:
    """Return this person's reports of the last 24 hours, newest first, with what would put them back."""
    rows = db.scalars(
        select(InboundRow)
        .where(InboundRow.contact_id == contact_id, InboundRow.received_at > now - DAY)
        .where(InboundRow.intent.in_(TAKES_VALUES), InboundRow.handled_at.is_not(None))
        .order_by(InboundRow.received_at.desc(), InboundRow.id.desc())
    ).all()
    versions = _versions_of(db, [row.id for row in rows])
    changed = {row.edit_of for row in rows if row.edit_of}
    found = [(row, _past(db, row, versions[row.id], programme)) for row in rows if row.id in versions]
    # The same words after an edit are a message of their own: the next edit may take back what is not theirs.
    return tuple(
        replace(past, stands=past.stands and (row.edit_of or row.provider_id) not in changed) for row, past in found
    )


def edited_report(db: Session, contact_id: int, original: str, programme: Programme) -> PastReport | None:
    """Return the report that a message and its earlier edits make; None when it was no report.

    `original` is the message's provider id.
    """
    rows = db.scalars(
        select(InboundRow)
        .where(InboundRow.contact_id == contact_id, InboundRow.handled_at.is_not(None))
        .where((InboundRow.provider_id == original) | (InboundRow.edit_of == original))
        .order_by(InboundRow.id)
    ).all()
    by_row = _versions_of(db, [row.id for row in rows])
    if not by_row:
        return None
    first, versions = rows[0], sorted((v for found in by_row.values() for v in found), key=lambda v: v.id)
    # What the same words have brought again is not this message's alone to take back.
    kept = by_row.get(first.id, []) if _came_again(db, first) else []
    ids = {v.id for v in versions} - {v.id for v in kept}
    restoring: list[ValueReported] = []
    for key in _keys(versions):
        standing = _standing(db, key)
        restoring += _put_back(standing, [v for v in standing if v.id in ids], key, programme)
    return PastReport(
        first.id, first.received_at, first.fingerprint or "", _codes(versions), tuple(restoring), stands=False
    )


def _codes(versions: Iterable[ValueVersionRow]) -> tuple[tuple[str, ReportingPeriod], ...]:
    return tuple((v.code, ReportingPeriod.parse(v.period)) for v in versions)


def _came_again(db: Session, row: InboundRow) -> bool:
    """Whether another message had the same words, was told so, and still has them."""
    edit = aliased(InboundRow)
    again = select(InboundRow.id).where(
        InboundRow.contact_id == row.contact_id,
        InboundRow.fingerprint == row.fingerprint,
        InboundRow.id != row.id,
        InboundRow.reply == "duplicate",
        InboundRow.received_at >= row.received_at,
        ~select(edit.id).where(edit.edit_of == InboundRow.provider_id, edit.contact_id == row.contact_id).exists(),
    )
    return db.execute(again.limit(1)).first() is not None


def _versions_of(db: Session, inbound_ids: list[int]) -> dict[int, list[ValueVersionRow]]:
    found: dict[int, list[ValueVersionRow]] = {}
    if inbound_ids:
        query = select(ValueVersionRow).where(ValueVersionRow.inbound_id.in_(inbound_ids)).order_by(ValueVersionRow.id)
        for version in db.scalars(query):
            found.setdefault(version.inbound_id or 0, []).append(version)
    return found


def _past(db: Session, row: InboundRow, versions: list[ValueVersionRow], programme: Programme) -> PastReport:
    ids = {v.id for v in versions}
    restoring: list[ValueReported] = []
    for key in () if row.undone else _keys(versions):
        standing = _standing(db, key)
        newest = list(takewhile(lambda v: v.id in ids, reversed(standing)))
        restoring += _put_back(standing, newest, key, programme)
    stands = len(restoring) == len(versions)
    return PastReport(row.id, row.received_at, row.fingerprint or "", _codes(versions), tuple(restoring), stands)


Key = tuple[str, str, str]
"""District, code and period of a value."""


def _keys(versions: Iterable[ValueVersionRow]) -> Iterable[Key]:
    return dict.fromkeys((v.district, v.code, v.period) for v in versions)


def _put_back(
    standing: Sequence[ValueVersionRow], undone: Sequence[ValueVersionRow], key: Key, programme: Programme
) -> list[ValueReported]:
    """Return the events that take back some of the versions that stand, one for each, with what stands without them."""
    district, code, month = key
    period = ReportingPeriod.parse(month)
    left = (v for v in reversed(standing) if v not in undone and v.status != ValueStatus.PENDING)
    before = next(left, None)
    if before is None:
        return [
            ValueReported(district, code, period, ValueStatus.WITHDRAWN, takes_back=version.version)
            for version in undone
        ]
    return [
        ValueReported(
            district,
            code,
            period,
            ValueStatus(before.status),
            measure_of(before, programme.indicators[code].unit),
            before.reason,
            flagged=before.flagged,
            takes_back=version.version,
            since=before.at,
        )
        for version in undone
    ]


def _standing(db: Session, key: Key) -> list[ValueVersionRow]:
    """Return the versions of a value that were not taken back, in the order in which they were said."""
    district, code, period = key
    family = db.scalars(
        select(ValueVersionRow)
        .where(ValueVersionRow.district == district, ValueVersionRow.code == code, ValueVersionRow.period == period)
        .order_by(ValueVersionRow.version)
    )
    stand: list[ValueVersionRow] = []
    for version in family:
        if not version.takes_back:
            stand.append(version)
        elif version.undoes is not None:
            stand = [v for v in stand if v.version != version.undoes]
        elif stand:  # by a release that did not say which one
            stand.pop()
    return sorted(stand, key=lambda v: (v.at, v.version))


def fingerprint(folded: str) -> str:
    """Return the keyed hash under which a folded text is remembered."""
    return keyring().digest(folded)
