"""The weekly digest: what it counts, whom it quotes, and what it asks to be done first."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.render import Voice, render
from conversations.flows.follow_up import digest_message
from domain.diaries import DiaryEntry
from domain.digests import LONGEST_QUOTE, MOST_TO_DO, QUOTES, Desk, Reporter, quotes, rows, shortened, weekly_digest
from domain.events import ValueStatus
from domain.indicators import Colour, Entry
from domain.measures import Measure
from domain.periods import ReportingPeriod
from domain.values import IndicatorValue, Values
from domain.workplans import Activity, ActivityStatus
from storage.programme_file import parse_programme, sample_text

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
    found = rows(PROGRAMME.districts["asuo"], Values(now), OCTOBER)
    assert [(r.code, r.colour) for r in found] == [
        ("APR", Colour.RED),
        ("ABS", Colour.AMBER),
        ("ANC1", Colour.GREEN),
        ("YAW", Colour.GREY),
    ]


def test_a_row_shows_the_month_before_and_what_was_wanted() -> None:
    before = value("asuo", "ANC1", 60, OCTOBER.back(1))
    found = rows(PROGRAMME.districts["asuo"], Values([before, value("asuo", "ANC1", 61)]), OCTOBER)
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
    found = quotes(entries, PROGRAMME)
    assert [q.words for q in found] == ["clinic on Saturday"]
    assert found[0].entry_id == 2


def test_a_note_is_never_quoted() -> None:
    assert quotes([entry("note", "call me")], PROGRAMME) == ()


def test_a_quote_is_word_for_word_with_its_writer_and_what_went_badly_first() -> None:
    entries = [
        entry("well", "All 9 sites ¡listo!", 1),
        entry("planned", "rosters", 2),
        entry("not_well", "no FUEL, 'again'", 3),
        entry("change", "Efua to ask", 4),
    ]
    found = quotes(entries, PROGRAMME)
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


@pytest.mark.parametrize("language", ["en", "sw", "es"])
def test_a_digest_is_one_sms_when_everything_is_wrong(language: str) -> None:
    codes = tuple(PROGRAMME.districts)
    plan = tuple(activity(f"P{n}", ActivityStatus.STUCK) for n in range(9))
    red = {
        code: Desk(Values([value(code, c, 0.1) for c in PROGRAMME.districts[code].indicators[:1]]), plan)
        for code in codes
    }
    found = weekly_digest(PROGRAMME, red, LATE)
    (sms,) = render(digest_message(found, "tel"), Voice(language, "Africa/Accra"), "tel")
    assert sms.segments == 1


def test_an_empty_board_makes_an_empty_digest() -> None:
    found = weekly_digest(PROGRAMME, {}, EARLY)
    assert (found.districts, found.complete, found.late, found.worst, found.todo) == ((), (), (), None, ())


def test_the_sample_uses_every_kind_of_entry_that_a_digest_shows() -> None:
    assert {Entry.RATIO, Entry.COUNT, Entry.YES_NO} <= {i.entry for i in PROGRAMME.indicators.values()}
