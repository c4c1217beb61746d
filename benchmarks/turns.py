"""How many durable turns a second, and how long one takes: a month's report by many people whose answers interleave.

Every contender runs in a process of its own, one after the other, in the same run. See README.md beside this file.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from benchmarks import work
from benchmarks.machine import PEAK, machine
from benchmarks.served import Served
from bot.opening import settle
from bot.turns import take_turn
from domain.messages import Inbound
from domain.people import Urn
from storage import programmes
from storage.database import Database
from storage.models import (
    ActivityUpdateRow,
    AddressRow,
    ContactRow,
    DiaryRow,
    InboundRow,
    OutboundRow,
    ValueVersionRow,
)
from storage.sealing import keyring
from tests import postgres
from tests.doubles.twilio_api import NUMBER

ROOT = Path(__file__).resolve().parents[1]
RESULT = Path(__file__).parent / "results" / "turns.md"
SECRET = "a secret that is only for measuring"
AT_ONCE = 8  # turns under way at once, as many as the pool has connections
LIMIT = "sqlite-by-hand"
PEER = "ptb-pickle"
VALUES = tuple(zip(work.CODES, work.NUMBERS, strict=True))


@dataclass(frozen=True, slots=True)
class Contender:
    """One line of the table: the module that runs it, and what a reader should know of it."""

    module: str
    title: str
    keeps: str


CONTENDERS = {
    "sqlite": Contender("turns", "Kumbusha, SQLite", "all of it, one commit a turn, fsynced"),
    "sqlite-8": Contender("turns", "Kumbusha, SQLite, 8 turns at once", "all of it, those that wait share a commit"),
    "http": Contender("turns", "Kumbusha, SQLite, signed webhooks over HTTP", "all of it, one commit a turn, fsynced"),
    "http-8": Contender(
        "turns", "Kumbusha, SQLite, signed webhooks, 8 at once", "all of it, those that wait share a commit"
    ),
    "postgresql": Contender("turns", "Kumbusha, PostgreSQL", "all of it, one commit a turn, fsynced"),
    "postgresql-8": Contender(
        "turns", "Kumbusha, PostgreSQL, 8 turns at once", "all of it, one commit a turn, fsynced"
    ),
    PEER: Contender("peer_ptb", "python-telegram-bot, file written every turn", "dialogue and answers, not fsynced"),
    "ptb-minutely": Contender(
        "peer_ptb", "python-telegram-bot, file written every minute (its default)", "a crash loses up to a minute"
    ),
    LIMIT: Contender(
        "turns", "SQLite by hand, nothing but four statements", "message, step, reply, one commit a turn, fsynced"
    ),
    "postgresql-by-hand": Contender(
        "turns", "PostgreSQL by hand, nothing but four statements", "message, step, reply, one commit a turn, fsynced"
    ),
}


# ---------------------------------------------------------------------------------------------- ours


def inbound_of(person: int, step: int, text: str) -> Inbound:
    """Return what a person sends at a step; step 0 opens the dialogue."""
    at = work.NOW + timedelta(seconds=step)
    return Inbound("sms", f"SM{step:02d}{person:030d}", Urn("tel", work.phone_of(person)), text, at)


def prepare(db: Database, people: int) -> None:
    """Load the programme and open everybody's report."""
    db.upgrade()
    db.work(programmes.install, work.programme_text(people), work.NOW)
    db.work(add_crowd, int(os.environ.get(work.CROWD, "0")))
    settle(db)
    for person in range(people):
        _turn(db, person, 0, work.FIRST)


def add_crowd(db: Session, many: int) -> None:
    """Put contacts beside those who write: each with a phone, in a district of their own."""
    for first in range(0, many, 1000):
        numbers = range(first, min(first + 1000, many))
        contacts = [
            {
                "key": f"crowd{n}",
                "name": f"Person {n} of the crowd",
                "role": "focal",
                "district": f"crowd{n}",
                "groups": [],
                "language": "en",
                "timezone": "Africa/Accra",
                "preferred": "tel",
                "status": "active",
                "deputy": False,
            }
            for n in numbers
        ]
        ids = db.scalars(insert(ContactRow).returning(ContactRow.id, sort_by_parameter_order=True), contacts).all()
        phones = [(contact_id, f"+23327{n:07d}") for contact_id, n in zip(ids, numbers, strict=True)]
        digest = keyring().digest
        rows = [
            {"contact_id": i, "scheme": "tel", "path": phone, "digest": digest(f"tel:{phone}"), "status": "active"}
            for i, phone in phones
        ]
        db.execute(insert(AddressRow), rows)


