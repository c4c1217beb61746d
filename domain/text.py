"""A message that is still to be put into somebody's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Text:
    """A catalogue entry with what fills its gaps; `bot.render` makes words of it.

    `msgid` is the English text with `{name}` gaps. A parameter may be a string (a person's own words, kept exactly),
    a number, a date or datetime, a `ReportingPeriod`, a `Measure`, another `Text`, or a tuple of these (a list).
    `plural` and `count` choose between two forms by the rules of the reader's language.
    """

    msgid: str
    params: Mapping[str, Any] = field(default_factory=dict)
    plural: str | None = None
    count: int | None = None


def _(msgid: str, **params: Any) -> Text:
    """Return a text to translate; Babel collects its first argument into the catalogues."""
    return Text(msgid, params)


def ngettext(msgid: str, plural: str, n: int, **params: Any) -> Text:
    """Return a text with a singular and a plural form, chosen by `n`, which also fills `{n}`."""
    return Text(msgid, {"n": n, **params}, plural, n)


def plain(template: str, **params: Any) -> Text:
    """Return a composition with nothing to translate in it, such as `{code} {measure}`; not collected."""
    return Text(template, params)


def clipped(words: str, longest: int) -> str:
    """Return the first words that fit into `longest` characters; a copy for a short message, never what is kept."""
    words = " ".join(words.split())
    if len(words) <= longest:
        return words
    head, space, _rest = words[: longest + 1].rpartition(" ")
    return head if space else words[:longest]
