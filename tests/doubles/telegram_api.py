"""A double of the Telegram Bot API: serves queued updates, records what is sent, and fails when told to."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.doubles.server import Double, Fault, answered, drop, run

TOKEN = "100:TEST"
BOT = {"id": 100, "is_bot": True, "first_name": "Kumbusha", "username": "kumbusha_test_bot"}
FIRST_UPDATE = 500


@dataclass(slots=True)
class Sent:
    """One message the double accepted; `buttons` are (label, data) pairs, `picture` counts its bytes.

    `document` is a file's name, type and number of bytes.
    """

    method: str
    chat_id: int
    text: str
    buttons: tuple[tuple[str, str], ...]
    picture: int
    message_id: int
    document: tuple[str, str, int] | None = None


class TelegramDouble(Double):
    """`base_url` and `token` are for the client; `sent`, `answered`, `webhook` and `confirmed` tell what it did."""

    def __init__(self, token: str = TOKEN) -> None:
        super().__init__()
        self.token = token
        self.sent: list[Sent] = []
        self.answered: list[str] = []
        self.calls: list[str] = []
        self.webhook: dict[str, str] = {}
        self.webhook_trouble: dict[str, Any] = {}
        self.blocked: set[int] = set()
        self.confirmed = 0
        self._queue: list[dict[str, Any]] = []
        self._next_update = FIRST_UPDATE
        self._next_message = 1
        self._arrived = asyncio.Event()

    @property
    def base_url(self) -> str:
        """Return what a client takes as base URL."""
        return f"{self.root}/bot"

    @property
    def waiting(self) -> list[int]:
        """Return the ids of updates that were not confirmed."""
        return [update["update_id"] for update in self._queue]

    def push(self, update: Mapping[str, Any]) -> int:
        """Queue an update, numbered unless it brings a number, and return its id."""
        update_id = int(update.get("update_id", self._next_update))
        self._next_update = max(self._next_update, update_id) + 1
        self._queue.append({**update, "update_id": update_id})
        self._arrived.set()
        return update_id

    def say(self, chat_id: int, text: str) -> int:
        """Queue a text from a person."""
        return self.push({"message": self._message(chat_id, chat_id, text=text)})

    def press(self, chat_id: int, data: str) -> int:
        """Queue a press of one of our buttons."""
        under = self._message(chat_id, BOT["id"], text="?")
        press = {"id": f"{self._next_update}0", "from": _person(chat_id), "chat_instance": "1", "data": data}
        return self.push({"callback_query": {**press, "message": under}})

    def routes(self) -> list[Route]:
        """Return the Bot API's one address, and one to queue updates from outside."""
        return [
            Route("/bot{token}/{method}", self._call, methods=["GET", "POST"]),
            Route("/__push", self._push, methods=["POST"]),
        ]

    async def _push(self, request: Request) -> Response:
        return JSONResponse({"update_id": self.push(await request.json())})

    async def _call(self, request: Request) -> Response:
        method = request.path_params["method"].lower()
        if request.path_params["token"] != self.token:
            return _error(401, "Unauthorized")
        fields = await _fields(request)
        self.calls.append(method)
        fault = self.take_fault(method, str(fields.get("chat_id", "")))
        if fault.drop == "before":
            return await drop(request)
        if fault.status:
            return _error(fault.status, fault.description, fault.retry_after)
        return await answered(request, fault, await self._answer(method, fields, fault))

    async def _answer(self, method: str, fields: dict[str, Any], fault: Fault) -> Response:
        match method:
            case "getme":
                return _ok(BOT)
            case "getupdates":
                return _ok(await self._get_updates(fields, fault))
            case "sendmessage" | "sendphoto" | "senddocument":
                return self._send(method, fields)
            case "answercallbackquery":
                self.answered.append(str(fields["callback_query_id"]))
                return _ok(True)
            case "getwebhookinfo":
                return _ok({"url": self.webhook.get("url", ""), **self.webhook_trouble})
            case "setwebhook" | "deletewebhook":
                self.webhook = fields if method == "setwebhook" else {}
                return _ok(True)
        return _error(404, "Not Found")

    async def _get_updates(self, fields: dict[str, Any], fault: Fault) -> list[dict[str, Any]]:
        offset, limit = int(fields.get("offset", 0)), int(fields.get("limit", 100))
        self._queue = [update for update in self._queue if update["update_id"] >= offset]
        self.confirmed = max(self.confirmed, offset - 1)
        if not self._queue:
            await self._wait_for_update(float(fields.get("timeout", 0)))
        served = self._queue[:limit] * (2 if fault.twice else 1)
        return served[::-1] if fault.backwards else served

    async def _wait_for_update(self, seconds: float) -> None:
        self._arrived.clear()
        waits = [asyncio.create_task(event.wait()) for event in (self._arrived, self._closing)]
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    def _send(self, method: str, fields: dict[str, Any]) -> Response:
        chat_id = int(fields["chat_id"])
        if chat_id in self.blocked:
            return _error(403, "Forbidden: bot was blocked by the user")
        text = str(fields.get("text", fields.get("caption", "")))
        message = self._message(chat_id, BOT["id"], text=text)
        picture = len(fields.get("photo", b""))
        sent = Sent(method, chat_id, text, _buttons(fields), picture, message["message_id"], fields.get("document"))
        self.sent.append(sent)
        return _ok(message)

    def _message(self, chat_id: int, sender: Any, text: str) -> dict[str, Any]:
        self._next_message += 1
        return {
            "message_id": self._next_message,
            "from": BOT if sender == BOT["id"] else _person(sender),
            "chat": {"id": chat_id, "type": "private", "first_name": "Ama"},
            "date": int(time.time()),
            "text": text,
        }


def _person(chat_id: int) -> dict[str, Any]:
    return {"id": chat_id, "is_bot": False, "first_name": "Ama"}


async def _fields(request: Request) -> dict[str, Any]:
    """Return the call's parameters, from query, form or upload, as the Bot API takes all of them."""
    async with request.form() as form:
        uploads = {name: await _field(name, value) for name, value in form.items()}
    return {**request.query_params, **uploads}


async def _field(name: str, value: str | UploadFile) -> Any:
    if isinstance(value, str):
        return value
    content = await value.read()
    return (value.filename, value.content_type, len(content)) if name == "document" else content


def _buttons(fields: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    rows = json.loads(fields.get("reply_markup", "{}")).get("inline_keyboard", [])
    return tuple((button["text"], button["callback_data"]) for row in rows for button in row)


def _ok(result: Any) -> Response:
    return JSONResponse({"ok": True, "result": result})


def _error(status: int, description: str, retry_after: int | None = None) -> Response:
    body: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    if retry_after is not None:
        body["parameters"] = {"retry_after": retry_after}
    return JSONResponse(body, status_code=status)


if __name__ == "__main__":
    run(TelegramDouble())
