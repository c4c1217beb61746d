"""YAML text to plain values, with the line on which each stands; everything unclear is reported, nothing is guessed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.scanner import ScannerError

Path = tuple[str | int, ...]

NATIVE_TAGS = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("int", "float", "bool", "null"))
WELL_FORMED = 'name: "Asuo"'
IN_PLAIN_WORDS = {
    "could not find expected ':'": "a : is missing after the name of the setting",
    "mapping values are not allowed": "a second : stands here; put the text in quotes, or look for a : missing above",
    "'\\t'": "a tab stands here; use spaces",
    "end of stream": "a quote is not closed",
    "expected <block end>": "this does not stand in line with what is above it",
    "expected ',' or": "a bracket is not closed, or a comma is missing",
    "found another document": "a second document begins here; leave --- out",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to mend at a path; `line` and `example` only where the path does not give them."""

    at: Path
    what: str
    line: int | None = None
    example: str | None = None


@dataclass(slots=True)
class Reading:
    """What the text says: plain values, the line of each path, and what could not be read."""

    value: dict[str, Any] = field(default_factory=dict)
    lines: dict[Path, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def line_of(self, at: Path) -> int:
        """Return the line of `at`, or of the nearest thing around it that is written."""
        return next((self.lines[at[:n]] for n in range(len(at), 0, -1) if at[:n] in self.lines), 1)


def read_yaml(text: str) -> Reading:
    """Return what `text` says. Never raises: a text that is not YAML is one finding."""
    yaml = YAML(typ="safe", pure=True)
    try:
        root = yaml.compose(text)
    except YAMLError as error:
        return Reading(findings=[_not_yaml(error)])
    if not isinstance(root, MappingNode):
        return Reading(findings=[Finding((), "the file has no settings", example="programme: {…}")])
    reading = Reading()
    reading.value = _Walk(yaml.constructor, reading).mapping(root, ())
    return reading


def _not_yaml(error: YAMLError) -> Finding:
    if not isinstance(error, MarkedYAMLError):
        return Finding((), "the text holds a character that YAML does not allow", 1, WELL_FORMED)
    # A scanner stumbles after what it was reading, which is where the mistake is.
    mark = (error.context_mark if isinstance(error, ScannerError) else None) or error.problem_mark
    plain = next((plain for words, plain in IN_PLAIN_WORDS.items() if words in error.problem), error.problem)
    return Finding((), f"the text cannot be read as YAML: {plain}", mark.line + 1, WELL_FORMED)


class _Walk:
    """One pass over the nodes of a document. Dates and the like stay the text that was written."""

    def __init__(self, constructor: Any, reading: Reading) -> None:
        self.constructor = constructor
        self.reading = reading
        self.seen: set[int] = set()

    def mapping(self, node: MappingNode, at: Path) -> dict[str, Any]:
        return {key: self.plain(value, (*at, key)) for key, value in self.entries(node, at)}

    def entries(self, node: MappingNode, at: Path) -> Iterator[tuple[str, Node]]:
        for key_node, value in node.value:
            key, line = str(key_node.value), key_node.start_mark.line + 1
            here = (*at, key)
            if here in self.reading.lines:
                what = f"is written twice, first on line {self.reading.lines[here]}; keep one"
                self.reading.findings.append(Finding(here, what, line))
                continue
            self.reading.lines[here] = line
            yield key, value

    def plain(self, node: Node, at: Path) -> Any:
        if isinstance(node, ScalarNode):
            return self.scalar(node, at)
        # A shared node would be walked again and again, or for ever when it holds itself.
        if id(node) in self.seen:
            self.reading.findings.append(Finding(at, "is a YAML alias (*); write the entry out"))
            return None
        self.seen.add(id(node))
        if isinstance(node, SequenceNode):
            return [self.item(value, (*at, index)) for index, value in enumerate(node.value)]
        return self.mapping(node, at) if isinstance(node, MappingNode) else None

    def scalar(self, node: ScalarNode, at: Path) -> Any:
        if node.tag not in NATIVE_TAGS:
            return node.value
        try:
            return self.constructor.construct_object(node)
        except ValueError:
            self.reading.findings.append(Finding(at, f'"{node.value}" does not fit its YAML tag; leave the tag out'))
            return None

    def item(self, node: Node, at: Path) -> Any:
        self.reading.lines[at] = node.start_mark.line + 1
        return self.plain(node, at)
