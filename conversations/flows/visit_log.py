"""The log of a support visit: five questions, or one message with its parts named (toolkit, Support visits)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from conversations.flow import Flow, Known, Step
from conversations.flows.account import PRIVATE_WORDS
from conversations.flows.correcting import named_district
from conversations.flows.notes import team
from conversations.grammar import fold
from conversations.situation import Situation
from conversations.steps import Words
from conversations.turn import Tell, Turn, say
from conversations.verbs import Request
from domain.events import Event, VisitLogged
from domain.programme import District
from domain.text import Text, _, ngettext

WHICH = _("Which district? Yours: {names}. Send e.g. VLOG {district}")
SECTION_NAMES = {
    "seen": _("seen"),
    "strategies": _("strategies"),
    "challenges": _("challenges"),
    "effects": _("effects"),
    "agreements": _("agreements"),
    "reflection": _("own reflection"),
}
PRIVATE = frozenset({"reflection"})
MARKS = {
    "seen": ("seen", "yaliyoonekana", "lo visto", "visto", "constats"),
    "strategies": ("strategy", "strategies", "mkakati", "mikakati", "estrategia", "estrategias", "strategie"),
    "challenges": (
        *("challenge", "challenges", "changamoto", "reto", "retos", "dificultad", "dificultades"),
        *("difficulte", "difficultes", "defi", "defis", "zosintha", "enkyukakyuka"),
    ),
    "effects": ("effect", "effects", "matokeo", "efecto", "efectos", "effet", "effets", "zotsatira", "ebyavaamu"),
    "agreements": (
        *("agreed", "agreement", "agreements", "makubaliano", "acuerdo", "acuerdos", "acordado"),
        *("accord", "accords", "decisions"),
    ),
}
"""The words before a colon that say which part of a log follows."""

SECTIONS = {mark: section for section, marks in MARKS.items() for mark in (section, *marks)}
OWN = frozenset(
    {"my", "our", "the", "what", "was", "mi", "mis", "nuestros", "los", "las", "mes", "nos", "les", "notre"}
)
OF_ONES_OWN = PRIVATE_WORDS | {"reflection", "reflections", "tafakuri", "reflexion", "reflexiones", "reflexions"}
"""Words that say, anywhere before a colon, that what follows is for the writer alone."""

PART = re.compile(
    r"(?:^|[;,\n(\[–—]|(?<=[.!?])\s|\s-\s)[\s(\[*-]*((?:[^\W\d_]+[\s'’-]+){0,3}[^\W\d_]+)"
    r"\s*(?:\([^)\n]*\))?[\s)\]*]*[:=]\s*"
)
AROUND = " ;,\n([-–—"


def log_parts(words: str) -> list[tuple[str, str]]:
    """Split `met 5; agreed: share vehicle Tue` into [("seen", "met 5"), ("agreements", "share vehicle Tue")]."""
    marks = [(m, section) for m in PART.finditer(words) if (section := _section(m[1])) is not None]
    ends = [m.start() for m, _section_name in marks] + [len(words)]
    parts = [("seen", words[: ends[0]].strip(AROUND))]
    for (mark, section), end in zip(marks, ends[1:], strict=True):
        parts.append((section, words[mark.end() : end].strip(AROUND)))
    return [(section, said) for section, said in parts if said]


def _section(mark: str) -> str | None:
    words = re.split(r"[\s'’-]+", fold(mark))
    if not OF_ONES_OWN.isdisjoint(words):
        return "reflection"
    while words and words[0] in OWN:
        words = words[1:]
    return SECTIONS.get(" ".join(words))


def log(request: Request) -> Turn:
    """Keep the log of a visit that came in one message; the district gets what was agreed."""
    situation = request.situation
    district, words, wrong = named_district(request.words, situation, WHICH)
    parts = log_parts(words)
    if district is None or not parts:
        return Turn("vlog", situation.conversation, "question", say(wrong))
    if (word := _private_word(parts)) is not None:
        return Turn("vlog", situation.conversation, "question", say(_not_sent(word, district)))
    events = tuple(VisitLogged(district.code, section, said, section in PRIVATE) for section, said in parts)
    agreed = "; ".join(said for section, said in parts if section == "agreements")
    tells = agreed_tells(district.code, agreed, situation)
    names = tuple(SECTION_NAMES[section] for section, _said in parts)
    line = _("Visit log {district} saved: {sections}.", district=district.name, sections=names)
    extra = (_shared(len(tells)),) if tells else ()
    if not any(section in PRIVATE for section, _said in parts):
        extra = (*extra, _("Your own reflection: NOTE PRIVATE and words."))
    return Turn("vlog", situation.conversation, "receipt", say(line, extra=extra), events, tells)


def _private_word(parts: list[tuple[str, str]]) -> str | None:
    """Return the word in what was agreed that speaks of something the district should not read."""
    said = re.findall(r"\w+", " ".join(words for section, words in parts if section == "agreements"))
    return next((word for word in said if fold(word) in OF_ONES_OWN), None)


def _not_sent(word: str, district: District) -> Text:
    return _(
        'Nothing is saved yet: the district would read "{word}" in what was agreed.'
        " Send VLOG {district} again without it.",
        word=word,
        district=district.code[:3].upper(),
    )


def agreed_tells(district: str, agreed: str, situation: Situation) -> tuple[Tell, ...]:
    """Return the messages that show a district what was agreed at a visit."""
    if not agreed:
        return ()
    name = situation.programme.districts[district].name
    line = _("{name}, visit to {district}. Agreed: {words}", name=situation.contact.name, district=name, words=agreed)
    return tuple(Tell(person.id, say(line), f"agreed:{district}") for person in team(district, situation))


def _shared(count: int) -> Text:
    return ngettext("{n} person gets what was agreed.", "{n} people get what was agreed.", count)


def facts(situation: Situation) -> dict[str, Any]:
    """Pick nothing: the district comes with the beginning."""
    return {}


def strategies_question(known: Known) -> Text:
    """Ask which strategies were looked at."""
    return _("Visit log {district}: which strategies did you look at, and how far are they?", district=known["name"])


def challenges_question(known: Known) -> Text:
    """Ask what was hard, and what helped."""
    return _("What challenges came up, and how were they solved?")


def effects_question(known: Known) -> Text:
    """Ask for effects, and for what shows them."""
    return _("What effects did you see, and what shows them?")


def agreements_question(known: Known) -> Text:
    """Ask what was agreed; these words are shown to the district."""
    return _("What was agreed: who does what, by when? The district gets these words.")


def reflection_question(known: Known) -> Text:
    """Ask for the facilitator's own reflection, which nobody else reads."""
    return _("Your own reflection? Only you can read it.")


