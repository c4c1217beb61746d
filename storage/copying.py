"""Every row of every table from one database into another, and the proof that none changed on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    CursorResult,
    LargeBinary,
    MetaData,
    RowMapping,
    String,
    Table,
    collate,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError

from storage.models import Base
from storage.sealing import Sealed, keyring

AT_ONCE = 1000  # rows in memory and in one statement; pictures are some 20 kB each


class CopyError(Exception):
    """A copy that was not begun, or that is not what it was made from; the words are for the operator."""


@dataclass(frozen=True, slots=True)
class SealedPlace:
    """A column that is encrypted, and the label that its contents are tied to."""

    table: str
    column: str
    label: str


def sealed_places() -> list[SealedPlace]:
    """Return every encrypted column, in the order of the tables."""
    return [
        SealedPlace(table.name, column.name, column.type.label)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, Sealed)
    ]


def tables() -> list[Table]:
    """Return all tables, those that others point to first, with encrypted columns as the bytes that are stored."""
    bare = MetaData()
    for table in Base.metadata.sorted_tables:
        copy = table.to_metadata(bare)
        for column in copy.columns:
            if isinstance(column.type, Sealed):
                column.type = LargeBinary()
    return bare.sorted_tables


def counts(db: Connection) -> dict[str, int]:
    """Count the rows of every table."""
    return {table.name: db.execute(select(func.count()).select_from(table)).scalar_one() for table in tables()}


def copy_rows(source: Connection, target: Connection) -> None:
    """Write every row of `source` into the empty tables of `target`, and let its numbering go on after them."""
    for table in tables():
        inward = [c for c in table.columns if any(key.column.table is table for key in c.foreign_keys)]
        later = dict.fromkeys(column.name for column in inward)
        with _read(source, table) as found:
            for rows in found.mappings().partitions():
                _write(target, table, [{**row, **later} for row in rows])
        for column in inward:
            _point_inward(source, target, table, column)
        _go_on_numbering(target, table)


def _write(target: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    try:
        target.execute(insert(table), rows)
    except DBAPIError as error:
        first, last = (_name(table, row) for row in (rows[0], rows[-1]))
        why = str(error.orig or error).splitlines()[0]
        raise CopyError(f"the target does not take {table.name}, rows {first} to {last}: {why}") from error


def _point_inward(source: Connection, target: Connection, table: Table, column: Column[Any]) -> None:
    """Fill a column that points into its own table, now that all its rows are there."""
    key = table.primary_key.columns.values()[0]
    for row in source.execute(select(key, column).where(column.is_not(None))):
        target.execute(update(table).where(key == row[0]).values({column.name: row[1]}))


def _go_on_numbering(target: Connection, table: Table) -> None:
    key = table.autoincrement_column
    if key is None or target.dialect.name != "postgresql":
        return  # SQLite counts on from the largest by itself
    last = target.execute(select(func.max(key))).scalar()
    name = target.execute(select(func.pg_get_serial_sequence(table.name, key.name))).scalar()
    if name is not None and last is not None:
        target.execute(text("select setval(:name, :last)"), {"name": name, "last": last})


def prove(source: Connection, target: Connection) -> dict[str, int]:
    """Compare two databases row by row and column by column, open all that is encrypted, and return rows by table.

    Raises CopyError, naming the first place that differs or cannot be opened with the secret in use.
    """
    places = {(place.table, place.column): place.label for place in sealed_places()}
    return {table.name: _prove_table(source, target, table, places) for table in tables()}


def _prove_table(source: Connection, target: Connection, table: Table, places: dict[tuple[str, str], str]) -> int:
    count = 0
    with _read(source, table) as before, _read(target, table) as after:
        for old, new in zip_longest(before.mappings(), after.mappings()):
            _prove_row(table, old, new, places)
            count += 1
    return count


def _prove_row(
    table: Table, old: RowMapping | None, new: RowMapping | None, places: dict[tuple[str, str], str]
) -> None:
    if old is None or new is None:
        raise CopyError(f"{table.name}: the copy has {'more' if old is None else 'fewer'} rows than its source")
    for column in table.columns:
        value, label = new[column.name], places.get((table.name, column.name))
        if value != old[column.name]:
            raise CopyError(f"{table.name}.{column.name} differs in the row {_name(table, old)}")
        if label is not None and value is not None:
            _open(value, label, f"{table.name}.{column.name} in the row {_name(table, old)}")


def _open(sealed: Any, label: str, where: str) -> None:
    try:
        keyring().open(bytes(sealed), label)
    except Exception as error:
        raise CopyError(f"{where} cannot be opened: is KUMBUSHA_SECRET the one it was written with?") from error


def _name(table: Table, row: Mapping[Any, Any]) -> str:
    return ", ".join(f"{key.name} {row[key.name]}" for key in table.primary_key.columns)


def _read(db: Connection, table: Table) -> CursorResult[Any]:
    """Begin to read a table in the order of its key, the same on every engine, a batch at a time."""
    order = [_as_bytes(db, key) for key in table.primary_key.columns]
    return db.execute(select(table).order_by(*order), execution_options={"yield_per": AT_ONCE})


def _as_bytes(db: Connection, key: Column[Any]) -> ColumnElement[Any]:
    ours = db.dialect.name == "postgresql" and isinstance(key.type, String)
    return collate(key, "C") if ours else key
