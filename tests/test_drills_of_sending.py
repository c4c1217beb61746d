"""Killed at every moment of sending and of hearing what became of it: nothing is lost, and nothing goes twice."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.news import take_news
from bot.reaching import queue
from bot.turns import take_turn
from conversations.turn import say
from domain.messages import Lane, Receipt, SendFailure, Status
from domain.people import Address, AddressStatus, Urn
from domain.text import plain
from storage import contacts
from storage.models import OutboundRow
from tests.doubles.server import Fault
from tests.doubles.telegram_api import TelegramDouble
from tests.doubles.twilio_api import TwilioDouble
from tests.dying import AMA, PROMPT_DAY, drill, hear_news, said, send, send_all
from tests.rig import Rig

LATER = timedelta(minutes=5)
LONG = "\n".join(f"{n}. A line of a list that takes two messages on Telegram." for n in range(80))


@dataclass(frozen=True)
class Seen:
    """What reached people by SMS and by chat, in order; what was queued for each, in order; and how it ended."""

    by_sms: dict[str, list[str]]
    by_chat: dict[str, list[str]]
    queued: dict[str, list[str]]
    statuses: set[str]


def _queue_answers(rig: Rig, abena: Urn, chat: Urn) -> None:
    """Queue two answers to Ama by SMS, one to Abena, and one to Ama's chat that is cut in two."""
    for n, (words, who) in enumerate([("REP ABS 12", AMA), ("DUE", AMA), ("DUE", abena)]):
        rig.db.work(take_turn, said(words, n, who), rig.now)
    ama = rig.contact("ama")
    rig.db.work(queue, say(plain("{words}", words=LONG)), ama, chat, "turn:long", "report", Lane.ANSWER, rig.now)


async def test_sending_killed_at_any_moment_loses_nothing_and_doubles_only_what_nobody_can_know(rig: Rig) -> None:
    rig.now = PROMPT_DAY
    abena, chat = rig.urn("abena"), rig.urn("ama", "telegram")
    await asyncio.to_thread(_queue_answers, rig, abena, chat)
    refusals = [Fault(to=AMA.path, status=500, code=20500), Fault(to=abena.path, status=429, retry_after=7)]
    moments = [rig.now, rig.now + LATER]
    async with TwilioDouble(lambda: PROMPT_DAY) as twilio, TelegramDouble() as telegram:
        twilio.faults = list(refusals)

        async def restart(killed: Rig) -> None:
            back = [killed.now + 2 * LATER, killed.now + 3 * LATER]  # the first may still be refused
            await send(killed.db, twilio.base_url, telegram.base_url, back)

        def seen(killed: Rig) -> Seen:
            assert twilio.faults == []
            twilio.faults = list(refusals)
            by_sms, by_chat = dict[str, list[str]](), dict[str, list[str]]()
            for sms in twilio.sent:
                by_sms.setdefault(sms.to, []).append(sms.body)
            for words in telegram.sent:
                by_chat.setdefault(str(words.chat_id), []).append(words.text)
            twilio.forget()
            telegram.sent.clear()
            queued, statuses = dict[str, list[str]](), set[str]()
            with killed.db.begin() as db:
                for row in db.scalars(select(OutboundRow).order_by(OutboundRow.id)):
                    queued.setdefault(row.path, []).append(row.text)
                    statuses.add(row.status)
            return Seen(by_sms, by_chat, queued, statuses)

        found = await drill(rig, send_all, (twilio.base_url, telegram.base_url, moments), restart, seen)
    assert len(found) > 20
    assert [len(words) for words in found[0].queued.values()] == [2, 1, 2]
    for at, one in enumerate(found):
        in_order = {chat: [words for words, _twice in groupby(said)] for chat, said in one.by_chat.items()}
        assert one.by_sms | in_order == found[0].queued, f"killed at moment {at}"
        assert one.statuses <= {"wired", "sent"}, f"killed at moment {at}"
    # Between Telegram's taking and our writing it down there are few moments; nobody can be asked about those.
    doubled = [one for one in found if one.by_chat != found[0].by_chat]
    assert 0 < len(doubled) < len(found) / 2


Part = tuple[str, str, str]


async def after_news(rig: Rig, last: Receipt) -> list[tuple[bool, list[Part]]]:
    """Answer Ama by SMS, and kill the process while it hears of that; return if her number works, and all parts."""
    rig.now = PROMPT_DAY
    await asyncio.to_thread(rig.db.work, take_turn, said("REP ABS 12", 1), rig.now)
    with rig.db.begin() as db:
        (part,) = db.scalars(select(OutboundRow.id)).all()
    receipts = [(Receipt("SM1", Status.SENT), part), (last, part)]

    async def restart(killed: Rig) -> None:
        def again() -> None:
            for receipt, outbound_id in reversed(receipts):
                killed.db.work(take_news, receipt, killed.now, outbound_id)

        await asyncio.to_thread(again)

    return await drill(rig, hear_news, (receipts, rig.now), restart, lambda killed: killed.db.work(_heard))


def _heard(db: Session) -> tuple[bool, list[Part]]:
    ama = contacts.find(db, AMA)
    assert ama is not None
    parts = db.scalars(select(OutboundRow).order_by(OutboundRow.id))
    return Address(AMA, AddressStatus.ACTIVE) in ama.addresses, [(row.scheme, row.status, row.text) for row in parts]


async def test_news_killed_at_any_moment_ends_where_the_provider_is(rig: Rig) -> None:
    found = await after_news(rig, Receipt("SM1", Status.DELIVERED))
    assert len(found) > 3
    for works, parts in found:
        assert works
        assert [status for _scheme, status, _text in parts] == ["delivered"]


async def test_bad_news_killed_at_any_moment_marks_the_number_and_sends_the_words_another_way_once(rig: Rig) -> None:
    found = await after_news(rig, Receipt("SM1", Status.FAILED, "30005", SendFailure.PERMANENT))
    assert len(found) > 3
    for works, parts in found:
        assert not works
        assert [(scheme, status) for scheme, status, _text in parts] == [("tel", "failed"), ("telegram", "queued")]
        assert len({text for _scheme, _status, text in parts}) == 1
