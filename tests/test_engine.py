"""The engine: questions that change under way, going back and forth, doubts, and sessions that keep for weeks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from conversations import engine
from conversations.engine import Move
from conversations.flow import Answer, Doubtful, Flow, Known, Step, unchanged
from conversations.flows import FLOWS
from conversations.situation import Situation
from conversations.state import Conversation, Question, Session
from conversations.steps import Choice, ProgressOf, ValueOf, Words, YesNo
from domain.events import DiaryWritten, Event, LanguageChosen, ValueReported, ValueStatus
from domain.measures import Measure, Unit
from domain.messages import Option
from domain.people import Contact, Role
from domain.periods import ReportingPeriod
from domain.text import Text, plain
from storage.conversations import decode, encode
from storage.programme_file import parse_programme, sample_text

SESSIONS = Path(__file__).parent / "sessions"
PROGRAMME = parse_programme(sample_text())
NOW = datetime(2026, 11, 2, 14, 5, tzinfo=UTC)
OCTOBER = ReportingPeriod(2026, 10)
AMA = Contact(1, "ama", "Ama", Role.FOCAL, "en", "Africa/Accra", district="asuo")
SITUATION = Situation(NOW, AMA, PROGRAMME, Conversation(), "tel")


def asks(words: str) -> Callable[[Known], Text]:
    return lambda known: plain(words)


def words(key: str, *, when: Callable[[Known], bool] | None = None, optional: bool = True) -> Words:
    step = Words(key, asks(f"{key}?"), key, optional=optional)
    return replace(step, when=when) if when else step


def fruits(*names: str) -> Callable[[Known], tuple[Option, ...]]:
    return lambda known: tuple(Option(name, plain(name.title())) for name in names)


def fruit(*names: str) -> Choice:
    return Choice("fruit", asks("fruit?"), fruits(*names))


def flow(*steps: Step, version: int = 1, upgrades: Mapping[int, Any] | None = None) -> Flow:
    return Flow(
        name="diary",
        version=version,
        title=plain("small talk"),
        needs=frozenset(),
        facts=lambda situation: {"district": "asuo", "period": "2026-10"},
        steps=lambda known: steps,
        closing=lambda known, situation: plain("the end"),
        finish=lambda known, situation: (LanguageChosen(str(known.get("fruit"))),),
        upgrades=upgrades or {},
    )


class Talk:
    """One person in one flow. The session is written to JSON and read back between all turns."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.session: Session | None = None
        self.heard: list[str] = []
        self.happened: list[Event] = []
        self.now = NOW
        self._take(engine.start(flow, SITUATION))

    def says(self, *replies: str) -> Talk:
        for reply in replies:
            self._take(engine.resume(self.flow, self._waiting(), reply, self._situation()))
        return self

    def skips(self) -> Talk:
        self._take(engine.skip(self.flow, self._waiting(), self._situation()))
        return self

    def goes_back(self) -> Talk:
        self._take(engine.back(self.flow, self._waiting(), self._situation()))
        return self

    def under(self, flow: Flow) -> Talk:
        """Go on under another release's questions."""
        self.flow = flow
        return self

    @property
    def asked(self) -> str | None:
        return self.session.asked if self.session else None

    @property
    def answers(self) -> dict[str, Any]:
        return self._waiting().answers

    def _situation(self) -> Situation:
        return replace(
            SITUATION, now=self.now, conversation=Conversation((self._waiting(),), ticket=self._waiting().ticket)
        )

    def _waiting(self) -> Session:
        assert self.session is not None, "the flow has ended"
        return self.session

    def _take(self, move: Move) -> None:
        self.heard = [line.msgid for line in move.lines]
        self.happened += move.events
        self.session = None
        if move.session is not None:
            kept = Conversation((move.session,), ticket=move.session.ticket)
            back = decode(encode(kept))
            assert back == kept
            self.session = back.session


A, B, C = words("a"), words("b"), words("c")