def _turn(db: Database, person: int, step: int, text: str) -> float:
    inbound = inbound_of(person, step, text)
    began = time.perf_counter()
    taken = db.work(take_turn, inbound, inbound.received_at)
    took = time.perf_counter() - began
    if taken.turn is None:
        raise RuntimeError(f"turn of person {person} failed at step {step}")
    return took


def measure(db: Database, people: int) -> dict[str, float]:
    """Take every answer of everybody, step by step, and check that all of it is on record."""
    prepare(db, people)
    before = size(db)
    taken: list[float] = []
    began = time.perf_counter()
    for step, words in enumerate(work.ANSWERS, 1):
        taken.extend(_turn(db, person, step, words) for person in range(people))
    seconds = time.perf_counter() - began
    db.work(check, people)
    return work.figures(taken, seconds) | {"bytes_per_contact": (size(db) - before) / people}


def measure_at_once(db: Database, people: int) -> dict[str, float]:
    """The same with several turns under way, as the edge hands them over."""
    prepare(db, people)
    before = size(db)

    async def turn(person: int, step: int, words: str) -> float:
        inbound = inbound_of(person, step, words)
        began = time.perf_counter()
        taken = await db.run(take_turn, inbound, inbound.received_at)
        assert taken.turn is not None, (person, step)
        return time.perf_counter() - began

    taken, seconds = asyncio.run(_all_answers(turn, people, AT_ONCE))
    db.work(check, people)
    return work.figures(taken, seconds) | {"bytes_per_contact": (size(db) - before) / people}


async def _all_answers(
    turn: Callable[[int, int, str], Awaitable[float]], people: int, at_once: int
) -> tuple[list[float], float]:
    """Let `at_once` callers take everybody's turns, step by step; return what each took, and all together."""
    taken: list[float] = []

    async def caller(waiting: Iterator[int], step: int, words: str) -> None:
        for person in waiting:
            taken.append(await turn(person, step, words))

    began = time.perf_counter()
    for step, words in enumerate(work.ANSWERS, 1):
        waiting = iter(range(people))
        await asyncio.gather(*(caller(waiting, step, words) for _n in range(at_once)))
    return taken, time.perf_counter() - began


def size(db: Database) -> int:
    """Return how many bytes a database takes on disk, indexes and all."""
    with db.begin() as session:
        if not db.sqlite:
            return int(session.execute(text("select pg_database_size(current_database())")).scalar_one())
        pages = session.execute(text("pragma page_count")).scalar_one()
        return int(pages * session.execute(text("pragma page_size")).scalar_one())


def check(db: Session, people: int) -> None:
    """Raise AssertionError unless every answer of everybody was stored once and answered once."""
    expected = {(f"d{n}", code): value for n in range(people) for code, value in VALUES}
    stored = db.execute(select(ValueVersionRow.district, ValueVersionRow.code, ValueVersionRow.value)).all()
    assert len(stored) == len(expected), len(stored)
    assert {(district, code): value for district, code, value in stored} == expected
    sections = db.execute(select(DiaryRow.district, DiaryRow.section)).all()
    assert sorted(tuple(row) for row in sections) == sorted((f"d{n}", s) for n in range(people) for s in work.SECTIONS)
    updates = db.execute(select(ActivityUpdateRow.district, ActivityUpdateRow.key)).all()
    assert sorted(tuple(row) for row in updates) == sorted((f"d{n}", k) for n in range(people) for k in ("P1", "P2"))
    turns = people * (1 + len(work.ANSWERS))
    handled = db.execute(select(func.count()).where(InboundRow.handled_at.is_not(None))).scalar_one()
    answers = db.execute(select(func.count(OutboundRow.inbound_id.distinct()))).scalar_one()
    assert (handled, answers) == (turns, turns), (handled, answers, turns)


@contextmanager
def _sqlite(folder: Path) -> Iterator[Database]:
    db = Database(f"sqlite:///{folder / 'turns.sqlite'}", SECRET)
    yield db
    db.close()


@contextmanager
def _postgresql(folder: Path) -> Iterator[Database]:
    with postgres.server(durable=True) as prefix:
        db = Database(prefix.format("postgres"), SECRET)
        yield db
        db.close()


def run_sqlite(folder: Path, people: int) -> dict[str, float]:
    """Measure the embedded engine."""
    with _sqlite(folder) as db:
        return measure(db, people)


def run_postgresql(folder: Path, people: int) -> dict[str, float]:
    """Measure a PostgreSQL of our own."""
    with _postgresql(folder) as db:
        return measure(db, people)


