"""Simulated people: they report, write diaries, slip, fall silent, answer questions and take alerts, by the dice."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from conversations.grammar.reading import Why
from conversations.situation import Situation
from conversations.state import Question
from domain.alerts import Alert, AlertStatus, Cause
from domain.calendar import working_day
from domain.indicators import Direction, Entry, Indicator
from domain.measures import BASES
from domain.messages import Inbound
from domain.people import Contact, ContactStatus, Role
from domain.periods import ReportingPeriod, local
from domain.programme import Programme
from domain.workplans import Activity
from storage import alerts, contacts, conversations, plans, programmes
from storage.situations import complete

CHANNELS = {"tel": "sms", "telegram": "telegram"}

# How a month goes for a reporter: share of months, and hours from the prompt to the answer.
MOODS = (
    ("prompt", 0.60, 2, 8),
    ("after a nudge", 0.20, 50, 60),
    ("after the alert", 0.12, 12 * 24, 13 * 24),
    ("silent", 0.08, 0, 0),
)
SLIPS = 0.12  # share of reports in which a finger hits twice
STUCK = 0.10  # share of plan updates that are a call for help

DIARIES: Mapping[str, tuple[str, ...]] = {
    "en": (
        "D+ rosters are up in 9 of 12 sites D- two heads did not come D? no fuel D> visit them with the team vehicle",
        "D+ night cover held all month D- forms ran out in week 3 D> order two months ahead",
    ),
    "sw": (
        "D+ zamu za usiku zimefanyika D- vituo viwili havikuleta ripoti D? hakuna mafuta D> kutumia gari la timu",
        "D+ wahudumu walifika kwa wakati D- fomu ziliisha D> kuagiza mapema",
    ),
    "es": (
        "D+ las comadronas vinieron a la reunion D- dos puestos sin formularios D> pedirlos antes",
        "D+ turnos publicados en 7 puestos D- falto transporte D? sin combustible D> compartir vehiculo",
    ),
}
OUTCOMES = {
    Cause.BEYOND_LIMIT: "review held with the facility, two actions agreed",
    Cause.STUCK: "fuel shared with the neighbouring district",
    Cause.OVERDUE: "called the team, the register had been at the region",
    Cause.OFF_TRACK: "looked at the causes with the team, the plan is changed",
    Cause.ACTIVITY_LATE: "a new date is agreed with the team",
    Cause.DIARY_SILENT: "sat with the team for an hour, they begin again",
    Cause.UNREACHABLE: "visited the district, a new number is on its way",
    Cause.UNVERIFIED: "looked at the registers, the values are right",
    Cause.PARTNER_SILENT: "met the partner, the activities go on",
    Cause.HARM: "spoke with those concerned, it has been stopped",
}


def what_people_say(db: Session, now: datetime, seed: int) -> list[Inbound]:
    """Return what people write at this hour, given what they were asked and what is on record."""
    programme = programmes.current(db)
    said: list[Inbound] = []
    people = contacts.everyone(db)
    leads = _leads(people)
    for contact in people:
        if contact.district is not None and contact.id not in leads:
            continue
        if contact.status is not ContactStatus.ACTIVE or not 8 <= local(now, contact.timezone).hour < 18:
            continue
        dice = random.Random(f"{seed}:{contact.key}:{now:%Y-%m-%d-%H}")
        texts = (
            _leader(db, contact, now, dice)
            if contact.district is None
            else _reporter(db, contact, programme, now, seed)
        )
        said += [inbound_from(contact, text, n, now) for n, text in enumerate(texts) if text]
    return said


def inbound_from(contact: Contact, text: str, n: int, now: datetime) -> Inbound:
    """Return the `n`-th message that somebody sends at a moment."""
    urn = contact.address()
    assert urn is not None
    stamp = f"sim-{contact.key}-{now:%Y%m%d%H%M}-{n}"
    return Inbound(CHANNELS[urn.scheme], stamp, urn, text, now)


def _reporter(db: Session, contact: Contact, programme: Programme, now: datetime, seed: int) -> list[str]:
    question = open_question(db, contact)
    if question is not None:
        return [_answer(question, contact, seed)]
    period = ReportingPeriod.last_closed(local(now, contact.timezone).date())
    dice = random.Random(f"{seed}:{contact.key}:{period}")
    if not _hour_has_come(dice, contact, programme, now):
        return []
    situation = situation_of(db, contact, programme, now)
    if not situation.missing:
        return []
    texts = [report_of(situation, dice)]
    if dice.random() < 0.6:
        texts.append(dice.choice(DIARIES.get(contact.language, DIARIES["en"])))
    texts.append(plan_update(plans.load(db, [contact.district or ""])[contact.district or ""], contact, dice))
    return texts


def _leads(people: list[Contact]) -> set[int]:
    """Return who answers for each district: the first of its focal points that can be reached."""
    first: dict[str, int] = {}
    for contact in people:
        if contact.role is Role.FOCAL and contact.status is ContactStatus.ACTIVE and contact.address() is not None:
            first.setdefault(contact.district or "", contact.id)
    return set(first.values())


def open_question(db: Session, contact: Contact) -> Question | None:
    """Return the newest question that somebody has not answered."""
    questions = [q for q in conversations.load(db, contact.id).questions if q.kind != "menu"]
    return questions[0] if questions else None


def _answer(question: Question, contact: Contact, seed: int) -> str:
    """Correct a slip: ten times too much becomes what was meant; anything else is confirmed."""
    measure = question.readings[0] if question.readings else None
    if question.kind == Why.SOFT_RANGE and measure is not None and measure.value >= 10:
        slipped = random.Random(f"{seed}:{contact.key}:{question.period}").random() < SLIPS
        if slipped and measure.denominator is None:
            return f"{question.code} {int(measure.value) // 10}"
    return f"Y {question.code} " + {"sw": "imethibitishwa", "es": "confirmado"}.get(contact.language, "checked")


def situation_of(db: Session, contact: Contact, programme: Programme, now: datetime) -> Situation:
    """Return what somebody knows of their own month."""
    bare = Situation(now, contact, programme, conversations.load(db, contact.id), contact.preferred)
    return complete(db, bare, frozenset({"values"}))


def _hour_has_come(dice: random.Random, contact: Contact, programme: Programme, now: datetime) -> bool:
    draw, total = dice.random(), 0.0
    here = local(now, contact.timezone)
    prompt = working_day(ReportingPeriod.of(here.date()), 1, programme.country)
    asked = here.replace(
        year=prompt.year, month=prompt.month, day=prompt.day, hour=14, minute=0, second=0, microsecond=0
    )
    for mood, share, low, high in MOODS:
        total += share
        if draw < total:
            return mood != "silent" and now >= asked + timedelta(hours=dice.uniform(low, high))
    return False


def report_of(situation: Situation, dice: random.Random) -> str:
    """Return a report of all that is missing, in one message; now and then a finger slips."""
    return as_report(slipped(values_of(situation, dice), dice), situation)


def values_of(situation: Situation, dice: random.Random) -> dict[str, str]:
    """Return what somebody means to report, by code."""
    return {code: _value(situation.programme.indicators[code], situation, dice) for code in situation.missing}


def slipped(meant: Mapping[str, str], dice: random.Random) -> dict[str, str]:
    """Return values as they are typed: in some reports one has a zero too many, or two digits changed places."""
    typed = dict(meant)
    if dice.random() < SLIPS:
        long = [code for code, value in meant.items() if value.isdigit() and int(value) >= 10]
        if long:
            value = meant[long[0]]
            typed[long[0]] = f"{value}0" if dice.random() < 0.7 else value[1] + value[0] + value[2:]
    return typed


def as_report(values: Mapping[str, str], situation: Situation) -> str:
    """Return values as one message, in the words of the sender."""
    verb = {"sw": "RIPOTI", "es": "INFORME"}.get(situation.contact.language, "REP")
    return f"{verb} {' '.join(f'{code} {value}' for code, value in values.items())}"


def _value(indicator: Indicator, situation: Situation, dice: random.Random) -> str:
    """Return a believable next value: near the last one, drifting the way the target wants."""
    history = situation.values.history(indicator.code, situation.period)
    if indicator.entry is Entry.YES_NO:
        return {"sw": ("hapana", "ndiyo"), "es": ("no", "si")}.get(situation.contact.language, ("no", "yes"))[
            dice.random() < 0.8
        ]
    if indicator.alert_above is not None:
        return str(int(dice.random() < 0.1))
    last = history[-1][1] if history else None
    base = last.value if last else sum(indicator.soft) / 2
    drift = {Direction.HIGHER: 0.01, Direction.LOWER: -0.01}.get(indicator.direction, 0.0)
    wanted = base * (1 + drift + dice.uniform(-0.03, 0.03))
    wanted = min(max(wanted, indicator.soft[0] + 0.5), indicator.soft[1] - 0.5)
    if last is not None and last.denominator:
        whole = max(round(last.denominator * dice.uniform(0.98, 1.02)), 1)
        return f"{min(round(wanted * whole / BASES[indicator.unit]), whole)}/{whole}"
    return str(round(wanted))


def plan_update(activities: tuple[Activity, ...], contact: Contact, dice: random.Random) -> str:
    """Return word on an open activity of somebody, or nothing where they have none."""
    mine = [a for a in activities if a.open and a.owner == contact.key]
    if not mine:
        return ""
    activity = mine[0]
    if dice.random() < STUCK:
        return f"{activity.key} STUCK no fuel"
    return f"{activity.key} {min(activity.percent + dice.choice((10, 20, 30)), 100)}%"


def _leader(db: Session, contact: Contact, now: datetime, dice: random.Random) -> list[str]:
    """Let a facilitator or manager take the alerts that reached them, and close them when something was done."""
    mine = [a for a in alerts.for_contact(db, contact.id) if a.step < len(a.ladder) and a.ladder[a.step] == contact.id]
    return [said for alert in mine[:2] if (said := _about(alert, contact, now, dice))]


def _about(alert: Alert, contact: Contact, now: datetime, dice: random.Random) -> str:
    if alert.status is AlertStatus.OPEN:
        return f"ACK {alert.ref}" if dice.random() < 0.25 else ""
    if alert.owner_id == contact.id and now - alert.opened_at > timedelta(days=5):
        return f"CLOSE {alert.ref} {OUTCOMES[alert.cause]}"
    return ""
