"""How many typing slips are questioned, and how many right values are: made-up districts through the real judgement.

    python -m benchmarks.slips [--seed 11 12 13] [--districts 60]
    python -m benchmarks.slips --file rows.jsonl --out results.jsonl

What a row of a file looks like, and what counts: README.md beside it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.districts import Series, make_series
from conversations.grammar import read_slot
from conversations.grammar.reading import Expected, Item, Read
from domain.indicators import Indicator
from domain.measures import BASES, Measure
from domain.periods import ReportingPeriod
from domain.plausibility import doubts
from storage.programme_file import parse_programme, sample_text

SEEDS = (11, 12, 13, 14, 15)
COUNTS = 0.25  # a slip that changes the value by less does little harm, and is reported apart
ESTABLISHED = 6  # months of history from which the goal is meant
WEIGHT = 1.4826  # makes the median absolute deviation of a normal distribution its standard deviation
DUE = ReportingPeriod(2026, 10)  # where a row of a file names no month

LENGTHS = {0: "0 months", 2: "1 to 2 months", 5: "3 to 5 months", 11: "6 to 11 months", 24: "12 to 24 months"}
ALL, ALL_BEFORE = "Six months of history or more", "Fewer months"
BY_KIND = "Slips by kind, six months or more"
BY_CODE = "Tenfold and digit slips by indicator, six months or more"
BY_SIZE = "Tenfold and digit slips by the district's usual number, six months or more"
BY_LENGTH = "Tenfold and digit slips by months of history"
RIGHT_BY_CODE = "Right values by indicator, six months or more"
RIGHT_BY_LENGTH = "Right values by months of history"
TITLES = (ALL, ALL_BEFORE, BY_KIND, BY_SIZE, BY_LENGTH, RIGHT_BY_LENGTH, BY_CODE, RIGHT_BY_CODE)

Key = tuple[str, str]
Counts = dict[Key, list[int]]


@dataclass(frozen=True, slots=True)
class Row:
    """One number as it is typed, after the months before it; `kind` is the slip in it, `clean` or `shock`."""

    code: str
    period: ReportingPeriod
    history: tuple[tuple[ReportingPeriod, Measure], ...]
    typed: str
    kind: str = "clean"
    small: bool = False

    @property
    def established(self) -> bool:
        """Whether there are months enough for the goal to be meant."""
        return len(self.history) >= ESTABLISHED


def main() -> int:
    """Print the table of all seeds, or judge the rows of a file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--districts", type=int, default=60)
    parser.add_argument("--file", type=Path, help="judge these rows, one JSON object a line")
    parser.add_argument("--out", type=Path, help="write the answers here, one a line")
    chosen = parser.parse_args()
    if chosen.file:
        answers = [json.dumps(answer) for answer in judge_file(chosen.file.read_text(encoding="utf-8").splitlines())]
        (chosen.out or Path("/dev/stdout")).write_text("\n".join(answers) + "\n", encoding="utf-8")
        return 0
    print("\n".join(table(chosen.seed, chosen.districts)))
    return 0


# The three ways to judge. Each is given what the grammar makes of the text: what it refuses or asks is questioned.


INDICATORS: Mapping[str, Indicator] = parse_programme(sample_text()).indicators


def read(row: Row) -> Item:
    """Return what the grammar makes of the number, as an answer to the question about its indicator."""
    expected = Expected(INDICATORS, (row.code,), "en", date(2027, 1, 1), row.period, ReportingPeriod(2020, 1))
    return read_slot(row.typed, INDICATORS[row.code], row.period, expected)


def reason(row: Row, item: Item) -> str | None:
    """Return why the software asks: refused, kept pending, or stored with a question; None when it does not."""
    if not isinstance(item, Read):
        return "refused, or asked as it stands"
    indicator = INDICATORS[row.code]
    if indicator.alert_above is not None and item.measure.value > indicator.alert_above:
        return "raises an alert: stored, and asked to be confirmed"
    found = doubts({row.code: item.measure}, row.period, INDICATORS, {row.code: row.history}).get(row.code)
    if found is None:
        return None
    if not found.blocking:
        return "the same for three months: stored, and asked"
    return "outside the soft range" if soft_range(row, item) else "unlike this district"


def ours(row: Row, item: Item) -> bool:
    """Whether the software asks anything."""
    return reason(row, item) is not None


def soft_range(row: Row, item: Item) -> bool:
    """Whether the value lies outside the range that is the same for everybody."""
    low, high = INDICATORS[row.code].soft
    return not isinstance(item, Read) or not low <= item.measure.value <= high


def three_deviations(row: Row, item: Item) -> bool:
    """Whether the value lies more than three median absolute deviations from the median of its history."""
    if not isinstance(item, Read):
        return True
    values = [m.value for _, m in row.history]
    if len(values) < 3:
        return False
    middle = statistics.median(values)
    spread = WEIGHT * statistics.median(abs(v - middle) for v in values)
    return abs(item.measure.value - middle) > 3 * spread


