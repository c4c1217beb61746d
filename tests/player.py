"""Plays a dialogue file on the real software and writes down what the bot says and saves."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot import gsm7
from domain.messages import InboundKind, Outbound
from domain.people import Urn
from storage import contacts
from storage.models import (
    ActivityUpdateRow,
    AlertRow,
    ContactRow,
    DiaryRow,
    InboundRow,
    NoteRow,
    ValueVersionRow,
    VerificationRow,
    VisitAnswerRow,
    VisitLogRow,
)
from tests.rig import Rig

HOW = r"edits|presses|again|on sms|on telegram|on whatsapp"
SPOKEN = re.compile(rf"^(?P<who>(?!At:|Bot:|Saved:)[A-Z][a-z]+)(?: (?P<how>{HOW}))?: ?(?P<text>.*)$")
SCHEMES = {"sms": "tel", "telegram": "telegram", "whatsapp": "whatsapp"}
OTHER = {"tel": "telegram", "telegram": "tel"}
STRANGERS = {
    "Stranger": Urn("tel", "+233200000999"),
    "Service": Urn("tel", "1400"),
    "Visitor": Urn("whatsapp", "+233200000998"),
}
WIDTH = 116
INDENT = " " * 7


@dataclass
class Player:
    """One playing of one file. `swap` plays every person on their other channel."""

    rig: Rig
    channel: str = "tel"
    swap: bool = False
    shown: set[str] = field(default_factory=set)
    out: list[str] = field(default_factory=list)
    saved: list[str] = field(default_factory=list)
    speaker: str = ""
    last_id: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, dict[str, str]] = field(default_factory=dict)
    marks: dict[str, int] = field(default_factory=dict)
    districts: set[str] = field(default_factory=set)
    people: dict[int, tuple[str, str]] = field(default_factory=dict)

    def play(self, text: str) -> str:
        """Play a whole file and return it with the bot's lines as they are now."""
        lines = _without_bot(text)
        head, body = _headers(lines)
        self._begin(head, body)
        for line in lines:
            if line.startswith("At:"):
                self.out.append(line)
                self.rig.move_to(_moment(line.removeprefix("At:").strip()))
                self._write_down()
            elif (spoken := SPOKEN.match(line)) is not None:
                self.out.append(line)
                self._speak(spoken["who"], spoken["how"] or "", spoken["text"])
                self._write_down()
            else:
                self.out.append(line)
        return "\n".join(self.out).rstrip() + "\n"

    def _begin(self, head: dict[str, str], body: list[str]) -> None:
        self.channel = SCHEMES[head.get("channel", "sms")]
        self.rig.now = _moment(head.get("at", "2026-11-02 14:05"))
        self.shown = {m["who"] for line in body if (m := SPOKEN.match(line))}
        self.shown |= {name.strip() for name in head.get("people", "").split(",") if name.strip()}
        for kind in head.get("templates", "").split():
            self.rig.templates[kind] = {language: f"{kind}_{language}" for language in ("en", "sw", "es")}
        with self.rig.db.begin() as db:
            for name in self.shown - set(STRANGERS):
                self._prepare(db, name, head.get("language"))
        self.marks = self.rig.db.work(_marks)
        self.people = self.rig.db.work(_states)

    def _prepare(self, db: Session, name: str, language: str | None) -> None:
        contact = contacts.by_key(db, name.lower())
        assert contact is not None, f"nobody is called {name} in the sample programme"
        self.districts |= {contact.district} if contact.district else set()
        if self.swap:
            contacts.change(db, contact.id, preferred=OTHER[contact.preferred])
        for n, scheme in enumerate(("tel", "telegram")):
            if not any(a.urn.scheme == scheme for a in contact.addresses):
                path = f"+2332000009{contact.id:02d}" if scheme == "tel" else f"{900000 + contact.id + n}"
                contacts.add_address(db, contact.id, Urn(scheme, path))
        if self.channel == "whatsapp" and contact.district:
            contacts.add_address(db, contact.id, Urn("whatsapp", f"+2332000009{contact.id:02d}"))
            contacts.change(db, contact.id, preferred="whatsapp")
        if language and contact.district:
            contacts.change(db, contact.id, language=language)

    def _speak(self, who: str, how: str, text: str) -> None:
        self.speaker = who
        scheme = SCHEMES[how.removeprefix("on ")] if how.startswith("on ") else self.channel
        scheme = OTHER[scheme] if self.swap else scheme
        urn = STRANGERS.get(who) or self.rig.urn(who.lower(), scheme)
        text = text.replace("\\n", "\n")
        if how == "presses":
            self._press(urn, who, text)
            return
        if how == "again":
            self.rig.says(urn, text, provider_id=self.last_id[who])
            return
        provider_id = f"{who}-{len(self.out)}"
        edit_of = self.last_id.get(who) if how == "edits" else None
        kind = InboundKind.EDIT if how == "edits" else InboundKind.MESSAGE
        self.rig.says(urn, text, provider_id=provider_id, edit_of=edit_of, kind=kind)
        if how != "edits":
            self.last_id[who] = provider_id

    def _press(self, urn: Urn, who: str, label: str) -> None:
        data = self.buttons.get(who, {}).get(label)
        if data is None:
            # On SMS there are no buttons: the same choice is made in words.
            self.rig.says(urn, label, provider_id=f"{who}-{len(self.out)}")
            return
        _version, ticket, value = data.split(":", 2)
        self.rig.says(urn, value, kind=InboundKind.BUTTON, ticket=int(ticket), provider_id=f"{who}-{len(self.out)}")

    def _write_down(self) -> None:
        if self.rig.sent:
            self._write_down_what_was_sent()
        for line in self._news():
            self.out.append(line)
            self.saved.append(line)

    def _write_down_what_was_sent(self) -> None:
        names = {**self._names(), **{str(urn): name for name, urn in STRANGERS.items()}}
        for message in self.rig.sent:
            name = names.get(str(message.urn), "")
            if name in self.shown:
                self.buttons.setdefault(name, {}).update(message.buttons)
                self.out += _bot_lines(message, name, self.speaker)
        self.rig.sent.clear()

    def _names(self) -> dict[str, str]:
        people = self.rig.db.work(contacts.everyone)
        return {str(a.urn): c.key.capitalize() for c in people for a in c.addresses}

    def _news(self) -> list[str]:
        with self.rig.db.begin() as db:
            lines = [line for reader in READERS for line in reader(db, self.marks)]
            lines += _alerts(db, self.marks, self.districts)
            after = _states(db)
        lines += [
            f"Saved: {key.capitalize()} {state}"
            for contact_id, (key, state) in after.items()
            if self.people.get(contact_id) != (key, state)
        ]
        self.people = after
        return lines


