"""What happens by the clock: at the right hour, once however often it is run, and not at all once it is not needed."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import String, cast, select, text, update
from sqlalchemy.orm import Session

from domain.alerts import Alert, AlertStatus, Cause
from domain.messages import InboundKind, Lane, Outbound, Status
from domain.periods import local
from scheduler import digesting, jobs
from scheduler.alerting import tend_alerts
from scheduler.schedule import SCHEDULE, Job, tick
from storage import alerts, contacts, conversations, fanout, occurrences, outbox, programmes
from storage.database import Database
from storage.models import AlertRow, DiaryRow, OccurrenceRow, OutboundRow, ProgrammeRow
from storage.models.base import Base, Utc
from storage.programme_file import sample_text
from tests.rig import SECRET, Rig

Run = Callable[[Session, datetime], int]


def day(number: int, hour: int = 14, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, number, hour, minute, tzinfo=UTC)


# The ladder of the sample for October: prompt 2 Nov, nudges 4 and 6 Nov at 14:00, late list 9 Nov 08:00,
# overdue 12 Nov 09:00; digests on Mondays at 08:00. Accra is on UTC.
PROMPT, FIRST_NUDGE, LAST_NUDGE = day(2), day(4), day(6)
LATE_LIST, OVERDUE, DIGEST = day(9, 8), day(12, 9), day(9, 8)
ASUO = "REP ANC1 412/615 ABS 10/84 APR 60/80 YAW 6"


def run(rig: Rig, job: Run, now: datetime) -> int:
    """Run one job at a moment, and send."""
    rig.now = now
    done = rig.db.work(job, now)
    rig.deliver()
    return done


def ticks(rig: Rig, *moments: datetime) -> None:
    """Run all but the digests, whose pictures take their time, at each moment, and send."""
    for moment in moments:
        rig.now = moment
        for job in SCHEDULE:
            if job.name != "digests":
                rig.db.work(job.run, moment)
        rig.deliver()


def sent_to(rig: Rig, key: str) -> list[Outbound]:
    urns = {a.urn for a in rig.contact(key).addresses}
    return [m for m in rig.sent if m.urn in urns]


def kinds(rig: Rig, key: str) -> list[str]:
    """Return the kinds of what went to somebody, oldest first."""
    ids = [m.id for m in sent_to(rig, key)]
    with rig.db.begin() as db:
        found = {row.id: row.kind for row in db.scalars(select(OutboundRow).where(OutboundRow.id.in_(ids)))}
    return [found[i] for i in ids]


def open_alerts(rig: Rig) -> list[Alert]:
    return rig.db.work(alerts.still_open)


def alert_of(rig: Rig, district: str) -> Alert:
    (found,) = rig.db.work(alerts.still_open, district)
    return found


def record(rig: Rig) -> dict[str, object]:
    """Return all that jobs may write."""
    with rig.db.begin() as db:
        return {
            "occurrences": sorted((r.key, r.outcome, r.reason) for r in db.scalars(select(OccurrenceRow))),
            "outbound": sorted((r.key, r.status) for r in db.scalars(select(OutboundRow))),
            "alerts": [(r.key, r.step, r.status, r.next_step_at) for r in db.scalars(select(AlertRow))],
            "conversations": [conversations.load(db, c.id) for c in contacts.everyone(db)],
        }


# Once, however often


def spoilt(rig: Rig) -> None:
    """Leave a message whose handling failed."""
    rig.says("ama", "D+ rosters are up")
    with rig.db.begin() as db:
        db.execute(text("delete from diary_entries"))
        db.execute(text("update inbound set handled_at = null, attempts = 1"))


def with_alerts(rig: Rig) -> None:
    run(rig, tend_alerts, OVERDUE)


def with_draft(rig: Rig) -> None:
    rig.now = PROMPT
    rig.says("ama", "DIARY")


def with_words_for_who_was_away(rig: Rig) -> None:
    rig.now = PROMPT
    rig.says("kofi", "LEAVE 2 NOV 20 NOV")
    rig.says("efua", "TELL BRE please look at the registers")
    rig.says("kofi", "LEAVE OFF")


def with_visit(rig: Rig) -> None:
    rig.says("efua", "VISIT ASU 11 NOV 09:00")
    rig.says("ama", "YES")


def with_refusal(rig: Rig) -> None:
    """Leave an SMS that Twilio refuses, as its country is not enabled on our account."""
    rig.now = PROMPT
    rig.says("ama", "DUE", scheme="tel")
    with rig.db.begin() as db:
        refused = {"status": str(Status.FAILED), "reason": "21408 country not enabled"}
        db.execute(update(OutboundRow).where(OutboundRow.scheme == "tel").values(**refused))


CASES: dict[str, tuple[datetime, Callable[[Rig], object]]] = {
    "sweep": (PROMPT, spoilt),
    "prompts": (day(2, 20), lambda rig: None),
    "nudges": (day(4, 20), lambda rig: None),
    "late_lists": (day(9, 14), lambda rig: None),
    "alerts": (day(13, 9), with_alerts),
    "digests": (day(9, 14), lambda rig: None),
    "briefs": (day(10, 14), lambda rig: None),
    "packs": (day(10, 14), lambda rig: rig.says("efua", "PACK Q3")),
    "refusals": (day(2, 20), with_refusal),
    "visits": (day(10, 14), with_visit),
    "returns": (day(3), with_words_for_who_was_away),
    "expiry": (day(3, month=12), with_draft),
}


def test_every_job_has_a_case_here() -> None:
    assert set(CASES) == {job.name for job in SCHEDULE}


@pytest.mark.parametrize("job", SCHEDULE, ids=lambda job: job.name)
def test_a_job_run_again_changes_nothing(job: Job, rig: Rig) -> None:
    moment, prepare = CASES[job.name]
    prepare(rig)
    before = record(rig)
    assert run(rig, job.run, moment) > 0
    after = record(rig)
    assert after != before or job.name == "sweep"
    heard = len(rig.sent)
    for later in (timedelta(), timedelta(minutes=1), timedelta(minutes=59)):
        run(rig, job.run, moment + later)
    assert record(rig) == after
    assert len(rig.sent) == heard


@pytest.mark.parametrize("job", [job for job in SCHEDULE if job.name != "sweep"], ids=lambda job: job.name)
def test_a_job_on_two_machines_at_once_tells_everybody_once(job: Job, rig: Rig) -> None:
    tell_on_two_machines(job, rig)


def test_a_message_is_read_again_once_on_two_machines(rig: Rig) -> None:
    tell_on_two_machines(next(job for job in SCHEDULE if job.name == "sweep"), rig)


def tell_on_two_machines(job: Job, rig: Rig) -> None:
    """The second machine begins before the first has committed, with its clock a second ahead."""
    moment, prepare = CASES[job.name]
    prepare(rig)
    rig.sent.clear()
    rig.now = moment
    other = Database(rig.db.url, SECRET)
    wrong: list[BaseException] = []

    def second() -> None:
        try:
            other.work(job.run, moment + timedelta(seconds=1))
        except BaseException as error:
            wrong.append(error)

    thread = threading.Thread(target=second)
    with rig.db.begin() as db:
        assert job.run(db, moment) > 0
        thread.start()
        _until_it_waits(rig, thread)
    thread.join(30)
    other.close()
    assert not wrong
    rig.now += timedelta(seconds=2)
    rig.deliver()
    told = Counter((m.urn, m.text) for m in rig.sent)
    assert [who for who, times in told.items() if times > 1] == []
    diaries = rig.db.work(lambda db: db.execute(select(DiaryRow.words)).all())
    assert len(diaries) <= 1


def _until_it_waits(rig: Rig, thread: threading.Thread) -> None:
    """Return when the other machine has run into a lock of ours, or is done; SQLite lets it not even begin."""
    waits = text(
        "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    )
    for _n in range(100):
        thread.join(0.02)
        if rig.db.sqlite or not thread.is_alive():
            return
        with rig.db.engine.connect() as connection:
            if connection.execute(waits).scalar_one():
                return


def test_a_whole_month_ticked_twice_says_the_same_as_once(rig: Rig) -> None:
    moments = [PROMPT, FIRST_NUDGE, LAST_NUDGE, LATE_LIST, OVERDUE, day(13, 16)]  # by day everywhere
    ticks(rig, *[moment for moment in moments for _twice in (1, 2)])
    keys = [key for (key,) in rig.db.work(lambda db: db.execute(select(OutboundRow.key)).all())]
    assert len(rig.sent) == len(keys) == len(set(keys))
    assert kinds(rig, "ama") == ["prompt", "nudge", "nudge"]
    assert kinds(rig, "efua") == ["late_list", "alert"]


def test_one_job_that_raises_does_not_stop_the_others(rig: Rig) -> None:
    with rig.db.begin() as db:
        db.execute(text("drop table alerts"))
    rig.now = PROMPT
    done = tick(rig.db, PROMPT)
    rig.deliver()
    assert "alerts" not in done
    assert done["prompts"] > 0
    assert kinds(rig, "ama") == ["prompt"]


# Prompts and nudges


@pytest.mark.parametrize(("who", "moment"), [("ama", day(2, 14)), ("asha", day(2, 11)), ("rosa", day(2, 20))])
def test_the_prompt_comes_at_two_in_the_afternoon_where_people_are(sqlite_rig: Rig, who: str, moment: datetime) -> None:
    rig = sqlite_rig
    run(rig, jobs.send_prompts, moment - timedelta(minutes=1))
    assert sent_to(rig, who) == []
    run(rig, jobs.send_prompts, moment)
    assert kinds(rig, who) == ["prompt"]
    assert local(rig.now, rig.contact(who).timezone).hour == 14


def test_nobody_is_prompted_who_has_reported(rig: Rig) -> None:
    rig.now = day(1, 12)
    rig.says("ama", ASUO)
    rig.sent.clear()
    ticks(rig, PROMPT, FIRST_NUDGE, LAST_NUDGE)
    assert sent_to(rig, "ama") == []
    decided = rig.db.work(occurrences.history, rig.contact("ama").id)
    assert {(outcome, reason) for _at, _key, outcome, reason in decided} == {("skipped", "report is in")}


def test_nudges_stop_when_a_colleague_has_reported(rig: Rig) -> None:
    ticks(rig, PROMPT)
    rig.says("abena", "REP ANC1 346/480 ANC4 235/480 SBA 264/440 MD 0")
    rig.sent.clear()
    ticks(rig, FIRST_NUDGE, LAST_NUDGE)
    assert (sent_to(rig, "abena"), sent_to(rig, "kofi")) == ([], [])
    assert kinds(rig, "ama") == ["nudge", "nudge"]


def test_a_nudge_names_only_what_is_missing(sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    ticks(rig, PROMPT)
    rig.says("ama", "REP ABS 12 YAW 5")
    rig.sent.clear()
    ticks(rig, FIRST_NUDGE)
    (nudge,) = sent_to(rig, "ama")
    assert "ANC1" in nudge.text
    assert "APR" in nudge.text
    assert "ABS" not in nudge.text
    assert "YAW" not in nudge.text


def test_who_has_stopped_or_cannot_be_reached_is_not_asked_and_it_is_written_down_why(rig: Rig) -> None:
    rig.says("ama", "STOP")
    rig.says("akosua", "", kind=InboundKind.BLOCKED)
    ticks(rig, PROMPT)
    assert (sent_to(rig, "ama"), sent_to(rig, "akosua"), sent_to(rig, "yaw")) == ([], [], [])
    reasons = {
        who: [reason for _at, _key, _outcome, reason in rig.db.work(occurrences.history, rig.contact(who).id)]
        for who in ("ama", "akosua", "yaw")
    }
    assert reasons == {"ama": ["contact stopped"], "akosua": ["no address works"], "yaw": ["contact invited"]}


@pytest.mark.parametrize(("late", "goes"), [(timedelta(hours=47), True), (timedelta(hours=49), False)])
def test_a_prompt_that_is_days_late_is_left_out(sqlite_rig: Rig, late: timedelta, goes: bool) -> None:
    rig = sqlite_rig
    run(rig, jobs.send_prompts, PROMPT + late)
    assert bool(sent_to(rig, "ama")) is goes


def test_later_puts_off_what_would_come_and_the_next_one_comes(sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    ticks(rig, PROMPT)
    rig.says("ama", "LATER 3")  # until Thursday at two
    rig.sent.clear()
    ticks(rig, FIRST_NUDGE, day(5, 13, 59))
    assert sent_to(rig, "ama") == []
    ticks(rig, day(5, 14))
    assert kinds(rig, "ama") == ["nudge"]


@pytest.mark.parametrize("days", [5, 7])
def test_who_was_told_a_day_is_asked_on_that_day(sqlite_rig: Rig, days: int) -> None:
    """`LATER 7` answers that it will ask again on Monday the 9th."""
    rig = sqlite_rig
    ticks(rig, PROMPT)
    rig.says("ama", f"LATER {days}")
    assert "9 Nov" in rig.sent[-1].text
    rig.sent.clear()
    ticks(rig, FIRST_NUDGE, LAST_NUDGE, day(9, 14), day(9, 15))
    assert kinds(rig, "ama") == ["nudge"]


def test_two_nudges_never_come_on_one_day(sqlite_rig: Rig) -> None:
    """A snooze that ends at the hour of the second nudge frees the first one too."""
    rig = sqlite_rig
    ticks(rig, PROMPT)
    rig.says("ama", "LATER 4")
    rig.sent.clear()
    ticks(rig, FIRST_NUDGE, LAST_NUDGE)
    assert kinds(rig, "ama") == ["nudge"]


def test_a_nudge_that_waits_for_the_morning_is_not_sent_when_the_report_comes_at_night(sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    ticks(rig, PROMPT, day(4, 19, 30))  # the machine was down in the afternoon
    rig.now = day(4, 21)
    rig.says("ama", ASUO)
    rig.sent.clear()
    ticks(rig, day(5, 7), day(5, 8))
    assert sent_to(rig, "ama") == []


def test_somebody_in_the_middle_of_a_dialogue_is_prompted_a_day_later(sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    rig.now = day(2, 13)
    rig.says("ama", "DIARY")
    rig.sent.clear()
    ticks(rig, PROMPT, day(2, 18))
    assert sent_to(rig, "ama") == []
    ticks(rig, day(3, 14))
    assert kinds(rig, "ama") == ["prompt"]


def test_a_facilitator_sees_who_is_late_in_one_list(rig: Rig) -> None:
    rig.now = PROMPT
    rig.says("ama", ASUO)
    rig.sent.clear()
    run(rig, jobs.send_late_lists, LATE_LIST)
    (listed,) = sent_to(rig, "efua")
    assert "Bremu" in listed.text
    assert "Kadewa" in listed.text
    assert "Asuo" not in listed.text
    assert sent_to(rig, "owusu") == []


# Alerts


def test_an_overdue_report_is_one_alert_and_the_report_closes_it(rig: Rig) -> None:
    ticks(rig, PROMPT, OVERDUE, OVERDUE + timedelta(hours=1))
    alert = alert_of(rig, "asuo")
    assert (alert.cause, alert.status) == (Cause.OVERDUE, AlertStatus.OPEN)
    assert kinds(rig, "efua").count("alert") == 1  # those of her three districts in one message
    rig.sent.clear()
    rig.says("ama", "REP ANC1 412/615 ABS 10/84 APR 60/80")
    assert alert_of(rig, "asuo").id == alert.id  # one value is still missing
    rig.says("ama", "YAW 6")
    assert rig.db.work(alerts.still_open, "asuo") == []
    assert [alert.ref in m.text for m in sent_to(rig, "efua")] == [True]
    ticks(rig, OVERDUE + timedelta(hours=2))
    assert rig.db.work(alerts.still_open, "asuo") == []


def test_a_report_is_overdue_however_long_nothing_ran(rig: Rig) -> None:
    ticks(rig, PROMPT, OVERDUE + timedelta(days=9))
    assert alert_of(rig, "asuo").cause is Cause.OVERDUE


def test_nothing_is_overdue_that_nobody_was_asked_for(rig: Rig) -> None:
    with rig.db.begin() as db:
        db.execute(update(ProgrammeRow).values(loaded_at=OVERDUE + timedelta(hours=1)))
    ticks(rig, OVERDUE + timedelta(hours=2))
    assert open_alerts(rig) == []


def test_an_alert_of_a_clock_that_was_ahead_climbs_when_it_is_put_right(rig: Rig) -> None:
    ticks(rig, PROMPT, OVERDUE + timedelta(days=9))
    opened = alert_of(rig, "asuo")
    for hours in (0, 25):
        run(rig, tend_alerts, OVERDUE + timedelta(days=1, hours=hours))
    assert alert_of(rig, "asuo").step == opened.step + 1


def test_a_team_that_has_reported_is_not_overdue(rig: Rig) -> None:
    rig.now = PROMPT
    rig.says("ama", ASUO)
    run(rig, tend_alerts, OVERDUE)
    assert rig.db.work(alerts.still_open, "asuo") == []
    assert len(open_alerts(rig)) == 8


def maternal_death(rig: Rig, hour: int = 10) -> Alert:
    rig.now = day(3, hour)
    rig.says("kofi", "MD 1")
    return alert_of(rig, "bremu")


def test_a_maternal_death_is_told_at_once_even_at_night(rig: Rig) -> None:
    maternal_death(rig, hour=23)
    assert kinds(rig, "efua") == ["alert"]
    assert [m.text.startswith("ALERT") for m in sent_to(rig, "efua")] == [True]


def test_an_alert_nobody_takes_climbs_and_the_top_is_asked_again(sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    maternal_death(rig)
    told = []
    for hours in range(0, 9 * 24, 12):
        rig.sent.clear()
        run(rig, tend_alerts, day(3, 10) + timedelta(hours=hours))
        told += [who for who in ("efua", "owusu", "grace") if sent_to(rig, who)]
    assert told[:3] == ["owusu", "grace", "grace"]
    assert set(told[3:]) <= {"grace"}


def test_somebody_who_cannot_be_reached_is_passed_over(sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    maternal_death(rig)
    rig.says("owusu", "STOP", scheme="telegram")
    rig.sent.clear()
    run(rig, tend_alerts, day(4, 10))
    assert [who for who in ("efua", "owusu", "grace") if sent_to(rig, who)] == ["grace"]


def test_an_alert_that_was_taken_does_not_climb_its_owner_is_reminded_and_then_it_lapses(rig: Rig) -> None:
    alert = maternal_death(rig)
    rig.says("efua", f"ACK {alert.ref}")
    taken = alert_of(rig, "bremu")
    assert (taken.status, taken.owner_id, str(taken.due_on)) == (
        AlertStatus.ACKNOWLEDGED,
        rig.contact("efua").id,
        "2026-11-10",
    )
    told = []
    for number in (4, 6, 9, 12):
        rig.sent.clear()
        run(rig, tend_alerts, day(number, 10))
        heard = {who: " ".join(m.text for m in sent_to(rig, who)) for who in ("efua", "owusu", "grace")}
        told.append([who for who, text in heard.items() if f"{alert.ref}:" in text])
    assert told == [[], ["efua"], ["efua"], ["owusu"]]
    lapsed = rig.db.work(alerts.load, alert.id)
    assert (lapsed.status, lapsed.owner_id) == (AlertStatus.OPEN, None)


def test_the_reminder_goes_to_whoever_took_the_alert(sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    alert = maternal_death(rig)
    rig.says("owusu", f"ACK {alert.ref}")  # the manager is quicker than the facilitator
    rig.sent.clear()
    run(rig, tend_alerts, day(6, 10))
    assert [who for who in ("efua", "owusu", "grace") if sent_to(rig, who)] == ["owusu"]


def test_an_alert_put_off_rests_until_then(sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    alert = maternal_death(rig)
    rig.says("efua", f"ACK {alert.ref}")
    rig.says("efua", f"SNOOZE {alert.ref} 5")
    rig.sent.clear()
    run(rig, tend_alerts, day(7, 10))
    assert sent_to(rig, "efua") == []
    run(rig, tend_alerts, day(8, 10))
    assert len(sent_to(rig, "efua")) == 1


def test_a_closed_alert_is_over_and_the_same_cause_may_open_another(rig: Rig) -> None:
    alert = maternal_death(rig)
    rig.says("efua", f"CLOSE {alert.ref} review held")
    assert open_alerts(rig) == []
    rig.sent.clear()
    run(rig, tend_alerts, day(11, 10))
    assert rig.sent == []
    rig.says("kofi", "FIX MD 2")
    assert alert_of(rig, "bremu").id != alert.id


def test_a_corrected_value_closes_its_alert(rig: Rig) -> None:
    maternal_death(rig)
    rig.says("kofi", "FIX MD 0 counted twice")
    assert open_alerts(rig) == []


# Digests


def test_a_digest_comes_on_monday_at_eight_once_a_week(sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    run(rig, digesting.send_digests, DIGEST - timedelta(minutes=1))
    assert sent_to(rig, "efua") == []
    for hours in (0, 1, 26, 70):
        run(rig, digesting.send_digests, DIGEST + timedelta(hours=hours))
    assert kinds(rig, "efua") == ["digest"]
    run(rig, digesting.send_digests, DIGEST + timedelta(days=7))
    assert kinds(rig, "efua") == ["digest", "digest"]


def test_a_digest_that_is_days_late_waits_for_the_next(sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    run(rig, digesting.send_digests, DIGEST + timedelta(days=3, minutes=1))
    assert sent_to(rig, "efua") == []


def test_a_digest_comes_at_eight_where_the_reader_is(sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    run(rig, digesting.send_digests, day(9, 5))
    assert [bool(sent_to(rig, who)) for who in ("salima", "efua", "carmen")] == [True, False, False]
    run(rig, digesting.send_digests, day(9, 14))
    assert [bool(sent_to(rig, who)) for who in ("salima", "efua", "carmen")] == [True, True, True]


def test_a_digest_has_its_picture_where_there_is_room_for_one(sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    run(rig, digesting.send_digests, DIGEST)
    assert [bool(m.picture) for m in sent_to(rig, "efua")] == [True]
    assert [m.picture for m in sent_to(rig, "grace")] == [None]


def test_a_reader_who_has_stopped_gets_no_digest(sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    rig.says("efua", "STOP")
    rig.sent.clear()
    run(rig, digesting.send_digests, DIGEST)
    assert sent_to(rig, "efua") == []


# Drafts


def test_a_dialogue_nobody_came_back_to_is_let_go_and_what_was_said_stays(rig: Rig) -> None:
    rig.now = PROMPT
    rig.says("ama", "REP")
    rig.says("ama", "412/615")
    run(rig, jobs.expire_sessions, PROMPT + timedelta(days=29, hours=23))
    assert rig.db.work(conversations.load, rig.contact("ama").id).session is not None
    assert run(rig, jobs.expire_sessions, PROMPT + timedelta(days=30, hours=1)) == 1
    assert rig.db.work(conversations.load, rig.contact("ama").id).sessions == ()
    rig.sent.clear()
    rig.says("ama", "DUE")
    assert "ANC1" not in rig.sent[-1].text or "2/4" not in rig.sent[-1].text


def test_a_paused_draft_is_let_go_though_the_person_goes_on_writing(rig: Rig) -> None:
    rig.now = PROMPT
    rig.says("ama", "DIARY")
    rig.says("ama", "PAUSE")
    for days in (10, 20, 30, 40):
        rig.now = PROMPT + timedelta(days=days)
        rig.says("ama", "DUE")
    run(rig, jobs.expire_sessions, PROMPT + timedelta(days=41))
    assert rig.db.work(conversations.load, rig.contact("ama").id).paused == ()


# Leave, deputies, and how close reminders stand


def with_setting(old: str, new: str) -> str:
    """Return the sample programme with one setting changed."""
    text = sample_text()
    assert old in text
    return text.replace(old, new, 1)


ABENA_DEPUTY = ('    name: "Abena"\n    role: focal\n', '    name: "Abena"\n    role: focal\n    deputy: true\n')


@pytest.fixture
def reloaded(sqlite_rig: Rig) -> Callable[[str, str], Rig]:
    """Return what loads the sample with one setting changed."""

    def load(old: str, new: str) -> Rig:
        sqlite_rig.db.work(programmes.install, with_setting(old, new), sqlite_rig.now)
        return sqlite_rig

    return load


def reasons(rig: Rig, who: str) -> list[str]:
    return [why for _at, _key, _outcome, why in rig.db.work(occurrences.history, rig.contact(who).id)]


def test_who_is_on_leave_is_not_asked_until_they_are_back(sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    rig.says("kofi", "LEAVE 1 NOV 4 NOV")
    rig.sent.clear()
    ticks(rig, PROMPT, FIRST_NUDGE)
    assert sent_to(rig, "kofi") == []
    assert reasons(rig, "kofi") == ["on leave", "on leave"]
    ticks(rig, LAST_NUDGE)
    assert kinds(rig, "kofi") == ["nudge"]


def test_a_facilitator_on_leave_gets_no_digest_and_no_late_list(sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    rig.says("efua", "LEAVE 7 NOV 20 NOV")
    rig.sent.clear()
    rig.now = DIGEST
    tick(rig.db, DIGEST)
    rig.deliver()
    assert {"digest", "late_list"}.isdisjoint(kinds(rig, "efua"))


def test_an_alert_goes_past_a_facilitator_on_leave(sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    rig.says("efua", "LEAVE 31 OCT 20 NOV")
    alert = maternal_death(rig)
    assert rig.contact("efua").id not in alert.ladder
    assert {alert.holder} <= {rig.contact("owusu").id, rig.contact("grace").id}


def test_a_deputy_is_asked_only_when_nobody_else_can_be(reloaded: Callable[[str, str], Rig]) -> None:
    rig = reloaded(*ABENA_DEPUTY)
    ticks(rig, PROMPT)
    assert sent_to(rig, "abena") == []
    assert reasons(rig, "abena") == ["deputy is not needed"]
    rig.says("kofi", "LEAVE 3 NOV 10 NOV")
    rig.sent.clear()
    ticks(rig, FIRST_NUDGE)
    assert (kinds(rig, "abena"), kinds(rig, "kofi")) == (["nudge"], [])


def test_a_person_is_asked_at_an_hour_of_their_own(reloaded: Callable[[str, str], Rig]) -> None:
    rig = reloaded('  ama:\n    name: "Ama"\n', '  ama:\n    name: "Ama"\n    hour: "10:30"\n')
    ticks(rig, day(2, 10, 29))
    assert sent_to(rig, "ama") == []
    ticks(rig, day(2, 10, 30))
    assert (kinds(rig, "ama"), kinds(rig, "kwame")) == (["prompt"], [])


def test_reminders_stand_closer_in_the_first_months_alone(reloaded: Callable[[str, str], Rig]) -> None:
    closer = '  - {step: nudge, working_day: 2, at: "14:00", first_months: %d}\n  - {step: late_list'
    rig = reloaded("  - {step: late_list", closer % 9)  # the sample begins in January: until September
    ticks(rig, PROMPT, day(3))
    assert kinds(rig, "kwame") == ["prompt"]
    rig.db.work(programmes.install, with_setting("  - {step: late_list", closer % 10), rig.now)
    ticks(rig, day(3, 15))
    assert kinds(rig, "kwame") == ["prompt", "nudge"]


def test_a_prompt_and_a_nudge_never_come_on_one_day(sqlite_rig: Rig) -> None:
    """After two days without power both hours have come."""
    rig = sqlite_rig
    ticks(rig, day(4, 14), day(4, 15))
    assert kinds(rig, "ama") == ["prompt"]
    ticks(rig, day(5, 8))
    assert kinds(rig, "ama") == ["prompt", "nudge"]


@pytest.mark.parametrize(("policy", "hours", "expected"), [("send", 3, ["nudge"]), ("skip", 3, []), ("merge", 3, [])])
def test_a_nudge_whose_hour_was_missed_does_as_the_file_says(
    policy: str, hours: int, expected: list[str], reloaded: Callable[[str, str], Rig]
) -> None:
    first = '{step: nudge, working_day: 3, at: "14:00"'
    rig = reloaded(first, f"{first}, when_late: {policy}")
    ticks(rig, PROMPT)
    rig.sent.clear()
    ticks(rig, FIRST_NUDGE + timedelta(hours=hours))
    assert kinds(rig, "kwame") == expected
    ticks(rig, LAST_NUDGE)
    assert kinds(rig, "kwame") == [*expected, "nudge"]


def test_nothing_more_goes_unasked_once_four_messages_went_in_a_week(reloaded: Callable[[str, str], Rig]) -> None:
    every_day = "".join(f'  - {{step: nudge, working_day: {n}, at: "14:00"}}\n' for n in (2, 4))
    rig = reloaded("  - {step: late_list", f"{every_day}  - {{step: late_list")
    ticks(rig, *(day(number) for number in range(2, 7)))
    assert len(sent_to(rig, "kwame")) == 4
    assert "enough unasked messages this week" in reasons(rig, "kwame")


def test_parts_of_one_message_count_once(sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    ticks(rig, PROMPT)
    urn = rig.contact("kwame").addresses[0].urn
    with rig.db.begin() as db:
        row = db.scalars(select(OutboundRow).where(OutboundRow.kind == "prompt")).first()
        assert row is not None
        more = outbox.Part(f"{row.key[:-2]}:1", "prompt", Lane.BULK, urn, "more", 1, rig.now, row.contact_id)
        outbox.put(db, more, rig.now)
        found = fanout.lately(db, [row.contact_id or 0], rig.now, ["prompt"], [])
    assert [lately.week for lately in found.values()] == [1]


def test_moments_are_written_alike_whichever_way_they_come(sqlite_rig: Rig) -> None:
    """SQLite compares them as words."""
    run(sqlite_rig, jobs.send_prompts, PROMPT)
    sqlite_rig.says("ama", ASUO)
    columns = [c for table in Base.metadata.sorted_tables for c in table.columns if isinstance(c.type, Utc)]
    with sqlite_rig.db.engine.connect() as connection:
        written = {
            moment
            for column in columns
            for moment in connection.scalars(select(cast(column, String)).where(column.is_not(None)))
        }
    assert len(written) > 1
    form = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}")
    assert [moment for moment in written if not form.fullmatch(moment)] == []
