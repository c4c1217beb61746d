"""How well messages are understood: a corpus through the real software, and what was stored against what should be.

    python -m benchmarks.understand [CORPUS] [--list 40] [--results FILE]

Every record gets a database of its own, with a programme made from its context. What counts is what is in the
tables after the turn, not what a function returned. The corpus and its schema: README.md beside it.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.turns import Taken, take_turn
from conversations.grammar.reading import Why
from conversations.state import Prompted, Question
from conversations.turn import Outline
from domain.events import ValueStatus
from domain.measures import Measure, Unit
from domain.messages import Inbound, InboundKind
from domain.people import Urn
from domain.periods import ReportingPeriod
from storage import contacts, conversations, programmes
from storage.database import Database
from storage.models import ActivityUpdateRow, CurrentValueRow, DiaryRow, InboundRow, ValueVersionRow
from storage.programme_file import sample_text

Row = dict[str, Any]

CORPUS = Path(__file__).parents[2] / "shared" / "data" / "messages-dev.jsonl"
SECRET = "a secret that is only for measuring"
SCHEMES = {"sms": "tel", "telegram": "telegram"}
LANGUAGES = ("en", "sw", "es", "fr")
HOUR = "T12:00"  # when a message without an hour of its own comes in
MONTHS_RUN = 24  # the programme began this long before the month that is due
JOIN_CODE = "ASU-7F3Q"
PLACES: Mapping[str, Row] = {
    "focal": {"district": "here"},
    "partner": {"district": "here"},
    "facilitator": {"groups": ["group1"]},
    "manager": {},
}
SOME_PLAN = {"P1": "duty rosters", "P2": "outreach visits", "P3": "training of heads", "P4": "leave rules"}
"""What a district set out to do where a record does not say."""
MENU = {"report": "REP", "diary": "DIARY", "plan": "PLAN"}
KINDS = {"ask_value": str(Why.NO_VALUE)}  # corpus word for a kind of question -> ours, where they differ
WAITS = {
    Why.SOFT_RANGE: "soft_range",
    Why.CROSS_CHECK: "cross_check",
    Why.RATIO: "ratio",
    Why.TWO_READINGS: "two_readings",
    Why.INEXACT: "two_readings",
    Why.NOT_DUE: "not_due",
}
"""Questions that keep a value waiting, in the words of the corpus."""


def main() -> int:
    """Run a corpus, print its score, and return 1 when a wrong value was stored without a question."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("corpus", nargs="?", type=Path, default=CORPUS)
    parser.add_argument("--list", type=int, default=0, help="show that many misses")
    parser.add_argument("--results", type=Path, help="keep the results here, one a line")
    chosen = parser.parse_args()
    began = time.monotonic()
    corpus = read_jsonl(chosen.corpus)
    results = run(corpus, chosen.corpus.parent)
    print(f"{len(corpus)} records in {time.monotonic() - began:.0f} s\n")
    if chosen.results:
        chosen.results.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in results), encoding="utf-8")
    scorer = chosen.corpus.with_name("score.py")
    if not scorer.exists():
        print(f"no {scorer} to score with")
        return 0
    return score(scorer, chosen.corpus, results, chosen.list)


def read_jsonl(path: Path) -> list[Row]:
    """Return the objects of a file that has one a line."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def score(scorer: Path, corpus: Path, results: list[Row], listed: int) -> int:
    """Print the table that the corpus' own scorer makes, and return its exit status."""
    spec = importlib.util.spec_from_file_location("score", scorer)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in results)
        file.flush()
        status = module.main([file.name, "--corpus", str(corpus), "--list", str(listed), "--max-silent", "0"])
    return int(status)


def run(corpus: list[Row], beside: Path) -> list[Row]:
    """Return a result for each record. `beside` is where the corpus keeps its indicators.csv, if it has one."""
    indicators = indicator_section(beside / "indicators.csv")
    with tempfile.TemporaryDirectory(prefix="understand") as folder:
        shelf = Shelf(Path(folder))
        return [Case(record, indicators).play(shelf) for record in corpus]


def indicator_section(table: Path) -> Row:
    """Return the indicators of the sample programme, with the names, units and ranges of a table where there is one."""
    section: Row = YAML(typ="safe", pure=True).load(sample_text())["indicators"]
    if not table.exists():
        return section
    with table.open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            section.setdefault(row["code"], {})
            section[row["code"]] |= {
                "names": {language: row[f"name_{language}"] for language in LANGUAGES},
                **{name: row[name] for name in ("unit", "entry", "direction")},
                **{name: [float(row[f"{name}_min"]), float(row[f"{name}_max"])] for name in ("hard", "soft")},
            }
    return section


