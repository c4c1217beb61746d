"""News after the sending: what each late refusal leads to; and a channel whose account is refused rests and is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select

from bot import catching_up
from bot.catching_up import catch_up_news
from bot.channels.console import ConsoleChannel
from bot.channels.twilio import TwilioChannel, parse_status
from bot.clock import wall_clock
from bot.holding import tell_of_refusals
from bot.news import take_news
from bot.outbox import Sender
from bot.turns import take_turn
from domain.messages import Inbound, Lane, Outbound, Receipt, SendFailure, Status
from domain.people import AddressStatus, Contact, ContactStatus, Role, Urn
from storage import contacts, holds, occurrences, outbox
from storage.models import OutboundRow
from storage.outbox import Part
from tests.doubles.server import Fault
from tests.doubles.twilio_api import ACCOUNT_SID, AUTH_TOKEN, NUMBER, Sent, TwilioDouble
from tests.rig import Rig
from tests.test_run import until

AMA = Urn("tel", "+233200000011")
ABENA = Urn("tel", "+233200000022")  # who has no other way


class Desk:
    """A programme whose SMS go to Twilio's double, and whose chats are written down in `chats`."""

    def __init__(self, rig: Rig, double: TwilioDouble) -> None:
        self.rig, self.double = rig, double
        self.chats: list[Outbound] = []
        self.twilio = TwilioChannel(ACCOUNT_SID, AUTH_TOKEN, sender=NUMBER, base_url=double.base_url)
        chat = ConsoleChannel("telegram", self.chats.append)
        self.sender = Sender(rig.db, {"tel": self.twilio, "telegram": chat}, lambda: rig.now)

    def put(self, text: str, urn: Urn = AMA, lane: Lane = Lane.ANSWER) -> None:
        """Queue words for somebody."""
        person = self.rig.db.work(contacts.find, urn)
        part = Part(
            key=f"turn:{text}:0", kind="report", lane=lane, urn=urn, text=text, segments=1, due_at=self.rig.now,
            contact_id=person.id if person else None,
        )  # fmt: skip
        self.rig.db.work(outbox.put, part, self.rig.now)

    async def send(self) -> None:
        """Send all that is due."""
        while await self.sender.send_due():
            pass

    async def sent(self, text: str = "words", urn: Urn = AMA) -> Sent:
        """Queue words, send them, and return what Twilio took."""
        self.put(text, urn)
        await self.send()
        return self.double.sent[-1]

    async def called_back(self, sent: Sent, code: int, times: int = 2) -> None:
        """Take the callback that the message came to nothing, as often as Twilio sends it."""
        for _n in range(times):
            news = parse_status(self.double.status_form(sent, "undelivered", code))
            self.rig.db.work(take_news, news, self.rig.now, None)
            await self.send()

    def works(self, urn: Urn) -> bool:
        """Whether an address is still used."""
        person = self.rig.db.work(contacts.find, urn)
        assert person is not None
        return any(a.urn == urn and a.status is AddressStatus.ACTIVE for a in person.addresses)

    def statuses(self) -> list[tuple[str, str]]:
        """Return (channel, status) of every part, oldest first."""
        with self.rig.db.begin() as db:
            return [(row.scheme, row.status) for row in db.scalars(select(OutboundRow).order_by(OutboundRow.id))]


@pytest.fixture
async def desk(rig: Rig) -> AsyncIterator[Desk]:
    rig.now += timedelta(days=2)
    async with TwilioDouble(now=lambda: rig.now) as double:
        made = Desk(rig, double)
        yield made
        await made.twilio.close()


@pytest.mark.parametrize("code", [30005, 30006])
async def test_a_number_that_does_not_exist_is_marked_and_the_words_go_by_the_chat(desk: Desk, code: int) -> None:
    await desk.called_back(await desk.sent(), code)
    assert not desk.works(AMA)
    assert [(m.urn.scheme, m.text) for m in desk.chats] == [("telegram", "words")]
    assert desk.statuses() == [("tel", "failed"), ("telegram", "delivered")]


async def test_what_nobody_was_there_to_hear_is_asked_for(desk: Desk) -> None:
    desk.rig.now = wall_clock() - timedelta(hours=20)  # the loop that asks has the machine's own clock
    for text, urn in (("words", AMA), ("lost", ABENA), ("more", ABENA)):
        await desk.sent(text, urn)
    lost, *_others = desk.double.sent
    desk.double.status_form(lost, "undelivered", 30005)
    desk.double.status_form(desk.double.sent[2], "delivered")
    for _n in range(2):
        await catch_up_news(desk.rig.db, desk.twilio)
        desk.rig.now = wall_clock()
        await desk.send()
    assert [m.text for m in desk.chats] == ["words"]
    assert (desk.works(AMA), desk.works(ABENA)) == (False, True)
    assert desk.statuses() == [("tel", "failed"), ("tel", "wired"), ("tel", "delivered"), ("telegram", "delivered")]


