"""Indicator values: append-only versions, and which of them counts now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from conversations.situation import PastReport
from domain.events import ValueReported, ValueStatus
from domain.measures import Measure, Unit
from domain.periods import ReportingPeriod
from domain.programme import Programme
from domain.values import IndicatorValue, Values
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
        _measure(row, programme.indicators[row.code].unit),
        row.at,
        row.version,
        flagged=row.flagged,
    )


def _measure(row: CurrentValueRow | ValueVersionRow, unit: Unit) -> Measure | None:
    return None if row.value is None else Measure(row.value, unit, row.numerator, row.denominator)


_NEWEST = select(func.max(ValueVersionRow.version)).where(
    ValueVersionRow.district == bindparam("district"),
    ValueVersionRow.code == bindparam("code"),
    ValueVersionRow.period == bindparam("period"),
)


def save(
    db: Session, event: ValueReported, contact_id: int | None, inbound_id: int | None, now: datetime, late: bool
) -> None:
    """Append a version; unless it is pending it is the one that counts from now on."""
    lock(db, f"values:{event.district}")
    newest = db.execute(_NEWEST, {"district": event.district, "code": event.code, "period": str(event.period)}).scalar()
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
        upsert(db, CurrentValueRow, shared, ["district", "period", "code"])


def past_reports(db: Session, contact_id: int, programme: Programme, now: datetime) -> tuple[PastReport, ...]:
    """Return this person's reports of the last 24 hours, newest first, with what would put them back."""
    rows = db.scalars(
        select(InboundRow)
        .where(InboundRow.contact_id == contact_id, InboundRow.received_at > now - DAY)
        .where(InboundRow.intent.in_(TAKES_VALUES), InboundRow.handled_at.is_not(None))
        .order_by(InboundRow.received_at.desc(), InboundRow.id.desc())
    ).all()
    versions = _versions_of(db, [row.id for row in rows])
    return tuple(_past(db, row, versions.get(row.id, []), programme) for row in rows if row.id in versions)


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
        restoring = [e for v in versions if (e := _restoring(db, v, programme)) is not None]
    stands = len(restoring) == len(versions)
    return PastReport(row.id, row.received_at, row.fingerprint or "", row.provider_id, codes, tuple(restoring), stands)


def _restoring(db: Session, version: ValueVersionRow, programme: Programme) -> ValueReported | None:
    """Return the event that puts back what stood before `version`; None when something newer stands."""
    family = db.scalars(
        select(ValueVersionRow)
        .where(
            ValueVersionRow.district == version.district,
            ValueVersionRow.code == version.code,
            ValueVersionRow.period == version.period,
        )
        .order_by(ValueVersionRow.version)
    ).all()
    standing = _standing(family)
    if not standing or standing[-1].id != version.id:
        return None
    before = next((v for v in reversed(standing[:-1]) if v.status != ValueStatus.PENDING), None)
    period = ReportingPeriod.parse(version.period)
    if before is None:
        return ValueReported(version.district, version.code, period, ValueStatus.WITHDRAWN, takes_back=True)
    measure = _measure(before, programme.indicators[version.code].unit)
    status = ValueStatus(before.status)
    return ValueReported(
        version.district,
        version.code,
        period,
        status,
        measure,
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
