"""What facilitators and managers read by the clock: the week, and the month over all groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from bot.letters import brief_letter, digest_letter
from bot.pictures import brief_picture
from bot.reaching import post, reason_to_rest, start_flow
from bot.render import Voice
from bot.timing import goes
from conversations.flows.brief_words import brief_message
from conversations.flows.briefing import brief_menu
from conversations.flows.digest_words import digest_message
from conversations.flows.follow_up import follow_up_menu
from conversations.places import districts_of
from conversations.situation import Situation
from conversations.turn import Turn
from domain.briefs import Brief, brief_time, monthly_brief
from domain.desks import Board
from domain.digests import Digest
from domain.people import Contact, ContactStatus, Role
from domain.periods import ReportingPeriod, local
from domain.programme import Programme
from scheduler.desks import Desks, together
from scheduler.noting import Drawing, Share, whole
from scheduler.summarising import in_short
from storage import boards, contacts, occurrences, programmes
from storage.apart import alone, for_each
from storage.boards import board
from storage.occurrences import SKIPPED

DAY = timedelta(days=1)
NOTHING = "nothing to say"
READERS = (Role.FACILITATOR, Role.MANAGER)


@dataclass(frozen=True, slots=True)
class Made:
    """The digest of a reader, and its picture as SVG, where they get one."""

    reader_id: int
    digest: Digest
    picture: str


def send_digests(db: Session, now: datetime) -> int:
    """Send each facilitator and manager the week, at their hour on the digest's day; by e-mail too, if they have it."""
    return sum(whole(db, share) for share in digest_shares(db, now))


def digest_shares(db: Session, now: datetime) -> list[Share]:
    """Return the work of `send_digests` in shares."""
    programme = programmes.current(db)
    since_due = (now.isoweekday() - programme.digest.weekday + 1) % 7
    if timedelta(days=since_due) > programme.lateness["digest"].grace + 2 * DAY:
        return []
    readers = contacts.everyone(db, *READERS)
    due = for_each(db, readers, lambda some: _due(db, some, programme, now), _about)
    return [partial(_digests, ids={reader.id for reader in part}, now=now) for part in together(due, programme)]


def _due(db: Session, readers: list[Contact], programme: Programme, now: datetime) -> list[Contact]:
    sent = occurrences.among(db, (_digest_key(reader, now) for reader in readers))
    return [reader for reader in readers if _digest_key(reader, now) not in sent and _is_due(reader, programme, now)]


def _about(reader: Contact) -> dict[str, object]:
    return {"contact_id": reader.id}


def _digests(db: Session, ids: set[int], now: datetime) -> int | Drawing:
    """Work out the digests of some readers, and ask for the pictures that they show."""
    programme = programmes.current(db)
    readers = [reader for reader in contacts.everyone(db, *READERS) if reader.id in ids and _can_read(reader)]
    going = for_each(db, readers, lambda some: [r for r in some if _goes(db, r, programme, now)], _about)
    made = {one.reader_id: one for one in for_each(db, going, lambda some: _made(db, some, programme, now), _about)}
    pictures = frozenset(one.picture for one in made.values() if one.picture)
    send = partial(_send, made=made, now=now)
    return Drawing(pictures, send) if pictures else send(db, drawn={})


def _made(db: Session, going: list[Contact], programme: Programme, now: datetime) -> list[Made]:
    """Return the digests of readers from one look at all that they look after."""
    desks = Desks(db, programme, going, now)
    return [Made(one.id, desks.digest(one), desks.picture(one) if _drawn(one) else "") for one in going]


def _send(db: Session, drawn: Mapping[str, bytes], made: Mapping[int, Made], now: datetime) -> int:
    programme = programmes.current(db)
    readers = [reader for reader in contacts.everyone(db, *READERS) if reader.id in made and _can_read(reader)]
    sendings = (
        alone(db, partial(_digest, db, one, made[one.id], drawn, programme, now), **_about(one)) for one in readers
    )
    return sum(bool(sent) for sent in sendings)


def _goes(db: Session, reader: Contact, programme: Programme, now: datetime) -> bool:
    at = _digest_time(reader, programme, now)
    return goes(db, reader, "digest", _digest_key(reader, now), at, programme, now)


def _is_due(reader: Contact, programme: Programme, now: datetime) -> bool:
    return now >= _digest_time(reader, programme, now) and _can_read(reader)


