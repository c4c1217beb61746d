"""The weekly digest as data, from stored values only: who reported, what moved, what was learned, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from domain.alerts import late_activities
from domain.calendar import due_day
from domain.diaries import SECTIONS, DiaryEntry
from domain.events import Check
from domain.indicators import Colour
from domain.measures import Measure
from domain.periods import ReportingPeriod
from domain.programme import District, Programme
from domain.text import Text, _, clipped
from domain.values import Values
from domain.workplans import Activity, ActivityStatus

QUOTES = 3  # a digest is read standing up
LONGEST_QUOTE = 120
MOST_TO_DO = 5
SHADES = {Colour.RED: 0, Colour.AMBER: 1, Colour.GREEN: 2, Colour.GREY: 3}


@dataclass(frozen=True, slots=True)
class Reporter:
    """Somebody who answers for a district: contact id, key and name."""

    id: int
    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Desk:
    """What is on record for one district."""

    values: Values
    plan: tuple[Activity, ...] = ()
    diary: tuple[DiaryEntry, ...] = ()
    reporters: tuple[Reporter, ...] = ()
    open_alerts: int = 0


Board = Mapping[str, Desk]
"""The desks of the districts that somebody looks after, by district code."""


@dataclass(frozen=True, slots=True)
class Row:
    """One indicator of one district: now, the month before, what was wanted, the colour, and whether it was
    confirmed although unusual."""

    code: str
    now: Measure
    before: Measure | None
    wanted: float | None
    colour: Colour
    flagged: bool = False


@dataclass(frozen=True, slots=True)
class Worst:
    """The number that most needs somebody."""

    district: str
    code: str
    now: Measure


@dataclass(frozen=True, slots=True)
class DistrictDigest:
    """What a digest says of one district, red first."""

    code: str
    name: str
    missing: tuple[str, ...]
    rows: tuple[Row, ...]
    stuck: tuple[Activity, ...]
    late: tuple[Activity, ...]
    reporters: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """A person's own words from a shared diary entry, and who said them. `entry_id` leads back to it."""

    entry_id: int
    words: str
    writer: str
    district: str
    section: str


@dataclass(frozen=True, slots=True)
class Digest:
    """A week for one facilitator, or all groups for a manager."""

    period: ReportingPeriod
    districts: tuple[DistrictDigest, ...]
    diaries: int
    quotes: tuple[Quote, ...]
    todo: tuple[Text, ...]
    open_until: date

    @property
    def complete(self) -> tuple[DistrictDigest, ...]:
        """Districts whose report is in."""
        return tuple(d for d in self.districts if not d.missing)

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
        reds = [(_gap(r), d.name, r) for d in self.districts for r in d.rows if r.colour is Colour.RED]
        if not reds:
            return None
        _gap_size, name, row = max(reds, key=lambda found: found[0])
        return Worst(name, row.code, row.now)


def weekly_digest(programme: Programme, board: Board, today: date) -> Digest:
    """Compute the digest of the districts on `board` as of `today` (local date), for the last closed month."""
    period = ReportingPeriod.last_closed(today)
    open_until = due_day(period, programme)
    districts = tuple(
        district_digest(programme.districts[code], desk, period, today) for code, desk in sorted(board.items())
    )
    entries = [e for desk in board.values() for e in desk.diary if e.period == period]
    return Digest(
        period,
        districts,
        sum(any(e.period == period and e.section in SECTIONS for e in desk.diary) for desk in board.values()),
        quotes(entries, programme),
        todo(districts, board, late=today > open_until),
        open_until,
    )


def district_digest(district: District, desk: Desk, period: ReportingPeriod, today: date) -> DistrictDigest:
    """Compute what the digest says of one district."""
    late = late_activities(desk.plan, today)
    stuck = [a for a in desk.plan if a.status is ActivityStatus.STUCK]
    return DistrictDigest(
        district.code,
        district.name,
        desk.values.missing(district.indicators, period),
        rows(district, desk.values, period),
        tuple(stuck),
        tuple(a for a in late if a not in stuck),
        tuple(r.id for r in desk.reporters),
    )


def rows(district: District, values: Values, period: ReportingPeriod) -> tuple[Row, ...]:
    """Return the district's numbers of a month, red first, then in asking order."""
    found = []
    for code in district.indicators:
        now = values.measure(code, period)
        if now is None:
            continue
        target = district.targets.get(code)
        wanted = target.wanted(period) if target else None
        colour = target.colour(now, period) if target else Colour.GREY
        value = values.get(code, period)
        flagged = value is not None and value.flagged and value.check is not Check.VERIFIED
        found.append(Row(code, now, values.measure(code, period.back(1)), wanted, colour, flagged))
    return tuple(sorted(found, key=lambda row: SHADES[row.colour]))


def _gap(row: Row) -> float:
    return abs(row.now.value - (row.wanted or 0)) / (abs(row.wanted or 0) or 1)


def quotes(entries: list[DiaryEntry], programme: Programme) -> tuple[Quote, ...]:
    """Pick short quotes of shared entries, what did not go well first; nothing private, nothing shortened mid-word."""
    order = {"not_well": 0, "why": 1, "change": 2, "effect": 3, "well": 4, "planned": 5}
    shared = [e for e in entries if not e.private and e.section in order]
    shared.sort(key=lambda e: (order[e.section], e.at))
    return tuple(
        Quote(e.id, shortened(e.words), e.writer, programme.districts[e.district].name, e.section)
        for e in shared[:QUOTES]
    )


def shortened(words: str) -> str:
    """Return the first `LONGEST_QUOTE` characters of a text, cut between words and marked."""
    short = clipped(words, LONGEST_QUOTE)
    return short if len(short) == len(" ".join(words.split())) else f"{short} ..."


def todo(districts: tuple[DistrictDigest, ...], board: Board, late: bool) -> tuple[Text, ...]:
    """Return what to do this week, the most useful first: alerts, silence, what is stuck, what is red.

    Nobody is called for a report while it is still in time: `late` says that the due date has passed.
    """
    steps: list[Text] = []
    for d in districts:
        if board[d.code].open_alerts:
            steps.append(_("Open alert in {district}: ALERTS", district=d.name))
    steps += [
        _("Call {name} ({district}): {n} missing", name=_first(board[d.code]), district=d.name, n=len(d.missing))
        for d in districts
        if d.missing and late
    ]
    steps += [
        _("Ask {district} what would unblock {key} {title}", district=d.name, key=a.key, title=a.title)
        for d in districts
        for a in d.stuck
    ]
    steps += [
        _(
            "Ask {district} about {code}: {now}, wanted {wanted}",
            district=d.name,
            code=r.code,
            now=r.now,
            wanted=r.wanted,
        )
        for d in districts
        for r in d.rows[:1]
        if r.colour is Colour.RED
    ]
    return tuple(steps[:MOST_TO_DO])


def _first(desk: Desk) -> str:
    return desk.reporters[0].name if desk.reporters else "-"
