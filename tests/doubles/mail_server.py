"""A real SMTP server on this machine that keeps what it takes, and refuses, hangs or hangs up as it is told."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class Postbox:
    """What the server took, and how it answers: `rcpt` and `data` are replies, `silent` lets a letter's end hang."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.receivers: list[str] = []
        self.rcpt = ""
        self.data = ""
        self.silent = False
        self.port = 0

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.rcpt:
            return self.rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.data:
            return self.data
        assert isinstance(envelope.content, bytes)
        found = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(found, EmailMessage)
        self.letters.append(found)
        self.receivers += envelope.rcpt_tos
        if self.silent:
            await asyncio.sleep(3)
        return "250 taken"


@contextmanager
def mail_server() -> Iterator[Postbox]:
    """Run the server on a free port for as long as it is needed."""
    postbox = Postbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        postbox.port = free.getsockname()[1]
    controller = Controller(postbox, hostname="127.0.0.1", port=postbox.port)
    controller.start()
    try:
        yield postbox
    finally:
        controller.stop()
