"""What is usual for a district: which number its earlier months let expect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import gamma, log, pi, sqrt
from statistics import median

from domain.measures import BASES, Measure, Unit
from domain.periods import ReportingPeriod

History = Sequence[tuple[ReportingPeriod, Measure]]

YEAR = 12
RECENT = 6  # months that say where a district stands now
TRUST = 2  # months of its own that weigh as much as what is common among districts
WOBBLE = 0.12  # what is common beyond chance: a standard deviation of a count, or of a share's odds, as a share of it
WHOLE_WOBBLE = 0.04  # the same for denominators, beside the chance in small ones
TAILS = 8  # degrees of freedom: a month far from the others is rare, though not as rare as in a normal distribution
PEAK = gamma((TAILS + 1) / 2) / (sqrt(TAILS * pi) * gamma(TAILS / 2))
UNSEEN_WHOLE = {Unit.PERCENT: 120, Unit.RATE: 300}  # stands in where a percentage comes without its two counts


@dataclass(frozen=True, slots=True)
class Usual:
    """Where the next value is expected (`middles`, in the unit of the indicator) and its denominator (`wholes`).

    `noise` is how much this district varies, as a multiple of what is common; `whole_noise` is the standard deviation
    of the denominator's logarithm. `start` is what stood before, where a total runs through the year and `middles`
    are what a month adds. `decimals` says whether numbers come with a decimal.
    """

    middles: tuple[float, ...]
    noise: float
    wholes: tuple[float, ...] = ()
    whole_noise: float = WHOLE_WOBBLE
    start: float = 0.0
    decimals: bool = False

    def distance(self, measure: Measure) -> float:
        """Return how many standard deviations a value lies from the nearest middle."""
        gain = measure.value - self.start
        return min(abs(gain - middle) / (self.noise * _common_spread(middle, measure)) for middle in self.middles)

    def whole_distance(self, measure: Measure) -> float:
        """Return how many standard deviations a denominator lies from the nearest usual one; 0 where there is none."""
        if not measure.denominator:
            return 0.0
        return min((abs(log(measure.denominator / whole)) / self.whole_noise for whole in self.wholes), default=0.0)

    def likelihood(self, measure: Measure) -> float:
        """Return how likely exactly this number is, its denominator included, when nothing went wrong."""
        return self.value_likelihood(measure) * self._whole_likelihood(measure)

    def value_likelihood(self, measure: Measure) -> float:
        """Return the same where the denominator is given."""
        step = BASES[measure.unit] / measure.denominator if measure.denominator else 1.0
        gain, found = measure.value - self.start, 0.0
        for middle in self.middles:
            # A spread narrower than the step between two numbers would put more than 1 on one of them.
            spread = max(self.noise * _common_spread(middle, measure), 0.6 * step)
            found += step / spread * _student((gain - middle) / spread)
        return found / len(self.middles)

    def _whole_likelihood(self, measure: Measure) -> float:
        if not measure.denominator or not self.wholes:
            return 1.0
        step = 1 / measure.denominator
        spread = max(self.whole_noise, 0.6 * step)
        return step / spread * _student(self.whole_distance(measure) * self.whole_noise / spread)


def usual_of(history: History, period: ReportingPeriod, running: bool = False, first: int = 1) -> Usual | None:
    """Return what the months of `history` (oldest first) before `period` let expect for it; None without any.

    `running` says that the values are totals that begin again each year, in its `first` month.
    """
    earlier = [(month, m) for month, m in history if month < period]
    start = 0.0
    if running and earlier:
        start = earlier[-1][1].value if earlier[-1][0].fiscal_year(first) == period.fiscal_year(first) else 0.0
        earlier = list(_gains(earlier, first))
    if not earlier:
        return None
    wholes = [m.denominator for _, m in earlier[-YEAR:] if m.denominator]
    return Usual(
        tuple(_middles(earlier, period)),
        _noise([m for _, m in earlier[-YEAR:]]),
        (median(wholes[-RECENT:]), wholes[-1]) if wholes else (),
        _whole_noise(wholes),
        start,
        any(not m.value.is_integer() for month, m in history if month < period and not m.denominator),
    )


def _gains(earlier: History, first: int) -> Iterator[tuple[ReportingPeriod, Measure]]:
    """Yield what each month added to a total of the year; after a gap, its share of what the gap added."""
    before, since = 0.0, _end_of_last_year(earlier[0][0], first)
    for month, measure in earlier:
        if month.fiscal_year(first) != since.next().fiscal_year(first):
            before, since = 0.0, _end_of_last_year(month, first)
        yield month, replace(measure, value=(measure.value - before) / month.months_since(since))
        before, since = measure.value, month


def _end_of_last_year(month: ReportingPeriod, first: int) -> ReportingPeriod:
    return ReportingPeriod(month.fiscal_year(first), first).back(1)


def _middles(earlier: History, period: ReportingPeriod) -> Iterator[float]:
    """Yield where the next value may be: at the level, where it stood last, on its trend, where it was a year ago."""
    values = [m.value for _, m in earlier]
    level = median(values[-RECENT:])
    yield level
    yield values[-1]
    yield level + _slope(earlier[-YEAR:]) * min(RECENT, len(values)) / 2
    by_month = {month: m.value for month, m in earlier}
    then = [by_month[m] for n in range(1, RECENT + 1) if (m := period.back(YEAR + n)) in by_month]
    if period.back(YEAR) in by_month:
        grown = level / median(then) if len(then) >= RECENT / 2 and median(then) > 0 else 1.0
        yield by_month[period.back(YEAR)] * grown


def _slope(recent: History) -> float:
    """Return the median change a month over all pairs of months, which a few odd ones do not move."""
    changes = [
        (b.value - a.value) / later.months_since(month)
        for n, (month, a) in enumerate(recent)
        for later, b in recent[n + 1 :]
    ]
    return median(changes) if len(recent) >= 4 else 0.0


def _noise(measures: Sequence[Measure]) -> float:
    """Return how much values change from one month to the next, as a multiple of what is common."""
    steps = [
        abs(b.value - a.value) / sqrt(_common_spread(a.value, a) ** 2 + _common_spread(a.value, b) ** 2)
        for a, b in pairwise(measures)
    ]
    unsure = 1 + 1 / (len(measures) + 1)
    return unsure * _typical(steps, 1.0)


def _whole_noise(wholes: Sequence[int]) -> float:
    common = sqrt(WHOLE_WOBBLE**2 + 1 / median(wholes)) if wholes else WHOLE_WOBBLE
    return _typical([abs(log(b / a)) for a, b in pairwise(wholes)], common)


def _typical(steps: Sequence[float], common: float) -> float:
    """Return the root mean square of `steps`, drawn to `common` where they are few; odd ones are cut."""
    longest = max(2.5 * common, 3 * median(steps)) if steps else 0.0
    squares = [min(step, longest) ** 2 for step in steps]
    return sqrt((TRUST * common**2 + sum(squares)) / (TRUST + len(squares)))


def _common_spread(middle: float, like: Measure) -> float:
    """Return the standard deviation that is common about `middle`: chance in so small a number, and a little more."""
    if like.unit not in BASES:
        middle = max(middle, 1.0)  # months without any are followed by one with a few
        return sqrt(middle + (WOBBLE * middle) ** 2)
    base = BASES[like.unit]
    whole = like.denominator or UNSEEN_WHOLE[like.unit]
    share = (min(max(middle / base, 0.0), 1.0) * whole + 1) / (whole + 2)
    return base * sqrt(share * (1 - share) / whole + (WOBBLE * share * (1 - share)) ** 2)


def _student(distance: float) -> float:
    return PEAK * float((1 + distance**2 / TAILS) ** (-(TAILS + 1) / 2))
