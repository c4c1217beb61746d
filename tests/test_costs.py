"""What SMS cost: the price of a day, what was really sent, and the next prompt told before it goes."""

from __future__ import annotations

import asyncio
import csv
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from typer.testing import CliRunner

import kumbusha
from bot.news import take_news
from bot.outbox import Sender
from domain.costs import SMS, WHATSAPP, Carried, Price, Way, price_of, spending
from domain.indicators import Entry
from domain.messages import Outbound, Receipt, SendError, SendFailure, Status
from domain.people import Urn
from domain.periods import ReportingPeriod
from scheduler.costs import forecast_report, spending_report
from scheduler.forecast import forecast_prompts
from storage import contacts, programmes
from storage.models import ContactRow, OccurrenceRow, OutboundRow
from storage.programme_file import parse_programme, sample_text
from tests.rig import SECRET, Rig

GHANA, TANZANIA = "+233200000011", "+255700000011"
TABLE = (
    Price(date(2026, 1, 1), Decimal("0.06"), "USD"),
    Price(date(2026, 1, 1), Decimal("0.04"), "USD", "+233", Decimal("0.01")),
    Price(date(2026, 10, 15), Decimal("0.05"), "USD", "+233", Decimal("0.01")),
    Price(date(2026, 1, 1), Decimal("0.03"), "USD", "+23320"),
)
BEFORE_PROMPT = datetime(2026, 11, 2, 8, tzinfo=UTC)  # the first is at 11:00, in Tanzania
AFTER_PROMPT = datetime(2026, 11, 2, 22, tzinfo=UTC)  # it is afternoon in the last time zone of the sample


@pytest.mark.parametrize(
    ("number", "day", "price"),
    [
        ("+233500000011", date(2026, 10, 14), "0.04"),
        ("+233500000011", date(2026, 10, 15), "0.05"),
        (GHANA, date(2026, 10, 15), "0.03"),  # a network's own price is nearer than a newer one of the country
        (TANZANIA, date(2026, 10, 15), "0.06"),
        (TANZANIA, date(2025, 12, 31), None),
    ],
)
def test_the_price_is_that_of_the_day_and_of_the_longest_prefix(number: str, day: date, price: str | None) -> None:
    found = price_of(TABLE, number, day)
    assert (found and found.out) == (price and Decimal(price))


def test_a_price_that_changes_in_mid_month_counts_from_its_day() -> None:
    sent = [Carried(date(2026, 10, n), "asuo", "+233500000011", 2, Way.SENT) for n in (14, 15, 16)]
    spent = spending(sent, TABLE)[ReportingPeriod(2026, 10), "asuo", SMS]
    assert spent.money == 2 * Decimal("0.04") + 4 * Decimal("0.05")


def test_a_number_without_a_price_costs_nothing_and_is_counted() -> None:
    sent = [Carried(date(2026, 10, 1), "asuo", number, 3, Way.SENT) for number in (GHANA, TANZANIA)]
    spent = spending(sent, TABLE[1:])[ReportingPeriod(2026, 10), "asuo", SMS]
    assert (spent.money, spent.of(Way.SENT).segments, spent.of(Way.SENT).unpriced) == (3 * Decimal("0.03"), 6, 3)


def test_what_failed_or_waits_is_told_apart_and_what_comes_in_has_its_own_price() -> None:
    ways = [Carried(date(2026, 10, 1), None, "+233500000011", 1, way) for way in Way]
    spent = spending(ways, TABLE)[ReportingPeriod(2026, 10), None, SMS]
    assert spent.money == Decimal("0.04") + Decimal("0.01")
    assert [spent.of(way).messages for way in Way] == [1, 1, 1, 1]


@dataclass
class Network:
    """A provider that takes everything but for some people, and tells later what became of it."""

    refused: set[str] = field(default_factory=set)
    taken: list[Outbound] = field(default_factory=list)
    name: str = "sms"

    async def send(self, message: Outbound, now: datetime) -> Receipt:
        if message.urn.path in self.refused:
            raise SendError(SendFailure.PERMANENT, "no such number")
        self.taken.append(message)
        return Receipt(f"sid-{message.id}", Status.WIRED)

    async def find(self, message: Outbound, since: datetime) -> list[Receipt]:
        return [Receipt(f"sid-{message.id}", Status.WIRED)]

    async def close(self) -> None:
        pass


