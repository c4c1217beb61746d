"""What providers had for us while nobody was there to hear it: what people sent, and what became of ours."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from operator import attrgetter

from sqlalchemy.exc import OperationalError

from bot.channels import Channel
from bot.channels.twilio import TwilioChannel
from bot.channels.whatsapp import WhatsAppChannel
from bot.clock import wall_clock
from bot.leading import sleep
from bot.news import take_news
from bot.turns import take_turn
from conversations.keywords import find_verb, stands_alone
from domain.messages import Inbound, Receipt, SendError
from storage import holds, messages, occurrences, outbox
from storage.database import Database

log = logging.getLogger(__name__)

CATCH_UP_PAUSE = 600.0  # seconds between looks at what Twilio was sent and we were not told
CATCH_UP_SOON = 15.0  # seconds until it is tried again, and from the first look to the second
NEWS_PAUSE = 3600.0  # seconds between looks at what became of ours
CATCH_UP_SPAN = timedelta(days=1)  # how far back the first look of all goes
CATCH_UP_OVERLAP = timedelta(hours=1)  # of each look with the one before it, for what was filed late
NEWS_OVERLAP = timedelta(hours=12)  # a message on WhatsApp may wait ten hours at Twilio before it comes to anything
MOST_TRIES = 5  # of a message that we cannot take, until it is given up: others wait behind it
LONGEST_CATCH_UP = timedelta(days=30)  # older words would answer questions that nobody remembers


async def keep_up(
    db: Database, channels: Mapping[str, Channel], stop: asyncio.Event, polled: asyncio.Event | None = None
) -> None:
    """Look again and again for messages that Twilio has and we were not told of, whatever breaks in between.

    Soon after the start and about once an hour it is asked, too, what became of ours.
    After a restore nothing goes out until all of them were read once, and until `polled` is set, where Telegram is:
    somebody may have stopped.
    """
    tries = Counter[str]()
    carriers = [found for channel in channels.values() if (found := _by_twilio(channel)) is not None]
    # Soon after the first look a second one: for what came when that had ended and our webhook was not there yet.
    pauses = itertools.chain([CATCH_UP_SOON], itertools.repeat(CATCH_UP_PAUSE))
    passed = asyncio.get_running_loop().time
    news_at = passed() + CATCH_UP_SOON  # first of all people wait for answers
    while not stop.is_set():
        read = all([await catch_up(db, carrier, tries) for carrier in carriers])
        well = read and (polled is None or polled.is_set()) and await _lifted(db)
        if well and not carriers:
            return
        if read and passed() >= news_at:
            news_at = passed() + NEWS_PAUSE
            for carrier in carriers:
                await catch_up_news(db, carrier)
        await sleep(next(pauses) if well else CATCH_UP_SOON, stop)


async def _lifted(db: Database) -> bool:
    """Let go out what has waited since a restore; False when the database did not take it."""
    try:
        await db.run(holds.lift, holds.RESTORED)
    except Exception:  # such as a database that is locked
        log.exception("the hold after a restore was not lifted")
        return False
    return True


def _by_twilio(channel: Channel) -> TwilioChannel | None:
    carrier = channel.carrier if isinstance(channel, WhatsAppChannel) else channel
    return carrier if isinstance(carrier, TwilioChannel) else None


async def catch_up(db: Database, carrier: TwilioChannel, tries: Counter[str]) -> bool:
    """Take what people sent while no webhook of ours answered; Twilio does not hand a message over twice.

    The list is read from where it was last read to the end, however long we were down; of what is older than
    `LONGEST_CATCH_UP` only STOP and START. Return whether all was read and taken, but for what was given up:
    `tries` counts by provider id how often we could not take a message for a fault of ours.
    """
    try:
        return await _caught_up(db, carrier, tries)
    except SendError as error:
        log.error("Twilio was not asked for missed messages: %s", error.reason)
    except Exception:  # such as a database that cannot say what is on record
        log.exception("missed messages were not looked for")
    return False


async def _caught_up(db: Database, carrier: TwilioChannel, tries: Counter[str]) -> bool:
    now, cursor = wall_clock(), f"missed:{carrier.name}"
    missed = await _missed(db, carrier, await _read_from(db, cursor, now, CATCH_UP_OVERLAP))
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


async def _read_from(db: Database, cursor: str, now: datetime, overlap: timedelta) -> datetime:
    """Return from when to read: all that is of after the last look, and a little of what was there then."""
    last = await db.run(occurrences.position, cursor)
    return min(datetime.fromtimestamp(last, UTC), now) - overlap if last else now - CATCH_UP_SPAN


async def catch_up_news(db: Database, carrier: TwilioChannel) -> None:
    """Take what became of our messages while no webhook of ours answered; Twilio does not call back a second time."""
    now, cursor = wall_clock(), f"told:{carrier.name}"
    try:
        since = await _read_from(db, cursor, now, NEWS_OVERLAP)
        newest_first: list[Receipt] = []
        async for page in carrier.recent_outbound(since):
            newest_first += await db.run(outbox.unheard, page)
        for receipt in reversed(newest_first):  # words that are said again keep their order
            await _heard(db, receipt)
        await db.run(occurrences.move, cursor, int(now.timestamp()))
    except SendError as error:
        log.error("Twilio was not asked what became of our messages: %s", error.reason)
    except Exception:  # such as a database that is locked; the list is read again next time
        log.exception("what became of our messages was not looked for")


async def _heard(db: Database, receipt: Receipt) -> None:
    try:
        await db.run(take_news, receipt, wall_clock())
    except OperationalError:
        raise
    except Exception:  # such as somebody's row that was written with another secret
        log.exception("what became of a message was not taken", extra={"provider_id": receipt.provider_id})


async def _taken(db: Database, inbound: Inbound, tries: Counter[str]) -> bool:
    try:
        await take_or_give_up(db, inbound, tries)
    except Exception:  # the others are taken, and this one is tried again next time
        log.exception("a missed message was not taken", extra={"provider_id": inbound.provider_id})
        return False
    return True


async def take_or_give_up(db: Database, inbound: Inbound, tries: Counter[str]) -> None:
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
