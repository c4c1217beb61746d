"""From a checked programme file to the values that the rest of the software works with."""

from __future__ import annotations

from datetime import timedelta

from domain.costs import Price
from domain.indicators import Direction, Indicator, Target
from domain.lexicon import THEMES
from domain.people import Urn
from domain.programme import (
    LATENESS,
    AlertLadder,
    DigestTime,
    District,
    Group,
    Lateness,
    Person,
    Programme,
    QuietHours,
    Rung,
    Service,
)
from domain.workplans import Activity, Strategy, Workplan
from storage.programme_file.sections import (
    About,
    DistrictEntry,
    IndicatorEntry,
    PersonEntry,
    PriceEntry,
    ProgrammeFile,
    TargetEntry,
    WorkplanEntry,
)
from storage.programme_file.timings import WEEKDAYS, LateEntry

SCHEME_OF = {"sms": "tel", "telegram": "telegram", "whatsapp": "whatsapp"}


def build(file: ProgrammeFile, about: About) -> Programme:
    """Return the programme of a file that has passed every check."""
    group_of = {district: code for code, group in file.groups.items() for district in group.districts}
    return Programme(
        name=about.name,
        country=about.country,
        timezone=about.timezone,
        languages=about.languages,
        starts=about.starts,
        groups={code: Group(code, group.name, group.districts) for code, group in file.groups.items()},
        districts={code: _district(code, entry, group_of[code], file, about) for code, entry in file.districts.items()},
        indicators={code: _indicator(code, entry, about) for code, entry in file.indicators.items()},
        workplans={district: _workplan(district, entry) for district, entry in file.workplans.items()},
        people=tuple(_person(key, entry, about) for key, entry in file.people.items()),
        ladder=tuple(Rung(**dict(rung)) for rung in file.reminders),
        alerts=AlertLadder(**dict(file.alerts)),
        quiet=QuietHours(**dict(file.quiet_hours)),
        digest=DigestTime(WEEKDAYS.index(file.digest.weekday) + 1, file.digest.at),
        due_working_day=about.due_working_day,
        fiscal_year_starts=about.fiscal_year_starts,
        services={code: Service(code, entry.name, entry.district) for code, entry in file.services.items()},
        history=file.history,
        prices=tuple(_price(entry) for entry in file.prices),
        themes=file.themes or THEMES,
        lateness={kind: _lateness(getattr(file.lateness, kind), usual) for kind, usual in LATENESS.items()},
    )


def _lateness(entry: LateEntry, usual: Lateness) -> Lateness:
    grace = usual.grace if entry.grace_hours is None else timedelta(hours=entry.grace_hours)
    return Lateness(entry.when_late, grace)


def _indicator(code: str, entry: IndicatorEntry, about: About) -> Indicator:
    return Indicator(code=code, year_starts=about.fiscal_year_starts, **dict(entry))


def _district(code: str, entry: DistrictEntry, group: str, file: ProgrammeFile, about: About) -> District:
    targets = {
        key: _target(key, target, file.indicators[key].direction, about) for key, target in entry.targets.items()
    }
    return District(code, entry.name, group, entry.indicators, targets)


def _target(code: str, entry: TargetEntry, direction: Direction, about: About) -> Target:
    return Target(
        code=code,
        baseline=entry.baseline,
        value=entry.value,
        starts=entry.starts or about.starts,
        by=entry.by,
        direction=entry.direction or direction,
    )


def _person(key: str, entry: PersonEntry, about: About) -> Person:
    addresses = [Urn("tel", entry.phone)] if entry.phone else []
    addresses += [Urn("telegram", str(entry.telegram))] if entry.telegram else []
    addresses += [Urn("whatsapp", entry.whatsapp)] if entry.whatsapp else []
    wanted = SCHEME_OF[entry.prefers] if entry.prefers else next((urn.scheme for urn in addresses), "tel")
    mail = [Urn("mailto", entry.email)] if entry.email else []
    return Person(
        key=key,
        name=entry.name,
        role=entry.role,
        language=entry.language,
        timezone=entry.timezone or about.timezone,
        addresses=tuple(str(urn) for urn in (*sorted(addresses, key=lambda urn: urn.scheme != wanted), *mail)),
        preferred=wanted,
        district=entry.district,
        groups=entry.groups,
        join_code=entry.join_code,
        hour=entry.hour,
        deputy=entry.deputy,
    )


def _price(entry: PriceEntry) -> Price:
    return Price(entry.since, entry.out, entry.currency, entry.prefix, entry.received, entry.channel)


def _workplan(district: str, entry: WorkplanEntry) -> Workplan:
    return Workplan(
        district=district,
        problem=entry.problem,
        strategies=tuple(Strategy(key, title) for key, title in entry.strategies.items()),
        activities=tuple(
            Activity(
                district=district,
                key=key,
                title=activity.title,
                short=activity.short,
                strategy=activity.strategy,
                owner=activity.owner,
                due_on=activity.due,
            )
            for key, activity in entry.activities.items()
        ),
    )
