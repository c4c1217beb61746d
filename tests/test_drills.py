"""Killed at every moment there is: whatever the moment, the record ends as if nothing had happened.

Each operation is run once to its end; what it leaves is the measure. Then it is killed at its first moment, its second,
and so on until there is none left, each time on a fresh copy, and what a restart does is done: the provider hands over
again, jobs run again, doubts are settled.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
import shutil
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import make_url

from bot.channels import Channel
from bot.channels.telegram import TelegramChannel
from bot.channels.twilio import TwilioChannel
from bot.news import take_news
from bot.outbox import Sender
from bot.turns import retake_turns, take_turn
from domain.messages import Inbound, Receipt, Status
from domain.people import Urn
from scheduler.noting import run_noted
from scheduler.schedule import SCHEDULE, tick
from storage import contacts
from storage.database import Database
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
from tests import postgres
from tests.doubles.telegram_api import TOKEN, TelegramDouble
from tests.doubles.twilio_api import ACCOUNT_SID, AUTH_TOKEN, NUMBER, TwilioDouble
from tests.dying import Countdown, Operation, dies
from tests.rig import SECRET, Rig

PROMPT_DAY = datetime(2026, 11, 2, 14, 5, tzinfo=UTC)
OVERDUE_DAY = datetime(2026, 11, 13, 9, 5, tzinfo=UTC)
AMA = Urn("tel", "+233200000011")
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
_numbers = itertools.count(1)

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


@contextlib.contextmanager
def copy_of(rig: Rig) -> Iterator[Rig]:
    """Open a copy of a rig's database, and throw it away afterwards."""
    rig.db.engine.dispose()
    name = f"drill{next(_numbers)}"
    url = make_url(rig.db.url)
    if rig.db.sqlite:
        file = Path(url.database or "").with_name(f"{name}.sqlite")
        shutil.copy(str(url.database), file)
        made = Rig(Database(f"sqlite:///{file}", SECRET), rig.now)
        yield made
        made.close()
        return
    with postgres.manager(rig.db.url.replace(f"/{url.database}?", "/{}?")) as manage:
        manage(f"create database {name} template {url.database} strategy file_copy")
        made = Rig(Database(rig.db.url.replace(f"/{url.database}?", f"/{name}?"), SECRET), rig.now)
        yield made
        made.close()
        manage(f"drop database {name} with (force)")


async def drill(
    rig: Rig,
    operation: Operation,
    args: tuple[Any, ...],
    restart: Callable[[Rig], Awaitable[None]],
    seen: Callable[[Rig], Any] = on_record,
) -> list[Any]:
    """Kill an operation at each of its moments, and return what was seen after each restart; the first is unharmed."""
    found: list[Any] = []
    for at in itertools.chain([0], itertools.count(1)):
        with copy_of(rig) as copied:
            killed = await asyncio.to_thread(dies, operation, copied.db.url, at, *args)
            await restart(copied)
            found.append(await asyncio.to_thread(seen, copied))
        if at and not killed:
            return found
    raise AssertionError


# What dies


def take_messages(db: Database, countdown: Countdown, messages: list[Inbound], now: datetime) -> None:
    """Take messages as a process does, one after the other."""

    async def take() -> None:
        for inbound in messages:
            await db.run(take_turn, inbound, now)
            countdown.moment()

    asyncio.run(take())


def take_at_once(db: Database, countdown: Countdown, messages: list[Inbound], now: datetime) -> None:
    """Take messages that wait together, which share a commit where the engine has one writer."""

    async def take() -> None:
        await asyncio.gather(*(db.run(take_turn, inbound, now) for inbound in messages))

    asyncio.run(take())


def run_job(db: Database, countdown: Countdown, name: str, now: datetime) -> None:
    """Run a scheduled job as the clock does."""
    job = next(job for job in SCHEDULE if job.name == name)
    asyncio.run(run_noted(db, job.name, job.run, now, job.shares))


def send_all(db: Database, countdown: Countdown, twilio: str, telegram: str, now: datetime) -> None:
    """Send all that is due through the real channels."""
    asyncio.run(_send(db, twilio, telegram, now, countdown.around))


def hear_news(db: Database, countdown: Countdown, receipts: list[tuple[Receipt, int]], now: datetime) -> None:
    """Take status callbacks."""
    for receipt, outbound_id in receipts:
        db.work(take_news, receipt, now, outbound_id)


async def _send(
    db: Database, twilio: str, telegram: str, now: datetime, around: Callable[[Channel], Channel] = lambda c: c
) -> None:
    channels: dict[str, Channel] = {
        "tel": around(TwilioChannel(ACCOUNT_SID, AUTH_TOKEN, sender=NUMBER, base_url=twilio)),
        "telegram": around(TelegramChannel(TOKEN, base_url=telegram)),
    }
    sender = Sender(db, channels, lambda: now)
    await sender.settle_doubts()
    while await sender.send_due():
        pass
    for channel in channels.values():
        await channel.close()


