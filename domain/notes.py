"""Words between a district and those who look after it: threads, who answers them, and how long that takes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from domain.people import REPORTERS, Contact, Role

WAITS_TOO_LONG = timedelta(days=2)  # words that nobody has answered for so long are shown to whoever should
OPENINGS = frozenset({"help", "tell", "note"})


@dataclass(frozen=True, slots=True)
class Note:
    """Words of one person. `ref` is the message they came in, `thread` the one that began the thread.

    `kind` is help, tell, note or answer; a private note is read by its writer alone. `leader` is whether the writer
    is a facilitator or manager.
    """

    ref: int
    thread: int
    kind: str
    words: str
    writer_id: int
    writer: str
    leader: bool
    at: datetime
    district: str | None = None
    private: bool = False


@dataclass(frozen=True, slots=True)
class Thread:
    """What began it, and all that was said in it since, oldest first."""

    opening: Note
    later: tuple[Note, ...] = ()

    @property
    def label(self) -> str:
        """What people type to speak in it: H12 for a call for help, else N12."""
        return labelled(self.opening)

    @property
    def answer(self) -> Note | None:
        """The first words from the other side: from a district that was told, from whoever helps who asked."""
        asked = self.opening
        others = (n for n in self.later if n.writer_id != asked.writer_id)
        return next((n for n in others if asked.kind != "tell" or not n.leader), None)


@dataclass(frozen=True, slots=True)
class AnswerTimes:
    """How many threads wanted an answer, how many have one, and how long half of these took at most."""

    asked: int
    answered: int
    half_within: timedelta | None


def labelled(note: Note) -> str:
    """Return the label of the thread that a note belongs to or begins."""
    return f"{'H' if note.kind == 'help' else 'N'}{note.thread}"


def threads_of(notes: Iterable[Note]) -> tuple[Thread, ...]:
    """Put notes, oldest first, together as threads; answers whose beginning is not among them are left out."""
    openings: dict[int, Note] = {}
    later: dict[int, list[Note]] = {}
    for note in notes:
        if note.kind in OPENINGS:
            openings[note.thread] = note
            later[note.thread] = []
        elif note.thread in later:
            later[note.thread].append(note)
    return tuple(Thread(opening, tuple(later[ref])) for ref, opening in openings.items())


def unanswered(threads: Iterable[Thread], now: datetime, waited: timedelta = WAITS_TOO_LONG) -> tuple[Thread, ...]:
    """Return calls for help, and words to a district, that have had no answer for `waited`, the oldest first."""
    waiting = [t for t in threads if wants_answer(t) and t.answer is None and now - t.opening.at >= waited]
    return tuple(sorted(waiting, key=lambda t: t.opening.at))


def wants_answer(thread: Thread) -> bool:
    """Whether a thread began with words that ask for an answer; a note does not."""
    return thread.opening.kind in ("help", "tell")


def answer_times(threads: Iterable[Thread]) -> AnswerTimes:
    """Count the threads that wanted an answer, and measure from their first words to the first answer."""
    asked = [t for t in threads if wants_answer(t)]
    took = [(t.answer.at - t.opening.at).total_seconds() for t in asked if t.answer is not None]
    return AnswerTimes(len(asked), len(took), timedelta(seconds=median(took)) if took else None)


def may_read(opening: Note, contact: Contact, districts: Iterable[str]) -> bool:
    """Whether somebody may read a thread and speak in it.

    `districts` are those that a facilitator or manager looks after. A private note is for its writer; a call for help
    for whoever asked and those who help; words to a district, and its notes, for its team too.
    """
    if opening.writer_id == contact.id:
        return True
    if opening.private:
        return False
    if contact.role in REPORTERS:
        return opening.kind != "help" and opening.district is not None and opening.district == contact.district
    if opening.district is None:
        return opening.kind == "help" and contact.role is Role.MANAGER
    return opening.district in districts
