"""What we say ourselves, sent back to us, stores nothing: in every language of the catalogues."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from babel.messages.pofile import read_po

from conversations.grammar import read_report
from conversations.grammar.reading import NoData, Read
from conversations.grammar.words import FIX_VERBS, REPORT_VERBS
from conversations.keywords import WORDS
from locales import catalogues
from tests.test_grammar import EXPECTED

WRITTEN = {
    **{"period": "Oct 2026", "district": "Asuo", "codes": "APR YAW", "code": "ABS", "token": "ACN1", "name": "Ama"},
    **{
        "values": "ANC1 67% (412/615), ABS 12%",
        "value": "82%",
        "other": "ANC1 67%",
        "example": "ABS 10/84",
        "ref": "1",
    },
    **{"month": "2026-10", "day": "Fri 6 Nov", "reason": "register lost", "likely": "8", "low": "12", "high": "17"},
}


def texts(language: str) -> list[str]:
    """Return what we say with an example, a receipt or a question in it, as `language` has it."""
    with catalogues.path(language).open("rb") as file:
        catalogue = read_po(file)
    found = [m.string for m in catalogue if isinstance(m.id, str) and isinstance(m.string, str) and _matters(m.id)]
    return [re.sub(r"\{(\w+)\}", lambda name: WRITTEN.get(name[1], "5"), text) for text in found if text]


def _matters(msgid: str) -> bool:
    example = "{example}" in msgid and re.search(r"REP|FIX|e\.g\.", msgid)
    return bool(example) or msgid.startswith("Got {period}") or re.search(r"Reply Y|Y or N", msgid) is not None


@pytest.mark.parametrize("language", catalogues.LANGUAGES)
def test_nothing_is_stored_of_what_we_said(language: str) -> None:
    said = texts(language)
    expected = replace(EXPECTED, language=language)
    stored = [t for t in said if any(isinstance(i, Read | NoData) for i in read_report(t, expected).items)]
    assert said
    assert stored == []


def test_the_verbs_of_a_report_are_the_keywords_of_it() -> None:
    assert set(WORDS["report"]) <= REPORT_VERBS
    assert set(WORDS["fix"]) <= FIX_VERBS
