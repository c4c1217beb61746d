"""Languages side by side: words that do not get in each other's way, and drafts that fall back on English."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from bot import gsm7
from bot.render import Voice
from conversations import keywords
from conversations.flows.account import LANGUAGE_NAMES
from conversations.flows.join import JOIN, NATIVE
from conversations.grammar import fold, split_yes
from conversations.grammar.months import month_number
from conversations.grammar.numbers import is_number_word
from conversations.progress import STATUS_WORDS
from domain.measures import Measure, Unit
from domain.periods import ReportingPeriod
from domain.text import Text, ngettext
from locales import catalogues, path
from storage.programme_file.fields import RESERVED
from tests import messages
from tests.rig import Rig
from tests.segments import PROGRAMME

COMPLETE, DRAFTS = ("es", "fr", "sw"), ("lg", "ny")
SOURCES = catalogues.sources()
CARRIER = keywords.CARRIER_STOP | {"start", "unstop"}


def spoken() -> Iterator[tuple[str, str, str]]:
    """Yield each word that does something, where it stands, and what it does there."""
    for verb, words in keywords.WORDS.items():
        yield from (("first", fold(word), verb) for word in words)
    for status, known in STATUS_WORDS.items():
        yield from (("after an activity", word, str(status)) for word in known)
    for language, names in LANGUAGE_NAMES.items():
        yield from (("after LANG", name, language) for name in names)


def test_a_word_does_one_thing_whatever_the_language() -> None:
    found = Counter((where, word) for where, word, _does in spoken())
    assert [word for word, count in found.items() if count > 1] == []


def test_a_command_is_no_month_number_answer_or_code() -> None:
    codes = {code.lower() for code in PROGRAMME.indicators}
    commands = {fold(word) for words in keywords.WORDS.values() for word in words}
    wrong = {word for word in commands if month_number(word) or is_number_word(word) or split_yes(word)}
    assert wrong | commands & codes == set()


def test_an_indicator_cannot_be_called_like_a_command() -> None:
    commands = {fold(word).upper() for words in keywords.WORDS.values() for word in words}
    assert {word for word in commands if re.fullmatch(r"[A-Z][A-Z0-9]{1,4}", word)} - RESERVED == set()


def test_words_that_carriers_act_on_mean_nothing_else() -> None:
    assert {word: does for _where, word, does in spoken() if word in CARRIER and does not in ("stop", "start")} == {}


@pytest.mark.parametrize("verb", ["report", "fix", "due", "help", "human", "skip", "back"])
def test_what_a_reporter_needs_has_a_word_in_every_language(verb: str) -> None:
    assert len({fold(word) for word in keywords.WORDS[verb]}) >= len(NATIVE)


@pytest.mark.parametrize("language", NATIVE)
def test_a_language_is_chosen_by_code_and_by_its_own_name(language: str, sqlite_rig: Rig) -> None:
    for name in (language.upper(), NATIVE[language]):
        sqlite_rig.says("ama", "LANG EN")
        sqlite_rig.says("ama", f"LANG {name}")
        assert sqlite_rig.contact("ama").language == language


@pytest.mark.parametrize("language", NATIVE)
def test_all_languages_fit_into_the_question_of_joining(language: str) -> None:
    assert set(PROGRAMME.languages) == set(NATIVE)
    for district in messages.DISTRICTS:
        situation = messages.situation_of(district, language)
        question = next(m for m in messages.of_a_reporter(district, language) if m.what == "language question")
        asked = messages.spoken(question.say, language)
        assert asked.segments == 1
        assert all(name in gsm7.fold(" ".join(NATIVE.values())) for name in re.findall(r"\d (\w+)", asked.text))
        assert len(JOIN.facts(situation)["languages"]) == len(re.findall(r"\d \w+", asked.text))


def test_languages_without_a_remark_are_complete() -> None:
    assert tuple(lang for lang in catalogues.LANGUAGES if catalogues.review(lang) is None) == COMPLETE
    assert tuple(lang for lang in catalogues.LANGUAGES if catalogues.review(lang)) == DRAFTS


def test_check_says_who_wrote_a_draft_and_how_much_of_it_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    catalogues.main(["check"])
    said = capsys.readouterr().out.splitlines()
    for language in DRAFTS:
        assert any(re.match(rf"{language}: machine-drafted .* \d+ of \d+ texts", line) for line in said)


@pytest.mark.parametrize(
    ("old", "new", "faults"),
    [
        ('msgstr "Inde"', 'msgstr ""', []),
        ('"Ref R{ref}."', '"Ref R{namba}."', ["placeholders: 'Ref R{namba}.' has {namba}, not {ref} of 'Ref R{ref}.'"]),
        ('"ntchito {n} za pulani"', '""', ["missing: a form of '{n} plan action to update'"]),
    ],
)
def test_a_draft_may_lack_a_text_but_not_a_gap_or_a_form(
    old: str, new: str, faults: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head, mark, rest = path("ny").read_text(encoding="utf-8").rpartition(old)
    assert mark
    broken = tmp_path / "messages.po"
    broken.write_text(head + new + rest, encoding="utf-8")
    monkeypatch.setattr(catalogues, "path", lambda _language: broken)
    monkeypatch.setattr(catalogues, "ROOT", tmp_path)
    assert catalogues.problems("ny", SOURCES) == [f"messages.po: {fault}" for fault in faults]


@pytest.mark.parametrize("language", [*DRAFTS, "en_XA"])
def test_what_is_not_there_is_said_in_english(language: str) -> None:
    voice = Voice(language, "UTC")
    assert voice.words(Text("Not in any catalogue: {day:short}.", {"day": date(2026, 11, 2)})).startswith("Not in any")
    for count, noun in ((1, "cat"), (2, "cats")):
        assert voice.words(ngettext("{n} cat", "{n} cats", count)) == f"{count} {noun}"


@pytest.mark.parametrize("language", [*NATIVE, "en_XA", "qq"])
def test_every_day_month_and_number_has_a_form_in_every_language(language: str) -> None:
    voice = Voice(language, "UTC")
    months = {voice.shown(ReportingPeriod(2026, month)) for month in range(1, 13)}
    days = {voice.shown(date(2026, 11, day)) for day in range(1, 31)}
    assert (len(months), len(days)) == (12, 30)
    assert not any(form.endswith(".") for form in months | days)
    assert re.fullmatch(r"58[.,]5%", voice.shown(Measure(58.5, Unit.PERCENT)))


@pytest.mark.parametrize("language", NATIVE)
def test_months_are_understood_as_we_write_them(language: str) -> None:
    voice = Voice(language, "UTC")
    written = {month: voice.shown(ReportingPeriod(2026, month), "month") for month in range(1, 13)}
    assert {month: month_number(name) for month, name in written.items()} == {month: month for month in written}


@pytest.mark.parametrize("language", DRAFTS)
def test_a_draft_keeps_its_remark_when_texts_change(language: str) -> None:
    with path(language).open("rb") as file:
        catalog = read_po(file, locale=language)
    assert b'"X-Review: machine-drafted\\n"' in catalogues.written(catalog)
