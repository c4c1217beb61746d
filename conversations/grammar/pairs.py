"""Which value belongs to which code, and which words are the reason given with it."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass, replace

from conversations.grammar.pieces import Given, Mark, Piece, Slot, Verb, When, Word
from conversations.grammar.prose import FILLERS, JOINS, LINKS
from conversations.grammar.reading import Expected
from conversations.grammar.values import Kind, Value
from conversations.grammar.words import NO, YES, YES_OR_NO_CLASHES
from domain.indicators import Entry

LONGEST_REASON = 150  # pieces
ANSWERS = (YES | NO) - frozenset(YES_OR_NO_CLASHES)  # in a list, where no code tells what a short word means
MOST_EXTRA = 8  # more values than this after one code say nothing new


@dataclass(frozen=True, slots=True)
class Pair:
    """A code with what was given for it. `at` is where it stands in the order of pieces.

    `extra` are further values that nothing else claims. `shifted` means that a value before the first code leaves two
    ways to match codes and values. `inverted` means that the value stands before the code. `reason` cuts the words in
    the text that belong to a value that is not available, or to a correction.
    """

    slot: Slot
    given: Given | None
    at: int
    extra: tuple[Given, ...] = ()
    shifted: bool = False
    inverted: bool = False
    reason: tuple[int, int] | None = None

    @property
    def first(self) -> int:
        """Return the token that the pair begins with."""
        return min(self.slot.first, self.given.first) if self.given else self.slot.first


def match_pairs(pieces: Sequence[Piece], fix: bool) -> list[Pair]:
    """Match codes with the values that follow them, or, when all pairs are so, that stand before them."""
    pairs = _inverted(pieces) or _in_order(pieces)
    pairs = [_with_reason(pair, pieces, fix) for pair in pairs]
    covered = reasons(pairs)
    return [pair for pair in pairs if not _is_inside(pair.slot, covered)]


def positional_pairs(pieces: Sequence[Piece], expected: Expected) -> list[Pair]:
    """Match a bare list of values with the codes of the prompt just before, if the length is exact; else []."""
    if not expected.prompted:
        return []
    given = _listed(pieces, missing=False)
    if len(given) < len(expected.prompted):
        given = _listed(pieces, missing=True)
    if len(given) != len(expected.prompted) or not _answers(given, expected.prompted, expected):
        return []
    return [
        Pair(Slot(g.first, g.first, g.start, g.start, code, code.lower()), g, at)
        for at, (code, g) in enumerate(zip(expected.prompted, given, strict=True))
    ]


def _listed(pieces: Sequence[Piece], missing: bool) -> list[Given]:
    """Return the values of a list that has nothing else in it, or []; with `missing` also what stands for no value."""
    given: list[Given] = []
    for piece in pieces:
        value = _said_outright(piece) or (_given_or_missing(piece) if missing else None)
        if value:
            given.append(value)
        elif not isinstance(piece, Mark | Verb | When) and not _is_one_of(piece, FILLERS):
            return []
    return given


def _said_outright(piece: Piece) -> Given | None:
    """Return a value, or yes or no in a word."""
    if isinstance(piece, Word) and piece.word in ANSWERS:
        kind = Kind.YES if piece.word in YES else Kind.NO
        return Given(piece.first, piece.stop, piece.start, piece.end, Value(kind, 1))
    return piece if isinstance(piece, Given) else None


def _answers(given: Sequence[Given], codes: Sequence[str], expected: Expected) -> bool:
    """Whether yes and no stand only where the question was one of yes or no."""
    asked = [expected.indicators[code].entry is Entry.YES_NO for code in codes]
    return all(yes_no or g.value.kind not in (Kind.YES, Kind.NO) for g, yes_no in zip(given, asked, strict=True))


def reasons(pairs: Sequence[Pair]) -> list[tuple[int, int]]:
    """Return where in the text the reasons stand, in order."""
    return sorted(pair.reason for pair in pairs if pair.reason)


def spoken(pieces: Sequence[Piece], pairs: Sequence[Pair]) -> list[Piece]:
    """Return the pieces without those that are the words of a reason."""
    covered = reasons(pairs)
    return [p for p in pieces if not _is_inside(p, covered)] if covered else list(pieces)


def _is_inside(piece: Piece, covered: Sequence[tuple[int, int]]) -> bool:
    before = bisect(covered, piece.start, key=lambda reason: reason[0]) - 1
    return before >= 0 and piece.end <= covered[before][1]


def _given_or_missing(piece: Piece) -> Given | None:
    """Return a value of a bare list, where `NA` or a dash that stands apart is "not available"."""
    missing = isinstance(piece, Word) and piece.word == "na" and piece.upper
    if missing or (isinstance(piece, Mark) and piece.mark == "-" and piece.apart):
        return Given(piece.first, piece.stop, piece.start, piece.end, Value(Kind.NO_DATA, 1))
    return piece if isinstance(piece, Given) else None


def _inverted(pieces: Sequence[Piece]) -> list[Pair]:
    places = [i for i, p in enumerate(pieces) if isinstance(p, Slot | Given)]
    chain = [pieces[i] for i in places]
    values, slots = chain[0::2], chain[1::2]
    even = len(chain) >= 2 and len(values) == len(slots)
    if not even or not all(isinstance(v, Given) and v.value.kind is not Kind.NO_DATA for v in values):
        return []
    plain = all(not isinstance(p, Word) or p.word in FILLERS for p in pieces)
    if not all(isinstance(s, Slot) for s in slots) or not plain:
        return []
    return [
        Pair(slot, value, at, shifted=_reads_as_month(value, pieces, before), inverted=True)
        for value, before, slot, at in zip(values, places[0::2], slots, places[1::2], strict=True)
        if isinstance(slot, Slot) and isinstance(value, Given)
    ]


def _reads_as_month(value: Given, pieces: Sequence[Piece], at: int) -> bool:
    """Whether `REP 5 YAW 13 ABS` could also be May: a small number right after the verb leaves two ways to match."""
    small = value.value.kind is Kind.NUMBER and value.value.numbers[0].readings[0] <= 12
    return small and at > 0 and isinstance(pieces[at - 1], Verb)


def _in_order(pieces: Sequence[Piece]) -> list[Pair]:
    pairs: list[Pair] = []
    stray = False
    missing: Given | None = None
    for index, piece in enumerate(pieces):
        if isinstance(piece, Slot):
            given = missing if missing and not _has_value(pieces, index) else None
            pairs.append(Pair(piece, given, index, shifted=stray))
            missing = given if given and _joined_to_next(pieces, index) else None
        elif isinstance(piece, Given) and piece.value.ahead:
            missing = piece if _precedes_code(pieces, index) else None
        elif isinstance(piece, Given) and not pairs:
            stray = True
        elif isinstance(piece, Given) and pairs[-1].given is None:
            pairs[-1] = replace(pairs[-1], given=piece)
        elif isinstance(piece, Given) and len(pairs[-1].extra) < MOST_EXTRA:
            pairs[-1] = replace(pairs[-1], extra=(*pairs[-1].extra, piece))
    return _without_mere_words(pairs)


def _precedes_code(pieces: Sequence[Piece], index: int) -> bool:
    """Whether `no data` at `index` is said of the code that follows: `no data for ABS`."""
    piece = pieces[index]
    if not isinstance(piece, Given) or not piece.value.ahead:
        return False
    after = (p for p in pieces[index + 1 : index + 6] if not _is_one_of(p, FILLERS))
    return isinstance(next((p for p in after if not (isinstance(p, Mark) and p.mark == ":")), None), Slot)


def _is_one_of(piece: Piece, words: frozenset[str]) -> bool:
    return isinstance(piece, Word) and piece.word in words


def _has_value(pieces: Sequence[Piece], index: int) -> bool:
    """Whether the code at `index` is followed by a value of its own."""
    after = pieces[index + 1 : index + 6]
    following = next((p for p in after if not isinstance(p, Mark) and not _is_one_of(p, LINKS)), None)
    return isinstance(following, Given) and not following.value.ahead


def _joined_to_next(pieces: Sequence[Piece], index: int) -> bool:
    """Whether what is said of one code goes on to the next: `no data for ABS and YAW`."""
    after = pieces[index + 1 : index + 4]
    between = next((i for i, p in enumerate(after) if isinstance(p, Slot)), None)
    if between is None:
        return False
    return all((isinstance(p, Mark) and p.mark in ",&/") or _is_one_of(p, JOINS) for p in after[:between])


def _without_mere_words(pairs: list[Pair]) -> list[Pair]:
    """Leave out codes that are ordinary words here: `time` or `drop` in small letters with no value."""
    return [p for p in pairs if p.given or not (p.slot.code and p.slot.plain_word)]


def _with_reason(pair: Pair, pieces: Sequence[Piece], fix: bool) -> Pair:
    """Give a pair the words that explain it: after "not available", and after the value of a correction."""
    given = pair.given
    if given is None or not (fix or given.value.kind is Kind.NO_DATA):
        return pair
    begin = pair.at
    while begin < len(pieces) and pieces[begin].first < max(given.stop, pair.slot.stop):
        begin += 1
    stop, last = begin, min(len(pieces), begin + LONGEST_REASON)
    while stop < last and not _ends_reason(pieces, stop, begin, given):
        stop += 1
    words = _trimmed(pieces[begin:stop])
    if not words or (len(words) == 1 and _says_no_more(words[0])):
        return pair
    inside = {id(p) for p in words if not (fix and p is words[0])}
    extra = tuple(e for e in pair.extra if id(e) not in inside)
    return replace(pair, reason=(words[0].start, words[-1].end), extra=extra)


def _says_no_more(piece: Piece) -> bool:
    return isinstance(piece, Mark) or (isinstance(piece, Given) and not piece.value.ahead)


def _trimmed(words: Sequence[Piece]) -> Sequence[Piece]:
    while words and isinstance(words[0], Mark) and words[0].mark in ":,-.=(":
        words = words[1:]
    while words and (_is_one_of(words[-1], JOINS) or (isinstance(words[-1], Mark) and words[-1].mark in "\n,;")):
        words = words[:-1]
    return words


def _ends_reason(pieces: Sequence[Piece], at: int, begin: int, given: Given) -> bool:
    """Whether a reason that began at `begin` is over: a verb, a new line, a month, or the next code with a value.

    After `no data for ABS` any code ends it.
    """
    piece = pieces[at]
    if isinstance(piece, Verb) or (isinstance(piece, Mark) and piece.mark == "\n" and at > begin):
        return True
    if isinstance(piece, When):
        parted = at == begin or isinstance(pieces[at - 1], Mark)
        return parted and not piece.running and not any(isinstance(p, Word) for p in pieces[at + 1 : at + 2])
    if isinstance(piece, Given) and piece.value.ahead:
        return _precedes_code(pieces, at)
    known = isinstance(piece, Slot) and (piece.code or (piece.offered and not piece.plain_word))
    return bool(known) and (given.value.ahead or _has_value(pieces, at))
