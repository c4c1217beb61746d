"""Moving to PostgreSQL, backups and putting them back: every row as it was, or nothing at all."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import create_engine, func, select, text, update

from bot import catching_up, running
from bot.channels import Channel
from bot.channels.console import ConsoleChannel
from bot.channels.telegram import TelegramChannel
from bot.channels.twilio import TwilioChannel
from bot.outbox import Sender
from bot.reaching import reach
from bot.settings import Settings
from conversations.turn import say
from domain.messages import Outbound, Receipt
from domain.people import ContactStatus
from domain.text import plain
from storage import holds, occurrences, outbox
from storage.backup import Look, back_up, look_into, restore
from storage.copying import CopyError, counts, prove, sealed_places
from storage.database import Database, alembic_config
from storage.models import ContactRow, CurrentValueRow, OutboundRow, ValueVersionRow
from storage.moving import move
from storage.snapshots import snapshot
from tests.doubles.server import Fault
from tests.doubles.telegram_api import TelegramDouble
from tests.doubles.twilio_api import TwilioDouble
from tests.forked import kumbusha
from tests.rig import SECRET, START, Rig
from tests.test_run import command as environment_of
from tests.test_run import until

_numbers = itertools.count(1)


@pytest.fixture
def empty_postgres(postgres_server: str) -> str:
    """The address of a PostgreSQL database with nothing in it."""
    name = f"target{next(_numbers)}"
    admin = create_engine(postgres_server.format("postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"create database {name}"))
    admin.dispose()
    return postgres_server.format(name)


@pytest.fixture
def empty(request: pytest.FixtureRequest, rig: Rig) -> str:
    """The address of an empty database of the other engine than the rig's."""
    if rig.db.sqlite:
        return str(request.getfixturevalue("empty_postgres"))
    return f"sqlite:///{request.getfixturevalue('tmp_path')}/empty.sqlite"


def play(rig: Rig) -> None:
    """Fill every kind of table that a few turns and a prompt can fill."""
    rig.says("ama", "REP ANC1 412/615 ABS 12")
    rig.says("ama", "FIX ABS 13 recount")
    rig.says("ama", "NOTE the cold box is broken")
    rig.says("ama", "P1 STUCK no fuel")
    rig.says("ama", "HELP ME please")
    rig.says("kofi", "D+ visits went well")
    rig.move_to(rig.now + timedelta(days=3), timedelta(days=1))


@contextlib.contextmanager
def written(file: Path) -> Iterator[sqlite3.Connection]:
    """Open a file, keep what is written, and let go of it."""
    with contextlib.closing(sqlite3.connect(file)) as db, db:
        yield db


def told(looks: list[Look]) -> dict[str, tuple[bool, str]]:
    return {look.what: (look.well, look.found) for look in looks}


@pytest.fixture
def file(sqlite_rig: Rig) -> Path:
    """A SQLite programme with a few days behind it, that no process uses any more."""
    play(sqlite_rig)
    sqlite_rig.close()
    return Path(str(sqlite_rig.db.engine.url.database))


def test_a_moved_programme_has_every_row_and_goes_on(file: Path, sqlite_rig: Rig, empty_postgres: str) -> None:
    with sqlite_rig.db.engine.connect() as source:
        before = counts(source)
    sqlite_rig.close()
    assert move(f"sqlite:///{file}", empty_postgres, SECRET) == before
    assert min(before[name] for name in ("inbound", "outbound", "value_versions", "contacts", "notes")) > 0

    moved = Rig(Database(empty_postgres, SECRET), sqlite_rig.now)
    moved.says("ama", "FIX ABS 14", provider_id="after the move")
    assert "13.1%, 13%, 14%" in moved.sent[-1].text
    moved.close()


