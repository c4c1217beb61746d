"""The people of a made-up programme over years: each month they plan what they will do, and do it when it comes."""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import count

from sqlalchemy.orm import Session

from domain.alerts import Alert, AlertStatus
from domain.calendar import WEEKEND, moment, working_day
from domain.messages import Inbound
from domain.people import Contact, Role, Urn
from domain.periods import ReportingPeriod, local
from domain.programme import Programme
from domain.workplans import Activity
from scheduler.made_up import phone
from scheduler.people import (
    DIARIES,
    MOODS,
    OUTCOMES,
    as_report,
    inbound_from,
    open_question,
    plan_update,
    situation_of,
    slipped,
    values_of,
)
from storage import alerts, contacts, plans, programmes

PRIVATE = "only-mine"  # stands in every private note, and may stand in nothing that anybody else reads
HANDED_OVER = 0.02  # shares of the months of a district
ON_LEAVE = 0.04
ASKED_LATER = 0.05
KEPT_A_NOTE = 0.10
WROTE_A_DIARY = 0.5
PARTNER_ANSWERED = 0.7
ANSWERED = 0.9  # share of questions that are answered
TAKEN, CLOSED = 0.6, 0.3  # share of days on which a leader takes an alert, or closes one of theirs
OWNED = timedelta(days=3)  # before that nothing came of an alert
FIRST_NEW_PHONE = 5_000_000


@dataclass(frozen=True, slots=True, order=True)
class Deed:
    """What somebody will do at a moment: `who` is a contact's key, a district's code, or the number of a stranger."""

    at: datetime
    number: int
    who: str
    what: str
    words: str = ""


