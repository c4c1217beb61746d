"""Whose turn it is: which verb, dialogue or open question a message belongs to, what to load, and what to run."""

from __future__ import annotations

import re
from dataclasses import replace

from conversations import dialogue
from conversations.binding import fresh_menu, fresh_questions, question_route, reads_as_report
from conversations.commands import command_route, recalling, verb_route
from conversations.engine import asked_step
from conversations.flows import FLOWS
from conversations.flows.alerts import outcome_of
from conversations.flows.checking import old_list, pick
from conversations.flows.diary import diary_parts
from conversations.flows.handover import passed_on
from conversations.grammar import fold, read_report, split_yes
from conversations.grammar.reading import NoData, Read
from conversations.hearing import WHOSE, named_route, or_words, words_route, yes_route
from conversations.keywords import (
    CARRIER_STOP,
    find_verb,
    is_friendly,
    nearest_verb,
    stands_alone,
)
from conversations.noise import is_noise
from conversations.parts import pieced
from conversations.practice import practised
from conversations.progress import ProgressUnclear, plan_parts, read_progress
from conversations.situation import Situation
from conversations.state import Conversation, Question
from conversations.steps import YesNo
from conversations.turn import Turn
from conversations.unprompted import unprompted_route
from conversations.verbs import Request, Route
from domain.events import ContactStarted
from domain.messages import Inbound, InboundKind
from domain.people import REPORTERS, ContactStatus
from domain.text import Text

WORD = re.compile(r"\w")
REPORT_LINE = re.compile(r"(?i)\n\s*(?=rep\b)")


def unquoted(text: str) -> str:
    """Return a text without the lines it quotes, unless there is nothing else."""
    kept = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith(">"))
    return kept if kept.strip() else text


def route(situation: Situation, inbound: Inbound) -> Route:
    """Decide what a message is for. Looks at the person, their conversation and the words; loads nothing."""
    if not situation.contact.consented:
        return _routed(situation, inbound)
    return practised(situation, inbound, _routed)


def _routed(situation: Situation, inbound: Inbound) -> Route:
    if inbound.kind is InboundKind.BUTTON:
        return _button(situation, inbound)
    text = unquoted(inbound.text)
    if is_noise(inbound, text):
        return Route(frozenset(), lambda s: Turn("noise", s.conversation, "none"))
    if situation.scheme == "tel" and situation.contact.reports and situation.contact.consented:
        return pieced(situation, text, _by_words)
    return _by_words(situation, text)


def _by_words(situation: Situation, text: str) -> Route:
    conversation = situation.conversation
    if situation.scheme == "tel" and fold(text).rstrip(" .!") in CARRIER_STOP:
        return verb_route("stop", "", text)
    if not situation.contact.consented:
        return _joining(situation, text)
    if (menu := fresh_menu(situation)) is not None and (chosen := _choice(menu, text)) is not None:
        return _chosen(situation, menu, chosen)
    if not WORD.search(text):
        return verb_route("help", "", text)
    if _is_listed(situation, text):
        return Route(frozenset(), lambda s: pick(Request(fold(text).rstrip(".)"), text, s)))
    if (found := named_route(text, situation)) is not None:
        found = recalling(found)
        return or_words(found, _reply(situation, text)) if dialogue.asks_for_words(situation) else found
    if (found := command_route(situation, text)) is not None:
        return found
    if situation.contact.reports and (verb := _written(situation, text)) is not None:
        first, report = ended_by_report(text)
        return _and_report(verb_route(verb, first, first), report)
    asks = conversation.session is not None and not dialogue.asks_for_words(situation)
    if (answered := yes_route(text, situation, fresh_questions(situation), asks)) is not None:
        return answered if asks else recalling(answered)
    if (question := question_route(situation, text)) is not None:
        return question
    if not is_friendly(text) and (closing := outcome_of(situation, text)) is not None:
        return verb_route("close", closing, text)
    if conversation.session is not None:
        return _reply(situation, text)
    if (heard := _to_what_was_heard(situation, text)) is not None:
        return heard
    return unprompted_route(situation, text)


def _to_what_was_heard(situation: Situation, text: str) -> Route | None:
    """Bind free words to what somebody has said to this person; a report stays one, and so does a slip of a command."""
    slip = len(text.split()) == 1 and nearest_verb(text.strip()) is not None
    return None if slip or reads_as_report(text, situation) else words_route(text, situation)


def _written(situation: Situation, text: str) -> str | None:
    """Return the verb of an update of the plan or the diary in one message; None when a text is neither.

    Where free words are asked for, those that only begin with the key of an activity are the answer.
    """
    parts = plan_parts(ended_by_report(text)[0])
    wanted = dialogue.asks_for_words(situation)
    if parts and (not wanted or any(is_progress(words, situation) for _key, words in parts)):
        return "progress"
    return "diary" if diary_parts(text) else None


def is_progress(words: str, situation: Situation) -> bool:
    """Whether words behind the key of an activity say how it stands, or call for help with it."""
    found = find_verb(words)
    if found is not None and found[0] in ("help", "human"):
        return words.split()[0].isupper()
    try:
        read_progress("", "", words, situation.today)
    except ProgressUnclear:
        return False
    return True


def ended_by_report(text: str) -> tuple[str, str]:
    """Split a text into words and the report that `REP` at the start of a line begins, empty where there is none."""
    first, *reported = REPORT_LINE.split(text, maxsplit=1)
    return first, "".join(reported)


