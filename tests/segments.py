"""What fills the gaps of a text when everything in it is as long as it realistically gets."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any

from bot.render import Voice
from domain.measures import Measure, Unit
from domain.periods import ReportingPeriod
from domain.text import Text, plain
from storage.programme_file import parse_programme, sample_text

PROGRAMME = parse_programme(sample_text())
PERSON = max((p.name for p in PROGRAMME.people), key=len)
DISTRICT = max((d.name for d in PROGRAMME.districts.values()), key=len)
CODES = " ".join(max((d.indicators for d in PROGRAMME.districts.values()), key=lambda codes: len(" ".join(codes))))
WORDS = "Magari mawili yaliharibika, hatukuwa na mafuta ya kutosha."  # a person's sentence, 60 characters
TITLE = "Barua za uhamisho kwa wauguzi "  # an activity as receipts shorten it, 30 characters
PERCENT = Measure(99.9, Unit.PERCENT)
RATIO = plain("{m} ({n}/{d})", m=PERCENT, n=1233, d=1234)
PAIR = plain("{code} {ratio}", code="SUPV", ratio=RATIO)
SEVERAL = (PAIR,) * 4

WORST: Mapping[str, Any] = {
    "about": "sept 2026, Servicios cerca de las comunidades rurales y p",
    "activities": (plain("P10 {title}", title="Fomu za uhamisho mpya za"),) * 2,
    "activity": "P10",
    "all": 9,
    "amber": 36,
    "before": PERCENT,
    "better": 36,
    "channels": ("SMS", "Telegram"),
    "choices": "1 English, 2 Kiswahili, 3 Español, 4 Français",
    "closed": 99,
    "code": "SUPV",
    "codes": CODES,
    "colour": Text("not coloured"),
    "d": 1234,
    "diaries": 9,
    "district": DISTRICT,
    "done": 9,
    "example": "412/615",
    "first": PERCENT,
    "giver": PERSON,
    "green": 36,
    "groups": ("District group 1",) * 2,
    "high": Measure(200000, Unit.COUNT),
    "how": Text("stuck"),
    "in_": 9,
    "in_time": 9,
    "items": WORDS,
    "key": "P10",
    "language": "Kiswahili",
    "late": 30,
    "limit": "100",
    "list": (plain("3 {code} {value}", code="SUPV", value=PERCENT),) * 4,
    "low": Measure(-50, Unit.PERCENT),
    "mark": "*",
    "month": "2026-10",
    "more": " +99",
    "most": 14,
    "n": 99,
    "men": PERCENT,
    "middle": PERCENT,
    "name": PERSON,
    "names": " ".join([DISTRICT] * 3),
    "new": RATIO,
    "now": PERCENT,
    "number": PERCENT,
    "old": PERCENT,
    "opened": 99,
    "other": "SUPV",
    "owner": PERSON,
    "place": DISTRICT,
    "points": (plain("{m} {v}", m="sept", v=PERCENT),) * 5,
    "channel": "WhatsApp",
    "error": "20003",
    "reason": WORDS,
    "red": 36,
    "ref": "12345",
    "refs": "E101 E102 E103 E104",
    "role": Text("programme manager"),
    "rows": (PAIR,) * 3,
    "second": PERCENT,
    "sections": (Text("planned and done"), Text("well"), Text("not well"), Text("effects"), Text("change")),
    "section": Text("planned and done"),
    "service": max((s.name for s in PROGRAMME.services.values()), key=len),
    "still": 99,
    "strategy": "Servicios cerca de las comunidades",
    "target": "99.9",
    "theme": "capacitación",
    "themes": ("capacitación 12",) * 3,
    "threads": "H12345 N12346",
    "time": datetime(2026, 10, 14, 9, 59, tzinfo=UTC),
    "title": TITLE,
    "token": "septiembre",
    "value": PERCENT,
    "values": SEVERAL,
    "wanted": "99.9",
    "what": WORDS,
    "who": PERSON,
    "women": PERCENT,
    "word": "WALIOCHELEWA",
    "words": WORDS,
    "worse": 36,
    "writer": PERSON,
    "year": "2026",
    "written": "1OO/1O5",
}
"""What fills a gap at worst, by the gap's name."""

