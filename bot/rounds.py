"""A round: one thing asked of many people at once, its words made once for all who read the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from bot.reaching import after_quiet
from bot.render import Rendered, Voice, render
from conversations.situation import Situation
from conversations.state import Conversation, Prompted
from conversations.turn import Turn
from domain.messages import Lane
from domain.people import Contact, Urn
from domain.periods import ReportingPeriod
from domain.programme import Programme
from storage import conversations, fanout
from storage.outbox import Part


@dataclass(frozen=True, slots=True)
class Errand:
    """What is asked for, the same for many: the `missing` of a month; `last` is whether nobody will ask again."""

    step: str
    period: ReportingPeriod
    missing: tuple[str, ...]
    last: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """An errand to one person, once for its `key`; `named` is whether the words call them by their name."""

    key: str
    contact: Contact
    errand: Errand
    named: bool = False


@dataclass(frozen=True, slots=True)
class _Words:
    """What everybody in the same position is told, and the order of codes that a bare list is read in from then on."""

    parts: tuple[Rendered, ...]
    due_at: datetime
    prompted: Prompted | None


Begin = Callable[[Situation, Errand], Turn]


class Round:
    """One moment of a programme at which errands go out; `begin` makes the turn of an errand.

    A turn may look at the errand, and at what many share: language, clock, role, district, channel, and the name
    where the errand is `named`. Of a conversation it may change the order of the prompt only.
    """

    def __init__(self, db: Session, programme: Programme, begin: Begin, now: datetime) -> None:
        self._db, self._programme, self._begin, self._now = db, programme, begin, now
        self._words: dict[tuple[object, ...], _Words] = {}
        self._states: dict[tuple[str, Prompted], str] = {}

    def send(self, asks: Iterable[Ask], kind: str) -> int:
        """Send errands to people who have an address; return how many went that nobody else had sent."""
        waiting = {ask.key: ask for ask in asks}
        free = fanout.claim(self._db, ((a.key, a.contact.id, "") for a in waiting.values()), kind, self._now)
        going = [(ask, urn) for key, ask in waiting.items() if key in free and (urn := ask.contact.address())]
        told = [(ask, urn, self._told(ask, urn)) for ask, urn in going]
        fanout.remember(self._db, self._remembered(told))
        fanout.put(self._db, (part for one in told for part in _parts(*one, kind)), self._now)
        return len(told)

    def _told(self, ask: Ask, urn: Urn) -> _Words:
        who = ask.contact
        name = who.name if ask.named else ""
        position = (ask.errand, name, who.role, who.language, who.timezone, who.district, urn.scheme)
        if position not in self._words:
            # Somebody like them, so that words made for one cannot hold what is another's.
            like = Contact(0, "", name, who.role, who.language, who.timezone, district=who.district)
            self._words[position] = self._made(like, ask.errand, urn.scheme)
        return self._words[position]

    def _made(self, like: Contact, errand: Errand, scheme: str) -> _Words:
        turn = self._begin(Situation(self._now, like, self._programme, Conversation(), scheme), errand)
        parts = render(turn.say, Voice(like.language, like.timezone), scheme) if turn.say else ()
        due_at = after_quiet(self._now, like.timezone, self._programme)
        return _Words(parts, due_at, turn.conversation.prompted)

    def _remembered(self, told: list[tuple[Ask, Urn, _Words]]) -> Iterator[tuple[int, str]]:
        changed = [(ask.contact.id, words.prompted) for ask, _urn, words in told if words.prompted is not None]
        known = fanout.remembered(self._db, [contact_id for contact_id, _prompted in changed])
        for contact_id, prompted in changed:
            yield contact_id, self._state(known.get(contact_id, ""), prompted)

    def _state(self, before: str, prompted: Prompted) -> str:
        if (before, prompted) not in self._states:
            conversation = conversations.decode(before) if before else Conversation()
            self._states[before, prompted] = conversations.encode(replace(conversation, prompted=prompted))
        return self._states[before, prompted]


def _parts(ask: Ask, urn: Urn, words: _Words, kind: str) -> Iterator[Part]:
    for n, part in enumerate(words.parts):
        yield Part(
            key=f"{ask.key}:{n}",
            kind=kind,
            lane=Lane.BULK,
            urn=urn,
            text=part.text,
            segments=part.segments,
            due_at=words.due_at,
            contact_id=ask.contact.id,
            buttons=part.buttons,
        )
