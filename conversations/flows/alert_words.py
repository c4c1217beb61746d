"""The words of alerts that come unasked: one, several at once, and those that the facts have closed."""

from __future__ import annotations

from collections.abc import Sequence

from conversations.turn import say
from domain.alerts import Alert
from domain.headlines import brief, headline
from domain.messages import Option, Say
from domain.programme import Programme
from domain.text import Text, _, ngettext, plain

MOST_BUTTONS = 6  # under one message


def message(alert: Alert, programme: Programme) -> Say:
    """Return the words and buttons that an alert is sent with."""
    lines = [_("ALERT {ref}: {what}.", ref=alert.ref, what=headline(alert, programme))]
    if alert.evidence.get("skipped"):
        lines.append(_("Could not be reached: {names}.", names=alert.evidence["skipped"]))
    if alert.evidence.get("away"):
        lines.append(_("On leave: {names}.", names=alert.evidence["away"]))
    ref = alert.ref
    options = (
        Option(f"ACK {ref}", _("I take it")),
        Option(f"SNOOZE {ref} 1", _("Tomorrow")),
        Option(f"CLOSE {ref}", _("Close it")),
    )
    how = _("Reply ACK {ref}, SNOOZE {ref} 2 or CLOSE {ref} outcome.", ref=ref)
    return Say(tuple(lines), (how,), options, numbered=False)


def bundle(heard: Sequence[Alert], programme: Programme) -> Say:
    """Return several alerts as one message: a line each on Telegram, as many as fit one SMS."""
    head = ngettext("{n} alert:", "{n} alerts:", len(heard))
    rows = [plain("{ref} {what}.", ref=a.ref, what=headline(a, programme)) for a in heard]
    names = ", ".join(dict.fromkeys(a.evidence["skipped"] for a in heard if a.evidence.get("skipped")))
    skipped = (_("Could not be reached: {names}.", names=names),) if names else ()
    how = _("ALERTS lists them, ACK {ref} takes one.", ref=heard[0].ref)
    options = tuple(Option(f"ACK {a.ref}", _("I take {ref}", ref=a.ref)) for a in heard[:MOST_BUTTONS])
    shorter = tuple(_shorter(heard, count, programme) for count in range(len(heard), 0, -1))
    return Say((head, *rows, *skipped), (how,), options, numbered=False, shorter=shorter)


def _shorter(heard: Sequence[Alert], count: int, programme: Programme) -> tuple[Text, ...]:
    rows = tuple(plain("{ref} {what}", ref=a.ref, what=brief(a, programme)) for a in heard[:count])
    more = f" +{len(heard) - count}" if count < len(heard) else ""
    return (
        ngettext("{n} alert: {rows}{more}.", "{n} alerts: {rows}{more}.", len(heard), rows=rows, more=more),
        _("ALERTS lists them, ACK {ref} takes one.", ref=heard[0].ref),
    )


def settled(over: Sequence[Alert], programme: Programme) -> Say:
    """Return the news that alerts were closed by the facts."""
    if len(over) == 1:
        return say(_("{ref} is closed by the facts: {what}.", ref=over[0].ref, what=headline(over[0], programme)))
    rows = tuple(plain("{ref} {what}", ref=a.ref, what=headline(a, programme)) for a in over)
    short = tuple(plain("{ref} {what}", ref=a.ref, what=brief(a, programme)) for a in over)
    bare = tuple(a.ref for a in over)
    line, *shorter = (_("Closed by the facts: {rows}.", rows=listed) for listed in (rows, short, bare))
    return say(line, shorter=tuple((text,) for text in shorter))
