"""Pictures and documents for providers that fetch them: under signed addresses that lapse, and no others."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot import media
from bot.clock import Clock
from domain.messages import BadRequest
from storage.enclosures import enclosure
from web.gate import Gate


@dataclass(frozen=True, slots=True)
class MediaPage:
    """Hands out what a message encloses, to whoever was given its address."""

    db: Gate
    clock: Clock

    def routes(self) -> list[Route]:
        """Return where enclosures are fetched."""
        return [Route(f"{media.PATH}/{{token}}", self.fetch)]

    async def fetch(self, request: Request) -> Response:
        """Hand out one picture or document."""
        found = await self.db.run(enclosure, media.read(request.path_params["token"], self.clock()))
        if found is None:
            raise BadRequest("no such address", status=404)
        content, kind = found
        return Response(content, media_type=kind, headers={"Cache-Control": "private, no-store"})
