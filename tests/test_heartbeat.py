"""The heartbeat that says to somebody outside that all is well, and keeps silent when it is not."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import update

from benchmarks.kill import until
from scheduler.clock import start_clock
from scheduler.noting import run_noted
from storage import holds
from storage.models import OutboundRow
from tests.rig import Rig
from tests.test_alerts import Listener, beats
from tests.test_watching import breaks, put_prompt, works


def test_there_is_no_heartbeat_while_nobody_sends(rig: Rig) -> None:
    rig.says("ama", "DUE")
    with rig.db.begin() as db:
        db.execute(update(OutboundRow).values(status="queued"))
    assert beats(rig) == (True, 1)
    rig.now += timedelta(minutes=45)
    assert beats(rig) == (False, 0)
    rig.deliver()
    assert beats(rig) == (True, 1)


async def test_there_is_no_heartbeat_while_a_job_fails_for_long(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    await run_noted(rig.db, "nudges", works, rig.now)
    for expected in ((True, 1), (True, 1), (False, 0)):
        rig.now += timedelta(minutes=11)
        await run_noted(rig.db, "nudges", breaks, rig.now)
        assert await asyncio.to_thread(beats, rig) == expected
    assert "no heartbeat: jobs that failed for over half an hour: nudges" in caplog.text
    await run_noted(rig.db, "nudges", works, rig.now)
    assert await asyncio.to_thread(beats, rig) == (True, 1)


async def test_there_is_no_heartbeat_while_a_job_has_never_gone_well(rig: Rig) -> None:
    for _minute in range(31):
        await run_noted(rig.db, "nudges", breaks, rig.now)
        rig.now += timedelta(minutes=1)
    assert await asyncio.to_thread(beats, rig) == (False, 0)
    rig.now += timedelta(hours=1)
    assert await asyncio.to_thread(beats, rig) == (True, 1)  # this release has no such job any more


def test_there_is_no_heartbeat_while_an_account_is_refused_for_long(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    for expected in ((True, 1), (True, 1), (False, 0)):
        rig.db.work(holds.hold, "tel", "20003", rig.now, rig.now + timedelta(minutes=5), broken=True)
        rig.db.work(holds.hold, "telegram", "429", rig.now, rig.now + timedelta(minutes=5))
        assert beats(rig) == expected
        rig.now += timedelta(minutes=20)
    assert "no heartbeat: our account is refused for over half an hour: tel" in caplog.text
    assert beats(rig) == (True, 1)


async def test_the_first_heartbeat_comes_at_once_however_busy_the_first_second_is(
    sqlite_rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scheduler.clock.SCHEDULE", ())
    async with Listener() as listener:
        ticking = start_clock(sqlite_rig.db, lambda: sqlite_rig.now, f"{listener.root}/ping")  # whose now is long past
        await until(lambda: bool(listener.sent), every=0.02)
        ticking.shutdown(wait=False)


def test_there_is_no_heartbeat_while_something_waits_for_a_channel_that_is_not_set(sqlite_rig: Rig) -> None:
    put_prompt(sqlite_rig, "prompt:0")
    sqlite_rig.now += timedelta(minutes=45)
    assert beats(sqlite_rig) == (False, 0)
