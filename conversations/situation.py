"""What a turn may look at: the person, the programme, the time, and what is on record for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from conversations.grammar.fold import fold
from conversations.grammar.reading import Expected
from conversations.state import Conversation
from domain.alerts import Alert
from domain.briefs import AlertRecord
from domain.desks import Board
from domain.diaries import DiaryEntry
from domain.events import ActivityUpdated, DiaryWritten, ValueReported
from domain.notes import Note, Thread
from domain.people import Contact, Role
from domain.periods import ReportingPeriod, local
from domain.programme import District, Programme
from domain.ratings import Rating
from domain.values import IndicatorValue, Trail, Values
from domain.visits import Visit
from domain.workplans import Activity

BEGINNING = 3  # letters by which a district is called in a command: NUDGE BRE


@dataclass(frozen=True, slots=True)
class PastReport:
    """A report this person sent in the last day: for "already received", edits and UNDO.

    `ref` is the inbound's id, `codes` all that it touched. `restoring` are the events that would put back what stood
    before it, for those values that still stand as it left them; empty when it was undone. `stands` is whether all
    of it still stands: nobody has changed, edited, undone or repeated any of it since.
    """

    ref: int
    at: datetime
    fingerprint: str
    codes: tuple[tuple[str, ReportingPeriod], ...]
    restoring: tuple[ValueReported, ...] = ()
    stands: bool = True


@dataclass(frozen=True, slots=True)
class PastMessage:
    """A message that is edited now: when it was taken, and what it wrote beside values.

    `diary` are its entries that stand, by their ids. `activities` are updates that put back what stood before those of
    the message, one for each activity; without anything in it where somebody has updated it since.
    """

    at: datetime
    diary: Mapping[int, DiaryWritten] = field(default_factory=dict)
    activities: tuple[ActivityUpdated, ...] = ()

    @property
    def restoring(self) -> tuple[ActivityUpdated, ...]:
        """The updates by which something of a plan is put back."""
        return tuple(before for before in self.activities if before.status is not None or before.due_on is not None)

    @property
    def wrote(self) -> bool:
        """Whether any of a diary or a plan is from it."""
        return bool(self.diary or self.activities)


@dataclass(frozen=True, slots=True)
class Situation:
    """The facts of one turn. What a verb or flow does not ask for (its `needs`) is left empty.

    `values` are the person's district's; `peers` those of the group's districts by code; `reports` newest first;
    `helpers` are the facilitators to turn to, `colleagues` everybody in the programme; `board` is all that a
    facilitator or manager looks after, `alert_record` what became of its alerts since the month before, `records` the
    values alone, `unsettled` those nobody has accepted yet, `reporters` who reports there. `trail` is the history of
    one value. `behalf` is the district that a facilitator speaks for now. `thread` is the one that is spoken
    in, `threads` and `notes` those that the person may read, `visits` those ahead; `diaries` are the entries of all
    their districts, `agreed` how the last visit to each ended.
    `written` is the newest message of the day that wrote of a diary or a plan, by its id.
    `said_before` is when the same words were taken from them within a day, and not taken back since.
    `asked` are the keys of the prompts and nudges of this month and the next that went to the person or were left out.
    `nonce` is a fresh random code, for verbs that hand one out; `fingerprint` stands for the words of this message,
    to know a repeat by. `sent` is when it was sent, where that is known to be before `now`; `edits` is the message that
    it takes the place of.
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
    colleagues: tuple[Contact, ...] = ()
    ratings: tuple[Rating, ...] = ()
    board: Board = field(default_factory=dict)
    alert_record: Mapping[str, AlertRecord] = field(default_factory=dict)
    records: Mapping[str, Values] = field(default_factory=dict)
    unsettled: tuple[IndicatorValue, ...] = ()
    reporters: tuple[Contact, ...] = ()
    trail: Trail | None = None
    thread: Thread | None = None
    threads: tuple[Thread, ...] = ()
    notes: tuple[Note, ...] = ()
    visits: tuple[Visit, ...] = ()
    diaries: tuple[DiaryEntry, ...] = ()
    agreed: Mapping[str, str] = field(default_factory=dict)
    asked: frozenset[str] = frozenset()
    said_before: datetime | None = None
    written: tuple[int, PastMessage] | None = None
    behalf: str | None = None
    sent: datetime | None = None
    inbound_id: int = 0
    nonce: str = ""
    fingerprint: str = ""
    edits: PastMessage | None = None

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
        """The district that is spoken for. Raises KeyError for people without one."""
        return self.programme.district_of(self.behalf or self.contact.district)

    @property
    def due(self) -> tuple[str, ...]:
        """The codes that are reported here by this person, in asking order."""
        reports = self.contact.role is Role.FOCAL and self.contact.reports
        return self.district.indicators if self.behalf or reports else ()

    @property
    def missing(self) -> tuple[str, ...]:
        """The codes still due for the last closed month."""
        return self.values.missing(self.due, self.period)

    def _elsewhere(self) -> frozenset[str]:
        """Return how people name the districts that are not spoken for: names, codes, and the beginnings we teach."""
        here = self.behalf or self.contact.district or ""
        others = [d for d in self.programme.districts.values() if d.code != here]
        codes = {d.code for d in others} | {d.code[:BEGINNING] for d in others}
        taken = {fold(code) for code in self.programme.indicators} | {here[:BEGINNING]}
        return frozenset(fold(d.name) for d in others) | (frozenset(map(fold, codes)) - taken)

    def expected(self) -> Expected:
        """Return what the report grammar may use to decide between readings."""
        due, period = self.due, self.period

        def history(code: str) -> tuple[float, ...]:
            known = self.values.history(code, period) if code in due else ()
            return tuple(measure.value for _month, measure in known)

        return Expected(
            indicators=self.programme.indicators,
            due=due,
            language=self.contact.language,
            today=self.today,
            due_period=period,
            starts=self.programme.starts,
            prompted=self.conversation.order(self.now),
            elsewhere=self._elsewhere,
            history=history,
        )