def run_sqlite_at_once(folder: Path, people: int) -> dict[str, float]:
    """Measure the embedded engine with several people writing at the same time."""
    with _sqlite(folder) as db:
        return measure_at_once(db, people)


def run_postgresql_at_once(folder: Path, people: int) -> dict[str, float]:
    """Measure a PostgreSQL of our own with several people writing at the same time."""
    with _postgresql(folder) as db:
        return measure_at_once(db, people)


def run_http(folder: Path, people: int, at_once: int = 1) -> dict[str, float]:
    """Measure `kumbusha web` from outside: signed forms in, answered after the commit."""
    taken, seconds, peak = asyncio.run(_over_http(folder, people, at_once))
    with _sqlite(folder) as db:
        db.work(check, people)
    return work.figures(taken, seconds) | {"peak_mb": peak}


def run_http_at_once(folder: Path, people: int) -> dict[str, float]:
    """The same with several requests under way."""
    return run_http(folder, people, AT_ONCE)


async def _over_http(folder: Path, people: int, at_once: int) -> tuple[list[float], float, float]:
    async with Served(folder, people, part="web", file="turns.sqlite") as served:

        async def turn(person: int, step: int, words: str) -> float:
            form = {
                "MessageSid": f"SM{step:02d}{person:030d}",
                "From": work.phone_of(person),
                "To": NUMBER,
                "Body": words,
            }
            return await served.post(form)

        for person in range(people):
            await turn(person, 0, work.FIRST)
        taken, seconds = await _all_answers(turn, people, at_once)
        return taken, seconds, served.memory(PEAK)


# ---------------------------------------------------------------------------------------------- the limit


def run_by_hand(folder: Path, people: int) -> dict[str, float]:
    """Measure four statements and a commit a turn: what the disk and SQLite allow, whatever one builds on them."""
    connection = sqlite3.connect(folder / "by-hand.sqlite", isolation_level=None)
    connection.executescript(
        """
        pragma journal_mode = wal;
        pragma synchronous = full;
        create table inbound (id integer primary key, provider_id text unique, person integer, text text);
        create table session (person integer primary key, answers text);
        create table outbound (id integer primary key, person integer, text text);
        """
    )
    connection.executemany("insert into session values (?, '[]')", ((person,) for person in range(people)))
    taken: list[float] = []
    began = time.perf_counter()
    for step, words in enumerate(work.ANSWERS, 1):
        for person in range(people):
            start = time.perf_counter()
            _turn_by_hand(connection, person, step, words)
            taken.append(time.perf_counter() - start)
    seconds = time.perf_counter() - began
    done = connection.execute("select count(*) from session where json_array_length(answers) = 12").fetchone()[0]
    assert done == people
    connection.close()
    return work.figures(taken, seconds)


def _turn_by_hand(connection: sqlite3.Connection, person: int, step: int, text: str) -> None:
    connection.execute("begin immediate")
    connection.execute(
        "insert into inbound (provider_id, person, text) values (?, ?, ?)", (f"SM{step:02d}{person:030d}", person, text)
    )
    (kept,) = connection.execute("select answers from session where person = ?", (person,)).fetchone()
    answers = json.dumps([*json.loads(kept), text])
    connection.execute("update session set answers = ? where person = ?", (answers, person))
    connection.execute(
        "insert into outbound (person, text) values (?, ?)", (person, "VB Count VB, Oct 2026? Example: 12")
    )
    connection.execute("commit")


def run_by_hand_on_postgresql(folder: Path, people: int) -> dict[str, float]:
    """The same four statements on a PostgreSQL of our own, by its driver."""
    with postgres.server(durable=True) as prefix:
        address = prefix.format("postgres").replace("postgresql+psycopg", "postgresql")
        with psycopg.connect(address) as connection:
            connection.execute(
                "create table inbound (id bigserial primary key, provider_id text unique, person int, text text)"
            )
            connection.execute("create table session (person int primary key, answers text)")
            connection.execute("create table outbound (id bigserial primary key, person int, text text)")
            with connection.cursor() as cursor:
                cursor.executemany("insert into session values (%s, '[]')", [(person,) for person in range(people)])
            connection.commit()
            taken: list[float] = []
            began = time.perf_counter()
            for step, words in enumerate(work.ANSWERS, 1):
                for person in range(people):
                    start = time.perf_counter()
                    _turn_by_psycopg(connection, person, step, words)
                    taken.append(time.perf_counter() - start)
            return work.figures(taken, time.perf_counter() - began)


