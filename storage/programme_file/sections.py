"""The sections of a programme file: the settings of each, and one right example of every setting."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field
from pydantic.fields import FieldInfo

from domain.indicators import Direction, Entry
from domain.measures import Unit
from domain.people import Role
from storage.programme_file.fields import (
    ActivityKey,
    Code,
    Country,
    Currency,
    Day,
    Email,
    Hour,
    JoinCode,
    Key,
    Language,
    Money,
    Month,
    Number,
    Phone,
    Prefix,
    Range,
    Raw,
    ServiceCode,
    ShortWords,
    TelegramId,
    ThemeWord,
    Title,
    Words,
    Zone,
)
from storage.programme_file.reading import Path
from storage.programme_file.section import Eg, Section, model_in, settings_of
from storage.programme_file.timings import (
    DEFAULT_REMINDERS,
    AlertsEntry,
    DigestEntry,
    LatenessEntry,
    QuietEntry,
    RungEntry,
)


class About(Section):
    """The programme as a whole."""

    name: Annotated[Words, Eg('name: "Sample district programme"')]
    country: Annotated[Country, Eg('country: "GH"')]
    timezone: Annotated[Zone, Eg('timezone: "Africa/Accra"')]
    starts: Annotated[Month, Eg('starts: "2026-01"')]
    languages: Annotated[tuple[Language, ...], Field(min_length=1), Eg('languages: ["en", "sw"]')] = ("en",)
    due_working_day: Annotated[int, Field(ge=1, le=20), Eg("due_working_day: 5")] = 5
    fiscal_year_starts: Annotated[int, Field(ge=1, le=12), Eg("fiscal_year_starts: 7")] = 1


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
    by: Annotated[dict[Literal["women", "men"], str], Eg("by: {women: ANCW, men: ANCM}")] = {}


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
    hour: Annotated[Hour | None, Eg('hour: "10:00"')] = None
    district: Annotated[str | None, Eg("district: asuo")] = None
    deputy: Annotated[bool, Eg("deputy: true")] = False
    groups: Annotated[tuple[str, ...], Eg("groups: [group1]")] = ()
    phone: Annotated[Phone | None, Eg('phone: "+233200000011"')] = None
    telegram: Annotated[TelegramId | None, Eg("telegram: 700011")] = None
    whatsapp: Annotated[Phone | None, Eg('whatsapp: "+233200000011"')] = None
    prefers: Annotated[Literal["sms", "telegram", "whatsapp"] | None, Eg("prefers: sms")] = None
    email: Annotated[Email | None, Eg('email: "efua@example.org"')] = None
    join_code: Annotated[JoinCode | None, Eg('join_code: "ASU-7F3Q"')] = None


class ActivityEntry(Section):
    """One activity of a workplan."""

    title: Annotated[Title, Eg('title: "Supervision visits"')]
    short: Annotated[ShortWords | None, Eg('short: "Visits"')] = None
    strategy: Annotated[str, Eg("strategy: S1")]
    owner: Annotated[str, Eg("owner: ama")]
    due: Annotated[Day, Eg('due: "2026-12-15"')]


class WorkplanEntry(Section):
    """What a district set out to do."""

    problem: Annotated[Words, Eg('problem: "Staff are often absent"')]
    strategies: Annotated[dict[str, Words], Field(min_length=1), Eg('strategies: {S1: "Supervise with a purpose"}')]
    activities: Annotated[
        dict[ActivityKey, ActivityEntry],
        Field(min_length=1),
        Eg('activities: {P1: {title: "Duty rosters", strategy: S1, owner: ama, due: "2026-12-15"}}'),
    ]


class ServiceEntry(Section):
    """A place that communities use and may rate."""

    name: Annotated[Words, Eg('name: "Asuo health centre"')]
    district: Annotated[str, Eg("district: asuo")]


class PriceEntry(Section):
    """What messages by a channel cost from a day on."""

    since: Annotated[Day, Field(alias="from"), Eg('from: "2026-01-01"')]
    channel: Annotated[Literal["sms", "whatsapp"], Eg("channel: sms")] = "sms"
    prefix: Annotated[Prefix, Eg('prefix: "+233"')] = ""
    out: Annotated[Money, Eg("out: 0.045")]
    received: Annotated[Money | None, Field(alias="in"), Eg("in: 0.0075")] = None
    currency: Annotated[Currency, Eg('currency: "USD"')]


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
    lateness: Annotated[LatenessEntry, Eg("lateness: {digest: {when_late: merge}}")] = LatenessEntry()
    indicators: Annotated[
        dict[Code, IndicatorEntry],
        Field(min_length=1),
        Eg(
            'indicators: {ABS: {names: {en: "Staff absent"}, unit: percent, entry: ratio, direction: lower, '
            'hard: [0, 100], soft: [5, 50], example: "10/84"}}'
        ),
    ] = {}
    groups: Annotated[
        dict[Key, GroupEntry],
        Field(min_length=1),
        Eg('groups: {group1: {name: "District group 1", districts: [asuo, bremu, kadewa]}}'),
    ] = {}
    districts: Annotated[
        dict[Key, DistrictEntry], Field(min_length=1), Eg('districts: {asuo: {name: "Asuo", indicators: [ANC1, ABS]}}')
    ] = {}
    people: Annotated[
        dict[Key, PersonEntry],
        Field(min_length=1),
        Eg('people: {ama: {name: "Ama", role: focal, district: asuo, language: "en", phone: "+233200000011"}}'),
    ] = {}
    workplans: Annotated[
        dict[str, WorkplanEntry],
        Eg(
            'workplans: {asuo: {problem: "Staff are often absent", strategies: {S1: "Supervise"}, '
            'activities: {P1: {title: "Visits", strategy: S1, owner: ama, due: "2026-12-15"}}}}'
        ),
    ] = {}
    services: Annotated[
        dict[ServiceCode, ServiceEntry], Eg('services: {ASUO-HC: {name: "Asuo health centre", district: asuo}}')
    ] = {}
    history: Annotated[
        dict[str, dict[str, dict[Month, Raw]]], Eg('history: {asuo: {ANC1: {"2026-09": "400/615"}}}')
    ] = {}
    prices: Annotated[
        tuple[PriceEntry, ...], Eg('prices: [{from: "2026-01-01", prefix: "+233", out: 0.045, currency: "USD"}]')
    ] = ()
    themes: Annotated[
        dict[Key, dict[Language, Annotated[tuple[ThemeWord, ...], Field(min_length=1)]]],
        Eg("themes: {fuel: {en: [fuel, petrol, transport], sw: [mafuta, gari]}}"),
    ] = {}


def example_at(at: Path) -> str:
    """Return the example of the innermost setting on the way to `at`."""
    return next((meta.text for field in reversed(_fields(at)) for meta in field.metadata if isinstance(meta, Eg)), "")


def settings_around(at: Path) -> tuple[str, ...]:
    """Return the names of the settings that may stand beside `at`."""
    models = [model for field in _fields(at[:-1]) if (model := model_in(field.annotation))]
    return tuple(settings_of(models[-1] if models else ProgrammeFile))


def _fields(at: Path) -> list[FieldInfo]:
    """Return the settings on the way to `at`; names of entries and places in a list are passed over."""
    model: type[BaseModel] = ProgrammeFile
    fields = []
    for part in at:
        if field := settings_of(model).get(str(part)):
            fields.append(field)
            model = model_in(field.annotation) or model
    return fields
