"""Answers to what was asked of a value: yes and why, no, the right value, or which of several is meant."""

from __future__ import annotations

from dataclasses import replace

from conversations.flows.report import settle
from conversations.grammar import read_report, read_slot, split_yes
from conversations.grammar.reading import Item, NoData, Read, Reading, Reason, Refuse, Why
from conversations.queries import QUERY, in_words, with_answers
from conversations.receipts import missing_line
from conversations.settling import CONFIRM, FLAT
from conversations.situation import Situation
from conversations.state import Question
from conversations.turn import Turn, say
from conversations.verbs import Request
from domain.events import Check, Event, ValueChecked, ValueReported, ValueStatus
from domain.text import Text, _, plain

WAITS = (Why.SOFT_RANGE, Why.CROSS_CHECK, QUERY)
"""Questions about a value that does not count until somebody says yes."""


def answer(request: Request, question: Question) -> Turn:
    """Take a reply to one open question: yes with a reason, no, the right value, or words for who asked."""
    situation = request.situation
    said = split_yes(request.text)
    if said is not None and not _yes_is_a_value(question, situation):
        if question.query and not question.query.pending:
            return in_words(request, question)
        more = _report_behind(said[1], question, situation) if said[0] else None
        if more is not None:
            return _with_report(_confirmed(question, "", request), more, replace(request, text=said[1]))
        turn = _confirmed(question, said[1], request) if said[0] else _denied(question, request)
        return with_answers(turn, request) if question.query else turn
    indicator = situation.programme.indicators[question.code or ""]
    period = question.period or situation.period
    item = read_slot(request.text, indicator, period, situation.expected())
    return settle(Reading((item,), certain=True), request, "report")


def _report_behind(words: str, question: Question, situation: Situation) -> Reading | None:
    """Return what is reported of other codes behind a yes: `Y, SBA 64`; None where the words are its reason."""
    reading = read_report(words, situation.expected())
    others = all(isinstance(item, Read | NoData) and item.code != question.code for item in reading.items)
    return reading if reading.certain and reading.items and others and not reading.unread else None


def _with_report(confirmed: Turn, reading: Reading, request: Request) -> Turn:
    """Take a report after a yes to another question, in one answer."""
    before = request.situation
    values = before.values.after(confirmed.events, before.now)
    situation = replace(before, conversation=confirmed.conversation, values=values)
    turn = settle(reading, replace(request, situation=situation), "yes")
    said = turn.say.after(*confirmed.say.lines) if turn.say and confirmed.say else turn.say
    return replace(turn, intent="yes", say=said, events=(*confirmed.events, *turn.events))


def _yes_is_a_value(question: Question, situation: Situation) -> bool:
    indicator = situation.programme.indicators.get(question.code or "")
    return question.kind == Why.NO_VALUE and indicator is not None and indicator.unit == "yesno"


def _confirmed(question: Question, reason: str, request: Request) -> Turn:
    situation = request.situation
    conversation = situation.conversation.settled(question)
    if (since := _said_since(question, situation)) is not None:
        return Turn("yes", conversation, "receipt", say(since))
    if question.kind in (CONFIRM, FLAT):
        return Turn("yes", conversation, "receipt", say(_stays(question)))
    if question.kind not in (*WAITS, Why.SUGGEST, Why.NOT_DUE) or not question.readings:
        line = _(
            "Please send the value itself, e.g. {code} {example}.",
            code=question.code,
            example=_shown(question, situation),
        )
        return Turn("yes", situation.conversation, "question", say(line))
    measure, code, period = question.readings[0], question.code or "", question.period or situation.period
    if question.kind in (Why.SUGGEST, Why.NOT_DUE):
        read = Read(code, period, measure)
        item: Item = read
        if not _inside_hard(read, situation):
            item = Refuse(code, Reason.HARD_RANGE, code, measure)
        return replace(settle(Reading((item,), certain=True), request, "yes"), intent="yes")
    if question.query is None:
        reason = reason or question.token  # what was said when the value was sent
    event = ValueReported(
        situation.district.code,
        code,
        period,
        ValueStatus.REPORTED,
        measure,
        reason or None,
        flagged=situation.behalf is None,
    )
    line = _("Thanks. {code} {value} confirmed for {period}.", code=code, value=measure, period=period)
    left = tuple(c for c in situation.missing if c != code)
    extra = (missing_line(left, len(situation.due)),) if period == situation.period else ()
    return Turn("yes", conversation, "receipt", say(line, *_noted(reason, situation), extra=extra), (event,))


def _said_since(question: Question, situation: Situation) -> Text | None:
    """Say what counts when somebody else has settled a value since it was asked about; None when nobody has."""
    now = situation.values.get(question.code or "", question.period or situation.period)
    if question.kind not in WAITS or now is None or not question.readings:
        return None
    if question.readings[0].same_as(now.measure):
        return _stays(question)
    if now.at <= question.asked_at:
        return None
    return _(
        "{code} {period} is {value} since then, so nothing waits. To change it: FIX {code} {example}",
        code=question.code,
        period=question.period,
        value=now.measure or _("no data"),
        example=_shown(question, situation),
    )


def _stays(question: Question) -> Text:
    return _("Thank you. {code} {value} stays.", code=question.code, value=question.readings[0])


def _noted(reason: str, situation: Situation) -> tuple[Text, ...]:
    if reason:
        return (_("With your note."),)
    return () if situation.behalf else (_("Your facilitator will see it flagged."),)


def _inside_hard(read: Read, situation: Situation) -> bool:
    low, high = situation.programme.indicators[read.code].hard
    return low <= read.measure.value <= high


def _shown(question: Question, situation: Situation) -> str:
    indicator = situation.programme.indicators.get(question.code or "")
    return indicator.example if indicator and indicator.example else "12"


def _denied(question: Question, request: Request) -> Turn:
    situation = request.situation
    if question.kind in (Why.SUGGEST, Why.NOT_DUE):
        conversation = situation.conversation.settled(question)
        line = _("OK, not saved. Nothing changed.")
        return Turn("no", conversation, "receipt", say(line))
    kept = replace(question, kind=str(Why.NO_VALUE), asked_at=situation.now, query=None)
    events: tuple[Event, ...] = ()
    if question.kind in WAITS:
        period = question.period or situation.period
        events = (ValueChecked(situation.district.code, question.code or "", period, Check.DENIED),)
    line = _(
        "OK, not counted. Please send the right number for {code} {period}.", code=question.code, period=question.period
    )
    return Turn("no", situation.conversation.asking(kept), "question", say(line), events)


def which(request: Request, questions: tuple[Question, ...]) -> Turn:
    """Ask which of several open questions a bare answer is for, numbered."""
    situation = request.situation
    named = tuple(
        plain("{n} {what} {value}", n=n, what=_called(q), value=q.readings[0] if q.readings else "?")
        for n, q in enumerate(questions, start=1)
    )
    choices = tuple(f"{_called(q)} {request.text}" for q in questions)
    menu = Question("menu", situation.now, choices=choices)
    line = _("Which one is that for? {list}. Reply the number.", list=named)
    return Turn("yes", situation.conversation.asking(menu), "question", say(line))


def _called(question: Question) -> str:
    return f"{question.district} {question.code}" if question.district else str(question.code)
