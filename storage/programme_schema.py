"""The settings of a programme file, one class a section: what may stand there, and one right example of each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Annotated, Any, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, StringConstraints

from domain.indicators import Direction, Entry
from domain.measures import Unit
from domain.people import Role
from domain.periods import ReportingPeriod
from domain.programme import WhenLate
from storage.programme_yaml import Path

# Words that already mean something in a message; a code that is one of them could never be reported.
RESERVED = frozenset(
    {"STOP", "END", "QUIT", "START", "YES", "NO", "NA", "NONE", "OK", "HELP", "BACK", "SKIP", "PAUSE", "LATER"}
    | {"REP", "FIX", "UNDO", "DUE", "PLAN", "TREND", "LANG", "JOIN", "NOTE", "VISIT", "VLOG", "FLAGS", "HOLD", "LATE"}
    | {"NUDGE", "TELL", "PACK", "ACK", "CLOSE", "RAG", "BRIEF", "DHIS", "STEP", "RATE"}
)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _key(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", text):
        raise ValueError(f'"{text}" must be written in small letters, digits and -')
    return text


def _code(text: str) -> str:
    if not re.fullmatch(r"[A-Z][A-Z0-9]{1,4}", text):
        raise ValueError(f'"{text}" must be 2 to 5 capital letters or digits, a letter first')
    if text in RESERVED or re.fullmatch(r"P\d+", text):
        raise ValueError(f'"{text}" already means something in a message, so it cannot be an indicator')
    return text


def _activity(text: str) -> str:
    if not re.fullmatch(r"P[1-9]\d?", text):
        raise ValueError(f'"{text}" must be P and a number')
    return text


def _language(text: str) -> str:
    if not re.fullmatch(r"[a-z]{2,3}", text):
        raise ValueError(f'"{text}" is not a language code of two or three small letters')
    return text


def _country(text: str) -> str:
    if text not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError(f'"{text}" is not a country code of two capital letters')
    return text


def _zone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f'"{text}" is not a time zone; write continent and city') from None


def _month(value: object) -> ReportingPeriod:
    try:
        return ReportingPeriod.parse(str(value))
    except ValueError:
        raise ValueError(f'"{value}" is not a month, year first') from None


def _day(value: object) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f'"{value}" is not a day; write year-month-day') from None


def _hour(value: object) -> time:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", str(value)):
        raise ValueError(f'"{value}" is not a time of day from 00:00 to 23:59')
    return time.fromisoformat(str(value))


def _phone(text: str) -> str:
    try:
        number = phonenumbers.parse(text, None)
    except NumberParseException:
        raise ValueError(f'"{text}" is not an international phone number; begin with + and the country code') from None
    if not phonenumbers.is_valid_number(number):
        raise ValueError(f'"{text}" is not a phone number that exists')
    if phonenumbers.number_type(number) == PhoneNumberType.FIXED_LINE:
        raise ValueError(f'"{text}" is a fixed line, which cannot receive SMS')
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))


def _raw(value: object) -> object:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number else value


Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Key = Annotated[str, AfterValidator(_key)]
Code = Annotated[str, AfterValidator(_code)]
ActivityKey = Annotated[str, AfterValidator(_activity)]
Language = Annotated[str, AfterValidator(_language)]
Country = Annotated[str, AfterValidator(_country)]
Zone = Annotated[str, AfterValidator(_zone)]
Phone = Annotated[str, AfterValidator(_phone)]
JoinCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}-[A-Z0-9]{4}$")]
Month = Annotated[ReportingPeriod, PlainValidator(_month)]
Day = Annotated[date, PlainValidator(_day)]
Hour = Annotated[time, PlainValidator(_hour)]
Raw = Annotated[Words, BeforeValidator(_raw)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Range = tuple[Number, Number]


@dataclass(frozen=True, slots=True)
class Eg:
    """One right way to write a setting, shown with every mistake in it."""

    text: str


class Section(BaseModel):
    """Strict: a number is not a text, and a setting that nobody knows is a mistake."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class About(Section):
    """The programme as a whole."""

    name: Annotated[Words, Eg('name: "Sample district programme"')]
    country: Annotated[Country, Eg('country: "GH"')]
    timezone: Annotated[Zone, Eg('timezone: "Africa/Accra"')]
    languages: Annotated[tuple[Language, ...], Field(min_length=1), Eg('languages: ["en", "sw"]')]
    starts: Annotated[Month, Eg('starts: "2026-01"')]
    due_working_day: Annotated[int, Field(ge=1, le=20), Eg("due_working_day: 5")] = 5


