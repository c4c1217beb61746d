"""The monthly report in one message: `REP`, `FIX`, and edits of what was sent."""

from __future__ import annotations

from conversations.flows.report_words import answer
from conversations.grammar import read_fix, read_report
from conversations.grammar.reading import Reading
from conversations.receipts import example_pair, old_period_line
from conversations.settling import settled
from conversations.situation import PastReport, Situation
from conversations.turn import Turn, say
from conversations.verbs import Request
from domain.text import _


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


def settle(reading: Reading, request: Request, intent: str) -> Turn:
    """Store what is good, ask what is unclear, name what is refused; each item on its own."""
    situation = request.situation
    if reading.period_asked:
        line = old_period_line(reading.period_asked, situation)
        return Turn(intent, situation.conversation, "question", say(line))
    return answer(settled(reading.items, request), reading, request, intent)


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


def edited_since(newer: int, situation: Situation) -> Turn:
    """Say that an edit of this message, sent after it, came before it and counts."""
    line = _("You have changed this message since (R{ref}), and that counts. Nothing changed now.", ref=newer)
    return Turn("report", situation.conversation, "duplicate", say(line))
