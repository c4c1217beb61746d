"""Support visits: when, who will be there, and what was found."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, BigId
from storage.sealing import Sealed


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
