"""What a process does until it is told to stop: poll Telegram, fetch missed SMS, send the outbox."""

from __future__ import annotations

import asyncio
import itertools
import logging
import signal
from collections import Counter
from collections.abc import Coroutine, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any

from sqlalchemy.exc import OperationalError
from telegram.error import TelegramError

from bot.channels import Channel
from bot.channels.telegram import TelegramChannel
from bot.channels.twilio import TwilioChannel
from bot.channels.whatsapp import WhatsAppChannel
from bot.claiming import BATCH
from bot.clock import wall_clock
from bot.leading import lead_alone, sleep
from bot.outbox import Sender
from bot.settings import Settings
from bot.turns import take_turn
from bot.watch import TURN_SECONDS
from bot.work import Worker
from conversations.keywords import find_verb, stands_alone
from domain.messages import Inbound, SendError
from storage import holds, messages, occurrences
from storage.database import Database
from storage.rates import Limit

log = logging.getLogger(__name__)

SEND_PAUSE = 0.3  # seconds between looks at an empty outbox
SEND_GAP = 0.1  # seconds from one batch to the next when it was not full, for some more to be sent with it
BROKEN_PAUSE = 5.0  # seconds before sending goes on after our own failure
CATCH_UP_PAUSE = 600.0  # seconds between looks at what Twilio was sent and we were not told
CATCH_UP_SOON = 15.0  # seconds until it is tried again, and from the first look to the second
CATCH_UP_SPAN = timedelta(days=1)  # how far back the first look of all goes
CATCH_UP_OVERLAP = timedelta(hours=1)  # of each look with the one before it, for what was filed late
MOST_TRIES = 5  # of a message that we cannot take, until it is given up: others wait behind it
LONGEST_CATCH_UP = timedelta(days=30)  # older words would answer questions that nobody remembers
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
            await _take(db, inbound, tries)

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


async def keep_up(
    db: Database, channels: Mapping[str, Channel], stop: asyncio.Event, polled: asyncio.Event | None = None
) -> None:
    """Look again and again for messages that Twilio has and we were not told of, whatever breaks in between.

    After a restore nothing goes out until all of them were read once, and until `polled` is set, where Telegram is:
    somebody may have stopped.
    """
    tries = Counter[str]()
    carriers = [found for channel in channels.values() if (found := _by_twilio(channel)) is not None]
    # Soon after the first look a second one: for what came when that had ended and our webhook was not there yet.
    pauses = itertools.chain([CATCH_UP_SOON], itertools.repeat(CATCH_UP_PAUSE))
    while not stop.is_set():
        try:
            well = all([await catch_up(db, carrier, tries) for carrier in carriers])
            well = well and (polled is None or polled.is_set())
            if well:
                await db.run(holds.lift, holds.RESTORED)
        except Exception:  # such as a database that is locked; the list is read again next time
            log.exception("missed messages were not looked for")
            well = False
        if well and not carriers:
            return
        await sleep(next(pauses) if well else CATCH_UP_SOON, stop)


def _by_twilio(channel: Channel) -> TwilioChannel | None:
    carrier = channel.carrier if isinstance(channel, WhatsAppChannel) else channel
    return carrier if isinstance(carrier, TwilioChannel) else None


async def catch_up(db: Database, carrier: TwilioChannel, tries: Counter[str]) -> bool:
    """Take what people sent while no webhook of ours answered; Twilio does not hand a message over twice.

    The list is read from where it was last read to the end, however long we were down; of what is older than
    `LONGEST_CATCH_UP` only STOP and START. Return whether all was read and taken, but for what was given up:
    `tries` counts by provider id how often we could not take a message for a fault of ours.
    """
    now, cursor = wall_clock(), f"missed:{carrier.name}"
    try:
        missed = await _missed(db, carrier, _read_from(await db.run(occurrences.position, cursor), now))
    except SendError as error:
        log.error("Twilio was not asked for missed messages: %s", error.reason)
        return False
    except Exception:  # such as a database that cannot say what is on record
        log.exception("missed messages were not looked for")
        return False
    wanted = [one for one in missed if one.received_at >= now - LONGEST_CATCH_UP or _opts(one)]
    well = all([await _taken(db, one, tries) for one in wanted if tries[one.provider_id] < MOST_TRIES])
    if well:
        await db.run(occurrences.move, cursor, int(now.timestamp()))
    return well


async def _missed(db: Database, carrier: TwilioChannel, since: datetime) -> list[Inbound]:
    """Return what is not on record of what Twilio was sent since then, oldest first.

    A page at a time, as nearly all of it is on record and answers go between.
    """
    found: dict[str, Inbound] = {}
    async for page in carrier.recent_inbound(since):
        known = await db.run(messages.known, carrier.name, [inbound.provider_id for inbound in page])
        found |= {inbound.provider_id: inbound for inbound in page if inbound.provider_id not in known}
    oldest_first = list(found.values())[::-1]
    oldest_first.sort(key=attrgetter("received_at"))  # those of one second stay as the list has them
    return oldest_first


def _opts(inbound: Inbound) -> bool:
    """Whether somebody asks to hear nothing more, or something again."""
    found = find_verb(inbound.text)
    return found is not None and found[0] in ("stop", "start") and stands_alone(found[1])


def _read_from(last: int, now: datetime) -> datetime:
    """Return from when to read: all that came since the last look, and a little of what was there then."""
    return min(datetime.fromtimestamp(last, UTC), now) - CATCH_UP_OVERLAP if last else now - CATCH_UP_SPAN


async def _taken(db: Database, inbound: Inbound, tries: Counter[str]) -> bool:
    try:
        await _take(db, inbound, tries)
    except Exception:  # the others are taken, and this one is tried again next time
        log.exception("a missed message was not taken", extra={"provider_id": inbound.provider_id})
        return False
    return True


async def _take(db: Database, inbound: Inbound, tries: Counter[str]) -> None:
    """Take a message. What raises has to be tried again, until for a fault of ours it is given up."""
    try:
        await db.run(take_turn, inbound, wall_clock())
    except OperationalError:
        raise
    except Exception:  # such as somebody's row that was written with another secret
        tries[inbound.provider_id] += 1
        if tries[inbound.provider_id] < MOST_TRIES:
            raise
        log.exception("a message was given up", extra={"provider_id": inbound.provider_id})


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
