"""Commands: a message that begins with a keyword, and the dialogues that keywords begin or steer."""

from __future__ import annotations

from dataclasses import replace

from conversations import dialogue
from conversations.flows import FLOWS, VERBS, correcting
from conversations.flows.account import LANGUAGE_NAMES
from conversations.flows.alerts import outcome_of
from conversations.flows.correcting import named_district
from conversations.flows.diary import diary_parts
from conversations.flows.history import history_route
from conversations.flows.leave import OVER, read_days
from conversations.flows.rating import rated
from conversations.flows.visit import answer as answer_visit
from conversations.flows.visit_log import VISIT_LOG, WHICH
from conversations.grammar import fold, read_report, split_yes
from conversations.grammar.reading import NoData, Read
from conversations.hearing import hears
from conversations.keywords import (
    find_verb,
    fits,
    stands_alone,
)
from conversations.places import split_district
from conversations.situation import Situation
from conversations.turn import Turn
from conversations.verbs import LEADERS, Request, Route

PROSE = 3  # words after a command that make it look like the beginning of a sentence
LIKE_WORDS = frozenset({"human", "note", "harm", "join"})
"""Commands that take any words, so that in a free-text answer only their capital letters tell them from it."""


def verb_route(name: str, words: str, text: str) -> Route:
    """Return the route of a verb; in the middle of a dialogue the dialogue's question is recalled after it."""
    verb = VERBS[name]

    def run(situation: Situation) -> Turn:
        return dialogue.recalled(verb.answer(Request(words, text, situation)), situation)

    return Route(verb.needs, run)


def command_route(situation: Situation, text: str) -> Route | None:
    """Return the route of a message that begins with a keyword; None when it is not meant as one."""
    found = find_verb(text)
    if found is None:
        return None
    name, words = found
    wanted = dialogue.asks_for_words(situation) or outcome_of(situation, text) is not None
    wanted = wanted or (hears(situation) and len(words.split()) >= PROSE and not text.split()[0].isupper())
    if wanted and not ends_words(situation, name, words, text):
        return None
    if (name == "stop" and not stands_alone(words)) or (name == "ok" and not fits("ok", words)):
        return None
    special = _dialogue_verb(situation, name, words, text)
    if special is not None:
        return special
    if name == "visit" and situation.contact.reports:
        return recalling(Route(frozenset({"visits"}), lambda s: answer_visit(words, s)))
    if name not in VERBS or situation.contact.role not in VERBS[name].roles:
        return None
    if name in CORRECTIONS and situation.contact.role in LEADERS:
        return recalling(CORRECTIONS[name](words, text, situation))
    if name in ("report", "fix", "undo", "trend") and not situation.contact.reports:
        return verb_route("help", "", text)
    return recalling(history_route(words, text, situation)) if name == "history" else verb_route(name, words, text)


CORRECTIONS = {"fix": correcting.fix_route, "undo": correcting.undo_route}


def recalling(found: Route) -> Route:
    """Ask the waiting question of a dialogue again after a route has run."""
    return replace(found, run=lambda s: dialogue.recalled(found.run(s), s))


def ends_words(situation: Situation, name: str, words: str, text: str) -> bool:
    """Whether a keyword at the start of a free-text answer is meant as a command; `REP` always is."""
    if name in LIKE_WORDS and words and not text.split()[0].isupper():
        return False
    if name == "leave" and words:
        return fold(words).strip(" .!") in OVER or read_days(words, situation.today) is not None
    if name == "lang" and words:
        return any(fold(words) in names for names in LANGUAGE_NAMES.values())
    if name == "rate" and not text.split()[0].isupper():
        return rated(words, situation.programme)[1] is not None
    if name in ("report", "fix") and words and fold(text).split()[0] != "rep" and not text.split()[0].isupper():
        return any(isinstance(i, Read | NoData) for i in read_report(text, situation.expected()).items)
    if name in ("tell", "visit", "vlog") and situation.contact.role in LEADERS:
        return bool(split_district(words, situation.programme)[0])
    if name == "visit" and (said := split_yes(words)) is not None:
        return not said[1]
    return fits(name, words)


def _dialogue_verb(situation: Situation, name: str, words: str, text: str) -> Route | None:
    session = situation.conversation.session
    if name == "report" and stands_alone(words) and situation.contact.reports:
        return dialogue_route("monthly_report", "report")
    if name == "diary" and not diary_parts(words) and situation.contact.reports:
        return dialogue_route("diary", "diary")
    if name == "vlog" and situation.contact.role in LEADERS:
        return _visit_log(situation, words, text)
    if name in ("back", "skip", "pause"):
        if session is None:
            return Route(frozenset(), lambda s: dialogue.nothing_open(s, name))
        if dialogue.is_over(situation):
            return Route(FLOWS[session.flow].needs, dialogue.over)
        return Route(FLOWS[session.flow].needs, lambda s: dialogue.control(s, name))
    if name == "help" and session is not None:
        return Route(FLOWS[session.flow].needs, dialogue.helped)
    return None


def _visit_log(situation: Situation, words: str, text: str) -> Route:
    """Return the route of a visit's log: guided for a district alone, or where a draft waits."""
    district, rest, _wrong = named_district(words, situation, WHICH)
    drafts = (*situation.conversation.sessions, *situation.conversation.paused)
    draft = next((s for s in reversed(drafts) if s.flow == VISIT_LOG.name), None)
    if not words and draft is not None:
        return Route(VISIT_LOG.needs, lambda s: dialogue.begin(VISIT_LOG, s, "vlog", draft.subject))
    if district is None or rest:
        return verb_route("vlog", words, text)
    facts = {"district": district.code, "name": district.name}
    subject = f"{district.code}:{situation.today}"
    return Route(VISIT_LOG.needs, lambda s: dialogue.begin(VISIT_LOG, s, "vlog", subject, facts))


def dialogue_route(flow: str, intent: str) -> Route:
    """Return the route that begins a dialogue, or goes on with its draft."""
    return Route(FLOWS[flow].needs, lambda s: dialogue.begin(FLOWS[flow], s, intent))
