"""Guided dialogues inside a conversation: begin, reply, go back, skip, pause, and come back after an interruption."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from conversations import engine
from conversations.engine import Move
from conversations.flow import Flow
from conversations.flows import FLOWS
from conversations.grammar import read_report
from conversations.keywords import word_for
from conversations.progress import plan_parts
from conversations.situation import Situation
from conversations.state import Conversation, Session, Shown
from conversations.steps import Words
from conversations.turn import Turn, say
from domain.events import ContactStopped, ValueReported
from domain.messages import Say
from domain.text import Text, _, plain

RESUMED_BY = {"monthly_report": "report", "diary": "diary", "visit_log": "vlog"}
INTENTS = {"monthly_report": "report", "diary": "diary", "join": "join", "visit_log": "vlog"}


def begin(
    flow: Flow, situation: Situation, intent: str, subject: str = "", facts: Mapping[str, Any] | None = None
) -> Turn:
    """Start a dialogue about `subject` (the month that is due, when empty), or go on where its draft was left."""
    subject = subject or str(situation.period)
    draft = situation.conversation.draft(flow.name, subject)
    if draft is None:
        return moved(flow, engine.start(flow, situation, subject, facts), situation, intent)
    number, count = engine.place(flow, draft)
    again = _("Going on with your {title}, {n}/{all}.", title=flow.title, n=number, all=count)
    return moved(flow, engine.ask_again(flow, draft, situation, again), situation, intent)


def reply(situation: Situation, text: str) -> Turn:
    """Give a reply to the dialogue that waits."""
    session, flow = _waiting(situation)
    turn = moved(flow, engine.resume(flow, session, text, situation), situation, INTENTS[flow.name])
    step = engine.asked_step(flow, session)
    return _hinting(turn, text, situation) if isinstance(step, Words) and situation.contact.reports else turn


def _might_report(text: str, situation: Situation) -> bool:
    """Whether words given for a diary read like a report; without a digit there is nothing to look for."""
    return any(ch.isdigit() for ch in text) and read_report(text, situation.expected()).certain


def _hinting(turn: Turn, text: str, situation: Situation) -> Turn:
    """Say of words that were kept for a diary how what they look like would be sent."""
    hint = None
    if parts := plan_parts(text):
        hint = _("(Kept as diary words. For the plan: {key} 40% or {key} DONE.)", key=parts[0][0])
    elif _might_report(text, situation):
        hint = _("(Kept as diary words. To report a value begin with REP.)")
    return replace(turn, say=turn.say.after(hint)) if turn.say and hint else turn


def control(situation: Situation, verb: str) -> Turn:
    """Go back one question, skip one, or pause the dialogue with its draft kept."""
    session, flow = _waiting(situation)
    if verb == "pause" and flow.name in RESUMED_BY:
        word = word_for(RESUMED_BY[flow.name], situation.contact.language)
        line = _("Paused; your answers are kept. Send {word} to go on.", word=word)
        return Turn("pause", situation.conversation.pausing(), "receipt", say(line))
    if verb == "pause":
        return helped(situation)
    move = engine.back(flow, session, situation) if verb == "back" else engine.skip(flow, session, situation)
    return moved(flow, move, situation, INTENTS[flow.name])


def helped(situation: Situation) -> Turn:
    """Help with the question at hand and ask it again."""
    session, flow = _waiting(situation)
    hint = _("SKIP, BACK or PAUSE; HELP ME and words asks a person.")
    turn = moved(flow, engine.ask_again(flow, session, situation, hint), situation, "help")
    return replace(turn, reply="help")


def old_button(situation: Situation, ticket: int | None) -> Turn:
    """Say which question a button was for, that it changed nothing, and ask the present one again."""
    shown = next((s for s in situation.conversation.shown if s.ticket == ticket), None)
    hint = _was_for(shown) if shown else _("That button belongs to an earlier question.")
    if situation.conversation.session is None:
        return Turn("chat", situation.conversation, "help", say(hint, _("DUE shows what waits.")))
    session, flow = _waiting(situation)
    return moved(flow, engine.ask_again(flow, session, situation, hint), situation, "chat")


def _was_for(shown: Shown) -> Text:
    flow = FLOWS[shown.flow]
    return _(
        "That button was for {what}, asked {day:day} {time}. Nothing changed.",
        what=flow.called(shown.step, shown.subject) or flow.title,
        day=shown.at,
        time=shown.at,
    )


def is_over(situation: Situation) -> bool:
    """Whether a message edits one that came before the question that waits: it is no answer to that."""
    session, edits = situation.conversation.session, situation.edits
    if session is None or edits is None:
        return False
    before = next((shown for shown in situation.conversation.shown if shown.at < edits.at), None)
    waits = (session.flow, session.subject, session.asked)
    return before is None or (before.flow, before.subject, before.step) != waits


def over(situation: Situation) -> Turn:
    """Say that the question of an edited message is over, and ask the one that waits."""
    session, flow = _waiting(situation)
    hint = _("Your edit changed nothing: the question it answered is over. BACK asks the one before.")
    return moved(flow, engine.ask_again(flow, session, situation, hint), situation, "chat")


def nothing_open(situation: Situation, verb: str) -> Turn:
    """Say that there is no dialogue to go back in, skip or pause."""
    line = _("No question is open. DUE shows what waits, HELP what you can do.")
    return Turn(verb, situation.conversation, "help", say(line))


def moved(flow: Flow, move: Move, situation: Situation, intent: str) -> Turn:
    """Turn what the engine did into the turn's outcome; an interrupted dialogue speaks again when this one ends."""
    conversation = situation.conversation
    if move.session is not None:
        said = Say(move.lines, (), move.options, ticket=move.session.ticket)
        return Turn(intent, conversation.with_session(move.session), "question", said, move.events)
    ended = _ended(flow, conversation, situation)
    said = Say(move.lines, _recall(ended))
    return Turn(intent, ended, "receipt", said, move.events, move.tells)