@dataclass
class Shelf:
    """Databases that are ready to copy: one with nothing but tables, and one for each programme."""

    folder: Path
    made: int = 0

    def __post_init__(self) -> None:
        self._ready: dict[str, Path] = {}

    def database(self, programme: str, now: datetime) -> Database:
        """Return a database of its own with `programme` in it."""
        if programme not in self._ready:
            self._ready[programme] = self._install(programme, now)
        return self._open(self._copy(self._ready[programme]))

    def _install(self, programme: str, now: datetime) -> Path:
        path = self._copy(self._empty())
        database = self._open(path)
        database.work(programmes.install, programme, now)
        database.close()
        return path

    def _empty(self) -> Path:
        path = self.folder / "empty.sqlite"
        if not path.exists():
            database = self._open(path)
            database.upgrade()
            database.close()
        return path

    def _copy(self, path: Path) -> Path:
        self.made += 1
        return Path(shutil.copy(path, self.folder / f"{self.made}.sqlite"))

    def _open(self, path: Path) -> Database:
        return Database(f"sqlite:///{path}", SECRET)


@dataclass(frozen=True)
class Case:
    """One record of a corpus: who writes, what stood before, and what they send."""

    record: Row
    indicators: Row

    @property
    def context(self) -> Row:
        """What was so before the message."""
        context: Row = self.record["context"]
        return context

    @property
    def questions(self) -> list[Row]:
        """What was asked before and is still open, newest first."""
        newest = self.context["open_question"]
        return [*([newest] if newest else []), *self.context.get("older_questions", ())]

    @property
    def joins(self) -> bool:
        """Whether the writer was invited and has not agreed yet."""
        return self.context["role"] == "invited" or any(q["kind"] == "consent" for q in self.questions)

    @property
    def colleagues(self) -> list[str]:
        """Numbers of others who write in the record."""
        others = {step.get("from") for step in self.record.get("sequence", ())} - {self.context["sender"], None}
        return sorted(filter(is_phone, others))

    def play(self, shelf: Shelf) -> Row:
        """Send the record's messages and return what came of them."""
        sent = self.record.get("sequence") or [{"text": self.record["text"], "at": self.context["today"] + HOUR}]
        database = shelf.database(programme_text(self), moment(sent[0]["at"]))
        try:
            database.work(prepare, self, moment(sent[0]["at"]))
            rows = [database.work(send, self, number, step) for number, step in enumerate(sent)]
            if "sequence" not in self.record:
                return {"id": self.record["id"], **rows[0]}
            return {"id": self.record["id"], "steps": rows, "final": database.work(counted)}
        finally:
            database.close()

    def urn(self, step: Row) -> Urn:
        """Return the address that a message comes from."""
        scheme = SCHEMES[step.get("channel") or self.record["channel"]]
        sender: str = step.get("from") or self.context["sender"]
        return Urn(scheme, sender if scheme == "tel" else str(telegram_id(sender)))


def moment(written: str) -> datetime:
    """Read `2026-11-03T09:00` as UTC, which is the hour in the programme's time zone too."""
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


def telegram_id(sender: str) -> int:
    """Return the Telegram id of the person who has this phone number."""
    return int("".join(ch for ch in sender if ch.isdigit())[-9:] or 1)


# The programme of a record: its district, its people, and two neighbours that fill the group.


def programme_text(case: Case) -> str:
    """Return a programme file in which the record's context holds."""
    due = ReportingPeriod.parse(case.context["due_period"])
    plan: Mapping[str, str] = case.context.get("plan") or SOME_PLAN
    codes = [c for c in case.context["indicators"] if case.indicators[c]["entry"] != "derived"]
    file: Row = {
        "programme": {
            "name": "Measured programme",
            "country": "GH",
            "timezone": "Africa/Accra",
            "languages": list(LANGUAGES),
            "starts": str(due.back(MONTHS_RUN)),
        },
        "indicators": case.indicators,
        "groups": {"group1": {"name": "District group 1", "districts": ["here", "bremu", "kadewa"]}},
        "districts": {
            "here": {"name": case.context["district"] or "Asuo", "indicators": codes or ["ANC1", "ABS"]},
            "bremu": {"name": "Bremu East", "indicators": ["ANC1"]},
            "kadewa": {"name": "Kadewa West", "indicators": ["ABS"]},
        },
        "people": people(case),
        "history": {"here": {code: past_values(case, code, due) for code in codes if code in case.context["history"]}},
    }
    if "writer" in file["people"]:
        file["workplans"] = {"here": workplan(plan, due)}
    return json.dumps(file, ensure_ascii=False, indent=1)


