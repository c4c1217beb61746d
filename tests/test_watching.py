"""What watches us: health, figures for Prometheus, and what happens when more comes than can be taken."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from bot.channels.configured import channels_of
from bot.channels.console import ConsoleChannel
from bot.holding import note_hold
from bot.outbox import Sender
from bot.settings import Settings
from bot.sweeping import drop_unsendable
from domain.messages import Lane, Outbound, Receipt, SendError, SendFailure, Status
from domain.people import MAIL, Urn
from scheduler.noting import run_noted
from storage import holds, outbox
from storage.database import Database
from storage.models import InboundRow, OutboundRow
from storage.outbox import Part
from storage.programme_file import sample_text
from storage.vitals import vitals
from tests.rig import SECRET, Rig
from tests.serving import serving
from tests.test_alerts import beats
from tests.tracing import asked
from web.app import create_app
from web.serving import application_of

TOKEN, AUTH_TOKEN, PUBLIC_URL = "watcher", "twilio-token", "https://kumbusha.example"
TWILIO: dict[str, Any] = {"twilio_account_sid": "AC1", "twilio_auth_token": AUTH_TOKEN, "twilio_sender": "+15005550006"}
FEW = 5


@dataclass(frozen=True)
class Site:
    """The application on its socket."""

    rig: Rig
    http: httpx.Client

    def figures(self) -> dict[tuple[str, ...], float]:
        """Return every figure by its name and the values of its labels."""
        answer = self.http.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200, answer.text
        families = text_string_to_metric_families(answer.text)
        return {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}

    def sms(self, words: str, sid: str) -> httpx.Response:
        """Post an SMS of Ama's as Twilio does."""
        form = {"MessageSid": sid, "From": self.rig.urn("ama", "tel").path, "To": "+15005550006", "Body": words}
        return self.post("/sms", form)

    def post(self, path: str, form: dict[str, str]) -> httpx.Response:
        """Post a form, signed as Twilio does."""
        signature = RequestValidator(AUTH_TOKEN).compute_signature(f"{PUBLIC_URL}{path}", form)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature}
        headers["Connection"] = "close"  # the server closes it after an error, perhaps under the next message
        return self.http.post(path, content=urlencode(form), headers=headers, timeout=30)


@pytest.fixture
def site(rig: Rig) -> Iterator[Site]:
    twilio = (AUTH_TOKEN, PUBLIC_URL)
    app = create_app(rig.db, lambda: rig.now, twilio=twilio, metrics_token=TOKEN, most_waiting=FEW)
    with serving(app) as url, httpx.Client(base_url=url, timeout=30) as http:
        yield Site(rig, http)


def ready(site: Site) -> tuple[int, str]:
    answer = site.http.get("/readyz")
    return answer.status_code, answer.text


def test_a_process_lives_also_when_it_cannot_serve(site: Site) -> None:
    assert ready(site) == (200, "ok")
    with site.rig.db.begin() as db:
        db.execute(text("update alembic_version set version_num = '0001'"))
    status, why = ready(site)
    assert (status, "0001" in why, "kumbusha db upgrade" in why) == (503, True, True)
    assert site.http.get("/healthz").status_code == 200


def test_it_is_not_ready_while_messages_wait_too_long(site: Site) -> None:
    site.sms("DUE", "SM1")
    site.rig.now += timedelta(minutes=10)
    assert ready(site)[0] == 200
    site.rig.now += timedelta(minutes=10)
    status, why = ready(site)
    assert (status, "20 minutes" in why) == (503, True)
    site.rig.deliver()
    assert ready(site) == (200, "ok")


def test_what_waits_for_a_channel_that_is_not_set_keeps_nobody_out(sqlite_rig: Rig) -> None:
    put_prompt(sqlite_rig, "prompt:0")
    sqlite_rig.now += timedelta(minutes=20)
    for schemes, status in ((("telegram",), 200), (("telegram", "tel"), 503)):
        app = create_app(sqlite_rig.db, lambda: sqlite_rig.now, schemes=schemes)
        with serving(app) as url:
            assert httpx.get(f"{url}/readyz").status_code == status


