"""Nobody gets more than four unasked messages a week: what waits, what may pass, and what is said of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.attention import WEEK, has_room, is_asked_for
from scheduler.alerting import tend_alerts
from scheduler.why import why_report
from storage import unasked
from tests.rig import Rig
from tests.test_absence import overdue_was_looked_for

NOON = datetime(2026, 11, 19, 8, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("gone", "kind", "room"),
    [
        ([], "alert", True),
        (["alert"] * 3, "alert", False),
        (["alert"] * 3, "digest", True),
        (["digest", "alert", "late_list"], "alert", True),
        (["digest", "alert", "late_list", "pack"], "alert", False),
        (["alert"] * 4, "digest", False),
    ],
)
def test_a_place_is_kept_for_the_digest_until_it_has_come(gone: list[str], kind: str, room: bool) -> None:
    assert has_room([(one, NOON - timedelta(days=2)) for one in gone], kind, NOON) is room


def test_a_week_later_there_is_room_again() -> None:
    gone = [("alert", NOON)] * 4
    assert not has_room(gone, "digest", NOON + WEEK - timedelta(minutes=1))
    assert has_room(gone, "digest", NOON + WEEK)


def test_what_answers_somebody_is_asked_for() -> None:
    assert is_asked_for("turn:7:visit:3:0")
    assert is_asked_for("pack:g1:2026-Q3:4:99:document")
    assert not is_asked_for("pack:2026-Q3:g1:4:document")
    assert not is_asked_for("visit_day:3:2026-11-20T0900:4:0")


def efua_has_had_enough(rig: Rig) -> None:
    """Let three things happen of which Efua is told at once, and a fourth that waits."""
    rig.now = NOON
    overdue_was_looked_for(rig)
    for who, said in (("ama", "P1"), ("ama", "P2"), ("kofi", "P1"), ("kofi", "P2")):
        rig.says(who, f"{said} STUCK no fuel")
        rig.now += timedelta(minutes=1)


def alerts_of(rig: Rig) -> list[str]:
    """Return the first lines of the alerts that Efua has had."""
    path = rig.urn("efua").path
    return [one.text.splitlines()[0] for one in rig.sent if one.urn.path == path and one.text.startswith("ALERT")]


def why_of_efua(rig: Rig) -> str:
    report = rig.db.work(why_report, "efua", rig.now, 30)
    return "\n".join(" ".join(line.split()) for line in report.splitlines())


def test_an_alert_waits_and_why_says_so(rig: Rig) -> None:
    efua_has_had_enough(rig)
    assert [line[:8] for line in alerts_of(rig)] == ["ALERT E1", "ALERT E2", "ALERT E3"]
    assert "alert waits waits enough unasked messages this week; ALERTS shows it" in why_of_efua(rig)
    assert rig.db.work(unasked.waiting) == {rig.contact("efua").id: {4}}


def test_what_waited_is_told_once_when_there_is_room(rig: Rig) -> None:
    efua_has_had_enough(rig)
    rig.says("efua", "ACK E4")
    rig.now = NOON + WEEK + timedelta(minutes=2)
    for _n in range(2):
        rig.db.work(tend_alerts, rig.now)
        rig.deliver()
    assert sum("ALERT E4: Bremu P2" in line for line in alerts_of(rig)) == 1
    assert "told later enough unasked messages this week" in why_of_efua(rig)
    assert rig.db.work(unasked.waiting) == {}


def test_what_is_over_by_then_is_not_told(rig: Rig) -> None:
    efua_has_had_enough(rig)
    rig.says("kofi", "P2 50%")
    rig.now = NOON + timedelta(hours=1)
    rig.db.work(tend_alerts, rig.now)
    rig.deliver()
    assert not any("ALERT E4" in line for line in alerts_of(rig))
    assert "skipped over, or somebody else's, when there was room" in why_of_efua(rig)


def test_a_critical_alert_passes(rig: Rig) -> None:
    efua_has_had_enough(rig)
    rig.says("kofi", "REP OCT MD 1")
    assert alerts_of(rig)[-1].startswith("ALERT E5: Bremu MD 1")
