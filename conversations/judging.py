"""Whether what was read is likely for this district, and how to ask when it is not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from conversations.grammar.reading import Read
from conversations.situation import Situation
from domain.measures import Measure
from domain.periods import ReportingPeriod
from domain.plausibility import Doubt, Sign, doubts
from domain.text import Text, _, plain

LOOKS_LIKE = {
    Sign.TEN_TIMES: _("{code} {value}: ten times your usual?"),
    Sign.A_TENTH: _("{code} {value}: a tenth of your usual?"),
    Sign.SWAPPED: _("{code} {value}: two digits swapped?"),
    Sign.SLIP: _("{code} {value}: mistyped?"),
    Sign.WHOLE: _("{code} {value}: your total is usually about {d}."),
}
"""How a question begins that names why the value is doubted."""


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
    """Ask whether an unlikely value is right, naming what it breaks or what was probably meant.

    A yes always confirms what was sent; what was probably meant has to be sent.
    """
    if doubt.other:
        return _(
            "{code} {value} does not fit with {other}. Reply Y if correct, or send the right number. Not counted yet.",
            code=code,
            value=measure,
            other=doubt.other,
        )
    if doubt.sign:
        return _question_about_a_slip(code, measure, doubt, doubt.sign)
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


def _question_about_a_slip(code: str, measure: Measure, doubt: Doubt, sign: Sign) -> Text:
    value = _as_typed(measure)
    why = replace(LOOKS_LIKE[sign], params={"code": code, "value": value, "d": doubt.whole})
    if doubt.meant is None:
        what = _("Reply Y if correct, or send the right number. Not counted yet.")
    else:
        what = _(
            "If you meant {number}, send {number}. Reply Y only if {value} is correct. Not counted yet.",
            number=_as_typed(doubt.meant),
            value=value,
        )
    return plain("{why} {what}", why=why, what=what)


def _as_typed(measure: Measure) -> Text | Measure:
    if measure.denominator is None:
        return measure
    return plain("{n}/{d}", n=measure.numerator, d=measure.denominator)
