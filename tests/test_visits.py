"""Support visits: the hour is read as people write it, who agreed is reminded once, and never after it moved."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.render import Voice
from conversations.flows.visit import read_moment
from conversations.flows.visit_log import SECTION_NAMES, log_parts
from domain.messages import InboundKind
from storage import visits
from tests.rig import Rig

TODAY = date(2026, 11, 12)
NOON = datetime(2026, 11, 12, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "words",
    ["20 NOV 09:00", "Fri 20 Nov at 9am", "20/11 9:00", "2026-11-20 09:00", "20 november, 9h", "20 nov a las 9:00"],
)
def test_a_day_and_hour_are_read_as_people_write_them(words: str) -> None:
    assert read_moment(words, TODAY, "UTC") == datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.mark.parametrize(("words", "hour"), [("20 nov 12pm", 12), ("20 nov 12am", 0), ("20 nov 1:30pm", 13)])
def test_noon_and_midnight_are_told_apart(words: str, hour: int) -> None:
    moment = read_moment(words, TODAY, "UTC")
    assert moment is not None
    assert moment.hour == hour


@pytest.mark.parametrize("words", ["", "20 NOV", "09:00", "20 NOV 25:00", "32 NOV 09:00", "20 NOV 9", "soon"])
def test_without_a_day_and_an_hour_nothing_is_proposed(words: str) -> None:
    assert read_moment(words, TODAY, "UTC") is None


def test_the_hour_is_that_of_whoever_writes() -> None:
    moment = read_moment("20 NOV 09:00", TODAY, "Africa/Dar_es_Salaam")
    assert moment == datetime(2026, 11, 20, 6, tzinfo=UTC)


def test_the_parts_of_a_log_are_told_apart_in_any_language() -> None:
    assert log_parts("met 5; agreed: share vehicle Tue; reflection: I talked too much") == [
        ("seen", "met 5"),
        ("agreements", "share vehicle Tue"),
        ("reflection", "I talked too much"),
    ]
    assert log_parts("Changamoto: mafuta. Makubaliano: gari Jumanne") == [
        ("challenges", "mafuta."),
        ("agreements", "gari Jumanne"),
    ]
    assert log_parts("we met at 9:30 and note: all were there") == [("seen", "we met at 9:30 and note: all were there")]


def arranged(rig: Rig, when: str = "20 NOV 09:00") -> None:
    rig.now = NOON
    rig.says("efua", f"VISIT ASU {when}")
    rig.says("ama", "YES")
    rig.says("nana", "NO a funeral")


def reminders(rig: Rig) -> list[str]:
    return [str(m.urn) for m in rig.sent if m.text.startswith("Reminder")]


def test_who_said_yes_is_reminded_once_the_day_before(rig: Rig) -> None:
    arranged(rig)
    rig.sent.clear()
    rig.move_to(datetime(2026, 11, 19, 8, 30, tzinfo=UTC))
    assert reminders(rig) == []
    rig.move_to(datetime(2026, 11, 20, 12, tzinfo=UTC))
    assert reminders(rig) == [str(rig.urn("ama"))]
    briefs = [m for m in rig.sent if m.urn == rig.urn("efua") and m.text.startswith("Visit Asuo")]
    assert len(briefs) == 1
    assert "Coming: Ama" in briefs[0].text


def test_nobody_is_reminded_of_a_visit_that_was_called_off(rig: Rig) -> None:
    arranged(rig)
    rig.says("efua", "VISIT ASU cancel")
    rig.sent.clear()
    rig.move_to(datetime(2026, 11, 20, 12, tzinfo=UTC))
    assert reminders(rig) == []
    assert not any("Coming" in m.text for m in rig.sent)


def test_a_yes_holds_for_its_hour_only(rig: Rig) -> None:
    arranged(rig)
    rig.says("efua", "VISIT ASU 24 NOV 09:00")
    (moved,) = rig.db.work(visits.ahead, rig.now)
    assert moved.answers == ()
    rig.sent.clear()
    rig.move_to(datetime(2026, 11, 23, 12, tzinfo=UTC))
    assert reminders(rig) == []
    assert sum("Coming: -" in m.text for m in rig.sent) == 1


def test_a_visit_set_at_short_notice_needs_no_reminder_but_a_brief(rig: Rig) -> None:
    arranged(rig, "13 NOV 15:00")
    rig.sent.clear()
    rig.move_to(NOON + timedelta(days=1))
    assert reminders(rig) == []
    assert sum("Coming: Ama" in m.text for m in rig.sent) == 1


def test_an_answer_to_a_visit_of_another_district_changes_nothing(rig: Rig) -> None:
    arranged(rig)
    (visit,) = rig.db.work(visits.ahead, rig.now)
    rig.says("kofi", f"{visit.label} YES")
    rig.says("kofi", "VISIT YES")
    (after,) = rig.db.work(visits.ahead, rig.now)
    assert {a.name for a in after.answers} == {"Ama", "Nana"}


def test_own_reflection_is_shown_to_nobody(rig: Rig) -> None:
    rig.now = NOON
    rig.says("efua", "VLOG ASU agreed: one car on Tuesdays; reflection: I was impatient")
    rig.move_to(NOON + timedelta(days=8))
    for reader in ("ama", "nana", "owusu", "efua"):
        for text in ("NOTES", "DIGEST", "VISIT ASU", "THEMES"):
            rig.says(reader, text)
    assert not any("impatient" in m.text for m in rig.sent)
    assert any("one car on Tuesdays" in m.text for m in rig.sent if m.urn == rig.urn("ama"))


def test_only_what_was_agreed_last_is_promised(rig: Rig) -> None:
    rig.now = NOON
    rig.says("efua", "VLOG ASU agreed: one car")
    rig.says("efua", "VLOG ASU agreed: two cars")
    assert rig.db.work(visits.agreed, ["asuo", "bremu"]) == {"asuo": "two cars"}


@pytest.mark.parametrize(
    "words",
    [
        "agreed: share the car; own reflection: DHO is weak",
        "agreed: share the car. reflections: DHO is weak",
        "agreed: share the car, private: DHO is weak",
        "agreed: share the car. Private (for me): DHO is weak",
        "agreed: share the car (private: DHO is weak)",
        "agreed: share the car - my own reflection: DHO is weak",
        "acuerdos: share the car; mi reflexión: DHO is weak",
        "accords : share the car. Réflexion personnelle : DHO is weak",
        "makubaliano: share the car. Tafakuri yako: DHO is weak",
        "agreed: share the car. private DHO is weak",
        "agreed: share the car\nPRIVATE - DHO is weak",
    ],
)
def test_the_district_never_gets_a_facilitators_own_words(rig: Rig, words: str) -> None:
    rig.says("efua", f"VLOG ASU seen: 5 people; {words}")
    others = [m.text for m in rig.sent if m.urn != rig.urn("efua")]
    assert not any("weak" in text for text in others)
    kept = rig.db.work(visits.agreed, ["asuo"])
    assert "weak" not in kept.get("asuo", "")


def test_every_name_of_a_part_that_we_show_begins_that_part() -> None:
    for language in ("en", "sw", "es", "fr"):
        shown = {key: Voice(language, "UTC").words(name) for key, name in SECTION_NAMES.items()}
        text = "; ".join(f"{name}: words of {key}" for key, name in shown.items())
        assert log_parts(text) == [(key, f"words of {key}") for key in shown]


def test_the_year_that_is_written_counts() -> None:
    moment = read_moment("20 NOV 2027 09:00", TODAY, "UTC")
    assert moment == datetime(2027, 11, 20, 9, tzinfo=UTC)


def test_a_visit_beyond_the_furthest_day_is_not_proposed(rig: Rig) -> None:
    rig.says("efua", "VISIT ASU 20 NOV 2027 09:00")
    assert "too far ahead" in rig.sent[-1].text
    assert rig.db.work(visits.ahead, rig.now) == ()


@pytest.mark.parametrize("words", ["VISIT ASU 21 NOV 10:00", "VISIT ASU CANCEL"])
def test_who_proposed_a_visit_hears_when_another_leader_moves_it_or_calls_it_off(rig: Rig, words: str) -> None:
    rig.says("efua", "VISIT ASU 20 NOV 09:00")
    rig.sent.clear()
    rig.says("owusu", words)
    heard = [m.text for m in rig.sent if m.urn == rig.urn("efua")]
    assert len(heard) == 1
    assert "Dr Owusu" in heard[0]


def test_an_old_button_does_not_answer_for_the_new_time(rig: Rig) -> None:
    rig.says("efua", "VISIT ASU 20 NOV 09:00")
    ref = rig.db.work(visits.ahead, rig.now)[0].label
    rig.says("efua", "VISIT ASU 21 NOV 10:00")
    rig.says("ama", f"VISIT {ref}@202611200900 YES", kind=InboundKind.BUTTON)
    assert "earlier time" in rig.sent[-1].text
    assert not rig.db.work(visits.ahead, rig.now)[0].answers
    rig.says("ama", f"VISIT {ref}@202611211000 YES", kind=InboundKind.BUTTON)
    assert rig.db.work(visits.ahead, rig.now)[0].saying(True)
