"""What an SMS costs and how it is written, held against another's count of the same alphabet."""

from __future__ import annotations

import re

import pytest
import smsutil
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import gsm7
from bot.render import Voice, render, split
from domain.messages import Option, Say
from domain.text import plain
from locales import catalogues
from storage import programmes
from storage.programme_file import sample_text
from tests import messages, segments
from tests.rig import Rig

ALPHABET = "".join(sorted(gsm7.BASIC | gsm7.EXTENDED))
IN_GSM = st.text(ALPHABET, min_size=1, max_size=500)
WRITTEN = st.text(st.sampled_from("abc 1€{^ñé\nαб中🙏’—"), min_size=1, max_size=200)
BY_MEANING = settings(deadline=None, derandomize=True)  # the time it takes is not what is tested
EN = Voice("en", "Africa/Accra")
LANGUAGES = ("en", *catalogues.LANGUAGES)


def counted(text: str) -> int:
    return max(len(smsutil.split(text).parts), 1)  # it counts none for an empty text


@BY_MEANING
@given(IN_GSM)
def test_segments_of_the_plain_alphabet_are_counted_as_others_count(text: str) -> None:
    assert gsm7.is_gsm7(text)
    assert smsutil.is_valid_gsm(text)
    assert gsm7.segments(text) == counted(text)


@BY_MEANING
@given(WRITTEN)
def test_segments_of_any_writing_are_counted_as_others_count(text: str) -> None:
    assert gsm7.is_gsm7(text) == smsutil.is_valid_gsm(text)
    assert gsm7.segments(text) == counted(text)


@BY_MEANING
@given(st.text(max_size=200))
def test_a_folded_text_is_always_in_the_plain_alphabet(text: str) -> None:
    folded = gsm7.fold(text)
    assert not folded or smsutil.is_valid_gsm(folded)
    assert gsm7.fold(folded) == folded


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("a" * 152 + "€" + "a" * 152, 3),  # the euro sign is not cut in two between parts
        ("a" * 151 + "€" + "a" * 153, 2),
        ("é" * 160, 1),  # of the basic alphabet
        ("ê" * 70, 1),  # one letter outside it, and the whole text is in sixteen bits
        ("a" * 70 + "ê", 2),
        ("ж" * 134, 2),
        ("ж" * 135, 3),
        ("ж" * 66 + "🙏" + "ж" * 66, 3),  # nor is a pair of surrogates
        ("ж" * 70, 1),
        ("ж" * 71, 2),
        ("🙏" * 35, 1),
        ("🙏" * 36, 2),
        ("🙏" * 67, 3),
    ],
)
def test_a_segment_is_full_where_the_standard_says(text: str, segments: int) -> None:
    assert (gsm7.segments(text), counted(text)) == (segments, segments)


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("“Ama’s” – 5…", '"Ama\'s" - 5...'),
        ("Tomás, Lucía, São", "Tomas, Lucia, Sao"),
        ("mañana à Ñuñoa", "mañana à Ñuñoa"),
        ("12\u00a0000\u202fGHS", "12 000 GHS"),
        ("thanks 🙏🏾", "thanks "),
        ("l`eau, l´eau, l’eau", "l'eau, l'eau, l'eau"),
        ("ê ç î œ ŵ Ś ß Ç é ñ", "e c i oe w S ß Ç é ñ"),
        ("e\u0301 n\u0303", "é ñ"),
        ("{a}[b]~|^\\€", "{a}[b]~|^\\€"),
        ("ANC1\t412\u200b/615\ufeff", "ANC1 412/615"),
    ],
)
def test_marks_outside_the_alphabet_become_plain_ones(written: str, sent: str) -> None:
    assert gsm7.fold(written) == sent


def test_what_may_be_left_out_is_said_while_one_segment_lasts() -> None:
    lines = Say((plain("a" * 100),), (plain("b" * 70), plain("c" * 50)))
    (sms,) = render(lines, EN, "tel")
    assert (sms.text, sms.segments) == ("a" * 100 + " " + "c" * 50, 1)
    (message,) = render(lines, EN, "telegram")
    assert message.text == "\n".join(("a" * 100, "b" * 70, "c" * 50))


def test_words_are_left_out_only_where_that_saves_a_segment() -> None:
    wordy, brief, briefest = (plain(letter * count) for letter, count in (("a", 200), ("b", 158), ("c", 20)))
    lines = Say((wordy,), (plain("e"), plain("f" * 10)), shorter=((brief,), (briefest,)))
    assert render(lines, EN, "tel")[0].text == "b" * 158 + " e"
    assert render(Say((briefest,), shorter=((brief,),)), EN, "tel")[0].text == "c" * 20
    assert render(Say((wordy,), shorter=((plain("d" * 161),),)), EN, "tel")[0].text == "a" * 200
    assert render(lines, EN, "telegram")[0].text.startswith("a" * 200)


def test_what_is_said_before_and_after_stands_in_the_short_version_too() -> None:
    said = Say((plain("a" * 200),), shorter=((plain("b"),),)).after(plain("x")).before(plain("y"))
    assert render(said, EN, "tel")[0].text == "x b y"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("count", range(7, 11))
def test_a_prompt_for_ten_values_is_one_segment_with_all_codes_and_an_example(language: str, count: int) -> None:
    for message in messages.of_a_large_district(language, count):
        part = messages.spoken(message.say, language)
        asked = re.findall(r"\b[A-Z]{2,4}[1-9]?\b(?= \d|[ .:,]|$)", part.text)
        assert part.segments == 1, part.text
        assert len({*asked} & {*segments.PROGRAMME.indicators}) == count
        assert re.search(r"[A-Z]{2,} [A-Z]{2,4}[1-9]? \d+/\d+", part.text)


def test_a_list_by_sms_uses_the_short_title_and_telegram_the_whole(sqlite_rig: Rig) -> None:
    for channel, title in (("tel", "P2 Spot checks 0%"), ("telegram", "P2 Unannounced check in four facilities")):
        sqlite_rig.says("ama", "PLAN", scheme=channel)
        assert title in sqlite_rig.sent[-1].text


def test_a_short_title_that_comes_later_is_used(sqlite_rig: Rig) -> None:
    reworded = sample_text().replace('short: "Spot checks"', 'short: "Surprise"')
    sqlite_rig.db.work(programmes.install, reworded, sqlite_rig.now)
    sqlite_rig.says("ama", "PLAN")
    assert "P2 Surprise 0%" in sqlite_rig.sent[-1].text


def test_options_are_numbers_on_sms_and_buttons_on_telegram() -> None:
    say = Say((plain("Which?"),), options=(Option("sw", plain("Kiswahili")), Option("es", plain("Español"))), ticket=7)
    (sms,) = render(say, EN, "tel")
    assert (sms.text, sms.buttons) == ("Which? Reply 1 Kiswahili, 2 Español", ())
    (message,) = render(say, EN, "telegram")
    assert (message.text, message.buttons) == ("Which?", (("Kiswahili", "v1:7:sw"), ("Español", "v1:7:es")))


def test_a_long_text_is_cut_between_lines_and_nothing_is_lost() -> None:
    text = "\n".join(f"line {n} " + "x" * 40 for n in range(50))
    pieces = split(text, 200)
    assert all(len(piece) <= 200 for piece in pieces)
    assert "\n".join(pieces) == text
    assert "".join(split("y" * 450, 200)) == "y" * 450
