"""Alerts in the hands of people: list them, take one, put it off, close it with an outcome."""

from __future__ import annotations

import re
from datetime import timedelta

from conversations.situation import Situation
from conversations.turn import Tell, Turn, say
from conversations.verbs import Request
from domain.alerts import Alert, AlertStatus, headline
from domain.events import AlertAcknowledged, AlertClosed, AlertSnoozed
from domain.messages import Option, Say
from domain.programme import Programme
from domain.text import _, plain

LONGEST_SNOOZE = 14  # days


def listing(request: Request) -> Turn:
    """List the open alerts that this person may act on."""
    situation = request.situation
    if not situation.alerts:
        return Turn("alerts", situation.conversation, "receipt", say(_("No open alerts.")))
    rows = tuple(
        plain("{ref} {what}{mark}", ref=a.ref, what=headline(a, situation.programme), mark=_mark(a, situation))
        for a in situation.alerts
    )
    line = _("Open: {rows}.", rows=rows)
    return Turn("alerts", situation.conversation, "receipt", say(line, extra=(_("ACK E1 takes one."),)))


def _mark(alert: Alert, situation: Situation) -> str:
    return " *" if alert.owner_id == situation.contact.id else ""


def find(request: Request) -> tuple[Alert | None, str]:
    """Return the alert that the words name, and the words after it; the only open one when none is named."""
    match = re.match(r"\s*[eE]?\s?(\d+)\b[\s:,.-]*(.*)", request.words, re.DOTALL)
    alerts = request.situation.alerts
    if match:
        return next((a for a in alerts if a.id == int(match[1])), None), match[2].strip()
    return (alerts[0], request.words.strip()) if len(alerts) == 1 and not request.words.strip() else (None, "")


def unknown(intent: str, situation: Situation) -> Turn:
    """Say that no such alert is open, and which are."""
    refs = " ".join(a.ref for a in situation.alerts)
    line = (
        _("Which alert? Open: {refs}.", refs=refs) if refs else _("That alert is not open for you. ALERTS lists yours.")
    )
    return Turn(intent, situation.conversation, "question", say(line))


def acknowledge(request: Request) -> Turn:
    """Take an alert; who took it before is named."""
    situation = request.situation
    alert, _rest = find(request)
    if alert is None:
        return unknown("ack", situation)
    if alert.status is AlertStatus.ACKNOWLEDGED and alert.owner_id != situation.contact.id:
        line = _("{ref} was already taken by {name}.", ref=alert.ref, name=alert.owner)
        return Turn("ack", situation.conversation, "receipt", say(line))
    due = situation.today + timedelta(days=situation.programme.alerts.outcome_days)
    line = _("{ref} is yours. Outcome due {day}. CLOSE {ref} and your words when done.", ref=alert.ref, day=due)
    return Turn("ack", situation.conversation, "receipt", say(line), (AlertAcknowledged(alert.id),))


def snooze(request: Request) -> Turn:
    """Put off the reminder about an alert for some days."""
    situation = request.situation
    alert, rest = find(request)
    if alert is None:
        return unknown("snooze", situation)
    days = int(rest) if rest.isdigit() else 1
    if not 1 <= days <= LONGEST_SNOOZE:
        line = _("Send SNOOZE {ref} and days from 1 to {most}, e.g. SNOOZE {ref} 2", ref=alert.ref, most=LONGEST_SNOOZE)
        return Turn("snooze", situation.conversation, "question", say(line))
    until = situation.now + timedelta(days=days)
    line = _("OK. {ref} sleeps until {day:day}.", ref=alert.ref, day=until)
    return Turn("snooze", situation.conversation, "receipt", say(line), (AlertSnoozed(alert.id, until),))


def close(request: Request) -> Turn:
    """Close an alert with an outcome in words; without words, ask for them."""
    situation = request.situation
    alert, outcome = find(request)
    if alert is None:
        return unknown("close", situation)
    if not outcome:
        line = _("What was done? Send CLOSE {ref} and your words.", ref=alert.ref)
        return Turn("close", situation.conversation, "question", say(line))
    days = max((situation.now - alert.opened_at).days, 0)
    line = _("{ref} closed. Days it was open: {n}. Thank you.", ref=alert.ref, n=days)
    others = [i for i in alert.ladder if i != situation.contact.id]
    told = _("{ref} closed by {name}: {words}", ref=alert.ref, name=situation.contact.name, words=outcome)
    tells = tuple(Tell(i, say(told), f"closed:{alert.ref}") for i in others[: alert.step + 1])
    return Turn("close", situation.conversation, "receipt", say(line), (AlertClosed(alert.id, outcome),), tells)


def message(alert: Alert, programme: Programme) -> Say:
    """Return the words and buttons that an alert is sent with."""
    lines = [_("ALERT {ref}: {what}.", ref=alert.ref, what=headline(alert, programme))]
    if alert.evidence.get("skipped"):
        lines.append(_("Could not be reached: {names}.", names=alert.evidence["skipped"]))
    return Say(
        tuple(lines),
        (_("Reply ACK {ref}, SNOOZE {ref} 2 or CLOSE {ref} outcome.", ref=alert.ref),),
        (Option(f"ACK {alert.ref}", _("I take it")), Option(f"SNOOZE {alert.ref} 1", _("Tomorrow"))),
        numbered=False,
    )
