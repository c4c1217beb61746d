"""Whole messages as the software composes them, for any district of the sample programme in any language."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import MappingProxyType

from bot.render import Rendered, Voice, render
from conversations import dialogue, engine
from conversations.flows import (
    FLOWS,
    account,
    alert_words,
    digest_words,
    follow_up,
    later,
    leave,
    plan,
    prompts,
    report,
    standing,
)
from conversations.grammar import read_slot
from conversations.grammar.reading import Read
from conversations.receipts import example_of
from conversations.situation import Situation
from conversations.state import Conversation
from conversations.turn import Turn, Unclear
from conversations.verbs import Request
from domain.alerts import Alert, AlertStatus, Cause
from domain.desks import Desk, Reporter
from domain.digests import weekly_digest
from domain.events import ValueStatus
from domain.indicators import Entry
from domain.messages import Say
from domain.people import Address, Contact, Role, Urn
from domain.text import Text
from domain.values import IndicatorValue, Values
from tests.segments import PERSON, PROGRAMME, WORDS

NOW = datetime(2026, 10, 5, 14, tzinfo=UTC)  # the report is for "sept 2026", the longest month of the three languages
AFTER_DUE = datetime(2026, 10, 16, 14, tzinfo=UTC)
DISTRICTS = tuple(PROGRAMME.districts)
REF = 12345


@dataclass(frozen=True, slots=True)
class Composed:
    """One message: what it is, its words and buttons before they are rendered, and why it may be long if it may."""

    what: str
    say: Say
    long: str = ""


def situation_of(district: str | None, language: str, role: Role = Role.FOCAL, now: datetime = NOW) -> Situation:
    """Return what a turn may look at, on SMS, with nothing reported yet this month."""
    contact = Contact(
        id=1,
        key="somebody",
        name=PERSON,
        role=role,
        language=language,
        timezone="Africa/Accra",
        district=district,
        addresses=(Address(Urn("tel", "+233200000011")), Address(Urn("telegram", "700011"))),
    )
    situation = Situation(now, contact, PROGRAMME, Conversation(), "tel", inbound_id=REF, nonce="7F3Q")
    if district is None:
        return situation
    activities = tuple(replace(a, owner=contact.key) for a in PROGRAMME.workplans[district].activities)
    helper = replace(contact, id=2, role=Role.FACILITATOR)
    return replace(situation, values=history(situation), plan=activities, helpers=(helper,))


def history(situation: Situation) -> Values:
    """Return the values of the district before the month that is due, as the sample programme brings them."""
    code_of = situation.contact.district or ""
    expected = situation.expected()
    found = []
    for code, months in (PROGRAMME.history or {}).get(code_of, {}).items():
        for period, text in months.items():
            item = read_slot(text, PROGRAMME.indicators[code], period, expected)
            if isinstance(item, Read) and period < situation.period:
                measure = item.measure
                found.append(IndicatorValue(code_of, code, period, ValueStatus.REPORTED, measure, situation.now))
    return Values(found)


def spoken(say: Say, language: str) -> Rendered:
    """Return a message as an SMS carries it."""
    (part,) = render(say, Voice(language, "Africa/Accra"), "tel")
    return part


def of_a_reporter(district: str, language: str) -> Iterator[Composed]:
    """Yield what somebody who reports for a district is sent."""
    situation = situation_of(district, language)
    missing = situation.missing
    yield _composed("monthly prompt", prompts.prompt(situation, missing))
    yield _composed("first nudge", prompts.nudge(situation, missing, last=False))
    yield _composed("last nudge", prompts.nudge(situation, missing, last=True))
    keys = tuple(a.key for a in situation.plan)
    yield _composed("plan prompt", prompts.plan_prompt(situation, {district: situation.plan}, keys))
    yield from _receipts(situation)
    yield from _asking(situation)
    for what, verb in VERBS.items():
        yield _composed(what, verb(Request("", "", situation)))
    yield from _guided(situation)
    yield from _interrupting(situation)
    yield from _joining(situation)


VERBS: Mapping[str, Callable[[Request], Turn]] = MappingProxyType(
    {
        "help": account.help_for,
        "due": standing.due,
        "who": standing.who,
        "trend": standing.trend,
        "plan": plan.show,
        "greeting": account.thanks,
        "link": account.link,
        "later": later.later,
        "leave": lambda request: leave.leave(replace(request, words="29 SEP 30 SEP")),
        "call for help": lambda request: account.human(replace(request, words=WORDS)),
    }
)


def _composed(what: str, turn: Turn, long: str = "") -> Composed:
    assert turn.say is not None, what
    return Composed(what, turn.say, long)


def _receipts(situation: Situation) -> Iterator[Composed]:
    plain = replace(situation, values=Values())  # without a past nothing is unusual
    pairs = [f"{code} {example_of(PROGRAMME.indicators[code], situation.contact.language)}" for code in situation.due]
    four = "REP " + " ".join(pairs[:4])
    yield _composed("receipt of four values", report.report(Request(four, four, plain)))
    late = replace(plain, now=AFTER_DUE)
    yield _composed("late receipt of four values", report.report(Request(four, four, late)))
    everything = "REP " + " ".join(pairs)
    yield _composed("receipt of a whole report", report.report(Request(everything, everything, plain)))
    for code in situation.due:
        text = f"REP {code} {PROGRAMME.indicators[code].soft[1] * 1.1:.0f}"
        yield _composed(f"unusual {code}", report.report(Request(text, text, situation)))


def _asking(situation: Situation) -> Iterator[Composed]:
    """Yield the answers to a whole report in which all is as last month but one value, or two."""
    usual = {code: _last_month(code, situation) for code in situation.due}
    strange = {code: f"{PROGRAMME.indicators[code].soft[1] * 1.1:.0f}" for code in situation.due}
    for n, code in enumerate(situation.due):
        for what, changed in (("one", (code,)), ("two", (code, situation.due[n - 1]))):
            values = {**usual, **{c: strange[c] for c in changed}}
            text = "REP " + " ".join(f"{c} {value}" for c, value in values.items())
            turn = report.report(Request(text, text, situation))
            long = "what is refused has its example" if turn.outline.refused and what == "two" else ""
            yield _composed(f"whole report, {what} unusual: {code}", turn, long)


def _last_month(code: str, situation: Situation) -> str:
    months = (PROGRAMME.history or {})[situation.district.code][code]
    return months[max(months)]


def of_a_large_district(language: str, count: int = 10) -> Iterator[Composed]:
    """Yield what asks a district with the longest name for as many values as there may be, under the longest codes."""
    code = max(DISTRICTS, key=lambda code: len(PROGRAMME.districts[code].name))
    known = [i.code for i in PROGRAMME.indicators.values() if i.entry is not Entry.DERIVED]
    wanted = tuple(sorted(known, key=lambda c: len(f"{c}{PROGRAMME.indicators[c].example}"), reverse=True)[:count])
    districts = {**PROGRAMME.districts, code: replace(PROGRAMME.districts[code], indicators=wanted)}
    situation = replace(situation_of(code, language), programme=replace(PROGRAMME, districts=districts))
    yield _composed("monthly prompt", prompts.prompt(situation, wanted))
    yield _composed("first nudge", prompts.nudge(situation, wanted, last=False))
    yield _composed("last nudge", prompts.nudge(situation, wanted, last=True))


def _guided(situation: Situation) -> Iterator[Composed]:
    """Yield each question of the guided report: asked, asked again after a reply nobody can read, and with help."""
    flow = FLOWS["monthly_report"]
    move = engine.start(flow, situation, str(situation.period))
    assert move.session is not None
    known = engine.knowns(move.session)
    helped = dialogue.helped(replace(situation, conversation=Conversation(sessions=(move.session,))))
    for step in flow.steps(known):
        question, options = step.ask(known), step.options(known)
        yield Composed(f"{step.key} asked", Say((question,), (), options))
        yield Composed(f"{step.key} with help", replace(_composed("help", helped).say, lines=(_hint(helped), question)))
        try:
            step.read("gari limeharibika", known, situation)
        except Unclear as unclear:
            yield Composed(f"{step.key} asked again", Say((unclear.hint, question), (), options))


def _interrupting(situation: Situation) -> Iterator[Composed]:
    """Yield what is answered in the middle of the guided report, at each kind of question, and then goes on."""
    flow = FLOWS["monthly_report"]
    start = engine.start(flow, situation, str(situation.period)).session
    assert start is not None
    steps = flow.steps(engine.knowns(start))
    for kind in ("value", "activity", "planned"):
        at = next(n for n, step in enumerate(steps) if step.key.startswith(kind))
        answered = {step.key: None for step in steps[:at]}
        waiting = engine.ask_next(flow, replace(start, answers=answered), situation).session
        assert waiting is not None
        here = replace(situation, conversation=Conversation(sessions=(waiting,)))
        pair = f"REP {situation.due[-1]} {_last_month(situation.due[-1], situation)}"
        turns = {what: verb(Request("", "", here)) for what, verb in VERBS.items() if what not in ("help", "greeting")}
        turns["report"] = report.report(Request(pair, pair, here))
        for what, turn in turns.items():
            long = "a list, and the question that waits" if what in ("due", "plan") else ""
            yield _composed(f"{what} in the middle, at {kind}", dialogue.recalled(turn, here), long)


def _hint(helped: Turn) -> Text:
    assert helped.say is not None
    return helped.say.lines[0]


def _joining(situation: Situation) -> Iterator[Composed]:
    flow = FLOWS["join"]
    move = engine.start(flow, situation, "join")
    assert move.session is not None
    yield Composed("language question", Say(move.lines, (), move.options))
    step = flow.steps(engine.knowns(move.session))[1]
    yield Composed("consent", Say((step.ask({}),), (), step.options({})))
    yield Composed(
        "joined", Say((flow.closing({"name": PERSON, "place": situation.district.name, "consent": True}, situation),))
    )


def of_a_leader(role: Role, groups: tuple[str, ...], language: str) -> Iterator[Composed]:
    """Yield what a facilitator or manager is sent, with every report missing but one that is all red."""
    situation = replace(situation_of(None, language, role, AFTER_DUE), board=board(groups))
    yield _composed("help", account.help_for(Request("", "", situation)))
    digest = weekly_digest(PROGRAMME, situation.board, situation.today)
    yield Composed("digest in short", digest_words.digest_message(digest, PROGRAMME, language, "tel"))
    for what, verb in {
        "late": follow_up.late,
        "red": follow_up.red,
        "rag": follow_up.rag,
        "plans": follow_up.plans,
    }.items():
        yield _composed(what, verb(Request("", "", situation)))
    rows = tuple((d.name, len(d.missing), PERSON) for d in digest.late)
    yield Composed("list of who is late", prompts.late_list(situation.period, rows))


def board(groups: tuple[str, ...]) -> dict[str, Desk]:
    """Return the desks of some groups: the first district of each has reported badly, the others not at all."""
    desks = {}
    for group in groups:
        for n, code in enumerate(PROGRAMME.groups[group].districts):
            situation = situation_of(code, "en")
            reported = _badly(situation) if n == 0 else []
            reporters = (Reporter(1, "somebody", PERSON),)
            desks[code] = Desk(Values(reported), situation.plan, (), reporters)
    return desks


def _badly(situation: Situation) -> list[IndicatorValue]:
    found = []
    for code in situation.due:
        low, high = PROGRAMME.indicators[code].soft
        target = situation.district.targets.get(code)
        worse = high if target and target.direction == "lower" else low
        item = read_slot(f"{worse:g}", PROGRAMME.indicators[code], situation.period, situation.expected())
        assert isinstance(item, Read), (code, item)
        place = situation.district.code
        found.append(IndicatorValue(place, code, situation.period, ValueStatus.REPORTED, item.measure, NOW))
    return found


def alert(cause: Cause, district: str) -> Composed:
    """Return an alert as it is sent."""
    codes = PROGRAMME.districts[district].indicators
    evidence = {
        Cause.BEYOND_LIMIT: {"code": "MD", "period": "2026-09", "value": "12", "limit": "0"},
        Cause.OVERDUE: {"period": "2026-09", "missing": " ".join(codes)},
        Cause.STUCK: {"activity": "P4", "reason": WORDS},
        Cause.OFF_TRACK: {"code": codes[0], "months": "12", "value": "66.7", "wanted": "72.5"},
        Cause.ACTIVITY_LATE: {"activity": "P4", "title": "Superv. plan 4", "due": "2026-09-30"},
        Cause.DIARY_SILENT: {"months": "12", "period": "2026-09"},
        Cause.UNREACHABLE: {"names": PERSON},
        Cause.UNVERIFIED: {"count": "12", "code": codes[0], "period": "2026-09", "value": "66.7"},
        Cause.PARTNER_SILENT: {"name": PERSON, "activities": "P1 P2 P3 P4", "since": "2026-09-30"},
        Cause.HARM: {"name": PERSON, "words": WORDS, "sender": "1"},
    }[cause]
    found = Alert(123, cause, "key", district, evidence, AlertStatus.OPEN, (1,), 0, NOW, NOW)
    return Composed(f"alert {cause}", alert_words.message(found, PROGRAMME))
