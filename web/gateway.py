"""What a gateway for SMS posts to us: a message taken once, or news of one we sent."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels import gateway
from bot.channels.gateway import GatewaySettings
from bot.clock import Clock
from bot.news import take_news
from bot.turns import take_turn
from web import bodies
from web.gate import Gate


@dataclass(frozen=True, slots=True)
class GatewayHook:
    """Takes messages and status callbacks of one gateway, which proves itself by the secret of its settings."""

    db: Gate
    clock: Clock
    settings: GatewaySettings

    def routes(self) -> list[Route]:
        """Return where the gateway calls: with a form, JSON, or all in the address."""
        return [
            Route("/gateway", self.receive, methods=["GET", "POST"]),
            Route("/gateway/status", self.status, methods=["GET", "POST"]),
        ]

    async def receive(self, request: Request) -> Response:
        """Take one message."""
        payload = await bodies.fields(request)
        gateway.check_secret(request.headers, payload, self.settings)
        now = self.clock()
        await self.db.run(take_turn, gateway.parse_inbound(payload, self.settings, now), now)
        return Response(status_code=204)

    async def status(self, request: Request) -> Response:
        """Take news of a message we sent."""
        payload = await bodies.fields(request)
        gateway.check_secret(request.headers, payload, self.settings)
        await self.db.run(take_news, gateway.parse_status(payload, self.settings), self.clock())
        return Response(status_code=204)
