"""Whose turn it is: which verb, dialogue or open question a message belongs to, what to load, and what to run."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from conversations import dialogue
from conversations.engine import asked_step
from conversations.flows import FLOWS, VALUES, VERBS, correcting
from conversations.flows.alerts import outcome_of
from conversations.flows.answering import answer, which
from conversations.flows.checking import old_list, pick
from conversations.flows.correcting import named_district
from conversations.flows.diary import diary_parts
from conversations.flows.history import history_route
from conversations.flows.visit import answer as answer_visit
from conversations.flows.visit_log import VISIT_LOG, WHICH
from conversations.grammar import fold, read_report, read_slot, split_yes
from conversations.grammar.prose import FILLERS
from conversations.grammar.reading import Ask, NoData, Read, Reason, Refuse, Why
from conversations.hearing import hears, named_route, visit_route, words_route
from conversations.keywords import (
    AGREED,
    CARRIER_STOP,
    GREETINGS,
    POLITE,
    THANKS,
    find_verb,
    fits,
    nearest_verb,
    stands_alone,
)
from conversations.noise import is_noise
from conversations.parts import pieced
from conversations.places import split_district
from conversations.practice import practised
from conversations.progress import plan_parts
from conversations.queries import in_words
from conversations.receipts import example_of
from conversations.situation import PastReport, Situation
from conversations.state import Question
from conversations.steps import YesNo
from conversations.turn import Turn, say
from conversations.verbs import LEADERS, Request, Route
from domain.measures import Measure
from domain.messages import Inbound, InboundKind
from domain.people import ContactStatus
from domain.text import _

QUESTION_HOLDS = timedelta(days=7)  # after that a bare yes is for something else; `Y CODE` still reaches it
PROSE = 3  # words after a command that make it look like the beginning of a sentence
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
    if (chosen := _menu_choice(situation, text)) is not None:
        return _by_words(replace(situation, conversation=conversation.settled(conversation.questions[0])), chosen)
    if not WORD.search(text):
        return verb_route("help", "", text)
    if _is_listed(situation, text):
        return Route(frozenset(), lambda s: pick(Request(fold(text).rstrip(".)"), text, s)))
    if (found := named_route(text, situation)) is not None:
        return _recalling(found)
    if (found := _verb(situation, text)) is not None:
        return found
    if situation.contact.reports and plan_parts(text):
        return _with_report("progress", text)
    if situation.contact.reports and diary_parts(text):
        return _with_report("diary", text)
    if (visit := visit_route(text, situation, _fresh_questions(situation))) is not None:
        return _recalling(visit)
    if (question := _question_for(situation, text)) is not None:
        return question
    if not _is_friendly(text) and (closing := outcome_of(situation, text)) is not None:
        return verb_route("close", closing, text)
    if conversation.session is not None:
        return _reply(situation, text)
    if (heard := _to_what_was_heard(situation, text)) is not None:
        return heard
    return _unprompted(situation, text)


def _to_what_was_heard(situation: Situation, text: str) -> Route | None:
    """Bind free words to what somebody has said to this person; a report stays one, and so does a slip of a command."""
    slip = len(text.split()) == 1 and nearest_verb(text.strip()) is not None
    return None if slip or _reads_as_report(text, situation) else words_route(text, situation)


def _with_report(verb: str, text: str) -> Route:
    """Return the route of a diary or plan update; `REP` at the start of a line ends it and begins a report."""
    first, *reported = REPORT_LINE.split(text, maxsplit=1)
    if not reported:
        return verb_route(verb, text, text)

    def run(situation: Situation) -> Turn:
        told = VERBS[verb].answer(Request(first, first, situation))
        rest = replace(situation, conversation=told.conversation)
        values = VERBS["report"].answer(Request(reported[0], reported[0], rest))
        assert told.say is not None
        assert values.say is not None
        said = replace(values.say, lines=(*told.say.lines, *values.say.lines))
        return replace(values, say=said, events=(*told.events, *values.events), tells=(*told.tells, *values.tells))

    return Route(VALUES | VERBS[verb].needs, run)


def _joining(situation: Situation, text: str) -> Route:
    """Ask for consent before anything else: until then only STOP is more than an answer to that."""
    found = find_verb(text)
    if found is not None and found[0] == "stop" and stands_alone(found[1]):
        return verb_route("stop", "", text)
    if situation.contact.status is ContactStatus.STOPPED and (found is None or found[0] != "start"):
        return Route(frozenset(), lambda s: Turn("noise", s.conversation, "none"))
    session = situation.conversation.session
    if session is not None and session.flow == "join":
        return Route(FLOWS["join"].needs, lambda s: _yes_or_no(dialogue.reply(s, text), s, text))
    return Route(FLOWS["join"].needs, lambda s: dialogue.begin(FLOWS["join"], s, "join"))


def verb_route(name: str, words: str, text: str) -> Route:
    """Return the route of a verb; in the middle of a dialogue the dialogue's question is recalled after it."""
    verb = VERBS[name]

    def run(situation: Situation) -> Turn:
        return dialogue.recalled(verb.answer(Request(words, text, situation)), situation)

    return Route(verb.needs, run)


