"""Workplans as they stand: activities, and every update of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from domain.events import ActivityUpdated
from domain.workplans import Activity, ActivityStatus
from storage.inserting import change, insert, rows_of
from storage.models import ActivityRow, ActivityUpdateRow
from storage.prepared import Among

_OURS = rows_of(ActivityRow)
_PLANNED = Among(select(_OURS).order_by(_OURS.c.district, _OURS.c.key), _OURS.c.district)


def load(db: Session, districts: Iterable[str]) -> dict[str, tuple[Activity, ...]]:
    """Return the activities of districts, in the order of their keys."""
    found: dict[str, list[Activity]] = {code: [] for code in districts}
    for row in _PLANNED.all(db, found, {}):
        found[row.district].append(_activity(row))
    return {code: tuple(activities) for code, activities in found.items()}


def _activity(row: Any) -> Activity:
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


def save(db: Session, event: ActivityUpdated, contact_id: int, inbound_id: int | None, now: datetime) -> None:
    """Append an update and carry it to the activity."""
    fields = {"status": event.status and str(event.status), "percent": event.percent, "due_on": event.due_on}
    which = {"district": event.district, "key": event.key}
    said = {"reason": event.reason, "contact_id": contact_id, "inbound_id": inbound_id, "at": now}
    insert(db, ActivityUpdateRow, {**which, **said, **fields})
    changed: dict[str, object] = {name: value for name, value in fields.items() if value is not None}
    if event.status is not None:
        changed["reason"] = event.reason
    change(db, ActivityRow, which, changed)