def _without_bot(text: str) -> list[str]:
    kept: list[str] = []
    in_bot = False
    for line in text.splitlines():
        if line.startswith(("Bot:", "Bot to ", "Saved:")):
            in_bot = True
        elif not (in_bot and line.startswith(INDENT)):
            in_bot = False
            kept.append(line)
    return kept


def _headers(lines: list[str]) -> tuple[dict[str, str], list[str]]:
    head: dict[str, str] = {}
    for n, line in enumerate(lines):
        if not line.strip() and n:
            return head, lines[n:]
        if not line.startswith("#"):
            for pair in re.split(r"\s{2,}", line.strip()):
                key, _colon, value = pair.partition(":")
                head[key.strip()] = value.strip()
    return head, []


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)


def _bot_lines(message: Outbound, name: str, speaker: str) -> list[str]:
    head = "Bot:   " if name == speaker else f"Bot to {name}: "
    shown = message.text
    if message.template:
        shown = f"(template {message.template.name}: {' | '.join(value for _gap, value in message.template.variables)})"
    if message.urn.scheme == "tel" and (parts := gsm7.segments(message.text)) > 1:
        shown += f" [{parts} parts]"
    if message.buttons:
        shown += "\n" + " ".join(f"[{label}]" for label, _data in message.buttons)
    if message.picture:
        shown += "\n(picture)"
    if message.document:
        shown += f"\n({message.document.name})"
    first, *rest = [piece for line in shown.split("\n") for piece in textwrap.wrap(line, WIDTH) or [""]]
    return [head + first, *(INDENT + piece for piece in rest)]


READ = (
    *(ValueVersionRow, VerificationRow, DiaryRow, ActivityUpdateRow, NoteRow, VisitAnswerRow, VisitLogRow),
    *(AlertRow, InboundRow),
)


def _marks(db: Session) -> dict[str, int]:
    return {table.__tablename__: db.scalar(select(func.max(table.id))) or 0 for table in READ}


def _new(db: Session, table: type, marks: dict[str, int]) -> list:  # type: ignore[type-arg]
    rows = db.scalars(select(table).where(table.id > marks[table.__tablename__]).order_by(table.id)).all()
    marks[table.__tablename__] = max([marks[table.__tablename__], *(row.id for row in rows)])
    return list(rows)


