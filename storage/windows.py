"""What a channel with a window has to know of a part: when its reader last wrote there, and in which words to ask."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from domain.messages import Status
from storage.models import ContactRow, InboundRow, OutboundRow


@dataclass(frozen=True, slots=True)
class Envelope:
    """A part's kind, its reader's name and language, and when the reader last wrote on that channel, if ever.

    `shut_at` is when the provider last said that the window is shut, whatever our own count is.
    """

    kind: str
    name: str
    language: str
    wrote_at: datetime | None
    shut_at: datetime | None


def envelope(db: Session, outbound_id: int, shut_code: str) -> Envelope:
    """Return what is known of a part; `shut_code` is how the reason of a refusal for a shut window begins.

    Raises LookupError when there is no such part.
    """
    row = db.get(OutboundRow, outbound_id)
    if row is None:
        raise LookupError(f"no part {outbound_id}")
    reader = db.get(ContactRow, row.contact_id) if row.contact_id is not None else None
    return Envelope(
        kind=row.kind,
        name=reader.name if reader else "",
        language=reader.language if reader else "en",
        wrote_at=db.scalar(select(func.max(InboundRow.received_at)).where(_wrote(row))),
        shut_at=db.scalar(select(func.max(OutboundRow.created_at)).where(*_refused(row, shut_code))),
    )


def _wrote(row: OutboundRow) -> ColumnElement[bool]:
    """Match what the reader wrote on the channel; of somebody we do not know, the message that is answered."""
    if row.contact_id is None:
        return InboundRow.id == row.inbound_id
    return (InboundRow.contact_id == row.contact_id) & (InboundRow.channel == row.scheme)


def _refused(row: OutboundRow, shut_code: str) -> tuple[ColumnElement[bool], ...]:
    return (
        OutboundRow.contact_id == row.contact_id,
        OutboundRow.scheme == row.scheme,
        OutboundRow.status == str(Status.FAILED),
        OutboundRow.reason.startswith(shut_code),
    )
