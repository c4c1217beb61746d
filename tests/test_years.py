"""Three months of three made-up districts, and that what must never be is seen when it is."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from conversations.places import districts_of
from domain.alerts import Cause, Raise
from domain.messages import Lane
from domain.people import Role
from domain.periods import ReportingPeriod
from scheduler import invariants
from scheduler.crowd import PRIVATE
from scheduler.invariants import INVARIANTS, check_alerts, check_digests, check_record
from scheduler.outcome import outcome
from scheduler.recount import Recount
from scheduler.shown import wrong_figures
from scheduler.years import Years
from storage import alerts, contacts, outbox, programmes, trace
from storage.models import NoteRow, OutboundRow

MONTHS = 3


@pytest.fixture(scope="module")
def years(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Years]:
    played = Years(tmp_path_factory.mktemp("years"), 3, seed=1)
    asyncio.run(played.play(MONTHS))
    yield played
    played.db.close()


def test_nothing_happened_that_must_never(years: Years) -> None:
    assert +years.broken == Counter()


def test_people_answered_and_most_were_in_time(years: Years) -> None:
    found = years.db.work(outcome, ReportingPeriod(2026, 1), MONTHS)
    assert found.wanted == 9
    assert found.prompts >= 9
    assert 4 <= found.in_time <= found.complete <= 9


def in_pieces(years: Years, spoil: Callable[[Session], object], check: Callable[[Session], Counter[str]]) -> set[str]:
    """Return what a check finds after a mishap that is taken back again."""
    with years.db.begin() as db:
        mishap = db.begin_nested()
        spoil(db)
        db.flush()
        found = check(db)
        mishap.rollback()
    return set(+found)


def some(db: Session, kind: str) -> OutboundRow:
    query = select(OutboundRow).where(OutboundRow.kind == kind, OutboundRow.sent_at.is_not(None))
    row = db.scalars(query.order_by(OutboundRow.id)).first()
    assert row is not None
    assert row.sent_at is not None
    return row


def again(db: Session, row: OutboundRow, key: str, at: datetime | None, words: str = "again", who: int = 0) -> None:
    """Send another message like `row`, under another key, at another time."""
    contact = contacts.load(db, who or row.contact_id or 0)
    urn = contact.address()
    assert urn is not None
    assert row.sent_at is not None
    part = outbox.Part(key, row.kind, Lane.BULK, urn, words, 1, at or row.sent_at, contact.id)
    sent_id = outbox.put(db, part, at or row.sent_at)
    db.execute(text("update outbound set sent_at = due_at, status = 'delivered' where id = :id"), {"id": sent_id})


def prompted_twice(db: Session) -> None:
    row = some(db, "prompt")
    again(db, row, row.key.replace("prompt1:", "prompt2:"), row.sent_at)


def reminded_too_late(db: Session) -> None:
    row = some(db, "prompt")
    again(db, row, row.key.replace("prompt1:", "nudge9:"), datetime(2027, 6, 1, 12, tzinfo=UTC))


def woken(db: Session) -> None:
    again(db, some(db, "prompt"), "other:0", datetime(2026, 3, 3, 1, tzinfo=UTC))


def chased(db: Session) -> None:
    for n in range(5):
        again(db, some(db, "prompt"), f"other{n}:0", datetime(2026, 3, 3 + n, 12, tzinfo=UTC))


def gossip(db: Session) -> None:
    writer = some(db, "prompt").contact_id
    db.add(
        NoteRow(kind="note", words=f"{PRIVATE} 7", private=True, contact_id=writer, at=datetime(2026, 3, 3, tzinfo=UTC))
    )
    other = next(c for c in contacts.everyone(db) if c.id != writer and c.address())
    at = datetime(2026, 3, 3, 12, tzinfo=UTC)
    again(db, some(db, "prompt"), "gossip:0", at, f"they wrote {PRIVATE} 7", other.id)


def alarmed(db: Session) -> None:
    """Send a facilitator five alerts that could have waited."""
    digest = some(db, "digest")
    digest.kind = "alert"
    for n in range(5):
        again(db, digest, f"alerts:other{n}:0", datetime(2026, 3, 3 + n, 12, tzinfo=UTC))


def misremembered(db: Session) -> None:
    """Say another number of months gone by in every receipt."""
    for row in db.scalars(select(OutboundRow).where(OutboundRow.lane == str(Lane.ANSWER))):
        row.text = re.sub(r"(last months: |: )(\d+)(%, \d+%, \d+%)", lambda m: f"{m[1]}{int(m[2]) + 1}{m[3]}", row.text)


MISHAPS = {
    invariants.WRONG_GAIN: misremembered,
    invariants.PROMPTS_TWICE: prompted_twice,
    invariants.AFTER_REPORT: reminded_too_late,
    invariants.QUIET: woken,
    invariants.TOO_MANY: chased,
    invariants.PRIVATE_READ: gossip,
}


def test_alerts_count_among_what_is_too_many_and_critical_ones_do_not(years: Years) -> None:
    def critical(db: Session) -> None:
        found = Raise(Cause.HARM, "harm:d0:test", "d0", {"words": "w", "name": "n"})
        alert = alerts.open_one(db, found, (1,), years.now, years.now)
        assert alert is not None
        digest = some(db, "digest")
        digest.kind = "alert"
        for n in range(5):
            again(db, digest, f"alert:{alert.id}:x{n}:0", datetime(2026, 3, 3 + n, 12, tzinfo=UTC))

    assert in_pieces(years, alarmed, check_record) == {invariants.TOO_MANY}
    assert in_pieces(years, critical, check_record) == set()


@pytest.mark.parametrize("name", MISHAPS)
def test_a_mishap_is_seen_and_nothing_else(name: str, years: Years) -> None:
    assert name in in_pieces(years, MISHAPS[name], check_record)


def overdue(db: Session, period: str, now: datetime) -> None:
    """Open an alert for a month of the first district, and give it to the managers."""
    found = Raise(Cause.OVERDUE, f"overdue:d0:{period}", "d0", {"period": period})
    ladder = tuple(c.id for c in contacts.everyone(db, Role.MANAGER))
    alerts.open_one(db, found, ladder, now, now + timedelta(days=1))


def years_alerts(years: Years) -> Callable[[Session], Counter[str]]:
    return lambda db: check_alerts(db, years.now + timedelta(minutes=1))


NO_FIGURE = re.compile(
    r"^(?:Weekly|Monthly|Due date|\"|Diaries|From).*|\d\. |was due .*|\bP?\d{4}\b|[A-Z]\w*\d|P\d .*?:", re.M
)
NAME = re.compile(r"(?:District|Group|First|Second|Reader) \d+|Reply .*")


def figures(words: str) -> Iterator[str]:
    """Yield the words of a digest with each of its figures changed in turn; names, dates and codes are none."""
    taken = [m.span() for pattern in (NO_FIGURE, NAME) for m in pattern.finditer(words)]
    for found in re.finditer(r"\d+", words):
        if not any(start <= found.start() < end for start, end in taken):
            yield f"{words[: found.start()]}{int(found[0]) + 1}{words[found.end() :]}"


def moments_queued(db: Session, kinds: Collection[str]) -> list[datetime]:
    """Return the moments at which unasked messages of some kinds were queued."""
    query = select(OutboundRow.created_at).where(OutboundRow.kind.in_(kinds), OutboundRow.lane == str(Lane.BULK))
    return list(db.scalars(query.group_by(OutboundRow.created_at).order_by(func.min(OutboundRow.id))))


def test_every_figure_that_is_changed_in_a_digest_or_brief_is_seen(years: Years) -> None:
    changed = 0
    with years.db.begin() as db:
        programme = programmes.current(db)
        for at in moments_queued(db, invariants.FIGURES)[-6:]:
            for (contact_id, _kind), words in trace.queued(db, invariants.FIGURES, at).items():
                mine = districts_of(contacts.load(db, contact_id), programme)
                recount = Recount(db, programme, mine, at.date(), at)
                assert wrong_figures(words, recount) == []
                for other in figures(words):
                    assert wrong_figures(other, recount), other
                    changed += 1
    assert changed > 100


def test_a_value_that_is_another_one_in_the_record_is_seen(years: Years) -> None:
    with years.db.begin() as db:
        at = moments_queued(db, ("digest",))[-1]
    change = text("update value_versions set value = value + 1 where code = 'ABS'")
    assert in_pieces(years, lambda db: None, lambda db: check_digests(db, at)) == set()
    assert in_pieces(years, lambda db: db.execute(change), lambda db: check_digests(db, at)) == {
        invariants.WRONG_FIGURE
    }


def test_an_alert_that_nobody_can_take_is_seen(years: Years) -> None:
    def spoil(db: Session) -> None:
        overdue(db, "2030-01", years.now)
        db.execute(text("update addresses set status = 'unreachable'"))

    assert in_pieces(years, lambda db: overdue(db, "2030-01", years.now), years_alerts(years)) == set()
    assert invariants.NO_OWNER in in_pieces(years, spoil, years_alerts(years))


def test_an_alert_whose_report_is_in_is_seen(years: Years) -> None:
    with years.db.begin() as db:
        period = db.execute(text("select period from value_versions where district = 'd0' limit 1")).scalar_one()
    found = in_pieces(years, lambda db: overdue(db, period, years.now), years_alerts(years))
    assert found == {invariants.CAUSE_GONE}


def test_each_thing_that_must_never_be_has_a_name() -> None:
    assert len(set(INVARIANTS)) == 9


def test_the_same_seed_plays_the_same(tmp_path: Path) -> None:
    said = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        folder.mkdir()
        played = Years(folder, 3, seed=2)
        asyncio.run(played.play(1))
        said.append(dict(played.said))
        played.db.close()
    assert said[0] == said[1]