@pytest.mark.parametrize(("more", "status"), [({}, 503), ({"telegram_token": "1:x"}, 200), (TWILIO, 503)])
def test_readiness_is_about_the_channels_of_the_settings_or_where_none_is_set_about_all(
    sqlite_rig: Rig, more: dict[str, Any], status: int
) -> None:
    sqlite_rig.now = datetime.now(UTC) - timedelta(minutes=20)
    put_prompt(sqlite_rig, "prompt:0")
    settings = Settings(_env_file=None, **more)
    app = application_of(settings, sqlite_rig.db, channels_of(settings, sqlite_rig.db))
    with serving(app) as url:
        assert httpx.get(f"{url}/readyz").status_code == status


def test_a_crowd_that_is_asked_at_the_rate_of_its_channel_is_no_trouble_while_some_of_it_leaves(site: Site) -> None:
    due = site.rig.now
    for n in range(3):
        put_prompt(site.rig, f"prompt:{n}")
    site.rig.now += timedelta(minutes=40)
    assert ready(site)[0] == 503
    record_sent(site, "prompt:0", site.rig.now - timedelta(minutes=2))
    assert ready(site) == (200, "ok")
    assert site.figures()["kumbusha_outbox_age_seconds",] == 120
    site.rig.now += timedelta(minutes=14)
    assert ready(site) == (503, "the oldest message to send has waited 16 minutes; is `worker` running?")
    put_prompt(site.rig, "due only now")
    record_sent(site, "prompt:1", site.rig.now)
    assert (ready(site), site.rig.now - due) == ((200, "ok"), timedelta(minutes=54))


def test_answers_are_expected_at_once_however_many_prompts_leave(site: Site) -> None:
    put_prompt(site.rig, "prompt:0")
    site.sms("DUE", "SM1")
    site.rig.now += timedelta(minutes=20)
    record_sent(site, "prompt:0", site.rig.now)
    assert ready(site)[0] == 503


@pytest.mark.parametrize("lane", list(Lane))
def test_what_is_tried_again_and_again_waits_since_it_was_first_due(site: Site, lane: Lane) -> None:
    put_prompt(site.rig, "prompt:0", lane)
    be_refused(site.rig, timedelta(minutes=10))
    assert ready(site) == (200, "ok")
    be_refused(site.rig, timedelta(minutes=80))
    assert ready(site)[0] == 503
    assert beats(site.rig) == (False, 0)
    site.rig.now += timedelta(hours=2)
    site.rig.deliver()
    assert ready(site) == (200, "ok")


@pytest.mark.parametrize("status", ["sending", "unknown"])
def test_what_nobody_knows_the_outcome_of_waits_too(site: Site, status: str) -> None:
    site.sms("DUE", "SM1")
    with site.rig.db.begin() as db:
        db.execute(update(OutboundRow).values(status=status, attempts=1, claimed_at=site.rig.now))
    site.rig.now += timedelta(minutes=20)
    assert ready(site)[0] == 503


def test_one_failure_in_the_morning_makes_nothing_late_that_was_written_in_the_night(site: Site) -> None:
    site.rig.now = datetime(2026, 11, 3, 2, tzinfo=UTC)
    put_prompt(site.rig, "prompt:0", due_at=datetime(2026, 11, 3, 7, tzinfo=UTC))
    site.rig.now = datetime(2026, 11, 3, 7, tzinfo=UTC)
    be_refused(site.rig, timedelta(minutes=1))
    assert ready(site) == (200, "ok")


def test_what_failed_in_the_evening_and_waits_for_the_morning_is_not_late_all_night(site: Site) -> None:
    site.rig.now = datetime(2026, 11, 3, 18, 55, tzinfo=UTC)
    put_prompt(site.rig, "prompt:0", contact_id=site.rig.contact("ama").id)
    be_refused(site.rig, timedelta(minutes=20))
    site.rig.now = datetime(2026, 11, 4, 6, 55, tzinfo=UTC)
    assert ready(site) == (200, "ok")
    assert site.rig.db.work(outbox.counts) == {"queued": 1}


def be_refused(rig: Rig, time: timedelta, failure: SendFailure = SendFailure.RETRYABLE) -> None:
    """Let a provider that fails be tried for a while."""

    def fail(message: Outbound) -> None:
        raise SendError(failure, "500")

    sender = Sender(rig.db, {"tel": ConsoleChannel("sms", fail)}, lambda: rig.now)
    until = rig.now + time
    while rig.now < until:
        asyncio.run(sender.send_due())
        rig.now += timedelta(seconds=20)


