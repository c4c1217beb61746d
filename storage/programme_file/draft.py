"""A programme file on its way: the parts that are well formed, beside everything that is written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from storage.programme_file.reading import Finding, Path
from storage.programme_file.sections import About, ProgrammeFile
from storage.programme_file.wording import misfit

ENTRIES = frozenset({"indicators", "groups", "districts", "people", "workplans", "services", "history", "themes"})


@dataclass(frozen=True, slots=True)
class Draft:
    """`file` leaves out entries with a mistake in them; `written` has them all, so that one mistake is told once."""

    file: ProgrammeFile
    written: Mapping[str, Any]

    @property
    def about(self) -> About | None:
        """The section about the whole programme, where it is well formed."""
        return self.file.programme

    def names(self, section: str) -> Mapping[str, Any]:
        """Return the entries of a section as they are written, by name."""
        part = self.written.get(section)
        return part if isinstance(part, dict) else {}

    def whole(self, section: str) -> bool:
        """Whether no entry of the section had to be left out."""
        return len(getattr(self.file, section)) == len(self.names(section))


def draft(value: Mapping[str, Any]) -> tuple[Draft, list[Finding]]:
    """Return the well-formed parts of what was read, and what is ill-formed in the rest."""
    written = {section: part for section, part in value.items() if part is not None}
    # JSON, because pydantic's strictness there is that of a text file: a list is a tuple, a word is a choice.
    try:
        return Draft(ProgrammeFile.model_validate_json(json.dumps(written)), written), []
    except ValidationError as error:
        misfits = [misfit(detail) for detail in error.errors()]
    sound = _without(written, [finding.at for finding in misfits])
    return Draft(ProgrammeFile.model_validate_json(json.dumps(sound)), written), misfits


def _without(written: Mapping[str, Any], spoilt: Iterable[Path]) -> dict[str, Any]:
    """Return what is written without each spoilt entry, or without the section where it has no entries."""
    left = {section: dict(part) if isinstance(part, dict) else part for section, part in written.items()}
    for section, *entry in spoilt:
        if section in ENTRIES and entry and isinstance(left.get(section), dict):
            left[section].pop(entry[0], None)
            if left[section]:
                continue
        left.pop(str(section), None)
    return left
