"""An application on a real socket, for tests that go through HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from tests.doubles.server import PromptServer


@contextlib.contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """Serve an application on a free port, in a thread of its own, and yield its address."""
    listener = socket.create_server(("127.0.0.1", 0))  # it listens already, so that nobody needs to wait for it
    loop = asyncio.new_event_loop()
    server = PromptServer(uvicorn.Config(app, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=loop.run_until_complete, args=[server.serve(sockets=[listener])], daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        loop.call_soon_threadsafe(server.leave)
        thread.join(10)
        loop.close()
        listener.close()