def put_prompt(
    rig: Rig, key: str, lane: Lane = Lane.BULK, due_at: datetime | None = None, contact_id: int | None = None
) -> None:
    part = Part(
        key=key, kind="prompt", lane=lane, urn=rig.urn("ama", "tel"), text="words", segments=1,
        due_at=due_at or rig.now, contact_id=contact_id,
    )  # fmt: skip
    rig.db.work(outbox.put, part, rig.now)


def record_sent(site: Site, key: str, at: datetime) -> None:
    with site.rig.db.begin() as db:
        part = db.scalars(select(OutboundRow.id).where(OutboundRow.key == key)).one()
        outbox.sent(db, part, Receipt(f"SM{key}", Status.WIRED), at)


def test_what_waits_for_a_channel_that_is_held_keeps_nobody_from_being_served(site: Site) -> None:
    site.sms("DUE", "SM1")
    site.rig.now += timedelta(minutes=20)
    site.rig.db.work(holds.hold, "tel", "no credit", site.rig.now, site.rig.now + timedelta(hours=1), broken=True)
    assert ready(site) == (200, "ok")


def test_letters_without_a_mail_server_are_no_trouble(site: Site) -> None:
    letter = Part(
        key="mail:1", kind="digest_mail", lane=Lane.BULK, urn=Urn(MAIL, "efua@example.org"), text="words", segments=0,
        due_at=site.rig.now,
    )  # fmt: skip
    site.rig.db.work(outbox.put, letter, site.rig.now)
    site.rig.now += timedelta(minutes=20)
    assert ready(site)[0] == 503
    site.rig.db.work(drop_unsendable, site.rig.now, ("tel", "telegram"))
    assert ready(site) == (200, "ok")


def waits_for_sms(rig: Rig, who: str, kind: str = "report") -> None:
    reader = rig.contact(who)
    letter = Part(
        key=f"{kind}:{who}:0", kind=kind, lane=Lane.ANSWER, urn=rig.urn(who, "tel"), text="Words", segments=1,
        due_at=rig.now, contact_id=reader.id,
    )  # fmt: skip
    rig.db.work(outbox.put, letter, rig.now)


def test_a_manager_who_has_no_other_chat_hears_by_e_mail_that_an_account_is_refused(tmp_path: Path) -> None:
    by_mail = sample_text().replace("telegram: 700045", 'email: "grace@example.org"')
    without_a_chat = by_mail.replace("    telegram: 700042\n    prefers: telegram\n", "")
    rig = Rig.on(f"sqlite:///{tmp_path}/mail.sqlite", without_a_chat)
    refused = SendError(SendFailure.RETRYABLE, "20003 refused", 300, hold_channel=True, broken=True)
    for scheme in ("tel", MAIL):
        rig.db.work(note_hold, scheme, refused, rig.now)
    letters = ConsoleChannel("email", rig.sent.append)
    rig.db.work(holds.lift, "20003 refused")
    asyncio.run(Sender(rig.db, {MAIL: letters}, lambda: rig.now).send_due())
    (told,) = rig.sent
    assert (told.urn, "Nothing goes out by SMS" in told.text) == (Urn(MAIL, "grace@example.org"), True)
    rig.close()


def test_words_for_a_channel_that_is_gone_wait_until_they_are_stale(site: Site) -> None:
    waits_for_sms(site.rig, "nana")
    for days, status in ((1, 503), (2, 200)):
        site.rig.now += timedelta(days=days)
        site.rig.db.work(drop_unsendable, site.rig.now, ("telegram",))
        assert ready(site)[0] == status


def test_it_is_not_ready_without_a_programme(site: Site) -> None:
    with site.rig.db.begin() as db:
        db.execute(text("delete from programmes"))
    assert ready(site) == (503, "no programme is loaded")


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer watcheR", "watcher"])
def test_figures_are_for_who_has_the_token(site: Site, token: str) -> None:
    assert site.http.get("/metrics", headers={"Authorization": token}).status_code == 403


def test_there_are_no_figures_without_a_token_in_the_settings(sqlite_rig: Rig) -> None:
    with serving(create_app(sqlite_rig.db, lambda: sqlite_rig.now)) as url, httpx.Client(base_url=url) as http:
        assert http.get("/metrics", headers={"Authorization": "Bearer"}).status_code == 404


