"""What SMS and WhatsApp cost, for the operator: in words, and as CSV for a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from io import StringIO

from bot.render import Voice
from domain.costs import SMS, WHATSAPP, Forecast, Place, Spent, Sum, Way, together
from domain.periods import ReportingPeriod
from domain.programme import Programme

Spending = Mapping[Place, Spent]

ENGLISH = Voice("en", "UTC")
NAMES = {SMS: "SMS", WHATSAPP: "WhatsApp"}
NO_DISTRICT = "no district"
NO_PRICES = (
    "No price is known: add a section `prices` to the programme file and load it again "
    '(prices: [{from: "2026-01-01", prefix: "+233", out: 0.045, currency: "USD"}]).'
)
COLUMNS = (
    "month",
    "district",
    "channel",
    "sent",
    "segments",
    "cost",
    "currency",
    "waiting",
    "waiting_segments",
    "failed",
    "failed_segments",
    "received",
    "received_cost",
    "segments_without_price",
)


def spent_in_words(spending: Spending, programme: Programme) -> Iterator[str]:
    """Yield what each month cost, and in it each district."""
    if not spending:
        yield "No SMS or WhatsApp message was sent or received."
    for month in dict.fromkeys(period for period, _district, _channel in spending):
        of_month = {place[1:]: spent for place, spent in spending.items() if place[0] == month}
        yield f"{ENGLISH.shown(month)}: {_by_channel(of_month, programme)}"
        for district in dict.fromkeys(district for district, _channel in of_month):
            theirs = {place: spent for place, spent in of_month.items() if place[0] == district}
            yield f"  {_named(district, programme)}: {_by_channel(theirs, programme)}"
    if not programme.prices:
        yield NO_PRICES


def _by_channel(some: Mapping[tuple[str | None, str], Spent], programme: Programme) -> str:
    sums = {name: [spent for (_district, channel), spent in some.items() if channel == name] for name in NAMES}
    return "; ".join(_spent(together(spent), NAMES[name], programme) for name, spent in sums.items() if spent)


def _spent(spent: Spent, name: str, programme: Programme) -> str:
    sent, waiting, failed = (spent.of(way) for way in (Way.SENT, Way.WAITING, Way.FAILED))
    parts = [f"{spent.money:.2f} {programme.prices[0].currency}"] if programme.prices else []
    parts += [f"{_counted(sent, name)} sent", f"{spent.of(Way.RECEIVED).messages} received"]
    parts += [f"{_counted(waiting, name)} without word from the network"] if waiting.messages else []
    parts += [f"{_counted(failed, name)} failed"] if failed.messages else []
    if programme.prices and sent.unpriced:
        parts.append(f"segments to numbers without a price: {sent.unpriced}")
    return ", ".join(parts)


def _counted(some: Sum, name: str) -> str:
    return f"{some.messages} {name}" + (f" of {some.segments} segments" if some.segments > some.messages else "")


def _named(district: str | None, programme: Programme) -> str:
    known = programme.districts.get(district or "")
    return known.name if known else district or NO_DISTRICT


def spent_as_csv(spending: Spending, programme: Programme) -> str:
    """Return one row for each month, district and channel; `cost` is of what was sent."""
    file = StringIO()
    table = csv.writer(file, lineterminator="\n")
    table.writerow(COLUMNS)
    currency = programme.prices[0].currency if programme.prices else ""
    for (month, district, channel), spent in spending.items():
        sent, waiting, failed, received = (spent.of(way) for way in Way)
        row = [month, district or "", channel, sent.messages, sent.segments, sent.money, currency]
        row += [waiting.messages, waiting.segments, failed.messages, failed.segments]
        table.writerow([*row, received.messages, received.money, sent.unpriced])
    return file.getvalue()


def forecast_in_words(period: ReportingPeriod, when: str, found: Forecast, programme: Programme) -> Iterator[str]:
    """Yield what the next prompt comes to, language by language, and which of its messages are long."""
    all_ = found.all
    yield f"Prompt for {ENGLISH.shown(period)}, {when}: {_planned(all_, programme)}; {found.elsewhere} not by SMS."
    for language, some in found.by_language.items():
        yield f"  {language}: {_planned(some, programme)}"
    for one in found.long:
        yield f"  {one.name} ({one.language}) needs {one.segments} segments"
    if all_.messages and not found.long:
        yield "  Each is one segment."
    if not programme.prices:
        yield NO_PRICES
    elif all_.unpriced:
        yield f"  Segments to numbers without a price: {all_.unpriced}."


def _planned(some: Sum, programme: Programme) -> str:
    money = f", {some.money:.2f} {programme.prices[0].currency}" if programme.prices else ""
    return f"{some.messages} people by SMS, segments: {some.segments}{money}"
