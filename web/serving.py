"""The web application as a part of a process: made from the settings, served until told to stop, announced."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping

import uvicorn
from starlette.applications import Starlette
from telegram.error import TelegramError

from bot.channels import Channel
from bot.channels.telegram import TelegramChannel
from bot.clock import wall_clock
from bot.running import told_to_stop
from bot.settings import Settings
from storage.database import Database
from web.app import create_app

log = logging.getLogger(__name__)

KEPT_OPEN = 150  # seconds; longer than proxies keep idle connections, or one would write to us as we close


def application_of(settings: Settings, db: Database, channels: Mapping[str, Channel]) -> Starlette:
    """Return the application with a webhook for each channel that is set."""
    telegram = channels.get("telegram")
    return create_app(
        db,
        wall_clock,
        telegram_secret=settings.telegram_secret,
        twilio=(settings.twilio_auth_token, settings.public_url) if settings.twilio_account_sid else None,
        gateway=settings.sms_gateway,
        on_button=telegram.answer_button if isinstance(telegram, TelegramChannel) else None,
        metrics_token=settings.metrics_token,
        most_waiting=settings.most_waiting,
        schemes=tuple(channels) or None,
    )


async def announce(settings: Settings, channels: Mapping[str, Channel]) -> None:
    """Tell Telegram where our webhook is, when one is wanted."""
    telegram = channels.get("telegram")
    if not settings.telegram_secret or not isinstance(telegram, TelegramChannel):
        return
    try:
        await telegram.set_webhook(f"{settings.public_url}/telegram", settings.telegram_secret)
    except TelegramError as error:  # the webhook of the last start is still there
        log.error("Telegram was not told where our webhook is: %s", type(error).__name__)


async def serve(application: Starlette, host: str, port: int, stop: asyncio.Event) -> None:
    """Serve until `stop`, and finish the requests that are under way; a server that ends sets `stop` itself."""
    config = uvicorn.Config(application, host=host, port=port, log_config=None, timeout_keep_alive=KEPT_OPEN)
    server = uvicorn.Server(config)
    # The process has one owner of its signals; the server is told to leave by `stop`.
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
    leaving = asyncio.create_task(_leave(server, stop))
    await server.serve()
    stop.set()
    await leaving


async def serve_alone(application: Starlette, host: str, port: int) -> None:
    """Serve as all that a process does, until it is told to stop."""
    await serve(application, host, port, told_to_stop())


async def _leave(server: uvicorn.Server, stop: asyncio.Event) -> None:
    await stop.wait()
    server.should_exit = True
