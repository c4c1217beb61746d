"""Checking reports: numbers mean what they meant on the screen, and what a facilitator found stays with the value."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from bot import gsm7
from domain.events import Check
from domain.periods import ReportingPeriod
from domain.values import IndicatorValue
from storage import programmes, trails, values
from storage.models import OutboundRow, ValueVersionRow, VerificationRow
from tests.rig import Rig

OCTOBER = ReportingPeriod(2026, 10)


@pytest.fixture(autouse=True)
def monday(rig: Rig) -> None:
    """It is the Monday after October has closed."""
    rig.now = datetime(2026, 11, 2, 9, 5, tzinfo=UTC)


def says(rig: Rig, who: str, *texts: str, scheme: str = "tel") -> str:
    """Let somebody write by SMS, a minute apart, and return what the last answer was."""
    for text in texts:
        rig.now += timedelta(minutes=1)
        rig.sent.clear()
        rig.says(who, text, scheme=scheme)
    urn = rig.urn(who, scheme)
    return "\n".join(m.text for m in rig.sent if m.urn == urn)


def current(rig: Rig, code: str, district: str = "asuo") -> IndicatorValue:
    found = rig.db.work(lambda db: values.load(db, [district], programmes.current(db), OCTOBER))
    value = found[district].get(code, OCTOBER)
    assert value is not None
    return value


def number(rig: Rig, code: str, district: str = "asuo") -> float | None:
    found = current(rig, code, district)
    return found.measure.value if found.counted and found.measure else None


def states(rig: Rig) -> list[tuple[str, int, str, str | None]]:
    with rig.db.begin() as db:
        rows = db.scalars(select(VerificationRow).order_by(VerificationRow.id))
        return [(row.code, row.version, row.state, row.words) for row in rows]


def texts_to(rig: Rig, who: str) -> list[str]:
    theirs = select(OutboundRow).where(OutboundRow.contact_id == rig.contact(who).id, OutboundRow.lane == "bulk")
    with rig.db.begin() as db:
        return [row.text for row in db.scalars(theirs.order_by(OutboundRow.id))]


# Numbers


def test_a_number_never_reaches_a_value_that_was_not_on_the_list(rig: Rig) -> None:
    says(rig, "ama", "REP ABS 31", "Y")
    assert "Asuo ABS 31%" in says(rig, "efua", "FLAGS")
    says(rig, "kofi", "REP MD 0 SBA 20/438", "Y SBA")
    says(rig, "ama", "FIX ABS 32", "Y")
    assert "ABS Oct 2026 is 32%" in says(rig, "efua", "OK 1")
    assert states(rig) == []
    assert "There is no 2" in says(rig, "efua", "OK 2")


def test_the_numbers_of_earlier_pages_still_hold_on_the_next(rig: Rig) -> None:
    says(rig, "ama", "REP ABS 45 APR 99 YAW 59", "Y ABS", "Y APR", "Y YAW")
    says(rig, "kofi", "REP SBA 20/438 ANC4 20/478", "Y SBA", "Y ANC4")
    first = says(rig, "efua", "FLAGS")
    assert "FLAGS 2" in first
    assert gsm7.segments(first) == 1
    second = says(rig, "efua", "FLAGS 2")
    assert " 4 " in second
    says(rig, "efua", "OK 1")
    (accepted,) = {row[0] for row in states(rig)}
    assert f"1 Asuo {accepted}" in first


def test_several_are_accepted_at_once_and_the_reporter_is_thanked_once_a_day(rig: Rig) -> None:
    says(rig, "ama", "REP ABS 45 YAW 59", "Y ABS", "Y YAW")
    says(rig, "efua", "FLAGS", "OK 1 2")
    assert {(code, state) for code, _version, state, _words in states(rig)} == {
        ("ABS", "verified"),
        ("YAW", "verified"),
    }
    assert len([text for text in texts_to(rig, "ama") if "accepts it" in text]) == 1


def test_the_list_is_one_segment_in_every_language(rig: Rig) -> None:
    says(rig, "ama", "REP ABS 45 APR 99 YAW 59", "Y ABS a long and winding story of why", "Y APR", "Y YAW")
    for language in ("LANG EN", "LANG SW", "LANG ES"):
        assert gsm7.segments(says(rig, "efua", language, "FLAGS")) == 1


# What a facilitator found


def test_a_value_that_waits_counts_once_it_is_accepted_and_not_before(rig: Rig) -> None:
    says(rig, "ama", "REP ABS 12", "FIX ABS 31")
    assert number(rig, "ABS") == 12
    says(rig, "efua", "FLAGS", "OK 1")
    assert (number(rig, "ABS"), current(rig, "ABS").check) == (31, Check.VERIFIED)
    says(rig, "ama", "Y ABS")
    assert number(rig, "ABS") == 31
    assert current(rig, "ABS").check is Check.VERIFIED


def test_a_value_that_the_reporter_called_wrong_is_not_offered_for_a_yes(rig: Rig) -> None:
    says(rig, "ama", "REP ABS 31", "N")
    assert "Nothing needs a look" in says(rig, "efua", "FLAGS")
    says(rig, "ama", "ABS 31", "Y")
    assert "ABS 31%" in says(rig, "efua", "FLAGS")


def test_a_held_value_counts_nowhere_until_it_is_accepted(rig: Rig) -> None:
    says(rig, "ama", "REP ABS 31", "Y")
    says(rig, "efua", "FLAGS", "HOLD 1")
    assert number(rig, "ABS") is None
    says(rig, "ama", "FIX ABS 31", "FIX ABS 13", "UNDO")
    assert number(rig, "ABS") is None
    says(rig, "efua", "FLAGS", "OK 1")
    assert number(rig, "ABS") == 31


def test_an_answer_does_not_undo_what_was_decided_meanwhile(rig: Rig) -> None:
    says(rig, "ama", "REP ABS 31", "Y")
    says(rig, "efua", "FLAGS", "Q 1 the whole district?", "OK 1")
    says(rig, "ama", "yes, all of it")
    assert current(rig, "ABS").check is Check.VERIFIED
    assert [row[2] for row in states(rig)] == ["queried", "verified", "answered"]


def test_a_question_at_night_is_not_answered_before_it_arrives(rig: Rig) -> None:
    says(rig, "ama", "REP ABS 31", "Y")
    rig.now = datetime(2026, 11, 2, 21, 0, tzinfo=UTC)
    says(rig, "efua", "FLAGS", "Q 1 the whole district?")
    says(rig, "ama", "so many things to do")
    assert [row[2] for row in states(rig)] == ["queried"]
    rig.now = datetime(2026, 11, 3, 8, 0, tzinfo=UTC)
    assert "sent to Efua" in says(rig, "ama", "only the hospital")
    assert states(rig)[-1][2:] == ("answered", "only the hospital")


def test_a_question_is_answered_by_a_report_that_holds_the_value(rig: Rig) -> None:
    says(rig, "ama", "REP ABS 31", "Y")
    says(rig, "efua", "FLAGS", "Q 1 sure?")
    says(rig, "ama", "REP APR 78 ABS 13")
    assert number(rig, "ABS") == 13
    told = texts_to(rig, "efua")[-1]
    assert "REP APR 78 ABS 13" in told
    assert "ABS is now 13%" in told


def test_words_are_kept_sealed(rig: Rig) -> None:
    says(rig, "ama", "REP ABS 31", "Y")
    says(rig, "efua", "FLAGS", "Q 1 was there a strike?")
    with rig.db.begin() as db:
        raw = db.connection().exec_driver_sql("select words from verifications").scalar_one()
    assert b"strike" not in bytes(raw)


# Corrections by a facilitator


def test_a_facilitator_corrects_only_districts_of_their_own(rig: Rig) -> None:
    before = rig.db.work(lambda db: len(db.scalars(select(ValueVersionRow.id)).all()))
    assert "not one of your districts" in says(rig, "efua", "FIX LISIMBA ANC1 400/615")
    assert "Which district" in says(rig, "efua", "FIX ANC1 400/615")
    assert rig.db.work(lambda db: len(db.scalars(select(ValueVersionRow.id)).all())) == before


def test_two_doubts_about_one_code_in_two_districts_are_told_apart(rig: Rig) -> None:
    says(rig, "efua", "FIX ASU ANC1 20/615", "FIX BRE ANC1 20/478")
    asked = says(rig, "efua", "Y")
    assert "asuo ANC1" in asked
    assert "bremu ANC1" in asked
    says(rig, "efua", "1" if "1 asuo" in asked else "2")
    assert current(rig, "ANC1").measure is not None
    with pytest.raises(AssertionError):
        current(rig, "ANC1", "bremu")


def test_the_trail_says_who_when_why_and_by_which_message(rig: Rig) -> None:
    says(rig, "ama", "REP ABS 12")
    says(rig, "efua", "FIX ASU ABS 13 recount")
    found = rig.db.work(lambda db: trails.trail(db, "asuo", "ABS", None, OCTOBER, programmes.current(db)))
    newest, oldest = found.versions
    assert (newest.who, newest.reason, newest.number) == ("Efua", "recount", 2)
    assert (oldest.who, oldest.reason, oldest.number) == ("Ama", None, 1)
    assert newest.ref != oldest.ref
    assert newest.at > oldest.at
