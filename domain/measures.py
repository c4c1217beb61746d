"""What was measured: a number with its unit, and the two counts behind it where there are two."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    """How an indicator is counted."""

    PERCENT = "percent"
    COUNT = "count"
    RATE = "rate"
    YES_NO = "yesno"


BASES = {Unit.PERCENT: 100, Unit.RATE: 1000}


@dataclass(frozen=True, slots=True)
class Measure:
    """A number in its unit: a percentage 0 to 100, a count, a rate per 1000, or 1/0 for yes/no."""

    value: float
    unit: Unit
    numerator: int | None = None
    denominator: int | None = None

    @classmethod
    def ratio(cls, numerator: int, denominator: int, unit: Unit) -> Measure:
        """Return `numerator` of `denominator` as a percentage or rate to one decimal.

        Raises ZeroDivisionError when `denominator` is 0, KeyError for a unit that is not a ratio.
        """
        return cls(round(BASES[unit] * numerator / denominator, 1), unit, numerator, denominator)

    def same_as(self, other: Measure | None) -> bool:
        """Whether both say the same number from the same counts."""
        return other is not None and (self.value, self.numerator, self.denominator) == (
            other.value,
            other.numerator,
            other.denominator,
        )
