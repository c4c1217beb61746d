"""How much of a person's attention a programme takes: four unasked messages a week, and which may be the last."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

WEEK = timedelta(days=7)
MOST_A_WEEK = 4  # unasked messages a person

UNASKED = ("prompt", "nudge", "late_list", "digest", "brief", "pack", "alert", "visit")
"""Kinds of messages that nobody asked for. What somebody writes to another, and what comes of it, is none."""

ENOUGH = "enough unasked messages this week"


def is_asked_for(key: str) -> bool:
    """Whether the message with this key answers somebody: it comes of words, or is a pack that was asked for."""
    return key.startswith("turn:") or (key.startswith("pack:") and key.count(":") > 4)


def has_room(gone: Iterable[tuple[str, datetime]], kind: str, at: datetime) -> bool:
    """Whether a message of a kind may go at `at` to somebody who had, or will have, others: (kind, moment) of each.

    An alert that can wait leaves a place for the digest, as long as the week has had none.
    """
    lately = [other for other, moment in gone if moment > at - WEEK]
    kept = kind == "alert" and "digest" not in lately
    return len(lately) + kept < MOST_A_WEEK
