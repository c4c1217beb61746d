"""Inbound messages: stored once, handled once, and found again by what they said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import Select, bindparam, func, select, update
from sqlalchemy.orm import Session

from domain.messages import Inbound, InboundKind
from domain.people import Urn
from storage import apart
from storage.inserting import change, insert_once, rows_of
from storage.models import InboundRow
from storage.prepared import Prepared
from storage.sealing import keyring

_OURS = rows_of(InboundRow).c
_EDIT = rows_of(InboundRow).alias().c
_EDITS = (
    select(_EDIT.id)
    .where(_EDIT.contact_id == bindparam("contact"), _EDIT.channel == bindparam("channel"))
    .where(_EDIT.edit_of == bindparam("original"), _EDIT.provider_id != bindparam("provider"))
    .where(_EDIT.handled_at.is_not(None))
    .order_by(_EDIT.received_at.desc(), _EDIT.id.desc())
    .limit(1)
)


def _beside(edits: Select[tuple[int]]) -> Prepared:
    alike = func.count().filter(_OURS.fingerprint == bindparam("fingerprint"))
    lately = _OURS.contact_id == bindparam("contact"), _OURS.received_at > bindparam("since")
    columns = alike.label("alike"), func.count().label("at_all"), edits.scalar_subquery().label("newer_edit")
    return Prepared(select(*columns).where(*lately))


# A message and its edit may carry the same second; two edits of one second are taken as they come.
_BESIDE_EDIT = _beside(_EDITS.where(_EDIT.received_at > bindparam("sent")))
_BESIDE_MESSAGE = _beside(_EDITS.where(_EDIT.received_at >= bindparam("sent")))


@dataclass(frozen=True, slots=True)
class Beside:
    """What a contact has sent beside a message.

    How many messages lately have its folded words, and how many there are, itself among them; and which edit of the
    same message was sent after it and is handled already.
    """

    alike: int
    at_all: int
    newer_edit: int | None


def receive(db: Session, inbound: Inbound, contact_id: int | None, folded: str, keep_text: bool) -> int | None:
    """Store a message and return its id, or None when the provider had already handed it over.

    The `folded` text is kept as a keyed hash. Words of people we do not know are not kept.
    """
    values = {
        "channel": inbound.channel,
        "provider_id": inbound.provider_id,
        "contact_id": contact_id,
        "urn": str(inbound.sender),
        "text": inbound.text if keep_text else "",
        "kind": str(inbound.kind),
        "edit_of": inbound.edit_of,
        "ticket": inbound.ticket,
        "fingerprint": keyring().digest(folded) if folded else None,
        "undone": False,
        "attempts": 0,
        "received_at": inbound.received_at,
    }
    return insert_once(db, InboundRow, values, ["channel", "provider_id"])


def handled(db: Session, inbound_id: int, now: datetime, intent: str, reply: str) -> None:
    """Record that a message was answered, and how."""
    fields = {"handled_at": now, "intent": intent, "reply": reply, "error": None}
    change(db, InboundRow, {"id": inbound_id}, fields)


def failed(db: Session, inbound_id: int, error: str) -> int:
    """Record that handling raised, and return how often it has."""
    return db.execute(
        update(InboundRow)
        .where(InboundRow.id == inbound_id)
        .values(error=error[:200], attempts=InboundRow.attempts + 1)
        .returning(InboundRow.attempts)
    ).scalar_one()


def undone(db: Session, inbound_id: int) -> None:
    """Mark a report as taken back."""
    change(db, InboundRow, {"id": inbound_id}, {"undone": True})


def unhandled(db: Session, before: datetime, most_attempts: int) -> list[tuple[int, Inbound]]:
    """Return messages that were stored before a moment and not answered, oldest first, to try again.

    One that cannot be opened is logged and counted as an attempt.
    """
    waiting = db.scalars(
        select(InboundRow.id)
        .where(InboundRow.handled_at.is_(None), InboundRow.received_at <= before, InboundRow.attempts <= most_attempts)
        .where(InboundRow.contact_id.is_not(None) | InboundRow.error.is_not(None))
        .order_by(InboundRow.id)
        .limit(100)
        .with_for_update(skip_locked=True)
    ).all()
    opened = apart.for_each(db, waiting, partial(_opened, db), lambda inbound_id: {"inbound_id": inbound_id})
    for inbound_id in set(waiting).difference(inbound_id for inbound_id, _message in opened):
        failed(db, inbound_id, "cannot be opened")
    return opened


def try_again(db: Session, since: datetime) -> None:
    """Let messages that came since then, and could not be handled however often it was tried, be tried anew."""
    stuck = update(InboundRow).where(InboundRow.handled_at.is_(None), InboundRow.attempts > 0)
    db.execute(stuck.where(InboundRow.received_at >= since).values(attempts=0))


def _opened(db: Session, inbound_ids: list[int]) -> list[tuple[int, Inbound]]:
    rows = db.scalars(select(InboundRow).where(InboundRow.id.in_(inbound_ids)).order_by(InboundRow.id))
    return [(row.id, _inbound(row)) for row in rows]


def _inbound(row: InboundRow) -> Inbound:
    scheme, _colon, path = row.urn.partition(":")
    return Inbound(
        channel=row.channel,
        provider_id=row.provider_id,
        sender=Urn(scheme, path),
        text=row.text,
        received_at=row.received_at,
        kind=InboundKind(row.kind),
        edit_of=row.edit_of,
        ticket=row.ticket,
    )


def beside(db: Session, contact_id: int, inbound: Inbound, fingerprint: str, since: datetime) -> Beside:
    """Return what a contact has sent beside a message; `fingerprint` is its hash, `since` what counts as lately."""
    which = {
        "contact": contact_id,
        "channel": inbound.channel,
        "provider": inbound.provider_id,
        "original": inbound.edit_of or inbound.provider_id,
        "sent": inbound.received_at,
        "since": since,
        "fingerprint": fingerprint,
    }
    found = (_BESIDE_EDIT if inbound.edit_of else _BESIDE_MESSAGE).first(db, which)
    return Beside(found.alike, found.at_all, found.newer_edit)


def belongs_to(db: Session, inbound_id: int, contact_id: int) -> None:
    """Say whose a message was, once they have joined."""
    change(db, InboundRow, {"id": inbound_id}, {"contact_id": contact_id})


def forget_words(db: Session, inbound_id: int) -> None:
    """Keep that a message came, and not what it said."""
    change(db, InboundRow, {"id": inbound_id}, {"text": "", "fingerprint": None})


def said_before(db: Session, contact_id: int, fingerprint: str, since: datetime, inbound_id: int) -> datetime | None:
    """Return when the same words were last taken from somebody since then, before this message; None if they were not.

    What was taken back, or edited since, does not count.
    """
    edits = select(_EDIT.id).where(_EDIT.contact_id == contact_id, _EDIT.edit_of == InboundRow.provider_id)
    same = (InboundRow.contact_id == contact_id, InboundRow.fingerprint == fingerprint, InboundRow.id < inbound_id)
    taken = (InboundRow.received_at > since, InboundRow.reply == "receipt", InboundRow.undone.is_(False))
    return db.scalar(select(func.max(InboundRow.received_at)).where(*same, *taken, ~edits.exists()))


def wrote_since(db: Session, contact_id: int, urn: Urn, moment: datetime) -> bool:
    """Whether somebody has sent anything from an address after a moment."""
    theirs = select(InboundRow.urn).where(InboundRow.contact_id == contact_id, InboundRow.received_at > moment)
    return str(urn) in db.scalars(theirs)


def known(db: Session, channel: str, provider_ids: Sequence[str]) -> set[str]:
    """Return which of some messages of a provider, a few hundred at most, are on record."""
    column = InboundRow.provider_id
    return set(db.scalars(select(column).where(InboundRow.channel == channel, column.in_(provider_ids))))
