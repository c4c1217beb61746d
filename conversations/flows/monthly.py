"""The guided monthly report: each value due, each open activity, the diary, and a last look."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from conversations.flow import Flow, Known, Step
from conversations.flows.diary import (
    called,
    change_question,
    effect_question,
    movement,
    not_well_question,
    planned_question,
    well_question,
)
from conversations.flows.diary import facts as diary_facts
from conversations.receipts import example_of
from conversations.situation import Situation
from conversations.state import Session
from conversations.steps import ProgressOf, ValueOf, Words, YesNo, measured
from domain.periods import ReportingPeriod
from domain.text import Text, _, plain
from domain.workplans import Activity

ACTIVITIES_ASKED = 2  # more than two plan questions a month and people stop answering (research, multi-question SMS)


def facts(situation: Situation) -> dict[str, Any]:
    """Pick what is still due: codes with their names and examples, the person's open activities, the diary's facts."""
    indicators = {
        code: {
            "name": situation.programme.indicators[code].name(situation.contact.language),
            "unit": str(situation.programme.indicators[code].unit),
            "example": example_of(situation.programme.indicators[code], situation.contact.language),
        }
        for code in situation.missing
    }
    mine = [a for a in situation.plan if a.open and a.owner == situation.contact.key]
    asked = sorted(mine, key=_urgency)[:ACTIVITIES_ASKED]
    return {
        **diary_facts(situation),
        "codes": list(situation.missing),
        "indicators": indicators,
        "activities": {a.key: a.title for a in sorted(asked, key=lambda a: a.key)},
        "elsewhere": [],
    }


def _urgency(activity: Activity) -> Any:
    return activity.due_on


def refresh(session: Session, situation: Situation) -> dict[str, Any]:
    """Bring facts up to date: codes that were reported by another way are not asked again."""
    facts = session.facts
    if ReportingPeriod.parse(facts["period"]) != situation.period:
        return facts
    here = {*session.trail, session.again}
    elsewhere = [
        code for code in situation.values.answered(facts["codes"], situation.period) if f"value:{code}" not in here
    ]
    return {**facts, "elsewhere": elsewhere, "moved": movement(situation)}


def steps(known: Known) -> tuple[Step, ...]:
    """Return the questions of this month for this person."""
    return _steps(tuple(known["codes"]), tuple(known["activities"]))


@lru_cache(maxsize=1024)  # a turn looks at them several times
def _steps(codes: tuple[str, ...], activities: tuple[str, ...]) -> tuple[Step, ...]:
    values = tuple(ValueOf(code, when=_not_elsewhere(code)) for code in codes)
    progress = tuple(ProgressOf(key) for key in activities)
    diary = (
        Words("planned", planned_question, "planned"),
        Words("well", well_question, "well"),
        Words("not_well", not_well_question, "not_well"),
        Words("effect", effect_question, "effect", when=_number_moved),
        Words("change", change_question, "change"),
    )
    return (*values, *progress, *diary, YesNo("right", summary, optional=True))


def _not_elsewhere(code: str) -> Any:
    return lambda known: code not in known["elsewhere"]


def _number_moved(known: Known) -> bool:
    return bool(known.get("moved"))


def summary(known: Known) -> Text:
    """Read the values back before the report ends."""
    values = tuple(_answered(code, known[f"value:{code}"]) for code in known["codes"] if known.get(f"value:{code}"))
    period = ReportingPeriod.parse(known["period"])
    if not values:
        return _("{period}: no new values. All done? Y or N", period=period)
    return _("{period}: {values}. All right? Y or N", period=period, values=values)


def _answered(code: str, answer: Any) -> Text:
    if isinstance(answer, dict):
        return plain("{code} {value}", code=code, value=measured(answer))
    return plain("{code} {value}", code=code, value=str(answer))


def closing(known: Known, situation: Situation) -> Text:
    """Thank, or say how to correct when the last look found something wrong."""
    if known.get("right") is False:
        return _(
            "Kept as it is for now. Correct with FIX CODE VALUE, e.g. FIX {code} 12",
            code=(known["codes"] or ["ABS"])[0],
        )
    return _(
        "Thank you {name}. {period} of {district} is in. TREND CODE shows how you stand.", **_who(known, situation)
    )


def _who(known: Known, situation: Situation) -> dict[str, Any]:
    return {
        "name": situation.contact.name,
        "period": ReportingPeriod.parse(known["period"]),
        "district": situation.district.name,
    }


MONTHLY_REPORT = Flow(
    name="monthly_report",
    version=1,
    title=_("report"),
    needs=frozenset({"values", "plan", "diary"}),
    facts=facts,
    steps=steps,
    closing=closing,
    refresh=refresh,
    called=called,
)