def test_questions_come_in_order_and_the_flow_ends_with_what_happened() -> None:
    talk = Talk(flow(A, B))
    assert (talk.asked, talk.heard) == ("a", ["a?"])
    assert talk.says("one").heard == ["b?"]
    assert talk.says("two").heard == ["the end"]
    assert talk.session is None
    assert talk.happened == [
        DiaryWritten("asuo", OCTOBER, "a", "one", dialogue=NOW),
        DiaryWritten("asuo", OCTOBER, "b", "two", dialogue=NOW),
        LanguageChosen("None"),
    ]


def test_a_question_that_does_not_apply_is_not_asked() -> None:
    talk = Talk(flow(A, words("b", when=lambda known: known.get("a") == "yes"), C))
    assert talk.says("no").asked == "c"


def test_a_flow_with_nothing_to_ask_ends_at_once() -> None:
    assert Talk(flow(words("a", when=lambda known: False))).heard == ["the end"]


def test_a_question_put_in_while_somebody_is_in_the_middle_is_asked_and_the_reply_kept() -> None:
    talk = Talk(flow(A, B)).says("one").under(flow(words("new"), A, B))
    assert talk.says("two").asked == "new"
    assert talk.answers == {"a": "one", "b": "two"}
    assert talk.says("three").heard == ["the end"]


def test_a_question_taken_out_while_somebody_answers_it_goes_on_with_the_next() -> None:
    talk = Talk(flow(A, B, C)).says("one").under(flow(A, C))
    assert talk.says("to a question that is gone").asked == "c"
    assert talk.answers == {"a": "one"}


def test_an_answered_question_taken_out_leaves_the_rest_alone() -> None:
    talk = Talk(flow(A, B, C)).says("one").under(flow(B, C))
    assert talk.says("two").asked == "c"


def test_questions_put_in_another_order_are_each_asked_once() -> None:
    talk = Talk(flow(A, B, C)).says("one").under(flow(C, B, A))
    assert talk.says("two").asked == "c"
    assert talk.says("three").session is None
    said = {event.section: event.words for event in talk.happened if isinstance(event, DiaryWritten)}
    assert said == {"a": "one", "b": "two", "c": "three"}


def test_a_change_of_meaning_is_carried_over_step_by_step() -> None:
    def doubled(answers: dict[str, Any]) -> dict[str, Any]:
        return {**answers, "a": answers["a"] * 2}

    def marked(answers: dict[str, Any]) -> dict[str, Any]:
        return {**answers, "a": answers["a"] + "!"}

    talk = Talk(flow(A, B, C)).says("x").under(flow(A, B, C, version=3, upgrades={1: doubled, 2: marked}))
    assert talk.says("two").answers == {"a": "xx!", "b": "two"}
    assert talk.session is not None
    assert talk.session.version == 3
    assert talk.says("three").session is None


def test_a_number_means_what_it_meant_on_the_persons_screen() -> None:
    talk = Talk(flow(fruit("mango", "banana", "papaya"), A)).under(flow(fruit("guava", "mango", "banana", "papaya"), A))
    assert talk.says("2").answers == {"fruit": "banana"}


@pytest.mark.parametrize("reply", ["2", " 2. ", "2)", "banana", "BANANA", "Banana"])
def test_a_choice_is_made_by_number_or_by_its_words(reply: str) -> None:
    assert Talk(flow(fruit("mango", "banana"), A)).says(reply).answers == {"fruit": "banana"}


@pytest.mark.parametrize("reply", ["3", "0", "22", "-1", "apple", "", "2 3"])
def test_anything_else_is_asked_again_and_nothing_is_kept(reply: str) -> None:
    talk = Talk(flow(fruit("mango", "banana"), A)).says(reply)
    assert (talk.asked, talk.answers, talk.heard[-1]) == ("fruit", {}, "fruit?")
    assert len(talk.heard) == 2


def test_every_asking_has_its_own_ticket() -> None:
    talk = Talk(flow(fruit("mango"), A))
    first = talk._waiting().ticket
    assert talk.says("apple")._waiting().ticket > first
    assert talk.says("1")._waiting().ticket > first + 1


