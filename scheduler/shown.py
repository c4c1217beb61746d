"""The figures that a digest or brief in English shows, read back from its words and held against a recount."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import timedelta

from domain.programme import District
from scheduler.numbers import NUMBER, differs
from scheduler.recount import Recount

MARKS = {"▲": "red", "◆": "amber", "●": "green", "○": "grey"}
SHORT_NAME = 12  # letters of a district's name in an SMS
NAMED = 3  # districts that an SMS names


def wrong_figures(text: str, recount: Recount) -> list[str]:
    """Return the lines of a digest or brief that do not say what the recount says, each with what it should."""
    return list(_long(text, recount) if "\n" in text else _short(text, recount))


def _wrong(said: object, right: object, where: str) -> Iterator[str]:
    if said != right:
        yield f"{where}: said {said}, is {right}"


def _off(said: str | None, right: float | None, where: str) -> Iterator[str]:
    """Yield what is wrong when a number that is shown is not the right one, or is none where there is one."""
    if differs(said, right):
        yield f"{where}: said {said}, is {right}"


def _counts(found: re.Match[str]) -> tuple[int, ...]:
    return tuple(int(group) for group in found.groups())


Check = Callable[[re.Match[str], Recount], Iterator[str]]


def _short(text: str, recount: Recount) -> Iterator[str]:
    """Check one segment: every piece of it is known, and what is left over has no figure."""
    rest = text
    for pattern, check in SHORT.items():
        found = re.search(pattern, rest)
        if found:
            yield from check(found, recount)
            rest = rest.replace(found[0], "", 1)
    rest = re.sub(r"Reply 1 late, 2 red, 3 (?:plans|alerts)", "", rest)
    yield from _wrong(bool(re.search(r"\d", rest)), False, f"not understood {rest!r}")
    red = any(recount.colours([one], "red") for one in recount.districts)
    if text.startswith("Digest"):
        yield from _wrong("RED:" in text, red, "a red number")
        yield from _wrong("LATE:" in text, recount.complete(recount.districts) < len(recount.districts), "late")


def _digest(found: re.Match[str], recount: Recount) -> Iterator[str]:
    every = recount.districts
    right = (
        recount.complete(every),
        len(every),
        recount.diaries(),
        len(every),
        recount.late_actions(every),
    )
    yield from _wrong(_counts(found), right, "digest")


def _in_time(found: re.Match[str], recount: Recount) -> Iterator[str]:
    yield from _wrong(_counts(found), (recount.in_time(recount.districts), len(recount.districts)), "in time")


def _late(found: re.Match[str], recount: Recount) -> Iterator[str]:
    late = [one for one in recount.districts if recount.missing(one)]
    late.sort(key=lambda one: -len(recount.missing(one)))
    names = " ".join(recount.programme.districts[one].name[:SHORT_NAME] for one in late[:NAMED])
    yield from _wrong(found[1], names, "late")


def _red(found: re.Match[str], recount: Recount) -> Iterator[str]:
    one = _called(found[1], recount)
    said = recount.number(one.code, found[2]) if one else None
    yield from _off(found[3], said.value if said else None, found[0])
    yield from _wrong("red", recount.colour(one.code, found[2]) if one else "", found[0])


def _called(name: str, recount: Recount) -> District | None:
    districts = (recount.programme.districts[code] for code in recount.districts)
    return next((one for one in districts if name in (one.name, one.name[:SHORT_NAME])), None)


def _brief(found: re.Match[str], recount: Recount) -> Iterator[str]:
    every = recount.districts
    yield from _wrong(_counts(found), (recount.complete(every), len(every), recount.in_time(every)), "brief")


def _colours(districts: Collection[str]) -> Check:
    def check(found: re.Match[str], recount: Recount) -> Iterator[str]:
        right = tuple(recount.colours(districts or recount.districts, name) for name in ("red", "amber", "green"))
        yield from _wrong(_counts(found), right, "colours")

    return check


def _open_and_closed(found: re.Match[str], recount: Recount) -> Iterator[str]:
    right = recount.alerts(recount.districts)
    yield from _wrong(_counts(found), (right.still, right.closed), "alerts")


def _plans_late(found: re.Match[str], recount: Recount) -> Iterator[str]:
    yield from _wrong(_counts(found), (recount.late_actions(recount.districts),), "plans late")


SHORT: Mapping[str, Check] = {
    r"Digest \w+ \d{4}: reports (\d+)/(\d+), diaries (\d+)/(\d+), plans late (\d+)\.": _digest,
    r"Brief \w+ \d{4}: reports (\d+)/(\d+), in time (\d+)\.": _brief,
    r"In time (\d+)/(\d+)\.": _in_time,
    r"LATE: ([^.]*)\.": _late,
    rf"(?:RED|Worst): (.+?) (\w+) ({NUMBER})\.(?= |$)": _red,
    r"R (\d+) A (\d+) G (\d+)\.": _colours(()),
    r"Alerts (\d+) open, (\d+) closed\.": _open_and_closed,
    r"Plans late (\d+)\.": _plans_late,
}


def _long(text: str, recount: Recount) -> Iterator[str]:
    """Check a whole digest or brief line by line; words of people and what has no figure are passed over."""
    district: District | None = None
    for line in text.splitlines():
        head = re.match(r"— (.+?): (.*)", line)
        if head and (group := next((g for g in recount.programme.groups.values() if g.name == head[1]), None)):
            mine = [code for code in group.districts if code in recount.districts]
            yield from _paragraph(head[2], mine, recount)
        elif head:
            district = _called(head[1], recount)
            yield from _standing(head[2], district, recount)
        elif line[:1] in MARKS and line[1:2] == " ":
            one = _called(line[2:].split(":")[0], recount)
            yield from _one_line(line, one, recount) if one else _row(line, district, recount)
        else:
            yield from _whole(line, recount)
    if district is not None:
        actions = re.findall(r"^• \w+ .*: (?:late, was due|stuck,) ", text, re.MULTILINE)
        yield from _wrong(len(actions), recount.late_actions(recount.districts), "actions listed")


def _standing(words: str, one: District | None, recount: Recount) -> Iterator[str]:
    missing = recount.missing(one.code) if one else []
    in_time = bool(one and recount.in_time([one.code]))
    right = f"missing {' '.join(missing)}" if missing else "complete, in time" if in_time else "complete, late"
    yield from _wrong(words, right, one.name if one else "a district that is not there")


ROW = re.compile(
    rf"(?P<mark>.) (?P<code>\w+) (?P<now>{NUMBER})(?: \((?:(?P<step>better|worse|same))?(?:, )?"
    rf"(?:was (?P<before>{NUMBER}))?(?:, )?(?:wanted (?P<wanted>{NUMBER}))?(?:, )?"
    rf"(?:a year ago (?P<year>{NUMBER}))?(?:, )?(?:others (?P<others>{NUMBER}))?(?:, )?"
    rf"(?:women (?P<women>{NUMBER}), men (?P<men>{NUMBER}))?\))?"
)


def _row(line: str, one: District | None, recount: Recount) -> Iterator[str]:
    found = ROW.fullmatch(line)
    if one is None or found is None:
        yield f"not understood {line!r}"
        return
    code = found["code"]
    for name, back in (("now", 0), ("before", 1), ("year", 12)):
        said = recount.number(one.code, code, back)
        yield from _off(found[name], said.value if said else None, f"{one.name} {code} {name}")
    yield from _off(found["others"], recount.others(one.code, code), f"{one.name} {code} others")
    yield from _off(found["wanted"], recount.wanted(one.code, code), f"{one.name} {code} wanted")
    yield from _wrong(found["step"], recount.step(one.code, code), f"{one.name} {code} step")
    yield from _wrong(MARKS[found["mark"]], recount.colour(one.code, code), f"{one.name} {code} colour")
    yield from _sexes(found, one, recount)


def _sexes(found: re.Match[str], one: District, recount: Recount) -> Iterator[str]:
    by = recount.programme.indicators[found["code"]].by
    said = {sex: recount.number(one.code, by[sex]) for sex in ("women", "men") if sex in by}
    both = len(said) == 2 and all(said.values())
    for sex in ("women", "men"):
        number = said.get(sex) if both else None
        yield from _off(found[sex], number.value if number else None, f"{one.name} {sex}")


def _one_line(line: str, one: District, recount: Recount) -> Iterator[str]:
    """Check a district in one line: what is missing, its red numbers, what is late."""
    missing, late = recount.missing(one.code), recount.late_actions([one.code])
    told = re.search(r"missing ([A-Z0-9 ]+)", line)
    yield from _wrong(told[1].split() if told else [], missing, f"{one.name} missing")
    actions = re.search(r"(\d+) actions? late or stuck", line)
    yield from _wrong(int(actions[1]) if actions else 0, late, f"{one.name} late")
    said = re.findall(rf"[:,] ([A-Z][A-Z0-9]*) ({NUMBER})(?: (better|worse|same))?(?=,|$)", line)
    reds = [code for code in one.indicators if recount.colour(one.code, code) == "red"]
    yield from _wrong([code for code, _now, _step in said], reds, f"{one.name} red")
    for code, now, step in said:
        number = recount.number(one.code, code)
        yield from _off(now, number.value if number else None, f"{one.name} {code}")
        yield from _wrong(step or None, recount.step(one.code, code), f"{one.name} {code} step")


def _paragraph(words: str, districts: list[str], recount: Recount) -> Iterator[str]:
    """Check what a brief says of a group."""
    reports = re.search(r"Reports (\d+) of (\d+), in time (\d+)\.", words)
    right = (recount.complete(districts), len(districts), recount.in_time(districts))
    yield from _wrong(_counts(reports) if reports else (), right, "reports")
    if colours := re.search(r"Red (\d+), amber (\d+), green (\d+)\.", words):
        yield from _colours(districts)(colours, recount)
    if moves := re.search(r"(\d+) better, (\d+) worse\.", words):
        right_moves = tuple(recount.moved(districts, way) for way in ("better", "worse"))
        yield from _wrong(_counts(moves), right_moves, "moves")
    if worst := re.search(rf"Furthest off: (.+?) (\w+) ({NUMBER}), wanted ({NUMBER})\.(?: |$)", words):
        one = _called(worst[1], recount)
        yield from _red(worst, recount)
        yield from _off(worst[4], recount.wanted(one.code, worst[2]) if one else None, "wanted")
    actions = re.search(r"(\d+) actions? late or stuck\.", words)
    yield from _wrong(int(actions[1]) if actions else 0, recount.late_actions(districts), "actions")
    yield from _alerts(words, districts, recount)


def _alerts(words: str, districts: Collection[str], recount: Recount) -> Iterator[str]:
    right = recount.alerts(districts)
    counts = re.search(r"Alerts: (\d+) opened, (\d+) closed, (\d+) open\.", words)
    yield from _wrong(_counts(counts) if counts else (), (right.opened, right.closed, right.still), "alerts")
    took = re.search(r"Half were closed within (\d+) (hour|day)s?\.", words)
    yield from _wrong(took is None, right.half is None, "time to close")
    if took and right.half is not None:
        unit = timedelta(hours=1) if took[2] == "hour" else timedelta(days=1)
        near = abs(int(took[1]) * unit - right.half) <= unit * 0.5 + timedelta(minutes=30)
        yield from _wrong(near, True, f"time to close {took[0]}, is {right.half}")


def _whole(line: str, recount: Recount) -> Iterator[str]:
    """Check a line about all districts."""
    every = recount.districts
    if found := re.fullmatch(r"(\d+) of (\d+) districts? (?:has|have) reported in full\.", line):
        yield from _wrong(_counts(found), (recount.complete(every), len(every)), "reported in full")
    elif found := re.fullmatch(r"By the due day: (\d+) of (\d+)\.", line):
        yield from _wrong(_counts(found), (recount.in_time(every), len(every)), "by the due day")
    elif line.startswith("Alerts: "):
        yield from _alerts(line, every, recount)
    elif found := re.fullmatch(r"\d\. Call .* \((.+)\): (\d+) missing", line):
        one = _called(found[1], recount)
        yield from _wrong(int(found[2]), len(recount.missing(one.code)) if one else None, line)
    elif found := re.fullmatch(rf"\d\. Ask (.+) about (\w+): ({NUMBER}), wanted ({NUMBER})", line):
        yield from _red(found, recount)
        one = _called(found[1], recount)
        yield from _off(found[4], recount.wanted(one.code, found[2]) if one else None, line)
