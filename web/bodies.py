"""Reading what was posted to us, never more of it than anybody has reason to send."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from domain.messages import BadRequest

MOST_BYTES = 256 * 1024  # far above any update or form; anybody may post to a webhook


async def json_object(request: Request) -> dict[str, Any]:
    """Return the JSON object that was posted. Raises BadRequest when it is something else."""
    try:
        found = json.loads(await _read(request))
    except (ValueError, RecursionError):
        raise BadRequest("not JSON") from None
    if not isinstance(found, dict):
        raise BadRequest("not a JSON object")
    return found


async def form(request: Request) -> dict[str, str]:
    """Return the fields of the form that was posted, spaces and empty ones as they came."""
    try:
        return dict(parse_qsl((await _read(request)).decode(), keep_blank_values=True))
    except ValueError:
        raise BadRequest("not a form") from None


async def _read(request: Request) -> bytes:
    found = bytearray()
    async for chunk in request.stream():
        found += chunk
        if len(found) > MOST_BYTES:
            raise BadRequest("too large", status=413)
    return bytes(found)
