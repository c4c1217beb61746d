"""What came in and what goes out; each once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, BigId
from storage.sealing import Sealed


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