def test_what_was_sent_is_what_the_network_says_arrived(rig: Rig) -> None:
    """Of five messages one arrives, one is only on its way, one is lost, one is refused, one never left."""
    people = ("ama", "asha", "baraka", "efua")
    network = Network({rig.urn("efua", "tel").path})
    for who in people:
        rig.db.work(_queue, rig, who)
    asyncio.run(Sender(rig.db, {"tel": network}, lambda: rig.now).send_due())
    sids = {message.urn.path: f"sid-{message.id}" for message in network.taken}
    for who, status in (("ama", Status.DELIVERED), ("asha", Status.FAILED)):
        rig.db.work(take_news, Receipt(sids[rig.urn(who, "tel").path], status), rig.now)
    rig.db.work(_queue, rig, "ama")
    rows = _table(rig)
    places = {who: rig.contact(who).district or "" for who in people}
    assert {place: _ways(row) for place, row in rows.items()} == {
        places["ama"]: ("2", "0", "0"),
        places["baraka"]: ("0", "2", "0"),
        places["asha"]: ("0", "0", "2"),
        "": ("0", "0", "2"),
    }
    assert Decimal(rows["asuo"]["cost"]) == 2 * Decimal("0.045")


def _queue(db: Session, rig: Rig, who: str) -> None:
    urn, person = rig.urn(who, "tel"), rig.contact(who)
    count = db.scalar(select(func.count()).select_from(OutboundRow))
    db.add(
        OutboundRow(
            key=f"test:{count}", contact_id=person.id, kind="note", lane="answer", scheme="tel", path=urn.path,
            text="x" * 200, segments=2, status="queued", created_at=rig.now, due_at=rig.now,
        )
    )  # fmt: skip


def _table(rig: Rig) -> dict[str, dict[str, str]]:
    written = rig.db.work(spending_report, rig.now, 1, True)
    return {row["district"]: row for row in csv.DictReader(StringIO(written))}


def _ways(row: dict[str, str]) -> tuple[str, str, str]:
    return row["segments"], row["waiting_segments"], row["failed_segments"]


def test_words_and_table_say_the_same_by_month_and_district(sqlite_rig: Rig) -> None:
    sqlite_rig.now = BEFORE_PROMPT
    sqlite_rig.move_to(AFTER_PROMPT)
    sqlite_rig.says("ama", "REP ANC1 412/615 ABS 12")
    words = sqlite_rig.db.work(spending_report, sqlite_rig.now, 1, False).splitlines()
    rows = _table(sqlite_rig)
    asuo, all_cost = rows["asuo"], sum(_cost(row) for row in rows.values())
    assert f"  Asuo: {_cost(asuo):.2f} USD, {asuo['sent']} SMS sent, 1 received" in words
    assert words[0].startswith(f"Nov 2026: {all_cost:.2f} USD, ")
    assert len(words) == 1 + len(rows)


def test_whatsapp_is_told_apart_and_paid_by_the_message(rig: Rig) -> None:
    priced = '  - {from: "2026-01-01", channel: whatsapp, out: 0.02, in: 0.001, currency: "USD"}\n\n# Outside `hard`'
    programme = sample_text().replace("\n# Outside `hard`", priced, 1)
    rig.db.work(programmes.install, programme, rig.now)
    ama = Urn("whatsapp", "+233200000911")
    with rig.db.begin() as db:
        contacts.add_address(db, rig.contact("ama").id, ama)
    rig.says("ama", "DUE", scheme="tel")
    rig.says(ama, "DUE")
    rig.says(ama, "WHO")
    months, asuo = rig.db.work(spending_report, rig.now, 1, False).splitlines()
    assert asuo.strip() == "Asuo: 0.05 USD, 1 SMS sent, 1 received; 0.04 USD, 2 WhatsApp sent, 2 received"
    assert months.endswith(asuo.strip().removeprefix("Asuo: "))
    rows = list(csv.DictReader(StringIO(rig.db.work(spending_report, rig.now, 1, True))))
    assert [(row["channel"], row["cost"]) for row in rows] == [(SMS, "0.045"), (WHATSAPP, "0.04")]


def _cost(row: dict[str, str]) -> Decimal:
    return Decimal(row["cost"]) + Decimal(row["received_cost"])


