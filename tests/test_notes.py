"""Threads of notes: who may read them, who answers, how long that takes; and rewritten answers of a diary."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from conversations.state import Conversation, Heard
from domain.notes import Note, Thread, answer_times, may_read, threads_of, unanswered
from domain.people import Contact, Role
from domain.periods import ReportingPeriod
from storage import conversations, diaries, notes
from storage.models import DiaryRow, NoteRow
from tests.rig import Rig

START = datetime(2026, 11, 3, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)


def ref_of(rig: Rig, who: str, text: str) -> int:
    ref = rig.says(who, text).inbound_id
    assert ref is not None
    return ref


def note(ref: int, thread: int, kind: str, writer: int, hours: float = 0, **more: object) -> Note:
    said: dict[str, object] = {"leader": writer >= 10, "at": START + hours * HOUR, "district": "asuo", **more}
    return Note(ref, thread, kind, "words", writer, f"P{writer}", **said)  # type: ignore[arg-type]


def person(number: int, role: Role, district: str | None = None) -> Contact:
    return Contact(number, f"p{number}", f"P{number}", role, "en", "Africa/Accra", district=district)


def test_the_answer_is_the_first_word_from_the_other_side() -> None:
    told = note(1, 1, "tell", 10)
    thread = Thread(told, (note(2, 1, "answer", 11, 1), note(3, 1, "answer", 1, 5), note(4, 1, "answer", 2, 6)))
    assert thread.answer is not None
    assert thread.answer.ref == 3
    called = Thread(note(5, 5, "help", 1), (note(6, 5, "answer", 1, 1), note(7, 5, "answer", 10, 3)))
    assert called.answer is not None
    assert called.answer.ref == 7


def test_answer_times_are_measured_from_the_first_words_to_the_first_answer() -> None:
    found = threads_of(
        [
            note(1, 1, "help", 1),
            note(2, 2, "help", 1),
            note(3, 3, "tell", 10),
            note(4, 4, "note", 1),
            note(5, 1, "answer", 10, 2),
            note(6, 1, "answer", 10, 90),
            note(7, 3, "answer", 1, 6),
        ]
    )
    times = answer_times(found)
    assert (times.asked, times.answered, times.half_within) == (3, 2, 4 * HOUR)
    assert answer_times(()).half_within is None


def test_what_waits_two_days_is_shown_and_notes_wait_for_nobody() -> None:
    found = threads_of([note(1, 1, "help", 1), note(2, 2, "note", 1), note(3, 3, "tell", 10, -1)])
    assert unanswered(found, START + 47 * HOUR)[0].label == "N3"
    assert [t.label for t in unanswered(found, START + 48 * HOUR)] == ["N3", "H1"]


@given(
    st.sampled_from(["help", "tell", "note"]),
    st.booleans(),
    st.sampled_from([1, 2, 10]),
    st.sampled_from(["asuo", "bremu", None]),
    st.sampled_from(list(Role)),
    st.sampled_from(["asuo", "bremu"]),
)
def test_private_words_are_for_their_writer_and_a_call_for_help_stays_out_of_the_team(
    kind: str, private: bool, writer: int, of: str | None, role: Role, where: str
) -> None:
    opening = note(1, 1, kind, writer, private=private, district=of)
    reports = role in (Role.FOCAL, Role.PARTNER)
    reader = person(2, role, where if reports else None)
    allowed = may_read(opening, reader, () if reports else (where,))
    if writer == 2:
        assert allowed
    elif private or (reports and kind == "help") or (of is not None and of != where):
        assert not allowed
    elif of == where:
        assert allowed


def test_a_reader_of_another_group_or_district_sees_nothing(rig: Rig) -> None:
    ref = ref_of(rig, "ama", "NOTE the ambulance is back")
    call = ref_of(rig, "ama", "HELP ME with the register")
    for stranger in ("salima", "kofi", "asha"):
        for label in (f"N{ref}", f"H{call}", f"N{call}"):
            rig.sent.clear()
            rig.says(stranger, label)
            rig.says(stranger, f"{label} and what else")
            assert not any("ambulance" in m.text or "register" in m.text for m in rig.sent)
    stored = rig.db.work(notes.thread, ref)
    assert stored is not None
    assert stored.later == ()
    rig.sent.clear()
    rig.says("nana", f"H{call}")
    assert not any("register" in m.text for m in rig.sent)


def test_a_private_note_never_leaves_its_writer_whatever_is_asked(rig: Rig) -> None:
    ref = ref_of(rig, "ama", "NOTE PRIVATE the driver sells fuel")
    rig.says("ama", f"N{ref} I saw it twice")
    rig.sent.clear()
    for reader in ("nana", "efua", "kofi", "owusu", "salima"):
        for text in ("NOTES", f"N{ref}", "OPEN", "THEMES", "DIGEST"):
            rig.says(reader, text)
    assert not any("driver" in m.text or "twice" in m.text for m in rig.sent)
    rig.says("ama", f"N{ref}")
    assert "I saw it twice" in rig.sent[-1].text


def test_words_heard_three_days_ago_are_not_answered_by_chance(rig: Rig) -> None:
    rig.now = START
    rig.says("efua", "TELL ASU please count the beds")
    rig.now = START + timedelta(days=3, minutes=1)
    rig.says("ama", "There are twelve of them")
    assert not any("There are twelve" in m.text for m in rig.sent)


def test_a_report_stays_a_report_and_a_command_a_command_after_words_were_heard(rig: Rig) -> None:
    rig.now = START
    rig.says("efua", "TELL ASU please count the beds")
    rig.says("ama", "HELP ME who counts the beds")
    rig.sent.clear()
    rig.says("ama", "YAW 5")
    rig.says("ama", "plan")
    rig.says("efua", "TELL BRE the same for you please")
    rig.says("efua", "rag")
    passed_on = [m for m in rig.sent if "YAW 5" in m.text and m.urn != rig.urn("ama")]
    assert passed_on == []
    assert rig.db.work(conversations.load, rig.contact("ama").id).heard
    assert rig.db.work(conversations.load, rig.contact("efua").id).heard


def test_words_for_several_who_asked_are_asked_about(rig: Rig) -> None:
    rig.now = START
    rig.says("ama", "HELP ME with the register")
    rig.says("kwame", "HELP ME with the password")
    rig.sent.clear()
    rig.says("efua", "I will come on Tuesday and look")
    (asked,) = rig.sent
    assert "H1" in asked.text
    assert "H2" in asked.text


def test_what_was_heard_survives_a_round_trip() -> None:
    heard = (
        Conversation().hearing(Heard(4, "N4", "Efua", START, first=True)).hearing(Heard(5, "V5", "Efua", START, True))
    )
    assert conversations.decode(conversations.encode(heard)) == heard
    assert heard.answered(5).answered(4) == Conversation()


def test_a_rewritten_answer_takes_the_place_of_the_first_and_both_stay(rig: Rig) -> None:
    rig.now = START
    for text in ("DIARY", "Rosters", "They came", "BACK", "BACK", "Rosters and visits", "They came on time"):
        rig.says("ama", text)
    rig.says("ama", "D+ and the ambulance is back")
    shown = rig.db.work(diaries.load, ["asuo"], ReportingPeriod(2026, 10))["asuo"]
    assert [(e.section, e.words) for e in shown] == [
        ("planned", "Rosters and visits"),
        ("well", "They came on time"),
        ("well", "and the ambulance is back"),
    ]
    with rig.db.begin() as db:
        kept = {row.words: row.superseded for row in db.scalars(select(DiaryRow))}
    assert {words for words, superseded in kept.items() if superseded} == {"Rosters", "They came"}
    assert len(kept) == 5


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("(private) he is late", "he is late"),
        ("- private: he is late", "he is late"),
        ("Private - he is late", "he is late"),
        ("PRIVATE he is late", "he is late"),
        ("[privado] he is late", "he is late"),
        ("Private clinics did not report", "Private clinics did not report"),
        ("private-sector clinics did not report", "private-sector clinics did not report"),
    ],
)
def test_a_note_that_may_be_private_is_and_loses_no_word_it_is_about(rig: Rig, words: str, kept: str) -> None:
    rig.says("ama", f"NOTE {words}")
    assert rig.sent[-1].text == "Saved as private: only you can read it."
    with rig.db.begin() as db:
        note = db.scalars(select(NoteRow)).one()
    assert (note.words, note.private) == (kept, True)


def test_a_managers_call_for_help_goes_to_another_one(rig: Rig) -> None:
    rig.says("owusu", "HELP ME the phone of Efua is lost")
    assert not any("asks" in m.text for m in rig.sent if m.urn == rig.urn("owusu"))
    assert not any("()" in m.text for m in rig.sent)
    rig.says("efua", "HELP ME who pays the fuel?")
    assert any(m.text.startswith("Efua asks: who pays the fuel?") for m in rig.sent if m.urn == rig.urn("owusu"))
