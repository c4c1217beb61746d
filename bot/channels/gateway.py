"""SMS by any gateway that speaks HTTP, such as a local aggregator or a phone in a drawer: a settings block says how."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import httpx
import phonenumbers
from pydantic import BaseModel, ConfigDict, Field, field_validator

from bot.channels.failures import NEVER_LEFT, OPTED_OUT, REFUSED, Meaning, asked_to_wait, by_status
from domain.messages import BadRequest, Inbound, Outbound, Receipt, SendError, SendFailure, Status
from domain.people import Urn

NAME = "sms"
LONGEST_ID = 70  # characters of a gateway's id, which is kept with our prefix
LONGEST_SHORT_CODE = 8  # digits; a longer number without + has its country in front
REFUSES_ALL = (401, 402, 403, 405, 406, 411, 415)  # our account or settings are wrong
NOBODY_THERE = (404, 410)  # our address of the gateway is wrong, or it knows nobody by this number
LOOK_AGAIN = 600.0  # seconds until a number is tried again that nobody had; short, as one answer may be a slip
PREFIX = "gw:"  # before a gateway's ids, which another SMS provider may have used too

REFUSALS: Mapping[str, Meaning] = {
    "bad number": Meaning(SendFailure.PERMANENT, "number not valid"),
    "opted out": OPTED_OUT,
    "our account": REFUSED,
    "later": Meaning(SendFailure.RETRYABLE, "not now"),
}
Refusal = Literal["bad number", "opted out", "our account", "later"]
Came = Literal["wired", "sent", "delivered", "failed"]


class GatewaySettings(BaseModel):
    """How one gateway is spoken to. In what is sent `{to}`, `{digits}` (without +), `{text}`, `{from}`, `{id}` and
    `{secret}` are filled in; a field of an answer is named by its path, such as `data.0.id`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(description="address that a message is sent to")
    method: Literal["POST", "GET"] = "POST"
    sends: Literal["json", "form", "query"] = Field("json", description="where the fields go")
    fields: dict[str, str] = Field({"to": "{to}", "text": "{text}"}, description="our fields by their names there")
    headers: dict[str, str] = Field({}, description='such as {"Authorization": "Bearer {secret}"}')
    secret: str = Field("", description="what proves us to the gateway")
    sender: str = Field("", description="our number or name, where the gateway asks for it")
    id_field: str = Field("id", description="where the answer holds the gateway's id of the message; may be empty")
    success_field: str = Field("", description="where the answer says that it took the message; empty: any 2xx")
    success_values: tuple[str, ...] = Field(("ok", "success", "true", "0"), description="what it says there")
    refusals: dict[str, Refusal] = Field({}, description="words of a refusal, and what they mean")

    country: str = Field("", description="ISO country of numbers that come without one, such as GH")
    inbound_secret: str = Field("", description="what proves the gateway to us; without it nothing is taken")
    inbound_secret_in: str = Field("header:X-Gateway-Secret", description="header:NAME or field:NAME")
    inbound_id: str = Field("id", description="field with the id of a message, never the same twice")
    inbound_from: str = Field("from", description="field with the sender's number")
    inbound_text: str = Field("text", description="field with the words")
    status_id: str = Field("id", description="field of a status callback with the id that sending returned")
    status_field: str = Field("status", description="field with how far the message came")
    statuses: dict[str, Came] = Field(
        {"sent": "sent", "delivered": "delivered", "failed": "failed"}, description="its words, in our terms"
    )

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        return checked_address(url)

    @field_validator("country")
    @classmethod
    def _is_a_country(cls, country: str) -> str:
        if country and country.upper() not in phonenumbers.SUPPORTED_REGIONS:
            raise ValueError("it must be an ISO country of two letters, such as GH")
        return country.upper()

    @field_validator("inbound_secret_in")
    @classmethod
    def _is_a_place(cls, place: str) -> str:
        kind, _colon, name = place.partition(":")
        if kind.lower() not in ("header", "field") or not name.strip():
            raise ValueError("it must be header:NAME or field:NAME")
        return f"{kind.lower()}:{name.strip()}"


def checked_address(url: str) -> str:
    """Return an address that can be called. Raises ValueError for another."""
    if not (host_of(url, "https") or host_of(url, "http")):
        raise ValueError("it must begin with https:// or http:// and have a host")
    return url


def host_of(url: str, scheme: str) -> str:
    """Return the host of an address of that scheme; empty where it is of another, or no address."""
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL:
        return ""
    return address.host if address.scheme == scheme and "%" not in address.host else ""


def check_secret(headers: Mapping[str, str], payload: Mapping[str, Any], settings: GatewaySettings) -> None:
    """Raise BadRequest unless the request carries the secret that the gateway and we share."""
    place, _colon, name = settings.inbound_secret_in.partition(":")
    given = headers.get(name, "") if place == "header" else str(payload.get(name, ""))
    if not settings.inbound_secret or not hmac.compare_digest(given.encode(), settings.inbound_secret.encode()):
        raise BadRequest("wrong secret", status=403)


def parse_inbound(payload: Mapping[str, Any], settings: GatewaySettings, now: datetime) -> Inbound:
    """Return what a person sent, exactly as sent. Raises BadRequest where a field is missing."""
    provider_id, sender = _text(payload, settings.inbound_id), _text(payload, settings.inbound_from).strip()
    words = found(payload, settings.inbound_text)
    if not isinstance(words, str):
        raise BadRequest(f"{settings.inbound_text} is missing")
    return Inbound(NAME, PREFIX + provider_id, Urn("tel", e164(sender, settings.country)), words, now)


