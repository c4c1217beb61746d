"""What districts report: every version of a value, which one counts, and who looked at it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, BigId
from storage.sealing import Sealed


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