def people(case: Case) -> Row:
    """Return the writer, whoever else writes in the record, and those whom a programme cannot be without."""
    posts: list[Row] = [{"role": "focal", "district": d} for d in ("here", "bremu", "kadewa")]
    posts += [{"role": "facilitator", "groups": ["group1"]}, {"role": "manager"}]
    found: Row = {
        f"post{n}": {"name": f"Kofi {n}", "language": "en", "telegram": 990000 + n, **post}
        for n, post in enumerate(posts)
    }
    language = case.record["lang"]
    for n, sender in enumerate(case.colleagues):
        colleague = {"name": f"Kwesi {n}", "role": "focal", "district": "here", "language": language}
        found[f"colleague{n}"] = {**colleague, "telegram": telegram_id(sender)}
    place = PLACES.get("focal" if case.joins else case.context["role"])
    if place is not None:
        address = {"join_code": JOIN_CODE} if case.joins else {"telegram": telegram_id(case.context["sender"])}
        role = "focal" if case.joins else case.context["role"]
        found["writer"] = {"name": "Ama", "role": role, "language": language, **place, **address}
    return found


def is_phone(sender: str) -> bool:
    """Whether a sender is a person's number, not a short code or a name."""
    return sender.startswith("+")


def past_values(case: Case, code: str, due: ReportingPeriod) -> Row:
    """Return the months before the one that is due, as a programme file writes them."""
    values: list[float] = case.context["history"][code]
    yes_no = case.indicators[code]["unit"] == "yesno"
    written = [("no", "yes")[bool(v)] if yes_no else f"{v:g}" for v in values]
    return {str(due.back(len(values) - n)): value for n, value in enumerate(written)}


def workplan(titles: Mapping[str, str], due: ReportingPeriod) -> Row:
    """Return a workplan with these activities, all due two months from now."""
    day = str(due.back(-3).first_day)
    activities = {
        key: {"title": title, "strategy": "S1", "owner": "writer", "due": day} for key, title in titles.items()
    }
    return {"problem": "Staff are often absent", "strategies": {"S1": "Supervise"}, "activities": activities}


# What stood before the message: open questions, a prompt, a dialogue in its middle.


def prepare(db: Session, case: Case, now: datetime) -> None:
    """Bring the conversation to where the record begins.

    Phones are added here, because a programme file takes only numbers that can exist.
    """
    phones = {f"colleague{n}": sender for n, sender in enumerate(case.colleagues)}
    if not case.joins and is_phone(case.context["sender"]):
        phones["writer"] = case.context["sender"]
    for key, phone in phones.items():
        if (person := contacts.by_key(db, key)) is not None:
            contacts.add_address(db, person.id, Urn("tel", phone))
    for question in case.questions:
        if question["kind"] in ("diary_step", "consent"):
            start_dialogue(db, case, question)
    contact = contacts.find(db, case.urn({}))
    if contact is None:
        return
    due = ReportingPeriod.parse(case.context["due_period"])
    order = case.context["prompted_order"]
    conversation = replace(
        conversations.load(db, contact.id),
        questions=tuple(
            open_question(q, case.indicators) for q in case.questions if q["kind"] not in ("diary_step", "consent")
        ),
        prompted=Prompted(tuple(order), due, now - timedelta(hours=1)) if order else None,
    )
    conversations.save(db, contact.id, conversation)


def start_dialogue(db: Session, case: Case, question: Row) -> None:
    """Play a dialogue up to the question that is open."""
    said = [f"JOIN {JOIN_CODE}", case.record["lang"]]
    if question["kind"] == "diary_step":
        said = ["DIARY", *["SKIP"] * (question["step"] - 1)]
    at = moment(question["asked_at"])
    for number, text in enumerate(said):
        take_turn(db, Inbound("before", f"before-{number}", case.urn({}), text, at), at)


def open_question(asked: Row, indicators: Row) -> Question:
    """Return an open question of the corpus as the conversation remembers it."""
    kind: str = asked["kind"]
    code, period = asked.get("code"), asked.get("period")
    numbers = [asked["value"]] if "value" in asked else asked.get("options", [])
    readings: tuple[Measure, ...] = ()
    if code:
        unit = Unit(indicators[code]["unit"])
        readings = tuple(Measure(float(n), unit) for n in numbers)
        if asked.get("denominator"):
            readings = (Measure.ratio(asked["numerator"], asked["denominator"], unit),)
    return Question(
        KINDS.get(kind, kind),
        moment(asked["asked_at"]),
        code,
        ReportingPeriod.parse(period) if period else None,
        asked.get("token", ""),
        readings,
        tuple(MENU.get(o, o) for o in asked["options"]) if kind == "menu" else (),
    )


