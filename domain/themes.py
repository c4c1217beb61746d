"""What diaries are about: themes found by a programme's own words, counted, and told in the writers' sentences."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from domain.diaries import DiaryEntry

Lexicon = Mapping[str, Mapping[str, tuple[str, ...]]]
"""The words of each theme by language. A word that ends in * stands for all words that begin so."""

SENTENCE_ENDS = re.compile(r"(?<=[.!?…;])\s+|\n+")
SHORT_FORM = re.compile(r"(?i)(?:^|\W)(?:dr|dra|mr|mrs|ms|st|sr|sra|no|nr|dist|approx|e\.g|i\.e|p\.ex)\.$")
WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
SHORTEST_STEM = 4  # letters; a shorter word is left as it is
ENDINGS: Mapping[str, tuple[str, ...]] = {
    "en": ("ings", "ing", "ies", "ied", "ed", "es", "y", "s", "e"),
    "es": ("aciones", "acion", "ados", "adas", "ado", "ada", "ar", "es", "os", "as", "o", "a", "e", "s"),
    "fr": ("ations", "ation", "ees", "ee", "es", "er", "s", "e", "x"),
}
"""Endings that one word takes in different sentences, the longest first; other languages list their forms."""


@dataclass(frozen=True, slots=True)
class Quoted:
    """A whole sentence out of a shared diary entry, letter for letter; `entry_id` leads back to it."""

    entry_id: int
    words: str
    writer: str
    district: str


@dataclass(frozen=True, slots=True)
class Theme:
    """What came up: in how many entries now and in the time before, and in whose sentences, the shortest first.

    `new` is whether it did not come up before although something was written then.
    """

    key: str
    count: int
    before: int
    new: bool
    districts: tuple[str, ...]
    sentences: tuple[Quoted, ...]

    @property
    def change(self) -> int:
        """How many more entries name it than before."""
        return self.count - self.before


def themes_of(entries: Iterable[DiaryEntry], earlier: Iterable[DiaryEntry], lexicon: Lexicon) -> tuple[Theme, ...]:
    """Return the themes that `entries` name, the most frequent first, compared with the entries of the time before.

    Private entries are left out on both sides. An entry counts once for a theme, however often it names it.
    """
    now = [(entry, _read(entry.words)) for entry in entries if not entry.private]
    before = [(entry, _read(entry.words)) for entry in earlier if not entry.private]
    found = [_theme(key, now, before, _compiled(words)) for key, words in lexicon.items()]
    return tuple(sorted((theme for theme in found if theme.count), key=lambda t: (-t.count, -t.change, t.key)))


def theme_name(key: str, lexicon: Lexicon, language: str) -> str:
    """Return what a theme is called: the first of its words in a language, else in English, else its key."""
    words = lexicon.get(key, {})
    first = next(iter(words.get(language) or words.get("en") or (key,)))
    return first.rstrip("*")


def _theme(key: str, now: list[_Read], before: list[_Read], words: tuple[_Words, ...]) -> Theme:
    naming = [entry for entry, said in now if _named(said, words)]
    count_before = sum(_named(said, words) for _entry, said in before)
    return Theme(
        key,
        len(naming),
        count_before,
        bool(before) and not count_before,
        tuple(dict.fromkeys(entry.district for entry in naming)),
        _sentences(naming, words),
    )


def _sentences(entries: list[DiaryEntry], words: tuple[_Words, ...]) -> tuple[Quoted, ...]:
    """Return the shortest sentence of each entry that names the theme, the shortest of all first."""
    quoted = []
    for entry in entries:
        naming = [sentence for sentence in sentences(entry.words) if _named(_read(sentence), words)]
        shortest = min(naming, key=len, default=entry.words.strip())
        quoted.append(Quoted(entry.id, shortest, entry.writer, entry.district))
    return tuple(sorted(quoted, key=lambda q: (len(q.words), q.entry_id)))


def sentences(text: str) -> tuple[str, ...]:
    """Split a text into its sentences, exactly as written; `Dr. Owusu` is not torn apart."""
    found: list[str] = []
    start = 0
    for end in SENTENCE_ENDS.finditer(text):
        if not SHORT_FORM.search(text[start : end.start()]):
            found.append(text[start : end.start()].strip(" ;"))
            start = end.end()
    found.append(text[start:].strip(" ;\n"))
    return tuple(sentence for sentence in found if sentence)


def names(text: str, words: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether a text names a theme, in any of its languages."""
    return _named(_read(text), _compiled(words))


