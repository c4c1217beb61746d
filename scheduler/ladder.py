"""The ladder of prompts and nudges: who is asked now, in shares that are small enough for answers to go between."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, time
from functools import partial

from sqlalchemy.orm import Session

from bot.rounds import Ask, Errand, Round
from conversations.flows import prompts
from conversations.situation import Situation
from conversations.turn import Turn
from domain.people import Contact, Role
from domain.periods import ReportingPeriod, local
from domain.programme import Programme, Rung
from domain.prompts import ASKING, Assignment, Come, Due, Mark, due_prompts, marks, may_come
from scheduler.noting import Work
from storage import bulk, fanout, plans, programmes
from storage.answers import ANSWERS
from storage.apart import alone, for_each
from storage.fanout import Clock, Lately, Share, Wanted
from storage.occurrences import SKIPPED

SHARE = 1000  # people in one transaction: a fraction of a second, after which answers have their turn
UNASKED = ("prompt", "nudge", "visit")  # what somebody who reports gets unasked
NAMED = ("nudge",)  # steps whose words call people by their name


def shares(db: Session, now: datetime, step: str, most: int = SHARE) -> list[Work]:
    """Return the work of a `step` that is due, in shares of at most so many people, each for its own transaction."""
    programme = programmes.current(db)
    if not may_come(programme, step, now):
        return []
    here = for_each(db, fanout.clocks(db), lambda some: _told(some, now))
    found = marks(here, programme, step, now)
    if not found:
        return []
    this_round = Round(programme, _turn, now)
    divided = fanout.shares(db, _wanted(found), most)
    return [partial(_ask_all, share=share, found=found, this_round=this_round, now=now) for share in divided]


def _told(clocks: list[Clock], now: datetime) -> list[Clock]:
    """Return clocks on which it can be told what time it is."""
    return [(zone, hour) for zone, hour in clocks if local(now, zone)]


def _wanted(found: Iterable[Mark]) -> list[Wanted]:
    return [Wanted(mark.prefix, mark.clocks) for mark in found]


def _ask_all(db: Session, share: Share, found: tuple[Mark, ...], this_round: Round, now: datetime) -> int:
    """Ask a share; where one of them makes that fail, all but that one, whom halving it again and again finds."""
    asked = alone(db, partial(ask, db, share, found, this_round, now), above=share.above, last=share.last)
    if asked is None and share.last - share.above > 1:
        middle = (share.above + share.last) // 2
        halves = Share(share.above, middle), Share(middle, share.last)
        return sum(_ask_all(db, half, found, this_round, now) for half in halves)
    return asked or 0


def ask(db: Session, share: Share, found: tuple[Mark, ...], this_round: Round, now: datetime) -> int:
    """Ask a share of people, or write down why not; return how many were asked."""
    programme, by_prefix = programmes.current(db), {mark.prefix: mark for mark in found}
    lacking = fanout.lacking(db, _wanted(found), share)
    if not lacking:
        return 0
    people = fanout.people(db, lacking, named=any(mark.rung.step in NAMED for mark in found))
    came = [
        Come(contact, by_prefix[prefix].rung, by_prefix[prefix].period)
        for contact in people
        if contact.district in programme.districts
        for prefix in lacking[contact.id]
    ]
    if not came:
        return 0
    desks = _Desks(db, programme, came, now)
    due = due_prompts(came, desks.assignments(came), programme, now)
    return _decide(db, due, desks, this_round, now)


def _decide(db: Session, due: list[Due], desks: _Desks, this_round: Round, now: datetime) -> int:
    sent = 0
    for step in {one.rung.step for one in due}:
        ours = [one for one in due if one.rung.step == step]
        bulk.claim(db, ((one.key, one.contact.id, one.skip) for one in ours if one.skip), step, now, SKIPPED)
        sent += this_round.send(db, [desks.asked(one) for one in ours if not one.skip], step)
    return sent


def _turn(situation: Situation, errand: Errand) -> Turn:
    if situation.contact.role is Role.PARTNER:
        return prompts.plan_prompt(situation, {situation.district.code: errand.activities}, errand.missing)
    if errand.step == "prompt":
        return prompts.prompt(situation, errand.missing)
    return prompts.nudge(situation, errand.missing, errand.last)


def _last(programme: Programme, period: ReportingPeriod) -> Rung | None:
    return max(programme.rungs("nudge", period), key=lambda rung: rung.working_day, default=None)


class _Desks:
    """What is on record for the people of a share, read at once."""

    def __init__(self, db: Session, programme: Programme, came: Collection[Come], now: datetime) -> None:
        people = {one.contact.id: one.contact for one in came}
        districts = {one.contact.district or "" for one in came}
        since = min(one.period for one in came)
        self._programme, self._now = programme, now
        self._answered = fanout.answered(db, districts, {one.period for one in came}, ANSWERS)
        partners = {c.district or "" for c in people.values() if c.role is Role.PARTNER}
        self._plans = plans.load(db, partners)
        self._told = fanout.told(db, partners, datetime.combine(since.next().first_day, time(), UTC))
        self._last = {one.period: _last(programme, one.period) for one in came}
        self._covered = fanout.covered(db, {c.district or "" for c in people.values() if c.deputy}, now)
        self._lately = fanout.lately(db, people, now, UNASKED, ASKING)
        self._talking = fanout.talking(db, people, now)

    def assignments(self, came: Iterable[Come]) -> dict[int, Assignment]:
        """Return what is on record for each."""
        return {one.contact.id: self._assignment(one) for one in came}

    def _assignment(self, one: Come) -> Assignment:
        contact = one.contact
        lately = self._lately.get(contact.id, Lately())
        return Assignment(
            self._owed(one),
            lately.week,
            contact.id in self._talking,
            _is_today(lately.asked_for, contact, self._now),
            contact.district in self._covered,
        )

    def _owed(self, one: Come) -> tuple[str, ...]:
        """Return what somebody owes: a focal point values, a partner word on their own activities."""
        code = one.contact.district or ""
        if one.contact.role is Role.FOCAL:
            there = self._answered.get((code, str(one.period)), ())
            return tuple(c for c in self._programme.districts[code].indicators if c not in there)
        mine = (a for a in self._plans[code] if a.open and a.owner == one.contact.key)
        return tuple(a.key for a in mine if (code, a.key) not in self._told)

    def asked(self, due: Due) -> Ask:
        """Return what to ask somebody for, who is due to be asked."""
        step, contact = due.rung.step, due.contact
        partner = contact.role is Role.PARTNER
        activities = self._plans[contact.district or ""] if partner else ()
        errand = Errand(step, due.period, due.missing, due.rung == self._last[due.period], activities)
        return Ask(due.key, contact, errand, named=step in NAMED and not partner)


def _is_today(moment: datetime | None, contact: Contact, now: datetime) -> bool:
    """Whether something went to somebody on this day of theirs, or waits for a later one."""
    return moment is not None and local(moment, contact.timezone).date() >= local(now, contact.timezone).date()
