"""The kinds of questions: yes or no, one of several, free words, an indicator's value, progress on an activity."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from conversations.flow import Answer, Doubtful, Known, always
from conversations.grammar import fold, read_slot, split_yes
from conversations.grammar.reading import Ask, NoData, Read, Refuse
from conversations.judging import doubt_about, is_flat, usual_question
from conversations.progress import ProgressUnclear, read_progress
from conversations.situation import Situation
from conversations.turn import Unclear
from domain.events import DiaryWritten, Event, ValueReported, ValueStatus
from domain.measures import Measure, Unit
from domain.messages import Option
from domain.periods import ReportingPeriod
from domain.text import Text, _
from domain.workplans import ActivityStatus

YES_NO = (Option("yes", _("Yes")), Option("no", _("No")))


@dataclass(frozen=True, slots=True)
class YesNo:
    """A question answered yes or no, in any shipped language; words after it are kept as `<key>_words`."""

    key: str
    prompt: Callable[[Known], Text]
    when: Callable[[Known], bool] = always
    optional: bool = False
    happens: Callable[[bool, Known, Situation], tuple[Event, ...]] | None = None

    def ask(self, known: Known) -> Text:
        """Return the question's words."""
        return self.prompt(known)

    def options(self, known: Known) -> tuple[Option, ...]:
        """Offer yes and no."""
        return YES_NO

    def read(self, reply: str, known: Known, situation: Situation) -> Answer:
        """Read yes or no. Raises Unclear for anything else."""
        said = split_yes(reply)
        if said is None:
            raise Unclear(_("Please answer YES or NO."))
        return Answer(said[0], self.happens(said[0], known, situation) if self.happens else ())

    def accept(self, doubt: Mapping[str, Any], reason: str, known: Known, situation: Situation) -> Answer:
        """Yes or no is never in doubt."""
        raise Unclear(_("Please answer YES or NO."))


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several, by number, by button or by the words on it."""

    key: str
    prompt: Callable[[Known], Text]
    among: Callable[[Known], tuple[Option, ...]]
    when: Callable[[Known], bool] = always
    optional: bool = False
    happens: Callable[[str, Known, Situation], tuple[Event, ...]] | None = None

    def ask(self, known: Known) -> Text:
        """Return the question's words."""
        return self.prompt(known)

    def options(self, known: Known) -> tuple[Option, ...]:
        """Return what may be picked."""
        return self.among(known)

    def read(self, reply: str, known: Known, situation: Situation) -> Answer:
        """Read the value of an option. Raises Unclear for anything else."""
        for option in self.among(known):
            if fold(reply) in (fold(option.value), fold(option.label.msgid)):
                events = self.happens(option.value, known, situation) if self.happens else ()
                return Answer(option.value, events)
        raise Unclear(_("Please send the number of your choice."))

    def accept(self, doubt: Mapping[str, Any], reason: str, known: Known, situation: Situation) -> Answer:
        """A choice is never in doubt."""
        raise Unclear(_("Please send the number of your choice."))


@dataclass(frozen=True, slots=True)
class Words:
    """A question answered in the person's own words, kept exactly: by `happens`, else as a section of the diary."""

    key: str
    prompt: Callable[[Known], Text]
    section: str
    when: Callable[[Known], bool] = always
    optional: bool = True
    happens: Callable[[str, Known, Situation], tuple[Event, ...]] | None = None

    def ask(self, known: Known) -> Text:
        """Return the question's words."""
        return self.prompt(known)

    def options(self, known: Known) -> tuple[Option, ...]:
        """Nothing to pick from."""
        return ()

    def read(self, reply: str, known: Known, situation: Situation) -> Answer:
        """Keep the words. Raises Unclear when there are none."""
        if not reply.strip():
            raise Unclear(_("Please answer in a few words, or SKIP."))
        if self.happens is not None:
            return Answer(reply, self.happens(reply, known, situation))
        period, session = ReportingPeriod.parse(known["period"]), situation.conversation.session
        began = session.started_at if session else None
        return Answer(reply, (DiaryWritten(known["district"], period, self.section, reply, dialogue=began),))

    def accept(self, doubt: Mapping[str, Any], reason: str, known: Known, situation: Situation) -> Answer:
        """Words are never in doubt."""
        raise Unclear(_("Please answer in a few words, or SKIP."))


