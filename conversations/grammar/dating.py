"""Which month each part of a message is for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from conversations.grammar.codes import means_something
from conversations.grammar.months import Outcome, Span, bare_span, month_number, nearly_month, settle
from conversations.grammar.pairs import Pair
from conversations.grammar.pieces import Given, Mark, Piece, Slot, Verb, When, Word
from conversations.grammar.prose import FILLERS
from conversations.grammar.reading import Expected, Reason, Refuse
from conversations.grammar.values import Kind
from domain.periods import ReportingPeriod

LAST_DAY = 31
YEARS_AROUND = range(-3, 2)  # two digits after a month are a year when they lie this near to today's


def find_months(text: str, pieces: Sequence[Piece], expected: Expected) -> list[Piece]:
    """Return the pieces with months told from values and from everyday words by where they stand."""
    pieces = _misspelt(text, _bare_month(text, _weighed(pieces), expected))
    return _days(text, pieces)


def _weighed(pieces: Sequence[Piece]) -> list[Piece]:
    """Take a weak month such as `may` or `today` for a word, unless it stands first before a code, or last."""
    weighed = list(pieces)
    core = [i for i, p in enumerate(pieces) if not isinstance(p, Mark)]
    opening, dated = True, any(isinstance(p, When) and not p.weak for p in pieces)
    for place, index in enumerate(core):
        piece = pieces[index]
        before = pieces[core[place - 1]] if place else None
        if (
            isinstance(piece, When)
            and piece.weak
            and not _names_time(before, _after(pieces, core, place), opening or dated)
        ):
            weighed[index] = Word(piece.first, piece.stop, piece.start, piece.end, "")
        opening = opening and (isinstance(piece, Verb) or _is_filler(piece))
    return weighed


def _after(pieces: Sequence[Piece], core: Sequence[int], place: int) -> Piece | None:
    return next((pieces[i] for i in core[place + 1 : place + 3] if not isinstance(pieces[i], Verb)), None)


def _names_time(before: Piece | None, after: Piece | None, opening: bool) -> bool:
    """Whether a weak month between these two stands where a month is looked for."""
    if isinstance(before, Verb) or (opening and isinstance(after, Slot | Given)):
        return True
    return after is None and (before is None or isinstance(before, Given) or _is_filler(before))


def _is_filler(piece: Piece) -> bool:
    return isinstance(piece, Word) and piece.word in FILLERS


def _bare_month(text: str, pieces: list[Piece], expected: Expected) -> list[Piece]:
    """Read `10` or `1025` right after the verb, and `0926` after the last value, as a month."""
    core = [i for i, p in enumerate(pieces) if not isinstance(p, Mark)]
    kinds = [type(pieces[i]) for i in core]
    changed = list(pieces)
    if kinds[:3] == [Verb, Given, Slot] and kinds[1:] != [Given, Slot] * (len(kinds) // 2):
        changed[core[1]] = _as_month(text, pieces[core[1]], expected)
    last = pieces[core[-1]] if core else None
    written = text[last.start : last.end] if last else ""
    if kinds[-2:] == [Given, Given] and len(written) == 4 and written.startswith("0"):
        changed[core[-1]] = _as_month(text, pieces[core[-1]], expected)
    return changed


def _as_unusual_month(text: str, piece: Given, expected: Expected) -> Piece:
    """Read `10/26` as a month and refuse `10-26` or `2026Q3`; what stands there can only be meant as a month."""
    written = text[piece.start : piece.end]
    parts = [int(n.readings[0]) for n in piece.value.numbers]
    dated = len(parts) == 2 and 1 <= parts[0] <= 12 < parts[1] and parts[1] - expected.today.year % 100 in YEARS_AROUND
    span = Span(1, parts[0], 2000 + parts[1]) if dated else Span(1)
    return When(piece.first, piece.stop, piece.start, piece.end, settle(span, written, expected))


def _misspelt(text: str, pieces: list[Piece]) -> list[Piece]:
    """Refuse what is nearly a month's name where a month would stand: `REP SPET ABS 15`."""
    core = [i for i, p in enumerate(pieces) if not isinstance(p, Mark | Verb) and not _is_filler(p)]
    changed = list(pieces)
    verbed = any(isinstance(p, Verb) for p in pieces[: core[0]]) if core else False
    if len(core) > 1 and isinstance(first := pieces[core[0]], Word) and _nearly_month(first, verbed):
        written = text[first.start : first.end]
        changed[core[0]] = When(first.first, first.stop, first.start, first.end, Refuse(written, Reason.BAD_PERIOD))
    return changed


