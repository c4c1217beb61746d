"""Parts that are due on a channel that is not set, or not any more."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.messages import Status
from storage.models import OutboundRow


@dataclass(frozen=True, slots=True)
class Unsendable:
    """A queued part that nobody will claim."""

    id: int
    kind: str
    scheme: str
    created_at: datetime


def unsendable(db: Session, now: datetime, schemes: Collection[str]) -> list[Unsendable]:
    """Return the parts that are due and for none of the channels that are set."""
    columns = OutboundRow.id, OutboundRow.kind, OutboundRow.scheme, OutboundRow.created_at
    waiting = OutboundRow.status == str(Status.QUEUED), OutboundRow.due_at <= now
    query = select(*columns).where(*waiting, OutboundRow.scheme.not_in(schemes))
    return [Unsendable(*row) for row in db.execute(query)]
