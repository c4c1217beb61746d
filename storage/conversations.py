"""What is remembered of a person, kept as JSON that survives any number of round trips."""

from __future__ import annotations

from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from conversations.state import Conversation
from storage.inserting import rows_of, upsert
from storage.models import ContactRow, ConversationRow
from storage.prepared import Prepared

STATE = TypeAdapter(Conversation)

_CONTACT, _OURS = rows_of(ContactRow).c, rows_of(ConversationRow).c
_LOCKED = Prepared(select(_CONTACT.id).where(_CONTACT.id == bindparam("id")).with_for_update(key_share=True))
_STATE = Prepared(select(_OURS.state).where(_OURS.contact_id == bindparam("id")))


def load(db: Session, contact_id: int) -> Conversation:
    """Return a contact's conversation, locked until the transaction ends; an empty one at first."""
    # The contact's row is locked, since a first message finds no conversation to lock; in a statement of its own, so
    # that what is read next is what the turn before us has left. Not against its foreign keys, which others hold.
    if db.get_bind().dialect.name == "postgresql":  # SQLite has one writer anyway
        _LOCKED.run(db, {"id": contact_id})
    state = _STATE.value(db, {"id": contact_id})
    return decode(state) if state else Conversation()


def save(db: Session, contact_id: int, conversation: Conversation) -> None:
    """Keep a contact's conversation.

    `active_at` says when the dialogue that waits last moved, `oldest_at` since when the oldest draft has waited.
    """
    drafts = [session.asked_at for session in (*conversation.sessions, *conversation.paused)]
    values = {
        "contact_id": contact_id,
        "state": encode(conversation),
        "active_at": conversation.session.asked_at if conversation.session else None,
        "oldest_at": min(drafts, default=None),
    }
    upsert(db, ConversationRow, values, ["contact_id"])


def waiting_since(db: Session, before: datetime) -> list[int]:
    """Return contacts who have a draft that has waited since before a moment."""
    query = select(ConversationRow.contact_id).where(ConversationRow.oldest_at < before)
    return list(db.scalars(query.order_by(ConversationRow.contact_id)))


def talking(db: Session, since: datetime) -> set[int]:
    """Return contacts whose dialogue moved since a moment."""
    return set(db.scalars(select(ConversationRow.contact_id).where(ConversationRow.active_at > since)))


def encode(conversation: Conversation) -> str:
    """Write a conversation as JSON."""
    return STATE.dump_json(conversation).decode()


def decode(state: str) -> Conversation:
    """Read what `encode` wrote, by this release or an older one."""
    return STATE.validate_json(state)
