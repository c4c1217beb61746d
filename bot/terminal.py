"""What an operator reads in the terminal: findings, rows by table, mistakes in a file, reports."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from rich.console import Console
from sqlalchemy.orm import Session

from bot.opening import opened
from storage.copying import CopyError
from storage.programme_file import ProgrammeError, parse_programme, warnings

console = Console()


def print_marked(lines: Iterable[tuple[bool, str, str]]) -> bool:
    """Print what was looked at, whether it is well, and the words to it; return whether all is."""
    marked = list(lines)
    for well, what, words in marked:
        console.print("[green]well[/green] " if well else "[red]wrong[/red]", end=" ")
        _print_plain(f"{what}: {words}\n")
    return all(well for well, _what, _words in marked)


def print_rows(copying: Callable[[], dict[str, int]]) -> None:
    """Copy, and print the rows of each table; stop with the reason where the copy was not made."""
    try:
        copied = copying()
    except (CopyError, ValueError) as reason:  # such as a secret that is none
        raise SystemExit(str(reason).splitlines()[0]) from reason
    for table, count in copied.items():
        console.print(f"{count:>10}  {table}", highlight=False)


def print_report(report: Callable[[Session], str]) -> None:
    """Print what is asked of the database that is set; stop with the reason where it has nothing to go by."""
    with opened(LookupError) as db:
        _print_plain(db.work(report))


def _print_plain(text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True, end="")


def programme_in(file: Path) -> str:
    """Return the text of a programme file, with notes to it printed; print every mistake in it and stop."""
    try:
        text = file.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise SystemExit(f"{file} is not text in UTF-8; save it as that") from error
    try:
        parse_programme(text, file.name)
    except ProgrammeError as error:
        for problem in error.problems:
            console.print(str(problem), markup=False, style="red")
        raise SystemExit(1) from error
    for warning in warnings(text, file.name):
        console.print(f"note: {warning}", markup=False, style="yellow")
    return text
