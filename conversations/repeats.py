"""The same words again: what would be taken a second time is said to be there already."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from conversations.turn import Turn, say
from conversations.verbs import Request
from domain.text import _

SAID_BEFORE = "said_before"
"""What must be loaded to know a repeat by."""


def once(answer: Callable[[Request], Turn]) -> Callable[[Request], Turn]:
    """Return an answer to a verb that takes the same message once a day; an edited one is no repeat."""

    @wraps(answer)
    def answered(request: Request) -> Turn:
        situation = request.situation
        if situation.said_before is None or situation.edits is not None or not request.words.strip():
            return answer(request)
        line = _("Already received {time}. Nothing changed.", time=situation.said_before)
        return Turn("repeat", situation.conversation, "duplicate", say(line))

    return answered