class _Said(NamedTuple):
    """The words of a text: folded, and as stems in each language whose words have endings."""

    words: tuple[str, ...]
    stems: Mapping[str, tuple[str, ...]]
    known: Mapping[str, frozenset[str]]


_Read = tuple[DiaryEntry, _Said]


def _read(text: str) -> _Said:
    words = _folded(text)
    stems = {language: tuple(stem(word, language) for word in words) for language in ENDINGS}
    known = {language: frozenset(found) for language, found in {"": words, **stems}.items()}
    return _Said(words, stems, known)


class _Words(NamedTuple):
    """The words of a theme in one language: stems that stand alone, how words begin, and what is several words."""

    language: str
    alone: frozenset[str]
    begin: tuple[str, ...]
    others: tuple[tuple[str, ...], ...]


def _compiled(words: Mapping[str, tuple[str, ...]]) -> tuple[_Words, ...]:
    found = []
    for language, listed in words.items():
        phrases = [phrase for phrase in (_phrase(written, language) for written in listed) if phrase]
        single = [phrase[0] for phrase in phrases if len(phrase) == 1]
        alone = frozenset(word for word in single if not word.endswith("*"))
        begin = tuple(word[:-1] for word in single if word.endswith("*"))
        found.append(_Words(language, alone, begin, tuple(phrase for phrase in phrases if len(phrase) > 1)))
    return tuple(found)


def _named(said: _Said, theme: tuple[_Words, ...]) -> bool:
    return any(_named_in(said, words) for words in theme)


def _named_in(said: _Said, words: _Words) -> bool:
    known = said.known[words.language if words.language in ENDINGS else ""]
    if not words.alone.isdisjoint(known) or any(word.startswith(words.begin) for word in said.words):
        return True
    whole = (p for p in words.others if all(word in known or word.endswith("*") for word in p))
    return any(_holds(said, phrase, words.language) for phrase in whole)


def _holds(said: _Said, wanted: tuple[str, ...], language: str) -> bool:
    stems = said.stems.get(language, said.words)
    places = range(len(stems) - len(wanted) + 1)
    return any(all(_is(said, stems, at + n, word) for n, word in enumerate(wanted)) for at in places)


def _is(said: _Said, stems: tuple[str, ...], place: int, wanted: str) -> bool:
    return said.words[place].startswith(wanted[:-1]) if wanted.endswith("*") else stems[place] == wanted


@lru_cache(maxsize=4096)
def _phrase(phrase: str, language: str) -> tuple[str, ...]:
    found: list[str] = []
    for part in phrase.split():
        whole = _folded(part)
        if part.endswith("*") and whole:
            found += [*(stem(word, language) for word in whole[:-1]), f"{whole[-1]}*"]
        else:
            found += [stem(word, language) for word in whole]
    return tuple(found)


@lru_cache(maxsize=4096)
def stem(word: str, language: str) -> str:
    """Return a folded word without the ending it takes in a sentence: `supply`, `supplies` and `supplied` are one."""
    for ending in ENDINGS.get(language, ()):
        if word.endswith(ending) and len(word) - len(ending) >= SHORTEST_STEM:
            return _undoubled(word[: -len(ending)])
    return word


def _undoubled(word: str) -> str:
    doubled = len(word) > SHORTEST_STEM and word[-1] == word[-2] and word[-1] not in "aeiousl"
    return word[:-1] if doubled else word


def _folded(text: str) -> tuple[str, ...]:
    plain = unicodedata.normalize("NFKD", text.replace("’", "'").casefold())
    return tuple(WORD.findall("".join(ch for ch in plain if unicodedata.category(ch) != "Mn")))
