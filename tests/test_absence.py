"""During leave an alert passes on to whoever is there, and words wait for the return."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from domain.alerts import AlertStatus
from scheduler.alerting import faults, tend_alerts
from scheduler.returning import send_to_returned
from storage import alerts, occurrences
from tests.rig import Rig

MORNING = datetime(2026, 11, 19, 8, 10, tzinfo=UTC)


def tend(rig: Rig, later: timedelta) -> None:
    """Move the clock, look after the alerts and send."""
    rig.now += later
    rig.db.work(tend_alerts, rig.now)
    rig.db.work(send_to_returned, rig.now)
    rig.deliver()


def sent_to(rig: Rig, who: str) -> list[str]:
    path = {address.urn.path for address in rig.contact(who).addresses}
    return [one.text for one in rig.sent if one.urn.path in path]


def overdue_was_looked_for(rig: Rig) -> None:
    """Let the alerts of overdue reports be of the past, so that those of a test stand alone."""
    rig.db.work(occurrences.record, "alerts:overdue9:2026-10", "alerts", None, rig.now)


def taken_by_efua(rig: Rig) -> None:
    rig.now = MORNING
    rig.says("ama", "P1 STUCK no fuel")
    rig.says("efua", "ACK E1")


def test_an_alert_leaves_its_owner_when_their_leave_begins_and_says_who_is_away(rig: Rig) -> None:
    taken_by_efua(rig)
    overdue_was_looked_for(rig)
    rig.says("efua", "LEAVE 19 NOV 27 NOV")
    tend(rig, timedelta(minutes=1))
    alert = rig.db.work(alerts.load, 1)
    assert alert.holder == rig.contact("owusu").id
    assert alert.status is AlertStatus.OPEN
    assert "On leave: Efua." in sent_to(rig, "owusu")[-1]
    assert rig.db.work(faults, rig.now) == []


def test_who_is_away_in_the_middle_is_not_asked_instead(rig: Rig) -> None:
    rig.now = MORNING
    rig.says("abena", "LEAVE 5 DEC 10 DEC")
    rig.says("kofi", "LEAVE 1 DEC 14 DEC")
    assert "Nobody else reports for Bremu" in sent_to(rig, "kofi")[-1]


def test_when_all_are_on_leave_the_alert_stays_where_it_is_and_is_no_fault(rig: Rig) -> None:
    taken_by_efua(rig)
    for leader in ("owusu", "grace", "efua"):
        rig.says(leader, "LEAVE 19 NOV 27 NOV")
    before = rig.db.work(alerts.load, 1)
    tend(rig, timedelta(minutes=1))
    assert rig.db.work(alerts.load, 1) == before
    assert rig.db.work(faults, rig.now) == []  # the alerts of overdue reports, which were opened now, are held too
    assert len(rig.db.work(alerts.still_open, "asuo")) == 2


def test_news_that_an_alert_is_over_is_not_sent_to_who_is_on_leave(rig: Rig) -> None:
    taken_by_efua(rig)
    rig.says("efua", "LEAVE 19 NOV 27 NOV")
    before = len(sent_to(rig, "efua"))
    rig.says("ama", "P1 50%")
    tend(rig, timedelta(minutes=1))
    assert len(sent_to(rig, "efua")) == before


def test_words_come_on_the_morning_after_the_leave(rig: Rig) -> None:
    rig.now = MORNING
    rig.says("kofi", "LEAVE 19 NOV 24 NOV")
    rig.says("efua", "TELL BRE please look at the registers")
    tend(rig, datetime(2026, 11, 25, 6, 59, tzinfo=UTC) - MORNING)
    assert not any("registers" in words for words in sent_to(rig, "kofi"))
    tend(rig, timedelta(minutes=1))
    assert sum("registers" in words for words in sent_to(rig, "kofi")) == 1


def test_who_is_back_early_gets_them_then_and_once(rig: Rig) -> None:
    rig.now = MORNING
    rig.says("kofi", "LEAVE 19 NOV 24 NOV")
    rig.says("efua", "TELL BRE please look at the registers")
    rig.says("kofi", "LEAVE OFF")
    tend(rig, timedelta(minutes=1))
    tend(rig, timedelta(days=6))
    assert sum("registers" in words for words in sent_to(rig, "kofi")) == 1


def test_a_call_for_help_goes_to_a_manager_while_no_facilitator_is_there(rig: Rig) -> None:
    rig.now = MORNING
    rig.says("efua", "LEAVE 19 NOV 24 NOV")
    rig.says("ama", "HELP ME which register counts")
    assert any("which register counts" in words for words in sent_to(rig, "owusu"))
