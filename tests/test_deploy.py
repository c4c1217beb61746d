"""What the files for deployment start: each command runs, and finishes when it is told to stop."""

from __future__ import annotations

import asyncio
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from configparser import RawConfigParser
from pathlib import Path

import httpx
from ruamel.yaml import YAML

from bot.settings import Settings
from storage.programme_file import sample_text
from tests.doubles.twilio_api import TwilioDouble
from tests.test_run import AMA_PHONE, PATIENCE, ROOT, command, free_port, until

PUBLIC = "https://kumbusha.test"
SHORTEST_GRACE = 25  # seconds that a process may need, by docs/operations.md


def procfile() -> dict[str, str]:
    """Return the lines of the Procfile by their names; the test's own web server talks to this machine alone."""
    lines = (ROOT / "Procfile").read_text().replace("0.0.0.0", "127.0.0.1").splitlines()
    return {name: words.strip() for name, _colon, words in (line.partition(":") for line in lines)}


def plain(line: str) -> str:
    """Return a command without what is set before it."""
    return re.sub(r"^env( \w+=\S+)+ ", "", line)


async def test_the_procfile_answers_a_message_and_stops_when_told(
    tmp_path: Path, postgres_server: str, manage: Callable[[str], None]
) -> None:
    manage("create database deployed")
    (tmp_path / "programme.yaml").write_text(sample_text())
    lines, port = procfile(), free_port()
    async with TwilioDouble() as twilio:
        account = {"TWILIO_ACCOUNT_SID": twilio.account_sid, "TWILIO_AUTH_TOKEN": twilio.auth_token}
        sender = {"TWILIO_SENDER": twilio.number, "TWILIO_BASE_URL": twilio.base_url, "PUBLIC_URL": PUBLIC}
        address = postgres_server.format("deployed")
        environment = command(tmp_path, DATABASE_URL=address, PORT=str(port), **account, **sender)
        environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"

        async def begin(line: str) -> asyncio.subprocess.Process:
            return await asyncio.create_subprocess_exec(
                *shlex.split(line), cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )

        for line in (lines["release"], "kumbusha programme load programme.yaml"):
            once = await begin(line)
            said = (await once.communicate())[0].decode()
            assert once.returncode == 0, said
        processes = [await begin(lines[name]) for name in ("web", "worker", "clock")]
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as web:
            await until(lambda: _ready(port), "the web server")
            form = twilio.receive(AMA_PHONE, "WHO")
            answer = await web.post("/sms", data=form, headers=twilio.signed(f"{PUBLIC}/sms", form))
            assert answer.status_code == 200
        await until(lambda: any(m.to == AMA_PHONE for m in twilio.sent), "the answer")
        for process in processes:
            process.send_signal(signal.SIGTERM)
        ends = await asyncio.wait_for(asyncio.gather(*(process.communicate() for process in processes)), PATIENCE)
        assert [process.returncode for process in processes] == [0, 0, 0], ends
    manage("drop database deployed with (force)")


def _ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200
    except httpx.HTTPError:
        return False


def test_docker_starts_the_commands_of_the_procfile_with_settings_that_there_are() -> None:
    services = YAML(typ="safe").load(ROOT / "docs/deploy/compose.yaml")["services"]
    ours = {name: service for name, service in services.items() if "DATABASE_URL" in service.get("environment", {})}
    lines = procfile()
    expected = {"upgrade": lines.pop("release"), **{name: plain(line) for name, line in lines.items()}}
    assert {name: service["command"] for name, service in ours.items()} == expected
    for service in ours.values():
        assert {name.lower() for name in service["environment"]} <= set(Settings.model_fields)
        assert int(service["stop_grace_period"].rstrip("s")) >= SHORTEST_GRACE


def test_the_unit_starts_one_process_and_gives_it_time_to_finish() -> None:
    unit = RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(ROOT / "docs/deploy/kumbusha.service")
    service = unit["Service"]
    assert shlex.split(service["ExecStart"])[1:] == ["run"]
    assert (service["KillSignal"], int(service["TimeoutStopSec"]) >= SHORTEST_GRACE) == ("SIGTERM", True)
