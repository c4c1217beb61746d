"""Every time zone and every day of two years: when a monthly prompt comes, and whether anything is sent at night.

Pure functions of the calendar, no database, nothing drawn by lot. Run: `.venv/bin/python -m benchmarks.calendar`.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from datetime import time as hour_of_day
from pathlib import Path
from zoneinfo import available_timezones

from domain.calendar import awake_at, is_quiet
from domain.people import Address, Contact, Role, Urn
from domain.periods import ReportingPeriod, local
from domain.programme import Programme
from domain.prompts import prompt_key, rung_time, rungs_come
from storage.programme_file import parse_programme, sample_text

FIRST, MONTHS = ReportingPeriod(2026, 1), 24
PROMPT_HOURS = (hour_of_day(14), hour_of_day(2, 30))  # the usual one, and one that clocks jump over
EVERY = timedelta(hours=4)  # the tick of the sweep for prompts
HOUR = timedelta(hours=1)
RESULTS = Path(__file__).parent / "results" / "calendar.md"


def somebody(timezone: str, at: hour_of_day) -> Contact:
    """Return a person in a time zone with a prompt hour of their own."""
    address = Address(Urn("tel", "+233200000011"))
    return Contact(1, "ama", "Ama", Role.FOCAL, "en", timezone, district="asuo", addresses=(address,), hour=at)


def prompts_of(programme: Programme, timezone: str, at: hour_of_day) -> Counter[ReportingPeriod]:
    """Return how often the prompt of each month comes when the clock ticks through two years."""
    person, sent, found = somebody(timezone, at), set[str](), Counter[ReportingPeriod]()
    now = datetime(FIRST.year, FIRST.month, 1, tzinfo=UTC)
    end = datetime(FIRST.year + MONTHS // 12, 1, 31, tzinfo=UTC)
    while now < end:
        for rung, period in rungs_come(programme, "prompt", now, timezone, at):
            key = prompt_key(rung, person.id, period)
            found[period] += key not in sent
            sent.add(key)
        now += EVERY
    return found


def nights_broken(programme: Programme, timezone: str) -> tuple[int, int]:
    """Return, of every hour of two years, how often what waits leaves at night still, and how often a day late."""
    quiet, now = programme.quiet, datetime(FIRST.year, FIRST.month, 1, tzinfo=UTC)
    at_night = too_late = 0
    for _hour in range(MONTHS * 30 * 24):
        leaves = awake_at(now, timezone, quiet)
        at_night += is_quiet(leaves, timezone, quiet)
        too_late += leaves - now > 14 * HOUR
        now += HOUR
    return at_night, too_late


def moved(programme: Programme, timezone: str, at: hour_of_day) -> int:
    """Return how many prompts come at another local hour than `at`: the clocks of that day do not show it."""
    rung = replace(programme.rungs("prompt", FIRST)[0], at=at)
    periods = (FIRST.back(-n) for n in range(MONTHS))
    return sum(local(rung_time(rung, p, timezone, programme), timezone).time() != at for p in periods)


def main() -> None:
    """Sweep, print the counts and keep them."""
    programme, zones = parse_programme(sample_text()), sorted(available_timezones())
    began = time.perf_counter()
    lines = [f"{len(zones)} zones, {MONTHS} months from {FIRST}, a tick each four hours", ""]
    lines += ["| prompt hour | prompts | months with one | with none | with more | hour not on the clock that day |"]
    lines += ["| --- | --- | --- | --- | --- | --- |"]
    for at in PROMPT_HOURS:
        counts = Counter[int]()
        total = elsewhen = 0
        for zone in zones:
            found = prompts_of(programme, zone, at)
            months = [FIRST.back(1 - n) for n in range(MONTHS)]
            counts.update(min(found[month], 2) for month in months)
            total += sum(found[month] for month in months)
            elsewhen += moved(programme, zone, at)
        lines.append(f"| {at:%H:%M} | {total} | {counts[1]} | {counts[0]} | {counts[2]} | {elsewhen} |")
    nights = [nights_broken(programme, zone) for zone in zones]
    hours = len(zones) * MONTHS * 30 * 24
    lines += ["", f"Quiet hours: {hours} moments, {sum(n for n, _late in nights)} left at night,"]
    lines += [f"{sum(late for _n, late in nights)} kept longer than a night."]
    lines += ["", f"{time.perf_counter() - began:.0f} s"]
    print("\n".join(lines))
    RESULTS.write_text("# Calendar\n\n" + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
