"""Indicator values: append-only versions, and which of them counts now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from conversations.situation import PastReport
from domain.events import Check, ValueReported, ValueStatus
from domain.measures import Measure, Unit
from domain.periods import ReportingPeriod
from domain.programme import Programme
from domain.values import IndicatorValue, Values
from storage import verifications
from storage.inserting import lock, upsert
from storage.models import CurrentValueRow, InboundRow, ValueVersionRow
from storage.sealing import keyring

DAY = timedelta(hours=24)
TAKES_VALUES = ("report", "fix", "yes")


def load(db: Session, districts: Iterable[str], programme: Programme, since: ReportingPeriod) -> dict[str, Values]:
    """Return the counted values of districts from a month on."""
    wanted = list(districts)
    found: dict[str, list[IndicatorValue]] = {code: [] for code in wanted}
    query = select(CurrentValueRow).where(CurrentValueRow.district.in_(wanted), CurrentValueRow.period >= str(since))
    for row in db.scalars(query):
        if row.code in programme.indicators:
            found[row.district].append(_value(row, programme))
    return {code: Values(values) for code, values in found.items()}


def _value(row: CurrentValueRow, programme: Programme) -> IndicatorValue:
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


def measure_of(row: CurrentValueRow | ValueVersionRow, unit: Unit) -> Measure | None:
    """Return the measure of a row; None when it holds none."""
    return None if row.value is None else Measure(row.value, unit, row.numerator, row.denominator)


_NEWEST = select(func.max(ValueVersionRow.version)).where(
    ValueVersionRow.district == bindparam("district"),
    ValueVersionRow.code == bindparam("code"),
    ValueVersionRow.period == bindparam("period"),
)


def save(
    db: Session, event: ValueReported, contact_id: int | None, inbound_id: int | None, now: datetime, late: bool
) -> None:
    """Append a version; unless it is pending it is the one that counts from now on.

    `now` is when it was said. What was said only in view of a version that is the newest no more is left out.
    """
    lock(db, f"values:{event.district}")
    newest = db.execute(_NEWEST, {"district": event.district, "code": event.code, "period": str(event.period)}).scalar()
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
    db.add(
        ValueVersionRow(
            **shared,
            reason=event.reason,
            late=late,
            takes_back=event.takes_back,
            contact_id=contact_id,
            inbound_id=inbound_id,
        )
    )
    db.flush()
    if event.status is not ValueStatus.PENDING:
        found = verifications.found_of(db, event.district, event.code, str(event.period), measure) if newest else None
        upsert(db, CurrentValueRow, {**shared, "check": found and str(found)}, ["district", "period", "code"])


def past_reports(db: Session, contact_id: int, programme: Programme, now: datetime) -> tuple[PastReport, ...]:
    """Return this person's reports of the last 24 hours, newest first, with what would put them back."""
    rows = db.scalars(
        select(InboundRow)
        .where(InboundRow.contact_id == contact_id, InboundRow.received_at > now - DAY)
        .where(InboundRow.intent.in_(TAKES_VALUES), InboundRow.handled_at.is_not(None))
        .order_by(InboundRow.received_at.desc(), InboundRow.id.desc())
    ).all()
    versions = _versions_of(db, [row.id for row in rows])
    return tuple(_past(db, row, versions[row.id], programme) for row in rows if row.id in versions)


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
    versions = [v for found in _versions_of(db, [row.id for row in rows]).values() for v in found]
    if not versions:
        return None
    past = _past(db, rows[0], sorted(versions, key=lambda v: v.id), programme)
    return replace(past, repeated=_came_again(db, rows[0]))


def _came_again(db: Session, row: InboundRow) -> bool:
    again = select(InboundRow.id).where(
        InboundRow.contact_id == row.contact_id,
        InboundRow.fingerprint == row.fingerprint,
        InboundRow.id != row.id,
        InboundRow.reply == "duplicate",
        InboundRow.received_at >= row.received_at,
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
    codes = tuple((v.code, ReportingPeriod.parse(v.period)) for v in versions)
    restoring: list[ValueReported] = []
    if not row.undone:
        for key in dict.fromkeys((v.district, v.code, v.period) for v in versions):
            restoring += _restoring(db, key, {v.id for v in versions}, programme)
    stands = len(restoring) == len(versions)
    return PastReport(row.id, row.received_at, row.fingerprint or "", codes, tuple(restoring), stands)


def _restoring(
    db: Session, key: tuple[str, str, str], taken_back: Set[int], programme: Programme
) -> list[ValueReported]:
    """Return the events that put back what stood before some versions, one for each; none when something newer stands.

    `key` is district, code and period.
    """
    district, code, period = key
    family = db.scalars(
        select(ValueVersionRow)
        .where(ValueVersionRow.district == district, ValueVersionRow.code == code, ValueVersionRow.period == period)
        .order_by(ValueVersionRow.version)
    ).all()
    standing = _standing(family)
    found = []
    while standing and standing[-1].id in taken_back:
        standing.pop()
        found.append(_put_back(standing, key, programme))
    return found


def _put_back(standing: list[ValueVersionRow], key: tuple[str, str, str], programme: Programme) -> ValueReported:
    district, code, month = key
    period = ReportingPeriod.parse(month)
    before = next((v for v in reversed(standing) if v.status != ValueStatus.PENDING), None)
    if before is None:
        return ValueReported(district, code, period, ValueStatus.WITHDRAWN, takes_back=True)
    return ValueReported(
        district,
        code,
        period,
        ValueStatus(before.status),
        measure_of(before, programme.indicators[code].unit),
        before.reason,
        flagged=before.flagged,
        takes_back=True,
    )


def _standing(family: Sequence[ValueVersionRow]) -> list[ValueVersionRow]:
    """Return the versions that were not taken back, oldest first; the last is the one that stands."""
    stack: list[ValueVersionRow] = []
    for version in family:
        if not version.takes_back:
            stack.append(version)
        elif stack:
            stack.pop()
    return stack


def fingerprint(folded: str) -> str:
    """Return the keyed hash under which a folded text is remembered."""
    return keyring().digest(folded)
