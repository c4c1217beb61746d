"""What a code and its value come to: a measure, "not available", a question, or a refusal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from conversations.grammar.numbers import Number
from conversations.grammar.pairs import Pair
from conversations.grammar.pieces import Given
from conversations.grammar.reading import Ask, Expected, Item, NoData, Read, Reason, Refuse, Why
from conversations.grammar.values import Kind, Value
from domain.indicators import Entry, Indicator
from domain.measures import BASES, Measure, Unit
from domain.periods import ReportingPeriod

USUAL_TIMES = 3  # a reading within this factor of the district's median is plausible
YEARS = range(2020, 2040)  # 9/2026 is September rather than nine of two thousand


def judge_pair(text: str, pair: Pair, period: ReportingPeriod, expected: Expected, uncertain: bool) -> Item:
    """Return what one pair of a message comes to; `uncertain` when the words around it do not state it plainly."""
    if pair.slot.code is None:
        return _judge_unknown(text, pair, period, expected, uncertain)
    indicator = expected.indicators[pair.slot.code]
    written = text[pair.slot.start : pair.slot.end]
    if indicator.entry is Entry.DERIVED:
        return Refuse(written, Reason.DERIVED, indicator.code)
    if pair.given is None:
        return Ask(indicator.code, period, Why.NO_VALUE, written)
    item = _judge(_Case(text, pair, pair.given, indicator, period, expected, uncertain))
    if indicator.code in expected.due or isinstance(item, Refuse):
        return item
    readings = (item.measure,) if isinstance(item, Read) else item.readings if isinstance(item, Ask) else ()
    return Ask(indicator.code, period, Why.NOT_DUE, text[pair.given.start : pair.given.end], readings)


def _judge_unknown(text: str, pair: Pair, period: ReportingPeriod, expected: Expected, uncertain: bool) -> Item:
    written = text[pair.slot.start : pair.slot.end]
    code = pair.slot.offered
    if code is None:
        return Refuse(written, Reason.UNKNOWN_CODE)
    if pair.given is None:
        return Ask(code, period, Why.SUGGEST, written)
    item = _judge(_Case(text, pair, pair.given, expected.indicators[code], period, expected, uncertain))
    readings = (item.measure,) if isinstance(item, Read) else item.readings if isinstance(item, Ask) else ()
    return Ask(code, period, Why.SUGGEST, written, readings[:1])


@dataclass(frozen=True, slots=True)
class _Case:
    """One value of one indicator that is to be judged."""

    text: str
    pair: Pair
    given: Given
    indicator: Indicator
    period: ReportingPeriod
    expected: Expected
    uncertain: bool

    @property
    def value(self) -> Value:
        return self.given.value

    @property
    def written(self) -> str:
        if self.pair.slot.glued:
            return self.text[self.pair.slot.start : self.given.end]
        return self.text[self.given.start : self.pair.extra[-1].end if self.pair.extra else self.given.end]

    def read(self, measure: Measure, said: bool = False) -> Item:
        """Take the measure if it is inside the hard range; `said` when something was read into what was written."""
        low, high = self.indicator.hard
        if not low <= measure.value <= high:
            return Refuse(self.written, Reason.HARD_RANGE, self.indicator.code, measure)
        repaired = self.written if said or self.value.repaired else None
        if self.pair.slot.foreign:
            repaired = self.text[self.pair.slot.start : self.given.end]
        return Read(self.indicator.code, self.period, measure, repaired, self.reason)

    def ask(self, why: Why, *readings: Measure) -> Ask:
        """Ask, offering the readings that differ."""
        different = tuple(dict.fromkeys(readings))
        repaired = self.written if self.value.repaired else None
        return Ask(self.indicator.code, self.period, why, self.written, different, repaired)

    @property
    def reason(self) -> str | None:
        if self.pair.reason is None:
            return None
        words = self.text[slice(*self.pair.reason)].strip()
        return words.removesuffix(")") if words.count(")") > words.count("(") else words or None

    def number(self, reading: float) -> Measure:
        """Return a plain number in the indicator's unit."""
        return Measure(reading, self.indicator.unit)


