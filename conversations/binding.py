"""Binding: which open question a yes, a no or a bare value belongs to."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from conversations.commands import recalling, verb_route
from conversations.flows import VALUES, correcting
from conversations.flows.answering import answer, which
from conversations.grammar import fold, read_report, read_slot, split_yes
from conversations.grammar.reading import Ask, NoData, Read, Reason, Why
from conversations.keywords import is_friendly
from conversations.queries import in_words
from conversations.situation import Situation
from conversations.state import Question
from conversations.turn import Turn, say
from conversations.verbs import Request, Route
from domain.measures import Measure
from domain.text import _

QUESTION_HOLDS = timedelta(days=7)  # after that a bare yes is for something else; `Y CODE` still reaches it


def question_route(situation: Situation, text: str) -> Route | None:
    """Bind a yes, a no or a bare value to the open question it belongs to, if there is one."""
    session = situation.conversation.session
    questions = fresh_questions(situation)
    if session is not None:
        questions = tuple(q for q in questions if q.asked_at > session.asked_at)
    old = tuple(q for q in situation.conversation.questions if _may_answer(q, situation))
    if (named := _named(old, text)) is not None and session is None:
        return _answering(*named)
    if not questions:
        return None
    if questions[0].district is not None:
        situation = replace(situation, behalf=questions[0].district)
    if (right := _right_value(questions, text, situation)) is not None:
        return _reporting(right, questions, situation)
    if (other := _about_another(questions, text, situation)) is not None:
        return Route(frozenset(), lambda s: _not_waiting(s, other, questions[0]))
    named = _named(questions, text)
    if named is not None:
        return _answering(*named)
    fitting = tuple(q for q in questions if _fits_question(q, text, situation))
    if not fitting:
        return _in_words(questions, text, situation)
    if len(questions) > 1:
        return Route(VALUES, lambda s: which(Request("", text, s), questions))
    return _answering(questions[0], text)


def _answering(question: Question, text: str) -> Route:
    if question.district is not None:
        return recalling(correcting.answer_route(question, text))
    return recalling(Route(VALUES, lambda s: answer(Request("", text, s), question)))


def _reporting(text: str, questions: tuple[Question, ...], situation: Situation) -> Route:
    """Return the route of another value, sent in place of a yes or no."""
    first = fold(text.split()[0]).strip(":,=-").upper()
    district = next((q.district for q in questions if q.code == first), None)
    if district is not None:
        return recalling(correcting.fix_route(f"{district} {text}", text, situation))
    return verb_route("report", text, text)


def _in_words(questions: tuple[Question, ...], text: str, situation: Situation) -> Route | None:
    """Bind words that are no report and no greeting to what a facilitator has asked about a value."""
    queries = tuple(q for q in questions if q.query)
    first, _space, rest = text.partition(" ")
    named = next((q for q in queries if rest and fold(first).strip(":,=-").upper() == q.code), None)
    if not queries or is_friendly(text) or reads_as_report(text, situation):
        return None
    if named is not None:
        return recalling(Route(VALUES, lambda s: in_words(Request("", rest, s), named)))
    if len(queries) > 1:
        return Route(VALUES, lambda s: which(Request("", text, s), queries))
    return recalling(Route(VALUES, lambda s: in_words(Request("", text, s), queries[0])))


def reads_as_report(text: str, situation: Situation) -> bool:
    """Whether a text can only be a report, with something in it besides a code without its value."""
    reading = read_report(text, situation.expected())
    return reading.certain and any(not (isinstance(i, Ask) and i.why is Why.NO_VALUE) for i in reading.items)


def fresh_questions(situation: Situation) -> tuple[Question, ...]:
    """Return the open questions that a bare answer may be for: not older than a week, nor than the last prompt."""
    return tuple(q for q in situation.conversation.questions if _may_answer(q, situation) and _is_fresh(q, situation))


def fresh_menu(situation: Situation) -> Question | None:
    """Return the numbered list that a bare number is for: as fresh as a question, and the last thing that was shown."""
    menu = next(iter(situation.conversation.questions), None)
    if menu is None or menu.kind != "menu" or not _is_fresh(menu, situation):
        return None
    return None if _shown_since(menu.asked_at, situation) else menu


def _is_fresh(question: Question, situation: Situation) -> bool:
    prompted, since = situation.conversation.prompted, situation.now - QUESTION_HOLDS
    if prompted is not None and prompted.at <= situation.now:
        since = max(since, prompted.at)
    return since <= question.asked_at <= situation.now


def _shown_since(moment: datetime, situation: Situation) -> bool:
    """Whether a list, a question of a dialogue or somebody's words, which a number may answer, came after a moment."""
    conversation = situation.conversation
    times = [*(heard.at for heard in conversation.heard), *(shown.at for shown in conversation.shown)]
    times += [conversation.flags.at] if conversation.flags else []
    times += [conversation.closing.at] if conversation.closing else []
    times += [conversation.session.asked_at] if conversation.session else []
    return any(moment < at <= situation.now for at in times)


