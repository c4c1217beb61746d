"""Alerts on record: one open for one cause, with a copy of the ladder it climbs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from domain.alerts import Alert, AlertStatus, Cause, Raise
from storage.inserting import insert_once
from storage.models import AlertRow, ContactRow


def open_one(db: Session, found: Raise, ladder: tuple[int, ...], now: datetime, next_step_at: datetime) -> Alert | None:
    """Open an alert unless one is open for the same cause; return it, or None."""
    values = {
        "open_key": found.key,
        "key": found.key,
        "cause": str(found.cause),
        "district": found.district,
        "evidence": json.dumps(dict(found.evidence)),
        "ladder": list(ladder),
        "step": 0,
        "status": str(AlertStatus.OPEN),
        "opened_at": now,
        "next_step_at": next_step_at,
    }
    alert_id = insert_once(db, AlertRow, values, ["open_key"])
    return load(db, alert_id) if alert_id is not None else None


def ever_opened(db: Session, key: str) -> bool:
    """Whether an alert for this cause was ever opened."""
    return db.execute(select(AlertRow.id).where(AlertRow.key == key).limit(1)).first() is not None


def find_open(db: Session, key: str) -> Alert | None:
    """Return the open alert for this cause."""
    row = db.scalars(select(AlertRow).where(AlertRow.open_key == key)).one_or_none()
    return _alert(db, row) if row else None


def renew(db: Session, alert_id: int, evidence: Mapping[str, str]) -> None:
    """Bring an open alert's evidence up to date."""
    _set(db, alert_id, evidence=json.dumps(dict(evidence)))


def load(db: Session, alert_id: int) -> Alert:
    """Return the alert with this id. Raises LookupError when there is none."""
    row = db.get(AlertRow, alert_id)
    if row is None:
        raise LookupError(f"no alert {alert_id}")
    return _alert(db, row)


def still_open(db: Session, district: str | None = None) -> list[Alert]:
    """Return open alerts, oldest first: of one district, or all."""
    query = select(AlertRow).where(AlertRow.open_key.is_not(None)).order_by(AlertRow.id)
    if district is not None:
        query = query.where(AlertRow.district == district)
    return [_alert(db, row) for row in db.scalars(query)]


def for_contact(db: Session, contact_id: int) -> tuple[Alert, ...]:
    """Return the open alerts on whose ladder a contact stands."""
    return tuple(alert for alert in still_open(db) if contact_id in alert.ladder)


def due_steps(db: Session, now: datetime) -> list[Alert]:
    """Return open alerts whose next step has come."""
    query = select(AlertRow).where(AlertRow.open_key.is_not(None), AlertRow.next_step_at <= now).order_by(AlertRow.id)
    query = query.with_for_update(skip_locked=True)  # another clock that has them takes their step
    return [_alert(db, row) for row in db.scalars(query)]


def acknowledge(db: Session, alert_id: int, contact_id: int, now: datetime, due_on: date, remind_at: datetime) -> None:
    """Give an alert an owner and a date."""
    _set(
        db,
        alert_id,
        status=str(AlertStatus.ACKNOWLEDGED),
        owner_id=contact_id,
        acknowledged_at=now,
        due_on=due_on,
        next_step_at=remind_at,
    )


def put_off(db: Session, alert_id: int, until: datetime) -> None:
    """Let an alert rest until a moment."""
    _set(db, alert_id, next_step_at=until)


def climb(db: Session, alert_id: int, step: int, next_step_at: datetime) -> None:
    """Move an alert to a rung; it has no owner there yet."""
    _set(db, alert_id, step=step, next_step_at=next_step_at, status=str(AlertStatus.OPEN), owner_id=None)


def close(db: Session, alert_id: int, outcome: str, contact_id: int | None, now: datetime) -> None:
    """End an alert with its outcome in words; the same cause may open another later."""
    _set(
        db,
        alert_id,
        status=str(AlertStatus.CLOSED),
        open_key=None,
        outcome=outcome,
        closed_by=contact_id,
        closed_at=now,
    )


def _set(db: Session, alert_id: int, **fields: object) -> None:
    db.execute(update(AlertRow).where(AlertRow.id == alert_id).values(**fields))
    db.expire_all()


def _alert(db: Session, row: AlertRow) -> Alert:
    owner = db.get(ContactRow, row.owner_id) if row.owner_id else None
    return Alert(
        id=row.id,
        cause=Cause(row.cause),
        key=row.key,
        district=row.district,
        evidence=json.loads(row.evidence),
        status=AlertStatus(row.status),
        ladder=tuple(row.ladder),
        step=row.step,
        opened_at=row.opened_at,
        next_step_at=row.next_step_at,
        owner_id=row.owner_id,
        owner=owner.name if owner else "",
        due_on=row.due_on,
    )
