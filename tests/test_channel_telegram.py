"""Telegram: what each update means, and what each answer of the Bot API means for a message."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from telegram import error as telegram_error

from bot.channels import Channel
from bot.channels.telegram import TelegramChannel, send_error
from bot.channels.updates import button_id, check_secret, parse_update
from bot.outbox import Sender
from bot.turns import take_turn
from domain.messages import (
    BadRequest,
    Document,
    Inbound,
    InboundKind,
    Lane,
    Outbound,
    Receipt,
    SendError,
    SendFailure,
    Status,
)
from domain.people import Urn
from scheduler.schedule import tick
from storage import outbox
from storage.outbox import Part
from tests.doubles.server import Fault, deaf_address
from tests.doubles.telegram_api import TOKEN, TelegramDouble
from tests.rig import Rig

PAYLOADS = Path(__file__).parent / "payloads" / "telegram"
AMA = Urn("telegram", "7001")
SENT_AT = datetime(2026, 11, 2, 14, 5, tzinfo=UTC)
NOW = SENT_AT + timedelta(hours=5)
ONE_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8ffff3f0005fe02fe0def46b80000"
    "000049454e44ae426082"
)


def payload(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text())
    return found


def said(text: str) -> Inbound:
    return Inbound("telegram", "m7001:41", AMA, text, SENT_AT)


def edited(text: str) -> Inbound:
    at = SENT_AT + timedelta(minutes=1)
    return Inbound("telegram", "e9000", AMA, text, at, InboundKind.EDIT, edit_of="m7001:41")


def pressed(value: str) -> Inbound:
    return Inbound("telegram", "c4382bfdwdsb323b2d9", AMA, value, NOW, InboundKind.BUTTON, ticket=12)


def news(kind: InboundKind) -> Inbound:
    return Inbound("telegram", "u9000", AMA, "", SENT_AT, kind)


UPDATES: dict[str, Inbound | None] = {
    "text": said("REP ANC1 412/615  ABS 12 "),
    "text_unicode": said("Ripoti ANC1 ٤١٢/٦١٥ 🙏\nkwa sababu…"),
    "text_with_slash": said("/5 is not a command, nor is /usr/bin"),
    "forwarded": said("REP ANC1 5/9"),
    "command": said("due"),
    "command_to_bot": said("report ANC1 412/615"),
    "command_on_lines": said("rep\nANC1 412/615"),
    "start": said("START"),
    "start_with_code": said("JOIN ASU-7F3Q"),
    "caption": said("rep ABS 12"),
    "photo": said(""),
    "voice": said(""),
    "location": said(""),
    "edited": edited("REP ANC1 467/615"),
    "edited_caption": edited("ABS 14"),
    "button": pressed("yes"),
    "button_with_colons": pressed("at:14:05"),
    "button_inaccessible": pressed("no"),
    "button_of_old_version": None,
    "button_without_value": None,
    "button_without_ticket": None,
    "button_in_group": None,
    "button_inline": None,
    "button_of_game": None,
    "blocked": news(InboundKind.BLOCKED),
    "unblocked": news(InboundKind.OPTED_IN),
    "added_to_group": None,
    "group": None,
    "group_edit": None,
    "from_bot": None,
    "channel_post": None,
    "unknown_kind": None,
}


@pytest.mark.parametrize("name", UPDATES)
def test_each_update_means_one_thing(name: str) -> None:
    assert parse_update(payload(name), NOW) == UPDATES[name]


def test_every_payload_has_its_outcome() -> None:
    assert {path.stem for path in PAYLOADS.iterdir()} == set(UPDATES)


def test_a_press_without_a_clock_gets_the_time_of_its_question() -> None:
    pressed_then = parse_update(payload("button"))
    assert pressed_then is not None
    assert pressed_then.received_at == SENT_AT - timedelta(hours=1)


def test_reading_an_update_leaves_it_as_it_was() -> None:
    update = payload("button")
    parse_update(update, NOW)
    assert update == payload("button")


@pytest.mark.parametrize("update", [{"update_id": 1, "message": {"text": "x"}}, {"update_id": 1, "message": 5}])
def test_an_unreadable_update_is_a_bad_request(update: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        parse_update(update)


def test_the_callback_id_is_found_only_in_presses() -> None:
    assert button_id(payload("button_of_old_version")) == "4382bfdwdsb323b2d9"
    assert button_id(payload("text")) is None


@pytest.mark.parametrize("name", ["X-Telegram-Bot-Api-Secret-Token", "x-telegram-bot-api-secret-token"])
def test_the_right_secret_passes(name: str) -> None:
    check_secret({name: "s3cret"}, "s3cret")


@pytest.mark.parametrize(("given", "secret"), [("wrong", "s3cret"), ("", "s3cret"), ("", ""), ("clé", "s3cret")])
def test_a_wrong_or_missing_secret_is_forbidden(given: str, secret: str) -> None:
    with pytest.raises(BadRequest) as refused:
        check_secret({"X-Telegram-Bot-Api-Secret-Token": given}, secret)
    assert refused.value.status == 403


@pytest.fixture
async def double() -> AsyncIterator[TelegramDouble]:
    async with TelegramDouble() as running:
        yield running


@pytest.fixture
async def channel(double: TelegramDouble) -> AsyncIterator[TelegramChannel]:
    made = TelegramChannel(TOKEN, base_url=double.base_url, timeout=5, poll_seconds=1, first_pause=0.05)
    yield made
    await made.close()


def outbound(text: str = "Hello", **more: Any) -> Outbound:
    return Outbound(1, AMA, text, **more)


async def failure_of(channel: Channel, message: Outbound | None = None) -> SendError:
    with pytest.raises(SendError) as failed:
        await channel.send(message or outbound(), NOW)
    return failed.value


async def test_a_text_is_sent_as_it_is_with_its_buttons(double: TelegramDouble, channel: TelegramChannel) -> None:
    receipt = await channel.send(outbound("a < b & *c*_", buttons=(("Yes", "v1:1:yes"), ("No", "v1:1:no"))), NOW)
    [sent] = double.sent
    assert (sent.chat_id, sent.text, sent.picture) == (7001, "a < b & *c*_", 0)
    assert sent.buttons == (("Yes", "v1:1:yes"), ("No", "v1:1:no"))
    assert receipt == Receipt(f"7001:{sent.message_id}", Status.SENT)


async def test_a_picture_is_sent_with_its_caption(double: TelegramDouble, channel: TelegramChannel) -> None:
    await channel.send(outbound("Trend", picture=ONE_PIXEL, buttons=(("More", "v1:1:m"),)), NOW)
    [sent] = double.sent
    assert (sent.method, sent.text, sent.picture) == ("sendphoto", "Trend", len(ONE_PIXEL))
    assert sent.buttons == (("More", "v1:1:m"),)


async def test_a_document_is_sent_under_its_name_with_its_words(
    double: TelegramDouble, channel: TelegramChannel
) -> None:
    pack = Document("group1-2026-Q3.pdf", b"%PDF-1.4 and so on")
    receipt = await channel.send(outbound("The meeting pack is enclosed.", document=pack), NOW)
    [sent] = double.sent
    assert (sent.method, sent.text) == ("senddocument", "The meeting pack is enclosed.")
    assert sent.document == ("group1-2026-Q3.pdf", "application/pdf", 18)
    assert receipt == Receipt(f"7001:{sent.message_id}", Status.SENT)


async def test_a_document_that_telegram_cannot_take_is_our_own_mistake(
    double: TelegramDouble, channel: TelegramChannel
) -> None:
    double.faults.append(Fault(status=413, description="Request Entity Too Large"))
    pack = Document("pack.pdf", b"%PDF")
    assert (await failure_of(channel, outbound("Pack", document=pack))).failure is J
    with pytest.raises(ValueError, match="split it"):
        await channel.send(outbound("x" * 1025, document=pack), NOW)


async def test_a_pack_that_was_asked_for_reaches_the_chat_as_a_pdf(
    sqlite_rig: Rig, double: TelegramDouble, channel: TelegramChannel
) -> None:
    rig = sqlite_rig
    efua = next(a.urn for a in rig.contact("efua").addresses if a.urn.scheme == "telegram")
    rig.db.work(take_turn, Inbound("telegram", "m1", efua, "PACK Q3", rig.now), rig.now)
    rig.now = datetime(2026, 11, 2, 9, tzinfo=UTC)
    tick(rig.db, rig.now)
    sender = Sender(rig.db, {"telegram": channel}, lambda: rig.now)
    while await sender.send_due():
        pass
    documents = [sent.document for sent in double.sent if sent.document]
    assert [(name, kind) for name, kind, _size in documents] == [("group1-2026-Q3.pdf", "application/pdf")]
    assert documents[0][2] > 10_000


@pytest.mark.parametrize("message", [outbound("x" * 4097), outbound("x" * 1025, picture=ONE_PIXEL)])
async def test_a_text_too_long_is_our_own_mistake(channel: TelegramChannel, message: Outbound) -> None:
    with pytest.raises(ValueError, match="split it"):
        await channel.send(message, NOW)


async def test_the_longest_text_passes(double: TelegramDouble, channel: TelegramChannel) -> None:
    await channel.send(outbound("x" * 4096), NOW)
    assert len(double.sent[0].text) == 4096


# What the Bot API does -> failure, seconds to wait, whether the channel is held, and whether the person got it.
R, P, S, U = SendFailure.RETRYABLE, SendFailure.PERMANENT, SendFailure.STOPPED, SendFailure.UNKNOWN
J, E = SendFailure.REJECTED, SendFailure.ELSEWHERE
FAULTS = {
    "flood": (Fault(status=429, description="Too Many Requests", retry_after=7), R, 7.0, True, 0),
    "blocked": (Fault(status=403, description="Forbidden: bot was blocked by the user"), S, None, False, 0),
    "no chat": (Fault(status=400, description="Bad Request: chat not found"), P, None, False, 0),
    "account deleted": (Fault(status=403, description="Forbidden: user is deactivated"), P, None, False, 0),
    "never wrote": (
        Fault(status=403, description="Forbidden: bot can't initiate conversation with a user"),
        P,
        None,
        False,
        0,
    ),
    "another refusal": (Fault(status=403, description="Forbidden: something new"), S, None, False, 0),
    "no right": (Fault(status=400, description="Bad Request: CHAT_WRITE_FORBIDDEN"), E, None, False, 0),
    "button too long": (Fault(status=400, description="Bad Request: BUTTON_DATA_INVALID"), J, None, False, 0),
    "file too large": (Fault(status=413, description="Request Entity Too Large"), J, None, False, 0),
    "our text": (Fault(status=400, description="Bad Request: message is too long"), J, None, False, 0),
    "a refusal that we do not know": (Fault(status=400, description="Bad Request: something new"), E, None, False, 0),
    "token refused": (Fault(status=401, description="Unauthorized"), R, 300.0, True, 0),
    "server error": (Fault(status=500), R, None, False, 0),
    "bad gateway": (Fault(status=502, description="Bad Gateway"), R, None, False, 0),
    "conflict": (Fault(status=409, description="Conflict"), R, None, False, 0),
    "dropped before it was taken": (Fault(drop="before"), U, None, False, 0),
    "dropped after it was taken": (Fault(drop="after"), U, None, False, 1),
    "an answer cut short": (Fault(cut=True), U, None, False, 1),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_each_fault_says_what_to_do_next(name: str, double: TelegramDouble, channel: TelegramChannel) -> None:
    fault, failure, retry_after, hold, arrived = FAULTS[name]
    double.faults.append(fault)
    error = await failure_of(channel)
    assert (error.failure, error.retry_after, error.hold_channel) == (failure, retry_after, hold)
    assert len(double.sent) == arrived


async def test_a_picture_that_is_refused_leaves_its_words(
    sqlite_rig: Rig, double: TelegramDouble, channel: TelegramChannel
) -> None:
    rig = sqlite_rig
    kofi = rig.urn("kofi", "telegram")
    words = Part("k", "digest", Lane.BULK, kofi, "Trend", 0, rig.now, rig.contact("kofi").id, picture=ONE_PIXEL)
    rig.db.work(outbox.put, words, rig.now)
    double.faults.append(Fault(status=400, description="Bad Request: IMAGE_PROCESS_FAILED"))
    sender = Sender(rig.db, {"telegram": channel}, lambda: rig.now)
    while await sender.send_due():
        pass
    assert [(sent.method, sent.text) for sent in double.sent] == [("sendmessage", "Trend")]


async def test_after_a_fault_the_next_message_passes(double: TelegramDouble, channel: TelegramChannel) -> None:
    double.faults.append(Fault(drop="before"))
    await failure_of(channel)
    await channel.send(outbound("again"), NOW)
    assert [sent.text for sent in double.sent] == ["again"]


async def test_a_person_who_blocked_the_bot_is_stopped(double: TelegramDouble, channel: TelegramChannel) -> None:
    double.blocked.add(7001)
    assert (await failure_of(channel)).failure is S


async def test_a_wrong_token_holds_the_channel(double: TelegramDouble) -> None:
    channel = TelegramChannel("100:WRONG", base_url=double.base_url)
    error = await failure_of(channel)
    await channel.close()
    assert (error.failure, error.retry_after, error.hold_channel) == (R, 300.0, True)


async def test_a_refused_connection_may_be_tried_again() -> None:
    async with TelegramDouble() as gone:
        base_url = gone.base_url
    channel = TelegramChannel(TOKEN, base_url=base_url)
    error = await failure_of(channel)
    await channel.close()
    assert error.failure is R
    assert TOKEN not in str(error)


async def test_an_answer_that_comes_too_late_leaves_the_outcome_unknown(double: TelegramDouble) -> None:
    double.faults.append(Fault(delay=0.6))
    impatient = TelegramChannel(TOKEN, base_url=double.base_url, timeout=0.3)
    error = await failure_of(impatient)
    await impatient.close()
    assert (error.failure, len(double.sent)) == (U, 1)


async def test_a_connection_that_is_never_made_may_be_tried_again() -> None:
    with deaf_address() as address:
        channel = TelegramChannel(TOKEN, base_url=f"{address}/bot", timeout=0.2)
        error = await failure_of(channel)
        await channel.close()
    assert (error.failure, error.reason) == (R, "ConnectTimeout")


def test_a_migrated_chat_and_unreadable_answers() -> None:
    unreadable = telegram_error.TelegramError("Invalid server response")
    gateway_page = telegram_error.NetworkError("Bad Gateway (502)")
    gateway_page.__cause__ = unreadable
    assert send_error(telegram_error.ChatMigrated(-100123), outbound()).failure is P
    assert send_error(unreadable, outbound()).failure is U
    assert send_error(gateway_page, outbound()).failure is R


async def test_telegram_cannot_be_asked_what_it_sent(channel: TelegramChannel) -> None:
    with pytest.raises(LookupError):
        await channel.find(outbound(), NOW)


async def test_the_webhook_is_set_and_deleted(double: TelegramDouble, channel: TelegramChannel) -> None:
    await channel.set_webhook("https://kumbusha.example/telegram", "s3cret")
    assert double.webhook["secret_token"] == "s3cret"
    assert "my_chat_member" in double.webhook["allowed_updates"]
    await channel.delete_webhook()
    assert double.webhook == {}


async def test_the_bot_knows_its_name(channel: TelegramChannel) -> None:
    assert await channel.me() == "@kumbusha_test_bot"


async def test_answering_an_old_button_is_no_error(double: TelegramDouble, channel: TelegramChannel) -> None:
    double.faults.append(Fault(on="answer", status=400, description="Bad Request: query is too old"))
    await channel.answer_button("1")
    await channel.answer_button("2")
    assert double.answered == ["2"]


class Inbox:
    """A durable store for the poller, with the offset it keeps, and a way to fail."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.seen: list[Inbound] = []
        self.offset: int | None = None
        self.failing = self.away = 0

    async def store(self, inbound: Inbound) -> None:
        if self.failing:
            self.failing -= 1
            raise OSError("disk full")
        self.seen.append(inbound)
        self.texts.append(inbound.text)

    async def load(self) -> int | None:
        if self.away:
            self.away -= 1
            raise OSError("the database restarts")
        return self.offset

    async def save(self, offset: int) -> None:
        if self.failing:
            self.failing -= 1
            raise OSError("disk full")
        self.offset = offset


