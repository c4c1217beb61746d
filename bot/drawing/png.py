"""SVG to PNG in our own letters."""

from __future__ import annotations

from contextlib import ExitStack
from importlib import resources

import resvg_py

FONTS = ("DejaVuSansCondensed.ttf", "DejaVuSansCondensed-Bold.ttf")


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
