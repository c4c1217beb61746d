"""What a digest says of one district: is the report in, its numbers, what is doubtful, late or unanswered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from domain.alerts import late_activities
from domain.comparing import Row, rows
from domain.desks import Board
from domain.indicators import Colour
from domain.periods import ReportingPeriod
from domain.programme import District, Programme
from domain.quality import Doubtful, doubtful
from domain.values import Values
from domain.workplans import Activity, ActivityStatus


@dataclass(frozen=True, slots=True)
class DistrictDigest:
    """What a digest says of one district, red first. `in_time` is whether all was in by the due day."""

    code: str
    name: str
    missing: tuple[str, ...]
    in_time: bool
    rows: tuple[Row, ...]
    doubtful: tuple[Doubtful, ...]
    stuck: tuple[Activity, ...]
    late: tuple[Activity, ...]
    reporters: tuple[int, ...]
    threads: tuple[str, ...] = ()

    @property
    def reds(self) -> tuple[Row, ...]:
        """The numbers that are far from what was wanted."""
        return tuple(row for row in self.rows if row.colour is Colour.RED)


def district_digest(
    programme: Programme, district: District, board: Board, period: ReportingPeriod, today: date
) -> DistrictDigest:
    """Compute what the digest says of one district."""
    desk = board[district.code]
    late = late_activities(desk.plan, today)
    stuck = [a for a in desk.plan if a.status is ActivityStatus.STUCK]
    missing = desk.values.missing(district.indicators, period)
    return DistrictDigest(
        district.code,
        district.name,
        missing,
        not missing and desk.in_time.issuperset(district.indicators),
        rows(programme, district, desk.values, period, neighbours(programme, district, board)),
        doubtful(district.indicators, desk.values, period, desk.waiting),
        tuple(stuck),
        tuple(a for a in late if a not in stuck),
        tuple(r.id for r in desk.reporters if r.reached),
        desk.threads,
    )


def neighbours(programme: Programme, district: District, board: Board) -> list[Values]:
    """Return the values of the other districts of a district's group."""
    codes = programme.groups[district.group].districts
    return [board[code].values for code in codes if code != district.code and code in board]
