"""A double of Twilio's message API: takes and lists messages, signs webhooks, and fails when told to."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from tests.doubles.server import Double, Fault, answered, drop, run

ACCOUNT_SID = "AC" + "0" * 32
AUTH_TOKEN = "test-auth-token"
NUMBER = "+233200000100"


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Sent:
    """One message the double keeps, sent by us or to us."""

    sid: str
    to: str
    from_: str
    body: str
    status: str
    direction: str
    created: str
    status_callback: str = ""
    validity_period: str = ""
    service: str = ""
    media_url: str = ""
    error_code: int | None = None
    content_sid: str = ""
    content_variables: str = ""


class TwilioDouble(Double):
    """`base_url`, `account_sid`, `auth_token` and `number` are for the client; `sent` tells what it sent.

    Numbers on WhatsApp begin with `whatsapp:`; those in `shut` have no open window, so they take templates only.
    """

    def __init__(self, now: Callable[[], datetime] = _utc_now) -> None:
        super().__init__()
        self.account_sid, self.auth_token, self.number = ACCOUNT_SID, AUTH_TOKEN, NUMBER
        self.sent: list[Sent] = []
        self.received: list[Sent] = []
        self.opted_out: set[str] = set()
        self.sms_url = ""
        self.shut: set[str] = set()
        self._now = now
        self._log: list[Sent] = []

    @property
    def base_url(self) -> str:
        """Return what a client takes as base URL."""
        return self.root

    def forget(self) -> None:
        """Know nothing of any message, as a new account does."""
        for known in (self.sent, self.received, self._log):
            known.clear()

    def receive(self, sender: str, body: str) -> dict[str, str]:
        """Keep a message from a person, and return the form that Twilio would post for it."""
        to = f"whatsapp:{self.number}" if sender.startswith("whatsapp:") else self.number
        message = self._keep(to, sender, body, "received", "inbound")
        self.received.append(message)
        return {
            "MessageSid": message.sid,
            "AccountSid": self.account_sid,
            "From": sender,
            "To": to,
            "Body": body,
            "NumMedia": "0",
        }

    def status_form(self, message: Sent, status: str, error_code: int | None = None) -> dict[str, str]:
        """Move a message to a status, and return the form that Twilio would post for it."""
        message.status, message.error_code = status, error_code
        form = {"MessageSid": message.sid, "MessageStatus": status, "To": message.to, "From": message.from_}
        return form | ({"ErrorCode": str(error_code)} if error_code else {})

    def signed(self, url: str, form: Mapping[str, str]) -> dict[str, str]:
        """Return the headers with which Twilio would post a form to `url`."""
        return {"X-Twilio-Signature": RequestValidator(self.auth_token).compute_signature(url, dict(form))}

    def routes(self) -> list[Route]:
        """Return the parts of the 2010-04-01 API that we use, and one to be sent messages from outside."""
        account = "/2010-04-01/Accounts/{account_sid}"
        return [
            Route(f"{account}/Messages.json", self._create, methods=["POST"]),
            Route(f"{account}/Messages.json", self._list, methods=["GET"]),
            Route(f"{account}.json", self._account, methods=["GET"]),
            Route(f"{account}/IncomingPhoneNumbers.json", self._numbers, methods=["GET"]),
            Route("/__receive", self._receive, methods=["POST"]),
        ]

    async def _receive(self, request: Request) -> Response:
        message = await request.json()
        return JSONResponse(self.receive(message["from"], message["body"]))

    async def _create(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        return await self._answer(request, "send", form["To"], lambda: self._accept(form))

    async def _list(self, request: Request) -> Response:
        return await self._answer(request, "list", "", lambda: self._page(request.query_params))

    async def _account(self, request: Request) -> Response:
        facts = {"sid": self.account_sid, "friendly_name": "Kumbusha test", "status": "active"}
        return await self._answer(request, "account", "", lambda: JSONResponse(facts))

    async def _numbers(self, request: Request) -> Response:
        ours = [{"phone_number": self.number, "sms_url": self.sms_url}]
        asked = [one for one in ours if one["phone_number"] == request.query_params.get("PhoneNumber", self.number)]
        return await self._answer(request, "numbers", "", lambda: JSONResponse({"incoming_phone_numbers": asked}))

    async def _answer(self, request: Request, name: str, to: str, act: Callable[[], Response]) -> Response:
        if not self._is_authorized(request):
            return _error(401, 20003, "Authenticate")
        fault = self.take_fault(name, to)
        if fault.drop == "before":
            return await drop(request)
        if fault.status:
            return _fault_error(fault)
        return await answered(request, fault, act())

    def _is_authorized(self, request: Request) -> bool:
        expected = base64.b64encode(f"{self.account_sid}:{self.auth_token}".encode()).decode()
        return request.headers.get("Authorization") == f"Basic {expected}"

    def _accept(self, form: Mapping[str, str]) -> Response:
        if form["To"] in self.opted_out:
            return _error(400, 21610, "Attempt to send to unsubscribed recipient")
        if ("Body" in form or "MediaUrl" in form) == ("ContentSid" in form):
            return _error(400, 21619, "A text message body or media urls must be specified.")
        if form["To"] in self.shut and "ContentSid" not in form:
            return _error(400, 63016, "Failed to send freeform message because you are outside the allowed window")
        message = self._keep(form["To"], form.get("From", self.number), form.get("Body", ""), "queued", "outbound-api")
        message.content_sid = form.get("ContentSid", "")
        message.content_variables = form.get("ContentVariables", "")
        message.status_callback = form.get("StatusCallback", "")
        message.validity_period = form.get("ValidityPeriod", "")
        message.media_url = form.get("MediaUrl", "")
        message.service = form.get("MessagingServiceSid", "")
        self.sent.append(message)
        return JSONResponse(self._resource(message), status_code=201)

    def _page(self, query: Mapping[str, str]) -> Response:
        size, begin = int(query.get("PageSize", 50)), int(query.get("PageToken", len(self._log)))
        places = (n for n in range(begin - 1, -1, -1) if _matches(self._log[n], query))
        found = list(itertools.islice(places, size))
        more = next(places, None) is not None
        path = f"/2010-04-01/Accounts/{self.account_sid}/Messages.json"
        following = urlencode({**query, "PageToken": found[-1]}) if more else ""
        return JSONResponse(
            {
                "messages": [self._resource(self._log[n]) for n in found],
                "page_size": size,
                "next_page_uri": f"{path}?{following}" if more else None,
            }
        )

    def _keep(self, to: str, from_: str, body: str, status: str, direction: str) -> Sent:
        created = self._now().replace(microsecond=0).isoformat()
        message = Sent(f"SM{len(self._log):032x}", to, from_, body, status, direction, created)
        self._log.append(message)
        return message

    def _resource(self, message: Sent) -> dict[str, Any]:
        created = format_datetime(datetime.fromisoformat(message.created))
        return {
            "sid": message.sid,
            "account_sid": self.account_sid,
            "messaging_service_sid": message.service or None,
            "to": message.to,
            "from": message.from_,
            "body": message.body,
            "status": message.status,
            "direction": message.direction,
            "date_created": created,
            "date_sent": None if message.status == "queued" else created,
            "error_code": message.error_code,
        }


def _matches(message: Sent, query: Mapping[str, str]) -> bool:
    since = query.get("DateSent>", "")[:19]
    between = query.get("To", message.to) == message.to and query.get("From", message.from_) == message.from_
    return between and message.created[:19] >= since


def _fault_error(fault: Fault) -> Response:
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    return _error(fault.status or 500, fault.code, fault.description, headers)


def _error(status: int, code: int | None, message: str, headers: Mapping[str, str] | None = None) -> Response:
    body = {"code": code, "message": message, "status": status}
    return JSONResponse(body, status_code=status, headers=headers)


if __name__ == "__main__":
    run(TwilioDouble())
