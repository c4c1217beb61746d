"""Killed at every moment there is: whatever the moment, the record ends as if nothing had happened.

Each operation is run once to its end; what it leaves is the measure. Then it is killed at its first moment, its second,
and so on until there is none left, each time on a fresh copy, and what a restart does is done: the provider hands over
again, jobs run again, doubts are settled.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from bot.turns import retake_turns, take_turn
from scheduler.noting import run_noted
from scheduler.schedule import SCHEDULE, tick
from storage.models import (
    ActivityRow,
    ActivityUpdateRow,
    AlertRow,
    ConversationRow,
    CurrentValueRow,
    DiaryRow,
    InboundRow,
    OccurrenceRow,
    OutboundRow,
    ValueVersionRow,
)
from tests.dying import PROMPT_DAY, drill, run_job, said, take_at_once, take_messages
from tests.rig import Rig

OVERDUE_DAY = datetime(2026, 11, 13, 9, 5, tzinfo=UTC)
KEPT = {
    ValueVersionRow: ("district", "code", "period", "version", "status", "value", "contact_id"),
    CurrentValueRow: ("district", "code", "period", "version", "status", "value"),
    DiaryRow: ("district", "period", "section", "words", "superseded"),
    ActivityRow: ("district", "key", "status", "percent"),
    ActivityUpdateRow: ("district", "key", "status", "percent"),
    AlertRow: ("open_key", "key", "status", "evidence", "step", "ladder"),
    OccurrenceRow: ("key", "outcome", "reason"),
    InboundRow: ("channel", "provider_id", "text", "intent", "reply", "error"),
    ConversationRow: ("contact_id", "state"),
    OutboundRow: ("key", "kind", "path", "text"),
}
# PostgreSQL gives no id of a row twice, not even of one that never was; references and keys are made of them.
ROW_IDS = re.compile(r'turn:\d+|alert:\d+|:[0-9a-f]{8}:|"inbound_id":\d+|\b[RDE]\d+\b')

Record = dict[str, Counter[tuple[Any, ...]]]


def on_record(rig: Rig) -> Record:
    """Return all that is known, without what tells one run from another (row ids, attempts)."""
    with rig.db.begin() as db:
        return {
            model.__tablename__: Counter(
                tuple(ROW_IDS.sub("#", str(value)) for value in row)
                for row in db.execute(select(*(getattr(model, name) for name in names)))
            )
            for model, names in KEPT.items()
        }


def assert_all_alike(found: list[Record], least: int) -> None:
    """Every record is as the unharmed one is, and there were moments enough to speak of."""
    assert len(found) > least
    for at, record in enumerate(found):
        assert record == found[0], f"killed at moment {at}"


def again(name: str) -> Callable[[Rig], Awaitable[None]]:
    """What a clock does that comes back in the same minute."""

    async def run(killed: Rig) -> None:
        job = next(job for job in SCHEDULE if job.name == name)
        await run_noted(killed.db, job.name, job.run, killed.now, job.shares)

    return run


async def test_a_turn_killed_at_any_moment_is_taken_once(rig: Rig) -> None:
    rig.now = PROMPT_DAY
    texts = ("REP ANC1 412/615 ABS 12 MD 1", "P1 STUCK no fuel", "D+ We held both outreach days", "UNDO")
    messages = [said(words, n) for n, words in enumerate(texts)]

    async def restart(killed: Rig) -> None:
        def again() -> None:
            for inbound in messages:  # the provider's list holds them all, taken or not
                killed.db.work(take_turn, inbound, killed.now)
            killed.db.work(retake_turns, killed.now + timedelta(minutes=5))

        await asyncio.to_thread(again)

    found = await drill(rig, take_messages, (messages, rig.now), restart, on_record)
    assert_all_alike(found, least=6)
    assert found[0]["inbound"].total() == len(messages)


async def test_turns_that_share_a_commit_are_all_taken_or_none(rig: Rig) -> None:
    rig.now = PROMPT_DAY
    people = [rig.urn(key) for key in ("ama", "kofi", "abena")]
    messages = [said("REP ABS 12", n, who) for n, who in enumerate(people)]

    async def restart(killed: Rig) -> None:
        def again() -> None:
            for inbound in messages:
                killed.db.work(take_turn, inbound, killed.now)

        await asyncio.to_thread(again)

    assert_all_alike(await drill(rig, take_at_once, (messages, rig.now), restart, on_record), least=4)


async def test_a_job_killed_at_any_moment_asks_everybody_once(rig: Rig) -> None:
    rig.now = PROMPT_DAY

    found = await drill(rig, run_job, ("prompts", rig.now), again("prompts"), on_record)
    assert_all_alike(found, least=4)
    assert any("prompt" in row for row in found[0]["outbound"])


async def test_alerts_killed_at_any_moment_are_raised_and_told_once(rig: Rig) -> None:
    rig.now = OVERDUE_DAY

    found = await drill(rig, run_job, ("alerts", rig.now), again("alerts"), on_record)
    assert_all_alike(found, least=2)
    assert found[0]["alerts"]


async def test_an_alert_step_killed_at_any_moment_climbs_once(rig: Rig) -> None:
    rig.now = OVERDUE_DAY
    await asyncio.to_thread(tick, rig.db, rig.now)
    told_before = on_record(rig)["outbound"]
    rig.now += timedelta(days=4)

    found = await drill(rig, run_job, ("alerts", rig.now), again("alerts"), on_record)
    assert_all_alike(found, least=4)
    rungs = Counter(
        (key.split(":")[0], status, step) for _open, key, status, _evidence, step, _who in found[0]["alerts"]
    )
    assert rungs == {("overdue", "open", "1"): 9, ("activity_late", "open", "0"): 10}  # the second were just opened
    news = found[0]["outbound"] - told_before
    told = Counter(path for _key, kind, path, _text in news.elements() if kind == "alert")
    assert told == {rig.urn(key).path: 1 for key in ("owusu", "efua", "salima", "carmen")}
