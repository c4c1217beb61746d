"""What each error of a provider means for a message: one table, by what we do next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import httpx

from domain.messages import SendError, SendFailure

NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
BUSY = (429, 503)  # too much was asked of a provider, or it is down for a while
ACCOUNT_HOLD = 300.0  # seconds; a person has to mend the account, so trying often helps nobody


@dataclass(frozen=True, slots=True)
class Meaning:
    """What to do next and why, in our words: a provider's own quote the number. `broken` is our account's fault.

    `tell_at` is how many people it takes in a day until a manager hears of it; 0 is never.
    """

    failure: SendFailure
    words: str
    broken: bool = False
    tell_at: int = 0

    def error(self, name: object) -> SendError:
        """Return the error to raise; `name` is what the provider calls it, such as a code."""
        reason = f"{name} {self.words}"
        if self.broken:
            return SendError(self.failure, reason, ACCOUNT_HOLD, hold_channel=True, broken=True)
        return SendError(self.failure, reason)


def _stopped(words: str) -> Meaning:
    return Meaning(SendFailure.STOPPED, words)


def _bad(words: str) -> Meaning:
    return Meaning(SendFailure.PERMANENT, words)


def _elsewhere(words: str, tell_at: int = 0) -> Meaning:
    return Meaning(SendFailure.ELSEWHERE, words, tell_at=tell_at)


def _later(words: str) -> Meaning:
    return Meaning(SendFailure.RETRYABLE, words)


def _unknown(words: str) -> Meaning:
    return Meaning(SendFailure.UNKNOWN, words)


def _our_text(words: str) -> Meaning:
    return Meaning(SendFailure.REJECTED, words)


def _our_account(words: str) -> Meaning:
    return Meaning(SendFailure.RETRYABLE, words, broken=True)


OPTED_OUT = _stopped("person opted out")
REFUSED = _our_account("account refused")

TWILIO: Mapping[int, Meaning] = MappingProxyType(
    {
        20003: _our_account("account credentials refused"),
        20005: _our_account("account not active"),
        20404: _our_account("account or service not found"),
        20429: _later("too many requests"),
        20500: _later("provider's own failure"),
        20503: _later("service unavailable"),
        20504: _unknown("gateway time-out"),
        21211: _bad("number not valid"),
        21212: _our_account("our sender is not a number"),
        21214: _bad("number cannot be reached"),
        21217: _bad("number not valid"),
        21265: _elsewhere("a short code takes no messages"),
        21408: _elsewhere("country not enabled on the account", tell_at=1),
        21602: _our_text("no text"),
        21603: _our_account("no sender given"),
        21604: _our_text("no number given"),
        21606: _our_account("our sender cannot send SMS"),
        21608: _elsewhere("number not verified on the trial account", tell_at=1),
        21610: OPTED_OUT,
        21611: _later("sender queue full"),
        21612: _elsewhere("no route from our sender to this number", tell_at=1),
        21614: _bad("not a mobile number"),
        21617: _our_text("text over 1600 characters"),
        21619: _our_text("no text"),
        21654: _elsewhere("template not found", tell_at=1),
        21655: _elsewhere("template name not valid", tell_at=1),
        21656: _our_text("template variables not valid"),
        21658: _our_text("text over 1600 characters"),
        21659: _our_account("our sender is not on the account"),
        21660: _our_account("our sender belongs to another account"),
        21703: _our_account("messaging service has no sender"),
        21705: _our_account("messaging service not valid"),
        30001: _later("sender queue full"),
        30002: _our_account("account suspended"),
        30003: _later("handset off or out of reach"),
        30004: _elsewhere("blocked by carrier or handset"),
        30005: _bad("number does not exist"),
        30006: _bad("landline or unreachable carrier"),
        30007: _elsewhere("filtered by carrier", tell_at=3),
        30008: _later("carrier gave no reason"),
        30036: _later("validity period over"),
        30410: _unknown("carrier did not answer in time"),
        63001: _our_account("WhatsApp refuses our sender's credentials"),
        63003: _bad("not a WhatsApp number"),
        63005: _our_text("WhatsApp did not take the content"),
        63007: _our_account("our sender is not on WhatsApp"),
        63013: _our_text("against a rule of WhatsApp"),
        63016: _elsewhere("window closed, a template is needed"),
        63018: _later("WhatsApp's rate reached"),
        63019: _elsewhere("the picture or document was not fetched from us", tell_at=3),
        63024: _bad("number cannot take WhatsApp messages"),
        63027: _elsewhere("no template in this language", tell_at=1),
        63032: _elsewhere("WhatsApp does not deliver to this person now"),
        63038: _our_account("daily message limit of the account"),
        63049: _elsewhere("WhatsApp chose not to deliver this"),
    }
)

# The end of a refusal's description, in lower case; the first that fits decides.
TELEGRAM: tuple[tuple[str, Meaning], ...] = (
    ("bot was blocked by the user", _stopped("blocked by the person")),
    ("bot was kicked", _stopped("put out of the chat")),
    ("user is deactivated", _bad("account deleted")),
    ("bot can't initiate conversation with a user", _bad("the person never wrote to the bot")),
    ("bot can't send messages to bots", _bad("the address is a bot")),
    ("chat not found", _bad("chat not found")),
    ("user not found", _bad("user not found")),
    ("peer_id_invalid", _bad("chat not valid")),
    ("chat_write_forbidden", _elsewhere("no right to write there")),
    ("group chat was deactivated", _bad("chat closed")),
    ("group chat was upgraded to a supergroup chat", _bad("chat became a supergroup")),
    ("message is too long", _our_text("text over 4096 characters")),
    ("message caption is too long", _our_text("caption over 1024 characters")),
    ("message text is empty", _our_text("no text")),
    ("button_data_invalid", _our_text("button over 64 bytes")),
    ("file is too big", _our_text("file too large")),
    ("request entity too large", _our_text("file too large")),
)


def by_description(description: str) -> Meaning | None:
    """Return what a Telegram refusal means, by how its description ends; None for one that we do not know."""
    said = description.lower().rstrip(" .")
    return next((meaning for end, meaning in TELEGRAM if said.endswith(end)), None)


def by_status(status: int) -> SendFailure:
    """Return what an HTTP status means for a message where nothing else was said."""
    if status == 504:  # a proxy gave up waiting; behind it the message may have been taken
        return SendFailure.UNKNOWN
    return SendFailure.RETRYABLE if status >= 500 or status == 429 else SendFailure.ELSEWHERE


def asked_to_wait(answer: httpx.Response) -> float | None:
    """Return for how many seconds a provider that is busy asks to be left alone; None where it names no time."""
    wait = answer.headers.get("Retry-After", "")
    return float(wait) if answer.status_code in BUSY and wait.isdecimal() else None
