"""Whether any text at all can be read: random ones through the grammar, what went wrong, and how long each took.

    python -m benchmarks.fuzz [--count 200000] [--seed 1] [--write]

Four kinds of text: words of the vocabulary in any order, any Unicode, real messages with changes, and long ones. A
value counts as invented when neither its code, its name nor a prompted order is in the text. The time of folding and
cutting the same text into tokens, in the same run, is what it is compared with.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from statistics import median, quantiles

from conversations.grammar import fold, read_report
from conversations.grammar.fold import latin
from conversations.grammar.prose import DOUBTS, FILLERS, JOINS, PLANS
from conversations.grammar.reading import Expected, Read
from conversations.grammar.resolve import LONGEST
from conversations.grammar.times import NAMES
from conversations.grammar.tokens import tokenise
from conversations.grammar.words import LANGUAGES, NO, NO_DATA, NONE_WORDS, OUT_OF, REPORT_VERBS, YES
from domain.indicators import Direction, Entry, Indicator
from domain.measures import Unit
from domain.periods import ReportingPeriod

RESULTS = Path(__file__).parent / "results" / "fuzz.md"
MESSAGES = Path(__file__).parents[1] / "tests" / "understanding" / "messages.jsonl"
MARKS = list(" \n,.;:=-/%()?!+&|'\"<>~*#@_")
KINDS = ("words", "unicode", "changed", "long")
SLOW = 5  # slowest texts that are shown


def indicators() -> Mapping[str, Indicator]:
    """Return a programme's indicators, one of each kind, with codes that are also words and months."""
    ratio, percent, count = Entry.RATIO, Unit.PERCENT, Unit.COUNT
    rows = (
        ("ANC1", "First ANC visit coverage", percent, ratio, 150),
        ("ANC4", "Four ANC visits", percent, ratio, 150),
        ("SBA", "Skilled attendance at birth", percent, ratio, 150),
        ("ABS", "Staff absent", percent, ratio, 100),
        ("APR", "Appraisals done", percent, ratio, 100),
        ("STO", "Stock-outs", percent, ratio, 100),
        ("TIME", "Reports in time", percent, ratio, 100),
        ("DROP", "Drop-out", percent, Entry.PERCENT, 100),
        ("SB", "Stillbirths", Unit.RATE, Entry.RATE, 200),
        ("YAW", "Suspected yaws cases", count, Entry.COUNT, 2000),
        ("OPD", "Outpatient visits", count, Entry.COUNT, 200000),
        ("DMT", "Management meeting held", Unit.YES_NO, Entry.YES_NO, 1),
        ("WPL", "Workplan done", percent, Entry.DERIVED, 100),
    )
    return {
        code: Indicator(code, {"en": name}, unit, entry, Direction.WATCH, (0, top), (0, top))
        for code, name, unit, entry, top in rows
    }


INDICATORS = indicators()
EXPECTED = Expected(
    indicators=INDICATORS,
    due=tuple(INDICATORS)[:-2],
    language="en",
    today=date(2026, 11, 3),
    due_period=ReportingPeriod(2026, 10),
    starts=ReportingPeriod(2025, 1),
    history=lambda code: (4100, 4260, 4180) if code == "OPD" else (),
)


@dataclass
class Found:
    """What a run came to: times in nanoseconds, and the texts that should not be."""

    took: list[int] = field(default_factory=list)
    compared: list[int] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    raised: list[str] = field(default_factory=list)
    invented: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)


