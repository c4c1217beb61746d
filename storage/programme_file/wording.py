"""What is wrong with a setting, in words that an administrator reads."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from storage.programme_file.reading import Finding, Path
from storage.programme_file.sections import example_at, settings_around

PHRASES: Mapping[str, str] = {
    "missing": "is missing",
    "too_short": "is empty",
    "too_long": "has too many entries",
    "string_too_short": "is empty",
    "int_type": "must be a whole number without quotes",
    "int_from_float": "must be a whole number without quotes",
    "float_type": "must be a number without quotes",
    "finite_number": "must be an ordinary number",
    "bool_type": "must be true or false",
    "string_type": "must be a text",
    "tuple_type": "must be a list in brackets",
    "dict_type": "must have settings of its own",
    "model_type": "must have settings of its own",
    "model_attributes_type": "must have settings of its own",
}


def misfit(error: Mapping[str, Any]) -> Finding:
    """Return one of pydantic's error details as a finding."""
    at: Path = tuple(part for part in error["loc"] if part != "[key]")
    if error["type"] == "extra_forbidden":
        return _unknown(at)
    return Finding(at, _what(error))


def _unknown(at: Path) -> Finding:
    known = settings_around(at)
    near = get_close_matches(str(at[-1]), known, n=1)
    if near:
        return Finding(at, f"is not a setting; {near[0]} is", example=example_at((*at[:-1], near[0])))
    return Finding(
        at, f"is not a setting; here stand {', '.join(known)}", example=example_at(at) or example_at(known[:1])
    )


def _what(error: Mapping[str, Any]) -> str:
    kind, given = error["type"], error["input"]
    if kind == "value_error":
        return str(error["ctx"]["error"])
    if given is None:
        return "is empty"
    if kind in ("enum", "literal_error"):
        choices = error["ctx"]["expected"].replace("'", "")
        return f"{_shown(given)} is not one of {choices}"
    if kind == "string_type" and isinstance(given, int | float):
        return f"was read as {_read_as(given)}; put it in quotes"
    phrase = PHRASES.get(kind) or error["msg"].removeprefix("Input ").replace("should", "must")
    return phrase if kind == "missing" or not _shown(given) else f"{_shown(given)} {phrase}"


def _read_as(given: float) -> str:
    return "true or false" if isinstance(given, bool) else f"the number {given}"


def _shown(given: object) -> str:
    return "" if isinstance(given, dict | list) or given == "" else f'"{given}"'
