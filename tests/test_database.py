"""Units of work: each is whole or nothing, on its own or in one commit with those that wait beside it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, event, func, select
from sqlalchemy.orm import Session

from storage import occurrences
from storage.models import OccurrenceRow
from tests.rig import Rig

MANY = 40


class Refused(Exception):
    """What a unit of work of these tests raises."""


def note(db: Session, key: str, rig: Rig) -> bool:
    return occurrences.record(db, key, "test", None, rig.now)


def note_and_raise(db: Session, key: str, rig: Rig) -> bool:
    note(db, key, rig)
    raise Refused(key)


def kept(rig: Rig) -> set[str]:
    """Return the keys on record, as another process sees them."""
    engine = create_engine(rig.db.url)
    with engine.connect() as connection:
        found = set(connection.scalars(select(OccurrenceRow.key).where(OccurrenceRow.kind == "test")))
    engine.dispose()
    return found


@pytest.fixture
def commits(rig: Rig) -> Iterator[list[int]]:
    """Counts the commits of a rig."""
    seen: list[int] = []

    def count(_connection: object) -> None:
        seen.append(1)

    event.listen(rig.db.engine, "commit", count)
    yield seen
    event.remove(rig.db.engine, "commit", count)


async def test_work_that_waits_together_is_all_kept(rig: Rig) -> None:
    keys = [f"k{n}" for n in range(MANY)]
    assert await asyncio.gather(*(rig.db.run(note, key, rig) for key in keys)) == [True] * MANY
    assert kept(rig) == set(keys)


async def test_work_that_waits_shares_commits_on_sqlite(rig: Rig, commits: list[int]) -> None:
    await asyncio.gather(*(rig.db.run(note, f"k{n}", rig) for n in range(MANY)))
    assert len(commits) <= MANY // 2 if rig.db.sqlite else len(commits) == MANY


async def test_work_that_raises_takes_nothing_with_it_and_leaves_nothing(rig: Rig) -> None:
    units = (rig.db.run(note_and_raise if n % 7 == 3 else note, f"k{n}", rig) for n in range(MANY))
    results = await asyncio.gather(*units, return_exceptions=True)
    refused = {f"k{n}" for n in range(MANY) if n % 7 == 3}
    assert {str(r) for r in results if isinstance(r, Refused)} == refused
    assert kept(rig) == {f"k{n}" for n in range(MANY)} - refused


async def test_nobody_hears_of_work_before_it_is_committed(rig: Rig) -> None:
    async def kept_when_told(key: str) -> bool:
        await rig.db.run(note, key, rig)
        return key in kept(rig)

    assert all(await asyncio.gather(*(kept_when_told(f"k{n}") for n in range(MANY))))


async def test_work_that_nobody_waits_for_any_more_is_left_out(rig: Rig) -> None:
    tasks = [asyncio.create_task(rig.db.run(note, f"k{n}", rig)) for n in range(MANY)]
    await asyncio.sleep(0)
    tasks[-1].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert {f"k{n}" for n in range(MANY - 1)} <= kept(rig)


async def test_a_key_is_won_once_by_whoever_asks_first(rig: Rig) -> None:
    won = await asyncio.gather(*(rig.db.run(note, "the same", rig) for _n in range(MANY)))
    assert won.count(True) == 1
    with rig.db.begin() as db:
        assert db.scalar(select(func.count()).where(OccurrenceRow.key == "the same")) == 1


async def test_work_that_waits_for_each_other_crosswise_is_all_done(postgres_rig: Rig) -> None:
    met = threading.Barrier(2)

    def cross(db: Session, first: str, second: str) -> None:
        note(db, first, postgres_rig)
        with contextlib.suppress(threading.BrokenBarrierError):  # at the second attempt nobody comes
            met.wait(2)
        note(db, second, postgres_rig)

    await asyncio.gather(postgres_rig.db.run(cross, "one", "other"), postgres_rig.db.run(cross, "other", "one"))
    assert kept(postgres_rig) == {"one", "other"}
