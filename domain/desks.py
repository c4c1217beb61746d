"""What is on record for the districts that somebody looks after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from domain.diaries import DiaryEntry
from domain.values import Values
from domain.workplans import Activity


@dataclass(frozen=True, slots=True)
class Reporter:
    """Somebody who answers for a district: contact id, key and name, and whether our messages reach them."""

    id: int
    key: str
    name: str
    reached: bool = True


@dataclass(frozen=True, slots=True)
class Desk:
    """What is on record for one district.

    Of the month in question, `in_time` are the codes that were answered by the due day, `waiting` those that wait for
    a yes. `threads` are the labels of words that nobody has answered for days.
    """

    values: Values
    plan: tuple[Activity, ...] = ()
    diary: tuple[DiaryEntry, ...] = ()
    reporters: tuple[Reporter, ...] = ()
    open_alerts: int = 0
    in_time: frozenset[str] = frozenset()
    waiting: frozenset[str] = frozenset()
    threads: tuple[str, ...] = ()


Board = Mapping[str, Desk]
"""The desks of the districts that somebody looks after, by district code."""
