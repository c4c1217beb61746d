"""The tables. Whatever names or quotes a person is sealed; whatever must happen once has a unique key."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Time,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from storage.sealing import Sealed

BigId = BigInteger().with_variant(Integer, "sqlite")
NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Utc(TypeDecorator[datetime]):
    """An aware UTC moment on every engine; SQLite alone would lose the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store in UTC; a naive moment is a mistake."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return it aware."""
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


class Base(DeclarativeBase):
    """All tables."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {datetime: Utc, date: Date, float: Float}


class ProgrammeRow(Base):
    """A programme file as it was loaded; the newest is in force."""

    __tablename__ = "programmes"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Sealed("programmes.text"))
    loaded_at: Mapped[datetime]


class ContactRow(Base):
    """A person we talk to."""

    __tablename__ = "contacts"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(Sealed("contacts.name"))
    role: Mapped[str] = mapped_column(String(16))
    district: Mapped[str | None] = mapped_column(String(40), index=True)
    groups: Mapped[list[str]] = mapped_column(JSON)
    language: Mapped[str] = mapped_column(String(8))
    timezone: Mapped[str] = mapped_column(String(40))
    preferred: Mapped[str] = mapped_column(String(16))
    status: Mapped[str] = mapped_column(String(12))
    predecessor_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"))
    snoozed_until: Mapped[datetime | None]
    consented_at: Mapped[datetime | None]
    last_seen_at: Mapped[datetime | None]
    hour: Mapped[time | None] = mapped_column(Time)
    deputy: Mapped[bool] = mapped_column(Boolean, default=False)
    away_from: Mapped[date | None]
    away_until: Mapped[date | None]


class AddressRow(Base):
    """A URN of a contact, sealed, found by its keyed hash."""

    __tablename__ = "addresses"
    __table_args__ = (UniqueConstraint("scheme", "digest"),)
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"), index=True)
    scheme: Mapped[str] = mapped_column(String(16))
    path: Mapped[str] = mapped_column(Sealed("addresses.path"))
    digest: Mapped[str] = mapped_column(String(32))
    status: Mapped[str] = mapped_column(String(12))


class CodeRow(Base):
    """A join or link code, kept as a hash, for use once."""

    __tablename__ = "codes"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    digest: Mapped[str] = mapped_column(String(32), unique=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"))
    expires_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]


class InboundRow(Base):
    """A message as it came; unique on its channel for ever."""

    __tablename__ = "inbound"
    __table_args__ = (
        UniqueConstraint("channel", "provider_id"),
        Index("ix_inbound_contact_received", "contact_id", "received_at"),
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    channel: Mapped[str] = mapped_column(String(16))
    provider_id: Mapped[str] = mapped_column(String(80))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"))
    urn: Mapped[str] = mapped_column(Sealed("inbound.urn"))
    text: Mapped[str] = mapped_column(Sealed("inbound.text"))
    kind: Mapped[str] = mapped_column(String(12))
    edit_of: Mapped[str | None] = mapped_column(String(80))
    ticket: Mapped[int | None]
    fingerprint: Mapped[str | None] = mapped_column(String(32))
    intent: Mapped[str | None] = mapped_column(String(16))
    reply: Mapped[str | None] = mapped_column(String(16))
    undone: Mapped[bool] = mapped_column(Boolean, default=False)
    error: Mapped[str | None] = mapped_column(String(200))
    attempts: Mapped[int] = mapped_column(default=0)
    received_at: Mapped[datetime]
    handled_at: Mapped[datetime | None] = mapped_column(index=True)


class ConversationRow(Base):
    """What is remembered of a person between two messages."""

    __tablename__ = "conversations"
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"), primary_key=True)
    state: Mapped[str] = mapped_column(Sealed("conversations.state"))
    active_at: Mapped[datetime | None] = mapped_column(index=True)
    oldest_at: Mapped[datetime | None] = mapped_column(index=True)


class ValueVersionRow(Base):
    """One version of an indicator value; never changed."""

    __tablename__ = "value_versions"
    __table_args__ = (UniqueConstraint("district", "code", "period", "version"),)
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    district: Mapped[str] = mapped_column(String(40))
    code: Mapped[str] = mapped_column(String(8))
    period: Mapped[str] = mapped_column(String(7))
    version: Mapped[int]
    status: Mapped[str] = mapped_column(String(16))
    value: Mapped[float | None]
    numerator: Mapped[int | None] = mapped_column(BigId)
    denominator: Mapped[int | None] = mapped_column(BigId)
    reason: Mapped[str | None] = mapped_column(Sealed("value_versions.reason"))
    flagged: Mapped[bool]
    late: Mapped[bool]
    takes_back: Mapped[bool]
    undoes: Mapped[int | None]
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"))
    inbound_id: Mapped[int | None] = mapped_column(ForeignKey("inbound.id"), index=True)
    at: Mapped[datetime]


class CurrentValueRow(Base):
    """Which version of a value counts now: the newest that is not pending."""

    __tablename__ = "current_values"
    district: Mapped[str] = mapped_column(String(40), primary_key=True)
    period: Mapped[str] = mapped_column(String(7), primary_key=True)
    code: Mapped[str] = mapped_column(String(8), primary_key=True)
    version: Mapped[int]
    status: Mapped[str] = mapped_column(String(16))
    value: Mapped[float | None]
    numerator: Mapped[int | None] = mapped_column(BigId)
    denominator: Mapped[int | None] = mapped_column(BigId)
    flagged: Mapped[bool]
    check: Mapped[str | None] = mapped_column(String(12))
    at: Mapped[datetime]


class VerificationRow(Base):
    """That somebody looked at a version of a value, and what came of it; never changed."""

    __tablename__ = "verifications"
    __table_args__ = (Index("ix_verifications_value", "district", "period", "code"),)
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    district: Mapped[str] = mapped_column(String(40))
    code: Mapped[str] = mapped_column(String(8))
    period: Mapped[str] = mapped_column(String(7))
    version: Mapped[int]
    state: Mapped[str] = mapped_column(String(12))
    words: Mapped[str | None] = mapped_column(Sealed("verifications.words"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"))
    inbound_id: Mapped[int | None] = mapped_column(ForeignKey("inbound.id"))
    at: Mapped[datetime]


class DiaryRow(Base):
    """One section of a diary, in the writer's words."""

    __tablename__ = "diary_entries"
    __table_args__ = (Index("ix_diary_district_period", "district", "period"),)
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    district: Mapped[str] = mapped_column(String(40))
    period: Mapped[str] = mapped_column(String(7))
    section: Mapped[str] = mapped_column(String(12))
    words: Mapped[str] = mapped_column(Sealed("diary_entries.words"))
    private: Mapped[bool]
    dialogue_at: Mapped[datetime | None]
    superseded: Mapped[bool] = mapped_column(Boolean, default=False)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"))
    inbound_id: Mapped[int | None] = mapped_column(ForeignKey("inbound.id"))
    at: Mapped[datetime]


