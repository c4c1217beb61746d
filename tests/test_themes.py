"""Themes of diaries: found in the words people use, counted against the month before, quoted letter for letter."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.diaries import DiaryEntry
from domain.lexicon import THEMES
from domain.periods import ReportingPeriod
from domain.themes import Lexicon, names, sentences, theme_name, themes_of
from storage.programme_file import ProgrammeError, parse_programme, sample_text

LEXICON: Lexicon = {"fuel": {"en": ("fuel", "run* dry"), "sw": ("mafuta",)}, "absence": {"en": ("absent", "roster")}}
AT = datetime(2026, 11, 3, tzinfo=UTC)


def entry(number: int, words: str, private: bool = False, district: str = "asuo") -> DiaryEntry:
    return DiaryEntry(number, district, ReportingPeriod(2026, 10), "well", words, "Ama", 1, AT, private)


def test_a_theme_is_counted_once_an_entry_and_compared_with_the_time_before() -> None:
    now = [entry(1, "No fuel. Fuel came late, fuel is dear."), entry(2, "Hatuna mafuta", district="bremu")]
    before = [entry(3, "fuel again"), entry(4, "Nothing of the kind")]
    (fuel,) = themes_of(now, before, LEXICON)
    assert (fuel.key, fuel.count, fuel.before, fuel.change, fuel.new) == ("fuel", 2, 1, 1, False)
    assert fuel.districts == ("asuo", "bremu")


def test_new_is_what_did_not_come_up_before_although_something_was_written() -> None:
    now = [entry(1, "no fuel")]
    assert [t.new for t in themes_of(now, [entry(2, "the roster is up")], LEXICON)] == [True]
    assert [t.new for t in themes_of(now, [], LEXICON)] == [False]


def test_private_entries_are_neither_counted_nor_quoted_nor_compared() -> None:
    now = [entry(1, "no fuel"), entry(2, "fuel sold by the driver", private=True)]
    (fuel,) = themes_of(now, [entry(3, "fuel", private=True)], LEXICON)
    assert (fuel.count, fuel.before, fuel.new) == (1, 0, False)
    assert [quoted.entry_id for quoted in fuel.sentences] == [1]


def test_the_shortest_sentence_that_names_a_theme_comes_first_and_leads_back_to_its_entry() -> None:
    long = "We planned four visits and had fuel for two of them only, as in September."
    now = [entry(1, long), entry(2, "The in-charge came. No fuel for Dr. Mensah's visit; we walked.")]
    (fuel,) = themes_of(now, [], LEXICON)
    said = [(q.entry_id, q.words) for q in fuel.sentences]
    assert said == [(2, "No fuel for Dr. Mensah's visit"), (1, long)]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("The generator runs dry at night", {"fuel"}),
        ("They run the dry season roster", {"absence"}),
        ("FUEL, as always", {"fuel"}),
        ("refuelled twice", set()),
        ("Rosters are up", {"absence"}),
        ("two nurses were absent", {"absence"}),
        ("he presented a fuelwood stove", set()),
    ],
)
def test_words_are_known_in_the_forms_they_take_and_not_inside_other_words(words: str, found: set[str]) -> None:
    assert {key for key, listed in LEXICON.items() if names(words, listed)} == found


@pytest.mark.parametrize(
    ("words", "theme"),
    [
        ("Médicaments en rupture de stock depuis mars", "medicines"),
        ("El presupuesto no llegó", "money"),
        ("Magari mawili yaliharibika", "transport"),
        ("Staff shortages at night", "staffing"),
        ("The supplies of vaccines ended", "medicines"),
        ("Coupures d'électricité chaque soir", "power"),
    ],
)
def test_the_shipped_words_know_what_people_write(words: str, theme: str) -> None:
    assert theme in {key for key, listed in THEMES.items() if names(words, listed)}


def test_a_theme_is_called_by_the_first_word_of_the_readers_language() -> None:
    assert [theme_name("fuel", LEXICON, language) for language in ("sw", "en", "fr")] == ["mafuta", "fuel", "fuel"]
    assert theme_name("absence", {"absence": {"sw": ("utoro*",)}}, "es") == "absence"


@given(st.lists(st.text(max_size=80), max_size=6))
def test_whatever_is_written_each_sentence_is_in_its_entry_word_for_word(texts: list[str]) -> None:
    entries = [entry(n, f"{text} fuel {text}") for n, text in enumerate(texts)]
    found = themes_of(entries, [], LEXICON)
    for theme in found:
        for quoted in theme.sentences:
            whole = entries[quoted.entry_id].words
            at = whole.index(quoted.words)
            after = whole[at + len(quoted.words) :][:1]
            assert quoted.words
            assert not (after.isalnum() and quoted.words[-1].isalnum())


@given(st.text(max_size=200))
def test_sentences_lose_no_word(text: str) -> None:
    assert [w.strip(" ;") for s in sentences(text) for w in s.split()] == [
        w.strip(" ;") for w in text.split() if w.strip(" ;")
    ]


def test_a_programme_brings_its_own_words_in_place_of_the_shipped_ones() -> None:
    own = "\nthemes:\n  fuel: {en: [fuel, 'run* dry'], sw: [mafuta]}\n"
    assert parse_programme(sample_text()).themes == THEMES
    assert parse_programme(sample_text() + own).themes == {"fuel": {"en": ("fuel", "run* dry"), "sw": ("mafuta",)}}


def test_a_word_that_is_none_is_a_mistake_in_the_file() -> None:
    with pytest.raises(ProgrammeError, match="is not a word"):
        parse_programme(sample_text() + "\nthemes:\n  fuel: {en: ['*']}\n")