async def test_a_process_asks_for_outcomes_when_it_starts_and_again_later(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catching_up, "CATCH_UP_SOON", 0.05)
    monkeypatch.setattr(catching_up, "CATCH_UP_PAUSE", 0.05)
    monkeypatch.setattr(catching_up, "NEWS_PAUSE", 0.3)
    desk.rig.now, stop, never_polled = wall_clock(), asyncio.Event(), asyncio.Event()
    sent = await desk.sent()
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        group.create_task(catching_up.keep_up(desk.rig.db, {"tel": desk.twilio}, stop, never_polled))
        for status in ("sent", "delivered"):
            desk.double.status_form(sent, status)
            await until(partial(lambda wanted: desk.statuses() == [("tel", wanted)], status), status)
        stop.set()


async def test_the_hour_at_which_outcomes_were_asked_for_is_kept_while_twilio_is_away(desk: Desk) -> None:
    desk.double.faults.append(Fault(on="list", status=503))
    await catch_up_news(desk.rig.db, desk.twilio)
    assert desk.rig.db.work(occurrences.position, "told:sms") == 0
    await catch_up_news(desk.rig.db, desk.twilio)
    assert desk.rig.db.work(occurrences.position, "told:sms") > 0


@pytest.mark.parametrize("code", [30005, 21610])
async def test_late_news_of_an_address_does_not_count_where_its_reader_has_written_since(desk: Desk, code: int) -> None:
    lost = await desk.sent()
    desk.rig.now += timedelta(hours=1)
    desk.rig.db.work(take_turn, Inbound("sms", "SM-in", AMA, "DUE", desk.rig.now), desk.rig.now)
    await desk.called_back(lost, code)
    person = desk.rig.db.work(contacts.find, AMA)
    assert desk.works(AMA)
    assert person is not None
    assert person.status is ContactStatus.ACTIVE


async def test_words_that_came_to_nothing_days_ago_are_not_said_again(desk: Desk) -> None:
    lost = await desk.sent()
    desk.rig.now += timedelta(days=3)
    await desk.called_back(lost, 30005)
    assert not desk.works(AMA)
    assert desk.statuses() == [("tel", "failed")]


async def test_words_for_a_number_that_is_gone_go_to_the_readers_other_number(desk: Desk) -> None:
    lost, other = await desk.sent(urn=ABENA), Urn("tel", "+233200000092")
    with desk.rig.db.begin() as db:
        contacts.add_address(db, desk.rig.contact("abena").id, other)
    for _twice in range(2):
        await desk.called_back(lost, 30005)
    assert [(sent.to, sent.body) for sent in desk.double.sent] == [(ABENA.path, "words"), (other.path, "words")]
    await desk.called_back(desk.double.sent[-1], 30004)  # another way, and there is none
    assert len(desk.double.sent) == 2


async def test_words_that_failed_unheard_keep_their_order(desk: Desk) -> None:
    desk.rig.now = wall_clock() - timedelta(hours=1)
    for text in ("first", "second", "third"):
        desk.double.status_form(await desk.sent(text), "undelivered", 30004)
    await catch_up_news(desk.rig.db, desk.twilio)
    desk.rig.now = wall_clock()
    await desk.send()
    assert [m.text for m in desk.chats] == ["first", "second", "third"]


async def test_what_an_account_was_refused_yesterday_holds_no_channel_today(desk: Desk) -> None:
    lost = await desk.sent()
    desk.rig.now += timedelta(days=1)
    await desk.called_back(lost, 30002)
    assert desk.rig.db.work(holds.held, desk.rig.now) == []


async def test_an_answer_of_hours_ago_does_not_come_after_later_ones(desk: Desk) -> None:
    lost = await desk.sent("Is it right? Y or N")
    desk.rig.now += timedelta(hours=3)
    desk.rig.db.work(take_turn, Inbound("sms", "SM-in", AMA, "DUE", desk.rig.now), desk.rig.now)
    await desk.send()
    await desk.called_back(lost, 30003)
    desk.rig.now += timedelta(hours=1)
    await desk.send()
    assert [sent.body for sent in desk.double.sent].count("Is it right? Y or N") == 1


async def test_news_of_a_number_that_is_somebody_elses_by_now_says_nothing_of_them(desk: Desk) -> None:
    lost = await desk.sent()
    kofi = desk.rig.contact("kofi").id
    with desk.rig.db.begin() as db:
        contacts.add_address(db, kofi, AMA)
    await desk.called_back(lost, 30005)
    assert desk.works(AMA)


