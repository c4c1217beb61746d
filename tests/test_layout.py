"""The house: which part may import which, what the pure parts never touch, and that nothing is left undescribed."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from conversations.flows import FLOWS, VERBS
from conversations.keywords import GREETINGS, THANKS, WORDS
from conversations.progress import STATUS_WORDS

ROOT = Path(__file__).parent.parent

MAY_IMPORT = {
    "domain": {"domain"},
    "conversations": {"domain", "conversations"},
    "locales": {"locales"},
    "storage": {"domain", "conversations", "storage"},
    "bot": {"domain", "conversations", "storage", "locales", "bot"},
    "scheduler": {"domain", "conversations", "storage", "locales", "bot", "scheduler"},
    "web": {"domain", "conversations", "storage", "locales", "bot", "web"},
}
OURS = {*MAY_IMPORT, "tests", "benchmarks", "kumbusha"}
PURE = ("domain", "conversations")

# Only computation: no clock, disk, network or chance. `zoneinfo` reads the zone tables, which are data.
PURE_STANDARD = {
    "__future__", "bisect", "collections", "dataclasses", "datetime", "decimal", "enum", "functools", "itertools",
    "math", "re", "statistics", "typing", "unicodedata", "zoneinfo",
}  # fmt: skip
PURE_LIBRARIES = {
    "holidays": "public holidays of a country, computed from rules",
    "rapidfuzz": "the edit distance between two words",
    "text_to_num": "number words in English, Spanish and French",
    "babel": "the names of months in many languages",
    "phonenumbers": "a phone number as people of a country write it",
}
READS_THE_TIME = {"bot/clock.py": "this is where the time comes from"}
CLOCK_CALLS = {"now", "utcnow", "today", "time", "time_ns", "monotonic", "perf_counter", "localtime", "gmtime"}
CLOCKS = {"datetime", "date", "time"}

TOP_LEVEL = {
    "domain", "conversations", "storage", "bot", "scheduler", "web", "locales", "tests", "benchmarks", "docs",
    "kumbusha.py", "pyproject.toml", "Procfile", "Makefile", "README.md", "CHANGELOG.md", "LICENSE", "CITATION.cff",
    ".ci", ".gitignore", ".env.example", ".github", ".dockerignore", "Dockerfile", "compose.yaml", "requirements.txt",
    "constraints.txt",
}  # fmt: skip
WORDLESS_VERBS = {
    "progress": "recognised by its activity keys, P2 40%",
    "thanks": "recognised by thanks and greetings",
}
WORDS_OF_DIALOGUES = {"join", "back", "skip", "pause", "practice"}


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def sources(part: str) -> list[Path]:
    return sorted((ROOT / part).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield node.module or ""


def imported_parts(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported(path)}


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("part", MAY_IMPORT)
def test_imports_go_one_way(part: str) -> None:
    wrong = {
        relative(path): found for path in sources(part) if (found := (imported_parts(path) & OURS) - MAY_IMPORT[part])
    }
    assert wrong == {}


@pytest.mark.parametrize("part", PURE)
def test_pure_parts_import_only_computation(part: str) -> None:
    allowed = PURE_STANDARD | set(PURE_LIBRARIES) | MAY_IMPORT[part]
    wrong = {relative(path): found for path in sources(part) if (found := imported_parts(path) - allowed)}
    assert wrong == {}


def test_every_library_that_the_pure_parts_may_use_is_used() -> None:
    used = {name for part in PURE for path in sources(part) for name in imported_parts(path)}
    assert set(PURE_LIBRARIES) <= used
    assert not set(PURE_LIBRARIES) & sys.stdlib_module_names


@pytest.mark.parametrize("part", PURE)
def test_pure_parts_open_nothing_and_print_nothing(part: str) -> None:
    calls = [
        (relative(path), node.func.id)
        for path in sources(part)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    ]
    assert [call for call in calls if call[1] in ("open", "print", "input", "eval", "exec", "__import__")] == []


def reads_the_time(path: Path) -> bool:
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in CLOCK_CALLS
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in CLOCKS
        and not (node.func.value.id == "datetime" and node.func.attr == "time")
        for node in ast.walk(tree(path))
    )


def test_only_the_clock_reads_the_time() -> None:
    files = [path for part in MAY_IMPORT for path in sources(part)] + [ROOT / "kumbusha.py"]
    assert {relative(path) for path in files if reads_the_time(path)} <= set(READS_THE_TIME)
    assert reads_the_time(ROOT / "bot" / "clock.py")


def test_no_class_of_ours_reads_the_database_but_storage() -> None:
    """Rows never leave storage: nothing else imports the tables."""
    parts = [part for part in MAY_IMPORT if part != "storage"]
    tables = [path for part in parts for path in sources(part) if any(_is_table(name) for name in imported(path))]
    assert [relative(path) for path in tables] == []


def _is_table(name: str) -> bool:
    return f"{name}.".startswith("storage.models.")


def test_every_module_opens_with_a_sentence() -> None:
    files = [path for part in MAY_IMPORT for path in sources(part) if path.parent.name != "versions"]
    files.append(ROOT / "kumbusha.py")
    bare = [relative(path) for path in files if not (ast.get_docstring(tree(path)) or "").strip().endswith(".")]
    assert bare == []


def test_the_top_level_holds_only_what_the_design_names() -> None:
    names = {path.name for path in ROOT.iterdir() if not path.name.startswith(".") and "." not in path.name[:1]}
    names -= {"dist", "build", "__pycache__", "node_modules"}
    left_by_runs = {name for name in names if name.endswith((".sqlite", ".sqlite-wal", ".sqlite-shm", ".egg-info"))}
    assert names - left_by_runs <= TOP_LEVEL


def test_every_flow_is_described_and_every_verb_has_its_words() -> None:
    for name, flow in FLOWS.items():
        assert name == flow.name
        assert flow.title.msgid
        assert flow.lasts_days > 0
        assert set(flow.upgrades) == set(range(1, flow.version)) or not flow.upgrades
    assert {name for name in VERBS if name not in WORDS} == set(WORDLESS_VERBS)
    assert {name for name in WORDS if name not in VERBS} == WORDS_OF_DIALOGUES
    assert all((verb.answer.__doc__ or "").strip() for verb in VERBS.values())


def test_no_word_means_two_verbs() -> None:
    owners: dict[str, set[str]] = {}
    for verb, words in WORDS.items():
        for word in words:
            owners.setdefault(word, set()).add(verb)
    assert {word: verbs for word, verbs in owners.items() if len(verbs) > 1} == {}
    assert not set(owners) & (THANKS | GREETINGS)


def test_no_word_means_two_states_of_an_activity() -> None:
    states = list(STATUS_WORDS.values())
    assert sum(map(len, states)) == len(frozenset().union(*states))


def test_an_image_holds_what_is_installed_and_nothing_else() -> None:
    lines = (ROOT / "docs/deploy/Dockerfile").read_text().splitlines()
    copied = {name for line in lines if line.startswith("COPY") for name in line.split()[1:-1]}
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert copied == {*wheel["only-include"], "pyproject.toml", "README.md"}
