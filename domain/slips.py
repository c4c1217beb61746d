"""Which number a slip of the finger hid, given what is usual for the district."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from domain.measures import Measure
from domain.usual import Usual

HARM = 0.25  # a slip that changes the value by less is not looked for: every second number would be one


class Slip(StrEnum):
    """What a finger did."""

    EXTRA = "extra"
    STRAY = "stray"
    MISSING = "missing"
    SWAPPED = "swapped"
    POINT = "point"
    WRONG = "wrong"


SHARES = {
    Slip.EXTRA: 0.3,  # a zero too many, or a digit hit twice
    Slip.STRAY: 0.06,  # any other digit too many
    Slip.MISSING: 0.3,
    Slip.SWAPPED: 0.15,
    Slip.POINT: 0.1,
    Slip.WRONG: 0.25,
}
"""How often each slip is made, compared with the others."""

NAMELESS = (Slip.WRONG, Slip.STRAY)  # any number is one of these away from something usual: no reason to name it


@dataclass(frozen=True, slots=True)
class Suspicion:
    """How likely a number is as a slip, and the likeliest number behind it (None when nothing stands out)."""

    likelihood: float
    meant: Measure | None = None
    slip: Slip | None = None


def suspicion(measure: Measure, usual: Usual) -> Suspicion:
    """Return how likely `measure` is as one slip in a number that is usual, changing it by more than a quarter."""
    near = usual.distance(measure) < 1 and usual.whole_distance(measure) < 1
    if near or measure.value == 0:  # nobody types a zero by accident
        return Suspicion(0.0)
    found: dict[Measure, float] = {}
    slips: dict[Measure, Slip] = {}
    for right, slip, share in _meant(measure, usual.decimals):
        if abs(measure.value - right.value) > HARM * abs(right.value):
            found[right] = found.get(right, 0.0) + share * usual.likelihood(right)
            slips.setdefault(right, slip)
    total = sum(found.values())
    meant = max(found, key=lambda right: found[right], default=None)
    if meant is None or found[meant] <= total / 2 or slips[meant] in NAMELESS:
        return Suspicion(total)
    return Suspicion(total, meant, slips[meant])


def _meant(measure: Measure, decimals: bool) -> Iterator[tuple[Measure, Slip, float]]:
    n, d, unit = measure.numerator, measure.denominator, measure.unit
    if n is None or not d:
        for text, slip, share in _undone(f"{measure.value:.10g}"):
            yield Measure(float(text), unit), slip, share
        if decimals or not measure.value.is_integer():
            for value in (measure.value / 10, measure.value * 10):
                yield Measure(value, unit), Slip.POINT, SHARES[Slip.POINT]
        return
    for text, slip, share in _undone(str(n)):
        if int(text) <= d:
            yield Measure.ratio(int(text), d, unit), slip, share / 2
    for text, slip, share in _undone(str(d)):
        if int(text) >= max(n, 1):
            yield Measure.ratio(n, int(text), unit), slip, share / 2


def _undone(typed: str) -> Iterator[tuple[str, Slip, float]]:
    """Yield each number that one slip turns into `typed`, with how often that is the slip in it."""
    for text, slip, share in _reversed(typed):
        if text != typed and text[:1].isdigit() and (text[0] != "0" or len(text) == 1 or text[1] == "."):
            yield text, slip, share * SHARES[slip] / len(typed)


def _reversed(typed: str) -> Iterator[tuple[str, Slip, float]]:
    for at, digit in enumerate(typed):
        head, tail = typed[:at], typed[at + 1 :]
        if not digit.isdigit():
            continue
        yield head + tail, Slip.EXTRA if digit in ("0", head[-1:], tail[:1]) else Slip.STRAY, 1.0
        if tail[:1].isdigit():
            yield head + tail[0] + digit + tail[1:], Slip.SWAPPED, 1.0
        for other in "0123456789":
            yield head + other + tail, Slip.WRONG, 1 / 9
            yield head + other + digit + tail, Slip.MISSING, 1.0
    for other in "0123456789":
        yield typed + other, Slip.MISSING, 1.0
