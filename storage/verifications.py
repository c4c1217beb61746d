"""What facilitators found of values: only ever added to, and how each value stands because of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from domain.events import Check, ValueChecked, ValueStatus
from domain.measures import Measure
from storage.inserting import rows_of
from storage.models import CurrentValueRow, ValueVersionRow, VerificationRow
from storage.prepared import Prepared

_OURS, _VERSIONS = rows_of(VerificationRow).c, rows_of(ValueVersionRow).c
_OF_THE_SAME = Prepared(
    select(_OURS.state)
    .where(*(_VERSIONS[name] == _OURS[name] for name in ("district", "code", "period", "version")))
    .where(*(_OURS[name] == bindparam(name) for name in ("district", "code", "period")))
    .where(*(_VERSIONS[n].is_not_distinct_from(bindparam(n)) for n in ("value", "numerator", "denominator")))
    .where(_OURS.state != str(Check.DENIED))
    .order_by(_OURS.id)
)


def save(db: Session, event: ValueChecked, contact_id: int, inbound_id: int | None, now: datetime) -> None:
    """Write down that somebody looked at a version of a value; nothing when none waits where one should."""
    version = event.version or _waiting(db, event)
    if version is None:
        return
    db.add(
        VerificationRow(
            district=event.district,
            code=event.code,
            period=str(event.period),
            version=version,
            state=str(event.check),
            words=event.words,
            contact_id=contact_id,
            inbound_id=inbound_id,
            at=now,
        )
    )
    db.flush()
    _set_current(db, event, version)


def _waiting(db: Session, event: ValueChecked) -> int | None:
    query = select(func.max(ValueVersionRow.version)).where(
        ValueVersionRow.district == event.district,
        ValueVersionRow.code == event.code,
        ValueVersionRow.period == str(event.period),
        ValueVersionRow.status == str(ValueStatus.PENDING),
    )
    return db.execute(query).scalar_one()


def _set_current(db: Session, event: ValueChecked, version: int) -> None:
    change = update(CurrentValueRow).where(
        CurrentValueRow.district == event.district,
        CurrentValueRow.period == str(event.period),
        CurrentValueRow.code == event.code,
    )
    if event.check is Check.ANSWERED:  # the same value may have been sent again as the answer
        change = change.where(CurrentValueRow.check == str(Check.QUERIED))
    else:
        change = change.where(CurrentValueRow.version == version)
    db.execute(change.values(check=str(event.check)))


def standing(states: Iterable[str]) -> Check | None:
    """Return how a version stands after all that was done about it, oldest first.

    An answer settles a question and nothing else: what was accepted or held in the meantime stays so.
    """
    now: Check | None = None
    for state in map(Check, states):
        now = state if state is not Check.ANSWERED or now is Check.QUERIED else now
    return now


def found_of(db: Session, district: str, code: str, period: str, measure: Measure | None) -> Check | None:
    """Return how an earlier version with the same measure was found, which holds when it is sent again."""
    which = {
        "district": district,
        "code": code,
        "period": period,
        "value": measure.value if measure else None,
        "numerator": measure.numerator if measure else None,
        "denominator": measure.denominator if measure else None,
    }
    return standing(row.state for row in _OF_THE_SAME.all(db, which))
