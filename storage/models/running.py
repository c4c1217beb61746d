"""What the processes keep of their own work: what was done, how far was read, what is held back or used up."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, BigId


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
