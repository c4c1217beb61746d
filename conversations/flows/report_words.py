"""The words that answer a report: what was taken, what is asked, what is still missing, and shorter ones for SMS."""

from __future__ import annotations

from conversations.grammar.reading import Reading, Reason
from conversations.judging import usual_question
from conversations.queries import with_answers
from conversations.receipts import (
    brief_question,
    brief_taken_line,
    changed_line,
    example_pair,
    gain_line,
    missing_line,
    taken_line,
    taken_value,
)
from conversations.settling import Settling
from conversations.situation import Situation
from conversations.state import Conversation
from conversations.turn import Outline, Turn, say
from conversations.verbs import Request
from domain.calendar import due_day
from domain.events import ValueReported
from domain.text import Text, _, clipped


def answer(found: Settling, reading: Reading, request: Request, intent: str) -> Turn:
    """Answer a report: what was taken, what is asked, what is still missing, in as many words as there is room."""
    situation = request.situation
    conversation = _settle_questions(found, situation)
    if found.events:
        conversation = conversation.reported()
    lines = [*_taken_lines(found, situation, intent), *found.notes]
    if not lines and not found.open:
        return _nothing_read(reading, request, intent)
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


def _nothing_read(reading: Reading, request: Request, intent: str) -> Turn:
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