class Crowd:
    """Everybody of a made-up programme, the same for a seed; `agenda` is what they will do next."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.agenda: list[Deed] = []
        self._numbers = count()
        self._phones = count(FIRST_NEW_PHONE)
        self._meant: dict[tuple[int, str], str] = {}

    def next_at(self) -> datetime | None:
        """Return when somebody acts next."""
        return self.agenda[0].at if self.agenda else None

    def plan_month(self, db: Session, now: datetime) -> None:
        """Let everybody plan the month in which `now` lies, at its beginning."""
        programme = programmes.current(db)
        people = contacts.everyone(db, Role.FOCAL, Role.PARTNER)
        for district in programme.districts:
            dice = random.Random(f"{self.seed}:{district}:{now:%Y-%m}")
            lead = _lead(people, district, now)
            if lead is not None:
                self._plan_district(lead, programme, dice, now)
            for partner in (p for p in people if p.role is Role.PARTNER and p.district == district):
                if dice.random() < PARTNER_ANSWERED:
                    self._add(now + timedelta(days=dice.uniform(3, 9)), partner.key, "plan", partner.timezone)

    def _plan_district(self, lead: Contact, programme: Programme, dice: random.Random, now: datetime) -> None:
        month = ReportingPeriod.of(local(now, lead.timezone).date())
        asked = moment(working_day(month, 1, programme.country), time(14), lead.timezone)
        draw = dice.random()
        for mood, share, low, high in MOODS:
            draw -= share
            if draw < 0:
                if mood != "silent":
                    self._add(
                        asked + timedelta(hours=dice.uniform(low, high)), lead.district or "", "report", lead.timezone
                    )
                break
        for share, what in ((HANDED_OVER, "hand over"), (ON_LEAVE, "leave"), (KEPT_A_NOTE, "note")):
            if dice.random() < share:
                self._add(now + timedelta(days=dice.uniform(0, 20)), lead.district or "", what, lead.timezone)
        if dice.random() < ASKED_LATER:
            self._add(asked + timedelta(hours=1), lead.key, "later", lead.timezone)

    def plan_day(self, db: Session, now: datetime) -> None:
        """Let those to whom alerts climb look at theirs."""
        for leader in contacts.everyone(db, Role.FACILITATOR, Role.MANAGER):
            self._add(now + timedelta(hours=1), leader.key, "look", leader.timezone)

    def _add(self, at: datetime, who: str, what: str, timezone: str, words: str = "") -> None:
        heapq.heappush(self.agenda, Deed(_in_daytime(at, timezone), next(self._numbers), who, what, words))

    def act(self, db: Session, now: datetime) -> list[Inbound]:
        """Return what is written now, one after the other."""
        said: list[Inbound] = []
        while self.agenda and self.agenda[0].at <= now:
            said += self._do(db, heapq.heappop(self.agenda), now)
        return said

    def _do(self, db: Session, deed: Deed, now: datetime) -> list[Inbound]:
        if deed.what == "says":
            return [Inbound("sms", f"new-{deed.number}", Urn("tel", deed.who), deed.words, now)]
        if deed.what in ("report", "hand over", "leave", "note"):
            contact = _lead(contacts.everyone(db, Role.FOCAL, district=deed.who), deed.who, now)
        else:
            contact = contacts.by_key(db, deed.who)
        if contact is None or not contact.reachable:
            return []
        dice = random.Random(f"{self.seed}:{deed.who}:{deed.number}")
        texts = self._texts(db, deed, contact, dice, now)
        return [inbound_from(contact, text, 100 * deed.number + n, now) for n, text in enumerate(texts) if text]

    def _texts(self, db: Session, deed: Deed, contact: Contact, dice: random.Random, now: datetime) -> Iterable[str]:
        here = local(now, contact.timezone)
        if deed.what == "report":
            return self._report(db, contact, dice, now)
        if deed.what == "plan":
            return [plan_update(_plan(db, contact), contact, dice)]
        if deed.what == "answer":
            return [self._answer(db, contact)]
        if deed.what == "look":
            return self._look(db, contact, dice, now)
        if deed.what == "hand over":
            return [self._hand_over(contact, now)]
        if deed.what == "leave":
            return [f"LEAVE {here:%Y-%m-%d} {here + timedelta(days=13):%Y-%m-%d}"]
        return ["LATER 2" if deed.what == "later" else f"NOTE PRIVATE {PRIVATE} {deed.number}"]

    def _report(self, db: Session, contact: Contact, dice: random.Random, now: datetime) -> list[str]:
        situation = situation_of(db, contact, programmes.current(db), now)
        if not situation.missing:
            return []
        meant = values_of(situation, dice)
        typed = slipped(meant, dice)
        self._meant.update({(contact.id, code): meant[code] for code in meant if meant[code] != typed[code]})
        texts = [as_report(typed, situation), plan_update(_plan(db, contact), contact, dice)]
        if dice.random() < WROTE_A_DIARY:
            texts.append(dice.choice(DIARIES[contact.language]))
        return texts

    def _answer(self, db: Session, contact: Contact) -> str:
        question = open_question(db, contact)
        if question is None:
            return ""
        meant = self._meant.pop((contact.id, question.code or ""), None)
        return f"{question.code} {meant}" if meant else f"Y {question.code or ''} checked"

    def _hand_over(self, contact: Contact, now: datetime) -> str:
        number = next(self._phones)
        for hours, words in ((2, "1"), (5, "YES")):
            self._add(now + timedelta(hours=hours), phone(number), "says", contact.timezone, words)
        return f"HANDOVER {phone(number)} New {chr(65 + number % 26)}"

    def _look(self, db: Session, leader: Contact, dice: random.Random, now: datetime) -> list[str]:
        mine = [a for a in alerts.for_contact(db, leader.id) if a.holder == leader.id]
        return [said for alert in mine if (said := _about(alert, leader, dice, now))][:3]

    def hear(self, db: Session, contact_ids: Iterable[int], now: datetime) -> None:
        """Let people who have been asked something answer in a while, most of them."""
        waiting = {deed.who for deed in self.agenda if deed.what == "answer"}
        for contact in (contacts.load(db, contact_id) for contact_id in contact_ids):
            dice = random.Random(f"{self.seed}:answer:{contact.key}:{now:%Y-%m-%d-%H}")
            if (
                contact.reports
                and contact.key not in waiting
                and dice.random() < ANSWERED
                and open_question(db, contact)
            ):
                self._add(now + timedelta(hours=dice.uniform(1, 6)), contact.key, "answer", contact.timezone)


def _about(alert: Alert, leader: Contact, dice: random.Random, now: datetime) -> str:
    if alert.status is not AlertStatus.ACKNOWLEDGED:
        return f"ACK {alert.ref}" if dice.random() < TAKEN else ""
    old = now - alert.opened_at > OWNED and alert.owner_id == leader.id
    return f"CLOSE {alert.ref} {OUTCOMES[alert.cause]}" if old and dice.random() < CLOSED else ""


def _lead(people: Iterable[Contact], district: str, now: datetime) -> Contact | None:
    """Return who speaks for a district now: the first focal point who is there, before any deputy."""
    there = [
        p
        for p in people
        if p.role is Role.FOCAL
        and p.district == district
        and p.reachable
        and not p.is_away(local(now, p.timezone).date())
    ]
    return min(there, key=lambda p: (p.deputy, p.id), default=None)


def _plan(db: Session, contact: Contact) -> tuple[Activity, ...]:
    return plans.load(db, [contact.district or ""])[contact.district or ""]


def _in_daytime(at: datetime, timezone: str) -> datetime:
    """Return `at`, or the first moment after it between 8 and 18 on a weekday of a zone."""
    here = local(at, timezone)
    if here.hour < 8:
        here = here.replace(hour=8, minute=10)
    while here.hour >= 18 or here.weekday() in WEEKEND:
        here = (here + timedelta(days=1)).replace(hour=8, minute=10)
    return max(at, here.astimezone(at.tzinfo))