def _turn_by_psycopg(connection: psycopg.Connection, person: int, step: int, text: str) -> None:
    message = (f"SM{step:02d}{person:030d}", person, text)
    connection.execute("insert into inbound (provider_id, person, text) values (%s, %s, %s)", message)
    row = connection.execute("select answers from session where person = %s for update", (person,)).fetchone()
    answers = json.dumps([*json.loads(row[0] if row else "[]"), text])
    connection.execute("update session set answers = %s where person = %s", (answers, person))
    reply = (person, "VB Count VB, Oct 2026? Example: 12")
    connection.execute("insert into outbound (person, text) values (%s, %s)", reply)
    connection.commit()


RUNS = {
    "sqlite": run_sqlite,
    "sqlite-8": run_sqlite_at_once,
    "http": run_http,
    "http-8": run_http_at_once,
    "postgresql": run_postgresql,
    "postgresql-8": run_postgresql_at_once,
    LIMIT: run_by_hand,
    "postgresql-by-hand": run_by_hand_on_postgresql,
}


# ---------------------------------------------------------------------------------------------- the table


def table(rounds: list[dict[str, dict[str, float]]]) -> str:
    """Return the medians over all rounds; the ratios are medians of ratios within a round."""
    lines = [
        "| | turns/s | p50 ms | p99 ms | longest ms | peak MB | bytes a contact | x python-telegram-bot | x by hand "
        "| what is kept |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    for name in rounds[0]:
        middle = {key: statistics.median(r[name][key] for r in rounds) for key in rounds[0][name]}
        ratios = (_ratio(rounds, name, PEER), _ratio(rounds, name, LIMIT))
        lines.append(
            f"| {CONTENDERS[name].title} | {middle['turns_per_second']:.0f} | {middle['p50_ms']:.2f} "
            f"| {middle['p99_ms']:.2f} | {middle['longest_ms']:.0f} | {middle['peak_mb']:.0f} "
            f"| {middle.get('bytes_per_contact', 0):.0f} "
            f"| {ratios[0]} | {ratios[1]} | {CONTENDERS[name].keeps} |"
        )
    return "\n".join(lines)


def _ratio(rounds: list[dict[str, dict[str, float]]], name: str, base: str) -> str:
    if base not in rounds[0]:
        return "-"
    return f"{statistics.median(r[name]['turns_per_second'] / r[base]['turns_per_second'] for r in rounds):.2f}"


def in_own_process(name: str, people: int, folder: Path) -> dict[str, float]:
    """Run one contender in a fresh process, with a fresh folder, and return its figures."""
    with tempfile.TemporaryDirectory(prefix="turns-", dir=folder) as own:
        command = [sys.executable, "-m", f"benchmarks.{CONTENDERS[name].module}", "--one", name]
        command += ["--contacts", str(people), "--folder", own]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stderr}")
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    print(f"  {name}: {figures['turns_per_second']:.0f} turns/s, p99 {figures['p99_ms']:.2f} ms", file=sys.stderr)
    return figures


def report(people: int, crowd: int, rounds: list[dict[str, dict[str, float]]]) -> str:
    """Return the whole result as a page."""
    turns = people * len(work.ANSWERS)
    return "\n".join(
        (
            "# Durable turns of a 12-answer monthly report",
            "",
            f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC; {machine()}.",
            "",
            f"{people} contacts beside {crowd} others, {turns} turns, answers interleaved round-robin, "
            f"{len(rounds)} round(s), medians.",
            "The opening message (`REP`, `/report`) is sent before the clock starts.",
            "Every contender's store was read afterwards and held every answer; python-telegram-bot was stopped",
            "after a minute where it had not finished by then.",
            "",
            table(rounds),
            "",
            f"Again: `python -m benchmarks.turns --contacts {people} --rounds {len(rounds)} --crowd {crowd}`",
            "",
        )
    )


def main() -> None:
    """Run all contenders, or one of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=1, help="every round runs each contender once")
    parser.add_argument("--only", nargs="+", choices=list(CONTENDERS), default=list(CONTENDERS))
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), help="on the disk to be measured")
    parser.add_argument("--out", type=Path, default=RESULT)
    parser.add_argument("--one", choices=list(RUNS), help=argparse.SUPPRESS)
    parser.add_argument("--crowd", type=int, default=0, help="contacts beside those who write")
    given = parser.parse_args()
    if given.crowd:
        os.environ[work.CROWD] = str(given.crowd)
    if given.one:
        print(json.dumps(RUNS[given.one](given.folder, given.contacts)))
        return
    rounds = [
        {name: in_own_process(name, given.contacts, given.folder) for name in given.only} for _n in range(given.rounds)
    ]
    page = report(given.contacts, given.crowd, rounds)
    print(page)
    given.out.write_text(page)


if __name__ == "__main__":
    main()
