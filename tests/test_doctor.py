"""The doctor says of each thing whether it is well, and names what is wrong and what to do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text, update
from sqlalchemy.orm import Session
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from bot import abroad, premises
from bot.channels.gateway import GatewaySettings
from bot.doctor import examine
from bot.findings import Finding
from bot.premises import of_database, of_disk, of_secret
from bot.settings import Settings, secret_of
from bot.work import make_ready
from scheduler.noting import run_noted
from storage import holds, job_runs
from storage.models import InboundRow, OutboundRow
from tests.doubles.server import Fault
from tests.doubles.telegram_api import TelegramDouble
from tests.doubles.twilio_api import TwilioDouble
from tests.rig import SECRET, Rig
from tests.serving import serving


def settings_of(rig: Rig, **more: Any) -> Settings:
    return Settings(_env_file=None, database_url=rig.db.url, kumbusha_secret=SECRET, **more)


def now() -> datetime:
    """The hour on this machine's clock, as the providers' doubles on it have it too."""
    return datetime.now(UTC)


async def look(rig: Rig, **more: Any) -> dict[str, Finding]:
    """Return what is found of the database, by what was looked at."""
    return {one.what: one for one in await of_database(settings_of(rig, **more), rig.now)}


async def test_all_is_well_where_it_is(rig: Rig) -> None:
    await asyncio.to_thread(make_ready, rig.db)
    found = await look(rig)
    assert [one for one in found.values() if not one.well] == []
    assert {"database", "tables", "programme", "languages", "outbox", "jobs"} <= set(found)
    assert "sw" in found["languages"].advice


def test_a_secret_that_is_missing() -> None:
    found = of_secret(Settings(_env_file=None, database_url="postgresql://x/y", kumbusha_secret=""))
    assert (found.well, "KUMBUSHA_SECRET" in found.advice) == (False, True)


def test_no_second_secret_is_made_beside_a_database(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, database_url=f"sqlite:///{tmp_path}/real.sqlite", kumbusha_secret="")
    first = secret_of(settings)
    (tmp_path / "real.sqlite").write_bytes(b"something written")
    assert (secret_of(settings), of_secret(settings).well) == (first, True)
    (tmp_path / "real.sqlite.secret").unlink()
    with pytest.raises(FileNotFoundError, match=r"real\.sqlite\.secret"):
        secret_of(settings)
    found = of_secret(settings)
    assert (found.well, "real.sqlite.secret" in found.advice) == (False, True)
    assert not (tmp_path / "real.sqlite.secret").exists()


async def test_a_database_that_does_not_answer() -> None:
    settings = Settings(_env_file=None, database_url="postgresql://nobody@127.0.0.1:1/none", kumbusha_secret=SECRET)
    (found,) = await of_database(settings, now())
    assert (found.well, "DATABASE_URL does not answer" in found.advice) == (False, True)


def test_looking_at_a_database_that_is_not_there_makes_none(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, database_url=f"sqlite:///{tmp_path}/none.sqlite", kumbusha_secret=SECRET)
    (found,) = asyncio.run(of_database(settings, now()))
    assert (found.well, "kumbusha db upgrade" in found.advice) == (False, True)
    assert list(tmp_path.iterdir()) == []


async def test_tables_of_another_release(rig: Rig) -> None:
    with rig.db.begin() as db:
        db.execute(text("update alembic_version set version_num = '0001'"))
    found = await look(rig)
    assert (found["tables"].well, "kumbusha db upgrade" in found["tables"].advice) == (False, True)


async def test_workers_without_a_queue(rig: Rig) -> None:
    found = await look(rig)
    assert ("queue" in found) != rig.db.sqlite
    assert all("kumbusha db upgrade" in found[name].advice for name in found if name == "queue")


async def test_no_programme(rig: Rig) -> None:
    with rig.db.begin() as db:
        db.execute(text("delete from programmes"))
    found = await look(rig)
    assert (found["programme"].well, "kumbusha programme load" in found["programme"].advice) == (False, True)


async def test_another_secret_than_the_programme_was_loaded_with(rig: Rig) -> None:
    with rig.db.begin() as db:
        db.execute(text("update programmes set digest = 'not read before'"))
    settings = settings_of(rig).model_copy(update={"kumbusha_secret": "quite another secret"})
    found = {one.what: one for one in await of_database(settings, rig.now)}
    assert (found["programme"].well, "KUMBUSHA_SECRET" in found["programme"].advice) == (False, True)


async def test_a_language_without_a_catalogue(sqlite_rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("locales.HERE", tmp_path)  # an installation that lost its catalogues
    found = await look(sqlite_rig)
    assert (found["languages"].well, "sw" in found["languages"].advice) == (False, True)


async def test_a_queue_that_does_not_move(rig: Rig) -> None:
    await asyncio.to_thread(rig.says, "ama", "DUE")
    with rig.db.begin() as db:
        db.execute(text("update outbound set status = 'queued'"))
    rig.now += timedelta(minutes=30)
    found = await look(rig)
    assert (found["outbox"].well, "worker" in found["outbox"].advice) == (False, True)


async def test_messages_that_could_not_be_handled(rig: Rig) -> None:
    await asyncio.to_thread(rig.says, "ama", "DUE")
    with rig.db.begin() as db:
        db.execute(update(InboundRow).values(handled_at=None, error="ValueError"))
    found = await look(rig)
    assert (found["messages"].well, "turn failed" in found["messages"].advice) == (False, True)


async def test_a_channel_that_is_held(rig: Rig) -> None:
    rig.db.work(holds.hold, "tel", "20003", rig.now, rig.now + timedelta(hours=1), broken=True)
    found = await look(rig)
    assert (found["channel"].well, "tel" in found["channel"].advice) == (False, True)
    rig.now += timedelta(hours=1)
    rig.db.work(holds.hold, "tel", "429", rig.now, rig.now + timedelta(hours=1), broken=False)
    assert (await look(rig))["channel"].well
    rig.now += timedelta(hours=1)
    rig.db.work(holds.hold, "tel", holds.RESTORED, rig.now, rig.now + timedelta(hours=1))
    found = await look(rig)
    assert (found["channel"].well, "worker" in found["channel"].advice) == (False, True)


async def test_what_waits_for_a_channel_that_is_not_set(rig: Rig) -> None:
    await asyncio.to_thread(rig.says, "kofi", "DUE", scheme="telegram")
    with rig.db.begin() as db:
        db.execute(update(OutboundRow).values(status="queued"))
    rig.now += timedelta(minutes=30)
    found = await look(rig)
    assert (found["channel"].well, "1 wait for Telegram" in found["channel"].advice) == (False, True)
    assert (await look(rig, smtp_host="127.0.0.1"))["outbox"].well
    found = await look(rig, telegram_token="1:token")
    assert ("channel" in found, "worker" in found["outbox"].advice) == (False, True)


async def test_a_clock_that_stands_and_a_job_that_fails(rig: Rig) -> None:
    def works(_db: Session, _now: object) -> int:
        return 0

    def breaks(_db: Session, _now: object) -> int:
        raise ValueError

    await run_noted(rig.db, "nudges", works, rig.now)
    assert (await look(rig))["jobs"].well
    await run_noted(rig.db, "prompts", breaks, rig.now)
    found = await look(rig)
    assert (found["jobs"].well, "prompts failed" in found["jobs"].advice) == (False, True)
    rig.now += timedelta(minutes=10)
    await run_noted(rig.db, "prompts", works, rig.now - timedelta(minutes=9))
    found = await look(rig)
    assert (found["jobs"].well, "clock" in found["jobs"].advice) == (False, True)


async def test_a_clock_that_was_ahead_when_the_jobs_ran(rig: Rig) -> None:
    rig.db.work(job_runs.went_well, "prompts", now() + timedelta(days=1))
    assert not (found := await look(rig))["jobs"].well
    assert "is the clock right" in found["jobs"].advice


async def test_a_clock_that_never_ran_while_people_write(rig: Rig) -> None:
    await asyncio.to_thread(rig.says, "ama", "DUE")
    assert (await look(rig))["jobs"].well
    rig.now += timedelta(minutes=10)
    found = await look(rig)
    assert (found["jobs"].well, "kumbusha clock" in found["jobs"].advice) == (False, True)


async def test_messages_that_stay_in_doubt(rig: Rig) -> None:
    await asyncio.to_thread(rig.says, "ama", "DUE")
    with rig.db.begin() as db:
        db.execute(text("update outbound set status = 'unknown'"))
    assert "doubts" not in await look(rig)
    rig.now += timedelta(hours=2)
    assert not (await look(rig))["doubts"].well


def test_a_full_disk(sqlite_rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of(sqlite_rig)
    monkeypatch.setattr(premises, "LEAST_FREE", 1)
    assert of_disk(settings).well
    monkeypatch.setattr(premises, "LEAST_FREE", 10**18)
    found = of_disk(settings)
    assert (found.well, "make room" in found.advice) == (False, True)


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramDouble]:
    async with TelegramDouble() as double:
        yield double


@pytest.fixture
async def twilio() -> AsyncIterator[TwilioDouble]:
    async with TwilioDouble() as double:
        yield double


@pytest.fixture
def site() -> Iterator[str]:
    async def up(request: object) -> PlainTextResponse:
        return PlainTextResponse("ok")

    with serving(Starlette(routes=[Route("/healthz", up)])) as url:
        yield url


async def outside(settings: Settings, at: datetime | None = None) -> dict[str, Finding]:
    return {one.what: one for one in await abroad.look_abroad(settings, at or now())}


def with_telegram(double: TelegramDouble, **more: Any) -> Settings:
    return Settings(_env_file=None, telegram_token=double.token, telegram_base_url=double.base_url, **more)


def with_twilio(double: TwilioDouble, **more: Any) -> Settings:
    account: dict[str, Any] = {"twilio_account_sid": double.account_sid, "twilio_auth_token": double.auth_token}
    return Settings(
        _env_file=None, **{**account, "twilio_sender": double.number, "twilio_base_url": double.base_url, **more}
    )


async def test_with_nothing_set_nothing_outside_is_wrong() -> None:
    found = await outside(Settings(_env_file=None))
    assert [one for one in found.values() if not one.well] == []
    assert "clock" not in found


async def test_a_bot_that_is_polled(telegram: TelegramDouble) -> None:
    found = await outside(with_telegram(telegram))
    assert [one for one in found.values() if not one.well] == []
    telegram.webhook = {"url": "https://elsewhere.example/telegram"}
    found = await outside(with_telegram(telegram))
    assert (found["telegram webhook"].well, "elsewhere" in found["telegram webhook"].advice) == (False, True)


async def test_a_webhook_that_is_not_ours_or_is_out_of_reach(telegram: TelegramDouble, site: str) -> None:
    settings = with_telegram(telegram, telegram_secret="s3cret", public_url=site)
    found = await outside(settings)
    assert (found["telegram webhook"].well, "nowhere" in found["telegram webhook"].advice) == (False, True)
    telegram.webhook = {"url": f"{site}/telegram"}
    assert (await outside(settings))["telegram webhook"].well
    telegram.webhook_trouble = {"last_error_date": int(now().timestamp()), "last_error_message": "Connection refused"}
    found = await outside(settings)
    assert (found["telegram webhook"].well, "refused" in found["telegram webhook"].advice) == (False, True)
    telegram.webhook_trouble["last_error_date"] -= 2 * 3600
    assert (await outside(settings))["telegram webhook"].well


async def test_a_token_that_is_not_taken_is_not_told(telegram: TelegramDouble) -> None:
    wrong = with_telegram(telegram).model_copy(update={"telegram_token": "999:WRONG"})
    found = await outside(wrong)
    assert (found["telegram"].well, "BotFather" in found["telegram"].advice) == (False, True)
    assert "999:WRONG" not in str(found)


async def test_a_provider_that_is_away() -> None:
    settings = Settings(_env_file=None, telegram_token="1:x", telegram_base_url="http://127.0.0.1:9/bot")
    found = await outside(settings)
    assert (found["telegram"].well, "does not answer" in found["telegram"].advice) == (False, True)


async def test_a_number_that_posts_elsewhere(twilio: TwilioDouble, site: str) -> None:
    settings = with_twilio(twilio, public_url=site)
    found = await outside(settings)
    assert found["sms"].well
    assert (found["sms webhook"].well, f"set it to {site}/sms" in found["sms webhook"].advice) == (False, True)
    twilio.sms_url = f"{site}/sms"
    assert (await outside(settings))["sms webhook"].well
    found = await outside(settings.model_copy(update={"twilio_sender": "+15005550999"}))
    assert (found["sms webhook"].well, "not a number of this account" in found["sms webhook"].advice) == (False, True)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"twilio_auth_token": "wrong"}, "TWILIO_AUTH_TOKEN is wrong: 20003"),
        ({"twilio_base_url": "http://127.0.0.1:9"}, "Twilio does not answer: ConnectError"),
        ({"twilio_auth_token": ""}, "TWILIO_ACCOUNT_SID is set, TWILIO_AUTH_TOKEN is not"),
        ({"twilio_sender": ""}, "TWILIO_ACCOUNT_SID is set, TWILIO_SENDER is not"),
        ({"twilio_account_sid": ""}, "TWILIO_AUTH_TOKEN is set, TWILIO_ACCOUNT_SID is not"),
        ({"whatsapp_templates": {"*": {"en": "HX1"}}}, "WHATSAPP_TEMPLATES is set, TWILIO_WHATSAPP_SENDER is not"),
    ],
)
async def test_an_account_that_is_not_taken(twilio: TwilioDouble, changed: dict[str, str], named: str) -> None:
    found = await outside(with_twilio(twilio, **changed))
    assert (found["sms"].well, named in found["sms"].advice) == (False, True)


async def test_an_account_that_cannot_be_looked_at_now(twilio: TwilioDouble) -> None:
    twilio.faults.append(Fault(on="account", status=503))
    found = await outside(with_twilio(twilio))
    assert (found["sms"].well, "Twilio does not answer well: " in found["sms"].advice) == (False, True)


@pytest.mark.parametrize(
    ("what", "name", "needed"),
    [
        ("sms", "twilio_sender", "TWILIO_ACCOUNT_SID"),
        ("sms", "twilio_whatsapp_sender", "TWILIO_ACCOUNT_SID"),
        ("e-mail", "mail_from", "SMTP_HOST"),
        ("e-mail", "smtp_password", "SMTP_HOST"),
    ],
)
async def test_a_channel_that_is_half_set(what: str, name: str, needed: str) -> None:
    half: dict[str, Any] = {name: "+233200000100"}
    found = await outside(Settings(_env_file=None, **half))
    assert (found[what].well, found[what].advice) == (False, f"{name.upper()} is set, {needed} is not")


async def test_telegram_that_is_half_set(site: str) -> None:
    found = await outside(Settings(_env_file=None, telegram_secret="s3cret", public_url=site))
    assert (found["telegram"].well, "TELEGRAM_TOKEN is not" in found["telegram"].advice) == (False, True)


async def test_whatsapp_that_is_half_set_beside_a_gateway() -> None:
    gateway = GatewaySettings(url="https://gateway.example/send", inbound_secret="s3cret")
    settings = Settings(_env_file=None, sms_gateway=gateway, twilio_whatsapp_sender="+233200000100")
    found = await outside(settings)
    assert (found["sms"].well, found["whatsapp"].well) == (True, False)
    assert found["whatsapp"].advice == "TWILIO_WHATSAPP_SENDER is set, TWILIO_ACCOUNT_SID is not"


async def test_a_gateway_that_anybody_could_forge() -> None:
    gateway = GatewaySettings(url="https://gateway.example/send", inbound_secret="s3cret")
    settings = Settings(_env_file=None, sms_gateway=gateway, public_url="https://kumbusha.invalid")
    assert (await outside(settings))["sms"].well
    open_gateway = gateway.model_copy(update={"inbound_secret": ""})
    found = await outside(settings.model_copy(update={"sms_gateway": open_gateway}))
    assert (found["sms"].well, "inbound_secret" in found["sms"].advice) == (False, True)


async def test_whatsapp_beside_a_gateway(twilio: TwilioDouble) -> None:
    gateway = GatewaySettings(url="https://gateway.example/send", inbound_secret="s3cret")
    settings = with_twilio(twilio, sms_gateway=gateway, twilio_sender="", twilio_whatsapp_sender=twilio.number)
    assert (await outside(settings))["whatsapp"].well
    found = await outside(settings.model_copy(update={"twilio_auth_token": "wrong"}))
    assert (found["whatsapp"].well, found["sms"].well) == (False, True)


async def test_an_address_that_does_not_lead_to_us(twilio: TwilioDouble, site: str) -> None:
    found = await outside(with_twilio(twilio, public_url=site))
    assert found["way in"].well
    assert (found["public address"].well, "https" in found["public address"].advice) == (False, True)
    found = await outside(with_twilio(twilio, public_url="http://127.0.0.1:9"))
    assert (found["way in"].well, "is `web` running" in found["way in"].advice) == (False, True)
    with serving(Starlette()) as elsewhere:
        found = await outside(with_twilio(twilio, public_url=elsewhere))
    assert (found["way in"].well, "404" in found["way in"].advice) == (False, True)


@pytest.mark.parametrize(("off", "told"), [(600, "600 s ahead"), (-600, "600 s behind")])
async def test_a_clock_that_is_wrong(telegram: TelegramDouble, off: int, told: str) -> None:
    found = await outside(with_telegram(telegram))
    assert found["clock"].well
    found = await outside(with_telegram(telegram), now() + timedelta(seconds=off))
    assert not found["clock"].well
    seconds = int(found["clock"].advice.split("clock is ")[1].split(" ")[0])
    assert abs(seconds - 600) <= 5
    assert found["clock"].advice.split(" s ")[1].startswith(told.split(" ")[2])


async def test_mail_that_has_no_sender() -> None:
    found = await outside(Settings(_env_file=None, smtp_host="127.0.0.1", smtp_port=9, mail_from="nobody"))
    assert (found["e-mail"].well, "MAIL_FROM" in found["e-mail"].advice) == (False, True)
    found = await outside(Settings(_env_file=None, smtp_host="127.0.0.1", smtp_port=9, mail_from="a@b.example"))
    assert (found["e-mail"].well, "SMTP_HOST" in found["e-mail"].advice) == (False, True)


async def test_everything_at_once(rig: Rig, telegram: TelegramDouble) -> None:
    settings = settings_of(rig, telegram_token=telegram.token, telegram_base_url=telegram.base_url)
    await asyncio.to_thread(make_ready, rig.db)
    rig.now = now()
    findings = await examine(settings, rig.now)
    assert [one for one in findings if not one.well and one.what != "disk"] == []
    assert SECRET not in str(findings)
    assert telegram.token not in str(findings)
