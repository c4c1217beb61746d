"""Messages between channels and the rest: one inbound, what to say, and what became of a sending."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from domain.people import Urn
from domain.text import Text


class InboundKind(StrEnum):
    """A message, an edit of an earlier one, a button press, or news about the address itself."""

    MESSAGE = "message"
    EDIT = "edit"
    BUTTON = "button"
    BLOCKED = "blocked"
    OPTED_OUT = "opted_out"
    OPTED_IN = "opted_in"


@dataclass(frozen=True, slots=True)
class Inbound:
    """One message from a person, as a channel hands it over.

    `provider_id` is unique on the channel for ever. `edit_of` is the provider id of the message that this one
    replaces. A button press carries the ticket of the question it stood under, and the option's value in `text`.
    """

    channel: str
    provider_id: str
    sender: Urn
    text: str
    received_at: datetime
    kind: InboundKind = InboundKind.MESSAGE
    edit_of: str | None = None
    ticket: int | None = None


@dataclass(frozen=True, slots=True)
class Option:
    """One answer a person may pick: numbered on SMS, a button on Telegram."""

    value: str
    label: Text


@dataclass(frozen=True, slots=True)
class Say:
    """One message to a person: sentences in order, and options to pick from.

    `extra` sentences are said while there is room: always on Telegram, on SMS as long as it stays one segment.
    `shorter` says the same in ever fewer words, for an SMS that would need another segment.
    Options are numbered on SMS; where `numbered` is false they are buttons only, and the words say what to type.
    `ticket` numbers the question, so that a button pressed late is recognised.
    """

    lines: tuple[Text, ...]
    extra: tuple[Text, ...] = ()
    options: tuple[Option, ...] = ()
    numbered: bool = True
    ticket: int | None = None
    picture: bytes | None = None
    shorter: tuple[tuple[Text, ...], ...] = ()

    def after(self, *lines: Text) -> Say:
        """Return the message with other sentences before it, however short it is said."""
        return replace(self, lines=(*lines, *self.lines), shorter=tuple((*lines, *version) for version in self.shorter))

    def before(self, *lines: Text) -> Say:
        """Return the message with other sentences after it, however short it is said."""
        return replace(self, lines=(*self.lines, *lines), shorter=tuple((*version, *lines) for version in self.shorter))


class Lane(StrEnum):
    """Critical alerts overtake answers, and answers bulk; their names are in that order."""

    ALERT = "alert"
    ANSWER = "answer"
    BULK = "bulk"


class Status(StrEnum):
    """What became of an outbound message; only ever moves forward."""

    QUEUED = "queued"
    SENDING = "sending"
    UNKNOWN = "unknown"
    WIRED = "wired"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    DROPPED = "dropped"


class SendFailure(StrEnum):
    """Why a sending failed, by what we do next.

    Permanent is about the address, which is not used again; elsewhere says that this channel cannot carry these words
    there now, so they go by another or wait; rejected is about our text or account, not the person.
    """

    RETRYABLE = "retryable"
    PERMANENT = "permanent"
    ELSEWHERE = "elsewhere"
    REJECTED = "rejected"
    STOPPED = "stopped"
    UNKNOWN = "unknown"


class SendError(Exception):
    """A provider did not take a message.

    `retry_after` is in seconds, where the provider named it. `hold_channel` asks to leave the whole channel alone
    that long, not only this message; `broken` says that this goes on until somebody mends our account.
    """

    def __init__(
        self,
        failure: SendFailure,
        reason: str,
        retry_after: float | None = None,
        hold_channel: bool = False,
        broken: bool = False,
    ) -> None:
        super().__init__(f"{failure}: {reason}")
        self.failure = failure
        self.reason = reason
        self.retry_after = retry_after
        self.hold_channel = hold_channel
        self.broken = broken


@dataclass(frozen=True, slots=True)
class Letter:
    """What an e-mail has beside its text: the subject, and the same as HTML that shows the picture as `cid:picture`."""

    subject: str
    html: str


@dataclass(frozen=True, slots=True)
class Document:
    """A PDF that goes with a message."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Template:
    """Words that a provider approved beforehand, by the name it gave them, and what fills their gaps."""

    name: str
    variables: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Outbound:
    """One message part as a channel sends it. `buttons` are (label, data) pairs; `picture` is a PNG.

    With a `template` it is sent instead of the text.
    """

    id: int
    urn: Urn
    text: str
    buttons: tuple[tuple[str, str], ...] = ()
    picture: bytes | None = None
    letter: Letter | None = None
    document: Document | None = None
    template: Template | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """News of an outbound message from its provider: its provider id, how far it came, and why it failed.

    `failure` and `broken` are as in SendError, where the provider took a message first and refused it later.
    """

    provider_id: str
    status: Status
    reason: str = ""
    failure: SendFailure | None = None
    broken: bool = False


class BadRequest(Exception):
    """A web request that is not what it claims to be; answered with `status` and logged without content."""

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.status = status
