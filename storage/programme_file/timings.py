"""The sections of a programme file about time: when things go, how late they may be, how long somebody has."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Literal

from pydantic import Field

from domain.people import Role
from domain.programme import WhenLate
from storage.programme_file.fields import Hour
from storage.programme_file.section import Eg, Section

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class RungEntry(Section):
    """One step of the reminders."""

    step: Annotated[Literal["prompt", "nudge", "late_list", "overdue"], Eg("step: nudge")]
    working_day: Annotated[int, Field(ge=1, le=20), Eg("working_day: 3")]
    at: Annotated[Hour, Eg('at: "14:00"')]
    when_late: Annotated[WhenLate, Eg("when_late: skip")] = WhenLate.SEND
    grace_hours: Annotated[int, Field(ge=1, le=720), Eg("grace_hours: 48")] = 48
    first_months: Annotated[int | None, Field(ge=1, le=24), Eg("first_months: 2")] = None


DEFAULT_REMINDERS = tuple(
    RungEntry.model_validate({"step": step, "working_day": day, "at": at})
    for step, day, at in (
        ("prompt", 1, "14:00"),
        ("nudge", 3, "14:00"),
        ("nudge", 5, "14:00"),
        ("late_list", 6, "08:00"),
        ("overdue", 9, "09:00"),
    )
)


class AlertsEntry(Section):
    """Who hears of an alert, and how long each has."""

    steps: Annotated[tuple[Role, ...], Field(min_length=1), Eg("steps: [facilitator, manager]")] = (
        Role.FACILITATOR,
        Role.MANAGER,
    )
    acknowledge_hours: Annotated[int, Field(ge=1, le=720), Eg("acknowledge_hours: 24")] = 24
    outcome_days: Annotated[int, Field(ge=1, le=90), Eg("outcome_days: 7")] = 7
    at: Annotated[Hour, Eg('at: "09:00"')] = time(9)
    off_track_months: Annotated[int, Field(ge=1, le=12), Eg("off_track_months: 3")] = 3
    activity_late_days: Annotated[int, Field(ge=1, le=365), Eg("activity_late_days: 14")] = 14
    diary_silent_months: Annotated[int, Field(ge=1, le=12), Eg("diary_silent_months: 2")] = 2
    unverified_days: Annotated[int, Field(ge=1, le=180), Eg("unverified_days: 14")] = 14
    partner_silent_days: Annotated[int, Field(ge=7, le=365), Eg("partner_silent_days: 40")] = 40


class QuietEntry(Section):
    """Hours without unasked messages."""

    starts: Annotated[Hour, Eg('starts: "19:00"')] = time(19)
    ends: Annotated[Hour, Eg('ends: "07:00"')] = time(7)


class DigestEntry(Section):
    """When the weekly digest goes."""

    weekday: Annotated[
        Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"], Eg("weekday: monday")
    ] = "monday"
    at: Annotated[Hour, Eg('at: "08:00"')] = time(8)


class LateEntry(Section):
    """What happens to one kind of message whose hour was missed."""

    when_late: Annotated[WhenLate, Eg("when_late: skip")] = WhenLate.SEND
    grace_hours: Annotated[int | None, Field(ge=1, le=720), Eg("grace_hours: 48")] = None


class LatenessEntry(Section):
    """The kinds of messages that go by the calendar, beside the steps of the reminders."""

    digest: Annotated[LateEntry, Eg("digest: {when_late: merge}")] = LateEntry()
    brief: Annotated[LateEntry, Eg("brief: {grace_hours: 48}")] = LateEntry()
    pack: Annotated[LateEntry, Eg("pack: {grace_hours: 120}")] = LateEntry()
    visit: Annotated[LateEntry, Eg("visit: {when_late: skip}")] = LateEntry()
