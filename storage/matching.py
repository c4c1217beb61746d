"""Which of the messages that a provider has are on record, so that none is taken for another."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.models import OutboundRow


def of_others(db: Session, provider_ids: Collection[str], outbound_id: int) -> set[str]:
    """Return which of some ids of a provider are those of other parts than the one in question."""
    query = select(OutboundRow.provider_id).where(OutboundRow.provider_id.in_(provider_ids))
    return {found for found in db.scalars(query.where(OutboundRow.id != outbound_id)) if found is not None}
