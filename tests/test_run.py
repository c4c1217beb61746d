"""The real command, as a process of its own, talking to the providers' doubles over sockets."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from bot import catching_up, running
from bot.channels.telegram import TelegramChannel
from bot.channels.twilio import TwilioChannel
from bot.settings import Settings
from domain.messages import Inbound
from storage import holds, occurrences, outbox
from tests.doubles.server import Fault
from tests.doubles.telegram_api import TelegramDouble
from tests.doubles.twilio_api import TwilioDouble
from tests.forked import kumbusha
from tests.rig import Rig
from web.serving import announce

ROOT = Path(__file__).parent.parent
PATIENCE = 90  # seconds; a loaded machine starts slowly
AMA_CHAT, AMA_PHONE, KOFI_PHONE = 700011, "+233200000011", "+233200000012"


def command(folder: Path, **settings: str) -> dict[str, str]:
    """Return the environment of a fresh installation in `folder`."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {
        **kept,
        "PYTHONPATH": str(ROOT),
        "DATABASE_URL": f"sqlite:///{folder}/real.sqlite",
        "KUMBUSHA_SECRET": "a secret that is only for this test",
        **settings,
    }


async def until(found: Callable[[], bool], what: str) -> None:
    """Wait for something to become true."""
    end = time.monotonic() + PATIENCE
    while not found():
        assert time.monotonic() < end, f"waited in vain for {what}"
        await asyncio.sleep(0.1)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


async def test_one_process_answers_on_both_channels_and_catches_up_after_being_down(tmp_path: Path) -> None:
    async with TelegramDouble() as telegram, TwilioDouble() as twilio:
        port = free_port()
        environment = command(
            tmp_path,
            TELEGRAM_TOKEN=telegram.token,
            TELEGRAM_BASE_URL=telegram.base_url,
            TWILIO_ACCOUNT_SID=twilio.account_sid,
            TWILIO_AUTH_TOKEN=twilio.auth_token,
            TWILIO_SENDER=twilio.number,
            TWILIO_BASE_URL=twilio.base_url,
            PUBLIC_URL="https://kumbusha.test",
            PORT=str(port),
        )
        sample = await asyncio.to_thread(kumbusha, tmp_path, environment, "programme", "sample")
        (tmp_path / "programme.yaml").write_text(sample.stdout)
        loaded = await asyncio.to_thread(kumbusha, tmp_path, environment, "programme", "load", "programme.yaml")
        assert "9 districts, 32 people" in loaded.stdout, loaded.stdout + loaded.stderr

        missed = twilio.receive(KOFI_PHONE, "WHO")
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(ROOT / "kumbusha.py"),
            "run",
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        try:
            telegram.say(AMA_CHAT, "/due")
            await until(lambda: any("Due:" in str(m) for m in telegram.sent), "the answer in Telegram")
            await until(lambda: any(m.to == KOFI_PHONE for m in twilio.sent), "the answer to the missed SMS")

            form = twilio.receive(AMA_PHONE, "WHO")
            headers = twilio.signed("https://kumbusha.test/sms", form)
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as web:
                assert (await web.post("/sms", data=form, headers=headers)).status_code == 200
                assert (await web.post("/sms", data=missed, headers=headers)).status_code == 403
                assert (await web.post("/sms", data=form, headers=headers)).status_code == 200
            await until(lambda: any(m.to == AMA_PHONE for m in twilio.sent), "the answer by SMS")
        finally:
            process.send_signal(signal.SIGTERM)
            output = (await asyncio.wait_for(process.communicate(), PATIENCE))[0].decode()
        assert process.returncode == 0, output
        assert sum(m.to == AMA_PHONE for m in twilio.sent) == 1
        assert telegram.token not in output
        assert AMA_PHONE not in output


