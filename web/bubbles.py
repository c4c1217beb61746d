"""A thread as the bubbles that a phone shows: plain data, ready for JSON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot import gsm7
from bot.render import Voice
from domain.messages import InboundKind
from domain.periods import local
from storage.phones import Arrived, Written
from web import words

PAGE_LANGUAGE = "en"


@dataclass(slots=True)
class Bubble:
    """One message on a phone."""

    id: str
    ours: bool
    text: str
    day: str
    time: str
    kind: str = ""
    cost: str = ""
    provider_id: str = ""
    edited: bool = False
    kept: bool = True
    picture: str = ""
    buttons: list[dict[str, Any]] = field(default_factory=list)


def bubbles(thread: Iterable[Written | Arrived], scheme: str, timezone: str) -> list[Bubble]:
    """Return a thread as bubbles: edits shown in the message they change, presses on their button."""
    voice = Voice(PAGE_LANGUAGE, timezone)
    shown: list[Bubble] = []
    for one in thread:
        match one:
            case Arrived():
                shown.append(_ours(one, scheme, voice))
            case Written(kind=InboundKind.BUTTON):
                _press(shown, f"v1:{one.ticket}:{one.text}")
            case Written(kind=InboundKind.EDIT):
                _edit(shown, one)
            case Written(kind=InboundKind.MESSAGE):
                shown.append(_theirs(one, scheme, voice))
    return shown


def _ours(one: Arrived, scheme: str, voice: Voice) -> Bubble:
    return Bubble(
        id=f"o{one.id}",
        ours=True,
        text=one.text,
        day=day_of(one.at, voice),
        time=voice.shown(one.at),
        kind=one.kind,
        cost=cost_of(one.text, voice) if scheme == "tel" else "",
        picture=f"/demo/picture/{one.id}" if one.has_picture else "",
        buttons=[{"label": label, "data": data, "pressed": False} for label, data in one.buttons],
    )


def _theirs(one: Written, scheme: str, voice: Voice) -> Bubble:
    return Bubble(
        id=f"i{one.id}",
        ours=False,
        text=one.text,
        day=day_of(one.at, voice),
        time=voice.shown(one.at),
        cost=cost_of(one.text, voice) if scheme == "tel" and one.kept else "",
        provider_id=one.provider_id,
        kept=one.kept,
    )


def _press(shown: list[Bubble], data: str) -> None:
    for bubble in reversed(shown):
        for button in bubble.buttons:
            if button["data"] == data:
                button["pressed"] = True
                return


def _edit(shown: list[Bubble], edit: Written) -> None:
    for bubble in shown:
        if bubble.provider_id == edit.edit_of:
            bubble.text, bubble.edited = edit.text, True


def cost_of(text: str, voice: Voice) -> str:
    """Return what an SMS costs, in words: characters used, of how many, and segments."""
    segments = gsm7.segments(text)
    if gsm7.is_gsm7(text):
        used, single, part = gsm7.septets(text), gsm7.SINGLE, gsm7.PART
    else:
        used, single, part = len(text.encode("utf-16-le")) // 2, gsm7.SINGLE_UCS2, gsm7.PART_UCS2
    return voice.words(words.cost(used, single if segments == 1 else part * segments, segments))


def day_of(at: datetime, voice: Voice) -> str:
    """Return the day of a moment where the reader is, in words."""
    return voice.shown(local(at, voice.timezone).date())
