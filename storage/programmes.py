"""The programme in force: its file as loaded, and the people, plans and history that it brings."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, time

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from domain.events import ValueReported, ValueStatus
from domain.indicators import Entry, Indicator
from domain.measures import Measure
from domain.people import MAIL, ContactStatus, Urn
from domain.programme import Person, Programme
from storage import contacts, outbox, values
from storage.inserting import rows_of
from storage.models import ActivityRow, ContactRow, CurrentValueRow, ProgrammeRow
from storage.prepared import Prepared
from storage.programme_file import ProgrammeError, parse_programme

_OURS = rows_of(ProgrammeRow).c
_NEWEST = Prepared(select(_OURS.id, _OURS.digest).order_by(_OURS.id.desc()).limit(1))
_known: dict[str, Programme] = {}  # parsed programmes by the digest of their text: parsing costs half a second


class NoProgramme(LookupError):
    """No programme was loaded yet."""


def current(db: Session) -> Programme:
    """Return the programme in force. Raises NoProgramme when none was loaded."""
    found = _NEWEST.first(db, {})
    if found is None:
        raise NoProgramme("no programme is loaded; run: kumbusha programme load FILE")
    return _known.get(found.digest) or read(db.get_one(ProgrammeRow, found.id).text)


def read(text: str) -> Programme:
    """Return what a programme file says. Raises ProgrammeError, naming every mistake."""
    digest = _digest(text)
    if digest not in _known:
        _known[digest] = parse_programme(text)
    return _known[digest]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def began(db: Session) -> datetime:
    """Return when a programme was first put in force. Raises NoProgramme when none was."""
    first = db.execute(select(func.min(ProgrammeRow.loaded_at))).scalar()
    if first is None:
        raise NoProgramme("no programme is loaded")
    return first


def install(db: Session, text: str, now: datetime) -> Programme:
    """Put a programme file in force: add its new people, activities and history; what people did since stays.

    Of people who are there already what differs from the file before is taken up, so that what they chose themselves
    stays; who was left out is written to no more. Raises ProgrammeError, naming every mistake, before anything is
    changed.
    """
    programme, before = read(text), _before(db)
    db.add(ProgrammeRow(digest=_digest(text), text=text, loaded_at=now))
    db.flush()
    were = {person.key: person for person in before.people} if before else {}
    for key in were.keys() - {person.key for person in programme.people}:
        _take_out(db, key)
    for person in programme.people:
        _install_person(db, person, were.get(person.key), now)
    homeless = ContactRow.district.not_in(list(programme.districts))
    db.execute(update(ContactRow).where(homeless).values(district=None))  # such as who took over from somebody in it
    _install_plans(db, programme)
    _install_history(db, programme)
    return programme


def _before(db: Session) -> Programme | None:
    """Return the programme in force; None where there is none, or it is one that this release cannot read."""
    try:
        return current(db)
    except (NoProgramme, ProgrammeError):
        return None


def _take_out(db: Session, key: str) -> None:
    """Let somebody go whom the file does not name any more: nothing is sent to them, and they write as strangers."""
    row = db.scalars(select(ContactRow).where(ContactRow.key == key)).one_or_none()
    if row is not None:
        row.district = None
        contacts.take_addresses(db, row.id)
        outbox.drop_queued(db, row.id, "taken out of the programme file")


def _change_person(db: Session, contact_id: int, person: Person, was: Person | None) -> None:
    """Take up of somebody what they may have changed since, where the file says something else than before."""
    if was is None or person.language != was.language:
        contacts.change(db, contact_id, language=person.language)
    if was is None or person.preferred != was.preferred:
        contacts.change(db, contact_id, preferred=person.preferred)
    old, new = (set(one.addresses) if one else set() for one in (was, person))
    if gone := old - new:
        contacts.take_addresses(db, contact_id, *map(_urn, gone))
    # Nobody writes to us by e-mail, so that an address which was refused once works again is said in this way only.
    letters = {address for address in new if address.startswith(f"{MAIL}:")}
    for address in sorted(new - old | letters):
        contacts.add_address(db, contact_id, _urn(address))
    if person.join_code and (was is None or person.join_code != was.join_code):
        contacts.add_code(db, contact_id, person.join_code, None)


def _urn(address: str) -> Urn:
    scheme, _colon, path = address.partition(":")
    return Urn(scheme, path)


def _install_person(db: Session, person: Person, was: Person | None, now: datetime) -> None:
    if (row := db.scalars(select(ContactRow).where(ContactRow.key == person.key)).one_or_none()) is not None:
        row.name, row.timezone, row.hour = person.name, person.timezone, person.hour
        _change_person(db, row.id, person, was)
        if row.id not in contacts.retired(db):
            row.role, row.district, row.groups = str(person.role), person.district, list(person.groups)
            row.deputy = person.deputy
        return
    status = ContactStatus.INVITED if person.join_code else ContactStatus.ACTIVE
    row = ContactRow(
        key=person.key,
        name=person.name,
        role=str(person.role),
        district=person.district,
        groups=list(person.groups),
        language=person.language,
        timezone=person.timezone,
        hour=person.hour,
        deputy=person.deputy,
        preferred=person.preferred,
        status=str(status),
        consented_at=None if person.join_code else now,
    )
    db.add(row)
    db.flush()
    for address in person.addresses:
        contacts.add_address(db, row.id, _urn(address))
    if person.join_code:
        contacts.add_code(db, row.id, person.join_code, None)


def _install_plans(db: Session, programme: Programme) -> None:
    there = {(row.district, row.key): row for row in db.scalars(select(ActivityRow))}
    for plan in programme.workplans.values():
        for activity in plan.activities:
            if (row := there.get((activity.district, activity.key))) is not None:
                row.short = activity.short
                continue
            db.add(
                ActivityRow(
                    district=activity.district,
                    key=activity.key,
                    title=activity.title,
                    short=activity.short,
                    strategy=activity.strategy,
                    owner=activity.owner,
                    due_on=activity.due_on,
                    status=str(activity.status),
                    percent=activity.percent,
                    reason=activity.reason,
                )
            )
    db.flush()


def _install_history(db: Session, programme: Programme) -> None:
    keys = select(CurrentValueRow.district, CurrentValueRow.code, CurrentValueRow.period)
    there = {(district, code, period) for district, code, period in db.execute(keys)}
    for district, by_code in (programme.history or {}).items():
        for code, by_period in by_code.items():
            for period, raw in by_period.items():
                if (district, code, str(period)) in there:
                    continue
                measure = parse_measure(raw, programme.indicators[code])
                status = ValueStatus.REPORTED if measure else ValueStatus.NOT_AVAILABLE
                event = ValueReported(district, code, period, status, measure)
                at = datetime.combine(period.first_day, time(12), UTC)
                values.save(db, event, None, None, at, late=False)


def parse_measure(raw: str, indicator: Indicator) -> Measure | None:
    """Read a value as a programme file writes it: `412/615`, `12`, `yes`, or `NA` (None)."""
    if raw.upper() == "NA":
        return None
    if indicator.entry is Entry.YES_NO:
        return Measure(float(raw.lower() in ("yes", "true", "1")), indicator.unit)
    numerator, slash, denominator = raw.partition("/")
    if slash:
        return Measure.ratio(int(numerator), int(denominator), indicator.unit)
    return Measure(float(raw), indicator.unit)
