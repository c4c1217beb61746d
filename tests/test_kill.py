"""Killed in the middle of work, started again: nothing is lost, nothing is answered twice but what nobody can know."""

from __future__ import annotations

import asyncio
import signal
from datetime import UTC, datetime

from sqlalchemy import create_engine, text

from benchmarks import work
from benchmarks.fleet import LONGEST_LEAVE, Fleet, environment
from benchmarks.kill import LOG, ROOT, TELEGRAM_EVERY, Hour, install
from storage import programmes
from tests.forked import IMPATIENT, Forked, kumbusha
from tests.rig import Rig

PEOPLE, KILLS, SEED = 6, 2, 7


async def test_nothing_is_lost_and_nothing_doubled_by_kills(rig: Rig) -> None:
    rig.db.work(programmes.install, work.programme_text(PEOPLE, TELEGRAM_EVERY), datetime.now(UTC))
    rig.db.engine.dispose()
    hour = Hour(rig.db.url, PEOPLE, KILLS, SEED)
    await hour.play()

    assert [count.acknowledged_lost for count in hour.counts] == [0] * (KILLS + 1)
    assert hour.wrong() == []
    end = hour.counts[-1]
    assert (end.inbound, end.handled, end.replies, end.recorded) == (hour.messages,) * 4
    # Telegram cannot be asked what it took, so an answer in doubt is sent again; Twilio can, so nothing comes twice.
    assert all(reply.scheme == "telegram" and 1 < reply.accepted <= reply.attempts for reply in hour.not_once())


class ForkedFleet(Fleet):
    """A fleet whose processes need not read everything first, so that they are ended at their work."""

    async def launch(self, part: str, environment: dict[str, str]) -> Forked:
        return Forked(IMPATIENT, ROOT, environment, part, log=LOG)


async def test_nothing_is_lost_and_nothing_doubled_while_a_fleet_is_renewed(postgres_server: str) -> None:
    """Two web processes, two workers and two clocks, each ended once under load: killed or told to stop, in turn."""
    url = new_database(postgres_server)
    await asyncio.to_thread(kumbusha, ROOT, environment(url), "db", "upgrade")
    await asyncio.to_thread(install, url, PEOPLE)
    fleet = ForkedFleet(url, PEOPLE, SEED, every=1.5, least=6)
    await fleet.play()

    assert fleet.wrong() == []
    end = fleet.counts[-1]
    assert (end.acknowledged_lost, end.inbound, end.handled, end.replies, end.recorded) == (0, *(fleet.messages,) * 4)
    assert all(reply.scheme == "telegram" and 1 < reply.accepted <= reply.attempts for reply in fleet.not_once())
    told = [ended for ended in fleet.ends if ended.by == "SIGTERM"]
    assert told
    for ended in told:  # by its own decision, or by the signal when it had not begun yet
        assert ended.code in (0, -signal.SIGTERM), ended
        assert ended.seconds <= LONGEST_LEAVE, ended


def new_database(prefix: str) -> str:
    """Return the address of an empty database."""
    engine = create_engine(prefix.format("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("create database fleet"))
    engine.dispose()
    return prefix.format("fleet")
