"""The words of a monthly brief: one segment, and a paragraph for each group."""

from __future__ import annotations

from datetime import timedelta

from domain.briefs import AlertRecord, Brief, GroupBrief
from domain.comparing import Step
from domain.indicators import Colour
from domain.messages import Say
from domain.text import Text, _, ngettext, plain

HOURS_OF_A_DAY = 24


def brief_message(found: Brief, scheme: str) -> Say:
    """Return the brief for a channel: one segment on SMS, all groups on Telegram."""
    if scheme != "tel":
        return Say(brief_long(found))
    return Say(brief_short(found), shorter=(brief_short(found, more=1), brief_short(found, more=0)))


def brief_short(found: Brief, more: int = 2) -> tuple[Text, ...]:
    """Return the brief in one segment: reports, colours, alerts, as many `more` facts as fit, and what to reply."""
    digest, alerts = found.digest, found.alerts
    counts = {colour: sum(group.colours[colour] for group in found.groups) for colour in Colour}
    lines = [
        _(
            "Brief {period}: reports {in_}/{all}, in time {in_time}.",
            period=found.period,
            in_=len(digest.complete),
            all=len(digest.districts),
            in_time=digest.in_time,
        ),
        _(
            "R {red} A {amber} G {green}.",
            red=counts[Colour.RED],
            amber=counts[Colour.AMBER],
            green=counts[Colour.GREEN],
        ),
        _("Alerts {still} open, {closed} closed.", still=alerts.still_open, closed=alerts.closed),
    ]
    facts = [_("Plans late {n}.", n=digest.late_activities)]
    if digest.worst:
        facts.append(
            _(
                "Worst: {district} {code} {value}.",
                district=digest.worst.district[:12],
                code=digest.worst.code,
                value=digest.worst.now,
            )
        )
    return (*lines, *facts[:more], _("Reply 1 late, 2 red, 3 alerts"))


def brief_long(found: Brief) -> tuple[Text, ...]:
    """Return the whole brief: all groups together, then one paragraph for each."""
    return (
        _("Monthly brief, {period}", period=found.period),
        *together(found),
        *(plain("— {name}: {words}", name=group.name, words=paragraph(group)) for group in found.groups),
    )


def together(found: Brief) -> list[Text]:
    """Return what is true of all groups: reports, and alerts with the time they took."""
    digest = found.digest
    return [
        ngettext(
            "{done} of {n} district has reported in full.",
            "{done} of {n} districts have reported in full.",
            len(digest.districts),
            done=len(digest.complete),
        ),
        _("By the due day: {done} of {n}.", done=digest.in_time, n=len(digest.districts)),
        alerts_line(found.alerts),
    ]


def alerts_line(alerts: AlertRecord) -> Text:
    """Return how many alerts opened and closed, how many are open, and how long half of the closed took."""
    counts = _(
        "Alerts: {opened} opened, {closed} closed, {still} open.",
        opened=alerts.opened,
        closed=alerts.closed,
        still=alerts.still_open,
    )
    if alerts.half_within is None:
        return counts
    return plain(
        "{counts} {took}", counts=counts, took=_("Half were closed within {time}.", time=lasted(alerts.half_within))
    )


def lasted(time: timedelta) -> Text:
    """Return a length of time in hours, or in days from two days on."""
    hours = max(round(time.total_seconds() / 3600), 1)
    if hours < 2 * HOURS_OF_A_DAY:
        return ngettext("{n} hour", "{n} hours", hours)
    days = round(hours / HOURS_OF_A_DAY)
    return ngettext("{n} day", "{n} days", days)


def paragraph(group: GroupBrief) -> Text:
    """Return a group's month in one paragraph."""
    sentences = [
        _(
            "Reports {done} of {n}, in time {in_time}.",
            done=group.complete,
            n=len(group.districts),
            in_time=group.in_time,
        )
    ]
    if group.silent:
        sentences.append(_("No number yet."))
    else:
        sentences += [colours_line(group), moves_line(group)]
    if group.worst is not None:
        district, row = group.worst
        sentences.append(
            _(
                "Furthest off: {district} {code} {now}, wanted {wanted}.",
                district=district.name,
                code=row.code,
                now=row.now,
                wanted=row.goal,
            )
        )
    sentences.append(alerts_line(group.alerts))
    if group.late_activities:
        sentences.append(ngettext("{n} action late or stuck.", "{n} actions late or stuck.", group.late_activities))
    return plain(" ".join(f"{{s{n}}}" for n in range(len(sentences))), **{f"s{n}": s for n, s in enumerate(sentences)})


def colours_line(group: GroupBrief) -> Text:
    """Return how many numbers of a group have each colour."""
    counts = group.colours
    return _(
        "Red {red}, amber {amber}, green {green}.",
        red=counts[Colour.RED],
        amber=counts[Colour.AMBER],
        green=counts[Colour.GREEN],
    )


def moves_line(group: GroupBrief) -> Text:
    """Return how many numbers of a group got better or worse."""
    return _(
        "Since the month before {better} better, {worse} worse.",
        better=group.moved(Step.BETTER),
        worse=group.moved(Step.WORSE),
    )
