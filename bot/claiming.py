"""What may go out now: due, still wanted, not in its reader's night, and within the rates of its channel."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.elsewhere import send_elsewhere
from bot.reaching import after_quiet
from domain.messages import Lane, Status
from domain.people import ContactStatus
from storage import claims, holds, outbox, programmes, rates
from storage.claims import Reader
from storage.outbox import Claimed
from storage.rates import Limit
from storage.unsendable import Unsendable

BATCH = 20  # parts claimed at once; small, so that answers soon overtake bulk
ANSWERS_AHEAD, BULK_AHEAD = 10.0, 0.3  # seconds for which a rate is reserved; bulk leaves the next moment to answers
A_CHAT = Limit(1.0, burst=3)  # what Telegram bears in one chat
CHATS = "telegram"
STOP = "stop"  # the kind of the answer to STOP

DAY = timedelta(days=1)
# How long words are worth sending, from when they were queued; an hour of night may lie within.
VALID: Mapping[str, timedelta] = {
    "nudge": DAY,
    "late_list": DAY,
    "visit": DAY,
    "alert": 7 * DAY,
    "prompt": 3 * DAY,
    "digest": 3 * DAY,
    "brief": 7 * DAY,
    "pack": 7 * DAY,
}
OTHERS_VALID = 2 * DAY
SECOND_LOOK = DAY  # after which what is stale is dropped; for so long it may be the clock that is wrong


@dataclass(frozen=True, slots=True)
class Ready:
    """A part to send, and the seconds until its rate allows it."""

    part: Claimed
    wait: float


@dataclass(frozen=True, slots=True)
class Batch:
    """What was claimed: to be sent, and how many parts were put back or dropped instead."""

    ready: tuple[Ready, ...]
    others: int

    def __len__(self) -> int:
        return len(self.ready) + self.others


def valid_until(part: Claimed | Unsendable) -> datetime:
    """Return the moment after which a part is stale."""
    return part.created_at + VALID.get(part.kind.removesuffix("_mail"), OTHERS_VALID)


def claim_due(
    db: Session, now: datetime, schemes: tuple[str, ...], limits: Mapping[str, Limit], beside: int | None = None
) -> Batch:
    """Claim a batch of what is due on channels that are not held; with `beside`, for the reader of that part alone."""
    held = {hold.scheme for hold in holds.held(db, now)}
    free = [scheme for scheme in schemes if scheme not in held]
    limited = {scheme: limits[scheme] for scheme in free if scheme in limits}
    claimed: list[Claimed] = []
    for lane, ahead in ((Lane.ALERT, ANSWERS_AHEAD), (Lane.ANSWER, ANSWERS_AHEAD), (Lane.BULK, BULK_AHEAD)):
        rooms = rates.room(db, limited, now, ahead) if limited else {}
        for scheme in free:
            most = min(rooms.get(scheme, BATCH), BATCH - len(claimed))
            if most > 0:
                found = claims.claim(db, now, most, (scheme,), (lane,), beside)
                claimed += _fitting(db, found, rooms.get(scheme))
    claimed.sort(key=lambda part: (part.lane, part.due_at, part.message.id))
    wanted = _wanted(db, claimed, now)
    return Batch(tuple(Ready(part, _wait(db, part, limits, now)) for part in wanted), len(claimed) - len(wanted))


def claim_anew(db: Session, part: Claimed, now: datetime) -> Claimed | None:
    """Claim a part anew that has waited for its rate; None where it is not ours any more, or not wanted."""
    held = outbox.renew(db, part, now)
    return held if held is not None and _wanted(db, [held], now) else None


def _fitting(db: Session, parts: list[Claimed], room: int | None) -> list[Claimed]:
    """Return the parts that begin within the room that there is, in segments; the others are put back as they were."""
    begins = list(itertools.accumulate((max(part.segments, 1) for part in parts), initial=0))
    fitting = len(parts) if room is None else sum(begin < room for begin in begins[:-1])
    for part in parts[fitting:]:
        outbox.release(db, part, part.due_at, part.reason)
    return parts[:fitting]


def _wait(db: Session, part: Claimed, limits: Mapping[str, Limit], now: datetime) -> float:
    """Reserve what a part takes of the rates of its channel and chat; return the seconds until it may go."""
    scheme = part.message.urn.scheme
    if scheme not in limits:
        return 0.0
    wait = rates.take(db, scheme, limits[scheme], now, max(part.segments, 1))
    if scheme == CHATS and part.contact_id is not None:
        wait = max(wait, rates.take(db, f"chat:{part.contact_id}", A_CHAT, now))
    return wait


def _wanted(db: Session, claimed: list[Claimed], now: datetime) -> list[Claimed]:
    """Return the parts to send; what is not wanted any more, or not at this hour, is put where it belongs."""
    readers = claims.readers(db, claimed) if claimed else {}
    return [part for part in claimed if not _put_away(db, part, readers.get(part.message.id), now)]


def _put_away(db: Session, part: Claimed, reader: Reader | None, now: datetime) -> bool:
    if now > valid_until(part) and part.attempts == 1 and part.due_at <= valid_until(part):  # nobody has tried it
        outbox.release(db, part, now + SECOND_LOOK, part.reason)
    elif now > valid_until(part):
        end(db, part, Status.DROPPED, f"expired: {part.reason or 'could not be sent in time'}")
    elif reader is None:
        return False
    elif reader.status is ContactStatus.STOPPED and not _ends_it(part):
        end(db, part, Status.DROPPED, "stopped")
    elif not reader.reachable:
        send_elsewhere(db, part, now)
        end(db, part, Status.FAILED, "the address does not work")
    else:
        return _sleeps(db, part, reader, now)
    return True


def _ends_it(part: Claimed) -> bool:
    """Whether a part is the answer to the words by which somebody stopped; what waited before that is dropped."""
    return part.lane is Lane.ANSWER and (part.attempts == 1 or part.kind == STOP)


def _sleeps(db: Session, part: Claimed, reader: Reader, now: datetime) -> bool:
    """Let an unasked part that an outage kept until the night wait for its reader's morning."""
    if part.lane is not Lane.BULK:
        return False
    morning = after_quiet(now, reader.timezone, programmes.current(db))
    if morning > now:
        outbox.release(db, part, morning, "quiet hours")
    return morning > now


def end(db: Session, part: Claimed, status: Status, reason: str) -> None:
    """Record that a part came to nothing; the rest of its message goes nowhere without it, unless it was a picture."""
    outbox.ended(db, part, status, reason)
    if part.message.picture is None:
        claims.drop_rest(db, part, "the part before it was not sent")
