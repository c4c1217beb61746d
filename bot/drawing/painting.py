"""What is drawn, pictures and documents; as a process of its own it draws what it is given, a line of JSON each."""

from __future__ import annotations

import json
import os
import signal
import sys
from base64 import b64encode
from dataclasses import asdict
from datetime import datetime

from bot.drawing.pdf import Sheets, pdf_of
from bot.drawing.png import png_of

POLITE = 10  # steps by which answers go before pictures

Wanted = str | Sheets
"""A picture as SVG, which becomes a PNG, or the sheets of a document, which become a PDF."""


def draw(wanted: Wanted) -> bytes:
    """Return a picture as PNG, or a document as PDF. Raises ValueError for a picture that is no SVG."""
    return png_of(wanted) if isinstance(wanted, str) else pdf_of(wanted)


def as_line(wanted: Wanted) -> bytes:
    """Return what is wanted as a line for the process that draws."""
    said = wanted if isinstance(wanted, str) else asdict(wanted) | {"made": wanted.made.isoformat()}
    return json.dumps(said).encode() + b"\n"


def from_line(line: str) -> Wanted:
    """Return what a line of `as_line` asks for."""
    said = json.loads(line)
    if isinstance(said, str):
        return said
    return Sheets(tuple(said["pages"]), said["title"], datetime.fromisoformat(said["made"]), said["language"])


def main() -> None:
    """Draw until there is no more to draw: who started us says when, by its end too, and nobody else of its group."""
    for told in (signal.SIGINT, signal.SIGTERM):
        signal.signal(told, signal.SIG_IGN)
    os.nice(POLITE)
    for line in sys.stdin:
        try:
            drawn = b64encode(draw(from_line(line))).decode()
        except ValueError:
            drawn = ""
        print(drawn, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
