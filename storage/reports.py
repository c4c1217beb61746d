"""What people reported of late: whether it still stands, and what would put back what stood before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby, takewhile
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, or_, select
from sqlalchemy.orm import Session

from conversations.situation import PastReport
from domain.events import ValueReported, ValueStatus
from domain.periods import ReportingPeriod
from domain.programme import Programme
from storage.inserting import rows_of
from storage.models import InboundRow, ValueVersionRow
from storage.prepared import Prepared
from storage.values import measure_of

DAY = timedelta(hours=24)
TAKES_VALUES = ("report", "fix", "yes")

Key = tuple[str, str, str]
"""District, code and period of a value."""

key_of = attrgetter("district", "code", "period")

_HEARD, _VERSIONS = rows_of(InboundRow), rows_of(ValueVersionRow)
_FACTS = (
    *(_HEARD.c.id, _HEARD.c.provider_id, _HEARD.c.edit_of),
    *(_HEARD.c.fingerprint, _HEARD.c.undone, _HEARD.c.received_at),
)


def _versions_beside(heard: ColumnElement[bool]) -> Prepared:
    """Prepare to read every version of each value that some messages have touched."""
    spoken = select(_VERSIONS.c.district, _VERSIONS.c.code, _VERSIONS.c.period).distinct()
    spoken = spoken.join(_HEARD, _HEARD.c.id == _VERSIONS.c.inbound_id).where(heard)
    touched = spoken.subquery()
    same = and_(*(_VERSIONS.c[name] == touched.c[name] for name in ("district", "code", "period")))
    order = (_VERSIONS.c.district, _VERSIONS.c.code, _VERSIONS.c.period, _VERSIONS.c.version)
    return Prepared(select(_VERSIONS).join(touched, same).order_by(*order))


_THEIRS = and_(_HEARD.c.contact_id == bindparam("contact"), _HEARD.c.handled_at.is_not(None))
_LATE = and_(
    _THEIRS,
    _HEARD.c.received_at > bindparam("since"),
    or_(*(_HEARD.c.intent == intent for intent in TAKES_VALUES)),
)
_EDITED = and_(_THEIRS, or_(_HEARD.c.provider_id == bindparam("original"), _HEARD.c.edit_of == bindparam("original")))
_again, _edit = _HEARD.alias(), _HEARD.alias()

_LATE_REPORTS = Prepared(select(*_FACTS).where(_LATE).order_by(_HEARD.c.received_at.desc(), _HEARD.c.id.desc()))
_LATE_VERSIONS = _versions_beside(_LATE)
_EDITED_REPORTS = Prepared(select(*_FACTS).where(_EDITED).order_by(_HEARD.c.id))
_EDITED_VERSIONS = _versions_beside(_EDITED)
_SAID_AGAIN = Prepared(
    select(_again.c.id)
    .where(_again.c.contact_id == bindparam("contact"), _again.c.fingerprint == bindparam("fingerprint"))
    .where(_again.c.id != bindparam("id"), _again.c.reply == "duplicate", _again.c.received_at >= bindparam("at"))
    .where(
        ~select(_edit.c.id)
        .where(_edit.c.edit_of == _again.c.provider_id, _edit.c.contact_id == _again.c.contact_id)
        .exists()
    )
    .limit(1)
)


def past_reports(db: Session, contact_id: int, programme: Programme, now: datetime) -> tuple[PastReport, ...]:
    """Return this person's reports of the last 24 hours, newest first, with what would put them back."""
    which = {"contact": contact_id, "since": now - DAY}
    heard = _LATE_REPORTS.all(db, which)
    if not heard:
        return ()
    families = _families(_LATE_VERSIONS.all(db, which))
    by_message = _by_message(families)
    standing = {key: _standing(family) for key, family in families.items()}
    changed = {row.edit_of for row in heard if row.edit_of}
    found = [(row, _past(row, by_message[row.id], standing, programme)) for row in heard if row.id in by_message]
    # The same words after an edit are a message of their own: the next edit may take back what is not theirs.
    return tuple(
        replace(past, stands=past.stands and (row.edit_of or row.provider_id) not in changed) for row, past in found
    )


