"""What a message part encloses, for whoever fetches it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from storage.models import OutboundRow
from storage.outbox import as_claimed


def enclosure(db: Session, outbound_id: int) -> tuple[bytes, str] | None:
    """Return the picture or document of a part, and its media type; None where it has neither."""
    row = db.get(OutboundRow, outbound_id)
    message = as_claimed(row).message if row is not None else None
    if message is None:
        return None
    if message.document is not None:
        return message.document.content, "application/pdf"
    return (message.picture, "image/png") if message.picture else None
