"""Killed in the middle of work, started again: nothing is lost, nothing is answered twice but what nobody can know."""

from __future__ import annotations

from datetime import UTC, datetime

from benchmarks import work
from benchmarks.kill import TELEGRAM_EVERY, Hour
from storage import programmes
from tests.rig import Rig

PEOPLE, KILLS, SEED = 6, 2, 7


async def test_nothing_is_lost_and_nothing_doubled_by_kills(rig: Rig) -> None:
    rig.db.work(programmes.install, work.programme_text(PEOPLE, TELEGRAM_EVERY), datetime.now(UTC))
    rig.db.engine.dispose()
    hour = Hour(rig.db.url, PEOPLE, KILLS, SEED)
    await hour.play()

    assert [count.acknowledged_lost for count in hour.counts] == [0] * (KILLS + 1)
    assert hour.wrong() == []
    end = hour.counts[-1]
    assert (end.inbound, end.handled, end.replies, end.recorded) == (hour.messages,) * 4
    # Telegram cannot be asked what it took, so an answer in doubt is sent again; Twilio can, so nothing comes twice.
    assert all(reply.scheme == "telegram" and 1 < reply.accepted <= reply.attempts for reply in hour.not_once())
