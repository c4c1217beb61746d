"""What is remembered of a person between two messages: their dialogues, open questions, and what they last saw."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from domain.events import ValueReported
from domain.measures import Measure
from domain.messages import Option
from domain.periods import ReportingPeriod

PROMPT_ORDER_HOLDS = timedelta(hours=24)  # how long a bare list of numbers is read in the order of the last prompt
HEARD = 9  # threads and visits that may be answered without naming them
SHOWN = 12  # questions of dialogues that are remembered, to say of an old button what it was for


@dataclass(frozen=True, slots=True)
class Session:
    """One person's way through one flow: what is known, what was asked, and what they saw.

    `subject` tells one run of a flow from another (a period, an activity). `doubt` is an answer that waits for a yes;
    `again` is the question that BACK returned to.
    """

    flow: str
    version: int
    subject: str
    facts: dict[str, Any]
    answers: dict[str, Any]
    asked: str | None
    options: tuple[Option, ...]
    ticket: int
    started_at: datetime
    asked_at: datetime
    trail: tuple[str, ...] = ()
    doubt: dict[str, Any] | None = None
    again: str | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """Who asks about a version of a value, and whether it waited for a yes when they asked."""

    asker: int
    name: str
    version: int
    pending: bool


@dataclass(frozen=True, slots=True)
class Question:
    """Something asked outside a flow. `kind` is a `Why`, or `menu`, whose `choices` are verbs with their words.

    `readings` are the measures to choose from. `district` is set when somebody was asked who reports for others; with
    `query` a facilitator asks, in the words of `token`.
    """

    kind: str
    asked_at: datetime
    code: str | None = None
    period: ReportingPeriod | None = None
    token: str = ""
    readings: tuple[Measure, ...] = ()
    choices: tuple[str, ...] = ()
    district: str | None = None
    query: Query | None = None


@dataclass(frozen=True, slots=True)
class Prompted:
    """The order of codes that a prompt listed, and when."""

    codes: tuple[str, ...]
    period: ReportingPeriod
    at: datetime


@dataclass(frozen=True, slots=True)
class Listed:
    """A value as a list of values to look at showed it, under its number."""

    district: str
    code: str
    period: ReportingPeriod
    measure: Measure


@dataclass(frozen=True, slots=True)
class Flagged:
    """The list that the numbers of OK, Q and HOLD belong to, and when it was shown."""

    values: tuple[Listed, ...]
    at: datetime
    ticket: int


@dataclass(frozen=True, slots=True)
class Shown:
    """A question of a dialogue that was shown under a ticket: which step of which run of which flow, and when."""

    ticket: int
    flow: str
    subject: str
    step: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Heard:
    """Words that reached this person and may be answered: of a thread, or a proposed visit, which wants yes or no.

    `ref` is the message that began it, `label` what people type, `who` said it. `first` is whether the thread has no
    answer yet.
    """

    ref: int
    label: str
    who: str
    at: datetime
    visit: bool = False
    first: bool = False


@dataclass(frozen=True, slots=True)
class Closing:
    """An alert whose outcome was asked for in words, and when."""

    alert_id: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Cut:
    """A message that may be a part of a longer one, which an operator has cut."""

    inbound_id: int
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Practice:
    """A rehearsal: what was said in it, kept apart from what counts; `last_at` is when it last moved."""

    last_at: datetime
    conversation: Conversation
    told: tuple[ValueReported, ...] = ()


@dataclass(frozen=True, slots=True)
class Conversation:
    """All of it. The last session is the one that speaks; questions are newest first; paused drafts wait aside."""

    sessions: tuple[Session, ...] = ()
    paused: tuple[Session, ...] = ()
    questions: tuple[Question, ...] = ()
    prompted: Prompted | None = None
    ticket: int = 0
    shown: tuple[Shown, ...] = ()
    practice: Practice | None = None
    cut: Cut | None = None
    flags: Flagged | None = None
    closing: Closing | None = None
    heard: tuple[Heard, ...] = ()

    @property
    def session(self) -> Session | None:
        """The dialogue that waits for a reply."""
        return self.sessions[-1] if self.sessions else None

    def with_session(self, session: Session) -> Conversation:
        """Put `session` in place of the one that speaks, or begin with it."""
        key = (session.flow, session.subject)
        others = tuple(s for s in self.sessions if (s.flow, s.subject) != key)
        paused = tuple(s for s in self.paused if (s.flow, s.subject) != key)
        ticket = max(self.ticket, session.ticket)
        return replace(self, sessions=(*others, session), paused=paused, ticket=ticket, shown=self._showing(session))

    def _showing(self, session: Session) -> tuple[Shown, ...]:
        if session.asked is None or session.ticket <= self.ticket:
            return self.shown
        new = Shown(session.ticket, session.flow, session.subject, session.asked, session.asked_at)
        return (new, *self.shown)[:SHOWN]

    def draft(self, flow: str, subject: str) -> Session | None:
        """Return the unfinished dialogue of this flow and subject, waiting or paused."""
        return next((s for s in (*self.sessions, *self.paused) if (s.flow, s.subject) == (flow, subject)), None)

    def pausing(self) -> Conversation:
        """Set aside the dialogue that speaks; its draft is kept."""
        if not self.sessions:
            return self
        return replace(self, sessions=self.sessions[:-1], paused=(*self.paused, self.sessions[-1]))

    def without_session(self) -> Conversation:
        """Drop the dialogue that speaks; the one it interrupted speaks again."""
        return replace(self, sessions=self.sessions[:-1])

    def among(self, flows: Container[str]) -> Conversation:
        """Let go of dialogues, and of what was shown in them, whose flow is not among those there are."""
        return replace(
            self,
            sessions=tuple(s for s in self.sessions if s.flow in flows),
            paused=tuple(s for s in self.paused if s.flow in flows),
            shown=tuple(s for s in self.shown if s.flow in flows),
            practice=self.practice and replace(self.practice, conversation=self.practice.conversation.among(flows)),
        )

    def asking(self, *questions: Question) -> Conversation:
        """Add open questions, newest first; a new one about a code takes the place of an older one about it."""
        codes = {(q.district, q.code, q.period) for q in questions if q.code}
        menus = any(q.kind == "menu" for q in questions)
        old = [q for q in self.questions if (q.district, q.code, q.period) in codes or (menus and q.kind == "menu")]
        return replace(self, questions=(*questions, *(q for q in self.questions if q not in old)))

    def settled(self, *questions: Question) -> Conversation:
        """Drop questions that were answered."""
        return replace(self, questions=tuple(q for q in self.questions if q not in questions))

    def hearing(self, heard: Heard) -> Conversation:
        """Remember words that may be answered, newest first; the same thread or visit is remembered once."""
        others = tuple(h for h in self.heard if h.ref != heard.ref)
        return replace(self, heard=(heard, *others)[:HEARD])

    def answered(self, ref: int) -> Conversation:
        """Let go of a thread or visit that was answered."""
        return replace(self, heard=tuple(h for h in self.heard if h.ref != ref))

    def order(self, now: datetime) -> tuple[str, ...] | None:
        """Return the order of codes that a bare list of numbers is read in, if a prompt came just before."""
        if self.prompted and now - self.prompted.at <= PROMPT_ORDER_HOLDS:
            return self.prompted.codes
        return None

    def reported(self) -> Conversation:
        """End the order of the prompt: after a report a bare list of numbers is for nothing."""
        return replace(self, prompted=replace(self.prompted, codes=())) if self.prompted else self
