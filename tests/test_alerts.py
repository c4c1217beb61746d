"""Alerts: each cause raises one and its end closes it; each is owned, told once, climbs, and is audited."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from ruamel.yaml import YAML
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.alarms import climb, settle
from conversations.flows.alert_words import bundle
from domain.alerts import Alert, AlertStatus, Cause, Facts, Past, Raise, opens_again, raised_over, still_holds
from domain.causes import RULE_OF, RULES, overdue
from domain.events import Check, ValueStatus
from domain.indicators import Direction, Target
from domain.measures import Measure
from domain.messages import Outbound
from domain.people import Address, AddressStatus, Contact, ContactStatus, Role, Urn
from domain.periods import ReportingPeriod
from domain.values import IndicatorValue, Values
from domain.workplans import Activity, ActivityStatus
from scheduler.alerting import faults, tend_alerts
from scheduler.heartbeat import beat
from storage import alerts, contacts, programmes
from storage.models import AlertRow, OccurrenceRow
from storage.programme_file import sample_text
from tests import messages, segments
from tests.doubles.server import Double, Fault, drop
from tests.rig import Rig
from tests.tracing import asked

TODAY = date(2026, 12, 10)  # a Thursday; the report for November was due two days ago
SINCE = date(2026, 10, 31)
ASUO = segments.PROGRAMME.districts["asuo"]
NUMBERS = segments.PROGRAMME.alerts
CAUSES = list(Cause)


def at(day: date, hour: int = 9, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


def facts(**fields: object) -> Facts:
    return replace(Facts(ASUO, segments.PROGRAMME, TODAY, SINCE), **fields)  # type: ignore[arg-type]


def raised(found: Facts, cause: Cause) -> list[Raise]:
    """Return what a cause raises; the diary, on which nothing is written here, is only looked at when asked for."""
    return [one for one in raised_over(RULES, found) if one.cause is cause]


def value(code: str, month: int, number: float, **fields: object) -> IndicatorValue:
    period = ReportingPeriod(2026, month)
    measure = Measure(number, segments.PROGRAMME.indicators[code].unit)
    said = at(date(2026, month, 28))
    found = IndicatorValue("asuo", code, period, ValueStatus.REPORTED, measure, said)
    return replace(found, **fields)  # type: ignore[arg-type]


def activity(due_on: date, **fields: object) -> Activity:
    return replace(Activity("asuo", "P1", "Duty rosters", "S1", "nana", due_on), **fields)  # type: ignore[arg-type]


def person(role: Role = Role.FOCAL, **fields: object) -> Contact:
    known = Contact(7, "nana", "Nana", role, "en", "UTC", district="asuo")
    works = (Address(Urn("tel", "+233200000031")),)
    return replace(known, addresses=works, **fields)  # type: ignore[arg-type]


def alert_for(found: Raise) -> Alert:
    now = at(TODAY)
    return Alert(1, found.cause, found.key, found.district, found.evidence, AlertStatus.OPEN, (1,), 0, now, now)


def holds(found: Raise, now: Facts) -> bool:
    return still_holds(RULE_OF[found.cause], alert_for(found), now)


# The causes


def test_every_cause_has_a_rule_and_each_can_be_raised_in_some_way() -> None:
    assert [rule.cause for rule in RULES] == CAUSES
    assert [r.cause for r in RULES if r.told is None and r.standing is None] == [Cause.OVERDUE]  # the reminders' last


def wants_thirteen() -> dict[str, Target]:
    first = ReportingPeriod(2026, 1)
    return {"ABS": Target("ABS", 13, 13, first, first, Direction.LOWER)}


def with_abs(*numbers: float, last: int = 11, **fields: object) -> Facts:
    """Return facts in which staff absent had these values in the months up to `last`; at most 13 is wanted."""
    months = range(last - len(numbers) + 1, last + 1)
    reported = [value("ABS", month, number) for month, number in zip(months, numbers, strict=True)]
    return facts(district=replace(ASUO, targets=wants_thirteen()), values=Values(reported), **fields)


@pytest.mark.parametrize(
    ("numbers", "told"),
    [((40, 40), False), ((40, 40, 40), True), ((9, 40, 40, 40), True), ((40, 40, 9), False), ((40, 9, 40, 40), False)],
)
def test_a_number_red_for_three_months_is_off_track(numbers: tuple[float, ...], told: bool) -> None:
    assert bool(raised(with_abs(*numbers), Cause.OFF_TRACK)) is told


def test_what_was_red_before_anybody_listened_is_not_raised() -> None:
    assert raised(with_abs(40, 40, 40, last=9), Cause.OFF_TRACK) == []


def test_off_track_ends_with_a_number_that_is_not_red_and_not_with_silence() -> None:
    (found,) = raised(with_abs(40, 40, 40), Cause.OFF_TRACK)
    assert holds(found, replace(with_abs(40, 40, 40), today=date(2027, 3, 1)))
    assert not holds(found, with_abs(40, 40, 9))


@pytest.mark.parametrize(("days", "told"), [(13, False), (14, True)])
def test_an_activity_is_late_some_days_after_its_date(days: int, told: bool) -> None:
    plan = (activity(TODAY - timedelta(days=days)),)
    assert bool(raised(facts(plan=plan), Cause.ACTIVITY_LATE)) is told


def test_lateness_counts_from_when_the_programme_began_here() -> None:
    plan = (activity(date(2026, 1, 15)),)
    assert raised(facts(plan=plan, today=SINCE + timedelta(days=13)), Cause.ACTIVITY_LATE) == []
    assert len(raised(facts(plan=plan, today=SINCE + timedelta(days=14)), Cause.ACTIVITY_LATE)) == 1


@pytest.mark.parametrize(
    "now",
    [activity(date(2026, 11, 6), status=ActivityStatus.DONE), activity(date(2026, 12, 31))],
    ids=["done", "moved"],
)
def test_a_late_activity_ends_when_it_is_done_or_has_a_new_date(now: Activity) -> None:
    (found,) = raised(facts(plan=(activity(date(2026, 11, 6)),)), Cause.ACTIVITY_LATE)
    stuck = activity(date(2026, 11, 6), status=ActivityStatus.STUCK)
    assert holds(found, facts(plan=(stuck,)))
    assert not holds(found, facts(plan=(now,)))


def months(*numbers: int) -> frozenset[ReportingPeriod]:
    return frozenset(ReportingPeriod(2026, month) for month in numbers)


@pytest.mark.parametrize(
    ("written", "told"), [((), True), ((9,), True), ((10,), False), ((11,), False), ((12,), False)]
)
def test_a_district_is_silent_after_two_months_without_a_diary(written: tuple[int, ...], told: bool) -> None:
    found = raised(facts(diaries=months(*written)), Cause.DIARY_SILENT)
    assert bool(found) is told


def test_a_month_is_silent_only_once_its_report_was_due() -> None:
    assert raised(facts(today=date(2026, 12, 8)), Cause.DIARY_SILENT) == []


def test_any_newer_diary_ends_the_silence() -> None:
    (found,) = raised(facts(), Cause.DIARY_SILENT)
    assert holds(found, facts())
    assert not holds(found, facts(diaries=months(11)))


STOPPED = person(status=ContactStatus.STOPPED)
LOST = replace(person(), addresses=(Address(Urn("tel", "+233200000031"), AddressStatus.UNREACHABLE),))
INVITED = person(status=ContactStatus.INVITED)


@pytest.mark.parametrize(
    ("people", "told"),
    [
        ((STOPPED,), True),
        ((LOST, STOPPED), True),
        ((STOPPED, INVITED), True),
        ((STOPPED, person(Role.PARTNER)), True),
        ((STOPPED, person()), False),
        ((INVITED,), False),
    ],
)
def test_a_district_that_has_lost_all_its_reporters_is_told(people: tuple[Contact, ...], told: bool) -> None:
    assert bool(raised(facts(people=people), Cause.UNREACHABLE)) is told


def test_somebody_who_comes_back_makes_a_district_reachable() -> None:
    (found,) = raised(facts(people=(STOPPED,)), Cause.UNREACHABLE)
    assert not holds(found, facts(people=(person(),)))


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"flagged": True}, True),
        ({"status": ValueStatus.PENDING}, True),
        ({}, False),
        ({"flagged": True, "check": Check.VERIFIED}, False),
        ({"flagged": True, "check": Check.HELD}, False),
        ({"flagged": True, "at": at(TODAY - timedelta(days=13))}, False),
        ({"flagged": True, "period": ReportingPeriod(2026, 3)}, False),
    ],
)
def test_a_doubtful_value_nobody_has_looked_at_for_two_weeks(fields: dict[str, object], told: bool) -> None:
    doubtful = replace(value("ABS", 10, 40), **fields)  # type: ignore[arg-type]
    assert bool(raised(facts(unsettled=(doubtful,)), Cause.UNVERIFIED)) is told


@pytest.mark.parametrize(("days", "told"), [(39, False), (40, True)])
def test_a_partner_who_says_nothing_of_what_is_open(days: int, told: bool) -> None:
    spoke = {"P1": TODAY - timedelta(days=days)}
    here = facts(
        people=(person(Role.PARTNER),), plan=(activity(date(2027, 1, 1)),), updates=spoke, since=date(2026, 1, 1)
    )
    assert bool(raised(here, Cause.PARTNER_SILENT)) is told
    done = replace(here, plan=(activity(date(2027, 1, 1), status=ActivityStatus.DONE),))
    assert raised(done, Cause.PARTNER_SILENT) == []


def test_a_report_is_overdue_until_the_last_of_it_is_in() -> None:
    october = ReportingPeriod(2026, 10)
    some = [value(code, 10, 12) for code in ASUO.indicators[1:]]
    (found,) = overdue(facts(values=Values(some)), october)
    assert found.evidence["missing"] == ASUO.indicators[0]
    assert holds(found, facts(values=Values(some)))
    assert not holds(found, facts(values=Values([*some, value(ASUO.indicators[0], 10, 12)])))


def test_a_value_on_hold_is_still_beyond_its_limit() -> None:
    evidence = {"code": "MD", "period": "2026-10", "value": "1", "limit": "0"}
    found = Raise(Cause.BEYOND_LIMIT, "beyond_limit:asuo:MD:2026-10", "asuo", evidence)
    held = replace(value("MD", 10, 1), check=Check.HELD)
    assert holds(found, facts(values=Values([held])))
    assert not holds(found, facts(values=Values([value("MD", 10, 0)])))


OPENED = at(date(2026, 11, 20))


@pytest.mark.parametrize(
    ("past", "since", "again"),
    [
        (None, None, True),
        (Past(OPENED, open=True, by_facts=False), date(2026, 12, 1), False),
        (Past(OPENED, open=False, by_facts=True), None, True),
        (Past(OPENED, open=False, by_facts=False), None, False),
        (Past(OPENED, open=False, by_facts=False), date(2026, 11, 1), False),
        (Past(OPENED, open=False, by_facts=False), date(2026, 12, 1), True),
    ],
)
def test_what_somebody_closed_in_words_comes_back_only_when_it_begins_anew(
    past: Past | None, since: date | None, again: bool
) -> None:
    assert opens_again(Raise(Cause.DIARY_SILENT, "key", "asuo", {}, since), past) is again


# On record


def tend(rig: Rig, now: datetime) -> int:
    rig.now = now
    done = rig.db.work(tend_alerts, now)
    rig.deliver()
    return done


def open_alerts(rig: Rig, district: str | None = None) -> dict[Cause, Alert]:
    return {alert.cause: alert for alert in rig.db.work(alerts.still_open, district)}


def sent_to(rig: Rig, key: str) -> list[Outbound]:
    urns = {a.urn for a in rig.contact(key).addresses}
    return [m for m in rig.sent if m.urn in urns]


def told(rig: Rig, *keys: str) -> list[str]:
    return [key for key in keys if sent_to(rig, key)]


REVIEW = at(TODAY)  # nobody has reported, written or moved anything since the end of October


def test_what_is_on_record_is_looked_at_on_working_mornings_and_told_in_one_message(rig: Rig) -> None:
    assert tend(rig, REVIEW - timedelta(minutes=1)) == 0
    tend(rig, REVIEW)
    assert set(open_alerts(rig, "asuo")) == {Cause.ACTIVITY_LATE, Cause.DIARY_SILENT, Cause.PARTNER_SILENT}
    assert len(sent_to(rig, "efua")) == 1
    rig.sent.clear()
    tend(rig, REVIEW + timedelta(hours=2))
    assert rig.sent == []


def test_nothing_is_looked_at_on_a_sunday(sqlite_rig: Rig) -> None:
    assert tend(sqlite_rig, at(date(2026, 12, 13))) == 0


def test_a_cause_that_is_there_again_the_next_day_is_not_told_again(sqlite_rig: Rig) -> None:
    tend(sqlite_rig, REVIEW)
    before = {alert.id for alert in sqlite_rig.db.work(alerts.still_open, "asuo")}
    tend(sqlite_rig, REVIEW + timedelta(days=1))
    assert {alert.id for alert in sqlite_rig.db.work(alerts.still_open, "asuo")} == before


def test_what_was_closed_in_words_stays_closed_while_it_lasts(sqlite_rig: Rig) -> None:
    tend(sqlite_rig, REVIEW)
    silent = open_alerts(sqlite_rig, "asuo")[Cause.DIARY_SILENT]
    sqlite_rig.says("efua", f"CLOSE {silent.ref} sat with the team, they begin again")
    tend(sqlite_rig, REVIEW + timedelta(days=1))
    assert Cause.DIARY_SILENT not in open_alerts(sqlite_rig, "asuo")


def test_what_ends_without_a_word_about_it_is_closed_at_the_next_tick(rig: Rig) -> None:
    rig.says("ama", "STOP")
    tend(rig, at(date(2026, 11, 2)))
    assert set(open_alerts(rig, "asuo")) == {Cause.UNREACHABLE}
    rig.says("ama", "START")
    tend(rig, rig.now + timedelta(minutes=1))
    assert open_alerts(rig, "asuo") == {}


def test_an_unusual_value_left_unchecked_is_told_and_a_look_ends_it(rig: Rig) -> None:
    rig.now = at(date(2026, 11, 3))
    rig.says("ama", "ABS 41/84")
    rig.says("ama", "Y strike in week 2")
    tend(rig, at(date(2026, 11, 16)))
    assert Cause.UNVERIFIED not in open_alerts(rig, "asuo")
    tend(rig, at(date(2026, 11, 17)))
    assert Cause.UNVERIFIED in open_alerts(rig, "asuo")
    rig.says("efua", "FLAGS")
    rig.says("efua", "HOLD 1")
    assert Cause.UNVERIFIED not in open_alerts(rig, "asuo")


def test_a_concern_is_read_by_the_ladder_alone_and_never_by_who_it_is_from(rig: Rig) -> None:
    rig.now = at(date(2026, 11, 3), 23)
    rig.says("efua", "HARM asuo a driver is threatened")
    assert told(rig, "ama", "yaw", "nana", "salima", "owusu", "grace") == ["owusu", "grace"]
    assert all("driver" not in m.text for m in sent_to(rig, "efua"))
    rig.sent.clear()
    rig.says("efua", "ALERTS")
    assert "driver" not in sent_to(rig, "efua")[0].text
    rows = rig.db.work(lambda db: db.execute(text("select count(*) from notes")).scalar_one())
    assert rows == 0


def test_many_alerts_are_one_segment_by_sms_in_every_language() -> None:
    evidence = {"period": "2026-09", "missing": segments.CODES}
    late = [Raise(Cause.OVERDUE, "key", district, evidence) for district in messages.DISTRICTS * 3]
    heard = [replace(alert_for(found), id=100 + n) for n, found in enumerate(late)]
    assert len(heard) > 20
    for language in ("en", "sw", "es", "fr"):
        part = messages.spoken(bundle(heard, segments.PROGRAMME), language)
        assert (part.segments, "E100" in part.text, "+" in part.text) == (1, True, True)


# In the hands of people


def maternal_death(rig: Rig) -> Alert:
    rig.now = at(date(2026, 11, 3), 10)
    rig.says("kofi", "MD 1")
    return open_alerts(rig, "bremu")[Cause.BEYOND_LIMIT]


def test_an_alert_given_to_somebody_who_does_not_take_it_climbs(rig: Rig) -> None:
    alert = maternal_death(rig)
    rig.says("efua", f"ASSIGN {alert.ref} grace")
    given = rig.db.work(alerts.load, alert.id)
    assert (given.status, given.owner) == (AlertStatus.ASSIGNED, rig.contact("grace").name)
    rig.sent.clear()
    tend(rig, rig.now + timedelta(hours=23))
    assert rig.sent == []
    tend(rig, rig.now + timedelta(hours=1))
    assert told(rig, "efua", "owusu", "grace") == ["owusu"]


def test_whoever_is_given_an_alert_from_another_group_may_take_and_close_it(sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    alert = maternal_death(rig)
    rig.says("efua", f"ASSIGN {alert.ref} Salima")
    rig.says("salima", f"ACK {alert.ref}")
    assert rig.db.work(alerts.load, alert.id).owner == "Salima"
    rig.sent.clear()
    rig.says("salima", f"CLOSE {alert.ref} review held")
    assert open_alerts(rig, "bremu") == {}
    assert told(rig, "efua", "owusu", "grace") == ["efua", "owusu"]


def test_an_alert_cannot_be_given_to_somebody_who_has_stopped(sqlite_rig: Rig) -> None:
    alert = maternal_death(sqlite_rig)
    sqlite_rig.says("owusu", "STOP", scheme="telegram")
    sqlite_rig.says("efua", f"ASSIGN {alert.ref} owusu")
    assert sqlite_rig.db.work(alerts.load, alert.id).owner_id is None


def test_words_an_hour_after_close_are_no_outcome(sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    alert = maternal_death(rig)
    rig.says("efua", f"CLOSE {alert.ref}")
    rig.now += timedelta(hours=1, minutes=1)
    rig.says("efua", "the review was held on Monday")
    assert open_alerts(rig, "bremu") != {}


def test_who_is_passed_over_on_the_ladder_is_named_to_the_next(sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    maternal_death(rig)
    rig.says("owusu", "STOP", scheme="telegram")
    rig.sent.clear()
    tend(rig, rig.now + timedelta(days=1))
    (heard,) = sent_to(rig, "grace")
    assert "Dr Owusu" in heard.text


# The audit


def everybody_reachable(rig: Rig) -> bool:
    return rig.db.work(faults, rig.now) == []


def test_an_alert_whose_owner_stops_goes_to_the_next_at_the_next_tick(rig: Rig) -> None:
    alert = maternal_death(rig)
    rig.says("efua", f"ACK {alert.ref}")
    rig.says("efua", "STOP", scheme="telegram")
    assert not everybody_reachable(rig)
    rig.sent.clear()
    tend(rig, rig.now + timedelta(minutes=1))
    assert told(rig, "efua", "owusu", "grace") == ["owusu"]
    assert "Efua" in sent_to(rig, "owusu")[0].text
    assert everybody_reachable(rig)
    with rig.db.begin() as db:
        audits = db.execute(
            select(OccurrenceRow.outcome, OccurrenceRow.reason).where(OccurrenceRow.kind == "audit")
        ).all()
    assert [tuple(row) for row in audits] == [("mended", "its holder cannot be reached")]


def test_an_alert_that_nobody_could_be_told_finds_somebody_who_comes_back(rig: Rig) -> None:
    for who in ("efua", "owusu", "grace"):
        rig.says(who, "STOP")
    alert = maternal_death(rig)
    assert alert.holder is None
    tend(rig, rig.now + timedelta(minutes=1))
    assert not everybody_reachable(rig)
    rig.sent.clear()
    rig.says("grace", "START")
    tend(rig, rig.now + timedelta(minutes=1))
    assert rig.db.work(alerts.load, alert.id).holder == rig.contact("grace").id
    assert everybody_reachable(rig)


def test_an_address_that_failed_for_good_is_noticed_without_a_word_from_its_owner(rig: Rig) -> None:
    maternal_death(rig)
    for address in rig.contact("efua").addresses:
        rig.db.work(contacts.mark_address, address.urn, AddressStatus.UNREACHABLE)
    rig.sent.clear()
    tend(rig, rig.now + timedelta(minutes=1))
    assert told(rig, "efua", "owusu", "grace") == ["owusu"]


def test_a_step_that_nobody_took_for_a_while_is_a_fault(sqlite_rig: Rig) -> None:
    alert = maternal_death(sqlite_rig)
    sqlite_rig.now = alert.next_step_at + timedelta(minutes=5)
    assert everybody_reachable(sqlite_rig)
    sqlite_rig.now += timedelta(minutes=1)
    assert not everybody_reachable(sqlite_rig)


def statements(rig: Rig, now: datetime) -> int:
    """Count what a tick asks the database."""
    with asked(rig.db) as statements:
        tend(rig, now)
    tables = re.compile(r"\bFROM (alerts|current_values|value_versions|activities)\b")
    return len([one for one in statements if tables.search(one)])


def test_a_tick_with_nothing_new_asks_for_no_district(sqlite_rig: Rig) -> None:
    """However many alerts are open, a quiet tick only looks for steps that are due and for who holds what."""
    rig = sqlite_rig
    tend(rig, REVIEW)
    assert len(rig.db.work(alerts.still_open)) > 10
    assert statements(rig, REVIEW + timedelta(minutes=1)) <= 2


# The sign of life


class Listener(Double):
    """Whoever is called as long as all is well; `sent` are the calls it took."""

    def routes(self) -> list[Route]:
        return [Route("/ping", self._ping)]

    async def _ping(self, request: Request) -> Response:
        fault = self.take_fault("ping")
        if fault.drop == "before":
            return await drop(request)
        if fault.status is None:
            self.sent.append(fault)
        return JSONResponse({}, fault.status or 200)


def beats(rig: Rig, *faults_to_have: Fault) -> tuple[bool, int]:
    """Return whether the heartbeat was heard, and how many calls were taken."""

    async def once() -> tuple[bool, int]:
        async with Listener() as listener:
            listener.faults += faults_to_have
            heard = await beat(rig.db, lambda: rig.now, f"{listener.root}/ping")
            return heard, len(listener.sent)

    return asyncio.run(once())


def test_the_heartbeat_is_heard_while_every_open_alert_is_owned(rig: Rig) -> None:
    assert beats(rig) == (True, 1)
    maternal_death(rig)
    assert beats(rig) == (True, 1)
    for who in ("efua", "owusu", "grace"):
        rig.says(who, "STOP", scheme="telegram" if who != "grace" else None)
    tend(rig, rig.now + timedelta(minutes=1))
    assert beats(rig) == (False, 0)


@pytest.mark.parametrize("fault", [Fault("ping", status=503), Fault("ping", drop="before")], ids=["refused", "cut off"])
def test_a_heartbeat_that_is_not_heard_is_not_tried_again(sqlite_rig: Rig, fault: Fault) -> None:
    assert beats(sqlite_rig, fault) == (False, 0)
    assert beats(sqlite_rig) == (True, 1)


def test_a_concern_is_given_only_to_those_its_sender_was_told_of(rig: Rig) -> None:
    rig.says("ama", "HARM a guard is threatened")
    told = {m.urn for m in rig.sent if "threatened" in m.text}
    stranger = next(c for c in rig.db.work(contacts.everyone, Role.FACILITATOR) if "group1" not in c.groups)
    rig.says("efua", f"ASSIGN E1 {stranger.name}")
    assert "promised" in rig.sent[-1].text
    assert {m.urn for m in rig.sent if "threatened" in m.text} == told
    rig.says("efua", "ASSIGN E1 Owusu")
    assert "is given to Dr Owusu" in "".join(m.text for m in rig.sent if m.urn == rig.urn("efua"))


# A district that is gone, and an alert that cannot be read


def without_district(district: str) -> str:
    """Return the sample programme without a district."""
    found = YAML(typ="safe").load(sample_text())
    found["districts"].pop(district)
    for section in ("workplans", "history", "services"):
        found.pop(section, None)
    found["groups"] = {
        key: {**group, "districts": [code for code in group["districts"] if code != district]}
        for key, group in found["groups"].items()
    }
    found["people"] = {key: who for key, who in found["people"].items() if who.get("district") != district}
    out = StringIO()
    YAML().dump(found, out)
    return out.getvalue()


def test_the_alerts_of_a_removed_district_are_closed_and_those_of_others_climb(sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    gone = maternal_death(rig)
    rig.says("ama", "P1 STUCK no fuel")
    rig.db.work(programmes.install, without_district("bremu"), rig.now)
    before = rig.db.work(alerts.still_open, "asuo")
    tend(rig, rig.now + timedelta(days=3))
    assert rig.db.work(alerts.load, gone.id).status is AlertStatus.CLOSED
    after = {alert.id: alert.step for alert in rig.db.work(alerts.still_open, "asuo")}
    assert before
    assert all(after[alert.id] > alert.step for alert in before)


def test_one_alert_that_cannot_be_tended_does_not_stop_the_others(sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    spoilt = maternal_death(rig)
    rig.says("ama", "P1 STUCK no fuel")
    (other,) = rig.db.work(alerts.still_open, "asuo")
    with rig.db.begin() as db:
        db.get_one(AlertRow, spoilt.id).ladder = [10**6, 10**6 + 1]
    tend(rig, rig.now + timedelta(days=1))
    assert rig.db.work(alerts.load, other.id).step == other.step + 1
    assert rig.db.work(faults, rig.now + timedelta(days=1))


def test_what_somebody_closed_while_the_clock_looked_at_it_stays_as_they_closed_it(sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    seen = maternal_death(rig)
    rig.says("efua", f"CLOSE {seen.ref} we reviewed the case with the team")
    rig.sent.clear()

    def closed(db: Session) -> tuple[str, str | None, int | None, str | None]:
        row = db.get_one(AlertRow, seen.id, populate_existing=True)
        return row.status, row.outcome, row.closed_by, row.open_key

    by_efua = rig.db.work(closed)
    programme = rig.db.work(programmes.current)
    assert by_efua[2:] == (rig.contact("efua").id, None)
    assert rig.db.work(climb, seen, programme, rig.now).status is AlertStatus.CLOSED
    with rig.db.begin() as db:
        db.execute(text("delete from current_values"))  # the facts would settle it too
        assert settle(db, [seen], programme, rig.now) == 0
    rig.deliver()
    assert (rig.db.work(closed), rig.sent) == (by_efua, [])
