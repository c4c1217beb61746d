"""Drawing in a process of its own: a picture takes a third of a second in which ours would answer nobody."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from asyncio.subprocess import PIPE, Process
from base64 import b64decode
from collections.abc import Collection
from pathlib import Path

from bot.drawing import painting
from bot.drawing.painting import Wanted

log = logging.getLogger(__name__)

LARGEST = 16_000_000  # bytes of a picture as a line
PATIENCE = 60.0  # seconds for one picture
DIED = (ConnectionError, RuntimeError, asyncio.IncompleteReadError)  # what talking to a process that died comes to
HOME = str(Path(__file__).parent.parent)


def draw_here(pictures: Collection[Wanted]) -> dict[Wanted, bytes]:
    """Return the PNG of each picture and the PDF of each document; those that cannot be drawn are left out."""
    drawn: dict[Wanted, bytes] = {}
    for picture in pictures:
        try:
            drawn[picture] = painting.draw(picture)
        except ValueError:
            log.exception("a picture was not drawn")
    return drawn


class Painter:
    """Draws in a process that is started with the first picture, and ended by `close`."""

    def __init__(self) -> None:
        self._process: Process | None = None

    @property
    def process_id(self) -> int | None:
        """The process that draws, while there is one."""
        return self._process.pid if self._process else None

    async def draw(self, pictures: Collection[Wanted]) -> dict[Wanted, bytes]:
        """Return the PNG of each picture and the PDF of each document; those that cannot be drawn are left out."""
        drawn: dict[Wanted, bytes] = {}
        for picture in pictures:
            try:
                drawn[picture] = await self._drawn(picture)
            except (*DIED, OSError, ValueError, asyncio.LimitOverrunError):
                log.exception("a picture was not drawn")
                await self.close()  # the next one has a new process
        return drawn

    async def _drawn(self, picture: Wanted) -> bytes:
        try:
            return await asyncio.wait_for(self._draw(picture), PATIENCE)
        except DIED:  # which somebody ended, or an earlier picture; if it was this one, the new process dies of it too
            await self.close()
            return await asyncio.wait_for(self._draw(picture), PATIENCE)

    async def _draw(self, picture: Wanted) -> bytes:
        if self._process is None:
            path = os.pathsep.join(filter(None, (HOME, os.environ.get("PYTHONPATH"))))
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot.drawing.painting", stdin=PIPE, stdout=PIPE, limit=LARGEST,
                env={**os.environ, "PYTHONPATH": path},
            )  # fmt: skip
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(painting.as_line(picture))
        await self._process.stdin.drain()
        line = await self._process.stdout.readuntil()
        if not line.strip():
            raise ValueError("what is no SVG")
        return b64decode(line)

    async def close(self) -> None:
        """End the process."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            if self._process.stdout is not None:  # a pipe that is full is never closed, and its process waited for
                await self._process.stdout.read()
            await self._process.wait()
            self._process = None
