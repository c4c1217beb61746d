"""Reaching out: words for a person into the outbox, on the channel they prefer, never in their night."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, time, timedelta

from sqlalchemy.orm import Session

from bot.render import LONGEST_CAPTION, Rendered, Voice, render
from conversations.situation import Situation
from conversations.turn import Turn
from domain.calendar import awake_at, moment
from domain.events import Event, ValueReported
from domain.messages import Document, Lane, Letter, Say
from domain.people import Contact, ContactStatus, Urn
from domain.periods import ReportingPeriod, local
from domain.programme import Programme
from storage import conversations, occurrences, outbox, programmes, values

NO_ADDRESS = "no address works"


def queue(
    db: Session,
    message: Say,
    contact: Contact | None,
    urn: Urn,
    key: str,
    kind: str,
    lane: Lane,
    now: datetime,
    inbound_id: int | None = None,
    due_at: datetime | None = None,
    language: str = "en",
) -> None:
    """Put a message into the outbox, in the contact's language, as the parts its channel takes."""
    voice = Voice(contact.language if contact else language, contact.timezone if contact else "UTC")
    parts = _with_picture(render(message, voice, urn.scheme), message.picture if urn.scheme == "telegram" else None)
    if urn.scheme == "whatsapp" and message.picture is not None:
        parts.append((Rendered(""), message.picture))  # after the words, which also go where a picture may not
    for n, (part, picture) in enumerate(parts):
        outbox.put(
            db,
            outbox.Part(
                key=f"{key}:{n}",
                kind=kind,
                lane=lane,
                urn=urn,
                text=part.text,
                segments=part.segments,
                due_at=due_at or now,
                contact_id=contact.id if contact else None,
                inbound_id=inbound_id,
                buttons=part.buttons,
                picture=picture,
            ),
            now,
        )


def _with_picture(parts: tuple[Rendered, ...], picture: bytes | None) -> list[tuple[Rendered, bytes | None]]:
    """Return parts, each with its picture: over the text where that fits a caption, else first, over the first line."""
    plain: list[tuple[Rendered, bytes | None]] = [(part, None) for part in parts]
    if picture is None:
        return plain
    first, *others = parts
    if not others and len(first.text) <= LONGEST_CAPTION:
        return [(first, picture)]
    title, _, rest = first.text.partition("\n")
    if not rest or len(title) > LONGEST_CAPTION:
        return [(Rendered(""), picture), *plain]
    return [(Rendered(title), picture), (replace(first, text=rest), None), *plain[1:]]


def reach(
    db: Session,
    contact: Contact,
    message: Say,
    key: str,
    kind: str,
    now: datetime,
    critical: bool = False,
    on_leave_too: bool = False,
) -> bool:
    """Queue an unasked message to somebody, on the channel they prefer; False when they cannot be reached.

    In quiet hours it waits for their morning, and during leave for the one after it, unless they get it `on_leave_too`;
    a critical one may pass, and goes before what else waits.
    """
    urn = contact.address()
    if urn is None or contact.status is not ContactStatus.ACTIVE:
        return False
    # What waits for somebody's return is as if it had been said then, so that it is not stale by that time.
    said_at = now if critical or on_leave_too else after_leave(now, contact)
    due_at = now if critical else after_quiet(said_at, contact.timezone, programmes.current(db))
    lane = Lane.ALERT if critical else Lane.BULK
    queue(db, message, contact, urn, key, kind, lane, said_at, due_at=due_at)
    return True


def after_leave(now: datetime, contact: Contact) -> datetime:
    """Return `now`, or the midnight after somebody's last day of leave when they are on it."""
    if contact.away is None or not contact.is_away(local(now, contact.timezone).date()):
        return now
    return moment(contact.away[1] + timedelta(days=1), time(), contact.timezone)


def hand_document(
    db: Session, contact: Contact, urn: Urn, message: Say, document: Document, key: str, kind: str, now: datetime
) -> None:
    """Queue a document for a chat of somebody, with a few words; once for its key."""
    voice = Voice(contact.language, contact.timezone)
    part = outbox.Part(
        key=f"{key}:document",
        kind=kind,
        lane=Lane.BULK,
        urn=urn,
        text=render(message, voice, urn.scheme)[0].text,
        segments=0,
        due_at=after_quiet(now, contact.timezone, programmes.current(db)),
        contact_id=contact.id,
        document=document,
    )
    outbox.put(db, part, now)


def post(
    db: Session,
    contact: Contact,
    letter: Letter,
    text: str,
    key: str,
    kind: str,
    now: datetime,
    picture: bytes | None = None,
    document: Document | None = None,
) -> bool:
    """Queue an e-mail, once for its key; False when it was queued before or they have no address that works."""
    urn = contact.email
    if urn is None or contact.status is not ContactStatus.ACTIVE:
        return False
    part = outbox.Part(
        key=f"mail:{key}",
        kind=kind,
        lane=Lane.BULK,
        urn=urn,
        text=text,
        segments=0,
        due_at=after_quiet(now, contact.timezone, programmes.current(db)),
        contact_id=contact.id,
        picture=picture,
        letter=letter,
        document=document,
    )
    return outbox.put(db, part, now) is not None


def after_quiet(now: datetime, timezone: str, programme: Programme) -> datetime:
    """Return `now`, or the end of the quiet hours when it lies in them for somebody in `timezone`."""
    return awake_at(now, timezone, programme.quiet)


def start_flow(
    db: Session, contact: Contact, begin: Callable[[Situation], Turn], key: str, kind: str, now: datetime
) -> bool:
    """Begin something with a person unasked, such as the monthly prompt; False when it was done or cannot reach them.

    `begin` makes the turn from the situation; `key` makes it happen once. Why it cannot be is written down.
    """
    urn = contact.address()
    if urn is None or (why_not := reason_to_rest(contact, now)):
        occurrences.record(db, key, kind, contact.id, now, occurrences.SKIPPED, why_not if urn else NO_ADDRESS)
        return False
    if not occurrences.record(db, key, kind, contact.id, now):
        return False
    situation = Situation(
        now=now,
        contact=contact,
        programme=programmes.current(db),
        conversation=conversations.load(db, contact.id),
        scheme=urn.scheme,
    )
    turn = begin(situation)
    conversations.save(db, contact.id, turn.conversation)
    if turn.say is not None:
        due_at = after_quiet(now, contact.timezone, situation.programme)
        queue(db, turn.say, contact, urn, key, kind, Lane.BULK, now, due_at=due_at)
    return True


def reason_to_rest(contact: Contact, now: datetime) -> str:
    """Return why nothing is sent to somebody unasked, other than for want of an address; or nothing."""
    if contact.status is not ContactStatus.ACTIVE:
        return f"contact {contact.status}"
    return "on leave" if contact.is_away(local(now, contact.timezone).date()) else ""


def hush(db: Session, events: Iterable[Event], programme: Programme, now: datetime) -> None:
    """Drop prompts and nudges that wait for a district's morning once its report is in."""
    period = ReportingPeriod.last_closed(local(now, programme.timezone).date())
    for district in {event.district for event in events if isinstance(event, ValueReported)}:
        waiting = outbox.waiting_for(db, district, ("prompt", "nudge"))
        if not waiting:
            continue
        on_record = values.load(db, [district], programme, period)[district]
        if not on_record.missing(programme.districts[district].indicators, period):
            outbox.drop(db, waiting, "the report is in")