def _may_answer(question: Question, situation: Situation) -> bool:
    """Whether a question is about a value that this person answers for: their own, or one of a district it names."""
    return question.kind != "menu" and (question.district is not None or situation.contact.reports)


def _named(questions: tuple[Question, ...], text: str) -> tuple[Question, str] | None:
    words = text.split()
    for question in questions:
        placed = len(words) > 1 and question.district is not None and fold(words[0]) == fold(question.district)
        said = words[1:] if placed else words
        for place in range(min(len(said), 2)):
            rest = " ".join(said[:place] + said[place + 1 :])
            if fold(said[place]).upper() == question.code and (placed or split_yes(rest) is not None):
                return question, rest
    return None


def _right_value(questions: tuple[Question, ...], text: str, situation: Situation) -> str | None:
    """Return what follows a yes or no when it is another value for the code in question: `No, ABS 13`."""
    said = split_yes(text)
    if said is None or not said[1]:
        return None
    first = fold(said[1].split()[0]).strip(":,=-").upper()
    asked = {q.period: q.readings[0].value if q.readings else None for q in questions if q.code == first}
    reads = [i for i in read_report(said[1], situation.expected()).items if isinstance(i, Read) and i.code == first]
    return said[1] if any(r.period in asked and r.measure.value != asked[r.period] for r in reads) else None


def _about_another(questions: tuple[Question, ...], text: str, situation: Situation) -> str | None:
    """Return the code that a yes or no names, when no question about it is open."""
    words = [fold(word).upper() for word in text.split()[:2]]
    open_codes = {q.code for q in questions}
    named = [w for w in words if w in situation.programme.indicators]
    if len(words) < 2 or not named or named[0] in open_codes:
        return None
    rest = " ".join(word for word in text.split() if fold(word).upper() != named[0])
    return named[0] if split_yes(rest) is not None else None


def _not_waiting(situation: Situation, code: str, question: Question) -> Turn:
    line = _("Nothing waits for {code}.", code=code)
    waits = _("{code} {value} still waits for your answer.", code=question.code, value=_value(question))
    return Turn("yes", situation.conversation, "question", say(line, waits))


def _value(question: Question) -> Measure | str:
    return question.readings[0] if question.readings else question.token


def _fits_question(question: Question, text: str, situation: Situation) -> bool:
    if split_yes(text) is not None:
        return True
    indicator = situation.programme.indicators.get(question.code or "")
    if indicator is None or read_report(text, situation.expected()).certain:
        return False
    item = read_slot(text, indicator, question.period or situation.period, situation.expected())
    if isinstance(item, Read | NoData):
        return True
    if isinstance(item, Ask):
        return item.why in (Why.RATIO, Why.TWO_READINGS)
    return item.reason is Reason.HARD_RANGE