def _verb(situation: Situation, text: str) -> Route | None:
    found = find_verb(text)
    if found is None:
        return None
    name, words = found
    wanted = dialogue.asks_for_words(situation) or outcome_of(situation, text) is not None
    wanted = wanted or (hears(situation) and len(words.split()) >= PROSE and not text.split()[0].isupper())
    if wanted and not _ends_words(situation, name, words, text):
        return None
    if (name == "stop" and not stands_alone(words)) or (name == "ok" and not words[:1].isdigit()):
        return None
    special = _dialogue_verb(situation, name, words, text)
    if special is not None:
        return special
    if name == "visit" and situation.contact.reports:
        return _recalling(Route(frozenset({"visits"}), lambda s: answer_visit(words, s)))
    if name not in VERBS or situation.contact.role not in VERBS[name].roles:
        return None
    if name in CORRECTIONS and situation.contact.role in LEADERS:
        return _recalling(CORRECTIONS[name](words, text, situation))
    if name in ("report", "fix", "undo", "trend") and not situation.contact.reports:
        return verb_route("help", "", text)
    return _recalling(history_route(words, text, situation)) if name == "history" else verb_route(name, words, text)


CORRECTIONS = {"fix": correcting.fix_route, "undo": correcting.undo_route}


def _recalling(found: Route) -> Route:
    return replace(found, run=lambda s: dialogue.recalled(found.run(s), s))


def _ends_words(situation: Situation, name: str, words: str, text: str) -> bool:
    """Whether a keyword at the start of a free-text answer is meant as a command; `REP` always is."""
    if name == "report" and words and fold(text).split()[0] != "rep":
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


def _menu_choice(situation: Situation, text: str) -> str | None:
    questions = situation.conversation.questions
    session = situation.conversation.session
    if not questions or questions[0].kind != "menu" or not fold(text).rstrip(".)").isdigit():
        return None
    if session is not None and session.asked_at > questions[0].asked_at:
        return None
    number = int(fold(text).rstrip(".)"))
    choices = questions[0].choices
    return choices[number - 1] if 1 <= number <= len(choices) else None


def _is_listed(situation: Situation, text: str) -> bool:
    """Whether a bare number is one of the list of values to look at, the last thing that was shown."""
    flags, questions = situation.conversation.flags, situation.conversation.questions
    if flags is None or situation.conversation.session is not None or (questions and questions[0].asked_at > flags.at):
        return False
    bare = fold(text).rstrip(".)")
    return bare.isdigit() and 1 <= int(bare) <= len(flags.values)


def _question_for(situation: Situation, text: str) -> Route | None:
    """Bind a yes, a no or a bare value to the open question it belongs to, if there is one."""
    session = situation.conversation.session
    questions = _fresh_questions(situation)
    if session is not None:
        questions = tuple(q for q in questions if q.asked_at > session.asked_at)
    old = tuple(q for q in situation.conversation.questions if q.kind != "menu")
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
        return _recalling(correcting.answer_route(question, text))
    return _recalling(Route(VALUES, lambda s: answer(Request("", text, s), question)))


def _reporting(text: str, questions: tuple[Question, ...], situation: Situation) -> Route:
    """Return the route of another value, sent in place of a yes or no."""
    first = fold(text.split()[0]).strip(":,=-").upper()
    district = next((q.district for q in questions if q.code == first), None)
    if district is not None:
        return _recalling(correcting.fix_route(f"{district} {text}", text, situation))
    return verb_route("report", text, text)


def _in_words(questions: tuple[Question, ...], text: str, situation: Situation) -> Route | None:
    """Bind words that are no report and no greeting to what a facilitator has asked about a value."""
    queries = tuple(q for q in questions if q.query)
    first, _space, rest = text.partition(" ")
    named = next((q for q in queries if rest and fold(first).strip(":,=-").upper() == q.code), None)
    if not queries or _is_friendly(text) or _reads_as_report(text, situation):
        return None
    if named is not None:
        return _recalling(Route(VALUES, lambda s: in_words(Request("", rest, s), named)))
    if len(queries) > 1:
        return Route(VALUES, lambda s: which(Request("", text, s), queries))
    return _recalling(Route(VALUES, lambda s: in_words(Request("", text, s), queries[0])))


def _reads_as_report(text: str, situation: Situation) -> bool:
    reading = read_report(text, situation.expected())
    return reading.certain and any(not (isinstance(i, Ask) and i.why is Why.NO_VALUE) for i in reading.items)


def _fresh_questions(situation: Situation) -> tuple[Question, ...]:
    """Return the open questions that a bare answer may be for: not older than a week, nor than the last prompt."""
    conversation = situation.conversation
    since = situation.now - QUESTION_HOLDS
    if conversation.prompted is not None and conversation.prompted.at <= situation.now:
        since = max(since, conversation.prompted.at)
    return tuple(q for q in conversation.questions if q.kind != "menu" and since <= q.asked_at <= situation.now)


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