def _and_report(first: Route, report: str) -> Route:
    """Return the route of words and the report behind them, if any, in one answer; what the report asks comes first."""
    if not report:
        return first
    reported = verb_route("report", report, report)

    def run(situation: Situation) -> Turn:
        told = first.run(situation)
        turn = reported.run(replace(situation, conversation=_asked_before(told.conversation, situation)))
        said = turn.say.after(*_without_question(told)) if turn.say and told.say else None
        return replace(turn, say=said, events=(*told.events, *turn.events), tells=(*told.tells, *turn.tells))

    return Route(first.needs | reported.needs, run)


def _asked_before(conversation: Conversation, situation: Situation) -> Conversation:
    """Let the dialogue wait as if its question had been asked before this message: it has not been seen yet."""
    now, before = conversation.session, situation.conversation.session
    return conversation.with_session(replace(now, asked_at=before.asked_at)) if now and before else conversation


def _without_question(turn: Turn) -> tuple[Text, ...]:
    """Return what a turn says before the question of the dialogue that waits."""
    session, said = turn.conversation.session, turn.say
    assert said is not None
    return said.lines[:-1] if session is not None and said.ticket == session.ticket else said.lines


def _joining(situation: Situation, text: str) -> Route:
    """Ask for consent before anything else: until then only STOP and BACK are more than an answer to that."""
    found = find_verb(text)
    if found is not None and found[0] == "stop" and stands_alone(found[1]):
        return verb_route("stop", "", text)
    if situation.contact.status is ContactStatus.STOPPED:
        if found is None or found[0] != "start":
            return Route(frozenset(), lambda s: Turn("noise", s.conversation, "none"))
        return Route(FLOWS["join"].needs, _joining_again)
    if situation.contact.role in REPORTERS and situation.contact.district is None:
        return Route(frozenset(), passed_on)
    session = situation.conversation.session
    if session is not None and session.flow == "join":
        if dialogue.is_over(situation):
            return Route(FLOWS["join"].needs, dialogue.over)
        if found is not None and found[0] == "back" and stands_alone(found[1]):
            return Route(FLOWS["join"].needs, lambda s: dialogue.control(s, "back"))
        return Route(FLOWS["join"].needs, lambda s: _yes_or_no(dialogue.reply(s, text), s, text))
    return Route(FLOWS["join"].needs, lambda s: dialogue.begin(FLOWS["join"], s, "join"))


def _choice(menu: Question, text: str) -> str | None:
    """Return what the number of a list stands for; None when a text is none of its numbers."""
    bare = fold(text).rstrip(".)")
    number = int(bare) if bare.isdecimal() else 0
    return menu.choices[number - 1] if 1 <= number <= len(menu.choices) else None


def _chosen(situation: Situation, menu: Question, text: str) -> Route:
    """Return the route of what was chosen; what somebody has said what it is for is not asked about again."""
    settled = situation.conversation.settled(menu)
    if menu.token != WHOSE:
        return _by_words(replace(situation, conversation=settled), text)
    found = _by_words(replace(situation, conversation=replace(settled, heard=())), text)
    return replace(found, run=lambda s: found.run(replace(s, conversation=s.conversation.settled(menu))))


def _is_listed(situation: Situation, text: str) -> bool:
    """Whether a bare number is one of the list of values to look at, the last thing that was shown."""
    flags, questions = situation.conversation.flags, situation.conversation.questions
    if flags is None or situation.conversation.session is not None or (questions and questions[0].asked_at > flags.at):
        return False
    bare = fold(text).rstrip(".)")
    return bare.isdecimal() and 1 <= int(bare) <= len(flags.values)


def _reply(situation: Situation, text: str) -> Route:
    """Take a message as the reply to the dialogue, unless it is a report about something else."""
    session = situation.conversation.session
    assert session is not None
    first, report = ended_by_report(text)
    if dialogue.asks_for_words(situation) and situation.contact.reports and report:
        return _and_report(_by_words(situation, first), report)
    if not dialogue.asks_for_words(situation) and situation.contact.reports:
        reading = read_report(text, situation.expected())
        others = {i.code for i in reading.items if isinstance(i, Read | NoData)}
        if reading.certain and others:
            return verb_route("report", text, text)
    if dialogue.is_over(situation):
        return Route(FLOWS[session.flow].needs, dialogue.over)
    return Route(FLOWS[session.flow].needs, lambda s: _yes_or_no(dialogue.reply(s, text), s, text))


def _yes_or_no(turn: Turn, situation: Situation, text: str) -> Turn:
    """Call the reply to a yes-or-no question by what it was."""
    session, said = situation.conversation.session, split_yes(text)
    if session is None or said is None or not isinstance(asked_step(FLOWS[session.flow], session), YesNo):
        return turn
    return replace(turn, intent="yes" if said[0] else "no")


def _joining_again(situation: Situation) -> Turn:
    """Ask somebody who had refused once more, from the beginning."""
    begun = dialogue.begin(FLOWS["join"], situation, "join")
    return replace(begun, events=(ContactStarted(), *begun.events))


def _button(situation: Situation, inbound: Inbound) -> Route:
    session = situation.conversation.session
    if session is not None and inbound.ticket == session.ticket:
        return Route(FLOWS[session.flow].needs, lambda s: dialogue.reply(s, inbound.text))
    if (found := find_verb(inbound.text)) is not None:
        flags = situation.conversation.flags
        if found[0] in ("ok", "hold") and (flags is None or flags.ticket != inbound.ticket):
            return Route(frozenset(), old_list)
        return _by_words(situation, inbound.text)
    needs = FLOWS[session.flow].needs if session else frozenset()
    return Route(needs, lambda s: dialogue.old_button(s, inbound.ticket))