def main() -> int:
    """Read random texts, print what came of it, and return 1 when something should not have been."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help=f"keep the result in {RESULTS.name}")
    chosen = parser.parse_args()
    found = run(chosen.count, random.Random(chosen.seed))
    report = table(found, chosen.seed)
    print(report)
    if chosen.write:
        RESULTS.write_text(report + "\n", encoding="utf-8")
    return int(bool(found.raised or found.invented or found.outside))


def run(count: int, dice: random.Random) -> Found:
    """Read `count` texts of each kind in turn."""
    found = Found()
    source = texts(dice)
    for _ in range(count):
        kind, text = next(source)
        prompted = ("ANC1", "ABS") if dice.random() < 0.1 else None
        expected = replace(EXPECTED, language=dice.choice(LANGUAGES), prompted=prompted)
        check(kind, text, expected, found)
    return found


def check(kind: str, text: str, expected: Expected, found: Found) -> None:
    """Read one text, timed, and note what should not be."""
    began = time.thread_time_ns()
    tokenise(text)
    cut = time.thread_time_ns()
    try:
        reading = read_report(text, expected)
    except Exception as error:  # whatever it is, it is what we look for
        found.raised.append(f"{type(error).__name__}: {error}: {text!r}")
        return
    found.took.append(time.thread_time_ns() - cut)
    found.compared.append(cut - began)
    found.kinds.append(kind)
    found.texts.append(text)
    for item in reading.items:
        if isinstance(item, Read):
            low, high = INDICATORS[item.code].hard
            if not low <= item.measure.value <= high:
                found.outside.append(f"{item.code} {item.measure}: {text!r}")
            if not is_named(item.code, text) and not expected.prompted:
                found.invented.append(f"{item.code} {item.measure}: {text!r}")


def is_named(code: str, text: str) -> bool:
    """Whether the code, perhaps with signs inside, or the name of an indicator is in `text`."""
    together = "".join(plain for ch in fold(text) if (plain := latin(ch)).isalnum())
    name = "".join(ch for ch in fold(INDICATORS[code].names["en"]) if ch.isalnum())
    return code.lower() in together or name in together


# The texts.


def texts(dice: random.Random) -> Iterator[tuple[str, str]]:
    """Yield (kind, text) for ever, each kind in turn; one long text for twenty of each other."""
    words = vocabulary()
    real = [t for line in MESSAGES.read_text(encoding="utf-8").splitlines() if (t := _text_of(json.loads(line)))]
    makers: Mapping[str, Callable[[], str]] = {
        "words": lambda: _mixture(dice, words, dice.randint(1, 25)),
        "unicode": lambda: "".join(_any_char(dice) for _ in range(dice.randint(0, 120))),
        "changed": lambda: _changed(dice, dice.choice(real), words),
        "long": lambda: _long(dice, words),
    }
    turn = 0
    while True:
        turn += 1
        kind = "long" if turn % 61 == 0 else KINDS[turn % 3]
        yield kind, makers[kind]()


def vocabulary() -> list[str]:
    """Return words that mean something to the grammar, with values and codes as often as all the rest."""
    prose = sorted(DOUBTS | FILLERS | JOINS | PLANS | YES | NO | NONE_WORDS | REPORT_VERBS | set(NAMES))
    prose += [" ".join(phrase) for phrase in (*NO_DATA, *OUT_OF)]
    codes = [
        *INDICATORS,
        *(c.lower() for c in INDICATORS),
        "ACN1",
        "ANC",
        "ABS12",
        "ANC166",
        "XYZ",
        "АВS",
        "P2",
        "STPO",
    ]
    values = [
        "12",
        "0",
        "67%",
        "412/615",
        "1,200",
        "1 200",
        "4.5",
        "1O",
        "lO",
        "-2",
        "NA",
        "na",
        "-",
        "twelve",
        "½",
        "٦٧",
    ]
    values += ["sabini", "doce", "douze", "once", "sept", "0926", "2026-09", "OCT", "5 OCT", "Q3", "last month"]
    return prose + (codes + values) * (len(prose) // (len(codes) + len(values)))


def _text_of(record: Mapping[str, object]) -> str:
    return str(record.get("text", ""))


def _mixture(dice: random.Random, words: list[str], count: int) -> str:
    return "".join(dice.choice(words) + dice.choice([" ", " ", " ", *MARKS]) for _ in range(count))


def _any_char(dice: random.Random) -> str:
    top = dice.choice((0x7F, 0x24F, 0x6FF, 0x10FFFF))
    code = dice.randint(0, top)
    return chr(code) if not 0xD800 <= code <= 0xDFFF else " "


def _changed(dice: random.Random, text: str, words: list[str]) -> str:
    for _ in range(dice.randint(1, 4)):
        at = dice.randint(0, len(text))
        stop = min(len(text), at + dice.randint(0, 3))
        put = dice.choice(("", dice.choice(words), dice.choice(MARKS), _any_char(dice), text[at:stop][::-1]))
        text = text[:at] + put + text[stop:]
    return text


def _long(dice: random.Random, words: list[str]) -> str:
    if dice.random() < 0.5:
        return _mixture(dice, words, 900)[:LONGEST]
    piece = _mixture(dice, words, dice.randint(1, 3))
    return (piece * LONGEST)[:LONGEST]


# What is shown.


def table(found: Found, seed: int) -> str:
    """Return the figures as a page."""
    lines = [
        "# Any text at all",
        "",
        f"`python -m benchmarks.fuzz --count {len(found.took) + len(found.raised)} --seed {seed}`",
        "",
        f"Errors raised: {len(found.raised)}. Values without their code in the text: {len(found.invented)}."
        f" Values outside the hard range: {len(found.outside)}.",
        "",
        "Processor milliseconds a message; ratio is the median of that over the time of folding and cutting it up.",
        "",
        "| kind | texts | p50 | p99 | max | ratio |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
        *(_row(kind, found) for kind in (*KINDS, "all")),
    ]
    for title, bad in (("Raised", found.raised), ("Invented", found.invented), ("Outside", found.outside)):
        lines += [f"{title}: {example[:300]}" for example in bad[:SLOW]]
    return "\n".join(lines)


def _row(kind: str, found: Found) -> str:
    chosen = [i for i, k in enumerate(found.kinds) if kind in (k, "all")]
    took = [found.took[i] / 1e6 for i in chosen]
    if len(took) < 2:
        return f"| {kind} | {len(took)} | | | | |"
    ratio = median(found.took[i] / max(1, found.compared[i]) for i in chosen)
    p99 = quantiles(took, n=100)[98]
    return f"| {kind} | {len(took)} | {median(took):.2f} | {p99:.2f} | {max(took):.1f} | {ratio:.0f} |"


if __name__ == "__main__":
    sys.exit(main())
