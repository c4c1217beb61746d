"""The web application: which addresses exist, and what every answer carries."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection

from sqlalchemy.exc import OperationalError
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.channels.gateway import GatewaySettings
from bot.clock import Clock
from domain.messages import BadRequest
from storage.database import Database
from web import health, metrics
from web.demo import Demo, DemoPage
from web.gate import COME_AGAIN, MOST_WAITING, Busy, Gate
from web.gateway import GatewayHook
from web.media import MediaPage
from web.webhooks import TelegramHook, TwilioHook

log = logging.getLogger(__name__)

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


def create_app(
    db: Database,
    clock: Clock,
    *,
    telegram_secret: str = "",
    twilio: tuple[str, str] | None = None,
    demo: Demo | None = None,
    gateway: GatewaySettings | None = None,
    on_button: Callable[[str], Awaitable[None]] | None = None,
    metrics_token: str = "",
    most_waiting: int = MOST_WAITING,
    schemes: Collection[str] | None = None,
) -> Starlette:
    """Return the application. A webhook exists only when its channel is configured, the simulator only with `demo`,
    figures only with `metrics_token`. No more than `most_waiting` webhooks are under way at once.

    `schemes` are those of the channels that are set, or None for all. `twilio` is the auth token and our public
    address; `on_button` is told the callback id of a press once it is stored, to stop the button's spinner.
    """
    gate = Gate(db, most_waiting)
    routes = health.routes(db, clock, schemes)
    if metrics_token:
        routes += metrics.routes(db, clock, metrics_token)
    if telegram_secret:
        routes += TelegramHook(gate, clock, telegram_secret, on_button).routes()
    if twilio is not None:
        routes += TwilioHook(gate, clock, *twilio).routes()
        routes += MediaPage(gate, clock).routes()
    if gateway is not None:
        routes += GatewayHook(gate, clock, gateway).routes()
    pages = DemoPage(db, demo).routes() if demo is not None else []
    return Starlette(
        routes=[*routes, *pages],
        middleware=[Middleware(SafeHeaders)],
        exception_handlers={BadRequest: refuse, Busy: put_off, OperationalError: put_off},
    )


async def refuse(request: Request, error: Exception) -> Response:
    """Answer a request that is not what it claims to be, and log that, without its content."""
    status = error.status if isinstance(error, BadRequest) else 400
    log.warning("%s refused with %s: %s", request.scope["path"], status, error)
    return JSONResponse({"error": str(error)}, status_code=status)


async def put_off(request: Request, error: Exception) -> Response:
    """Tell whoever posted to come again: too many wait or the database is away, and nothing was stored."""
    log.warning("%s put off: %s", request.scope["path"], type(error).__name__)
    return JSONResponse({"error": "busy"}, status_code=503, headers={"Retry-After": str(COME_AGAIN)})


class SafeHeaders:
    """Puts the headers that browsers obey for our safety on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does, with the headers added."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await self.app(scope, receive, with_headers)
