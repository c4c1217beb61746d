"""Work for many, done so that what makes it fail for one leaves out nobody else: undone, logged, and counted."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from functools import partial
from typing import TypeVar

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

log = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R")
LEFT_OUT = "left out"  # under this name a session remembers how often something failed in it


def alone(db: Session, work: Callable[[], R], **about: object) -> R | None:
    """Return what `work` returns; where it raises, log it with what it was `about`, undo it, and return None."""
    try:
        with db.begin_nested():
            return work()
    except OperationalError:  # the database's trouble is that of all
        raise
    except Exception:
        log.exception("left out, so that others are not", extra=about)
        db.info[LEFT_OUT] = left_out(db) + 1
        return None


def for_each(
    db: Session,
    items: Collection[T],
    work: Callable[[list[T]], list[R]],
    about: Callable[[T], dict[str, object]] = lambda _item: {},
) -> list[R]:
    """Return what `work` makes of all items together; where that fails, of each half, down to those that fail alone.

    So one among many costs a few times as much as none, not as much as all of them one by one.
    """
    if len(items) <= 1:
        return [found for one in items for found in alone(db, partial(work, [one]), **about(one)) or ()]
    whole, half, before = list(items), len(items) // 2, left_out(db)
    try:
        with db.begin_nested():
            return work(whole)
    except OperationalError:
        raise
    except Exception as error:
        failure = error
    done = [found for part in (whole[:half], whole[half:]) for found in for_each(db, part, work, about)]
    if left_out(db) == before:
        log.warning("together it failed, by halves it did not", exc_info=failure)
    return done


def left_out(db: Session) -> int:
    """Return how often something has failed in this session that was left out."""
    return int(db.info.get(LEFT_OUT, 0))
