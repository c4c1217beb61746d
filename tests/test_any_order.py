"""Everything that can go wrong, in any order: messages twice, processes killed, providers failing, clocks jumping.

A machine plays reporters, a process that is killed and started again, and a provider that fails; whatever it did, once
things are calm each message was taken once and answered once, in order, and the values are those said last. A failure
is printed as the steps that led to it; `--hypothesis-seed` plays a run again.
"""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, MultipleResults, RuleBasedStateMachine, consumes, multiple, rule
from sqlalchemy import select
from sqlalchemy.orm import Session

from benchmarks import work
from bot.channels.twilio import TwilioChannel
from bot.news import take_news
from bot.outbox import Sender
from bot.turns import Taken, retake_turns, take_turn
from domain.messages import Inbound, Outbound, Receipt, SendFailure, Status
from domain.people import Urn
from storage import programmes
from storage.database import Database
from storage.models import CurrentValueRow, InboundRow, OutboundRow
from storage.outbox import AGAIN
from tests.doubles.server import Fault
from tests.doubles.twilio_api import ACCOUNT_SID, AUTH_TOKEN, NUMBER, TwilioDouble
from tests.rig import SECRET
from tests.tracing import no_turn_ends

PEOPLE = 3
PERSON, CODE, VALUE = st.integers(0, PEOPLE - 1), st.sampled_from(work.CODES[:2]), st.integers(40, 44)
PATIENCE = 0.2  # seconds until the channel gives an answer up
BEGAN = datetime(2026, 11, 2, 9, tzinfo=UTC)
FAULTS = {
    "down": Fault(status=503),
    "busy": Fault(status=429, code=20429, retry_after=7),
    "cut off before it was taken": Fault(drop="before"),
    "cut off after it was taken": Fault(drop="after"),
    "an answer cut short": Fault(cut=True),
    "slower than anybody waits": Fault(delay=2 * PATIENCE),
}
LONG = timedelta(minutes=3)  # after this what a dead process held is looked at again
CALM = 40  # rounds after which nothing may be left to send


class Killed(BaseException):
    """Ends a process in the middle of its work, as nothing that it may catch."""


class Mortal(TwilioChannel):
    """The real channel in a process that may die right after the provider has taken a message."""

    dies = False

    async def send(self, message: Outbound, now: datetime) -> Receipt:
        receipt = await super().send(message, now)
        if self.dies:
            raise Killed
        return receipt


