"""Lines that are not the writer's own: quotes, forward headers, and our own messages sent back."""

from __future__ import annotations

import re

from conversations.grammar.fold import fold

_QUOTED = re.compile(r"\s*(?:>|»|&gt;)")
_HEADER = re.compile(
    r"-{2,}.*(?:forward|original|transfer|reenviad|imepelekwa)"
    r"|(?:fwd?|tr|rv|from|forwarded from|sent|date|subject|to)\s*:"
    r"|on .{5,80} wrote:|le .{5,80} a ecrit|el .{5,80} escribio|begin forwarded|forwarded (?:message|from)"
    r"|reenviado de|mensaje reenviado|message transfere|transfere de|ujumbe uliopelekwa"
)
_OURS = re.compile(
    r"\bref\.? r\d+|^got [a-z]+\.? \d{4} |\breply y (?:if|to) |\bnot counted yet|\bstill missing:"
    r"|\b(?:example|mfano|ejemplo|exemple)\s*:?\s*(?:rep|ripoti|informe|rapport)\b|\be\. ?g\.|\bp\. ?ej\b"
)


def without_quotes(text: str) -> str:
    """Return `text` with quoted lines and forward headers blanked out, each other character where it was."""
    return "".join(_blank(line) if _is_quoted(line) else line for line in text.splitlines(keepends=True))


def is_ours(text: str) -> bool:
    """Whether a prompt, receipt or help text of ours was sent back."""
    return _OURS.search(fold(without_quotes(text))) is not None


def _is_quoted(line: str) -> bool:
    return bool(_QUOTED.match(line) or _HEADER.match(fold(line)))


def _blank(line: str) -> str:
    return "".join(c if c in "\r\n" else " " for c in line)
