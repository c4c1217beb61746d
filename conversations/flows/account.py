"""A person's own settings: language, stop and start, help, linking another channel, notes."""

from __future__ import annotations

import math
import re
from datetime import timedelta

from conversations.flows.absence import away_lines, here_first
from conversations.flows.standing import due_lines
from conversations.grammar import fold
from conversations.keywords import CARRIER_STOP
from conversations.situation import Situation
from conversations.state import Heard
from conversations.turn import Tell, Turn, say
from conversations.verbs import LEADERS, Request
from domain.events import ContactStarted, ContactStopped, LanguageChosen, LinkCodeAsked, NoteWritten
from domain.notes import answer_times
from domain.people import Contact, Role
from domain.text import Text, _, ngettext

LANGUAGE_NAMES = {
    "en": ("en", "english", "kiingereza", "ingles", "anglais"),
    "sw": ("sw", "swahili", "kiswahili"),
    "es": ("es", "spanish", "espanol", "kihispania"),
    "fr": ("fr", "french", "francais", "kifaransa", "frances"),
    "ny": ("ny", "chichewa", "chinyanja", "nyanja", "chewa"),
    "lg": ("lg", "luganda", "oluganda", "ganda", "kiganda"),
}
SECOND_PAGE = "2"
LINK_MINUTES = 30
ENOUGH_ANSWERS = 3  # before that nobody knows how long an answer takes
PRIVATE_WORDS = frozenset({"private", "binafsi", "siri", "privado", "privada", "prive", "privee"})
FIRST_WORD = re.compile(r"([\W_]*)([^\W_]+)(\s*[\W_]*)(.*)", re.DOTALL)
MARKED = re.compile(r"\s*[:;,.!)\]}*=]|\s+[-–—]|[-–—]\s|\s*[–—]")  # what follows PRIVATE where it is a mark


def language(request: Request) -> Turn:
    """Change the language of all that we say."""
    situation = request.situation
    wanted = fold(request.words).split()
    code = next((c for c, names in LANGUAGE_NAMES.items() if wanted and wanted[0] in names), None)
    if code not in situation.programme.languages:
        codes = " ".join(c.upper() for c in situation.programme.languages)
        line = _("Languages here: {codes}. Send e.g. LANG SW", codes=codes)
        return Turn("lang", situation.conversation, "question", say(line))
    line = _("Messages will come in this language from now on. HELP shows what you can do.")
    return Turn("lang", situation.conversation, "receipt", say(line), (LanguageChosen(code or ""),))


def stop(request: Request) -> Turn:
    """Send no more messages. To the words that an SMS carrier acts on it answers itself; there we stay silent."""
    situation = request.situation
    if situation.scheme == "tel" and fold(request.text) in CARRIER_STOP:
        return Turn("stop", situation.conversation, "none", None, (ContactStopped(),))
    line = _("You will get no more messages from us, on any channel. START to return.")
    return Turn("stop", situation.conversation, "receipt", say(line), (ContactStopped(),))


def start(request: Request) -> Turn:
    """Write to this person again."""
    situation = request.situation
    line = _("Welcome back, {name}. DUE shows what waits.", name=situation.contact.name)
    return Turn("start", situation.conversation, "receipt", say(line), (ContactStarted(),))


def help_for(request: Request) -> Turn:
    """Say what can be done: for this role, or for the dialogue that waits."""
    situation = request.situation
    if request.words.strip() == SECOND_PAGE and situation.contact.role in LEADERS:
        return Turn("help", situation.conversation, "help", say(_second_page(situation)))
    return Turn("help", situation.conversation, "help", say(help_line(situation), extra=help_more(situation)))


def _second_page(situation: Situation) -> Text:
    """Return what else a facilitator or manager can do, in one segment."""
    code = next(iter(situation.programme.districts))[:3].upper()
    return _(
        "FLAGS, OK 1, Q 1 words, HOLD 1: values. TELL {district} words, OPEN, NOTES. VISIT {district} 11 DEC 09:00,"
        " VLOG, PLANS, THEMES, PACK Q4, BRIEF, ASSIGN, LEAVE.",
        district=code,
    )


def help_more(situation: Situation) -> tuple[Text, ...]:
    """Return what else a role can do, where there is room to say it."""
    if situation.contact.role in LEADERS:
        code = next(iter(situation.programme.districts))[:3].upper()
        return (
            _("More: HELP 2."),
            _("TELL {district} and words writes to a district, OPEN what waits for an answer, NOTES.", district=code),
            _(
                "THEMES of the diaries. VISIT {district} 11 DEC 09:00 asks for a visit, VLOG {district} its log.",
                district=code,
            ),
        )
    return (_("NOTE keeps a note, NOTE PRIVATE one for you alone, NOTES lists them."),)


