"""Every word of the demo page, as catalogue entries."""

from __future__ import annotations

from collections.abc import Mapping

from domain.people import Role
from domain.text import Text, _, ngettext, plain

PAGE: Mapping[str, Text] = {
    "title": _("Kumbusha demo"),
    "tagline": _("Reminds, listens, sums up, raises the alarm: by SMS and Telegram."),
    "intro": _(
        "This is a whole programme on one page: district teams on the left, their phones in the middle, what their "
        "facilitators and managers hear of it on the right. People and places are invented, and nothing leaves this "
        "machine. Time stands still until you move it. Three things to try:"
    ),
    "try_report": _("Be Ama: send"),
    "try_week": _("Press Next week: a facilitator gets a digest."),
    "try_alert": _("Press Next month, then be Dr Owusu: ACK the alert."),
    "show_me": _("Show me"),
    "people": _("People"),
    "search": _("Name or district"),
    "nobody": _("Nobody here is called that."),
    "new_messages": _("new messages"),
    "phones": _("Phones"),
    "no_phone": _("Choose somebody on the left to pick up their phone."),
    "look": _("Look of the phone"),
    "sms": _("SMS"),
    "telegram": _("Telegram"),
    "put_away": _("Put this phone away"),
    "messages": _("Messages"),
    "write": _("Write a message"),
    "send": _("Send"),
    "edit": _("Edit this message"),
    "edited": _("edited"),
    "editing": _("Editing your message."),
    "stop_editing": _("Leave it"),
    "empty": _("No messages yet. HELP is always answered."),
    "not_kept": _("Words of a number we do not know are not kept."),
    "picture": _("Chart that came with the message"),
    "programme_time": _("Programme time"),
    "day": _("Next day"),
    "prompt": _("Next prompt"),
    "week": _("Next week"),
    "month": _("Next month"),
    "people_answer": _("People answer by themselves"),
    "moving": _("Time is passing …"),
    "happened": _("What happened"),
    "nothing_happened": _("Nothing yet. Move the clock, or write a message."),
    "received": _("Received by facilitators and managers"),
    "nothing_received": _("Nothing yet. The weekly digest comes on Monday morning; alerts come when they must."),
    "open_phone": _("Open phone"),
    "lost": _("The demo does not answer. Is it still running?"),
}

ROLES: Mapping[Role, Text] = {
    Role.MANAGER: _("programme manager"),
    Role.FACILITATOR: _("facilitator"),
    Role.FOCAL: _("focal point"),
    Role.PARTNER: _("partner"),
}

WATCHERS: Mapping[Role, Text] = {
    Role.MANAGER: _("Programme managers"),
    Role.FACILITATOR: _("Facilitators"),
}

SENT: Mapping[str, Text] = {
    "prompt": _("Question of the month"),
    "nudge": _("Reminder"),
    "late_list": _("List of who is late"),
    "digest": _("Weekly digest"),
    "alert": _("Alert"),
    "note": _("Note"),
    "human": _("Call for help"),
    "close": _("Alert closed"),
    "help": _("Call for help"),
}

HEARD: Mapping[str, Text] = {
    "report": _("Report"),
    "fix": _("Correction"),
    "undo": _("Taken back"),
    "diary": _("Diary"),
    "plan": _("Action plan"),
    "ack": _("Alert taken"),
    "snooze": _("Alert put off"),
    "close": _("Alert closed"),
    "join": _("Joined"),
    "stop": _("Stopped"),
    "human": _("Asked for help"),
    "note": _("Note"),
}


def what_was_sent(kind: str) -> Text:
    """Return what a message of ours is, for people."""
    return SENT.get(kind, _("Answer"))


def what_was_heard(intent: str) -> Text:
    """Return what somebody's message was, for people."""
    return HEARD.get(intent, _("Message"))


def not_joined(code: str) -> Text:
    """Return the hint on the phone of somebody who has not joined yet."""
    return _("Not joined yet. Send JOIN {code}", code=code)


def names(found: tuple[str, ...], shown: int = 3) -> Text:
    """Return some names, and how many more there are."""
    if len(found) <= shown:
        return plain("{names}", names=found)
    return ngettext("{names} and {n} more", "{names} and {n} more", len(found) - shown, names=found[:shown])


def cost(used: int, room: int, segments: int) -> Text:
    """Return how full an SMS is, and how many are paid for."""
    return ngettext("{used}/{room} · {n} SMS", "{used}/{room} · {n} SMS", segments, used=used, room=room)
