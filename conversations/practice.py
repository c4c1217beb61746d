"""Practice: everything answers as it does, nothing is kept, and every answer says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from conversations import dialogue
from conversations.keywords import find_verb, fits, stands_alone
from conversations.receipts import example_pair
from conversations.situation import Situation
from conversations.state import Conversation, Practice
from conversations.turn import Turn, say
from conversations.verbs import Route
from domain.events import ServiceRated, ValueReported
from domain.messages import Inbound, Say
from domain.text import Text, _

LASTS = timedelta(minutes=30)  # of silence, and it is over: a real report sent the next day must count
REAL = frozenset({"stop", "start", "human", "harm", "join", "link", "lang"})
"""What means what it says even here: leaving, and reaching a person."""


def practised(situation: Situation, inbound: Inbound, route: Callable[[Situation, Inbound], Route]) -> Route:
    """Return the route of a message: into the rehearsal while one is on, else as `route` decides."""
    found = find_verb(inbound.text)
    if found is not None and found[0] == "practice" and stands_alone(found[1]):
        return Route(frozenset(), switch)
    practice = situation.conversation.practice
    if practice is None:
        return route(situation, inbound)
    if found is not None and found[0] in REAL and _is_meant(*found, inbound.text, _rehearsal(situation, practice)):
        real = route(situation, inbound)
        return _ending(real) if found[0] == "stop" else real
    if is_over(practice, situation):
        real = route(_without(situation), inbound)
        return replace(real, run=lambda s: _counting(real.run(_without(s))))
    rehearsed = route(_rehearsal(situation, practice), inbound)
    return replace(rehearsed, run=lambda s: _unsaved(rehearsed.run(_rehearsal(s, practice)), practice, s))


def _is_meant(verb: str, words: str, text: str, rehearsal: Situation) -> bool:
    """Whether a keyword that is real even here is one; in a rehearsed answer in words only its capitals say so."""
    if stands_alone(words):
        return True
    return fits(verb, words) and (text.split()[0].isupper() or not dialogue.asks_for_words(rehearsal))


def _ending(route: Route) -> Route:
    """Let a rehearsal end with what is done here."""

    def run(situation: Situation) -> Turn:
        turn = route.run(situation)
        return replace(turn, conversation=replace(turn.conversation, practice=None))

    return replace(route, run=run)


def switch(situation: Situation) -> Turn:
    """Begin a rehearsal, or end the one that is on; dialogues that wait are left as they are."""
    conversation, practice = situation.conversation, situation.conversation.practice
    if practice is not None and not is_over(practice, situation):
        line = _("Practice is over. What you send from now on counts.")
        return Turn("practice", replace(conversation, practice=None), "receipt", say(line))
    begun = replace(conversation, practice=Practice(situation.now, Conversation(ticket=conversation.ticket)))
    ends = _("PRACTICE again ends it.")
    if situation.contact.reports:
        line = _(
            "Practice: nothing you send is saved or passed on. Try REP {code} {example}.", **example_pair(situation)
        )
    else:
        line = _("Practice: nothing you send is saved or passed on. Try HELP.")
    return Turn("practice", begun, "receipt", say(line, ends))


def is_over(practice: Practice, situation: Situation) -> bool:
    """Whether a rehearsal has ended by itself: after half an hour, with the monthly prompt, or when somebody wrote."""
    prompted = situation.conversation.prompted
    if any(practice.last_at < heard.at <= situation.now for heard in situation.conversation.heard):
        return True
    asked = prompted is not None and practice.last_at < prompted.at <= situation.now
    return asked or situation.now - practice.last_at > LASTS


def _without(situation: Situation) -> Situation:
    return replace(situation, conversation=replace(situation.conversation, practice=None))


def _counting(turn: Turn) -> Turn:
    return _saying(_("Practice has ended; this counts."), turn)


def _rehearsal(situation: Situation, practice: Practice) -> Situation:
    """Return the situation as it would be had all that was rehearsed been saved."""
    values = situation.values.after(practice.told, situation.now)
    return replace(situation, conversation=practice.conversation, values=values, reports=())


def _unsaved(turn: Turn, practice: Practice, situation: Situation) -> Turn:
    told = (*practice.told, *(e for e in turn.events if isinstance(e, ValueReported)))
    rehearsed = Practice(situation.now, turn.conversation, told)
    kept = replace(situation.conversation, practice=rehearsed, ticket=turn.conversation.ticket)
    # A rating is forgotten by what its message was taken for, in earnest or not.
    intent = "rate" if any(isinstance(e, ServiceRated) for e in turn.events) else "practice"
    bare = replace(turn, intent=intent, conversation=kept, events=(), tells=())
    return _saying(_("PRACTICE, not saved:"), bare)


def _saying(first: Text, turn: Turn) -> Turn:
    said: Say | None = turn.say
    return turn if said is None else replace(turn, say=said.after(first))
