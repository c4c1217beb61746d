"""The engine: ask the first question that applies and has no answer. Pure: a session and a reply in, a move out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from conversations.flow import Answer, Doubtful, Flow, Known, Step
from conversations.grammar import fold, split_yes
from conversations.situation import Situation
from conversations.state import Session
from conversations.turn import Tell, Unclear
from domain.events import Event
from domain.messages import Option
from domain.text import Text, _


@dataclass(frozen=True, slots=True)
class Move:
    """What the engine did: the session to keep (None when it ended), what to say, what happened, and who is told."""

    session: Session | None
    lines: tuple[Text, ...]
    options: tuple[Option, ...] = ()
    events: tuple[Event, ...] = ()
    tells: tuple[Tell, ...] = ()


def start(flow: Flow, situation: Situation, subject: str = "", facts: Mapping[str, Any] | None = None) -> Move:
    """Begin `flow` and ask its first question; with nothing to ask it ends at once."""
    session = Session(
        flow=flow.name,
        version=flow.version,
        subject=subject,
        facts={**flow.facts(situation), **(facts or {})},
        answers={},
        asked=None,
        options=(),
        ticket=situation.conversation.ticket,
        started_at=situation.now,
        asked_at=situation.now,
    )
    return ask_next(flow, session, situation)


def resume(flow: Flow, session: Session, reply: str, situation: Situation) -> Move:
    """Read `reply` against the question that was asked and go on; an unclear one is asked again with a hint."""
    session = current(flow, session, situation)
    step = asked_step(flow, session)
    if step is None:
        return ask_next(flow, session, situation)
    try:
        answer = _read(step, session, reply, situation)
    except Unclear as unclear:
        return ask_again(flow, session, situation, unclear.hint)
    except Doubtful as doubt:
        kept = replace(session, doubt=doubt.value, asked_at=situation.now)
        return Move(kept, (doubt.question,), (), doubt.events)
    return take(flow, session, step, answer, situation)


def _read(step: Step, session: Session, reply: str, situation: Situation) -> Answer:
    known = knowns(session)
    if session.doubt is not None and (said := split_yes(reply)) is not None:
        yes, reason = said
        if yes:
            return step.accept(session.doubt, reason, known, situation)
        raise Unclear(_("Not taken. Please send the right number."))
    return step.read(picked(reply, session.options), known, situation)


def picked(reply: str, options: tuple[Option, ...]) -> str:
    """Turn the number of an option, as the person saw it, into the option's value."""
    wanted = fold(reply).rstrip(".)")
    if wanted.isdecimal() and 1 <= int(wanted) <= len(options):
        return options[int(wanted) - 1].value
    return reply


def take(flow: Flow, session: Session, step: Step, answer: Answer, situation: Situation) -> Move:
    """Keep an answer and ask what comes next."""
    answers = {**session.answers, step.key: answer.value}
    trail = (*(k for k in session.trail if k != step.key), step.key)
    kept = replace(session, answers=answers, trail=trail, doubt=None, again=None)
    after = replace(situation, values=situation.values.after(answer.events, situation.now))
    move = ask_next(flow, current(flow, kept, after), after)
    remark = (answer.remark,) if answer.remark else ()
    return replace(move, lines=remark + move.lines, events=answer.events + move.events)


def skip(flow: Flow, session: Session, situation: Situation) -> Move:
    """Leave the question that was asked without an answer, where it may be left."""
    session = current(flow, session, situation)
    step = asked_step(flow, session)
    if step is None:
        return ask_next(flow, session, situation)
    if not step.optional:
        return ask_again(flow, session, situation, _("This one is needed. NA = no data, PAUSE = later."))
    return take(flow, session, step, Answer(None), situation)


def back(flow: Flow, session: Session, situation: Situation) -> Move:
    """Ask the question before again; at the first one, say so."""
    trail = [key for key in session.trail if any(s.key == key for s in flow.steps(session.facts))]
    if not trail:
        return ask_again(flow, session, situation, _("This is the first question."))
    answers = {k: v for k, v in session.answers.items() if k != trail[-1]}
    return ask_next(
        flow, replace(session, answers=answers, trail=tuple(trail[:-1]), doubt=None, again=trail[-1]), situation
    )


def ask_next(flow: Flow, session: Session, situation: Situation) -> Move:
    """Ask the first question that applies and has no answer, or end the flow."""
    known = knowns(session)
    step = next((s for s in flow.steps(session.facts) if s.key not in session.answers and s.when(known)), None)
    if step is None:
        closing, events = flow.closing(known, situation), flow.finish(known, situation)
        return Move(None, (closing,), (), events, flow.tells(known, situation))
    options = step.options(known)
    asked = replace(
        session,
        asked=step.key,
        options=options,
        ticket=situation.conversation.ticket + 1,
        asked_at=situation.now,
        doubt=None,
    )
    return Move(asked, (step.ask(known),), options)


def ask_again(flow: Flow, session: Session, situation: Situation, *hints: Text) -> Move:
    """Repeat the question that waits, after some words."""
    move = ask_next(flow, replace(current(flow, session, situation), doubt=None), situation)
    return replace(move, lines=hints + move.lines)


def asked_step(flow: Flow, session: Session) -> Step | None:
    """Return the step that was asked, or None when a newer release no longer has it."""
    return next((s for s in flow.steps(session.facts) if s.key == session.asked), None)


def current(flow: Flow, session: Session, situation: Situation) -> Session:
    """Carry a session of an older version over to this one, with its facts brought up to date."""
    while session.version < flow.version:
        change = flow.upgrades.get(session.version)
        answers = change(dict(session.answers)) if change else session.answers
        session = replace(session, version=session.version + 1, answers=answers)
    return replace(session, facts=flow.refresh(session, situation))


def knowns(session: Session) -> Known:
    """Return facts and answers together: what `when`, prompts and `finish` see."""
    return {**session.facts, **session.answers}


def place(flow: Flow, session: Session) -> tuple[int, int]:
    """Return which question waits, and of how many that apply: (2, 5)."""
    known = knowns(session)
    keys = [s.key for s in flow.steps(session.facts) if s.key in session.answers or s.when(known)]
    number = keys.index(session.asked) + 1 if session.asked in keys else min(len(session.trail) + 1, len(keys))
    return number, len(keys)
