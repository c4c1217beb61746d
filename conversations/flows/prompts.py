"""What reaches people unasked: the monthly prompt, nudges, the list of who is late."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from conversations.receipts import example_of
from conversations.situation import Situation
from conversations.state import Prompted
from conversations.turn import Turn, say
from domain.calendar import due_day
from domain.messages import Option, Say
from domain.periods import ReportingPeriod
from domain.prompts import asked_after
from domain.text import Text, _, plain
from domain.workplans import Activity

GUIDE = Option("REP", _("Ask me one by one"))
HOW = _("REP alone = one by one.")
SNOOZE = Option("LATER 2", _("In 2 days"))


def prompt(situation: Situation, missing: tuple[str, ...]) -> Turn:
    """Ask for the month's report: what to send in one message, an example, the date, how to be asked step by step."""
    full = prompt_lines(situation, missing)
    return _asking(situation, missing, full, (prompt_lines(situation, missing, 1), _in_brief(situation, missing)))


def nudge(situation: Situation, missing: tuple[str, ...], last: bool) -> Turn:
    """Remind of what is missing, and of the shortest way to answer; the last one offers help."""
    example = _example(missing[:1], situation)
    lines: tuple[Text, ...]
    if last:
        lines = (
            _(
                "{name}, {period} {district} still lacks {codes}. One message is enough: REP {example}. No"
                " data? Send {code} NA.",
                name=situation.contact.name,
                period=situation.period,
                district=situation.district.name,
                codes=" ".join(missing),
                example=example,
                code=missing[0],
            ),
        )
        brief = _(
            "{period} still lacks {codes}. One message is enough: REP {example}. No data? Send {code} NA.",
            period=situation.period,
            codes=" ".join(missing),
            example=example,
            code=missing[0],
        )
    else:
        lines = (
            _(
                "{name}, a reminder: {period} {district} still needs {codes}. Send e.g. REP {example}, or LATER 2.",
                name=situation.contact.name,
                period=situation.period,
                district=situation.district.name,
                codes=" ".join(missing),
                example=example,
            ),
        )
        brief = _(
            "A reminder: {period} still needs {codes}. Send e.g. REP {example}, or LATER 2.",
            period=situation.period,
            codes=" ".join(missing),
            example=example,
        )
    return _asking(situation, missing, lines, ((brief,),))


def plan_prompt(situation: Situation, plans: Mapping[str, tuple[Activity, ...]], keys: tuple[str, ...]) -> Turn:
    """Ask a partner how far the activities are that they own."""
    mine = [a for a in plans[situation.contact.district or ""] if a.key in keys]
    longest = 45 if len(mine) == 1 else 22
    line = _(
        "{period} review, {district}. How far: {activities}? Reply e.g. {key} 40%, {key} DONE or {key} STUCK why.",
        period=situation.period,
        district=situation.district.name,
        activities=tuple(plain("{key} {title}", key=a.key, title=a.called(longest)) for a in mine[:2]),
        key=mine[0].key if mine else "P1",
    )
    return Turn("prompt", situation.conversation, "question", Say((line,), (), _later(situation), numbered=False))


def _asking(
    situation: Situation, missing: tuple[str, ...], lines: tuple[Text, ...], shorter: tuple[tuple[Text, ...], ...]
) -> Turn:
    conversation = replace(situation.conversation, prompted=Prompted(missing, situation.period, situation.now))
    asked = Say(lines, (HOW,), (GUIDE, *_later(situation)), numbered=False, shorter=shorter)
    return Turn("prompt", conversation, "question", asked)


def _later(situation: Situation) -> tuple[Option, ...]:
    """Offer to ask again later, where there is another time at which this month is asked for."""
    return (SNOOZE,) if asked_after(situation.today, situation.programme, situation.period) else ()


def prompt_lines(situation: Situation, missing: tuple[str, ...], examples: int = 2) -> tuple[Text, ...]:
    """Return the words of the monthly prompt, with the first codes as examples of how to answer."""
    return (
        _(
            "{period} review, {district}. Send in one message: {codes}. Example: REP {example}. Due {day}.",
            period=situation.period,
            district=situation.district.name,
            codes=" ".join(missing),
            example=_example(missing[:examples], situation),
            day=due_day(situation.period, situation.programme),
        ),
    )


def _in_brief(situation: Situation, missing: tuple[str, ...]) -> tuple[Text, ...]:
    return (
        _(
            "{period}: send in one message {codes}. Example: REP {example}. Due {day}.",
            period=situation.period,
            codes=" ".join(missing),
            example=_example(missing[:1], situation),
            day=due_day(situation.period, situation.programme),
        ),
    )


def _example(codes: tuple[str, ...], situation: Situation) -> str:
    language, indicators = situation.contact.language, situation.programme.indicators
    return " ".join(f"{code} {example_of(indicators[code], language)}" for code in codes)


def late_list(period: ReportingPeriod, rows: tuple[tuple[str, int, str], ...]) -> Say:
    """List, for a facilitator, the districts whose report is not in: (name, values missing, who reports)."""
    listed = tuple(_("{name} ({n} missing, {who})", name=name, n=n, who=who) for name, n, who in rows)
    return say(
        _("Late {period}: {rows}.", period=period, rows=listed),
        extra=(_("NUDGE and a name reminds them, LATE lists them again."),),
    )