def _digest_key(reader: Contact, now: datetime) -> str:
    here = local(now, reader.timezone).date()
    return f"digest:{here - timedelta(days=here.weekday())}:{reader.id}"


def _digest_time(reader: Contact, programme: Programme, now: datetime) -> datetime:
    here, hour = local(now, reader.timezone), programme.digest.at
    at = here.replace(hour=hour.hour, minute=hour.minute, second=0, microsecond=0)
    return at + timedelta(days=programme.digest.weekday - here.isoweekday())


def _digest(
    db: Session, reader: Contact, made: Made, drawn: Mapping[str, bytes], programme: Programme, now: datetime
) -> bool:
    key, found = _digest_key(reader, now), in_short(db, made.digest, reader)
    picture = drawn.get(made.picture)
    told = start_flow(db, reader, lambda s: digest_turn(found, programme, s, picture), key, "digest", now)
    if reader.email is None or reason_to_rest(reader, now):
        return told
    letter, text = digest_letter(found, programme, Voice(reader.language, reader.timezone))
    return post(db, reader, letter, text, key, "digest_mail", now, picture) or told


def digest_turn(found: Digest, programme: Programme, situation: Situation, picture: bytes | None) -> Turn:
    """Make the digest of a reader: one segment on SMS, words and a trend picture on Telegram."""
    message = digest_message(found, programme, situation.contact.language, situation.scheme)
    conversation = situation.conversation.asking(follow_up_menu(situation))
    return Turn("digest", conversation, "receipt", replace(message, picture=picture))


def _can_read(reader: Contact) -> bool:
    """Whether there is anywhere to send something to."""
    return reader.status is ContactStatus.ACTIVE and (reader.address() or reader.email) is not None


def _drawn(reader: Contact) -> bool:
    """Whether what a reader gets shows a picture anywhere."""
    urn = reader.address()
    return reader.email is not None or (urn is not None and urn.scheme != "tel")


def send_briefs(db: Session, now: datetime) -> int:
    """Send each manager the month over all groups, on the first working day after the late list."""
    programme = programmes.current(db)
    months = {ReportingPeriod.last_closed((now + shift).date()) for shift in (-DAY, DAY)}
    grace = programme.lateness["brief"].grace
    if not any(-DAY <= now - brief_time(month, "UTC", programme) <= grace + 2 * DAY for month in months):
        return 0
    managers = contacts.everyone(db, Role.MANAGER)
    decided = occurrences.among(db, [f"brief:{month}:{manager.id}" for month in months for manager in managers])
    return sum(
        bool(alone(db, partial(_brief, db, manager, programme, decided, now), **_about(manager)))
        for manager in managers
    )


def _brief(db: Session, reader: Contact, programme: Programme, decided: set[str], now: datetime) -> bool:
    today = local(now, reader.timezone).date()
    period = ReportingPeriod.last_closed(today)
    opens = brief_time(period, reader.timezone, programme)
    key = f"brief:{period}:{reader.id}"
    if key in decided or now < opens or not _can_read(reader):
        return False
    if not goes(db, reader, "brief", key, opens, programme, now):
        return False
    found = _brief_of(db, reader, programme, period, now)
    if found.empty:
        occurrences.record(db, key, "brief", reader.id, now, SKIPPED, NOTHING)
        return False
    picture = (_drawn(reader) and brief_picture(found, programme, reader)) or None
    told = start_flow(db, reader, lambda s: brief_turn(found, s, picture), key, "brief", now)
    if reader.email is None or reason_to_rest(reader, now):
        return told
    letter, text = brief_letter(found, programme, Voice(reader.language, reader.timezone))
    return post(db, reader, letter, text, key, "brief_mail", now, picture) or told


def _brief_of(db: Session, reader: Contact, programme: Programme, period: ReportingPeriod, now: datetime) -> Brief:
    districts = districts_of(reader, programme)
    desks: Board = board(db, programme, districts, period, now)
    record = boards.alert_record(db, districts, boards.month_of(period, programme), now)
    return monthly_brief(programme, desks, record, local(now, reader.timezone).date())


def brief_turn(found: Brief, situation: Situation, picture: bytes | None) -> Turn:
    """Make the brief of a reader: one segment on SMS, words and a picture on Telegram."""
    message = brief_message(found, situation.scheme)
    conversation = situation.conversation.asking(brief_menu(situation))
    return Turn("brief", conversation, "receipt", replace(message, picture=picture))
