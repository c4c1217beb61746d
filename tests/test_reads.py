"""What is read: no job and no message goes through history that it does not need."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bot.turns import take_turn
from domain.messages import Inbound, InboundKind
from scheduler.noting import run_noted
from scheduler.schedule import SCHEDULE
from tests.rig import Rig
from tests.tracing import asked

GROWS = (
    *("value_versions", "current_values", "verifications", "diary_entries", "activity_updates", "inbound", "outbound"),
    *("occurrences", "notes", "visit_logs", "visit_answers", "ratings"),
)
MONDAY = datetime(2026, 11, 2, 6, 30, tzinfo=UTC)


def planned(rig: Rig, statements: list[str], how: str) -> list[str]:
    """Return the queries of which SQLite would answer a part in a way that matches `how`."""
    found = []
    with rig.db.engine.connect() as connection:
        for statement in (one for one in statements if one.lstrip().upper().startswith("SELECT")):
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}").all()
            if any(re.search(how, row.detail) for row in plan):
                found.append(statement)
    return found


def scans(rig: Rig, statements: list[str]) -> list[str]:
    """Return the statements for which SQLite would go through a whole table that grows with every message."""
    return planned(rig, statements, rf"^SCAN ({'|'.join(GROWS)})\b")


def run(rig: Rig, name: str) -> int:
    """Run a job each hour of nine days, as the clock does."""
    job = next(job for job in SCHEDULE if job.name == name)
    moments = (MONDAY + timedelta(hours=hour) for hour in range(9 * 24))
    return sum(asyncio.run(run_noted(rig.db, name, job.run, moment, job.shares)) for moment in moments)


@pytest.mark.parametrize("name", ["digests", "prompts", "nudges", "late_lists"])
def test_a_job_goes_through_no_history(sqlite_rig: Rig, name: str) -> None:
    with asked(sqlite_rig.db) as statements:
        done = run(sqlite_rig, name)
    assert done
    assert scans(sqlite_rig, statements) == []


def said_and_edited(rig: Rig, *texts: str) -> None:
    for n, text in enumerate(texts):
        kind = InboundKind.EDIT if n else InboundKind.MESSAGE
        rig.says("ama", text, provider_id=f"m{n}", kind=kind, edit_of="m0" if n else None)


SAID: dict[str, Callable[[Rig], object]] = {
    "a report": lambda rig: rig.says("ama", "REP ANC1 412/615 ABS 12"),
    "a diary": lambda rig: rig.says("ama", "D+ We held both outreach days"),
    "an update": lambda rig: rig.says("ama", "P1 60%"),
    "what is due": lambda rig: rig.says("ama", "DUE"),
    "an undo": lambda rig: rig.says("ama", "UNDO"),
    "an edit": lambda rig: said_and_edited(rig, "D+ We held both outreach days", "P1 60%"),
}


@pytest.mark.parametrize("said", list(SAID))
def test_a_message_goes_through_no_history(sqlite_rig: Rig, said: str) -> None:
    sqlite_rig.now = MONDAY
    with asked(sqlite_rig.db) as statements:
        SAID[said](sqlite_rig)
    assert any("FROM inbound" in statement for statement in statements)
    assert scans(sqlite_rig, statements) == []


def test_a_message_does_not_look_through_all_that_waits_for_others(sqlite_rig: Rig) -> None:
    report = Inbound("sms", "SM1", sqlite_rig.urn("ama", "tel"), "REP ANC1 412/615 ABS 12", MONDAY)
    with asked(sqlite_rig.db) as statements:
        sqlite_rig.db.work(take_turn, report, MONDAY)
    assert any("FROM outbound" in statement for statement in statements)
    assert planned(sqlite_rig, statements, "ix_outbound_waiting") == []
