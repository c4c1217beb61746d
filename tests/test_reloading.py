"""A programme file that is loaded again: what differs from the one before is taken up, what people chose stays."""

from __future__ import annotations

import re

from sqlalchemy import select

from conversations.places import districts_of
from domain.people import Urn
from storage import contacts, programmes
from storage.models import ContactRow
from storage.programme_file import sample_text
from tests.rig import Rig
from tests.test_alerts import without_district
from tests.test_watching import waits_for_sms

NEW_PHONE = "+233200000093"


def load(rig: Rig, text: str) -> None:
    rig.db.work(programmes.install, text, rig.now)


def without(key: str) -> str:
    """Return the sample programme without a person."""
    text, there = re.subn(rf"\n  {key}:\n(?:    .*\n)+", "\n", sample_text())
    assert there == 1
    return text.replace(f"owner: {key},", "owner: kofi,")


def test_a_mistyped_phone_is_mended_and_what_was_chosen_stays(rig: Rig) -> None:
    rig.says("ama", "LANG ES")
    with rig.db.begin() as db:
        contacts.add_address(db, rig.contact("ama").id, Urn("whatsapp", "+233200000091"))
    mended = sample_text().replace("+233200000011", NEW_PHONE)
    for _twice in range(2):
        load(rig, mended)
    assert rig.db.work(contacts.find, Urn("tel", "+233200000011")) is None
    ama = rig.db.work(contacts.find, Urn("tel", NEW_PHONE))
    assert ama is not None
    assert (ama.key, ama.language) == ("ama", "es")
    assert {a.urn.scheme for a in ama.addresses} == {"tel", "telegram", "whatsapp"}


def test_another_language_in_the_file_is_taken_up(rig: Rig) -> None:
    rig.says("ama", "LANG ES")
    load(rig, re.sub(r'(\n  ama:\n(?:    .*\n)*?    language: )"en"', r'\1"fr"', sample_text()))
    assert rig.contact("ama").language == "fr"


def test_what_waits_for_a_number_that_was_mended_goes_another_way(rig: Rig) -> None:
    waits_for_sms(rig, "ama")
    load(
        rig,
        sample_text().replace(
            '    phone: "+233200000011"\n    telegram: 700011\n    prefers: sms', "    telegram: 700011"
        ),
    )
    for _twice in range(2):
        rig.deliver()
    assert [(message.urn.scheme, message.text) for message in rig.sent] == [("telegram", "Words")]


def test_who_is_left_out_is_written_to_no_more_and_may_be_put_back(rig: Rig) -> None:
    waits_for_sms(rig, "abena")
    load(rig, without("abena"))
    rig.deliver()
    assert rig.sent == []
    gone = rig.contact("abena")
    assert (gone.addresses, gone.district) == ((), None)
    load(rig, sample_text())
    rig.says("abena", "DUE")
    assert [message.urn for message in rig.sent] == [rig.urn("abena")]


def test_a_district_and_a_group_may_be_taken_out(rig: Rig) -> None:
    """Who took over a district and is in no file answers for none; a facilitator has the groups that are left."""
    with rig.db.begin() as db:
        rows = {row.key: row for row in db.scalars(select(ContactRow))}
        rows["ama"].key, rows["efua"].groups = "ama77", ["group1", "gone"]
    load(rig, without_district("asuo"))
    assert (rig.contact("ama77").district, rig.contact("ama77").reports) == (None, False)
    assert districts_of(rig.contact("efua"), rig.db.work(programmes.current)) == ("bremu", "kadewa")
    rig.says("ama77", "DUE")
    rig.says("efua", "FLAGS")
    assert len(rig.sent) == 2