def edited_report(db: Session, contact_id: int, original: str, programme: Programme) -> PastReport | None:
    """Return the report that a message and its earlier edits make; None when it was no report.

    `original` is the message's provider id.
    """
    which = {"contact": contact_id, "original": original}
    heard = _EDITED_REPORTS.all(db, which)
    families = _families(_EDITED_VERSIONS.all(db, which))
    by_message = _by_message(families)
    theirs = [by_message.get(row.id, []) for row in heard]
    if not any(theirs):
        return None
    first, versions = heard[0], sorted((v for found in theirs for v in found), key=lambda v: v.id)
    # What the same words have brought again is not this message's alone to take back.
    kept = theirs[0] if _came_again(db, contact_id, first) else []
    ids = {v.id for v in versions} - {v.id for v in kept}
    restoring: list[ValueReported] = []
    for key in _keys(versions):
        standing = _standing(families[key])
        restoring += _put_back(standing, [v for v in standing if v.id in ids], key, programme)
    return PastReport(
        first.id, first.received_at, first.fingerprint or "", _codes(versions), tuple(restoring), stands=False
    )


def _families(versions: Iterable[Any]) -> dict[Key, list[Any]]:
    return {key: list(family) for key, family in groupby(versions, key=key_of)}


def _by_message(families: Mapping[Key, Iterable[Any]]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for version in sorted((v for family in families.values() for v in family), key=lambda v: v.id):
        if version.inbound_id is not None:
            found.setdefault(version.inbound_id, []).append(version)
    return found


def _codes(versions: Iterable[Any]) -> tuple[tuple[str, ReportingPeriod], ...]:
    return tuple((v.code, ReportingPeriod.parse(v.period)) for v in versions)


def _came_again(db: Session, contact_id: int, row: Any) -> bool:
    """Whether another message had the same words, was told so, and still has them."""
    which = {"contact": contact_id, "fingerprint": row.fingerprint, "id": row.id, "at": row.received_at}
    return _SAID_AGAIN.first(db, which) is not None


def _past(row: Any, versions: list[Any], standing: Mapping[Key, Sequence[Any]], programme: Programme) -> PastReport:
    ids = {v.id for v in versions}
    restoring: list[ValueReported] = []
    for key in () if row.undone else _keys(versions):
        newest = list(takewhile(lambda v: v.id in ids, reversed(standing[key])))
        restoring += _put_back(standing[key], newest, key, programme)
    stands = len(restoring) == len(versions)
    return PastReport(row.id, row.received_at, row.fingerprint or "", _codes(versions), tuple(restoring), stands)


def _keys(versions: Iterable[Any]) -> Iterable[Key]:
    return dict.fromkeys(map(key_of, versions))


def _put_back(standing: Sequence[Any], undone: Sequence[Any], key: Key, programme: Programme) -> list[ValueReported]:
    """Return the events that take back some of the versions that stand, one for each, with what stands without them."""
    if not undone:
        return []
    district, code, month = key
    period, gone = ReportingPeriod.parse(month), {v.id for v in undone}
    left = (v for v in reversed(standing) if v.id not in gone and v.status != ValueStatus.PENDING)
    before = next(left, None)
    if before is None:
        return [
            ValueReported(district, code, period, ValueStatus.WITHDRAWN, takes_back=version.version)
            for version in undone
        ]
    return [
        ValueReported(
            district,
            code,
            period,
            ValueStatus(before.status),
            measure_of(before, programme.indicators[code].unit),
            before.reason,
            flagged=before.flagged,
            takes_back=version.version,
            since=before.at,
        )
        for version in undone
    ]


def _standing(family: Iterable[Any]) -> list[Any]:
    """Return the versions of a value that were not taken back, in the order in which they were said."""
    stand: list[Any] = []
    for version in family:
        if not version.takes_back:
            stand.append(version)
        elif version.undoes is not None:
            stand = [v for v in stand if v.version != version.undoes]
        elif stand:  # by a release that did not say which one
            stand.pop()
    return sorted(stand, key=lambda v: (v.at, v.version))
