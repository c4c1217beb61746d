"""What is logged has ids and names of events, and nothing that people wrote, read, or are reached by."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

import httpx
import pytest
from sqlalchemy import select

from bot.channels.twilio import TwilioChannel
from bot.logs import Line, masked
from bot.outbox import Sender
from domain.messages import Outbound, Receipt, SendError, SendFailure
from domain.people import Urn
from scheduler.schedule import tick
from storage.models import AddressRow, ContactRow, ConversationRow, InboundRow, OutboundRow
from tests.doubles.twilio_api import TwilioDouble
from tests.rig import Rig

WORDS = "the cold box of the clinic is broken"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Everything that anybody logs, at any level, as we write it."""
    stream, root = io.StringIO(), logging.getLogger()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Line())
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(before)


class Grumbling:
    """A channel that takes nothing, and says why with the number and the words in its mouth."""

    name = "sms"

    def __init__(self) -> None:
        self.failures = list(SendFailure)

    async def send(self, message: Outbound, now: datetime) -> Receipt:
        """Fail in another way each time."""
        self.failures.append(failure := self.failures.pop(0))
        first = "21211" if failure is SendFailure.PERMANENT else "Refused:"
        raise SendError(failure, f"{first} '{message.text}' to {message.urn.path} (user@example.org) was not taken")

    async def find(self, message: Outbound, since: datetime) -> list[Receipt]:
        """Break."""
        raise RuntimeError(message.text)

    async def close(self) -> None:
        """Have nothing to close."""


def play_with_trouble(rig: Rig) -> None:
    """Play a month in which people write, nothing can be sent by SMS, and what is remembered of one is unreadable."""
    rig.says("ama", f"NOTE {WORDS}")
    rig.says("ama", "REP ANC1 412/615 ABS 12")
    with rig.db.begin() as db:
        for row in db.scalars(select(ConversationRow)):
            row.state = json.dumps({"sessions": WORDS})
    rig.says("ama", f"NOTE again {WORDS}")
    rig.says(Urn("tel", "+233200000099"), f"Hello {WORDS}")
    grumbling = Sender(rig.db, {"tel": Grumbling(), "telegram": Grumbling()}, lambda: rig.now)
    for _day in range(32):
        rig.now += timedelta(days=1)
        tick(rig.db, rig.now)
        asyncio.run(grumbling.send_due())
        asyncio.run(grumbling.settle_doubts())


def private(rig: Rig) -> set[str]:
    """Return every text, name and address that a month has put on record."""
    with rig.db.begin() as db:
        texts = {*db.scalars(select(InboundRow.text)), *db.scalars(select(OutboundRow.text)), WORDS}
        paths = {path for column in (AddressRow.path, OutboundRow.path) for path in db.scalars(select(column))}
        names = set(db.scalars(select(ContactRow.name)))
    return {one for one in texts | paths if len(one) > 4} | names


def test_a_month_with_trouble_leaves_no_words_numbers_or_names_in_the_log(rig: Rig, lines: io.StringIO) -> None:
    play_with_trouble(rig)
    found = lines.getvalue()
    assert len(private(rig)) > 50
    assert [one for one in private(rig) if one in found] == []
    assert "233200000" not in found
    events = [json.loads(line) for line in found.splitlines()]
    ours = [event for event in events if event["from"].startswith("bot")]
    assert {"turn failed", "send retryable", "asking the provider broke"} <= {event["event"] for event in ours}
    assert all(event.get("inbound_id") for event in ours if event["event"] == "turn failed")
    assert all(event.get("outbound_id") for event in ours if event["event"].startswith("send "))
    assert {event["reason"] for event in ours if event["event"] == "send permanent"} == {"21211"}


def test_an_exception_is_told_by_its_type_and_place_and_not_by_its_message(rig: Rig, lines: io.StringIO) -> None:
    rig.says("ama", "DUE")
    with rig.db.begin() as db:
        for row in db.scalars(select(ConversationRow)):
            row.state = json.dumps({"sessions": WORDS})
    rig.says("ama", "DUE")
    failed = next(e for e in map(json.loads, lines.getvalue().splitlines()) if e["event"] == "turn failed")
    assert failed["error"].endswith("Error")
    assert any(place.startswith("bot/turns.py:") for place in failed["where"])
    assert "cold box" not in lines.getvalue()


async def test_a_library_tells_no_token_and_no_number(rig: Rig, lines: io.StringIO) -> None:
    async with TwilioDouble() as double:
        sms = TwilioChannel(double.account_sid, double.auth_token, sender=double.number, base_url=double.base_url)
        message = Outbound(1, Urn("tel", "+233200000011"), WORDS, (), None)
        await sms.send(message, rig.now)
        await sms.close()
    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.HTTPError):
            await client.get("http://127.0.0.1:9/bot123456:SECRETTOKEN/getMe")
    found = lines.getvalue()
    assert found
    assert [one for one in ("233200000011", "SECRETTOKEN", WORDS, double.auth_token) if one in found] == []


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("The 'To' number +233 20 000 0011 is not valid", "The '…' number # is not valid"),
        ("550 <ama@example.org> unknown", "550 @ unknown"),
        ('text "no fuel" is refused', "text '…' is refused"),
        ("Telegram's webhook is Telegram's", "Telegram's webhook is Telegram's"),
        ("chat 700011 not found\nsecond line", "chat # not found"),
        ("cannot read 'two lines\nof words", "cannot read '…'"),
        ("status 503 after 15 attempts", "status 503 after 15 attempts"),
    ],
)
def test_numbers_addresses_and_quotes_are_masked_and_the_rest_stays(said: str, told: str) -> None:
    assert masked(said) == told