def help_line(situation: Situation) -> Text:
    """Return the help of a role, in one segment."""
    if situation.contact.role is Role.FACILITATOR:
        return _(
            "DIGEST this week, LATE who is late, NUDGE BRE remind, RAG colours, ALERTS, ACK E1, CLOSE"
            " E1 outcome. LANG, STOP."
        )
    if situation.contact.role is Role.MANAGER:
        return _(
            "ALERTS open ones, ACK E1 take it, SNOOZE E1 2, CLOSE E1 outcome, RAG colours, LATE who is"
            " late. LANG, STOP."
        )
    if not situation.contact.reports:
        return _("You report for no district now. HELP ME and words asks a person. STOP ends.")
    return _(
        "REP {code} 12 report, FIX correct, UNDO, DUE what waits, DIARY, PLAN, TREND {code}, LATER"
        " 2, LANG, HELP ME words = a person. STOP ends.",
        code=situation.due[0] if situation.due else "ABS",
    )


def human(request: Request) -> Turn:
    """Pass a call for help to the facilitator."""
    situation = request.situation
    lines, event, tells = call_for_help(request.words, situation)
    extra = (_("For commands send HELP."),) if tells else ()
    return Turn("human", situation.conversation, "receipt", say(*lines, extra=extra), (event,), tells)


def call_for_help(words: str, situation: Situation) -> tuple[tuple[Text, ...], NoteWritten, tuple[Tell, ...]]:
    """Return what is said to somebody who calls for help, the call as it is kept, and what the facilitator is told."""
    event = NoteWritten("help", words)
    if not situation.helpers:
        return (_("Kept for the programme team. Ref H{ref}.", ref=situation.inbound_id),), event, ()
    helper = _helper(situation)
    lines = (_sent_to(helper.name, situation), *away_lines([helper], situation))
    return lines, event, (_asks(words, helper.id, situation),)


def _helper(situation: Situation) -> Contact:
    """Return the facilitator to turn to; a manager while no facilitator is there."""
    managers = [c for c in situation.colleagues if c.role is Role.MANAGER and c.reachable]
    others = [c for c in managers if c.id != situation.contact.id]
    return here_first((*situation.helpers, *others), situation.today)[0]


def _sent_to(name: str, situation: Situation) -> Text:
    """Say who got a call for help and, where enough were answered to know, how long that usually takes."""
    ref = f"H{situation.inbound_id}"
    times = answer_times(t for t in situation.threads if t.opening.kind == "help")
    if times.half_within is None or times.answered < ENOUGH_ANSWERS:
        return _("Sent to {name}. The answer comes here. Ref {ref}.", name=name, ref=ref)
    days = max(math.ceil(times.half_within / timedelta(days=1)), 1)
    return ngettext(
        "Sent to {name}, who usually answers within {n} day. Ref {ref}.",
        "Sent to {name}, who usually answers within {n} days. Ref {ref}.",
        days,
        name=name,
        ref=ref,
    )


def _asks(words: str, helper_id: int, situation: Situation) -> Tell:
    ref = f"H{situation.inbound_id}"
    line = _("{name} asks: {words}", name=situation.contact.name, words=words)
    if situation.contact.district is not None:
        place = situation.district.name
        line = _("{name} ({place}) asks: {words}", name=situation.contact.name, place=place, words=words)
    heard = Heard(situation.inbound_id, ref, situation.contact.name, situation.now, first=True)
    how = _("Answer: {ref} and your words.", ref=ref)
    return Tell(helper_id, say(line, extra=(how,)), "help", hears=heard)


def note(request: Request) -> Turn:
    """Keep a note: for the team, or with PRIVATE for the writer alone."""
    situation = request.situation
    private, words = _private(request.words.strip())
    if not words:
        line = _("Send NOTE and your words, or NOTE PRIVATE and your words.")
        return Turn("note", situation.conversation, "question", say(line))
    if private:
        line = _("Saved as private: only you can read it.")
    elif situation.contact.reports:
        line = _("Note saved for your team.")
    else:
        line = _("Note saved. NOTES lists yours.")
    return Turn("note", situation.conversation, "receipt", say(line), (NoteWritten("note", words, private),))


def _private(words: str) -> tuple[bool, str]:
    """Return whether a note is for its writer alone, and its words: `private clinics` may be what it is about."""
    found = FIRST_WORD.match(words)
    if found is None or fold(found[2]) not in PRIVATE_WORDS:
        return False, words
    before, first, after, rest = found.groups()
    marked = before.strip() or first.isupper() or not rest or MARKED.match(after)
    return True, rest if marked else words


def link(request: Request) -> Turn:
    """Give a code, for use once, by which the same person joins from their other channel."""
    situation = request.situation
    code = f"{situation.contact.key[:3].upper()}-{situation.nonce}"
    event = LinkCodeAsked(code, situation.now + timedelta(minutes=LINK_MINUTES))
    line = _("On your other phone or app send: JOIN {code}. Works once, for {n} minutes.", code=code, n=LINK_MINUTES)
    return Turn("link", situation.conversation, "receipt", say(line), (event,))


def thanks(request: Request) -> Turn:
    """Answer a thank-you or greeting with one friendly line that says what is due, as DUE does."""
    situation = request.situation
    name = situation.contact.name
    hello, due = _("Hello {name}.", name=name), due_lines(situation)
    if not due:
        none = _("Hello {name}. Nothing is due from you now. HELP shows what you can do.", name=name)
        return Turn("chat", situation.conversation, "help", say(none))
    said = say(hello, due[0], shorter=tuple((hello, line) for line in due[1:]))
    return Turn("chat", situation.conversation, "help", said)
