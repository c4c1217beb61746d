"""Words that are not the writer's own: quotes, forward headers, and our own messages sent back."""

from __future__ import annotations

import re

from conversations.grammar.fold import fold
from conversations.grammar.words import EXAMPLE_WORDS, FIX_VERBS, REPORT_VERBS

_QUOTED = re.compile(r"\s*(?:>|»|&gt;)")
_PREFIX = re.compile(
    r"\s*(?:(?:fwd?|tr|rv|re|forward(?:ed)?(?: message)?|(?:mensaje )?reenviado|(?:message )?transf[eé]r[eé]"
    r"|ujumbe uliopelekwa|umetumwa tena)\s*:\s*)+",
    re.IGNORECASE,
)
"""What stands before words that were passed on, on the same line."""

_HEADER = re.compile(
    r"-{2,}.*(?:forward|original|transfer|reenviad|imepelekwa|pelekwa)"
    r"|(?:from|forwarded from|sent|date|subject|to|asunto|objet|envoye|enviado|kutoka kwa)\s*:"
    r"|on .{5,80} wrote:|le .{5,80} a ecrit|el .{5,80} escribio|begin forwarded|forwarded (?:message|from)"
    r"|reenviado de|mensaje reenviado|message transfere|transfere de|ujumbe uliopelekwa"
)
_VERBS = "|".join(sorted(REPORT_VERBS | FIX_VERBS))
_OURS = re.compile(
    r"\bref\.? r\d+"
    r"|^(?:got|received|tumepokea|nimepokea|recibido|recu|bien recu|talandira|tufunye) [^\d:]{2,12} 20\d\d[^:]{0,60}:"
    rf"|\b(?:{EXAMPLE_WORDS})[\s.:,]*(?:{_VERBS})\b|\be ?\. ?g\.|\bp ?\. ?e[jx]\b"
    r"|\breply (?:y|yes) (?:if|to)\b|\bjibu ndiyo (?:kama|ku)|\bresponda si (?:si|para)\b|\brepondez oui (?:si|pour)\b"
    r"|\bnot counted yet|\bhaijahesabiwa|\baun no se cuenta|\bpas encore compt"
    r"|\bstill missing:|\baun falta:|\bil manque(?: encore)? ?:"
)
"""A receipt, an example of a report in the middle of a sentence, or a question about a value, as only we write them."""


def without_quotes(text: str) -> str:
    """Return `text` with quoted lines and forward headers blanked out, each other character where it was."""
    return "".join(_own_words(line) for line in text.splitlines(keepends=True))


def is_ours(text: str) -> bool:
    """Whether a prompt, receipt or help text of ours was sent back."""
    return _OURS.search(fold(without_quotes(text))) is not None


def _own_words(line: str) -> str:
    if prefix := _PREFIX.match(line):
        return _blank(prefix.group()) + _own_words(line[prefix.end() :])
    return _blank(line) if _QUOTED.match(line) or _HEADER.match(fold(line)) else line


def _blank(line: str) -> str:
    return "".join(c if c in "\r\n" else " " for c in line)