def test_the_commands_say_what_they_did_and_workers_can_begin(tmp_path: Path, empty_postgres: str) -> None:
    environment = environment_of(tmp_path)
    (tmp_path / "programme.yaml").write_text(kumbusha(tmp_path, environment, "programme", "sample").stdout)
    kumbusha(tmp_path, environment, "programme", "load", "programme.yaml")
    taken = kumbusha(tmp_path, environment, "backup", "backup.sqlite")
    assert (taken.returncode, "32  contacts" in taken.stdout, "secret" in taken.stdout) == (0, True, True), taken.stderr
    checked = kumbusha(tmp_path, environment, "restore", "--check", "backup.sqlite")
    assert (checked.returncode, "contacts.name: 32 opened" in checked.stdout) == (0, True), checked.stderr
    other = {**environment, "KUMBUSHA_SECRET": "quite another secret"}
    assert kumbusha(tmp_path, other, "restore", "--check", "backup.sqlite").returncode == 1
    refused = kumbusha(tmp_path, environment, "restore", "backup.sqlite")
    assert (refused.returncode, "not empty" in refused.stderr) == (1, True)

    moved = kumbusha(tmp_path, environment, "move", "real.sqlite", empty_postgres)
    assert (moved.returncode, "32  contacts" in moved.stdout) == (0, True), moved.stderr
    again = kumbusha(tmp_path, environment, "move", "real.sqlite", empty_postgres)
    assert (again.returncode, "not empty" in again.stderr) == (1, True)
    looked = kumbusha(tmp_path, {**environment, "DATABASE_URL": empty_postgres}, "doctor")
    assert (looked.returncode, "wrong" in looked.stdout) == (0, False), looked.stdout


def test_who_came_after_whom_is_kept_also_when_the_later_was_there_first(sqlite_rig: Rig, empty_postgres: str) -> None:
    with sqlite_rig.db.begin() as db:
        first, last = db.execute(select(func.min(ContactRow.id), func.max(ContactRow.id))).one()
        db.get_one(ContactRow, first).predecessor_id = last
    sqlite_rig.close()
    move(str(sqlite_rig.db.engine.url), empty_postgres, SECRET)
    moved = Database(empty_postgres, SECRET)
    with moved.begin() as db:
        assert db.get_one(ContactRow, first).predecessor_id == last
    moved.close()


def test_a_target_with_rows_in_it_is_refused(file: Path, rig: Rig) -> None:
    if rig.db.sqlite:
        with pytest.raises(CopyError, match="to PostgreSQL"):
            move(f"sqlite:///{file}", rig.db.url, SECRET)
    else:
        with pytest.raises(CopyError, match=r"not empty: there are rows in .*contacts"):
            move(f"sqlite:///{file}", rig.db.url, SECRET)


def test_a_programme_that_a_process_has_open_is_not_moved(sqlite_rig: Rig, empty_postgres: str) -> None:
    with sqlite_rig.db.begin() as db:
        assert db.scalar(select(func.count()).select_from(ContactRow))
    with pytest.raises(CopyError, match="stop every kumbusha process"):
        move(str(sqlite_rig.db.engine.url), empty_postgres, SECRET)


def test_nobody_gets_into_a_programme_while_it_is_moved(file: Path, empty_postgres: str) -> None:
    with (
        snapshot(f"sqlite:///{file}", alone=True),
        contextlib.closing(sqlite3.connect(file, timeout=0.1)) as other,
        pytest.raises(sqlite3.OperationalError, match="locked"),
    ):
        other.execute("select * from contacts")


def test_tables_of_another_release_are_not_moved(file: Path, empty_postgres: str) -> None:
    with written(file) as db:
        db.execute("update alembic_version set version_num = '0001'")
    with pytest.raises(CopyError, match=r"another release .0001"):
        move(f"sqlite:///{file}", empty_postgres, SECRET)


def test_a_move_with_another_secret_leaves_the_target_empty(file: Path, empty_postgres: str) -> None:
    with pytest.raises(CopyError, match="KUMBUSHA_SECRET"):
        move(f"sqlite:///{file}", empty_postgres, "quite another secret")
    target = Database(empty_postgres, SECRET)
    with target.engine.connect() as db:
        assert set(counts(db).values()) == {0}
    target.close()


