"""The simulator page: any phone of the sample programme, a clock to move, and what those who watch over it receive."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

from bot.channels import twilio, updates
from bot.clock import MovedClock
from bot.render import Voice
from bot.turns import take_turn
from domain.messages import BadRequest, Inbound, InboundKind
from domain.people import Urn
from storage import contacts
from storage import phones as storage_phones
from storage.database import Database
from web import bodies, phones, words
from web.bubbles import PAGE_LANGUAGE, cost_of

HERE = Path(__file__).parent
CHANNELS = {"tel": twilio.NAME, "telegram": updates.NAME}
MOVES = ("day", "prompt", "week", "month")
LONGEST = 4096  # characters in one message


class Demo(Protocol):
    """A programme that plays by itself. `people_answer` is whether its people answer without being played."""

    clock: MovedClock
    people_answer: bool

    async def move(self, how: str) -> str:
        """Move the clock to the next day, prompt, week or month, and return a sentence of what happened."""
        ...

    async def send_due(self) -> None:
        """Send all that is due now."""
        ...


class DemoPage:
    """The page and what it asks for. It shows everybody's messages, so it is for a sample on one's own machine."""

    def __init__(self, db: Database, demo: Demo) -> None:
        self._db = db
        self._demo = demo
        self._moving = asyncio.Lock()
        self._templates = Jinja2Templates(HERE / "templates")

    def routes(self) -> list[BaseRoute]:
        """Return the page, its data, and its files."""
        return [
            Route("/", self.page),
            Route("/demo/state", self.state),
            Route("/demo/segments", self.segments),
            Route("/demo/picture/{id:int}", self.picture),
            Route("/demo/say", self.say, methods=["POST"]),
            Route("/demo/move", self.move, methods=["POST"]),
            Route("/demo/people", self.people, methods=["POST"]),
            Mount("/static", StaticFiles(directory=HERE / "static"), name="static"),
        ]

    async def page(self, request: Request) -> Response:
        """Show the page; its people stand in it, everything that moves is fetched."""
        voice = Voice(PAGE_LANGUAGE, "UTC")
        shown = {
            "w": {name: voice.words(text) for name, text in words.PAGE.items()},
            "sections": await self._db.run(phones.people),
            "moves": MOVES,
            "longest": LONGEST,
        }
        return self._templates.TemplateResponse(request, "demo.html", shown)

    async def state(self, request: Request) -> Response:
        """Return all that moves, or nothing while that is what the browser shows already (`since`)."""
        now = self._demo.clock()
        moving, answering = self._moving.locked(), self._demo.people_answer
        mark = f"{await self._db.run(storage_phones.mark)}-{now:%Y%m%d%H%M}-{moving:d}{answering:d}"
        if mark == request.query_params.get("since"):
            return Response(status_code=204)
        asked = phones.open_phones(request.query_params.get("phones", ""))
        shown = await self._db.run(phones.shown, asked, now)
        return JSONResponse({"mark": mark, "moving": moving, "people_answer": answering, **shown})

    async def segments(self, request: Request) -> Response:
        """Return what an SMS would cost, while it is typed."""
        text = request.query_params.get("text", "")[:LONGEST]
        return JSONResponse({"cost": cost_of(text, Voice(PAGE_LANGUAGE, "UTC"))})

    async def picture(self, request: Request) -> Response:
        """Return the picture of a message."""
        found = await self._db.run(storage_phones.picture, request.path_params["id"])
        return Response(found, media_type="image/png") if found else Response(status_code=404)

    async def say(self, request: Request) -> Response:
        """Let somebody write, edit or press a button; it is taken as what a provider's webhook brings."""
        said, now = await _posted(request), self._demo.clock()
        urn = await self._db.run(_whose, str(said.get("key")), str(said.get("scheme")))
        await self._db.run(take_turn, _inbound(urn, said, now), now)
        await self._demo.send_due()
        return JSONResponse({})

    async def move(self, request: Request) -> Response:
        """Move the clock, one move at a time."""
        how = (await _posted(request)).get("how")
        if how not in MOVES:
            raise BadRequest("no such move")
        if self._moving.locked():
            raise BadRequest("time is passing already", status=409)
        async with self._moving:
            return JSONResponse({"sentence": await self._demo.move(str(how))})

    async def people(self, request: Request) -> Response:
        """Say whether people answer by themselves."""
        self._demo.people_answer = bool((await _posted(request)).get("answer"))
        return JSONResponse({})


async def _posted(request: Request) -> Mapping[str, Any]:
    # Another site in the same browser may not post this content type unasked, so it cannot speak for anybody here.
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        raise BadRequest("not JSON", status=415)
    return await bodies.json_object(request)


def _whose(db: Session, key: str, scheme: str) -> Urn:
    contact = contacts.by_key(db, key)
    urn = phones.urn_of(contact, scheme) if contact else None
    if urn is None:
        raise BadRequest("no such phone")
    return urn


def _inbound(urn: Urn, said: Mapping[str, Any], now: datetime) -> Inbound:
    """Return what was said as the phone's channel would hand it over."""
    channel, provider_id = CHANNELS[urn.scheme], f"demo-{secrets.token_hex(8)}"
    if "data" in said:
        pressed = updates.BUTTON.fullmatch(str(said["data"]))
        if pressed is None:
            raise BadRequest("no such button")
        kind, ticket = InboundKind.BUTTON, int(pressed[1])
        return Inbound(channel, provider_id, urn, pressed[2], now, kind, ticket=ticket)
    text = str(said.get("text") or "")
    if not text.strip() or len(text) > LONGEST:
        raise BadRequest("nothing said, or too much")
    if said.get("edit_of"):
        return Inbound(channel, provider_id, urn, text, now, InboundKind.EDIT, edit_of=str(said["edit_of"]))
    return Inbound(channel, provider_id, urn, text, now)