QUESTIONS: Mapping[str, Callable[[Known], Text]] = {
    "strategies": strategies_question,
    "challenges": challenges_question,
    "effects": effects_question,
    "agreements": agreements_question,
    "reflection": reflection_question,
}


def log_steps(known: Known) -> tuple[Step, ...]:
    """Return the five questions of a log."""
    return tuple(Words(section, ask, section, happens=_logged(section)) for section, ask in QUESTIONS.items())


def _logged(section: str) -> Callable[[str, Known, Situation], tuple[Event, ...]]:
    def happened(words: str, known: Known, situation: Situation) -> tuple[Event, ...]:
        session = situation.conversation.session
        began = session.started_at if session else None
        return (VisitLogged(known["district"], section, words, section in PRIVATE, began),)

    return happened


def closing(known: Known, situation: Situation) -> Text:
    """Say what was saved."""
    written = tuple(SECTION_NAMES[section] for section in QUESTIONS if known.get(section))
    if not written:
        return _("Visit log {district} left empty.", district=known["name"])
    return _("Visit log {district} saved: {sections}.", district=known["name"], sections=written)


def tells(known: Known, situation: Situation) -> tuple[Tell, ...]:
    """Show the district what was agreed."""
    return agreed_tells(known["district"], known.get("agreements") or "", situation)


def called(step: str, subject: str) -> Text | None:
    """Name a question by its part of the log."""
    return SECTION_NAMES.get(step)


VISIT_LOG = Flow(
    name="visit_log",
    version=1,
    title=_("visit log"),
    needs=frozenset({"colleagues"}),
    facts=facts,
    steps=log_steps,
    closing=closing,
    tells=tells,
    called=called,
)
