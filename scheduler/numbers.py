"""Numbers as English messages show them, read back."""

from __future__ import annotations

NUMBER = r"(?:-?\d+(?:\.\d+)?%?|Yes|No)"
ROUNDED = 0.05 + 1e-9  # a number is shown to one decimal


def differs(said: str | None, right: float | None) -> bool:
    """Whether a number that is shown is another than the right one, or only one of them is there."""
    if said is None or right is None:
        return said is not None or right is not None
    return abs(_number(said) - right) > ROUNDED


def _number(said: str) -> float:
    return {"Yes": 1.0, "No": 0.0}[said] if said in ("Yes", "No") else float(said.rstrip("%"))
