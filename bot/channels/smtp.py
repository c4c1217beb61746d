"""E-mail by SMTP: one letter with its text, its HTML, the picture in it and a document beside it."""

from __future__ import annotations

import asyncio
import re
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
NO_SUCH_BOX = (550, 551, 553)  # of a server that has no enhanced codes


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
        _check(code, reply, None)
        code, reply = server.rcpt(to)
        _check(code, reply, _of_receiver(code, reply))
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


def _check(code: int, reply: bytes | str, refused: SendFailure | None) -> None:
    """Raise SendError for a refusal: `refused` where it is for good, or our account's trouble where that is None."""
    if 200 <= code < 300:
        return
    why = f"{code} {_enhanced(reply)}".strip()  # not its words, which often name the address
    if code < 500:  # 421 closes the connection whoever the letter is for
        raise SendError(SendFailure.RETRYABLE, why, hold_channel=code == 421)
    if refused is None:
        raise SendError(SendFailure.RETRYABLE, why, ACCOUNT_HOLD, hold_channel=True, broken=True)
    raise SendError(refused, why)


def _of_receiver(code: int, reply: bytes | str) -> SendFailure | None:
    """Return what a refusal of a receiver means for their address; None where it is about us.

    Many servers refuse us, whom they do not know or relay for, only when the receiver is named (codes: RFC 3463).
    """
    match _enhanced(reply).split("."):
        case ["5", "1", _]:
            return SendFailure.PERMANENT
        case ["5", "2", _]:
            return SendFailure.RETRYABLE
        case ["5", _, _]:
            return None
    return SendFailure.PERMANENT if code in NO_SUCH_BOX else None


def _enhanced(reply: bytes | str) -> str:
    """Return the enhanced status code with which a reply begins, such as 5.1.1, or nothing."""
    words = reply.decode("ascii", "replace") if isinstance(reply, bytes) else reply
    found = re.match(r"[245]\.\d{1,3}\.\d{1,3}\b", words)
    return found[0] if found else ""


def _held(error: Exception) -> SendError:
    """Return the failure of a connection: the server's or our account's trouble, so that all letters wait."""
    refused = isinstance(error, smtplib.SMTPAuthenticationError | ssl.SSLError)
    wait = ACCOUNT_HOLD if refused else None
    return SendError(SendFailure.RETRYABLE, type(error).__name__, wait, hold_channel=True)
