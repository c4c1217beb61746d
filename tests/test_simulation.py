"""A month of the sample programme, played: everybody is answered, nobody is asked twice, and the dice are fair."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.channels.console import ConsoleChannel
from bot.clock import MovedClock
from bot.outbox import Sender
from domain.messages import Lane, Outbound
from domain.people import ContactStatus, Role
from domain.periods import ReportingPeriod, local
from scheduler.simulation import World
from storage import contacts, conversations, outbox, programmes, values
from storage.database import Database
from storage.models import InboundRow, OccurrenceRow, OutboundRow, ValueVersionRow
from tests.rig import SECRET

START, SOON, END = (datetime(2026, month, day, 12, tzinfo=UTC) for month, day in ((11, 1), (11, 6), (11, 30)))
OCTOBER = ReportingPeriod(2026, 10)
SEED = 3


@dataclass
class Played:
    """What a played stretch left behind."""

    db: Database
    world: World
    sent: list[tuple[datetime, Outbound]]


def play(folder: Path, template: Path, until: datetime) -> Played:
    path = folder / "played.sqlite"
    shutil.copy(template, path)
    db, sent = Database(f"sqlite:///{path}", SECRET), list[tuple[datetime, Outbound]]()
    clock = MovedClock(folder / "clock", START)
    console = ConsoleChannel("console", lambda message: sent.append((clock(), message)))
    sender = Sender(db, {"tel": console, "telegram": console}, clock)
    world = World(db, clock, sender, SEED, step=timedelta(hours=3))
    asyncio.run(world.move_to(until, clock.set))
    return Played(db, world, sent)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Played]:
    """November 2026, in which October is reported."""
    found = play(tmp_path_factory.mktemp("played"), sqlite_template, END)
    yield found
    found.db.close()


def inbound(played: Played) -> list[InboundRow]:
    with played.db.begin() as db:
        return list(db.scalars(select(InboundRow)))


def test_something_happens(played: Played) -> None:
    assert len(inbound(played)) > 20
    assert len(played.sent) > 60


def test_every_message_is_handled_and_none_raised(played: Played) -> None:
    assert [row.error for row in inbound(played) if row.error or row.handled_at is None] == []


def test_every_message_has_exactly_one_answer(played: Played) -> None:
    with played.db.begin() as db:
        answers = list(db.scalars(select(OutboundRow).where(OutboundRow.lane == str(Lane.ANSWER))))
    answered = Counter(row.inbound_id for row in answers)
    assert set(answered) == {row.id for row in inbound(played)}
    assert set(answered.values()) == {1}


def test_all_that_was_queued_has_left(played: Played) -> None:
    assert set(played.db.work(outbox.counts)) == {"delivered"}


def test_everybody_who_reports_is_asked_once(played: Played) -> None:
    with played.db.begin() as db:
        rows = list(db.scalars(select(OccurrenceRow).where(OccurrenceRow.key.startswith("prompt"))))
        active = [c for c in contacts.everyone(db, Role.FOCAL) if c.status is ContactStatus.ACTIVE and c.address()]
    asked = Counter(row.contact_id for row in rows if row.outcome == "sent")
    assert {c.id for c in active} <= set(asked)
    assert set(asked.values()) == {1}


def test_nobody_is_nudged_after_the_report(played: Played) -> None:
    with played.db.begin() as db:
        programme = programmes.current(db)
        nudged = list(db.scalars(select(OutboundRow).where(OutboundRow.kind == "nudge")))
        focal = {c.id: programme.districts[c.district or ""] for c in contacts.everyone(db, Role.FOCAL)}
        found = values.load(db, programme.districts, programme, OCTOBER)
    nudges = [(row.created_at, focal[row.contact_id]) for row in nudged if row.contact_id in focal]
    assert nudges
    for at, district in nudges:
        answers = [found[district.code].get(code, OCTOBER) for code in district.indicators]
        assert any(value is None or value.at > at for value in answers), f"{district.name} had reported"


def test_no_dialogue_is_open_twice(played: Played) -> None:
    with played.db.begin() as db:
        for contact in contacts.everyone(db):
            kept = conversations.load(db, contact.id)
            drafts = [(s.flow, s.subject) for s in (*kept.sessions, *kept.paused)]
            assert len(drafts) == len(set(drafts)), contact.key


def test_no_sms_is_longer_than_it_must_be(played: Played) -> None:
    with played.db.begin() as db:
        long = [r.text for r in db.scalars(select(OutboundRow).where(OutboundRow.scheme == "tel")) if r.segments > 2]
    assert long == []


def test_nothing_unasked_goes_out_at_night(played: Played) -> None:
    with played.db.begin() as db:
        everyone = {c.id: c for c in contacts.everyone(db)}
        bulk = list(db.scalars(select(OutboundRow).where(OutboundRow.lane == str(Lane.BULK))))
    hours = [local(row.sent_at, everyone[row.contact_id or 0].timezone).hour for row in bulk if row.sent_at]
    assert [hour for hour in hours if not 7 <= hour < 19] == []


def test_the_same_dice_play_the_same_month(played: Played, tmp_path: Path, sqlite_template: Path) -> None:
    again = play(tmp_path, sqlite_template, SOON)
    again.db.close()
    told = [sorted((at, str(m.urn), m.text) for at, m in p.sent if at <= SOON) for p in (played, again)]
    assert told[0] == told[1]


def test_what_is_on_record_is_what_somebody_wrote(played: Played) -> None:
    with played.db.begin() as db:
        versions = list(db.scalars(select(ValueVersionRow).where(ValueVersionRow.period == str(OCTOBER))))
    assert versions
    assert [v.code for v in versions if v.inbound_id is None or v.contact_id is None] == []
