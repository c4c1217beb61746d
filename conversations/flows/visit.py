"""Support visits: `VISIT ASU 11 DEC 09:00` asks the district, `VISIT YES` answers, and a brief goes before."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from conversations.flows.absence import away_lines
from conversations.flows.correcting import named_district
from conversations.flows.notes import names_of, team
from conversations.flows.visit_words import brief_lines, brief_of
from conversations.grammar import fold, split_yes
from conversations.progress import read_day
from conversations.situation import Situation
from conversations.state import Heard
from conversations.turn import Tell, Turn, say
from conversations.verbs import Request
from domain.events import VisitAnswered, VisitCancelled, VisitSet
from domain.messages import Option, Say
from domain.programme import District
from domain.text import Text, _, plain
from domain.visits import Visit

WHICH = _("Which district? Yours: {names}. Send e.g. VISIT {district} 11 DEC 09:00")
CANCELLING = frozenset({"cancel", "off", "no", "futa", "ghairi", "hapana", "cancelar", "anular", "annuler"})
HOUR = re.compile(r"(?:^|[\s,;]|\b(?:at|a las|saa|a)\s)(\d{1,2})(?:[:.h](\d{2})?)?\s?(am|pm)?$")
FURTHEST = timedelta(days=300)
NEEDS = frozenset({"visits", "colleagues", "board", "threads", "agreed"})


def arrange(request: Request) -> Turn:
    """Propose a visit to a district, move it, call it off, or show it with its brief."""
    situation = request.situation
    if not request.words.strip():
        return Turn("visit", situation.conversation, "receipt", _ahead(situation))
    district, rest, wrong = named_district(request.words, situation, WHICH)
    if district is None:
        return Turn("visit", situation.conversation, "question", say(wrong))
    planned = next((v for v in situation.visits if v.district == district.code), None)
    if fold(rest).strip(" .!") in CANCELLING:
        return _cancelled(planned, district, situation)
    if not rest and planned is not None:
        return Turn("visit", situation.conversation, "receipt", brief_of(planned, situation))
    moment = read_moment(rest, situation.today, situation.contact.timezone)
    if moment is None or moment <= situation.now or moment > situation.now + FURTHEST:
        return Turn("visit", situation.conversation, "question", say(_no_moment(moment, district, situation.now)))
    return _proposed(district, moment, planned, situation)


def read_moment(words: str, today: date, timezone: str) -> datetime | None:
    """Read `11 DEC 09:00`, `Fri 11/12 at 9am` as local time of a zone (aware); None without both day and hour."""
    folded = fold(words)
    found = HOUR.search(folded)
    if found is None or (found[2] is None and found[3] is None and found[0][-1] not in ":.h"):
        return None
    hour, minute = int(found[1]), int(found[2] or 0)
    if found[3]:
        hour = hour % 12 + (12 if found[3] == "pm" else 0)
    day = read_day(re.sub(r"^\D+", "", folded[: found.start()]).strip(" ,;"), today)
    if day is None or hour > 23 or minute > 59:
        return None
    if day > today + FURTHEST and not re.search(r"\d{4}", folded[: found.start()]):
        day -= timedelta(days=365)  # a day without a year that has just gone by is not next year's
    return datetime.combine(day, time(hour, minute), ZoneInfo(timezone))


def _no_moment(moment: datetime | None, district: District, now: datetime) -> Text:
    code = district.code[:3].upper()
    if moment is None:
        return _("Which day and hour? Send e.g. VISIT {district} 11 DEC 09:00", district=code)
    if moment > now:
        return _("That is too far ahead. Send a nearer day, e.g. VISIT {district} 11 DEC 09:00", district=code)
    return _("That is past. Send a later day, e.g. VISIT {district} 11 DEC 09:00", district=code)


def _proposed(district: District, moment: datetime, planned: Visit | None, situation: Situation) -> Turn:
    people = team(district.code, situation)
    if not people:
        line = _("Nobody in {name} can be reached now.", name=district.name)
        return Turn("visit", situation.conversation, "question", say(line))
    line = _(
        "{names} in {district} are asked: visit {day:day} {time}? Their answers come to you.",
        names=names_of(people),
        district=district.name,
        day=moment,
        time=moment,
    )
    ref = planned.ref if planned else situation.inbound_id
    heard = Heard(ref, f"V{ref}", situation.contact.name, situation.now, visit=True)
    message = _question(district, moment, planned, heard.label, situation)
    tells = tuple(Tell(person.id, message, f"visit:{ref}", hears=heard) for person in people)
    if planned is not None and planned.by_id != situation.contact.id:
        tells = (*tells, Tell(planned.by_id, say(_moved(district, moment, planned, situation)), f"visit:{ref}:moved"))
    event = VisitSet(district.code, moment, planned.ref if planned else None)
    lines, extra = (line, *away_lines(people, situation)), brief_lines(district, situation)
    return Turn("visit", situation.conversation, "receipt", say(*lines, extra=extra), (event,), tells)


def _moved(district: District, moment: datetime, planned: Visit, situation: Situation) -> Text:
    """Tell whoever proposed a visit that it is another leader's now."""
    return _(
        "{name} moves your visit to {district} of {old:day} to {day:day} {time}; the answers go to {name}.",
        name=situation.contact.name,
        district=district.name,
        old=planned.at,
        day=moment,
        time=moment,
    )


