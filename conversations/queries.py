"""A facilitator's question about a value, on the side of whoever reported it: bound, answered, and passed back."""

from __future__ import annotations

from dataclasses import replace

from conversations.receipts import example_of
from conversations.state import Question
from conversations.turn import Tell, Turn, say
from conversations.verbs import Request
from domain.events import Check, Event, ValueChecked, ValueReported, ValueStatus
from domain.messages import Say
from domain.text import Text, _, clipped

QUERY = "query"
LONGEST_ASKED = 50  # characters of a question in the copy that comes back with the answer


def in_words(request: Request, question: Question) -> Turn:
    """Pass on what somebody says to a question about their value; the value stays as it is."""
    situation = request.situation
    code = question.code or ""
    example = example_of(situation.programme.indicators.get(code), situation.contact.language)
    name = question.query.name if question.query else ""
    line = _(
        "Thank you, sent to {name}. If {code} is wrong: FIX {code} {example}", name=name, code=code, example=example
    )
    turn = Turn("answer", situation.conversation.settled(question), "receipt", say(line))
    return with_answers(turn, request)


def with_answers(turn: Turn, request: Request) -> Turn:
    """Return a turn that also passes on what it says to questions about values, where it settled any."""
    asked = [q for q in request.situation.conversation.questions if q.query and q not in turn.conversation.questions]
    events: tuple[Event, ...] = tuple(_answered(q, request) for q in asked)
    tells = tuple(_passed_on(q, turn, request) for q in asked)
    return replace(turn, events=(*turn.events, *events), tells=(*turn.tells, *tells))


def _answered(question: Question, request: Request) -> ValueChecked:
    situation, query = request.situation, question.query
    period = question.period or situation.period
    version = query.version if query else None
    return ValueChecked(
        situation.district.code, question.code or "", period, Check.ANSWERED, version, request.text.strip()
    )


def _passed_on(question: Question, turn: Turn, request: Request) -> Tell:
    situation = request.situation
    asked = _(
        "You asked about {district} {code} {value} {period}: {words}",
        district=situation.district.name,
        code=question.code,
        value=question.readings[0],
        period=question.period,
        words=clipped(question.token, LONGEST_ASKED),
    )
    said = _("{name} answers: {words}", name=situation.contact.name, words=request.text.strip())
    asker = question.query.asker if question.query else 0
    new = _new_value(question, turn)
    listed = () if new else (_("FLAGS lists it."),)
    return Tell(asker, Say((asked, said, *new), listed), f"answer:{question.code}:{question.period}")


def _new_value(question: Question, turn: Turn) -> tuple[Text, ...]:
    told = [e for e in turn.events if isinstance(e, ValueReported) and e.status is ValueStatus.REPORTED]
    new = next((e for e in told if (e.code, e.period) == (question.code, question.period)), None)
    if new is None or new.measure is None or new.measure.same_as(question.readings[0]):
        return ()
    return (_("{code} is now {value}.", code=new.code, value=new.measure),)
