"""Diaries in a few sentences by a machine elsewhere, where the operator wants that: asked, checked, and kept."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import httpx
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.leading import lead_alone
from domain.diaries import SECTIONS, DiaryEntry
from domain.digests import Digest
from domain.people import Contact, Role
from domain.periods import ReportingPeriod, local
from domain.summaries import MOST, Sentence, traced
from storage import contacts, diaries, programmes, summaries
from storage.database import Database

log = logging.getLogger(__name__)

EVERY_MINUTES = 30
TIME_OUT = 60.0  # seconds; a machine that writes takes its time
LARGEST = 100_000  # bytes of an answer


@dataclass(frozen=True, slots=True)
class Wanted:
    """The shared diaries of a group's month, to be summed up in a language; `made_of` names these entries."""

    group: str
    period: ReportingPeriod
    language: str
    entries: tuple[DiaryEntry, ...]
    made_of: str


async def keep_summing_up(db: Database, clock: Clock, stop: asyncio.Event, url: str, key: str) -> None:
    """Sum up what is new now and then, until `stop`, whatever breaks; of several processes on one database one does."""

    async def now_and_then(over: asyncio.Event) -> None:
        while not over.is_set():
            try:
                await summarise(db, clock(), url, key)
            except LookupError:
                log.warning("no programme yet")
            except Exception:  # such as a database that is locked: a summary is an extra and ends nothing else
                log.exception("diaries were not summed up")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), EVERY_MINUTES * 60)

    await lead_alone(db, "summaries", now_and_then, stop)


async def summarise(db: Database, now: datetime, url: str, key: str) -> int:
    """Ask the machine at `url` to sum up what was shared since it was last asked; return how many answers were kept.

    Only the words of shared entries leave, with their section and a number. Where it fails nothing is kept, and a
    digest says what it said before.
    """
    kept = 0
    async with httpx.AsyncClient(timeout=TIME_OUT, headers={"Authorization": f"Bearer {key}"}) as http:
        for wanted in await db.run(_wanted, now):
            try:
                kept += await _sum_up(db, http, url, wanted, now)
            except OperationalError:  # the database's trouble is that of all
                raise
            except Exception:
                log.exception("diaries of a group were not summed up")
    return kept


async def _sum_up(db: Database, http: httpx.AsyncClient, url: str, wanted: Wanted, now: datetime) -> bool:
    answer = await _ask(http, url, wanted)
    if answer is None:
        return False
    await db.run(_keep, wanted, traced(answer, wanted.entries), now)
    return True


def _wanted(db: Session, now: datetime) -> list[Wanted]:
    programme = programmes.current(db)
    period = ReportingPeriod.last_closed(local(now, programme.timezone).date())
    leaders, found = contacts.everyone(db, Role.FACILITATOR, Role.MANAGER), list[Wanted]()
    for group in programme.groups.values():
        entries = _shared(db, group.districts, period)
        made_of = hashlib.md5(repr([(e.id, e.words) for e in entries]).encode(), usedforsecurity=False).hexdigest()
        languages = {leader.language for leader in leaders if not leader.groups or group.code in leader.groups}
        for language in sorted(languages) if entries else ():
            if summaries.basis(db, group.code, str(period), language) != made_of:
                found.append(Wanted(group.code, period, language, entries, made_of))
    return found


def _shared(db: Session, districts: Sequence[str], period: ReportingPeriod) -> tuple[DiaryEntry, ...]:
    found = (entry for entries in diaries.load(db, districts, period).values() for entry in entries)
    return tuple(e for e in found if not e.private and e.period == period and e.section in SECTIONS)


async def _ask(http: httpx.AsyncClient, url: str, wanted: Wanted) -> list[Sentence] | None:
    entries = [{"id": e.id, "section": e.section, "words": e.words} for e in wanted.entries]
    question = {"language": wanted.language, "most_sentences": MOST, "entries": entries}
    try:
        answer = await http.post(url, json=question)
        answer.raise_for_status()
        return _read(answer.json()) if len(answer.content) <= LARGEST else None
    except (httpx.HTTPError, ValueError, KeyError, TypeError, OverflowError) as error:
        log.warning("no summary of diaries: %s", type(error).__name__)
        return None


def _read(answer: Any) -> list[Sentence]:
    """Read `{"sentences": [{"text": …, "entries": [1, 2]}]}`. Raises what reading anything else raises."""
    rows = ((str(row["text"]), row["entries"]) for row in answer["sentences"])
    return [Sentence(" ".join(text.split()), tuple(int(one) for one in ids)) for text, ids in rows]


def _keep(db: Session, wanted: Wanted, sentences: Iterable[Sentence], now: datetime) -> None:
    summaries.save(db, wanted.group, str(wanted.period), wanted.language, wanted.made_of, sentences, now)


def in_short(db: Session, found: Digest, reader: Contact) -> Digest:
    """Return a digest with what was made of its diaries, as far as these still bear it out."""
    programme = programmes.current(db)
    districts = [one.code for one in found.districts]
    groups = {programme.districts[code].group for code in districts}
    sentences = summaries.load(db, groups, str(found.period), reader.language)
    return replace(found, summary=traced(sentences, _shared(db, districts, found.period))) if sentences else found
