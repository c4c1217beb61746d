"""Counts over the tables, for the operator: what was asked, answered, sent and closed in a stretch of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from storage.models import AlertRow, DiaryRow, InboundRow, OccurrenceRow, OutboundRow, ValueVersionRow


@dataclass(frozen=True, slots=True)
class Figures:
    """What happened from one moment to another."""

    prompts: int
    nudges: int
    inbound: int
    unanswered: int
    values: int
    questioned: int
    confirmed: int
    diaries: int
    alerts_opened: int
    alerts_closed: int
    outbound: int
    segments: int


def between(db: Session, start: datetime, end: datetime) -> Figures:
    """Count what happened in [start, end)."""

    def count(table: Any, moment: Any, *where: ColumnElement[bool]) -> int:
        query = select(func.count()).select_from(table).where(moment >= start, moment < end, *where)
        return db.execute(query).scalar_one()

    version, outbound = ValueVersionRow, OutboundRow
    by_hand = version.inbound_id.is_not(None)
    segments = select(func.coalesce(func.sum(outbound.segments), 0))
    return Figures(
        prompts=count(OccurrenceRow, OccurrenceRow.at, OccurrenceRow.kind == "prompt", OccurrenceRow.outcome == "sent"),
        nudges=count(OccurrenceRow, OccurrenceRow.at, OccurrenceRow.kind == "nudge", OccurrenceRow.outcome == "sent"),
        inbound=count(InboundRow, InboundRow.received_at),
        unanswered=count(InboundRow, InboundRow.received_at, InboundRow.handled_at.is_(None)),
        values=count(version, version.at, by_hand, version.status == "reported"),
        questioned=count(version, version.at, by_hand, version.status == "pending"),
        confirmed=count(version, version.at, by_hand, version.flagged.is_(True)),
        diaries=count(DiaryRow, DiaryRow.at),
        alerts_opened=count(AlertRow, AlertRow.opened_at),
        alerts_closed=count(AlertRow, AlertRow.closed_at),
        outbound=count(outbound, outbound.created_at),
        segments=db.execute(segments.where(outbound.created_at >= start, outbound.created_at < end)).scalar_one(),
    )