def test_numbers_that_sqlite_took_are_moved(sqlite_rig: Rig, empty_postgres: str) -> None:
    sqlite_rig.says("ama", "REP ANC1 412/615")
    with sqlite_rig.db.begin() as db:
        for table in (ValueVersionRow, CurrentValueRow):
            db.execute(update(table).values(numerator=3_000_000_000, denominator=4_000_000_000))
    sqlite_rig.close()
    move(f"sqlite:///{sqlite_rig.db.engine.url.database}", empty_postgres, SECRET)
    target = Database(empty_postgres, SECRET)
    with target.begin() as db:
        for table in (ValueVersionRow, CurrentValueRow):
            assert set(db.scalars(select(table.numerator))) == {3_000_000_000}
    target.close()


def test_what_postgresql_does_not_take_leaves_it_empty(file: Path, empty_postgres: str) -> None:
    with written(file) as db:
        db.execute("update contacts set role = 'a role with far too many letters' where id = 1")
    with pytest.raises(CopyError, match=r"contacts, rows id 1 to .*too long"):
        move(f"sqlite:///{file}", empty_postgres, SECRET)
    target = Database(empty_postgres, SECRET)
    with target.engine.connect() as db:
        assert set(counts(db).values()) == {0}
    target.close()


def test_a_backup_of_a_running_programme_is_put_back_on_the_other_engine(rig: Rig, empty: str, tmp_path: Path) -> None:
    play(rig)
    with rig.db.engine.connect() as source:
        before = counts(source)
    backup = tmp_path / "backup.sqlite"
    assert back_up(rig.db.url, SECRET, backup) == before
    assert backup.stat().st_mode & 0o777 == 0o600
    rig.says("ama", "REP APR 5", provider_id="after the backup")

    assert restore(backup, empty, SECRET, rig.now) == {**before, "holds": 4}
    holds_are_lifted(empty)
    restored = Rig(Database(empty, SECRET), rig.now)
    restored.says("ama", "FIX ABS 14", provider_id="after it was put back")
    assert "13.1%, 13%, 14%" in restored.sent[-1].text
    restored.close()


def test_what_is_written_while_a_backup_is_made_is_in_it_whole_or_not_at_all(rig: Rig, tmp_path: Path) -> None:
    with snapshot(rig.db.url) as db:
        before = counts(db)
        rig.says("ama", "REP ANC1 412/615 ABS 12")
        assert counts(db) == before


def test_a_backup_holds_no_word_that_can_be_read_without_the_secret(rig: Rig, tmp_path: Path) -> None:
    play(rig)
    back_up(rig.db.url, SECRET, tmp_path / "backup.sqlite")
    content = (tmp_path / "backup.sqlite").read_bytes()
    assert SECRET.encode() not in content
    assert b"cold box" not in content
    assert rig.urn("ama", "tel").path.encode() not in content


def test_a_file_that_is_there_is_not_written_over(rig: Rig, tmp_path: Path) -> None:
    (tmp_path / "backup.sqlite").write_text("yesterday's")
    with pytest.raises(CopyError, match="there already"):
        back_up(rig.db.url, SECRET, tmp_path / "backup.sqlite")
    assert [path.read_text() for path in tmp_path.glob("backup*")] == ["yesterday's"]


def test_a_backup_that_cannot_be_proved_leaves_no_file(rig: Rig, tmp_path: Path) -> None:
    with pytest.raises(CopyError, match="KUMBUSHA_SECRET"):
        back_up(rig.db.url, "quite another secret", tmp_path / "backup.sqlite")
    assert list(tmp_path.glob("backup*")) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("update value_versions set numerator = 413 where numerator = 412", "value_versions.numerator differs"),
        ("update contacts set name = (select name from contacts where id = 2) where id = 1", "contacts.name differs"),
        ("delete from notes", "notes: the copy has fewer rows"),
        ("insert into cursors (name, position) values ('x', 1)", "cursors: the copy has more rows"),
    ],
)
def test_a_copy_that_is_not_what_it_was_made_from_is_found_out(
    rig: Rig, tmp_path: Path, change: str, told: str
) -> None:
    rig.says("ama", "REP ANC1 412/615 ABS 12")
    rig.says("ama", "NOTE the cold box is broken")
    back_up(rig.db.url, SECRET, tmp_path / "backup.sqlite")
    with written(tmp_path / "backup.sqlite") as db:
        db.execute(change)
    copied = f"sqlite:///{tmp_path}/backup.sqlite"
    with snapshot(rig.db.url) as source, snapshot(copied) as copy, pytest.raises(CopyError, match=told):
        prove(source, copy)


