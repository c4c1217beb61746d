"""What messages take as SMS: months as they are played, one whole report, and each kind of message at its worst.

    python -m benchmarks.segments [--months 3] [--seed 1] [--languages en sw]

Everybody of the sample programme is put on SMS and into one language, and the months are played by the simulated
people of `scheduler/simulation.py`. What is counted are the rows of the outbox. See README.md beside this.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from benchmarks.machine import machine
from bot import gsm7
from bot.channels.console import ConsoleChannel
from bot.clock import MovedClock
from bot.outbox import Sender
from domain.alerts import Cause
from domain.measures import Unit
from domain.people import Contact, ContactStatus, Role, Urn
from domain.periods import ReportingPeriod
from locales import catalogues
from scheduler.simulation import World, month_end
from storage import contacts, conversations
from storage.database import Database
from storage.models import ContactRow, OutboundRow
from tests import messages
from tests.player import Player
from tests.rig import SECRET, Rig
from tests.segments import PROGRAMME

RESULT = Path(__file__).parent / "results" / "segments.md"
DIALOGUES = Path(__file__).parents[1] / "tests" / "dialogues"
LANGUAGES = ("en", *catalogues.LANGUAGES)
BEGIN = datetime(2026, 11, 1, 12, tzinfo=UTC)  # the first prompt is for October, the last month without values
PROMPTED = datetime(2026, 11, 2, 21, tzinfo=UTC)  # it is afternoon in the last time zone
STEP = timedelta(hours=3)
NOT_ROUTINE = frozenset({"alert", "alerts", "human"})  # they pass on a person's words
YES = {"en": "Y", "sw": "NDIYO", "es": "SI", "fr": "OUI", "ny": "INDE", "lg": "YEE"}
WORDS = "kazi imefanyika katika vituo vinne"
GOAL = 0.95  # share of routine sends that are one segment
MOST_QUESTIONS = 40  # after so many answers a guided report is going round in circles

Sent = tuple[str, int]  # the kind of a message, and its segments


def main() -> None:
    """Measure every language, print the tables, and keep them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--months", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--languages", nargs="+", default=LANGUAGES, choices=LANGUAGES)
    chosen = parser.parse_args()
    sends = {language: played(language, chosen.months, chosen.seed) for language in chosen.languages}
    spoken = {language: dialogues(language) for language in chosen.languages}
    reports = {language: whole_reports(language) for language in chosen.languages}
    worst = {language: at_worst(language) for language in chosen.languages}
    lines = [
        "# What messages take as SMS",
        "",
        f"{machine()}. Sample programme; everybody on SMS and in one language.",
        "",
        f"## {chosen.months} months as played (seed {chosen.seed})",
        "",
        *_sent_lines(sends),
        "## Every SMS dialogue of `tests/dialogues`, in each language",
        "",
        "What people write stays as it is in the file; many of these dialogues are there because something goes wrong.",
        "",
        *_sent_lines(spoken),
        *_report_lines(reports),
        *_worst_lines(worst),
        f"Again: `python -m benchmarks.segments --months {chosen.months} --seed {chosen.seed}`",
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    if set(chosen.languages) == set(LANGUAGES):
        RESULT.write_text(text, encoding="utf-8")


def _on_sms(db: Session, language: str) -> None:
    """Give everybody a phone, their preference for it, and a language."""
    for contact in contacts.everyone(db):
        if not any(address.urn.scheme == "tel" for address in contact.addresses):
            contacts.add_address(db, contact.id, Urn("tel", f"+2332000001{contact.id:02d}"))
    db.execute(update(ContactRow).values(language=language, preferred="tel"))


# --- as played --------------------------------------------------------------------------------------------------


def played(language: str, months: int, seed: int) -> list[Sent]:
    """Return what is sent by SMS in some months in which simulated people answer as people do."""
    with tempfile.TemporaryDirectory(prefix="segments") as folder:
        rig = Rig.on(f"sqlite:///{folder}/played.sqlite", now=BEGIN)
        rig.db.work(_on_sms, language)
        clock = MovedClock(Path(folder) / "clock", BEGIN)
        console = ConsoleChannel("sms")
        world = World(rig.db, clock, Sender(rig.db, {"tel": console}, clock), seed, step=STEP)
        end = BEGIN
        for _month in range(months):
            end = month_end(ReportingPeriod.of(end.date()), end)
        asyncio.run(world.move_to(end, clock.set))
        sent = rig.db.work(_sms)
        rig.close()
        return sent


def _sms(db: Session) -> list[Sent]:
    query = select(OutboundRow.kind, OutboundRow.segments).where(OutboundRow.scheme == "tel")
    return [(kind, segments) for kind, segments in db.execute(query.order_by(OutboundRow.id))]


def dialogues(language: str) -> list[Sent]:
    """Return what is sent by SMS in the dialogues that the tests play, with everybody who reports in one language."""
    sent: list[Sent] = []
    with tempfile.TemporaryDirectory(prefix="segments") as folder:
        template = Path(folder) / "template.sqlite"
        Rig.on(f"sqlite:///{template}").close()
        for file in sorted(DIALOGUES.glob("*.txt")):
            text = re.sub(r"language: *[a-z]+", f"language: {language}", file.read_text(encoding="utf-8"))
            if "channel: sms" not in text:
                continue
            copy = shutil.copy(template, Path(folder) / f"{file.stem}.sqlite")
            rig = Rig(Database(f"sqlite:///{copy}", SECRET))
            Player(rig).play(text)
            sent += rig.db.work(_sms)
            rig.close()
    return sent


def _sent_lines(sends: Mapping[str, list[Sent]]) -> Iterator[str]:
    yield "Routine is all but alerts and calls for help, which pass on what a person wrote."
    yield f"Goal: {GOAL:.0%} of it in one segment."
    yield ""
    yield "| language | SMS | segments | routine SMS | of one segment | longest |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: |"
    for language, sent in sends.items():
        routine = [segments for kind, segments in sent if kind not in NOT_ROUTINE]
        share = sum(segments == 1 for segments in routine) / len(routine)
        total, longest = sum(segments for _kind, segments in sent), max(segments for _kind, segments in sent)
        yield f"| {language} | {len(sent)} | {total} | {len(routine)} | {share:.1%} | {longest} |"
    yield ""
    yield "How many of each kind, and of those how many in more than one segment:"
    yield ""
    yield f"| kind | {' | '.join(sends)} |"
    yield f"| --- |{' ---: |' * len(sends)}"
    for kind in sorted({kind for sent in sends.values() for kind, _segments in sent}):
        cells = (_of_kind(kind, sent) for sent in sends.values())
        yield f"| {kind} | {' | '.join(cells)} |"
    yield ""


def _of_kind(kind: str, sent: list[Sent]) -> str:
    counted = [segments for other, segments in sent if other == kind]
    long = sum(segments > 1 for segments in counted)
    return f"{len(counted)}, {long} long" if long else str(len(counted))


# --- one whole report -------------------------------------------------------------------------------------------


def whole_reports(language: str) -> dict[str, list[int]]:
    """Return, by the way of answering, the outgoing segments of a whole month's report for each district."""
    return {way: [*_reports(language, answers)] for way, answers in WAYS.items()}


def _reports(language: str, answers: Callable[[Rig, Contact], None]) -> Iterator[int]:
    with tempfile.TemporaryDirectory(prefix="segments") as folder:
        rig = Rig.on(f"sqlite:///{folder}/report.sqlite", now=BEGIN)
        rig.db.work(_on_sms, language)
        rig.move_to(PROMPTED, STEP)
        rig.now += timedelta(hours=12)
        for contact in _leads(rig):
            answers(rig, contact)
            yield sum(gsm7.segments(m.text) for m in rig.sent if m.urn == contact.address("tel"))
        rig.close()


def _leads(rig: Rig) -> list[Contact]:
    """Return one person of each district who was asked for the report."""
    people = rig.db.work(contacts.everyone, Role.FOCAL)
    first = {c.district: c for c in reversed(people) if c.status is ContactStatus.ACTIVE}
    return list(first.values())


def _in_one_message(rig: Rig, contact: Contact) -> None:
    rig.says(contact.key, "REP " + " ".join(f"{code} {value}" for code, value in _usual(contact).items()))


def _with_a_slip(rig: Rig, contact: Contact) -> None:
    """Send one value far off, and confirm it when it is asked."""
    values = _usual(contact)
    code = next(c for c in values if PROGRAMME.indicators[c].unit is not Unit.YES_NO)
    values[code] = f"{PROGRAMME.indicators[code].soft[1] * 1.1:.0f}"
    rig.says(contact.key, "REP " + " ".join(f"{c} {value}" for c, value in values.items()))
    rig.says(contact.key, f"{YES[contact.language]} {code}")


def _guided(rig: Rig, contact: Contact) -> None:
    rig.says(contact.key, "REP")
    values = _usual(contact)
    for _question in range(MOST_QUESTIONS):
        session = rig.db.work(conversations.load, contact.id).session
        if session is None:
            return
        kind, _colon, code = (session.asked or "").partition(":")
        replies = {"value": values.get(code, ""), "activity": "40%", "right": YES[contact.language]}
        rig.says(contact.key, replies.get(kind, WORDS))
    raise RuntimeError(f"the guided report of {contact.key} does not end")


def _usual(contact: Contact) -> dict[str, str]:
    """Return what was reported last month, a little different where that might be the third time."""
    months = (PROGRAMME.history or {})[contact.district or ""]
    return {code: values[max(values)] for code, values in months.items()}


WAYS: Mapping[str, Callable[[Rig, Contact], None]] = {
    "one message": _in_one_message,
    "one message, one value asked and confirmed": _with_a_slip,
    "guided, with plan and diary": _guided,
}


def _report_lines(reports: Mapping[str, dict[str, list[int]]]) -> Iterator[str]:
    yield "## One month's report of one district: outgoing segments"
    yield ""
    yield "The prompt and every answer, mean of the nine districts and the most. Goal: at most 2 in one message."
    yield ""
    yield f"| answered in | {' | '.join(reports)} |"
    yield f"| --- |{' ---: |' * len(reports)}"
    for way in WAYS:
        cells = (f"{sum(c) / len(c):.1f}, at most {max(c)}" for c in (found[way] for found in reports.values()))
        yield f"| {way} | {' | '.join(cells)} |"
    yield ""


# --- at worst ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Worst:
    """The longest message of a kind: septets and segments, and why it may be long, if it may."""

    septets: int
    segments: int
    why: str


def at_worst(language: str) -> dict[str, Worst]:
    """Return the longest message of each kind over all districts, groups and roles of the sample programme."""
    found: dict[str, Worst] = {}
    for kind, composed in _all_messages(language):
        part = messages.spoken(composed.say, language)
        one = Worst(gsm7.septets(part.text), part.segments, composed.long)
        found[kind] = max(found.get(kind, one), one, key=lambda worst: worst.septets)
    return found


def _all_messages(language: str) -> Iterator[tuple[str, messages.Composed]]:
    for district in messages.DISTRICTS:
        yield from ((_kind(one.what), one) for one in messages.of_a_reporter(district, language))
        yield from ((one.what, one) for one in (messages.alert(cause, district) for cause in Cause))
    for count in range(7, 11):
        large = messages.of_a_large_district(language, count)
        yield from ((f"{one.what}, {count} values", one) for one in large)
    for group in PROGRAMME.groups:
        facilitator = messages.of_a_leader(Role.FACILITATOR, (group,), language)
        yield from ((f"facilitator: {one.what}", one) for one in facilitator)
    manager = messages.of_a_leader(Role.MANAGER, tuple(PROGRAMME.groups), language)
    yield from ((f"manager: {one.what}", one) for one in manager)


def _kind(what: str) -> str:
    return re.sub(r":? ?\b[A-Z][A-Z0-9]{1,4}\b", "", what)


def _worst_lines(worst: Mapping[str, dict[str, Worst]]) -> Iterator[str]:
    kinds = list(dict.fromkeys(kind for found in worst.values() for kind in found))
    yield "## Each kind at its worst: septets, and segments where more than one"
    yield ""
    yield f"| message | {' | '.join(worst)} |"
    yield f"| --- |{' ---: |' * len(worst)}"
    for kind in kinds:
        yield f"| {kind} | {' | '.join(_cell(found.get(kind)) for found in worst.values())} |"
    yield ""
    one = Counter({language: sum(w.segments == 1 for w in found.values()) for language, found in worst.items()})
    yield (
        "In one segment at worst: "
        + ", ".join(f"{lang} {one[lang]} of {len(worst[lang])} kinds" for lang in worst)
        + "."
    )
    yield ""


def _cell(worst: Worst | None) -> str:
    if worst is None:
        return ""
    return f"{worst.septets}" if worst.segments == 1 else f"{worst.septets} **({worst.segments})**"


if __name__ == "__main__":
    main()
