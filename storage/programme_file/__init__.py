"""The programme file: text in, a consistent programme out, or every mistake in it with its line and an example."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources

from domain.programme import Programme
from storage.programme_file.build import build
from storage.programme_file.checks import contradictions
from storage.programme_file.draft import draft
from storage.programme_file.reading import Finding, Path, Reading, read_yaml
from storage.programme_file.sections import example_at
from storage.programme_file.surprises import surprises

EMPTY_NAME = '""'
NUMBERED = ("reminders", "prices")  # lists whose rows are told by their number


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
    sound, misfits = draft(reading.value)
    # Where nothing could be read, every section would be called missing as well.
    findings = [*reading.findings, *misfits, *(contradictions(sound) if reading.value else ())]
    if findings or sound.about is None:
        raise ProgrammeError(_problems(findings, reading, name))
    return build(sound.file, sound.about)


def warnings(text: str, name: str = "programme.yaml") -> tuple[Problem, ...]:
    """Return what works in a programme file and may yet surprise, such as a code that is also a month."""
    reading = read_yaml(text)
    sound, _ = draft(reading.value)
    return tuple(_problems(surprises(sound), reading, name))


def sample_text() -> str:
    """Return the sample programme file that comes with the software."""
    return resources.files("storage.sample").joinpath("programme.yaml").read_text(encoding="utf-8")


def _problems(findings: Iterable[Finding], reading: Reading, name: str) -> list[Problem]:
    problems = {
        Problem(
            name,
            finding.line or reading.line_of(finding.at),
            f"{_place(finding.at)}: {finding.what}" if finding.at else finding.what,
            finding.example or example_at(finding.at),
        )
        for finding in findings
    }
    return sorted(problems, key=lambda problem: (problem.line, problem.what))


def _place(at: Path) -> str:
    """Return a path as people read it: `people.ama.phone`, and `reminders[2].at` for the second reminder."""
    in_short_list = isinstance(at[-1], int) and at[0] not in NUMBERED
    parts = at[:-1] if in_short_list else at
    return "".join(
        f"[{part + 1}]" if isinstance(part, int) else f".{part or EMPTY_NAME}" for part in parts
    ).removeprefix(".")
