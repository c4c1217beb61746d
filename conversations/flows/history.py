"""`HISTORY ANC1`: what a value was and is, who said so, when, why, and by which message."""

from __future__ import annotations

from datetime import date, datetime

from conversations.flows.account import help_line
from conversations.flows.correcting import named_district
from conversations.grammar import fold, read_period
from conversations.grammar.reading import Refuse
from conversations.places import split_district
from conversations.receipts import detailed
from conversations.situation import Situation
from conversations.turn import Turn, say
from conversations.verbs import Request, Route
from domain.events import Check, ValueStatus
from domain.messages import Say
from domain.people import REPORTERS
from domain.periods import local
from domain.programme import District
from domain.text import Text, _, clipped, plain
from domain.values import Checked, Trail, Version

WHICH = _("Which district? Yours: {names}. Send e.g. HISTORY {district} {code}")
ON_SMS = 2  # versions that fit one segment whatever they hold
LONGEST_REASON = 16  # characters of a reason on SMS
STATES = {
    ValueStatus.PENDING: _("waits for a yes"),
    ValueStatus.NOT_AVAILABLE: _("no data"),
    ValueStatus.WITHDRAWN: _("taken back"),
}
CHECKS = {
    Check.VERIFIED: _("accepted it"),
    Check.QUERIED: _("asked"),
    Check.ANSWERED: _("answered"),
    Check.HELD: _("holds it"),
    Check.DENIED: _("called it wrong"),
}


def history_route(words: str, text: str, situation: Situation) -> Route:
    """Return the route of a question about one value; what it names decides what is loaded."""
    district, rest, wrong = _district(words, situation)
    if district is None:
        return Route(frozenset(), lambda s: _asked(s, wrong))
    code, _space, month = rest.strip().partition(" ")
    code = fold(code).upper().strip(" .,:")
    if code not in situation.programme.indicators:
        line = _("Send HISTORY and a code: {codes}.", codes=" ".join(district.indicators))
        return Route(frozenset(), lambda s: _asked(s, line))
    period = read_period(month, situation.expected()) if month.strip() else None
    if isinstance(period, Refuse) or (month.strip() and not period):
        line = _("Which month? Send e.g. HISTORY {code} {month}", code=code, month=str(situation.period))
        return Route(frozenset(), lambda s: _asked(s, line))
    chosen = period[0] if isinstance(period, tuple) else period
    needs = frozenset({f"trail {district.code} {code} {chosen or ''}"})
    return Route(needs, lambda s: history(Request(rest, text, s)))


def _asked(situation: Situation, line: Text) -> Turn:
    return Turn("history", situation.conversation, "question", say(line))


def _district(words: str, situation: Situation) -> tuple[District | None, str, Text]:
    if situation.contact.role not in REPORTERS:
        return named_district(words, situation, WHICH)
    if not situation.contact.reports:
        return None, words, help_line(situation)
    found, rest = split_district(words, situation.programme)
    own = situation.district
    if found and own not in found:
        return None, rest, _("You see the values of {district} only.", district=own.name)
    return own, rest, plain("")


def history(request: Request) -> Turn:
    """Show the trail of a value, newest first: all of it on Telegram, the last versions in one SMS."""
    situation = request.situation
    trail = situation.trail
    if trail is None or not trail.versions:
        code, period = (trail.code, trail.period) if trail else ("", situation.period)
        line = _("Nothing is on record for {code} {period}.", code=code, period=period)
        return Turn("history", situation.conversation, "receipt", say(line))
    message = _short(trail, situation) if situation.scheme == "tel" else _whole(trail, situation)
    return Turn("history", situation.conversation, "receipt", message)


def _short(trail: Trail, situation: Situation) -> Say:
    versions = trail.versions[:ON_SMS]
    rows = tuple(_version(v, trail, situation, LONGEST_REASON) for v in versions)
    more = tuple(_version(v, trail, situation, LONGEST_REASON) for v in trail.versions[ON_SMS:])
    found = tuple(_checked(c, situation, LONGEST_REASON) for c in trail.checks[:1])
    return say(_head(trail, situation), *rows, extra=(*found, *more))


def _whole(trail: Trail, situation: Situation) -> Say:
    steps = [(v.at, v.number, _version(v, trail, situation)) for v in trail.versions]
    steps += [(c.at, c.version, _checked(c, situation)) for c in trail.checks]
    steps.sort(key=lambda step: step[:2], reverse=True)
    return say(_head(trail, situation), *(row for _at, _version_number, row in steps))


def _head(trail: Trail, situation: Situation) -> Text:
    name = situation.programme.districts[trail.district].name
    return plain("{name} {code} {period}:", name=clipped(name, 12), code=trail.code, period=trail.period)


def _version(version: Version, trail: Trail, situation: Situation, longest: int | None = None) -> Text:
    denied = any(c.version == version.number and c.check is Check.DENIED for c in trail.checks)
    what = _state(version, waits=version is trail.versions[0] and not denied)
    if version.who is None:
        return plain("{n}. {what} {who}", n=version.number, what=what, who=_("programme file"))
    return plain(
        "{n}. {what} {who} {day:short} R{ref}{reason}",
        n=version.number,
        what=what,
        who=clipped(version.who, 12) if longest else version.who,
        day=_day(version.at, situation),
        ref=version.ref,
        reason=_quoted(version.reason, longest),
    )


def _state(version: Version, waits: bool) -> Text:
    if version.measure is None:
        return STATES[version.status]
    value = detailed(version.measure)
    if version.flagged:
        return _("{value}, confirmed though unusual,", value=value)
    if version.status is ValueStatus.PENDING:
        state = STATES[version.status] if waits else _("not counted")
        return plain("{value}, {state},", value=value, state=state)
    return value


def _checked(checked: Checked, situation: Situation, longest: int | None = None) -> Text:
    return plain(
        "{day:short} {who} {what}{words}",
        day=_day(checked.at, situation),
        who=clipped(checked.who or "", 12) if longest else checked.who,
        what=CHECKS[checked.check],
        words=_quoted(checked.words, longest),
    )


def _quoted(words: str | None, longest: int | None) -> str:
    if not words:
        return ""
    return f' "{clipped(words, longest) if longest else words}"'


def _day(at: datetime, situation: Situation) -> date:
    return local(at, situation.contact.timezone).date()
