"""Prices: one currency, so that they can be added up, and one price for one day, channel and prefix."""

from __future__ import annotations

from collections.abc import Iterator

from storage.programme_file.draft import Draft
from storage.programme_file.reading import Finding
from storage.programme_file.sections import PriceEntry


def currency(draft: Draft) -> Iterator[Finding]:
    """All prices are in the currency of the first."""
    prices = draft.file.prices
    for index, price in enumerate(prices):
        if price.currency != prices[0].currency:
            what = f"is {price.currency}, and {prices[0].currency} in the first row; a sum has one currency"
            yield Finding(("prices", index, "currency"), what, example=f'currency: "{prices[0].currency}"')


def repeats(draft: Draft) -> Iterator[Finding]:
    """No two rows say what the same numbers cost from the same day on."""
    prices = draft.file.prices
    for index, price in enumerate(prices):
        if any(_about(price) == _about(other) for other in prices[:index]):
            whom = price.prefix or "all numbers"
            yield Finding(("prices", index), f"is a second price from {price.since} for {whom}")


def _about(price: PriceEntry) -> tuple[object, ...]:
    return price.since, price.channel, price.prefix
