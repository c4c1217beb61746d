"""Reflective diaries: what a team saw and learned, in their own words (toolkit, Reflective diaries)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.periods import ReportingPeriod

SECTIONS = ("planned", "well", "not_well", "why", "effect", "change")


@dataclass(frozen=True, slots=True)
class DiaryEntry:
    """One section of a month's diary. A private one is read by its writer alone."""

    id: int
    district: str
    period: ReportingPeriod
    section: str
    words: str
    writer: str
    writer_id: int
    at: datetime
    private: bool = False
