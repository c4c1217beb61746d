"""Keeps the catalogues in step with the code: `python -m locales.catalogues extract`, and `check`."""

from __future__ import annotations

import re
import string
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from locales import HERE, path

ROOT = HERE.parent
PACKAGES = ("bot", "conversations", "domain", "scheduler", "storage", "web")
KEYWORDS = {"_": None, "ngettext": (1, 2)}
TEMPLATE = HERE / "messages.pot"
LANGUAGES = tuple(sorted(po.parent.parent.name for po in HERE.glob("*/LC_MESSAGES/messages.po")))
"""The languages that have a catalogue; English is the code itself."""
CHANGING = re.compile(
    rb'^"(?:POT-Creation-Date|PO-Revision-Date|Generated-By|Last-Translator|Language-Team|Report-Msgid-Bugs-To|'
    rb"Project-Id-Version):.*\n",
    re.MULTILINE,
)
"""Header lines that differ from day to day or machine to machine, and say nothing."""
REVIEW = re.compile(rb'^"X-Review: (.+)\\n"\n', re.MULTILINE)
"""The header line of a catalogue that waits for a speaker: it says who wrote it, and it may lack texts."""
PLURALS = b'"Plural-Forms: '
COMMENT = "# What Kumbusha says. See docs/adding-a-language.md"
USAGE = "usage: python -m locales.catalogues extract|check"


@dataclass(frozen=True, slots=True)
class Source:
    """A text as the code has it: its English, its plural where it has one, and the files that say it."""

    msgid: str
    plural: str | None
    files: tuple[str, ...]


def sources() -> dict[str, Source]:
    """Return every text of the code by its English, in alphabetical order."""
    found: dict[str, Source] = {}
    for file, message in _calls():
        msgid, plural = (message[0], message[1]) if isinstance(message, tuple) else (message, None)
        known = found.get(msgid, Source(msgid, plural, ()))
        files = known.files if file in known.files else (*known.files, file)
        found[msgid] = Source(msgid, known.plural or plural, files)
    return dict(sorted(found.items()))


def _calls() -> Iterator[tuple[str, str | tuple[str, ...]]]:
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            for _line, message, _comments, _context in extract_from_file("python", file, keywords=KEYWORDS):
                yield file.relative_to(ROOT).as_posix(), message


def template() -> Catalog:
    """Return the code's texts as a catalogue without translations."""
    catalog = Catalog(header_comment=COMMENT, fuzzy=False)
    for source in sources().values():
        key = (source.msgid, source.plural) if source.plural else source.msgid
        catalog.add(key)
    return catalog


def extract(languages: tuple[str, ...] = LANGUAGES) -> None:
    """Write the template, and bring each catalogue up to date: new texts empty, reworded ones marked fuzzy."""
    fresh = template()
    TEMPLATE.write_bytes(written(fresh))
    for language in languages:
        catalog = read(language)
        catalog.update(fresh, update_header_comment=True)
        path(language).write_bytes(written(catalog))


def review(language: str) -> str | None:
    """Return what is said of a catalogue that no speaker has reviewed yet, or None when one has."""
    file = path(language)
    found = REVIEW.search(file.read_bytes()) if file.exists() else None
    return found[1].decode() if found else None


def read(language: str) -> Catalog:
    """Return a language's catalogue as Babel reads it; an empty one when it has none yet."""
    file = path(language)
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        return Catalog(language, fuzzy=False)
    with file.open("rb") as opened:
        return read_po(opened, locale=language)


def written(catalog: Catalog) -> bytes:
    """Return a catalogue as a file whose lines change only when a text does; a draft stays one."""
    file = BytesIO()
    write_po(file, catalog, width=0, sort_output=True, ignore_obsolete=True, no_location=True)
    lines = CHANGING.sub(b"", file.getvalue())
    # Babel keeps no header lines that it does not know.
    note = review(str(catalog.locale_identifier))
    return lines.replace(PLURALS, f'"X-Review: {note}\\n"\n'.encode() + PLURALS, 1) if note else lines


def problems(language: str, wanted: Mapping[str, Source]) -> list[str]:
    """Return what is wrong with a language's catalogue, one line each: missing, fuzzy, stale, a lost placeholder.

    A catalogue that waits for its review may lack texts: those, and fuzzy ones, are said in English.
    """
    catalog, complete = read(language), review(language) is None
    entries = {_first(message): message for message in catalog if message.id}
    found = [f"stale: {msgid!r} is no longer in the code" for msgid in entries if msgid not in wanted]
    for msgid, source in wanted.items():
        message = entries.get(msgid)
        if message is None or not any(_forms(message)):
            found += [f"missing: {msgid!r}"] if complete else []
        elif not all(_forms(message)) or len(_forms(message)) != _expected(source, catalog):
            found.append(f"missing: a form of {msgid!r}")
        elif message.fuzzy:
            found += [f"fuzzy: {msgid!r}, compare it and take the mark away"] if complete else []
        else:
            found += _misfilled(message, source)
    return [f"{path(language).relative_to(ROOT).as_posix()}: {problem}" for problem in sorted(found)]


def _first(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _forms(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def _expected(source: Source, catalog: Catalog) -> int:
    return int(catalog.num_plurals) if source.plural else 1


def _misfilled(message: Message, source: Source) -> list[str]:
    wanted = placeholders(source.plural or source.msgid)
    return [
        f"placeholders: {form!r} has {_listed(placeholders(form))}, not {_listed(wanted)} of {source.msgid!r}"
        for form in _forms(message)
        if placeholders(form) != wanted
    ]


def placeholders(text: str) -> frozenset[str]:
    """Return the gaps of a text as written: `{day:short}` is "day:short"."""
    return frozenset(
        f"{name}:{spec}" if spec else name for _t, name, spec, _c in string.Formatter().parse(text) if name
    )


def _listed(names: frozenset[str]) -> str:
    return " ".join(f"{{{name}}}" for name in sorted(names)) or "none"


def outdated_template() -> list[str]:
    """Return a line when the template is not what the code says."""
    if TEMPLATE.exists() and TEMPLATE.read_bytes() == written(template()):
        return []
    return [f"{TEMPLATE.relative_to(ROOT).as_posix()}: stale: run `python -m locales.catalogues extract`"]


def check() -> list[str]:
    """Return every problem of the template and of all catalogues."""
    wanted = sources()
    return outdated_template() + [problem for language in LANGUAGES for problem in problems(language, wanted)]


def remarks() -> list[str]:
    """Return a line for each language that waits for its review, with how much of it is there."""
    return [_remark(language, note) for language in LANGUAGES if (note := review(language))]


def _remark(language: str, note: str) -> str:
    catalog = read(language)
    done = sum(any(_forms(message)) and not message.fuzzy for message in catalog if message.id)
    return f"{language}: {note} until a speaker has read it; {done} of {len(catalog)} texts, the others are in English"


def main(arguments: list[str]) -> int:
    """Extract (into new languages too, when they are named), or check and return 1 when something is wrong."""
    match arguments:
        case ["extract", *new]:
            extract((*LANGUAGES, *(language for language in new if language not in LANGUAGES)))
            return 0
        case ["check"]:
            found = check()
            sys.stdout.writelines(f"{line}\n" for line in (*found, *remarks()))
            return 1 if found else 0
    sys.stderr.write(f"{USAGE}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
