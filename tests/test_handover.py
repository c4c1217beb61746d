"""A role passes on with its plan and history, and loading the programme file again does not undo it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from conversations.flows.handover import read_successor
from domain.people import Urn
from storage import contacts, plans, programmes
from storage.models import InboundRow, RatingRow
from storage.programme_file import sample_text
from tests.rig import Rig

NEW = Urn("tel", "+233200000999")


@pytest.mark.parametrize(
    ("words", "name", "number"),
    [
        ("+233200000003 Yaw", "Yaw", "+233200000003"),
        ("Kofi Mensah, 020 000 0003", "Kofi Mensah", "+233200000003"),
        ("00233 20 000 0003: Kofi", "Kofi", "+233200000003"),
    ],
)
def test_a_number_is_read_as_people_write_it(words: str, name: str, number: str) -> None:
    assert read_successor(words, "GH") == (name, Urn("tel", number))


@pytest.mark.parametrize("words", ["", "Yaw", "+233200000003", "12 Yaw", "+23320 Yaw"])
def test_without_a_whole_number_and_a_name_nobody_is_invited(words: str) -> None:
    assert read_successor(words, "GH") is None


def test_the_plan_passes_on_and_loading_the_file_again_keeps_it_so(rig: Rig) -> None:
    before = [a.key for a in rig.db.work(plans.load, ["asuo"])["asuo"] if a.owner == "ama"]
    rig.says("ama", "HANDOVER +233200000999 Esi")
    rig.says(NEW, "1")
    rig.says(NEW, "YES")
    taker = next(a.owner for a in rig.db.work(plans.load, ["asuo"])["asuo"] if a.key == before[0])
    assert taker.startswith("esi")
    rig.db.work(programmes.install, sample_text(), rig.now)
    assert (rig.contact("ama").district, rig.contact(taker).district) == (None, "asuo")


def test_the_last_one_invited_takes_over_and_nobody_else(rig: Rig) -> None:
    wrong = Urn("tel", "+233200000990")
    rig.says("ama", "HANDOVER +233200000990 Wrong")
    rig.says(wrong, "1")
    rig.says("ama", "HANDOVER +233200000999 Esi")
    rig.says(wrong, "YES")
    assert "passed to somebody else" in rig.sent[-1].text
    _agrees(rig, NEW)
    rig.says(wrong, "YES")
    thanked = [m.text for m in rig.sent if "has taken over" in m.text]
    assert len(thanked) == 1
    assert thanked[0].startswith("Esi ")
    late = rig.db.work(contacts.find, wrong)
    assert late is not None
    assert (late.district, late.consented) == (None, False)


def test_who_was_let_go_may_be_invited_again(rig: Rig) -> None:
    rig.says("ama", "HANDOVER +233200000999 Esi")
    rig.says("ama", "HANDOVER +233200000990 Wrong")
    rig.says("ama", "HANDOVER +233200000999 Esi")
    _agrees(rig, NEW)
    esi = rig.db.work(contacts.find, NEW)
    assert esi is not None
    assert (esi.district, esi.consented, rig.contact("ama").district) == ("asuo", True, None)


def test_an_invite_ends_when_its_giver_loses_the_district_in_another_way(rig: Rig) -> None:
    rig.says("ama", "HANDOVER +233200000999 Esi")
    rig.db.work(contacts.change, rig.contact("ama").id, district="bremaso")
    _agrees(rig, NEW)
    esi = rig.db.work(contacts.find, NEW)
    assert esi is not None
    assert not esi.consented
    assert "passed to somebody else" in rig.sent[-1].text


@pytest.mark.parametrize("text", ["HISTORY BRE MD", "HISTORY ASU ABS", "RATINGS", "TREND ABS", "NOTES", "DUE", "FLAGS"])
def test_who_handed_over_reads_nothing_of_a_district(rig: Rig, text: str) -> None:
    rig.says("ama", "REP ABS 12")
    rig.says("kojo", "REP MD 3")
    rig.says("kojo", "YES")
    rig.says(Urn("tel", "+233200000980"), "RATE ASUO-HC 2 waited one hour")
    _hands_over(rig)
    rig.says("ama", text)
    said = rig.sent[-1].text
    assert not any(word in said for word in ("ABS", "MD", "waited", "ASUO-HC", "Bremaso"))
    assert _no_turn_failed(rig)


@pytest.mark.parametrize("text", ["Y", "YES", "NO", "12", "Y ABS", "ABS Y", "DIARY D+ good", "D+ good", "DIARY", "1"])
def test_a_question_that_waited_for_the_giver_is_dropped(rig: Rig, text: str) -> None:
    rig.says("ama", "REP ABS 90")
    _hands_over(rig)
    rig.says("ama", text)
    assert _no_turn_failed(rig)
    assert "90" not in rig.sent[-1].text


@pytest.mark.parametrize("who", ["efua", "owusu"])
def test_a_leader_who_writes_a_diary_is_told_what_a_leader_can_do(rig: Rig, who: str) -> None:
    rig.says(who, "DIARY D+ x")
    assert _no_turn_failed(rig)
    assert "RAG" in rig.sent[-1].text


def _hands_over(rig: Rig) -> None:
    rig.says("ama", "HANDOVER +233200000999 Esi")
    _agrees(rig, NEW)


def _agrees(rig: Rig, urn: Urn) -> None:
    rig.says(urn, "1")
    rig.says(urn, "YES")


def _no_turn_failed(rig: Rig) -> bool:
    with rig.db.begin() as db:
        return all(row.error is None for row in db.scalars(select(InboundRow)))


def test_a_rating_is_kept_without_who_gave_it(rig: Rig) -> None:
    rig.says(NEW, "RATE ASUO-HC 2 waited one hour")
    rig.says("ama", "RATE ASUO-HC 4 clean")
    with rig.db.begin() as db:
        kept = [(row.score, row.words) for row in db.scalars(select(RatingRow).order_by(RatingRow.id))]
        messages = [(row.text, row.fingerprint) for row in db.scalars(select(InboundRow))]
    assert kept == [(2, "waited one hour"), (4, "clean")]
    assert messages == [("", None), ("", None)]
    assert not any("2 " in m.text or "4 " in m.text for m in rig.sent)


def test_words_that_only_begin_like_a_rating_are_kept_and_one_in_practice_is_not(sqlite_rig: Rig) -> None:
    kept = sqlite_rig.says("ama", "RATE of staff rose 12 percent").inbound_id
    sqlite_rig.says("ama", "PRACTICE")
    rehearsed = sqlite_rig.says("ama", "RATE ASUO-HC 2 long wait").inbound_id
    with sqlite_rig.db.begin() as db:
        words = {i: db.scalars(select(InboundRow.text).where(InboundRow.id == i)).one() for i in (kept, rehearsed)}
    assert words[kept] == "RATE of staff rose 12 percent"
    assert "long" not in (words[rehearsed] or "")
