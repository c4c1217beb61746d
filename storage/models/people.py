"""The people we talk to: where they are reached, the codes they join by, what was said last."""

from __future__ import annotations

from datetime import date, datetime, time

from sqlalchemy import JSON, Boolean, ForeignKey, Index, String, Time, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, BigId
from storage.sealing import Sealed


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


Index("ix_contacts_clock", ContactRow.district, ContactRow.role, ContactRow.timezone, ContactRow.hour)


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


class ConversationRow(Base):
    """What is remembered of a person between two messages."""

    __tablename__ = "conversations"
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"), primary_key=True)
    state: Mapped[str] = mapped_column(Sealed("conversations.state"))
    active_at: Mapped[datetime | None] = mapped_column(index=True)
    oldest_at: Mapped[datetime | None] = mapped_column(index=True)