@asynccontextmanager
async def polling(channel: TelegramChannel, inbox: Inbox) -> AsyncIterator[None]:
    stop = asyncio.Event()
    poll = asyncio.create_task(channel.poll(inbox.store, inbox.load, inbox.save, stop, lambda: NOW))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(poll, 1)


async def until(holds: Callable[[], bool], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_updates_are_stored_then_confirmed(double: TelegramDouble, channel: TelegramChannel) -> None:
    inbox = Inbox()
    double.say(7001, "one")
    double.say(7002, "two")
    async with polling(channel, inbox):
        await until(lambda: double.waiting == [])
        double.say(7001, "three")
        await until(lambda: inbox.texts == ["one", "two", "three"])
    assert double.confirmed >= 501


async def test_what_cannot_be_stored_is_not_confirmed_and_comes_again(
    double: TelegramDouble, channel: TelegramChannel
) -> None:
    inbox = Inbox()
    inbox.failing = 1
    double.say(7001, "one")
    async with polling(channel, inbox):
        await until(lambda: "getupdates" in double.calls and not inbox.failing)
        assert double.waiting == [500]
        await until(lambda: double.waiting == [])
    assert inbox.texts == ["one"]


async def test_an_offset_that_cannot_be_saved_does_not_end_the_polling(
    double: TelegramDouble, channel: TelegramChannel
) -> None:
    inbox = Inbox()
    double.say(7001, "one")
    async with polling(channel, inbox):
        await until(lambda: inbox.texts == ["one"])
        inbox.failing = 1
        await until(lambda: inbox.offset == 0)
        double.say(7001, "two")
        await until(lambda: inbox.texts == ["one", "two"])


async def test_an_offset_that_cannot_be_read_yet_is_read_later(
    double: TelegramDouble, channel: TelegramChannel
) -> None:
    inbox = Inbox()
    inbox.away = 1
    double.say(7001, "one")
    async with polling(channel, inbox):
        await until(lambda: inbox.texts == ["one"])
    assert inbox.away == 0


async def test_a_batch_that_fails_in_the_middle_goes_on_where_it_was(
    double: TelegramDouble, channel: TelegramChannel
) -> None:
    inbox = Inbox()

    async def fail_once_at_two(inbound: Inbound) -> None:
        inbox.failing = 1 if inbound.text == "two" and "failed" not in inbox.texts else 0
        if inbox.failing:
            inbox.texts.append("failed")
        await Inbox.store(inbox, inbound)

    for text in ("one", "two", "three"):
        double.say(7001, text)
    stop = asyncio.Event()
    poll = asyncio.create_task(channel.poll(fail_once_at_two, inbox.load, inbox.save, stop))
    await until(lambda: double.waiting == [])
    stop.set()
    await poll
    assert inbox.texts == ["one", "failed", "two", "three"]


async def test_repeated_and_disordered_updates_are_handed_over_in_order(
    double: TelegramDouble, channel: TelegramChannel
) -> None:
    inbox = Inbox()
    double.faults.append(Fault(on="getUpdates", twice=True, backwards=True))
    double.say(7001, "one")
    double.say(7001, "two")
    async with polling(channel, inbox):
        await until(lambda: double.waiting == [])
    assert inbox.texts == ["one", "one", "two", "two"]
    assert len({inbound.provider_id for inbound in inbox.seen}) == 2


async def test_an_unreadable_update_is_logged_by_its_id_and_passed_over(
    double: TelegramDouble, channel: TelegramChannel, caplog: pytest.LogCaptureFixture
) -> None:
    inbox = Inbox()
    broken = double.push({"message": {"text": "private words"}})
    double.say(7001, "after")
    async with polling(channel, inbox):
        await until(lambda: double.waiting == [])
    assert inbox.texts == ["after"]
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert vars(record)["update_id"] == broken
    assert "private words" not in record.getMessage()


async def test_every_press_is_answered_even_one_that_means_nothing(
    double: TelegramDouble, channel: TelegramChannel
) -> None:
    inbox = Inbox()
    double.press(7001, "v1:3:yes")
    double.press(7001, "old")
    async with polling(channel, inbox):
        await until(lambda: len(double.answered) == 2)
    [press] = inbox.seen
    assert (press.ticket, press.text, press.received_at) == (3, "yes", NOW)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(on="getUpdates", status=409, description="Conflict: terminated by other getUpdates request"),
        Fault(on="getUpdates", status=502, description="Bad Gateway"),
        Fault(on="getUpdates", status=401, description="Unauthorized"),
        Fault(on="getUpdates", status=429, description="Too Many Requests", retry_after=1),
        Fault(on="getUpdates", drop="before"),
        Fault(on="getUpdates", drop="after"),
    ],
    ids=["conflict", "bad gateway", "token refused", "flood", "dropped", "dropped after"],
)
async def test_polling_goes_on_after_a_fault(fault: Fault, double: TelegramDouble, channel: TelegramChannel) -> None:
    inbox = Inbox()
    double.faults.append(fault)
    double.say(7001, "one")
    async with polling(channel, inbox):
        await until(lambda: inbox.texts == ["one"])


