"""What a message without a command answers: a thread it names, words that were heard, or a visit that was proposed."""

from __future__ import annotations

import re
from datetime import timedelta

from conversations.flows import FLOWS, notes, visit
from conversations.grammar import fold, split_yes
from conversations.keywords import AGREED, GREETINGS, POLITE, THANKS
from conversations.situation import Situation
from conversations.state import Heard, Question, Session
from conversations.turn import Turn, say
from conversations.verbs import Request, Route
from domain.people import REPORTERS
from domain.text import _, plain

WORDS_HOLD = timedelta(days=3)  # how long the next free words are taken as an answer to what was heard
VISIT_HOLDS = timedelta(days=7)
LABEL = re.compile(r"(?i)\s*([HNV])(\d{1,9})\b[\s:,.;-]*(.*)", re.DOTALL)
SPEAKING = frozenset({"colleagues", "helpers"})
BARE = re.compile(r"[\d\s.,/%]*\d[\d\s.,/%]*")
WHOSE = "whose"
"""Marks the menu that asks what an answer was for: once a number of it was chosen it is over."""


def named_route(text: str, situation: Situation) -> Route | None:
    """Return the route of `N12 words` or `V12 YES`; None when the message begins with no such thing."""
    found = LABEL.fullmatch(text)
    if found is None or f"{found[1]}{found[2]}".upper() in situation.programme.indicators:
        return None
    if found[1].upper() != "V":
        return thread_route(int(found[2]), found[3], text)
    if situation.contact.role not in REPORTERS:
        return None
    return Route(frozenset({"visits"}), lambda s: visit.answer(text, s))


def thread_route(ref: int, words: str, text: str) -> Route:
    """Return the route of words that are for a thread."""
    return Route(SPEAKING | {f"thread {ref}"}, lambda s: notes.speak(Request(words, text, s)))


def or_words(named: Route, words: Route) -> Route:
    """Return the route to a thread that is named, or that of an answer in words where there is no such thread."""
    if not any(need.startswith("thread ") for need in named.needs):
        return named
    return Route(named.needs | words.needs, lambda s: (named if notes.is_open_to_them(s) else words).run(s))


def yes_route(text: str, situation: Situation, questions: tuple[Question, ...], asks: bool) -> Route | None:
    """Return the route of a yes, a no or a bare number that what was heard since the last question may have asked for.

    `questions` are the open questions that it may be for, `asks` is whether the dialogue that waits wants no free
    words. A yes is for a proposed visit; where it may be for something else too, ask which is meant.
    """
    session, said = situation.conversation.session, split_yes(text)
    visits = [h for h in _fresh(situation, VISIT_HOLDS) if h.visit and (not session or h.at > session.asked_at)]
    visits = visits if said is not None else []
    if session is not None:
        questions = tuple(q for q in questions if q.asked_at > session.asked_at)
    asked = session if session is not None and asks and not questions else None
    threads = [] if said is None and not BARE.fullmatch(fold(text)) else _newer(text, situation, questions, asked)
    if not visits and not threads:
        return None
    if not questions and not threads and len(visits) == 1:
        return Route(frozenset({"visits"}), lambda s: visit.answer(f"{visits[0].label} {text}", s))
    return Route(frozenset(), lambda s: _which_one(text, [*visits, *threads], questions, asked if threads else None, s))


def _newer(text: str, situation: Situation, questions: tuple[Question, ...], session: Session | None) -> list[Heard]:
    """Return the unanswered threads that were heard since the last question, unless a text names a code itself."""
    named = {word.strip(",:=.-").upper() for word in fold(text).split()} & set(situation.programme.indicators)
    asked = [q.asked_at for q in questions[:1]] + ([session.asked_at] if session else [])
    if named or not asked:
        return []
    return [h for h in _fresh(situation, WORDS_HOLD) if h.first and not h.visit and h.at > max(asked)]


def _which_one(
    text: str, heard: list[Heard], questions: tuple[Question, ...], session: Session | None, situation: Situation
) -> Turn:
    names = [_("visit by {name}", name=h.who) if h.visit else plain("{n} {name}", n=h.label, name=h.who) for h in heard]
    names += [plain("{code}", code=question.code) for question in questions]
    choices = [f"{h.label} {text}" for h in heard] + [_for_code(question, text) for question in questions]
    if session is not None:
        flow = FLOWS[session.flow]
        names.append(flow.called(session.asked or "", session.subject) or flow.title)
        choices.append(text)
    rows = tuple(plain("{n} {what}", n=n, what=name) for n, name in enumerate(names, start=1))
    menu = Question("menu", situation.now, token=WHOSE, choices=tuple(choices))
    line = _("Which one is that for? {list}. Reply the number.", list=rows)
    return Turn("yes", situation.conversation.asking(menu), "question", say(line))


def _for_code(question: Question, text: str) -> str:
    if question.district is not None and split_yes(text) is None:
        return f"FIX {question.district} {question.code} {text}"
    return f"{question.code} {text}"


def words_route(text: str, situation: Situation) -> Route | None:
    """Return the route of free words that answer what was heard in the last days; None when nothing was.

    Thanks are an answer only to words that nobody has answered yet, and a greeting never is one.
    """
    folded = re.sub(r"[\s!.,]+", " ", fold(text)).strip()
    bare = " ".join(word for word in folded.split() if word not in POLITE) or folded
    polite = not {folded, bare}.isdisjoint(THANKS | AGREED)
    heard = [h for h in _fresh(situation, WORDS_HOLD) if h.first or not polite]
    if not heard or not {folded, bare}.isdisjoint(GREETINGS):
        return None
    if len(heard) > 1:
        return Route(frozenset(), lambda s: _which_thread(heard, s))
    if heard[0].visit:
        return None if polite else Route(frozenset({"visits"}), lambda s: visit.answer("", s))
    return thread_route(heard[0].ref, text, text)


def hears(situation: Situation) -> bool:
    """Whether free words would be taken as an answer now."""
    return situation.conversation.session is None and bool(_fresh(situation, WORDS_HOLD))


def _fresh(situation: Situation, holds: timedelta) -> list[Heard]:
    return [h for h in situation.conversation.heard if timedelta() <= situation.now - h.at <= holds]


def _which_thread(heard: list[Heard], situation: Situation) -> Turn:
    rows = tuple(plain("{ref} {name}", ref=h.label, name=h.who) for h in heard[:4])
    line = _("Which one is that for? {list}. Begin with it: {ref} and your words.", list=rows, ref=heard[0].label)
    return Turn("notes", situation.conversation, "question", say(line))
