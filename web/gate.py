"""The way of webhooks to the database: so many wait for their turn at most, and more are told when to come again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy.orm import Session

from bot.turns import take_turn
from bot.watch import TURN_SECONDS, TURNED_AWAY, WAITING
from storage.database import Database

P = ParamSpec("P")
T = TypeVar("T")

MOST_WAITING = 500  # at 100 turns a second the last of them waits 5 s, and providers give up after 10 to 15
COME_AGAIN = 5  # seconds


class Busy(Exception):
    """As many wait as we let wait; nothing was stored, and whoever sent this should send it again later."""


class Gate:
    """Takes units of work to a database, no more than `most` of them at a time."""

    def __init__(self, db: Database, most: int = MOST_WAITING) -> None:
        self._db = db
        self._most = most
        self._waiting = 0

    async def run(self, unit: Callable[Concatenate[Session, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit of work as `Database.run` does. Raises Busy, before anything is done, when too many wait.

        Only the time of messages is taken: people wait for an answer, nobody for news of one.
        """
        if self._waiting >= self._most:
            TURNED_AWAY.inc()
            raise Busy
        self._enter(1)
        try:
            with TURN_SECONDS.time() if unit is take_turn else nullcontext():
                return await self._db.run(unit, *args, **kwargs)
        finally:
            self._enter(-1)

    def _enter(self, change: int) -> None:
        self._waiting += change
        WAITING.inc(change)
