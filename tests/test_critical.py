"""Critical alerts: what they pass on their way out, and that no other alert does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.claiming import BATCH
from bot.outbox import Sender
from bot.reaching import reach
from conversations.turn import say
from domain.messages import Lane, SendError, SendFailure
from domain.people import Urn
from domain.text import plain
from storage.rates import Limit
from tests.rig import Rig
from tests.test_outbox import Scripted, drain, put, row, sender

EVENING, NIGHT = datetime(2026, 11, 3, 18, 59, tzinfo=UTC), datetime(2026, 11, 3, 22, tzinfo=UTC)
AMA, ABENA = Urn("tel", "+233200000011"), Urn("tel", "+233200000022")


def alert(rig: Rig, words: str, critical: bool = True) -> None:
    assert rig.db.work(reach, rig.contact("ama"), say(plain(words)), words, "alert", rig.now, critical)


async def test_an_alert_that_is_not_critical_and_was_kept_until_the_night_waits_for_the_morning(rig: Rig) -> None:
    rig.now = EVENING
    alert(rig, "a late activity", critical=False)
    alert(rig, "a death")
    rig.now = NIGHT
    channel = Scripted()
    await drain(sender(rig, channel))
    assert channel.took == ["a death"]
    assert row(rig, "a late activity").due_at == datetime(2026, 11, 4, 7, tzinfo=UTC)


async def test_a_critical_alert_passes_a_nudge_that_was_put_off_to_the_morning(rig: Rig) -> None:
    rig.now = EVENING
    put(rig, "a nudge", AMA, Lane.BULK, kind="nudge")
    channel = Scripted(faults=[SendError(SendFailure.RETRYABLE, "told to", 360)])
    await drain(sender(rig, channel))
    rig.now += timedelta(minutes=7)
    await drain(sender(rig, channel))
    rig.now = NIGHT
    alert(rig, "a death")
    await drain(sender(rig, channel))
    assert channel.took == ["a death"]


async def test_a_critical_alert_goes_before_a_wave_of_prompts(rig: Rig) -> None:
    rig.now = EVENING - timedelta(hours=2)
    for n in range(BATCH):
        put(rig, f"prompt {n}", ABENA if n % 2 else AMA, Lane.BULK, kind="prompt")
    channel = Scripted()
    one = Sender(rig.db, {"tel": channel}, lambda: rig.now, {"tel": Limit(1)})
    await one.send_due()
    rig.now += timedelta(seconds=2)
    alert(rig, "a death")
    await one.send_due()
    assert channel.took[1] == "a death"
