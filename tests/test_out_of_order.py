"""Late, repeated and reordered messages: whatever the order in which they arrive, the same values count."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.turns import take_turn
from domain.messages import Inbound, InboundKind
from storage.database import Database
from storage.models import CurrentValueRow, InboundRow, OutboundRow
from tests.rig import SECRET, Rig

BEGAN = datetime(2026, 11, 2, 9, tzinfo=UTC)
APART = timedelta(minutes=11)  # so that nobody looks like a machine
USUAL = {"ABS": ("12", "13", "14"), "YAW": ("5", "6", "7"), "APR": ("75", "77", "78")}


@dataclass(frozen=True)
class Message:
    """Something Ama sent: the how-manieth it was, its words, and which earlier one it edits."""

    number: int
    text: str
    edits: int | None = None

    def inbound(self, rig: Rig) -> Inbound:
        sent = BEGAN + self.number * APART
        edit_of = None if self.edits is None else f"m{self.edits}"
        kind = InboundKind.MESSAGE if edit_of is None else InboundKind.EDIT
        name = f"m{self.number}" if edit_of is None else f"e{self.number}"
        return Inbound("telegram", name, rig.urn("ama", "telegram"), self.text, sent, kind, edit_of)


values = st.dictionaries(st.sampled_from(sorted(USUAL)), st.sampled_from([0, 1, 2]), min_size=1)


@st.composite
def words(draw: st.DrawFn) -> str:
    pairs = " ".join(f"{code} {USUAL[code][n]}" for code, n in draw(values).items())
    return f"{draw(st.sampled_from(['REP ', 'FIX ', '']))}{pairs}"


@st.composite
def conversations(draw: st.DrawFn) -> list[Message]:
    """Reports, corrections and edits in the order in which Ama sent them."""
    sent: list[Message] = []
    for number in range(draw(st.integers(2, 6))):
        originals = [m.number for m in sent if m.edits is None]
        edits = draw(st.sampled_from([None, *originals])) if originals else None
        sent.append(Message(number, draw(words()), edits))
    return sent


@st.composite
def deliveries(draw: st.DrawFn, sent: list[Message]) -> list[Message]:
    """The same, with edits before what they edit, reports that nobody edits in any order, and any of them again.

    Reports that come back to a value, or to their own words, arrive in order: one that stands and is said again leaves
    no trace of that.
    """
    arriving = [m for m in sent if m.edits is None]
    in_order = len({m.text for m in sent}) < len(sent)
    pairs = [pair for m in sent for pair in re.findall(r"[A-Z]+ \d+", m.text)]
    if len(arriving) == len(sent) and len(set(pairs)) == len(pairs):
        arriving = draw(st.permutations(arriving))
    for edit in (m for m in sent if m.edits is not None):
        late = draw(st.booleans()) and not in_order
        original = next(i for i, m in enumerate(arriving) if m.number == edit.edits)
        after = sum(m.number < edit.number for m in arriving)
        arriving.insert(draw(st.integers(0, original)) if late else max(after, original + 1), edit)
    for again in draw(st.lists(st.sampled_from(sent), max_size=3)):
        arriving.insert(draw(st.integers(arriving.index(again) + 1, len(arriving))), again)
    return arriving


def counted(template: Path, arriving: Iterable[Message]) -> tuple[dict[str, float], dict[str, int]]:
    """Deliver messages to a programme of their own; return what counts, and how often each was answered."""
    with TemporaryDirectory() as folder:
        shutil.copy(template, Path(folder) / "rig.sqlite")
        rig = Rig(Database(f"sqlite:///{folder}/rig.sqlite", SECRET))
        now = BEGAN + 20 * APART
        for message in arriving:
            rig.db.work(take_turn, message.inbound(rig), now)
            now += APART
        with rig.db.begin() as db:
            current = select(CurrentValueRow).where(
                CurrentValueRow.district == "asuo", CurrentValueRow.period == "2026-10"
            )
            found = {row.code: row.value for row in db.scalars(current) if row.value is not None}
            answers = select(InboundRow.provider_id).join(OutboundRow, OutboundRow.inbound_id == InboundRow.id)
            heard = list(db.scalars(answers))
        rig.close()
    return found, {name: heard.count(name) for name in heard}


@settings(max_examples=25)
@given(data=st.data(), sent=conversations())
def test_any_order_of_arrival_ends_in_the_same_values(
    sqlite_template: Path, data: st.DataObject, sent: list[Message]
) -> None:
    arriving = data.draw(deliveries(sent))
    expected, _answers = counted(sqlite_template, sent)
    found, answers = counted(sqlite_template, arriving)
    assert found == expected
    assert answers == dict.fromkeys(answers, 1)
    assert len(answers) == len(sent)


@pytest.mark.parametrize(
    ("scheme", "counts", "answer"),
    [
        ("telegram", 13.0, "ABS stays 13%: that was said later than this message was sent."),
        ("tel", 12.0, "Got Oct 2026 Asuo: ABS 12% (was 13%)."),
    ],
    ids=["telegram", "sms"],
)
def test_of_two_reports_that_arrive_swapped_the_last_said_counts_where_the_channel_knows_it(
    rig: Rig, scheme: str, counts: float, answer: str
) -> None:
    """Telegram tells when a message was sent; of an SMS there is only our own clock."""
    for number in (1, 0):
        rig.now += timedelta(days=3)
        message = Message(number, f"REP ABS {12 + number}").inbound(rig)
        if scheme == "tel":
            message = replace(message, channel="sms", sender=rig.urn("ama", "tel"), received_at=rig.now)
        rig.db.work(take_turn, message, rig.now)
    with rig.db.begin() as db:
        current = select(CurrentValueRow.value).where(
            CurrentValueRow.district == "asuo", CurrentValueRow.period == "2026-10", CurrentValueRow.code == "ABS"
        )
        assert db.scalars(current).one() == counts
        answers = db.scalars(select(OutboundRow.text).order_by(OutboundRow.id)).all()
    assert answers[-1].startswith(answer)
