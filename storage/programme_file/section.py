"""What a section of a programme file is: strict settings, each with one right example."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo


@dataclass(frozen=True, slots=True)
class Eg:
    """One right way to write a setting, shown with every mistake in it."""

    text: str


class Section(BaseModel):
    """Strict: a number is not a text, and a setting that nobody knows is a mistake."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


def settings_of(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Return the settings of a section by the names that the file gives them."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the section that a type holds, itself or somewhere inside it, or None."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for part in get_args(annotation) if (model := model_in(part))), None)
