"""The action plan: `PLAN` lists it, `P2 STUCK no fuel` updates it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from conversations.flows.absence import here_first
from conversations.flows.account import call_for_help
from conversations.progress import ProgressUnclear, plan_parts, read_progress, wants_help
from conversations.situation import Situation
from conversations.turn import Tell, Turn, say
from conversations.verbs import Request
from domain.events import ActivityUpdated, Event
from domain.text import Text, _, plain
from domain.workplans import SHORT_TITLE, Activity, ActivityStatus

LONG = 60  # characters of an activity's title in a list on Telegram
UPDATED_TITLE = 30  # characters of it where progress was taken

STATUS_NAMES = {
    ActivityStatus.PLANNED: _("not started"),
    ActivityStatus.ON_TRACK: _("on track"),
    ActivityStatus.LATE: _("late"),
    ActivityStatus.STUCK: _("stuck"),
    ActivityStatus.MODIFIED: _("changed"),
    ActivityStatus.DONE: _("done"),
    ActivityStatus.DROPPED: _("dropped"),
}

NOTED = {
    ActivityStatus.DROPPED: _("{key} {title} dropped, the reason is kept as learning. Dropping is not failure."),
    ActivityStatus.MODIFIED: _(
        "{key} {title} noted as changed, with your words as the reason. Changing a plan is learning."
    ),
    ActivityStatus.DONE: _("{key} {title} DONE. Well done."),
}
"""What is said of an update after which nothing is asked and nobody is told."""

NO_REASON = {
    ActivityStatus.DROPPED: _(
        "{key} {title} dropped, no reason given. To add it send e.g. {key} DROP the forms never came."
        " Dropping is not failure."
    ),
    ActivityStatus.MODIFIED: _(
        "{key} {title} noted as changed, no reason given. To add it send e.g. {key} CHANGED rosters by phone now."
    ),
}
"""The same where no words came with it, which are what is learned."""


def show(request: Request) -> Turn:
    """List the activities with how far each is, late ones marked."""
    situation = request.situation
    if not situation.plan:
        return Turn("plan", situation.conversation, "receipt", say(_("No plan is on record for you yet.")))
    rows = tuple(activity_line(a, situation) for a in situation.plan)
    line = _("Plan: {rows}.", rows=rows)
    return Turn("plan", situation.conversation, "receipt", say(line, extra=(_("Update: P2 40% or P2 STUCK why"),)))


def activity_line(activity: Activity, situation: Situation) -> Text:
    """Name one activity and how it stands, short enough for a list."""
    title = activity.called(SHORT_TITLE if situation.scheme == "tel" else LONG)
    if not activity.open:
        return plain("{key} {title} {status}", key=activity.key, title=title, status=STATUS_NAMES[activity.status])
    how = STATUS_NAMES[activity.status] if activity.status is ActivityStatus.STUCK else f"{activity.percent}%"
    if activity.late(situation.today):
        return _("{key} {title} {how} LATE {day:short}", key=activity.key, title=title, how=how, day=activity.due_on)
    return _("{key} {title} {how} due {day:short}", key=activity.key, title=title, how=how, day=activity.due_on)


def update(request: Request) -> Turn:
    """Take progress on one or several activities, and calls for help with them."""
    situation = request.situation
    by_key = {a.key: a for a in situation.plan}
    lines: list[Text] = []
    events: list[Event] = []
    calls: list[str] = []
    unclear = False
    for key, words in plan_parts(request.text):
        activity = by_key.get(key)
        if activity is None:
            unclear = True
            lines.append(_("{key} is not in your plan. PLAN shows it.", key=key))
            continue
        if wants_help(words):
            calls.append(f"{key} {words}")
            continue
        try:
            event = read_progress(activity.district, key, words, situation.today)
        except ProgressUnclear as problem:
            unclear = True
            lines += [_("{key} was not understood.", key=key), problem.hint]
            continue
        events.append(event)
        lines += updated_lines(activity, event, situation)
    reply = "question" if unclear else "receipt"
    tells: tuple[Tell, ...] = ()
    if calls:
        said, call, tells = call_for_help(" ".join(calls), situation)
        lines += said
        events.append(call)
    return Turn("plan", situation.conversation, reply, say(*lines), tuple(events), tells)


def updated_lines(activity: Activity, event: ActivityUpdated, situation: Situation) -> list[Text]:
    """Say what an update changed; being stuck or dropping something is never a failure."""
    named = {"key": activity.key, "title": activity.called(UPDATED_TITLE)}
    if event.due_on is not None:
        return [_("{key} {title} now due {day} (was {old}).", **named, day=event.due_on, old=activity.due_on)]
    if event.status is ActivityStatus.STUCK:
        return [_stuck_line(event.reason, named), _who_is_told(situation)]
    if event.status is ActivityStatus.LATE:
        until_when = _("When will it be done? E.g. {key} {day:short}", key=activity.key, day=_later_date(situation))
        return [_("{key} {title} noted as late.", **named), until_when]
    if event.status in NO_REASON and not event.reason:
        return [replace(NO_REASON[event.status], params=named)]
    if event.status in NOTED:
        return [replace(NOTED[event.status], params=named)]
    return [_progress_line(activity, event.percent, named)]


def _stuck_line(reason: str | None, named: dict[str, str]) -> Text:
    if reason:
        return _("{key} {title} marked STUCK ({reason}).", **named, reason=reason)
    return _("{key} {title} marked STUCK.", **named)


def _progress_line(activity: Activity, percent: int | None, named: dict[str, str]) -> Text:
    if percent is None:
        return _("{key} {title} on track. Thanks.", **named)
    step = {"old": activity.percent, "new": percent, "day": activity.due_on}
    return _("{key} {title} {old}% to {new}%, due {day}. Thanks.", **named, **step)


def _who_is_told(situation: Situation) -> Text:
    """Say who hears of an activity that is stuck; whoever looks after a facilitator's alerts, while they are away."""
    if not situation.helpers:
        return _("Your facilitator is told.")
    first = here_first(situation.helpers, situation.today)[0]
    if first.is_away(situation.today):
        return _("{name} is on leave; the next in line is told.", name=first.name)
    return _("{name} is told.", name=first.name)


def _later_date(situation: Situation) -> date:
    """Return a date to show in an example: the end of next month."""
    following = situation.period.next().next().next().first_day
    return following - timedelta(days=1)
