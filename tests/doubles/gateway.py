"""A double of an SMS gateway that somebody runs in a district: takes messages over HTTP, and fails when told to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.doubles.server import Double, answered, drop

SECRET = "gateway-key"


@dataclass(slots=True)
class Sent:
    """One message that the gateway took: its fields as they came, and where they stood."""

    fields: dict[str, Any]
    method: str
    authorization: str


class GatewayDouble(Double):
    """`url` is where it takes messages; `sent` tells what it took; `says` is the body of its answers."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[Sent] = []
        self.says: Any = None

    @property
    def url(self) -> str:
        """Return where messages are sent to."""
        return f"{self.root}/send"

    def routes(self) -> list[Route]:
        """Return the gateway's one address."""
        return [Route("/send", self._send, methods=["GET", "POST"])]

    async def _send(self, request: Request) -> Response:
        fault = self.take_fault("send")
        if fault.drop == "before":
            return await drop(request)
        if fault.status:
            headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
            return JSONResponse({"error": fault.description}, status_code=fault.status, headers=headers)
        self.sent.append(await _taken(request))
        answer = JSONResponse(self.says or {"status": "ok", "data": [{"id": f"M{len(self.sent)}"}]})
        return await answered(request, fault, answer)


async def _taken(request: Request) -> Sent:
    as_json = request.headers.get("content-type", "") == "application/json"
    body = await request.json() if as_json else dict(await request.form())
    return Sent({**request.query_params, **body}, request.method, request.headers.get("authorization", ""))