async def test_polling_stops_at_once_though_a_poll_is_open(double: TelegramDouble, channel: TelegramChannel) -> None:
    async with polling(channel, Inbox()):
        await until(lambda: "getupdates" in double.calls)


async def test_an_old_offset_does_not_hide_ids_that_started_again(
    double: TelegramDouble, channel: TelegramChannel
) -> None:
    inbox = Inbox()
    double.say(7001, "one")
    async with polling(channel, inbox):
        await until(lambda: inbox.offset == 0)
        double.push({**payload("text"), "update_id": 3})
        await until(lambda: len(inbox.texts) == 2)


async def test_a_crash_between_storing_and_confirming_repeats_the_update(
    double: TelegramDouble, channel: TelegramChannel
) -> None:
    inbox = Inbox()

    async def store_then_die(inbound: Inbound) -> None:
        await inbox.store(inbound)
        raise asyncio.CancelledError

    double.say(7001, "one")
    with suppress(asyncio.CancelledError):
        await channel.poll(store_then_die, inbox.load, inbox.save, asyncio.Event())
    assert double.waiting == [500]
    async with polling(channel, inbox):
        await until(lambda: double.waiting == [])
    assert inbox.texts == ["one", "one"]
    assert inbox.seen[0] == inbox.seen[1]


async def test_the_double_runs_as_a_process_of_its_own() -> None:
    command = (sys.executable, "-m", "tests.doubles.telegram_api", "--port", "0")
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    root = f"http://127.0.0.1:{int(await process.stdout.readline())}"
    channel = TelegramChannel(TOKEN, base_url=f"{root}/bot")
    async with httpx.AsyncClient(base_url=root) as control:
        await control.post("/__faults", json={"status": 502})
        assert (await failure_of(channel)).failure is R
        await channel.send(outbound("Hello"), NOW)
        sent = (await control.get("/__sent")).json()
        assert (await control.post("/__push", json=payload("text"))).json() == {"update_id": 9000}
    await channel.close()
    process.terminate()
    await process.wait()
    assert [(one["chat_id"], one["text"]) for one in sent] == [(7001, "Hello")]
