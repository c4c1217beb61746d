"""Sending: claim what is due, hand it to its channel, and record what became of it. There is no other way out."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot.channels import Channel
from bot.claiming import OTHERS_VALID, Ready, claim_anew, claim_due, end, valid_until
from bot.elsewhere import send_elsewhere, send_rest_elsewhere, stop_writing
from bot.holding import note_hold
from bot.news import act_on
from domain.messages import Lane, Receipt, SendError, SendFailure, Status
from domain.people import AddressStatus, Urn
from storage import claims, contacts, outbox
from storage.database import Database
from storage.matching import of_others
from storage.outbox import Claimed
from storage.rates import Limit

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger(__name__)

FIRST_PAUSE = 30.0  # seconds for which a channel is left alone whose provider named no time
# Seconds before a second attempt, and at most; somebody waits for an answer.
PAUSES: Mapping[Lane, tuple[float, float]] = {
    Lane.ALERT: (2.0, 600.0),
    Lane.ANSWER: (2.0, 600.0),
    Lane.BULK: (30.0, 4 * 3600.0),
}
FRESH = timedelta(seconds=0.4)  # for which a claim says what is so; an older one is made anew
MOST_BLIND = 3  # attempts of which each may have arrived, as the provider cannot be asked
ABANDONED = timedelta(seconds=90)  # a part "sending" for this long was left by a process that died
STILL_ARRIVING = timedelta(seconds=30)  # what a slow provider has not filed after this never came
# Seconds between tries to record what became of a part; all in all less than until others take it for abandoned.
RECORD_PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0, 15.0)
RATHER_TWICE = frozenset({"alert"})  # than never, as answers; what else nobody asked for goes rather never than twice


class Sender:
    """Sends for the channels of one process, within `limits` by scheme; where `stop` is set nothing more is begun."""

    def __init__(
        self,
        db: Database,
        channels: Mapping[str, Channel],
        clock: Callable[[], datetime],
        limits: Mapping[str, Limit] | None = None,
        stop: asyncio.Event | None = None,
    ) -> None:
        self._db = db
        self._channels = channels
        self._clock = clock
        self._limits = limits or {}
        self._stop = stop or asyncio.Event()
        self._began = clock()
        self._under_way: set[int] = set()  # what this process is about to send, which is not in doubt

    async def send_due(self, beside: int | None = None, schemes: Collection[str] | None = None) -> int:
        """Send one batch of what is due, on some channels or all; return how many were claimed.

        With `beside` only to the reader of that part.
        """
        wanted = tuple(self._channels if schemes is None else schemes)
        batch = await self._db.run(claim_due, self._clock(), wanted, self._limits, beside)
        ours = {ready.part.message.id for ready in batch.ready}
        self._under_way |= ours
        by_person: dict[Urn, list[Ready]] = {}
        for ready in batch.ready:
            by_person.setdefault(ready.part.message.urn, []).append(ready)
        sendings = (self._send_in_order(parts) for parts in by_person.values())
        try:
            outcomes = await asyncio.gather(*sendings, return_exceptions=True)
        finally:
            self._under_way -= ours
        for outcome in outcomes:
            if isinstance(outcome, BaseException):  # such as a database that went away; the others were sent
                raise outcome
        return len(batch)

    async def _send_in_order(self, parts: list[Ready]) -> None:
        for n, ready in enumerate(parts):
            try:
                await self._send(ready.part, ready.wait)
            except Exception:  # the others were not begun, and are for whoever is able to
                for left in parts[n + 1 :]:
                    await self._record(outbox.release, left.part, self._clock(), "")
                raise

    async def _record(self, unit: Callable[Concatenate[Session, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Write down what became of a part: nobody but us knows it, so a database that is away is waited for."""
        for seconds in RECORD_PAUSES:
            try:
                return await self._db.run(unit, *args, **kwargs)
            except OperationalError as error:
                log.error("what became of a part was not recorded: %s, next in %.0f s", type(error).__name__, seconds)
                await asyncio.sleep(seconds)
        return await self._db.run(unit, *args, **kwargs)

    async def _send(self, part: Claimed, wait: float) -> None:
        if wait:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), wait)
        if self._stop.is_set():  # handed back, for another process to send
            return await self._record(outbox.release, part, self._clock(), "")
        held = part if self._is_fresh(part) else await self._record(claim_anew, part, self._clock())
        if held is None:  # another process settled what became of it, or it is not wanted any more
            return
        try:
            receipt = await self._hand_over(held)
        except SendError as error:
            log.warning("send %s", error.failure, extra={"outbound_id": part.message.id, "reason": error.reason})
            await self._record(_refused, held, error, self._clock())
        else:
            await self._record(_taken, held, receipt, self._clock())

    def _is_fresh(self, part: Claimed) -> bool:
        # Also where the clock was put back meanwhile: how long ago the claim was made, nobody knows then.
        return part.claimed_at is not None and abs(self._clock() - part.claimed_at) <= FRESH

    async def _hand_over(self, part: Claimed) -> Receipt:
        try:
            return await self._channels[part.message.urn.scheme].send(part.message, self._clock())
        except SendError:
            raise
        except Exception as error:  # our bug: this part is lost, the person and the other parts are not
            log.exception("send broke", extra={"outbound_id": part.message.id})
            raise SendError(SendFailure.REJECTED, type(error).__name__) from error

    def _abandoned(self, now: datetime) -> datetime:
        """Return before when a claim was made that nobody holds any more."""
        if not self._db.sqlite:
            return now - ABANDONED
        return max(now - ABANDONED, min(now - STILL_ARRIVING, self._began))  # who sent before us is dead: we are alone

    async def settle_doubts(self) -> int:
        """Ask providers about parts whose outcome is unknown, before anything is sent again; return how many."""
        count = 0
        await self._db.run(claims.put_right, self._clock())
        for scheme, channel in self._channels.items():
            now = self._clock()
            before = self._abandoned(now), now - STILL_ARRIVING
            doubtful = await self._db.run(outbox.in_doubt, *before, scheme)
            doubtful = [part for part in doubtful if part.message.id not in self._under_way]
            await self._settle(channel, doubtful)
            count += len(doubtful)
        return count

    async def _settle(self, channel: Channel, doubtful: list[Claimed]) -> None:
        answers = True
        for part in doubtful:
            if self._stop.is_set():
                return
            if answers:
                answers = await self._ask(channel, part)
            elif self._clock() > valid_until(part):
                await self._db.run(_give_up, part)

    async def _ask(self, channel: Channel, part: Claimed) -> bool:
        """Settle one doubt; return whether the provider answers questions now."""
        now = self._clock()
        since = part.created_at if part.created_at <= now else now - OTHERS_VALID  # it was queued by a clock ahead
        since = min(since, part.claimed_at or since)  # or claimed by one that was behind
        try:
            found = await channel.find(part.message, since)
        except LookupError:
            await self._db.run(_decide_blind, part, now)
        except Exception as error:
            answers = not isinstance(error, SendError)
            if answers:  # our bug: this doubt stays, the others are settled
                log.exception("asking the provider broke", extra={"outbound_id": part.message.id})
            else:
                log.info("provider could not be asked", extra={"outbound_id": part.message.id})
            if now > valid_until(part):
                await self._db.run(_give_up, part)
            return answers
        else:
            await self._db.run(_decide, part, found, now)
        return True