def _nearly_month(word: Word, verbed: bool) -> bool:
    """Whether a word is one slip from a month: from any after a verb, else only from a name of some length."""
    return not means_something(word.word) and nearly_month(word.word, shortest=3 if verbed else 5)


def _as_month(text: str, piece: Piece, expected: Expected) -> Piece:
    assert isinstance(piece, Given)
    numbers = piece.value.numbers
    if piece.value.kind is not Kind.NUMBER:
        return _as_unusual_month(text, piece, expected)
    plain = piece.value.kind is Kind.NUMBER and piece.stop - piece.first == 1 and not piece.value.repaired
    written = text[piece.start : piece.end]
    digits = f"{numbers[0].readings[0]:.0f}".zfill(len(written)) if plain else ""
    span = bare_span(digits) if plain and len(written) == len(digits) else None
    if span is None:
        return piece
    return When(piece.first, piece.stop, piece.start, piece.end, settle(span, written, expected))


def _days(text: str, pieces: list[Piece]) -> list[Piece]:
    """Refuse a day beside a month's name: `5 OCT` before any code, `OCT 5` before a code or at the end."""
    changed = list(pieces)
    core = [i for i, p in enumerate(pieces) if not isinstance(p, Mark)]
    first_slot = next((i for i in core if isinstance(pieces[i], Slot)), len(pieces))
    for here, there, after in zip(core, core[1:], [*core[2:], None], strict=False):
        one, two = pieces[here], pieces[there]
        day_first = _is_day(one) and isinstance(two, When) and first_slot > here
        closed = after is None or isinstance(pieces[after], Slot | When)
        apart = any(isinstance(p, Mark) and p.mark in ":=" for p in pieces[here + 1 : there])
        month_first = isinstance(one, When) and _is_day(two) and closed and not apart and first_slot < len(pieces)
        if day_first or month_first:
            token = text[one.start : two.end]
            changed[here] = When(one.first, two.stop, one.start, two.end, Refuse(token, Reason.BAD_PERIOD))
            changed[there] = Mark(two.first, two.stop, two.start, two.end, "")
    return changed


def _is_day(piece: Piece) -> bool:
    if not isinstance(piece, Given) or piece.value.kind not in (Kind.NUMBER, Kind.UNCLEAR):
        return False
    if not piece.value.numbers:
        return piece.stop - piece.first == 1 and piece.end - piece.start <= 4
    return 1 <= piece.value.numbers[0].readings[0] <= LAST_DAY and not piece.value.per


@dataclass(frozen=True, slots=True)
class Dates:
    """The month of each place in the message, or why there is none: `refused` first, else `asked`."""

    whens: tuple[When, ...]
    default: ReportingPeriod
    refused: Refuse | None = None
    asked: tuple[ReportingPeriod, ...] = ()
    trailing: bool = False

    def period_of(self, place: int) -> ReportingPeriod:
        """Return the month that counts for the piece which takes the token at `place`."""
        if self.trailing:
            found: When | None = next((w for w in self.whens if w.first >= place), self.whens[-1])
        else:
            earlier = [w for w in self.whens if w.first <= place]
            found = earlier[-1] if earlier else None
            if found is None and len(self.whens) == 1:
                found = self.whens[0]
        outcome = found.outcome if found else self.default
        return outcome if isinstance(outcome, ReportingPeriod) else self.default


