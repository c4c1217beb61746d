"""The same work for everyone measured: a month's report in 12 answers, for as many people as one likes."""

from __future__ import annotations

import resource
from collections.abc import Iterable
from datetime import UTC, datetime

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)  # a Monday, in the hours in which people are asked
MONTH = "2026-10"
CODES = ("VA", "VB", "VC", "VD", "VE")
NUMBERS = (42, 17, 23, 15, 11)
SECTIONS = ("planned", "well", "not_well", "change")
PROGRESS = ("60%", "DONE")
WORDS = (
    "We planned two outreach days and held both of them.",
    "Many parents brought their children for a malaria test early.",
    "The road to the upper village was closed by rain for two weeks.",
    "Next month we start with the upper village.",
)
GROUP = 3  # districts in a group
FIRST_NUMBER = 1000
FIRST = "REP"
ANSWERS = (*(str(number) for number in NUMBERS), *PROGRESS, *WORDS, "YES")
CROWD = "KUMBUSHA_BENCHMARK_CROWD"  # how the number of bystanders reaches the processes of contenders


def phone_of(person: int) -> str:
    """Return a person's number, which is none of those in the doubles of providers."""
    return f"+23320{FIRST_NUMBER + person:07d}"


def chat_of(person: int) -> int:
    """Return a person's Telegram chat."""
    return 700_000 + person


def programme_text(people: int, on_telegram: int = 0) -> str:
    """Return a programme file in which each of `people` reports 5 counts and owns 2 activities in a district alone.

    Every `on_telegram`th person is on Telegram, where that is not 0; all others have a phone.
    """
    persons = range(people)
    return "\n".join(
        (
            'programme: {name: "Bench", country: "GH", timezone: "Africa/Accra", languages: ["en"], starts: "2026-01"}',
            "indicators:",
            *(_indicator(code) for code in CODES),
            "groups:",
            *(_group(first, persons[first : first + GROUP]) for first in persons[::GROUP]),
            "districts:",
            *(f'  d{n}: {{name: "District {n}", indicators: [{", ".join(CODES)}]}}' for n in persons),
            "people:",
            *(_person(n, on_telegram) for n in persons),
            '  efua: {name: "Efua", role: facilitator, groups: ['
            + ", ".join(f"g{first}" for first in persons[::GROUP])
            + '], language: "en", phone: "+233249999998"}',
            '  owusu: {name: "Owusu", role: manager, language: "en", phone: "+233249999999"}',
            "workplans:",
            *(_workplan(n) for n in persons),
            "",
        )
    )


def is_on_telegram(person: int, on_telegram: int) -> bool:
    """Whether a person of such a programme is on Telegram."""
    return bool(on_telegram) and person % on_telegram == 0


def _group(first: int, districts: Iterable[int]) -> str:
    names = [f"d{n}" for n in districts]
    return f'  g{first}: {{name: "Group {first}", group_size: {len(names)}, districts: [{", ".join(names)}]}}'


def _indicator(code: str) -> str:
    bounds = "hard: [0, 9999], soft: [0, 999]"
    kind = "unit: count, entry: count, direction: higher"
    return f'  {code}: {{names: {{en: "Count {code}"}}, {kind}, {bounds}, example: "12"}}'


def _person(n: int, on_telegram: int) -> str:
    address = f"telegram: {chat_of(n)}" if is_on_telegram(n, on_telegram) else f'phone: "{phone_of(n)}"'
    return f'  p{n}: {{name: "Person {n}", role: focal, district: d{n}, language: "en", {address}}}'


def _workplan(n: int) -> str:
    due = f'strategy: S1, owner: p{n}, due: "2026-12-15"'
    plan = f'P1: {{title: "Outreach days", {due}}}, P2: {{title: "Duty rosters", {due}}}'
    return f'  d{n}: {{problem: "Late visits", strategies: {{S1: "Go out"}}, activities: {{{plan}}}}}'


def figures(taken: list[float], seconds: float) -> dict[str, float]:
    """Return the figures of a run from what each turn took, in seconds."""
    ordered = sorted(taken)
    return {
        "turns_per_second": len(ordered) / seconds,
        "p50_ms": 1000 * ordered[len(ordered) // 2],
        "p99_ms": 1000 * ordered[int(len(ordered) * 0.99)],
        "longest_ms": 1000 * ordered[-1],
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
