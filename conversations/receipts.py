"""The words that answer a report: what was understood, what is asked, what is still missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from conversations.grammar.reading import Ask, NoData, Read, Reason, Refuse, Why
from conversations.situation import Situation
from domain.indicators import Direction, Indicator
from domain.measures import Measure, Unit
from domain.periods import ReportingPeriod
from domain.plausibility import Doubt
from domain.text import Text, _, clipped, plain
from domain.values import IndicatorValue

SHOWN_REASON = 60  # characters of a person's reason in a receipt; all of it is kept


def taken_line(period: ReportingPeriod, taken: Iterable[Text], situation: Situation) -> Text:
    """Say what was stored, with the month and district it counts for."""
    return _("Got {period} {district}: {values}.", period=period, district=situation.district.name, values=tuple(taken))


def brief_taken_line(period: ReportingPeriod, taken: Iterable[Text]) -> Text:
    """Say what was stored in few words."""
    return _("Got {period}: {values}.", period=period, values=tuple(taken))


def taken_value(read: Read, before: IndicatorValue | None, counts: bool = True) -> Text:
    """Name a value as it was read, with what it replaces and what was repaired; `counts` shows those behind it."""
    value = plain("{code} {value}", code=read.code, value=detailed(read.measure) if counts else read.measure)
    if read.repaired:
        return _("{value} (read {written} as {number})", value=value, written=read.repaired, number=read.measure)
    if before and before.measure and not before.measure.same_as(read.measure):
        return _("{value} (was {old})", value=value, old=before.measure)
    return value


def detailed(measure: Measure) -> Text:
    """Name a measure with the counts behind it: 67% (412/615)."""
    if measure.denominator is None:
        return plain("{measure}", measure=measure)
    return plain("{measure} ({n}/{d})", measure=measure, n=measure.numerator, d=measure.denominator)


def not_available_line(item: NoData) -> Text:
    """Say that "no data" was noted, with the reason given."""
    if item.reason:
        return _(
            "Noted: {code} not available for {period} ({reason}).",
            code=item.code,
            period=item.period,
            reason=clipped(item.reason, SHOWN_REASON),
        )
    return _("Noted: {code} not available for {period}.", code=item.code, period=item.period)


def changed_line(read: Read, before: IndicatorValue, reason: str | None) -> Text:
    """Say what a correction changed."""
    old = before.measure or _("no data")
    if reason:
        return _(
            "{code} {period} changed {old} to {new} ({reason}). Both kept. UNDO to go back.",
            code=read.code,
            period=read.period,
            old=old,
            new=detailed(read.measure),
            reason=clipped(reason, SHOWN_REASON),
        )
    return _(
        "{code} {period} changed {old} to {new}. Both kept. UNDO to go back.",
        code=read.code,
        period=read.period,
        old=old,
        new=detailed(read.measure),
    )


def ask_line(item: Ask, situation: Situation) -> Text:
    """Ask the one thing that would settle an unclear item."""
    indicator = situation.programme.indicators.get(item.code or "")
    example = example_of(indicator, situation.contact.language)
    match item.why:
        case Why.SUGGEST:
            return _(
                "{token} not known: did you mean {code}? Reply Y to save {code} {value}, or send it again.",
                token=item.token,
                code=item.code,
                value=item.readings[0] if item.readings else plain(""),
            )
        case Why.RATIO if item.readings:
            return _(
                "{code}: {n} of {d} is more than the whole. Send part/whole, e.g. {code} {example}.",
                code=item.code,
                n=item.readings[0].numerator,
                d=item.readings[0].denominator,
                example=example,
            )
        case Why.CONFLICT:
            return _("{code} came twice: {values}. Which one? Send it alone.", code=item.code, values=_either(item))
        case Why.NO_VALUE:
            return _("{code}: no value seen. Send e.g. {code} {example}.", code=item.code, example=example)
        case Why.NOT_DUE:
            return _(
                "{code} is not in your report. Keep {value}? Reply Y or N.",
                code=item.code,
                value=item.readings[0] if item.readings else plain(item.token),
            )
        case Why.TWO_READINGS if len(item.readings) > 1:
            return _(
                "{code} {token}: is it {values}? Send the right one.",
                code=item.code,
                token=item.token,
                values=_either(item),
            )
    return _(
        "{code} {token} is not clear. Send one number, e.g. {code} {example}.",
        code=item.code,
        token=item.token,
        example=example,
    )


def _either(item: Ask) -> Text:
    if len(item.readings) == 2:
        return _("{first} or {second}", first=item.readings[0], second=item.readings[1])
    return plain("{all}", all=tuple(item.readings))


def brief_question(doubted: Sequence[tuple[Read, Doubt]], reasons: bool = True) -> Text:
    """Ask about unlikely values in few words: each as it was read, with `reasons` beside what makes it unlikely."""
    values = tuple(_with_reason(read, doubt if reasons else None) for read, doubt in doubted)
    if len(values) == 1:
        return _("Not counted yet: {values}. Reply Y if correct, or the right number.", values=values)
    return _("Not counted yet: {values}. For each reply Y CODE, or CODE VALUE.", values=values)


def _with_reason(read: Read, doubt: Doubt | None) -> Text:
    value = as_typed(read.measure)
    if doubt and doubt.other:
        return _("{code} {value} (beside {other})", code=read.code, value=value, other=doubt.other)
    if doubt and doubt.meant:
        return _("{code} {value} (meant {number}?)", code=read.code, value=value, number=as_typed(doubt.meant))
    if doubt and doubt.usual:
        low, high = map(round, doubt.usual)
        return _("{code} {value} (usual {low}-{high})", code=read.code, value=read.measure, low=low, high=high)
    return plain("{code} {value}", code=read.code, value=value)


def as_typed(measure: Measure) -> Text:
    """Write a measure as somebody would send it: 412/615, or 12."""
    if measure.denominator is None:
        return plain("{measure}", measure=measure)
    return plain("{n}/{d}", n=measure.numerator, d=measure.denominator)


def refused_line(item: Refuse, situation: Situation) -> Text:
    """Say what was not taken, why, and one correct example."""
    indicator = situation.programme.indicators.get(item.code or "")
    example = example_of(indicator, situation.contact.language)
    match item.reason:
        case Reason.HARD_RANGE if indicator:
            low, high = indicator.hard
            return _(
                "{code} must be {low} to {high}, not {token}. Send e.g. {code} {example}. Not saved.",
                code=item.code,
                low=Measure(low, indicator.unit),
                high=Measure(high, indicator.unit),
                token=item.measure or item.token,
                example=example,
            )
        case Reason.UNKNOWN_CODE:
            return _("{token} is not a code here. Yours: {codes}.", token=item.token, codes=" ".join(situation.due))
        case Reason.DERIVED:
            return _("{code} is worked out from your plan updates; no need to send it.", code=item.code or item.token)
        case Reason.FUTURE_PERIOD:
            return _(
                "{token} has not ended yet. The last month you can report is {period}, e.g. REP {code} {example}.",
                token=item.token,
                period=situation.period,
                **example_pair(situation),
            )
        case Reason.BAD_PERIOD:
            return _(
                "{token} is not a month I can take. Write it like {month}, e.g. REP {month} {code} {example}.",
                token=item.token,
                month=plain(str(situation.period)),
                **example_pair(situation),
            )
    return _("{token} was not understood. Send e.g. REP {code} {example}.", token=item.token, **example_pair(situation))


def old_period_line(periods: tuple[ReportingPeriod, ...], situation: Situation) -> Text:
    """Ask which month is meant, when it is long ago or has two meanings."""
    return _(
        "Which month do you mean, {period}? Write it like {month}, e.g. REP {month} {code} {example}.",
        period=periods[0],
        month=plain(str(periods[0])),
        **example_pair(situation),
    )


def missing_line(missing: tuple[str, ...], total: int) -> Text:
    """Say what is still due, or that the report is complete."""
    if not missing:
        return _("Complete {n}/{n}.", n=total)
    return _("Still missing: {codes}.", codes=" ".join(missing))


def example_pair(situation: Situation) -> dict[str, str]:
    """Return a code of this person's and how its value is written, for an example."""
    code = situation.due[0] if situation.due else next(iter(situation.programme.indicators))
    return {"code": code, "example": example_of(situation.programme.indicators[code], situation.contact.language)}


YES = {"en": "yes", "sw": "ndiyo", "es": "si", "fr": "oui", "ny": "inde", "lg": "yee"}


def example_of(indicator: Indicator | None, language: str) -> str:
    """Return how a value of this indicator is typically written, by somebody who speaks `language`."""
    if indicator is None:
        return "12"
    if indicator.unit is Unit.YES_NO:
        return YES.get(language, YES["en"])
    return indicator.example or "12"


def gain_line(code: str, situation: Situation, period: ReportingPeriod, new: Measure) -> Text | None:
    """Give the reporter something back: their own last months, and which way they go; None with too little history."""
    target = situation.district.targets.get(code)
    history = situation.values.history(code, period)[-2:]
    if target is None or len(history) < 2 or target.direction is Direction.WATCH:
        return None
    values = (*(plain("{v}", v=m) for _p, m in history), plain("{v}", v=new))
    better = new.value > history[-1][1].value
    if target.direction is Direction.LOWER:
        better = new.value < history[-1][1].value
    if better:
        return _("{code}: {values}, getting better.", code=code, values=values)
    return _("{code} last months: {values}.", code=code, values=values)
