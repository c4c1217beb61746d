"""Pictures of digests: each drawn once, in a process of its own, and words go without one rather than not at all."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import update

from bot import painter
from bot.drawing.painting import Wanted
from bot.drawing.png import png_of
from bot.painter import HOME, Painter
from domain.quarters import Quarter
from scheduler import briefing, digesting, packing
from scheduler.noting import run_noted
from storage import contacts, job_runs, programmes
from storage.models import ContactRow
from tests.rig import Rig
from tests.test_run import until

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
    for _time in range(2):
        os.kill(one.process_id, signal.SIGKILL)
        assert len(await one.draw([SQUARE])) == 1
    await one.close()
    assert one.process_id is None


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
async def test_what_tells_the_whole_group_to_stop_does_not_end_a_drawing(told: signal.Signals) -> None:
    one = Painter()
    assert len(await one.draw([SQUARE])) == 1
    assert one.process_id is not None
    os.kill(one.process_id, told)
    assert len(await one.draw([SQUARE])) == 1
    await one.close()


async def test_a_painter_ends_with_the_process_that_started_it() -> None:
    code = (
        "import asyncio, sys\n"
        "from bot.painter import Painter\n"
        "async def main():\n"
        "    one = Painter()\n"
        "    await one.draw([sys.argv[1]])\n"
        "    print(one.process_id, flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", code, SQUARE, cwd=HOME, stdout=PIPE)
    assert parent.stdout is not None
    drawing = int(await parent.stdout.readline())
    parent.kill()
    await parent.wait()
    await until(lambda: not is_alive(drawing), "the painter to end")


def is_alive(process_id: int) -> bool:
    """Whether a process runs still; one that ended and was not waited for does not."""
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def test_a_picture_that_is_too_large_is_left_out_and_the_next_is_drawn(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    large = SQUARE.replace("9", "900").replace("<rect", "<!-- --><circle r='300'/><rect")
    small = len(b64encode(png_of(SQUARE)))
    monkeypatch.setattr(painter, "LARGEST", small + 1)
    assert len(png_of(large)) > 2 * small
    one = Painter()
    async with asyncio.timeout(30):
        assert list(await one.draw([large, SQUARE])) == [SQUARE]
        await one.close()
    assert "a picture was not drawn" in caplog.text


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


def test_managers_who_read_the_same_brief_have_one_picture_drawn(
    sqlite_rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig, asked, draw = sqlite_rig, list[str](), Painter.draw

    async def counted(self: Painter, pictures: frozenset[str]) -> dict[str, bytes]:
        asked.extend(pictures)
        return await draw(self, pictures)

    monkeypatch.setattr(Painter, "draw", counted)
    same_desk(rig)
    rig.says("ama", "REP ANC1 412/615 ABS 12")
    rig.now = datetime(2026, 11, 10, 15, tzinfo=UTC)  # the working day after the late list
    run = run_noted(rig.db, "briefs", briefing.send_briefs, rig.now, briefing.brief_shares)
    assert asyncio.run(run) == 2
    rig.deliver()
    pictured = {message.urn for message in rig.sent if message.picture}
    assert pictured == {rig.urn(key, "telegram") for key in ("owusu", "grace")}
    assert len(asked) == 1
    again = run_noted(rig.db, "briefs", briefing.send_briefs, rig.now, briefing.brief_shares)
    assert asyncio.run(again) == 0


def test_a_pack_is_made_once_for_all_who_get_the_same_each_in_a_transaction_of_its_own(sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    with rig.db.begin() as db:
        alike = {"groups": ["group1"], "language": "en", "timezone": "Africa/Accra"}
        db.execute(update(ContactRow).where(ContactRow.key.in_(["efua", "salima"])).values(**alike))
    rig.now = packing.pack_time(Quarter(2026, 3), rig.db.work(programmes.current))
    assert len(rig.db.work(packing.pack_shares, rig.now)) == 2
    assert asyncio.run(run_noted(rig.db, "packs", packing.send_packs, rig.now, packing.pack_shares)) == 3
    assert rig.db.work(packing.pack_shares, rig.now) == []
    rig.now += timedelta(hours=8)  # morning in Guatemala
    rig.deliver()
    packs = {message.urn: message.document.content for message in rig.sent if message.document}
    efua, salima, carmen = (packs[rig.urn(key, "telegram")] for key in ("efua", "salima", "carmen"))
    assert efua == salima != carmen


def test_nothing_is_held_up_while_a_picture_is_drawn(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    draw, answered = Painter.draw, list[str]()

    async def meanwhile(self: Painter, pictures: frozenset[str]) -> dict[str, bytes]:
        await rig.db.run(partial(contacts.change, status="stopped"), rig.contact("grace").id)
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


def test_nothing_is_held_up_while_a_pack_is_drawn_and_one_that_is_not_drawn_comes_later(
    sqlite_rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig, draw = sqlite_rig, Painter.draw
    rig.now = packing.pack_time(Quarter(2026, 3), rig.db.work(programmes.current))
    rig.says("salima", "PACK Q2")

    async def meanwhile(self: Painter, wanted: frozenset[Wanted]) -> dict[Wanted, bytes]:
        await rig.db.run(partial(contacts.change, status="stopped"), rig.contact("efua").id)
        return await draw(self, wanted)

    async def in_vain(self: Painter, wanted: frozenset[Wanted]) -> dict[Wanted, bytes]:
        return {}

    for drawing, expected in ((in_vain, set()), (meanwhile, {"group2-2026-Q2.pdf", "group2-2026-Q3.pdf"})):
        monkeypatch.setattr(Painter, "draw", drawing)
        asyncio.run(run_noted(rig.db, "packs", packing.send_packs, rig.now, packing.pack_shares))
        rig.deliver()
        names = {message.document.name for message in rig.sent if message.document}
        assert names & {"group1-2026-Q3.pdf", "group2-2026-Q2.pdf", "group2-2026-Q3.pdf"} == expected


def test_digests_go_without_pictures_where_none_can_be_drawn(
    sqlite_rig: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    assert send_digests(sqlite_rig) == 5
    sqlite_rig.deliver()
    assert sqlite_rig.sent
    assert not any(message.picture for message in sqlite_rig.sent)
    assert "a picture was not drawn" in caplog.text
    assert [run.failures for run in sqlite_rig.db.work(job_runs.job_runs)] == [1]
    assert send_digests(sqlite_rig) == 0
