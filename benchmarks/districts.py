"""Made-up districts and what they report each month: level, trend, season, chance, ramp-ups, gaps and shocks.

Written from how such figures come about (who is counted among whom), not from how they are judged. A number is kept
as it would be typed: `412/615`, `67`, `6.8`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from domain.periods import ReportingPeriod

LONGEST = 24  # months of history
GAP = 0.06  # of the months in a history are missing
PAST_SHOCK = 0.015  # of the months in a history were out of the ordinary, as nobody takes a strike out again
RAMPING = 0.1  # of the districts began a service in the year before
PLAIN_PERCENT = 0.3  # of the districts send a percentage where others send two counts

Months = list[tuple[ReportingPeriod, str]]


@dataclass(frozen=True, slots=True)
class Share:
    """A share of some whole: `level` percent, `whole` people or things in a district of a typical size.

    `moves` is how much the whole varies from month to month (0: a fixed figure for the year), `wobble` how much the
    share does beyond chance, as a standard deviation of its log odds; `season` its yearly swing.
    """

    level: tuple[float, float]
    whole: tuple[float, float]
    moves: float
    wobble: float
    season: float = 0.0
    base: int = 100
    sized: bool = True


@dataclass(frozen=True, slots=True)
class Count:
    """A number of events a month, with its variation beyond chance and its yearly swing, both as shares of it."""

    level: tuple[float, float]
    wobble: float
    season: float


SHARES = {
    "ANC1": Share((55, 92), (300, 700), 0.02, 0.12, 0.12),
    "ANC4": Share((35, 75), (300, 700), 0.02, 0.12, 0.12),
    "SBA": Share((45, 85), (250, 600), 0.02, 0.12, 0.1),
    "PNC2": Share((35, 75), (250, 600), 0.02, 0.15, 0.1),
    "PEN3": Share((65, 95), (230, 550), 0.02, 0.15, 0.1),
    "GMC": Share((35, 80), (400, 1200), 0.02, 0.12, 0.1),
    "YTX": Share((90, 99), (12, 60), 0.3, 0.1),
    "MTST": Share((72, 96), (150, 900), 0.15, 0.15),
    "SB": Share((0.6, 1.6), (200, 500), 0.06, 0.1, base=1000),
    "ABS": Share((9, 28), (60, 180), 0.05, 0.12, 0.05),
    "VAC": Share((12, 40), (90, 280), 0.0, 0.0),
    "SUPV": Share((45, 85), (9, 28), 0.0, 0.15, sized=False),
    "TIME": Share((65, 95), (18, 60), 0.0, 0.2, sized=False),
    "COMP": Share((75, 98), (18, 60), 0.0, 0.2, sized=False),
    "STO": Share((10, 40), (12, 40), 0.0, 0.15, sized=False),
    "APR": Share((60, 98), (50, 150), 0.0, 0.0),
}
COUNTS = {
    "YAW": Count((1, 14), 0.15, 0.1),
    "TBN": Count((15, 90), 0.08, 0.05),
    "MD": Count((0.05, 0.6), 0.0, 0.0),
    "OPD": Count((900, 14000), 0.07, 0.12),
}
PERCENTS = ("DROP", "BEX")
CODES = (*SHARES, *COUNTS, *PERCENTS, "DMT")


@dataclass(frozen=True, slots=True)
class Series:
    """What one district reports of one indicator: its months, oldest first, and the value that is typed now.

    `shock` says that something real made this month unlike the others.
    """

    district: int
    code: str
    period: ReportingPeriod
    history: Months
    typed: str
    shock: bool


def make_series(seed: int, districts: int, shocks: float = 0.03) -> Iterator[Series]:
    """Yield one series a district and code; the same seed gives the same ones. `shocks` of them end in a shock."""
    for number in range(districts):
        chance = Random(f"{seed}/{number}")
        size = math.exp(chance.gauss(0, 0.35))
        period = ReportingPeriod(2026, chance.randint(1, 12))
        length = chance.randint(0, LONGEST)
        for code in CODES:
            own = Random(f"{seed}/{number}/{code}")
            shock = code not in ("DMT", "MD", "APR", "BEX", "VAC") and own.random() < shocks
            months = [period.back(length - n) for n in range(length + 1)]
            typed = list(zip(months, _typed(code, months, size, shock, own), strict=True))
            history = [typed[n] for n in range(length) if own.random() >= GAP]
            yield Series(number, code, period, history, typed[-1][1], shock)


def _typed(code: str, months: list[ReportingPeriod], size: float, shock: bool, own: Random) -> list[str]:
    pushes = [_push(own) if own.random() < PAST_SHOCK else 0.0 for _ in months]
    pushes[-1] = _push(own) if shock else 0.0
    if code in COUNTS:
        return _counts(COUNTS[code], months, size, pushes, own)
    if code in ("APR", "VAC"):
        return (_appraised if code == "APR" else _vacant)(SHARES[code], months, own)
    if code in SHARES:
        return _shares(SHARES[code], months, size, pushes, own)
    if code == "DMT":
        return [own.choices(("yes", "no"), (5, 1))[0] for _ in months]
    return (_dropouts if code == "DROP" else _spent)(months, own)


def _push(own: Random) -> float:
    """Return what a shock does to a log level: a strike, a campaign, an outbreak."""
    return own.choice((-1, 1)) * own.uniform(0.5, 1.1)


def _course(months: list[ReportingPeriod], season: float, own: Random) -> Callable[[int], float]:
    """Return the log level by number of the month: a steady trend, a swing by season, and for some a ramp-up."""
    slope, top = own.gauss(0, 0.1) / 12, own.randint(1, 12)
    swing = season * own.uniform(0.3, 1.5)
    start = len(months) - own.randint(8, 20) if own.random() < RAMPING else -99
    deep = own.uniform(0.3, 0.8)

    def level(n: int) -> float:
        ramp = -deep * max(0.0, 1 - (n - start) / 9)
        return slope * n + swing * math.cos((months[n].month - top) * math.pi / 6) + ramp

    return level


def _counts(count: Count, months: list[ReportingPeriod], size: float, pushes: list[float], own: Random) -> list[str]:
    usual = math.log(math.exp(own.uniform(*map(math.log, count.level))) * size)
    course = _course(months, count.season, own)
    means = [math.exp(usual + course(n) + push + own.gauss(0, count.wobble)) for n, push in enumerate(pushes)]
    return [str(_poisson(mean, own)) for mean in means]


def _shares(share: Share, months: list[ReportingPeriod], size: float, pushes: list[float], own: Random) -> list[str]:
    usual = _odds(own.uniform(*share.level) / 100)
    course = _course(months, share.season, own)
    whole = own.uniform(*share.whole) * (size if share.sized else 1)
    plain = share.base == 100 and own.random() < PLAIN_PERCENT
    typed = []
    for n, push in enumerate(pushes):
        grown = whole * (1.025 ** (months[n].year - months[0].year) if share.sized else 1)
        d = max(3, round(grown * math.exp(own.gauss(0, share.moves))))
        chance = 1 / (1 + math.exp(-(usual + course(n) + push + own.gauss(0, share.wobble))))
        typed.append(_ratio(_binomial(d, chance, own), d, plain))
    return typed


def _appraised(share: Share, months: list[ReportingPeriod], own: Random) -> list[str]:
    """A running total of the year, which begins again in January and fills up to its goal."""
    d, plain, typed = round(own.uniform(*share.whole)), own.random() < PLAIN_PERCENT, []
    pace, done = own.uniform(*share.level) / 1200, 0
    for month in months:
        done = _binomial(d, pace, own) if month.month == 1 else min(d, done + _binomial(d, pace, own))
        if month is months[0]:
            done = _binomial(d, pace * month.month, own)
        typed.append(_ratio(done, d, plain))
    return typed


def _vacant(share: Share, months: list[ReportingPeriod], own: Random) -> list[str]:
    """Posts, of which a few are filled or left in a month."""
    d, plain, typed = round(own.uniform(*share.whole)), own.random() < PLAIN_PERCENT, []
    empty = round(d * own.uniform(*share.level) / 100)
    for _ in months:
        empty = min(d, max(1, empty + own.choices((-3, -2, -1, 0, 1, 2, 3), (1, 2, 5, 10, 5, 2, 1))[0]))
        typed.append(_ratio(empty, d, plain))
    return typed


def _dropouts(months: list[ReportingPeriod], own: Random) -> list[str]:
    usual, places = own.uniform(4, 13), own.choice((0, 0, 1))
    shown = [max(0.0, usual + own.gauss(0, 1.4)) for _ in months]
    return [f"{value:.{places}f}" for value in shown]


def _spent(months: list[ReportingPeriod], own: Random) -> list[str]:
    """A budget: slow at first, hurried at the end of the year, never far from the calendar."""
    late, places = own.uniform(0, 8), own.choice((0, 0, 1))
    shown = [100 * m.month / 12 - late * math.sin(math.pi * m.month / 12) + own.gauss(0, 2.2) for m in months]
    return [f"{min(max(value, 0.5), 105):.{places}f}" for value in shown]


def _odds(share: float) -> float:
    return math.log(share / (1 - share))


def _ratio(n: int, d: int, plain: bool) -> str:
    return str(round(100 * n / d)) if plain else f"{n}/{d}"


def _binomial(d: int, chance: float, own: Random) -> int:
    if d * min(chance, 1 - chance) > 60:
        return min(d, max(0, round(own.gauss(d * chance, math.sqrt(d * chance * (1 - chance))))))
    return sum(own.random() < chance for _ in range(d))


def _poisson(mean: float, own: Random) -> int:
    if mean > 60:
        return max(0, round(own.gauss(mean, math.sqrt(mean))))
    left, n = own.random(), -1
    while left >= 0:
        n += 1
        left -= math.exp(n * math.log(mean) - mean - math.lgamma(n + 1))
        if n > 400:
            break
    return n
