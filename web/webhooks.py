"""What providers post to us: a message taken once, or news of one we sent. Stored before it is answered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels import twilio, updates
from bot.clock import Clock
from bot.news import take_news
from bot.turns import take_turn
from web import bodies
from web.gate import Gate

NO_WORDS = '<?xml version="1.0" encoding="UTF-8"?><Response/>'  # the answer goes through the outbox

OnButton = Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class TelegramHook:
    """Takes updates of one bot; `on_button` is told of a press once it is stored."""

    db: Gate
    clock: Clock
    secret: str
    on_button: OnButton | None = None

    def routes(self) -> list[Route]:
        """Return where Telegram posts to."""
        return [Route("/telegram", self.receive, methods=["POST"])]

    async def receive(self, request: Request) -> Response:
        """Take one update. Telegram repeats it until it gets a 200, so it is committed before that."""
        updates.check_secret(request.headers, self.secret)
        update = await bodies.json_object(request)
        now = self.clock()
        inbound = updates.read_update(update, now)
        if inbound is not None:
            await self.db.run(take_turn, inbound, now)
        pressed = updates.button_id(update)
        if pressed is None or self.on_button is None:
            return Response()
        return Response(background=BackgroundTask(self.on_button, pressed))


@dataclass(frozen=True, slots=True)
class TwilioHook:
    """Takes messages and status callbacks of one Twilio account, signed for `public_url`."""

    db: Gate
    clock: Clock
    auth_token: str
    public_url: str

    def routes(self) -> list[Route]:
        """Return where Twilio posts to."""
        return [
            Route("/sms", self.receive, methods=["POST"]),
            Route("/whatsapp", self.receive, methods=["POST"]),
            Route("/sms/status", self.status, methods=["POST"]),
        ]

    async def receive(self, request: Request) -> Response:
        """Take one message, by SMS or WhatsApp."""
        form = await self._signed(request)
        now = self.clock()
        await self.db.run(take_turn, twilio.parse_inbound(form, now), now)
        return Response(NO_WORDS, media_type="text/xml")

    async def status(self, request: Request) -> Response:
        """Take news of a message we sent."""
        form = await self._signed(request)
        ours = request.query_params.get("id", "")
        outbound_id = int(ours) if ours.isdecimal() else None
        await self.db.run(take_news, twilio.parse_status(form), self.clock(), outbound_id)
        return Response(status_code=204)

    async def _signed(self, request: Request) -> Mapping[str, str]:
        form = await bodies.form(request)
        # The address is ours, not what the headers say: behind a proxy they differ, and anybody can write them.
        query = request.scope["query_string"].decode("latin-1")
        url = self.public_url + request.scope["path"] + (f"?{query}" if query else "")
        twilio.check_signature(url, form, request.headers, self.auth_token)
        return form
