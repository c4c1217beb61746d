"""The figures of a month worked out again from what was said: no table kept up to date, no code of a digest."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from domain.calendar import public_holidays
from domain.indicators import SMALL_DENOMINATOR, Direction, Target
from domain.measures import Unit
from domain.periods import ReportingPeriod
from domain.programme import Programme
from storage import trace
from storage.trace import Key, Said

SECTIONS = ("planned", "well", "not_well", "why", "effect", "change")
ANSWERED = ("reported", "not_available")
STAYS = {Unit.PERCENT: 1.0, Unit.RATE: 1.0}  # points of a share that are no movement


class Recount:
    """What was said of some districts up to a moment, and what it comes to for the month before it."""

    def __init__(self, db: Session, programme: Programme, districts: Collection[str], today: date, now: datetime):
        self.programme, self.districts, self.today, self.now = programme, sorted(districts), today, now
        self.month = ReportingPeriod.last_closed(today)
        months = [str(self.month.back(n)) for n in (0, 1, 12)]
        self._said = trace.versions(db, self.districts, months, now)
        self._found = trace.findings(db, self.districts, now)
        self._steps = trace.steps(db, self.districts, now)
        self._diaries = trace.diary_districts(db, str(self.month), SECTIONS, now)
        self._alerts = trace.alert_times(db, self.districts)

    def number(self, district: str, code: str, back: int = 0) -> Said | None:
        """Return what counts of a value, so many months before the month in question."""
        key = (district, code, str(self.month.back(back)))
        said = self._standing(key)
        return said if said and said.status == "reported" and not self._is_held(key, said) else None

    def _standing(self, key: Key) -> Said | None:
        """Return what was said last and not taken back."""
        return standing(self._said.get(key, []))

    def _is_held(self, key: Key, said: Said) -> bool:
        alike = {one.version for one in self._said[key] if _same(one, said)}
        states = [state for version, state in self._found.get(key, []) if version in alike]
        ruled = [state for state in states if state not in ("answered", "denied")]
        return bool(ruled) and ruled[-1] == "held"

    def missing(self, district: str) -> list[str]:
        """Return the codes without an answer."""
        found = {c: self._standing((district, c, str(self.month))) for c in self._codes(district)}
        return [code for code, said in found.items() if said is None or said.status not in ANSWERED]

    def _codes(self, district: str) -> tuple[str, ...]:
        return self.programme.districts[district].indicators

    def complete(self, districts: Collection[str]) -> int:
        """Count the districts that have answered everything."""
        return sum(not self.missing(one) for one in districts)

    def in_time(self, districts: Collection[str]) -> int:
        """Count those of them that had answered everything by the due day."""
        return sum(not self.missing(one) and self._was_in_time(one) for one in districts)

    def _was_in_time(self, district: str) -> bool:
        zone = ZoneInfo(self.programme.timezone)
        last = datetime.combine(self._due_day() + timedelta(days=1), time(), zone)
        families = (self._said.get((district, code, str(self.month)), []) for code in self._codes(district))
        return all(any(one.status in ANSWERED and one.at < last for one in family) for family in families)

    def _due_day(self) -> date:
        day, left = self.month.next().first_day - timedelta(days=1), self.programme.due_working_day
        while left:
            day += timedelta(days=1)
            left -= day.weekday() < 5 and day not in public_holidays(self.programme.country, day.year)
        return day

    def diaries(self) -> int:
        """Count the districts that have shared a diary."""
        return len(self._diaries.intersection(self.districts))

    def late_actions(self, districts: Collection[str]) -> int:
        """Count the activities that are stuck, or open after their day."""
        plans = self.programme.workplans
        return sum(
            self._is_late(district, activity.key, activity.due_on)
            for district in districts
            if district in plans
            for activity in plans[district].activities
        )

    def _is_late(self, district: str, key: str, due_on: date) -> bool:
        status = "planned"
        for step in self._steps.get((district, key), []):
            status, due_on = step.status or status, step.due_on or due_on
        return status == "stuck" or (status not in ("done", "dropped") and due_on < self.today)

    def target(self, district: str, code: str) -> Target | None:
        """Return the target of a number."""
        return self.programme.districts[district].targets.get(code)

    def wanted(self, district: str, code: str) -> float | None:
        """Return what the target wants of a number in this month: as far along as its months have gone by."""
        target = self.target(district, code)
        if target is None:
            return None
        whole, gone = _months(target.by) - _months(target.starts), _months(self.month) - _months(target.starts)
        if whole <= 0 or gone >= whole:
            return target.value
        done = max(gone, 0)
        return round((target.baseline * (whole - done) + target.value * done) / whole, 1)

    def colour(self, district: str, code: str) -> str:
        """Return the colour of a number, by its name."""
        said, target, wanted = self.number(district, code), self.target(district, code), self.wanted(district, code)
        if said is None or said.value is None or target is None or wanted is None:
            return "grey"
        small = said.denominator is not None and said.denominator < SMALL_DENOMINATOR
        if small or target.direction is Direction.WATCH:
            return "grey"
        sign = 1 if target.direction is Direction.HIGHER else -1
        if sign * (said.value - wanted) >= 0:
            return "green"
        return "amber" if sign * (said.value - wanted * (1 - sign * 0.1)) >= 0 else "red"

    def step(self, district: str, code: str) -> str | None:
        """Return which way a number went since the month before: better, worse, same; None where that is no matter."""
        now, before = self.number(district, code), self.number(district, code, 1)
        indicator, target = self.programme.indicators[code], self.target(district, code)
        direction = target.direction if target else indicator.direction
        if now is None or before is None or direction is Direction.WATCH:
            return None
        moved = (now.value or 0) - (before.value or 0)
        if not moved or abs(moved) < STAYS.get(indicator.unit, 0):
            return "same"
        return "better" if (moved > 0) is (direction is Direction.HIGHER) else "worse"

    def others(self, district: str, code: str) -> float | None:
        """Return the middle of the group's other districts."""
        group = self.programme.groups[self.programme.districts[district].group].districts
        values = [
            said.value
            for other in group
            if other != district and other in self.districts and (said := self.number(other, code)) is not None
        ]
        found = [value for value in values if value is not None]
        if self.programme.indicators[code].unit is Unit.YES_NO or not found:
            return None
        return round(median(found), 1)

    def colours(self, districts: Collection[str], name: str) -> int:
        """Count the numbers of some districts that have a colour."""
        return sum(self.colour(one, c) == name for one in districts for c in self._codes(one) if self.number(one, c))

    def moved(self, districts: Collection[str], name: str) -> int:
        """Count the numbers of some districts that went one way."""
        return sum(self.step(one, code) == name for one in districts for code in self._codes(one))

    def alerts(self, districts: Collection[str]) -> Alerts:
        """Return what became of the alerts of some districts since the month in question began."""
        begun = datetime.combine(self.month.first_day, time(), ZoneInfo(self.programme.timezone)).astimezone(UTC)
        mine = [(opened, closed) for one, opened, closed in self._alerts if one in districts]
        took = [closed - opened for opened, closed in mine if closed and begun <= closed < self.now]
        return Alerts(
            sum(begun <= opened < self.now for opened, _closed in mine),
            len(took),
            sum(opened <= self.now and (closed is None or closed > self.now) for opened, closed in mine),
            timedelta(seconds=median(t.total_seconds() for t in took)) if took else None,
        )


@dataclass(frozen=True, slots=True)
class Alerts:
    """How many alerts were opened, closed and are open, and how long half of the closed ones took."""

    opened: int
    closed: int
    still: int
    half: timedelta | None


def standing(family: Iterable[Said]) -> Said | None:
    """Return what was said last of a value and not taken back, whatever came when; what waits for a yes is not said."""
    family = tuple(family)
    gone = {one.takes_back for one in family if one.takes_back is not None}
    told = [one for one in family if one.takes_back is None and one.version not in gone and one.status != "pending"]
    return max(told, key=lambda one: (one.at, one.version), default=None)


def _same(one: Said, other: Said) -> bool:
    return (one.value, one.numerator, one.denominator) == (other.value, other.numerator, other.denominator)


def _months(period: ReportingPeriod) -> int:
    return 12 * period.year + period.month
