"""Messages of every kind come to what they should, through the real software; nothing wrong is stored unasked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.understand import Row, read_jsonl, run

MESSAGES = Path(__file__).parent / "understanding" / "messages.jsonl"
RECORDS = read_jsonl(MESSAGES)
STORED = ("values", "not_available", "plan", "diary")
ASKED = ("pending", "refused", "suggest")


@pytest.fixture(scope="module")
def results() -> dict[str, Row]:
    """What each record came to, by its id."""
    return {row["id"]: row for row in run(RECORDS, MESSAGES.parent)}


@pytest.mark.parametrize("record", RECORDS, ids=[f"{r['id']}-{r['category']}" for r in RECORDS])
def test_a_message_comes_to_what_it_should(record: Row, results: dict[str, Row]) -> None:
    assert list(mismatches(record, results[record["id"]])) == []


def mismatches(record: Row, result: Row) -> Iterator[str]:
    """Yield how a result differs from what the record expects, step by step."""
    steps = zip(record.get("sequence", [record]), result.get("steps", [result]), strict=True)
    for number, (step, got) in enumerate(steps):
        for difference in differences(step["expect"], got):
            yield f"{number} {step['text']!r}: {difference}"
    if "final" in record and not same(record["final"], result["final"]):
        yield f"final: {result['final']}"


def differences(expected: Row, got: Row) -> Iterator[str]:
    """Yield what was stored, asked or answered otherwise; `may_refuse` leaves open what is asked and refused."""
    left_open = ASKED if expected.get("may_refuse") == "*" else ()
    for part in (*STORED, *ASKED):
        said = got.get(part) or {}
        looked_at = part in expected or (said and part not in left_open)
        if looked_at and not same(expected.get(part, {}), said):
            yield f"{part} {said}"
    for part in ("reply", "intent"):
        wanted = expected.get(part)
        if wanted is not None and got[part] not in (wanted if isinstance(wanted, list) else [wanted]):
            yield f"{part} {got[part]}"
    if missing := set(expected.get("repaired", ())) - set(got.get("repaired", ())):
        yield f"repair of {missing} not said"


def same(expected: Any, got: Any) -> bool:
    """Whether all that is expected is there: the same keys where values are named, at least these facts of each."""
    if isinstance(expected, list):
        return bool(expected == got)
    if set(expected) != {"*"} and set(expected) != set(got):
        return False
    if "*" in expected:
        return expected["*"] in got.values()
    return all(facts_hold(wanted, got[key]) for key, wanted in expected.items())


def facts_hold(wanted: Any, got: Any) -> bool:
    """Whether `got` says what is wanted of it, and has no counts that were not sent."""
    if not isinstance(wanted, dict):
        return bool(wanted == got)
    counts_fit = "why" in wanted or ("denominator" in got) == ("denominator" in wanted)
    return counts_fit and all(got.get(name) == fact for name, fact in wanted.items())
