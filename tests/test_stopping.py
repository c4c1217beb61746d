"""A process that is told to stop in the middle of the work finishes what it has begun, and takes on no more."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import httpx
from sqlalchemy import create_engine, text

from tests.doubles.twilio_api import TwilioDouble
from tests.forked import kumbusha
from tests.test_run import AMA_PHONE, PATIENCE, ROOT, command, free_port, until

MANY = 80


async def test_what_was_begun_is_stored_and_answered_and_nothing_else_is_stored(tmp_path: Path) -> None:
    async with TwilioDouble() as twilio:
        port = free_port()
        account = {"TWILIO_ACCOUNT_SID": twilio.account_sid, "TWILIO_AUTH_TOKEN": twilio.auth_token}
        sender = {"TWILIO_SENDER": twilio.number, "TWILIO_BASE_URL": twilio.base_url}
        environment = command(tmp_path, **account, **sender, PUBLIC_URL="https://kumbusha.test", PORT=str(port))
        sample = await asyncio.to_thread(kumbusha, tmp_path, environment, "programme", "sample")
        await asyncio.to_thread((tmp_path / "programme.yaml").write_text, sample.stdout)
        await asyncio.to_thread(kumbusha, tmp_path, environment, "programme", "load", "programme.yaml")
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(ROOT / "kumbusha.py"),
            "web",
            cwd=tmp_path,
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        answered: list[str] = []

        async def post(web: httpx.AsyncClient, number: int) -> None:
            form = twilio.receive(AMA_PHONE, f"NOTE number {number}")
            answer = await web.post("/sms", data=form, headers=twilio.signed("https://kumbusha.test/sms", form))
            assert answer.status_code == 200
            answered.append(form["MessageSid"])

        limits = httpx.Limits(max_connections=MANY // 4)  # the rest wait for a connection, so that some come too late
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", limits=limits, timeout=PATIENCE) as web:
            await until(lambda: _is_up(port), "the web server")
            posts = [asyncio.create_task(post(web, number)) for number in range(MANY)]
            await until(lambda: len(answered) >= 5, "the first answers")
            process.send_signal(signal.SIGTERM)
            outcomes = await asyncio.gather(*posts, return_exceptions=True)
        output = (await asyncio.wait_for(process.communicate(), PATIENCE))[0].decode()
        assert process.returncode == 0, output
        broken = [outcome for outcome in outcomes if outcome is not None]
        assert {type(outcome) for outcome in broken} <= {httpx.ConnectError, httpx.ReadError, httpx.RemoteProtocolError}
        assert sorted(_stored(tmp_path)) == sorted(answered)
        assert 5 <= len(answered) < MANY, "the signal came too late to say anything"


def _is_up(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
    except httpx.HTTPError:
        return False


def _stored(folder: Path) -> list[str]:
    engine = create_engine(f"sqlite:///{folder}/real.sqlite")
    with engine.connect() as db:
        found = list(db.execute(text("select provider_id from inbound where handled_at is not null")).scalars())
    engine.dispose()
    return found