@pytest.mark.parametrize("code", [30004, 30007])
async def test_blocked_words_go_by_the_chat_and_the_number_stays(desk: Desk, code: int) -> None:
    await desk.called_back(await desk.sent(), code)
    assert desk.works(AMA)
    assert [m.text for m in desk.chats] == ["words"]


async def test_an_answer_does_not_wait_for_earlier_words_that_are_tried_again_later(desk: Desk) -> None:
    await desk.called_back(await desk.sent(), 30003)
    desk.rig.now += timedelta(minutes=1)
    assert (await desk.sent("answer")).body == "answer"
    desk.rig.now += timedelta(minutes=30)
    await desk.send()
    assert [sent.body for sent in desk.double.sent] == ["words", "answer", "words"]


@pytest.mark.parametrize("code", [30001, 30003, 30008, 30036])
async def test_a_phone_that_was_off_is_tried_once_more_and_only_once(desk: Desk, code: int) -> None:
    await desk.called_back(await desk.sent(), code)
    assert len(desk.double.sent) == 1
    desk.rig.now += timedelta(minutes=31)
    await desk.send()
    assert [sent.body for sent in desk.double.sent] == ["words", "words"]
    await desk.called_back(desk.double.sent[-1], code)
    desk.rig.now += timedelta(days=1)
    await desk.send()
    assert len(desk.double.sent) == 2
    assert desk.works(AMA)


async def test_what_nobody_asked_for_is_not_sent_again_when_it_is_stale(desk: Desk) -> None:
    desk.put("a reminder", lane=Lane.BULK)
    await desk.send()
    desk.rig.now += timedelta(hours=7)
    await desk.called_back(desk.double.sent[-1], 30036)
    desk.rig.now += timedelta(hours=1)
    await desk.send()
    assert len(desk.double.sent) == 1


async def test_what_the_account_was_refused_is_tried_until_the_account_is_well(desk: Desk) -> None:
    await desk.sent(urn=ABENA)
    for _time in range(4):  # the limit of a day is reached, and lasts until midnight
        await desk.called_back(desk.double.sent[-1], 63038)
        desk.rig.now += timedelta(hours=5)
        await desk.send()
    assert [sent.body for sent in desk.double.sent] == 5 * ["words"]
    await desk.called_back(desk.double.sent[-1], 30005)
    assert not desk.works(ABENA)


async def test_words_that_nobody_can_carry_elsewhere_end_there(desk: Desk) -> None:
    await desk.called_back(await desk.sent(urn=ABENA), 30005)
    assert desk.statuses() == [("tel", "failed")]
    assert not desk.works(ABENA)


async def test_an_opt_out_that_comes_late_stops_the_person_everywhere(desk: Desk) -> None:
    await desk.called_back(await desk.sent(), 21610)
    assert desk.rig.contact("ama").status is ContactStatus.STOPPED
    assert desk.chats == []


async def test_who_stopped_gets_nothing_a_second_time(desk: Desk) -> None:
    sent = await desk.sent()
    await asyncio.to_thread(desk.rig.says, "ama", "STOP")
    await desk.called_back(sent, 30008)
    desk.rig.now += timedelta(minutes=31)
    await desk.send()
    assert [sent.body for sent in desk.double.sent] == ["words"]


async def test_what_the_provider_says_when_it_is_asked_acts_as_its_callback_does(desk: Desk) -> None:
    desk.double.faults.append(Fault(drop="after"))
    sent = await desk.sent()
    desk.double.status_form(sent, "undelivered", 30005)
    desk.rig.now += timedelta(minutes=5)
    await desk.sender.settle_doubts()
    await desk.send()
    assert not desk.works(AMA)
    assert [m.text for m in desk.chats] == ["words"]


async def test_a_refusal_of_our_text_changes_nothing_else(desk: Desk) -> None:
    await desk.called_back(await desk.sent(), 21617)
    assert (desk.works(AMA), desk.chats, desk.statuses()) == (True, [], [("tel", "failed")])


async def test_good_news_and_news_of_others_lead_to_nothing(desk: Desk) -> None:
    sent = await desk.sent()
    news = parse_status(desk.double.status_form(sent, "delivered"))
    desk.rig.db.work(take_news, news, desk.rig.now, None)
    desk.rig.db.work(take_news, Receipt("SM0", Status.FAILED, "30005", SendFailure.PERMANENT), desk.rig.now, None)
    assert desk.statuses() == [("tel", "delivered")]


