"""Whether this process is up, and whether it can serve: for load balancers and watchdogs."""

from __future__ import annotations

import logging

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from storage import programmes
from storage.database import Database

log = logging.getLogger(__name__)


def routes(db: Database) -> list[Route]:
    """Return the two questions that may be asked without a sign-in."""

    async def up(request: Request) -> Response:
        return PlainTextResponse("ok")

    async def ready(request: Request) -> Response:
        try:
            await db.run(programmes.current)
        except LookupError:
            return PlainTextResponse("no programme is loaded", status_code=503)
        except SQLAlchemyError as error:
            log.error("not ready: %s", type(error).__name__)
            return PlainTextResponse("the database does not answer", status_code=503)
        return PlainTextResponse("ok")

    return [Route("/healthz", up), Route("/readyz", ready)]
