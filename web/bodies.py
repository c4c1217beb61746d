"""Reading what was posted to us, never more of it than anybody has reason to send."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

from domain.messages import BadRequest

MOST_BYTES = 256 * 1024  # far above any update or form; anybody may post to a webhook
MOST_FIELDS = 200  # a form of Twilio has some thirty
LONGEST_WAIT = 10.0  # seconds for a whole body; providers send theirs at once


async def json_object(request: Request) -> dict[str, Any]:
    """Return the JSON object that was posted. Raises BadRequest when it is something else."""
    try:
        found = _whole(json.loads(await _read(request)))
    except (ValueError, RecursionError):
        raise BadRequest("not JSON") from None
    if not isinstance(found, dict):
        raise BadRequest("not a JSON object")
    return found


def _whole(found: Any) -> Any:
    """Return what was read with a question mark for each half of a character, which no text of ours can hold."""
    return json.loads(json.dumps(found, ensure_ascii=False).encode(errors="replace"))


async def form(request: Request) -> dict[str, str]:
    """Return the fields of the form that was posted, spaces and empty ones as they came."""
    try:
        return dict(parse_qsl((await _read(request)).decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        raise BadRequest("not a form") from None


async def fields(request: Request) -> dict[str, Any]:
    """Return what was sent as JSON, as a form, or in the address of a GET."""
    if request.method == "GET":
        return dict(request.query_params)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return await json_object(request) if kind == "application/json" else dict(await form(request))


async def _read(request: Request) -> bytes:
    promised = request.headers.get("content-length", "")
    if promised.isdecimal() and int(promised) > MOST_BYTES:
        raise BadRequest("too large", status=413)
    try:
        async with asyncio.timeout(LONGEST_WAIT):
            return await _body(request)
    except TimeoutError:
        raise BadRequest("too slow", status=408) from None
    except ClientDisconnect:
        raise BadRequest("ended too early") from None


async def _body(request: Request) -> bytes:
    found = bytearray()
    async for chunk in request.stream():
        found += chunk
        if len(found) > MOST_BYTES:
            raise BadRequest("too large", status=413)
    return bytes(found)
