"""The reflective diary: five questions, or one message with D+ D- D? DX D> (toolkit, Reflective diaries)."""

from __future__ import annotations

import re
from typing import Any

from conversations.flow import Flow, Known, Step
from conversations.flows.account import help_for
from conversations.situation import Situation
from conversations.steps import Words
from conversations.turn import Turn, say
from conversations.verbs import Request
from domain.events import DiaryWritten
from domain.periods import ReportingPeriod
from domain.text import Text, _, clipped, plain

MARKS = {"+": "well", "-": "not_well", "?": "why", "x": "effect", ">": "change"}
SECTION = re.compile(r"(?i)(?:^|(?<=\s))D\s?([+\-?X>])(?=\s|$|[^\d\w])")
SECTION_NAMES = {
    "planned": _("planned and done"),
    "well": _("well"),
    "not_well": _("not well"),
    "why": _("why"),
    "effect": _("effects"),
    "change": _("change"),
    "note": _("note"),
}
MOVED = 0.1  # a change of a tenth against the month before is worth a "why?"
LONGEST_PART = 46  # characters of a strategy or a promise in a question, so that it stays one SMS


def diary_parts(text: str) -> list[tuple[str, str]]:
    """Split `D+ this D- that` into [("well", "this"), ("not_well", "that")]; [] when it is no diary message."""
    found = list(SECTION.finditer(text))
    if not found or text[: found[0].start()].strip():
        return []
    ends = [m.start() for m in found[1:]] + [len(text)]
    said = [text[m.end() : end].lstrip(" :=\n").rstrip() for m, end in zip(found, ends, strict=True)]
    parts = [(MARKS[m[1].lower()], words) for m, words in zip(found, said, strict=True)]
    return [(section, words) for section, words in parts if words]


def write(request: Request) -> Turn:
    """Save the sections of a one-message diary."""
    situation = request.situation
    if not situation.contact.reports:
        return help_for(request)
    parts = diary_parts(request.words) or diary_parts(request.text)
    if not parts:
        line = _(
            "Write your words after the mark: D+ went well, D- did not, D? why, DX effect, D> what you will change."
        )
        return Turn("diary", situation.conversation, "question", say(line))
    events = tuple(DiaryWritten(situation.district.code, situation.period, section, words) for section, words in parts)
    names = tuple(SECTION_NAMES[section] for section, _words in parts)
    line = _(
        "Diary {period} saved: {sections}. Ref D{ref}.",
        period=situation.period,
        sections=names,
        ref=situation.inbound_id,
    )
    extra = (_("Your team and facilitator can read it."), _("Add more: D+ text"))
    return Turn("diary", situation.conversation, "receipt", say(line, extra=extra), events)


def movement(situation: Situation) -> tuple[str, str, str] | None:
    """Return (code, before, now) of what moved most against the month before, as text; None if nothing did."""
    moves = []
    period = situation.period
    for code in situation.due:
        now = situation.values.measure(code, period)
        before = situation.values.measure(code, period.back(1))
        if now is None or before is None or not before.value:
            continue
        share = abs(now.value - before.value) / abs(before.value)
        if share >= MOVED:
            moves.append((share, code, f"{before.value:g}", f"{now.value:g}"))
    return max(moves)[1:] if moves else None


def facts(situation: Situation) -> dict[str, Any]:
    """Pick what the diary questions name: the month, last month's promise, the number that moved."""
    promised = [e for e in situation.diary if e.section == "change" and e.period < situation.period and not e.private]
    return {
        "district": situation.contact.district,
        "period": str(situation.period),
        "promised": promised[-1].words if promised else None,
        "moved": movement(situation),
        "strategy": strategy_of_the_month(situation),
    }


def strategy_of_the_month(situation: Situation) -> str | None:
    """Return the strategy whose turn it is: one a month, in the order of the workplan, since the programme began."""
    plan = situation.programme.workplans.get(situation.contact.district or "")
    if plan is None or not plan.strategies:
        return None
    months = situation.period.months_since(situation.programme.starts)
    return plan.strategies[months % len(plan.strategies)].title


def planned_question(known: Known) -> Text:
    """Ask what was planned and done: after last month's promise where there was one, for the month's strategy."""
    period = ReportingPeriod.parse(known["period"])
    about = plain("{period}", period=period)
    if known.get("strategy"):
        about = plain("{period}, {strategy}", period=period, strategy=clipped(known["strategy"], LONGEST_PART))
    if known.get("promised"):
        words = clipped(known["promised"], LONGEST_PART)
        return _("Diary {about}. Last month you planned: {words}. What was done?", about=about, words=words)
    return _("Diary {about}: what was planned and what was done?", about=about)


def well_question(known: Known) -> Text:
    """Ask what went well."""
    return _("What went well? SKIP or BACK any time.")


def not_well_question(known: Known) -> Text:
    """Ask what did not go well, and why."""
    return _("What did not go well, and why?")


def effect_question(known: Known) -> Text:
    """Ask for effects, naming the number that moved."""
    if known.get("moved"):
        code, before, now = known["moved"]
        return _("{code} went from {before} to {now}. What explains it?", code=code, before=before, now=now)
    return _("What effects did you see, wanted or not?")


def change_question(known: Known) -> Text:
    """Ask what will change, by whom and when."""
    return _("What will you change next month: who, and by when?")


def diary_steps(known: Known) -> tuple[Step, ...]:
    """Return the five questions of the diary."""
    return (
        Words("planned", planned_question, "planned"),
        Words("well", well_question, "well"),
        Words("not_well", not_well_question, "not_well"),
        Words("effect", effect_question, "effect"),
        Words("change", change_question, "change"),
    )


def called(step: str, subject: str) -> Text | None:
    """Name a question of the month: its code or activity (`value:ABS`), or its part of the diary."""
    _kind, colon, key = step.partition(":")
    what = key if colon else SECTION_NAMES.get(step)
    return None if what is None else plain("{what} {period}", what=what, period=ReportingPeriod.parse(subject))


def closing(known: Known, situation: Situation) -> Text:
    """Say what was saved and who can read it."""
    written = tuple(SECTION_NAMES[s.key] for s in diary_steps(known) if known.get(s.key))
    if not written:
        return _("Diary left empty. DIARY to begin again.")
    return _(
        "Thank you. Diary {period} saved: {sections}. Your team and facilitator can read it.",
        period=ReportingPeriod.parse(known["period"]),
        sections=written,
    )


DIARY = Flow(
    name="diary",
    version=1,
    title=_("diary"),
    needs=frozenset({"values", "diary"}),
    facts=facts,
    steps=diary_steps,
    closing=closing,
    called=called,
)
