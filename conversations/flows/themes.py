"""What diaries are about this month: `THEMES`, with sentences of shared entries as they were written."""

from __future__ import annotations

from conversations.flows.correcting import named_district
from conversations.situation import Situation
from conversations.turn import Turn, say
from conversations.verbs import Request
from domain.text import Text, _, clipped, plain
from domain.themes import Quoted, Theme, theme_name, themes_of

WHICH = _("Which district? Yours: {names}. Send e.g. THEMES {district}")
ON_SMS, ON_A_SCREEN = 4, 8  # themes on one screen
SENTENCES = 2  # for each theme, where there is room
LONGEST_QUOTE = 60  # characters of a sentence on SMS


def themes(request: Request) -> Turn:
    """Name what the shared diaries of the month are about, against the month before, with sentences from them."""
    situation = request.situation
    wanted = set(situation.programme.districts)
    if request.words.strip():
        district, _rest, wrong = named_district(request.words, situation, WHICH)
        if district is None:
            return Turn("themes", situation.conversation, "question", say(wrong))
        wanted = {district.code}
    found = _found(situation, wanted)
    if not found:
        line = _("No shared diary of {period} names a theme yet.", period=situation.period)
        return Turn("themes", situation.conversation, "receipt", say(line))
    lines = _short(found, situation) if situation.scheme == "tel" else _long(found, situation)
    return Turn("themes", situation.conversation, "receipt", say(*lines[0], extra=lines[1]))


def _found(situation: Situation, wanted: set[str]) -> tuple[Theme, ...]:
    entries = [e for e in situation.diaries if e.district in wanted]
    now = [e for e in entries if e.period == situation.period]
    before = [e for e in entries if e.period == situation.period.back(1)]
    return themes_of(now, before, situation.programme.themes)


Lines = tuple[tuple[Text, ...], tuple[Text, ...]]
"""What is said, and what is said where there is room."""


def _short(found: tuple[Theme, ...], situation: Situation) -> Lines:
    rows = tuple(_row(theme, situation) for theme in found[:ON_SMS])
    head = _("Diary themes {period}: {rows}.", period=situation.period, rows=rows)
    first = found[0].sentences[0]
    return (head,), (_quote(first, clipped(first.words, LONGEST_QUOTE), situation),)


def _long(found: tuple[Theme, ...], situation: Situation) -> Lines:
    lines: list[Text] = [_("What the diaries of {period} are about, entries (month before):", period=situation.period)]
    for theme in found[:ON_A_SCREEN]:
        lines.append(_row(theme, situation))
        lines += [_quote(quoted, quoted.words, situation) for quoted in theme.sentences[:SENTENCES]]
    return tuple(lines), ()


def _row(theme: Theme, situation: Situation) -> Text:
    name = theme_name(theme.key, situation.programme.themes, situation.contact.language)
    if theme.new:
        return _("{name} {n} (new)", name=name, n=theme.count)
    return plain("{name} {n} ({before})", name=name, n=theme.count, before=theme.before)


def _quote(quoted: Quoted, words: str, situation: Situation) -> Text:
    marked = words if len(words) == len(" ".join(quoted.words.split())) else f"{words} ..."
    place = situation.programme.districts[quoted.district].name
    return plain('"{words}" {writer}, {district}', words=marked, writer=quoted.writer, district=place)
