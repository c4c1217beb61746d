"""Alerts: opened by what happened, told to whoever stands on the rung, closed by the facts."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from bot.reaching import reach, reason_to_rest
from bot.timing import has_time_for
from conversations.flows import alert_words as words
from domain import alerts as rules
from domain.alerts import Alert, Raise
from domain.attention import ENOUGH, WEEK
from domain.causes import RULE_OF, RULES
from domain.events import Event
from domain.messages import Say
from domain.people import Contact, Role
from domain.periods import ReportingPeriod
from domain.programme import Programme
from storage import alerts, contacts, facts, occurrences, unasked
from storage.absences import away, is_away
from storage.apart import alone, for_each

BY_FACTS = "settled by the facts"
NO_DISTRICT = "the programme has no such district any more"


@dataclass(frozen=True, slots=True)
class Telling:
    """An alert that somebody is to hear of."""

    alert: Alert
    contact_id: int


def alert_on(db: Session, events: Iterable[Event], programme: Programme, now: datetime) -> None:
    """Open the alerts that events call for, and close those that they settle."""
    events = list(events)
    for district in {place for event in events if (place := getattr(event, "district", None)) in programme.districts}:
        settle(db, alerts.still_open(db, district), programme, now)
    if found := list(rules.raised_by(RULES, events, programme)):
        tell(db, raise_alerts(db, found, programme, now, loud=True), programme, now)


def settle(db: Session, open_now: Collection[Alert], programme: Programme, now: datetime) -> int:
    """Close those of some open alerts whose cause has gone, and tell those who were told of them.

    Those of districts that the programme no longer has are closed without a word.
    """
    known = [alert for alert in open_now if alert.district in programme.districts]
    removed = {alert.id for alert in open_now} - {alert.id for alert in known}
    for alert_id in removed:
        alerts.close(db, alert_id, NO_DISTRICT, None, now)
    over = for_each(db, known, lambda some: _over(db, some, programme, now), _named)
    gone = [a for a in over if alerts.close(db, a.id, BY_FACTS, None, now)]  # others were closed at this moment
    for contact_id, theirs in _by_person(Telling(a, person) for a in gone for person in a.told).items():
        heard = _tell_settled(db, contact_id, theirs, programme, now)
        for alert in (one for one in theirs if one.id not in heard):
            unasked.let_wait(db, alert.id, contact_id, f"settled:{contact_id}", now, unasked.FAILED, unasked.SETTLED)
    return len(removed) + len(gone)


def _over(db: Session, known: list[Alert], programme: Programme, now: datetime) -> list[Alert]:
    """Return those of some alerts whose cause has gone."""
    on_record = facts_of(db, known, programme, now)
    return [a for a in known if not rules.still_holds(RULE_OF[a.cause], a, on_record[a.district])]


def _named(alert: Alert) -> dict[str, object]:
    return {"alert_id": alert.id}


def _tell_settled(db: Session, contact_id: int, theirs: list[Alert], programme: Programme, now: datetime) -> set[int]:
    """Say to somebody that alerts are settled; return the ids of those of which it could be said."""

    def say(some: list[Alert]) -> list[int]:
        _say_settled(db, contact_id, some, programme, now)
        return [alert.id for alert in some]

    return set(for_each(db, theirs, say, lambda alert: {"contact_id": contact_id, **_named(alert)}))


def _say_settled(db: Session, contact_id: int, theirs: list[Alert], programme: Programme, now: datetime) -> None:
    key, person = f"settled:{contact_id}:{_crc(' '.join(a.ref for a in theirs))}", contacts.load(db, contact_id)
    if rest := reason_to_rest(person, now) or ("" if has_time_for(db, person, programme, now, "alert") else ENOUGH):
        occurrences.record(db, key, "alert", contact_id, now, occurrences.SKIPPED, rest)
    else:
        reach(db, person, words.settled(theirs, programme), key, "alert", now)


def facts_of(db: Session, known: Collection[Alert], programme: Programme, now: datetime) -> Mapping[str, rules.Facts]:
    """Return the facts by which some open alerts are judged, by district."""
    needs = {need for alert in known for need in RULE_OF[alert.cause].needs}
    months = [ReportingPeriod.parse(a.evidence["period"]) for a in known if "period" in a.evidence]
    return facts.load(db, programme, {a.district for a in known}, needs, now, min(months, default=None))


def raise_alerts(
    db: Session, found: Iterable[Raise], programme: Programme, now: datetime, *, loud: bool = False
) -> list[Telling]:
    """Open alerts and return who is to hear of them; nobody of one that is open for its cause already.

    One that is open with other evidence (two deaths now, not one) is brought up to date, and with `loud` told again.
    Raises what keeps one from being opened: its sender is not to be told that people hear of it.
    """
    leaders = _leaders(db, programme, now)
    return [telling for one in found for telling in _raise(db, one, leaders, programme, now, loud)]


@dataclass(frozen=True, slots=True)
class _Leaders:
    """The people of the ladder, and those of them who are not on leave."""

    all: list[Contact]
    there: list[Contact]


def _leaders(db: Session, programme: Programme, now: datetime) -> _Leaders:
    people = contacts.everyone(db, *programme.alerts.steps)
    there = for_each(
        db, people, lambda some: [c for c in some if not is_away(c, now)], lambda one: {"contact_id": one.id}
    )
    return _Leaders(people, there)


def _raise(
    db: Session, found: Raise, leaders: _Leaders, programme: Programme, now: datetime, loud: bool
) -> list[Telling]:
    ladder, skipped = _ladder(found, leaders, programme)
    known = alerts.find_open(db, found.key)
    if known is None:
        alert = alerts.open_one(db, _with_skipped(found, skipped), ladder, now, now + programme.alerts.time_to_take)
        if alert is None:  # another process opened it at the same moment, and tells of it
            return []
        heard = ladder if alert.cause is rules.Cause.HARM else ladder[:1]
        return [Telling(alert, person) for person in heard]
    evidence = {**found.evidence, **{why: known.evidence[why] for why in ("skipped", "away") if why in known.evidence}}
    if evidence == dict(known.evidence):
        return []
    alerts.renew(db, known.id, evidence)
    renewed = replace(known, evidence=evidence)
    return [Telling(renewed, renewed.holder)] if loud and renewed.holder is not None else []


def _ladder(found: Raise | Alert, leaders: _Leaders, programme: Programme) -> tuple[tuple[int, ...], list[str]]:
    """Return who the alert climbs, and the names of those on the way who cannot be reached.

    Where all who could take it are on leave it is for them all the same.
    """
    people = leaders.there if _reached(found, leaders.there, programme) else leaders.all
    wanted, ladder = rules.ladder_for(found, programme, _posts(people)), _reached(found, people, programme)
    return ladder, [c.name for c in people if c.id in wanted and c.id not in ladder and not c.reachable]


def _reached(found: Raise | Alert, people: list[Contact], programme: Programme) -> tuple[int, ...]:
    return rules.ladder_for(found, programme, _posts(c for c in people if c.reachable))


def _posts(people: Iterable[Contact]) -> list[tuple[int, Role, tuple[str, ...]]]:
    return [(c.id, c.role, c.groups) for c in people]


def _with_skipped(found: Raise, names: list[str]) -> Raise:
    return replace(found, evidence={**found.evidence, "skipped": ", ".join(names)}) if names else found


def climb(db: Session, alert: Alert, programme: Programme, now: datetime) -> Alert:
    """Move an alert to the next rung on which somebody is there, and return it; those passed over are named.

    At the top it stays; where nobody of it can be reached or all are on leave, its ladder is copied anew from who is
    there now.
    """
    passed = [person for person in (alert.owner_id, *alert.ladder[alert.step :]) if person is not None]
    can = contacts.reachable(db, passed)
    can -= away(db, can, now)
    step, ladder, wait = rules.next_rung(alert, can), alert.ladder, programme.alerts.time_to_take
    if step is not None:
        passed = [person for person in passed if person not in ladder[step:]]
    elif can.intersection(ladder[alert.step :]):
        step, wait = alert.step, rules.ASK_TOP_AGAIN
    else:
        ladder = _ladder(alert, _leaders(db, programme, now), programme)[0] or ladder
        step = 0
    alerts.climb(db, alert.id, step, now + wait, ladder)
    _name_skipped(db, alert, [person for person in passed if person not in can], now)
    return alerts.load(db, alert.id)


def _name_skipped(db: Session, alert: Alert, unreached: list[int], now: datetime) -> None:
    """Write into the evidence of an alert who was passed over: because they are on leave, or cannot be reached."""
    evidence = dict(alert.evidence)
    for person in (contacts.load(db, one) for one in unreached):
        why = "away" if person.reachable and is_away(person, now) else "skipped"
        known = [name for name in evidence.get(why, "").split(", ") if name]
        evidence[why] = ", ".join(dict.fromkeys([*known, person.name]))
    if evidence != dict(alert.evidence):
        alerts.renew(db, alert.id, evidence)


def tell(db: Session, tellings: Iterable[Telling], programme: Programme, now: datetime) -> None:
    """Send alerts to people: to each the critical ones by themselves and at once, all others in one message.

    Where that would be one unasked message too many in somebody's week, all others wait until there is room. What
    cannot be said waits too, and holds up nothing and nobody else.
    """
    for contact_id, heard in _by_person(tellings).items():
        if alone(db, partial(_tell, db, contact_id, heard, programme, now), contact_id=contact_id) is None:
            for alert in heard:
                _tell_or_let_wait(db, contact_id, alert, programme, now)


def _tell(
    db: Session, contact_id: int, heard: list[Alert], programme: Programme, now: datetime, *, by_itself: bool = False
) -> bool:
    """Tell somebody of alerts; those that have waited for room go with them, unless it is to go `by_itself`."""
    person = contacts.load(db, contact_id)
    loud, others = ([a for a in heard if a.cause.critical is critical] for critical in (True, False))
    for alert in loud:
        reach(db, person, words.message(alert, programme), _key(alert, contact_id), "alert", now, critical=True)
    unasked.settle(db, contact_id, {alert.id for alert in loud}, told=True)
    if others and has_time_for(db, person, programme, now, "alert"):
        waited = [] if by_itself else _waited(db, person, unasked.waiting(db).get(contact_id, set()))
        others = list({a.id: a for a in (*waited, *others) if not a.cause.critical}.values())
        key, said = _keys(others, contact_id), _together(others, programme)
        reach(db, person, said, key, "alert", now, on_leave_too=True)  # nobody else is there
        unasked.settle(db, contact_id, {alert.id for alert in others}, told=True)
    else:
        for alert in others:
            unasked.let_wait(db, alert.id, contact_id, _key(alert, contact_id), now)
    return True


def _tell_or_let_wait(db: Session, contact_id: int, alert: Alert, programme: Programme, now: datetime) -> None:
    telling = partial(_tell, db, contact_id, [alert], programme, now, by_itself=True)
    if alone(db, telling, contact_id=contact_id, alert_id=alert.id) is None:
        unasked.let_wait(db, alert.id, contact_id, _key(alert, contact_id), now, unasked.FAILED)


def tell_those_who_wait(db: Session, programme: Programme, now: datetime) -> int:
    """Tell people of the alerts that have waited for room in their week, where there is room now, and of what failed.

    Return how many there was room for.
    """
    unasked.give_up(db, now - WEEK)
    for contact_id, alert_ids in unasked.waiting(db, unasked.SETTLED).items():
        settled = alerts.those(db, alert_ids)
        unasked.settle(db, contact_id, _tell_settled(db, contact_id, settled, programme, now), True, unasked.SETTLED)
    waiting = unasked.waiting(db).items()
    told = [
        alone(db, partial(_tell_waited, db, contact_id, alert_ids, programme, now), contact_id=contact_id)
        for contact_id, alert_ids in waiting
    ]
    return sum(one or 0 for one in told)


def _tell_waited(db: Session, contact_id: int, alert_ids: Collection[int], programme: Programme, now: datetime) -> int:
    person = contacts.load(db, contact_id)
    waited = _waited(db, person, alert_ids)
    unasked.settle(db, contact_id, set(alert_ids) - {alert.id for alert in waited}, told=False)
    room = bool(waited) and has_time_for(db, person, programme, now, "alert")
    ready = [alert for alert in waited if room or alert.cause.critical]
    tell(db, [Telling(alert, contact_id) for alert in ready], programme, now)
    return bool(ready)


def _waited(db: Session, person: Contact, alert_ids: Collection[int]) -> list[Alert]:
    """Return those of some alerts that are open and theirs to hear of."""
    mine = (alert for alert in alerts.for_contact(db, person.id) if alert.id in alert_ids)
    return [alert for alert in mine if alert.holder == person.id or alert.cause is rules.Cause.HARM]


def _together(heard: list[Alert], programme: Programme) -> Say:
    return words.message(heard[0], programme) if len(heard) == 1 else words.bundle(heard, programme)


def _keys(heard: list[Alert], contact_id: int) -> str:
    keys = [_key(alert, contact_id) for alert in heard]
    return keys[0] if len(keys) == 1 else f"alerts:{contact_id}:{len(keys)}:{_crc(' '.join(keys))}"


def _key(alert: Alert, contact_id: int) -> str:
    """Name one telling: an alert goes to somebody once for each of its steps and each state of its evidence."""
    evidence = "".join(f"{name}={value};" for name, value in sorted(alert.evidence.items()))
    return f"alert:{alert.id}:{contact_id}:{int(alert.next_step_at.timestamp())}:{_crc(evidence)}"


def _crc(text: str) -> str:
    return f"{zlib.crc32(text.encode()):08x}"


def _by_person(tellings: Iterable[Telling]) -> dict[int, list[Alert]]:
    found: dict[int, list[Alert]] = {}
    for telling in tellings:
        found.setdefault(telling.contact_id, []).append(telling.alert)
    return found