@dataclass(frozen=True, slots=True)
class ValueOf:
    """A question about one indicator, stored at once; outside the usual it waits for a yes."""

    code: str
    when: Callable[[Known], bool] = always
    optional: bool = True

    @property
    def key(self) -> str:
        """The answer is kept under the indicator's code."""
        return f"value:{self.code}"

    def ask(self, known: Known) -> Text:
        """Ask for the value by its name, with an example."""
        asked = known["indicators"][self.code]
        return _(
            "{code} {name}, {period}? Example: {example}",
            code=self.code,
            name=asked["name"],
            period=ReportingPeriod.parse(known["period"]),
            example=asked["example"],
        )

    def options(self, known: Known) -> tuple[Option, ...]:
        """Offer yes and no for a yes/no indicator."""
        return YES_NO if known["indicators"][self.code]["unit"] == Unit.YES_NO else ()

    def read(self, reply: str, known: Known, situation: Situation) -> Answer:
        """Read a value, "not available" or a ratio. Raises Unclear with the reason, Doubtful outside the usual."""
        period = ReportingPeriod.parse(known["period"])
        indicator = situation.programme.indicators[self.code]
        item = read_slot(reply, indicator, period, situation.expected())
        if isinstance(item, NoData):
            event = ValueReported(known["district"], self.code, period, ValueStatus.NOT_AVAILABLE, reason=item.reason)
            return Answer("NA", (event,))
        if isinstance(item, Read):
            return self._judge(item, known, situation)
        raise Unclear(_why_not(item, self.code, known["indicators"][self.code]["example"]))

    def _judge(self, item: Read, known: Known, situation: Situation) -> Answer:
        doubt = doubt_about(item, situation)
        if doubt is None:
            remark = self._remark(item, situation)
            event = ValueReported(known["district"], self.code, item.period, ValueStatus.REPORTED, item.measure)
            return Answer(written(item.measure), (event,), remark)
        pending = ValueReported(known["district"], self.code, item.period, ValueStatus.PENDING, item.measure)
        raise Doubtful(usual_question(item.code, item.measure, doubt), written(item.measure), (pending,))

    def _remark(self, item: Read, situation: Situation) -> Text | None:
        if item.repaired:
            return _("({written} read as {value})", written=item.repaired, value=item.measure)
        limit = situation.programme.indicators[item.code].alert_above
        if limit is not None and item.measure.value > limit:
            return _(
                "Your facilitator is told of {code} {value}. Wrong? BACK and send it again.",
                code=item.code,
                value=item.measure,
            )
        if is_flat(item, situation):
            return _(
                "{code} {value} for three months. Wrong? BACK and send it again.", code=item.code, value=item.measure
            )
        return None

    def accept(self, doubt: Mapping[str, Any], reason: str, known: Known, situation: Situation) -> Answer:
        """Store the unusual value with the reason given; the facilitator will see it flagged."""
        event = ValueReported(
            known["district"],
            self.code,
            ReportingPeriod.parse(known["period"]),
            ValueStatus.REPORTED,
            measured(doubt),
            reason or None,
            flagged=True,
        )
        return Answer(dict(doubt), (event,))


def written(measure: Measure) -> dict[str, Any]:
    """Return a measure as plain JSON."""
    return {
        "value": measure.value,
        "unit": str(measure.unit),
        "numerator": measure.numerator,
        "denominator": measure.denominator,
    }


def measured(data: Mapping[str, Any]) -> Measure:
    """Return the measure that `written` wrote."""
    return Measure(data["value"], Unit(data["unit"]), data["numerator"], data["denominator"])


def _why_not(item: Ask | Refuse, code: str, example: str) -> Text:
    if isinstance(item, Ask) and item.readings:
        return _(
            "{token} has more than one reading for {code}. Send the plain number, e.g. {example}.",
            token=item.token,
            code=code,
            example=example,
        )
    return _(
        "{code} cannot be {token}. Send a number, e.g. {example}, or NA.", code=code, token=item.token, example=example
    )


WHY = {
    ActivityStatus.DROPPED: _("({key}: no reason given. {key} DROP why adds it.)"),
    ActivityStatus.MODIFIED: _("({key}: no reason given. {key} CHANGED why adds it.)"),
}
"""What is said where no words came with what is learned from: why an activity was dropped or changed."""


@dataclass(frozen=True, slots=True)
class ProgressOf:
    """How one activity stands: a percentage, done, stuck and why, dropped and why, or a new date."""

    activity: str
    when: Callable[[Known], bool] = always
    optional: bool = True

    @property
    def key(self) -> str:
        """The answer is kept under the activity's key."""
        return f"activity:{self.activity}"

    def ask(self, known: Known) -> Text:
        """Ask how the activity stands, by its title."""
        return _(
            "{key} {title}: how far? Send %, DONE, STUCK why, DROP why or a date.",
            key=self.activity,
            title=known["activities"][self.activity],
        )

    def options(self, known: Known) -> tuple[Option, ...]:
        """Nothing to pick from: the answer may be a percentage."""
        return ()

    def read(self, reply: str, known: Known, situation: Situation) -> Answer:
        """Read progress. Raises Unclear with an example."""
        try:
            update = read_progress(known["district"], self.activity, reply, situation.today)
        except ProgressUnclear as unclear:
            raise Unclear(unclear.hint) from unclear
        why = WHY.get(update.status) if update.status and not update.reason else None
        return Answer(reply, (update,), why and replace(why, params={"key": self.activity}))

    def accept(self, doubt: Mapping[str, Any], reason: str, known: Known, situation: Situation) -> Answer:
        """Progress is never in doubt."""
        raise Unclear(_("Send %, DONE, STUCK why, DROP why or a date."))