def test_looking_into_a_backup_says_what_is_in_it_and_touches_nothing(rig: Rig, tmp_path: Path) -> None:
    play(rig)
    backup = tmp_path / "backup.sqlite"
    copied = back_up(rig.db.url, SECRET, backup)
    before = backup.read_bytes()
    looks = told(look_into(backup, SECRET))
    assert {well for well, _found in looks.values()} == {True}
    assert looks["rows of inbound"] == (True, str(copied["inbound"]))
    assert {f"{place.table}.{place.column}" for place in sealed_places()} <= set(looks)
    assert looks["notes.words"] == (True, f"{copied['notes']} opened")
    assert backup.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir() if "backup" in path.name} == {"backup.sqlite"}


def test_looking_into_a_backup_with_another_secret_names_what_cannot_be_opened(rig: Rig, tmp_path: Path) -> None:
    play(rig)
    back_up(rig.db.url, SECRET, tmp_path / "backup.sqlite")
    looks = told(look_into(tmp_path / "backup.sqlite", "quite another secret"))
    assert looks["rows of inbound"][0]
    well, found = looks["inbound.text"]
    assert not well
    assert "KUMBUSHA_SECRET" in found


@pytest.fixture
def backup(sqlite_rig: Rig, tmp_path: Path) -> Path:
    play(sqlite_rig)
    back_up(sqlite_rig.db.url, SECRET, tmp_path / "backup.sqlite")
    return tmp_path / "backup.sqlite"


def test_a_damaged_backup_is_said_to_be(backup: Path, tmp_path: Path) -> None:
    content = bytearray(backup.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 20_000] = b"\xff" * 20_000
    backup.write_bytes(bytes(content))
    (look,) = look_into(backup, SECRET)
    assert not look.well
    with pytest.raises(CopyError):
        restore(backup, f"sqlite:///{tmp_path}/target.sqlite", SECRET, START)
    assert not (tmp_path / "target.sqlite").exists()


@pytest.mark.parametrize("content", [b"", b"not a database at all" * 100])
def test_what_is_no_backup_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "backup.sqlite").write_bytes(content)
    (look,) = look_into(tmp_path / "backup.sqlite", SECRET)
    assert not look.well


def test_a_backup_of_an_older_release_is_brought_up_when_it_is_put_back(backup: Path, tmp_path: Path) -> None:
    older = create_engine(f"sqlite:///{backup}")
    with older.begin() as connection:
        command.downgrade(alembic_config(connection), "-1")
    older.dispose()
    looks = told(look_into(backup, SECRET))
    assert looks["release"][0]
    assert "can be brought to" in looks["release"][1]
    target = f"sqlite:///{tmp_path}/target.sqlite"
    assert restore(backup, target, SECRET, START)["inbound"] > 0


def test_a_backup_of_a_newer_release_is_refused(backup: Path, tmp_path: Path) -> None:
    with written(backup) as db:
        db.execute("update alembic_version set version_num = '9999'")
    looks = told(look_into(backup, SECRET))
    assert not looks["release"][0]
    with pytest.raises(CopyError, match="newer"):
        restore(backup, f"sqlite:///{tmp_path}/target.sqlite", SECRET, START)


def test_it_is_not_put_back_over_what_is_there(backup: Path, rig: Rig) -> None:
    with pytest.raises(CopyError, match="not empty"):
        restore(backup, rig.db.url, SECRET, rig.now)


