"""The real command with WhatsApp through Twilio and SMS through a gateway at once, both over sockets."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path

import httpx

from tests.doubles.gateway import SECRET, GatewayDouble
from tests.doubles.twilio_api import TwilioDouble
from tests.forked import kumbusha
from tests.test_run import AMA_PHONE, PATIENCE, ROOT, command, free_port, until

KOFI_WHATSAPP = "whatsapp:+233200000012"


async def test_one_process_answers_on_whatsapp_and_through_a_gateway(tmp_path: Path) -> None:
    async with TwilioDouble() as twilio, GatewayDouble() as gateway:
        port = free_port()
        block = {"url": gateway.url, "id_field": "data.0.id", "inbound_secret": "theirs", "secret": SECRET}
        environment = command(
            tmp_path,
            TWILIO_ACCOUNT_SID=twilio.account_sid,
            TWILIO_AUTH_TOKEN=twilio.auth_token,
            TWILIO_WHATSAPP_SENDER=twilio.number,
            TWILIO_BASE_URL=twilio.base_url,
            SMS_GATEWAY=json.dumps(block),
            PUBLIC_URL="https://kumbusha.test",
            PORT=str(port),
        )
        sample = await asyncio.to_thread(kumbusha, tmp_path, environment, "programme", "sample")
        on_whatsapp = sample.stdout.replace("telegram: 700012", 'whatsapp: "+233200000012"')
        (tmp_path / "programme.yaml").write_text(on_whatsapp.replace("prefers: telegram", "prefers: whatsapp", 1))
        loaded = await asyncio.to_thread(kumbusha, tmp_path, environment, "programme", "load", "programme.yaml")
        assert "9 districts, 32 people" in loaded.stdout, loaded.stdout + loaded.stderr

        missed = twilio.receive(KOFI_WHATSAPP, "WHO")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(ROOT / "kumbusha.py"), "run"),
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        try:
            await until(lambda: len(twilio.sent) == 1, "the answer to the message that was missed")
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as web:
                headers = twilio.signed("https://kumbusha.test/whatsapp", missed)
                assert (await web.post("/whatsapp", data=missed, headers=headers)).status_code == 200
                asked = {"id": "1", "from": AMA_PHONE, "text": "WHO"}
                proved = {"X-Gateway-Secret": "theirs"}
                assert (await web.post("/gateway", json=asked)).status_code == 403
                assert [(await web.post("/gateway", json=asked, headers=proved)).status_code for _n in (1, 2)] == [
                    204,
                    204,
                ]
            await until(lambda: bool(gateway.sent), "the answer through the gateway")
        finally:
            process.send_signal(signal.SIGTERM)
            output = (await asyncio.wait_for(process.communicate(), PATIENCE))[0].decode()
        assert process.returncode == 0, output
        assert [sent.to for sent in twilio.sent] == [KOFI_WHATSAPP]
        assert "Kofi" in twilio.sent[0].body
        assert [sent.fields["to"] for sent in gateway.sent] == [AMA_PHONE]
        assert AMA_PHONE not in output
        assert "theirs" not in output