def _reply(situation: Situation, text: str) -> Route:
    """Take a message as the reply to the dialogue, unless it is a report about something else."""
    session = situation.conversation.session
    assert session is not None
    if not dialogue.asks_for_words(situation) and situation.contact.reports:
        reading = read_report(text, situation.expected())
        others = {i.code for i in reading.items if isinstance(i, Read | NoData)}
        if reading.certain and others:
            return verb_route("report", text, text)
    return Route(FLOWS[session.flow].needs, lambda s: _yes_or_no(dialogue.reply(s, text), s, text))


def _yes_or_no(turn: Turn, situation: Situation, text: str) -> Turn:
    """Call the reply to a yes-or-no question by what it was."""
    session, said = situation.conversation.session, split_yes(text)
    if session is None or said is None or not isinstance(asked_step(FLOWS[session.flow], session), YesNo):
        return turn
    return replace(turn, intent="yes" if said[0] else "no")


def _unprompted(situation: Situation, text: str) -> Route:
    """Route what is neither a command nor an answer: a greeting, a report without its verb, a slip of a command."""
    folded = re.sub(r"[\s!.,]+", " ", fold(text)).strip()
    if _is_friendly(text):
        return verb_route("thanks", "", text)
    if situation.contact.reports and _looks_like_report(situation, text):
        if (slip := _slip(situation, folded)) is not None:
            return Route(frozenset(), lambda s: _did_you_mean(s, slip))
        return verb_route("report", text, text)
    if split_yes(text) is not None:
        return Route(frozenset(), lambda s: _nothing_waits(s, text))
    if any(folded.startswith(f"{phrase} ") for phrase in THANKS | GREETINGS):
        return verb_route("thanks", "", text)
    if len(folded.split()) <= 2 and find_verb(text) is None and (near := nearest_verb(folded.split()[0])) is not None:
        return Route(frozenset(), lambda s: _did_you_mean(s, near))
    if situation.contact.reports and any(ch.isdigit() for ch in text):
        return verb_route("report", text, text)
    return Route(frozenset(), lambda s: _not_understood(s))


def _is_friendly(text: str) -> bool:
    folded = re.sub(r"[\s!.,]+", " ", fold(text)).strip()
    bare = " ".join(w for w in folded.split() if w not in POLITE) or folded
    return not {folded, bare}.isdisjoint(THANKS | GREETINGS | AGREED)


def _slip(situation: Situation, folded: str) -> str | None:
    """Return the command, other than REP, that a report seems to begin with, misspelt: `FIXX ABS 13`."""
    first, *rest = folded.split()
    is_pair = bool(rest) and rest[0][0].isdigit()  # a code with its value, not a command with what it is about
    if is_pair or first in FILLERS or first.upper() in situation.programme.indicators:
        return None
    near = nearest_verb(first)
    return near if near != "REP" else None


def _looks_like_report(situation: Situation, text: str) -> bool:
    reading = read_report(text, situation.expected())
    if reading.certain:
        return True
    known = [i for i in reading.items if not (isinstance(i, Refuse) and i.reason is Reason.UNKNOWN_CODE)]
    return bool(known or reading.period_asked)


def _nothing_waits(situation: Situation, text: str) -> Turn:
    yes = split_yes(text)
    line = _("Nothing waits for a yes or no from you. DUE shows what is due, HELP what you can do.")
    return Turn("yes" if yes and yes[0] else "no", situation.conversation, "help", say(line))


def _did_you_mean(situation: Situation, word: str) -> Turn:
    line = _("Did you mean {word}? Send it if so. HELP shows what you can do.", word=word)
    return Turn("chat", situation.conversation, "question", say(line))


def _not_understood(situation: Situation) -> Turn:
    sorry = _("Sorry, that was not understood.")
    if not situation.due:
        return Turn("chat", situation.conversation, "help", say(sorry, _("HELP shows what you can do.")))
    code = situation.due[0]
    how = _(
        "Report with e.g. REP {code} {example}. HELP shows what you can do, HELP ME and words asks a person.",
        code=code,
        example=example_of(situation.programme.indicators[code], situation.contact.language),
    )
    return Turn("chat", situation.conversation, "help", say(sorry, how))


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


def edit_route(past: PastReport | None, situation: Situation, inbound: Inbound) -> Route:
    """Return the route of an edited message: a correction of the report it was, else a message like any other."""
    if past is None or not situation.contact.reports:
        return route(situation, replace(inbound, kind=InboundKind.MESSAGE))
    text = unquoted(inbound.text)
    found = find_verb(text)
    words = found[1] if found and found[0] in ("report", "fix") else text
    return Route(VALUES, lambda s: VERBS["report"].answer(Request(words, text, s, past)))
