"""WhatsApp: free words while a window is open, templates when it is shut, another way or patience without one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.channels.console import ConsoleChannel
from bot.channels.twilio import TwilioChannel, parse_inbound, parse_status
from bot.channels.whatsapp import SHUT_CODE, WhatsAppChannel
from bot.news import take_news
from bot.outbox import Sender
from bot.turns import take_turn
from domain.messages import Inbound, Lane, Status
from domain.people import AddressStatus, Urn
from storage import contacts, outbox
from storage.models import InboundRow, OutboundRow
from storage.outbox import Part
from storage.windows import Envelope, envelope
from tests.doubles.server import Fault
from tests.doubles.twilio_api import ACCOUNT_SID, AUTH_TOKEN, NUMBER, TwilioDouble
from tests.rig import Rig

AMA = Urn("whatsapp", "+233200000911")
TEMPLATES = {"prompt": {"en": "HX1", "sw": "HX2"}}


@pytest.fixture
async def double(sqlite_rig: Rig) -> AsyncIterator[TwilioDouble]:
    async with TwilioDouble(now=lambda: sqlite_rig.now) as running:
        yield running


class Desk:
    """A programme in which Ama prefers WhatsApp, and a sender that talks to the double."""

    def __init__(self, rig: Rig, double: TwilioDouble, templates: Mapping[str, Mapping[str, str]]) -> None:
        self.rig, self.double = rig, double
        ama = rig.contact("ama")
        with rig.db.begin() as db:
            contacts.add_address(db, ama.id, AMA)
            contacts.change(db, ama.id, preferred="whatsapp")
        self.ama = ama.id
        twilio = TwilioChannel(
            ACCOUNT_SID,
            AUTH_TOKEN,
            scheme="whatsapp",
            sender=NUMBER,
            status_url="https://x/s",
            base_url=double.base_url,
        )
        self.sms = ConsoleChannel("sms", rig.sent.append)
        self.channel = WhatsAppChannel(twilio, templates, self._look_up)
        self.sender = Sender(rig.db, {"whatsapp": self.channel, "tel": self.sms}, lambda: rig.now)

    async def _look_up(self, outbound_id: int) -> Envelope:
        return await self.rig.db.run(envelope, outbound_id, SHUT_CODE)

    def writes(self, text: str) -> Inbound:
        """Let Ama write on WhatsApp, as Twilio's webhook brings it."""
        inbound = parse_inbound(self.double.receive(f"whatsapp:{AMA.path}", text), self.rig.now)
        self.rig.db.work(take_turn, inbound, self.rig.now)
        return inbound

    def put(self, text: str, kind: str = "prompt", lane: Lane = Lane.BULK, contact: bool = True) -> None:
        part = Part(
            key=text, kind=kind, lane=lane, urn=AMA, text=text, segments=0, due_at=self.rig.now,
            contact_id=self.ama if contact else None,
        )  # fmt: skip
        self.rig.db.work(outbox.put, part, self.rig.now)

    async def send(self) -> None:
        """Send all that is due."""
        while await self.sender.send_due():
            pass

    def row(self, key: str) -> OutboundRow:
        """Return a part by its key."""
        with self.rig.db.begin() as db:
            return db.scalars(select(OutboundRow).where(OutboundRow.key == key)).one()


@pytest.fixture
async def desk(sqlite_rig: Rig, double: TwilioDouble) -> AsyncIterator[Desk]:
    sqlite_rig.now += timedelta(days=2, hours=2)
    made = Desk(sqlite_rig, double, TEMPLATES)
    yield made
    await made.channel.close()


async def test_a_message_is_taken_from_the_number_behind_the_prefix(desk: Desk) -> None:
    inbound = desk.writes("WHO")
    assert (inbound.channel, inbound.sender) == ("whatsapp", AMA)
    with desk.rig.db.begin() as db:
        assert db.scalars(select(InboundRow.contact_id)).one() == desk.ama


async def test_an_answer_goes_as_free_text_to_the_prefixed_number(desk: Desk) -> None:
    desk.writes("WHO")
    await desk.send()
    [sent] = desk.double.sent
    assert (sent.to, sent.from_) == (f"whatsapp:{AMA.path}", f"whatsapp:{NUMBER}")
    assert "Ama" in sent.body
    assert (sent.content_sid, sent.validity_period) == ("", "")


async def test_outside_the_window_the_words_fill_a_template_and_no_body_goes(desk: Desk) -> None:
    desk.put("Oct 2026 review.\nSend  ANC1 ABS.")
    await desk.send()
    [sent] = desk.double.sent
    assert (sent.content_sid, sent.body) == ("HX1", "")
    assert json.loads(sent.content_variables) == {"1": "Ama", "2": "Oct 2026 review. Send ANC1 ABS."}


async def test_a_template_in_doubt_is_found_by_as_much_of_its_words_as_went_into_it(desk: Desk) -> None:
    desk.put("Send ANC1 and ABS. " * 60)
    desk.double.faults.append(Fault(on="send", drop="after"))
    await desk.send()
    [sent] = desk.double.sent
    name, words = json.loads(sent.content_variables).values()
    sent.body = f"Hello {name}. {words} Reply here."
    desk.rig.now += timedelta(minutes=5)
    await desk.sender.settle_doubts()
    await desk.send()
    assert len(desk.double.sent) == 1


