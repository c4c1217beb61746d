"""What happened in a turn, in the past tense; storage saves them, nothing else changes the world."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from domain.measures import Measure
from domain.people import Urn
from domain.periods import ReportingPeriod
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

    `takes_back` marks a version that puts back what stood before the last one, as UNDO does. With `after` it is saved
    only while that version is still the newest.
    """

    district: str
    code: str
    period: ReportingPeriod
    status: ValueStatus
    measure: Measure | None = None
    reason: str | None = None
    flagged: bool = False
    takes_back: bool = False
    after: int | None = None


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
    """One section of a diary entry: planned, well, not_well, why, effect, change or note."""

    district: str
    period: ReportingPeriod
    section: str
    words: str
    private: bool = False


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
class NoteWritten:
    """Words for a person: a call for help, or a note. `private` notes are for the writer alone."""

    kind: str
    words: str
    private: bool = False


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
    | ValueChecked
    | ReportUndone
    | DiaryWritten
    | ActivityUpdated
    | ConsentGiven
    | ContactStopped
    | ContactStarted
    | LanguageChosen
    | Snoozed
    | NoteWritten
    | LinkCodeAsked
    | RoleOffered
    | ServiceRated
    | AlertAcknowledged
    | AlertSnoozed
    | AlertClosed
)