def _ended(flow: Flow, conversation: Conversation, situation: Situation) -> Conversation:
    if conversation.session is not None and conversation.session.flow == flow.name:
        return conversation.without_session()
    return conversation


def recalled(turn: Turn, situation: Situation) -> Turn:
    """Ask the waiting question again after a command was answered in its middle, or the next if that settled it.

    A question that the command itself raised comes first; a list to pick from is shown without its numbers, which
    would be mistaken for the answer. Nothing is asked of somebody who has just said STOP.
    """
    session = turn.conversation.session
    if turn.say is None or session is None or session != situation.conversation.session:
        return turn
    if any(isinstance(event, ContactStopped) for event in turn.events):
        return turn
    if any(q.asked_at == situation.now and q.kind != "menu" for q in turn.conversation.questions):
        return turn
    flow = FLOWS[session.flow]
    if any(isinstance(event, ValueReported) for event in turn.events):
        known = replace(situation, values=situation.values.after(turn.events, situation.now))
        session = engine.current(flow, session, known)
    move = engine.ask_next(flow, session, replace(situation, conversation=turn.conversation))
    if move.session is None:
        return turn
    menus = tuple(q for q in turn.conversation.questions if q.kind == "menu")
    lines = (*turn.say.lines, *move.lines)
    shorter = tuple(
        (*said, named) for named in _named(flow, move.session) for said in (turn.say.lines, *turn.say.shorter)
    )
    said = Say(lines, (), move.options, ticket=move.session.ticket, picture=turn.say.picture, shorter=shorter)
    return replace(turn, say=said, conversation=turn.conversation.settled(*menus).with_session(move.session))


def _named(flow: Flow, session: Session) -> tuple[Text, ...]:
    """Return the question that waits by its name, where it has one, in few words and in fewer."""
    what = flow.called(session.asked or "", session.subject)
    if what is None:
        return ()
    number, count = engine.place(flow, session)
    return (
        _("Your {title} goes on, {n}/{all}: {what}?", title=flow.title, n=number, all=count, what=what),
        plain("{n}/{all}: {what}?", n=number, all=count, what=what),
    )


def _recall(conversation: Conversation) -> tuple[Text, ...]:
    session = conversation.session
    if session is None:
        return ()
    flow = FLOWS[session.flow]
    number, count = engine.place(flow, session)
    step = engine.asked_step(flow, session)
    waits = _("Your {title} waits at {n}/{all}.", title=flow.title, n=number, all=count)
    return (waits, step.ask(engine.knowns(session))) if step else (waits,)


def _waiting(situation: Situation) -> tuple[Session, Flow]:
    session = situation.conversation.session
    if session is None:
        raise LookupError("no dialogue waits")
    return session, FLOWS[session.flow]


def asks_for_words(situation: Situation) -> bool:
    """Whether the dialogue that waits wants free text, in which hardly anything is a command."""
    session = situation.conversation.session
    if session is None:
        return False
    return isinstance(engine.asked_step(FLOWS[session.flow], session), Words)
