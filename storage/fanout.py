"""Many people at once: who is still to be asked, and what is on record for them, set by set."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    String,
    and_,
    cast,
    func,
    literal,
    null,
    or_,
    select,
)
from sqlalchemy.orm import Session

from domain.messages import Lane, Status
from domain.people import MAIL, REPORTERS, Address, AddressStatus, Contact, ContactStatus, Role, Urn
from domain.periods import ReportingPeriod, local
from storage import sets
from storage.inserting import rows_of
from storage.models import (
    ActivityUpdateRow,
    AddressRow,
    ContactRow,
    ConversationRow,
    CurrentValueRow,
    OccurrenceRow,
    OutboundRow,
)
from storage.outbox import FIRST_PART

_PEOPLE, _ADDRESSES, _STATES = rows_of(ContactRow), rows_of(AddressRow), rows_of(ConversationRow)
_VALUES, _DONE, _OUT = rows_of(CurrentValueRow), rows_of(OccurrenceRow), rows_of(OutboundRow)
_UPDATES = rows_of(ActivityUpdateRow)
_REPORTS = and_(_PEOPLE.c.role.in_([str(role) for role in REPORTERS]), _PEOPLE.c.district.is_not(None))

DAY = timedelta(days=1)
ROLES = {str(role): role for role in Role}
STATUSES = {str(status): status for status in ContactStatus}
REACHED = {str(status): status for status in AddressStatus}

Clock = tuple[str, time | None]
"""A time zone, with the hour at which somebody wants to be asked if they have one of their own."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Keys that somebody on one of some clocks may still lack: each is `prefix` and the contact's id."""

    prefix: str
    clocks: tuple[Clock, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """People who are dealt with together: those whose ids lie above `above`, up to `last`."""

    above: int
    last: int


def clocks(db: Session) -> list[Clock]:
    """Return the clocks of all who report."""
    rows = db.execute(select(_PEOPLE.c.timezone, _PEOPLE.c.hour).where(_REPORTS).distinct())
    return [(row.timezone, row.hour) for row in rows]


def shares(db: Session, wanted: Collection[Wanted], most: int) -> list[Share]:
    """Divide those who lack any of the keys into shares of at most so many, in the order of their ids.

    Rows of people who follow each other lie together on the disk, so that each share writes its own pages.
    """
    lacking = select(_PEOPLE.c.id).where(_lacks_any(wanted)).order_by(_PEOPLE.c.id)
    ends = [part[-1] for part in db.scalars(lacking).partitions(most)]
    return [Share(above, last) for above, last in zip((0, *ends), ends, strict=False)]


def lacking(db: Session, wanted: Collection[Wanted], share: Share) -> dict[int, list[str]]:
    """Return who of a share lacks a key, with the prefixes of those they lack, locked until the transaction ends.

    Who is locked already, being in the middle of a turn, is left out: they still lack it in a minute.
    """
    here: ColumnElement[bool] = _PEOPLE.c.id.between(share.above + 1, share.last)
    if db.get_bind().dialect.name == "postgresql":
        locked = select(_PEOPLE.c.id).where(here, _lacks_any(wanted)).order_by(_PEOPLE.c.id)
        locked = locked.with_for_update(of=_PEOPLE, key_share=True, skip_locked=True)
        # What they lack is read in a statement of its own, which sees what another process has claimed before the lock.
        here = _PEOPLE.c.id.in_(sets.ids(db, db.scalars(locked).all()))
    found: dict[int, list[str]] = {}
    for one in wanted:
        query = select(_PEOPLE.c.id).where(here, _lacks_any([one]))
        for contact_id in db.scalars(query).all():
            found.setdefault(contact_id, []).append(one.prefix)
    return found


def _lacks_any(wanted: Iterable[Wanted]) -> ColumnElement[bool]:
    return and_(_REPORTS, or_(*(_lacks(one) for one in wanted)))


def _lacks(wanted: Wanted) -> ColumnElement[bool]:
    plain = [zone for zone, hour in wanted.clocks if hour is None]
    own = [_PEOPLE.c.timezone.in_(plain) & _PEOPLE.c.hour.is_(None)]
    own += [(_PEOPLE.c.timezone == zone) & (_PEOPLE.c.hour == hour) for zone, hour in wanted.clocks if hour is not None]
    key = literal(wanted.prefix) + cast(_PEOPLE.c.id, String)
    return and_(or_(*own), ~select(_DONE.c.id).where(_DONE.c.key == key).exists())


def people(db: Session, contact_ids: Collection[int], named: bool) -> list[Contact]:
    """Return contacts with what decides whether and how they are asked; with their names only if they are `named`."""
    there = _PEOPLE.c
    name = there.name if named else null()
    columns = (there.id, there.key, name, there.role, there.language, there.timezone, there.status, there.district)
    more = (there.preferred, there.snoozed_until, there.hour, there.deputy, there.away_from, there.away_until)
    rows = db.execute(select(*columns, *more).where(there.id.in_(sets.ids(db, contact_ids))).order_by(there.id)).all()
    addresses = _addresses(db, contact_ids)
    return [_contact(tuple(row), tuple(addresses.get(row[0], ()))) for row in rows]


def _contact(row: tuple[Any, ...], addresses: tuple[Address, ...]) -> Contact:
    contact_id, key, name, role, language, timezone, status, district, *more = row
    preferred, snoozed_until, hour, deputy, first, last = more
    return Contact(
        contact_id,
        key,
        name or "",
        ROLES[role],
        language,
        timezone,
        STATUSES[status],
        district,
        preferred=preferred,
        addresses=addresses,
        snoozed_until=snoozed_until,
        hour=hour,
        deputy=deputy,
        away=(first, last) if first and last else None,
    )


def _addresses(db: Session, contact_ids: Collection[int]) -> dict[int, list[Address]]:
    row = _ADDRESSES.c
    query = select(row.contact_id, row.scheme, row.path, row.status)
    found: dict[int, list[Address]] = {}
    rows = db.execute(query.where(row.contact_id.in_(sets.ids(db, contact_ids))).order_by(row.id))
    for contact_id, scheme, path, status in rows.all():
        found.setdefault(contact_id, []).append(Address(Urn(scheme, path), REACHED[status]))
    return found


def answered(
    db: Session, districts: Collection[str], periods: Collection[ReportingPeriod], statuses: Collection[str]
) -> dict[tuple[str, str], set[str]]:
    """Return, by district and month, the codes whose value that counts has one of some statuses."""
    row = _VALUES.c
    query = select(row.district, row.period, row.code).where(row.district.in_(sets.words(db, districts)))
    query = query.where(row.period.in_([str(period) for period in periods]), row.status.in_(list(statuses)))
    found: dict[tuple[str, str], set[str]] = {}
    for district, period, code in db.execute(query):
        found.setdefault((district, period), set()).add(code)
    return found


def told(db: Session, districts: Collection[str], since: datetime) -> set[tuple[str, str]]:
    """Return (district, key) of the activities that somebody spoke of since a moment."""
    query = select(_UPDATES.c.district, _UPDATES.c.key).where(_UPDATES.c.district.in_(sets.words(db, districts)))
    return {(district, key) for district, key in db.execute(query.where(_UPDATES.c.at >= since).distinct())}


def covered(db: Session, districts: Collection[str], now: datetime) -> set[str]:
    """Return which districts have a focal point, no deputy, who may be written to today and has an address."""
    there, today = _PEOPLE.c, now.date()
    works = (_ADDRESSES.c.contact_id == there.id) & (_ADDRESSES.c.status == str(AddressStatus.ACTIVE))
    focal = (there.role == str(Role.FOCAL)) & there.deputy.is_(False) & (there.status == str(ContactStatus.ACTIVE))
    focal &= select(_ADDRESSES.c.id).where(works, _ADDRESSES.c.scheme != MAIL).exists()
    # Where somebody's today is, at most a day from ours, matters only to those who are on leave about now.
    there_now = or_(there.away_until.is_(None), there.away_until < today - DAY, there.away_from > today + DAY)
    each = sets.words(db, districts).subquery()
    anybody = select(there.id).where(there.district == each.c.value, focal, there_now)
    sure = set(db.scalars(select(each.c.value).where(anybody.exists())))
    return sure | _covered_today(db, set(districts) - sure, focal, now)


def _covered_today(db: Session, districts: set[str], focal: ColumnElement[bool], now: datetime) -> set[str]:
    there = _PEOPLE.c
    query = select(there.district, there.timezone, there.away_from, there.away_until).distinct()
    rows = db.execute(query.where(there.district.in_(sets.words(db, districts)), focal)) if districts else ()
    return {
        district
        for district, zone, first, last in rows
        if not (first and last and first <= local(now, zone).date() <= last)
    }


@dataclass(frozen=True, slots=True)
class Lately:
    """Unasked messages to somebody: how many in the week, and when the newest prompt or nudge of two days goes."""

    week: int = 0
    asked_for: datetime | None = None


def lately(
    db: Session, contact_ids: Collection[int], now: datetime, unasked: Sequence[str], asking: Sequence[str]
) -> dict[int, Lately]:
    """Return what went to people unasked of late, by contact id; `unasked` kinds are counted, `asking` ones dated."""
    row, first = _OUT.c, _OUT.c.key.endswith(FIRST_PART)
    counted = func.count().filter(first, row.kind.in_(unasked))
    newest = func.max(row.due_at).filter(row.created_at > now - timedelta(days=2), row.kind.in_(asking))
    query = select(row.contact_id, counted, newest).where(row.contact_id.in_(sets.ids(db, contact_ids)))
    query = query.where(row.created_at > now - timedelta(days=7), row.status != str(Status.DROPPED))
    query = query.where(row.lane == str(Lane.BULK)).group_by(row.contact_id)
    return {contact_id: Lately(week, asked_for) for contact_id, week, asked_for in db.execute(query)}


def talking(db: Session, contact_ids: Collection[int], now: datetime) -> set[int]:
    """Return which of some people have a dialogue that moved in the last day."""
    query = select(_STATES.c.contact_id).where(_STATES.c.contact_id.in_(sets.ids(db, contact_ids)))
    return set(db.scalars(query.where(_STATES.c.active_at > now - DAY)))


def remembered(db: Session, contact_ids: Collection[int]) -> dict[int, str]:
    """Return what is remembered of people, as it is stored, by contact id; nothing of those who never wrote."""
    query = select(_STATES.c.contact_id, _STATES.c.state)
    return dict(db.execute(query.where(_STATES.c.contact_id.in_(sets.ids(db, contact_ids)))).all())