def test_back_asks_the_question_before_and_forgets_its_answer() -> None:
    talk = Talk(flow(A, B, C)).says("one", "two").goes_back()
    assert (talk.asked, talk.answers) == ("b", {"a": "one"})
    assert talk.goes_back().asked == "a"
    assert talk.says("ONE").asked == "b"


def test_back_at_the_first_question_says_so_and_stays() -> None:
    talk = Talk(flow(A, B)).goes_back()
    assert (talk.asked, len(talk.heard)) == ("a", 2)


def test_back_over_a_question_taken_out_goes_one_further() -> None:
    talk = Talk(flow(A, B, C)).says("one", "two").under(flow(A, C)).goes_back()
    assert (talk.asked, talk.answers) == ("a", {"b": "two"})


def test_skip_leaves_a_question_and_back_returns_to_it() -> None:
    talk = Talk(flow(A, B)).skips()
    assert (talk.asked, talk.answers) == ("b", {"a": None})
    assert talk.goes_back().asked == "a"
    assert [e for e in talk.happened if isinstance(e, DiaryWritten)] == []


def test_a_question_that_is_needed_cannot_be_skipped() -> None:
    talk = Talk(flow(words("a", optional=False), B)).skips()
    assert (talk.asked, talk.answers) == ("a", {})


def test_a_reply_after_weeks_goes_on_where_it_was() -> None:
    talk = Talk(flow(A, B)).says("one")
    talk.now += timedelta(days=29)
    assert talk.says("two").session is None


def test_yes_and_no_are_read_in_every_language() -> None:
    held = flow(YesNo("held", asks("held?")), A)
    for reply, held_it in {
        "yes": True,
        "NDIYO": True,
        "sí": True,
        "hapana": False,
        "No.": False,
        "1": True,
        "2": False,
    }.items():
        assert Talk(held).says(reply).answers == {"held": held_it}, reply
    assert Talk(held).says("perhaps").asked == "held"


# A doubtful value


def values() -> Flow:
    flow = FLOWS["monthly_report"]
    indicators = {c: {"name": c, "unit": "percent", "example": "12"} for c in ("ABS", "ANC1")}
    facts = {
        "district": "asuo",
        "period": "2026-10",
        "indicators": indicators,
        "codes": [],
        "elsewhere": [],
        "activities": {},
    }
    return replace(
        flow,
        facts=lambda situation: facts,
        refresh=unchanged,
        steps=lambda known: (ValueOf("ABS"), ValueOf("ANC1")),
        closing=lambda known, situation: plain("the end"),
    )


def reported(number: float, status: ValueStatus = ValueStatus.REPORTED, **more: Any) -> ValueReported:
    return ValueReported("asuo", "ABS", OCTOBER, status, Measure(number, Unit.PERCENT), **more)


def test_an_unlikely_value_waits_for_a_yes_and_keeps_the_reason() -> None:
    talk = Talk(values()).says("77")
    assert (talk.asked, talk.answers) == ("value:ABS", {})
    assert talk.happened == [reported(77, ValueStatus.PENDING)]
    assert talk.says("Y strike in Week 2").asked == "value:ANC1"
    assert talk.happened[-1] == reported(77, reason="strike in Week 2", flagged=True)


def test_a_no_asks_for_the_right_number() -> None:
    talk = Talk(values()).says("77", "no")
    assert (talk.asked, talk.answers) == ("value:ABS", {})
    assert talk.says("yes").asked == "value:ABS"  # nothing is in doubt any more
    assert talk.says("7").happened[-1] == reported(7)
    assert talk.asked == "value:ANC1"


def test_another_number_takes_the_place_of_the_doubtful_one() -> None:
    talk = Talk(values()).says("77", "8")
    assert talk.happened == [reported(77, ValueStatus.PENDING), reported(8)]
    assert talk.asked == "value:ANC1"


def test_the_same_unlikely_number_again_is_no_yes() -> None:
    talk = Talk(values()).says("77", "77")
    assert (talk.asked, talk.answers) == ("value:ABS", {})
    assert ValueStatus.REPORTED not in {e.status for e in talk.happened if isinstance(e, ValueReported)}


