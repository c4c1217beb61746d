"""Whose turn it is: what each text is taken for, in every language, in a dialogue and out of one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.joining import join_code
from conversations import engine
from conversations.editing import edit_route
from conversations.flows import FLOWS, VERBS
from conversations.flows.leave import read_days
from conversations.keywords import CARRIER_STOP, find_verb, fits, nearest_verb
from conversations.noise import is_service
from conversations.places import split_district
from conversations.router import route
from conversations.situation import PastMessage, PastReport, Situation
from conversations.state import Closing, Conversation, Flagged, Heard, Listed, Prompted, Question, Shown
from conversations.turn import Turn
from conversations.verbs import EVERYONE
from domain.events import ContactStopped, DiaryWritten, ValueReported, ValueStatus
from domain.measures import Measure, Unit
from domain.messages import Inbound, InboundKind
from domain.people import Contact, Role, Urn
from domain.periods import ReportingPeriod
from storage.programme_file import parse_programme, sample_text

PROGRAMME = parse_programme(sample_text())
NOW = datetime(2026, 11, 2, 14, 5, tzinfo=UTC)
OCTOBER = ReportingPeriod(2026, 10)
AMA = Contact(1, "ama", "Ama", Role.FOCAL, "en", "Africa/Accra", district="asuo")
ASHA = Contact(2, "asha", "Asha", Role.FOCAL, "sw", "Africa/Dar_es_Salaam", district="lisimba")
ROSA = Contact(3, "rosa", "Rosa", Role.FOCAL, "es", "America/Guatemala", district="xolbaj")
EFUA = Contact(4, "efua", "Efua", Role.FACILITATOR, "en", "Africa/Accra", groups=("group1",))
OWUSU = Contact(5, "owusu", "Dr Owusu", Role.MANAGER, "en", "Africa/Accra")
URNS = {"tel": Urn("tel", "+233200000011"), "telegram": Urn("telegram", "700011")}


def at(contact: Contact = AMA, conversation: Conversation | None = None, scheme: str = "tel") -> Situation:
    return Situation(NOW, contact, PROGRAMME, conversation or Conversation(), scheme)


def turn(
    text: str, situation: Situation | None = None, kind: InboundKind = InboundKind.MESSAGE, **more: object
) -> Turn:
    situation = situation or at()
    inbound = Inbound("sms", "1", URNS[situation.scheme], text, NOW, kind, **more)  # type: ignore[arg-type]
    return route(situation, inbound).run(situation)


def in_diary(asked: int = 0, contact: Contact = AMA, scheme: str = "tel") -> Situation:
    """Return a person in the middle of the diary, which asks for free words."""
    return _in("diary", ["words"] * asked, contact, scheme)


def in_report(contact: Contact = AMA, scheme: str = "tel") -> Situation:
    """Return a person asked for the first value of the guided report."""
    return _in("monthly_report", [], contact, scheme)


def _in(name: str, replies: list[str], contact: Contact, scheme: str) -> Situation:
    situation = at(contact, scheme=scheme)
    move = engine.start(FLOWS[name], situation, str(situation.period))
    for reply in replies:
        assert move.session is not None
        move = engine.resume(FLOWS[name], move.session, reply, situation)
    assert move.session is not None
    return at(contact, Conversation().with_session(move.session), scheme)


COMMANDS = {
    "due": ["DUE", "due", "deni", "pendientes", "à faire"],
    "plan": ["PLAN", "mpango", "Plan please"],
    "trend": ["TREND ABS", "mwenendo ABS", "tendencia ABS", "tendance ABS"],
    "help": ["HELP", "?", "msaada", "ayuda", "Aide", "menu", "."],
    "human": ["HELP ME with the codes", "nisaidie sasa", "ayúdame por favor", "aidez-moi"],
    "lang": ["LANG SW", "lugha sw", "idioma es"],
    "later": ["LATER", "later 2", "baadaye 2", "más tarde"],
    "leave": ["LEAVE 1 DEC 14 DEC", "likizo hadi 14/12", "vacaciones", "congé du 1 au 14 décembre", "leave off"],
    "who": ["WHO AM I", "whoami", "mimi nani", "quién soy"],
    "undo": ["UNDO", "tendua", "deshacer"],
    "note": ["NOTE rain on market day", "dokezo mvua", "nota lluvia"],
    "link": ["LINK", "unganisha", "vincular"],
    "fix": ["FIX ABS 12 recount", "sahihisha ABS 12", "corregir ABS 12"],
    "report": ["REP ABS 12", "ripoti ABS 12", "informe ABS 12", "rapport ABS 12", "ABS 12", "abs=12", "ABS 12 YAW 5"],
    "diary": ["D+ rosters are up", "D- no fuel D? the pump broke", "DIARY", "shajara", "diario"],
    "chat": [
        "thanks",
        "Thank you so much",
        "asante sana",
        "muchas gracias",
        "Merci!",
        "good morning",
        "ok",
        "blah blah",
    ],
    "stop": ["STOP", "acha", "alto", "arrêt", "Stop please"],
    "start": ["START", "unstop"],
}


@pytest.mark.parametrize(("intent", "text"), [(intent, text) for intent, texts in COMMANDS.items() for text in texts])
def test_a_text_is_taken_for_what_it_says_in_any_language(intent: str, text: str) -> None:
    assert turn(text).intent == intent


@pytest.mark.parametrize("contact", [AMA, ASHA, ROSA], ids=lambda c: c.key)
@pytest.mark.parametrize("text", ["DUE", "deni", "pendientes"])
def test_words_of_every_language_work_whatever_language_is_set(contact: Contact, text: str) -> None:
    assert turn(text, at(contact)).intent == "due"


PLANS = ["P1 80%", "p1 done", "P1 imekamilika", "P2 STUCK no fuel", "P1 80% P3 DONE"]


@pytest.mark.parametrize("text", PLANS)
def test_an_activity_key_begins_a_plan_update(text: str) -> None:
    assert turn(text).intent == "plan"


@pytest.mark.parametrize("text", ["", "   ", "🙏", "👍👍", "...", "!!", "\n"])
@pytest.mark.parametrize("scheme", ["tel", "telegram"])
def test_a_text_without_words_is_answered_with_silence(text: str, scheme: str) -> None:
    assert (turn(text, at(scheme=scheme)).reply, turn(text, at(scheme=scheme)).say) == ("none", None)


@pytest.mark.parametrize(
    "text",
    [
        "Auto-reply: I am away",
        "This is an automatic reply",
        "I am currently out of office",
        "Respuesta automática: vuelvo el lunes",
        "Réponse automatique",
    ],
)
def test_an_automatic_reply_is_never_answered(text: str) -> None:
    assert turn(text).reply == "none"


@pytest.mark.parametrize("sender", ["1400", "GONET", "+1400", "MTN-GH", "12345"])
def test_a_service_is_never_answered(sender: str) -> None:
    assert is_service(sender)
    found = route(at(), Inbound("sms", "1", Urn("tel", sender), "REP ABS 12", NOW)).run(at())
    assert (found.reply, found.say, found.events) == ("none", None, ())


@pytest.mark.parametrize("sender", ["+233200000011", "0244123456", "255712345678"])
def test_a_person_is_no_service(sender: str) -> None:
    assert not is_service(sender)


# Carrier words


@pytest.mark.parametrize("word", sorted(CARRIER_STOP))
@pytest.mark.parametrize("where", ["nowhere", "diary", "report"])
def test_carrier_words_end_messages_everywhere_on_sms(word: str, where: str) -> None:
    situation = {"nowhere": at(), "diary": in_diary(), "report": in_report()}[where]
    for written in (word, word.upper(), f" {word.title()} \n"):
        found = turn(written, situation)
        assert (found.intent, found.events, found.say) == ("stop", (ContactStopped(),), None), written


@pytest.mark.parametrize(
    "text", ["stop the rain", "end of the month was quiet", "cancel the meeting on Monday", "Alto riesgo"]
)
def test_a_sentence_that_begins_with_a_carrier_word_is_no_goodbye(text: str) -> None:
    assert turn(text).intent != "stop"
    diary = turn(text, in_diary())
    assert [e.words for e in diary.events if isinstance(e, DiaryWritten)] == [text]


@pytest.mark.parametrize("text", ["Stop.", "STOP!", "Acha.", "Alto!"])
@pytest.mark.parametrize("where", ["nowhere", "diary"])
def test_a_full_stop_after_a_goodbye_changes_nothing(text: str, where: str) -> None:
    assert turn(text, in_diary() if where == "diary" else at()).intent == "stop"


@pytest.mark.parametrize(("text", "intent"), [("Due.", "due"), ("PLAN!", "plan"), ("Help.", "help"), ("Deni.", "due")])
def test_a_full_stop_after_a_command_changes_nothing(text: str, intent: str) -> None:
    assert turn(text).intent == intent


# Free words


SENTENCES = [
    "plan was to visit 9 sites and we did",
    "help came from the partner",
    "later in the month it rained",
    "Back to school week kept staff away",
    "skip-level meetings were held",
    "due to rain two sites were cut off",
    "trend is going up thanks to Efua",
    "who knows why, the register was lost",
    "late arrivals fell by half",
    "plans changed twice",
    "yes, all of it was done",
    "no fuel",
    "start was slow",
    "Join forces with the chiefs worked well",
    "Daño al vehículo por la lluvia",
    "Rate rose 12 percent",
    "Language barrier",
    "Note that staff came on time",
    "Handover of 3 wards was slow",
    "Help me is what nurses say",
    "Fix the roof of ward 3",
    "Leave of two nurses until 14 Dec left the ward short",
]


@pytest.mark.parametrize("text", SENTENCES)
def test_an_answer_in_free_words_stays_words_though_it_begins_with_a_command(text: str) -> None:
    found = turn(text, in_diary(asked=1))
    written = [(e.section, e.words) for e in found.events if isinstance(e, DiaryWritten)]
    if find_verb(text) is not None and found.intent != "diary":
        pytest.fail(f"taken for {found.intent}")
    assert written == [("well", text)]


@pytest.mark.parametrize("text", ["report forms ran out", "Informe mensual enviado tarde", "rapport en retard"])
def test_a_sentence_about_reports_is_no_report(text: str) -> None:
    found = turn(text, in_diary(asked=1))
    assert [e.words for e in found.events if isinstance(e, DiaryWritten)] == [text]


ALONE = {
    "due": ["DUE"],
    "help": ["HELP"],
    "human": ["HELP ME now"],
    "diary": ["BACK", "SKIP", "rudi"],
    "pause": ["PAUSE", "pausa"],
    "trend": ["TREND ABS"],
    "report": ["REP ABS 12"],
    "lang": ["LANG SW"],
}


@pytest.mark.parametrize(("intent", "text"), [(intent, text) for intent, texts in ALONE.items() for text in texts])
def test_a_command_alone_is_a_command_even_among_free_words(intent: str, text: str) -> None:
    found = turn(text, in_diary(asked=1))
    assert found.intent == intent
    assert not [e for e in found.events if isinstance(e, DiaryWritten)]


def test_a_command_in_the_middle_leaves_the_dialogue_where_it_was() -> None:
    situation = in_diary(asked=1)
    found = turn("DUE", situation)
    before, after = situation.conversation.session, found.conversation.session
    assert before is not None
    assert after is not None
    assert (after.asked, after.answers) == (before.asked, before.answers)
    assert found.say is not None
    assert "What went well" in " ".join(line.msgid for line in (*found.say.lines, *found.say.extra))


def test_a_report_of_another_value_in_the_middle_of_the_guided_report_is_a_report() -> None:
    found = turn("YAW 5", in_report())
    assert found.intent == "report"
    assert [(e.code, e.status) for e in found.events if isinstance(e, ValueReported)] == [("YAW", ValueStatus.REPORTED)]


def test_words_that_begin_with_an_activity_are_words_and_an_update_is_an_update() -> None:
    for text in ("P1 rosters are up in 9 sites", "P1", "P2 help came from the chiefs"):
        found = turn(text, in_diary(asked=1))
        assert [(e.section, e.words) for e in found.events if isinstance(e, DiaryWritten)] == [("well", text)]
        assert turn(text).intent == "plan"
    for text in (*PLANS, "P1 rosters P2 DONE", "P2 HELP need fuel", "P1 80%\nREP ABS 12"):
        found = turn(text, in_diary(asked=1))
        assert not [e for e in found.events if isinstance(e, DiaryWritten)], text


def test_rep_on_a_line_of_its_own_ends_an_answer_in_words() -> None:
    found = turn("Rosters are up\nREP ABS 12", in_diary(asked=1))
    assert [e.words for e in found.events if isinstance(e, DiaryWritten)] == ["Rosters are up"]
    assert [e.code for e in found.events if isinstance(e, ValueReported)] == ["ABS"]
    assert found.say is not None
    assert [line.msgid for line in found.say.lines].count("What did not go well, and why?") == 1


def test_what_a_report_under_an_answer_asks_is_answered_before_the_dialogue_goes_on() -> None:
    soon, later = (replace(in_diary(asked=1), now=NOW + timedelta(minutes=n)) for n in (1, 2))
    asked = turn("Rosters are up\nREP ABS 77", soon)
    later = replace(later, conversation=asked.conversation)
    answered = route(later, Inbound("sms", "2", URNS["tel"], "Y strike", later.now)).run(later)
    assert (answered.intent, [e.code for e in answered.events if isinstance(e, ValueReported)]) == ("yes", ["ABS"])
    assert answered.say is not None
    assert answered.say.lines[-1].msgid == "What did not go well, and why?"


def test_a_bare_number_in_the_guided_report_is_for_the_question_that_waits() -> None:
    found = turn("412/615", in_report())
    assert [e.code for e in found.events if isinstance(e, ValueReported)] == ["ANC1"]


# Open questions


def with_question(*questions: Question) -> Situation:
    return at(conversation=Conversation(questions=questions))


def soft(code: str, number: float, ago: int = 1) -> Question:
    unit = PROGRAMME.indicators[code].unit
    return Question("soft_range", NOW - timedelta(minutes=ago), code, OCTOBER, code, (Measure(number, unit),))


@pytest.mark.parametrize("text", ["Y", "yes", "ndiyo", "Sí", "oui", "Y strike in week 2", "ABS yes"])
def test_a_yes_is_for_the_question_that_is_open(text: str) -> None:
    found = turn(text, with_question(soft("ABS", 77)))
    assert found.intent == "yes"
    assert [(e.code, e.flagged) for e in found.events if isinstance(e, ValueReported)] == [("ABS", True)]
    assert found.conversation.questions == ()


def test_a_yes_with_two_questions_open_is_asked_which() -> None:
    found = turn("Y", with_question(soft("ABS", 77), soft("YAW", 500)))
    assert (found.events, found.reply) == ((), "question")
    assert [q.kind for q in found.conversation.questions] == ["menu", "soft_range", "soft_range"]
    chosen = turn("2", at(conversation=found.conversation))
    assert [e.code for e in chosen.events if isinstance(e, ValueReported)] == ["YAW"]


def test_a_yes_that_names_its_code_needs_no_asking() -> None:
    found = turn("YAW yes", with_question(soft("ABS", 77), soft("YAW", 500)))
    assert [e.code for e in found.events if isinstance(e, ValueReported)] == ["YAW"]


def test_a_yes_with_nothing_open_stores_nothing() -> None:
    found = turn("Y")
    assert (found.events, found.reply) == ((), "help")


def test_another_value_after_a_no_is_the_right_one() -> None:
    found = turn("No, ABS 13", with_question(soft("ABS", 77)))
    assert [(e.code, e.measure and e.measure.value) for e in found.events if isinstance(e, ValueReported)] == [
        ("ABS", 13.0)
    ]


def test_a_menu_is_answered_by_its_number_only_while_it_is_the_newest() -> None:
    menu = Question("menu", NOW - timedelta(minutes=1), choices=("DUE", "PLAN"))
    assert turn("2", with_question(menu)).intent == "plan"
    assert turn("3", with_question(menu)).intent != "plan"
    busy = in_diary(asked=1)
    assert turn("2", at(conversation=replace(busy.conversation, questions=(menu,)))).intent == "diary"


MENU = Question("menu", NOW - timedelta(minutes=10), choices=("DUE", "PLAN"))
LATER = NOW - timedelta(minutes=5)
LISTED = Listed("asuo", "ABS", OCTOBER, Measure(31, Unit.PERCENT))
SHOWN_AFTER_IT = {
    "a reminder": Conversation(prompted=Prompted(("YAW",), OCTOBER, LATER)),
    "somebody asks": Conversation(heard=(Heard(7, "N7", "Efua", LATER, first=True),)),
    "a dialogue, that is over": Conversation(shown=(Shown(3, "diary", "2026-10", "well", LATER),)),
    "a list of values": Conversation(flags=Flagged((LISTED, LISTED), LATER, 4)),
    "what was done about an alert": Conversation(closing=Closing(1, LATER)),
}


@pytest.mark.parametrize("shown", SHOWN_AFTER_IT.values(), ids=SHOWN_AFTER_IT)
@pytest.mark.parametrize("contact", [AMA, EFUA], ids=lambda c: c.key)
def test_a_menu_is_over_once_something_else_was_shown(contact: Contact, shown: Conversation) -> None:
    assert turn("2", at(contact, shown.asking(MENU))).intent != "plan"
    assert turn("2", at(contact, shown.asking(replace(MENU, asked_at=NOW)))).intent == "plan"


def test_a_menu_is_over_after_a_week() -> None:
    old = replace(MENU, asked_at=NOW - timedelta(days=7, minutes=1))
    assert turn("2", with_question(old)).intent != "plan"
    assert turn("2", with_question(replace(old, asked_at=NOW - timedelta(days=6)))).intent == "plan"


# Roles


LEADERS_ONLY = {
    "alerts": "ALERTS",
    "ack": "ACK E1",
    "snooze": "SNOOZE E1 2",
    "close": "CLOSE E1 done",
    "assign": "ASSIGN E1 Efua",
    "brief": "BRIEF",
    "pack": "PACK Q4",
    "digest": "DIGEST",
    "late": "LATE",
    "red": "RED",
    "rag": "RAG",
    "nudge": "NUDGE BRE",
    "plans": "PLANS",
    "flags": "FLAGS",
    "ok": "OK 1",
    "query": "Q 1 is this right?",
    "hold": "HOLD 1",
    "open": "OPEN",
    "tell": "TELL ASU see you on Friday",
    "themes": "THEMES",
    "vlog": "VLOG ASU met 5 of the team",
}
FOR_BOTH = {"visit"}  # a leader proposes one, a reporter answers


def test_the_table_of_what_leaders_say_is_whole() -> None:
    assert set(LEADERS_ONLY) == {name for name, verb in VERBS.items() if verb.roles != EVERYONE} - FOR_BOTH


@pytest.mark.parametrize("name", LEADERS_ONLY)
def test_what_leaders_say_means_nothing_from_a_reporter(name: str) -> None:
    ours = {"rag": "rag", "red": "rag", "late": "digest", "plans": "plan", "open": "notes"}
    assert turn(LEADERS_ONLY[name], at(AMA)).intent not in {name, "digest"} - {"chat"}
    for leader in (EFUA, OWUSU):
        assert turn(LEADERS_ONLY[name], at(leader)).intent in {name, ours.get(name, name)}


def test_a_leader_who_reports_nothing_gets_help() -> None:
    found = turn("REP ABS 12", at(EFUA))
    assert (found.intent, found.events) == ("help", ())


@pytest.mark.parametrize("text", ["FIX ABS 12", "FIX", "UNDO", "HISTORY ABS", "HISTORY"])
def test_a_leader_who_names_no_district_changes_nothing(text: str) -> None:
    found = turn(text, at(EFUA))
    assert (found.reply, found.events) in [("question", ()), ("help", ())]


@pytest.mark.parametrize("words", ["ok", "OK!", "Sawa", "vale, gracias"])
def test_a_plain_ok_is_no_command(words: str) -> None:
    assert turn(words, at(EFUA)).intent == "chat"


# Slips, quotes and edits


@pytest.mark.parametrize(("text", "meant"), [("duee", "DUE"), ("trned", "TREND"), ("plna", "PLAN"), ("dairy", "DIARY")])
def test_a_misspelt_command_is_offered_never_taken(text: str, meant: str) -> None:
    found = turn(text)
    assert found.reply == "question"
    assert nearest_verb(text) == meant


@pytest.mark.parametrize("text", ["stpo", "sotp", "stopp", "strat", "sart"])
def test_opting_out_is_never_offered_as_a_slip(text: str) -> None:
    assert nearest_verb(text) not in ("STOP", "START")


def test_a_quoted_message_is_left_out() -> None:
    found = turn("> REP ABS 77\nREP ABS 12")
    assert [e.measure for e in found.events if isinstance(e, ValueReported)] == [Measure(12.0, Unit.PERCENT)]


def test_an_edited_report_replaces_what_it_said() -> None:
    withdrawn = ValueReported("asuo", "YAW", OCTOBER, ValueStatus.WITHDRAWN, takes_back=1)
    past = PastReport(7, NOW, "x", (("ABS", OCTOBER), ("YAW", OCTOBER)), (withdrawn,))
    inbound = Inbound("telegram", "e2", URNS["telegram"], "REP ABS 13", NOW, InboundKind.EDIT, edit_of="m1")
    situation = at(scheme="telegram")
    events = edit_route(past, situation, inbound).run(situation).events
    assert [(e.code, e.status) for e in events if isinstance(e, ValueReported)] == [
        ("ABS", ValueStatus.REPORTED),
        ("YAW", ValueStatus.WITHDRAWN),
    ]


def test_an_edit_of_something_else_is_a_message_like_any_other() -> None:
    inbound = Inbound("telegram", "e2", URNS["telegram"], "DUE", NOW, InboundKind.EDIT, edit_of="m1")
    situation = at(scheme="telegram")
    assert edit_route(None, situation, inbound).run(situation).intent == "due"


@pytest.mark.parametrize("text", ["HARM a guard shouts at women", "RATE ASUO-HC 4 long wait", "NOTE rain", "LANG SW"])
def test_an_edit_does_nothing_a_second_time(text: str) -> None:
    situation = at(scheme="telegram")
    inbound = Inbound("telegram", "e2", URNS["telegram"], text, NOW, InboundKind.EDIT, edit_of="m1")
    assert route(situation, replace(inbound, kind=InboundKind.MESSAGE)).run(situation).events
    found = edit_route(None, situation, inbound).run(situation)
    assert (found.events, found.tells, found.conversation) == ((), (), situation.conversation)
    assert found.say is not None


def edit(text: str, situation: Situation) -> Turn:
    inbound = Inbound("telegram", "e2", URNS["telegram"], text, NOW, InboundKind.EDIT, edit_of="m1")
    return edit_route(None, situation, inbound).run(situation)


def test_an_edit_is_an_answer_only_to_the_question_that_its_message_was_for() -> None:
    waits = in_diary(asked=1, scheme="telegram")
    session = waits.conversation.session
    assert session is not None
    planned, well = (
        Shown(n, "diary", session.subject, step, NOW + timedelta(minutes=2 * n))
        for n, step in ((1, "planned"), (2, "well"))
    )
    situation = replace(waits, conversation=replace(waits.conversation, shown=(well, planned)))
    before, after = (PastMessage(NOW + timedelta(minutes=n)) for n in (3, 5))
    late = edit("Rosters in 10 sites", replace(situation, edits=before))
    assert (late.events, late.conversation.session and late.conversation.session.asked) == ((), "well")
    kept = edit("Staff came", replace(situation, edits=after))
    assert [(e.section, e.words) for e in kept.events if isinstance(e, DiaryWritten)] == [("well", "Staff came")]


@pytest.mark.parametrize("text", ["SKIP", "BACK", "PAUSE", "yes", "80%"])
def test_an_edit_that_comes_too_late_moves_no_dialogue(text: str) -> None:
    for waits in (in_diary(asked=1, scheme="telegram"), in_report(scheme="telegram")):
        found = edit(text, replace(waits, edits=PastMessage(NOW)))
        session, before = found.conversation.session, waits.conversation.session
        assert session is not None
        assert before is not None
        assert (session.asked, session.answers, found.events) == (before.asked, before.answers, ())


# Alerts


def test_a_question_or_an_answer_to_somebody_is_no_outcome_of_an_alert() -> None:
    asked = Conversation(closing=Closing(1, NOW - timedelta(minutes=5)))
    assert turn("Review held", at(EFUA, asked)).intent == "close"
    assert turn("Is it still open?", at(EFUA, asked)).intent != "close"
    heard = Heard(7, "H7", "Ama", NOW - timedelta(minutes=1), first=True)
    assert turn("I will call you", at(EFUA, asked.hearing(heard))).intent != "close"


# Buttons


def test_a_button_of_the_question_that_waits_is_its_answer_and_an_older_one_is_not() -> None:
    situation = _in("join", [], AMA, "telegram")
    session = situation.conversation.session
    assert session is not None
    now = turn("sw", situation, InboundKind.BUTTON, ticket=session.ticket)
    assert now.conversation.session is not None
    assert now.conversation.session.answers == {"language": "sw"}
    old = turn("sw", situation, InboundKind.BUTTON, ticket=session.ticket - 1)
    assert old.conversation.session is not None
    assert (old.conversation.session.answers, old.events) == ({}, ())


def test_a_button_that_is_a_command_works_however_old_it_is() -> None:
    assert turn("REP", at(scheme="telegram"), InboundKind.BUTTON, ticket=0).conversation.session is not None


@pytest.mark.parametrize("text", ["FLAGS ²", "ALERTS ²", "SNOOZE E1 ²", "LATER ²", "²", "①", "LATER ①"])
def test_a_sign_that_only_looks_like_a_number_is_none(text: str) -> None:
    for situation in (at(), in_report(), in_diary(), at(EFUA)):
        assert turn(text, situation).say is not None


def test_words_behind_a_number_accept_no_value() -> None:
    assert turn("OK 1 person may come", at(EFUA)).intent != "ok"


@pytest.mark.parametrize(
    ("words", "days"),
    [
        ("1 DEC 14 DEC", ((2026, 12, 1), (2026, 12, 14))),
        ("1 DEC to 14", ((2026, 12, 1), (2026, 12, 14))),
        ("del 1 al 14 de diciembre", ((2026, 12, 1), (2026, 12, 14))),
        ("du 1er au 14 decembre", ((2026, 12, 1), (2026, 12, 14))),
        ("1/12 - 14/12", ((2026, 12, 1), (2026, 12, 14))),
        ("until 14 DEC", ((2026, 11, 2), (2026, 12, 14))),
        ("30 OCT 10 NOV", ((2026, 10, 30), (2026, 11, 10))),
        ("20 DEC 5 JAN", ((2026, 12, 20), (2027, 1, 5))),
        ("29/2/2028 5/3/2028", ((2028, 2, 29), (2028, 3, 5))),
    ],
)
def test_days_of_a_leave(words: str, days: tuple[tuple[int, int, int], ...]) -> None:
    assert read_days(words, NOW.date()) == tuple(date(*day) for day in days)


@pytest.mark.parametrize(
    "words", ["14 DEC", "of two nurses until 14 Dec left the ward short", "1 DEC 14 DEC maybe", "29/2 x"]
)
def test_a_leave_that_is_not_read_whole_is_asked_about(words: str) -> None:
    assert read_days(words, NOW.date()) is None


@pytest.mark.parametrize(
    ("verb", "rest", "fitting"),
    [
        ("later", "2", True),
        ("later", "in the month", False),
        ("trend", "abs", True),
        ("trend", "is going up", False),
        ("due", "", True),
        ("due", "please", True),
        ("due", "to rain", False),
        ("ack", "E12", True),
        ("close", "E1", True),
        ("close", "the gate at night", False),
    ],
)
def test_what_may_follow_a_command_among_free_words(verb: str, rest: str, fitting: bool) -> None:
    assert fits(verb, rest) is fitting


def test_two_letters_of_a_sentence_name_no_district() -> None:
    assert split_district("as many staff as you can", PROGRAMME) == ((), "as many staff as you can")
    assert [d.code for d in split_district("asu words", PROGRAMME)[0]] == ["asuo"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("JOIN 7F3K 2222", "7F3K 2222"),
        ("join asuo-7f3k", "asuo-7f3k"),
        ("Join forces with the chiefs worked well", None),
        ("Join 3 facilities to the grid well", None),
    ],
)
def test_a_sentence_about_joining_is_no_code(text: str, code: str | None) -> None:
    assert join_code(text) == code
