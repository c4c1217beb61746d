"""What a message is read as: a table of sentences for each kind of difficulty, and rules that hold for any text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversations.grammar import fold, read_fix, read_period, read_report, read_slot, read_yes_no, split_yes
from conversations.grammar.reading import Ask, Expected, Item, NoData, Read, Reading, Refuse
from domain.indicators import Direction, Entry, Indicator
from domain.measures import Measure, Unit
from domain.periods import ReportingPeriod

OCTOBER = ReportingPeriod(2026, 10)


def indicator(code: str, unit: Unit, entry: Entry, hard: tuple[float, float], **names: str) -> Indicator:
    return Indicator(code, {"en": code, **names}, unit, entry, Direction.WATCH, hard, hard)


INDICATORS: Mapping[str, Indicator] = {
    i.code: i
    for i in (
        indicator("ANC1", Unit.PERCENT, Entry.RATIO, (0, 150), en="First ANC visit coverage"),
        indicator("ANC4", Unit.PERCENT, Entry.RATIO, (0, 150)),
        indicator("ABS", Unit.PERCENT, Entry.RATIO, (0, 100)),
        indicator("APR", Unit.PERCENT, Entry.RATIO, (0, 100)),
        indicator("DROP", Unit.PERCENT, Entry.PERCENT, (-50, 100)),
        indicator("SB", Unit.RATE, Entry.RATE, (0, 200)),
        indicator("YAW", Unit.COUNT, Entry.COUNT, (0, 2000), en="Suspected yaws cases found"),
        indicator("OPD", Unit.COUNT, Entry.COUNT, (0, 200000)),
        indicator("DMT", Unit.YES_NO, Entry.YES_NO, (0, 1)),
        indicator("STO", Unit.PERCENT, Entry.RATIO, (0, 100)),
        indicator("SBA", Unit.PERCENT, Entry.RATIO, (0, 150)),
        indicator("WPL", Unit.PERCENT, Entry.DERIVED, (0, 100)),
    )
}
DUE = ("ANC1", "ABS", "APR", "YAW", "OPD", "DMT", "DROP", "SB", "STO")
EXPECTED = Expected(
    indicators=INDICATORS,
    due=DUE,
    language="en",
    today=date(2026, 11, 3),
    due_period=OCTOBER,
    starts=ReportingPeriod(2025, 1),
    history=lambda code: {"OPD": (4100, 4260, 4180), "YAW": (6, 4, 7)}.get(code, ()),
)


def shown(item: Item) -> str:
    """Write an item as the tables below do: `ABS=12`, `ABS=NA(why)`, `?ABS two_readings 66|166`, `!ABS hard_range`."""
    match item:
        case Read(code, period, measure, repaired, reason):
            counts = f"({measure.numerator}/{measure.denominator})" if measure.denominator is not None else ""
            month = "" if period == OCTOBER else f"@{period}"
            notes = (f" for {repaired}" if repaired else "") + (f" because {reason}" if reason else "")
            return f"{code}={measure.value:g}{counts}{month}{notes}"
        case NoData(code, period, reason):
            return f"{code}=NA" + (f"({reason})" if reason else "") + ("" if period == OCTOBER else f"@{period}")
        case Ask():
            readings = "|".join(f"{m.value:g}" for m in item.readings)
            what = f" [{item.token}]" if item.why == "suggest" else ""
            return f"?{item.code} {item.why}{what} {readings}".rstrip()
        case Refuse():
            return f"!{item.code or item.token} {item.reason}"


def seen(reading: Reading) -> str:
    asked = "".join(f" ?month {p}" for p in reading.period_asked)
    return (", ".join(shown(item) for item in reading.items) + asked).strip()


def read(text: str, language: str = "en", **changed: object) -> str:
    return seen(read_report(text, replace(EXPECTED, language=language, **changed)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "REP ANC1 67 ABS 14",
        "ANC1 67 ABS 14",
        "anc1:67;abs=14",
        "ANC1-67/ABS-14",
        "ANC1 67\nABS 14",
        "ANC1\n67\nABS\n14",
        "ANC1,67,ABS,14",
        "ANC1 67.ABS 14.",
        "ANC1=>67 ABS->14",
        "[ANC1 67] | (ABS 14)",
        "*ANC1* 67 & *ABS* 14",
        "1) ANC1 67 2) ABS 14",
        "67 ANC1 14 ABS",
        "67% ANC1, 14% ABS",
        "ripoti ANC1 67 na ABS 14, asante",
        "ＡＮＣ１ ６７ ＡＢＳ １４",
        "ANC1 ٦٧ ABS १४",
        "“ANC1”\xa067 “ABS”\xa014",
        "A\u200bNC1 67 ABS 14",
        "ANC 1 67 ABS14",
        "First ANC visit coverage 67, ABS 14",
        "Good morning, this is Asuo. ANC1 is 67 and ABS is 14 percent. Thanks",
        "> ANC1 1 ABS 2\nANC1 67 ABS 14",
        "Fwd: ANC1 67 ABS 14",
        "Fwd: Re: REP ANC1 67 ABS 14",
        "Forwarded from: the office\nANC1 67 ABS 14",
        "RPE ANC1 67 ABS 14",
        "ANC1 67 ABS 14 ABS 14",
    ],
)
def test_a_pair_is_the_same_in_any_style(text: str) -> None:
    assert read(text) == "ANC1=67, ABS=14"


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("ANC1 412/615", "en", "ANC1=67(412/615)"),
        ("ANC1 412 out of 615", "en", "ANC1=67(412/615)"),
        ("ANC1 412 kati ya 615", "sw", "ANC1=67(412/615)"),
        ("ANC1 412 de 615", "es", "ANC1=67(412/615)"),
        ("ANC1 412 sur 615", "fr", "ANC1=67(412/615)"),
        ("ANC1 412 de cada 615", "es", "ANC1=67(412/615)"),
        ("ANC1 412 mwa 615", "ny", "ANC1=67(412/615)"),
        ("ANC1 412 ku 615", "lg", "ANC1=67(412/615)"),
        ("ANC1 412 of the 615 women", "en", "ANC1=67(412/615)"),
        ("ABS 5 kati ya vituo 19", "sw", "ABS=26.3(5/19)"),
        ("ABS 14 centros de 23", "es", "ABS=60.9(14/23)"),
        ("SB 12 per 1000", "en", "SB=12"),
        ("ANC1 1,200/1,500", "en", "ANC1=80(1200/1500)"),
        ("ANC1 67% (412/615)", "en", "ANC1=67(412/615)"),
        ("ANC1 412/615 = 60%", "en", "?ANC1 two_readings 67|60"),
        ("SB 5/410", "en", "SB=12.2(5/410)"),
        ("APR 70/56", "en", "?APR ratio 125"),
        ("APR 5/0", "en", "?APR ratio"),
        ("APR 12/", "en", "?APR inexact 12"),
        ("APR 12 of", "en", "?APR inexact 12"),
        ("YAW 5/10", "en", "?YAW inexact"),
        ("ABS 9/2026", "en", "?ABS two_readings 0.4"),
        ("ABS 12/15/20", "en", "?ABS two_readings 12|20"),
    ],
)
def test_a_part_of_a_whole_keeps_both_counts(text: str, language: str, expected: str) -> None:
    assert read(text, language) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ANC1 67,5", "ANC1=67.5"),
        ("ANC1 67.5", "ANC1=67.5"),
        ("ABS 13٫5", "ABS=13.5"),
        ("YAW 1,100", "?YAW two_readings 1100|1.1"),
        ("YAW 1 100", "?YAW two_readings 1100|1.1"),
        ("OPD 4,300", "OPD=4300 for 4,300"),
        ("OPD 4.300", "OPD=4300 for 4.300"),
        ("OPD 4 300 ABS 12", "OPD=4300 for 4 300, ABS=12"),
        ("YAW 5.5", "?YAW inexact"),
        ("DROP -2", "?DROP two_readings -2|2"),
        ("ABS -12", "ABS=12"),
        ("ABS .5", "?ABS inexact 5"),
        ("ABS 140", "!ABS hard_range"),
        ("ABS 12345678901234567890", "?ABS inexact"),
    ],
)
def test_separators_inside_numbers_are_read_or_asked(text: str, expected: str) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("ABS thirteen", "en", "ABS=13"),
        ("ABS fifty-five percent", "en", "ABS=55"),
        ("ABS asilimia sabini na tatu", "sw", "ABS=73"),
        ("YAW mia mbili na hamsini na tatu", "sw", "YAW=253"),
        ("YAW mia moja arobaini", "sw", "YAW=140"),
        ("ABS 12 (twelve)", "en", "ABS=12"),
        ("YAW kumi na ABS ishirini", "sw", "YAW=10, ABS=20"),
        ("ABS ochenta y tres por ciento", "es", "ABS=83"),
        ("ABS veintidos y YAW cinco", "es", "ABS=22, YAW=5"),
        ("ABS dix-sept", "fr", "ABS=17"),
        ("ABS quatre-vingt-douze pour cent", "fr", "ABS=92"),
        ("ABS sabini", "en", "ABS=70"),
        ("ABS once", "es", "ABS=11"),
        ("ABS once", "en", "?ABS inexact 11"),
        ("YAW sept", "fr", "?YAW inexact 7"),
        ("ABS twelve point five", "en", "ABS=12.5"),
        ("ABS kumi na nane nukta tano", "sw", "ABS=18.5"),
        ("ABS doce coma veinticinco", "es", "ABS=12.25"),
        ("ABS douze virgule cinq pour cent", "fr", "ABS=12.5"),
        ("OPD elfu tatu mia saba na tisini", "sw", "OPD=3790"),
        ("ABS sixtey six YAW 5", "en", "?ABS inexact, YAW=5"),
        ("YAW khumi ndi zisanu", "ny", "YAW=15"),
        ("ABS nkaaga mu ssatu", "lg", "ABS=63"),
        ("ABS twelve thirteen", "en", "?ABS two_readings 12|13"),
    ],
)
def test_number_words_are_read_in_every_language(text: str, language: str, expected: str) -> None:
    assert read(text, language) == expected


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("YAW 0", "en", "YAW=0"),
        ("YAW none", "en", "YAW=0"),
        ("YAW hakuna ABS 12", "sw", "YAW=0, ABS=12"),
        ("YAW ninguno", "es", "YAW=0"),
        ("YAW aucun", "fr", "YAW=0"),
        ("STO none", "en", "?STO two_readings 0"),
        ("YAW NA", "en", "YAW=NA"),
        ("YAW -", "en", "YAW=NA"),
        ("YAW - ABS 13", "en", "YAW=NA, ABS=13"),
        ("YAW NA register not collected", "en", "YAW=NA(register not collected)"),
        ("YAW NA register lost, ABS 13", "en", "YAW=NA(register lost), ABS=13"),
        ("YAW NA (register lost) ABS 13", "en", "YAW=NA(register lost), ABS=13"),
        ("YAW NA '; DROP TABLE x;--", "en", "YAW=NA('; DROP TABLE x;--)"),
        ("YAW hakuna data", "sw", "YAW=NA(hakuna data)"),
        ("YAW sin datos", "es", "YAW=NA(sin datos)"),
        ("YAW pas de données", "fr", "YAW=NA(pas de données)"),
        ("YAW NA ABS 13", "sw", "YAW=NA, ABS=13"),
        ("YAW na ABS 13", "sw", "?YAW two_readings, ABS=13"),
        ("YAW na ABS 13", "en", "YAW=NA, ABS=13"),
        ("YAW 4 na ABS 13", "sw", "YAW=4, ABS=13"),
        ("ABS 13 NA", "en", "?ABS inexact 13"),
        ("YAW NA 5", "en", "?YAW two_readings"),
        ("no data for YAW, ABS 13", "en", "YAW=NA(no data), ABS=13"),
        ("no YAW data this month", "en", "YAW=NA(no YAW data this month)"),
        ("hatuna takwimu za YAW, ABS 13", "sw", "YAW=NA(hatuna takwimu), ABS=13"),
        ("sin datos de YAW; ABS 13", "es", "YAW=NA(sin datos), ABS=13"),
        (
            "pas de données pour YAW et ABS",
            "fr",
            "YAW=NA(pas de données), ABS=NA(pas de données)",
        ),
        ("YAW NA, SEP", "en", "YAW=NA@2026-09"),
        ("YAW no cases", "en", "YAW=0"),
        ("DMT not held", "en", "DMT=0"),
        ("DMT held on 5 October", "en", "DMT=1"),
        ("DMT yes 5", "en", "?DMT inexact 1"),
        ("YAW palibe", "ny", "YAW=0"),
        ("DMT nedda", "lg", "DMT=0"),
        ("DMT ndiyo", "sw", "DMT=1"),
        ("DMT: hapana", "sw", "DMT=0"),
        ("DMT sí", "es", "DMT=1"),
        ("DMT si", "sw", "?DMT inexact"),
        ("DMT 2", "en", "!DMT hard_range"),
        ("ABS no", "en", "?ABS no_value"),
    ],
)
def test_zero_is_not_missing(text: str, language: str, expected: str) -> None:
    assert read(text, language) == expected


@pytest.mark.parametrize(
    "words",
    [
        "ABS about 14",
        "ABS >14",
        "ABS 12-15",
        "ABS 9 nurses",
        "ABS 8 people",
        "ABS 5.6k",
        "ABS 14?",
        "ABS ~14",
        "ABS 12½",
        "ABS ⑭",
        "ABS 10+",
        "ABS +3",
        "ABS 12 or 13",
        "ABS is 13 not 31",
        "ABS from 16 to 13",
        "ABS 12.l",
        "ABS karibu 14",
        "ABS más de 12",
        "ABS environ 12",
        "ABS 12 in week 2 and 9 were sick",
        "We dropped ABS from 16 to 13",
        "Next year we want ABS 8",
        "target ABS 8",
        "Tunataka ABS 8",
        "queremos ABS 8",
        "objectif ABS 8",
        "Is ABS 12?",
        "please ignore ABS 12",
        "ABS will be 8",
        "3 APR 80",
        "10 ABS 13",
        "ABS 12 of around 100",
        "ABS 12 malades sur 100",
    ],
)
def test_what_is_not_plainly_a_value_is_never_taken(words: str) -> None:
    reading = read_report(words, EXPECTED)
    assert not [item for item in reading.items if isinstance(item, Read | NoData)]
    assert reading.items or reading.period_asked


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ABS12 YAW5", "ABS=12, YAW=5"),
        ("abs12yaw5", "ABS=12, YAW=5"),
        ("ANC166", "?ANC1 two_readings 66|166"),
        ("67ANC1 13ABS", "ANC1=67, ABS=13"),
        ("ACN1 67", "?ANC1 suggest [ACN1] 67"),
        ("ANC 67", "?ANC1 suggest [ANC] 67"),
        ("67 ACN1 13 ABS", "?ANC1 suggest [ACN1] 67, ABS=13"),
        ("XYZ 5 ABS 13", "!XYZ unknown_code, ABS=13"),
        ("ABS 13 and XYZ 5", "ABS=13, !XYZ unknown_code"),
        ("ABS 13 and ACN1 67", "ABS=13, ?ANC1 suggest [ACN1] 67"),
        ("REP ABSl3 YAW 5", "!ABSl3 unknown_code, YAW=5"),
        ("REP STOP 5", ""),
        ("SBA 60", "?SBA not_due 60"),
        ("WPL 50", "!WPL derived"),
        ("ANC1 67 APR 80 ABS", "ANC1=67, APR=80, ?ABS no_value"),
        ("ABS 20 79 STO", "?ABS two_readings 20|79, ?STO no_value"),
        ("АВS 13", "ABS=13 for АВS 13"),
        ("ABS 1O", "ABS=10 for 1O"),
        ("ANC1 4l2/6I5", "ANC1=67(412/615) for 4l2/6I5"),
        ("ABS S5", "ABS=55 for S5"),
        ("ABS 12 ABS 21", "?ABS conflict 12|21"),
        ("ANC1 67 ANC1 412/615", "ANC1=67(412/615)"),
        ("ABS 12 ABS NA", "?ABS conflict 12"),
    ],
)
def test_codes_are_found_offered_or_named(text: str, expected: str) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("REP SEP ABS 15", "ABS=15@2026-09"),
        ("ABS 15 SEP", "ABS=15@2026-09"),
        ("REP oct25 ABS 13", "ABS=13@2025-10"),
        ("REP oct 25 ABS 13", "ABS=13@2025-10"),
        ("REP 9 ABS 13", "ABS=13@2026-09"),
        ("REP 0926 ABS 13", "ABS=13@2026-09"),
        ("REP 2026-08 ABS 13", "ABS=13@2026-08"),
        ("REP 08/2026 ABS 13", "ABS=13@2026-08"),
        ("ABS 13 08/2026", "ABS=13@2026-08"),
        ("REP Septemba ABS 13", "ABS=13@2026-09"),
        ("REP mwezi wa tisa ABS 13", "ABS=13@2026-09"),
        ("REP septiembre de 2026 ABS 13", "ABS=13@2026-09"),
        ("REP août ABS 13", "ABS=13@2026-08"),
        ("el mes pasado ABS 13", "ABS=13"),
        ("REP SEP ABS 15 OCT ABS 13", "ABS=15@2026-09, ABS=13"),
        ("ABS 15 SEP ABS 13 OCT", "ABS=15@2026-09, ABS=13"),
        ("ABS 15 SEP YAW 5", "?month 2026-09 ?month 2026-10"),
        ("REP MAR ABS 15", "?month 2026-03"),
        ("REP APR ABS 26", "?month 2026-04"),
        ("ABS 13 APR", "?month 2026-04"),
        ("APR 26 ABS 13", "?month 2026-04"),
        ("APR 80 ABS 13", "APR=80, ABS=13"),
        ("REP NOV ABS 13", "!NOV future_period"),
        ("REP 1226 ABS 13", "!1226 future_period"),
        ("REP next month ABS 13", "!next month future_period"),
        ("REP 13 ABS 13", "!13 bad_period"),
        ("REP Q3 ABS 13", "!Q3 bad_period"),
        ("REP week 44 ABS 13", "!week 44 bad_period"),
        ("REP 5 OCT ABS 13", "!5 OCT bad_period"),
        ("REP OCT 5 ABS 13", "!OCT 5 bad_period"),
        ("REP 05/10/2026 ABS 13", "!05/10/2026 bad_period"),
        ("REP 0924 ABS 13", "!0924 bad_period"),
        ("REP 2024-12 ABS 13", "!2024-12 bad_period"),
        ("REP SPET ABS 13", "!SPET bad_period"),
        ("REP 10/26 ABS 13", "ABS=13"),
        ("REP 2026Q3 ABS 13", "!2026Q3 bad_period"),
        ("REP Monday ABS 13", "!Monday bad_period"),
        ("REP third quarter ABS 13", "!third quarter bad_period"),
        ("REP tercer trimestre ABS 13", "!tercer trimestre bad_period"),
        ("ABS 13 kwa wiki", "!kwa wiki bad_period"),
        ("Weekly report: ABS 13", "!Weekly bad_period"),
        ("ABS 13 Jul-Sep", "!Jul-Sep bad_period"),
        ("ABS 13 from July to September", "!July to September bad_period"),
        ("ABS for the month of September is 13", "ABS=13@2026-09"),
        ("ABS 13 YAW 5 from Mwelu Juu", "ABS=13, YAW=5"),
        ("may I send ABS 12", "ABS=12"),
    ],
)
def test_a_month_is_found_asked_or_refused(text: str, expected: str) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("67 13 80 5", "ANC1=67, ABS=13, APR=80, YAW=5"),
        ("67,13,80,5", "ANC1=67, ABS=13, APR=80, YAW=5"),
        ("REP SEP 412/615 13 80 five", "ANC1=67(412/615)@2026-09, ABS=13@2026-09, APR=80@2026-09, YAW=5@2026-09"),
        ("67 13 80 -", "ANC1=67, ABS=13, APR=80, YAW=NA"),
        ("67 13 80", ""),
        ("67 13 80 5 6", ""),
        ("67 13 80 5 nurses", ""),
    ],
)
def test_a_bare_list_needs_its_exact_length(text: str, expected: str) -> None:
    assert read(text, prompted=("ANC1", "ABS", "APR", "YAW")) == expected


@pytest.mark.parametrize("text", ["67 13 80 5", "13", "Hello", "no fuel for 2 weeks", "on time 5 came", "👍", ""])
def test_text_without_a_code_is_not_a_report(text: str) -> None:
    reading = read_report(text, EXPECTED)
    assert not [item for item in reading.items if isinstance(item, Read | NoData)]
    assert not reading.certain or text.startswith("on")


@pytest.mark.parametrize("text", ["ABS 12", "REP", "REP XYZ 5", "ABS NA", "ABS", "FIX ABS 12"])
def test_a_verb_or_a_code_makes_a_report_certain(text: str) -> None:
    assert read_report(text, EXPECTED).certain


@pytest.mark.parametrize(
    "text",
    [
        "Oct 2026 review, Asuo. Please send: ANC1 ABS. Example: REP ANC1 67 ABS 12.",
        "Got Oct 2026 Asuo: ANC1 67% (412/615), ABS 12%. Ref R1.",
        "> REP ABS 12",
        "ABS 12 " * 800,
    ],
)
def test_what_the_writer_did_not_write_is_not_read(text: str) -> None:
    assert read(text) == ""


def test_a_report_that_names_another_district_is_asked() -> None:
    assert read("Kadewa ABS 31", elsewhere=lambda: frozenset({"kadewa"})) == "?ABS inexact 31"
    assert read("Kadewa ABS 31") == "ABS=31"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ABS about 60, YAW 22", "?ABS inexact 60, YAW=22"),
        ("ABS 60 approx, YAW 22", "?ABS inexact 60, YAW=22"),
        ("ABS 60, approx YAW 22", "ABS=60, ?YAW inexact 22"),
        ("ABS 60 and about YAW 22", "ABS=60, ?YAW inexact 22"),
        ("approx ABS 60, YAW 22", "?ABS inexact 60, ?YAW inexact 22"),
        ("I think ABS 60, YAW 22", "?ABS inexact 60, ?YAW inexact 22"),
    ],
)
def test_a_guess_is_about_the_value_beside_it(text: str, expected: str) -> None:
    assert read(text) == expected


def test_a_slip_of_an_opt_out_word_is_never_offered_as_a_code() -> None:
    assert read("STPO") == ""
    assert read("STPO 5") == "?STO suggest [STPO] 5"


def test_of_a_text_that_is_too_long_the_whole_lines_are_read() -> None:
    assert read("ABS 12\n" + "word " * 1000) == "ABS=12"


def test_words_that_mean_nothing_are_handed_back_as_written() -> None:
    assert read_report("REP Zzyx ABS 12", EXPECTED).unread == ("Zzyx",)
    assert read_report("67 13", EXPECTED).unread == ("67", "13")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ANC1 420/615 recount", "ANC1=68.3(420/615) because recount"),
        ("FIX ABS 14", "ABS=14"),
        ("FIX SEP ABS 14 counted 3 twice", "ABS=14@2026-09 because counted 3 twice"),
        ("FIX ABS 14 recount YAW 5 new register", "ABS=14 because recount, YAW=5 because new register"),
        ("FIX ABS 14 15", "?ABS two_readings 14|15"),
        ("FIX ABS from 16 to 13", "?ABS inexact 16"),
    ],
)
def test_the_words_after_a_correction_are_its_reason(text: str, expected: str) -> None:
    assert seen(read_fix(text, EXPECTED)) == expected


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        ("ANC1", "412/615", "ANC1=67(412/615)"),
        ("ABS", "12%", "ABS=12"),
        ("ABS", "twelve", "ABS=12"),
        ("ABS", "abs = 12", "ABS=12"),
        ("ABS", "NA register lost", "ABS=NA(register lost)"),
        ("ABS", "-", "ABS=NA"),
        ("ABS", "none", "?ABS two_readings 0"),
        ("YAW", "none", "YAW=0"),
        ("YAW", "5 cases", "YAW=5"),
        ("DMT", "ndiyo", "DMT=1"),
        ("SBA", "73", "SBA=73"),
        ("ABS", "12 or 13", "?ABS two_readings 12|13"),
        ("ABS", "YAW 5", "?ABS inexact"),
        ("ABS", "140", "!ABS hard_range"),
        ("ABS", "no idea", "?ABS inexact"),
        ("ABS", "", "?ABS inexact"),
    ],
)
def test_an_answer_is_read_for_the_indicator_that_was_asked(code: str, text: str, expected: str) -> None:
    assert shown(read_slot(text, INDICATORS[code], OCTOBER, EXPECTED)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("OCT", "2026-10"),
        ("10", "2026-10"),
        ("1025", "2025-10"),
        ("for October please", "2026-10"),
        ("mwezi uliopita", "2026-10"),
        ("APR", "asked 2026-04"),
        ("NOV", "future_period"),
        ("Q3", "bad_period"),
        ("5 OCT", "bad_period"),
        ("hello", "None"),
        ("ABS 12", "None"),
    ],
)
def test_a_text_that_is_a_month(text: str, expected: str) -> None:
    found = read_period(text, EXPECTED)
    match found:
        case Refuse():
            assert found.reason == expected
        case tuple():
            assert f"asked {found[0]}" == expected
        case _:
            assert str(found) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Y strike in week 2", (True, "strike in week 2")),
        ("HAPANA, NIMEKOSEA", (False, "NIMEKOSEA")),
        ("Ndiyo. Sahihi", (True, "Sahihi")),
        ("sí huelga", (True, "huelga")),
        ("OUI", (True, "")),
        ("n", (False, "")),
        ("si 12", None),
        ("si huelga", None),
        ("yes 12", None),
        ("la semana pasada", None),
        ("No data", None),
        ("no problem", None),
        ("Yesterday", None),
        ("y 12", None),
        ("no ABS data this month", None),
        ("No, son 118", None),
        ("inde", (True, "")),
        ("nedda", (False, "")),
        ("held", None),
        ("👍", None),
        ("", None),
    ],
)
def test_yes_and_no_with_a_reason(text: str, expected: tuple[bool, str] | None) -> None:
    assert split_yes(text) == expected
    assert read_yes_no(text) == (expected and expected[0])


def test_folding_leaves_plain_small_words() -> None:
    assert fold("  ＡＢＳ\u200b \u00a0‘Sí’\n١٢ ") == "abs 'si' 12"


STYLES = st.sampled_from([" ", ": ", "=", " = ", "-", " - ", ":", "\t", "=>"])
JOINS = st.sampled_from([" ", ", ", "; ", "\n", " / ", " & ", " | "])
PAIRS = st.lists(
    st.tuples(st.sampled_from(["ANC1", "ABS", "APR", "YAW", "STO"]), st.integers(0, 100)),
    min_size=1,
    max_size=5,
    unique_by=lambda pair: pair[0],
)


@given(PAIRS, STYLES, JOINS, st.sampled_from(["", "REP ", "rep: ", "ripoti "]), st.booleans())
def test_pairs_in_any_style_read_back(
    pairs: list[tuple[str, int]], style: str, join: str, verb: str, small: bool
) -> None:
    text = verb + join.join(f"{code}{style}{value}" for code, value in pairs)
    if pairs[0][0] == "APR" or pairs[-1][0] == "APR":
        return
    wanted = [(code, OCTOBER, Measure(float(value), INDICATORS[code].unit)) for code, value in pairs]
    reading = read_report(text.lower() if small else text, EXPECTED)
    assert [(i.code, i.period, i.measure) for i in reading.items if isinstance(i, Read)] == wanted


@given(st.integers(0, 999))
def test_a_ratio_never_reads_as_another(part: int) -> None:
    reading = read_report(f"ANC1 {part}/999", EXPECTED)
    assert reading.items == (Read("ANC1", OCTOBER, Measure.ratio(part, 999, Unit.PERCENT)),)


@given(st.text(max_size=200), st.sampled_from(["en", "sw", "es", "fr"]))
@settings(max_examples=300)
def test_any_text_is_read_without_an_error(text: str, language: str) -> None:
    expected = replace(EXPECTED, language=language, prompted=("ANC1", "ABS"))
    for item in read_report(text, expected).items:
        if isinstance(item, Read):
            low, high = INDICATORS[item.code].hard
            assert low <= item.measure.value <= high
    read_fix(text, expected)
    read_slot(text, INDICATORS["ABS"], OCTOBER, expected)
    read_period(text, expected)
    split_yes(text)


REPORT_WORDS = (
    "REP FIX ANC1 ABS APR YAW DMT DROP ANC ACN1 12 13 412/615 1,100 1O -2 12% 0926 OCT SEP APR MAR 10 NA na none hakuna"
    " - / , . \n : = ( ) ? > about not and y et of kati ya de sabini twelve once sept si no yes week Q3 last month"
    " thanks register lost ABS12 ANC166 ½ target"
)
VOCABULARY = REPORT_WORDS.split(" ")


@given(st.lists(st.sampled_from(VOCABULARY), max_size=25))
@settings(max_examples=400)
def test_any_mixture_of_report_words_is_read_without_an_error(words: list[str]) -> None:
    reading = read_report(" ".join(words), EXPECTED)
    codes = [(i.code, i.period) for i in reading.items if isinstance(i, Read)]
    assert len(codes) == len(set(codes))
    assert not (reading.items and reading.period_asked)


@given(st.lists(st.sampled_from(VOCABULARY), max_size=12), st.integers(0, 100))
def test_a_value_is_never_read_that_was_not_written(words: list[str], number: int) -> None:
    text = " ".join(["ABS", str(number), *words])
    written = {str(number), "0", "12", "13", "10", "70", "926", "1", "2", "26", "166", "66", "1100", "1.1"}
    for item in read_report(text, EXPECTED).items:
        if isinstance(item, Read) and item.measure.denominator is None:
            assert f"{item.measure.value:g}" in written