def _values(db: Session, marks: dict[str, int]) -> list[str]:
    return [_value(row) for row in _new(db, ValueVersionRow, marks)]


def _value(row: ValueVersionRow) -> str:
    number = (
        f"{row.numerator}/{row.denominator}"
        if row.denominator is not None
        else f"{row.value:g}"
        if row.value is not None
        else ""
    )
    notes = [f"version {row.version}"] if row.version > 1 else []
    notes += [row.status.replace("_", " ")] if row.status != "reported" else []
    notes += ["taken back"] if row.takes_back else []
    notes += ["flagged"] if row.flagged else []
    notes += ["late"] if row.late else []
    notes += [f'"{row.reason}"'] if row.reason else []
    tail = f" ({', '.join(notes)})" if notes else ""
    return f"Saved: {row.district} {row.code} {row.period}{f' = {number}' if number else ''}{tail}"


def _checks(db: Session, marks: dict[str, int]) -> list[str]:
    return [
        f"Saved: {r.district} {r.code} {r.period} version {r.version} {r.state}" + (f' "{r.words}"' if r.words else "")
        for r in _new(db, VerificationRow, marks)
    ]


def _diary(db: Session, marks: dict[str, int]) -> list[str]:
    return [f'Saved: diary {r.district} {r.period} {r.section}: "{r.words}"' for r in _new(db, DiaryRow, marks)]


def _activities(db: Session, marks: dict[str, int]) -> list[str]:
    found = []
    for row in _new(db, ActivityUpdateRow, marks):
        parts = [row.status, f"{row.percent}%" if row.percent is not None else None, row.due_on and f"due {row.due_on}"]
        reason = f' "{row.reason}"' if row.reason else ""
        found.append(f"Saved: {row.district} {row.key} {' '.join(str(p) for p in parts if p)}{reason}")
    return found


def _notes(db: Session, marks: dict[str, int]) -> list[str]:
    rows = _new(db, NoteRow, marks)
    return [f'Saved: {row.kind}{" private" if row.private else ""}: "{row.words}"' for row in rows]


def _visits(db: Session, marks: dict[str, int]) -> list[str]:
    said = [
        f"Saved: V{r.ref} {r.for_at:%d %b %H:%M} {'yes' if r.yes else 'no'}" + (f' "{r.words}"' if r.words else "")
        for r in _new(db, VisitAnswerRow, marks)
    ]
    logs = _new(db, VisitLogRow, marks)
    return said + [f'Saved: visit {r.district} {r.section}{" private" if r.private else ""}: "{r.words}"' for r in logs]


READERS = (_values, _checks, _diary, _activities, _notes, _visits)


def _alerts(db: Session, marks: dict[str, int], districts: set[str]) -> list[str]:
    new = [row for row in _new(db, AlertRow, marks) if row.district in districts]
    lines = [f"Saved: alert E{row.id} opened: {row.key}" for row in new]
    for row in db.scalars(select(AlertRow).where(AlertRow.district.in_(districts)).order_by(AlertRow.id)):
        owner = db.get(ContactRow, row.owner_id).key.capitalize() if row.owner_id else "nobody"  # type: ignore[union-attr]
        state = f"{row.status}, step {row.step + 1}, owner {owner}" + (f', "{row.outcome}"' if row.outcome else "")
        known = f"alert{row.id}"
        if marks.get(known, "open, step 1, owner nobody") != state:
            lines.append(f"Saved: alert E{row.id} {state}")
        marks[known] = state  # type: ignore[assignment]
    return lines


STATE = (
    *(ContactRow.id, ContactRow.key, ContactRow.language, ContactRow.status, ContactRow.snoozed_until),
    *(ContactRow.away_from, ContactRow.away_until),
)


def _states(db: Session) -> dict[int, tuple[str, str]]:
    rows = db.execute(select(*STATE).order_by(ContactRow.id))
    return {
        row.id: (
            row.key,
            ", ".join(
                [
                    row.language,
                    row.status,
                    *([f"snoozed until {row.snoozed_until:%d %b %H:%M}"] if row.snoozed_until else []),
                    *([f"away {row.away_from:%d %b} to {row.away_until:%d %b}"] if row.away_until else []),
                ]
            ),
        )
        for row in rows
    }


def play(path: Path, rig: Rig, *, swap: bool = False) -> Player:
    """Play a file and return the player, with what was said in `out` and what was saved in `saved`."""
    player = Player(rig, swap=swap)
    player.play(path.read_text())
    return player