def test_what_waited_when_the_backup_was_made_is_asked_about_before_it_is_sent(rig: Rig, tmp_path: Path) -> None:
    rig.says("ama", "REP ANC1 412/615 ABS 12")
    with rig.db.begin() as db:
        row = db.scalars(select(OutboundRow)).first()
        assert row is not None
        row.status = "queued"
    back_up(rig.db.url, SECRET, tmp_path / "backup.sqlite")
    target = f"sqlite:///{tmp_path}/target.sqlite"
    restore(tmp_path / "backup.sqlite", target, SECRET, rig.now)
    restored = Database(target, SECRET)
    with restored.begin() as session:
        assert outbox.counts(session)["unknown"] == 1
        assert [part.message.id for part in outbox.in_doubt(session, rig.now)] == [1]
    restored.close()


def holds_are_lifted(url: str) -> None:
    """Go on as a worker does that has nobody to ask what came in since the backup."""
    db = Database(url, SECRET)
    asyncio.run(catching_up.keep_up(db, {}, asyncio.Event()))
    db.close()


def test_an_account_that_was_refused_when_the_backup_was_made_is_not_held_longer_for_it(
    sqlite_rig: Rig, tmp_path: Path
) -> None:
    rig, soon = sqlite_rig, sqlite_rig.now + timedelta(minutes=15)
    rig.db.work(holds.hold, "tel", "20003 account refused", rig.now, soon, broken=True)
    back_up(rig.db.url, SECRET, tmp_path / "backup.sqlite")
    target = f"sqlite:///{tmp_path}/target.sqlite"
    restore(tmp_path / "backup.sqlite", target, SECRET, rig.now + timedelta(minutes=5))
    restored = Database(target, SECRET)
    held = restored.work(holds.held, soon)
    assert {(hold.reason, hold.broken) for hold in held} == {(holds.RESTORED, False)}
    restored.close()
    holds_are_lifted(target)
    assert restored.work(holds.held, soon) == []
    restored.close()


class Forgetful(ConsoleChannel):
    """A provider that does not have what we ask for."""

    async def find(self, message: Outbound, since: datetime) -> list[Receipt]:
        return []


def test_what_the_provider_never_had_goes_after_it_was_put_back(rig: Rig, tmp_path: Path) -> None:
    rig.says("ama", "DUE")
    with rig.db.begin() as db:
        db.execute(update(OutboundRow).values(status="queued", claimed_at=None, attempts=0))
    back_up(rig.db.url, SECRET, tmp_path / "backup.sqlite")
    target = f"sqlite:///{tmp_path}/target.sqlite"
    restore(tmp_path / "backup.sqlite", target, SECRET, rig.now)
    holds_are_lifted(target)
    restored, sent = Database(target, SECRET), list[Outbound]()
    sender = Sender(restored, {"tel": Forgetful("sms", sent.append)}, lambda: rig.now + timedelta(minutes=1))

    async def go_on() -> None:
        await sender.settle_doubts()
        await sender.send_due()

    asyncio.run(go_on())
    assert [message.urn.scheme for message in sent] == ["tel"]
    restored.close()


def say_to(rig: Rig, *keys: str) -> None:
    """Queue words for people that wait for nothing and nobody."""
    for key in keys:
        rig.db.work(reach, rig.contact(key), say(plain("Hello")), f"hello:{key}", "note", rig.now, critical=True)


