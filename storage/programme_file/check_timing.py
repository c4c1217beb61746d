"""Reminders and alerts: the ladder is in order, and alerts go to people who can act."""

from __future__ import annotations

from collections.abc import Iterator

from domain.people import REPORTERS
from storage.programme_file.draft import Draft
from storage.programme_file.reading import Finding


def reminders(draft: Draft) -> Iterator[Finding]:
    """Somebody is asked before anybody is reminded, and no step stands twice."""
    rungs = draft.file.reminders
    prompt = min((rung.working_day for rung in rungs if rung.step == "prompt"), default=None)
    if prompt is None:
        yield Finding(("reminders",), "has no prompt, so nobody would be asked")
    elif all(rung.first_months for rung in rungs if rung.step == "prompt"):
        yield Finding(("reminders",), "has no prompt after the first months, so nobody would be asked then")
    for index, rung in enumerate(rungs):
        at = ("reminders", index)
        if any((rung.step, rung.working_day) == (other.step, other.working_day) for other in rungs[:index]):
            yield Finding(at, f"is a second {rung.step} on working day {rung.working_day}", example="working_day: 7")
        if prompt is not None and rung.working_day < prompt:
            what = f"{rung.working_day} comes before the prompt, on working day {prompt}"
            yield Finding((*at, "working_day"), what, example=f"working_day: {prompt + 2}")


def deadline(draft: Draft) -> Iterator[Finding]:
    """Nobody is called late while a report would still be in time."""
    due = draft.about.due_working_day if draft.about else 0
    for index, rung in enumerate(draft.file.reminders):
        if rung.step in ("late_list", "overdue") and rung.working_day <= due:
            what = f"{rung.working_day} is not after working day {due}, until which a report is in time"
            yield Finding(("reminders", index, "working_day"), what, example=f"working_day: {due + 1}")


def alerts(draft: Draft) -> Iterator[Finding]:
    """An alert climbs from one role to another, each of which may own it."""
    steps = draft.file.alerts.steps
    for index, role in enumerate(steps):
        if role in REPORTERS:
            yield Finding(("alerts", "steps", index), f'"{role}" cannot own an alert; facilitators and managers can')
        elif role in steps[:index]:
            yield Finding(("alerts", "steps", index), f'"{role}" is listed twice')
