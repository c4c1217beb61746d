"""What waits for a channel that the settings do not name any more: another way, or an end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from bot import sweeping
from bot.sweeping import drop_unsendable
from domain.messages import Document, Lane
from storage import outbox
from storage.outbox import Part
from tests.rig import Rig
from tests.test_watching import waits_for_sms


def test_words_for_a_channel_that_is_gone_go_another_way_or_come_to_an_end(rig: Rig) -> None:
    waits_for_sms(rig, "kofi")
    waits_for_sms(rig, "nana")  # who has no other address
    rig.db.work(drop_unsendable, rig.now, ("telegram",))
    assert rig.db.work(outbox.counts) == {"queued": 2}  # somebody may be changing the settings at this moment
    rig.now += timedelta(minutes=10)
    for _twice in range(2):
        rig.db.work(drop_unsendable, rig.now, ("telegram",))
        rig.deliver_by("telegram")
    assert [(message.urn.scheme, message.text) for message in rig.sent] == [("telegram", "Words")]
    assert rig.db.work(outbox.counts) == {"delivered": 1, "failed": 1, "queued": 1}
    rig.now += timedelta(days=3)
    rig.db.work(drop_unsendable, rig.now, ("telegram",))
    assert rig.db.work(outbox.counts) == {"delivered": 1, "failed": 2}


def test_what_cannot_go_another_way_keeps_nobody_else_waiting(sqlite_rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "AT_ONCE", 1)
    rig = sqlite_rig
    kofi, phone = rig.contact("kofi"), rig.urn("kofi", "tel")
    waiting = Part(
        key="", kind="report", lane=Lane.BULK, urn=phone, text="", segments=1, due_at=rig.now, contact_id=kofi.id
    )
    for part in (
        replace(waiting, key="picture", picture=b"a picture without words"),
        replace(waiting, key="document", text="The pack", document=Document("pack.pdf", b"%PDF")),
        replace(waiting, key="refused:telegram", text="What Telegram did not take"),
        replace(waiting, key="words", text="Words"),
        replace(waiting, key="more", text="More"),
    ):
        rig.db.work(outbox.put, part, rig.now)
    rig.now += timedelta(minutes=10)
    after = 0
    for expected in ([], [], [], ["Words"], ["Words", "More"], ["Words", "More"]):
        after = rig.db.work(drop_unsendable, rig.now, ("telegram",), after)
        rig.deliver_by("telegram")
        assert [message.text for message in rig.sent] == expected
    assert after == 0


def test_what_is_stale_comes_to_an_end_however_much_waits_before_it(
    sqlite_rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "AT_ONCE", 2)
    waiting = Part(
        key="", kind="alert", lane=Lane.BULK, urn=sqlite_rig.urn("nana", "tel"), text="Words", segments=1,
        due_at=sqlite_rig.now,
    )  # fmt: skip
    for n, kind in enumerate(("alert", "alert", "alert", "nudge", "nudge")):
        sqlite_rig.db.work(outbox.put, replace(waiting, key=f"{n}", kind=kind), sqlite_rig.now)
    after, failed = 0, []
    for _round in range(3):
        after = sqlite_rig.db.work(drop_unsendable, sqlite_rig.now + timedelta(days=2), ("telegram",), after)
        failed.append(sqlite_rig.db.work(outbox.counts).get("failed", 0))
    assert (failed, after) == ([0, 1, 2], 0)


def test_doubts_about_a_channel_that_is_gone_come_to_an_end(rig: Rig) -> None:
    waits_for_sms(rig, "nana")
    with rig.db.begin() as db:
        db.execute(text("update outbound set status = 'unknown', attempts = 1"))
    rig.db.work(drop_unsendable, rig.now + timedelta(hours=1), ("telegram",))
    assert rig.db.work(outbox.counts) == {"unknown": 1}
    rig.db.work(drop_unsendable, rig.now + timedelta(days=3), ("telegram",))
    assert rig.db.work(outbox.counts) == {"failed": 1}
