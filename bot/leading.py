"""One process of several at a time: a lock in PostgreSQL names the leader, and goes when its connection goes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable

import psycopg
from psycopg.conninfo import make_conninfo

from storage.database import Database, patience

log = logging.getLogger(__name__)

LOOK = 5.0  # seconds between looks, at a lock that another holds and at a connection that holds ours
# The server drops a leader whose machine is gone after about 25 s, so that another takes over within a minute.
KEEPALIVE = "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"

Lead = Callable[[asyncio.Event], Awaitable[None]]


async def lead_alone(db: Database, name: str, lead: Lead, stop: asyncio.Event) -> None:
    """Run `lead` while no other process does so under this name, until `stop`; its event says when it has to end.

    The lock only spares work: whatever must happen once has a unique key. On SQLite there is one process, which leads.
    """
    if db.sqlite:
        return await lead(stop)
    while not stop.is_set():
        try:
            async with locked(db, name) as connection:
                if connection is not None:
                    await _lead_while_connected(connection, name, lead, stop)
        except psycopg.Error as error:
            log.warning("the lock %s is out of reach: %s", name, type(error).__name__)
        await sleep(LOOK, stop)


@contextlib.asynccontextmanager
async def locked(db: Database, name: str) -> AsyncIterator[psycopg.AsyncConnection | None]:
    """Yield the connection that holds the lock, or None while another process holds it."""
    connection = await psycopg.AsyncConnection.connect(address(db), autocommit=True, options=KEEPALIVE)
    async with connection:
        asked = await connection.execute("select pg_try_advisory_lock(hashtextextended(%s, 0))", [f"leader:{name}"])
        won = await asked.fetchone()
        yield connection if won and won[0] else None


def address(db: Database) -> str:
    """Return the address of a PostgreSQL as its own library takes it, with how long it is waited for."""
    return make_conninfo(db.url.replace("+psycopg", "", 1), **patience(db.url))


async def sleep(seconds: float, stop: asyncio.Event) -> None:
    """Wait, at most until `stop` is set."""
    if seconds:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), seconds)


async def _lead_while_connected(
    connection: psycopg.AsyncConnection, name: str, lead: Lead, stop: asyncio.Event
) -> None:
    log.info("leads %s", name)
    over = asyncio.Event()
    leading = asyncio.ensure_future(lead(over))
    try:
        while not stop.is_set() and not leading.done():
            await asyncio.wait_for(connection.execute("select 1"), LOOK)
            await sleep(LOOK, stop)
    except TimeoutError:
        log.warning("the connection that holds the lock %s does not answer", name)
    finally:
        over.set()
        await leading
