"""What a programme set out to do: its file, the activities of the workplans, and their progress."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, BigId
from storage.sealing import Sealed


class ProgrammeRow(Base):
    """A programme file as it was loaded; the newest is in force."""

    __tablename__ = "programmes"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Sealed("programmes.text"))
    loaded_at: Mapped[datetime]


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


Index("ix_activity_updates_district_at", ActivityUpdateRow.district, ActivityUpdateRow.at)
