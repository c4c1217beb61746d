"""A channel with no provider behind it, for the demo, dialogues and simulation: everything arrives."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from domain.messages import Outbound, Receipt, Status


class ConsoleChannel:
    """Hands each message to `deliver`, if given, and calls it delivered."""

    def __init__(self, name: str, deliver: Callable[[Outbound], None] | None = None) -> None:
        self.name = name
        self._deliver = deliver

    async def send(self, message: Outbound, now: datetime) -> Receipt:
        """Deliver the message and say so."""
        if self._deliver is not None:
            self._deliver(message)
        return _receipt(message)

    async def find(self, message: Outbound, since: datetime) -> list[Receipt]:
        """Say that the message was delivered, as everything is here."""
        return [_receipt(message)]

    async def close(self) -> None:
        """There is nothing to let go of."""


def _receipt(message: Outbound) -> Receipt:
    return Receipt(f"console-{message.id}", Status.DELIVERED)
