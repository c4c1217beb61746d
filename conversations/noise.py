"""What is never answered: services, machines that reply by themselves, and texts that say nothing."""

from __future__ import annotations

import re

from conversations.grammar import fold
from domain.messages import Inbound

SHORTEST_NUMBER = 6  # digits; shorter senders are services, never people
WORD = re.compile(r"\w")
REPLY = r"(auto(matic|mated)?[ -]?(reply|response)|respuesta automatica|reponse automatique|jibu la kiotomatiki)"
AWAY = r"((i am|i'm) (currently )?out of (the )?office|(estoy )?fuera de (la )?oficina|absence du bureau)"
AUTOMATIC = re.compile(rf"\W*(this is an )?({REPLY}|{AWAY})\b|[(\[*]\W*{REPLY}\W*[)\]*]|\b{REPLY}\W*$")
"""An automatic reply, by what it begins with, or by what it is called in brackets or at its end; for folded text."""


def is_noise(inbound: Inbound, text: str) -> bool:
    """Whether a message is from a service or a machine, or says nothing; `text` is what it says without quotes."""
    service = inbound.sender.scheme == "tel" and is_service(inbound.sender.path)
    return service or says_nothing(text) or AUTOMATIC.search(fold(text)) is not None


def is_service(sender: str) -> bool:
    """Whether a sender is a short code or a name, which is never answered."""
    digits = sender.lstrip("+")
    return not digits.isdigit() or len(digits) < SHORTEST_NUMBER


def says_nothing(text: str) -> bool:
    """Whether a text holds no letter, digit or question mark, and is no lone dot: empty, emoji."""
    return not WORD.search(text) and "?" not in text and text.strip() != "."


def is_mark(text: str) -> bool:
    """Whether a text is a question mark or a dot and no more."""
    return not WORD.search(text) and not says_nothing(text)
