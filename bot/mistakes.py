"""What an operator is told when a setting or a file of theirs is wrong: one line that names it, and nobody's words."""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

MISTAKES = (ArgumentError, DBAPIError, OSError, InvalidTag)
LONGEST = 160  # characters
NO_TABLES = ("no such table", "does not exist")


def in_a_line(mistake: Exception) -> str:
    """Return what is wrong and what to do about it."""
    match mistake:
        case InvalidTag():
            return "What is encrypted cannot be opened: is KUMBUSHA_SECRET the one it was written with?"
        case DBAPIError():
            return _of_database(mistake)
        case OSError() if mistake.filename:
            return f"{mistake.filename}: {mistake.strerror}"
        case _:
            return f"{type(mistake).__name__}: {_first_line(str(mistake))}"


def _of_database(mistake: DBAPIError) -> str:
    found = _first_line(str(mistake.orig))
    if any(said in found for said in NO_TABLES):
        return f"The tables are not all there ({found}); run: kumbusha db upgrade"
    if isinstance(mistake, OperationalError):
        return f"DATABASE_URL does not answer: {found}"
    return f"The database refuses it: {found}"


def _first_line(words: str) -> str:
    return (words.strip().splitlines() or [""])[0][:LONGEST]