class RungEntry(Section):
    """One step of the reminders."""

    step: Annotated[Literal["prompt", "nudge", "late_list", "overdue"], Eg("step: nudge")]
    working_day: Annotated[int, Field(ge=1, le=20), Eg("working_day: 3")]
    at: Annotated[Hour, Eg('at: "14:00"')]
    when_late: Annotated[WhenLate, Eg("when_late: skip")] = WhenLate.SEND
    grace_hours: Annotated[int, Field(ge=1, le=720), Eg("grace_hours: 48")] = 48


DEFAULT_REMINDERS = tuple(
    RungEntry.model_validate({"step": step, "working_day": day, "at": at})
    for step, day, at in (
        ("prompt", 1, "14:00"),
        ("nudge", 3, "14:00"),
        ("nudge", 5, "14:00"),
        ("late_list", 6, "08:00"),
        ("overdue", 9, "09:00"),
    )
)


class AlertsEntry(Section):
    """Who hears of an alert, and how long each has."""

    steps: Annotated[tuple[Role, ...], Field(min_length=1), Eg("steps: [facilitator, manager]")] = (
        Role.FACILITATOR,
        Role.MANAGER,
    )
    acknowledge_hours: Annotated[int, Field(ge=1, le=720), Eg("acknowledge_hours: 24")] = 24
    outcome_days: Annotated[int, Field(ge=1, le=90), Eg("outcome_days: 7")] = 7


class QuietEntry(Section):
    """Hours without unasked messages."""

    starts: Annotated[Hour, Eg('starts: "19:00"')] = time(19)
    ends: Annotated[Hour, Eg('ends: "07:00"')] = time(7)


class DigestEntry(Section):
    """When the weekly digest goes."""

    weekday: Annotated[
        Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"], Eg("weekday: monday")
    ] = "monday"
    at: Annotated[Hour, Eg('at: "08:00"')] = time(8)


class IndicatorEntry(Section):
    """One indicator."""

    names: Annotated[dict[Language, Words], Eg('names: {en: "First ANC visit coverage", sw: "Kliniki ya kwanza"}')]
    unit: Annotated[Unit, Eg("unit: percent")]
    entry: Annotated[Entry, Eg("entry: ratio")]
    direction: Annotated[Direction, Eg("direction: higher")]
    hard: Annotated[Range, Eg("hard: [0, 150]")]
    soft: Annotated[Range, Eg("soft: [30, 110]")]
    example: Annotated[Raw, Eg('example: "412/615"')] = ""
    alert_above: Annotated[Number | None, Eg("alert_above: 0")] = None
    slow: Annotated[bool, Eg("slow: true")] = False
    cumulative: Annotated[bool, Eg("cumulative: true")] = False
    pace: Annotated[bool, Eg("pace: true")] = False


class TargetEntry(Section):
    """Where a district wants one indicator to be."""

    baseline: Annotated[Number, Eg("baseline: 58")]
    value: Annotated[Number, Eg("value: 75")]
    by: Annotated[Month, Eg('by: "2027-06"')]
    starts: Annotated[Month | None, Eg('starts: "2026-01"')] = None
    direction: Annotated[Direction | None, Eg("direction: higher")] = None


class DistrictEntry(Section):
    """One district and what it reports."""

    name: Annotated[Words, Eg('name: "Asuo"')]
    indicators: Annotated[tuple[str, ...], Field(min_length=1), Eg("indicators: [ANC1, ABS]")]
    targets: Annotated[dict[str, TargetEntry], Eg('targets: {ANC1: {baseline: 58, value: 75, by: "2027-06"}}')] = {}


class GroupEntry(Section):
    """Neighbouring districts that learn from each other."""

    name: Annotated[Words, Eg('name: "District group 1"')]
    districts: Annotated[tuple[str, ...], Field(min_length=1), Eg("districts: [asuo, bremu, kadewa]")]
    group_size: Annotated[int, Field(ge=1, le=12), Eg("group_size: 2")] = 3


class PersonEntry(Section):
    """One person and how to reach them."""

    name: Annotated[Words, Eg('name: "Ama"')]
    role: Annotated[Role, Eg("role: focal")]
    language: Annotated[str, Eg('language: "en"')]
    timezone: Annotated[Zone | None, Eg('timezone: "Africa/Accra"')] = None
    district: Annotated[str | None, Eg("district: asuo")] = None
    groups: Annotated[tuple[str, ...], Eg("groups: [group1]")] = ()
    phone: Annotated[Phone | None, Eg('phone: "+233200000011"')] = None
    telegram: Annotated[int | None, Field(gt=0), Eg("telegram: 700011")] = None
    prefers: Annotated[Literal["sms", "telegram"] | None, Eg("prefers: sms")] = None
    join_code: Annotated[JoinCode | None, Eg('join_code: "ASU-7F3Q"')] = None