async def test_doctor_names_the_wrong_setting_and_what_to_do(tmp_path: Path) -> None:
    async with TelegramDouble() as telegram:
        environment = command(tmp_path, TELEGRAM_TOKEN="999:WRONG", TELEGRAM_BASE_URL=telegram.base_url)
        looked = await asyncio.to_thread(kumbusha, tmp_path, environment, "doctor")
        assert looked.returncode == 1
        assert "TELEGRAM_TOKEN is not accepted" in looked.stdout
        assert "kumbusha db upgrade" in looked.stdout

        right = {**environment, "TELEGRAM_TOKEN": telegram.token}
        (tmp_path / "programme.yaml").write_text(kumbusha(tmp_path, right, "programme", "sample").stdout)
        await asyncio.to_thread(kumbusha, tmp_path, right, "programme", "load", "programme.yaml")
        looked = await asyncio.to_thread(kumbusha, tmp_path, right, "doctor")
        assert looked.returncode == 0, looked.stdout
        assert "wrong" not in looked.stdout


def test_a_mistake_in_the_programme_file_stops_the_load_and_is_named(tmp_path: Path) -> None:
    environment = command(tmp_path)
    text = kumbusha(tmp_path, environment, "programme", "sample").stdout
    (tmp_path / "programme.yaml").write_text(text.replace("prefers: sms", "prefers: pigeon", 1))
    refused = kumbusha(tmp_path, environment, "programme", "load", "programme.yaml")
    assert refused.returncode == 1
    assert "programme.yaml:" in refused.stdout
    assert "pigeon" in refused.stdout


def test_a_conversation_in_the_terminal(tmp_path: Path) -> None:
    typed = "REP ANC1 412/615 ABS 12\nDUE\n"
    chat = subprocess.run(
        [sys.executable, str(ROOT / "kumbusha.py"), "chat", "--as", "ama", "--folder", str(tmp_path / "demo")],
        cwd=tmp_path,
        env=command(tmp_path),
        input=typed,
        capture_output=True,
        text=True,
    )
    assert "Got Sep 2026 Asuo" in chat.stdout, chat.stdout + chat.stderr
    assert "Due:" in chat.stdout


def test_somebody_who_has_not_joined_has_no_phone_to_chat_on(tmp_path: Path) -> None:
    refused = kumbusha(tmp_path, {**command(tmp_path), "COLUMNS": "300"}, "chat", "--as", "yaw", "--folder", "demo")
    assert refused.returncode == 2
    assert "Yaw has not joined yet" in refused.stderr
    assert "JOIN ASU-7F3Q" in refused.stderr


def test_a_database_that_is_shared_needs_the_secret(tmp_path: Path) -> None:
    environment = command(tmp_path, DATABASE_URL="postgresql://nobody@127.0.0.1:1/none", KUMBUSHA_SECRET="")
    refused = kumbusha(tmp_path, environment, "db", "upgrade")
    assert refused.returncode == 1
    assert refused.stderr.splitlines() == [
        "KUMBUSHA_SECRET is not set; PostgreSQL needs a long random text that all processes share."
    ]


def test_a_wrong_setting_is_named_and_its_content_is_not(tmp_path: Path) -> None:
    for wrong in ({"SMS_GATEWAY": '{"url": "http://x", "sekret": "private"}'}, {"SMS_GATEWAY": '{"private'}):
        refused = kumbusha(tmp_path, command(tmp_path, **wrong), "doctor")
        assert (refused.returncode, "sms_gateway" in refused.stderr.lower()) == (1, True), refused.stderr
        assert "private" not in refused.stdout + refused.stderr
    refused = kumbusha(tmp_path, command(tmp_path, DATABASE_URL="foo"), "doctor")
    assert refused.stderr.splitlines() == ["DATABASE_URL: it must begin with sqlite:/// or postgresql://"]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    nowhere = command(tmp_path, DATABASE_URL=f"sqlite:///{tmp_path}/none/real.sqlite")
    looked = kumbusha(tmp_path, nowhere, "doctor")
    assert (looked.returncode, f"{tmp_path}/none is not there" in looked.stdout) == (1, True), looked.stderr
    refused = kumbusha(tmp_path, {**command(tmp_path), "DATABASE_URL": "sqlite:///x"}, "backup", "none/backup.sqlite")
    assert (refused.returncode, "Traceback" in refused.stderr) == (1, False)


