"""What the provider doubles share: a real HTTP server on a free port, and faults to apply to its requests."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong, once, with the next request whose name begins with `on` (and that is for `to`).

    `status` answers so instead of taking the request; `drop` closes the socket without an answer, before or after
    taking it; `delay` takes the request and answers that many seconds later; `cut` takes it and gives half of the
    answer; `twice` and `backwards` spoil the order in which updates are served.
    """

    on: str = "send"
    to: str = ""
    status: int | None = None
    code: int | None = None
    description: str = "Internal Server Error"
    retry_after: int | None = None
    drop: Literal["before", "after"] | None = None
    delay: float = 0.0
    cut: bool = False
    twice: bool = False
    backwards: bool = False


NO_FAULT = Fault()


class Double:
    """A provider's double: `async with` runs it in this event loop, and `serve_forever` as a process of its own.

    A subclass adds routes, and fills `sent` with what it accepted. In a process of its own, `GET /__sent` lists
    that, and `POST /__faults` takes one fault as JSON.
    """

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.faults: list[Fault] = []
        self.port = 0
        self._closing = asyncio.Event()

    def routes(self) -> list[Route]:
        """Return what the provider offers over HTTP."""
        raise NotImplementedError

    @property
    def root(self) -> str:
        """Return the server's own address."""
        return f"http://127.0.0.1:{self.port}"

    def take_fault(self, name: str, to: str = "") -> Fault:
        """Remove and return the first fault meant for this request."""
        for fault in self.faults:
            if name.lower().startswith(fault.on.lower()) and fault.to in ("", to):
                self.faults.remove(fault)
                return fault
        return NO_FAULT

    async def __aenter__(self) -> Self:
        listener = _listen(0)
        self.port = listener.getsockname()[1]
        self._server = PromptServer(self._config())
        self._running = asyncio.create_task(self._server.serve(sockets=[listener]))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing.set()
        self._server.leave()
        await self._running

    def serve_forever(self, port: int) -> None:
        """Print the port and serve until the process is ended."""
        listener = _listen(port)
        self.port = listener.getsockname()[1]
        sys.stdout.write(f"{self.port}\n")
        sys.stdout.flush()
        uvicorn.Server(self._config()).run(sockets=[listener])

    def _config(self) -> uvicorn.Config:
        control = [
            Route("/__sent", self._list_sent),
            Route("/__faults", self._add_fault, methods=["POST"]),
        ]
        return uvicorn.Config(
            _Droppable(Starlette(routes=control + self.routes())),
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            proxy_headers=False,
            timeout_graceful_shutdown=1,
        )

    async def _list_sent(self, request: Request) -> Response:
        return JSONResponse([asdict(sent) for sent in self.sent])

    async def _add_fault(self, request: Request) -> Response:
        self.faults.append(Fault(**await request.json()))
        return JSONResponse({"ok": True})


async def answered(request: Request, fault: Fault, answer: Response) -> Response:
    """Give the answer to a request that was taken as the fault lets it through: late, in half, or not at all."""
    await asyncio.sleep(fault.delay)
    if fault.cut:
        return Response(bytes(answer.body)[: len(answer.body) // 2], answer.status_code, media_type=answer.media_type)
    return await drop(request) if fault.drop == "after" else answer


async def drop(request: Request) -> Response:
    """Close the socket under the request, so that the client never gets an answer."""
    await request.scope["drop"]()
    return Response()


def run(double: Double) -> None:
    """Serve a double on the port named on the command line, or on a free one."""
    parser = ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    double.serve_forever(parser.parse_args().port)


@contextlib.contextmanager
def deaf_address() -> Iterator[str]:
    """Give the address of a server whose queue of callers is full, so that connecting to it times out."""
    with socket.socket() as listener, contextlib.ExitStack() as callers:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            caller = callers.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def _listen(port: int) -> socket.socket:
    # The protocol is named because asyncio switches off Nagle's 40 ms only where it is.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen()  # now, so that a client may connect before the server has started
    return listener


class _Droppable:
    """Gives each request `scope["drop"]`, as no ASGI message closes a connection without an answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def drop() -> None:
            send.__self__.transport.close()  # type: ignore[attr-defined]
            while (await receive())["type"] != "http.disconnect":
                pass

        await self._app({**scope, "drop": drop}, receive, send)


class PromptServer(uvicorn.Server):
    """Leaves at once when it is told to, and leaves the signals of the test run alone."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._told = asyncio.Event()

    def leave(self) -> None:
        """End once the requests under way are answered, or have had their time."""
        self.should_exit = True
        self._told.set()

    async def main_loop(self) -> None:
        """Serve until told to leave."""
        await self.on_tick(0)
        await self._told.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the door, let the requests under way come to their end, and give up those that do not."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if self.server_state.tasks:
            _answered, late = await asyncio.wait(self.server_state.tasks, timeout=self.config.timeout_graceful_shutdown)
            for task in late:
                task.cancel()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Change nothing about signals."""
        yield
