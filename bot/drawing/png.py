"""SVG to PNG in our own letters; run as a process of its own it draws what it is given, a line of JSON a picture."""

from __future__ import annotations

import json
import os
import signal
import sys
from base64 import b64encode
from contextlib import ExitStack
from importlib import resources

import resvg_py

FONTS = ("DejaVuSansCondensed.ttf", "DejaVuSansCondensed-Bold.ttf")
POLITE = 10  # steps by which answers go before pictures


def png_of(picture: str) -> bytes:
    """Return an SVG as a PNG, in our own letters. Raises ValueError for what is no SVG."""
    with ExitStack() as stack:
        folder = resources.files("bot") / "fonts"
        files = [str(stack.enter_context(resources.as_file(folder / name))) for name in FONTS]
        return bytes(
            resvg_py.svg_to_bytes(
                svg_string=picture,
                background="#ffffff",
                skip_system_fonts=True,  # a small server has none, and the picture must not depend on the machine
                font_files=files,
                sans_serif_family="DejaVu Sans",
            )
        )


def main() -> None:
    """Draw until there is no more to draw: who started us says when, by its end too, and nobody else of its group."""
    for told in (signal.SIGINT, signal.SIGTERM):
        signal.signal(told, signal.SIG_IGN)
    os.nice(POLITE)
    for line in sys.stdin:
        try:
            drawn = b64encode(png_of(json.loads(line))).decode()
        except ValueError:
            drawn = ""
        print(drawn, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
