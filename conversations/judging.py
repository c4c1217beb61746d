"""Whether what was read is likely for this district, and how to ask when it is not."""

from __future__ import annotations

from collections.abc import Iterable

from conversations.grammar.reading import Read
from conversations.situation import Situation
from domain.measures import Measure
from domain.periods import ReportingPeriod
from domain.plausibility import Doubt, doubts
from domain.text import Text, _


def doubts_about(reads: Iterable[Read], situation: Situation) -> dict[tuple[str, ReportingPeriod], Doubt]:
    """Return the doubts about values read now, by code and period."""
    found: dict[tuple[str, ReportingPeriod], Doubt] = {}
    reads = tuple(reads)
    for period in {read.period for read in reads}:
        values = {read.code: read.measure for read in reads if read.period == period}
        history = {code: situation.values.history(code, period) for code in values}
        current = situation.values.measures(period)
        for code, doubt in doubts(values, period, situation.programme.indicators, history, current).items():
            found[code, period] = doubt
    return found


def doubt_about(read: Read, situation: Situation) -> Doubt | None:
    """Return why one value waits for a yes, or None when it may be stored."""
    doubt = doubts_about([read], situation).get((read.code, read.period))
    return doubt if doubt and doubt.blocking else None


def is_flat(read: Read, situation: Situation) -> bool:
    """Whether a value has stood still for three months: stored, and worth a word."""
    doubt = doubts_about([read], situation).get((read.code, read.period))
    return doubt is not None and not doubt.blocking


def usual_question(code: str, measure: Measure, doubt: Doubt) -> Text:
    """Ask whether an unlikely value is right, naming what it breaks."""
    if doubt.other:
        return _(
            "{code} {value} does not fit with {other}. Reply Y if correct, or send the right number. Not counted yet.",
            code=code,
            value=measure,
            other=doubt.other,
        )
    if doubt.usual:
        low, high = doubt.usual
        return _(
            "{code} {value} is far from your usual {low}-{high}. Reply Y if correct, or send the right number."
            " Not counted yet.",
            code=code,
            value=measure,
            low=round(low),
            high=round(high),
        )
    return _(
        "{code} {value} is unusual. Reply Y if correct, or send the right number. Not counted yet.",
        code=code,
        value=measure,
    )