def date_message(pieces: Sequence[Piece], pairs: Sequence[Pair], expected: Expected) -> Dates:
    """Decide which month each pair is for; two months split the message where each stands."""
    spoken = [p for p in pieces if isinstance(p, When) and not _inside_reason(p, pairs)]
    whens = tuple(spoken)
    refused = next((w.outcome for w in whens if isinstance(w.outcome, Refuse)), None)
    if refused:
        return Dates(whens, expected.due_period, refused)
    asked = next((w.outcome for w in whens if isinstance(w.outcome, tuple)), ())
    asked = asked or _code_or_month(pieces, pairs, expected) or _unclear_place(whens, pairs, expected)
    first = min((min(_places(p)) for p in pairs), default=0)
    trailing = len(whens) > 1 and whens[0].first > first
    return Dates(whens, expected.due_period, None, asked, trailing)


def _inside_reason(when: When, pairs: Sequence[Pair]) -> bool:
    return any(p.reason and p.reason[0] <= when.start and when.end <= p.reason[1] for p in pairs)


def _places(pair: Pair) -> list[int]:
    return [pair.slot.first, *([pair.given.first] if pair.given else [])]


def _unclear_place(whens: Sequence[When], pairs: Sequence[Pair], expected: Expected) -> tuple[ReportingPeriod, ...]:
    """Return the months to ask about when one stands in the middle, or several neither lead nor trail."""
    months = list(dict.fromkeys(w.outcome for w in whens if isinstance(w.outcome, ReportingPeriod)))
    if not months or not pairs:
        return ()
    starts = [min(_places(p)) for p in pairs]
    first, last = min(starts), max(max(_places(p)) for p in pairs)
    leads, trails = whens[0].first < first, whens[-1].first > last
    if len(months) == 1:
        sure = leads or trails or len(pairs) == 1 or months[0] == expected.due_period
        return () if sure else (months[0], expected.due_period)
    return tuple(months) if leads == trails or not _one_each(whens, starts, leads) else ()


def _one_each(whens: Sequence[When], starts: Sequence[int], leads: bool) -> bool:
    """Whether every month has at least one pair of its own."""
    bounds = [w.first for w in whens]
    edges = [*bounds, max(starts) + 1] if leads else [-1, *bounds]
    return all(any(a <= s < b for s in starts) for a, b in pairwise(edges))


def _code_or_month(pieces: Sequence[Piece], pairs: Sequence[Pair], expected: Expected) -> tuple[ReportingPeriod, ...]:
    """Return the month that a code such as APR would be, if it stands where a month may and has no value of its own."""
    core = [p for p in pieces if not isinstance(p, Mark | Verb) and not _is_filler(p)]
    for pair in pairs:
        if pair.slot.month is None or len(core) < 2:
            continue
        given = [pair.given] if pair.given else []
        edge = core[0] is pair.slot or core[-1] in (pair.slot, *given)
        alone = (
            pair.given is None
            or (len(pairs) > 1 and _is_year(pair.given, expected))
            or pair.given.first < pair.slot.first
        )
        if edge and alone and (len(pairs) > 1 or pair.given is not None):
            return (_latest(pair.slot.month, expected),)
    return ()


def _is_year(given: Given, expected: Expected) -> bool:
    value = given.value
    if value.kind is not Kind.NUMBER or value.per:
        return False
    return value.numbers[0].readings[0] - expected.today.year % 100 in YEARS_AROUND


def _latest(month: int, expected: Expected) -> ReportingPeriod:
    running = ReportingPeriod.of(expected.today)
    return running.back((running.month - month) % 12 or 12)


def read_month(text: str, pieces: Sequence[Piece], expected: Expected) -> Outcome | None:
    """Read a text that is nothing but a month; None when it is something else."""
    core = [p for p in pieces if not isinstance(p, Mark | Verb) and not _is_filler(p)]
    if len(core) != 1:
        return None
    piece = core[0]
    if isinstance(piece, Slot) and piece.month and piece.stop - piece.first == 1:
        written = text[piece.start : piece.end]
        return settle(Span(1, month_number(piece.word)), written, expected)
    if isinstance(piece, Given):
        piece = _as_month(text, piece, expected)
    return piece.outcome if isinstance(piece, When) else None
