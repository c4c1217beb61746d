"""Indicators, targets and history: ranges that hold each other, and numbers that lie within them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from domain.indicators import Entry
from domain.measures import BASES, Unit
from storage.programme_file.draft import Draft
from storage.programme_file.fields import Range
from storage.programme_file.reading import Finding, Path
from storage.programme_file.sections import IndicatorEntry, TargetEntry

NOT_AVAILABLE = "NA"
ENTRIES_OF_UNIT: Mapping[Unit, tuple[Entry, ...]] = {
    Unit.PERCENT: (Entry.RATIO, Entry.PERCENT, Entry.DERIVED),
    Unit.RATE: (Entry.RATE, Entry.RATIO, Entry.DERIVED),
    Unit.COUNT: (Entry.COUNT, Entry.DERIVED),
    Unit.YES_NO: (Entry.YES_NO, Entry.DERIVED),
}
NUMBER = r"-?[0-9]+(\.[0-9]+)?"
RATIO = r"[0-9]+/[0-9]+"
FORMS: Mapping[Entry, tuple[str, str]] = {
    Entry.RATIO: (f"{RATIO}|{NUMBER}", "two counts like 412/615, or a percentage like 67"),
    Entry.PERCENT: (NUMBER, "a percentage like 67"),
    Entry.COUNT: (r"[0-9]+", "a count like 12"),
    Entry.RATE: (f"{RATIO}|{NUMBER}", "a rate like 12.5, or two counts like 3/240"),
    Entry.YES_NO: ("yes|no", "yes or no"),
}


def indicators(draft: Draft) -> Iterator[Finding]:
    """Each indicator agrees with itself."""
    for code, indicator in draft.file.indicators.items():
        at = ("indicators", code)
        if "en" not in indicator.names:
            yield Finding((*at, "names"), "has no English name (en), which stands in where another is missing")
        fitting = ENTRIES_OF_UNIT[indicator.unit]
        if indicator.entry not in fitting:
            what = f'"{indicator.entry}" does not go with unit {indicator.unit}'
            yield Finding((*at, "entry"), what, example=f"entry: {fitting[0]}")
        yield from _ranges(at, indicator)
        yield from _example(at, indicator)
        yield from _sexes(at, indicator, draft)


def _ranges(at: Path, indicator: IndicatorEntry) -> Iterator[Finding]:
    for setting in ("hard", "soft"):
        low, high = getattr(indicator, setting)
        if low > high:
            yield Finding((*at, setting), f"begins at {low:g} and ends lower, at {high:g}")
    if not (_within(indicator.soft[0], indicator.hard) and _within(indicator.soft[1], indicator.hard)):
        yield Finding((*at, "soft"), f"{_span(indicator.soft)} is not inside the hard range {_span(indicator.hard)}")


def _sexes(at: Path, indicator: IndicatorEntry, draft: Draft) -> Iterator[Finding]:
    if len(indicator.by) == 1:
        yield Finding((*at, "by"), "names one of women and men; it takes both to compare them")
    for sex, code in indicator.by.items():
        if code not in draft.names("indicators"):
            yield Finding((*at, "by", sex), f'"{code}" is not an indicator of this programme')


def _example(at: Path, indicator: IndicatorEntry) -> Iterator[Finding]:
    if indicator.entry is Entry.DERIVED:
        return
    if not indicator.example:
        yield Finding((*at, "example"), "is missing; it shows people how to answer")
    elif problem := value_problem(indicator.example, indicator):
        yield Finding((*at, "example"), problem)


def not_reportable(draft: Draft, code: str) -> str | None:
    """Return why nobody can report `code`, or None."""
    if code not in draft.names("indicators"):
        return f'"{code}" is not an indicator of this programme'
    known = draft.file.indicators.get(code)
    if known and known.entry is Entry.DERIVED:
        return f'"{code}" is worked out from other facts, so nobody can report it'
    return None


def targets(draft: Draft) -> Iterator[Finding]:
    """Each target is for an indicator of the programme, in its range, and ahead."""
    for district, entry in draft.file.districts.items():
        for code, target in entry.targets.items():
            at = ("districts", district, "targets", code)
            if code not in draft.names("indicators"):
                yield Finding(at, f'"{code}" is not an indicator of this programme')
            starts = target.starts or (draft.about.starts if draft.about else None)
            if starts and target.by <= starts:
                yield Finding((*at, "by"), f'"{target.by}" does not lie after the start, {starts}')
            if code in draft.file.indicators:
                yield from _target_in_range(at, target, draft.file.indicators[code])


def _target_in_range(at: Path, target: TargetEntry, indicator: IndicatorEntry) -> Iterator[Finding]:
    for setting in ("baseline", "value"):
        number = getattr(target, setting)
        if not _within(number, indicator.hard):
            yield Finding((*at, setting), f"{number:g} is outside the hard range {_span(indicator.hard)}")


def history(draft: Draft) -> Iterator[Finding]:
    """What was reported before is readable and possible."""
    for district, by_code in draft.file.history.items():
        if district not in draft.names("districts"):
            yield Finding(("history", district), f'"{district}" is not a district of this programme')
        for code, by_month in by_code.items():
            at = ("history", district, code)
            if problem := not_reportable(draft, code):
                yield Finding(at, problem)
            elif indicator := draft.file.indicators.get(code):
                yield from _values(at, {str(month): raw for month, raw in by_month.items()}, indicator)


def _values(at: Path, by_month: Mapping[str, str], indicator: IndicatorEntry) -> Iterator[Finding]:
    for month, raw in by_month.items():
        if raw != NOT_AVAILABLE and (problem := value_problem(raw, indicator)):
            yield Finding((*at, month), problem, example=f'"{month}": "{indicator.example}"')


def value_problem(raw: str, indicator: IndicatorEntry) -> str | None:
    """Return what keeps `raw` from being a value of `indicator`, or None."""
    pattern, form = FORMS[indicator.entry]
    if not re.fullmatch(pattern, raw):
        return f'"{raw}" is not {form}'
    try:
        value = _value(raw, indicator.unit)
    except ZeroDivisionError:
        return f'"{raw}" divides by 0'
    return None if _within(value, indicator.hard) else f'"{raw}" is outside the hard range {_span(indicator.hard)}'


def _value(raw: str, unit: Unit) -> float:
    if raw in ("yes", "no"):
        return float(raw == "yes")
    numerator, _, denominator = raw.partition("/")
    return BASES.get(unit, 1) * int(numerator) / int(denominator) if denominator else float(raw)


def _within(value: float, limits: Range) -> bool:
    return limits[0] <= value <= limits[1]


def _span(limits: Range) -> str:
    return f"[{limits[0]:g}, {limits[1]:g}]"