# What is said, and what comes of it


def said(text: str, n: int, who: Urn = AMA, at: datetime = PROMPT_DAY) -> Inbound:
    return Inbound("sms" if who.scheme == "tel" else "telegram", f"m{n}", who, text, at)


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

    found = await drill(rig, take_messages, (messages, rig.now), restart)
    assert_all_alike(found, least=12)
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

    assert_all_alike(await drill(rig, take_at_once, (messages, rig.now), restart), least=4)


async def test_a_job_killed_at_any_moment_asks_everybody_once(rig: Rig) -> None:
    rig.now = PROMPT_DAY

    found = await drill(rig, run_job, ("prompts", rig.now), again("prompts"))
    assert_all_alike(found, least=4)
    assert any("prompt" in row for row in found[0]["outbound"])


async def test_alerts_killed_at_any_moment_are_raised_and_told_once(rig: Rig) -> None:
    rig.now = OVERDUE_DAY

    found = await drill(rig, run_job, ("alerts", rig.now), again("alerts"))
    assert_all_alike(found, least=2)
    assert found[0]["alerts"]


async def test_an_alert_step_killed_at_any_moment_climbs_once(rig: Rig) -> None:
    rig.now = OVERDUE_DAY
    await asyncio.to_thread(tick, rig.db, rig.now)
    rig.now += timedelta(days=4)

    found = await drill(rig, run_job, ("alerts", rig.now), again("alerts"))
    assert_all_alike(found, least=2)


async def test_sending_killed_at_any_moment_loses_nothing_and_doubles_only_what_nobody_can_know(rig: Rig) -> None:
    rig.now = PROMPT_DAY
    people = [rig.urn(key) for key in ("ama", "kofi")]
    chat = Urn("telegram", "700001")
    await asyncio.to_thread(_link, rig, "ama", chat)
    for n, who in enumerate((*people, chat)):
        await asyncio.to_thread(rig.db.work, take_turn, said("REP ABS 12", n, who), rig.now)
    async with TwilioDouble(lambda: PROMPT_DAY) as twilio, TelegramDouble() as telegram:

        async def restart(killed: Rig) -> None:
            await _send(killed.db, twilio.base_url, telegram.base_url, killed.now + timedelta(minutes=5))

        def seen(killed: Rig) -> tuple[Counter[str], Counter[str], Counter[str]]:
            by_sms, by_chat = Counter(m.to for m in twilio.sent), Counter(str(m.chat_id) for m in telegram.sent)
            twilio.forget()
            telegram.sent.clear()
            with killed.db.begin() as db:
                return by_sms, by_chat, Counter(db.scalars(select(OutboundRow.status)))

        found = await drill(rig, send_all, (twilio.base_url, telegram.base_url, rig.now), restart, seen)
    assert len(found) > 15
    for at, (by_sms, by_chat, statuses) in enumerate(found):
        assert by_sms == found[0][0], f"killed at moment {at}"
        assert set(statuses) <= {"wired", "sent"}, f"killed at moment {at}"
        assert by_chat.keys() == found[0][1].keys()
    # Between Telegram's taking and our writing it down there are few moments; nobody can be asked about those.
    doubled = [at for at, (_sms, by_chat, _statuses) in enumerate(found) if by_chat != found[0][1]]
    assert 0 < len(doubled) < len(found) / 2


def _link(rig: Rig, key: str, chat: Urn) -> None:
    rig.db.work(contacts.add_address, rig.contact(key).id, chat)


async def test_news_killed_at_any_moment_ends_where_the_provider_is(rig: Rig) -> None:
    rig.now = PROMPT_DAY
    await asyncio.to_thread(rig.db.work, take_turn, said("REP ABS 12", 1), rig.now)
    with rig.db.begin() as db:
        (part,) = db.scalars(select(OutboundRow.id)).all()
    receipts = [(Receipt("SM1", Status.SENT), part), (Receipt("SM1", Status.DELIVERED), part)]

    async def restart(killed: Rig) -> None:
        def again() -> None:
            for receipt, outbound_id in reversed(receipts):
                killed.db.work(take_news, receipt, killed.now, outbound_id)

        await asyncio.to_thread(again)

    def seen(killed: Rig) -> list[str]:
        with killed.db.begin() as db:
            return list(db.scalars(select(OutboundRow.status)))

    found = await drill(rig, hear_news, (receipts, rig.now), restart, seen)
    assert len(found) > 4
    assert all(statuses == ["delivered"] for statuses in found)
