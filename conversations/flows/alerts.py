"""Alerts in the hands of people: list them, take one, give it to somebody, put it off, close it with an outcome."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from conversations.flows.alert_words import message
from conversations.grammar import fold, split_yes
from conversations.situation import Situation
from conversations.state import Closing
from conversations.turn import Tell, Turn, say
from conversations.verbs import LEADERS, Request
from domain.alerts import Alert, AlertStatus, Cause
from domain.events import AlertAcknowledged, AlertAssigned, AlertClosed, AlertSnoozed
from domain.headlines import brief, headline
from domain.messages import Say
from domain.people import Contact
from domain.text import Text, _, plain

LONGEST_SNOOZE = 14  # days
PAGE, LONG_PAGE = 4, 12  # alerts on one screen: of an SMS, of Telegram
MOST_NAMED = 6  # alerts or people, where one of them is to be chosen
OUTCOME_HOLDS = timedelta(hours=1)  # how long after CLOSE alone the next words are the outcome
REF = r"[eE]\s?\d+"


def listing(request: Request) -> Turn:
    """List the open alerts that this person may act on, some at a time; `ALERTS E5` shows one whole."""
    situation = request.situation
    if re.match(REF, request.words.strip()):
        return _one(request)
    size = PAGE if situation.scheme == "tel" else LONG_PAGE
    page = int(request.words) if request.words.strip().isdecimal() else 1
    shown = situation.alerts[size * (page - 1) :][:size] if page else ()
    if not shown:
        count = len(situation.alerts)
        line = _("No open alerts.") if not count else _("The list ends at {n}. ALERTS shows it.", n=count)
        return Turn("alerts", situation.conversation, "receipt", say(line))
    more = page + 1 if len(situation.alerts) > size * page else None
    return Turn("alerts", situation.conversation, "receipt", _screen(shown, more, situation))


def _screen(shown: Sequence[Alert], more: int | None, situation: Situation) -> Say:
    rest = (_("More: ALERTS {n}.", n=more),) if more else ()
    line, short = (
        _("Open: {rows}.", rows=tuple(_row(a, what(a, situation.programme), situation) for a in shown))
        for what in (headline, brief)
    )
    extra = (_("ACK {ref} takes one.", ref=shown[0].ref),)
    return say(line, *rest, extra=extra, shorter=((short, *rest),))


def _row(alert: Alert, what: Text, situation: Situation) -> Text:
    mark = " *" if alert.owner_id == situation.contact.id else ""
    return plain("{ref} {what}{mark}", ref=alert.ref, what=what, mark=mark)


def _one(request: Request) -> Turn:
    situation = request.situation
    alert, _rest = find(request)
    if alert is None:
        return unknown("alerts", situation)
    return Turn("alerts", situation.conversation, "receipt", message(alert, situation.programme))


def find(request: Request) -> tuple[Alert | None, str]:
    """Return the alert that the words name, and the words after it; the only open one when none is named."""
    match = re.match(r"\s*[eE]?\s?(\d+)\b[\s:,.-]*(.*)", request.words, re.DOTALL)
    alerts = request.situation.alerts
    if match:
        return next((a for a in alerts if a.id == int(match[1])), None), match[2].strip()
    return (alerts[0], request.words.strip()) if len(alerts) == 1 and not request.words.strip() else (None, "")


def unknown(intent: str, situation: Situation) -> Turn:
    """Say that no such alert is open, and which are."""
    refs = " ".join(a.ref for a in situation.alerts[:MOST_NAMED])
    line = (
        _("Which alert? Open: {refs}.", refs=refs) if refs else _("That alert is not open for you. ALERTS lists yours.")
    )
    return Turn(intent, situation.conversation, "question", say(line))


def acknowledge(request: Request) -> Turn:
    """Take one alert or several; who took one before is named."""
    situation = request.situation
    named = _several(request) or [alert for alert in [find(request)[0]] if alert is not None]
    if not named:
        return unknown("ack", situation)
    others = [a for a in named if a.status is AlertStatus.ACKNOWLEDGED and a.owner_id != situation.contact.id]
    lines = [_("{ref} was already taken by {name}.", ref=a.ref, name=a.owner) for a in others]
    mine = [alert for alert in named if alert not in others]
    if mine:
        lines.append(_taken(mine, situation))
    events = tuple(AlertAcknowledged(alert.id) for alert in mine)
    return Turn("ack", situation.conversation, "receipt", say(*lines), events)


def _several(request: Request) -> list[Alert]:
    if not re.fullmatch(r"(\s*[eE]?\d+[\s,;.&+]*)+", request.words):
        return []
    wanted = {int(number) for number in re.findall(r"\d+", request.words)}
    named = [alert for alert in request.situation.alerts if alert.id in wanted]
    return named if len(named) == len(wanted) else []


def _taken(mine: Sequence[Alert], situation: Situation) -> Text:
    due = situation.today + timedelta(days=situation.programme.alerts.outcome_days)
    ref = mine[0].ref
    if len(mine) == 1:
        return _("{ref} is yours. Outcome due {day}. CLOSE {ref} and your words when done.", ref=ref, day=due)
    refs = " ".join(alert.ref for alert in mine)
    return _("Yours: {refs}. Outcome due {day}. CLOSE {ref} and your words when done.", refs=refs, ref=ref, day=due)


def assign(request: Request) -> Turn:
    """Give an alert to a facilitator or manager by name; they are told at once, and have the usual time to take it."""
    situation = request.situation
    alert, name = find(request)
    if alert is None:
        return unknown("assign", situation)
    leaders = [c for c in situation.colleagues if c.role in LEADERS and c.reachable]
    people = [c for c in leaders if c.id != situation.contact.id and not c.is_away(situation.today)]
    found = _called(name, leaders)
    if len(found) != 1:
        names = ", ".join(c.name for c in (found or people)[:MOST_NAMED])
        line = _("To whom? Send ASSIGN {ref} and one of: {names}.", ref=alert.ref, names=names)
        return Turn("assign", situation.conversation, "question", say(line))
    if found[0].id == situation.contact.id:
        return acknowledge(replace(request, words=alert.ref))
    if (until := found[0].away) and found[0].is_away(situation.today):
        line = _(
            "{name} is on leave until {day:short}. ASSIGN {ref} and another name.",
            name=found[0].name,
            day=until[1],
            ref=alert.ref,
        )
        return Turn("assign", situation.conversation, "question", say(line))
    if alert.cause is Cause.HARM and found[0].id not in alert.ladder:
        return _kept(alert, found[0], situation)
    return _given(alert, found[0], situation)


def _kept(alert: Alert, to: Contact, situation: Situation) -> Turn:
    """Refuse to show a concern to somebody whom its sender was not told of."""
    names = ", ".join(c.name for c in situation.colleagues if c.id in alert.ladder)
    line = _(
        "{ref} is not given to {name}: who sent it was promised that only {names} read it.",
        ref=alert.ref,
        name=to.name,
        names=names,
    )
    return Turn("assign", situation.conversation, "question", say(line))


def _called(name: str, people: Sequence[Contact]) -> list[Contact]:
    wanted = fold(name).strip(" .,!")
    exact = [c for c in people if wanted in (fold(c.key), fold(c.name))]
    near = [c for c in people if wanted and wanted in (fold(c.name).split()[-1], fold(c.name)[: len(wanted)])]
    return exact or near


def _given(alert: Alert, to: Contact, situation: Situation) -> Turn:
    giver = situation.contact.name
    hours = situation.programme.alerts.acknowledge_hours
    line = _("{ref} is given to {name}, who has {n} hours to take it.", ref=alert.ref, name=to.name, n=hours)
    given = message(alert, situation.programme).after(_("{name} gives you this one.", name=giver))
    tells = [Tell(to.id, given, f"assigned:{alert.ref}")]
    if alert.owner_id not in (None, to.id, situation.contact.id):
        gone = _("{ref} was given to {name} by {giver}.", ref=alert.ref, name=to.name, giver=giver)
        tells.append(Tell(alert.owner_id or 0, say(gone), f"given:{alert.ref}"))
    event = AlertAssigned(alert.id, to.id)
    return Turn("assign", situation.conversation, "receipt", say(line), (event,), tuple(tells))


def snooze(request: Request) -> Turn:
    """Put off the reminder about an alert for some days."""
    situation = request.situation
    alert, rest = find(request)
    if alert is None:
        return unknown("snooze", situation)
    days = int(rest) if rest.isdecimal() else 1
    if not 1 <= days <= LONGEST_SNOOZE:
        line = _("Send SNOOZE {ref} and days from 1 to {most}, e.g. SNOOZE {ref} 2", ref=alert.ref, most=LONGEST_SNOOZE)
        return Turn("snooze", situation.conversation, "question", say(line))
    until = situation.now + timedelta(days=days)
    line = _("OK. {ref} sleeps until {day:day}.", ref=alert.ref, day=until)
    return Turn("snooze", situation.conversation, "receipt", say(line), (AlertSnoozed(alert.id, until),))


def close(request: Request) -> Turn:
    """Close an alert with an outcome in words; without words ask for them, and take those that come next."""
    situation = request.situation
    alert, outcome = find(request)
    if alert is None:
        return unknown("close", situation)
    if not outcome:
        line = _("{ref}: what was done? Send it in a few words, or CLOSE {ref} and your words later.", ref=alert.ref)
        asking = replace(situation.conversation, closing=Closing(alert.id, situation.now))
        return Turn("close", asking, "question", say(line))
    days = max((situation.now - alert.opened_at).days, 0)
    line = _("{ref} closed. Days it was open: {n}. Thank you.", ref=alert.ref, n=days)
    told = _("{ref} closed by {name}: {words}", ref=alert.ref, name=situation.contact.name, words=outcome)
    others = [i for i in _hear_of(alert) if i != situation.contact.id]
    tells = tuple(Tell(i, say(told), f"closed:{alert.ref}") for i in others)
    closed = replace(situation.conversation, closing=None)
    return Turn("close", closed, "receipt", say(line), (AlertClosed(alert.id, outcome),), tells)


def _hear_of(alert: Alert) -> tuple[int, ...]:
    """Return who hears how an alert ended: who was told of it, and of a critical one the next on the ladder too."""
    above = alert.ladder[alert.step + 1 : alert.step + 2] if alert.cause.critical else ()
    return tuple(dict.fromkeys((*alert.told, *above)))


def outcome_of(situation: Situation, text: str) -> str | None:
    """Return what CLOSE is to take, when these words are the outcome that was just asked for."""
    closing = situation.conversation.closing
    if closing is None or situation.contact.role not in LEADERS or situation.now - closing.at > OUTCOME_HOLDS:
        return None
    if "?" in text[-2:] or any(closing.at < h.at <= situation.now for h in situation.conversation.heard):
        return None
    return None if split_yes(text) is not None or text.strip().isdigit() else f"E{closing.alert_id} {text}"
