"""The console: everything arrives, and whoever listens gets it."""

from datetime import UTC, datetime

from bot.channels import Channel
from bot.channels.console import ConsoleChannel
from domain.messages import Outbound, Receipt, Status
from domain.people import Urn

NOW = datetime(2026, 11, 2, 14, 5, tzinfo=UTC)
MESSAGE = Outbound(7, Urn("tel", "+233200000017"), "Hello")
DELIVERED = Receipt("console-7", Status.DELIVERED)


async def test_a_message_is_handed_over_and_delivered() -> None:
    heard: list[Outbound] = []
    channel: Channel = ConsoleChannel("sms", heard.append)
    assert await channel.send(MESSAGE, NOW) == DELIVERED
    assert heard == [MESSAGE]
    assert channel.name == "sms"


async def test_without_a_listener_it_is_delivered_all_the_same() -> None:
    channel = ConsoleChannel("telegram")
    assert await channel.send(MESSAGE, NOW) == DELIVERED
    assert await channel.find(MESSAGE, NOW) == [DELIVERED]
    await channel.close()
