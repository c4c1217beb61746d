"""People's own words: diaries and what they were summed up to, notes, ratings."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Boolean, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, BigId
from storage.sealing import Sealed


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


class SummaryRow(Base):
    """What a machine elsewhere made of the shared diaries of a group's month; `basis` names the entries it was of."""

    __tablename__ = "summaries"
    group: Mapped[str] = mapped_column(String(40), primary_key=True)
    period: Mapped[str] = mapped_column(String(7), primary_key=True)
    language: Mapped[str] = mapped_column(String(8), primary_key=True)
    basis: Mapped[str] = mapped_column(String(32))
    sentences: Mapped[str] = mapped_column(Sealed("summaries.sentences"))
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
