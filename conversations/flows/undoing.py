"""`UNDO`: the last message of the day is taken back as a whole; again goes one further."""

from __future__ import annotations

from conversations.flows.diary import SECTION_NAMES
from conversations.queries import with_answers
from conversations.situation import PastMessage, PastReport
from conversations.turn import Turn, say
from conversations.verbs import Request
from domain.events import DiaryTakenBack, Event, ReportUndone
from domain.text import Text, _, plain


def undo(request: Request) -> Turn:
    """Take back this person's last message of the day that reported or wrote something; again goes one further."""
    situation = request.situation
    past = next((p for p in situation.reports if p.restoring), None)
    ref, written = situation.written or (0, None)
    if past is None and written is None:
        line = _("Nothing from the last 24 hours to take back. To correct: FIX CODE VALUE")
        return Turn("undo", situation.conversation, "help", say(line))
    last = max(past.ref if past else 0, ref)
    if past is not None and past.ref < last:
        past = None
    if written is not None and ref < last:
        written = None
    events: tuple[Event, ...] = past.restoring if past else ()
    keys = {(e.code, e.period) for e in past.restoring} if past else set()
    conversation = situation.conversation.settled(
        *(q for q in situation.conversation.questions if (q.code, q.period) in keys)
    )
    lines = (*_values(past), *_words(written, past))
    turn = Turn("undo", conversation, "receipt", say(*lines), (*events, *_taken_back(written), ReportUndone(last)))
    return with_answers(turn, request) if past else turn


def _values(past: PastReport | None) -> tuple[Text, ...]:
    if past is None:
        return ()
    now = tuple(
        plain("{code} {value}", code=e.code, value=e.measure) if e.measure else _("{code} not reported", code=e.code)
        for e in past.restoring
    )
    return (_("Undone (R{ref}). Now {period}: {values}.", ref=past.ref, period=past.restoring[0].period, values=now),)


def _words(written: PastMessage | None, past: PastReport | None) -> tuple[Text, ...]:
    if written is None:
        return ()
    sections = dict.fromkeys(entry.section for entry in written.diary.values())
    names = (*map(SECTION_NAMES.__getitem__, sections), *(plain("{key}", key=b.key) for b in written.restoring))
    return (_("Taken back: {names}.", names=names) if past else _("Undone. Taken back: {names}.", names=names),)


def _taken_back(written: PastMessage | None) -> tuple[Event, ...]:
    return (*map(DiaryTakenBack, written.diary), *written.restoring) if written else ()
