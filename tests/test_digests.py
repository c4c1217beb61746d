"""The weekly digest: what it counts, whom it quotes, and what it asks to be done first."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from bot.painter import draw_here
from bot.render import Voice, render
from conversations.flows.brief_words import brief_message
from conversations.flows.digest_words import digest_message
from domain.agenda import MOST_TO_DO
from domain.briefs import AlertRecord, Brief, brief_time, monthly_brief
from domain.comparing import Step, rows
from domain.desks import Board, Desk, Reporter
from domain.diaries import DiaryEntry
from domain.digests import QUOTES, weekly_digest
from domain.district_digest import DistrictDigest
from domain.events import Check, ValueReported, ValueStatus
from domain.indicators import Colour, Entry
from domain.measures import Measure, Unit
from domain.periods import ReportingPeriod
from domain.quality import Quality
from domain.quotes import LONGEST_QUOTE, quotes, shortened
from domain.values import IndicatorValue, Values
from domain.workplans import Activity, ActivityStatus
from scheduler import briefing, digesting
from scheduler.noting import Drawing
from storage import boards, contacts, programmes
from storage import values as values_on_record
from storage.programme_file import parse_programme, sample_text
from tests.rig import Rig
from tests.tracing import asked

PROGRAMME = parse_programme(sample_text())
OCTOBER = ReportingPeriod(2026, 10)
EARLY, LATE = date(2026, 11, 3), date(2026, 11, 9)
AT = datetime(2026, 11, 3, 9, tzinfo=UTC)
GROUP = ("asuo", "bremu", "kadewa")


def value(district: str, code: str, number: float, period: ReportingPeriod = OCTOBER, **more: object) -> IndicatorValue:
    unit = PROGRAMME.indicators[code].unit
    made = IndicatorValue(district, code, period, ValueStatus.REPORTED, Measure(number, unit), AT)
    return replace(made, **more)  # type: ignore[arg-type]


def wanted(district: str, code: str) -> float:
    return PROGRAMME.districts[district].targets[code].wanted(OCTOBER)


def full(district: str) -> list[IndicatorValue]:
    """Return a month in which every number is as wanted."""
    targets = PROGRAMME.districts[district].targets
    codes = PROGRAMME.districts[district].indicators
    return [value(district, c, targets[c].wanted(OCTOBER) if c in targets else 5) for c in codes]


def board(**desks: Desk) -> dict[str, Desk]:
    return {code: desks.get(code, Desk(Values(full(code)))) for code in GROUP}


def activity(key: str, status: ActivityStatus = ActivityStatus.ON_TRACK, due: date = date(2026, 12, 1)) -> Activity:
    return Activity("bremu", key, f"Work {key}", "S1", "kofi", due, status)


def entry(section: str, words: str, n: int = 1, **more: object) -> DiaryEntry:
    made = DiaryEntry(n, "bremu", OCTOBER, section, words, "Kofi", 4, AT + timedelta(minutes=n))
    return replace(made, **more)  # type: ignore[arg-type]


def test_a_report_is_complete_when_every_code_has_an_answer() -> None:
    half = [v for v in full("bremu") if v.code in ("ANC1", "MD")]
    no_data = value("bremu", "ANC4", 0, status=ValueStatus.NOT_AVAILABLE, measure=None)
    pending = value("bremu", "SBA", 99, status=ValueStatus.PENDING)
    found = weekly_digest(PROGRAMME, board(bremu=Desk(Values([*half, no_data, pending]))), EARLY)
    assert [d.code for d in found.complete] == ["asuo", "kadewa"]
    assert [(d.code, d.missing) for d in found.late] == [("bremu", ("SBA",))]


def test_the_emptiest_report_is_named_first() -> None:
    found = weekly_digest(PROGRAMME, board(asuo=Desk(Values(full("asuo")[:3])), kadewa=Desk(Values())), EARLY)
    assert [d.code for d in found.late] == ["kadewa", "asuo"]


def test_red_comes_first_and_then_the_order_in_which_they_are_asked() -> None:
    now = [
        value("asuo", "ANC1", wanted("asuo", "ANC1")),
        value("asuo", "ABS", wanted("asuo", "ABS") * 1.05),
        value("asuo", "APR", 1),
        value("asuo", "YAW", 6),
    ]
    found = rows(PROGRAMME, PROGRAMME.districts["asuo"], Values(now), OCTOBER)
    assert [(r.code, r.colour) for r in found] == [
        ("APR", Colour.RED),
        ("ABS", Colour.AMBER),
        ("ANC1", Colour.GREEN),
        ("YAW", Colour.GREY),
    ]


def test_a_row_shows_the_month_before_and_what_was_wanted() -> None:
    before = value("asuo", "ANC1", 60, OCTOBER.back(1))
    found = rows(PROGRAMME, PROGRAMME.districts["asuo"], Values([before, value("asuo", "ANC1", 61)]), OCTOBER)
    assert [(r.now.value, r.before and r.before.value, r.wanted) for r in found] == [(61, 60, wanted("asuo", "ANC1"))]


def test_the_worst_number_is_the_furthest_from_what_was_wanted() -> None:
    asuo = [*full("asuo")[1:], value("asuo", "ANC1", wanted("asuo", "ANC1") * 0.8)]
    kadewa = [*full("kadewa")[1:], value("kadewa", "ABS", wanted("kadewa", "ABS") * 2)]
    found = weekly_digest(PROGRAMME, board(asuo=Desk(Values(asuo)), kadewa=Desk(Values(kadewa))), EARLY)
    assert found.worst is not None
    assert (found.worst.district, found.worst.code) == ("Kadewa", "ABS")
    assert weekly_digest(PROGRAMME, board(), EARLY).worst is None


def test_a_private_diary_is_never_quoted() -> None:
    entries = [entry("not_well", "my own doubts", 1, private=True), entry("well", "clinic on Saturday", 2)]
    found = quotes(entries, PROGRAMME, QUOTES)
    assert [q.words for q in found] == ["clinic on Saturday"]
    assert found[0].entry_id == 2


def test_a_note_is_never_quoted() -> None:
    assert quotes([entry("note", "call me")], PROGRAMME, QUOTES) == ()


def test_a_quote_is_word_for_word_with_its_writer_and_what_went_badly_first() -> None:
    entries = [
        entry("well", "All 9 sites ¡listo!", 1),
        entry("planned", "rosters", 2),
        entry("not_well", "no FUEL, 'again'", 3),
        entry("change", "Efua to ask", 4),
    ]
    found = quotes(entries, PROGRAMME, QUOTES)
    assert len(found) == QUOTES
    assert [(q.words, q.writer, q.district) for q in found] == [
        ("no FUEL, 'again'", "Kofi", "Bremu"),
        ("Efua to ask", "Kofi", "Bremu"),
        ("All 9 sites ¡listo!", "Kofi", "Bremu"),
    ]


def test_a_long_quote_is_cut_between_words_and_marked() -> None:
    words = "we waited " * 30
    short = shortened(words)
    assert short.endswith("we waited ...")
    assert words.startswith(short.removesuffix(" ..."))
    assert len(short) <= LONGEST_QUOTE + 4
    assert shortened("short  one") == "short one"


def test_a_diary_of_another_month_counts_for_nothing() -> None:
    old = replace(entry("not_well", "last year"), period=OCTOBER.back(1))
    found = weekly_digest(PROGRAMME, board(bremu=Desk(Values(full("bremu")), diary=(old,))), EARLY)
    assert (found.diaries, found.quotes) == (0, ())


def test_an_activity_is_late_or_stuck_but_counted_once() -> None:
    plan = (
        activity("P1", ActivityStatus.STUCK, date(2026, 10, 1)),
        activity("P2", due=date(2026, 11, 2)),
        activity("P3", ActivityStatus.DONE, date(2026, 10, 1)),
        activity("P4", due=EARLY),
    )
    found = weekly_digest(PROGRAMME, board(bremu=Desk(Values(full("bremu")), plan)), EARLY)
    bremu = next(d for d in found.districts if d.code == "bremu")
    assert [a.key for a in bremu.stuck] == ["P1"]
    assert [a.key for a in bremu.late] == ["P2"]
    assert found.late_activities == 2


def words(today: date, desks: dict[str, Desk]) -> list[str]:
    voice = Voice("en", "Africa/Accra")
    return [voice.words(line) for line in weekly_digest(PROGRAMME, desks, today).todo]


def test_what_to_do_begins_with_alerts_then_silence_then_what_is_stuck_then_red() -> None:
    silent = Desk(Values(full("asuo")[:2]), reporters=(Reporter(1, "ama", "Ama"),))
    stuck = Desk(Values(full("bremu")), (activity("P1", ActivityStatus.STUCK),))
    red = Desk(Values([*full("kadewa")[1:], value("kadewa", "ABS", 50)]), open_alerts=1)
    found = words(LATE, board(asuo=silent, bremu=stuck, kadewa=red))
    assert found[0] == "Open alert in Kadewa: ALERTS"
    assert found[1].startswith("Call Ama (Asuo)")
    assert found[2] == "Ask Bremu what would unblock P1 Work P1"
    assert found[3].startswith("Ask Kadewa about ABS: 50%")


def test_nobody_is_called_while_the_report_is_still_in_time() -> None:
    silent = Desk(Values(), reporters=(Reporter(1, "ama", "Ama"),))
    assert words(EARLY, board(asuo=silent)) == []
    assert [line.split(")")[0] for line in words(LATE, board(asuo=silent))] == ["Call Ama (Asuo"]


def test_what_to_do_is_a_handful() -> None:
    plan = tuple(activity(f"P{n}", ActivityStatus.STUCK) for n in range(9))
    assert len(words(LATE, board(bremu=Desk(Values(full("bremu")), plan)))) == MOST_TO_DO


@pytest.mark.parametrize("language", ["en", "sw", "es", "fr"])
def test_a_digest_is_one_sms_when_everything_is_wrong(language: str) -> None:
    codes = tuple(PROGRAMME.districts)
    plan = tuple(activity(f"P{n}", ActivityStatus.STUCK) for n in range(9))
    red = {
        code: Desk(Values([value(code, c, 0.1) for c in PROGRAMME.districts[code].indicators[:1]]), plan)
        for code in codes
    }
    found = weekly_digest(PROGRAMME, red, LATE)
    (sms,) = render(digest_message(found, PROGRAMME, language, "tel"), Voice(language, "Africa/Accra"), "tel")
    assert sms.segments == 1


def test_an_empty_board_makes_an_empty_digest() -> None:
    found = weekly_digest(PROGRAMME, {}, EARLY)
    assert (found.districts, found.complete, found.late, found.worst, found.todo) == ((), (), (), None, ())


def test_the_sample_uses_every_kind_of_entry_that_a_digest_shows() -> None:
    assert {Entry.RATIO, Entry.COUNT, Entry.YES_NO} <= {i.entry for i in PROGRAMME.indicators.values()}


def found_of(desks: dict[str, Desk], district: str, today: date = LATE) -> DistrictDigest:
    return next(d for d in weekly_digest(PROGRAMME, desks, today).districts if d.code == district)


def test_in_time_is_whose_every_code_was_answered_by_the_due_day() -> None:
    codes = frozenset(PROGRAMME.districts["bremu"].indicators)
    whole = board(bremu=Desk(Values(full("bremu")), in_time=codes))
    late = board(bremu=Desk(Values(full("bremu")), in_time=codes - {"SBA"}))
    gone = board(bremu=Desk(Values(full("bremu")[1:]), in_time=codes))
    assert [weekly_digest(PROGRAMME, desks, LATE).in_time for desks in (whole, late, gone)] == [1, 0, 0]


@pytest.mark.parametrize(
    ("code", "before", "now", "step"),
    [
        ("ANC1", 60, 66, Step.BETTER),
        ("ANC1", 60, 54, Step.WORSE),
        ("ANC1", 60, 60.5, Step.SAME),
        ("ABS", 20, 15, Step.BETTER),
        ("ABS", 15, 20, Step.WORSE),
        ("YAW", 5, 9, None),
    ],
)
def test_better_and_worse_depend_on_what_is_wanted(code: str, before: float, now: float, step: Step | None) -> None:
    values = Values([value("asuo", code, before, OCTOBER.back(1)), value("asuo", code, now)])
    (row,) = found_of(board(asuo=Desk(values)), "asuo").rows
    assert row.step is step


def test_a_number_stands_beside_the_year_before_and_the_groups_other_districts() -> None:
    asuo = Values([value("asuo", "ANC1", 61), value("asuo", "ANC1", 50, OCTOBER.back(12))])
    bremu = Values([value("bremu", "ANC1", 80)])
    (row,) = found_of({"asuo": Desk(asuo), "bremu": Desk(bremu), "lisimba": Desk(Values())}, "asuo").rows
    assert row.year_ago is not None
    assert row.peers is not None
    assert (row.year_ago.value, row.peers.value) == (50, 80)
    assert found_of(board(asuo=Desk(asuo), bremu=Desk(Values())), "asuo").rows[0].peers is None


def test_women_and_men_are_shown_where_both_are_counted() -> None:
    anc = replace(PROGRAMME.indicators["ANC1"], by={"women": "ANC4", "men": "SBA"})
    programme = replace(PROGRAMME, indicators={**PROGRAMME.indicators, "ANC1": anc})
    both = Values([value("bremu", "ANC1", 60), value("bremu", "ANC4", 50), value("bremu", "SBA", 70)])
    one = Values([value("bremu", "ANC1", 60), value("bremu", "ANC4", 50)])
    pairs = []
    for values in (both, one):
        digest = weekly_digest(programme, board(bremu=Desk(values)), LATE)
        row = next(r for d in digest.districts if d.code == "bremu" for r in d.rows if r.code == "ANC1")
        pairs.append(row.sexes and tuple(m.value for m in row.sexes))
    assert pairs == [(50, 70), None]


@pytest.mark.parametrize(
    ("more", "waiting", "why"),
    [
        ({}, False, None),
        ({"flagged": True}, False, Quality.UNUSUAL),
        ({"flagged": True, "check": Check.VERIFIED}, False, None),
        ({"check": Check.HELD}, False, Quality.HELD),
        ({"check": Check.QUERIED}, False, Quality.QUERIED),
        ({}, True, Quality.WAITING),
    ],
)
def test_a_doubtful_number_says_why(more: dict[str, object], waiting: bool, why: Quality | None) -> None:
    values = Values([value("asuo", "ANC1", 61, **more)])
    desk = Desk(values, waiting=frozenset({"ANC1"} if waiting else ()))
    found = found_of(board(asuo=desk), "asuo").doubtful
    assert [d.why for d in found] == ([why] if why else [])


def test_numbers_that_mostly_end_in_0_or_5_are_named() -> None:
    rounded = [value("asuo", "YAW", 20 + 5 * n, OCTOBER.back(n)) for n in range(13)]
    odd = [value("asuo", "YAW", 20 + 5 * n + n % 4, OCTOBER.back(n)) for n in range(13)]
    found = [found_of(board(asuo=Desk(Values(each))), "asuo").doubtful for each in (rounded, odd)]
    assert [[d.why for d in each] for each in found] == [[Quality.ROUND], []]


def test_words_nobody_answered_and_numbers_to_check_are_to_be_done() -> None:
    flagged = [value("asuo", "ANC1", 61, flagged=True), *full("asuo")[1:]]
    desk = Desk(Values(flagged), threads=("H12",))
    assert words(LATE, board(asuo=desk)) == ["Answer H12 (Asuo)", "Check ANC1 of Asuo: FLAGS"]


def test_themes_of_diaries_are_those_of_shared_words() -> None:
    shared = Desk(Values(), diary=(entry("not_well", "no fuel for the car", 1),))
    secret = Desk(Values(), diary=(entry("not_well", "no fuel for the car", 1, private=True),))
    found = [weekly_digest(PROGRAMME, board(bremu=desk), LATE).themes for desk in (shared, secret)]
    assert [[(t.key, t.count) for t in themes] for themes in found] == [[("transport", 1)], []]


# The brief of a month


def brief(alerts: dict[str, AlertRecord] | None = None, **desks: Desk) -> Brief:
    found = {code: desks.get(code, Desk(Values())) for code in PROGRAMME.districts}
    return monthly_brief(PROGRAMME, found, alerts or {}, LATE)


def test_a_brief_has_every_group_with_its_own_counts() -> None:
    found = brief(asuo=Desk(Values(full("asuo"))), lisimba=Desk(Values([value("lisimba", "ANC1", 1)])))
    assert [(g.code, g.complete, g.colours[Colour.RED], g.silent) for g in found.groups] == [
        ("group1", 1, 0, False),
        ("group2", 0, 1, False),
        ("group3", 0, 0, True),
    ]


def test_alerts_of_a_brief_add_up_with_the_time_half_of_them_took() -> None:
    hours = tuple(timedelta(hours=n) for n in (1, 5, 90))
    found = brief({"asuo": AlertRecord(2, hours[:2], 1), "lisimba": AlertRecord(1, hours[2:], 0)})
    assert (found.alerts.opened, found.alerts.closed, found.alerts.still_open) == (3, 3, 1)
    assert found.alerts.half_within == timedelta(hours=5)
    assert [g.alerts.still_open for g in found.groups] == [1, 0, 0]


def test_a_brief_on_nothing_is_empty_and_one_on_anything_is_not() -> None:
    assert brief().empty
    assert not brief(asuo=Desk(Values(full("asuo")))).empty
    assert not brief({"asuo": AlertRecord(still_open=1)}).empty
    assert not brief(asuo=Desk(Values(), (activity("P1", ActivityStatus.STUCK),))).empty


def test_a_brief_goes_the_working_day_after_the_late_list() -> None:
    assert brief_time(OCTOBER, "Africa/Accra", PROGRAMME) == datetime(2026, 11, 10, 8, tzinfo=UTC)
    bare = replace(PROGRAMME, ladder=tuple(r for r in PROGRAMME.ladder if r.step != "late_list"))
    assert brief_time(OCTOBER, "Africa/Accra", bare) == datetime(2026, 11, 9, 8, tzinfo=UTC)


@pytest.mark.parametrize("language", ["en", "sw", "es", "fr"])
def test_a_brief_is_one_sms_when_everything_is_wrong(language: str) -> None:
    plan = tuple(activity(f"P{n}", ActivityStatus.STUCK) for n in range(9))
    red = {c: Desk(Values([value(c, d.indicators[0], 0.1)]), plan) for c, d in PROGRAMME.districts.items()}
    found = brief({c: AlertRecord(20, (timedelta(hours=1),) * 20, 20) for c in PROGRAMME.districts}, **red)
    (sms,) = render(brief_message(found, "tel"), Voice(language, "Africa/Accra"), "tel")
    assert sms.segments == 1


# As it is sent


def test_a_correction_after_the_due_day_leaves_a_report_in_time(sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    rig.now = datetime(2026, 11, 5, 12, tzinfo=UTC)
    rig.says("ama", "REP ANC1 412/615 ABS 12 APR 80 YAW 5")
    rig.now = datetime(2026, 11, 9, 12, tzinfo=UTC)
    rig.says("ama", "FIX YAW 6 recount")
    rig.says("kwame", "REP VAC 25")
    found = rig.db.work(board_of, rig)
    assert found["asuo"].in_time == frozenset(PROGRAMME.districts["asuo"].indicators)
    assert found["kadewa"].in_time == frozenset()


def board_of(db: Session, rig: Rig) -> Board:
    return boards.board(db, PROGRAMME, GROUP, OCTOBER, rig.now)


def test_what_waits_for_a_yes_is_on_the_desk_until_it_is_answered(sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    rig.now = datetime(2026, 11, 3, 12, tzinfo=UTC)
    rig.says("ama", "REP ANC1 412/615 ABS 40 APR 80 YAW 5")
    assert rig.db.work(board_of, rig)["asuo"].waiting == frozenset({"ABS"})
    rig.says("ama", "Y")
    assert rig.db.work(board_of, rig)["asuo"].waiting == frozenset()


def briefs_to(rig: Rig, key: str) -> int:
    return sum("rief" in m.text.split(",")[0] for m in rig.sent if m.urn == rig.urn(key))


def test_a_brief_goes_to_managers_once_and_not_at_all_when_there_is_nothing(sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    rig.now = datetime(2026, 11, 5, 12, tzinfo=UTC)
    rig.says("ama", "REP ANC1 412/615")
    for hour in (7, 8, 9, 10):
        rig.now = datetime(2026, 11, 10, hour, tzinfo=UTC)
        rig.db.work(briefing.send_briefs, rig.now)
        rig.deliver()
        assert briefs_to(rig, "grace") == (hour >= 8)
    assert briefs_to(rig, "owusu") == 1
    assert briefs_to(rig, "efua") == 0
    assert any(m.picture for m in rig.sent if m.urn == rig.urn("owusu"))


def test_a_digest_reads_no_month_that_it_does_not_show(sqlite_rig: Rig) -> None:
    """Rows read from the tables of values stay the same however long the history is."""
    rig = sqlite_rig
    rig.now = datetime(2026, 11, 9, 8, tzinfo=UTC)

    def rows_read() -> int:
        with asked(rig.db) as statements:
            found = rig.db.work(board_of, rig)
        return len(statements) * 1000 + sum(len(desk.values.history("ANC1", OCTOBER.next())) for desk in found.values())

    before = rows_read()
    rig.db.work(with_old_years)
    assert rows_read() == before


def with_old_years(db: Session) -> None:
    for n in range(15, 60):
        old = ValueReported("asuo", "ANC1", OCTOBER.back(n), ValueStatus.REPORTED, Measure(50, Unit.PERCENT))
        values_on_record.save(db, old, None, None, AT, late=False)


def test_who_looks_after_others_since_the_picture_was_begun_gets_the_digest_of_those(sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    rig.now = datetime(2026, 11, 9, 15, tzinfo=UTC)
    efua = rig.contact("efua")
    (others,) = rig.contact("salima").groups
    shares = rig.db.work(digesting.digest_shares, rig.now)
    drawings = [done for share in shares if isinstance(done := rig.db.work(share), Drawing)]
    rig.db.work(contacts.change, efua.id, groups=[others])
    for one in drawings:
        rig.db.work(one.then, draw_here(one.pictures))
    rig.deliver()
    assert {rig.contact("salima").address(), rig.contact("owusu").address()} <= {message.urn for message in rig.sent}
    assert efua.address() not in {message.urn for message in rig.sent}
    rig.db.work(digesting.send_digests, rig.now)
    rig.deliver()
    (digest,) = [message.text for message in rig.sent if message.urn == efua.address()]
    named = [one.group for one in rig.db.work(programmes.current).districts.values() if one.name in digest]
    assert set(named) == {others}
