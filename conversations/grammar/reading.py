"""What a text was understood to say, with every ambiguity explicit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from domain.indicators import Indicator
from domain.measures import Measure
from domain.periods import ReportingPeriod


@dataclass(frozen=True, slots=True)
class Expected:
    """What the reader knows of the person who writes.

    `indicators` are all of the programme's by code, `due` those of this person in asking order. `due_period` is the
    last closed month still due (or the last closed one). `prompted` is the order that a prompt just before listed.
    `history` returns the counted values of a code in the district, oldest first: they may decide between two readings.
    `elsewhere` returns the folded names of districts that are not this person's: a report that names one is asked
    about. Both are worked out when they are looked at: there may be a thousand, and few messages need them.
    """

    indicators: Mapping[str, Indicator]
    due: tuple[str, ...]
    language: str
    today: date
    due_period: ReportingPeriod
    starts: ReportingPeriod
    prompted: tuple[str, ...] | None = None
    history: Callable[[str], Sequence[float]] = lambda code: ()
    elsewhere: Callable[[], frozenset[str]] = frozenset


class Why(StrEnum):
    """Why something is asked."""

    TWO_READINGS = "two_readings"
    RATIO = "ratio"
    CONFLICT = "conflict"
    INEXACT = "inexact"
    NO_VALUE = "no_value"
    NOT_DUE = "not_due"
    SOFT_RANGE = "soft_range"
    CROSS_CHECK = "cross_check"
    SUGGEST = "suggest"


class Reason(StrEnum):
    """Why something is refused."""

    HARD_RANGE = "hard_range"
    UNKNOWN_CODE = "unknown_code"
    BAD_VALUE = "bad_value"
    DERIVED = "derived"
    FUTURE_PERIOD = "future_period"
    BAD_PERIOD = "bad_period"


@dataclass(frozen=True, slots=True)
class Read:
    """A value that has one reading. `repaired` is the token as written, where letters were read as digits."""

    code: str
    period: ReportingPeriod
    measure: Measure
    repaired: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class NoData:
    """Said to be not available, perhaps with a reason in the person's words."""

    code: str
    period: ReportingPeriod
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """Something that has no single reading.

    `readings` are the possible measures, most likely first (one for a ratio above 1 or a value outside the usual).
    For `Why.SUGGEST`, `token` is what was written and `code` what is offered.
    """

    code: str | None
    period: ReportingPeriod
    why: Why
    token: str
    readings: tuple[Measure, ...] = ()
    repaired: str | None = None


@dataclass(frozen=True, slots=True)
class Refuse:
    """Something that cannot be taken: the item as written, and why."""

    token: str
    reason: Reason
    code: str | None = None
    measure: Measure | None = None


Item = Read | NoData | Ask | Refuse


@dataclass(frozen=True, slots=True)
class Reading:
    """All that a message said about values. `unread` are words that meant nothing here.

    `period_asked` is a month that has two meanings or lies more than six months back; nothing is read then.
    `certain` tells that the text can only be a report (a verb, or a code with a value), not chat with a number in it.
    """

    items: tuple[Item, ...] = ()
    unread: tuple[str, ...] = ()
    period_asked: tuple[ReportingPeriod, ...] = ()
    certain: bool = False
