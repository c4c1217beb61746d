"""The grammar of plan updates: `80%`, `DONE`, `STUCK no fuel`, `DROP why`, `15 DEC`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from conversations.grammar import fold
from conversations.grammar.months import month_number
from conversations.keywords import find_verb
from domain.events import ActivityUpdated
from domain.text import Text, _
from domain.workplans import ActivityStatus

STATUS_WORDS: Mapping[ActivityStatus, frozenset[str]] = {
    ActivityStatus.DONE: frozenset(
        {"done", "complete", "completed", "finished", "imekamilika", "imeisha", "tayari", "hecho", "listo"}
        | {"terminado", "completado", "fait", "faite", "termine", "terminee", "fini"}
    ),
    ActivityStatus.STUCK: frozenset(
        {"stuck", "blocked", "imekwama", "kwama", "atascado", "atascada", "bloqueado", "bloqueada", "bloque", "bloquee"}
    ),
    ActivityStatus.LATE: frozenset(
        {"late", "delayed", "behind", "imechelewa", "kuchelewa", "retrasado", "retrasada", "atrasado", "atrasada"}
        | {"retard", "retarde", "enretard"}
    ),
    ActivityStatus.MODIFIED: frozenset(
        {"changed", "modified", "adapted", "imebadilika", "imebadilishwa", "cambiado", "cambiada", "modificado"}
        | {"modificada", "adaptado", "change", "modifie", "adapte"}
    ),
    ActivityStatus.DROPPED: frozenset(
        {"drop", "dropped", "imefutwa", "futa", "imeachwa", "abandonar", "abandonado", "dejar", "abandonne"}
        | {"abandonnee", "abandonner", "abandon"}
    ),
    ActivityStatus.ON_TRACK: frozenset(
        {"ontrack", "going", "started", "inaendelea", "imeanza", "encurso", "empezado", "encours", "commence"}
    ),
}
_TWO_WORDS = {"on track": "ontrack", "en curso": "encurso", "en cours": "encours", "en retard": "enretard"}
EXAMPLE = _("E.g. P2 40%, P2 DONE, P2 STUCK why or P2 15 DEC.")
_JOINED = frozenset({"", "and", "na", "y", "et"})
_LEADING = frozenset({"is", "now", "at", "ni", "sasa", "es", "esta", "va", "est", "a"})
_NOT_QUITE = frozenset({"not", "no", "almost", "nearly", "half", "partly", "bado", "nusu", "casi", "pas", "presque"})
_PERCENT = re.compile(r"(\d{1,3})\s*(?:%|percent|per cent|pct|por ciento|pour cent|asilimia)?(?: (?:done|complete))?")
PLAN_LINE = re.compile(r"(?i)\bp\s?(\d{1,2})\b[\s:=.,-]*")


class ProgressUnclear(Exception):
    """A plan update that cannot be read; `hint` shows what would be."""

    def __init__(self, hint: Text) -> None:
        super().__init__(hint.msgid)
        self.hint = hint


def plan_parts(text: str) -> list[tuple[str, str]]:
    """Split `P1 80% P2 STUCK no fuel` into [("P1", "80%"), ("P2", "STUCK no fuel")]; [] if it is no plan update.

    Of `P1 and P2 DONE` both are done.
    """
    found = list(PLAN_LINE.finditer(text))
    if not found or text[: found[0].start()].strip():
        return []
    ends = [m.start() for m in found[1:]] + [len(text)]
    parts: list[tuple[str, str]] = []
    said = ""
    for match, end in reversed(list(zip(found, ends, strict=True))):
        words = text[match.end() : end].strip(" ,;&\n")
        said = said if said and fold(words) in _JOINED else words
        parts.insert(0, (f"P{int(match[1])}", said))
    return parts


def read_progress(district: str, key: str, words: str, today: date) -> ActivityUpdated:
    """Read how an activity stands.

    `today` is the local date, which decides the year of a date without one. Raises ProgressUnclear with an example.
    """
    words = _without_links(words)
    if not words:
        raise ProgressUnclear(EXAMPLE)
    if (percent := _percent(words)) is not None:
        return _moved(district, key, percent)
    status, reason = _status(words)
    if status is ActivityStatus.DONE and _NOT_QUITE & set(fold(reason or "").split()):
        raise ProgressUnclear(EXAMPLE)
    if status is ActivityStatus.DONE:
        return ActivityUpdated(district, key, status, 100, reason)
    if status is not None:
        return ActivityUpdated(district, key, status, None, reason)
    if (day := read_day(words, today)) is not None:
        return ActivityUpdated(district, key, due_on=day)
    raise ProgressUnclear(EXAMPLE)


def wants_help(words: str) -> bool:
    """Whether words on an activity call for help: `HELP need fuel`. HELP alone asks how an update is written."""
    found = find_verb(words)
    return found is not None and (found[0] == "human" or (found[0] == "help" and bool(found[1])))


def _without_links(words: str) -> str:
    """Leave out what only leads to the news: `is done`, `now at 40%`."""
    parts = words.split(" ")
    while len(parts) > 1 and fold(parts[0]) in _LEADING | {""}:
        parts = parts[1:]
    return " ".join(parts).strip()


def _moved(district: str, key: str, percent: int) -> ActivityUpdated:
    if not 0 <= percent <= 100:
        raise ProgressUnclear(_("Progress is 0% to 100%, e.g. {key} 40%.", key=key))
    status = ActivityStatus.DONE if percent == 100 else ActivityStatus.ON_TRACK
    return ActivityUpdated(district, key, status, percent)


def _percent(words: str) -> int | None:
    match = _PERCENT.fullmatch(fold(words).strip())
    return int(match[1]) if match else None


def _status(words: str) -> tuple[ActivityStatus | None, str | None]:
    parts = words.split()
    folded = [fold(part).strip(".,:;!") for part in parts]
    first, taken = folded[0], 1
    if joined := _TWO_WORDS.get(" ".join(folded[:2])):
        first, taken = joined, 2
    for status, known in STATUS_WORDS.items():
        if first in known:
            return status, " ".join(parts[taken:]).lstrip("-:,. ") or None
    return None, None


def read_day(words: str, today: date) -> date | None:
    """Read `15 DEC`, `15/12`, `15 Desemba 2026` or `2026-12-15`: the next such day from `today`; None if no date."""
    folded = fold(words).replace(" de ", " ")
    if match := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", folded):
        return _day(int(match[1]), int(match[2]), int(match[3]))
    match = re.fullmatch(r"(\d{1,2})[\s./-]+([a-z]+|\d{1,2})\.?(?:[\s./-]+(\d{4}))?", folded)
    if not match:
        return None
    month = int(match[2]) if match[2].isdigit() else month_number(match[2])
    if month is None:
        return None
    if match[3]:
        return _day(int(match[3]), month, int(match[1]))
    day = _day(today.year, month, int(match[1]))
    return day if day is None or day >= today else _day(today.year + 1, month, int(match[1]))


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
