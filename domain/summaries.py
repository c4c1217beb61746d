"""Sentences that a machine elsewhere made of diaries, kept only where their words can be traced to the entries."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from domain.diaries import DiaryEntry

MOST = 3  # sentences for one reader
LONGEST = 200  # characters of a sentence
LEAST_SHARED = 0.6  # of its words, that the entries must hold
SHORTEST_WORD = 4  # letters; shorter ones say little and are free
STEM = 5  # letters by which forms of one word are known: roster, rosters


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, and the ids of the diary entries that it is from."""

    words: str
    entry_ids: tuple[int, ...]


def traced(sentences: Iterable[Sentence], entries: Iterable[DiaryEntry]) -> tuple[Sentence, ...]:
    """Return those sentences that their entries bear out, one by one; nothing that is private bears out anything.

    A sentence names entries that are there, has most of its words from them and every number, and is short.
    """
    shared = {entry.id: entry.words for entry in entries if not entry.private}
    return tuple(one for one in sentences if _is_borne_out(one, shared))[:MOST]


def _is_borne_out(sentence: Sentence, shared: Mapping[int, str]) -> bool:
    if not sentence.entry_ids or len(sentence.words) > LONGEST or not shared.keys() >= set(sentence.entry_ids):
        return False
    source = " ".join(shared[entry_id] for entry_id in sentence.entry_ids)
    said, there = _stems(sentence.words), _stems(source)
    numbers = set(re.findall(r"\d+", sentence.words)) <= set(re.findall(r"\d+", source))
    return numbers and bool(said) and len(said & there) >= LEAST_SHARED * len(said)


def _stems(words: str) -> set[str]:
    plain = unicodedata.normalize("NFKD", words.casefold())
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return {word[:STEM] for word in re.findall(r"[^\W\d_]+", bare) if len(word) >= SHORTEST_WORD}
