"""A round: one thing asked of many people at once, its words made once for all who read the same."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from sqlalchemy.orm import Session

from bot.reaching import after_quiet
from bot.render import Voice, render
from conversations.situation import Situation
from conversations.state import Conversation, Prompted
from conversations.turn import Turn
from domain.people import Contact, Urn
from domain.periods import ReportingPeriod
from domain.programme import Programme
from domain.workplans import Activity
from storage import bulk, conversations, fanout
from storage.bulk import Piece


@dataclass(frozen=True, slots=True)
class Errand:
    """What is asked for, the same for many: the `missing` of a month; `last` is whether nobody will ask again.

    `activities` are those of the district where what is missing is a word on some of them.
    """

    step: str
    period: ReportingPeriod
    missing: tuple[str, ...]
    last: bool = False
    activities: tuple[Activity, ...] = ()


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

    pieces: tuple[Piece, ...]
    prompted: Prompted | None


log = logging.getLogger(__name__)

KEPT = 10_000  # different words of a round that are kept at a time
Begin = Callable[[Situation, Errand], Turn]


class Round:
    """One moment of a programme at which errands go out, in as many transactions as it takes.

    `begin` makes the turn of an errand. It may look at the errand, and at what many share: language, clock, role,
    district, channel, and the name where the errand is `named`; of a conversation it may change the order of the
    prompt only.
    """

    def __init__(self, programme: Programme, begin: Begin, now: datetime) -> None:
        self._programme, self._begin, self._now = programme, begin, now
        self._words: dict[tuple[object, ...], _Words] = {}

    def send(self, db: Session, asks: Collection[Ask], kind: str) -> int:
        """Send errands to people who have an address, none of them for the second time; return how many went."""
        bulk.claim(db, ((ask.key, ask.contact.id, "") for ask in asks), kind, self._now)
        told = [(ask, urn, self._told(ask, urn)) for ask in asks if (urn := ask.contact.address()) is not None]
        _remember(db, [(ask.contact.id, words.prompted) for ask, _urn, words in told if words.prompted is not None])
        bulk.put(db, _pieces(told), kind, self._now)
        return len(told)

    def _told(self, ask: Ask, urn: Urn) -> _Words:
        who = ask.contact
        name = who.name if ask.named else ""
        position = (ask.errand, name, who.role, who.language, who.timezone, who.district, urn.scheme)
        if (words := self._words.get(position)) is None:
            if len(self._words) >= KEPT:
                self._words.clear()
            # Somebody like them, so that words made for one cannot hold what is another's.
            like = Contact(0, "", name, who.role, who.language, who.timezone, district=who.district)
            words = self._words[position] = self._made(like, ask.errand, urn.scheme)
        return words

    def _made(self, like: Contact, errand: Errand, scheme: str) -> _Words:
        turn = self._begin(Situation(self._now, like, self._programme, Conversation(), scheme), errand)
        parts = render(turn.say, Voice(like.language, like.timezone), scheme) if turn.say else ()
        due_at = after_quiet(self._now, like.timezone, self._programme)
        pieces = tuple(Piece(part.text, part.segments, part.buttons, due_at) for part in parts)
        return _Words(pieces, turn.conversation.prompted)


def _remember(db: Session, prompted: Collection[tuple[int, Prompted]]) -> None:
    known = fanout.remembered(db, [contact_id for contact_id, _order in prompted])
    # Most have the same behind them, if anything: each state is read and written once.
    written = lru_cache(maxsize=KEPT)(_state)
    bulk.remember(db, ((contact_id, written(known.get(contact_id, ""), order)) for contact_id, order in prompted))


def _state(before: str, prompted: Prompted) -> str:
    return conversations.encode(replace(_read(before) if before else Conversation(), prompted=prompted))


def _read(state: str) -> Conversation:
    try:
        return conversations.decode(state)
    except ValueError:
        log.exception("a conversation that cannot be read begins anew")
        return Conversation()


def _pieces(told: Iterable[tuple[Ask, Urn, _Words]]) -> Iterator[tuple[str, int, Urn, Piece]]:
    for ask, urn, words in told:
        for n, piece in enumerate(words.pieces):
            yield f"{ask.key}:{n}", ask.contact.id, urn, piece
