"""What must agree between the sections of a programme file: one function a rule, all of them in `CHECKS`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from storage.programme_file import check_people, check_prices, check_timing, check_values
from storage.programme_file.draft import Draft
from storage.programme_file.reading import Finding

Check = Callable[[Draft], Iterator[Finding]]

REQUIRED = ("programme", "indicators", "groups", "districts", "people")


def contradictions(draft: Draft) -> Iterator[Finding]:
    """Yield everything in the file that contradicts itself."""
    for check in CHECKS:
        yield from check(draft)


def _sections(draft: Draft) -> Iterator[Finding]:
    for section in REQUIRED:
        if section not in draft.written:
            yield Finding((section,), "is missing")


def _groups(draft: Draft) -> Iterator[Finding]:
    for code, group in draft.file.groups.items():
        for index, district in enumerate(group.districts):
            if district not in draft.names("districts"):
                yield Finding(("groups", code, "districts", index), f'"{district}" is not a district of this programme')


def _membership(draft: Draft) -> Iterator[Finding]:
    if not draft.whole("groups"):
        return
    places = Counter(district for group in draft.file.groups.values() for district in group.districts)
    for district in draft.names("districts"):
        if places[district] != 1:
            what = "is in more than one place among the groups" if places[district] else "is in no district group"
            example = f'groups: {{group1: {{name: "District group 1", districts: [{district}, …]}}}}'
            yield Finding(("districts", district), what, example=example)


def _districts(draft: Draft) -> Iterator[Finding]:
    for district, entry in draft.file.districts.items():
        for index, code in enumerate(entry.indicators):
            at = ("districts", district, "indicators", index)
            if problem := check_values.not_reportable(draft, code):
                yield Finding(at, problem)
            elif code in entry.indicators[:index]:
                yield Finding(at, f'"{code}" is listed twice')


def _workplans(draft: Draft) -> Iterator[Finding]:
    for district, plan in draft.file.workplans.items():
        at = ("workplans", district)
        if district not in draft.names("districts"):
            yield Finding(at, f'"{district}" is not a district of this programme')
        for key, activity in plan.activities.items():
            if activity.strategy not in plan.strategies:
                what = f'"{activity.strategy}" is not a strategy of this workplan'
                example = f"strategy: {next(iter(plan.strategies))}"
                yield Finding((*at, "activities", key, "strategy"), what, example=example)
            if activity.owner not in draft.names("people"):
                what = f'"{activity.owner}" is not a person of this programme'
                yield Finding((*at, "activities", key, "owner"), what)


def _services(draft: Draft) -> Iterator[Finding]:
    for code, service in draft.file.services.items():
        if service.district not in draft.names("districts"):
            what = f'"{service.district}" is not a district of this programme'
            yield Finding(("services", code, "district"), what)


CHECKS: tuple[Check, ...] = (
    _sections,
    check_values.indicators,
    _groups,
    _membership,
    _districts,
    check_values.targets,
    check_people.languages,
    check_people.places,
    check_people.deputies,
    check_people.hours,
    check_people.addresses,
    check_people.own_addresses,
    check_people.posts,
    _workplans,
    _services,
    check_timing.reminders,
    check_timing.deadline,
    check_timing.alerts,
    check_values.history,
    check_prices.currency,
    check_prices.repeats,
)
