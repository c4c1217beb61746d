"""What an alert says is wrong: in one short sentence, and in two or three words for a list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from domain.alerts import Alert, Cause, Raise
from domain.measures import Measure
from domain.periods import ReportingPeriod
from domain.programme import Programme
from domain.text import Text, _, ngettext, plain


def headline(alert: Alert | Raise, programme: Programme) -> Text:
    """Return what is wrong, in one short sentence."""
    return SENTENCES[alert.cause](programme.districts[alert.district].name, alert.evidence, programme)


def brief(alert: Alert | Raise, programme: Programme) -> Text:
    """Return what is wrong in two or three words, for a list in an SMS."""
    return WORDS[alert.cause](programme.districts[alert.district].name, alert.evidence)


def _measure(evidence: Mapping[str, str], programme: Programme) -> Measure | str:
    indicator = programme.indicators.get(evidence["code"])
    return Measure(float(evidence["value"]), indicator.unit) if indicator and evidence["value"] else evidence["value"]


def _beyond_limit(district: str, evidence: Mapping[str, str], programme: Programme) -> Text:
    return _(
        "{district} {code} {value} in {period} (limit {limit})",
        district=district,
        code=evidence["code"],
        value=_measure(evidence, programme),
        period=ReportingPeriod.parse(evidence["period"]),
        limit=evidence["limit"],
    )


def _overdue(district: str, evidence: Mapping[str, str], programme: Programme) -> Text:
    return _(
        "{district} report {period} not in, missing {codes}",
        district=district,
        period=ReportingPeriod.parse(evidence["period"]),
        codes=evidence["missing"],
    )


def _off_track(district: str, evidence: Mapping[str, str], programme: Programme) -> Text:
    return ngettext(
        "{district} {code} red for {n} month, now {value} (wanted {wanted})",
        "{district} {code} red for {n} months, now {value} (wanted {wanted})",
        int(evidence["months"]),
        district=district,
        code=evidence["code"],
        value=_measure(evidence, programme),
        wanted=float(evidence["wanted"]),
    )


def _stuck(district: str, evidence: Mapping[str, str], programme: Programme) -> Text:
    return _(
        "{district} {activity} is stuck: {reason}",
        district=district,
        activity=evidence["activity"],
        reason=evidence["reason"] or plain("-"),
    )


def _activity_late(district: str, evidence: Mapping[str, str], programme: Programme) -> Text:
    return _(
        "{district} {activity} {title} is late, was due {day:short}",
        district=district,
        activity=evidence["activity"],
        title=evidence["title"],
        day=date.fromisoformat(evidence["due"]),
    )


def _diary_silent(district: str, evidence: Mapping[str, str], programme: Programme) -> Text:
    return ngettext(
        "{district} has no diary for {n} month, since {period}",
        "{district} has no diary for {n} months, since {period}",
        int(evidence["months"]),
        district=district,
        period=ReportingPeriod.parse(evidence["period"]),
    )


def _unreachable(district: str, evidence: Mapping[str, str], programme: Programme) -> Text:
    return _("nobody in {district} can be reached: {names}", district=district, names=evidence["names"])


def _unverified(district: str, evidence: Mapping[str, str], programme: Programme) -> Text:
    return ngettext(
        "{district} has {n} doubtful value to check: {code} {value} {period}",
        "{district} has {n} doubtful values to check, first {code} {value} {period}",
        int(evidence["count"]),
        district=district,
        code=evidence["code"],
        value=_measure(evidence, programme),
        period=ReportingPeriod.parse(evidence["period"]),
    )


def _partner_silent(district: str, evidence: Mapping[str, str], programme: Programme) -> Text:
    return _(
        "{name} ({district}) has said nothing of {activities} since {day:short}",
        name=evidence["name"],
        district=district,
        activities=evidence["activities"],
        day=date.fromisoformat(evidence["since"]),
    )


def _harm(district: str, evidence: Mapping[str, str], programme: Programme) -> Text:
    return _(
        "{name} ({district}) fears harm: {words}", name=evidence["name"], district=district, words=evidence["words"]
    )


SENTENCES: Mapping[Cause, Callable[[str, Mapping[str, str], Programme], Text]] = {
    Cause.BEYOND_LIMIT: _beyond_limit,
    Cause.OVERDUE: _overdue,
    Cause.OFF_TRACK: _off_track,
    Cause.STUCK: _stuck,
    Cause.ACTIVITY_LATE: _activity_late,
    Cause.DIARY_SILENT: _diary_silent,
    Cause.UNREACHABLE: _unreachable,
    Cause.UNVERIFIED: _unverified,
    Cause.PARTNER_SILENT: _partner_silent,
    Cause.HARM: _harm,
}

WORDS: Mapping[Cause, Callable[[str, Mapping[str, str]], Text]] = {
    Cause.BEYOND_LIMIT: lambda d, e: plain("{district} {code} {value}", district=d, code=e["code"], value=e["value"]),
    Cause.OVERDUE: lambda d, e: _("{district} no report", district=d),
    Cause.OFF_TRACK: lambda d, e: _("{district} {code} red", district=d, code=e["code"]),
    Cause.STUCK: lambda d, e: _("{district} {activity} stuck", district=d, activity=e["activity"]),
    Cause.ACTIVITY_LATE: lambda d, e: _("{district} {activity} late", district=d, activity=e["activity"]),
    Cause.DIARY_SILENT: lambda d, e: _("{district} no diary", district=d),
    Cause.UNREACHABLE: lambda d, e: _("{district} unreachable", district=d),
    Cause.UNVERIFIED: lambda d, e: _("{district} unchecked", district=d),
    Cause.PARTNER_SILENT: lambda d, e: _("{district} partner silent", district=d),
    Cause.HARM: lambda d, e: _("{district} harm", district=d),
}
