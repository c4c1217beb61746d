"""The body of `kumbusha why`: what went to a person unasked, what did not and why, and what comes next."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from domain.calendar import moment
from domain.people import MAIL, Contact, Role
from domain.periods import ReportingPeriod, local
from domain.programme import Programme
from domain.prompts import ASKING, rung_time
from storage import contacts, decisions, programmes
from storage.decisions import Decision

LADDER_KEY = re.compile(r"(?:mail:)?([a-z_]+?)(\d+):(\d{4}-\d\d):")
WEEK_KEY = re.compile(r"(?:mail:)?(digest):(\d{4}-\d\d-\d\d):")
CHANNELS = {"tel": "by SMS", "telegram": "by Telegram", "whatsapp": "by WhatsApp", MAIL: "by e-mail", "": ""}
STEPS_AHEAD = 4


def why_report(db: Session, key: str, now: datetime, days: int) -> str:
    """Return what was decided about a contact in the last `days` and what comes next, on their own clock.

    Raises LookupError when nobody has this key.
    """
    contact = contacts.by_key(db, key)
    if contact is None:
        raise LookupError(f"nobody has the key {key!r}; the people of the programme file are known by theirs")
    programme = programmes.current(db)
    found = decisions.about(db, contact.id, now - timedelta(days=days))
    rows = [_row(one, contact) for one in found]
    head = [f"{contact.key}: {contact.role}, {contact.status}, {contact.timezone}", *_standing(contact, now)]
    past = _table([("when", "what", "outcome", "why"), *rows]) if rows else [f"nothing in the last {days} days"]
    coming = [f"  {at:%a %d %b %Y %H:%M}  {what}" for at, what in sorted(_ahead(contact, programme, now))]
    lines = [*head, "", *past, "", "next:", *(coming[:STEPS_AHEAD] or ["  nothing"])]
    return "".join(f"{line}\n" for line in lines)


def _standing(contact: Contact, now: datetime) -> Iterator[str]:
    """Say what holds for somebody now, whatever is due."""
    if contact.address() is None:
        yield "no address works, so nothing can be sent"
    if contact.away is not None and contact.away[1] >= local(now, contact.timezone).date():
        yield f"on leave {contact.away[0]:%d %b %Y} to {contact.away[1]:%d %b %Y}: nothing unasked"
    if contact.snoozed_until is not None and contact.snoozed_until > now:
        until = local(contact.snoozed_until, contact.timezone)
        yield f"asked for later: no prompt or nudge before {until:%a %d %b %H:%M}"
    if contact.deputy:
        yield "a deputy: prompted only while no other focal point of the district can be"


def _row(one: Decision, contact: Contact) -> tuple[str, str, str, str]:
    when = f"{local(one.at, contact.timezone):%Y-%m-%d %H:%M}"
    return when, _named(one), " ".join((one.outcome, CHANNELS.get(one.scheme, one.scheme))).strip(), _why(one, contact)


def _named(one: Decision) -> str:
    if found := LADDER_KEY.match(one.key):
        return f"{found[1].replace('_', ' ')} for {found[3]}, working day {found[2]}"
    if found := WEEK_KEY.match(one.key):
        return f"digest of the week of {found[2]}"
    return one.kind.replace("_", " ")


def _why(one: Decision, contact: Contact) -> str:
    held = one.due_at is not None and one.due_at > one.at + timedelta(minutes=1)
    waited = f"waited for {local(one.due_at, contact.timezone):%a %H:%M}" if held and one.due_at else ""
    return "; ".join(part for part in (one.reason, waited) if part)


def _table(rows: list[tuple[str, str, str, str]]) -> list[str]:
    widths = [max(len(row[n]) for row in rows) for n in range(4)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _ahead(contact: Contact, programme: Programme, now: datetime) -> Iterator[tuple[datetime, str]]:
    """Yield when the next steps come, on the person's clock; a nudge comes only if something is missing then."""
    closed = ReportingPeriod.last_closed(local(now, contact.timezone).date())
    steps = ASKING if contact.reports else ("late_list",) if contact.role is Role.FACILITATOR else ()
    for period in (closed, closed.next()):
        for rung in (rung for step in steps for rung in programme.rungs(step, period)):
            at = rung_time(rung, period, contact.timezone, programme, contact.hour)
            if at > now:
                what = rung.step.replace("_", " ")
                yield local(at, contact.timezone), f"{what} for {period}, if something is missing"
    if not contact.reports and contact.role in (Role.FACILITATOR, Role.MANAGER):
        yield _next_digest(contact, programme, now), "digest of the week"


def _next_digest(contact: Contact, programme: Programme, now: datetime) -> datetime:
    today = local(now, contact.timezone).date()
    for days in range(8):
        day = today + timedelta(days=days)
        at = moment(day, programme.digest.at, contact.timezone)
        if day.isoweekday() == programme.digest.weekday and at > now:
            return local(at, contact.timezone)
    raise AssertionError("a week has every weekday")
