"""A facilitator corrects a value of one of their districts, or takes that back; who reports there is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from conversations.flows import answering, report, undoing
from conversations.places import districts_of, split_district
from conversations.receipts import example_of
from conversations.situation import Situation
from conversations.state import Question
from conversations.turn import Tell, Turn, say
from conversations.verbs import Request, Route
from domain.events import ValueReported, ValueStatus
from domain.measures import Measure
from domain.periods import ReportingPeriod
from domain.programme import District
from domain.text import Text, _, plain

Key = tuple[str, ReportingPeriod]
WHICH = _("Which district? Yours: {names}. Send e.g. FIX {district} {code} {example}")


def fix_route(words: str, text: str, situation: Situation) -> Route:
    """Return the route of `FIX ASU ANC1 467/615 recount` from somebody who looks after districts."""
    district, rest, wrong = named_district(words, situation, WHICH)
    if district is None:
        return Route(frozenset(), lambda s: Turn("fix", s.conversation, "question", say(wrong)))
    return _route_for(district.code, lambda s: report.fix(Request(rest, text, s)))


def answer_route(question: Question, text: str) -> Route:
    """Return the route of a reply to a question about a district that is not the writer's own."""
    return _route_for(question.district or "", lambda s: answering.answer(Request("", text, s), question))


def undo_route(words: str, text: str, situation: Situation) -> Route:
    """Return the route of a facilitator's UNDO: their last correction as a whole, and who was told of it hears."""
    return Route(frozenset({"reports", "reporters"}), lambda s: _undone(Request(words, text, s)))


def _undone(request: Request) -> Turn:
    turn = undoing.undo(request)
    told = [e for e in turn.events if isinstance(e, ValueReported)]
    return replace(turn, tells=_tells(told, {}, request.situation))


def _route_for(district: str, run: Callable[[Situation], Turn]) -> Route:
    needs = frozenset({f"values {district}", "reports", "reporters"})
    return Route(needs, lambda s: _spoken_for(run(_speaking_for(s, district)), s, district))


def _speaking_for(situation: Situation, district: str) -> Situation:
    """Return the situation of somebody who speaks for a district: what was asked about others is put aside."""
    own = tuple(q for q in situation.conversation.questions if q.district == district)
    return replace(situation, behalf=district, conversation=replace(situation.conversation, questions=own))


def _spoken_for(turn: Turn, situation: Situation, district: str) -> Turn:
    others = tuple(q for q in situation.conversation.questions if q.district != district)
    conversation = replace(turn.conversation, questions=(*turn.conversation.questions, *others))
    told = [e for e in turn.events if isinstance(e, ValueReported) and e.status is not ValueStatus.PENDING]
    before = {(e.code, e.period): situation.values.measure(e.code, e.period) for e in told}
    changed = [e for e in told if not (e.measure and e.measure.same_as(before[e.code, e.period]))]
    return replace(
        _placed(turn, situation.programme.districts[district]),
        conversation=conversation,
        tells=_tells(changed, before, situation),
    )


def _placed(turn: Turn, district: District) -> Turn:
    """Say first which district all this is about."""
    if turn.say is None:
        return turn
    head = plain("{name}:", name=district.name)
    shorter = tuple((head, *lines) for lines in turn.say.shorter)
    return replace(turn, say=replace(turn.say, lines=(head, *turn.say.lines), shorter=shorter))


def _tells(events: list[ValueReported], before: Mapping[Key, Measure | None], situation: Situation) -> tuple[Tell, ...]:
    if not events:
        return ()
    first = events[0]
    changes = tuple(_change(e, before.get((e.code, e.period))) for e in events)
    reasons = tuple(dict.fromkeys(e.reason for e in events if e.reason and e.takes_back is None))
    head = _("{name} corrected {period}: {values}.", name=situation.contact.name, period=first.period, values=changes)
    why = (_("Why: {reason}.", reason="; ".join(reasons)),) if reasons else ()
    how = _("If that is not right: FIX {code} {example}", code=first.code, example=_example(first.code, situation))
    people = [c for c in situation.reporters if c.district == first.district]
    return tuple(Tell(c.id, say(head, *why, how), "corrected") for c in people)


def _change(event: ValueReported, old: Measure | None) -> Text:
    new = event.measure or (_("not reported") if event.status is ValueStatus.WITHDRAWN else _("no data"))
    if old is None:
        return plain("{code} {new}", code=event.code, new=new)
    return _("{code} {old} to {new}", code=event.code, old=old, new=new)


def _example(code: str, situation: Situation) -> str:
    return example_of(situation.programme.indicators[code], situation.contact.language)


def named_district(words: str, situation: Situation, how: Text) -> tuple[District | None, str, Text]:
    """Return the district that words name first and the words after it, or why there is none that may be meant.

    `how` asks for one, with gaps for the `names` of districts and the `district`, `code` and `example` of an example.
    """
    own = districts_of(situation.contact, situation.programme)
    found, rest = split_district(words, situation.programme)
    mine = [d for d in found if d.code in own]
    names = " ".join(situation.programme.districts[code].name for code in own[:3])
    if len(mine) == 1:
        return mine[0], rest, plain("")
    if found and not mine:
        wrong = _("{district} is not one of your districts. Yours: {names}.", district=found[0].name, names=names)
        return None, rest, wrong
    code = situation.programme.districts[own[0]].indicators[0]
    said = {"names": names, "district": own[0][:3].upper(), "code": code, "example": _example(code, situation)}
    return None, rest, Text(how.msgid, said)
