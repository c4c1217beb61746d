"""Rows for many people at once, in the order they are given, straight through the driver."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Table
from sqlalchemy.orm import Session

from domain.messages import Lane, Status
from domain.people import Urn
from storage.inserting import rows_of
from storage.models import ConversationRow, OccurrenceRow, OutboundRow
from storage.occurrences import SENT
from storage.sealing import keyring

_STATES, _DONE, _OUT = rows_of(ConversationRow), rows_of(OccurrenceRow), rows_of(OutboundRow)


def remember(db: Session, states: Iterable[tuple[int, str]]) -> None:
    """Keep what is remembered of people, (contact id, state); when their dialogues moved stays as it is."""
    seal = _sealer("conversations.state")
    rows = ((contact_id, seal(state)) for contact_id, state in states)
    _insert(db, _STATES, ("contact_id", "state"), rows, "ON CONFLICT (contact_id) DO UPDATE SET state = excluded.state")


def claim(db: Session, keys: Iterable[tuple[str, int, str]], kind: str, now: datetime, outcome: str = SENT) -> None:
    """Claim keys that `fanout.lacking` has found, each with its contact id and the reason for what was decided.

    Should one be claimed after all, the database refuses, and with it everything that goes with these keys.
    """
    at = _bound(db, _DONE.c.at, now)
    rows = ((key, contact_id, kind, outcome, reason, at) for key, contact_id, reason in keys)
    _insert(db, _DONE, ("key", "contact_id", "kind", "outcome", "reason", "at"), rows)


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A part of a message, one for everybody who is told the same."""

    text: str
    segments: int
    buttons: tuple[tuple[str, str], ...]
    due_at: datetime


def put(db: Session, pieces: Iterable[tuple[str, int, Urn, Piece]], kind: str, now: datetime) -> None:
    """Queue pieces of text: (key, contact id, where to, piece)."""
    path, text, buttons = (_sealer(f"outbound.{name}") for name in ("path", "text", "buttons"))
    bulk, queued, made = str(Lane.BULK), str(Status.QUEUED), _bound(db, _OUT.c.created_at, now)
    due = lru_cache(maxsize=64)(lambda moment: _bound(db, _OUT.c.due_at, moment))
    names = ("key", "contact_id", "scheme", "path", "text", "buttons", "segments", "due_at", "kind")
    rows = (
        (
            key,
            contact_id,
            urn.scheme,
            path(urn.path),
            text(piece.text),
            buttons(json.dumps(piece.buttons)) if piece.buttons else None,
            piece.segments,
            due(piece.due_at),
            kind,
            bulk,
            queued,
            0,
            made,
        )
        for key, contact_id, urn, piece in pieces
    )
    _insert(db, _OUT, (*names, "lane", "status", "attempts", "created_at"), rows)


def _insert(db: Session, table: Table, names: tuple[str, ...], rows: Iterable[tuple[Any, ...]], over: str = "") -> None:
    """Insert rows straight through the driver: what SQLAlchemy does for each of them costs more than the row."""
    sign = "?" if db.get_bind().dialect.name == "sqlite" else "%s"
    signs = ", ".join(sign for _name in names)
    cursor: Any = db.connection().connection.cursor()
    cursor.executemany(f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({signs}) {over}", rows)
    cursor.close()


def _sealer(label: str) -> Callable[[str], bytes]:
    seal = keyring().seal
    return lambda text: seal(text, label)


def _bound(db: Session, column: ColumnElement[Any], value: Any) -> Any:
    """Return a value as the driver takes it for a column."""
    dialect = db.get_bind().dialect
    bind = column.type.dialect_impl(dialect).bind_processor(dialect)
    return bind(value) if bind is not None else value
