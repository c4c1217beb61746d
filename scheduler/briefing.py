"""What managers read by the clock once a month: the month over all groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from bot.drawing.painting import Wanted
from bot.letters import brief_letter
from bot.pictures import brief_svg
from bot.reaching import post, reason_to_rest, start_flow
from bot.render import Voice
from bot.timing import goes
from conversations.flows.brief_words import brief_message
from conversations.flows.briefing import brief_menu
from conversations.places import districts_of
from conversations.situation import Situation
from conversations.turn import Turn
from domain.briefs import Brief, brief_time, monthly_brief
from domain.people import Contact, Role
from domain.periods import ReportingPeriod, local
from domain.programme import Programme
from scheduler.digesting import can_read, is_drawn
from scheduler.noting import Drawing, Share, whole
from storage import boards, contacts, occurrences, programmes
from storage.apart import alone, for_each
from storage.boards import board
from storage.occurrences import SKIPPED

DAY = timedelta(days=1)
NOTHING = "nothing to say"


@dataclass(frozen=True, slots=True)
class Made:
    """The brief of a reader, and its picture as SVG, where they get one; `key` makes it go once."""

    reader_id: int
    key: str
    brief: Brief
    picture: str


def send_briefs(db: Session, now: datetime) -> int:
    """Send each manager the month over all groups, on the first working day after the late list."""
    return sum(whole(db, share) for share in brief_shares(db, now))


def brief_shares(db: Session, now: datetime) -> list[Share]:
    """Return the work of `send_briefs`."""
    programme = programmes.current(db)
    months = {ReportingPeriod.last_closed((now + shift).date()) for shift in (-DAY, DAY)}
    grace = programme.lateness["brief"].grace
    if not any(-DAY <= now - brief_time(month, "UTC", programme) <= grace + 2 * DAY for month in months):
        return []
    managers = contacts.everyone(db, Role.MANAGER)
    due = for_each(db, managers, lambda some: _due(db, some, programme, now), _about)
    return [partial(_briefs, ids=set(due), now=now)] if due else []


def _about(reader: Contact) -> dict[str, object]:
    return {"contact_id": reader.id}


def _due(db: Session, managers: list[Contact], programme: Programme, now: datetime) -> list[int]:
    keys = {one.id: _key(one, now) for one in managers if now >= _opens(one, programme, now) and can_read(one)}
    decided = occurrences.among(db, keys.values())
    return [reader_id for reader_id, key in keys.items() if key not in decided]


def _period(reader: Contact, now: datetime) -> ReportingPeriod:
    return ReportingPeriod.last_closed(local(now, reader.timezone).date())


def _key(reader: Contact, now: datetime) -> str:
    return f"brief:{_period(reader, now)}:{reader.id}"


def _opens(reader: Contact, programme: Programme, now: datetime) -> datetime:
    return brief_time(_period(reader, now), reader.timezone, programme)


def _briefs(db: Session, ids: set[int], now: datetime) -> int | Drawing:
    """Work out the briefs of some readers, and ask for the pictures that they show."""
    programme = programmes.current(db)
    readers = [reader for reader in contacts.everyone(db, Role.MANAGER) if reader.id in ids and can_read(reader)]
    made = for_each(db, readers, lambda some: _made(db, some, programme, now), _about)
    pictures = frozenset(one.picture for one in made if one.picture)
    send = partial(_send, made={one.reader_id: one for one in made}, now=now)
    return Drawing(pictures, send) if pictures else send(db, drawn={})


def _made(db: Session, readers: list[Contact], programme: Programme, now: datetime) -> list[Made]:
    found: list[Made] = []
    for reader in readers:
        key = _key(reader, now)
        if not goes(db, reader, "brief", key, _opens(reader, programme, now), programme, now):
            continue
        brief = _brief_of(db, reader, programme, now)
        if brief.empty:
            occurrences.record(db, key, "brief", reader.id, now, SKIPPED, NOTHING)
        else:
            found.append(Made(reader.id, key, brief, brief_svg(brief, programme, reader) if is_drawn(reader) else ""))
    return found


def _brief_of(db: Session, reader: Contact, programme: Programme, now: datetime) -> Brief:
    districts, period = districts_of(reader, programme), _period(reader, now)
    desks = board(db, programme, districts, period, now)
    record = boards.alert_record(db, districts, boards.month_of(period, programme), now)
    return monthly_brief(programme, desks, record, local(now, reader.timezone).date())


def _send(db: Session, drawn: Mapping[Wanted, bytes], made: Mapping[int, Made], now: datetime) -> int:
    programme = programmes.current(db)
    readers = [reader for reader in contacts.everyone(db, Role.MANAGER) if reader.id in made and can_read(reader)]
    sendings = (
        alone(db, partial(_brief, db, one, made[one.id], drawn, programme, now), **_about(one)) for one in readers
    )
    return sum(bool(sent) for sent in sendings)


def _brief(
    db: Session, reader: Contact, made: Made, drawn: Mapping[Wanted, bytes], programme: Programme, now: datetime
) -> bool:
    picture = drawn.get(made.picture)
    told = start_flow(db, reader, lambda s: brief_turn(made.brief, s, picture), made.key, "brief", now)
    if reader.email is None or reason_to_rest(reader, now):
        return told
    letter, text = brief_letter(made.brief, programme, Voice(reader.language, reader.timezone))
    return post(db, reader, letter, text, made.key, "brief_mail", now, picture) or told


def brief_turn(found: Brief, situation: Situation, picture: bytes | None) -> Turn:
    """Make the brief of a reader: one segment on SMS, words and a picture on Telegram."""
    message = brief_message(found, situation.scheme)
    conversation = situation.conversation.asking(brief_menu(situation))
    return Turn("brief", conversation, "receipt", replace(message, picture=picture))