# The message itself, and what the tables and the conversation say of it afterwards.


def send(db: Session, case: Case, number: int, step: Row) -> Row:
    """Take one message and return what came of it."""
    now = moment(step["at"])
    urn = case.urn(step)
    before = waiting(db, urn)
    edited, again = step.get("edit_of"), step.get("redelivery_of")
    inbound = Inbound(
        channel=urn.scheme,
        provider_id=f"m{number if again is None else again}",
        sender=urn,
        text=step["text"],
        received_at=now,
        kind=InboundKind.MESSAGE if edited is None else InboundKind.EDIT,
        edit_of=None if edited is None else f"m{edited}",
    )
    taken = take_turn(db, inbound, now)
    return outcome(db, taken, [q for q in waiting(db, urn) if q not in before])


def waiting(db: Session, urn: Urn) -> tuple[Question, ...]:
    """Return the open questions of whoever has this address."""
    contact = contacts.find(db, urn)
    return conversations.load(db, contact.id).questions if contact else ()


def outcome(db: Session, taken: Taken, asked: Iterable[Question]) -> Row:
    """Return what a message came to, in the words of the corpus."""
    if taken.inbound_id is None:
        return {"values": {}, "reply": "none", "intent": "repeated"}
    if error := db.get_one(InboundRow, taken.inbound_id).error:
        return {"values": {}, "reply": "none", "intent": f"failed: {error}"}
    versions = list(db.scalars(select(ValueVersionRow).where(ValueVersionRow.inbound_id == taken.inbound_id)))
    outline = taken.turn.outline if taken.turn else Outline()
    return {
        "values": {v.code: stored(v) for v in versions if v.status == ValueStatus.REPORTED},
        "not_available": {
            v.code: {"reason": v.reason, "period": v.period} for v in versions if v.status == ValueStatus.NOT_AVAILABLE
        },
        "pending": pending(versions, asked),
        "refused": outline.refused,
        "suggest": outline.suggested,
        "repaired": list(outline.repaired),
        "plan": plan_updates(db, taken.inbound_id),
        "diary": list(db.scalars(select(DiaryRow.section).where(DiaryRow.inbound_id == taken.inbound_id))),
        "reply": taken.turn.reply if taken.turn else "none",
        "intent": taken.turn.intent if taken.turn else "noise",
    }


def stored(row: ValueVersionRow | CurrentValueRow) -> Row:
    """Return a stored value, with its two counts where it has them."""
    counts = {"numerator": row.numerator, "denominator": row.denominator}
    return {"value": row.value, "period": row.period, **(counts if row.denominator is not None else {})}


def pending(versions: Iterable[ValueVersionRow], asked: Iterable[Question]) -> Row:
    """Return what waits for an answer: kept in the table, or as readings of a question."""
    found: Row = {v.code: {**stored(v), "why": "soft_range"} for v in versions if v.status == ValueStatus.PENDING}
    for question in asked:
        if question.code and question.kind in WAITS:
            why = {"period": str(question.period), "why": WAITS[Why(question.kind)]}
            found[question.code] = {**found.get(question.code, readings(question)), **why}
    return found


def readings(question: Question) -> Row:
    """Return the measures that a question offers: one, or several to choose from."""
    numbers = [m.value for m in question.readings]
    return {"value": numbers[0]} if len(numbers) == 1 else {"readings": numbers}


def plan_updates(db: Session, inbound_id: int) -> Row:
    """Return what a message said of the activities of the plan."""
    rows = db.scalars(select(ActivityUpdateRow).where(ActivityUpdateRow.inbound_id == inbound_id))
    return {
        row.key: {
            "status": row.status,
            "percent": row.percent,
            "due": row.due_on and row.due_on.isoformat(),
            "reason": row.reason,
        }
        for row in rows
    }


def counted(db: Session) -> Row:
    """Return what counts after the last message, without the months that stood before the first."""
    sent = select(ValueVersionRow.district, ValueVersionRow.code, ValueVersionRow.period)
    said = {tuple(key) for key in db.execute(sent.where(ValueVersionRow.inbound_id.is_not(None)))}
    rows = db.scalars(select(CurrentValueRow).where(CurrentValueRow.status == ValueStatus.REPORTED))
    return {row.code: stored(row) for row in rows if (row.district, row.code, row.period) in said}


if __name__ == "__main__":
    sys.exit(main())
