"""Alerts: what raised them, who has them, how they ended."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, BigId
from storage.sealing import Sealed


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


Index("ix_alerts_district_closed", AlertRow.district, AlertRow.closed_at)