def test_without_a_price_table_segments_are_counted_and_it_is_said_what_to_do(sqlite_rig: Rig) -> None:
    sqlite_rig.db.work(programmes.install, _without_prices(), sqlite_rig.now)
    sqlite_rig.says("ama", "DUE")
    assert sqlite_rig.db.work(spending_report, sqlite_rig.now, 1, False).splitlines()[1:] == [
        "  Asuo: 1 SMS sent, 1 received",
        "No price is known: add a section `prices` to the programme file and load it again (prices: [{from: "
        '"2026-01-01", prefix: "+233", out: 0.045, currency: "USD"}]).',
    ]
    assert "No price is known" in sqlite_rig.db.work(forecast_report, sqlite_rig.now)


def _without_prices() -> str:
    head, _prices, rest = sample_text().partition("prices:\n")
    return head + rest.partition("\n")[2]


def test_the_forecast_is_what_is_then_sent(rig: Rig) -> None:
    """Somebody has reported already, and somebody else is in the middle of a dialogue at the hour of the prompt."""
    rig.now = BEFORE_PROMPT
    rig.says("asha", "REP " + " ".join(f"{code} NA" for code in _codes(rig, "asha")))
    rig.says("ama", "DIARY")
    before = rig.db.work(_counts)
    found = rig.db.work(forecast_prompts, rig.now)
    assert found is not None
    assert rig.db.work(_counts) == before
    rig.move_to(AFTER_PROMPT.replace(day=3))
    sent = rig.db.work(_prompts_sent)
    assert {language: (some.messages, some.segments) for language, some in found[1].by_language.items()} == sent
    assert sum(people for people, _segments in sent.values()) > 8
    assert found[1].all.money == Decimal("0.045") * sum(segments for _people, segments in sent.values())


def _codes(rig: Rig, who: str) -> tuple[str, ...]:
    return rig.db.work(programmes.current).district_of(rig.contact(who).district).indicators


def _counts(db: Session) -> tuple[int | None, ...]:
    return tuple(db.scalar(select(func.count()).select_from(table)) for table in (OutboundRow, OccurrenceRow))


def _prompts_sent(db: Session) -> dict[str, tuple[int, int]]:
    query = select(ContactRow.language, OutboundRow.segments).join(ContactRow, ContactRow.id == OutboundRow.contact_id)
    rows = db.execute(query.where(OutboundRow.kind == "prompt", OutboundRow.scheme == "tel")).all()
    people, segments = Counter(language for language, _n in rows), Counter[str]()
    for language, count in rows:
        segments[language] += count
    return {language: (people[language], segments[language]) for language in people}


def test_after_the_first_hour_the_forecast_is_for_those_who_are_still_to_be_asked(sqlite_rig: Rig) -> None:
    sqlite_rig.now = BEFORE_PROMPT
    sqlite_rig.move_to(datetime(2026, 11, 2, 14, 30, tzinfo=UTC))
    found = sqlite_rig.db.work(forecast_prompts, sqlite_rig.now)
    assert found is not None
    assert (found[0].period, set(found[1].by_language)) == (ReportingPeriod(2026, 10), {"es"})
    sqlite_rig.move_to(AFTER_PROMPT)
    following = sqlite_rig.db.work(forecast_prompts, sqlite_rig.now)
    assert following is not None
    assert following[0].period == ReportingPeriod(2026, 11)


def test_a_prompt_of_two_segments_is_named_before_it_goes(sqlite_rig: Rig) -> None:
    known = parse_programme(sample_text()).indicators.values()
    every = ", ".join(indicator.code for indicator in known if indicator.entry is not Entry.DERIVED)
    text = sample_text().replace("indicators: [ANC1, ABS, APR, YAW]", f"indicators: [{every}]")
    sqlite_rig.db.work(programmes.install, text, sqlite_rig.now)
    assert "  Ama (en) needs 2 segments\n" in sqlite_rig.db.work(forecast_report, sqlite_rig.now)


def test_the_command_prints_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path}/own.sqlite"
    Rig.on(url).close()
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("KUMBUSHA_SECRET", SECRET)
    run = CliRunner().invoke
    assert "No SMS or WhatsApp message was sent or received." in run(kumbusha.app, ["cost"]).output
    assert run(kumbusha.app, ["cost", "--csv"]).output.startswith("month,district,channel,sent,segments,cost,currency")
    assert "people by SMS" in run(kumbusha.app, ["cost", "forecast"]).output
