"""An edited message: it takes the place of what it said before, and answers no other question than it did."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from conversations.commands import ends_words, recalling
from conversations.flows import VALUES, VERBS
from conversations.flows.diary import SECTION_NAMES, diary_parts
from conversations.grammar import read_report
from conversations.keywords import find_verb, stands_alone
from conversations.progress import plan_parts
from conversations.router import ended_by_report, is_progress, route, unquoted
from conversations.situation import PastMessage, PastReport, Situation
from conversations.turn import Turn, say
from conversations.verbs import Request, Route
from domain.events import (
    ActivityUpdated,
    ContactStarted,
    ContactStopped,
    DiaryTakenBack,
    DiaryWritten,
    Event,
    ValueOvertaken,
    ValueReported,
)
from domain.messages import Inbound, InboundKind
from domain.text import Text, _, plain

MENDED = ValueReported | ValueOvertaken | DiaryWritten | DiaryTakenBack | ActivityUpdated
EDITED = MENDED | ContactStarted | ContactStopped
"""What an edit may do, whatever the message was: put right what is on record, and STOP."""


def edit_route(past: PastReport | None, situation: Situation, inbound: Inbound) -> Route:
    """Return the route of an edited message: what it reported or wrote is corrected; else it is one like any other.

    `past` is the report that the message was, `situation.edits` what else is known of it.
    """
    text, edits = unquoted(inbound.text), situation.edits
    reports = situation.contact.reports and situation.contact.consented
    if reports and edits is not None and edits.wrote:
        command, rest = _command(text, situation)
        if command == "report" and not stands_alone(rest):
            return recalling(_with_report(_written("", edits), text, past, situation))
        if command:
            return _as_message(situation, inbound)
        words, report = ended_by_report(text)
        return recalling(_with_report(_written(words, edits), report, past, situation))
    return recalling(_corrected(past, text, situation)) if reports and past else _as_message(situation, inbound)


def _as_message(situation: Situation, inbound: Inbound) -> Route:
    whole = route(situation, replace(inbound, kind=InboundKind.MESSAGE))
    return replace(whole, run=lambda s: _once(whole.run(s), s)) if situation.contact.consented else whole


def _once(turn: Turn, situation: Situation) -> Turn:
    """Do nothing for an edit that would do a second time what the message did: tell, rate or answer somebody."""
    if not turn.tells and all(isinstance(event, EDITED) for event in turn.events):
        return turn
    line = _("Your first message was taken already; the edit changed nothing. Send what should be added again.")
    return Turn("chat", situation.conversation, "help", say(line))


def _command(text: str, situation: Situation) -> tuple[str, str]:
    """Return the command that a message which wrote of a diary or a plan has become, and its words; empty for none."""
    found = find_verb(text)
    return found if found is not None and ends_words(situation, *found, text) else ("", "")


def _corrected(past: PastReport, text: str, situation: Situation) -> Route:
    """Return the route of an edited report."""
    if len(past.codes) == 1 and not read_report(text, situation.expected()).certain:
        ((code, period),) = past.codes  # the answer to one question of the guided report, which needs no code
        text = f"{period} {code} {text}"
    found = find_verb(text)
    words = found[1] if found and found[0] in ("report", "fix") else text
    return Route(VALUES, lambda s: VERBS["report"].answer(Request(words, text, s, past)))


def _with_report(first: Route, report: str, past: PastReport | None, situation: Situation) -> Route:
    """Return the route of words and of the report under them, which may be new, or gone from there."""
    if past is not None and report:
        second = _corrected(past, report, situation)
    elif report or (past is not None and past.restoring):
        second = Route(VALUES, lambda s: VERBS["report"].answer(Request(report, report, s, past)))
    else:
        return first

    def run(situation: Situation) -> Turn:
        told = first.run(situation)
        turn = second.run(replace(situation, conversation=told.conversation))
        lines = told.say.lines if told.say else ()
        return replace(turn, say=turn.say and turn.say.after(*lines), events=(*told.events, *turn.events))

    return Route(first.needs | second.needs, run)


def _written(words: str, edits: PastMessage) -> Route:
    """Return the route of words that take the place of what a message wrote of a diary or a plan."""
    needs = VERBS["progress"].needs | VERBS["diary"].needs
    return Route(needs, lambda s: _once(_instead(_anew(words, edits, s), words, edits), s))


def _anew(words: str, edits: PastMessage, situation: Situation) -> Turn:
    """Take words as the message would have been, bare ones as about what it was about where that is one thing."""
    if not words:
        return Turn("diary", situation.conversation, "receipt", say())
    keys = [before.key for before in edits.activities]
    if keys and not edits.diary and not plan_parts(words) and not diary_parts(words):
        words = f"{keys[0]} {words}" if len(keys) == 1 else " ".join(keys)
    parts = plan_parts(words)
    if parts and (not edits.diary or any(is_progress(said, situation) for _key, said in parts)):
        return VERBS["progress"].answer(Request(words, words, situation))
    return _diary_anew(words, edits, situation)


def _diary_anew(words: str, edits: PastMessage, situation: Situation) -> Turn:
    known = {entry.section: entry for entry in edits.diary.values()}
    parts = diary_parts(words) or [(section, words) for section in known if len(known) == 1]
    if not parts or not known:
        return VERBS["diary"].answer(Request(words, words, situation))
    beside = replace(next(iter(known.values())), dialogue=None)
    events = tuple(replace(known.get(section, beside), section=section, words=said) for section, said in parts)
    line = _(
        "Diary {period} changed: {sections}. Ref D{ref}.",
        period=beside.period,
        sections=tuple(SECTION_NAMES[section] for section, _said in parts),
        ref=situation.inbound_id,
    )
    return Turn("diary", situation.conversation, "receipt", say(line), events)


def _instead(turn: Turn, words: str, edits: PastMessage) -> Turn:
    """Take back what a message says no more; where its new words mean nothing, what it said stands."""
    if turn.reply == "question" and not turn.events:
        stands = _("What you sent before stands.")
        return replace(turn, say=turn.say and turn.say.before(stands))
    named = {key for key, _said in plan_parts(words)}
    new = {event.key: event for event in turn.events if isinstance(event, ActivityUpdated)}
    back = [before for before in edits.restoring if before.key not in new and before.key not in named]
    kept = {event.section for event in turn.events if isinstance(event, DiaryWritten)}
    gone = dict.fromkeys(entry.section for entry in edits.diary.values() if entry.section not in kept)
    names = (*(SECTION_NAMES[section] for section in gone), *(plain("{key}", key=before.key) for before in back))
    taken: tuple[Event, ...] = (*map(DiaryTakenBack, edits.diary), *back)
    told = _mended(turn.events, edits.activities)
    said = turn.say.before(*_taken_back(names)) if turn.say else None
    return replace(turn, say=said, events=(*taken, *told))


def _taken_back(names: tuple[Text, ...]) -> tuple[Text, ...]:
    return (_("Taken back: {names}.", names=names),) if names else ()


def _mended(events: Iterable[Event], befores: Iterable[ActivityUpdated]) -> tuple[Event, ...]:
    """Return what happened, with nothing left of what the message had said of the same activities."""
    known = {before.key: before for before in befores}
    return tuple(
        _over(known[event.key], event) if isinstance(event, ActivityUpdated) and event.key in known else event
        for event in events
    )


def _over(before: ActivityUpdated, new: ActivityUpdated) -> ActivityUpdated:
    if new.status is None:
        return replace(before, due_on=new.due_on)
    percent = before.percent if new.percent is None else new.percent
    return replace(new, percent=percent, due_on=before.due_on)
