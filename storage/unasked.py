"""What went to people unasked in the last week, and the alerts that wait until there is room for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from domain.attention import ENOUGH, UNASKED, WEEK, is_asked_for
from domain.messages import Lane, Status
from storage.inserting import insert_once
from storage.models import OccurrenceRow, OutboundRow
from storage.occurrences import SKIPPED

ONE_NIGHT = timedelta(days=1)  # what is queued in quiet hours goes on the next day
WAITS, TOLD = "waits", "told later"
KIND = "alert_waits"


def lately(db: Session, contact_ids: Collection[int], now: datetime) -> dict[int, list[datetime]]:
    """Return when the unasked messages of the last week went to some people, or will go."""
    row, found = OutboundRow, defaultdict[int, list[datetime]](list)
    query = select(row.contact_id, row.key, row.due_at).where(
        row.contact_id.in_(contact_ids),
        row.created_at > now - WEEK - ONE_NIGHT,
        row.kind.in_(UNASKED),
        row.lane == str(Lane.BULK),
        row.status != str(Status.DROPPED),
        row.key.endswith(":0") | row.key.endswith(":document"),
    )
    for contact_id, key, due_at in db.execute(query):
        if not is_asked_for(key):
            found[contact_id or 0].append(due_at)
    return dict(found)


def let_wait(db: Session, alert_id: int, contact_id: int, key: str, now: datetime) -> None:
    """Write down that an alert waits until there is room for it in somebody's week; its `key` names the telling."""
    values = {"key": f"waits:{alert_id}:{key}", "kind": KIND, "contact_id": contact_id, "outcome": WAITS}
    insert_once(db, OccurrenceRow, {**values, "reason": f"{ENOUGH}; ALERTS shows it", "at": now}, ["key"])


def waiting(db: Session) -> dict[int, set[int]]:
    """Return the ids of the alerts that wait, by whom they wait for."""
    found = defaultdict[int, set[int]](set)
    query = select(OccurrenceRow.contact_id, OccurrenceRow.key).where(OccurrenceRow.kind == KIND)
    for contact_id, key in db.execute(query):
        found[contact_id or 0].add(int(key.split(":")[1]))
    return dict(found)


def settle(db: Session, contact_id: int, told: bool) -> None:
    """Say of all that waited for somebody that they were told, or that nothing of it is theirs any more."""
    mine = update(OccurrenceRow).where(OccurrenceRow.kind == KIND, OccurrenceRow.contact_id == contact_id)
    if told:
        db.execute(mine.values(kind="alert", outcome=TOLD, reason=ENOUGH))
    else:
        db.execute(mine.values(kind="alert", outcome=SKIPPED, reason="over, or somebody else's, when there was room"))