REAL_WORDS = "Hatuna mafuta ya gari na rejista ya kliniki imepotea. " * 4  # nobody counts letters when asking for help
SPECIAL: Mapping[str, Mapping[str, Any]] = {
    '"{words}" {writer}, {district} ({section})': {"words": REAL_WORDS[:124]},
    "Half were closed within {time}.": {"time": Text("{n} days", {"n": 99})},
    "Diary {about}. Last month you planned: {words}. What was done?": {"words": WORDS[:46]},
    "Going on with your {title}, {n}/{all}.": {"title": Text("joining")},
    "Late or stuck: {rows}.": {
        "rows": (plain("{d} P10 {t} ({o})", d=DISTRICT, t="Barua za uhamisho kw", o=PERSON),) * 3
    },
    "Late {period}: {rows}.": {
        "rows": (Text("{name} ({n} missing, {who})", {"name": DISTRICT, "n": 6, "who": PERSON}),) * 9
    },
    "Open: {rows}.": {"rows": (plain("E101 {what} *", what=WORDS),) * 3},
    "Plan: {rows}.": {
        "rows": (
            Text(
                "{key} {title} {how} LATE {day:short}",
                {"key": "P4", "title": "Barua za uhami", "how": "99%", "day": date(2026, 10, 30)},
            ),
        )
        * 4
    },
    "RED {period}: {rows}.": {
        "rows": (
            Text(
                "{district} {code} {now} (wanted {wanted})",
                {"district": DISTRICT, "code": "SUPV", "now": PERCENT, "wanted": "99.9"},
            ),
        )
        * 9
    },
    "Your {title} waits at {n}/{all}.": {"title": Text("joining")},
    "Please rate {service} from 1 (bad) to 5 (good), e.g. RATE {code} 4": {"code": max(PROGRAMME.services, key=len)},
    "{code} came twice: {values}. Which one? Send it alone.": {"values": (PERCENT,) * 3},
    "{code} must be {low} to {high}, not {token}. Send e.g. {code} {example}. Not saved.": {
        "token": Measure(1234567, Unit.COUNT)
    },
    "Closed by the facts: {rows}.": {"rows": ("E101", "E102", "E103", "E104", "E105", "E106")},
    "{n} alert: {rows}{more}.": {"rows": (plain("E101 {d} P10 late", d=DISTRICT),) * 4},
    "{name} ({district}) has said nothing of {activities} since {day:short}": {"activities": "P1 P2 P3 P4"},
    "{code} {name}, {period}? Example: {example}": {"name": None},  # the longest indicator name, by language
    "{code} {token}: is it {values}? Send the right one.": {"values": (PERCENT,) * 3},
    "{code}: {n} of {d} is more than the whole. Send part/whole, e.g. {code} {example}.": {"n": 1234},
    "{code}: {values}, getting better.": {"values": (PERCENT,) * 3},
    "{code} last months: {values}.": {"values": (PERCENT,) * 3},
    "{key} {title}: how far? Send %, DONE, STUCK why, DROP why or a date.": {
        "title": max((a.title for w in PROGRAMME.workplans.values() for a in w.activities), key=len)
    },
    "{name} ({place}) asks: {words}": {"words": REAL_WORDS},
    "{name} writes ({ref}, answer in your own words): {words}": {"words": REAL_WORDS, "ref": "N12345"},
    "{name} ({ref}): {words}": {"words": REAL_WORDS, "ref": "N12345"},
    "{name} ({place}, {ref}): {words}": {"words": REAL_WORDS, "ref": "N12345"},
    "{name}, visit to {district}. Agreed: {words}": {"words": REAL_WORDS},
    "Notes: {rows}.": {"rows": (plain('N12345 30 Des {p}: "Hatuna mafuta ya..."', p=PERSON),) * 3},
    "Unanswered: {rows}.": {"rows": (plain('N12345 {d} 30 Des "Hatuna mafuta ya..."', d=DISTRICT),) * 3},
    "Diary themes {period}: {rows}.": {"rows": (plain("capacitación 12 (10)"),) * 4},
    "Visits: {rows}.": {"rows": (plain("{d} Jumatano 30 Des 09:00 4+ 3-", d=DISTRICT),) * 3},
    "Which one is that for? {list}. Begin with it: {ref} and your words.": {
        "list": (plain("N12345 {p}", p=PERSON),) * 4,
        "ref": "N12345",
    },
    "{ref} closed by {name}: {words}": {"words": REAL_WORDS},
}
"""The same for texts in which a gap holds something else than its name says everywhere else."""


@cache
def longest(voice: Voice) -> tuple[ReportingPeriod, date]:
    """Return the month and the day that take the most letters in a language."""
    months = [ReportingPeriod(2026, month) for month in range(1, 13)]
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    return max(months, key=lambda month: len(voice.shown(month))), max(days, key=lambda day: len(voice.shown(day)))


def filled(msgid: str, voice: Voice) -> dict[str, Any]:
    """Return the worst filling of a text, with the longest dates and names of the voice's language."""
    period, day = longest(voice)
    dates = {"period": period, "day": day, "since": day, "until": day}
    if "{day:day}" in msgid:
        dates["day"] = datetime.combine(day, time(12), UTC)
    special = dict(SPECIAL.get(msgid, {}))
    if "name" in special:
        special["name"] = max((i.name(voice.language) for i in PROGRAMME.indicators.values()), key=len)
    return {**WORST, **dates, **special}
