"""Workplans as they stand: activities, and every update of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from domain.events import ActivityUpdated
from domain.workplans import Activity, ActivityStatus
from storage.models import ActivityRow, ActivityUpdateRow


def load(db: Session, districts: Iterable[str]) -> dict[str, tuple[Activity, ...]]:
    """Return the activities of districts, in the order of their keys."""
    wanted = list(districts)
    query = select(ActivityRow).where(ActivityRow.district.in_(wanted)).order_by(ActivityRow.district, ActivityRow.key)
    found: dict[str, list[Activity]] = {code: [] for code in wanted}
    for row in db.scalars(query):
        found[row.district].append(_activity(row))
    return {code: tuple(activities) for code, activities in found.items()}


def _activity(row: ActivityRow) -> Activity:
    return Activity(
        row.district,
        row.key,
        row.title,
        row.strategy,
        row.owner,
        row.due_on,
        ActivityStatus(row.status),
        row.percent,
        row.reason,
        row.short,
    )


def pass_on(db: Session, district: str, giver: str, taker: str) -> None:
    """Give the activities that one contact (by key) owns in a district to another."""
    mine = (ActivityRow.district == district, ActivityRow.owner == giver)
    db.execute(update(ActivityRow).where(*mine).values(owner=taker))


def updated_since(db: Session, since: datetime) -> set[tuple[str, str]]:
    """Return (district, key) of the activities that somebody spoke of since a moment."""
    query = select(ActivityUpdateRow.district, ActivityUpdateRow.key).where(ActivityUpdateRow.at >= since)
    return {(row[0], row[1]) for row in db.execute(query)}


def save(db: Session, event: ActivityUpdated, contact_id: int, inbound_id: int | None, now: datetime) -> None:
    """Append an update and carry it to the activity."""
    fields = {"status": event.status and str(event.status), "percent": event.percent, "due_on": event.due_on}
    db.add(
        ActivityUpdateRow(
            district=event.district,
            key=event.key,
            reason=event.reason,
            contact_id=contact_id,
            inbound_id=inbound_id,
            at=now,
            **fields,
        )
    )
    changed: dict[str, object] = {name: value for name, value in fields.items() if value is not None}
    if event.status is not None:
        changed["reason"] = event.reason
    db.execute(
        update(ActivityRow)
        .where(ActivityRow.district == event.district, ActivityRow.key == event.key)
        .values(**changed)
    )
