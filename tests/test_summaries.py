"""Diaries summed up by a machine elsewhere: what leaves, what is kept of the answer, and what a digest says of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.doctor import of_diaries
from bot.settings import Settings
from domain.diaries import DiaryEntry
from domain.periods import ReportingPeriod
from domain.summaries import Sentence, traced
from scheduler.digesting import send_digests
from scheduler.summarising import keep_summing_up, summarise
from storage.models import OutboundRow
from tests.rig import Rig
from tests.serving import serving

NOW = datetime(2026, 11, 9, 8, tzinfo=UTC)


def entry(number: int, words: str, private: bool = False) -> DiaryEntry:
    return DiaryEntry(number, "asuo", ReportingPeriod(2026, 10), "not_well", words, "Ama", 1, NOW, private)


ENTRIES = [
    entry(1, "Two unit heads did not come to the Monday check, the rosters hang in 4 facilities."),
    entry(2, "No fuel for the vehicle in the second half of the month."),
    entry(3, "My marriage is in trouble and I cannot sleep.", private=True),
]


@pytest.mark.parametrize(
    ("words", "ids", "stays"),
    [
        ("Rosters hang in 4 facilities, but two unit heads missed the Monday check.", (1,), True),
        ("The vehicle had no fuel, and unit heads did not come.", (1, 2), True),
        ("Rosters hang in 14 facilities.", (1,), False),
        ("Rosters hang in 4 facilities.", (), False),
        ("Rosters hang in 4 facilities.", (1, 9), False),
        ("Rosters hang in 4 facilities.", (2,), False),
        ("Malaria deaths doubled because nurses were on strike.", (1,), False),
        ("Somebody's marriage is in trouble.", (3,), False),
        ("", (1,), False),
        ("rosters " * 30, (1,), False),
    ],
)
def test_a_sentence_stays_only_where_its_entries_bear_it_out(words: str, ids: tuple[int, ...], stays: bool) -> None:
    assert bool(traced([Sentence(words, ids)], ENTRIES)) is stays


def test_the_others_stay_when_one_is_dropped() -> None:
    true, invented = Sentence("No fuel for the vehicle.", (2,)), Sentence("The minister visited.", (2,))
    assert traced([invented, true], ENTRIES) == (true,)


@dataclass
class Machine:
    """A double of the machine: it answers what it is given, and remembers what it was asked."""

    answer: Any = None
    status: int = 200
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    async def sum_up(self, request: Request) -> Response:
        self.asked.append(await request.json())
        self.keys.append(request.headers["authorization"])
        if isinstance(self.answer, str):
            return Response(self.answer, self.status, media_type="application/json")
        return JSONResponse(self.answer, self.status)


@pytest.fixture
def machine() -> Iterator[tuple[Machine, str]]:
    found = Machine()
    with serving(Starlette(routes=[Route("/sum", found.sum_up, methods=["POST"])])) as root:
        yield found, f"{root}/sum"


def written(rig: Rig) -> int:
    """Let Ama share a diary and keep a private note; return the number of her entry."""
    rig.now = datetime(2026, 11, 3, 10, tzinfo=UTC)
    rig.says("ama", "D- no fuel for the vehicle, the unit heads did not come")
    rig.says("ama", "NOTE PRIVATE my marriage is in trouble")
    rig.now = NOW
    return 1


def sum_up(rig: Rig, url: str) -> int:
    return asyncio.run(summarise(rig.db, rig.now, url, "the key"))


def digest_of_efua(rig: Rig) -> str:
    rig.db.work(send_digests, rig.now)
    with rig.db.begin() as db:
        rows = db.query(OutboundRow).filter_by(contact_id=rig.contact("efua").id, kind="digest").all()
    return "\n".join(row.text for row in rows)


def test_only_shared_words_leave_and_are_asked_about_once(rig: Rig, machine: tuple[Machine, str]) -> None:
    double, url = machine
    number = written(rig)
    double.answer = {"sentences": [{"text": "There was no fuel for the vehicle.", "entries": [number]}]}
    assert sum_up(rig, url) == 1
    assert sum_up(rig, url) == 0
    (asked,) = double.asked
    assert [one["words"] for one in asked["entries"]] == ["no fuel for the vehicle, the unit heads did not come"]
    assert asked["entries"][0].keys() == {"id", "section", "words"}
    assert "marriage" not in json.dumps(asked)
    assert double.keys == ["Bearer the key"]


def test_a_group_whose_summary_cannot_be_kept_leaves_those_of_others_alone(
    sqlite_rig: Rig, machine: tuple[Machine, str]
) -> None:
    double, url = machine
    number = written(sqlite_rig)
    sqlite_rig.now = datetime(2026, 11, 3, 10, tzinfo=UTC)
    sqlite_rig.says("asha", "D- hakuna mafuta ya gari")
    sqlite_rig.now = NOW
    double.answer = {"sentences": [{"text": "There was no fuel for the vehicle.", "entries": [number]}]}
    with sqlite_rig.db.begin() as db:
        db.execute(
            text(
                "create trigger refused before insert on summaries when new.\"group\" = 'group1' "
                "begin select raise(abort, 'refused'); end"
            )
        )
    assert sum_up(sqlite_rig, url) == len(double.asked) - 1 > 0


def test_the_digest_says_what_is_borne_out_and_by_which_entries(rig: Rig, machine: tuple[Machine, str]) -> None:
    double, url = machine
    number = written(rig)
    double.answer = {
        "sentences": [
            {"text": "There was no fuel for the vehicle.", "entries": [number]},
            {"text": "The minister has promised 40 cars.", "entries": [number]},
        ]
    }
    sum_up(rig, url)
    digest = digest_of_efua(rig)
    assert f"There was no fuel for the vehicle. (D{number})" in digest
    assert "minister" not in digest


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ({"sentences": [{"text": "The minister has promised 40 cars.", "entries": [1]}]}, 200),
        ({"sentences": "none"}, 200),
        ('{"sentences": [{"text": "No fuel.", "entries": [1e999]}]}', 200),
        ([], 200),
        ({"error": "busy"}, 503),
    ],
)
def test_where_nothing_can_be_traced_people_are_quoted_as_before(
    sqlite_rig: Rig, machine: tuple[Machine, str], answer: Any, status: int
) -> None:
    double, url = machine
    written(sqlite_rig)
    double.answer, double.status = answer, status
    sum_up(sqlite_rig, url)
    digest = digest_of_efua(sqlite_rig)
    assert '"no fuel for the vehicle, the unit heads did not come" Ama, Asuo' in digest
    assert "machine" not in digest


@pytest.mark.parametrize("trouble", ["key", "database"])
async def test_whatever_breaks_it_is_tried_again(sqlite_rig: Rig, trouble: str) -> None:
    stop, rounds = asyncio.Event(), list[datetime]()

    def clock() -> datetime:
        rounds.append(NOW)
        stop.set()
        return NOW

    def locked(*_of_a_statement: object) -> None:
        raise OperationalError("select", None, OSError("database is locked"))

    if trouble == "database":
        event.listen(sqlite_rig.db.engine, "before_cursor_execute", locked)
    await keep_summing_up(sqlite_rig.db, clock, stop, "http://127.0.0.1:9/sum", "kéy" if trouble == "key" else "key")
    assert rounds == [NOW]


def test_a_machine_that_is_not_there_changes_nothing(sqlite_rig: Rig) -> None:
    written(sqlite_rig)
    assert sum_up(sqlite_rig, "http://127.0.0.1:9/sum") == 0


@pytest.mark.parametrize(
    ("url", "key", "said"),
    [
        ("", "", "no diary leaves"),
        ("https://machine.example/sum", "k", "SHARED diary entries are sent to machine.example"),
    ],
)
def test_the_doctor_says_what_leaves(url: str, key: str, said: str) -> None:
    found = of_diaries(Settings(_env_file=None, diary_summary_url=url, diary_summary_key=key))
    assert found.well
    assert said in found.advice


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("http://machine.example/sum", "k"),
        ("http://127.0.0.1.example/sum", "k"),
        ("machine.example/sum", "k"),
        ("https:///sum", "k"),
        ("https://machine.example/sum", ""),
    ],
)
def test_no_diary_leaves_unprotected(url: str, key: str) -> None:
    with pytest.raises(ValueError, match="DIARY_SUMMARY_URL must be https"):
        Settings(_env_file=None, diary_summary_url=url, diary_summary_key=key)
