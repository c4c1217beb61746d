"""The meeting pack: its five lines, lessons and questions, the quarter it is for, and the pages of the PDF."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pypdfium2
import pytest
from typer.testing import CliRunner

from bot.drawing import svg
from bot.drawing.pages import HIGH
from bot.drawing.parts import EDGE, RIGHT
from bot.drawing.pdf import Sheets, pdf_of
from bot.packs import pack_pages
from bot.render import Voice
from domain.desks import Desk
from domain.diaries import DiaryEntry
from domain.events import ValueStatus
from domain.measures import Measure
from domain.packs import Pack, five_lines, meeting_pack
from domain.periods import ReportingPeriod
from domain.programme import Programme
from domain.quarters import Quarter
from domain.values import IndicatorValue, Values
from domain.workplans import ActivityStatus
from scheduler import packing
from storage.programme_file import parse_programme, sample_text
from tests.rig import Rig

PROGRAMME = parse_programme(sample_text())
GROUP = PROGRAMME.groups["group1"]
QUARTER = Quarter(2026, 3)
TODAY = date(2026, 10, 14)
AT = datetime(2026, 9, 2, 9, tzinfo=UTC)
ENGLISH = Voice("en", "Africa/Accra")


def value(district: str, code: str, number: float, month: int) -> IndicatorValue:
    measure = Measure(number, PROGRAMME.indicators[code].unit)
    return IndicatorValue(district, code, ReportingPeriod(2026, month), ValueStatus.REPORTED, measure, AT)


def entry(n: int, district: str, section: str, words: str, month: int = 8, private: bool = False) -> DiaryEntry:
    return DiaryEntry(n, district, ReportingPeriod(2026, month), section, words, "Ama", n, AT, private)


def desks(**more: Desk) -> dict[str, Desk]:
    return {code: more.get(code, Desk(Values())) for code in GROUP.districts}


def pack(programme: Programme = PROGRAMME, in_time: dict[str, int] | None = None, **more: Desk) -> Pack:
    return meeting_pack(programme, GROUP, QUARTER, desks(**more), in_time or {}, TODAY)


def lines(found: Pack, district: str) -> list[str]:
    standing = next(s for s in found.standings if s.district.code == district)
    return [ENGLISH.words(line) for line in five_lines(standing)]


def test_a_district_is_told_in_five_lines() -> None:
    codes = PROGRAMME.districts["asuo"].indicators
    full = [value("asuo", code, 5, month) for code in codes if code not in ("ANC1", "ABS") for month in (7, 8, 9)]
    moved = [value("asuo", "ANC1", n, m) for m, n in ((6, 60), (7, 61), (8, 62), (9, 70))]
    far = [value("asuo", "ABS", n, m) for m, n in ((6, 20), (7, 20), (8, 25), (9, 40))]
    first, *others = PROGRAMME.workplans["asuo"].activities
    plan = (replace(first, status=ActivityStatus.DONE), *others)
    diary = (entry(1, "asuo", "change", "Rosters hang on the wall."),)
    found = lines(pack(in_time={"asuo": 2}, asuo=Desk(Values([*full, *moved, *far]), plan, diary)), "asuo")
    assert found[0] == "Reports: 3 of 3 months complete, 2 in time."
    assert found[1] == "Better: ANC1 60% → 70%."
    assert found[2].startswith("Far from wanted: ABS 40% (wanted ")
    assert found[3].startswith(f"Plan: 1 of {len(plan)} actions done, ")
    assert found[4] == 'Learned: "Rosters hang on the wall." Ama'
    assert len(found) == 5


def test_a_silent_district_has_five_lines_too_and_nothing_invented() -> None:
    found = lines(pack(), "bremu")
    assert len(found) == 5
    assert found[0] == "Reports: 0 of 3 months complete, 0 in time."
    assert not re.search(r"\d", " ".join(found[1:]))


def test_lessons_are_shared_words_of_the_quarter_only() -> None:
    diary = (
        entry(1, "asuo", "change", "kept"),
        entry(2, "asuo", "change", "secret", private=True),
        entry(3, "asuo", "change", "of June", month=6),
        entry(4, "asuo", "planned", "a plan is no lesson"),
    )
    found = pack(asuo=Desk(Values(), diary=diary))
    assert [(q.words, q.writer, q.entry_id) for q in found.lessons] == [("kept", "Ama", 1)]


def test_who_is_far_off_asks_whoever_got_better_at_the_same_number() -> None:
    asuo = Desk(Values([value("asuo", "ANC1", 40, 6), value("asuo", "ANC1", 40, 9)]))
    bremu = Desk(Values([value("bremu", "ANC1", 60, 6), value("bremu", "ANC1", 80, 9)]))
    found = [ENGLISH.words(text) for text in pack(asuo=asuo, bremu=bremu).questions]
    assert found == ["Asuo to Bremu: your ANC1 went from 60% to 80%, ours is 40%. What did you do?"]
    assert pack(asuo=asuo).questions == ()


@pytest.mark.parametrize(
    ("words", "quarter"),
    [
        ("Q3", Quarter(2026, 3)),
        ("q4", Quarter(2026, 4)),
        ("Q4 2025", Quarter(2025, 4)),
        ("2026-Q1", Quarter(2026, 1)),
        ("", Quarter(2026, 3)),
        ("2", Quarter(2026, 2)),
    ],
)
def test_a_quarter_is_read_as_people_write_it(words: str, quarter: Quarter) -> None:
    assert Quarter.parse(words, date(2026, 11, 9)) == quarter


def test_a_quarter_without_a_year_is_the_last_that_began() -> None:
    assert Quarter.parse("Q4", date(2026, 2, 1)) == Quarter(2025, 4)
    assert Quarter(2026, 1).back(1) == Quarter(2025, 4)
    assert [str(month) for month in Quarter(2026, 4).months] == ["2026-10", "2026-11", "2026-12"]


@pytest.mark.parametrize("words", ["Q5", "Q0", "soon", "Q4 2031"])
def test_no_quarter_is_made_of_other_words(words: str) -> None:
    with pytest.raises(ValueError, match=r"quarter|begun"):
        Quarter.parse(words, date(2026, 11, 9))


def texts(page: str) -> Iterator[tuple[float, float, str]]:
    """Yield where the words of a page begin and end, and the words."""
    for element in ElementTree.fromstring(page).iter():
        if element.tag.endswith("text") and element.get("text-anchor") != "middle":
            words, size, x = element.text or "", float(element.attrib["font-size"]), float(element.attrib["x"])
            wide = svg.width(words, size, element.get("font-weight") == "bold")
            yield (x - wide if element.get("text-anchor") == "end" else x), wide, words


@pytest.mark.parametrize("language", ["en", "sw", "es", "fr"])
def test_pages_hold_long_words_inside_their_margins(language: str) -> None:
    long = " ".join(["We moved the clinic to Saturday, when women come to the market"] * 6)
    diary = tuple(entry(n, "asuo", "change", long) for n in range(9))
    found = pack(asuo=Desk(Values(), diary=diary))
    board = desks(asuo=Desk(Values(), diary=diary))
    pages = pack_pages(found, board, PROGRAMME, Voice(language, "Africa/Accra"))
    outside = [w for page in pages for x, wide, w in texts(page) if x < EDGE - 1 or x + wide > RIGHT + 60]
    assert outside == []
    assert len(pages) > 1
    assert all(f'height="{HIGH}"' in page for page in pages)


def test_a_pdf_holds_its_words_as_words() -> None:
    diary = (entry(1, "asuo", "change", "Ŋkɔsoɔ: rosters on the wall"),)
    board = desks(asuo=Desk(Values([value("asuo", "ANC1", 61, 9)]), diary=diary))
    found = meeting_pack(PROGRAMME, GROUP, QUARTER, board, {}, TODAY)
    content = pdf_of(Sheets(tuple(pack_pages(found, board, PROGRAMME, ENGLISH)), "Pack", AT, "en"))
    document = pypdfium2.PdfDocument(content)
    words = " ".join(document[n].get_textpage().get_text_range() for n in range(len(document)))
    document.close()
    assert "District group 1" in words
    assert "Ŋkɔsoɔ" in words
    assert "61%" in words


def documents(rig: Rig, key: str) -> list[str]:
    return [m.document.name for m in rig.sent if m.document and m.urn == rig.urn(key)]


def test_packs_go_once_after_the_quarter_to_those_who_look_after_the_group(sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    day = datetime(2026, 10, 14, 7, 59, tzinfo=UTC)
    for moment in (day, day + timedelta(hours=1), day + timedelta(days=1), day + timedelta(days=20)):
        rig.now = moment
        rig.db.work(packing.send_packs, rig.now)
        rig.now += timedelta(hours=5)
        rig.deliver()
    assert documents(rig, "efua") == ["group1-2026-Q3.pdf"]
    assert documents(rig, "salima") == ["group2-2026-Q3.pdf"]


def test_a_pack_that_is_asked_for_comes_once_for_each_asking(sqlite_rig: Rig) -> None:
    rig = sqlite_rig
    rig.now = datetime(2026, 11, 10, 9, tzinfo=UTC)
    rig.says("efua", "PACK Q3")
    for _n in range(3):
        rig.db.work(packing.send_packs, rig.now)
        rig.deliver()
    assert documents(rig, "efua") == ["group1-2026-Q3.pdf"]
    rig.says("efua", "PACK Q2")
    rig.db.work(packing.send_packs, rig.now)
    rig.deliver()
    assert documents(rig, "efua") == ["group1-2026-Q3.pdf", "group1-2026-Q2.pdf"]


def test_the_command_writes_a_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from kumbusha import app

    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/k.sqlite")
    monkeypatch.setenv("KUMBUSHA_SECRET", "a secret that is only for tests")
    Rig.on(f"sqlite:///{tmp_path}/k.sqlite").close()
    out = tmp_path / "group1.pdf"
    ran = CliRunner().invoke(app, ["pack", "group1", "2026-Q3", "--out", str(out)])
    assert ran.exit_code == 0, ran.output
    assert out.read_bytes().startswith(b"%PDF")
    assert CliRunner().invoke(app, ["pack", "nowhere"]).exit_code != 0
