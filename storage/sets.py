"""Many values as one parameter: a thousand of them cost more to bind than to look up."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Select, String, func, literal, select
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine


def ids(db: Session, wanted: Iterable[int]) -> Select[tuple[int]]:
    """Select ids as rows, for `column.in_(…)`."""
    return _each(db, wanted, BigInteger())


def words(db: Session, wanted: Iterable[str]) -> Select[tuple[str]]:
    """Select codes or keys as rows, for `column.in_(…)`."""
    return _each(db, wanted, String())


def _each(db: Session, values: Iterable[Any], kind: TypeEngine[Any]) -> Select[tuple[Any]]:
    wanted = list(values)
    if db.get_bind().dialect.name == "sqlite":
        return select(func.json_each(json.dumps(wanted)).table_valued("value").c.value)
    return select(func.unnest(literal(wanted, ARRAY(kind))).table_valued("value").render_derived().c.value)