@pytest.mark.parametrize("code", [21408, 21612])
async def test_a_country_that_is_closed_to_us_takes_the_other_way_and_holds_nobody_up(desk: Desk, code: int) -> None:
    desk.double.faults.append(Fault(status=400, code=code))
    desk.put("words")
    desk.put("others", ABENA)
    await desk.send()
    assert [m.text for m in desk.chats] == ["words"]
    assert [sent.body for sent in desk.double.sent] == ["others"]
    assert desk.works(AMA)


# A broken account


async def test_a_refused_account_is_left_alone_and_not_burned_through(desk: Desk) -> None:
    began = desk.rig.now
    desk.double.faults += [Fault(status=401, code=20003)] * 50
    for n in range(3):
        desk.put(f"words {n}", ABENA)
    for _n in range(30):
        await desk.send()
        desk.rig.now += timedelta(minutes=1)
    assert 3 <= 50 - len(desk.double.faults) <= 3 * 7
    assert desk.double.sent == []
    [hold] = desk.rig.db.work(holds.held, desk.rig.now - timedelta(minutes=1))
    assert (hold.scheme, hold.since, hold.broken) == ("tel", began, True)
    assert str(hold) == f"channel tel held since {began:%Y-%m-%d %H:%M} UTC because 20003 account credentials refused"
    desk.double.faults.clear()
    desk.rig.now += timedelta(minutes=6)
    await desk.send()
    assert sorted(sent.body for sent in desk.double.sent) == ["words 0", "words 1", "words 2"]
    assert desk.rig.db.work(holds.held, desk.rig.now) == []


async def test_a_manager_hears_of_it_once_a_day_by_the_other_channel(desk: Desk) -> None:
    desk.double.faults += [Fault(status=401, code=20003)] * 500
    for _day in range(2):
        for n in range(8):
            desk.put(f"words {desk.rig.now} {n}", ABENA)
            await desk.send()
            desk.rig.now += timedelta(minutes=20)
        desk.rig.now = desk.rig.now.replace(hour=12) + timedelta(days=1)
    told = [m.text for m in desk.chats if "our account there is refused" in m.text]
    managers = {m.urn for m in desk.chats}
    assert len(told) == 2 * len(managers)
    assert "Nothing goes out by SMS since" in told[0]
    assert "(20003)" in told[0]


@pytest.mark.parametrize(("code", "people", "told"), [(30007, 2, 0), (30007, 3, 1), (21408, 1, 1), (30003, 3, 0)])
async def test_what_is_refused_to_too_many_is_told_once_a_day(desk: Desk, code: int, people: int, told: int) -> None:
    for n in range(people):
        sent = await desk.sent(f"words {n}", (AMA, ABENA, Urn("tel", "+233200000033"))[n])
        await desk.called_back(sent, code)
    desk.chats.clear()
    for _n in range(3):
        desk.rig.now += timedelta(minutes=10)
        desk.rig.db.work(tell_of_refusals, desk.rig.now)
        await desk.send()
    heard = [m.text for m in desk.chats if "refuses our messages" in m.text]
    assert len(heard) == told * len(managers_with_a_chat(desk.rig))
    assert all(f"({code})" in text for text in heard)


def managers_with_a_chat(rig: Rig) -> list[Contact]:
    people = rig.db.work(contacts.everyone, Role.MANAGER)
    return [p for p in people if any(a.urn.scheme == "telegram" for a in p.addresses)]


async def test_a_provider_that_asks_for_a_pause_gets_it_and_nobody_is_told(desk: Desk) -> None:
    desk.double.faults.append(Fault(status=429, code=20429, retry_after=90))
    desk.put("words", ABENA)
    await desk.send()
    [hold] = desk.rig.db.work(holds.held, desk.rig.now)
    assert (hold.until - desk.rig.now, hold.broken) == (timedelta(seconds=90), False)
    assert desk.chats == []


async def test_a_suspension_that_a_callback_tells_of_is_written_down(desk: Desk) -> None:
    await desk.called_back(await desk.sent(), 30002, times=1)
    [hold] = desk.rig.db.work(holds.held, desk.rig.now)
    assert (hold.scheme, hold.reason, hold.broken) == ("tel", "30002 account suspended", True)


def test_trouble_that_goes_on_keeps_the_moment_it_began_and_new_trouble_does_not(rig: Rig) -> None:
    began = rig.now
    for minutes in (0, 5, 10):
        now = began + timedelta(minutes=minutes)
        rig.db.work(holds.hold, "tel", "20003", now, now + timedelta(minutes=5), broken=True)
    assert rig.db.work(holds.held, began + timedelta(minutes=11))[0].since == began
    later = began + timedelta(hours=3)
    rig.db.work(holds.hold, "tel", "20003", later, later + timedelta(minutes=5), broken=True)
    assert rig.db.work(holds.held, later)[0].since == later