class ActivityEntry(Section):
    """One activity of a workplan."""

    title: Annotated[Words, Eg('title: "Supervision visits"')]
    strategy: Annotated[str, Eg("strategy: S1")]
    owner: Annotated[str, Eg("owner: ama")]
    due: Annotated[Day, Eg('due: "2026-12-15"')]


class WorkplanEntry(Section):
    """What a district set out to do."""

    problem: Annotated[Words, Eg('problem: "Staff are often absent"')]
    strategies: Annotated[dict[str, Words], Eg('strategies: {S1: "Supervise with a purpose"}')]
    activities: Annotated[
        dict[ActivityKey, ActivityEntry],
        Eg('activities: {P1: {title: "Duty rosters", strategy: S1, owner: ama, due: "2026-12-15"}}'),
    ]


class ProgrammeFile(Section):
    """The whole file. Sections are optional here, so that one missing section does not hide mistakes in another."""

    programme: Annotated[
        About | None,
        Eg(
            'programme: {name: "Sample", country: "GH", timezone: "Africa/Accra", languages: ["en"], starts: "2026-01"}'
        ),
    ] = None
    reminders: Annotated[
        tuple[RungEntry, ...], Field(min_length=1), Eg('reminders: [{step: prompt, working_day: 1, at: "14:00"}]')
    ] = DEFAULT_REMINDERS
    alerts: Annotated[AlertsEntry, Eg("alerts: {acknowledge_hours: 24}")] = AlertsEntry()
    quiet_hours: Annotated[QuietEntry, Eg('quiet_hours: {starts: "19:00", ends: "07:00"}')] = QuietEntry()
    digest: Annotated[DigestEntry, Eg('digest: {weekday: monday, at: "08:00"}')] = DigestEntry()
    indicators: Annotated[
        dict[Code, IndicatorEntry],
        Eg(
            'indicators: {ABS: {names: {en: "Staff absent"}, unit: percent, entry: ratio, direction: lower, '
            'hard: [0, 100], soft: [5, 50], example: "10/84"}}'
        ),
    ] = {}
    groups: Annotated[
        dict[Key, GroupEntry], Eg('groups: {group1: {name: "District group 1", districts: [asuo, bremu, kadewa]}}')
    ] = {}
    districts: Annotated[
        dict[Key, DistrictEntry], Eg('districts: {asuo: {name: "Asuo", indicators: [ANC1, ABS]}}')
    ] = {}
    people: Annotated[
        dict[Key, PersonEntry],
        Eg('people: {ama: {name: "Ama", role: focal, district: asuo, language: "en", phone: "+233200000011"}}'),
    ] = {}
    workplans: Annotated[
        dict[str, WorkplanEntry],
        Eg(
            'workplans: {asuo: {problem: "Staff are often absent", strategies: {S1: "Supervise"}, '
            'activities: {P1: {title: "Visits", strategy: S1, owner: ama, due: "2026-12-15"}}}}'
        ),
    ] = {}
    history: Annotated[
        dict[str, dict[str, dict[Month, Raw]]], Eg('history: {asuo: {ANC1: {"2026-09": "400/615"}}}')
    ] = {}


ENTRIES = frozenset({"indicators", "groups", "districts", "people", "workplans", "history"})


def example_at(at: Path) -> str:
    """Return the example of the innermost setting on the way to `at`."""
    model: type[BaseModel] = ProgrammeFile
    example = ""
    for part in at:
        field = model.model_fields.get(str(part))
        if field:
            example = next((meta.text for meta in field.metadata if isinstance(meta, Eg)), example)
            model = _model_in(field.annotation) or model
    return example


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for part in get_args(annotation) if (model := _model_in(part))), None)


def words(error: Mapping[str, Any]) -> str:
    """Return what is wrong in plain words, from one of pydantic's error details."""
    kind, given = error["type"], error["input"]
    if kind == "value_error":
        return str(error["ctx"]["error"])
    if given is None or kind in ("missing", "string_too_short"):
        return "is missing"
    if kind == "extra_forbidden":
        return "is not a setting known here"
    if kind in ("enum", "literal_error"):
        return f'"{given}" is not one of {error["ctx"]["expected"]}'
    if kind == "string_type" and isinstance(given, int | float):
        return f"was read as {_read_as(given)}; put it in quotes"
    if kind == "string_pattern_mismatch":
        return f'"{given}" is not written in the right way'
    return f"{_shown(given)} does not fit: {error['msg'].removeprefix('Input ')}"


def _read_as(given: float) -> str:
    return "yes or no" if isinstance(given, bool) else f"the number {given}"


def _shown(given: object) -> str:
    if isinstance(given, dict | list):
        return "a list" if isinstance(given, list) else "a group of settings"
    return f'"{given}"'
