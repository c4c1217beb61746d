"""Words that are not the writer's own: quotes, forward headers, and our own messages sent back."""

from __future__ import annotations

import re

from conversations.grammar.fold import fold
from conversations.grammar.words import EXAMPLE_WORDS, FIX_VERBS, REPORT_VERBS

LONGEST_HEADER = 200  # characters
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
    r"\bref\.? r\d+|\(r\d+\)"
    # Receipts: what we did, the month, the place.
    r"|^(?:got|received|tumepokea|nimepokea|recibido|recu|bien recu|talandira|tafuna|tufunye)\b[^\d:]{2,20}20\d\d"
    r"[^:]{0,60}:"
    r"|^(?:noted|tumeandika|anotado|note) ?: \w+ (?:not available|haipatikani|sin datos|non disponible)"
    r"|\bstill missing:|\baun (?:le )?falta\b|\bil manque\b.{0,10}:"
    # Examples of how to report, which nobody else writes.
    rf"|\b(?:{EXAMPLE_WORDS})[\s.:,]*(?:{_VERBS})\b|\be ?\. ?g\.|\bp ?\. ?e[jx]\b|\b(?:mf|ej|ex)\."
    r"|\b(?:try|jaribu|pruebe|essayez|yesani|gezaako|asi|hivi|ainsi|tuma|envie|envoyez|tumizani|weereza)"
    rf" ?:? (?:{_VERBS})\b"
    rf"|\b(?:is enough|mmoja tu|un mensaje|message suffit|umodzi wakwana|bumu bumala) ?: (?:{_VERBS})\b"
    rf"|\b(?:{_VERBS}) (?:code|msimbo|codigo)\b|\b(?:code|msimbo|codigo) (?:value|namba|valor|valeur|nambala)\b"
    rf"|\b(?:wrong|sahihi|mal|faux) ?[:?] (?:{_VERBS})\b"
    # What is asked of a value that waits.
    r"|\b(?:reply|jibu|responda|repondez|yankhani|ddamu) (?:only )?(?:y|yes|ndiyo|si|oui|inde|yee)\b"
    r"|\b(?:y|yes|ndiyo|si|oui|inde|yee) (?:or|au|o|ou|kapena|oba) (?:n|no|hapana|non|ayi|nedda)\b"
    r"|\bnot counted\b|\bha[iz]i?jahesabiwa|\bno se cuenta|\bpas encore compt|inawerengedwe\b|nabalibwa\b"
)
"""A receipt, an example of a report, or a question about a value, in words that only we write."""


def without_quotes(text: str) -> str:
    """Return `text` with quoted lines and forward headers blanked out, each other character where it was."""
    return "".join(_own_words(line) for line in text.splitlines(keepends=True))


def is_ours(text: str) -> bool:
    """Whether `text`, without what it quotes, is a prompt, receipt or help text of ours."""
    return _OURS.search(fold(text)) is not None


def _own_words(line: str) -> str:
    if prefix := _PREFIX.match(line):
        return _blank(prefix.group()) + _own_words(line[prefix.end() :])
    return _blank(line) if _QUOTED.match(line) or _HEADER.match(fold(line[:LONGEST_HEADER])) else line


def _blank(line: str) -> str:
    return "".join(c if c in "\r\n" else " " for c in line)