METHODS: Mapping[str, Callable[[Row, Item], bool]] = {
    "Kumbusha": ours,
    "soft range": soft_range,
    "median ± 3 MAD": three_deviations,
}


# The slips. A ratio is hit in its numerator or in its denominator.


def _times_ten(digits: str, chance: Random) -> str:
    return digits + "0"


def _tenth(digits: str, chance: Random) -> str:
    return digits[:-1]


def _doubled(digits: str, chance: Random) -> str:
    at = chance.randrange(len(digits))
    return digits[: at + 1] + digits[at:]


def _extra_zero(digits: str, chance: Random) -> str:
    at = chance.randrange(len(digits))
    return digits[: at + 1] + "0" + digits[at + 1 :]


def _swapped(digits: str, chance: Random) -> str:
    at = chance.randrange(max(1, len(digits) - 1))
    return digits[:at] + digits[at + 1 : at + 2] + digits[at] + digits[at + 2 :]


def _wrong(digits: str, chance: Random) -> str:
    at = chance.randrange(len(digits))
    return digits[:at] + chance.choice("0123456789".replace(digits[at], "")) + digits[at + 1 :]


def _missing(digits: str, chance: Random) -> str:
    at = chance.randrange(len(digits))
    return digits[:at] + digits[at + 1 :]


def _added(digits: str, chance: Random) -> str:
    at = chance.randrange(len(digits) + 1)
    return digits[:at] + chance.choice("0123456789") + digits[at:]


SLIPS: Mapping[str, tuple[str, Callable[[str, Random], str]]] = {
    "ten times": ("tenfold", _times_ten),
    "a tenth": ("tenfold", _tenth),
    "digit doubled": ("tenfold", _doubled),
    "extra zero": ("tenfold", _extra_zero),
    "digits swapped": ("digit", _swapped),
    "digit wrong": ("digit", _wrong),
    "digit missing": ("digit", _missing),
    "digit added": ("digit", _added),
}
OTHER = ("parts exchanged", "another's value")
CLASSES = {**{kind: name for kind, (name, _slip) in SLIPS.items()}, **dict.fromkeys(OTHER, "other")}


def slipped(typed: str, slip: Callable[[str, Random], str], chance: Random) -> str | None:
    """Return the number with one slip in it, or None where that leaves no number or the same one."""
    parts = typed.split("/")
    at = chance.randrange(len(parts))
    whole, point, places = parts[at].partition(".")
    digits = slip(whole + places, chance)
    # The point stays where it was, so that a slip of ten is one, and not a lost decimal.
    parts[at] = digits[: len(digits) - len(places)] + point + digits[len(digits) - len(places) :] if point else digits
    wrong = "/".join(parts)
    return None if wrong == typed or "" in parts or parts[at].startswith(".") else wrong


def rows(seed: int, districts: int) -> Iterator[Row]:
    """Yield each district's value as it should be, and once for each slip that is possible in it."""
    everybody = list(make_series(seed, districts))
    for number, series in enumerate(everybody):
        history = tuple((month, typed_measure(series.code, text)) for month, text in series.history)
        yield Row(series.code, series.period, history, series.typed, "shock" if series.shock else "clean")
        if series.shock or series.code == "DMT":
            continue
        chance = Random(f"{seed}/{number}/slips")
        wrong = {kind: slipped(series.typed, slip, chance) for kind, (_, slip) in SLIPS.items()}
        wrong |= _exchanged(series, everybody, chance)
        for kind, text in wrong.items():
            if text is not None:
                yield Row(series.code, series.period, history, text, kind, not _counts(series.typed, text))


def _exchanged(series: Series, everybody: Sequence[Series], chance: Random) -> dict[str, str | None]:
    n, slash, d = series.typed.partition("/")
    others = [s.typed for s in everybody if s.district == series.district and s.code not in (series.code, "DMT")]
    alike = [text for text in others if ("/" in text) == bool(slash) and text != series.typed]
    return {OTHER[0]: f"{d}/{n}" if slash and n != d else None, OTHER[1]: chance.choice(alike) if alike else None}


def _counts(right: str, wrong: str) -> bool:
    before, after = _number(right), _number(wrong)
    return after is None or before is None or abs(after - before) > COUNTS * before


def _number(text: str) -> float | None:
    n, slash, d = text.partition("/")
    return (float(n) / float(d) if float(d) else None) if slash else float(n)


def typed_measure(code: str, text: str) -> Measure:
    """Return a number of a history as it was counted."""
    unit = INDICATORS[code].unit
    n, slash, d = text.partition("/")
    if slash:
        return Measure.ratio(int(n), int(d), unit)
    return Measure(float({"yes": 1, "no": 0}.get(text, text)), unit)


