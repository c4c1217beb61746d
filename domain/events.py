"""What happened in a turn, in the past tense; storage saves them, nothing else changes the world."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from domain.measures import Measure
from domain.periods import ReportingPeriod
from domain.workplans import ActivityStatus


class ValueStatus(StrEnum):
    """Reported counts; pending waits for an answer; not available is an answer too; withdrawn takes it back."""

    REPORTED = "reported"
    PENDING = "pending"
    NOT_AVAILABLE = "not_available"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class ValueReported:
    """A new version of one indicator value; `measure` is None when not available or withdrawn.

    `takes_back` marks a version that puts back what stood before the last one, as UNDO does.
    """

    district: str
    code: str
    period: ReportingPeriod
    status: ValueStatus
    measure: Measure | None = None
    reason: str | None = None
    flagged: bool = False
    takes_back: bool = False


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
    | AlertAcknowledged
    | AlertSnoozed
    | AlertClosed
)
