"""One turn, one transaction: nothing twice, nothing lost, nothing readable without the key, whoever writes at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, inspect, select, text, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from bot.loops import MOST_AT_ALL
from bot.turns import MOST_ATTEMPTS, Taken, retake_turns, take_turn
from domain.messages import Inbound, InboundKind, Status
from domain.people import AddressStatus, ContactStatus, Urn
from storage import conversations, outbox
from storage.models import (
    Base,
    ContactRow,
    ConversationRow,
    DiaryRow,
    InboundRow,
    OutboundRow,
    ProgrammeRow,
    ValueVersionRow,
)
from tests.rig import Rig
from tests.tracing import no_room_for_answers, no_turn_ends

WAIT = timedelta(minutes=2)
STRANGER = Urn("tel", "+233200000999")
AT_ONCE = 8


@pytest.fixture(autouse=True)
def monday(rig: Rig) -> None:
    """It is the Monday after October has closed."""
    rig.now = datetime(2026, 11, 2, 14, 5, tzinfo=UTC)


def texts(rig: Rig, since: int = 0) -> list[str]:
    return [message.text for message in rig.sent[since:]]


def rows(rig: Rig, table: type[Base], *columns: str) -> list[tuple[object, ...]]:
    with rig.db.begin() as db:
        return [tuple(getattr(row, c) for c in columns) for row in db.scalars(select(table).order_by(table.id))]  # type: ignore[attr-defined]


def count(rig: Rig, table: type[Base]) -> int:
    return rig.db.work(lambda db: db.scalar(select(func.count()).select_from(table)) or 0)


def inbound(rig: Rig, who: str, words: str, provider_id: str) -> Inbound:
    urn = rig.urn(who)
    return Inbound({"tel": "sms", "telegram": "telegram"}[urn.scheme], provider_id, urn, words, rig.now)


def together(*jobs: Callable[[], object]) -> None:
    """Run jobs in threads that start at the same moment, and raise what any of them raised."""
    gate, wrong = threading.Barrier(len(jobs)), list[BaseException]()

    def run(job: Callable[[], object]) -> None:
        try:
            gate.wait(30)
            job()
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not wrong, wrong


def taking(rig: Rig, messages: Iterable[Inbound]) -> Callable[[], object]:
    todo = list(messages)
    return lambda: [rig.db.work(take_turn, message, rig.now) for message in todo]


# Nothing twice


def test_a_message_that_the_provider_repeats_changes_nothing(rig: Rig) -> None:
    rig.says("ama", "REP YAW 5", provider_id="SM1")
    before = (texts(rig), count(rig, ValueVersionRow), count(rig, OutboundRow), count(rig, InboundRow))
    again = rig.says("ama", "REP YAW 5", provider_id="SM1")
    other_words = rig.says("ama", "REP YAW 6", provider_id="SM1")
    assert (again, other_words) == (Taken(None, repeated=True),) * 2
    assert (texts(rig), count(rig, ValueVersionRow), count(rig, OutboundRow), count(rig, InboundRow)) == before


def test_the_same_provider_id_on_another_channel_is_another_message(rig: Rig) -> None:
    rig.says("ama", "REP YAW 5", provider_id="1", scheme="tel")
    assert not rig.says("ama", "DUE", provider_id="1", scheme="telegram").repeated


def test_a_message_handed_over_by_eight_threads_is_taken_once(rig: Rig) -> None:
    message = inbound(rig, "ama", "REP YAW 5", "SM1")
    versions = count(rig, ValueVersionRow)
    together(*[taking(rig, [message])] * AT_ONCE)
    rig.deliver()
    assert count(rig, InboundRow) == 1
    assert count(rig, ValueVersionRow) == versions + 1
    assert len(rig.sent) == 1


# Nothing lost


def spoil_conversation(rig: Rig, key: str, state: str) -> None:
    values = {"contact_id": rig.contact(key).id, "state": state}
    rig.db.work(lambda db: db.merge(ConversationRow(**values)))


def heal_conversation(rig: Rig, key: str) -> None:
    where = ConversationRow.contact_id == rig.contact(key).id
    rig.db.work(lambda db: db.execute(update(ConversationRow).where(where).values(state="{}")))


UNREADABLE = '{"sessions": [{"flow": "a flow that we do not know how to read"}]}'


def test_a_turn_that_raises_keeps_the_message_and_apologises_once(rig: Rig) -> None:
    spoil_conversation(rig, "ama", UNREADABLE)
    versions = count(rig, ValueVersionRow)
    rig.says("ama", "REP YAW 5")
    ((words, handled, attempts),) = rows(rig, InboundRow, "text", "handled_at", "attempts")
    assert (words, handled, attempts) == ("REP YAW 5", None, 1)
    assert count(rig, ValueVersionRow) == versions
    (sorry,) = texts(rig)
    assert sorry.startswith("Sorry")
    rig.now += WAIT
    rig.db.work(retake_turns, rig.now)
    rig.deliver()
    assert texts(rig) == [sorry]


def test_a_message_that_raised_is_read_again_and_answered(rig: Rig) -> None:
    spoil_conversation(rig, "ama", UNREADABLE)
    rig.says("ama", "REP YAW 5")
    heal_conversation(rig, "ama")
    rig.now += WAIT
    assert rig.db.work(retake_turns, rig.now) == 1
    assert rig.db.work(retake_turns, rig.now) == 0
    rig.deliver()
    assert len(rig.sent) == 2
    assert "YAW" in rig.sent[1].text
    ((handled, error),) = rows(rig, InboundRow, "handled_at", "error")
    assert (handled, error) == (rig.now, None)


def test_a_message_that_always_raises_is_left_after_a_few_times_and_kept(rig: Rig) -> None:
    spoil_conversation(rig, "ama", UNREADABLE)
    rig.says("ama", "REP YAW 5")
    for _n in range(MOST_ATTEMPTS + 3):
        rig.now += WAIT
        rig.db.work(retake_turns, rig.now)
    ((attempts, words),) = rows(rig, InboundRow, "attempts", "text")
    assert attempts == MOST_ATTEMPTS + 1
    assert words == "REP YAW 5"


def test_trouble_of_the_database_is_not_taken_for_trouble_with_the_message(rig: Rig) -> None:
    spoil_conversation(rig, "ama", UNREADABLE)
    rig.says("ama", "REP YAW 5")
    heal_conversation(rig, "ama")
    rig.now += WAIT
    with no_room_for_answers(rig.db):
        for _n in range(MOST_ATTEMPTS):
            with pytest.raises(OperationalError):
                rig.db.work(retake_turns, rig.now)
    assert rig.db.work(retake_turns, rig.now) == 1


def test_a_turn_that_fails_at_its_end_leaves_its_message_and_nothing_else(rig: Rig) -> None:
    before = count(rig, ValueVersionRow)
    with no_turn_ends(rig.db):
        rig.says("ama", "REP YAW 5")
    assert count(rig, ValueVersionRow) == before
    assert [m.text.split(",")[0] for m in rig.sent] == ["Sorry"]
    rig.now += WAIT
    assert rig.db.work(retake_turns, rig.now) == 1
    assert rows(rig, ValueVersionRow, "code", "value")[before:] == [("YAW", 5.0)]


def test_one_persons_trouble_is_nobody_elses(rig: Rig) -> None:
    spoil_conversation(rig, "ama", UNREADABLE)
    rig.says("ama", "DUE")
    rig.says("kofi", "DUE")
    rig.now += WAIT
    rig.says("kofi", "PLAN")
    rig.db.work(retake_turns, rig.now)
    assert [m.urn.scheme for m in rig.sent] == ["tel", "telegram", "telegram"]
    assert not any(m.text.startswith("Sorry") for m in rig.sent[1:])


def test_a_programme_that_lost_what_somebody_answers_for_loses_no_message(rig: Rig) -> None:
    """The file in force cannot be read any more: every message waits for one that can."""
    whole = rig.db.work(lambda db: db.scalars(select(ProgrammeRow.text)).one())
    broken = ProgrammeRow(digest="broken", text="people: nobody", loaded_at=rig.now)
    rig.db.work(lambda db: db.add(broken))
    rig.says("ama", "REP YAW 5")
    rig.says("kofi", "MD 0")
    assert [m.text[:5] for m in rig.sent] == ["Sorry", "Sorry"]
    mended = ProgrammeRow(digest="mended", text=whole, loaded_at=rig.now)
    rig.db.work(lambda db: db.add(mended))
    rig.now += WAIT
    assert rig.db.work(retake_turns, rig.now) == 2
    assert all(handled for (handled,) in rows(rig, InboundRow, "handled_at"))


# Many at once


GUIDED = ("REP", "67", "12", "60/80", "6", "80%", "90%", "planned it", "it went well", "SKIP", "we will change")


def test_two_people_at_once_each_have_their_own_dialogue(rig: Rig) -> None:
    """Ama of Asuo and Asha of Lisimba answer at the same time, one message after the other each."""
    mine = {
        "ama": GUIDED,
        "asha": ("RIPOTI", "66", "70", "88", "4", "50%", "DONE", "tulipanga", "vizuri", "RUKA", "kesho"),
    }
    jobs = [
        taking(rig, [inbound(rig, who, words, f"{who}-{n}") for n, words in enumerate(said)])
        for who, said in mine.items()
    ]
    together(*jobs)
    for who, said in mine.items():
        session = rig.db.work(conversations.load, rig.contact(who).id).session
        assert session is not None, who
        assert session.flow == "monthly_report"
        assert session.answers["planned"] == said[7]
        assert len(session.trail) == len(said) - 1
        assert all(error is None for (error,) in rows(rig, InboundRow, "error"))
    assert sorted(words for (words,) in rows(rig, DiaryRow, "words")) == sorted(
        ["planned it", "it went well", "we will change", "tulipanga", "vizuri", "kesho"]
    )


def test_messages_of_one_person_from_eight_threads_are_each_handled_once(rig: Rig) -> None:
    rig.says("ama", "DUE")
    messages = [inbound(rig, "ama", f"NOTE number {n} of many", f"SM{n}") for n in range(3 * AT_ONCE)]
    together(*(taking(rig, messages[n::AT_ONCE]) for n in range(AT_ONCE)))
    assert count(rig, InboundRow) == 1 + len(messages)
    assert all(handled for (handled,) in rows(rig, InboundRow, "handled_at"))
    keys = [key for (key,) in rows(rig, OutboundRow, "key")]
    assert len(keys) == len(set(keys)) == 1 + len(messages)


DOUBTFUL = ("REP ABS 77", "REP ANC1 4", "REP APR 3", "REP YAW 900")


@pytest.mark.parametrize("known", [True, False], ids=["known", "first words ever"])
def test_questions_raised_at_once_are_all_remembered(rig: Rig, known: bool) -> None:
    if known:
        rig.says("ama", "DUE")
    together(*(taking(rig, [inbound(rig, "ama", words, f"SM{n}")]) for n, words in enumerate(DOUBTFUL)))
    kept = rig.db.work(conversations.load, rig.contact("ama").id)
    assert {q.code for q in kept.questions if q.kind != "menu"} == {"ABS", "ANC1", "APR", "YAW"}


def test_a_team_that_reports_at_once_gets_no_apology(rig: Rig) -> None:
    """Ama and Yaw of Asuo send the same value in the same second."""
    rig.says(STRANGER, "JOIN ASU-7F3Q")
    for words in ("1", "yes"):
        rig.says(STRANGER, words)
    yaw = rig.contact("yaw")
    assert yaw.status is ContactStatus.ACTIVE
    rig.db.work(lambda db: db.execute(update(ContactRow).where(ContactRow.id == yaw.id).values(preferred="tel")))
    pairs = [
        [inbound(rig, who, f"REP ANC1 {400 + n}/615 ABS {10 + n} APR {60 + n}/80", f"{who}{n}") for n in range(5)]
        for who in ("ama", "yaw")
    ]
    together(*(taking(rig, messages) for messages in pairs))
    assert [error for (error,) in rows(rig, InboundRow, "error") if error] == []


# Who may read it


SECRETS = ("Dr Owusu", "+233200000011", "+233200000042", "700041", "rain on market day", "strike in week", "fuel again")


def raw_bytes(rig: Rig) -> bytes:
    """Return all that somebody reads who takes the database away: the SQLite files, or every row of every table."""
    if rig.db.sqlite:
        path = Path(make_url(rig.db.url).database or "")
        return b"".join(p.read_bytes() for p in path.parent.glob(f"{path.name}*"))
    with rig.db.engine.connect() as connection:
        tables = inspect(connection).get_table_names()
        found = [row for t in tables for row in connection.execute(text(f'select * from "{t}"'))]
    return b"\n".join(bytes(v) if isinstance(v, bytes | memoryview) else str(v).encode() for row in found for v in row)


def test_names_numbers_and_words_cannot_be_read_in_the_database(rig: Rig) -> None:
    rig.says("ama", "NOTE PRIVATE rain on market day")
    rig.says("ama", "ABS 77")
    rig.says("ama", "Y strike in week 2")
    rig.says("ama", "P1 STUCK no fuel again")
    rig.says("ama", "D- no fuel again D? rain on market day")
    rig.says("kofi", "MD 1")
    rig.says(STRANGER, "strike in week 3, says a stranger")
    rig.deliver()
    assert any("Dr Owusu" in contact.name for contact in [rig.contact("owusu")])
    raw = raw_bytes(rig)
    assert b"asuo" in raw  # we do look where the rows are
    assert [secret for secret in (*SECRETS, STRANGER.path) if secret.encode() in raw] == []


def test_a_strangers_words_are_not_kept(rig: Rig) -> None:
    rig.says(STRANGER, "my name is Adwoa and I am ill")
    ((words, whose),) = rows(rig, InboundRow, "text", "contact_id")
    assert (words, whose) == ("", None)
    assert len(rig.sent) == 1
    assert "JOIN" in rig.sent[0].text
    rig.says(STRANGER, "hello?")
    assert len(rig.sent) == 1  # once a day


def test_a_private_note_is_told_to_nobody(rig: Rig) -> None:
    rig.says("ama", "NOTE PRIVATE my facilitator shouts")
    assert [m.urn for m in rig.sent] == [rig.urn("ama")]


# Stop, start, language


def test_after_stop_nothing_is_sent_but_what_is_sent_to_us_is_kept(rig: Rig) -> None:
    rig.says("ama", "STOP")
    rig.says("ama", "REP YAW 5")
    assert rig.sent == []
    assert rig.contact("ama").status is ContactStatus.STOPPED
    (stored,) = [v for v in rows(rig, ValueVersionRow, "code", "value", "inbound_id") if v[2] is not None]
    assert stored[:2] == ("YAW", 5.0)
    rig.says("ama", "START")
    assert len(rig.sent) == 1
    assert rig.contact("ama").status is ContactStatus.ACTIVE
    rig.says("ama", "DUE")
    assert len(rig.sent) == 2


def test_what_was_waiting_is_not_sent_after_stop(rig: Rig) -> None:
    rig.now = rig.now.replace(hour=21)
    rig.says("kofi", "DUE")
    rig.sent.clear()
    rig.says("efua", "NUDGE ASU")  # waits for Ama's morning
    rig.sent.clear()
    rig.says("ama", "STOP")
    rig.move_to(rig.now + timedelta(hours=12))
    assert [m for m in rig.sent if m.urn == rig.urn("ama")] == []


def test_stop_on_one_channel_holds_on_the_other(rig: Rig) -> None:
    rig.says("ama", "STOP", scheme="telegram")
    rig.sent.clear()
    rig.says("efua", "NUDGE ASU")
    assert [m.urn.scheme for m in rig.sent if m.urn in (rig.urn("ama"), rig.urn("ama", "telegram"))] == []


def test_the_answer_is_in_the_language_just_chosen(rig: Rig) -> None:
    rig.says("ama", "LANG ES")
    rig.says("ama", "DUE")
    rig.says("kofi", "DUE")
    assert rig.contact("ama").language == "es"
    assert [("oct 2026" in m.text, "Oct 2026" in m.text) for m in rig.sent[1:]] == [(True, False), (False, True)]


def test_the_answer_goes_where_the_question_came_from(rig: Rig) -> None:
    rig.says("ama", "DUE", scheme="telegram")
    rig.says("ama", "DUE", scheme="tel")
    assert [m.urn.scheme for m in rig.sent] == ["telegram", "tel"]


def test_who_blocked_the_bot_is_reached_another_way(rig: Rig) -> None:
    rig.says("kofi", "", kind=InboundKind.BLOCKED)
    kofi = rig.contact("kofi")
    assert [a.status for a in kofi.addresses if a.urn.scheme == "telegram"] == [AddressStatus.UNREACHABLE]
    assert kofi.address() == rig.urn("kofi", "tel")
    assert rig.sent == []


def test_who_writes_again_after_blocking_the_bot_is_reached_there_again(rig: Rig) -> None:
    rig.says("kofi", "", kind=InboundKind.BLOCKED)
    rig.says("kofi", "DUE", scheme="telegram")
    assert rig.contact("kofi").address() == rig.urn("kofi", "telegram")


def to(rig: Rig, key: str) -> list[str]:
    return [m.text for m in rig.sent if m.urn in {a.urn for a in rig.contact(key).addresses}]


def test_a_number_that_loops_is_answered_no_more_and_its_facilitator_hears_once(rig: Rig) -> None:
    for _n in range(7):
        rig.says("ama", "Thank you for your message")
        rig.now += timedelta(seconds=20)
    assert len(to(rig, "ama")) == 4
    rig.now += timedelta(minutes=11)
    rig.says("ama", "Thank you for your message")
    assert len(to(rig, "ama")) == 5
    assert [text for text in to(rig, "efua") if "Ama" in text] == [
        "Ama (Asuo) sends like a machine, so it gets no answers for now. Is a phone set to reply by itself?"
    ]


def test_a_flood_of_changing_texts_is_read_and_not_answered(rig: Rig) -> None:
    for n in range(44):
        rig.says("ama", f"Your request {n} was received")
        rig.now += timedelta(seconds=5)
    assert len(to(rig, "ama")) == MOST_AT_ALL
    rig.says("ama", "REP YAW 5")
    assert len(to(rig, "ama")) == MOST_AT_ALL
    assert rows(rig, ValueVersionRow, "code", "value")[-1] == ("YAW", 5.0)


# Codes


def test_a_code_typed_by_somebody_else_still_works_for_its_owner(rig: Rig) -> None:
    rig.says("ama", "JOIN ASU-7F3Q")
    rig.says(STRANGER, "JOIN ASU-7F3Q")
    assert rig.contact("yaw").address() == STRANGER


def test_a_link_code_typed_on_the_first_phone_still_links_the_second(rig: Rig) -> None:
    rig.says("abena", "LINK")
    code = rig.sent[-1].text.split("JOIN ")[1].split(".")[0]
    rig.says("abena", f"JOIN {code}")
    chat = Urn("telegram", "799001")
    rig.says(chat, f"JOIN {code}")
    assert {a.urn for a in rig.contact("abena").addresses} == {rig.urn("abena"), chat}


def test_every_answer_left_the_outbox_delivered(rig: Rig) -> None:
    for words in ("DUE", "PLAN", "REP YAW 5", "TREND ABS"):
        rig.says("ama", words)
    assert rig.db.work(outbox.counts) == {Status.DELIVERED: 4}


def test_when_somebody_was_last_seen_is_known_to_the_hour(rig: Rig) -> None:
    began = rig.now
    for minutes in (0, 59, 59):
        rig.now += timedelta(minutes=minutes)
        rig.says("ama", "DUE")
    seen = rig.contact("ama").last_seen_at
    assert (seen, rig.now - began) == (rig.now, timedelta(minutes=118))
    rig.now += timedelta(minutes=30)
    rig.says("ama", "WHO")
    assert rig.contact("ama").last_seen_at == seen


def test_who_writes_after_midnight_is_seen_on_that_day(rig: Rig) -> None:
    rig.now = rig.now.replace(hour=23, minute=40)
    for minutes in (0, 40):
        rig.now += timedelta(minutes=minutes)
        rig.says("ama", "DUE")
    assert rig.contact("ama").last_seen_at == rig.now
