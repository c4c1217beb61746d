"""The pack for a quarterly meeting of a district group: each district in five lines, trends, lessons, questions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from domain.alerts import late_activities
from domain.comparing import Row, Step, rows, step_between
from domain.desks import Board, Desk
from domain.district_digest import neighbours
from domain.indicators import Colour, Direction
from domain.measures import Measure
from domain.programme import District, Group, Programme
from domain.quarters import Quarter
from domain.quotes import LESSONS, Quote, quotes
from domain.text import Text, _, ngettext, plain
from domain.workplans import Activity, ActivityStatus

LESSONS_SHOWN = 6
QUESTIONS = 6
LONGEST_LESSON = 260


@dataclass(frozen=True, slots=True)
class Moved:
    """How a number moved from the quarter before to this one: the last month of each that has it."""

    code: str
    before: Measure
    now: Measure
    step: Step | None


@dataclass(frozen=True, slots=True)
class Standing:
    """One district in a quarter: months reported in full and in time, its numbers, its plan, what it learned."""

    district: District
    complete: int
    in_time: int
    rows: tuple[Row, ...]
    moved: tuple[Moved, ...]
    plan: tuple[Activity, ...]
    late: int
    lessons: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Pack:
    """A quarter of a district group, ready to lay out."""

    group: Group
    quarter: Quarter
    standings: tuple[Standing, ...]
    lessons: tuple[Quote, ...]
    questions: tuple[Text, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """All indicators of the group: those that most districts share first, then in asking order."""
        shared: dict[str, int] = {}
        for standing in self.standings:
            for code in standing.district.indicators:
                shared[code] = shared.get(code, 0) + 1
        return tuple(sorted(shared, key=lambda code: -shared[code]))

    @property
    def shared(self) -> tuple[str, ...]:
        """The indicators that more than one district has."""
        holders = [code for standing in self.standings for code in standing.district.indicators]
        return tuple(code for code in self.codes if holders.count(code) > 1)


def meeting_pack(
    programme: Programme,
    group: Group,
    quarter: Quarter,
    board: Board,
    in_time: Mapping[str, int],
    today: date,
) -> Pack:
    """Put together the pack of a group as of `today`; `in_time` counts each district's months that were in time."""
    standings = tuple(
        _standing(programme, programme.districts[code], board, quarter, in_time.get(code, 0), today)
        for code in group.districts
    )
    entries = [e for code in group.districts for e in board[code].diary if e.period in quarter.months]
    lessons = quotes(entries, programme, LESSONS_SHOWN, LESSONS, LONGEST_LESSON)
    return Pack(group, quarter, standings, lessons, tuple(questions(standings))[:QUESTIONS])


def _standing(
    programme: Programme, district: District, board: Board, quarter: Quarter, in_time: int, today: date
) -> Standing:
    desk = board[district.code]
    last = quarter.months[-1]
    others = neighbours(programme, district, board)
    entries = [e for e in desk.diary if e.period in quarter.months]
    return Standing(
        district,
        sum(not desk.values.missing(district.indicators, month) for month in quarter.months),
        in_time,
        next((found for n in range(3) if (found := rows(programme, district, desk.values, last.back(n), others))), ()),
        tuple(_moves(programme, district, desk, quarter)),
        desk.plan,
        len(late_activities(desk.plan, today)) + sum(_stuck(a) and not a.late(today) for a in desk.plan),
        quotes(entries, programme, 1, LESSONS, LONGEST_LESSON),
    )


def _stuck(activity: Activity) -> bool:
    return activity.status is ActivityStatus.STUCK


def _moves(programme: Programme, district: District, desk: Desk, quarter: Quarter) -> Iterator[Moved]:
    for code in district.indicators:
        before, now = _latest(desk, code, quarter.back(1)), _latest(desk, code, quarter)
        if before is None or now is None:
            continue
        target = district.targets.get(code)
        direction: Direction = target.direction if target else programme.indicators[code].direction
        yield Moved(code, before, now, step_between(before, now, direction))


def _latest(desk: Desk, code: str, quarter: Quarter) -> Measure | None:
    found = (desk.values.measure(code, month) for month in reversed(quarter.months))
    return next((measure for measure in found if measure is not None), None)


def five_lines(standing: Standing) -> tuple[Text, ...]:
    """Return a district's quarter in five lines: reports, what got better, what is far off, the plan, one lesson."""
    return (
        _(
            "Reports: {complete} of 3 months complete, {in_time} in time.",
            complete=standing.complete,
            in_time=standing.in_time,
        ),
        _better(standing),
        _far(standing),
        _plan(standing),
        _lesson(standing),
    )


def _better(standing: Standing) -> Text:
    better = [move for move in standing.moved if move.step is Step.BETTER]
    if not better:
        return _("Better: no number yet.")
    found = tuple(plain("{code} {before} → {now}", code=m.code, before=m.before, now=m.now) for m in better[:3])
    return _("Better: {rows}.", rows=found)


def _far(standing: Standing) -> Text:
    reds = sorted((r for r in standing.rows if r.colour is Colour.RED), key=lambda r: -r.gap)
    if not reds:
        return _("Far from wanted: nothing.") if standing.rows else _("Far from wanted: nothing was reported.")
    found = tuple(_("{code} {now} (wanted {wanted})", code=r.code, now=r.now, wanted=r.goal) for r in reds[:3])
    return _("Far from wanted: {rows}.", rows=found)


def _plan(standing: Standing) -> Text:
    if not standing.plan:
        return _("Plan: none on record.")
    done = sum(a.status is ActivityStatus.DONE for a in standing.plan)
    return ngettext(
        "Plan: {done} of {n} action done, {late} late or stuck.",
        "Plan: {done} of {n} actions done, {late} late or stuck.",
        len(standing.plan),
        done=done,
        late=standing.late,
    )


def _lesson(standing: Standing) -> Text:
    if not standing.lessons:
        return _("Learned: no diary was shared.")
    quote = standing.lessons[0]
    return _('Learned: "{words}" {writer}', words=quote.words, writer=quote.writer)


def questions(standings: tuple[Standing, ...]) -> Iterator[Text]:
    """Yield questions to ask one another: of who got better, by who is far off at the same number."""
    for asking in standings:
        for row in (r for r in asking.rows if r.colour is Colour.RED):
            for other in (s for s in standings if s is not asking):
                move = next((m for m in other.moved if m.code == row.code and m.step is Step.BETTER), None)
                if move is not None:
                    yield _question(asking.district.name, other.district.name, move, row)


def _question(asking: str, other: str, move: Moved, row: Row) -> Text:
    return _(
        "{asking} to {other}: your {code} went from {before} to {now}, ours is {ours}. What did you do?",
        asking=asking,
        other=other,
        code=row.code,
        before=move.before,
        now=move.now,
        ours=row.now,
    )
