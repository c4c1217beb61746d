"""The picture of the weekly digest: what it says at a glance, to whom, and that all of it fits."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from itertools import combinations
from xml.etree import ElementTree

import pytest
import resvg_py

from bot import render
from bot.drawing import svg
from bot.drawing.parts import WIDE
from bot.drawing.png import FONTS, png_of
from bot.pictures import brief_svg, digest_svg
from domain.briefs import AlertRecord, Brief, monthly_brief
from domain.desks import Desk
from domain.digests import weekly_digest
from domain.events import ValueStatus
from domain.indicators import Colour
from domain.people import Contact, Role
from domain.periods import ReportingPeriod
from domain.programme import Programme
from domain.values import IndicatorValue, Values
from locales import Catalogue
from storage.programme_file import parse_programme, sample_text
from storage.programmes import parse_measure

TODAY = date(2026, 11, 9)
OCTOBER = ReportingPeriod(2026, 10)
AT = datetime(2026, 11, 2, 12, tzinfo=UTC)
EFUA = Contact(1, "efua", "Efua", Role.FACILITATOR, "en", "Africa/Accra", groups=("group1",))
REPORTED = {"asuo": {"ANC1": "412/615", "ABS": "18/84"}, "mwelu-juu": {"DMT": "no"}}
Extent = tuple[float, float, float, float, str]
"""Of some words: left, right, baseline, size, and the words."""


@pytest.fixture(scope="module")
def sample() -> Programme:
    return parse_programme(sample_text())


def desk(programme: Programme, district: str, said: Mapping[str, str], without: str) -> Desk:
    """Return the history of a district, what it `said` of October, and a month `without` any value."""
    raws = [
        (code, month, raw)
        for code, by_month in (programme.history or {})[district].items()
        for month, raw in [*by_month.items(), *([(OCTOBER, said[code])] if code in said else [])]
        if str(month) != without
    ]
    measures = [(code, month, parse_measure(raw, programme.indicators[code])) for code, month, raw in raws]
    return Desk(
        Values(
            IndicatorValue(district, code, month, ValueStatus.REPORTED if m else ValueStatus.NOT_AVAILABLE, m, AT)
            for code, month, m in measures
        )
    )


def drawing(
    programme: Programme,
    *districts: str,
    reported: Mapping[str, Mapping[str, str]] = REPORTED,
    reader: Contact = EFUA,
    without: str = "",
) -> str:
    desks = {code: desk(programme, code, reported.get(code, {}), without) for code in districts}
    return digest_svg(weekly_digest(programme, desks, TODAY), desks, programme, reader)


def words(picture: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(picture).iter() if element.tag.endswith("text")]


def lines(picture: str) -> list[str]:
    return [
        element.get("d", "") for element in ElementTree.fromstring(picture).iter() if element.get("class") == "line"
    ]


def marks(picture: str) -> list[str]:
    return [
        (element.get("class") or "").removeprefix("mark ")
        for element in ElementTree.fromstring(picture).iter()
        if (element.get("class") or "").startswith("mark ")
    ]


def test_it_is_a_png_that_fits_a_phone(sample: Programme) -> None:
    png = png_of(drawing(sample, *sample.groups["group1"].districts))
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    assert width == 1080
    assert 1080 <= height <= 1350


def test_nine_districts_fit_a_phone_too(sample: Programme) -> None:
    height = ElementTree.fromstring(drawing(sample, *sample.districts)).get("height")
    assert height is not None
    assert int(height) <= 1350


def test_each_number_is_marked_by_its_colour_red_first(sample: Programme) -> None:
    picture = drawing(sample, "asuo")
    assert marks(picture) == ["red", "green"]
    assert words(picture).index("ABS") < words(picture).index("ANC1")
    assert "2 of 4 reported" in words(picture)


def test_marks_differ_in_shape_and_not_only_in_colour() -> None:
    shapes = {re.sub(r"#[0-9a-f]+", "", sign) for sign in svg.SIGNS.values()}
    assert len(shapes) == len(Colour)


def test_a_month_without_a_value_leaves_a_gap(sample: Programme) -> None:
    whole, broken = drawing(sample, "asuo"), drawing(sample, "asuo", without="2026-07")
    assert [line.count("M") for line in lines(whole)] == [1, 1, 1, 1]
    assert [line.count("M") for line in lines(broken)] == [2, 2, 2, 2]


def test_the_line_ends_where_the_reports_end(sample: Programme) -> None:
    absences, _antenatal, appraisals, _yaws = lines(drawing(sample, "asuo"))
    assert absences.count("L") == 6
    assert appraisals.count("L") == 5


def test_yes_and_no_are_full_and_empty_squares(sample: Programme) -> None:
    picture = drawing(sample, "mwelu-juu")
    squares = [e for e in ElementTree.fromstring(picture).iter() if e.get("width") == e.get("height") == "24.0"]
    # April to October as reported, then the two of the legend.
    assert [e.get("fill") == "#ffffff" for e in squares] == [False, True, False, False, True, False, True, False, True]
    assert len(lines(picture)) == 3


def test_wanting_four_in_five_of_yes_or_no_is_wanting_yes(sample: Programme) -> None:
    shown = words(drawing(sample, "mwelu-juu"))
    assert shown.count("Yes") == 2  # wanted, and in the legend
    assert "0.8" not in shown


def test_a_silent_district_says_so_in_the_language_of_the_reader(
    sample: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    swahili = Catalogue("sw", {"No report yet": "Hakuna taarifa bado"}, {}, lambda n: int(n != 1))
    monkeypatch.setattr(render, "catalogue", lambda language: swahili)
    shown = words(drawing(sample, "lisimba", "mwelu-juu", reader=replace(EFUA, language="sw")))
    assert shown.count("Hakuna taarifa bado") == 1
    assert "Okt 2026" in shown


def test_what_is_not_available_is_not_the_same_as_not_reported(sample: Programme) -> None:
    shown = words(drawing(sample, "asuo", reported={"asuo": {"ANC1": "NA"}}))
    assert shown.count("n/a") == 1
    assert "1 of 4 reported" in shown


def test_what_does_not_fit_is_counted(sample: Programme) -> None:
    assert "1 of 6 reported · 2 not shown" in words(drawing(sample, "kadewa", reported={"kadewa": {"ABS": "20/110"}}))


def test_the_title_is_the_group_and_for_several_the_programme(sample: Programme) -> None:
    assert words(drawing(sample, "asuo", "bremu"))[0] == "District group 1"
    assert words(drawing(sample, "asuo", "lisimba"))[0] == "Sample district programme"


def test_what_people_wrote_cannot_break_the_picture(sample: Programme) -> None:
    picture = drawing(named(sample, "A & <B>"), "asuo")
    assert "A & <B>" in words(picture)
    assert "A &amp; &lt;B&gt;" in picture


@pytest.mark.parametrize("count", [3, 9])
@pytest.mark.parametrize("name", ["Ŋwɛmmɔ-Wawa Metropolitan District of Ñamunyamwezi", "M" * 60])
def test_no_words_run_into_others_or_off_the_page(sample: Programme, count: int, name: str) -> None:
    programme = named(sample, name)
    codes = tuple(programme.districts)[:count]
    values = {"asuo": {"ANC1": "9999/615", "ABS": "84/84", "YAW": "20000"}, "bremu": {"ANC1": "5000/680"}}
    extents = list(laid_out(drawing(programme, *codes, reported=values)))
    assert [e for e in extents if e[0] < 0 or e[1] > WIDE] == []
    assert [(a, b) for a, b in combinations(extents, 2) if on_one_line(a, b) and a[0] < b[1] and b[0] < a[1]] == []
    assert min(size for _left, _right, _y, size, _words in extents) >= svg.SMALLEST


def named(programme: Programme, name: str) -> Programme:
    """Return the programme with everything in it called `name`."""
    return replace(
        programme,
        name=name,
        groups={key: replace(group, name=name) for key, group in programme.groups.items()},
        districts={key: replace(district, name=name) for key, district in programme.districts.items()},
        indicators={key: replace(each, names={"en": name}) for key, each in programme.indicators.items()},
    )


def laid_out(picture: str) -> Iterator[Extent]:
    """Yield where all words outside the legend stand."""
    for text in ElementTree.fromstring(picture).findall("{*}text"):
        size, x = float(text.attrib["font-size"]), float(text.attrib["x"])
        wide = svg.width(text.text or "", size, text.get("font-weight") == "bold")
        left = x - wide if text.get("text-anchor") == "end" else x
        yield left, left + wide, float(text.attrib["y"]), size, text.text or ""


def on_one_line(one: Extent, other: Extent) -> bool:
    return abs(one[2] - other[2]) < 20


def brief_of(programme: Programme, *districts: str) -> Brief:
    desks = {
        code: desk(programme, code, REPORTED.get(code, {}) if code in districts else {}, "")
        for code in programme.districts
    }
    return monthly_brief(programme, desks, {"asuo": AlertRecord(2, (timedelta(hours=30),), 1)}, TODAY)


def test_a_brief_counts_each_colour_by_its_own_sign_and_number(sample: Programme) -> None:
    picture = brief_svg(brief_of(sample, "asuo"), sample, EFUA)
    shown = words(picture)
    assert [marks(picture).count(colour) for colour in ("red", "green", "amber")] == [1, 1, 0]
    assert shown.count("1") == 2
    assert shown.count("No report yet") == 2
    assert any("2 opened, 1 closed, 1 open" in line for line in shown)


def test_no_words_of_a_brief_leave_the_page_or_run_into_others(sample: Programme) -> None:
    long = named(sample, "Ŋwɛmmɔ-Wawa Metropolitan District of Ñamunyamwezi")
    for language in ("en", "sw", "es", "fr"):
        picture = brief_svg(brief_of(long, "asuo", "mwelu-juu"), long, replace(EFUA, language=language))
        extents = list(laid_out(picture))
        assert [e for e in extents if e[0] < 0 or e[1] > WIDE] == []
        assert [(a, b) for a, b in combinations(extents, 2) if on_one_line(a, b) and a[0] < b[1] and b[0] < a[1]] == []


def test_a_line_of_nothing_is_not_drawn(sample: Programme) -> None:
    nobody = replace(sample, history={code: {} for code in sample.districts})
    assert lines(drawing(nobody, "asuo", reported={})) == []


@pytest.mark.parametrize("bold", [False, True])
def test_words_are_never_much_wider_than_measured(sample: Programme, bold: bool) -> None:
    names = [name for each in sample.indicators.values() for name in each.names.values()]
    wide = [name for name in [*names, *sample.indicators, "100.5%", "GHOWQ", "ŋɛɔɓ ñéí"] if overflows(name, bold)]
    assert wide == []


def overflows(name: str, bold: bool) -> bool:
    """Tell whether ink is found to the right of where `name` should end, give or take a twentieth."""
    size = 40
    end = svg.width(name, size, bold) * 1.05
    return rendered(svg.label(0, 60, name, size, bold=bold), end) != rendered("", end)


def rendered(piece: str, left: float) -> bytes:
    folder = resources.files("bot") / "fonts"
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=f'<svg xmlns="http://www.w3.org/2000/svg" width="600" height="90" viewBox="{left:.0f} 0 600 90" '
            f'font-family="{svg.FAMILY}">{piece}</svg>',
            skip_system_fonts=True,
            font_files=[str(folder / name) for name in FONTS],
        )
    )
