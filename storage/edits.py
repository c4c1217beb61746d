"""What a message wrote beside values, to be edited or taken back: entries of a diary, and what it changed in a plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import replace
from datetime import datetime
from itertools import groupby, takewhile
from operator import attrgetter
from typing import Any

from sqlalchemy import bindparam, exists, or_, select
from sqlalchemy.orm import Session

from conversations.situation import PastMessage
from domain.events import ActivityUpdated, DiaryWritten
from domain.people import Contact
from domain.periods import ReportingPeriod
from domain.programme import Programme
from domain.workplans import Activity, ActivityStatus
from storage.inserting import rows_of
from storage.models import ActivityUpdateRow, DiaryRow, InboundRow
from storage.prepared import Among, Prepared

MONTHS_BACK = 3  # a diary that was begun in a month may be for the month before, and go on in the next one

_HEARD, _DIARY, _UPDATES = rows_of(InboundRow).c, rows_of(DiaryRow).c, rows_of(ActivityUpdateRow).c
_EDITED = or_(_HEARD.provider_id == bindparam("original"), _HEARD.edit_of == bindparam("original"))
_TAKEN = Prepared(
    select(_HEARD.id, _HEARD.handled_at)
    .where(_HEARD.contact_id == bindparam("contact"), _HEARD.handled_at.is_not(None), _EDITED)
    .order_by(_HEARD.id)
)
_WRITTEN = Prepared(
    select(rows_of(DiaryRow))
    .where(_DIARY.district == bindparam("district"), _DIARY.period >= bindparam("since"))
    .where(_DIARY.contact_id == bindparam("contact"), _DIARY.superseded.is_(False))
    .order_by(_DIARY.id)
)
_LATELY = Prepared(
    select(_UPDATES.key, _UPDATES.inbound_id)
    .where(_UPDATES.district == bindparam("district"), _UPDATES.at >= bindparam("since"))
    .order_by(_UPDATES.id)
)
# What was taken back never was, and nor was the taking back.
_UNDONE = exists().where(_HEARD.id == _UPDATES.inbound_id, _HEARD.undone | (_HEARD.intent == "undo"))
_UPDATED = Prepared(
    select(rows_of(ActivityUpdateRow))
    .where(_UPDATES.district == bindparam("district"), ~_UNDONE)
    .order_by(_UPDATES.key, _UPDATES.id)
)


_OF_THEIRS = Among(
    select(_HEARD.id, _HEARD.provider_id, _HEARD.edit_of)
    .where(_HEARD.contact_id == bindparam("contact"), _HEARD.handled_at.is_not(None))
    .where(_HEARD.undone.is_(False), _HEARD.intent != "undo")
    .order_by(_HEARD.id.desc()),
    _HEARD.id,
)


def last_written(
    db: Session, contact: Contact, programme: Programme, since: datetime
) -> tuple[int, PastMessage] | None:
    """Return the id of somebody's newest message since a moment that wrote of a diary or a plan, and what it wrote."""
    if contact.district is None:
        return None
    district, month = contact.district, ReportingPeriod.of(since.date()).back(MONTHS_BACK)
    written = _WRITTEN.all(db, {"contact": contact.id, "district": district, "since": str(month)})
    ids = {row.inbound_id for row in written if row.at > since}
    ids |= {row.inbound_id for row in _LATELY.all(db, {"district": district, "since": since})}
    heard = _OF_THEIRS.all(db, ids, {"contact": contact.id}) if ids else ()
    if not heard:
        return None
    found = edited(db, contact, heard[0].edit_of or heard[0].provider_id, programme)
    return (heard[0].id, found) if found and found.wrote else None


def edited(db: Session, contact: Contact, original: str, programme: Programme) -> PastMessage | None:
    """Return what a message and its earlier edits wrote; None where none of them is on record.

    `original` is the message's provider id.
    """
    heard = _TAKEN.all(db, {"contact": contact.id, "original": original})
    if not heard:
        return None
    at, ids = heard[0].handled_at, {row.id for row in heard}
    if contact.district is None:
        return PastMessage(at)
    since = str(ReportingPeriod.of(at.date()).back(MONTHS_BACK))
    written = _WRITTEN.all(db, {"contact": contact.id, "district": contact.district, "since": since})
    diary = {row.id: _entry(row) for row in written if row.inbound_id in ids}
    return PastMessage(at, diary, tuple(_befores(db, contact.district, at, ids, programme)))


def _entry(row: Any) -> DiaryWritten:
    period = ReportingPeriod.parse(row.period)
    return DiaryWritten(row.district, period, row.section, row.words, row.private, row.dialogue_at)


def _befores(
    db: Session, district: str, at: datetime, ids: Set[int], programme: Programme
) -> Iterator[ActivityUpdated]:
    """Yield, for each activity that some messages have updated, the update that puts it back to before them."""
    lately = _LATELY.all(db, {"district": district, "since": at})
    keys = {row.key for row in lately if row.inbound_id in ids}
    rows = _UPDATED.all(db, {"district": district}) if keys else []
    for key, updates in groupby(rows, key=attrgetter("key")):
        if key in keys and (before := _before(_planned(district, key, programme), list(updates), ids)) is not None:
            yield before


def _planned(district: str, key: str, programme: Programme) -> Activity | None:
    plan = programme.workplans.get(district)
    return next((activity for activity in plan.activities if activity.key == key), None) if plan else None


def _before(planned: Activity | None, updates: Sequence[Any], ids: Set[int]) -> ActivityUpdated | None:
    """Return the update that puts an activity back to before a message; None where an edit of it has done so."""
    update = ActivityUpdated(updates[0].district, updates[0].key)
    if planned is None or updates[-1].inbound_id not in ids:
        return update
    before = _after(planned, takewhile(lambda row: row.inbound_id not in ids, updates))
    theirs = [row for row in updates if row.inbound_id in ids]
    if len(theirs) > 1 and _after(planned, updates) == before:
        return None
    if any(row.status for row in theirs):
        update = replace(update, status=before.status, percent=before.percent, reason=before.reason)
    return replace(update, due_on=before.due_on) if any(row.due_on for row in theirs) else update


def _after(activity: Activity, updates: Iterable[Any]) -> Activity:
    for row in updates:
        if row.status is not None:
            activity = replace(activity, status=ActivityStatus(row.status), reason=row.reason)
        activity = replace(
            activity,
            percent=activity.percent if row.percent is None else row.percent,
            due_on=row.due_on or activity.due_on,
        )
    return activity
