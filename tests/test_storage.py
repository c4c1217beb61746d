"""What is kept: versions that are only ever added, codes for use once, and words that need the key."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import select, text
from sqlalchemy.exc import StatementError

from bot.turns import take_turn
from domain.events import ActivityUpdated, ValueReported, ValueStatus
from domain.measures import Measure, Unit
from domain.messages import Inbound
from domain.people import Urn
from domain.periods import ReportingPeriod
from domain.values import IndicatorValue
from domain.workplans import ActivityStatus
from storage import contacts, diaries, figures, occurrences, plans, programmes, sealing, values
from storage.inserting import insert_once
from storage.models import ActivityUpdateRow, OccurrenceRow, ValueVersionRow
from storage.programme_file import sample_text
from tests.rig import SECRET, Rig

OCTOBER = ReportingPeriod(2026, 10)
AMA = Urn("tel", "+233200000011")


@pytest.fixture(autouse=True)
def monday(rig: Rig) -> None:
    """It is the Monday after October has closed."""
    rig.now = datetime(2026, 11, 2, 14, 5, tzinfo=UTC)


def save(rig: Rig, number: float | None, status: ValueStatus = ValueStatus.REPORTED, code: str = "ABS") -> None:
    measure = None if number is None else Measure(number, Unit.PERCENT)
    event = ValueReported("asuo", code, OCTOBER, status, measure)
    rig.db.work(values.save, event, None, None, rig.now, False)


def current(rig: Rig, code: str = "ABS") -> IndicatorValue | None:
    found = rig.db.work(lambda db: values.load(db, ["asuo"], programmes.current(db), OCTOBER))
    return found["asuo"].get(code, OCTOBER)


def number(rig: Rig, code: str = "ABS") -> float | None:
    found = current(rig, code)
    return found.measure.value if found and found.measure else None


def versions(rig: Rig, code: str = "ABS") -> list[tuple[int, str, float | None]]:
    query = select(ValueVersionRow).where(
        ValueVersionRow.district == "asuo", ValueVersionRow.code == code, ValueVersionRow.period == str(OCTOBER)
    )
    with rig.db.begin() as db:
        return [(v.version, v.status, v.value) for v in db.scalars(query.order_by(ValueVersionRow.id))]


# Versions


def test_every_version_stays_and_the_newest_counts(rig: Rig) -> None:
    for n in (12, 13, 12):
        save(rig, n)
    assert versions(rig) == [(1, "reported", 12.0), (2, "reported", 13.0), (3, "reported", 12.0)]
    found = current(rig)
    assert found is not None
    assert (found.version, number(rig)) == (3, 12.0)


def test_a_pending_value_does_not_count(rig: Rig) -> None:
    save(rig, 12)
    save(rig, 77, ValueStatus.PENDING)
    assert len(versions(rig)) == 2
    assert number(rig) == 12.0


def test_not_available_is_an_answer_and_zero_is_a_number(rig: Rig) -> None:
    save(rig, None, ValueStatus.NOT_AVAILABLE)
    found = current(rig)
    assert found is not None
    assert (found.status, found.counted) == (ValueStatus.NOT_AVAILABLE, False)
    save(rig, 0)
    assert number(rig) == 0.0


def test_who_said_it_when_and_by_which_message_is_on_record(rig: Rig) -> None:
    taken = rig.says("ama", "REP ABS 12")
    with rig.db.begin() as db:
        (row,) = db.scalars(select(ValueVersionRow).where(ValueVersionRow.inbound_id == taken.inbound_id)).all()
    assert (row.contact_id, row.at, row.late) == (rig.contact("ama").id, rig.now, False)


def test_a_report_after_its_date_is_marked_late(rig: Rig) -> None:
    rig.now += timedelta(days=5)
    rig.says("ama", "REP ABS 12")
    with rig.db.begin() as db:
        (late,) = db.scalars(select(ValueVersionRow.late).where(ValueVersionRow.inbound_id.is_not(None))).all()
    assert late


# Undo


def test_undo_goes_back_one_message_at_a_time(rig: Rig) -> None:
    for words in ("REP ABS 12 YAW 5", "FIX ABS 13", "FIX ABS 14"):
        rig.says("ama", words)
    seen = []
    for _n in range(4):
        rig.says("ama", "UNDO")
        seen.append((number(rig), number(rig, "YAW")))
    assert seen == [(13.0, 5.0), (12.0, 5.0), (None, None), (None, None)]
    assert [status for _v, status, _n in versions(rig)][-1] == "withdrawn"


def test_undo_then_another_value_then_undo_again(rig: Rig) -> None:
    rig.says("ama", "REP ABS 12")
    rig.says("ama", "FIX ABS 13")
    rig.says("ama", "UNDO")
    rig.says("ama", "FIX ABS 15")
    rig.says("ama", "UNDO")
    assert number(rig) == 12.0
    rig.says("ama", "UNDO")
    assert number(rig) is None


def test_undo_leaves_what_a_colleague_said_later(rig: Rig) -> None:
    rig.says("ama", "REP ABS 12 YAW 5")
    save(rig, 20)
    rig.says("ama", "UNDO")
    assert (number(rig), number(rig, "YAW")) == (20.0, None)


def test_undo_reaches_back_a_day_and_no_further(rig: Rig) -> None:
    rig.says("ama", "REP ABS 12")
    rig.now += timedelta(hours=24, seconds=1)
    rig.says("ama", "UNDO")
    assert number(rig) == 12.0


# Codes


def test_a_code_works_once(rig: Rig) -> None:
    rig.db.work(contacts.add_code, rig.contact("ama").id, "ABC-1234", None)
    found = rig.db.work(contacts.redeem, "abc 1234", rig.now)
    assert found is not None
    assert found.key == "ama"
    assert rig.db.work(contacts.redeem, "ABC-1234", rig.now) is None


def test_a_code_expires(rig: Rig) -> None:
    until = rig.now + timedelta(minutes=30)
    rig.db.work(contacts.add_code, rig.contact("ama").id, "ABC-1234", until)
    rig.db.work(contacts.add_code, rig.contact("kofi").id, "ABC-9999", until)
    assert rig.db.work(contacts.redeem, "ABC-1234", until) is None
    assert rig.db.work(contacts.redeem, "ABC-9999", until - timedelta(seconds=1)) is not None


def test_a_wrong_code_is_nobodys(rig: Rig) -> None:
    assert rig.db.work(contacts.redeem, "ASU-7F3R", rig.now) is None


def test_a_code_is_not_readable_in_the_table(rig: Rig) -> None:
    with rig.db.engine.connect() as connection:
        digests = [row[0] for row in connection.execute(text("select digest from codes"))]
    assert digests
    assert not any("7F3Q" in d.upper() for d in digests)


# Keys


def test_what_is_sealed_opens_with_its_key_in_its_place_alone() -> None:
    mine, other = sealing.Keyring(SECRET), sealing.Keyring(SECRET + "!")
    sealed = mine.seal("rain on market day", "notes.words")
    assert mine.open(sealed, "notes.words") == "rain on market day"
    assert b"rain" not in sealed
    assert mine.seal("rain on market day", "notes.words") != sealed
    with pytest.raises(InvalidTag):
        other.open(sealed, "notes.words")
    with pytest.raises(InvalidTag):
        mine.open(sealed, "contacts.name")
    with pytest.raises(InvalidTag):
        mine.open(sealed[:-1] + bytes([sealed[-1] ^ 1]), "notes.words")


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="16"):
        sealing.Keyring("too short")


def test_an_address_is_found_by_its_keyed_hash(rig: Rig) -> None:
    mine, other = sealing.Keyring(SECRET), sealing.Keyring(SECRET + "!")
    assert mine.digest(str(AMA)) == sealing.Keyring(SECRET).digest(str(AMA))
    assert mine.digest(str(AMA)) != other.digest(str(AMA))
    found = rig.db.work(contacts.find, AMA)
    assert found is not None
    assert found.key == "ama"
    assert rig.db.work(contacts.find, Urn("telegram", AMA.path)) is None


def test_with_another_secret_nobody_is_found_and_nothing_opens(rig: Rig) -> None:
    sealing.use(sealing.Keyring("quite another secret"))
    try:
        assert rig.db.work(contacts.find, AMA) is None
        with pytest.raises(InvalidTag):
            rig.contact("ama")
    finally:
        sealing.use(sealing.Keyring(SECRET))


# Plans, diaries, keys


def test_every_update_of_an_activity_stays_and_the_newest_shows(rig: Rig) -> None:
    ama = rig.contact("ama").id
    for update in (
        ActivityUpdated("asuo", "P1", ActivityStatus.ON_TRACK, 40),
        ActivityUpdated("asuo", "P1", ActivityStatus.STUCK, None, "no fuel"),
    ):
        rig.db.work(plans.save, update, ama, None, rig.now)
    first = rig.db.work(plans.load, ["asuo"])["asuo"][0]
    assert (first.status, first.percent, first.reason) == (ActivityStatus.STUCK, 40, "no fuel")
    with rig.db.begin() as db:
        assert [u.percent for u in db.scalars(select(ActivityUpdateRow).order_by(ActivityUpdateRow.id))] == [40, None]


def test_diaries_are_kept_word_for_word(rig: Rig) -> None:
    words = "Los «lunes»  no hubo combustible… 🙏"
    rig.says("ama", f"D- {words}")
    (entry,) = rig.db.work(diaries.load, ["asuo"], OCTOBER)["asuo"]
    assert (entry.words, entry.section, entry.writer) == (words, "not_well", "Ama")


def test_a_key_is_claimed_once(rig: Rig) -> None:
    assert rig.db.work(occurrences.record, "k", "digest", None, rig.now)
    assert not rig.db.work(occurrences.record, "k", "digest", None, rig.now)
    assert rig.db.work(occurrences.among, ["k", "l"]) == {"k"}
    row = {"key": "k", "kind": "x", "contact_id": None, "outcome": "sent", "reason": "", "at": rig.now}
    assert rig.db.work(insert_once, OccurrenceRow, row, ["key"]) is None


def test_keys_are_looked_up_as_written_not_as_patterns(rig: Rig) -> None:
    rig.db.work(occurrences.record, "nudge3:1", "nudge", None, rig.now)
    assert rig.db.work(occurrences.among, ["nudge_:1", "nudge%", "nudge3:", "nudge3:1"]) == {"nudge3:1"}


def test_a_moment_without_a_zone_is_a_mistake(rig: Rig) -> None:
    with pytest.raises((ValueError, StatementError), match="time zone"):
        rig.db.work(occurrences.record, "k", "digest", None, datetime(2026, 11, 2))  # noqa: DTZ001


def test_moments_come_back_as_the_same_moment_in_utc(rig: Rig) -> None:
    there = rig.now.astimezone(timezone(timedelta(hours=3)))
    rig.db.work(occurrences.record, "k", "digest", rig.contact("ama").id, there)
    ((at, *_rest),) = rig.db.work(occurrences.history, rig.contact("ama").id)
    assert (at, at.utcoffset()) == (rig.now, timedelta())


# The programme


def test_the_same_file_again_adds_nothing_and_takes_nothing_away(rig: Rig) -> None:
    rig.says("ama", "LANG ES")
    rig.says("ama", "REP ABS 12")
    rig.says("ama", "P1 40%")
    before = rig.db.work(contacts.everyone), rig.db.work(plans.load, ["asuo"]), versions(rig)
    rig.db.work(programmes.install, sample_text(), rig.now)
    assert (rig.db.work(contacts.everyone), rig.db.work(plans.load, ["asuo"]), versions(rig)) == before


def test_a_turn_is_rolled_back_as_a_whole(rig: Rig) -> None:
    """What raises after the turn takes all of it back, the message too."""
    message = Inbound("sms", "SM1", AMA, "REP ABS 12", rig.now)

    def interrupted() -> None:
        with rig.db.begin() as db:
            take_turn(db, message, rig.now)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert versions(rig) == []
    assert rig.says(AMA, "REP ABS 12", provider_id="SM1").repeated is False
    assert len(versions(rig)) == 1


def test_the_operators_counts_are_what_happened(rig: Rig) -> None:
    start = rig.now
    for words in ("REP ABS 12", "ANC1 4", "D+ well"):
        rig.says("ama", words)
    found = rig.db.work(figures.between, start, start + timedelta(minutes=1))
    assert (found.inbound, found.unanswered, found.values, found.questioned, found.diaries) == (3, 0, 1, 1, 1)
    assert found.outbound == 3
