"""Indicator values as a programme keeps them: the counted one, with its provenance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from domain.events import Check, ValueReported, ValueStatus
from domain.measures import Measure
from domain.periods import ReportingPeriod


@dataclass(frozen=True, slots=True)
class IndicatorValue:
    """One version of one value; in `Values` the newest that is not pending.

    `check` is how a facilitator found it, if anybody looked; `sender` is the contact who sent it, where that is asked.
    """

    district: str
    code: str
    period: ReportingPeriod
    status: ValueStatus
    measure: Measure | None
    at: datetime
    version: int = 1
    reason: str | None = None
    flagged: bool = False
    check: Check | None = None
    sender: int | None = None

    @property
    def counted(self) -> bool:
        """Whether this is a number that counts; one that a facilitator holds does not, until it is accepted."""
        return self.status is ValueStatus.REPORTED and self.measure is not None and self.check is not Check.HELD


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a value in its trail: what it was, who said so, when, why, and by which message (`ref`).

    `who` and `ref` are None for what the programme file brought.
    """

    number: int
    status: ValueStatus
    measure: Measure | None
    at: datetime
    who: str | None = None
    ref: int | None = None
    reason: str | None = None
    flagged: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """What a facilitator did about a version, or what came back: when, by whom, in which words."""

    version: int
    check: Check
    at: datetime
    who: str | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True)
class Trail:
    """All that happened to one value, newest first."""

    district: str
    code: str
    period: ReportingPeriod
    versions: tuple[Version, ...] = ()
    checks: tuple[Checked, ...] = ()


class Values:
    """The values of one district, by code and period; what the last months looked like."""

    def __init__(self, values: Iterable[IndicatorValue] = ()) -> None:
        self._by_key: Mapping[tuple[str, ReportingPeriod], IndicatorValue] = {(v.code, v.period): v for v in values}

    def after(self, events: Iterable[object], at: datetime) -> Values:
        """Return the values as they stand once `events` are saved."""
        told = [
            IndicatorValue(e.district, e.code, e.period, e.status, e.measure, at)
            for e in events
            if isinstance(e, ValueReported) and e.status is not ValueStatus.PENDING
        ]
        return Values([*self._by_key.values(), *told])

    def get(self, code: str, period: ReportingPeriod) -> IndicatorValue | None:
        """Return the value of `code` in `period`, if anything was said of it."""
        return self._by_key.get((code, period))

    def measure(self, code: str, period: ReportingPeriod) -> Measure | None:
        """Return the counted measure of `code` in `period`."""
        value = self.get(code, period)
        return value.measure if value and value.counted else None

    def measures(self, period: ReportingPeriod) -> dict[str, Measure]:
        """Return all counted measures of `period` by code."""
        return {
            code: value.measure
            for (code, month), value in self._by_key.items()
            if month == period and value.counted and value.measure is not None
        }

    def history(self, code: str, before: ReportingPeriod) -> tuple[tuple[ReportingPeriod, Measure], ...]:
        """Return the counted measures of `code` before a month, oldest first."""
        found = [
            (month, value.measure)
            for (c, month), value in self._by_key.items()
            if c == code and month < before and value.counted and value.measure is not None
        ]
        return tuple(sorted(found, key=lambda pair: pair[0]))

    def answered(self, codes: Iterable[str], period: ReportingPeriod) -> tuple[str, ...]:
        """Return which of `codes` have an answer for `period`: a number, or "not available"."""
        return tuple(
            code
            for code in codes
            if (value := self.get(code, period)) and value.status in (ValueStatus.REPORTED, ValueStatus.NOT_AVAILABLE)
        )

    def missing(self, codes: Iterable[str], period: ReportingPeriod) -> tuple[str, ...]:
        """Return which of `codes` are still due for `period`."""
        codes = tuple(codes)
        answered = set(self.answered(codes, period))
        return tuple(code for code in codes if code not in answered)