def _judge(case: _Case) -> Item:
    kind = case.value.kind
    if kind is Kind.NO_DATA:
        return _no_data(case)
    if kind in (Kind.YES, Kind.NO, Kind.NONE):
        return _word(case)
    case = _merged(case)
    if case.pair.extra or case.pair.shifted:
        return case.ask(Why.TWO_READINGS, *_possible(case), *(m for e in case.pair.extra for m in _possible(case, e)))
    if case.uncertain or case.value.kind is Kind.UNCLEAR:
        return case.ask(Why.INEXACT, *_possible(case))
    if case.pair.slot.glued and case.indicator.code[-1].isdigit():
        return _glued(case)
    return _ratio(case) if case.value.kind is Kind.RATIO else _number(case)


def _no_data(case: _Case) -> Item:
    swahili_and = case.expected.language == "sw" and case.text[case.given.start : case.given.end] in ("na", "Na")
    if swahili_and or case.pair.extra or case.pair.shifted:
        return case.ask(Why.TWO_READINGS)
    phrase = case.text[case.given.start : case.given.end]
    if not case.value.ahead and (len(phrase.split()) < 2 or not phrase[0].isalpha()):
        return NoData(case.indicator.code, case.period, case.reason)
    stop = case.pair.reason[1] if case.pair.reason else case.given.end
    return NoData(case.indicator.code, case.period, case.text[case.given.start : stop])


def _word(case: _Case) -> Item:
    """Judge yes, no and none: none is 0 for a count, and asked elsewhere."""
    said = case.number(1.0 if case.value.kind is Kind.YES else 0.0)
    if _has_another(case) or case.pair.shifted or case.uncertain:
        return case.ask(Why.INEXACT, said)
    wanted = Unit.COUNT if case.value.kind is Kind.NONE else Unit.YES_NO
    return case.read(said) if case.indicator.unit is wanted else case.ask(Why.TWO_READINGS, said)


def _has_another(case: _Case) -> bool:
    """Whether a number beside the word says something else; one further on is about something else."""
    return any(not any(c.isalpha() for c in case.text[case.given.end : e.start]) for e in case.pair.extra)


def _merged(case: _Case) -> _Case:
    """Join `1 100` into one number with two readings, and drop what only repeats: `12 (twelve)`, `412/615 (67%)`."""
    if len(case.pair.extra) != 1:
        return case
    one, two = case.given, case.pair.extra[0]
    if one.value.numbers == two.value.numbers and one.value.kind is two.value.kind is not Kind.UNCLEAR:
        return replace(case, pair=replace(case.pair, extra=()))
    if _repeats(one.value, two.value) or _repeats(two.value, one.value):
        ratio = one if one.value.kind is Kind.RATIO else two
        return replace(case, given=replace(ratio, start=one.start, end=two.end), pair=replace(case.pair, extra=()))
    left, right = case.text[one.start : one.end], case.text[two.start : two.end]
    apart = case.text[one.end : two.start]
    plain = one.value.kind is two.value.kind is Kind.NUMBER and left.isdigit() and right.isdigit()
    if not (plain and len(left) <= 3 and len(right) == 3 and apart.isspace() and case.indicator.unit is Unit.COUNT):
        return case
    first, second = one.value.numbers[0].readings[0], two.value.numbers[0].readings[0]
    number = Number((first * 1000 + second, first + second / 1000))
    joined = replace(one, end=two.end, value=replace(one.value, numbers=(number,)))
    return replace(case, given=joined, pair=replace(case.pair, extra=()))


