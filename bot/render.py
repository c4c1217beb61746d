"""Texts into words: one language, one channel, one length."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_decimal

from bot import gsm7
from conversations.steps import YES_NO
from domain.measures import Measure, Unit
from domain.messages import Option, Say
from domain.periods import ReportingPeriod, local
from domain.text import Text, _
from locales import catalogue

LONGEST_TELEGRAM = 4096  # characters in one message
LONGEST_CAPTION = 1024
LONGEST_WHATSAPP = 1500  # characters; Twilio takes 1600, WhatsApp more


@dataclass(frozen=True, slots=True)
class Rendered:
    """One message part in words, with its buttons and what it costs in SMS segments (0 on other channels)."""

    text: str
    buttons: tuple[tuple[str, str], ...] = ()
    segments: int = 0


@dataclass(frozen=True, slots=True)
class Voice:
    """The language and time zone that words are made for."""

    language: str
    timezone: str

    def words(self, text: Text) -> str:
        """Return a text in this language, its gaps filled with dates, numbers and lists as people here write them."""
        found = catalogue(self.language)
        if text.plural is not None:
            template = found.ngettext(text.msgid, text.plural, text.count or 0)
        else:
            template = found.gettext(text.msgid)
        return _Filler(self).vformat(template, (), text.params)

    def shown(self, value: Any, spec: str = "") -> str:
        """Return a parameter in words."""
        match value:
            case Text():
                return self.words(value)
            case Measure():
                return self._measure(value)
            case ReportingPeriod():
                return self._date(value.first_day, "MMM" if spec == "month" else "MMM y")
            case datetime():
                here = local(value, self.timezone)
                return self.shown(here.date()) if spec == "day" else f"{here:%H:%M}"
            case date():
                return self._date(value, "d MMM" if spec == "short" else "EEE d MMM")
            case float():
                return self._number(value)
            case tuple() | list():
                return ", ".join(self.shown(item) for item in value)
        return str(value)

    def _measure(self, measure: Measure) -> str:
        if measure.unit is Unit.YES_NO:
            return self.words(_("Yes") if measure.value else _("No"))
        number = self._number(measure.value)
        return f"{number}%" if measure.unit is Unit.PERCENT else number

    def _number(self, value: float) -> str:
        return str(format_decimal(value, "0.#", self._locale))

    def _date(self, day: date, pattern: str) -> str:
        # French writes "sept." and "mer."; the points cost septets, and one ends the sentence too early.
        return format_date(day, pattern, self._locale).replace(".", "")

    @property
    def _locale(self) -> Locale:
        return locale_of(self.language)


@lru_cache(maxsize=16)
def locale_of(language: str) -> Locale:
    """Return how dates and numbers are written in a language; as in English where CLDR does not know it."""
    try:
        return Locale.parse(language)
    except UnknownLocaleError:
        return Locale("en")


class _Filler(string.Formatter):
    """Fills the gaps of a template through a voice."""

    def __init__(self, voice: Voice) -> None:
        self.voice = voice

    def get_value(self, key: int | str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        return kwargs[str(key)]

    def format_field(self, value: Any, format_spec: str) -> str:
        return self.voice.shown(value, format_spec)


def render(say: Say, voice: Voice, scheme: str) -> tuple[Rendered, ...]:
    """Return a message as the parts that a channel sends."""
    if scheme == "tel":
        return (_sms(say, voice),)
    return _whatsapp(say, voice) if scheme == "whatsapp" else _telegram(say, voice)


def _sms(say: Say, voice: Voice) -> Rendered:
    text = _in_one_line(say.lines, say, voice)
    if gsm7.segments(text) > 1:
        # The first of those that take the fewest segments: words are left out only where that saves one.
        text = min((text, *(_in_one_line(lines, say, voice) for lines in say.shorter)), key=gsm7.segments)
    for line in say.extra:
        longer = f"{text} {gsm7.fold(voice.words(line))}"
        if gsm7.segments(longer) == 1:
            text = longer
    return Rendered(text, (), gsm7.segments(text))


def _in_one_line(lines: tuple[Text, ...], say: Say, voice: Voice) -> str:
    text = " ".join(voice.words(line).strip() for line in lines)
    if say.options and say.numbered and say.options != YES_NO:
        text = f"{text} {_numbered(say.options, voice)}"
    return gsm7.fold(text)


def _numbered(options: tuple[Option, ...], voice: Voice) -> str:
    listed = ", ".join(f"{n} {voice.words(option.label)}" for n, option in enumerate(options, start=1))
    return voice.words(_("Reply {choices}", choices=listed))


def _whatsapp(say: Say, voice: Voice) -> tuple[Rendered, ...]:
    text = _on_lines(say, voice)
    if say.options and say.numbered and say.options != YES_NO:
        text = f"{text}\n{_numbered(say.options, voice)}"
    return tuple(Rendered(piece) for piece in split(text, LONGEST_WHATSAPP))


def _on_lines(say: Say, voice: Voice) -> str:
    return "\n".join(voice.words(line).strip() for line in (*say.lines, *say.extra))


def _telegram(say: Say, voice: Voice) -> tuple[Rendered, ...]:
    text = _on_lines(say, voice)
    buttons = tuple((voice.words(option.label), f"v1:{say.ticket or 0}:{option.value}") for option in say.options)
    pieces = split(text, LONGEST_TELEGRAM)
    return tuple(Rendered(piece, buttons if piece is pieces[-1] else ()) for piece in pieces)


def split(text: str, longest: int) -> list[str]:
    """Cut a text into pieces of at most `longest` characters, between lines where there are any."""
    pieces: list[str] = []
    while len(text) > longest:
        cut = text.rfind("\n", 1, longest + 1)
        cut = cut if cut > 0 else longest
        pieces.append(text[:cut])
        text = text[cut:].lstrip("\n")
    return [*pieces, text]
