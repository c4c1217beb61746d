"""Whether this process is up, and whether it can serve: for load balancers and watchdogs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.clock import Clock
from bot.mistakes import in_a_line
from storage import programmes
from storage.database import Database
from storage.levels import newest
from storage.vitals import outbox_age, tables_level

log = logging.getLogger(__name__)

OLDEST = timedelta(minutes=15)  # a worker that restarts catches up sooner than this
PATIENCE = 5.0  # seconds; who asks gives up after about ten
SILENT = "the database does not answer"


def routes(db: Database, clock: Clock, schemes: Collection[str] | None = None) -> list[Route]:
    """Return the two questions that may be asked without a sign-in; no answer says anything about people.

    Of what waits only `schemes` count, or all: what is for a channel that is not set says nothing about the others.
    """

    async def up(request: Request) -> Response:
        return PlainTextResponse("ok")

    async def ready(request: Request) -> Response:
        try:
            wrong = await asyncio.wait_for(db.run(_what_is_wrong, clock(), schemes), PATIENCE)
        except Exception as error:
            log.error("not ready: %s", type(error).__name__)
            wrong = SILENT if isinstance(error, SQLAlchemyError | TimeoutError) else in_a_line(error)
        return PlainTextResponse(wrong or "ok", status_code=503 if wrong else 200)

    return [Route("/healthz", up), Route("/readyz", ready)]


def _what_is_wrong(db: Session, now: datetime, schemes: Collection[str] | None) -> str:
    """Return why we cannot serve, or nothing."""
    found = tables_level(db)
    if found != newest():
        return f"the tables are of release {found or 'none'}, this is {newest()}; run: kumbusha db upgrade"
    try:
        programmes.current(db)
    except LookupError:
        return "no programme is loaded"
    age = outbox_age(db, now, schemes)
    if age > OLDEST:
        return f"the oldest message to send has waited {age.total_seconds() / 60:.0f} minutes; is `worker` running?"
    return ""
