"""SMS and WhatsApp by Twilio: reads and checks its webhooks, sends texts, and asks it what became of them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from bot.channels.failures import NEVER_LEFT, TWILIO
from bot.channels.twilio_http import HttpxClient
from bot.channels.whatsapp import filling
from bot.media import link
from domain.messages import BadRequest, Inbound, InboundKind, Outbound, Receipt, SendError, SendFailure, Status
from domain.people import Urn

NAMES = {"tel": "sms", "whatsapp": "whatsapp"}  # what a channel is called, by the scheme of its addresses
NAME = NAMES["tel"]
WHATSAPP = "whatsapp:"  # how Twilio writes a number that is meant on WhatsApp
SIGNATURE_HEADER = "X-Twilio-Signature"

VALIDITY_SECONDS = 4 * 60 * 60  # a reminder that waited longer in Twilio's queue is stale
LIST_PAGE = 100  # messages a request, when asking what was sent or received
CLOCKS_APART = timedelta(seconds=60)  # how far our clock may be ahead of Twilio's
LOOK_BACK = 5  # newest pages of messages to one number that are searched for a lost one

CANCELED = "canceled"  # by whoever owns the account, who meant it
STATUSES = {
    "accepted": Status.WIRED,
    "scheduled": Status.WIRED,
    "queued": Status.WIRED,
    "sending": Status.WIRED,
    "sent": Status.SENT,
    "delivered": Status.DELIVERED,
    "read": Status.DELIVERED,
    "undelivered": Status.FAILED,
    "failed": Status.FAILED,
    CANCELED: Status.FAILED,
}
OPT_OUT_KINDS = {"STOP": InboundKind.OPTED_OUT, "START": InboundKind.OPTED_IN}


def parse_inbound(form: Mapping[str, str], now: datetime) -> Inbound:
    """Return what a person sent, exactly as sent, from the form that Twilio posts."""
    provider_id, sender, text = (_field(form, name) for name in ("MessageSid", "From", "Body"))
    if not provider_id or not sender:
        raise BadRequest("empty MessageSid or From")
    if sender == form.get("To"):
        raise BadRequest("sent by ourselves")
    kind = OPT_OUT_KINDS.get(form.get("OptOutType", ""), InboundKind.MESSAGE)
    return _inbound(provider_id, sender, text, now, kind)


def parse_status(form: Mapping[str, str]) -> Receipt:
    """Return the news of an outbound message from a status callback's form."""
    provider_id, status = _field(form, "MessageSid"), _field(form, "MessageStatus")
    code = form.get("ErrorCode", "")
    if status not in STATUSES:
        raise BadRequest("unknown MessageStatus")
    return _receipt(provider_id, status, int(code) if code.isdecimal() else None)


def check_signature(url: str, form: Mapping[str, str], headers: Mapping[str, str], auth_token: str) -> None:
    """Raise BadRequest unless Twilio signed this form for `url`, the public address with its query.

    `url` comes from our settings, never from forwarded headers, and the form must be as received: a stripped space
    breaks the signature.
    """
    given = next((value for name, value in headers.items() if name.lower() == SIGNATURE_HEADER.lower()), "")
    if not auth_token or not RequestValidator(auth_token).validate(url, form, given):
        raise BadRequest("wrong signature", status=403)


def _inbound(provider_id: str, sender: str, text: str, at: datetime, kind: InboundKind) -> Inbound:
    urn = Urn("whatsapp", sender.removeprefix(WHATSAPP)) if sender.startswith(WHATSAPP) else Urn("tel", sender)
    return Inbound(NAMES[urn.scheme], provider_id, urn, text, at, kind)


