"""What facilitators and managers read by the clock: the week, and the month over all groups."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.letters import brief_letter, digest_letter
from bot.pictures import brief_picture, digest_picture
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
from domain.digests import Digest, weekly_digest
from domain.people import Contact, ContactStatus, Role
from domain.periods import ReportingPeriod, local
from domain.programme import Programme
from storage import boards, contacts, occurrences, programmes
from storage.boards import board
from storage.occurrences import SKIPPED

DAY = timedelta(days=1)
NOTHING = "nothing to say"


def send_digests(db: Session, now: datetime) -> int:
    """Send each facilitator and manager the week, at their hour on the digest's day; by e-mail too, if they have it."""
    programme = programmes.current(db)
    since_due = (now.isoweekday() - programme.digest.weekday + 1) % 7
    if timedelta(days=since_due) > programme.lateness["digest"].grace + 2 * DAY:
        return 0
    mondays = {(now + shift).date() - timedelta(days=(now + shift).weekday()) for shift in (-DAY, DAY)}
    sent = {key for monday in mondays for key in occurrences.done(db, f"digest:{monday}:")}
    readers = contacts.everyone(db, Role.FACILITATOR, Role.MANAGER)
    return sum(_digest(db, reader, programme, sent, now) for reader in readers)


def _digest(db: Session, reader: Contact, programme: Programme, sent: set[str], now: datetime) -> bool:
    here = local(now, reader.timezone)
    monday = here.date() - timedelta(days=here.isoweekday() - 1)
    at = here.replace(hour=programme.digest.at.hour, minute=programme.digest.at.minute, second=0, microsecond=0)
    at += timedelta(days=programme.digest.weekday - here.isoweekday())
    key = f"digest:{monday}:{reader.id}"
    if key in sent or here < at or not _can_read(reader) or not goes(db, reader, "digest", key, at, programme, now):
        return False
    desks = board(db, programme, districts_of(reader, programme), ReportingPeriod.last_closed(here.date()), now)
    found = weekly_digest(programme, desks, here.date())
    picture = (_drawn(reader) and digest_picture(found, desks, programme, reader)) or None
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
    decided = {key for month in months for key in occurrences.done(db, f"brief:{month}:")}
    return sum(_brief(db, manager, programme, decided, now) for manager in contacts.everyone(db, Role.MANAGER))


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
