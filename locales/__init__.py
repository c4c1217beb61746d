"""Babel catalogues, one folder a language, read straight from their .po files when first used."""

from __future__ import annotations

import gettext
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from babel.messages.pofile import read_po

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The translations of one language."""

    language: str
    singular: dict[str, str]
    plural: dict[str, tuple[str, ...]]
    plural_form: Callable[[int], int]

    def gettext(self, msgid: str) -> str:
        """Return the translation, or the English where there is none."""
        return self.singular.get(msgid) or msgid

    def ngettext(self, msgid: str, plural: str, count: int) -> str:
        """Return the form that `count` takes in this language."""
        forms = self.plural.get(msgid, ())
        form = forms[self.plural_form(count)] if forms else ""
        return form or (msgid if count == 1 else plural)


def path(language: str) -> Path:
    """Return where a language's catalogue lies."""
    return HERE / language / "LC_MESSAGES" / "messages.po"


@lru_cache(maxsize=16)
def catalogue(language: str) -> Catalogue:
    """Return a language's catalogue; an empty one (English) when there is none."""
    if not path(language).exists():
        return Catalogue(language, {}, {}, lambda n: int(n != 1))
    with path(language).open("rb") as file:
        messages = read_po(file, locale=language)
    singular: dict[str, str] = {}
    plural: dict[str, tuple[str, ...]] = {}
    for message in messages:
        if not message.id or message.fuzzy:
            continue
        if isinstance(message.id, str):
            singular[message.id] = str(message.string or "")
        else:
            plural[message.id[0]] = tuple(str(form) for form in message.string or ())
    return Catalogue(language, singular, plural, gettext.c2py(messages.plural_expr))
