"""`LATER 2`: prompts and nudges wait some days; no day is promised on which nothing will come."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from conversations.grammar import fold
from conversations.situation import Situation
from conversations.turn import Turn, say
from conversations.verbs import Request
from domain.calendar import is_working_day
from domain.events import Snoozed
from domain.people import Role
from domain.periods import ReportingPeriod, local
from domain.prompts import asked_next
from domain.text import Text, _

LONGEST_SNOOZE = 7  # days; a report asked later than that is for the next month


def later(request: Request) -> Turn:
    """Put off prompts and nudges for some days; the due date stays."""
    situation = request.situation
    if not situation.contact.reports:
        line = _("Nothing is due from you. HELP shows what you can do.")
        return Turn("later", situation.conversation, "help", say(line))
    digits = fold(request.words) or "1"
    days = int(digits) if digits.isdecimal() else 0
    if not 1 <= days <= LONGEST_SNOOZE:
        line = _("Send LATER and a number of days from 1 to {most}, e.g. LATER 2", most=LONGEST_SNOOZE)
        return Turn("later", situation.conversation, "question", say(line))
    until = _after_days(days, situation)
    return Turn("later", situation.conversation, "receipt", say(*_what_comes(until, situation)), (Snoozed(until),))


def _after_days(days: int, situation: Situation) -> datetime:
    """Return the hour of reminders so many days from now, or on the first working day after that."""
    day = situation.today + timedelta(days=days)
    while not is_working_day(day, situation.programme.country):
        day += timedelta(days=1)
    return local(situation.now, situation.contact.timezone).replace(
        year=day.year, month=day.month, day=day.day, hour=14, minute=0, second=0, microsecond=0
    )


def _what_comes(until: datetime, situation: Situation) -> tuple[Text, ...]:
    """Say when the next of the reminders that wait until a moment comes, or that none of this month is left."""
    period, owes = situation.period, _owes(situation)
    day, following = (_asked_next(month, until, situation) for month in (period, period.next()))
    if owes and day is not None:
        return (_("OK, I will ask again on {day}. The due date stays.", day=day),)
    lines = [_("No reminder is left for {period}.", period=period)]
    if owes:
        lines.append(_("What is missing stays due, and your facilitator hears of it."))
    if following is not None:
        lines.append(_("I ask again on {day}.", day=following))
    return tuple(lines)


def _owes(situation: Situation) -> bool:
    """Whether there is anything to remind somebody of: values, or for a partner word on their own activities."""
    if situation.contact.role is Role.PARTNER:
        return any(a.open and a.owner == situation.contact.key for a in situation.plan)
    return bool(situation.missing)


def _asked_next(month: ReportingPeriod, until: datetime, situation: Situation) -> date | None:
    contact = situation.contact
    at = asked_next(contact, situation.programme, month, situation.asked, until)
    return None if at is None else local(at, contact.timezone).date()
