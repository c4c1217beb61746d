"""SMS by Twilio: what each webhook means, and what each answer of the API means for a message."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from sqlalchemy import select, text
from starlette.datastructures import FormData

from bot.catching_up import catch_up, catch_up_news
from bot.channels import Channel
from bot.channels.failures import TWILIO
from bot.channels.twilio import CLOCKS_APART, TwilioChannel, check_signature, parse_inbound, parse_status
from domain.messages import BadRequest, Inbound, InboundKind, Outbound, Receipt, SendError, SendFailure, Status
from domain.people import Urn
from storage import occurrences
from storage.models import InboundRow
from tests.doubles.server import Fault, deaf_address
from tests.doubles.twilio_api import ACCOUNT_SID, AUTH_TOKEN, NUMBER, TwilioDouble
from tests.rig import Rig

PAYLOADS = Path(__file__).parent / "payloads" / "twilio"
AMA = "+233200000017"
NOW = datetime(2026, 11, 2, 14, 5, 30, 250_000, tzinfo=UTC)
IN_SID, OUT_SID = "SM" + "1" * 32, "SM" + "2" * 32
STATUS_URL = "https://kumbusha.example/twilio/status"


def payload(name: str) -> dict[str, str]:
    return dict(parse_qsl((PAYLOADS / f"{name}.txt").read_text().removesuffix("\n"), keep_blank_values=True))


def said(text: str, sender: str = AMA, kind: InboundKind = InboundKind.MESSAGE) -> Inbound:
    return Inbound("sms", IN_SID, Urn("tel", sender), text, NOW, kind)


INBOUND = {
    "inbound": said("REP ANC1 412/615 ABS 12"),
    "inbound_spaces": said("  rep anc1 412/615 \n ABS 12  "),
    "inbound_unicode": said("ripoti ANC1 ٤١٢/٦١٥ & ABS 100% 🙏"),
    "inbound_empty": said(""),
    "inbound_short_code": said("Your bundle expires today", "1400"),
    "inbound_alphanumeric": said("Win a phone!", "GONET"),
    "inbound_picture": said(""),
    "opt_out": said("STOP", kind=InboundKind.OPTED_OUT),
    "opt_in": said("START", kind=InboundKind.OPTED_IN),
    "opt_help": said("help"),
}

STATUSES = {
    "status_queued": Receipt(OUT_SID, Status.WIRED),
    "status_accepted": Receipt(OUT_SID, Status.WIRED),
    "status_sending": Receipt(OUT_SID, Status.WIRED),
    "status_sent": Receipt(OUT_SID, Status.SENT),
    "status_delivered": Receipt(OUT_SID, Status.DELIVERED),
    "status_delivered_without_error": Receipt(OUT_SID, Status.DELIVERED),
    "status_read": Receipt(OUT_SID, Status.DELIVERED),
    "status_undelivered": Receipt(OUT_SID, Status.FAILED, "30003 handset off or out of reach", SendFailure.RETRYABLE),
    "status_failed": Receipt(OUT_SID, Status.FAILED, "30006 landline or unreachable carrier", SendFailure.PERMANENT),
    "status_failed_unknown_code": Receipt(OUT_SID, Status.FAILED, "39999", SendFailure.ELSEWHERE),
    "status_opted_out": Receipt(OUT_SID, Status.FAILED, "21610 person opted out", failure=SendFailure.STOPPED),
}


@pytest.mark.parametrize("name", INBOUND)
def test_each_inbound_form_means_one_thing(name: str) -> None:
    assert parse_inbound(payload(name), NOW) == INBOUND[name]


@pytest.mark.parametrize("name", STATUSES)
def test_each_status_form_means_one_thing(name: str) -> None:
    assert parse_status(payload(name)) == STATUSES[name]


@pytest.mark.parametrize("code", ["", "0", "69999"])
def test_a_failure_that_we_do_not_know_sends_the_words_another_way(code: str) -> None:
    form = payload("status_undelivered") | {"MessageStatus": "failed", "ErrorCode": code}
    assert (parse_status(form).status, parse_status(form).failure) == (Status.FAILED, SendFailure.ELSEWHERE)
    assert parse_status(form | {"MessageStatus": "canceled"}).failure is None


def test_every_payload_has_its_outcome() -> None:
    assert {path.stem for path in PAYLOADS.iterdir()} == set(INBOUND) | set(STATUSES)


@pytest.mark.parametrize("field", ["MessageSid", "From", "Body"])
def test_an_inbound_form_without_a_field_is_a_bad_request(field: str) -> None:
    form = payload("inbound")
    del form[field]
    with pytest.raises(BadRequest) as refused:
        parse_inbound(form, NOW)
    assert refused.value.status == 400


@pytest.mark.parametrize("field", ["MessageSid", "From"])
def test_an_inbound_form_with_an_empty_field_is_a_bad_request(field: str) -> None:
    with pytest.raises(BadRequest):
        parse_inbound(payload("inbound") | {field: ""}, NOW)


def test_a_message_from_our_own_number_is_refused() -> None:
    form = payload("inbound")
    with pytest.raises(BadRequest):
        parse_inbound(form | {"From": form["To"]}, NOW)


@pytest.mark.parametrize("changes", [{"MessageSid": None}, {"MessageStatus": None}, {"MessageStatus": "dancing"}])
def test_a_status_form_that_says_nothing_is_a_bad_request(changes: dict[str, str | None]) -> None:
    form = {name: value for name, value in (payload("status_sent") | changes).items() if value is not None}
    with pytest.raises(BadRequest):
        parse_status(form)


URL = "https://kumbusha.example/twilio/inbound?bot=1"


@pytest.mark.parametrize("name", [*INBOUND, *STATUSES])
def test_a_signed_form_passes_with_its_spaces(name: str) -> None:
    form = payload(name)
    check_signature(URL, form, TwilioDouble().signed(URL, form), AUTH_TOKEN)


def test_a_starlette_form_and_lower_case_headers_pass() -> None:
    form = payload("inbound_spaces")
    signature = TwilioDouble().signed(URL, form)["X-Twilio-Signature"]
    check_signature(URL, FormData(list(form.items())), {"x-twilio-signature": signature}, AUTH_TOKEN)  # type: ignore[arg-type]


WRONG = {
    "http for https": (URL.replace("https", "http"), {}, AUTH_TOKEN),
    "another query": (URL.replace("bot=1", "bot=2"), {}, AUTH_TOKEN),
    "a slash more": (URL.replace("inbound", "inbound/"), {}, AUTH_TOKEN),
    "a changed word": (URL, {"Body": "REP ANC1 999/615"}, AUTH_TOKEN),
    "stripped spaces": (URL, {"Body": "rep anc1 412/615 \n ABS 12"}, AUTH_TOKEN),
    "a field more": (URL, {"OptOutType": "STOP"}, AUTH_TOKEN),
    "another token": (URL, {}, "another-token"),
    "no token set": (URL, {}, ""),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_form_that_twilio_did_not_sign_is_forbidden(name: str) -> None:
    url, changes, token = WRONG[name]
    form = payload("inbound_spaces")
    headers = TwilioDouble().signed(URL, form)
    with pytest.raises(BadRequest) as refused:
        check_signature(url, form | changes, headers, token)
    assert refused.value.status == 403


def test_a_form_without_a_signature_is_forbidden() -> None:
    with pytest.raises(BadRequest):
        check_signature(URL, payload("inbound"), {}, AUTH_TOKEN)


@pytest.fixture
async def double() -> AsyncIterator[TwilioDouble]:
    async with TwilioDouble(now=lambda: NOW) as running:
        yield running


def channel_to(base_url: str, **more: Any) -> TwilioChannel:
    settings: dict[str, Any] = {"sender": NUMBER, "status_url": STATUS_URL, "timeout": 5.0} | more
    return TwilioChannel(ACCOUNT_SID, AUTH_TOKEN, base_url=base_url, **settings)


@pytest.fixture
async def channel(double: TwilioDouble) -> AsyncIterator[TwilioChannel]:
    made = channel_to(double.base_url)
    yield made
    await made.close()


def outbound(text: str = "Hello", to: str = AMA) -> Outbound:
    return Outbound(42, Urn("tel", to), text)


async def failure_of(channel: Channel) -> SendError:
    with pytest.raises(SendError) as failed:
        await channel.send(outbound(), NOW)
    return failed.value


async def test_a_text_is_sent_as_it_is(double: TwilioDouble, channel: TwilioChannel) -> None:
    receipt = await channel.send(outbound(" Asante & karibu: 67% + 3 🙏 "), NOW)
    [sent] = double.sent
    assert (sent.to, sent.from_, sent.body) == (AMA, NUMBER, " Asante & karibu: 67% + 3 🙏 ")
    assert (sent.status_callback, sent.validity_period) == (f"{STATUS_URL}?id=42", "14400")
    assert receipt == Receipt(sent.sid, Status.WIRED)


async def test_a_messaging_service_picks_the_sender(double: TwilioDouble) -> None:
    channel = channel_to(double.base_url, sender=None, messaging_service_sid="MG7", status_url=None)
    await channel.send(outbound(), NOW)
    await channel.close()
    assert (double.sent[0].service, double.sent[0].status_callback) == ("MG7", "")


def test_a_channel_needs_a_sender() -> None:
    with pytest.raises(ValueError, match="sender"):
        TwilioChannel(ACCOUNT_SID, AUTH_TOKEN)


# What Twilio does -> failure, seconds to wait, whether the channel is held, and whether the person got it.
R, P, S, U = SendFailure.RETRYABLE, SendFailure.PERMANENT, SendFailure.STOPPED, SendFailure.UNKNOWN
J, E = SendFailure.REJECTED, SendFailure.ELSEWHERE
FAULTS = {
    "opted out": (Fault(status=400, code=21610), S, None, False, 0),
    "bad number": (Fault(status=400, code=21211), P, None, False, 0),
    "landline": (Fault(status=400, code=21614), P, None, False, 0),
    "no route": (Fault(status=400, code=21612), E, None, False, 0),
    "too long": (Fault(status=400, code=21617), J, None, False, 0),
    "unknown refusal": (Fault(status=400, code=29999), E, None, False, 0),
    "flood": (Fault(status=429, code=20429, retry_after=7), R, 7.0, True, 0),
    "flood without a time": (Fault(status=429, code=20429), R, None, False, 0),
    "queue full": (Fault(status=400, code=21611), R, None, False, 0),
    "unavailable": (Fault(status=503, code=20503), R, None, False, 0),
    "unavailable for a while": (Fault(status=503, code=20503, retry_after=90), R, 90.0, True, 0),
    "server error": (Fault(status=500), R, None, False, 0),
    "gateway time-out": (Fault(status=504), U, None, False, 0),
    "credentials": (Fault(status=401, code=20003), R, 300.0, True, 0),
    "forbidden": (Fault(status=403), R, 300.0, True, 0),
    "country": (Fault(status=400, code=21408), E, None, False, 0),
    "our sender": (Fault(status=400, code=21606), R, 300.0, True, 0),
    "dropped before it was taken": (Fault(drop="before"), U, None, False, 0),
    "dropped after it was taken": (Fault(drop="after"), U, None, False, 1),
    "an answer cut short": (Fault(cut=True), U, None, False, 1),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_each_fault_says_what_to_do_next(name: str, double: TwilioDouble, channel: TwilioChannel) -> None:
    fault, failure, retry_after, hold, arrived = FAULTS[name]
    double.faults.append(fault)
    error = await failure_of(channel)
    assert (error.failure, error.retry_after, error.hold_channel) == (failure, retry_after, hold)
    assert len(double.sent) == arrived


async def test_the_reason_names_the_code_and_never_the_number(double: TwilioDouble, channel: TwilioChannel) -> None:
    double.faults.append(Fault(status=400, code=21211, description=f"The 'To' number {AMA} is not valid"))
    assert (await failure_of(channel)).reason == "21211 number not valid"


async def test_a_person_who_opted_out_is_stopped(double: TwilioDouble, channel: TwilioChannel) -> None:
    double.opted_out.add(AMA)
    assert (await failure_of(channel)).failure is S


async def test_a_refused_connection_may_be_tried_again() -> None:
    async with TwilioDouble() as gone:
        base_url = gone.base_url
    channel = channel_to(base_url)
    error = await failure_of(channel)
    await channel.close()
    assert error.failure is R


async def test_an_answer_that_comes_too_late_leaves_the_outcome_unknown(double: TwilioDouble) -> None:
    double.faults.append(Fault(delay=0.6))
    impatient = channel_to(double.base_url, timeout=0.3)
    error = await failure_of(impatient)
    await impatient.close()
    assert (error.failure, len(double.sent)) == (U, 1)


async def test_a_connection_that_is_never_made_may_be_tried_again() -> None:
    with deaf_address() as address:
        channel = channel_to(address, timeout=0.2)
        error = await failure_of(channel)
        await channel.close()
    assert (error.failure, error.reason) == (R, "ConnectTimeout")


# What research names, by what must come of it; what else the table holds is tried below as well.
CLASSES = {
    S: {21610},
    P: {21211, 21614, 30005, 30006, 63024},
    E: {21408, 21612, 30004, 30007, 63016},
    R: {20003, 20429, 20503, 21606, 21611, 30001, 30002, 30003, 30008, 30036, 63018},
    J: {21617, 21658},
    U: {30410},
}
OUR_ACCOUNT = {20003, 20005, 21606, 21659, 21660, 21703, 30002, 63007}


def test_each_code_that_research_names_has_its_class() -> None:
    assert {code: TWILIO[code].failure for codes in CLASSES.values() for code in codes} == {
        code: failure for failure, codes in CLASSES.items() for code in codes
    }
    assert {code for code in TWILIO if TWILIO[code].broken} >= OUR_ACCOUNT


@pytest.mark.parametrize("code", TWILIO)
async def test_each_code_means_the_same_at_once_and_in_a_callback(
    code: int, double: TwilioDouble, channel: TwilioChannel
) -> None:
    double.faults.append(Fault(status=400, code=code))
    error = await failure_of(channel)
    broken = TWILIO[code].broken
    assert (error.failure, error.hold_channel, error.broken) == (TWILIO[code].failure, broken, broken)
    assert (error.retry_after is not None) == broken
    receipt = await channel.send(outbound(), NOW)
    news = parse_status(double.status_form(double.sent[0], "undelivered", code))
    assert news == Receipt(receipt.provider_id, Status.FAILED, error.reason, error.failure, broken)


async def test_a_message_taken_without_an_answer_is_found(double: TwilioDouble, channel: TwilioChannel) -> None:
    double.faults.append(Fault(drop="after"))
    await failure_of(channel)
    double.receive(AMA, "Hello")
    await channel.send(outbound("Other"), NOW)
    await channel.send(outbound(to="+233200000018"), NOW)
    await channel.send(outbound(), NOW)
    found = await channel.find(outbound(), NOW)
    assert found == [Receipt(double.sent[n].sid, Status.WIRED) for n in (0, 3)]


async def test_a_found_message_tells_how_far_it_came(double: TwilioDouble, channel: TwilioChannel) -> None:
    await channel.send(outbound(), NOW)
    double.status_form(double.sent[0], "undelivered", 30003)
    found = await channel.find(outbound(), NOW)
    assert found == [Receipt(double.sent[0].sid, Status.FAILED, "30003 handset off or out of reach", R)]


async def test_a_message_that_never_arrived_is_not_found(double: TwilioDouble, channel: TwilioChannel) -> None:
    double.faults.append(Fault(drop="before"))
    await failure_of(channel)
    assert await channel.find(outbound(), NOW) == []


async def test_the_same_text_sent_earlier_is_not_taken_for_it(double: TwilioDouble, channel: TwilioChannel) -> None:
    await channel.send(outbound(), NOW)
    assert await channel.find(outbound(), NOW + CLOCKS_APART + timedelta(seconds=1)) == []


async def test_a_message_is_found_behind_many_pages(double: TwilioDouble, channel: TwilioChannel) -> None:
    await channel.send(outbound(), NOW)
    for number in range(250):
        await channel.send(outbound(f"text {number}"), NOW)
    assert await channel.find(outbound(), NOW) == [Receipt(double.sent[0].sid, Status.WIRED)]


@pytest.mark.parametrize("fault", [Fault(on="list", status=503), Fault(on="list", drop="before")])
async def test_when_twilio_cannot_be_asked_it_is_asked_later(
    fault: Fault, double: TwilioDouble, channel: TwilioChannel
) -> None:
    double.faults.append(fault)
    with pytest.raises(SendError) as failed:
        await channel.find(outbound(), NOW)
    assert failed.value.failure is R


async def read(channel: TwilioChannel) -> list[Inbound]:
    """Return what was sent to us in the last hour, as it is read: newest first."""
    return [inbound async for page in channel.recent_inbound(NOW - timedelta(hours=1)) for inbound in page]


async def test_missed_messages_are_read_as_sent() -> None:
    moment = NOW - timedelta(hours=2)
    async with TwilioDouble(now=lambda: moment) as double:
        double.receive(AMA, "too old")
        moment = NOW
        channel = channel_to(double.base_url)
        await channel.send(outbound(), NOW)
        forms = [double.receive(AMA, text) for text in ("  first ", "second")]
        missed = await read(channel)
        await channel.close()
    heard = [parse_inbound(form, NOW.replace(microsecond=0)) for form in forms]
    assert missed == heard[::-1]


async def test_missed_messages_are_read_from_every_page_each_once(channel: TwilioChannel, double: TwilioDouble) -> None:
    for number in range(250):
        double.receive(AMA, f"text {number}")
        await channel.send(outbound(), NOW) if number % 50 == 0 else None
    missed = await read(channel)
    assert [inbound.text for inbound in missed] == [f"text {number}" for number in reversed(range(250))]
    assert len({inbound.provider_id for inbound in missed}) == 250


async def test_missed_messages_are_taken_oldest_first_from_all_pages(sqlite_rig: Rig) -> None:
    async with TwilioDouble() as double:
        for number in range(120):
            double.receive("+233200000011", f"text {number}")
        channel = channel_to(double.base_url)
        await catch_up(sqlite_rig.db, channel, Counter())
        await channel.close()
    assert taken_by(sqlite_rig) == [f"text {number}" for number in range(120)]


async def test_what_was_sent_to_another_number_or_on_whatsapp_is_not_taken(
    channel: TwilioChannel, double: TwilioDouble
) -> None:
    double.receive(f"whatsapp:{AMA}", "by WhatsApp")
    double.receive(AMA, "to us")
    double.number = "+233200000555"
    double.receive(AMA, "to somebody else")
    assert [m.text for m in await read(channel)] == ["to us"]


async def test_after_days_of_being_down_all_that_was_missed_is_taken_once(rig: Rig) -> None:
    now = datetime.now(UTC)  # the loop that asks has the machine's own clock
    moments = iter([now - timedelta(days=40), now - timedelta(days=5), now - timedelta(hours=3)])
    async with TwilioDouble(now=lambda: next(moments)) as double:
        for text in ("WHO", "DUE", "REP ABS 12"):
            double.receive("+233200000011", text)
        channel = channel_to(double.base_url)
        await catch_up(rig.db, channel, Counter())
        assert taken_by(rig) == ["REP ABS 12"]
        rig.db.work(occurrences.move, "missed:sms", int((now - timedelta(days=6)).timestamp()))
        for _n in range(2):
            await catch_up(rig.db, channel, Counter())
        await channel.close()
    assert sorted(taken_by(rig)) == ["DUE", "REP ABS 12"]
    assert rig.db.work(occurrences.position, "missed:sms") >= int(now.timestamp())


async def test_what_became_of_ours_is_read_from_every_page_and_no_further(
    channel: TwilioChannel, double: TwilioDouble
) -> None:
    for number in range(230):
        await channel.send(outbound(f"text {number}"), NOW)
        double.receive(AMA, "theirs") if number % 50 == 0 else None
    double.status_form(double.sent[3], "failed", 30005)
    double.number = "+233200000555"
    await channel_of_another(double)
    told = [receipt async for page in channel.recent_outbound(NOW - timedelta(minutes=1)) for receipt in page]
    assert [receipt.provider_id for receipt in told] == [sent.sid for sent in double.sent[229::-1]]
    assert [receipt.failure for receipt in told if receipt.failure] == [SendFailure.PERMANENT]
    assert [page async for page in channel.recent_outbound(NOW + timedelta(minutes=1))] == [[]]


async def channel_of_another(double: TwilioDouble) -> None:
    other = channel_to(double.base_url, sender=double.number)
    await other.send(outbound(), NOW)
    await other.close()


def taken_by(rig: Rig) -> list[str]:
    with rig.db.begin() as db:
        return list(db.scalars(select(InboundRow.text).order_by(InboundRow.id)))


async def test_while_twilio_cannot_be_asked_the_place_in_its_list_is_kept(
    sqlite_rig: Rig, double: TwilioDouble
) -> None:
    double.faults.append(Fault(on="list", status=503))
    channel = channel_to(double.base_url)
    await catch_up(sqlite_rig.db, channel, Counter())
    await channel.close()
    assert sqlite_rig.db.work(occurrences.position, "missed:sms") == 0


async def test_a_place_in_the_list_that_cannot_be_kept_ends_no_looking(sqlite_rig: Rig, double: TwilioDouble) -> None:
    with sqlite_rig.db.begin() as db:
        db.execute(text("create trigger refuse before insert on cursors begin select raise(abort, 'locked'); end"))
    channel = channel_to(double.base_url)
    assert not await catch_up(sqlite_rig.db, channel, Counter())
    await catch_up_news(sqlite_rig.db, channel)
    with sqlite_rig.db.begin() as db:
        db.execute(text("drop trigger refuse"))
    assert await catch_up(sqlite_rig.db, channel, Counter())
    await channel.close()


async def test_the_account_answers_with_its_name(channel: TwilioChannel) -> None:
    assert await channel.account() == "Kumbusha test (active)"


async def test_wrong_credentials_are_told_apart(double: TwilioDouble) -> None:
    channel = TwilioChannel(ACCOUNT_SID, "wrong", sender=NUMBER, base_url=double.base_url)
    error = await failure_of(channel)
    await channel.close()
    assert (error.hold_channel, error.reason) == (True, "20003 account credentials refused")


async def test_the_double_runs_as_a_process_of_its_own() -> None:
    command = (sys.executable, "-m", "tests.doubles.twilio_api", "--port", "0")
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    root = f"http://127.0.0.1:{int(await process.stdout.readline())}"
    channel = channel_to(root)
    async with httpx.AsyncClient(base_url=root) as control:
        form = (await control.post("/__receive", json={"from": AMA, "body": "DUE"})).json()
        await channel.send(outbound(), NOW)
        sent = (await control.get("/__sent")).json()
    await channel.close()
    process.terminate()
    await process.wait()
    assert [(one["to"], one["body"]) for one in sent] == [(AMA, "Hello")]
    assert parse_inbound(form, NOW).text == "DUE"
