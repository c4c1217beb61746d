"""A language in which every text of the catalogues is marked: what people see without a mark was never translated."""

from __future__ import annotations

import json
import re
import string
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from babel.dates import get_day_names, get_month_names
from babel.messages.catalog import Catalog
from sqlalchemy import select

import locales
from bot.pictures import digest_svg
from conversations import keywords
from conversations.flows.join import NATIVE
from conversations.grammar import fold
from domain.alerts import Cause
from domain.digests import weekly_digest
from domain.people import Role
from locales import catalogues
from storage import contacts
from storage.models import InboundRow, OutboundRow
from tests import messages
from tests.player import SPOKEN, Player
from tests.rig import Rig
from tests.segments import PERSON, PROGRAMME, WORDS
from tests.test_pictures import EFUA, words

PSEUDO = "en_XA"
DIALOGUES = Path(__file__).parent / "dialogues"
PLAYED = ("04", "07", "09", "12", "15", "18", "21", "26", "28", "30", "31", "32", "36", "40", "43", "44", "51", "54")
MARKED = re.compile(r"\[\[[^\[\]]*(?:\]\]?|…|$)")
"""A piece of a text of the catalogues; the end may have been cut off to fit."""

NAMES = frozenset({"sms", "telegram", *map(fold, NATIVE.values()), *NATIVE, "xa", "som", "yes"})
"""Names that are the same in every language, a code to join with, and the word that is shown for a yes/no value."""

COMMANDS = frozenset(word.upper() for words in keywords.WORDS.values() for word in words)


def marked(text: str) -> str:
    """Return a text whose words stand in double brackets, and whose gaps stand outside them."""
    pieces = []
    for literal, name, spec, _conversion in string.Formatter().parse(text):
        pieces.append(f"[[{literal}]]" if literal.strip() else literal)
        if name is not None:
            pieces.append(f"{{{name}:{spec}}}" if spec else f"{{{name}}}")
    return "".join(pieces)


@cache
def catalogue_of_marks() -> bytes:
    """Return the marked language as a catalogue, made from the texts of the code."""
    catalog = Catalog(PSEUDO, fuzzy=False)
    for source in catalogues.sources().values():
        if source.plural:
            catalog.add((source.msgid, source.plural), (marked(source.msgid), marked(source.plural)))
        else:
            catalog.add(source.msgid, marked(source.msgid))
    return catalogues.written(catalog)


@pytest.fixture
def pseudo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Speak the marked language, away from those that are shipped."""
    file = tmp_path / PSEUDO / "LC_MESSAGES" / "messages.po"
    file.parent.mkdir(parents=True)
    file.write_bytes(catalogue_of_marks())
    monkeypatch.setattr(locales, "HERE", tmp_path)
    locales.catalogue.cache_clear()
    yield PSEUDO
    locales.catalogue.cache_clear()


def of_the_programme() -> Iterator[str]:
    """Yield what the programme file brings and may be cut short: names, codes, strategies, activities."""
    yield from (PROGRAMME.name, *(group.name for group in PROGRAMME.groups.values()))
    for code, district in PROGRAMME.districts.items():
        yield from (code, code[:3], district.name)
    yield from PROGRAMME.indicators
    for person in PROGRAMME.people:
        yield person.name
    for plan in PROGRAMME.workplans.values():
        yield from (strategy.title for strategy in plan.strategies)
        yield from (f"{activity.title} {activity.short or ''}" for activity in plan.activities)


def of_the_calendar() -> Iterator[str]:
    """Yield the names of months and days, which come from CLDR."""
    for names in (get_month_names("abbreviated", locale="en"), get_day_names("abbreviated", locale="en")):
        yield from names.values()


def letters(texts: Iterable[str]) -> frozenset[str]:
    """Return the words of some texts, folded."""
    return frozenset(fold(word) for text in texts for word in re.findall(r"[^\W\d_]{2,}", text))


INDICATORS = re.compile("|".join(re.escape(indicator.name("en")) for indicator in PROGRAMME.indicators.values()))
KNOWN = letters(of_the_programme()) | letters(of_the_calendar())


def unmarked(text: str, said: frozenset[str]) -> list[str]:
    """Return the words of a text that are neither marked, nor names, nor of the programme, nor somebody's own words."""
    found = re.findall(r"[^\W\d_]{2,}", INDICATORS.sub(" ", MARKED.sub(" ", text)))
    return [word for word in found if word not in COMMANDS and fold(word) not in NAMES | KNOWN | said]


def test_a_text_outside_the_catalogues_is_noticed() -> None:
    assert unmarked("[[Got ]]Oct 2026 Asuo[[: ]]ANC1 67%[[.]] Well done", frozenset()) == ["Well", "done"]
    assert marked("{n} of {all}: {day:short}") == "{n}[[ of ]]{all}[[: ]]{day:short}"


@pytest.mark.parametrize("number", PLAYED)
def test_a_dialogue_says_nothing_outside_the_catalogues(number: str, pseudo: str, sqlite_rig: Rig) -> None:
    (file,) = DIALOGUES.glob(f"{number}_*.txt")
    text = re.sub(r"(?m)^(channel:.*?language: )\w+", rf"\g<1>{pseudo}", file.read_text(encoding="utf-8"))
    with sqlite_rig.db.begin() as db:
        for contact in contacts.everyone(db):
            contacts.change(db, contact.id, language=pseudo)
    Player(sqlite_rig).play(text)
    said = letters(found["text"] for line in text.splitlines() if (found := SPOKEN.match(line)))
    seen = shown_to_people(sqlite_rig)
    assert any("[[" in message for message in seen)
    assert {message: left for message in seen if (left := unmarked(message, said))} == {}


def shown_to_people(rig: Rig) -> list[str]:
    """Return every message that went out, with the labels of its buttons."""
    with rig.db.begin() as db:
        assert db.scalars(select(InboundRow.error).where(InboundRow.error.is_not(None))).all() == []
        rows = db.scalars(select(OutboundRow)).all()
        return [" ".join((row.text, *(label for label, _data in json.loads(row.buttons or "[]")))) for row in rows]


def test_whole_messages_say_nothing_outside_the_catalogues(pseudo: str) -> None:
    composed = [
        *(message for district in messages.DISTRICTS for message in messages.of_a_reporter(district, pseudo)),
        *messages.of_a_leader(Role.FACILITATOR, ("group1",), pseudo),
        *messages.of_a_leader(Role.MANAGER, tuple(PROGRAMME.groups), pseudo),
        *(messages.alert(cause, "asuo") for cause in Cause),
    ]
    said = letters([WORDS, PERSON, "gari limeharibika", "somebody"])
    spoken = [messages.spoken(one.say, pseudo).text for one in composed]
    assert {text: left for text in spoken if (left := unmarked(text, said))} == {}


def test_the_picture_of_the_digest_says_nothing_outside_the_catalogues(pseudo: str) -> None:
    desks = messages.board(tuple(PROGRAMME.groups))
    reader = replace(EFUA, language=pseudo)
    picture = digest_svg(weekly_digest(PROGRAMME, desks, messages.NOW.date()), desks, PROGRAMME, reader)
    seen = " ".join(words(picture))
    assert "[[" in seen
    assert unmarked(seen, letters([PERSON])) == []
