"""SMS by a gateway that a settings block describes: what is sent, what each answer means, and who may call us."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import ValidationError
from sqlalchemy import func, select

from bot.channels import Channel
from bot.channels.configured import channels_of
from bot.channels.failures import ACCOUNT_HOLD
from bot.channels.gateway import GatewayChannel, GatewaySettings, e164, parse_inbound, parse_status
from bot.settings import Settings
from domain.messages import BadRequest, Inbound, Outbound, Receipt, SendError, SendFailure, Status
from domain.people import Urn
from storage import claims, outbox
from storage.models import InboundRow, OutboundRow
from tests.doubles.gateway import SECRET, GatewayDouble
from tests.doubles.server import Fault, deaf_address
from tests.rig import Rig
from tests.serving import serving
from web.app import create_app

AMA = "+233200000011"
KOFI = "+233200000012"
NOW = datetime(2026, 11, 2, 14, 5, tzinfo=UTC)
INBOUND_SECRET = "they-prove-themselves"
BLOCK: dict[str, Any] = {
    "fields": {"msisdn": "{digits}", "message": "{text}", "ref": "{id}", "source": "{from}"},
    "headers": {"Authorization": "Bearer {secret}"},
    "secret": SECRET,
    "sender": "HEALTH",
    "id_field": "data.0.id",
    "success_field": "status",
    "refusals": {"invalid number": "bad number", "no credit": "our account", "unsubscribed": "opted out"},
    "country": "GH",
    "inbound_secret": INBOUND_SECRET,
    "inbound_from": "sender",
    "inbound_text": "body",
    "statuses": {"DELIVRD": "delivered", "UNDELIV": "failed"},
}


def settings(url: str, **more: Any) -> GatewaySettings:
    return GatewaySettings(**{**BLOCK, "url": url, **more})


@pytest.fixture
async def double() -> AsyncIterator[GatewayDouble]:
    async with GatewayDouble() as running:
        yield running


@pytest.fixture
async def channel(double: GatewayDouble) -> AsyncIterator[GatewayChannel]:
    made = GatewayChannel(settings(double.url))
    yield made
    await made.close()


def outbound(text: str = "Got it: 67%", number: str = AMA) -> Outbound:
    return Outbound(42, Urn("tel", number), text)


async def failure_of(channel: GatewayChannel, number: str = AMA) -> SendError:
    with pytest.raises(SendError) as failed:
        await channel.send(outbound(number=number), NOW)
    return failed.value


async def test_a_text_is_sent_in_the_gateways_own_words(double: GatewayDouble, channel: GatewayChannel) -> None:
    receipt = await channel.send(outbound("{secret} & 3 < 5"), NOW)
    [sent] = double.sent
    assert sent.fields == {"msisdn": "233200000011", "message": "{secret} & 3 < 5", "ref": "42", "source": "HEALTH"}
    assert sent.authorization == f"Bearer {SECRET}"
    assert receipt == Receipt("gw:M1", Status.WIRED)


@pytest.mark.parametrize(("sends", "method"), [("form", "POST"), ("query", "GET"), ("query", "POST")])
async def test_fields_go_where_the_gateway_wants_them(double: GatewayDouble, sends: str, method: str) -> None:
    channel = GatewayChannel(settings(double.url, sends=sends, method=method))
    await channel.send(outbound("Asante & karibu"), NOW)
    await channel.close()
    assert (double.sent[0].method, double.sent[0].fields["message"]) == (method, "Asante & karibu")


@pytest.mark.parametrize("field", ["", "data", "data.0"])
async def test_without_an_id_of_its_own_our_number_names_the_message(double: GatewayDouble, field: str) -> None:
    channel = GatewayChannel(settings(double.url, id_field=field))
    assert (await channel.send(outbound(), NOW)).provider_id == "gw:42"
    await channel.close()


async def test_the_word_for_success_may_be_written_as_the_gateway_writes_it(double: GatewayDouble) -> None:
    channel = GatewayChannel(settings(double.url, success_values=["OK"]))
    assert (await channel.send(outbound(), NOW)).status is Status.WIRED
    await channel.close()


R, P, S, U = SendFailure.RETRYABLE, SendFailure.PERMANENT, SendFailure.STOPPED, SendFailure.UNKNOWN
E = SendFailure.ELSEWHERE
FAULTS = {
    "bad number": (Fault(status=400, description="Invalid number"), P, None, False, 0),
    "opted out": (Fault(status=400, description="recipient unsubscribed"), S, None, False, 0),
    "no credit": (Fault(status=402, description="No credit left"), R, 300.0, True, 0),
    "credentials": (Fault(status=401), R, 300.0, True, 0),
    "forbidden": (Fault(status=403), R, 300.0, True, 0),
    "another address": (Fault(status=301), R, 300.0, True, 0),
    "a page to sign in": (Fault(status=302), R, 300.0, True, 0),
    "no such address": (Fault(status=404), R, 300.0, True, 0),
    "not by this method": (Fault(status=405), R, 300.0, True, 0),
    "not in this form": (Fault(status=415), R, 300.0, True, 0),
    "no such number": (Fault(status=404, description="Invalid number"), P, None, False, 0),
    "another refusal": (Fault(status=422, description="what is this"), E, None, False, 0),
    "flood": (Fault(status=429, retry_after=7), R, 7.0, True, 0),
    "down for a while": (Fault(status=503, retry_after=90), R, 90.0, True, 0),
    "down": (Fault(status=503), R, None, False, 0),
    "server error": (Fault(status=500), R, None, False, 0),
    "gateway time-out": (Fault(status=504), U, None, False, 0),
    "dropped before it was taken": (Fault(drop="before"), U, None, False, 0),
    "dropped after it was taken": (Fault(drop="after"), U, None, False, 1),
    "an answer cut short": (Fault(cut=True), U, None, False, 1),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_each_fault_says_what_to_do_next(name: str, double: GatewayDouble, channel: GatewayChannel) -> None:
    fault, failure, retry_after, hold, arrived = FAULTS[name]
    double.faults.append(fault)
    error = await failure_of(channel)
    assert (error.failure, error.retry_after, error.hold_channel) == (failure, retry_after, hold)
    assert error.broken == (retry_after == ACCOUNT_HOLD)  # then a manager is told
    assert len(double.sent) == arrived


@pytest.mark.parametrize("status", [404, 410])
async def test_one_wrong_number_keeps_nobody_waiting(
    double: GatewayDouble, channel: GatewayChannel, status: int
) -> None:
    await channel.send(outbound(), NOW)
    double.faults.append(Fault(status=status))
    error = await failure_of(channel)
    assert (error.failure, error.retry_after, error.broken) == (E, 600.0, False)
    await channel.send(outbound(), NOW)


async def whom_it_holds_for(channel: GatewayChannel, double: GatewayDouble, status: int, numbers: str) -> str:
    """Let the gateway refuse each number of a word of A and K; return those for which all messages are held."""
    double.faults += [Fault(status=status)] * len(numbers)
    errors = [await failure_of(channel, {"A": AMA, "K": KOFI}[number]) for number in numbers]
    assert all(error.retry_after for error in errors)  # nobody's words are given up
    return "".join("-" if error.failure is E else number for error, number in zip(errors, numbers, strict=True))


@pytest.mark.parametrize("status", [404, 410])
async def test_a_wrong_address_uses_up_no_messages(double: GatewayDouble, channel: GatewayChannel, status: int) -> None:
    assert await whom_it_holds_for(channel, double, status, "AAKKA") == "A-K-A"


async def test_two_wrong_numbers_are_found_out_though_they_come_in_turn(
    double: GatewayDouble, channel: GatewayChannel
) -> None:
    assert await whom_it_holds_for(channel, double, 404, "AKAKK") == "AK-K-"


async def test_a_wrong_address_is_said_again_and_again_though_only_one_waits(
    double: GatewayDouble, channel: GatewayChannel
) -> None:
    assert await whom_it_holds_for(channel, double, 404, "AAAAAA") == "A-A-A-"


@pytest.mark.parametrize("before", ["server error", "credentials", "dropped before it was taken"])
async def test_an_address_that_took_the_last_but_one_may_be_wrong_by_now(
    double: GatewayDouble, channel: GatewayChannel, before: str
) -> None:
    await channel.send(outbound(), NOW)
    double.faults += [FAULTS[before][0], Fault(status=404)]
    await failure_of(channel)
    assert (await failure_of(channel)).broken


async def test_a_message_that_goes_out_clears_the_number_before_it(
    double: GatewayDouble, channel: GatewayChannel
) -> None:
    assert await whom_it_holds_for(channel, double, 404, "A") == "A"
    await channel.send(outbound(number=KOFI), NOW)
    double.faults.append(Fault(status=500))
    await failure_of(channel, KOFI)
    assert await whom_it_holds_for(channel, double, 404, "A") == "A"


@pytest.mark.parametrize(
    ("says", "failure"),
    [({"status": "error", "why": "invalid number"}, P), ({"status": "error"}, E), ("<html>", U), ([1], U)],
)
async def test_a_friendly_answer_may_be_a_refusal_or_say_nothing(
    double: GatewayDouble, channel: GatewayChannel, says: Any, failure: SendFailure
) -> None:
    double.says = says
    assert (await failure_of(channel)).failure is failure


async def test_a_connection_that_is_never_made_may_be_tried_again() -> None:
    with deaf_address() as address:
        channel = GatewayChannel(settings(address), timeout=0.2)
        error = await failure_of(channel)
        await channel.close()
    assert error.failure is R


async def test_an_address_that_nothing_can_be_sent_to_loses_no_message() -> None:
    channel = GatewayChannel(settings("http://x").model_copy(update={"url": "sms.example/api"}))
    error = await failure_of(channel)
    await channel.close()
    assert error.failure is R


async def test_a_gateway_cannot_be_asked_what_it_sent(channel: GatewayChannel) -> None:
    with pytest.raises(LookupError):
        await channel.find(outbound(), NOW)


@pytest.mark.parametrize(
    ("sender", "read"),
    [
        (AMA, AMA),
        ("233200000011", AMA),
        ("0200000011", AMA),
        ("00233200000011", AMA),
        ("1400", "1400"),
        ("GONET", "GONET"),
    ],
)
def test_a_number_is_read_as_the_country_writes_it(sender: str, read: str) -> None:
    assert e164(sender, "GH") == read


def test_without_a_country_a_long_number_has_its_own_in_front() -> None:
    assert (e164("233200000011", ""), e164("1400", "")) == (AMA, "1400")


def test_a_message_is_read_exactly_as_sent() -> None:
    payload = {"id": 17, "sender": "0200000011", "body": "  REP ANC1 412/615 \n"}
    expected = Inbound("sms", "gw:17", Urn("tel", AMA), "  REP ANC1 412/615 \n", NOW)
    assert parse_inbound(payload, settings("http://x"), NOW) == expected


@pytest.mark.parametrize("change", [{"id": ""}, {"id": None}, {"id": "x" * 71}, {"sender": " "}, {"body": None}])
def test_a_message_without_a_field_is_a_bad_request(change: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        parse_inbound({"id": "1", "sender": AMA, "body": "DUE", **change}, settings("http://x"), NOW)


def test_a_status_in_the_gateways_words_is_read_in_ours() -> None:
    block = settings("http://x")
    assert parse_status({"id": "M1", "status": "delivrd"}, block) == Receipt("gw:M1", Status.DELIVERED)
    failed = parse_status({"id": "M1", "status": "UNDELIV"}, block)
    assert (failed.status, failed.failure) == (Status.FAILED, SendFailure.RETRYABLE)
    with pytest.raises(BadRequest):
        parse_status({"id": "M1", "status": "dancing"}, block)


class Site:
    """The application on its socket, as the gateway reaches it."""

    def __init__(self, rig: Rig, http: httpx.Client) -> None:
        self.rig, self.http = rig, http

    def stored(self) -> tuple[int, int]:
        """Return how many messages came in, and how many parts were queued."""
        with self.rig.db.begin() as db:
            counts = [db.scalar(select(func.count()).select_from(table)) for table in (InboundRow, OutboundRow)]
        return counts[0] or 0, counts[1] or 0


@pytest.fixture
def site(rig: Rig) -> Iterator[Site]:
    app = create_app(rig.db, lambda: rig.now, gateway=settings("http://x"))
    with serving(app) as url, httpx.Client(base_url=url) as http:
        yield Site(rig, http)


PROVED = {"X-Gateway-Secret": INBOUND_SECRET}
DUE = {"id": "1", "sender": "0200000011", "body": "DUE"}


def test_a_message_is_stored_and_answered_once_however_it_is_posted(site: Site) -> None:
    calls = [
        site.http.post("/gateway", json=DUE, headers=PROVED),
        site.http.post("/gateway", data=DUE, headers=PROVED),
        site.http.get("/gateway", params=DUE, headers=PROVED),
    ]
    assert [call.status_code for call in calls] == [204, 204, 204]
    assert site.stored() == (1, 1)
    site.rig.deliver()
    assert [(m.urn, "Due:" in m.text) for m in site.rig.sent] == [(Urn("tel", AMA), True)]


@pytest.mark.parametrize("path", ["/gateway", "/gateway/status"])
@pytest.mark.parametrize("headers", [{}, {"X-Gateway-Secret": ""}, {"X-Gateway-Secret": INBOUND_SECRET.upper()}])
def test_a_forged_call_is_refused_and_nothing_of_it_logged(
    site: Site, path: str, headers: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    assert site.http.post(path, json={**DUE, "body": "a private word"}, headers=headers).status_code == 403
    assert site.stored() == (0, 0)
    assert f"{path} refused with 403: wrong secret" in caplog.text
    assert "private" not in caplog.text
    assert "0200000011" not in caplog.text


def test_without_a_secret_of_ours_nobody_is_believed(sqlite_rig: Rig) -> None:
    app = create_app(sqlite_rig.db, lambda: sqlite_rig.now, gateway=settings("http://x", inbound_secret=""))
    with serving(app) as url:
        assert httpx.post(f"{url}/gateway", json=DUE, headers={"X-Gateway-Secret": ""}).status_code == 403


@pytest.mark.parametrize("secret", [INBOUND_SECRET, "\\ud83d"])
def test_half_a_character_loses_no_message(sqlite_rig: Rig, secret: str) -> None:
    block = settings("http://x", inbound_secret_in="field:key")
    body = f'{{"id": "1", "sender": "0200000011", "body": "DUE \\ud83d", "key": "{secret}"}}'
    with serving(create_app(sqlite_rig.db, lambda: sqlite_rig.now, gateway=block)) as url:
        answer = httpx.post(f"{url}/gateway", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == (204 if secret == INBOUND_SECRET else 403)


def test_the_secret_may_stand_in_a_field(sqlite_rig: Rig) -> None:
    block = settings("http://x", inbound_secret_in="field:key")
    with serving(create_app(sqlite_rig.db, lambda: sqlite_rig.now, gateway=block)) as url:
        assert httpx.post(f"{url}/gateway", data={**DUE, "key": INBOUND_SECRET}).status_code == 204
        assert httpx.post(f"{url}/gateway", data={**DUE, "key": "guess"}).status_code == 403


def test_news_moves_the_message_it_is_about(site: Site) -> None:
    site.http.post("/gateway", json=DUE, headers=PROVED)
    with site.rig.db.begin() as db:
        (claimed,) = claims.claim(db, site.rig.now, 1, ("tel",))
        outbox.sent(db, claimed.message.id, Receipt("gw:M1", Status.WIRED), site.rig.now)
    answer = site.http.get("/gateway/status", params={"id": "M1", "status": "DELIVRD"}, headers=PROVED)
    assert answer.status_code == 204
    with site.rig.db.begin() as db:
        assert db.get_one(OutboundRow, claimed.message.id).status == "delivered"


def test_the_settings_choose_the_gateway_over_twilio(sqlite_rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMS_GATEWAY", json.dumps({"url": "http://x/send", "inbound_secret": "s"}))
    monkeypatch.setenv("SMS_GATEWAY__SECRET", "from the environment")
    found = Settings(_env_file=None, twilio_account_sid="AC1", twilio_sender="+233200000100")
    assert found.sms_gateway is not None
    assert found.sms_gateway.secret == "from the environment"
    assert isinstance(channels_of(found, sqlite_rig.db)["tel"], GatewayChannel)


def test_a_setting_that_nobody_knows_is_named() -> None:
    with pytest.raises(ValidationError, match="feilds"):
        settings("http://x", feilds={})


@pytest.mark.parametrize(
    ("setting", "wrong"),
    [
        ("url", ["sms.example/api", "https:///api", "ftp://sms.example/api", "https://sms example/api", "http://x:y"]),
        ("country", ["Ghana", "XX", "+233"]),
        ("inbound_secret_in", ["X-Gateway-Secret", "Header:", "field: ", "cookie:key"]),
    ],
)
def test_a_setting_that_would_lose_messages_is_named(setting: str, wrong: list[str]) -> None:
    for value in wrong:
        with pytest.raises(ValidationError, match=f"(?m)^{setting}$"):
            GatewaySettings(**{**BLOCK, "url": "http://x", setting: value})


def test_capitals_make_no_setting_wrong() -> None:
    block = settings("HTTPS://sms.example/api", country="gh", inbound_secret_in="Header:X-Gateway-Secret")
    assert (block.country, block.inbound_secret_in) == ("GH", "header:X-Gateway-Secret")


# What docs/adding-a-channel.md shows works

GUIDE = (Path(__file__).parent.parent / "docs" / "adding-a-channel.md").read_text()


def shown(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


def test_the_settings_in_the_guide_work_in_a_file_as_they_are_shown(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("".join(shown("sh")))
    found = Settings(_env_file=tmp_path / ".env")
    assert found.sms_gateway is not None
    assert found.sms_gateway.statuses["DELIVRD"] == "delivered"
    assert found.whatsapp_templates["*"] == {"en": "HXcdef"}


async def test_the_port_in_the_guide_is_a_whole_one(double: GatewayDouble) -> None:
    port: dict[str, Any] = {}
    exec(shown("python")[0], port)  # it is the code that the guide shows
    channel: Channel = port["AggregatorChannel"](double.url, SECRET)
    assert (await channel.send(outbound(), NOW)).status is Status.WIRED
    assert double.sent[0].fields == {"to": AMA, "text": "Got it: 67%"}
    double.faults += [Fault(status=401), Fault(drop="after"), Fault(status=422), Fault(status=504)]
    failures = []
    for _n in range(4):
        with pytest.raises(SendError) as failed:
            await channel.send(outbound(), NOW)
        failures.append(failed.value.failure)
    await channel.close()
    assert failures == [R, U, E, U]
    with pytest.raises(BadRequest):
        port["parse_inbound"]({"id": "1"}, NOW)