def _taken(db: Session, part: Claimed, receipt: Receipt, now: datetime) -> None:
    """Record what the provider says of a part that it has; it may say already that nothing comes of it."""
    outbox.sent(db, part.message.id, receipt, now)
    act_on(db, part, receipt, now)


def _refused(db: Session, part: Claimed, error: SendError, now: datetime) -> None:
    if error.hold_channel:  # the part is due when the hold ends, before those that were queued behind it
        note_hold(db, part.message.urn.scheme, error, now)
    record_failure(db, part, error, now)


def record_failure(db: Session, part: Claimed, error: SendError, now: datetime) -> None:
    """Write down a failed sending: try later, give up, mark the address, or leave it in doubt."""
    match error.failure:
        case SendFailure.RETRYABLE if error.hold_channel:  # the account's trouble, however long, is not the message's
            outbox.release(db, part, now + timedelta(seconds=error.retry_after or FIRST_PAUSE), error.reason)
        case SendFailure.RETRYABLE if now < valid_until(part):
            wait = timedelta(seconds=error.retry_after or pause(part.attempts, part.lane))
            outbox.again(db, part, now + wait, error.reason)
        case SendFailure.UNKNOWN:
            outbox.ended(db, part, Status.UNKNOWN, error.reason)
        case SendFailure.ELSEWHERE if send_elsewhere(db, part, now):
            outbox.ended(db, part, Status.FAILED, error.reason)
            send_rest_elsewhere(db, part, error.reason, now)
        case SendFailure.ELSEWHERE if error.retry_after and now < valid_until(part):
            outbox.release(db, part, now + timedelta(seconds=error.retry_after), error.reason)
        case SendFailure.REJECTED if part.message.picture is not None and part.message.text:
            outbox.bare(db, part, error.reason)
        case SendFailure.STOPPED:
            stop_writing(db, part, now)
            send_elsewhere(db, part, now)
            end(db, part, Status.FAILED, error.reason)
        case SendFailure.PERMANENT:
            contacts.mark_address(db, part.message.urn, AddressStatus.UNREACHABLE)
            send_elsewhere(db, part, now)
            end(db, part, Status.FAILED, error.reason)
        case _:
            end(db, part, Status.FAILED, error.reason)


def pause(attempts: int, lane: Lane = Lane.BULK) -> float:
    """Return the seconds to wait after this many attempts: doubling, capped, and spread so that a crowd disperses."""
    first, longest = PAUSES[lane]
    return float(min(first * 2 ** min(attempts - 1, 30), longest)) * random.uniform(0.8, 1.2)


def _decide(db: Session, part: Claimed, found: list[Receipt], now: datetime) -> None:
    """Take the oldest that is no other message of ours; doubts are settled oldest first, so none is taken twice."""
    others = of_others(db, [receipt.provider_id for receipt in found], part.message.id)
    ours = next((receipt for receipt in found if receipt.provider_id not in others), None)
    if ours is None:
        outbox.again(db, part, now, "not found at the provider")
    else:
        _taken(db, part, ours, now)


def _decide_blind(db: Session, part: Claimed, now: datetime) -> None:
    unasked = part.lane is Lane.BULK and part.kind not in RATHER_TWICE
    if unasked or part.attempts >= MOST_BLIND:
        _give_up(db, part)
    else:
        outbox.again(db, part, now, "outcome unknown, sent again")


def _give_up(db: Session, part: Claimed) -> None:
    end(db, part, Status.FAILED, "outcome unknown, not sent again")