def parse_status(payload: Mapping[str, Any], settings: GatewaySettings) -> Receipt:
    """Return the news of an outbound message. Raises BadRequest where it says nothing that we know."""
    provider_id, said = _text(payload, settings.status_id), _text(payload, settings.status_field)
    came = {word.lower(): status for word, status in settings.statuses.items()}.get(said.lower())
    if came is None:
        raise BadRequest("unknown status")
    if came == "failed":  # it does not say why; mostly the phone was off
        return Receipt(PREFIX + provider_id, Status.FAILED, "the gateway says failed", SendFailure.RETRYABLE)
    return Receipt(PREFIX + provider_id, Status(came))


def e164(sender: str, country: str) -> str:
    """Return a number with + and its country; a short code or a name stays what it is."""
    try:
        number = phonenumbers.parse(sender, country or None)
    except phonenumbers.NumberParseException:
        number = None
    if number is None and sender.isdigit():
        return e164(f"+{sender}", country) if len(sender) > LONGEST_SHORT_CODE else sender
    if number is None or not phonenumbers.is_possible_number(number):
        return sender
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def found(payload: Any, path: str) -> Any:
    """Return what stands at a path such as `data.0.id`, or None."""
    for step in path.split("."):
        if isinstance(payload, Mapping):
            payload = payload.get(step)
        elif isinstance(payload, list) and step.isdecimal() and int(step) < len(payload):
            payload = payload[int(step)]
        else:
            return None
    return payload


def _text(payload: Mapping[str, Any], path: str) -> str:
    text = _short(payload, path)
    if not text:
        raise BadRequest(f"{path} is missing or too long")
    return text


def _short(payload: Any, path: str) -> str:
    """Return the words or number at a path; nothing where it has none, or more than an id or name has."""
    value = found(payload, path)
    text = str(value) if isinstance(value, str | int) else ""
    return text if text.strip() and len(text) <= LONGEST_ID else ""


class GatewayChannel:
    """One gateway that takes SMS over HTTP; `timeout` is in seconds."""

    name = NAME

    def __init__(self, settings: GatewaySettings, timeout: float = 10.0) -> None:
        self._settings = settings
        self._client = httpx.AsyncClient(timeout=timeout)
        self._took_the_last = False
        self._suspected = ""  # the first number with which it was said that nobody is there

    async def send(self, message: Outbound, now: datetime) -> Receipt:
        """Send one text, as the Channel contract says; buttons and pictures have no place on SMS."""
        try:
            receipt = await self._hand_over(message)
        except SendError:
            self._took_the_last = False
            raise
        self._took_the_last, self._suspected = True, ""
        return receipt

    async def find(self, message: Outbound, since: datetime) -> list[Receipt]:
        """Raise LookupError: there is no common way to ask a gateway what it has sent."""
        raise LookupError("the gateway cannot be asked for sent messages")

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.aclose()

    async def _hand_over(self, message: Outbound) -> Receipt:
        try:
            answer = await self._client.request(self._settings.method, self._settings.url, **self._request(message))
        except httpx.HTTPError as error:
            never_left = isinstance(error, NEVER_LEFT)
            raise SendError(
                SendFailure.RETRYABLE if never_left else SendFailure.UNKNOWN, type(error).__name__
            ) from error
        said = _json(answer)
        if not answer.is_success or not self._took(said):
            raise self._refusal(answer, message.urn.path)
        return Receipt(f"{PREFIX}{_short(said, self._settings.id_field) or message.id}", Status.WIRED)

    def _request(self, message: Outbound) -> dict[str, Any]:
        number = message.urn.path
        gaps = {
            "{to}": number,
            "{digits}": number.removeprefix("+"),
            "{from}": self._settings.sender,
            "{id}": str(message.id),
            "{secret}": self._settings.secret,
            "{text}": message.text,  # last, as a person's words may look like a gap
        }
        fields = {name: _filled(template, gaps) for name, template in self._settings.fields.items()}
        place = {"json": "json", "form": "data", "query": "params"}[self._settings.sends]
        return {place: fields, "headers": {name: _filled(t, gaps) for name, t in self._settings.headers.items()}}

    def _took(self, said: Any) -> bool:
        if not self._settings.success_field:
            return True
        word = str(found(said, self._settings.success_field)).lower()
        return any(word == value.lower() for value in self._settings.success_values)

    def _refusal(self, answer: httpx.Response, number: str) -> SendError:
        status, said = answer.status_code, answer.text.lower()
        if (
            means := next((m for words, m in self._settings.refusals.items() if words.lower() in said), None)
        ) is not None:
            return REFUSALS[means].error(status)
        if status in NOBODY_THERE:
            return self._nobody_there(status, number)
        if status in REFUSES_ALL or answer.is_redirect:
            return REFUSED.error(status)
        if (wait := asked_to_wait(answer)) is not None:
            return SendError(SendFailure.RETRYABLE, f"HTTP {status}", wait, hold_channel=True)
        if answer.is_success and found(_json(answer), self._settings.success_field) is None:
            return SendError(SendFailure.UNKNOWN, "unreadable answer")
        return SendError(by_status(status), f"HTTP {status}")

    def _nobody_there(self, status: int, number: str) -> SendError:
        """Say that the number is wrong, where the gateway took the message before or says so again; else our address.

        So neither wrong numbers keep all others waiting for long nor a wrong address uses up message after message.
        """
        if self._took_the_last or number == self._suspected:
            self._suspected = ""
            return SendError(SendFailure.ELSEWHERE, f"HTTP {status}", LOOK_AGAIN)
        self._suspected = self._suspected or number
        return REFUSED.error(status)


def _filled(template: str, gaps: Mapping[str, str]) -> str:
    for gap, value in gaps.items():
        template = template.replace(gap, value)
    return template


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None
