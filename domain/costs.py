"""What sending by SMS and WhatsApp costs: a dated price table, and sums of segments and money."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from domain.periods import ReportingPeriod

SMS, WHATSAPP = "sms", "whatsapp"  # the channels that are paid for by the message


@dataclass(frozen=True, slots=True)
class Price:
    """What a segment costs from a day on, to numbers that begin with `prefix` (to all others, when it is empty).

    `out` is for each segment sent, `received` for each message that comes in; both in `currency` (ISO 4217). On
    WhatsApp a message is one segment.
    """

    starts: date
    out: Decimal
    currency: str
    prefix: str = ""
    received: Decimal | None = None
    channel: str = SMS


@dataclass(frozen=True, slots=True)
class Sum:
    """Messages, their segments, what they cost, and how many of the segments no price is known for."""

    messages: int = 0
    segments: int = 0
    money: Decimal = Decimal()
    unpriced: int = 0

    def __add__(self, other: Sum) -> Sum:
        return Sum(
            self.messages + other.messages,
            self.segments + other.segments,
            self.money + other.money,
            self.unpriced + other.unpriced,
        )


class Way(StrEnum):
    """What became of a message: it reached a phone, no word of it yet, it did not; or it came in."""

    SENT = "sent"
    WAITING = "waiting"
    FAILED = "failed"
    RECEIVED = "received"


@dataclass(frozen=True, slots=True)
class Carried:
    """One message that was handed to a provider, or came in: on a day, for somebody of a district (None: of none)."""

    day: date
    district: str | None
    number: str
    segments: int
    way: Way
    channel: str = SMS


@dataclass(frozen=True, slots=True)
class Spent:
    """What a district cost in a month, by what became of the messages."""

    by_way: Mapping[Way, Sum] = field(default_factory=dict)

    def of(self, way: Way) -> Sum:
        """Return the sum of the messages that went this way."""
        return self.by_way.get(way, Sum())

    @property
    def money(self) -> Decimal:
        """What is to be paid: for what reached a phone and for what came in."""
        return self.of(Way.SENT).money + self.of(Way.RECEIVED).money

    def __add__(self, other: Spent) -> Spent:
        return Spent({way: self.of(way) + other.of(way) for way in Way})


Place = tuple[ReportingPeriod, str | None, str]
"""A month, a district (None: of none) and a channel."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A message that is still to go: to whom, in which language, on which day; `number` is None where it is no SMS."""

    name: str
    language: str
    number: str | None
    segments: int
    day: date


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a run of messages will come to: its SMS by language, how many go by other ways, and the long ones."""

    by_language: Mapping[str, Sum]
    elsewhere: int
    long: tuple[Planned, ...]

    @property
    def all(self) -> Sum:
        """All SMS of the run."""
        return sum(self.by_language.values(), Sum())


def price_of(prices: Iterable[Price], number: str, day: date, channel: str = SMS) -> Price | None:
    """Return the price to a number on a day: the longest prefix that fits, then the newest; None without one."""
    there = (price for price in prices if price.channel == channel)
    fitting = (price for price in there if price.starts <= day and number.startswith(price.prefix))
    return max(fitting, key=lambda price: (len(price.prefix), price.starts), default=None)


def cost_of_sending(prices: Iterable[Price], number: str, segments: int, day: date, channel: str = SMS) -> Sum:
    """Return what one message to a number comes to. Without a price it costs nothing and is counted as such."""
    price = price_of(prices, number, day, channel)
    if price is None:
        return Sum(1, segments, unpriced=segments)
    return Sum(1, segments, price.out * segments)


def cost_of_receiving(prices: Iterable[Price], number: str, day: date, channel: str = SMS) -> Sum:
    """Return what one message from a number comes to; where no price is named, nothing."""
    price = price_of(prices, number, day, channel)
    return Sum(1, 1, price.received if price and price.received else Decimal())


def spending(carried: Iterable[Carried], prices: Iterable[Price]) -> dict[Place, Spent]:
    """Return what was spent by (month, district, channel), in the order of months, districts' codes and channels."""
    table = tuple(prices)
    sums: dict[Place, dict[Way, Sum]] = defaultdict(dict)
    for one in carried:
        place = sums[ReportingPeriod.of(one.day), one.district, one.channel]
        place[one.way] = place.get(one.way, Sum()) + _cost_of(one, table)
    return {key: Spent(sums[key]) for key in sorted(sums, key=lambda key: (key[0], key[1] or "", key[2]))}


def _cost_of(one: Carried, table: tuple[Price, ...]) -> Sum:
    if one.way is Way.RECEIVED:
        return cost_of_receiving(table, one.number, one.day, one.channel)
    return cost_of_sending(table, one.number, one.segments, one.day, one.channel)


def forecast(planned: Iterable[Planned], prices: Iterable[Price]) -> Forecast:
    """Return what messages that are still to go will come to, languages in alphabetical order."""
    run, table = tuple(planned), tuple(prices)
    sums: dict[str, Sum] = {}
    for one in sorted(run, key=lambda one: one.language):
        if one.number is not None:
            cost = cost_of_sending(table, one.number, one.segments, one.day)
            sums[one.language] = sums.get(one.language, Sum()) + cost
    return Forecast(sums, sum(one.number is None for one in run), tuple(one for one in run if one.segments > 1))


def together(spent: Iterable[Spent]) -> Spent:
    """Return the sum of several."""
    return sum(spent, Spent())