def test_the_figures_say_what_waits_and_what_was_understood(site: Site) -> None:
    before = site.figures()
    site.sms("REP ANC1 412/615", "SM1")
    site.sms("what is this", "SM2")
    site.rig.now += timedelta(seconds=40)
    found = site.figures()
    assert found["kumbusha_outbox_parts", "queued"] == 2
    assert found["kumbusha_outbox_age_seconds",] == 40
    assert found["kumbusha_messages_hour", "report", "receipt"] == 1
    assert sum(value for name, value in found.items() if name[0] == "kumbusha_messages_hour") == 2
    turns = found["kumbusha_turn_seconds_count",] - before["kumbusha_turn_seconds_count",]
    assert (turns, found["kumbusha_turns_waiting",]) == (2, 0)

    site.rig.deliver()
    found = site.figures()
    assert ("kumbusha_outbox_parts", "queued") not in found
    assert found["kumbusha_outbox_hour_parts", "delivered"] == 2
    site.rig.now += timedelta(hours=2)
    assert ("kumbusha_messages_hour", "report", "receipt") not in site.figures()


def test_the_figures_say_how_late_prompts_went(site: Site) -> None:
    site.rig.move_to(site.rig.now + timedelta(days=2, hours=1))
    found = site.figures()
    while not found["kumbusha_scheduled_hour_parts",]:
        site.rig.move_to(site.rig.now + timedelta(minutes=30), timedelta(minutes=30))
        found = site.figures()
    assert found["kumbusha_scheduled_hour_late_seconds",] == 0
    with site.rig.db.begin() as db:
        newest = select(func.max(OutboundRow.id)).where(OutboundRow.lane == "bulk").scalar_subquery()
        row = db.scalars(select(OutboundRow).where(OutboundRow.id == newest)).one()
        row.sent_at = row.due_at + timedelta(seconds=90)
    found = site.figures()
    assert found["kumbusha_scheduled_hour_latest_seconds",] == pytest.approx(90, abs=0.01)
    parts = found["kumbusha_scheduled_hour_parts",]
    assert found["kumbusha_scheduled_hour_late_seconds",] == pytest.approx(90 / parts, abs=0.01)


def test_only_messages_count_as_turns(site: Site) -> None:
    site.sms("DUE", "SM1")
    site.rig.deliver()
    before = site.figures()["kumbusha_turn_seconds_count",]
    news = {"MessageSid": "console-1", "MessageStatus": "delivered"}
    assert site.post("/sms/status", news).status_code == 204
    assert site.figures()["kumbusha_turn_seconds_count",] == before


def test_what_went_three_hours_late_counts_in_the_hour_in_which_it_went(site: Site) -> None:
    put_prompt(site.rig, "prompt:0")
    put_prompt(site.rig, "prompt:1")
    site.rig.now += timedelta(hours=3)
    record_sent(site, "prompt:0", site.rig.now)
    be_refused(site.rig, timedelta(seconds=1), SendFailure.PERMANENT)
    found = site.figures()
    assert found["kumbusha_scheduled_hour_parts",] == 1
    assert found["kumbusha_scheduled_hour_latest_seconds",] == pytest.approx(3 * 3600, abs=0.01)
    assert found["kumbusha_outbox_hour_parts", "wired"] == 1
    assert found["kumbusha_outbox_hour_parts", "failed"] == 1
    site.rig.now += timedelta(hours=2)
    found = site.figures()
    assert found["kumbusha_scheduled_hour_parts",] == 0
    assert ("kumbusha_outbox_hour_parts", "wired") not in found


