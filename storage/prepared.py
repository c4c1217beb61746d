"""Statements of the path of a message: compiled once for an engine, then handed to its driver as they are.

SQLAlchemy's own way from a statement to its rows costs several times what the database takes for it, which a turn of
twenty statements feels; what a job asks once an hour goes that way.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Dialect, Select, bindparam, or_
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import InstrumentedAttribute, Session, SessionTransaction
from sqlalchemy.sql.selectable import ReturnsRows

Process = Callable[[Any], Any]

CONNECTED = "connected"  # under this name a session remembers the connection of its transaction
_row_type: Callable[..., Callable[..., Any]] = namedtuple  # its fields are known when a statement is


class Prepared:
    """A statement whose parameters are named when it is run; lists of them, `in_`, are not for it, but `one_of` is.

    Each method takes the caller's session, whose transaction it runs in, and the parameters by name. Each raises
    sqlalchemy.exc.DBAPIError, or one of its kinds, when the database does.
    """

    def __init__(self, statement: ReturnsRows) -> None:
        self.statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def run(self, db: Session, values: Mapping[str, Any]) -> None:
        """Run it for what it changes."""
        dialect, driver = _connected(db)
        self._for(dialect).execute(driver, values)

    def all(self, db: Session, values: Mapping[str, Any]) -> list[Any]:
        """Return its rows, each with its columns as attributes."""
        dialect, driver = _connected(db)
        compiled = self._for(dialect)
        return compiled.rows(compiled.execute(driver, values))

    def first(self, db: Session, values: Mapping[str, Any]) -> Any:
        """Return its first row; None when there is none."""
        return next(iter(self.all(db, values)), None)

    def value(self, db: Session, values: Mapping[str, Any]) -> Any:
        """Return the first column of its first row; None when there is none."""
        row = self.first(db, values)
        return None if row is None else row[0]

    def _for(self, dialect: Dialect) -> _Compiled:
        found = self._compiled.get(dialect.name)
        if found is None:
            found = self._compiled[dialect.name] = _Compiled(self.statement, dialect)
        return found


def _connected(db: Session) -> tuple[Dialect, Any]:
    """Return the engine's dialect and the driver's connection on which a session's transaction runs."""
    transaction, dialect, driver = db.info.get(CONNECTED, (None, None, None))
    if transaction is None or transaction is not _innermost(db):
        connection = db.connection()  # a savepoint is set only when somebody asks for the connection within it
        dialect, driver = connection.dialect, connection.connection.driver_connection
        db.info[CONNECTED] = (_innermost(db), dialect, driver)
    return dialect, driver


def _innermost(db: Session) -> SessionTransaction | None:
    return db.get_nested_transaction() or db.get_transaction()


def one_of(column: ColumnElement[str] | InstrumentedAttribute[str], words: Iterable[str]) -> ColumnElement[bool]:
    """Whether a column holds one of some words that are part of the statement."""
    return or_(*(column == word for word in words))


class Among:
    """A query about some of what a column holds: prepared for one of them, as that is what a message asks."""

    def __init__(self, query: Select[Any], column: ColumnElement[Any]) -> None:
        self._one = Prepared(query.where(column == bindparam("wanted")))
        self._several = query.where(column.in_(bindparam("several", expanding=True)))

    def all(self, db: Session, wanted: Collection[Any], values: Mapping[str, Any] | None = None) -> Sequence[Any]:
        """Return the rows of those that are wanted."""
        if len(wanted) == 1:
            return self._one.all(db, {"wanted": next(iter(wanted)), **(values or {})})
        return db.execute(self._several, {"several": list(wanted), **(values or {})}).all()


class _Compiled:
    """A statement in the words of one engine, and how values go to its driver and come back."""

    def __init__(self, statement: ReturnsRows, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self._dialect, self._sql = dialect, compiled.string
        self._order: Sequence[str] | None = getattr(compiled, "positiontup", None)
        self._fixed = {name: value for name, value in compiled.params.items() if value is not None}
        kinds = ((name, parameter.type.dialect_impl(dialect)) for name, parameter in compiled.binds.items())
        self._into = [(name, process) for name, kind in kinds if (process := kind.bind_processor(dialect))]
        self._columns = list(statement.exported_columns)
        self._row = _row_type("Row", [column.key for column in self._columns], rename=True)
        self._out: list[tuple[int, Process]] | None = None  # how columns come back shows when the first rows do

    def execute(self, driver: Any, values: Mapping[str, Any]) -> Any:
        """Run it on the driver's connection, and return the driver's cursor."""
        try:
            return driver.execute(self._sql, self._parameters(values))
        except self._dialect.loaded_dbapi.Error as error:  # parameters stay out of it, as they may be somebody's words
            base = self._dialect.loaded_dbapi.Error
            raise DBAPIError.instance(self._sql, None, error, base, dialect=self._dialect) from error

    def _parameters(self, values: Mapping[str, Any]) -> Any:
        bound = {**self._fixed, **values}
        for name, process in self._into:
            bound[name] = process(bound[name])
        return bound if self._order is None else [bound[name] for name in self._order]

    def rows(self, cursor: Any) -> list[Any]:
        """Return the rows that a driver's cursor has, their columns as Python's."""
        if self._out is None:
            self._out = self._processors(cursor.description)
        return [self._as_row(found) for found in cursor.fetchall()]

    def _processors(self, description: Sequence[Any]) -> list[tuple[int, Process]]:
        found = (
            column.type.dialect_impl(self._dialect).result_processor(self._dialect, described[1])
            for column, described in zip(self._columns, description, strict=True)
        )
        return [(n, process) for n, process in enumerate(found) if process]

    def _as_row(self, found: tuple[Any, ...]) -> Any:
        values = list(found)
        for n, process in self._out or ():
            values[n] = process(values[n])
        return self._row(*values)
