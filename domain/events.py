"""What happened in a turn, in the past tense; storage saves them, nothing else changes the world."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from domain.measures import Measure
from domain.people import Urn
from domain.periods import ReportingPeriod
from domain.quarters import Quarter
from domain.workplans import ActivityStatus


class ValueStatus(StrEnum):
    """Reported counts; pending waits for an answer; not available is an answer too; withdrawn takes it back."""

    REPORTED = "reported"
    PENDING = "pending"
    NOT_AVAILABLE = "not_available"
    WITHDRAWN = "withdrawn"


class Check(StrEnum):
    """How a value was found by whoever checks reports.

    Verified is accepted; queried waits for the reporter's answer, answered has it; held does not count until it is
    accepted; denied was called wrong by the reporter while it waited for a yes.
    """

    VERIFIED = "verified"
    QUERIED = "queried"
    ANSWERED = "answered"
    HELD = "held"
    DENIED = "denied"


@dataclass(frozen=True, slots=True)
class ValueReported:
    """A new version of one indicator value; `measure` is None when not available or withdrawn.

    `takes_back` is the number of a version that this one takes back, as UNDO does; it says what stands then, and
    `since` when that was said. With `after` it is saved only while that version is still the newest.
    """

    district: str
    code: str
    period: ReportingPeriod
    status: ValueStatus
    measure: Measure | None = None
    reason: str | None = None
    flagged: bool = False
    takes_back: int | None = None
    since: datetime | None = None
    after: int | None = None


@dataclass(frozen=True, slots=True)
class ValueOvertaken:
    """A value that was said before the one that counts, and came after it: it is kept, and does not count."""

    value: ValueReported


@dataclass(frozen=True, slots=True)
class ValueChecked:
    """Somebody looked at a value: at `version`, or at the one that waits for a yes. `words` are theirs."""

    district: str
    code: str
    period: ReportingPeriod
    check: Check
    version: int | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True)
class ReportUndone:
    """The values that an earlier inbound brought were taken back; named by that inbound's id."""

    inbound_id: int


@dataclass(frozen=True, slots=True)
class DiaryWritten:
    """One section of a diary entry: planned, well, not_well, why, effect, change or note.

    With `dialogue`, the moment at which a guided diary began, it replaces what was answered there before.
    """

    district: str
    period: ReportingPeriod
    section: str
    words: str
    private: bool = False
    dialogue: datetime | None = None


@dataclass(frozen=True, slots=True)
class DiaryTakenBack:
    """A diary entry, named by its id, counts no more: its message was edited."""

    ref: int


@dataclass(frozen=True, slots=True)
class ActivityUpdated:
    """Progress on one activity; None leaves a field as it was."""

    district: str
    key: str
    status: ActivityStatus | None = None
    percent: int | None = None
    reason: str | None = None
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class ConsentGiven:
    """The contact agreed to take part."""


@dataclass(frozen=True, slots=True)
class ContactStopped:
    """The contact asked for no more messages."""


@dataclass(frozen=True, slots=True)
class ContactStarted:
    """The contact asked for messages again."""


@dataclass(frozen=True, slots=True)
class LanguageChosen:
    """The contact chose a language (ISO code)."""

    language: str


@dataclass(frozen=True, slots=True)
class Snoozed:
    """The contact asked to be asked later."""

    until: datetime


@dataclass(frozen=True, slots=True)
class LeaveTaken:
    """The contact is away from a first to a last day; None for both when they are back."""

    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True)
class NoteWritten:
    """Words for a person: help (a call for it), tell (to a district), answer, note or nudge.

    `private` notes are for the writer alone. `thread` is the message whose words are answered, `district` whom they
    are about; left out, the words begin a thread about the writer's own district.
    """

    kind: str
    words: str
    private: bool = False
    thread: int | None = None
    district: str | None = None


@dataclass(frozen=True, slots=True)
class VisitSet:
    """A visit to a district was proposed or, with `ref`, moved to another time (aware); everybody is asked again."""

    district: str
    at: datetime
    ref: int | None = None


@dataclass(frozen=True, slots=True)
class VisitCancelled:
    """A visit will not take place."""

    ref: int


@dataclass(frozen=True, slots=True)
class VisitAnswered:
    """Somebody of the district will be there, or will not; `words` are theirs."""

    ref: int
    yes: bool
    words: str = ""


@dataclass(frozen=True, slots=True)
class VisitLogged:
    """One section of the log of a visit (`VISIT_SECTIONS`); a private one is for the writer alone.

    With `dialogue`, the moment at which the guided log began, it replaces what was answered there before.
    """

    district: str
    section: str
    words: str
    private: bool = False
    dialogue: datetime | None = None


@dataclass(frozen=True, slots=True)
class PackAsked:
    """The contact wants the meeting pack of a district group for a quarter."""

    group: str
    quarter: Quarter


@dataclass(frozen=True, slots=True)
class LinkCodeAsked:
    """The contact wants to link another channel; `code` is for use once, until `expires_at`."""

    code: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class RoleOffered:
    """The contact wants to hand their role to somebody, who is invited by name at an address."""

    name: str
    urn: Urn


@dataclass(frozen=True, slots=True)
class ServiceRated:
    """Somebody rated a service (by code), 1 to 5, with a word why; saved without who."""

    service: str
    score: int
    words: str


@dataclass(frozen=True, slots=True)
class HarmRaised:
    """Somebody (`contact_id`, by name) fears that people come to harm; `ref` is the message that said so."""

    district: str
    words: str
    contact_id: int
    name: str
    ref: int


@dataclass(frozen=True, slots=True)
class AlertAssigned:
    """Somebody gave an alert to a contact, who has not taken it yet."""

    alert_id: int
    contact_id: int


@dataclass(frozen=True, slots=True)
class AlertAcknowledged:
    """Somebody took an alert as theirs."""

    alert_id: int


@dataclass(frozen=True, slots=True)
class AlertSnoozed:
    """The owner of an alert wants to be reminded later."""

    alert_id: int
    until: datetime


@dataclass(frozen=True, slots=True)
class AlertClosed:
    """An alert ended, by somebody's words or by the facts."""

    alert_id: int
    outcome: str
    by_facts: bool = False


Event = (
    ValueReported
    | ValueOvertaken
    | ValueChecked
    | ReportUndone
    | DiaryWritten
    | DiaryTakenBack
    | ActivityUpdated
    | ConsentGiven
    | ContactStopped
    | ContactStarted
    | LanguageChosen
    | Snoozed
    | LeaveTaken
    | NoteWritten
    | VisitSet
    | VisitCancelled
    | VisitAnswered
    | VisitLogged
    | PackAsked
    | LinkCodeAsked
    | RoleOffered
    | ServiceRated
    | HarmRaised
    | AlertAssigned
    | AlertAcknowledged
    | AlertSnoozed
    | AlertClosed
)