class TwilioChannel:
    """One Twilio sender: a number of ours, or a messaging service that picks one. Limits are in seconds.

    `scheme` is `tel` for SMS and `whatsapp` for WhatsApp. `media_url` is our public address, under which Twilio fetches
    what a message encloses.
    """

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        *,
        scheme: str = "tel",
        sender: str | None = None,
        messaging_service_sid: str | None = None,
        status_url: str | None = None,
        media_url: str | None = None,
        base_url: str | None = None,
        timeout: float = 10.0,
        validity_period: int = VALIDITY_SECONDS,
    ) -> None:
        if not sender and not messaging_service_sid:
            raise ValueError("a Twilio channel needs a sender number or a messaging service")
        self._http = HttpxClient(base_url, timeout)
        self._client = Client(account_sid, auth_token, http_client=self._http)
        self.name = NAMES[scheme]
        self._scheme = scheme
        self._media_url = media_url
        self._sender = self._number(sender) if sender else None
        self._service = messaging_service_sid
        self._status_url = status_url
        self._validity_period = validity_period

    async def send(self, message: Outbound, now: datetime) -> Receipt:
        """Send one text or template, as the Channel contract says; on WhatsApp a picture or document too.

        Twilio fetches these from our public address: without one SendError(elsewhere) is raised.
        """
        try:
            sent = await self._client.messages.create_async(**self._request(message, now))
        except httpx.HTTPError as error:
            failure = SendFailure.RETRYABLE if isinstance(error, NEVER_LEFT) else SendFailure.UNKNOWN
            raise SendError(failure, type(error).__name__) from error
        except ValueError as error:
            raise SendError(SendFailure.UNKNOWN, "unreadable answer") from error
        return _receipt(sent.sid, sent.status, sent.error_code)

    async def find(self, message: Outbound, since: datetime) -> list[Receipt]:
        """Return the messages to that number with the same text, created since then by its clock or ours, oldest first.

        So some may be of a little earlier.
        """
        start = since.replace(microsecond=0) - CLOCKS_APART  # Twilio's times are whole seconds
        newest_first = [
            _receipt(sent.sid, sent.status, sent.error_code)
            async for page in self._pages(LOOK_BACK, to=self._number(message.urn.path))
            for sent in page
            if sent.direction != "inbound" and self._says(sent.body, message) and sent.date_created >= start
        ]
        return newest_first[::-1]

    async def recent_inbound(self, since: datetime) -> AsyncIterator[list[Inbound]]:
        """Yield what we were sent since then, some at a time, newest first: Twilio repeats no webhook that nobody took.

        What comes in meanwhile moves the list on, so one may come twice.
        """
        start = since.replace(microsecond=0)
        where: dict[str, Any] = {"to": self._sender} if self._sender else {}
        async for page in self._pages(date_sent_after=start, **where):
            yield [
                _inbound(got.sid, got.from_, got.body or "", got.date_created, InboundKind.MESSAGE)
                for got in page
                if got.direction == "inbound" and got.date_created >= start and self._is_ours(got, got.from_)
            ]

    async def recent_outbound(self, since: datetime) -> AsyncIterator[list[Receipt]]:
        """Yield what became, so far, of what we sent since then, some at a time, newest first."""
        # Not by the date of sending, which some that failed may not have.
        where: dict[str, Any] = {"from_": self._sender} if self._sender else {}
        async for page in self._pages(**where):
            recent = [sent for sent in page if sent.date_created >= since]
            yield [
                _receipt(sent.sid, sent.status, sent.error_code)
                for sent in recent
                if sent.direction != "inbound" and self._is_ours(sent, sent.to)
            ]
            if not recent:
                return

    async def account(self) -> str:
        """Return the account's name and status, which proves the credentials."""
        account = await self._client.api.v2010.accounts(self._client.account_sid).fetch_async()
        return f"{account.friendly_name} ({account.status})"

    async def close(self) -> None:
        """Let go of connections."""
        await self._http.close()

    def _request(self, message: Outbound, now: datetime) -> dict[str, Any]:
        request = {
            **_words(message),
            "media_url": self._media(message, now),
            "to": self._number(message.urn.path),
            "from_": self._sender,
            "messaging_service_sid": self._service,
            "validity_period": self._validity_period if self._scheme == "tel" else None,
            "status_callback": f"{self._status_url}?id={message.id}" if self._status_url else None,
        }
        return {name: value for name, value in request.items() if value is not None}

    def _media(self, message: Outbound, now: datetime) -> list[str] | None:
        enclosed = message.picture is not None or message.document is not None
        if self._scheme != "whatsapp" or message.template is not None or not enclosed:
            return None
        if self._media_url is None:
            raise SendError(SendFailure.ELSEWHERE, "PUBLIC_URL is not set: nothing can be enclosed")
        return [link(self._media_url, message.id, now)]

    def _number(self, path: str) -> str:
        return f"{WHATSAPP}{path}" if self._scheme == "whatsapp" else path

    def _says(self, body: str | None, message: Outbound) -> bool:
        """Whether this is the text of a message, or on WhatsApp a template with what fits of it in a gap."""
        filled = self._scheme == "whatsapp" and message.text and filling(message.text) in (body or "")
        return bool(filled) or (body or "") == message.text

    def _is_ours(self, message: Any, person: str) -> bool:
        on_whatsapp = person.startswith(WHATSAPP)
        by_us = self._sender is not None or message.messaging_service_sid == self._service
        return by_us and on_whatsapp == (self._scheme == "whatsapp")

    async def _pages(self, most: int | None = None, **where: Any) -> AsyncIterator[Any]:
        """Yield pages of messages, newest first; raises SendError(retryable) when Twilio cannot be asked now."""
        left = most
        try:
            page = await self._client.messages.page_async(page_size=LIST_PAGE, **where)
            while page is not None:
                yield page
                left = None if left is None else left - 1
                page = None if left == 0 else await page.next_page_async()
        except httpx.HTTPError as error:
            raise SendError(SendFailure.RETRYABLE, type(error).__name__) from error


def _words(message: Outbound) -> dict[str, str]:
    """Return the text, or the template in its place: with a body beside it WhatsApp refuses a template."""
    if message.template is None:
        return {"body": message.text} if message.text else {}
    variables = json.dumps(dict(message.template.variables), ensure_ascii=False)
    return {"content_sid": message.template.name, "content_variables": variables}


def _receipt(provider_id: str, status: str, code: int | None) -> Receipt:
    # A status we do not know yet still means that Twilio has the message.
    came_to, meaning = STATUSES.get(status, Status.WIRED), TWILIO.get(code or 0)
    if came_to is not Status.FAILED or status == CANCELED:
        return Receipt(provider_id, came_to, str(code or ""))
    if meaning is None:  # nobody knows yet why, so it is tried where that does not matter
        return Receipt(provider_id, came_to, str(code or status), SendFailure.ELSEWHERE)
    return Receipt(provider_id, came_to, f"{code} {meaning.words}", meaning.failure, meaning.broken)


def _field(form: Mapping[str, str], name: str) -> str:
    try:
        return form[name]
    except KeyError:
        raise BadRequest(f"{name} is missing") from None
