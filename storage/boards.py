"""What is on record for the districts of a reader: the months that a digest shows, and nothing before them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.briefs import AlertRecord
from domain.desks import Board, Desk, Reporter
from domain.notes import unanswered
from domain.people import AddressStatus, ContactStatus, Role
from domain.periods import ReportingPeriod
from domain.programme import Programme
from storage import answers, diaries, notes, plans, values
from storage.models import AddressRow, AlertRow, ContactRow

MONTHS_BACK = 13  # months that a digest or trend may show
THREADS_LATELY = timedelta(days=30)


def board(
    db: Session, programme: Programme, districts: tuple[str, ...], period: ReportingPeriod, now: datetime
) -> Board:
    """Return the desks of districts for the digest of a month, at `now`: values, plan, diaries, what waits."""
    return _desks(db, programme, districts, period, now, period.back(1))


def board_of_quarter(
    db: Session, programme: Programme, districts: tuple[str, ...], last: ReportingPeriod, now: datetime
) -> Board:
    """Return the desks of districts for the quarter that ends with the month `last`."""
    return _desks(db, programme, districts, last, now, last.back(2))


def _desks(
    db: Session,
    programme: Programme,
    districts: tuple[str, ...],
    period: ReportingPeriod,
    now: datetime,
    diary_since: ReportingPeriod,
) -> Board:
    by_district = values.load(db, districts, programme, period.back(MONTHS_BACK))
    answered = answers.load(db, districts, programme, (period,))
    plan = plans.load(db, districts)
    diary = diaries.load(db, districts, diary_since)
    who, open_alerts = reporters(db, districts), _open_alerts(db, districts)
    waiting = unanswered(notes.threads(db, districts, now - THREADS_LATELY), now)
    return {
        code: Desk(
            by_district[code],
            plan[code],
            tuple(entry for entry in diary[code] if not entry.private),
            who.get(code, ()),
            open_alerts.get(code, 0),
            answered[code, period].in_time,
            answered[code, period].waiting,
            tuple(thread.label for thread in waiting if thread.opening.district == code),
        )
        for code in districts
    }


def reporters(db: Session, districts: tuple[str, ...]) -> dict[str, tuple[Reporter, ...]]:
    """Return the focal points of districts, in the order they were added."""
    works = (AddressRow.contact_id == ContactRow.id) & (AddressRow.status == str(AddressStatus.ACTIVE))
    reached = (ContactRow.status == str(ContactStatus.ACTIVE)) & select(AddressRow.id).where(works).exists()
    query = select(ContactRow.id, ContactRow.key, ContactRow.name, ContactRow.district, reached).order_by(ContactRow.id)
    query = query.where(ContactRow.role == str(Role.FOCAL), ContactRow.district.in_(districts))
    found: dict[str, tuple[Reporter, ...]] = {}
    for row in db.execute(query):
        found[row.district] = (*found.get(row.district, ()), Reporter(row.id, row.key, row.name, bool(row[4])))
    return found


def _open_alerts(db: Session, districts: tuple[str, ...]) -> dict[str, int]:
    query = select(AlertRow.district, func.count()).where(AlertRow.closed_at.is_(None))
    query = query.where(AlertRow.district.in_(districts)).group_by(AlertRow.district)
    return {row[0]: row[1] for row in db.execute(query)}


def alert_record(db: Session, districts: Iterable[str], since: datetime, until: datetime) -> dict[str, AlertRecord]:
    """Return what became of the alerts of districts between two moments, and how many are open."""
    query = select(AlertRow.district, AlertRow.open_key, AlertRow.opened_at, AlertRow.closed_at)
    query = query.where(AlertRow.district.in_(list(districts)))
    query = query.where(AlertRow.closed_at.is_(None) | (AlertRow.closed_at >= since))
    found: dict[str, AlertRecord] = {}
    for row in db.execute(query):
        closed = row.closed_at is not None and since <= row.closed_at < until
        one = AlertRecord(
            int(since <= row.opened_at < until),
            (row.closed_at - row.opened_at,) if closed else (),
            int(row.open_key is not None),
        )
        found[row.district] = found.get(row.district, AlertRecord()) + one
    return found


def month_of(period: ReportingPeriod, programme: Programme) -> datetime:
    """Return when a month began where the programme is."""
    return datetime.combine(period.first_day, time(), ZoneInfo(programme.timezone)).astimezone(UTC)


def months_in_time(
    db: Session, districts: tuple[str, ...], programme: Programme, months: tuple[ReportingPeriod, ...]
) -> dict[str, int]:
    """Return in how many of some months each district had all in by the due day."""
    found = answers.load(db, districts, programme, months)
    return {
        code: sum(found[code, month].in_time.issuperset(programme.districts[code].indicators) for month in months)
        for code in districts
    }
