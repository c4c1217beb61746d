"""Late, repeated and reordered messages: whatever the order in which they arrive, the same values count."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

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
USUAL = {"ABS": ("12", "13"), "YAW": ("5", "6"), "APR": ("75", "78")}


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


values = st.dictionaries(st.sampled_from(sorted(USUAL)), st.sampled_from([0, 1]), min_size=1)


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
    """The same, with edits before what they edit, and any of them again."""
    arriving = [m for m in sent if m.edits is None]
    for edit in (m for m in sent if m.edits is not None):
        late = draw(st.booleans())
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
