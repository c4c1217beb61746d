"""What was said, version by version, for whoever works out a figure again without what keeps it up to date."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.messages import Lane
from storage.models import ActivityUpdateRow, AlertRow, DiaryRow, OutboundRow, ValueVersionRow, VerificationRow

Key = tuple[str, str, str]
"""District, code and month of a value."""


@dataclass(frozen=True, slots=True)
class Said:
    """One version of a value as it was said."""

    version: int
    status: str
    value: float | None
    numerator: int | None
    denominator: int | None
    at: datetime
    takes_back: int | None


@dataclass(frozen=True, slots=True)
class Step:
    """One update of an activity: what is None stays as it was."""

    status: str | None
    due_on: date | None


def versions(db: Session, districts: Collection[str], months: Iterable[str], now: datetime) -> dict[Key, list[Said]]:
    """Return what was said of some districts and months up to a moment, in the order in which it came."""
    row, found = ValueVersionRow, defaultdict[Key, list[Said]](list)
    query = select(row).where(row.district.in_(districts), row.period.in_(list(months)), row.at <= now)
    for one in db.scalars(query.order_by(row.version)):
        said = Said(one.version, one.status, one.value, one.numerator, one.denominator, one.at, one.undoes)
        found[one.district, one.code, one.period].append(said)
    return dict(found)


def versions_of(db: Session, district: str, now: datetime) -> dict[Key, list[Said]]:
    """Return all that was said of a district up to a moment."""
    months = db.scalars(select(ValueVersionRow.period).where(ValueVersionRow.district == district).distinct())
    return versions(db, [district], months, now)


def findings(db: Session, districts: Collection[str], now: datetime) -> dict[Key, list[tuple[int, str]]]:
    """Return (version, state) of what facilitators found of values up to a moment, oldest first."""
    row, found = VerificationRow, defaultdict[Key, list[tuple[int, str]]](list)
    for one in db.scalars(select(row).where(row.district.in_(districts), row.at <= now).order_by(row.id)):
        found[one.district, one.code, one.period].append((one.version, one.state))
    return dict(found)


def steps(db: Session, districts: Collection[str], now: datetime) -> dict[tuple[str, str], list[Step]]:
    """Return what was said of each activity up to a moment, by district and key, oldest first."""
    row, found = ActivityUpdateRow, defaultdict[tuple[str, str], list[Step]](list)
    for one in db.scalars(select(row).where(row.district.in_(districts), row.at <= now).order_by(row.id)):
        found[one.district, one.key].append(Step(one.status, one.due_on))
    return dict(found)


def diary_districts(db: Session, month: str, sections: Collection[str], now: datetime) -> set[str]:
    """Return the districts that had shared a diary of a month by a moment."""
    row = DiaryRow
    query = select(row.district).where(row.period == month, row.section.in_(sections), row.at <= now)
    return set(db.scalars(query.where(row.private.is_(False), row.superseded.is_(False))))


def alert_times(db: Session, districts: Collection[str]) -> list[tuple[str, datetime, datetime | None]]:
    """Return the district of each alert, when it opened and when it closed."""
    row = AlertRow
    query = select(row.district, row.opened_at, row.closed_at).where(row.district.in_(districts))
    return [(district, opened, closed) for district, opened, closed in db.execute(query)]


def queued(db: Session, kinds: Collection[str], at: datetime) -> dict[tuple[int, str], str]:
    """Return the words of the unasked messages of some kinds that were queued at a moment, by reader and kind."""
    row, found = OutboundRow, defaultdict[tuple[int, str], list[str]](list)
    query = select(row.contact_id, row.kind, row.text).where(row.kind.in_(kinds), row.created_at == at)
    for contact_id, kind, text in db.execute(query.where(row.lane == str(Lane.BULK)).order_by(row.id)):
        found[contact_id or 0, kind].append(text)
    return {key: "\n".join(texts) for key, texts in found.items()}


@dataclass(frozen=True, slots=True)
class Receipt:
    """An answer to a report: its words, and what the report said, by code: (month, value)."""

    district: str
    at: datetime
    text: str
    said: dict[str, tuple[str, float | None]]


def receipts(db: Session, contact_ids: Collection[int]) -> list[Receipt]:
    """Return the answers to those reports of some people from which values were kept."""
    row, version = OutboundRow, ValueVersionRow
    query = select(row.inbound_id, row.created_at, row.text).where(row.contact_id.in_(contact_ids))
    answers = {one.inbound_id: one for one in db.execute(query.where(row.lane == str(Lane.ANSWER)))}
    found: dict[int, Receipt] = {}
    for one in db.scalars(select(version).where(version.inbound_id.in_(list(answers))).order_by(version.id)):
        answer = answers[one.inbound_id]
        receipt = found.setdefault(answer.inbound_id, Receipt(one.district, answer.created_at, answer.text, {}))
        receipt.said[one.code] = (one.period, one.value)
    return list(found.values())