async def test_the_window_is_a_day_long_and_a_message_opens_it_again(desk: Desk) -> None:
    desk.writes("WHO")
    await desk.send()
    for hours in (23, 2):
        desk.rig.now += timedelta(hours=hours)
        desk.put(f"after {hours} hours more")
        await desk.send()
    assert [sent.content_sid for sent in desk.double.sent[1:]] == ["", "HX1"]
    desk.writes("DUE")
    desk.put("once more")
    await desk.send()
    assert [sent.content_sid for sent in desk.double.sent[3:]] == ["", ""]


async def test_the_template_is_in_the_language_of_its_reader(desk: Desk) -> None:
    with desk.rig.db.begin() as db:
        contacts.change(db, desk.ama, language="sw")
    desk.put("Tathmini")
    await desk.send()
    assert desk.double.sent[0].content_sid == "HX2"


async def test_without_a_template_the_words_go_by_sms_and_it_is_written_down(desk: Desk) -> None:
    desk.put("An alert", kind="alert")
    await desk.send()
    assert desk.double.sent == []
    assert [(m.urn.scheme, m.text) for m in desk.rig.sent] == [("tel", "An alert")]
    row = desk.row("An alert")
    assert (row.status, row.reason) == (Status.FAILED, "63016 window shut, no template")


async def test_who_has_no_other_way_gets_the_words_once_they_write(desk: Desk) -> None:
    with desk.rig.db.begin() as db:
        for address in contacts.load(db, desk.ama).addresses:
            if address.urn != AMA:
                contacts.mark_address(db, address.urn, AddressStatus.UNREACHABLE)
    desk.put("An alert", kind="alert")
    await desk.send()
    assert (desk.row("An alert").status, desk.row("An alert").reason) == (
        Status.QUEUED,
        "63016 window shut, no template",
    )
    desk.writes("WHO")
    desk.rig.now += timedelta(minutes=31)
    await desk.send()
    assert [sent.body for sent in desk.double.sent][-1] == "An alert"


async def test_a_refusal_for_the_window_turns_to_the_template(desk: Desk) -> None:
    desk.writes("WHO")
    await desk.send()
    desk.double.shut.add(f"whatsapp:{AMA.path}")
    desk.put("Prompt")
    await desk.send()
    assert desk.double.sent[-1].content_sid == "HX1"


async def test_a_callback_that_the_window_is_shut_sends_the_template_once(desk: Desk) -> None:
    desk.writes("WHO")
    await desk.send()
    desk.put("Prompt")
    await desk.send()
    news = parse_status(desk.double.status_form(desk.double.sent[-1], "undelivered", 63016))
    for _n in range(2):
        desk.rig.db.work(take_news, news, desk.rig.now, None)
        await desk.send()
    assert [sent.content_sid for sent in desk.double.sent[1:]] == ["", "HX1"]


async def test_a_template_that_is_refused_as_well_goes_by_sms(desk: Desk) -> None:
    desk.writes("WHO")
    await desk.send()
    desk.put("Prompt")
    for _n in range(2):
        await desk.send()
        news = parse_status(desk.double.status_form(desk.double.sent[-1], "undelivered", 63016))
        desk.rig.db.work(take_news, news, desk.rig.now, None)
    await desk.send()
    assert [sent.content_sid for sent in desk.double.sent[1:]] == ["", "HX1"]
    assert [(m.urn.scheme, m.text) for m in desk.rig.sent] == [("tel", "Prompt")]


async def test_what_never_arrived_is_found_or_not(desk: Desk) -> None:
    desk.double.faults.append(Fault(drop="after"))
    desk.writes("WHO")
    await desk.send()
    desk.rig.now += timedelta(minutes=5)
    await desk.sender.settle_doubts()
    await desk.send()
    assert len(desk.double.sent) == 1


async def test_missed_messages_on_whatsapp_are_told_from_sms(desk: Desk) -> None:
    desk.double.receive(f"whatsapp:{AMA.path}", "by WhatsApp")
    desk.double.receive("+233200000011", "by SMS")
    carrier = desk.channel.carrier
    assert isinstance(carrier, TwilioChannel)
    [missed] = [page async for page in carrier.recent_inbound(desk.rig.now - timedelta(hours=1))]
    assert [(m.channel, m.sender, m.text) for m in missed] == [("whatsapp", AMA, "by WhatsApp")]


async def test_a_code_joins_from_whatsapp_and_the_dialogue_goes_on_there(sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    with rig.db.begin() as db:
        contacts.add_code(db, rig.contact("ama").id, "ASU-9K4M", None)
    await asyncio.to_thread(rig.says, AMA, "JOIN ASU-9K4M")
    await asyncio.to_thread(rig.says, AMA, "WHO")
    assert [m.urn for m in rig.sent] == [AMA, AMA]
    assert "WhatsApp" in rig.sent[-1].text
    assert AMA in [address.urn for address in rig.contact("ama").addresses]
