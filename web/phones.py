"""What the demo page shows: people and their phones, what was received, and what happened of late."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from babel.dates import format_date
from sqlalchemy.orm import Session

from bot.render import Voice
from domain.messages import BadRequest
from domain.people import Contact, Urn
from domain.periods import local
from storage import contacts, phones, programmes
from storage.phones import Happening
from web import words
from web.bubbles import PAGE_LANGUAGE, bubbles, day_of

SPARE_NUMBER = "+2332000008{:02d}"  # the phone of somebody who has joined with none yet; no such number is in use
MOST_PHONES = 3  # side by side
MOST_BUBBLES = 60  # messages on one phone
MOST_CARDS = 30  # messages in what was received
MOST_HAPPENINGS = 10


@dataclass(frozen=True, slots=True)
class Phone:
    """One phone that a browser has open: whose, and on which channel."""

    key: str
    scheme: str


def open_phones(asked: str) -> list[Phone]:
    """Read which phones a browser has open, such as `ama.tel,kofi.telegram`."""
    pairs = [part.partition(".") for part in asked.split(",") if part]
    return [Phone(key, scheme) for key, _dot, scheme in pairs[:MOST_PHONES]]


def urn_of(contact: Contact, scheme: str) -> Urn | None:
    """Return the address of a contact's phone on a channel; a spare number where they have no phone at all."""
    if not contact.addresses and scheme == "tel":
        return Urn("tel", SPARE_NUMBER.format(contact.id))
    return next((a.urn for a in contact.addresses if a.urn.scheme == scheme), None)


def schemes_of(contact: Contact) -> list[str]:
    """Return the channels on which a contact has a phone, the preferred one first."""
    found = [scheme for scheme in ("tel", "telegram") if urn_of(contact, scheme)]
    return sorted(found, key=lambda scheme: scheme != contact.preferred)


def shown(db: Session, asked: Iterable[Phone], now: datetime) -> dict[str, Any]:
    """Return all that moves on the page."""
    programme, everyone = programmes.current(db), contacts.everyone(db)
    voice = Voice(PAGE_LANGUAGE, programme.timezone)
    by_key, by_id = {c.key: c for c in everyone}, {c.id: c for c in everyone}
    return {
        "clock": _face(now, voice),
        "phones": [_phone(db, phone, by_key) for phone in asked],
        "received": _received(db, [c for c in everyone if c.role in words.WATCHERS]),
        "happened": [_happening(one, by_id, voice) for one in phones.happened(db, MOST_HAPPENINGS)],
        "reached": {by_id[id_].key: count for id_, count in phones.reached(db).items()},
    }


def _face(now: datetime, voice: Voice) -> dict[str, str]:
    here = local(now, voice.timezone)
    return {
        "weekday": format_date(here, "EEEE", voice.language),
        "date": format_date(here, "d MMMM y", voice.language),
        "time": voice.shown(now),
        "place": voice.timezone.rpartition("/")[2].replace("_", " "),
    }


def _phone(db: Session, phone: Phone, by_key: Mapping[str, Contact]) -> dict[str, Any]:
    contact = by_key.get(phone.key)
    urn = urn_of(contact, phone.scheme) if contact else None
    if contact is None or urn is None:
        raise BadRequest("no such phone")
    thread = phones.thread(db, contact.id, urn, MOST_BUBBLES)
    return {**asdict(phone), "bubbles": [asdict(b) for b in bubbles(thread, phone.scheme, contact.timezone)]}


def _received(db: Session, watchers: list[Contact]) -> list[dict[str, Any]]:
    """Return the newest messages that reached those who watch over the programme, newest first."""
    cards = []
    for contact in watchers:
        for urn in (a.urn for a in contact.addresses):
            thread = phones.thread(db, contact.id, urn, MOST_CARDS)
            at = {f"o{one.id}": (one.at, one.id) for one in thread}
            ours = [b for b in bubbles(thread, urn.scheme, contact.timezone) if b.ours]
            cards += [(at[b.id], _card(contact, urn.scheme, asdict(b))) for b in ours]
    newest = sorted(cards, key=lambda card: card[0], reverse=True)
    return [card for _at, card in newest[:MOST_CARDS]]


def _card(contact: Contact, scheme: str, bubble: dict[str, Any]) -> dict[str, Any]:
    voice = Voice(PAGE_LANGUAGE, contact.timezone)
    what = voice.words(words.what_was_sent(bubble["kind"]))
    return {**bubble, "key": contact.key, "scheme": scheme, "to": contact.name, "what": what}


def _happening(one: Happening, by_id: Mapping[int, Contact], voice: Voice) -> dict[str, Any]:
    label = words.what_was_sent(one.kind) if one.sent else words.what_was_heard(one.kind)
    people = tuple(by_id[id_].name for id_ in one.contact_ids)
    return {
        "id": f"{one.at:%Y%m%d}-{one.sent:d}-{one.kind}",
        "day": day_of(one.at, voice),
        "sent": one.sent,
        "what": voice.words(label),
        "who": voice.words(words.names(people)),
    }


def people(db: Session) -> list[dict[str, Any]]:
    """Return everybody in sections: managers, facilitators, then each district."""
    programme, everyone = programmes.current(db), contacts.everyone(db)
    voice = Voice(PAGE_LANGUAGE, programme.timezone)
    codes = {p.key: p.join_code for p in programme.people if p.join_code}
    sections = [(voice.words(t), "", [c for c in everyone if c.role is r]) for r, t in words.WATCHERS.items()]
    for district in programme.districts.values():
        here = [c for c in everyone if c.district == district.code]
        sections.append((district.name, programme.groups[district.group].name, here))
    return [
        {"title": title, "under": under, "people": [_person(c, under and title, codes.get(c.key), voice) for c in here]}
        for title, under, here in sections
        if here
    ]


def _person(contact: Contact, district: str, code: str | None, voice: Voice) -> dict[str, Any]:
    role = voice.words(words.ROLES[contact.role])
    return {
        "key": contact.key,
        "name": contact.name,
        "about": f"{district}, {role}" if district else role,
        "role": role if district else "",
        "language": contact.language,
        "schemes": schemes_of(contact),
        "hint": voice.words(words.not_joined(code)) if code and contact.last_seen_at is None else "",
    }
