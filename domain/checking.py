"""Which values of some districts need somebody to look at them, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from domain.events import Check, ValueStatus
from domain.measures import Measure
from domain.periods import ReportingPeriod
from domain.plausibility import Concern, doubts
from domain.programme import District, Programme
from domain.values import IndicatorValue, Values

MONTHS_CHECKED = 6  # what nobody has looked at for half a year is history


class Look(StrEnum):
    """Why a value should be looked at."""

    PENDING = "pending"
    UNUSUAL = "unusual"
    FLAT = "flat"
    ASKED = "asked"


@dataclass(frozen=True, slots=True)
class Flag:
    """A value to look at. `check` is what was done about it already; `reason` and `sender` are those of the report."""

    district: str
    code: str
    period: ReportingPeriod
    version: int
    measure: Measure
    why: Look
    check: Check | None = None
    reason: str | None = None
    sender: int | None = None


def flags(
    programme: Programme, on_record: Mapping[str, Values], unsettled: Iterable[IndicatorValue], last: ReportingPeriod
) -> tuple[Flag, ...]:
    """Return the values to look at, newest month first, then by district and in asking order.

    `on_record` holds the values of the districts, `unsettled` those that wait, are flagged, or were asked about and
    are not accepted. Months after `last`, or long before it, are left out.
    """
    found = [flag for value in unsettled if (flag := _flag(value)) is not None]
    known = {(f.district, f.code, f.period) for f in found}
    for code, values in on_record.items():
        found += [f for f in _flat(programme.districts[code], values, programme, last) if _key(f) not in known]
    order = {code: n for n, code in enumerate(programme.districts)}
    recent = [f for f in found if last.back(MONTHS_CHECKED) <= f.period <= last]
    recent.sort(key=lambda f: (order[f.district], _asked_at(programme.districts[f.district], f.code), f.version))
    return tuple(sorted(recent, key=lambda f: f.period, reverse=True))


def _key(flag: Flag) -> tuple[str, str, ReportingPeriod]:
    return flag.district, flag.code, flag.period


def _asked_at(district: District, code: str) -> int:
    return district.indicators.index(code) if code in district.indicators else len(district.indicators)


def _flag(value: IndicatorValue) -> Flag | None:
    if value.measure is None or value.check in (Check.VERIFIED, Check.DENIED):
        return None
    why = Look.UNUSUAL if value.flagged else Look.ASKED
    if value.status is ValueStatus.PENDING:
        why = Look.PENDING
    return _of(value, value.measure, why)


def _of(value: IndicatorValue, measure: Measure, why: Look) -> Flag:
    return Flag(
        value.district,
        value.code,
        value.period,
        value.version,
        measure,
        why,
        value.check,
        value.reason,
        value.sender,
    )


def _flat(district: District, values: Values, programme: Programme, last: ReportingPeriod) -> Iterable[Flag]:
    """Yield the newest values that have stood still for three months and that nobody has accepted."""
    for code in district.indicators:
        history = values.history(code, last.next())
        if not history:
            continue
        period, measure = history[-1]
        doubt = doubts({code: measure}, period, programme.indicators, {code: history}).get(code)
        value = values.get(code, period)
        if doubt and doubt.why is Concern.FLAT and value and value.check is None:
            yield _of(value, measure, Look.FLAT)
