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
from conversations.receipts import example_of, missing_line
from conversations.situation import Situation
from conversations.state import Session
from conversations.steps import ProgressOf, ValueOf, Words, YesNo, measured, written
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
        **_standing(situation, situation.period),
    }


def _standing(situation: Situation, period: ReportingPeriod) -> dict[str, Any]:
    """Return what is on record of a month, by code, and what is missing, for the last look and the thanks."""
    answered = situation.values.answered(situation.due, period)
    known = {code: situation.values.get(code, period) for code in answered}
    record = {code: written(value.measure) if value and value.measure else "NA" for code, value in known.items()}
    return {"record": record, "missing": [code for code in situation.due if code not in record]}


def _urgency(activity: Activity) -> Any:
    return activity.due_on


def refresh(session: Session, situation: Situation) -> dict[str, Any]:
    """Bring facts up to date: what is on record now; codes that were reported by another way are not asked again."""
    period = ReportingPeriod.parse(session.facts["period"])
    facts = {**session.facts, **_standing(situation, period)}
    if period != situation.period:
        return facts
    here = {*session.trail, session.again}
    elsewhere = [code for code in situation.values.answered(facts["codes"], period) if f"value:{code}" not in here]
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
    return (*values, *progress, *diary, YesNo("right", summary, when=_values_due, optional=True))


def _not_elsewhere(code: str) -> Any:
    return lambda known: code not in known["elsewhere"]


def _number_moved(known: Known) -> bool:
    return bool(known.get("moved"))


def _values_due(known: Known) -> bool:
    """Whether there are values to look at: a partner reports none."""
    return bool(known.get("record") or known.get("missing"))


def summary(known: Known) -> Text:
    """Read back what is on record before the report ends, and name what is missing."""
    period = ReportingPeriod.parse(known["period"])
    values = tuple(_on_record(code, value) for code, value in known.get("record", {}).items())
    if values:
        look = _("{period}: {values}. All right? Y or N", period=period, values=values)
    else:
        look = _("{period}: no values yet. All done? Y or N", period=period)
    return plain("{missing} {look}", missing=_missing_line(known), look=look) if known.get("missing") else look


def _on_record(code: str, value: Any) -> Text:
    return plain("{code} {value}", code=code, value=measured(value) if isinstance(value, dict) else str(value))


def _missing_line(known: Known) -> Text:
    return missing_line(tuple(known["missing"]), len(known["missing"]))


def closing(known: Known, situation: Situation) -> Text:
    """Thank for what is in and name what is not; say how to correct when the last look found something wrong."""
    missing = known.get("missing")
    if known.get("right") is False:
        code = (known["codes"] or ["ABS"])[0]
        line = _("Kept as it is for now. Correct with FIX CODE VALUE, e.g. FIX {code} 12", code=code)
        return plain("{missing} {line}", missing=_missing_line(known), line=line) if missing else line
    if missing:
        return _(
            "Thank you {name}. {period} of {district} still needs {codes}. REP asks for them again.",
            **_who(known, situation),
            codes=" ".join(missing),
        )
    if not known.get("record"):
        return _(
            "Thank you {name}. What you sent for {period} is kept. DUE shows what waits.", **_who(known, situation)
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