def _repeats(ratio: Value, percent: Value) -> bool:
    if ratio.kind is not Kind.RATIO or percent.kind is not Kind.NUMBER:
        return False
    part, whole = (n.readings[0] for n in ratio.numbers)
    return whole > 0 and abs(100 * part / whole - percent.numbers[0].readings[0]) <= 0.5


def _possible(case: _Case, given: Given | None = None) -> list[Measure]:
    """Return what an unclear value may mean, inside the hard range."""
    value = (given or case.given).value
    low, high = case.indicator.hard
    if value.kind is Kind.RATIO and case.indicator.unit in BASES:
        counts = _counts(value)
        if counts is None or counts[1] == 0:
            return []
        measures = [Measure.ratio(*counts, case.indicator.unit)]
    else:
        measures = [case.number(r) for n in value.numbers[:1] for r in n.readings]
    return [m for m in measures if low <= m.value <= high and _countable(m)]


def _countable(measure: Measure) -> bool:
    return measure.unit in BASES or measure.value.is_integer()


def _counts(value: Value) -> tuple[int, int] | None:
    whole = [next((int(r) for r in n.readings if r.is_integer()), None) for n in value.numbers]
    return (whole[0], whole[1]) if len(whole) == 2 and whole[0] is not None and whole[1] is not None else None


def _glued(case: _Case) -> Item:
    """Ask whether `ANC166` is 66 or 166: the digit may belong to the code or to the number."""
    code = case.indicator.code
    digits = code[len(code.rstrip("0123456789")) :]
    written = f"{case.value.numbers[0].readings[0]:g}"
    longer = Number((float(digits + written),))
    other = replace(case.given, value=replace(case.value, numbers=(longer, *case.value.numbers[1:])))
    if case.value.kind is Kind.RATIO:
        return case.ask(Why.TWO_READINGS, *_possible(case), *_possible(case, other))
    return case.ask(Why.TWO_READINGS, *(case.number(n.readings[0]) for n in (case.value.numbers[0], longer)))


def _ratio(case: _Case) -> Item:
    counts = _counts(case.value)
    if counts is None or case.indicator.unit not in BASES:
        return case.ask(Why.INEXACT)
    if counts[1] == 0:
        return case.ask(Why.RATIO)
    measure = Measure.ratio(*counts, case.indicator.unit)
    if counts[0] <= 12 and counts[1] in YEARS:
        return case.ask(Why.TWO_READINGS, measure)
    return case.ask(Why.RATIO, measure) if counts[0] > counts[1] else case.read(measure)


def _number(case: _Case) -> Item:
    readings = case.value.numbers[0].readings
    if case.value.minus:
        return case.ask(Why.TWO_READINGS, case.number(-readings[0]), case.number(readings[0]))
    if case.value.per and case.value.per != BASES.get(case.indicator.unit):
        return case.ask(Why.INEXACT, *_possible(case))
    if case.indicator.unit is Unit.COUNT:
        return _count(case, readings)
    low, high = case.indicator.hard
    inside = [r for r in readings if low <= r <= high]
    if len(inside) > 1:
        return case.ask(Why.TWO_READINGS, *(case.number(r) for r in inside))
    return case.read(case.number(inside[0] if inside else readings[0]))


def _count(case: _Case, readings: Sequence[float]) -> Item:
    """Judge a count: whole, and where a separator leaves two readings, the one that the history knows."""
    if len(readings) == 1:
        whole = readings[0].is_integer()
        return case.read(case.number(readings[0])) if whole else case.ask(Why.INEXACT)
    history = case.expected.history(case.indicator.code)
    likely = [r for r in readings if _is_usual(r, history)]
    if likely == [readings[0]]:
        return case.read(case.number(readings[0]), said=True)
    return case.ask(Why.TWO_READINGS, *(case.number(r) for r in readings))


def _is_usual(reading: float, history: Sequence[float]) -> bool:
    middle = median(history) if history else 0
    return middle / USUAL_TIMES <= reading <= middle * USUAL_TIMES if middle else False