def _question(district: District, moment: datetime, planned: Visit | None, label: str, situation: Situation) -> Say:
    said = {"name": situation.contact.name, "district": district.name, "day": moment, "time": moment}
    if planned is None:
        line = _("{name} would like to visit {district} on {day:day} {time}. Can you be there? YES or NO", **said)
    else:
        line = _("{name} moves the visit to {district} to {day:day} {time}. Can you be there? YES or NO", **said)
    asked = f"VISIT {label}@{_stamp(moment)}"
    buttons = (Option(f"{asked} YES", _("Yes")), Option(f"{asked} NO", _("No")))
    return Say((line,), (), buttons, numbered=False)


def _stamp(moment: datetime) -> str:
    """Return a moment as a button carries it: a visit may have moved since it was shown."""
    return f"{moment.astimezone(UTC):%Y%m%d%H%M}"


def _cancelled(planned: Visit | None, district: District, situation: Situation) -> Turn:
    if planned is None:
        line = _("No visit to {district} is planned.", district=district.name)
        return Turn("visit", situation.conversation, "receipt", say(line))
    said = {"district": district.name, "day": planned.at, "time": planned.at}
    line = _("Visit to {district} on {day:day} {time} called off; the district is told.", **said)
    told = _("{name} calls off the visit to {district} on {day:day} {time}.", name=situation.contact.name, **said)
    people = [c.id for c in team(district.code, situation)]
    people += [planned.by_id] if planned.by_id != situation.contact.id else []
    tells = tuple(Tell(person, say(told), f"visit:{planned.ref}:off") for person in people)
    return Turn("visit", situation.conversation, "receipt", say(line), (VisitCancelled(planned.ref),), tells)


def answer(words: str, situation: Situation) -> Turn:
    """Take what somebody of the district says to a visit: `YES`, `V12 NO a workshop`; nothing shows what is planned."""
    named = re.match(r"(?i)\s*v(\d+)(?:@(\d+))?\b[\s:,.-]*", words)
    rest = words[named.end() :] if named else words
    planned = next((v for v in situation.visits if named is None or v.ref == int(named[1])), None)
    if planned is None:
        line = _("No visit is planned now, or it was called off.")
        conversation = situation.conversation.answered(int(named[1])) if named else situation.conversation
        return Turn("visit", conversation, "receipt", say(line))
    said = split_yes(rest)
    place = situation.programme.districts[planned.district].name
    moment = {"district": place, "day": planned.at, "time": planned.at}
    earlier = named is not None and named[2] is not None and named[2] != _stamp(planned.at)
    if said is None or earlier:
        before = (_("That answer was for an earlier time."),) if earlier else ()
        line = _("{name} visits {district} on {day:day} {time}. Can you be there? YES or NO", name=planned.by, **moment)
        heard = Heard(planned.ref, planned.label, planned.by, situation.now, visit=True)
        return Turn("visit", situation.conversation.hearing(heard), "question", say(*before, line))
    yes, reason = said
    line = (
        _("Thank you. {name} is told that you will be there on {day:day} {time}.", name=planned.by, **moment)
        if yes
        else _("Understood. {name} is told that you cannot be there on {day:day} {time}.", name=planned.by, **moment)
    )
    event = VisitAnswered(planned.ref, yes, reason)
    conversation = situation.conversation.answered(planned.ref)
    told = Tell(planned.by_id, say(*_told(planned, yes, reason, situation)), f"visit:{planned.ref}")
    return Turn("visit", conversation, "receipt", say(line), (event,), (told,))


def _told(planned: Visit, yes: bool, reason: str, situation: Situation) -> tuple[Text, ...]:
    said = {
        "name": situation.contact.name,
        "district": situation.programme.districts[planned.district].name,
        "day": planned.at,
        "time": planned.at,
    }
    line = (
        _("{name} ({district}) will be there on {day:day} {time}.", **said)
        if yes
        else _("{name} ({district}) cannot be there on {day:day} {time}.", **said)
    )
    return (line, plain('"{words}"', words=reason)) if reason else (line,)


def _ahead(situation: Situation) -> Say:
    if not situation.visits:
        code = next(iter(situation.programme.districts))[:3].upper()
        return say(_("No visit is planned. Send e.g. VISIT {district} 11 DEC 09:00", district=code))
    rows = tuple(
        plain(
            "{district} {day:day} {time} {yes}+ {no}-",
            district=situation.programme.districts[v.district].name,
            day=v.at,
            time=v.at,
            yes=len(v.saying(True)),
            no=len(v.saying(False)),
        )
        for v in situation.visits[:3]
    )
    return say(_("Visits: {rows}.", rows=rows))