class ActivityRow(Base):
    """An activity of a workplan, as it stands."""

    __tablename__ = "activities"
    district: Mapped[str] = mapped_column(String(40), primary_key=True)
    key: Mapped[str] = mapped_column(String(4), primary_key=True)
    title: Mapped[str] = mapped_column(String(120))
    short: Mapped[str | None] = mapped_column(String(20))
    strategy: Mapped[str] = mapped_column(String(120))
    owner: Mapped[str] = mapped_column(String(40))
    due_on: Mapped[date]
    status: Mapped[str] = mapped_column(String(12))
    percent: Mapped[int]
    reason: Mapped[str | None] = mapped_column(Sealed("activities.reason"))


class ActivityUpdateRow(Base):
    """One update of an activity; never changed."""

    __tablename__ = "activity_updates"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    district: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(4))
    status: Mapped[str | None] = mapped_column(String(12))
    percent: Mapped[int | None]
    due_on: Mapped[date | None]
    reason: Mapped[str | None] = mapped_column(Sealed("activity_updates.reason"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"))
    inbound_id: Mapped[int | None] = mapped_column(ForeignKey("inbound.id"))
    at: Mapped[datetime]


class NoteRow(Base):
    """Words for a person: a call for help, words to a district, an answer, a note, a nudge by hand.

    `thread` is the inbound of the words that began it.
    """

    __tablename__ = "notes"
    __table_args__ = (Index("ix_notes_district_at", "district", "at"), Index("ix_notes_thread", "thread"))
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    words: Mapped[str] = mapped_column(Sealed("notes.words"))
    private: Mapped[bool]
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"))
    inbound_id: Mapped[int | None] = mapped_column(ForeignKey("inbound.id"))
    thread: Mapped[int | None] = mapped_column(BigId)
    district: Mapped[str | None] = mapped_column(String(40))
    at: Mapped[datetime]


class VisitRow(Base):
    """A support visit to a district; `ref` is the inbound that proposed it."""

    __tablename__ = "visits"
    __table_args__ = (Index("ix_visits_district_at", "district", "at"), Index("ix_visits_at", "at"))
    ref: Mapped[int] = mapped_column(BigId, ForeignKey("inbound.id"), primary_key=True, autoincrement=False)
    district: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"))
    asked_at: Mapped[datetime]
    cancelled: Mapped[bool] = mapped_column(Boolean, default=False)


class VisitAnswerRow(Base):
    """Whether somebody will be there at a visit, at the time it then had (`for_at`); the newest counts."""

    __tablename__ = "visit_answers"
    __table_args__ = (Index("ix_visit_answers_ref", "ref"),)
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ref: Mapped[int] = mapped_column(ForeignKey("visits.ref"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"))
    for_at: Mapped[datetime]
    yes: Mapped[bool]
    words: Mapped[str] = mapped_column(Sealed("visit_answers.words"))
    at: Mapped[datetime]


class VisitLogRow(Base):
    """One section of the log of a visit, in the facilitator's words."""

    __tablename__ = "visit_logs"
    __table_args__ = (Index("ix_visit_logs_district_at", "district", "at"),)
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    district: Mapped[str] = mapped_column(String(40))
    section: Mapped[str] = mapped_column(String(12))
    words: Mapped[str] = mapped_column(Sealed("visit_logs.words"))
    private: Mapped[bool]
    dialogue_at: Mapped[datetime | None]
    superseded: Mapped[bool] = mapped_column(Boolean, default=False)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"))
    inbound_id: Mapped[int | None] = mapped_column(ForeignKey("inbound.id"))
    at: Mapped[datetime]


class RatingRow(Base):
    """What somebody thinks of a service; nothing here says who."""

    __tablename__ = "ratings"
    __table_args__ = (Index("ix_ratings_district", "district", "on"),)
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    service: Mapped[str] = mapped_column(String(20))
    district: Mapped[str] = mapped_column(String(40))
    score: Mapped[int]
    words: Mapped[str] = mapped_column(Sealed("ratings.words"))
    on: Mapped[date]


class OccurrenceRow(Base):
    """That a scheduled thing was done, or was not and why; its key makes it happen once."""

    __tablename__ = "occurrences"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    kind: Mapped[str] = mapped_column(String(16), index=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"))
    outcome: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime]


class OutboundRow(Base):
    """One message part on its way out, or gone."""

    __tablename__ = "outbound"
    __table_args__ = (
        Index("ix_outbound_waiting", "status", "scheme", "lane", "due_at", "id"),
        Index("ix_outbound_unfinished", "contact_id", "status"),
        Index("ix_outbound_provider", "provider_id"),
        Index("ix_outbound_contact", "contact_id", "created_at"),
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"))
    inbound_id: Mapped[int | None] = mapped_column(ForeignKey("inbound.id"))
    kind: Mapped[str] = mapped_column(String(16))
    lane: Mapped[str] = mapped_column(String(8))
    scheme: Mapped[str] = mapped_column(String(16))
    path: Mapped[str] = mapped_column(Sealed("outbound.path"))
    text: Mapped[str] = mapped_column(Sealed("outbound.text"))
    buttons: Mapped[str | None] = mapped_column(Sealed("outbound.buttons"))
    picture: Mapped[bytes | None] = mapped_column(LargeBinary)
    enclosed: Mapped[str | None] = mapped_column(Sealed("outbound.enclosed"))
    segments: Mapped[int]
    status: Mapped[str] = mapped_column(String(12))
    attempts: Mapped[int] = mapped_column(default=0)
    provider_id: Mapped[str | None] = mapped_column(String(80))
    reason: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]


class AlertRow(Base):
    """An alert. `open_key` holds the cause key while it is open, so that one cause has one open alert."""

    __tablename__ = "alerts"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    open_key: Mapped[str | None] = mapped_column(String(120), unique=True)
    key: Mapped[str] = mapped_column(String(120), index=True)
    cause: Mapped[str] = mapped_column(String(16))
    district: Mapped[str] = mapped_column(String(40), index=True)
    evidence: Mapped[str] = mapped_column(Sealed("alerts.evidence"))
    ladder: Mapped[list[int]] = mapped_column(JSON)
    step: Mapped[int]
    status: Mapped[str] = mapped_column(String(16))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"))
    due_on: Mapped[date | None]
    opened_at: Mapped[datetime]
    next_step_at: Mapped[datetime] = mapped_column(index=True)
    acknowledged_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"))
    outcome: Mapped[str | None] = mapped_column(Sealed("alerts.outcome"))


class CursorRow(Base):
    """How far something was read, such as a bot's updates."""

    __tablename__ = "cursors"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger)


class HoldRow(Base):
    """That a channel is, or was, left alone until a moment, and why; one row a channel."""

    __tablename__ = "holds"
    scheme: Mapped[str] = mapped_column(String(16), primary_key=True)
    reason: Mapped[str] = mapped_column(String(200))
    since: Mapped[datetime]
    until: Mapped[datetime]
    broken: Mapped[bool] = mapped_column(Boolean)


class RateRow(Base):
    """Until when a rate is used up, in seconds since 1970; one row a limit."""

    __tablename__ = "rates"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    tat: Mapped[float]


class JobRunRow(Base):
    """When a scheduled job last ran, and how often it failed; one row a job."""

    __tablename__ = "job_runs"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    ran_at: Mapped[datetime]
    well_at: Mapped[datetime | None]
    failures: Mapped[int]


Index("ix_contacts_clock", ContactRow.district, ContactRow.role, ContactRow.timezone, ContactRow.hour)
Index("ix_activity_updates_district_at", ActivityUpdateRow.district, ActivityUpdateRow.at)
Index("ix_alerts_district_closed", AlertRow.district, AlertRow.closed_at)


class SummaryRow(Base):
    """What a machine elsewhere made of the shared diaries of a group's month; `basis` names the entries it was of."""

    __tablename__ = "summaries"
    group: Mapped[str] = mapped_column(String(40), primary_key=True)
    period: Mapped[str] = mapped_column(String(7), primary_key=True)
    language: Mapped[str] = mapped_column(String(8), primary_key=True)
    basis: Mapped[str] = mapped_column(String(32))
    sentences: Mapped[str] = mapped_column(Sealed("summaries.sentences"))
    at: Mapped[datetime]
