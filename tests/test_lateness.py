"""What becomes of a message whose hour was missed: sent late, left out or merged, as its kind says, and noted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.lateness import why_not
from domain.programme import Lateness, WhenLate
from scheduler.briefing import send_briefs
from scheduler.digesting import send_digests
from scheduler.jobs import send_late_lists
from scheduler.packing import send_packs
from scheduler.why import why_report
from storage import programmes
from storage.programme_file import sample_text
from tests.rig import Rig

AT = datetime(2026, 11, 9, 8, tzinfo=UTC)  # a Monday, at the hour of the digest


@pytest.mark.parametrize(
    ("when_late", "hours", "room", "reason"),
    [
        (WhenLate.SEND, -1, True, None),
        (WhenLate.SEND, 0, True, ""),
        (WhenLate.SEND, 47, True, ""),
        (WhenLate.SEND, 47, False, None),
        (WhenLate.SEND, 49, True, "too late"),
        (WhenLate.SEND, 49, False, "enough unasked messages this week"),
        (WhenLate.SKIP, 1, True, ""),
        (WhenLate.SKIP, 2, True, "hour missed"),
        (WhenLate.MERGE, 2, True, "goes with the next"),
    ],
)
def test_each_policy_says_what_becomes_of_it(when_late: WhenLate, hours: int, room: bool, reason: str | None) -> None:
    policy = Lateness(when_late, timedelta(hours=48))
    assert why_not(policy, AT, AT + timedelta(hours=hours), room) == reason


def digests_to_efua(rig: Rig, lateness: str, now: datetime) -> list[str]:
    """Run the digests at a moment, under a programme with this section, and return what Efua is told and why."""
    rig.db.work(programmes.install, f"{sample_text()}\n{lateness}\n", rig.now)
    rig.now = now
    rig.db.work(send_digests, now)
    lines = rig.db.work(why_report, "efua", now, 30).splitlines()
    return [" ".join(line.split()) for line in lines if "digest of the week of" in line]


@pytest.mark.parametrize(
    ("lateness", "hours", "outcome"),
    [
        ("", 26, "queued by Telegram"),
        ("", 80, "skipped too late"),
        ("lateness: {digest: {when_late: skip}}", 26, "skipped hour missed"),
        ("lateness: {digest: {when_late: merge}}", 26, "skipped goes with the next"),
        ("lateness: {digest: {grace_hours: 24}}", 26, "skipped too late"),
        ("lateness: {digest: {when_late: skip}}", 0, "queued by Telegram"),
    ],
)
def test_a_digest_is_late_as_the_file_says(sqlite_rig: Rig, lateness: str, hours: int, outcome: str) -> None:
    found = digests_to_efua(sqlite_rig, lateness, AT + timedelta(hours=hours))
    assert len(found) == 1
    assert f"digest of the week of 2026-11-09 {outcome}" in found[0]


def test_a_brief_and_a_pack_that_come_too_late_are_written_down(sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    rig.says("ama", "REP ANC1 412/615 ABS 12")
    lateness = "lateness: {brief: {grace_hours: 1}, pack: {grace_hours: 1}}"
    rig.db.work(programmes.install, f"{sample_text()}\n{lateness}\n", rig.now)
    rig.now = datetime(2026, 11, 11, 12, tzinfo=UTC)
    rig.db.work(send_briefs, rig.now)
    rig.now = datetime(2027, 1, 15, 12, tzinfo=UTC)
    rig.db.work(send_packs, rig.now)
    assert "too late" in rig.db.work(why_report, "owusu", rig.now, 90)


def test_a_digest_that_would_be_one_too_many_waits_for_room(rig: Rig) -> None:
    for hour, (who, activity) in enumerate((("ama", "P1"), ("ama", "P2"), ("kofi", "P1"))):
        rig.now = datetime(2026, 11, 3, 10 + hour, tzinfo=UTC)
        rig.says(who, f"{activity} STUCK no fuel")
    rig.now = AT
    assert rig.db.work(send_late_lists, AT) >= 1
    assert digests_to_efua(rig, "", AT) == []
    assert len(digests_to_efua(rig, "", datetime(2026, 11, 10, 10, tzinfo=UTC))) == 1
