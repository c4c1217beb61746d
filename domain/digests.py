"""The weekly digest as data, from stored values only: who reported, what moved, what was learned, what to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from domain.agenda import todo
from domain.calendar import due_day
from domain.desks import Board
from domain.diaries import SECTIONS
from domain.district_digest import DistrictDigest, district_digest
from domain.measures import Measure
from domain.periods import ReportingPeriod
from domain.programme import Programme
from domain.quotes import Quote, quotes
from domain.summaries import Sentence
from domain.text import Text
from domain.themes import Theme, themes_of

QUOTES = 3  # a digest is read standing up
THEMES = 3


@dataclass(frozen=True, slots=True)
class Worst:
    """The number that most needs somebody."""

    district: str
    code: str
    now: Measure


@dataclass(frozen=True, slots=True)
class Digest:
    """A week for one facilitator, or all groups for a manager.

    `summary` is what a machine elsewhere made of the diaries, where one is used.
    """

    period: ReportingPeriod
    districts: tuple[DistrictDigest, ...]
    diaries: int
    themes: tuple[Theme, ...]
    quotes: tuple[Quote, ...]
    todo: tuple[Text, ...]
    open_until: date
    summary: tuple[Sentence, ...] = ()

    @property
    def complete(self) -> tuple[DistrictDigest, ...]:
        """Districts whose report is in."""
        return tuple(d for d in self.districts if not d.missing)

    @property
    def in_time(self) -> int:
        """How many districts had all in by the due day."""
        return sum(d.in_time for d in self.districts)

    @property
    def late(self) -> tuple[DistrictDigest, ...]:
        """Districts whose report is not, the emptiest first."""
        return tuple(sorted((d for d in self.districts if d.missing), key=lambda d: -len(d.missing)))

    @property
    def late_activities(self) -> int:
        """How many activities are late or stuck."""
        return sum(len(d.late) + len(d.stuck) for d in self.districts)

    @property
    def worst(self) -> Worst | None:
        """The first red number, the furthest from what was wanted."""
        reds = [(d.name, row) for d in self.districts for row in d.reds]
        if not reds:
            return None
        name, row = max(reds, key=lambda found: found[1].gap)
        return Worst(name, row.code, row.now)


def weekly_digest(programme: Programme, board: Board, today: date) -> Digest:
    """Compute the digest of the districts on `board` as of `today` (local date), for the last closed month."""
    period = ReportingPeriod.last_closed(today)
    open_until = due_day(period, programme)
    districts = tuple(
        district_digest(programme, programme.districts[code], board, period, today) for code in sorted(board)
    )
    entries = [e for desk in board.values() for e in desk.diary if not e.private]
    now = [e for e in entries if e.period == period]
    return Digest(
        period,
        districts,
        sum(any(e.period == period and e.section in SECTIONS for e in desk.diary) for desk in board.values()),
        themes_of(now, [e for e in entries if e.period == period.back(1)], programme.themes)[:THEMES],
        quotes(now, programme, QUOTES),
        todo(districts, board, late=today > open_until),
        open_until,
    )
