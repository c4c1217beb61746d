"""E-mail by SMTP: one letter with its text, its HTML, the picture in it and a document beside it."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256

from domain.messages import Outbound, Receipt, SendError, SendFailure, Status

NAME = "email"
ACCOUNT_HOLD = 600.0  # seconds to leave the server alone after it refused us rather than a letter


class MailChannel:
    """One SMTP server with our account on it. `timeout` is in seconds, for each answer of the server."""

    name = NAME

    def __init__(
        self,
        host: str,
        port: int,
        sender: str,
        *,
        user: str = "",
        password: str = "",
        starttls: bool = True,
        timeout: float = 20.0,
    ) -> None:
        self._host = host
        self._port = port
        self._sender = sender
        self._user = user
        self._password = password
        self._starttls = starttls
        self._timeout = timeout

    async def send(self, message: Outbound, now: datetime) -> Receipt:
        """Hand one letter to the server, as the Channel contract says.

        A letter that is sent again carries the same Message-ID, by which mail programs know it.
        """
        composed = compose(message, self._sender, now)
        return await asyncio.to_thread(self._deliver, message.urn.path, composed)

    async def find(self, message: Outbound, since: datetime) -> list[Receipt]:
        """Raise LookupError: a mail server cannot be asked what it took."""
        raise LookupError("a mail server cannot be asked for sent letters")

    async def close(self) -> None:
        """There is nothing to let go of: each letter has a connection of its own."""

    async def greet(self) -> None:
        """Connect and sign in, which proves the settings. Raises SendError."""
        await asyncio.to_thread(lambda: self._connect().close())

    def _deliver(self, to: str, letter: EmailMessage) -> Receipt:
        server = self._connect()
        try:
            _envelope(server, self._sender, to)
            _hand_over(server, letter)
        finally:
            server.close()  # without QUIT: what the server has taken it keeps
        return Receipt(letter["Message-ID"], Status.SENT)

    def _connect(self) -> smtplib.SMTP:
        try:
            server = smtplib.SMTP(self._host, self._port, timeout=self._timeout)
        except (OSError, smtplib.SMTPException) as error:
            raise _held(error) from error
        try:
            server.ehlo_or_helo_if_needed()
            if self._starttls:
                server.starttls(context=ssl.create_default_context())
                server.ehlo()
            if self._user:
                server.login(self._user, self._password)
        except (OSError, smtplib.SMTPException) as error:
            server.close()
            raise _held(error) from error
        return server


def compose(message: Outbound, sender: str, now: datetime) -> EmailMessage:
    """Return the letter as it travels; the same message makes the same Message-ID."""
    mail = EmailMessage()
    first, _, rest = message.text.partition("\n")
    mail["From"] = sender
    mail["To"] = message.urn.path
    mail["Subject"] = " ".join((message.letter.subject if message.letter else first).split())
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = _message_id(message, sender)
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text if message.letter else rest or first)
    if message.letter:
        mail.add_alternative(message.letter.html, subtype="html")
        if message.picture:
            html = mail.get_payload()[1]  # type: ignore[index]
            html.add_related(message.picture, "image", "png", cid="<picture>", disposition="inline")  # type: ignore[union-attr]
    if message.document:
        mail.add_attachment(
            message.document.content, maintype="application", subtype="pdf", filename=message.document.name
        )
    return mail


def _message_id(message: Outbound, sender: str) -> str:
    said = sha256(f"{message.id} {message.urn} {message.text}".encode()).hexdigest()[:16]
    domain = sender.rpartition("@")[2].strip("> ")
    return f"<kumbusha.{message.id}.{said}@{domain}>"


def _envelope(server: smtplib.SMTP, sender: str, to: str) -> None:
    try:
        code, reply = server.mail(sender.rpartition("<")[2].strip("> "))
        _check(code, reply, SendFailure.REJECTED)
        code, reply = server.rcpt(to)
        _check(code, reply, SendFailure.PERMANENT)
    except (OSError, smtplib.SMTPServerDisconnected) as error:
        raise SendError(SendFailure.RETRYABLE, type(error).__name__) from error


def _hand_over(server: smtplib.SMTP, letter: EmailMessage) -> None:
    try:
        code, reply = server.data(letter.as_bytes(policy=SMTP))
        _check(code, reply, SendFailure.REJECTED)
    except smtplib.SMTPDataError as error:
        _check(error.smtp_code, error.smtp_error, SendFailure.REJECTED)
    except (OSError, smtplib.SMTPServerDisconnected) as error:
        raise SendError(SendFailure.UNKNOWN, type(error).__name__) from error


def _check(code: int, reply: bytes | str, refused: SendFailure) -> None:
    if 200 <= code < 300:
        return
    words = reply.decode("ascii", "replace") if isinstance(reply, bytes) else reply
    # 421 closes the connection whoever the letter is for.
    if code < 500:
        raise SendError(SendFailure.RETRYABLE, f"{code} {words}", hold_channel=code == 421)
    raise SendError(refused, f"{code} {words}")


def _held(error: Exception) -> SendError:
    """Return the failure of a connection: the server's or our account's trouble, so that all letters wait."""
    refused = isinstance(error, smtplib.SMTPAuthenticationError | ssl.SSLError)
    wait = ACCOUNT_HOLD if refused else None
    return SendError(SendFailure.RETRYABLE, type(error).__name__, wait, hold_channel=True)
