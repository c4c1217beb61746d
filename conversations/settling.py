"""What the items of a report come to: taken, kept pending, asked about, overtaken or refused, each on its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from conversations.grammar.reading import Ask, Item, NoData, Read, Reason, Refuse, Why
from conversations.judging import doubts_about
from conversations.receipts import ask_line, not_available_line, refused_line
from conversations.situation import PastReport, Situation
from conversations.state import Question
from conversations.verbs import Request
from domain.events import Event, ValueOvertaken, ValueReported, ValueStatus
from domain.measures import Measure
from domain.periods import ReportingPeriod
from domain.plausibility import Doubt
from domain.text import Text, _
from domain.values import IndicatorValue

CONFIRM, FLAT = "confirm", "flat"


@dataclass(slots=True)
class Settling:
    """What the items of one message come to, gathered while they are gone through."""

    taken: list[Read] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    notes: list[Text] = field(default_factory=list)
    doubted: list[tuple[Read, Doubt]] = field(default_factory=list)
    asks: list[Text] = field(default_factory=list)
    older: list[Read | NoData] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    suggested: dict[str, str] = field(default_factory=dict)

    @property
    def open(self) -> bool:
        """Whether something is asked."""
        return bool(self.doubted or self.asks)


def settled(items: tuple[Item, ...], request: Request) -> Settling:
    """Return what the items of a message come to; what an edited message said before and says no more is taken back."""
    found = Settling()
    _judge_reads([i for i in items if isinstance(i, Read)], found, request)
    for item in items:
        _settle_other(item, found, request.situation)
    if request.replaces is not None:
        _take_back(request.replaces, items, found, request.situation)
    return found


def _judge_reads(reads: list[Read], found: Settling, request: Request) -> None:
    situation = request.situation
    doubts = doubts_about(reads, situation)
    for read in reads:
        before = _before(read, situation)
        if _is_overtaken(before, situation):
            _keep_overtaken(read, before, _reported(read, situation), found)
            continue
        doubt = doubts.get((read.code, read.period))
        unchanged = before is not None and read.measure.same_as(before.measure)
        if doubt is not None and doubt.blocking and not unchanged:
            _keep_pending(read, doubt, found, situation)
            continue
        found.taken.append(read)
        # Said again it is a version too: each message may be taken back on its own.
        flagged = before is not None and unchanged and before.flagged
        found.events.append(replace(_reported(read, situation), flagged=flagged))
        _ask_to_confirm(read, doubt, found, situation)


def _before(item: Read | NoData, situation: Situation) -> IndicatorValue | None:
    return situation.values.get(item.code, item.period)


def _is_overtaken(before: IndicatorValue | None, situation: Situation) -> bool:
    """Whether something stands already that was said after this message was sent.

    What is to be said only later than now was written by a clock that was ahead, and is no later message.
    """
    if before is None or before.status is ValueStatus.WITHDRAWN or situation.sent is None:
        return False
    return situation.sent < before.at <= situation.now


def _keep_overtaken(item: Read | NoData, before: IndicatorValue | None, event: ValueReported, found: Settling) -> None:
    found.older.append(item)
    found.events.append(ValueOvertaken(event))
    stands = (before.measure if before else None) or _("no data")
    found.notes.append(
        _("{code} stays {value}: that was said later than this message was sent.", code=item.code, value=stands)
    )


def _reported(read: Read, situation: Situation) -> ValueReported:
    return ValueReported(
        situation.district.code, read.code, read.period, ValueStatus.REPORTED, read.measure, read.reason
    )


def _keep_pending(read: Read, doubt: Doubt, found: Settling, situation: Situation) -> None:
    event = replace(_reported(read, situation), status=ValueStatus.PENDING)
    found.events.append(event)
    asked = _question(str(doubt.why), read.code, read.period, situation, (read.measure,), read.reason or "")
    found.questions.append(asked)
    found.doubted.append((read, doubt))


def _ask_to_confirm(read: Read, doubt: Doubt | None, found: Settling, situation: Situation) -> None:
    limit = situation.programme.indicators[read.code].alert_above
    if limit is not None and read.measure.value > limit:
        found.questions.append(_question(CONFIRM, read.code, read.period, situation, (read.measure,)))
        found.asks.append(
            _("Your facilitator is told of {code} {value}. Reply Y if it is right.", code=read.code, value=read.measure)
        )
    elif doubt is not None and doubt.why == FLAT:
        found.questions.append(_question(FLAT, read.code, read.period, situation, (read.measure,)))
        found.asks.append(
            _("{code} {value} for three months. Reply Y if it is right.", code=read.code, value=read.measure)
        )


def _question(
    kind: str,
    code: str | None,
    period: ReportingPeriod,
    situation: Situation,
    readings: tuple[Measure, ...] = (),
    token: str = "",
) -> Question:
    return Question(kind, situation.now, code, period, token, readings, district=situation.behalf)


def _settle_other(item: Item, found: Settling, situation: Situation) -> None:
    if isinstance(item, NoData):
        event = ValueReported(
            situation.district.code, item.code, item.period, ValueStatus.NOT_AVAILABLE, reason=item.reason
        )
        before = _before(item, situation)
        if _is_overtaken(before, situation):
            _keep_overtaken(item, before, event, found)
            return
        found.notes.append(not_available_line(item))
        found.events.append(event)
    elif isinstance(item, Ask):
        found.asks.append(ask_line(item, situation))
        found.questions.append(_question(str(item.why), item.code, item.period, situation, item.readings, item.token))
        if item.why is Why.SUGGEST:
            found.suggested[item.token] = item.code or ""
        elif item.why in (Why.CONFLICT, Why.NO_VALUE) or (item.why is Why.INEXACT and not item.readings):
            found.refused[item.code or item.token] = str(Why.CONFLICT if item.why is Why.CONFLICT else Reason.BAD_VALUE)
    elif isinstance(item, Refuse):
        found.asks.append(refused_line(item, situation))
        found.refused[item.code or item.token] = str(item.reason)


def _take_back(past: PastReport, items: Iterable[Item], found: Settling, situation: Situation) -> None:
    named = {(i.code, i.period) for i in items if not isinstance(i, Refuse) and i.code}
    taken_back = [e for e in past.restoring if (e.code, e.period) not in named]
    found.events += taken_back
    changed = [e for e in taken_back if e.measure != situation.values.measure(e.code, e.period)]
    for code, period in dict.fromkeys((e.code, e.period) for e in changed):
        found.notes.append(_("{code} {period} taken back.", code=code, period=period))
