"""Two real clock processes on one PostgreSQL: one ticks; when it is killed the other goes on."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import create_engine

from benchmarks import kill
from benchmarks.fleet import environment
from benchmarks.kill import until
from storage.database import Database
from storage.job_runs import job_runs
from tests.forked import IMPATIENT, Forked, kumbusha
from tests.rig import SECRET

LEADS = '"event": "leads clock"'


@asynccontextmanager
async def clock(url: str, log: Path) -> AsyncIterator[Forked]:
    """Run `kumbusha clock` and write down what it says."""
    process = Forked(IMPATIENT, kill.ROOT, environment(url), "clock", log=log)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        await process.wait()


def new_database(prefix: str) -> str:
    """Return the address of a new database with a programme in force."""
    engine = create_engine(prefix.format("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("create database clocks"))
    engine.dispose()
    url = prefix.format("clocks")
    kumbusha(kill.ROOT, environment(url), "db", "upgrade")
    kill.install(url, 3)
    return url


async def test_one_clock_ticks_and_the_other_takes_over_when_it_is_killed(postgres_server: str, tmp_path: Path) -> None:
    url = await asyncio.to_thread(new_database, postgres_server)
    db, logs = Database(url, SECRET), [tmp_path / "1.log", tmp_path / "2.log"]
    async with clock(url, logs[0]) as first, clock(url, logs[1]) as second:
        await until(lambda: any(LEADS in log.read_text() for log in logs), every=0.1)
        await until(lambda: bool(db.work(job_runs)), every=0.1)
        leader, log = (first, logs[1]) if LEADS in logs[0].read_text() else (second, logs[0])
        assert LEADS not in log.read_text()
        leader.send_signal(signal.SIGKILL)
        await leader.wait()
        killed_at = datetime.now(UTC)
        await until(lambda: LEADS in log.read_text(), every=0.1)
        assert (datetime.now(UTC) - killed_at).total_seconds() < 60
        await until(lambda: max(run.ran_at for run in db.work(job_runs)) > killed_at, every=0.1)
    db.close()
    assert {first.returncode, second.returncode} == {-signal.SIGKILL, 0}