class Weather(RuleBasedStateMachine):
    """Three reporters, one process at a time, one provider."""

    said = Bundle("said")

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.db = Database(f"sqlite:///{shutil.copy(template(), self.folder.name)}", SECRET)
        self.now = BEGAN
        self.loop = asyncio.Runner()
        self.provider = TwilioDouble(lambda: self.now)
        self.messages: list[Inbound] = []
        self.expected: dict[tuple[str, str], float] = {}
        self.loop.run(self.provider.__aenter__())
        self._start()

    def _start(self) -> None:
        async def make() -> None:
            where = self.provider.base_url
            self.channel = Mortal(ACCOUNT_SID, AUTH_TOKEN, sender=NUMBER, base_url=where, timeout=PATIENCE)
            self.sender = Sender(self.db, {"tel": self.channel}, lambda: self.now)

        self.loop.run(make())

    def _die(self) -> None:
        self.loop.run(self.channel.close())
        self._start()

    def _writes(self, person: int, code: str, value: int) -> Inbound:
        self.now += timedelta(seconds=61)
        urn = Urn("tel", work.phone_of(person))
        inbound = Inbound("sms", f"SM{len(self.messages)}", urn, f"REP {code} {value}", self.now)
        self.messages.append(inbound)
        self.expected[f"d{person}", code] = float(value)
        return inbound

    @rule(target=said, person=PERSON, code=CODE, value=VALUE, killed=st.booleans())
    def says(self, person: int, code: str, value: int, killed: bool) -> Inbound:
        """Somebody reports a value; the process may die before it commits, and the provider comes again."""
        inbound = self._writes(person, code, value)
        if killed:
            try:
                self.db.work(_take_and_die, inbound, self.now)
            except Killed:
                self._die()
        self.db.work(take_turn, inbound, self.now)
        return inbound

    @rule(target=said, person=PERSON, code=CODE, first=VALUE, then=VALUE)
    def says_two_that_arrive_swapped(
        self, person: int, code: str, first: int, then: int
    ) -> Inbound | MultipleResults[Inbound]:
        """Somebody changes their mind, and the first word, which the provider's list dates, comes after the second."""
        if self.expected.get((f"d{person}", code)) == then:
            return multiple()  # what stands and is said again leaves no trace of when it was said last
        earlier, later = self._writes(person, code, first), self._writes(person, code, then)
        self.db.work(take_turn, later, self.now)
        self.db.work(take_turn, earlier, self.now)
        return earlier

    @rule(target=said, person=PERSON, code=CODE, value=VALUE)
    def says_what_breaks(self, person: int, code: str, value: int) -> Inbound:
        """Handling a message raises: it is kept, the person hears so, and the sweep takes it up."""
        inbound = self._writes(person, code, value)
        with no_turn_ends(self.db):
            assert self.db.work(take_turn, inbound, self.now).turn is None
        self.now += LONG
        assert self.db.work(retake_turns, self.now) == 1
        return inbound

    @rule(inbound=said)
    def hands_over_again(self, inbound: Inbound) -> None:
        """The provider repeats itself, however much later."""
        assert self.db.work(take_turn, inbound, self.now).repeated

    @rule(inbounds=st.lists(said, min_size=2, max_size=5))
    def hands_over_many_at_once(self, inbounds: list[Inbound]) -> None:
        """The list of a provider is read while its webhooks come in."""

        async def take() -> list[Taken]:
            return await asyncio.gather(*(self.db.run(take_turn, inbound, self.now) for inbound in inbounds))

        assert all(taken.repeated for taken in self.loop.run(take()))

    @rule(fault=st.sampled_from([None, *FAULTS]), dies=st.booleans())
    def sends(self, fault: str | None, dies: bool) -> None:
        """What is due is sent, in good weather or bad."""
        if fault is not None:
            self.provider.faults = [FAULTS[fault]]
        self.channel.dies = dies
        try:
            self.loop.run(self.sender.send_due())
        except Killed:
            self._die()
        finally:
            self.channel.dies = False
            self.provider.faults.clear()

    @rule(fault=st.sampled_from([None, *FAULTS]))
    def settles(self, fault: str | None) -> None:
        """The provider is asked about what is in doubt, and may fail to say."""
        if fault is not None:
            self.provider.faults = [replace(FAULTS[fault], on="list")]
        self.loop.run(self.sender.settle_doubts())
        self.provider.faults.clear()

    @rule(minutes=st.sampled_from([1, 5, 50, 300, -2]))
    def time_passes(self, minutes: int) -> None:
        """The clock goes on; sometimes it was ahead, and is put back."""
        self.now += timedelta(minutes=minutes)

    @rule(data=st.data(), status=st.sampled_from([Status.SENT, Status.DELIVERED, Status.FAILED]))
    def hears(self, data: st.DataObject, status: Status) -> None:
        """The provider calls back about one of its messages, in no order; a phone that was off is tried once more."""
        if self.provider.sent:
            sent = data.draw(st.sampled_from(self.provider.sent))
            failure = SendFailure.RETRYABLE if status is Status.FAILED else None
            self.db.work(take_news, Receipt(sent.sid, status, failure=failure), self.now)

    @rule(said_before=consumes(said))
    def forgets(self, said_before: Inbound) -> None:
        """The provider does not repeat this one any more."""

    def teardown(self) -> None:
        """Let the weather calm down, and look."""
        try:
            self._calm_down()
            self._look()
        finally:
            self.loop.run(self.channel.close())
            self.loop.run(self.provider.__aexit__())
            self.loop.close()
            self.db.close()
            self.folder.cleanup()

    def _calm_down(self) -> None:
        async def calm() -> None:
            for _round in range(CALM):
                self.now += LONG
                await self.sender.settle_doubts()
                while await self.sender.send_due():
                    pass

        self.now = max([self.now, *(m.received_at for m in self.messages)]) + timedelta(hours=5)
        self.loop.run(calm())

    def _look(self) -> None:
        with self.db.begin() as db:
            handled = db.execute(select(InboundRow.provider_id, InboundRow.handled_at)).all()
            values = db.execute(select(CurrentValueRow.district, CurrentValueRow.code, CurrentValueRow.value)).all()
            parts = db.scalars(select(OutboundRow).order_by(OutboundRow.id)).all()
        assert Counter(name for name, at in handled if at) == Counter(m.provider_id for m in self.messages)
        assert {(district, code): value for district, code, value in values} == self.expected
        keys = {part.key for part in parts}
        failed = {part.key for part in parts if part.status == "failed"}
        assert {part.status for part in parts} <= {"wired", "sent", "delivered", "failed"}
        assert all(key.endswith(AGAIN) or f"{key}{AGAIN}" in keys for key in failed)
        assert len(parts) >= len(self.messages)
        for person in map(work.phone_of, range(PEOPLE)):
            got = [message.body for message in self.provider.sent if message.to == person]
            queued = [part for part in parts if part.path == person]
            assert Counter(got) == Counter(part.text for part in queued)
            arriving = iter(got)
            assert all(part.text in arriving for part in queued if not part.key.endswith(AGAIN)), "out of order"


def _take_and_die(db: Session, inbound: Inbound, now: datetime) -> None:
    take_turn(db, inbound, now)
    raise Killed


_templates: list[TemporaryDirectory[str]] = []


def template() -> str:
    """Return a database with the programme in it, made once."""
    if not _templates:
        _templates.append(TemporaryDirectory())
        db = Database(f"sqlite:///{_templates[0].name}/template.sqlite", SECRET)
        db.upgrade()
        db.work(programmes.install, work.programme_text(PEOPLE), BEGAN - timedelta(days=1))
        db.close()
    return str(Path(_templates[0].name) / "template.sqlite")


TestAnyOrder = Weather.TestCase
TestAnyOrder.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)
