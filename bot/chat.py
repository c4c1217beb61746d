"""Somebody's phone in the terminal: what is typed is taken as theirs, and what they are sent is printed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

from bot.clock import MovedClock
from bot.terminal import console
from domain.messages import Outbound
from domain.people import Contact, Urn


class Played(Protocol):
    """A programme that is played. `sent` gathers what has left it."""

    sent: list[Outbound]
    clock: MovedClock

    async def say(self, urn: Urn, text: str) -> None:
        """Take what somebody writes."""
        ...

    async def send_due(self) -> None:
        """Send all that is due now."""
        ...


async def chat(played: Played, contact: Contact, urn: Urn) -> None:
    """Let `contact` write from `urn`, line by line, until the end of what is typed; an empty line asks for news."""
    console.print(f"You are {contact.name}. It is {played.clock():%a %d %b %Y %H:%M} UTC. HELP shows what you can do.")
    mine = {address.urn for address in contact.addresses}
    async for line in _typed():
        if line.strip():
            await played.say(urn, line)
        await played.send_due()
        for message in played.sent:
            if message.urn in mine:
                _show(message)
        played.sent.clear()


def _show(message: Outbound) -> None:
    buttons = "  ".join(f"[{label}]" for label, _data in message.buttons)
    console.print(f"  {message.text}" + (f"\n  {buttons}" if buttons else ""), markup=False, style="green")


async def _typed() -> AsyncIterator[str]:
    while True:
        try:
            yield await asyncio.to_thread(input, "> ")
        except EOFError:
            return
