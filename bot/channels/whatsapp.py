"""WhatsApp: free words within a day of what a person wrote, after that only words that were approved beforehand."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bot.channels import Channel
from domain.messages import Outbound, Receipt, SendError, SendFailure, Template
from storage.windows import Envelope

NAME = "whatsapp"
WINDOW = timedelta(hours=24) - timedelta(minutes=5)  # WhatsApp counts 24 hours; a message takes a while to get there
SHUT_CODE = "63016"  # how Twilio names a message that came when the window was shut
LOOK_AGAIN = 30 * 60.0  # seconds; whoever waits here may write at any time
LONGEST_VARIABLE = 900  # characters; a whole template holds 1024
ANY = "*"  # the kind whose templates serve every kind that has none of its own

Templates = Mapping[str, Mapping[str, str]]
LookUp = Callable[[int], Awaitable[Envelope]]


class WhatsAppChannel:
    """Sends through `carrier`; `templates` are names by kind of message and language, `look_up` knows the reader.

    A template has two gaps: the reader's name, and our words in one line.
    """

    name = NAME

    def __init__(self, carrier: Channel, templates: Templates, look_up: LookUp) -> None:
        self.carrier = carrier
        self._templates = templates
        self._look_up = look_up

    async def send(self, message: Outbound, now: datetime) -> Receipt:
        """Send the words and what they enclose, or a template with the words where the window is shut.

        Raises SendError(elsewhere) where it is shut and there is no template, or a document that would be left behind;
        SendError(rejected) for a picture alone, whose words went before it.
        """
        envelope = await self._look_up(message.id)
        if is_open(envelope, now):
            try:
                return await self.carrier.send(message, now)
            except SendError as error:
                if not error.reason.startswith(SHUT_CODE):
                    raise
        if not message.text:
            raise SendError(SendFailure.REJECTED, f"{SHUT_CODE} window shut for a picture")
        template = template_for(message.text, envelope, self._templates) if message.document is None else None
        if template is None:
            raise SendError(SendFailure.ELSEWHERE, f"{SHUT_CODE} window shut, no template", LOOK_AGAIN)
        return await self.carrier.send(replace(message, template=template), now)

    async def find(self, message: Outbound, since: datetime) -> list[Receipt]:
        """Ask the carrier what became of a message."""
        return await self.carrier.find(message, since)

    async def close(self) -> None:
        """Let go of connections."""
        await self.carrier.close()


def is_open(envelope: Envelope, now: datetime) -> bool:
    """Whether the reader wrote within the window, and the provider has not said since that it is shut."""
    wrote = envelope.wrote_at
    if wrote is None or now >= wrote + WINDOW:
        return False
    return envelope.shut_at is None or envelope.shut_at < wrote


def template_for(words: str, envelope: Envelope, templates: Templates) -> Template | None:
    """Return the template for a kind of message in the reader's language, its gaps filled; None where there is none."""
    by_language = templates.get(envelope.kind) or templates.get(ANY) or {}
    name = by_language.get(envelope.language)
    if name is None:
        return None
    return Template(name, (("1", envelope.name or "-"), ("2", filling(words))))


def filling(words: str) -> str:
    """Return what fits of words into a gap, where WhatsApp takes no line breaks and no runs of spaces."""
    return " ".join(words.split())[:LONGEST_VARIABLE].rstrip()