async def test_a_missed_message_that_breaks_does_not_keep_the_others_away(
    sqlite_rig: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    taken: list[str] = []

    def take(_db: object, inbound: Inbound, _now: object) -> None:
        if inbound.text == "broken":
            raise OSError("disk full")
        taken.append(inbound.text)

    monkeypatch.setattr(catching_up, "take_turn", take)
    async with TwilioDouble() as double:
        for text in ("WHO", "broken", "DUE"):
            double.receive(KOFI_PHONE, text)
        sms = TwilioChannel(double.account_sid, double.auth_token, sender=double.number, base_url=double.base_url)
        await catching_up.catch_up(sqlite_rig.db, sms, Counter())
    await catching_up.catch_up(sqlite_rig.db, sms, Counter())  # Twilio is away
    await sms.close()
    assert taken == ["WHO", "DUE"]
    assert "a missed message was not taken" in caplog.text
    assert "Twilio was not asked for missed messages" in caplog.text
    assert KOFI_PHONE not in caplog.text


async def test_a_missed_message_that_cannot_be_taken_holds_nothing_for_ever(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(catching_up, "CATCH_UP_PAUSE", 0.05)
    monkeypatch.setattr(catching_up, "CATCH_UP_SOON", 0.05)
    now, stop = datetime.now(UTC), asyncio.Event()
    rig.db.work(holds.hold, "tel", holds.RESTORED, now, now + timedelta(days=1))
    made_unreadable(rig, "kofi")
    async with TwilioDouble() as double:
        lost = double.receive(KOFI_PHONE, "WHO")["MessageSid"]
        double.receive(AMA_PHONE, "WHO")
        sms = TwilioChannel(double.account_sid, double.auth_token, sender=double.number, base_url=double.base_url)
        keeping = asyncio.create_task(catching_up.keep_up(rig.db, {"tel": sms}, stop))
        await until(lambda: not rig.db.work(holds.held, now), "the hold to be lifted")
        await asyncio.sleep(0.2)  # it is looked again, for nothing
        stop.set()
        await keeping
        await sms.close()
    assert _queued(rig) == 1
    assert rig.db.work(occurrences.position, "missed:sms") >= int(now.timestamp())
    told = [record.getMessage() for record in caplog.records if getattr(record, "provider_id", "") == lost]
    assert told == ["a missed message was not taken"] * (catching_up.MOST_TRIES - 1) + ["a message was given up"]


async def test_an_update_that_cannot_be_taken_holds_back_those_after_it_for_a_few_tries_only(sqlite_rig: Rig) -> None:
    rig, stop, caught_up = sqlite_rig, asyncio.Event(), asyncio.Event()
    chats = [int(rig.urn(key, "telegram").path) for key in ("efua", "owusu")]
    made_unreadable(rig, "efua")
    async with TelegramDouble() as double:
        for chat in chats:
            double.say(chat, "/due")
        channel = TelegramChannel(double.token, base_url=double.base_url, first_pause=0.01)
        [poll] = running.polling(Settings(_env_file=None), rig.db, {"telegram": channel}, stop, caught_up)
        polling = asyncio.create_task(poll)
        await asyncio.wait_for(caught_up.wait(), PATIENCE)
        stop.set()
        await polling
        await channel.close()
    assert _queued(rig) == 1


def made_unreadable(rig: Rig, key: str) -> None:
    """Let somebody's own row be one that was written with another secret."""
    row = {"other": bytes(80), "id": rig.contact(key).id}
    with rig.db.begin() as db:
        db.execute(text("update contacts set name = :other where id = :id"), row)


async def test_a_missed_message_waits_for_a_database_however_long(
    sqlite_rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def take(*_arguments: object) -> None:
        raise OperationalError("insert", None, OSError("disk full"))

    monkeypatch.setattr(catching_up, "take_turn", take)
    tries = Counter[str]()
    async with TwilioDouble() as double:
        double.receive(KOFI_PHONE, "WHO")
        sms = TwilioChannel(double.account_sid, double.auth_token, sender=double.number, base_url=double.base_url)
        well = [await catching_up.catch_up(sqlite_rig.db, sms, tries) for _n in range(catching_up.MOST_TRIES + 1)]
        await sms.close()
    assert not any(well)


async def test_missed_messages_are_looked_for_again_and_again(sqlite_rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catching_up, "CATCH_UP_PAUSE", 0.05)
    monkeypatch.setattr(catching_up, "CATCH_UP_SOON", 0.05)
    await two_are_missed(sqlite_rig)


async def test_what_came_between_the_first_look_and_the_webhook_is_taken_soon(
    sqlite_rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catching_up, "CATCH_UP_SOON", 1.0)  # and the pause after it stays ten minutes
    await two_are_missed(sqlite_rig)


async def two_are_missed(rig: Rig) -> None:
    """Let one message be missed before the looking begins, and one after the first was found; wait for both answers."""
    stop = asyncio.Event()
    async with TwilioDouble() as double:
        sms = TwilioChannel(double.account_sid, double.auth_token, sender=double.number, base_url=double.base_url)
        double.receive(KOFI_PHONE, "WHO")
        keeping = asyncio.create_task(catching_up.keep_up(rig.db, {"tel": sms}, stop))
        await until(lambda: _queued(rig) == 1, "the first answer")
        double.receive(KOFI_PHONE, "DUE")
        await until(lambda: _queued(rig) == 2, "the second answer")
        stop.set()
        await keeping
        await sms.close()
    assert _queued(rig) == 2  # however often it was looked


async def test_a_query_that_fails_once_does_not_end_the_looking_for_missed_messages(
    sqlite_rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = list[str]()

    def locked(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if "FROM inbound" in statement and not failures:
            failures.append(statement)
            raise OperationalError(statement, None, OSError("database is locked"))

    monkeypatch.setattr(catching_up, "CATCH_UP_PAUSE", 0.05)
    monkeypatch.setattr(catching_up, "CATCH_UP_SOON", 0.05)
    event.listen(sqlite_rig.db.engine, "before_cursor_execute", locked)
    stop = asyncio.Event()
    async with TwilioDouble() as double:
        sms = TwilioChannel(double.account_sid, double.auth_token, sender=double.number, base_url=double.base_url)
        double.receive(KOFI_PHONE, "WHO")
        keeping = asyncio.create_task(catching_up.keep_up(sqlite_rig.db, {"tel": sms}, stop))
        await until(lambda: keeping.done() or _queued(sqlite_rig) == 1, "the answer")
        stop.set()
        await keeping
        await sms.close()
    assert failures


def _queued(rig: Rig) -> int:
    return rig.db.work(outbox.counts).get("queued", 0)


def test_each_channel_with_a_rate_keeps_to_what_is_set() -> None:
    found = running.limits_of(Settings(_env_file=None, whatsapp_per_second=7, telegram_per_second=8))
    assert {scheme: limit.rate for scheme, limit in found.items()} == {"telegram": 8, "tel": 1, "whatsapp": 7}
    assert running.limits_of(Settings(_env_file=None))["whatsapp"].rate == 20


async def test_polling_takes_back_a_webhook_first(sqlite_rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "BROKEN_PAUSE", 0.01)
    stop = asyncio.Event()
    async with TelegramDouble() as double:
        channel = TelegramChannel(double.token, base_url=double.base_url)
        await channel.set_webhook("https://kumbusha.test/telegram", "s3cret")
        double.calls.clear()
        double.faults.append(Fault(on="deletewebhook", status=502))
        [poll] = running.polling(Settings(_env_file=None), sqlite_rig.db, {"telegram": channel}, stop)
        polling = asyncio.create_task(poll)
        await until(lambda: "getupdates" in double.calls, "the first poll")
        stop.set()
        await polling
        await channel.close()
    assert double.calls[:3] == ["deletewebhook", "deletewebhook", "getupdates"]
    assert double.webhook == {}


async def test_the_webhook_is_announced_and_survives_the_network(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with TelegramDouble() as double:
        channel = TelegramChannel(double.token, base_url=double.base_url)
        shown = Settings(_env_file=None, telegram_secret="s3cret", public_url="https://kumbusha.test")
        double.faults.append(Fault(on="setwebhook", drop="before"))
        await announce(shown, {"telegram": channel})
        assert "Telegram was not told" in caplog.records[-1].message
        assert caplog.records[-1].levelno == logging.ERROR
        await announce(shown, {"telegram": channel})
        await channel.close()
    assert double.webhook["url"] == "https://kumbusha.test/telegram"
