"""The monthly report in one message: `REP`, `FIX`, `UNDO`, and edits of what was sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from conversations.grammar import read_fix, read_report
from conversations.grammar.reading import Ask, Item, NoData, Read, Reading, Reason, Refuse, Why
from conversations.judging import doubts_about, usual_question
from conversations.queries import with_answers
from conversations.receipts import (
    ask_line,
    brief_question,
    brief_taken_line,
    changed_line,
    example_pair,
    gain_line,
    missing_line,
    not_available_line,
    old_period_line,
    refused_line,
    taken_line,
    taken_value,
)
from conversations.situation import PastReport, Situation
from conversations.state import Conversation, Question
from conversations.turn import Outline, Turn, say
from conversations.verbs import Request
from domain.calendar import due_day
from domain.events import Event, ReportUndone, ValueOvertaken, ValueReported, ValueStatus
from domain.measures import Measure
from domain.periods import ReportingPeriod
from domain.plausibility import Doubt
from domain.text import Text, _, clipped, plain
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


def report(request: Request) -> Turn:
    """Take a report, or with nothing after the verb say that the guided way begins (the router starts it)."""
    situation = request.situation
    again = repeated(request)
    if again is not None:
        return already_received(again, request)
    reading = read_report(request.text, situation.expected())
    return settle(reading, request, "report")


def fix(request: Request) -> Turn:
    """Correct values: the same grammar, and words that are no values are the reason."""
    again = repeated(request)
    if again is not None:
        return already_received(again, request)
    reading = read_fix(request.words, request.situation.expected())
    if not reading.items and not reading.period_asked:
        return _how_to_fix(request)
    return settle(reading, request, "fix")


def _how_to_fix(request: Request) -> Turn:
    pair = example_pair(request.situation)
    if request.situation.behalf:
        pair["code"] = f"{request.situation.behalf[:3].upper()} {pair['code']}"
    line = _("Send the code and the right value, e.g. FIX {code} {example}.", **pair)
    return Turn("fix", request.situation.conversation, "question", say(line))


def repeated(request: Request) -> PastReport | None:
    """Return the report that this message repeats word for word, if nothing changed since."""
    if request.replaces is not None:
        return None
    words = request.situation.fingerprint
    return next((past for past in request.situation.reports if past.fingerprint == words and past.stands), None)


def already_received(past: PastReport, request: Request) -> Turn:
    """Say that the same words came before; what was asked then is asked once more."""
    situation = request.situation
    line = _("Already received {time} (R{ref}). Nothing changed.", time=past.at, ref=past.ref)
    open_now = [q for q in situation.conversation.questions if (q.code, q.period) in past.codes]
    reminder = tuple(_("{code} still waits for your answer.", code=q.code) for q in open_now[:1])
    return Turn("report", situation.conversation, "duplicate", say(line, *reminder))


def settle(reading: Reading, request: Request, intent: str) -> Turn:
    """Store what is good, ask what is unclear, name what is refused; each item on its own."""
    situation = request.situation
    if reading.period_asked:
        line = old_period_line(reading.period_asked, situation)
        return Turn(intent, situation.conversation, "question", say(line))
    found = Settling()
    _judge_reads([i for i in reading.items if isinstance(i, Read)], found, request)
    for item in reading.items:
        _settle_other(item, found, situation)
    if request.replaces is not None:
        _take_back(request.replaces, reading.items, found, situation)
    return _compose(found, reading, request, intent)


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
    """Whether something stands already that was said after this message was sent."""
    if before is None or before.status is ValueStatus.WITHDRAWN or situation.sent is None:
        return False
    return before.at > situation.sent


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


def _compose(found: Settling, reading: Reading, request: Request, intent: str) -> Turn:
    situation = request.situation
    conversation = _settle_questions(found, situation)
    if found.events:
        conversation = conversation.reported()
    lines = [*_taken_lines(found, situation, intent), *found.notes]
    if not lines and not found.open:
        return nothing_read(reading, request, intent)
    extra: tuple[Text, ...] = ()
    if found.taken or found.notes:
        lines += _standing(found, situation)
        extra = (_("Ref R{ref}.", ref=situation.inbound_id), *_gain(found, situation))
        if not found.open and situation.behalf is None:
            extra = (*extra, _("Wrong? FIX CODE VALUE"))
    asks = (*(usual_question(read.code, read.measure, doubt) for read, doubt in found.doubted), *found.asks)
    outline = Outline(found.refused, found.suggested, tuple(r.code for r in found.taken if r.repaired))
    turn = Turn(
        intent,
        conversation.asking(*found.questions),
        "question" if found.open else "receipt",
        say(*lines, *asks, extra=extra, shorter=_shorter(found, asks, situation)),
        tuple(found.events),
        outline=outline,
    )
    return with_answers(turn, request)


def _settle_questions(found: Settling, situation: Situation) -> Conversation:
    answered = {(e.code, e.period) for e in found.events if isinstance(e, ValueReported)}
    answered |= {(r.code, r.period) for r in found.taken}
    answered -= {(i.code, i.period) for i in found.older}
    conversation = situation.conversation
    return conversation.settled(*(q for q in conversation.questions if (q.code, q.period) in answered))


def _taken_lines(found: Settling, situation: Situation, intent: str) -> list[Text]:
    lines: list[Text] = []
    periods = list(dict.fromkeys(read.period for read in found.taken))
    for period in periods:
        reads = [read for read in found.taken if read.period == period]
        before = {read.code: situation.values.get(read.code, period) for read in reads}
        changed = before[reads[0].code]
        if intent == "fix" and len(reads) == 1 and changed and not reads[0].measure.same_as(changed.measure):
            lines.append(changed_line(reads[0], changed, reads[0].reason))
        else:
            lines.append(taken_line(period, (taken_value(r, before[r.code]) for r in reads), situation))
        if situation.today > due_day(period, situation.programme):
            lines.append(_("Marked late."))
    return lines


def _shorter(found: Settling, asks: tuple[Text, ...], situation: Situation) -> tuple[tuple[Text, ...], ...]:
    """Return the answer in ever fewer words: what was understood and what is asked stay, the rest goes bit by bit."""
    head, bare = ((*_brief_lines(found, counts, situation), *found.notes) for counts in (True, False))
    brief, briefest = (
        (*((brief_question(found.doubted, reasons),) if found.doubted else ()), *found.asks)
        for reasons in (True, False)
    )
    standing = _standing(found, situation)
    why = asks or standing  # why a value is doubted says more than what is missing
    return (*head, *standing, *asks), (*bare, *why), (*bare, *standing, *brief), (*bare, *brief), (*bare, *briefest)


def _brief_lines(found: Settling, counts: bool, situation: Situation) -> list[Text]:
    lines: list[Text] = []
    for period in dict.fromkeys(read.period for read in found.taken):
        reads = [read for read in found.taken if read.period == period]
        taken = (taken_value(read, situation.values.get(read.code, period), counts) for read in reads)
        lines.append(brief_taken_line(period, taken))
    return lines


def _standing(found: Settling, situation: Situation) -> tuple[Text, ...]:
    """Say what is still missing of the month that is due, when this message was about that month."""
    about = [(r.code, r.period) for r in found.taken]
    about += [(e.code, e.period) for e in found.events if isinstance(e, ValueReported)]
    given = {code for code, period in about if period == situation.period}
    if not given:
        return ()
    missing = tuple(code for code in situation.missing if code not in given)
    return () if found.open and not missing else (missing_line(missing, len(situation.due)),)


def _gain(found: Settling, situation: Situation) -> tuple[Text, ...]:
    watched = [r for r in found.taken if situation.programme.indicators[r.code].alert_above is None]
    lines = (gain_line(r.code, situation, r.period, r.measure) for r in watched)
    return tuple(line for line in lines if line is not None)[:1]


def nothing_read(reading: Reading, request: Request, intent: str) -> Turn:
    """Say how a report is written, naming what meant nothing."""
    situation = request.situation
    words = " ".join(reading.unread or request.text.split())
    head = _("{words} was not understood.", words=clipped(words, 30))
    how = _("Send e.g. REP {code} {example}, or REP alone to be asked one by one.", **example_pair(situation))
    return Turn(
        intent,
        situation.conversation,
        "question",
        say(head, how),
        outline=Outline({word: str(Reason.UNKNOWN_CODE) for word in reading.unread}),
    )


def undo(request: Request) -> Turn:
    """Take back this person's last report of the day as a whole; again goes one further."""
    situation = request.situation
    past = next((p for p in situation.reports if p.restoring), None)
    if past is None:
        line = _("Nothing from the last 24 hours to take back. To correct: FIX CODE VALUE")
        return Turn("undo", situation.conversation, "help", say(line))
    now = tuple(
        plain("{code} {value}", code=e.code, value=e.measure) if e.measure else _("{code} not reported", code=e.code)
        for e in past.restoring
    )
    keys = {(e.code, e.period) for e in past.restoring}
    conversation = situation.conversation.settled(
        *(q for q in situation.conversation.questions if (q.code, q.period) in keys)
    )
    line = _("Undone (R{ref}). Now {period}: {values}.", ref=past.ref, period=past.restoring[0].period, values=now)
    turn = Turn("undo", conversation, "receipt", say(line), (*past.restoring, ReportUndone(past.ref)))
    return with_answers(turn, request)


def edited_since(newer: int, situation: Situation) -> Turn:
    """Say that an edit of this message, sent after it, came before it and counts."""
    line = _("You have changed this message since (R{ref}), and that counts. Nothing changed now.", ref=newer)
    return Turn("report", situation.conversation, "duplicate", say(line))
