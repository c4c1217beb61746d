"""What facilitators and managers read by the clock: the week."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from bot.drawing.painting import Wanted
from bot.letters import digest_letter
from bot.reaching import post, reason_to_rest, start_flow
from bot.render import Voice
from bot.timing import goes
from conversations.flows.digest_words import digest_message
from conversations.flows.follow_up import follow_up_menu
from conversations.places import districts_of
from conversations.situation import Situation
from conversations.turn import Turn
from domain.digests import Digest
from domain.people import Contact, ContactStatus, Role
from domain.periods import local
from domain.programme import Programme
from scheduler.desks import Desks, together
from scheduler.noting import Drawing, Share, whole
from scheduler.summarising import in_short
from storage import contacts, occurrences, programmes
from storage.apart import alone, for_each

DAY = timedelta(days=1)
READERS = (Role.FACILITATOR, Role.MANAGER)


@dataclass(frozen=True, slots=True)
class Made:
    """The digest of a reader on the districts that they look after, and its picture as SVG, where they get one."""

    reader_id: int
    districts: tuple[str, ...]
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
    readers = [reader for reader in contacts.everyone(db, *READERS) if reader.id in ids and can_read(reader)]
    going = for_each(db, readers, lambda some: [r for r in some if _goes(db, r, programme, now)], _about)
    made = {one.reader_id: one for one in for_each(db, going, lambda some: _made(db, some, programme, now), _about)}
    pictures = frozenset(one.picture for one in made.values() if one.picture)
    send = partial(_send, made=made, now=now)
    return Drawing(pictures, send) if pictures else send(db, drawn={})


def _made(db: Session, going: list[Contact], programme: Programme, now: datetime) -> list[Made]:
    """Return the digests of readers from one look at all that they look after."""
    desks = Desks(db, programme, going, now)
    return [
        Made(one.id, districts_of(one, programme), desks.digest(one), desks.picture(one) if is_drawn(one) else "")
        for one in going
    ]


def _send(db: Session, drawn: Mapping[Wanted, bytes], made: Mapping[int, Made], now: datetime) -> int:
    """Send the digests that were made; who looks after others since then gets theirs at the next tick."""
    programme = programmes.current(db)
    readers = [reader for reader in contacts.everyone(db, *READERS) if reader.id in made and can_read(reader)]
    same = [reader for reader in readers if made[reader.id].districts == districts_of(reader, programme)]
    sendings = (
        alone(db, partial(_digest, db, one, made[one.id], drawn, programme, now), **_about(one)) for one in same
    )
    return sum(bool(sent) for sent in sendings)


def _goes(db: Session, reader: Contact, programme: Programme, now: datetime) -> bool:
    at = _digest_time(reader, programme, now)
    return goes(db, reader, "digest", _digest_key(reader, now), at, programme, now)


def _is_due(reader: Contact, programme: Programme, now: datetime) -> bool:
    return now >= _digest_time(reader, programme, now) and can_read(reader)


def _digest_key(reader: Contact, now: datetime) -> str:
    here = local(now, reader.timezone).date()
    return f"digest:{here - timedelta(days=here.weekday())}:{reader.id}"


def _digest_time(reader: Contact, programme: Programme, now: datetime) -> datetime:
    here, hour = local(now, reader.timezone), programme.digest.at
    at = here.replace(hour=hour.hour, minute=hour.minute, second=0, microsecond=0)
    return at + timedelta(days=programme.digest.weekday - here.isoweekday())


def _digest(
    db: Session, reader: Contact, made: Made, drawn: Mapping[Wanted, bytes], programme: Programme, now: datetime
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


def can_read(reader: Contact) -> bool:
    """Whether there is anywhere to send something to."""
    return reader.status is ContactStatus.ACTIVE and (reader.address() or reader.email) is not None


def is_drawn(reader: Contact) -> bool:
    """Whether what a reader gets shows a picture anywhere."""
    urn = reader.address()
    return reader.email is not None or (urn is not None and urn.scheme != "tel")