@pytest.mark.parametrize("after", [timedelta(), timedelta(days=45)])
async def test_who_stopped_after_the_backup_is_not_written_to_on_any_channel(
    rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: timedelta
) -> None:
    clock = [datetime.now(UTC) - after]
    monkeypatch.setattr(catching_up, "wall_clock", lambda: clock[0])
    monkeypatch.setattr(catching_up, "CATCH_UP_SOON", 0.01)
    rig.db.work(occurrences.move, "missed:sms", int(clock[0].timestamp()))
    back_up(rig.db.url, SECRET, tmp_path / "backup.sqlite")
    async with TwilioDouble(lambda: clock[0]) as double:
        double.receive(rig.urn("ama", "tel").path, "STOP")
        double.receive(rig.urn("kofi", "tel").path, "WHO")
        clock[0] += after
        restore(tmp_path / "backup.sqlite", f"sqlite:///{tmp_path}/target.sqlite", SECRET, clock[0])
        restored = Rig(Database(f"sqlite:///{tmp_path}/target.sqlite", SECRET), clock[0])
        say_to(restored, "ama", "nana", "efua")
        sms = TwilioChannel(double.account_sid, double.auth_token, sender=double.number, base_url=double.base_url)
        chat = list[Outbound]()
        channels: dict[str, Channel] = {"tel": sms, "telegram": ConsoleChannel("telegram", chat.append)}
        sender, stop = Sender(restored.db, channels, lambda: clock[0] + timedelta(seconds=1)), asyncio.Event()
        assert await sender.send_due() == 0
        double.faults.append(Fault(on="messages", status=500))  # Twilio cannot be asked at first
        keeping = asyncio.create_task(catching_up.keep_up(restored.db, channels, stop))
        await until(lambda: not restored.db.work(holds.held, clock[0]), "the list to be read")
        while await sender.send_due():
            pass
        stop.set()
        await keeping
        await sms.close()
        ama, kofi, nana = (restored.urn(key, "tel").path for key in ("ama", "kofi", "nana"))
        heard = [(sent.to, "Hello" in sent.body) for sent in double.sent]
        assert (ama, True) not in heard
        assert (nana, True) in heard
        assert ((kofi, False) in heard) == (not after)  # what was asked long ago is not answered
        assert [message.urn for message in chat] == [restored.urn("efua", "telegram")]
        assert restored.contact("ama").status is ContactStatus.STOPPED
    restored.close()


async def test_who_typed_stop_on_telegram_after_the_backup_is_not_written_to(
    sqlite_rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catching_up, "CATCH_UP_SOON", 0.01)
    back_up(sqlite_rig.db.url, SECRET, tmp_path / "backup.sqlite")
    target, now = f"sqlite:///{tmp_path}/target.sqlite", datetime.now(UTC)
    restore(tmp_path / "backup.sqlite", target, SECRET, now)
    restored, stop = Rig(Database(target, SECRET), now), asyncio.Event()
    say_to(restored, "efua", "owusu")
    efua, owusu = (int(restored.urn(key, "telegram").path) for key in ("efua", "owusu"))
    async with TelegramDouble() as double:
        for _n in range(150):  # more than one poll brings
            double.push({"poll": {}})
        double.say(efua, "/stop")
        double.faults.append(Fault(on="getupdates", status=502))  # Telegram cannot be asked at first
        chat = TelegramChannel(double.token, base_url=double.base_url, first_pause=0.3)
        parts = running.working(Settings(_env_file=None), restored.db, {"telegram": chat}, stop)
        working = asyncio.create_task(running.together(parts, stop))
        await until(lambda: any("Hello" in sent.text for sent in double.sent), "words for who has not stopped")
        stop.set()
        await working
        await chat.close()
        assert {sent.chat_id for sent in double.sent if "Hello" in sent.text} == {owusu}
    assert restored.contact("efua").status is ContactStatus.STOPPED
    restored.close()


def test_who_is_named_as_stopped_is_not_written_to_after_a_restore(rig: Rig, tmp_path: Path) -> None:
    say_to(rig, "ama", "nana")
    back_up(rig.db.url, SECRET, tmp_path / "backup.sqlite")
    target = f"sqlite:///{tmp_path}/target.sqlite"
    with pytest.raises(CopyError, match="nobody"):
        restore(tmp_path / "backup.sqlite", target, SECRET, rig.now, ["nobody"])
    restore(tmp_path / "backup.sqlite", target, SECRET, rig.now, ["ama"])
    holds_are_lifted(target)
    restored = Rig(Database(target, SECRET), rig.now + timedelta(minutes=1))

    async def go_on() -> None:
        sender = Sender(restored.db, {"tel": Forgetful("sms", restored.sent.append)}, lambda: restored.now)
        await sender.settle_doubts()
        await sender.send_due()

    asyncio.run(go_on())
    assert [message.urn for message in restored.sent] == [restored.urn("nana", "tel")]
    restored.close()
