"""What a process does until it is told to stop: poll Telegram, fetch missed SMS, send the outbox."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections import Counter
from collections.abc import Coroutine, Iterable, Mapping
from typing import Any

from telegram.error import TelegramError

from bot.catching_up import keep_up, take_or_give_up
from bot.channels import Channel
from bot.channels.telegram import TelegramChannel
from bot.claiming import BATCH
from bot.clock import wall_clock
from bot.leading import lead_alone, sleep
from bot.outbox import Sender
from bot.settings import Settings
from bot.watch import TURN_SECONDS
from bot.work import Worker
from domain.messages import Inbound
from storage import occurrences
from storage.database import Database
from storage.rates import Limit

log = logging.getLogger(__name__)

SEND_PAUSE = 0.3  # seconds between looks at an empty outbox
SEND_GAP = 0.1  # seconds from one batch to the next when it was not full, for some more to be sent with it
BROKEN_PAUSE = 5.0  # seconds before sending goes on after our own failure
DOUBT_PAUSE = 15.0  # seconds between looks at messages whose outcome is unknown
LONGEST_LEAVE = 25.0  # seconds to finish in; hosts kill a process that is not gone after 30
TELEGRAM_BURST, SMS_BURST, WHATSAPP_BURST = 5, 3, 5  # units at once after a rest


def polling(
    settings: Settings,
    db: Database,
    channels: Mapping[str, Channel],
    stop: asyncio.Event,
    caught_up: asyncio.Event | None = None,
) -> list[Coroutine[Any, Any, None]]:
    """Return what polls Telegram: nothing, where there is no bot or its updates come by webhook.

    `caught_up` is set when all that waited there has been taken.
    """
    telegram = channels.get("telegram")
    if not isinstance(telegram, TelegramChannel) or settings.telegram_secret:
        return []

    tries = Counter[str]()

    async def store(inbound: Inbound) -> None:
        with TURN_SECONDS.time():
            await take_or_give_up(db, inbound, tries)

    async def load_offset() -> int:
        return await db.run(occurrences.position, "telegram")

    async def save_offset(offset: int) -> None:
        await db.run(occurrences.move, "telegram", offset)

    async def poll() -> None:
        await _end_webhook(telegram, stop)
        await telegram.poll(store, load_offset, save_offset, stop, wall_clock, caught_up)

    return [poll()]


async def _end_webhook(telegram: TelegramChannel, stop: asyncio.Event) -> None:
    """Take back a webhook that was set before: while there is one, Telegram refuses to be polled."""
    while not stop.is_set():
        try:
            return await telegram.delete_webhook()
        except TelegramError as error:
            log.error("Telegram's webhook was not taken back: %s", type(error).__name__)
            await sleep(BROKEN_PAUSE, stop)


def reading(
    settings: Settings, db: Database, channels: Mapping[str, Channel], stop: asyncio.Event
) -> list[Coroutine[Any, Any, None]]:
    """Return what reads, by asking for it, what people have sent."""
    caught_up = asyncio.Event()
    polls = polling(settings, db, channels, stop, caught_up)
    return [keep_up(db, channels, stop, caught_up if polls else None), *polls]


def told_to_stop() -> asyncio.Event:
    """Return what is set when the process is told to stop; its owner asks for it once, in its loop."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


async def together(parts: Iterable[Coroutine[Any, Any, None]], stop: asyncio.Event) -> None:
    """Run parts at once until `stop`, or until one of them breaks; then give all of them time to finish."""
    tasks = [asyncio.ensure_future(part) for part in parts]
    for task in tasks:
        task.add_done_callback(lambda done: stop.set() if done.cancelled() or done.exception() else None)
    await stop.wait()
    done, late = await asyncio.wait(tasks, timeout=LONGEST_LEAVE)
    for task in late:
        log.error("a part of this process did not finish in %.0f s and was cut off", LONGEST_LEAVE)
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    for task in done:
        try:
            task.result()
        except Exception:
            log.exception("a part of this process broke")
            raise


def working(
    settings: Settings, db: Database, channels: Mapping[str, Channel], stop: asyncio.Event
) -> list[Coroutine[Any, Any, None]]:
    """Return what sends, asks and fetches: by a loop over the outbox, or as one of the workers that share a queue."""
    limits = limits_of(settings)
    sender = Sender(db, channels, wall_clock, limits, stop)
    if db.sqlite:
        return [
            *(send(sender, stop, scheme) for scheme in channels),
            settle(sender, stop),
            *reading(settings, db, channels, stop),
        ]

    async def alone(over: asyncio.Event) -> None:
        await asyncio.gather(settle(sender, over), *reading(settings, db, channels, over))

    worker = Worker(db, sender, tuple(channels), limits, wall_clock)
    return [worker.run(stop), lead_alone(db, "chores", alone, stop)]


def limits_of(settings: Settings) -> dict[str, Limit]:
    """Return how fast each channel may be used, by scheme; others are as fast as they are."""
    return {
        "telegram": Limit(settings.telegram_per_second, burst=TELEGRAM_BURST),
        "tel": Limit(settings.sms_segments_per_second, burst=SMS_BURST),
        "whatsapp": Limit(settings.whatsapp_per_second, burst=WHATSAPP_BURST),
    }


async def settle(sender: Sender, stop: asyncio.Event) -> None:
    """Ask again and again about what is in doubt, whatever breaks in between."""
    while not stop.is_set():
        try:
            await sender.settle_doubts()
        except Exception:
            log.exception("doubts were not settled")
        await sleep(DOUBT_PAUSE, stop)


async def send(sender: Sender, stop: asyncio.Event, scheme: str) -> None:
    """Send what is due on a channel, again and again, whatever breaks in between; a slow one holds up no other."""
    passed = asyncio.get_running_loop().time
    while not stop.is_set():
        pause, began = 0.0, passed()
        try:
            claimed = await sender.send_due(schemes=(scheme,))
            if claimed < BATCH:
                pause = max(0.0, began + SEND_GAP - passed()) if claimed else SEND_PAUSE
        except Exception:  # such as a database that restarts; what was claimed is settled later
            log.exception("sending failed, next in %.0f s", BROKEN_PAUSE)
            pause = BROKEN_PAUSE
        await sleep(pause, stop)
