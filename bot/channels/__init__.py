"""The small contract every provider fulfils; one file per provider beside this one."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from domain.messages import Outbound, Receipt


class Channel(Protocol):
    """One configured way to reach people. Everything but sending is plain functions in the provider's own file."""

    name: str

    async def send(self, message: Outbound, now: datetime) -> Receipt:
        """Hand one message part to the provider and return what it said.

        Raises SendError, whose failure says what to do next; `unknown` when the request left and no answer came.
        """
        ...

    async def find(self, message: Outbound, since: datetime) -> list[Receipt]:
        """Return what the provider has that may be a message whose sending ended unknown, oldest first.

        Some of it may be other messages with the same words: whoever asks knows those by their ids.
        Raises LookupError where the provider cannot be asked.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
