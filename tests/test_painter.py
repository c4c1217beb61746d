"""Pictures of digests: each drawn once, in a process of its own, and words go without one rather than not at all."""

from __future__ import annotations

import asyncio
import os
import signal
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from bot import painter
from bot.painter import Painter
from scheduler import digesting
from scheduler.noting import run_noted
from storage import contacts, job_runs
from storage.models import ContactRow
from tests.rig import Rig

MONDAY = datetime(2026, 11, 9, 15, tzinfo=UTC)  # the hour of the digest has come everywhere
SQUARE = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'
PNG = b"\x89PNG"


async def test_what_is_no_picture_is_left_out_and_the_others_are_drawn() -> None:
    one = Painter()
    drawn = await one.draw([SQUARE, "no picture", SQUARE.replace("9", "8")])
    await one.close()
    assert list(drawn) == [SQUARE, SQUARE.replace("9", "8")]
    assert all(png.startswith(PNG) for png in drawn.values())
    assert painter.draw_here([SQUARE, "no picture"]) == {SQUARE: drawn[SQUARE]}


async def test_a_painter_that_dies_is_replaced() -> None:
    one = Painter()
    assert len(await one.draw([SQUARE])) == 1
    assert one.process_id is not None
    os.kill(one.process_id, signal.SIGKILL)
    assert await one.draw([SQUARE]) == {}
    assert len(await one.draw([SQUARE])) == 1
    await one.close()
    assert one.process_id is None


def send_digests(rig: Rig) -> int:
    """Send the digests as the clock does."""
    rig.now = MONDAY
    return asyncio.run(run_noted(rig.db, "digests", digesting.send_digests, MONDAY, digesting.digest_shares))


def same_desk(rig: Rig) -> None:
    """Let both managers and a facilitator of all groups look after the same, alike."""
    with rig.db.begin() as db:
        leaders = ContactRow.key.in_(["owusu", "grace", "efua"])
        alike = {"groups": [], "language": "en", "preferred": "telegram"}
        db.execute(update(ContactRow).where(leaders).values(**alike))


def test_readers_of_the_same_have_one_picture_drawn(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[str]()
    draw = Painter.draw

    async def counted(self: Painter, pictures: frozenset[str]) -> dict[str, bytes]:
        asked.extend(pictures)
        return await draw(self, pictures)

    monkeypatch.setattr(Painter, "draw", counted)
    same_desk(rig)
    assert send_digests(rig) == 5
    rig.deliver()
    pictured = {rig.urn(key, "telegram") for key in ("owusu", "grace", "efua", "salima", "carmen")}
    assert {message.urn for message in rig.sent if message.picture} == pictured
    assert len(asked) == 3


def test_nothing_is_held_up_while_a_picture_is_drawn(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    draw, answered = Painter.draw, list[str]()

    async def meanwhile(self: Painter, pictures: frozenset[str]) -> dict[str, bytes]:
        await rig.db.run(contacts.change, rig.contact("grace").id, status="stopped")
        answered.append("a turn")
        return await draw(self, pictures)

    monkeypatch.setattr(Painter, "draw", meanwhile)
    same_desk(rig)
    send_digests(rig)
    rig.deliver()
    assert answered
    heard = {message.urn for message in rig.sent}
    assert rig.urn("owusu", "telegram") in heard
    assert heard.isdisjoint(address.urn for address in rig.contact("grace").addresses)  # who stopped just now


def test_digests_go_without_pictures_where_none_can_be_drawn(
    sqlite_rig: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(painter.sys, "executable", "/no/such/python")
    assert send_digests(sqlite_rig) == 5
    sqlite_rig.deliver()
    assert sqlite_rig.sent
    assert not any(message.picture for message in sqlite_rig.sent)
    assert "a picture was not drawn" in caplog.text
    assert [run.failures for run in sqlite_rig.db.work(job_runs.job_runs)] == [1]
    assert send_digests(sqlite_rig) == 0
