"""Whether something whose hour has come still goes: now, later, or not at all and why."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.attention import ENOUGH
from domain.programme import Lateness, WhenLate

IN_TIME = timedelta(hours=1)  # the clock ticks each minute; what goes within the hour has not missed it
TOO_LATE, MISSED, WITH_THE_NEXT = "too late", "hour missed", "goes with the next"


def why_not(policy: Lateness, at: datetime, now: datetime, room: bool) -> str | None:
    """Return why something that was due `at` is not sent at `now`: nothing when it goes, None while it waits.

    It waits before its hour, and while there is no `room` for it in somebody's week.
    """
    late = now - at
    if late > policy.grace:
        return TOO_LATE if room else ENOUGH
    if late > IN_TIME and policy.when_late is WhenLate.SKIP:
        return MISSED
    if late > IN_TIME and policy.when_late is WhenLate.MERGE:
        return WITH_THE_NEXT
    return "" if room and late >= timedelta() else None
