"""Alerts on record: one open for one cause, with a copy of the ladder it climbs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import bindparam, case, select, update
from sqlalchemy.orm import Session

from domain.alerts import Alert, AlertStatus, Cause, Held, Past, Raise, holder_of
from storage.apart import alone
from storage.holds import CLOCKS_APART
from storage.inserting import insert_once, rows_of
from storage.models import AlertRow, ContactRow
from storage.prepared import Prepared

LONGEST_REST = timedelta(days=31)  # nobody may put an alert off for longer

_OURS = rows_of(AlertRow).c
_ANY_OPEN = Prepared(
    select(_OURS.id).where(_OURS.open_key.is_not(None), _OURS.district == bindparam("district")).limit(1)
)


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


def past(db: Session, keys: Iterable[str]) -> dict[str, Past]:
    """Return the newest alert that there was for each of some causes, by key."""
    query = select(AlertRow.key, AlertRow.opened_at, AlertRow.open_key, AlertRow.closed_by)
    query = query.where(AlertRow.key.in_(list(keys))).order_by(AlertRow.id)
    return {
        row.key: Past(row.opened_at, row.open_key is not None, row.open_key is None and row.closed_by is None)
        for row in db.execute(query)
    }


def find_open(db: Session, key: str) -> Alert | None:
    """Return the open alert for this cause."""
    return next(iter(_read(db, AlertRow.open_key == key)), None)


def renew(db: Session, alert_id: int, evidence: Mapping[str, str]) -> None:
    """Bring an open alert's evidence up to date."""
    _set(db, alert_id, evidence=json.dumps(dict(evidence)))


def load(db: Session, alert_id: int) -> Alert:
    """Return the alert with this id. Raises LookupError when there is none."""
    found = _read(db, AlertRow.id == alert_id)
    if not found:
        raise LookupError(f"no alert {alert_id}")
    return found[0]


def those(db: Session, alert_ids: Iterable[int]) -> list[Alert]:
    """Return the alerts with these ids, oldest first; those whose rows cannot be read are left out."""
    return _read(db, AlertRow.id.in_(list(alert_ids)))


def still_open(db: Session, district: str | None = None) -> list[Alert]:
    """Return open alerts, oldest first: of one district, or all."""
    if district is None:
        return _read(db, AlertRow.open_key.is_not(None))
    if _ANY_OPEN.first(db, {"district": district}) is None:
        return []
    return _read(db, AlertRow.open_key.is_not(None), AlertRow.district == district)


def held(db: Session) -> list[Held]:
    """Return who holds each open alert; nothing sealed is read for it."""
    columns = (AlertRow.id, AlertRow.ladder, AlertRow.step, AlertRow.owner_id, AlertRow.next_step_at)
    query = select(*columns).where(AlertRow.open_key.is_not(None)).order_by(AlertRow.id)
    return [Held(r.id, holder_of(r.ladder, r.step, r.owner_id), r.next_step_at) for r in db.execute(query)]


def for_contact(db: Session, contact_id: int) -> tuple[Alert, ...]:
    """Return the open alerts on whose ladder a contact stands, or that were given to them."""
    query = select(AlertRow.id, AlertRow.ladder, AlertRow.owner_id).where(AlertRow.open_key.is_not(None))
    mine = [row.id for row in db.execute(query) if contact_id in row.ladder or contact_id == row.owner_id]
    return tuple(_read(db, AlertRow.id.in_(mine))) if mine else ()


def put_right(db: Session, now: datetime, pause: timedelta) -> None:
    """Let open alerts take their next step after a `pause` where a clock that was ahead has put it far off."""
    opened, steps = AlertRow.opened_at, AlertRow.next_step_at
    far = (opened > now + CLOCKS_APART) | (steps > now + LONGEST_REST + CLOCKS_APART)
    sooner = {"opened_at": case((opened > now, now), else_=opened), "next_step_at": now + pause}
    db.execute(update(AlertRow).where(AlertRow.open_key.is_not(None), far).values(sooner))


def due_steps(db: Session, now: datetime) -> list[Alert]:
    """Return open alerts whose next step has come."""
    query = select(AlertRow.id).where(AlertRow.open_key.is_not(None), AlertRow.next_step_at <= now)
    # Another clock that has them takes their step.
    due = list(db.scalars(query.order_by(AlertRow.id).with_for_update(skip_locked=True)))
    return _read(db, AlertRow.id.in_(due)) if due else []


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


def assign(db: Session, alert_id: int, contact_id: int, next_step_at: datetime) -> None:
    """Give an alert to somebody who has until `next_step_at` to take it."""
    _set(db, alert_id, status=str(AlertStatus.ASSIGNED), owner_id=contact_id, due_on=None, next_step_at=next_step_at)


def put_off(db: Session, alert_id: int, until: datetime) -> bool:
    """Let an alert rest until a moment; False when it was closed."""
    return _set(db, alert_id, next_step_at=until)


def climb(db: Session, alert_id: int, step: int, next_step_at: datetime, ladder: tuple[int, ...] | None = None) -> None:
    """Move an alert to a rung, of another ladder if one is given; it has no owner there yet."""
    changed: dict[str, Any] = {} if ladder is None else {"ladder": list(ladder)}
    _set(
        db,
        alert_id,
        step=step,
        next_step_at=next_step_at,
        status=str(AlertStatus.OPEN),
        owner_id=None,
        due_on=None,
        **changed,
    )


def close(db: Session, alert_id: int, outcome: str, contact_id: int | None, now: datetime) -> bool:
    """End an alert with its outcome in words; False when it was ended. The same cause may open another later."""
    return _set(
        db,
        alert_id,
        status=str(AlertStatus.CLOSED),
        open_key=None,
        outcome=outcome,
        closed_by=contact_id,
        closed_at=now,
    )


def _set(db: Session, alert_id: int, **fields: object) -> bool:
    """Change an open alert; False when it was closed, as somebody else may do at the same moment."""
    ours = update(AlertRow).where(AlertRow.id == alert_id, AlertRow.open_key.is_not(None))
    return db.scalar(ours.values(**fields).returning(AlertRow.id)) is not None


def _read(db: Session, *conditions: Any) -> list[Alert]:
    """Return alerts, oldest first; those whose rows cannot be read are left out."""
    found = alone(db, partial(_rows, db, *conditions))
    if found is not None:
        return found
    ids = list(db.scalars(select(AlertRow.id).where(*conditions).order_by(AlertRow.id)))
    return [one for n in ids for one in alone(db, partial(_rows, db, AlertRow.id == n), alert_id=n) or ()]


def _rows(db: Session, *conditions: Any) -> list[Alert]:
    query = select(AlertRow, ContactRow.name).outerjoin(ContactRow, ContactRow.id == AlertRow.owner_id)
    query = query.where(*conditions).order_by(AlertRow.id).execution_options(populate_existing=True)
    return [_alert(row, owner) for row, owner in db.execute(query)]


def _alert(row: AlertRow, owner: str | None) -> Alert:
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
        owner=owner or "",
        due_on=row.due_on,
    )
