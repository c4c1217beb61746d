"""The programme file: text in, a consistent programme out, or every mistake in it with its line and an example."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from pydantic import ValidationError

from domain.indicators import Indicator, Target
from domain.people import Urn
from domain.periods import ReportingPeriod
from domain.programme import AlertLadder, DigestTime, District, Group, Person, Programme, QuietHours, Rung
from domain.workplans import Activity, Strategy, Workplan
from storage.programme_checks import Draft, check_all, warn_all
from storage.programme_schema import (
    ENTRIES,
    WEEKDAYS,
    About,
    DistrictEntry,
    IndicatorEntry,
    PersonEntry,
    ProgrammeFile,
    WorkplanEntry,
    example_at,
    words,
)
from storage.programme_yaml import Finding, Path, Reading, read_yaml

SCHEME_OF = {"sms": "tel", "telegram": "telegram"}


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: where it stands, what is wrong, and one right way to write it."""

    file: str
    line: int
    what: str
    example: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}. Example: {self.example}"


class ProgrammeError(Exception):
    """A programme file that cannot be used, with all its mistakes in the order of their lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def parse_programme(text: str, name: str = "programme.yaml") -> Programme:
    """Return the programme that `text` describes. Raises ProgrammeError naming every mistake; `name` is shown in it."""
    reading = read_yaml(text)
    draft, misfits = _draft(reading)
    findings = [*reading.findings, *misfits]
    # Where nothing could be read, every section would be called missing as well.
    findings += check_all(draft) if reading.value else ()
    if findings:
        raise ProgrammeError(_problems(findings, reading, name))
    return _programme(draft.file)


def warnings(text: str, name: str = "programme.yaml") -> tuple[Problem, ...]:
    """Return what works in a programme file and may yet surprise, such as a code that is also a month."""
    reading = read_yaml(text)
    draft, _ = _draft(reading)
    return tuple(_problems(warn_all(draft), reading, name))


def sample_text() -> str:
    """Return the sample programme file that comes with the software."""
    return resources.files("storage.sample").joinpath("programme.yaml").read_text(encoding="utf-8")


def _draft(reading: Reading) -> tuple[Draft, list[Finding]]:
    """Return the well-formed parts of what was read, and what is ill-formed in the rest."""
    value = reading.value
    written = {name: frozenset(part) if isinstance(part, dict) else frozenset() for name, part in value.items()}
    try:
        return Draft(ProgrammeFile.model_validate_json(json.dumps(value)), written), []
    except ValidationError as error:
        misfits = [Finding(_path(detail["loc"]), words(detail)) for detail in error.errors()]
    sound = ProgrammeFile.model_validate_json(json.dumps(_without(value, [finding.at for finding in misfits])))
    return Draft(sound, written), misfits


def _path(loc: Path) -> Path:
    return tuple(part for part in loc if part != "[key]")


def _without(value: Mapping[str, Any], spoilt: Iterable[Path]) -> dict[str, Any]:
    """Return `value` without each spoilt entry, or the whole section where it has no entries."""
    left = {name: dict(part) if isinstance(part, dict) else part for name, part in value.items()}
    for section, *entry in spoilt:
        if section in ENTRIES and entry and isinstance(left.get(section), dict):
            left[section].pop(entry[0], None)
        else:
            left.pop(str(section), None)
    return left


def _problems(findings: Iterable[Finding], reading: Reading, name: str) -> list[Problem]:
    problems = {
        Problem(
            name,
            finding.line or reading.line_of(finding.at),
            f"{_written(finding.at)}: {finding.what}" if finding.at else finding.what,
            finding.example or example_at(finding.at),
        )
        for finding in findings
    }
    return sorted(problems, key=lambda problem: (problem.line, problem.what))


def _written(at: Path) -> str:
    """Return a path as people read it: `people.ama.phone`, `reminders[2].at` for the second, lists by their name."""
    if at and isinstance(at[-1], int) and at[0] != "reminders":
        at = at[:-1]
    return "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in at).removeprefix(".")


def _programme(file: ProgrammeFile) -> Programme:
    about = file.programme
    assert about is not None  # the check of required sections has passed
    group_of = {district: code for code, group in file.groups.items() for district in group.districts}
    return Programme(
        name=about.name,
        country=about.country,
        timezone=about.timezone,
        languages=about.languages,
        starts=about.starts,
        groups={code: Group(code, group.name, group.districts) for code, group in file.groups.items()},
        districts={code: _district(code, entry, group_of[code], file) for code, entry in file.districts.items()},
        indicators={code: _indicator(code, entry) for code, entry in file.indicators.items()},
        workplans={district: _workplan(district, entry) for district, entry in file.workplans.items()},
        people=tuple(_person(key, entry, about) for key, entry in file.people.items()),
        ladder=tuple(Rung(**dict(rung)) for rung in file.reminders),
        alerts=AlertLadder(**dict(file.alerts)),
        quiet=QuietHours(**dict(file.quiet_hours)),
        digest=DigestTime(WEEKDAYS.index(file.digest.weekday) + 1, file.digest.at),
        due_working_day=about.due_working_day,
        history=file.history,
    )


def _indicator(code: str, entry: IndicatorEntry) -> Indicator:
    return Indicator(
        code=code,
        names=entry.names,
        unit=entry.unit,
        entry=entry.entry,
        direction=entry.direction,
        hard=entry.hard,
        soft=entry.soft,
        alert_above=entry.alert_above,
        slow=entry.slow,
        example=entry.example,
    )


def _district(code: str, entry: DistrictEntry, group: str, file: ProgrammeFile) -> District:
    starts = file.programme.starts if file.programme else ReportingPeriod(1, 1)
    targets = {
        key: Target(
            code=key,
            baseline=target.baseline,
            value=target.value,
            starts=target.starts or starts,
            by=target.by,
            direction=target.direction or file.indicators[key].direction,
        )
        for key, target in entry.targets.items()
    }
    return District(code, entry.name, group, entry.indicators, targets)


def _person(key: str, entry: PersonEntry, about: About) -> Person:
    addresses = [Urn("tel", entry.phone)] if entry.phone else []
    addresses += [Urn("telegram", str(entry.telegram))] if entry.telegram else []
    wanted = SCHEME_OF[entry.prefers] if entry.prefers else next((urn.scheme for urn in addresses), "tel")
    return Person(
        key=key,
        name=entry.name,
        role=entry.role,
        language=entry.language,
        timezone=entry.timezone or about.timezone,
        addresses=tuple(str(urn) for urn in sorted(addresses, key=lambda urn: urn.scheme != wanted)),
        preferred=wanted,
        district=entry.district,
        groups=entry.groups,
        join_code=entry.join_code,
    )


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
                strategy=activity.strategy,
                owner=activity.owner,
                due_on=activity.due,
            )
            for key, activity in entry.activities.items()
        ),
    )
