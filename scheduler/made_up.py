"""A programme that nobody runs: districts in groups of three with people, plans and targets, the same for a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator

from storage.programme_file import sample_text

GROUP = 3  # districts that learn from each other
GROUPS_OF_ONE = 5  # district groups that one facilitator looks after
ZONES = ("Africa/Accra", "Africa/Cairo")  # one without summer time, one with
LANGUAGES = ("en", "sw", "es")
REPORTED = (("ANC1", "ABS", "YAW", "MD"), ("ANC1", "ANC4", "SBA", "MD"), ("ABS", "TBN", "STO"))
FIRST_MONTH = "2026-01"


def made_up_programme(districts: int, seed: int, groups_of_one: int = GROUPS_OF_ONE) -> str:
    """Return the programme file of so many districts; its indicators are those of the sample.

    `groups_of_one` is how many district groups each facilitator looks after.
    """
    dice = random.Random(f"programme:{seed}")
    sample = sample_text()
    indicators = sample[sample.index("\nindicators:") : sample.index("\ngroups:")]
    lines = (*_head(), *_places(districts), *_people(districts, groups_of_one), *_plans(districts, dice))
    return "\n".join(lines) + "\n" + indicators


def phone(number: int) -> str:
    """Return a number for a made-up person; none of these is in use."""
    return f"+23320{number:07d}"


def _head() -> Iterator[str]:
    yield f'programme: {{name: "Made up", country: "GH", timezone: "{ZONES[0]}", starts: "{FIRST_MONTH}",'
    yield f"  languages: [{', '.join(LANGUAGES)}]}}"
    yield "reminders:"
    for step, day, at in (("prompt", 1, "14:00"), ("nudge", 3, "14:00"), ("nudge", 5, "14:00")):
        yield f'  - {{step: {step}, working_day: {day}, at: "{at}"}}'
    yield '  - {step: nudge, working_day: 2, at: "14:00", first_months: 2}'
    yield '  - {step: late_list, working_day: 6, at: "08:00"}'
    yield '  - {step: overdue, working_day: 9, at: "09:00"}'


def _places(districts: int) -> Iterator[str]:
    yield "groups:"
    for first in range(0, districts, GROUP):
        names = ", ".join(f"d{n}" for n in range(first, min(first + GROUP, districts)))
        size = "" if first + GROUP <= districts else f", group_size: {districts - first}"
        yield f'  g{first // GROUP}: {{name: "Group {first // GROUP}", districts: [{names}]{size}}}'
    yield "districts:"
    for n in range(districts):
        codes = REPORTED[n % len(REPORTED)]
        target = "ABS: {baseline: 25, value: 10" if "ABS" in codes else "ANC1: {baseline: 60, value: 85"
        yield f'  d{n}: {{name: "District {n}", indicators: [{", ".join(codes)}],'
        yield f'    targets: {{{target}, by: "2028-12"}}}}}}'


def _people(districts: int, groups_of_one: int) -> Iterator[str]:
    yield "people:"
    for n in range(districts):
        group = n // GROUP
        about = f'district: d{n}, language: "{LANGUAGES[group % 3]}", timezone: "{ZONES[group % 2]}"'
        yield f'  a{n}: {{name: "First {n}", role: focal, {about}, phone: "{phone(10 * n + 1)}"}}'
        yield f'  b{n}: {{name: "Second {n}", role: focal, deputy: true, {about}, telegram: {500000 + n}}}'
        if n % 2:
            yield f'  p{n}: {{name: "Partner {n}", role: partner, {about}, phone: "{phone(10 * n + 2)}"}}'
    groups = -(-districts // GROUP)
    for n, first in enumerate(range(0, groups, groups_of_one)):
        theirs = ", ".join(f"g{g}" for g in range(first, min(first + groups_of_one, groups)))
        yield f'  f{n}: {{name: "Facilitator {n}", role: facilitator, groups: [{theirs}], language: "en",'
        yield f'    phone: "{phone(9_000_000 + n)}"}}'
    for n in range(2):
        yield f'  m{n}: {{name: "Manager {n}", role: manager, language: "en", phone: "{phone(9_100_000 + n)}"}}'
    for n, role in enumerate(("facilitator", "manager")):  # of one group, who read on Telegram what is long
        yield f'  t{n}: {{name: "Reader {n}", role: {role}, groups: [g0], language: "en", telegram: {600000 + n}}}'


def _plans(districts: int, dice: random.Random) -> Iterator[str]:
    yield "workplans:"
    for n in range(districts):
        yield f'  d{n}: {{problem: "Staff are often absent", strategies: {{S1: "Supervise with a purpose"}},'
        yield "    activities: {"
        for key in (1, 2, 3):
            owner = f"p{n}" if n % 2 and key == 3 else f"a{n}"
            due = f"{2026 + key - 1}-{dice.randint(3, 12):02d}-15"
            end = "}}" if key == 3 else ","
            yield f'    P{key}: {{title: "Activity {key}", strategy: S1, owner: {owner}, due: "{due}"}}{end}'