def test_what_ended_long_ago_is_not_read_for_the_figures(sqlite_rig: Rig) -> None:
    put_prompt(sqlite_rig, "prompt:0")
    sqlite_rig.now += timedelta(hours=1)
    with asked(sqlite_rig.db) as statements:
        sqlite_rig.db.work(vitals, sqlite_rig.now)
    of_ended = [statement for statement in statements if "'delivered'" in statement]
    with sqlite_rig.db.engine.connect() as connection:
        plans = [str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {one}").all()) for one in of_ended]
    assert len(plans) == 3
    assert all("due_at>?" in plan for plan in plans)


def test_the_figures_name_unknown_outcomes_held_channels_and_unanswered_messages(site: Site) -> None:
    site.sms("DUE", "SM1")
    with site.rig.db.begin() as db:
        db.execute(update(OutboundRow).values(status="unknown"))
        db.execute(update(InboundRow).values(handled_at=None, error="ValueError"))
    site.rig.db.work(holds.hold, "tel", "no credit", site.rig.now, site.rig.now + timedelta(hours=1), broken=True)
    found = site.figures()
    assert found["kumbusha_outbox_parts", "unknown"] == 1
    assert found["kumbusha_messages_unanswered",] == 1
    assert found["kumbusha_channel_held", "tel"] == 1


def breaks(db: Session, now: object) -> int:
    raise ValueError


def works(db: Session, now: object) -> int:
    return 3


async def test_the_figures_count_jobs_that_failed(rig: Rig) -> None:
    assert await run_noted(rig.db, "nudges", works, rig.now) == 3
    for _n in range(2):
        assert await run_noted(rig.db, "nudges", breaks, rig.now + timedelta(seconds=60)) == 0
    app = create_app(rig.db, lambda: rig.now + timedelta(seconds=100), metrics_token=TOKEN)
    with serving(app) as url, httpx.Client(base_url=url) as http:
        found = Site(rig, http).figures()
    assert found["kumbusha_job_failures_total", "nudges"] == 2
    assert found["kumbusha_job_age_seconds", "nudges"] == 100


def test_no_figure_names_anybody(site: Site) -> None:
    site.sms("REP ANC1 412/615", "SM1")
    site.sms("NOTE the cold box is broken", "SM2")
    page = site.http.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
    for private in (site.rig.urn("ama", "tel").path, "Ama", "cold", "SM1"):
        assert private not in page


@dataclass
class Held:
    """A database that takes nothing for a while: its threads wait at a door."""

    rig: Rig
    door: threading.Event

    def close(self) -> list[Any]:
        """Occupy every thread until the door opens."""
        entered = threading.Semaphore(0)

        def wait() -> None:
            entered.release()
            self.door.wait(30)

        threads = 1 if self.rig.db.sqlite else 8
        waiting = [self.rig.db._threads.submit(wait) for _n in range(threads)]
        for _n in waiting:
            assert entered.acquire(timeout=10)
        return waiting


def test_more_than_can_wait_is_told_to_come_again_and_is_not_stored(site: Site) -> None:
    door = threading.Event()
    Held(site.rig, door).close()
    with ThreadPoolExecutor(3 * FEW) as people:
        answers = [people.submit(site.sms, "DUE", f"SM{n}") for n in range(3 * FEW)]
        while sum(answer.done() for answer in answers) < 2 * FEW:
            pass
        door.set()
        statuses = sorted(answer.result().status_code for answer in answers)
        refused = next(a.result() for a in answers if a.result().status_code == 503)
    assert statuses == [200] * FEW + [503] * 2 * FEW
    assert int(refused.headers["Retry-After"]) > 0
    with site.rig.db.begin() as db:
        assert db.scalar(select(func.count()).select_from(InboundRow)) == FEW
    assert site.sms("DUE", "SM again").status_code == 200


def test_a_forged_message_takes_nobodys_place(site: Site) -> None:
    door = threading.Event()
    Held(site.rig, door).close()
    with ThreadPoolExecutor(1) as people:
        for _n in range(2 * FEW):
            assert site.http.post("/sms", content=b"Body=DUE").status_code == 403
        answer = people.submit(site.sms, "DUE", "SM1")
        door.set()
        assert answer.result().status_code == 200


def test_who_posts_while_the_database_is_away_is_told_to_come_again(sqlite_rig: Rig) -> None:
    away = Database("postgresql://nobody@127.0.0.1:1/none", SECRET)
    app = create_app(away, lambda: sqlite_rig.now, twilio=(AUTH_TOKEN, PUBLIC_URL))
    with serving(app) as url, httpx.Client(base_url=url, timeout=30) as http:
        answer = Site(sqlite_rig, http).sms("DUE", "SM1")
        assert (answer.status_code, int(answer.headers["Retry-After"]) > 0) == (503, True)
        assert ready(Site(sqlite_rig, http)) == (503, "the database does not answer")
        assert http.get("/healthz").status_code == 200
    away.close()


def test_a_turn_that_raises_gives_its_place_back(site: Site) -> None:
    with site.rig.db.begin() as db:
        db.execute(text("alter table inbound rename to elsewhere"))
    for n in range(2 * FEW):
        assert site.sms("DUE", f"SM{n}").status_code >= 500
    with site.rig.db.begin() as db:
        db.execute(text("alter table elsewhere rename to inbound"))
    assert site.sms("DUE", "SM again").status_code == 200
    assert site.rig.db.work(outbox.counts)["queued"] == 1
