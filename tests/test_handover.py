"""A role passes on with its plan and history, and loading the programme file again does not undo it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from conversations.flows.handover import read_successor
from domain.people import Urn
from storage import plans, programmes
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


def test_who_was_invited_twice_takes_over_once(rig: Rig) -> None:
    other = Urn("tel", "+233200000998")
    rig.says("ama", "HANDOVER +233200000999 Esi")
    rig.says("ama", "HANDOVER +233200000998 Adwoa")
    for person in (NEW, other):
        rig.says(person, "1")
        rig.says(person, "YES")
    thanked = [m.text for m in rig.sent if "has taken over" in m.text]
    assert len(thanked) == 1


def test_a_rating_is_kept_without_who_gave_it(rig: Rig) -> None:
    rig.says(NEW, "RATE ASUO-HC 2 waited one hour")
    rig.says("ama", "RATE ASUO-HC 4 clean")
    with rig.db.begin() as db:
        kept = [(row.score, row.words) for row in db.scalars(select(RatingRow).order_by(RatingRow.id))]
        messages = [(row.text, row.fingerprint) for row in db.scalars(select(InboundRow))]
    assert kept == [(2, "waited one hour"), (4, "clean")]
    assert messages == [("", None), ("", None)]
    assert not any("2 " in m.text or "4 " in m.text for m in rig.sent)
