"""One person, alert or row that makes our work fail is left out, counted and tried again; nobody else waits for it."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text, update

from domain.alerts import Alert, AlertStatus, Cause
from domain.quarters import Quarter
from scheduler import alerting, digesting, packing
from scheduler.noting import run_noted
from storage import alerts, contacts, job_runs, programmes
from storage.database import Database
from storage.models import ActivityRow, AlertRow, ContactRow
from tests.rig import SECRET, Rig

Spoil = Callable[[Rig, int], None]


def zone_is_gone(rig: Rig, contact_id: int) -> None:
    with rig.db.begin() as db:
        db.execute(update(ContactRow).where(ContactRow.id == contact_id).values(timezone="Africa/Nowhere"))


def talk_is_unreadable(rig: Rig, contact_id: int) -> None:
    with rig.db.begin() as db:
        state = {"id": contact_id, "state": b"sealed by somebody else, long enough"}
        db.execute(text("insert into conversations (contact_id, state) values (:id, :state)"), state)


@pytest.fixture(scope="module")
def all_well(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """A programme in which nothing is wrong, after the days that are played."""
    path = tmp_path_factory.mktemp("well") / "well.sqlite"
    shutil.copy(sqlite_template, path)
    rig = Rig(Database(f"sqlite:///{path}", SECRET))
    play(rig)
    yield rig
    rig.close()


def heard(rig: Rig, but: str) -> dict[str, list[str]]:
    """Return what each person but one was sent, by their key."""
    who = {a.urn: c.key for c in rig.db.work(contacts.everyone) for a in c.addresses}
    found: dict[str, list[str]] = {}
    for message in rig.sent:
        found.setdefault(who[message.urn], []).append(message.text)
    found.pop(but, None)
    return found


def play(rig: Rig) -> None:
    """Go through the days on which something of each kind falls due, from prompts to the overdue report."""
    rig.says("efua", "VISIT ASUO 3 NOV 10:00")
    rig.sent.clear()
    for day, hour in ((2, 8), (2, 9), (2, 14), (2, 20), (4, 14), (9, 8), (9, 14), (10, 9), (10, 15), (12, 9), (12, 15)):
        rig.move_to(datetime(2026, 11, day, hour, tzinfo=UTC), every=timedelta(days=30))


@pytest.mark.parametrize(
    ("who", "spoil"),
    [("yaw", zone_is_gone), ("kofi", talk_is_unreadable), ("salima", zone_is_gone), ("owusu", zone_is_gone)],
)
def test_one_person_whom_we_cannot_work_with_takes_nothing_from_the_others(
    all_well: Rig, sqlite_rig: Rig, who: str, spoil: Spoil
) -> None:
    spoil(sqlite_rig, sqlite_rig.contact(who).id)
    play(sqlite_rig)
    still_heard = heard(sqlite_rig, who)
    missing = {key: set(said) - set(still_heard.get(key, ())) for key, said in heard(all_well, who).items()}
    assert {key: said for key, said in missing.items() if said} == {}


NEXT_DAY = timedelta(days=1, minutes=1)


def death(rig: Rig) -> Alert:
    rig.now = datetime(2026, 11, 3, 10, tzinfo=UTC)
    rig.says("kofi", "MD 1")
    return next(alert for alert in rig.db.work(alerts.still_open) if alert.cause is Cause.BEYOND_LIMIT)


def stuck(rig: Rig) -> Alert:
    rig.says("nana", "P1 STUCK no fuel")
    return next(alert for alert in rig.db.work(alerts.still_open) if alert.cause is Cause.STUCK)


def with_evidence(rig: Rig, alert: Alert, evidence: Mapping[str, str]) -> None:
    with rig.db.begin() as db:
        db.get_one(AlertRow, alert.id).evidence = json.dumps(dict(evidence))


def tended(rig: Rig, after: timedelta = timedelta(minutes=1)) -> dict[str, list[str]]:
    """Run the alerts as the clock does, a while later, and return who was sent what."""
    rig.now += after
    rig.sent.clear()
    asyncio.run(run_noted(rig.db, "alerts", alerting.tend_alerts, rig.now))
    rig.deliver()
    return heard(rig, but="")


def failures(rig: Rig) -> int:
    return sum(run.failures for run in rig.db.work(job_runs.job_runs))


@pytest.mark.parametrize("which", [0, 1])
def test_an_alert_that_cannot_be_worded_holds_up_no_other_and_is_told_once_it_can(rig: Rig, which: int) -> None:
    both = [death(rig), stuck(rig)]
    bad, good = both[which], both[1 - which]
    with_evidence(rig, bad, {})
    told = tended(rig, NEXT_DAY)["owusu"]
    assert len(told) == 1
    assert good.ref in told[0]
    assert failures(rig) == 1
    with_evidence(rig, bad, bad.evidence)
    told = tended(rig)["owusu"]
    assert len(told) == 1
    assert bad.ref in told[0]
    assert tended(rig) == {}
    assert failures(rig) == 1


def test_an_alert_passes_who_cannot_be_told_of_it_and_the_report_is_taken(sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    zone_is_gone(rig, rig.contact("efua").id)
    rig.now = datetime(2026, 11, 3, 10, tzinfo=UTC)
    rig.sent.clear()
    rig.says("kofi", "MD 1")
    assert set(heard(rig, but="")) == {"kofi", "owusu"}


def refused(rig: Rig, table: str) -> None:
    """Let the database refuse each new row of a table, until `allowed`."""
    with rig.db.begin() as db:
        db.execute(text(f"create trigger refused before insert on {table} begin select raise(abort, 'refused'); end"))


def allowed(rig: Rig) -> None:
    with rig.db.begin() as db:
        db.execute(text("drop trigger refused"))


@pytest.mark.parametrize(("words", "cause"), [("MD 1", Cause.BEYOND_LIMIT), ("HARM the well is bad", Cause.HARM)])
def test_nobody_is_told_that_others_hear_of_it_while_the_alert_cannot_be_opened(
    sqlite_rig: Rig, words: str, cause: Cause
) -> None:
    rig = sqlite_rig
    rig.now = datetime(2026, 11, 3, 10, tzinfo=UTC)
    rig.sent.clear()
    refused(rig, "alerts")
    rig.says("kofi", words)
    assert len(rig.sent) == 1
    assert "your message is kept" in rig.sent[0].text.lower()
    allowed(rig)
    rig.sent.clear()
    rig.move_to(rig.now + timedelta(minutes=5), timedelta(minutes=1))
    assert [alert.cause for alert in rig.db.work(alerts.still_open)] == [cause]
    assert {"kofi", "efua"} <= set(heard(rig, but=""))


def with_zone(rig: Rig, who: str, zone: str) -> None:
    with rig.db.begin() as db:
        db.execute(update(ContactRow).where(ContactRow.key == who).values(timezone=zone))


def test_who_could_not_be_told_that_an_alert_is_over_hears_it_later(rig: Rig) -> None:
    alert = stuck(rig)
    rig.move_to(rig.now + timedelta(days=3), timedelta(hours=6))
    zone = rig.contact("efua").timezone
    with_zone(rig, "efua", "Africa/Nowhere")
    rig.says("nana", "P1 DONE")
    assert rig.db.work(alerts.load, alert.id).status is AlertStatus.CLOSED
    assert "efua" not in tended(rig)
    with_zone(rig, "efua", zone)
    told = tended(rig)
    assert [alert.ref in words for words in told.pop("efua")] == [True]
    assert told == {}
    assert tended(rig) == {}


def test_that_an_alert_is_over_is_no_news_after_a_week(sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    alert = stuck(rig)
    rig.move_to(rig.now + timedelta(days=3), timedelta(hours=6))
    zone = rig.contact("efua").timezone
    with_zone(rig, "efua", "Africa/Nowhere")
    rig.says("nana", "P1 DONE")
    tended(rig, timedelta(days=8))
    with_zone(rig, "efua", zone)
    assert not any(alert.ref in words for words in tended(rig).get("efua", ()))


def test_a_row_of_an_alert_that_cannot_be_read_is_passed_over(rig: Rig) -> None:
    bad, good = death(rig), stuck(rig)
    with rig.db.begin() as db:
        bytes_of_another = {"id": bad.id, "evidence": b"sealed by somebody else, long enough"}
        db.execute(text("update alerts set evidence = :evidence where id = :id"), bytes_of_another)
    told = tended(rig, NEXT_DAY)["owusu"]
    assert len(told) == 1
    assert good.ref in told[0]
    assert failures(rig) == 1


def with_status(rig: Rig, district: str, status: str) -> None:
    with rig.db.begin() as db:
        db.execute(update(ActivityRow).where(ActivityRow.district == district).values(status=status))


MORNING = datetime(2026, 12, 10, 9, tzinfo=UTC)  # of a working day; nobody has reported since the end of October


def test_a_district_that_cannot_be_looked_at_is_tried_again_by_itself_after_a_pause(rig: Rig) -> None:
    def opened() -> set[str]:
        return {alert.district for alert in rig.db.work(alerts.still_open)}

    everywhere = set(rig.db.work(programmes.current).districts)
    with_status(rig, "asuo", "nonsense")
    rig.now = MORNING
    tended(rig)
    assert opened() == everywhere - {"asuo"}
    assert failures(rig) == 1
    assert tended(rig) == {}
    tended(rig, timedelta(hours=1))
    assert failures(rig) == 2
    with_status(rig, "asuo", "planned")
    assert tended(rig) == {}
    assert failures(rig) == 2
    told = tended(rig, timedelta(hours=1))
    assert opened() == everywhere
    assert told


def test_who_is_left_out_when_work_is_divided_is_counted(sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    zone_is_gone(rig, rig.contact("efua").id)
    rig.now = datetime(2026, 11, 9, 15, tzinfo=UTC)
    asyncio.run(run_noted(rig.db, "digests", digesting.send_digests, rig.now, digesting.digest_shares))
    assert failures(rig) == 1


def test_a_name_that_cannot_be_read_keeps_nobody_from_their_digest(rig: Rig) -> None:
    with rig.db.begin() as db:
        another = {"name": b"sealed by somebody else, long enough"}
        db.execute(text("update contacts set name = :name where key = 'efua'"), another)
    rig.now = datetime(2026, 11, 9, 15, tzinfo=UTC)
    sent = asyncio.run(run_noted(rig.db, "digests", digesting.send_digests, rig.now, digesting.digest_shares))
    assert sent == 4
    assert failures(rig) == 1


def test_a_pack_that_cannot_be_made_keeps_nobody_from_theirs(sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    moment = packing.pack_time(Quarter(2026, 3), rig.db.work(programmes.current))
    talk_is_unreadable(rig, rig.contact("efua").id)
    with rig.db.begin() as db:
        db.execute(update(ContactRow).where(ContactRow.key == "efua").values(language="no language, and far too long"))
    rig.now = moment
    asyncio.run(run_noted(rig.db, "packs", packing.send_packs, moment))
    rig.deliver()
    assert "salima" in heard(rig, but="efua")
