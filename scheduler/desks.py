"""What many readers look after, loaded together; who looks after the same is made the same digest of."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy.orm import Session

from bot.pictures import digest_svg
from conversations.places import districts_of
from domain.desks import Board
from domain.digests import Digest, weekly_digest
from domain.people import Contact
from domain.periods import ReportingPeriod, local
from domain.programme import Programme
from storage.boards import board

DISTRICTS = 30  # in one load: enough that statements cost little, few enough that answers do not wait for pictures


class Desks:
    """The desks of some readers on their own calendar at one moment, and the digests and pictures made of them."""

    def __init__(self, db: Session, programme: Programme, readers: Collection[Contact], now: datetime) -> None:
        self._programme, self._now = programme, now
        wanted: dict[ReportingPeriod, dict[str, None]] = {}
        for reader in readers:
            wanted.setdefault(self._period(reader), {}).update(dict.fromkeys(districts_of(reader, programme)))
        self._boards = {period: board(db, programme, tuple(codes), period, now) for period, codes in wanted.items()}
        self._digests: dict[tuple[object, ...], Digest] = {}
        self._pictures: dict[tuple[object, ...], str] = {}

    def of(self, reader: Contact) -> Board:
        """Return the desks of a reader."""
        everybodys = self._boards[self._period(reader)]
        return {code: everybodys[code] for code in districts_of(reader, self._programme)}

    def digest(self, reader: Contact) -> Digest:
        """Return the digest of a reader."""
        key = (self._today(reader), districts_of(reader, self._programme))
        if key not in self._digests:
            self._digests[key] = weekly_digest(self._programme, self.of(reader), self._today(reader))
        return self._digests[key]

    def picture(self, reader: Contact) -> str:
        """Return the picture of a reader's digest as SVG."""
        key = (self._today(reader), districts_of(reader, self._programme), reader.language, reader.timezone)
        if key not in self._pictures:
            self._pictures[key] = digest_svg(self.digest(reader), self.of(reader), self._programme, reader)
        return self._pictures[key]

    def _today(self, reader: Contact) -> date:
        return local(self._now, reader.timezone).date()

    def _period(self, reader: Contact) -> ReportingPeriod:
        return ReportingPeriod.last_closed(self._today(reader))


def together(readers: Collection[Contact], programme: Programme) -> list[list[Contact]]:
    """Divide readers into those who are loaded together: of about `DISTRICTS` districts, the same ones side by side."""
    parts: list[list[Contact]] = [[]]
    loaded: set[str] = set()
    last: set[str] = set()
    for reader in sorted(readers, key=lambda reader: districts_of(reader, programme)):
        mine = set(districts_of(reader, programme))
        if parts[-1] and mine != last and len(loaded | mine) > DISTRICTS:
            parts.append([])
            loaded = set()
        parts[-1].append(reader)
        loaded, last = loaded | mine, mine
    return parts if parts[0] else []
