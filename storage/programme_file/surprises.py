"""What works in a programme file and may yet surprise; an administrator is told, and decides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import time

from rapidfuzz.distance import OSA

from domain.text import clipped
from domain.workplans import SHORT_TITLE
from storage.programme_file.draft import Draft
from storage.programme_file.reading import Finding
from storage.programme_file.timings import QuietEntry

# What a month may be called in a message, in the four shipped languages.
MONTHS = frozenset(
    {"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "SEPT", "OCT", "NOV", "DEC", "MARCH", "APRIL"}
    | {"JUNE", "JULY", "MACHI", "MEI", "JUNI", "JULAI", "AGO", "OKT", "DES", "ENE", "ENERO", "MARZO", "ABR", "ABRIL"}
    | {"MAYO", "JUNIO", "JULIO", "DIC", "JANV", "FEV", "FEVR", "MARS", "AVR", "AVRIL", "MAI", "JUIN", "JUIL", "AOUT"}
)
PLAN_WORDS = frozenset({"DROP", "DONE", "STUCK"})
SHORT = 'short: "Visits"'


def surprises(draft: Draft) -> Iterator[Finding]:
    """Yield what does not keep a programme from starting."""
    for look in SURPRISES:
        yield from look(draft)


def _group_sizes(draft: Draft) -> Iterator[Finding]:
    for code, group in draft.file.groups.items():
        if len(group.districts) != group.group_size:
            what = f"are {len(group.districts)}, not {group.group_size}; say so if that is meant"
            yield Finding(("groups", code, "districts"), what, example=f"group_size: {len(group.districts)}")


def _risky_codes(draft: Draft) -> Iterator[Finding]:
    for code in draft.file.indicators:
        if risk := _risk(code):
            other = next(name for name in (f"{code[:4]}1", f"N{code[:4]}") if not _risk(name))
            what = f'"{code}" {risk}, so people may be asked what they mean; another code avoids it'
            yield Finding(("indicators", code), what, example=f"{other}:")


def _risk(code: str) -> str | None:
    if code in MONTHS:
        return "is also a month"
    if code in PLAN_WORDS:
        return "is also a word of the action plan"
    return "is one slip from STOP, which ends all messages" if OSA.distance(code, "STOP") == 1 else None


def _translations(draft: Draft) -> Iterator[Finding]:
    indicators = draft.file.indicators
    named = {language for indicator in indicators.values() for language in indicator.names}
    languages = draft.about.languages if draft.about else ()
    if indicators and (nameless := [language for language in languages if language not in named]):
        what = f"no indicator has a name in {', '.join(nameless)}; the English ones will be shown"
        yield Finding(("programme", "languages"), what)
    for code, indicator in indicators.items():
        if missing := [language for language in languages if language in named - {*indicator.names}]:
            what = f"has no name in {', '.join(missing)}; the English one will be shown"
            yield Finding(("indicators", code, "names"), what)


def _idle_targets(draft: Draft) -> Iterator[Finding]:
    for district, entry in draft.file.districts.items():
        for code in entry.targets:
            if code not in entry.indicators:
                what = f'"{code}" is not among what this district reports, so nothing is measured against it'
                yield Finding(("districts", district, "targets", code), what, example=f"indicators: [{code}]")


def _long_titles(draft: Draft) -> Iterator[Finding]:
    for district, plan in draft.file.workplans.items():
        for key, activity in plan.activities.items():
            if activity.short is None and len(activity.title) > SHORT_TITLE:
                at = ("workplans", district, "activities", key, "title")
                cut = clipped(activity.title, SHORT_TITLE)
                yield Finding(at, f'is shown as "{cut}" in lists by SMS; a short title would say more', example=SHORT)


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


def _unpriced_numbers(draft: Draft) -> Iterator[Finding]:
    prefixes = tuple(price.prefix for price in draft.file.prices if price.channel == "sms")
    for key, person in draft.file.people.items():
        if prefixes and person.phone and not person.phone.startswith(prefixes):
            what = f'"{person.phone}" begins with no prefix of the price table, so what it costs is not counted'
            yield Finding(("people", key, "phone"), what, example=f'prefix: "{person.phone[:4]}"')


SURPRISES: tuple[Callable[[Draft], Iterator[Finding]], ...] = (
    _group_sizes,
    _risky_codes,
    _translations,
    _idle_targets,
    _long_titles,
    _held_reminders,
    _unpriced_numbers,
)
