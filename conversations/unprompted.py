"""What is neither a command nor an answer: a greeting, a report without its verb, a slip of a command."""

from __future__ import annotations

import re

from conversations.commands import verb_route
from conversations.grammar import fold, read_report, split_yes
from conversations.grammar.prose import FILLERS
from conversations.grammar.reading import Reason, Refuse
from conversations.keywords import (
    GREETINGS,
    THANKS,
    find_verb,
    is_friendly,
    nearest_verb,
)
from conversations.receipts import example_of
from conversations.situation import Situation
from conversations.turn import Turn, say
from conversations.verbs import Route
from domain.text import _


def unprompted_route(situation: Situation, text: str) -> Route:
    """Route what is neither a command nor an answer: a greeting, a report without its verb, a slip of a command."""
    folded = re.sub(r"[\s!.,]+", " ", fold(text)).strip()
    if is_friendly(text):
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