# The tables.


def table(seeds: Sequence[int], districts: int) -> Iterator[str]:
    """Yield the lines of the report: each share as its mean over the seeds, lowest to highest in brackets."""
    found: dict[str, list[Counts]] = {name: [] for name in METHODS}
    reasons: Counter[str | None] = Counter()
    for seed in seeds:
        judged = [(row, read(row)) for row in rows(seed, districts)]
        for name, method in METHODS.items():
            found[name].append(tally((row, method(row, item)) for row, item in judged))
        reasons.update(reason(*pair) for pair in judged if pair[0].kind == "clean" and pair[0].established)
    yield f"{len(seeds)} seeds ({', '.join(map(str, seeds))}), {districts} districts each."
    for title, keys in sections({key for counts in found["Kumbusha"] for key in counts}):
        yield from ("", f"| {title} | cases | {' | '.join(METHODS)} |", "| --- | ---: |" + " ---: |" * len(METHODS))
        for key in keys:
            cases = sum(counts[key][1] for counts in found["Kumbusha"] if key in counts)
            shares = [_share([counts[key] for counts in found[name] if key in counts]) for name in METHODS]
            yield f"| {key[-1]} | {cases:,} | {' | '.join(shares)} |"
    yield from ("", "| Why Kumbusha asks about right values, six months or more | share |", "| --- | ---: |")
    for why, cases in reasons.most_common():
        yield f"| {why or 'not asked'} | {100 * cases / reasons.total():.2f} % |"


def tally(judged: Iterable[tuple[Row, bool]]) -> Counts:
    """Count how many were questioned, and how many there were, under each heading of the report."""
    counts: Counts = defaultdict(lambda: [0, 0])
    for row, questioned in judged:
        for key in headings(row):
            counts[key][0] += questioned
            counts[key][1] += 1
    return counts


def headings(row: Row) -> Iterator[Key]:
    """Yield the lines of the report that a row is counted in."""
    most = next(most for most in LENGTHS if len(row.history) <= most)
    if row.kind == "clean":
        yield from _lines("right values", row)
        yield RIGHT_BY_LENGTH, LENGTHS[most]
        if row.established:
            yield RIGHT_BY_CODE, row.code
    elif row.kind == "shock" or row.small:
        yield from _lines("right values in a month of shock" if row.kind == "shock" else "slips of 25 % or less", row)
    else:
        name = CLASSES[row.kind]
        yield from _lines(f"{name} slips", row)
        if row.established:
            yield BY_KIND, row.kind
        if name != "other":
            yield from _lines("**tenfold and digit slips**", row)
            yield BY_LENGTH, LENGTHS[most]
            if row.established:
                yield BY_CODE, row.code
                yield BY_SIZE, _size(row)


def _lines(name: str, row: Row) -> Iterator[Key]:
    yield (ALL if row.established else ALL_BEFORE), name


def _size(row: Row) -> str:
    middle = statistics.median(m.value if m.numerator is None else m.numerator for _, m in row.history)
    return "usually below 5" if middle < 5 else "usually 5 to 19" if middle < 20 else "usually 20 or more"


def sections(keys: Set[Key]) -> Iterator[tuple[str, list[Key]]]:
    """Yield each table's title and its lines in order."""
    for title in TITLES:
        lines = [key for key in keys if key[0] == title]
        yield title, sorted(lines, key=lambda key: (int(key[1].split()[0]) if key[1][:1].isdigit() else 0, key[1]))


def _share(found: Sequence[list[int]]) -> str:
    shares = [100 * asked / cases for asked, cases in found]
    return f"{statistics.fmean(shares):.1f} % ({min(shares):.1f}-{max(shares):.1f})"


# Rows of others.


def judge_file(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield for each row of a file whether it is questioned."""
    for line in filter(str.strip, lines):
        given = json.loads(line)
        row = row_of(given)
        why = reason(row, read(row))
        yield {"id": given["id"], "questioned": why is not None, "why": why}


def row_of(given: Mapping[str, Any]) -> Row:
    """Return a row of a file: a history of [period, value] or [period, value, n, d], and a value or n and d."""
    code = given["code"]
    period = ReportingPeriod.parse(given["period"]) if given.get("period") else DUE
    unit = INDICATORS[code].unit
    history = []
    for month, value, *parts in given["history"]:
        counts = (int(parts[0]), int(parts[1])) if unit in BASES and len(parts) == 2 and parts[1] else (None, None)
        history.append((ReportingPeriod.parse(month), Measure(float(value), unit, *counts)))
    ratio = given.get("denominator") is not None
    typed = f"{given['numerator']}/{given['denominator']}" if ratio else f"{float(given['value']):.10g}"
    return Row(code, period, tuple(sorted(history, key=lambda pair: pair[0])), typed)


if __name__ == "__main__":
    sys.exit(main())
