"""Pictures and documents on WhatsApp: fetched from a signed address that lapses, and never announced without them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from bot.channels.console import ConsoleChannel
from bot.channels.twilio import TwilioChannel, parse_inbound, parse_status
from bot.channels.whatsapp import SHUT_CODE, WhatsAppChannel
from bot.media import link
from bot.news import take_news
from bot.outbox import Sender
from bot.reaching import hand_document, queue
from bot.turns import take_turn
from conversations.flows.briefing import chat_of
from conversations.turn import say
from domain.messages import Document, Lane, Say
from domain.people import Contact, Urn
from domain.text import plain
from storage import contacts, outbox
from storage.models import OutboundRow
from storage.windows import Envelope, envelope
from tests.doubles.twilio_api import AUTH_TOKEN, TwilioDouble
from tests.rig import Rig
from tests.serving import serving
from web.app import create_app

EFUA = Urn("whatsapp", "+233200000941")
PICTURE, PDF = b"\x89PNG picture", b"%PDF pages"
HOURS = 4


@pytest.fixture
def site(rig: Rig) -> Iterator[str]:
    """The address of our web, where a provider fetches from."""
    rig.now += timedelta(days=2)
    with serving(create_app(rig.db, lambda: rig.now, twilio=(AUTH_TOKEN, "https://kumbusha.test"))) as url:
        yield url


class Desk:
    """Efua on WhatsApp, and what she is sent there."""

    def __init__(self, rig: Rig, site: str | None, double: TwilioDouble) -> None:
        self.rig, self.double = rig, double
        efua = rig.contact("efua")
        with rig.db.begin() as db:
            contacts.add_address(db, efua.id, EFUA)
            contacts.change(db, efua.id, preferred="whatsapp")
        carrier = TwilioChannel(
            double.account_sid, double.auth_token, scheme="whatsapp", sender=double.number, media_url=site,
            base_url=double.base_url,
        )  # fmt: skip
        self.channel = WhatsAppChannel(carrier, {"*": {"en": "HX1"}}, self._look_up)
        others = {scheme: ConsoleChannel(scheme, rig.sent.append) for scheme in ("tel", "telegram")}
        self.sender = Sender(rig.db, {"whatsapp": self.channel, **others}, lambda: rig.now)

    @property
    def efua(self) -> Contact:
        return self.rig.contact("efua")

    async def _look_up(self, outbound_id: int) -> Envelope:
        return await self.rig.db.run(envelope, outbound_id, SHUT_CODE)

    async def writes(self) -> None:
        """Let Efua write, which opens the window."""
        inbound = parse_inbound(self.double.receive(f"whatsapp:{EFUA.path}", "WHO"), self.rig.now)
        await self.rig.db.run(take_turn, inbound, self.rig.now)
        await self.send()
        self.double.sent.clear()

    async def digest(self) -> None:
        """Send words with a picture."""
        message = Say((plain("The week"),), picture=PICTURE)
        await self.rig.db.run(queue, message, self.efua, EFUA, "digest", "digest", Lane.ANSWER, self.rig.now)
        await self.send()

    async def pack(self) -> None:
        """Send a document."""
        document, words = Document("pack.pdf", PDF), say(plain("The pack is enclosed"))
        await self.rig.db.run(hand_document, self.efua, EFUA, words, document, "pack", "pack", self.rig.now)
        await self.send()

    async def send(self) -> None:
        while await self.sender.send_due():
            pass

    def news(self, code: int) -> None:
        """Let Twilio call back that the last message came to nothing."""
        receipt = parse_status(self.double.status_form(self.double.sent[-1], "undelivered", code))
        self.rig.db.work(take_news, receipt, self.rig.now, None)


@pytest.fixture
async def desk(rig: Rig, site: str) -> AsyncIterator[Desk]:
    async with TwilioDouble(now=lambda: rig.now) as double:
        made = Desk(rig, site, double)
        yield made
        await made.channel.close()


async def test_a_picture_follows_its_words_and_is_fetched_from_us(desk: Desk) -> None:
    await desk.writes()
    await desk.digest()
    words, picture = desk.double.sent
    assert (words.body, words.media_url, picture.body) == ("The week", "", "")
    async with httpx.AsyncClient() as http:
        fetched = await http.get(picture.media_url)
        assert (fetched.content, fetched.headers["content-type"]) == (PICTURE, "image/png")
        assert fetched.headers["cache-control"] == "private, no-store"
        desk.rig.now += timedelta(hours=HOURS, seconds=1)
        assert (await http.get(picture.media_url)).status_code == 404


async def test_a_document_is_fetched_from_us(desk: Desk) -> None:
    await desk.writes()
    assert chat_of(desk.efua) == EFUA
    await desk.pack()
    [sent] = desk.double.sent
    async with httpx.AsyncClient() as http:
        fetched = await http.get(sent.media_url)
    assert (fetched.content, fetched.headers["content-type"]) == (PDF, "application/pdf")


@pytest.mark.parametrize("enclose", [Desk.digest, Desk.pack])
async def test_without_a_public_address_nothing_goes_that_promises_an_enclosure(
    rig: Rig, enclose: Callable[[Desk], Awaitable[None]]
) -> None:
    async with TwilioDouble(now=lambda: rig.now) as double:
        desk = Desk(rig, None, double)
        await desk.writes()
        await enclose(desk)
        assert [sent.body for sent in double.sent] == (["The week"] if enclose is Desk.digest else [])
        with rig.db.begin() as db:
            reasons = db.scalars(select(OutboundRow.reason).where(OutboundRow.status == "failed")).all()
        assert reasons == ["PUBLIC_URL is not set: nothing can be enclosed"]
        await desk.channel.close()


async def test_where_the_window_is_shut_the_words_go_without_their_picture(desk: Desk) -> None:
    await desk.digest()
    [sent] = desk.double.sent
    assert (sent.content_sid, sent.media_url) == ("HX1", "")
    assert desk.rig.db.work(outbox.counts) == {"wired": 1, "failed": 1}


async def test_a_document_waits_for_the_window_and_is_announced_nowhere_without_it(desk: Desk) -> None:
    await desk.pack()
    assert (desk.double.sent, desk.rig.sent) == ([], [])
    await desk.writes()
    desk.rig.now += timedelta(minutes=31)
    await desk.send()
    assert [bool(sent.media_url) for sent in desk.double.sent] == [True]


@pytest.mark.parametrize("code", [63019, 30003])
@pytest.mark.parametrize("enclose", [Desk.digest, Desk.pack])
async def test_what_twilio_did_not_fetch_is_sent_again_with_all_it_encloses_three_times_at_most(
    desk: Desk, enclose: Callable[[Desk], Awaitable[None]], code: int
) -> None:
    await desk.writes()
    await enclose(desk)
    first = desk.double.sent[-1]
    for _time in range(4):
        desk.news(code)
        await desk.send()
        desk.rig.now += timedelta(minutes=31)
        await desk.send()
        desk.rig.now += timedelta(minutes=91)
        await desk.send()
    again = desk.double.sent[desk.double.sent.index(first) + 1 :]
    assert ([(sent.body, bool(sent.media_url)) for sent in again], desk.rig.sent) == (3 * [(first.body, True)], [])


async def test_a_document_that_met_two_troubles_one_after_the_other_arrives_in_the_end(desk: Desk) -> None:
    await desk.writes()
    await desk.pack()
    desk.news(63016)  # the window shut while it was under way
    desk.rig.now += timedelta(minutes=5)
    await desk.writes()
    desk.rig.now += timedelta(minutes=31)
    await desk.send()
    desk.news(63019)  # and then it could not be fetched
    desk.rig.now += timedelta(minutes=61)
    await desk.send()
    assert [bool(sent.media_url) for sent in desk.double.sent] == [True, True]


async def test_a_document_that_came_too_late_for_the_window_waits_for_the_next_one(desk: Desk) -> None:
    await desk.writes()
    await desk.pack()
    desk.news(63016)
    desk.rig.now += timedelta(hours=3)
    await desk.send()
    assert len(desk.double.sent) == 1
    await desk.writes()
    desk.rig.now += timedelta(minutes=31)
    await desk.send()
    assert [bool(sent.media_url) for sent in desk.double.sent] == [True]
    assert desk.rig.sent == []


async def test_no_address_but_ours_opens_anything(desk: Desk, site: str) -> None:
    await desk.writes()
    await desk.digest()
    token = desk.double.sent[-1].media_url.rpartition("/")[2]
    outbound_id, until, signature = token.split(".")
    wrong = [
        f"{int(outbound_id) - 1}.{until}.{signature}",
        f"{outbound_id}.{int(until) + 1}.{signature}",
        f"{outbound_id}.{until}.{signature[::-1]}",
        f"{outbound_id}.{until}",
        f"{'9' * 5000}.{until}.{signature}",
        "²." + token,
        link("", int(outbound_id) - 1, desk.rig.now).rpartition("/")[2],  # words that enclose nothing
        link("", 10**9, desk.rig.now).rpartition("/")[2],
    ]
    async with httpx.AsyncClient() as http:
        assert [(await http.get(f"{site}/media/{one}")).status_code for one in wrong] == [404] * len(wrong)
        assert (await http.get(f"{site}/media/{token}")).status_code == 200


def test_nothing_is_handed_out_where_twilio_is_not_set(sqlite_rig: Rig) -> None:
    with serving(create_app(sqlite_rig.db, lambda: sqlite_rig.now)) as url:
        assert httpx.get(link(url, 1, sqlite_rig.now)).status_code == 404
