"""What is said in every language: complete, understood when it is typed back, and one SMS long."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from babel.messages.plurals import get_plural

from bot import gsm7
from bot.render import Voice
from conversations.flows import leave
from conversations.flows.account import LANGUAGE_NAMES, note
from conversations.flows.prompts import HOW
from conversations.grammar import fold, split_yes
from conversations.grammar.months import month_number
from conversations.grammar.tokens import tokenise
from conversations.grammar.values import phrase_length
from conversations.grammar.words import NOT_AVAILABLE
from conversations.keywords import find_verb
from conversations.progress import STATUS_WORDS
from conversations.verbs import Request
from domain.alerts import Cause
from domain.events import NoteWritten
from domain.people import Role
from domain.text import Text
from locales import catalogue, catalogues, path
from tests import messages, segments

SOURCES = catalogues.sources()
LANGUAGES = ("en", *catalogues.LANGUAGES)
NOT_SMS = {
    "web/": "words of a page",
    "scheduler/demo.py": "words of a page",
    "bot/pictures.py": "words in a picture",
    "bot/drawing/": "words in a picture",
    "bot/letters.py": "words of a letter",
    "bot/packs.py": "words on paper",
    "domain/packs.py": "words on paper",
}
"""Where texts are said that no SMS carries."""

LONGER = {
    '"{words}" {writer}, {district} ({section})': "a diary quote, in the digest on Telegram only",
    "{name} ({place}) asks: {words}": "a call for help is passed on whole",
    "{name} writes ({ref}, answer in your own words): {words}": "words to a district are passed on whole",
    "{name} ({ref}): {words}": "words in a thread are passed on whole",
    "{name} ({place}, {ref}): {words}": "words in a thread are passed on whole",
    "{name}, visit to {district}. Agreed: {words}": "what was agreed is passed on whole",
    "{ref} closed by {name}: {words}": "an outcome is passed on whole",
    "Late {period}: {rows}.": "a manager asked for all nine districts",
    "RED {period}: {rows}.": "a manager asked for the red numbers of all nine districts",
    "Open: {rows}.": "alerts that are open, with the reasons people gave",
}
"""Texts that may take more than one segment, each with its reason."""

LONGER_MESSAGES = {
    (Role.MANAGER, "red"): "the red numbers of nine districts",
    (Role.MANAGER, "list of who is late"): "nine districts with who reports for them",
}
"""Whole messages that may, likewise."""

HEADINGS = frozenset(
    {
        "ALERT {ref}: {what}.",
        "LATE: {names}.",
        "RED: {district} {code} {value}.",
        "RED {period}: {rows}.",
        "{key} {title} {how} LATE {day:short}",
        *("RED", "AMBER", "GREEN"),
    }
)
"""Texts whose capitals are not there to be typed."""

LABELS = frozenset(
    {"OK", "CODE", "VALUE", "MSIMBO", "NAMBA", "CÓDIGO", "VALOR", "VALEUR", "NAMBALA", "SMS", "BRE", "DX"}
)
"""Capitals that stand for what the reader puts in their place, names, and the marks of a diary."""

CAPITALS = re.compile(r"\b(?:[A-ZÀÂÇÉÈÊÎÔÛÁÍÓÚÑ]{2,}|[YN])\b")


def on_sms() -> Iterator[catalogues.Source]:
    """Yield the texts that an SMS may carry."""
    for source in SOURCES.values():
        if not all(file.startswith(tuple(NOT_SMS)) for file in source.files):
            yield source


ON_SMS = tuple(on_sms())


def at_worst(source: catalogues.Source, language: str) -> str:
    """Return a text with everything in it at its longest, as an SMS carries it."""
    voice = Voice(language, "UTC")
    count = 2 if source.plural else None
    return gsm7.fold(voice.words(Text(source.msgid, segments.filled(source.msgid, voice), source.plural, count)))


def forms(source: catalogues.Source, language: str) -> tuple[str, ...]:
    """Return a text in a language as it stands in its catalogue, in all its plural forms."""
    if language == "en":
        return (source.msgid, source.plural) if source.plural else (source.msgid,)
    found = catalogue(language)
    said = found.plural.get(source.msgid, ()) if source.plural else (found.singular.get(source.msgid, ""),)
    return said if all(said) and said else forms(source, "en")


def test_catalogues_are_complete_and_fresh() -> None:
    assert catalogues.check() == []


def test_extracting_again_changes_nothing() -> None:
    fresh = catalogues.template()
    for language in catalogues.LANGUAGES:
        catalog = catalogues.read(language)
        catalog.update(fresh, update_header_comment=True)
        assert catalogues.written(catalog) == path(language).read_bytes()


def test_files_hold_no_dates_and_no_places_in_the_code() -> None:
    for file in (catalogues.TEMPLATE, *map(path, catalogues.LANGUAGES)):
        text = file.read_text(encoding="utf-8")
        assert "-Date:" not in text
        assert "\n#:" not in text


@pytest.mark.parametrize("language", catalogues.LANGUAGES)
def test_plural_rules_are_those_of_the_language(language: str) -> None:
    catalog, rule = catalogues.read(language), get_plural(language)
    assert (catalog.num_plurals, catalog.plural_expr) == (rule.num_plurals, rule.plural_expr)


FAULTS = {
    "missing": ('msgstr "Ndiyo"', 'msgstr ""'),
    "stale": ('msgid "Yes"', 'msgid "Yes!"'),
    "fuzzy": ('msgid "Yes"', '#, fuzzy\nmsgid "Yes"'),
    "placeholders": ("{name} ameambiwa.", "{jina} ameambiwa."),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_check_names_the_fault(fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good, bad = FAULTS[fault]
    text = path("sw").read_text(encoding="utf-8")
    assert good in text
    broken = tmp_path / "messages.po"
    broken.write_text(text.replace(good, bad, 1), encoding="utf-8")
    monkeypatch.setattr(catalogues, "path", lambda _language: broken)
    monkeypatch.setattr(catalogues, "ROOT", tmp_path)
    assert any(line.startswith(f"messages.po: {fault}: ") for line in catalogues.problems("sw", SOURCES))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_is_one_segment_at_its_worst(language: str) -> None:
    worst = {source.msgid: at_worst(source, language) for source in ON_SMS}
    assert [words for words in worst.values() if not gsm7.is_gsm7(words)] == []
    long = {msgid: words for msgid, words in worst.items() if gsm7.segments(words) > 1 and msgid not in LONGER}
    assert [f"{gsm7.septets(words)}: {words}" for words in long.values()] == []


@pytest.mark.parametrize("msgid", LONGER)
def test_an_exception_is_still_needed(msgid: str) -> None:
    assert any(gsm7.segments(at_worst(SOURCES[msgid], language)) > 1 for language in LANGUAGES)


@pytest.mark.parametrize("language", ["en", "sw", "ny", "lg"])
def test_languages_of_plain_letters_need_no_folding(language: str) -> None:
    # the mark of a line stands in the digest on Telegram
    said = [form.removeprefix("• ") for source in ON_SMS for form in forms(source, language)]
    assert [form for form in said if not form.isascii()] == []


def meanings(text: str) -> set[str]:
    """Return what the capitals of a text do when they are typed. Raises ValueError for those that do nothing."""
    words = [word for word in CAPITALS.findall(re.sub(r"\{[^}]*\}", "0", text)) if word not in LABELS]
    found: set[str] = set()
    while words:
        word, after = words[0], " ".join(words[:2])
        two = find_verb(after)
        if len(words) > 1 and two is not None and not two[1]:
            found.add(two[0])
            words = words[2:]
        else:
            found.add(_meaning(word))
            words = words[1:]
    return found


def _meaning(word: str) -> str:
    if verb := find_verb(word):
        return verb[0]
    for status, known in STATUS_WORDS.items():
        if fold(word) in known:
            return str(status)
    if said := split_yes(word):
        return "yes" if said[0] else "no"
    if month := month_number(word):
        return f"month {month}"
    if phrase_length(tokenise(word), NOT_AVAILABLE):
        return "not available"
    if any(fold(word) in names for names in LANGUAGE_NAMES.values()):
        return "a language"
    if _is_private(word):
        return "private"
    if fold(word) in leave.OVER:
        return "over"
    raise ValueError(f"nobody understands {word}")


def _is_private(word: str) -> bool:
    written = f"{word} maneno"
    events = note(Request(written, written, messages.situation_of("asuo", "en"))).events
    return any(isinstance(event, NoteWritten) and event.private for event in events)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_people_are_told_to_type_is_understood(language: str) -> None:
    wrong = []
    for source in SOURCES.values():
        if source.msgid not in HEADINGS:
            wrong += [(form, why) for form in forms(source, language) if (why := misunderstood(form, source.msgid))]
    assert wrong == []


def misunderstood(form: str, msgid: str) -> str:
    """Return what is not as in English when the capitals of a text are typed; empty when all is."""
    try:
        said, wanted = meanings(form), meanings(msgid)
    except ValueError as error:
        return str(error)
    return "" if said == wanted else f"{sorted(said)}, not {sorted(wanted)}"


def test_a_word_that_nobody_understands_is_noticed() -> None:
    with pytest.raises(ValueError, match="REPROT"):
        meanings("Send REPROT {code} {example}")


def assert_one_segment(composed: Iterable[messages.Composed], language: str, role: Role = Role.FOCAL) -> None:
    """Fail with the words of each message that is longer than one segment and may not be."""
    rendered = {(role, m.what): messages.spoken(m.say, language) for m in composed if not m.long}
    long = {key: (len(part.text), part.text) for key, part in rendered.items() if part.segments > 1}
    assert {key: words for key, words in long.items() if key not in LONGER_MESSAGES} == {}


PROMPTS = ("monthly prompt", "first nudge", "last nudge")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_prompt_has_room_for_the_easy_way(language: str) -> None:
    easy = gsm7.fold(Voice(language, "UTC").words(HOW))
    prompts = [m for district in messages.DISTRICTS for m in messages.of_a_reporter(district, language)]
    texts = [messages.spoken(m.say, language).text for m in prompts if m.what in PROMPTS]
    assert len(texts) == len(PROMPTS) * len(messages.DISTRICTS)
    assert [text for text in texts if not text.endswith(easy)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_district_is_sent_is_one_segment(language: str) -> None:
    for district in messages.DISTRICTS:
        assert_one_segment(messages.of_a_reporter(district, language), language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("group", segments.PROGRAMME.groups)
def test_what_a_facilitator_is_sent_is_one_segment(group: str, language: str) -> None:
    assert_one_segment(messages.of_a_leader(Role.FACILITATOR, (group,), language), language, Role.FACILITATOR)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_manager_is_sent_is_one_segment(language: str) -> None:
    groups = tuple(segments.PROGRAMME.groups)
    assert_one_segment(messages.of_a_leader(Role.MANAGER, groups, language), language, Role.MANAGER)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_alert_is_one_segment_and_says_how_to_take_it(language: str) -> None:
    voice, wrong = Voice(language, "Africa/Accra"), []
    for cause in set(Cause) - {Cause.HARM}:  # a concern is passed on whole, and the buttons or ALERTS say the rest
        for district in messages.DISTRICTS:
            said = messages.alert(cause, district).say
            part = messages.spoken(said, language)
            if part.segments > 1 or not part.text.endswith(gsm7.fold(voice.words(said.extra[0]))):
                wrong.append(part.text)
    assert wrong == []
