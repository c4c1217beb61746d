"""What a turn may look at: the person, the programme, the time, and what is on record for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from conversations.grammar.fold import fold
from conversations.grammar.reading import Expected
from conversations.state import Conversation
from domain.alerts import Alert
from domain.diaries import DiaryEntry
from domain.digests import Board
from domain.events import ValueReported
from domain.people import Contact, Role
from domain.periods import ReportingPeriod, local
from domain.programme import District, Programme
from domain.values import Values
from domain.workplans import Activity


@dataclass(frozen=True, slots=True)
class PastReport:
    """A report this person sent in the last day: for "already received", edits and UNDO.

    `ref` is the inbound's id, `codes` all that it touched. `restoring` are the events that would put back what stood
    before it, for those values that still stand as it left them; empty when it was undone. `stands` is whether all
    of it still stands: nobody has changed, undone or repeated any of it since.
    """

    ref: int
    at: datetime
    fingerprint: str
    provider_id: str
    codes: tuple[tuple[str, ReportingPeriod], ...]
    restoring: tuple[ValueReported, ...] = ()
    stands: bool = True


@dataclass(frozen=True, slots=True)
class Situation:
    """The facts of one turn. What a verb or flow does not ask for (its `needs`) is left empty.

    `values` are the person's district's; `peers` those of the group's districts by code; `reports` newest first;
    `helpers` are the facilitators to turn to; `board` is all that a facilitator or manager looks after. `nonce` is a
    fresh random code, for verbs that hand one out; `fingerprint` stands for the words of this message, to know a
    repeat by.
    """

    now: datetime
    contact: Contact
    programme: Programme
    conversation: Conversation
    scheme: str
    values: Values = field(default_factory=Values)
    peers: dict[str, Values] = field(default_factory=dict)
    plan: tuple[Activity, ...] = ()
    diary: tuple[DiaryEntry, ...] = ()
    alerts: tuple[Alert, ...] = ()
    reports: tuple[PastReport, ...] = ()
    helpers: tuple[Contact, ...] = ()
    board: Board = field(default_factory=dict)
    inbound_id: int = 0
    nonce: str = ""
    fingerprint: str = ""

    @property
    def today(self) -> date:
        """The date where the person is."""
        return local(self.now, self.contact.timezone).date()

    @property
    def period(self) -> ReportingPeriod:
        """The month that is due: the last one that closed."""
        return ReportingPeriod.last_closed(self.today)

    @property
    def district(self) -> District:
        """The person's district. Raises KeyError for people without one."""
        return self.programme.district_of(self.contact.district)

    @property
    def due(self) -> tuple[str, ...]:
        """The codes this person reports, in asking order."""
        return self.district.indicators if self.contact.role is Role.FOCAL else ()

    @property
    def missing(self) -> tuple[str, ...]:
        """The codes still due for the last closed month."""
        return self.values.missing(self.due, self.period)

    def expected(self) -> Expected:
        """Return what the report grammar may use to decide between readings."""
        codes = set(self.due)
        return Expected(
            indicators=self.programme.indicators,
            due=self.due,
            language=self.contact.language,
            today=self.today,
            due_period=self.period,
            starts=self.programme.starts,
            prompted=self.conversation.order(self.now),
            elsewhere=frozenset(
                fold(d.name) for d in self.programme.districts.values() if d.code != self.contact.district
            ),
            history={c: tuple(m.value for _, m in self.values.history(c, self.period)) for c in codes},
        )