def test_a_doubt_survives_weeks_and_a_new_release() -> None:
    talk = Talk(values()).says("77")
    talk.now += timedelta(days=20)
    assert talk.under(values()).says("ndiyo").happened[-1] == reported(77, flagged=True)


def test_back_forgets_a_doubt() -> None:
    talk = Talk(values()).says("7", "0.5").goes_back()
    assert talk.asked == "value:ABS"
    assert talk.says("Y").asked == "value:ABS"


# What is remembered, written as JSON


def test_all_that_is_remembered_survives_being_written_down() -> None:
    question = Question("soft_range", NOW, "ABS", OCTOBER, "ABS", (Measure.ratio(77, 84, Unit.PERCENT),))
    menu = Question("menu", NOW, choices=("LATE", "RED"))
    talk = Talk(flow(fruit("mango", "banana"), A))
    held = Talk(values()).says("77")
    kept = Conversation((talk._waiting(), held._waiting()), (held._waiting(),), (question, menu), None, 9)
    once = decode(encode(kept))
    assert once == kept
    assert decode(encode(once)) == kept


def test_what_an_older_release_did_not_write_is_empty() -> None:
    assert decode("{}") == Conversation()


# Sessions that real people were in the middle of, as they were stored


def frozen(name: str) -> Conversation:
    return decode((SESSIONS / f"{name}.json").read_text())


def test_every_flow_has_a_session_from_an_earlier_release() -> None:
    assert {path.stem for path in SESSIONS.glob("*.json")} == set(FLOWS)


REPLIES = {
    "join": ("Ndiyo",),
    "diary": ("no fuel in week 3", "SKIP", "Efua orders fuel by the 15th"),
    "visit_log": ("No fuel; the assembly will help", "SKIP", "Letter by the DDHS by 20 Nov", "I listened more"),
    "monthly_report": ("Y strike", "60/80", "6", "80%", "STUCK no fuel", "planned", "well", "SKIP", "change", "yes"),
}


@pytest.mark.parametrize("name", FLOWS)
def test_a_session_from_an_earlier_release_goes_on_to_its_end(name: str) -> None:
    conversation = frozen(name)
    session = conversation.session
    assert session is not None
    asked = [session.asked]
    for reply in REPLIES[name]:
        assert session is not None, f"{name} ended before {reply!r}"
        situation = replace(SITUATION, conversation=Conversation((session,), ticket=session.ticket))
        act = engine.skip if reply == "SKIP" else None
        move = act(FLOWS[name], session, situation) if act else engine.resume(FLOWS[name], session, reply, situation)
        session = decode(encode(Conversation((move.session,)))).session if move.session else None
        asked.append(session.asked if session else None)
    assert session is None, f"{name} still asks {session.asked if session else ''}"
    assert len(set(asked)) == len(asked), "a question was asked twice"


def test_a_step_offers_only_what_it_can_read() -> None:
    """Every option of every step in the flows is an answer to it."""
    for name in FLOWS:
        session = frozen(name).session
        assert session is not None
        known = engine.knowns(session)
        for step in FLOWS[name].steps(session.facts):
            for option in step.options(known):
                assert isinstance(step.read(option.value, known, SITUATION), Answer)


def test_progress_is_asked_by_title_and_read_as_an_update() -> None:
    known = {"district": "asuo", "activities": {"P1": "Duty rosters"}}
    step = ProgressOf("P1")
    assert step.ask(known).params["title"] == "Duty rosters"
    (event,) = step.read("STUCK no fuel", known, SITUATION).events
    assert (event.key, event.reason) == ("P1", "no fuel")  # type: ignore[union-attr]


def test_a_doubt_carries_plain_json() -> None:
    known = engine.knowns(Talk(values())._waiting())
    with pytest.raises(Doubtful) as doubt:
        ValueOf("ABS").read("77", known, SITUATION)
    assert doubt.value.value == {"value": 77.0, "unit": "percent", "numerator": None, "denominator": None}
