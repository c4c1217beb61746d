"""What is read before a visit: the brief of whoever goes, and the reminder of those who said they will be there."""

from __future__ import annotations

from conversations.flows.notes import reachable, waiting_row
from conversations.situation import Situation
from conversations.turn import say
from domain.desks import Desk
from domain.messages import Say
from domain.notes import unanswered
from domain.people import Contact
from domain.programme import District
from domain.text import Text, _, clipped, plain
from domain.visits import Brief, Visit, brief

LONGEST_PROMISE = 60  # characters of somebody's words in a brief


def brief_of(visit: Visit, situation: Situation) -> Say:
    """Return what a facilitator should know before a visit: who comes, then what is red, late, open and promised."""
    district = situation.programme.districts[visit.district]
    names = ", ".join(answer.name for answer in visit.saying(True)) or "-"
    line = _(
        "Visit {district} {day:day} {time}. Coming: {names}.",
        district=district.name,
        day=visit.at,
        time=visit.at,
        names=names,
    )
    return say(line, extra=brief_lines(district, situation))


def brief_lines(district: District, situation: Situation) -> tuple[Text, ...]:
    """Return the brief of a district, the most pressing first; what is in order is not mentioned."""
    desk = situation.board.get(district.code) or Desk(situation.values)
    found = brief(district, desk, situation.agreed.get(district.code), situation.period, situation.today)
    threads = [t for t in situation.threads if t.opening.district == district.code]
    waits = unanswered(threads, situation.now)
    rows = tuple(waiting_row(thread, situation) for thread in waits[:2])
    return (*_on_record(found), *((_("Unanswered: {rows}.", rows=rows),) if rows else ()))


def _on_record(found: Brief) -> list[Text]:
    lines: list[Text] = []
    if found.reds:
        reds = tuple(plain("{code} {now} ({wanted})", code=r.code, now=r.now, wanted=r.wanted) for r in found.reds)
        lines.append(_("Red (wanted): {rows}.", rows=reds))
    if found.activities:
        late = tuple(plain("{key} {title}", key=a.key, title=a.called(20)) for a in found.activities)
        lines.append(_("Late or stuck: {rows}.", rows=late))
    return lines + [_("Promised: {words}", words=clipped(words, LONGEST_PROMISE)) for words in found.promises]


def reminder(visit: Visit, situation: Situation) -> Say:
    """Return what somebody who said yes reads the day before."""
    line = _(
        "Reminder: {name} visits {district} on {day:day} {time}. You said you will be there.",
        name=visit.by,
        district=situation.programme.districts[visit.district].name,
        day=visit.at,
        time=visit.at,
    )
    return say(line, extra=(_("VISIT NO if that has changed."),))


def who_comes(visit: Visit, people: tuple[Contact, ...]) -> tuple[Contact, ...]:
    """Return the people who said yes to a visit and can be reached."""
    coming = {answer.contact_id for answer in visit.saying(True)}
    return tuple(c for c in people if c.id in coming and reachable(c))
