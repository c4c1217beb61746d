"""What must agree between the sections of a programme file, one check a rule, all in `CHECKS`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import time

from domain.indicators import Entry
from domain.measures import BASES, Unit
from domain.people import REPORTERS, Role
from storage.programme_schema import IndicatorEntry, PersonEntry, ProgrammeFile, QuietEntry, Range, RungEntry
from storage.programme_yaml import Finding

REQUIRED = ("programme", "indicators", "groups", "districts", "people")
ENTRIES_OF_UNIT: Mapping[Unit, tuple[Entry, ...]] = {
    Unit.PERCENT: (Entry.RATIO, Entry.PERCENT, Entry.DERIVED),
    Unit.RATE: (Entry.RATE, Entry.RATIO, Entry.DERIVED),
    Unit.COUNT: (Entry.COUNT, Entry.DERIVED),
    Unit.YES_NO: (Entry.YES_NO, Entry.DERIVED),
}
NUMBER = r"-?\d+(\.\d+)?"
RATIO = r"\d+/\d+"
RAW_FORMS: Mapping[Entry, tuple[str, str]] = {
    Entry.RATIO: (f"{RATIO}|{NUMBER}", "two counts like 412/615, or a percentage like 67"),
    Entry.PERCENT: (NUMBER, "a percentage like 67"),
    Entry.COUNT: (r"\d+", "a count like 12"),
    Entry.RATE: (f"{RATIO}|{NUMBER}", "a rate like 12.5, or two counts like 3/240"),
    Entry.YES_NO: ("yes|no", "yes or no"),
}
# What a month may be called in a message, in the four shipped languages.
MONTHS = frozenset(
    {"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "SEPT", "OCT", "NOV", "DEC", "MARCH", "APRIL"}
    | {"JUNE", "JULY", "MACHI", "MEI", "JUNI", "JULAI", "AGO", "OKT", "DES", "ENE", "ENERO", "MARZO", "ABR", "ABRIL"}
    | {"MAYO", "JUNIO", "JULIO", "DIC", "JANV", "FEV", "FEVR", "MARS", "AVR", "AVRIL", "MAI", "JUIN", "JUIL", "AOUT"}
)
PLAN_WORDS = frozenset({"DROP", "DONE", "STUCK", "LATE"})


@dataclass(frozen=True, slots=True)
class Draft:
    """A file whose parts are well formed. `written` holds the entry names of each section, also of spoilt entries."""

    file: ProgrammeFile
    written: Mapping[str, frozenset[str]]

    def whole(self, section: str) -> bool:
        """Whether no entry of the section had to be left out."""
        return len(getattr(self.file, section)) == len(self.written.get(section, ()))


Check = Callable[[Draft], Iterator[Finding]]


def check_all(draft: Draft) -> Iterator[Finding]:
    """Yield everything in the file that contradicts itself."""
    for check in CHECKS:
        yield from check(draft)


def warn_all(draft: Draft) -> Iterator[Finding]:
    """Yield what works and may yet surprise: it does not keep a programme from starting."""
    for check in WARNINGS:
        yield from check(draft)


def _sections(draft: Draft) -> Iterator[Finding]:
    for section in REQUIRED:
        if section not in draft.written:
            yield Finding((section,), "is missing")
        elif section != "programme" and not draft.written[section]:
            yield Finding((section,), "is empty")


def _indicators(draft: Draft) -> Iterator[Finding]:
    for code, entry in draft.file.indicators.items():
        at = ("indicators", code)
        if "en" not in entry.names:
            yield Finding((*at, "names"), "has no English name (en), which stands in for missing ones")
        if entry.entry not in ENTRIES_OF_UNIT[entry.unit]:
            fitting = " or ".join(ENTRIES_OF_UNIT[entry.unit][:-1])
            yield Finding(
                (*at, "entry"), f'"{entry.entry}" does not go with unit {entry.unit}', None, f"entry: {fitting}"
            )
        yield from _ranges(code, entry)
        yield from _indicator_example(code, entry)


def _ranges(code: str, entry: IndicatorEntry) -> Iterator[Finding]:
    for name, (low, high) in (("hard", entry.hard), ("soft", entry.soft)):
        if low > high:
            yield Finding(("indicators", code, name), f"begins at {low:g} and ends lower, at {high:g}")
    if not entry.hard[0] <= entry.soft[0] <= entry.soft[1] <= entry.hard[1]:
        what = f"[{_span(entry.soft)}] is not inside the hard range [{_span(entry.hard)}]"
        yield Finding(("indicators", code, "soft"), what)


def _indicator_example(code: str, entry: IndicatorEntry) -> Iterator[Finding]:
    at = ("indicators", code, "example")
    if entry.entry is Entry.DERIVED:
        return
    if not entry.example:
        yield Finding(at, "is missing; it shows people how to answer")
    elif problem := value_problem(entry.example, entry):
        yield Finding(at, problem)


def _groups(draft: Draft) -> Iterator[Finding]:
    for code, group in draft.file.groups.items():
        for index, district in enumerate(group.districts):
            if district not in draft.written.get("districts", ()):
                yield Finding(("groups", code, "districts", index), f'"{district}" is not a district of this programme')
    if draft.whole("groups"):
        yield from _membership(draft)


def _membership(draft: Draft) -> Iterator[Finding]:
    count = Counter(district for group in draft.file.groups.values() for district in group.districts)
    for district in draft.file.districts:
        if count[district] != 1:
            what = "is in no district group" if count[district] == 0 else "is in more than one place in the groups"
            yield Finding(("districts", district), what, None, 'groups: {group1: {name: "Group 1", districts: [asuo]}}')


def _districts(draft: Draft) -> Iterator[Finding]:
    for district, entry in draft.file.districts.items():
        at = ("districts", district, "indicators")
        for index, code in enumerate(entry.indicators):
            if problem := _not_reportable(draft, code):
                yield Finding((*at, index), problem)
            elif code in entry.indicators[:index]:
                yield Finding((*at, index), f'"{code}" is listed twice')


def _not_reportable(draft: Draft, code: str) -> str | None:
    if code not in draft.written.get("indicators", ()):
        return f'"{code}" is not an indicator of this programme'
    known = draft.file.indicators.get(code)
    if known and known.entry is Entry.DERIVED:
        return f'"{code}" is worked out from other facts, so nobody can report it'
    return None


def _targets(draft: Draft) -> Iterator[Finding]:
    for district, entry in draft.file.districts.items():
        for code, target in entry.targets.items():
            at = ("districts", district, "targets", code)
            if code not in draft.written.get("indicators", ()):
                yield Finding(at, f'"{code}" is not an indicator of this programme')
                continue
            starts = target.starts or (draft.file.programme.starts if draft.file.programme else None)
            if starts and target.by <= starts:
                yield Finding((*at, "by"), f'"{target.by}" does not lie after the start, {starts}')
            yield from _target_in_range(at, draft.file.indicators.get(code), target.baseline, target.value)


def _target_in_range(
    at: tuple[str, ...], indicator: IndicatorEntry | None, baseline: float, value: float
) -> Iterator[Finding]:
    for name, number in (("baseline", baseline), ("value", value)):
        if indicator and not _within(number, indicator.hard):
            yield Finding((*at, name), f"{number:g} is outside the hard range [{_span(indicator.hard)}]")


def _people(draft: Draft) -> Iterator[Finding]:
    languages = draft.file.programme.languages if draft.file.programme else ()
    for key, person in draft.file.people.items():
        if languages and person.language not in languages:
            what = f'"{person.language}" is not a language of this programme ({", ".join(languages)})'
            yield Finding(("people", key, "language"), what, None, f'language: "{languages[0]}"')
        yield from _place(draft, key, person)
        yield from _addresses(key, person)


def _place(draft: Draft, key: str, person: PersonEntry) -> Iterator[Finding]:
    at = ("people", key)
    if person.role in REPORTERS and person.district is None:
        yield Finding((*at, "district"), f"is missing; a {person.role} person answers for one district")
    if person.role not in REPORTERS and person.district is not None:
        yield Finding((*at, "district"), f"is not for a {person.role}", None, "role: focal")
    if person.district is not None and person.district not in draft.written.get("districts", ()):
        yield Finding((*at, "district"), f'"{person.district}" is not a district of this programme')
    if person.role is Role.FACILITATOR and not person.groups:
        yield Finding((*at, "groups"), "is missing; a facilitator looks after at least one district group")
    if person.role in REPORTERS and person.groups:
        yield Finding((*at, "groups"), f"is not for a {person.role} person", None, "district: asuo")
    for index, group in enumerate(person.groups):
        if group not in draft.written.get("groups", ()):
            yield Finding((*at, "groups", index), f'"{group}" is not a district group of this programme')


def _addresses(key: str, person: PersonEntry) -> Iterator[Finding]:
    at = ("people", key)
    if person.phone is None and person.telegram is None and person.join_code is None:
        yield Finding(at, "has no phone, no telegram and no join_code", None, 'phone: "+233200000011"')
    if person.prefers == "sms" and person.phone is None and person.telegram is not None:
        yield Finding((*at, "prefers"), '"sms" needs a phone', None, "prefers: telegram")
    if person.prefers == "telegram" and person.telegram is None and person.phone is not None:
        yield Finding((*at, "prefers"), '"telegram" needs a telegram id', None, "prefers: sms")


def _unique_addresses(draft: Draft) -> Iterator[Finding]:
    for name in ("phone", "telegram", "join_code"):
        first: dict[object, str] = {}
        for key, person in draft.file.people.items():
            given = getattr(person, name)
            if given is not None and first.setdefault(given, key) != key:
                yield Finding(("people", key, name), f'"{given}" is also that of {first[given]}; each needs their own')


def _coverage(draft: Draft) -> Iterator[Finding]:
    people = draft.file.people.values()
    if not people or not draft.whole("people"):
        return
    answered = {person.district for person in people if person.role is Role.FOCAL}
    for district in draft.file.districts:
        if district not in answered:
            example = _person("focal", f"district: {district}")
            yield Finding(("districts", district), "has no focal point", None, example)
    helped = {group for person in people if person.role is Role.FACILITATOR for group in person.groups}
    for group in draft.file.groups:
        if group not in helped:
            example = _person("facilitator", f"groups: [{group}]")
            yield Finding(("groups", group), "has no facilitator", None, example)
    if not any(person.role is Role.MANAGER for person in people):
        yield Finding(("people",), "has no manager, who hears of what nobody solves", None, _person("manager"))


def _person(role: str, place: str = "") -> str:
    return ", ".join(filter(None, (f'ama: {{name: "Ama", role: {role}', place, 'language: "en", telegram: 700011}')))


def _workplans(draft: Draft) -> Iterator[Finding]:
    for district, plan in draft.file.workplans.items():
        at = ("workplans", district)
        if district not in draft.written.get("districts", ()):
            yield Finding(at, f'"{district}" is not a district of this programme')
        for key, activity in plan.activities.items():
            here = (*at, "activities", key)
            if activity.strategy not in plan.strategies:
                what = f'"{activity.strategy}" is not a strategy of this workplan'
                yield Finding((*here, "strategy"), what, None, f"strategy: {next(iter(plan.strategies), 'S1')}")
            if activity.owner not in draft.written.get("people", ()):
                yield Finding((*here, "owner"), f'"{activity.owner}" is not a person of this programme')


def _reminders(draft: Draft) -> Iterator[Finding]:
    rungs = draft.file.reminders
    prompt = min((rung.working_day for rung in rungs if rung.step == "prompt"), default=None)
    if prompt is None:
        yield Finding(("reminders",), "has no prompt, so nobody would be asked")
    seen: set[tuple[str, int]] = set()
    for index, rung in enumerate(rungs):
        at = ("reminders", index)
        if (rung.step, rung.working_day) in seen:
            yield Finding(at, f"is a second {rung.step} on working day {rung.working_day}", None, "working_day: 7")
        seen.add((rung.step, rung.working_day))
        yield from _rung_order(draft, index, rung, prompt)


def _rung_order(draft: Draft, index: int, rung: RungEntry, prompt: int | None) -> Iterator[Finding]:
    at = ("reminders", index, "working_day")
    due = draft.file.programme.due_working_day if draft.file.programme else 0
    if prompt is not None and rung.step != "prompt" and rung.working_day < prompt:
        yield Finding(at, f"{rung.working_day} comes before the prompt on working day {prompt}")
    if rung.step in ("late_list", "overdue") and rung.working_day <= due:
        what = f"{rung.working_day} is not after working day {due}, until which a report is in time"
        yield Finding(at, what, None, f"working_day: {due + 1}")


def _alerts(draft: Draft) -> Iterator[Finding]:
    steps = draft.file.alerts.steps
    for index, role in enumerate(steps):
        if role in REPORTERS:
            yield Finding(("alerts", "steps", index), f'"{role}" cannot own an alert; facilitators and managers can')
        elif role in steps[:index]:
            yield Finding(("alerts", "steps", index), f'"{role}" is listed twice')


def _history(draft: Draft) -> Iterator[Finding]:
    for district, by_code in draft.file.history.items():
        if district not in draft.written.get("districts", ()):
            yield Finding(("history", district), f'"{district}" is not a district of this programme')
        for code, values in by_code.items():
            if problem := _not_reportable(draft, code):
                yield Finding(("history", district, code), problem)
            elif code in draft.file.indicators:
                yield from _history_values(
                    ("history", district, code), {str(k): v for k, v in values.items()}, draft.file.indicators[code]
                )


def _history_values(at: tuple[str, ...], values: Mapping[str, str], indicator: IndicatorEntry) -> Iterator[Finding]:
    for period, raw in values.items():
        if raw != "NA" and (problem := value_problem(raw, indicator)):
            yield Finding((*at, period), problem, None, f'"{period}": "{indicator.example}"')


def value_problem(raw: str, indicator: IndicatorEntry) -> str | None:
    """Return what keeps `raw` from being a value of `indicator`, or None."""
    pattern, form = RAW_FORMS[indicator.entry]
    if not re.fullmatch(pattern, raw):
        return f'"{raw}" is not {form}'
    top, _, bottom = raw.partition("/")
    if bottom and int(bottom) == 0:
        return f'"{raw}" divides by 0'
    base = BASES.get(indicator.unit, 1)
    value = {"yes": 1.0, "no": 0.0}.get(raw) if top in ("yes", "no") else float(top)
    value = base * float(top) / int(bottom) if bottom else value
    if value is not None and not _within(value, indicator.hard):
        return f'"{raw}" is outside the hard range [{_span(indicator.hard)}]'
    return None


def _within(value: float, limits: Range) -> bool:
    return limits[0] <= value <= limits[1]


def _span(limits: Range) -> str:
    return f"{limits[0]:g}, {limits[1]:g}"


def _group_sizes(draft: Draft) -> Iterator[Finding]:
    for code, group in draft.file.groups.items():
        if len(group.districts) != group.group_size:
            what = f"has {len(group.districts)} and not {group.group_size}; say so if that is meant"
            yield Finding(("groups", code, "districts"), what, None, f"group_size: {len(group.districts)}")


def _risky_codes(draft: Draft) -> Iterator[Finding]:
    for code in draft.file.indicators:
        if code in MONTHS:
            yield _risky(code, "is also a month")
        if code in PLAN_WORDS:
            yield _risky(code, "is also a word of the action plan")
        if _one_edit(code, "STOP"):
            yield _risky(code, "is one slip from STOP, which ends all messages")


def _risky(code: str, why: str) -> Finding:
    return Finding(("indicators", code), f'"{code}" {why}; people will be asked what they mean', None, f"{code}X:")


def _one_edit(word: str, other: str) -> bool:
    return word != other and word in set(_edits(other)) | {other}


def _edits(word: str) -> Iterator[str]:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    for cut in range(len(word) + 1):
        head, tail = word[:cut], word[cut:]
        yield from (head + letter + tail for letter in letters)
        yield from (head + letter + tail[1:] for letter in letters if tail)
        yield head + tail[1:]
        yield head + tail[1:2] + tail[:1] + tail[2:]


def _translations(draft: Draft) -> Iterator[Finding]:
    languages = draft.file.programme.languages if draft.file.programme else ()
    for code, entry in draft.file.indicators.items():
        if missing := [language for language in languages if language not in entry.names]:
            what = f"has no name in {', '.join(missing)}; the English one will be shown"
            yield Finding(("indicators", code, "names"), what)


def _held_reminders(draft: Draft) -> Iterator[Finding]:
    quiet = draft.file.quiet_hours
    for index, rung in enumerate(draft.file.reminders):
        if _is_quiet(rung.at, quiet):
            what = f"{rung.at:%H:%M} lies in the quiet hours, so it waits until {quiet.ends:%H:%M}"
            yield Finding(("reminders", index, "at"), what)


def _is_quiet(hour: time, quiet: QuietEntry) -> bool:
    if quiet.starts <= quiet.ends:
        return quiet.starts <= hour < quiet.ends
    return hour >= quiet.starts or hour < quiet.ends


CHECKS: Iterable[Check] = (
    _sections,
    _indicators,
    _groups,
    _districts,
    _targets,
    _people,
    _unique_addresses,
    _coverage,
    _workplans,
    _reminders,
    _alerts,
    _history,
)

WARNINGS: Iterable[Check] = (_group_sizes, _risky_codes, _translations, _held_reminders)
