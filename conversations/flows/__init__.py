"""The flows and verbs there are, each visible in one place."""

from __future__ import annotations

from collections.abc import Mapping

from conversations.flow import Flow
from conversations.flows import (
    account,
    alerts,
    briefing,
    checking,
    diary,
    follow_up,
    handover,
    harm,
    history,
    later,
    leave,
    notes,
    plan,
    rating,
    report,
    standing,
    themes,
    undoing,
    verdicts,
    visit,
    visit_log,
)
from conversations.flows.diary import DIARY
from conversations.flows.join import JOIN
from conversations.flows.monthly import MONTHLY_REPORT
from conversations.flows.visit_log import VISIT_LOG
from conversations.repeats import SAID_BEFORE, once
from conversations.verbs import LEADERS, Verb

FLOWS: Mapping[str, Flow] = {flow.name: flow for flow in (JOIN, MONTHLY_REPORT, DIARY, VISIT_LOG)}

VALUES = frozenset({"values", "reports"})

CHECKS = frozenset({"records", "unsettled", "reporters"})
DUE = frozenset({"values", "plan", "diary", "visits"})


VERBS: Mapping[str, Verb] = {
    "report": Verb(report.report, VALUES),
    "fix": Verb(report.fix, VALUES),
    "undo": Verb(undoing.undo, VALUES | {"written"}),
    "due": Verb(standing.due, DUE),
    "trend": Verb(standing.trend, frozenset({"values", "peers"})),
    "history": Verb(history.history),
    "who": Verb(standing.who),
    "diary": Verb(once(diary.write), frozenset({SAID_BEFORE})),
    "plan": Verb(plan.show, frozenset({"plan"})),
    "progress": Verb(plan.update, frozenset({"plan", "helpers", "threads", "colleagues"})),
    "lang": Verb(account.language),
    "later": Verb(later.later, frozenset({"values", "plan", "asked"})),
    "leave": Verb(leave.leave, frozenset({"colleagues", "helpers"})),
    "stop": Verb(account.stop),
    "start": Verb(account.start),
    "help": Verb(account.help_for),
    "human": Verb(once(account.human), frozenset({"helpers", "threads", "colleagues", SAID_BEFORE})),
    "note": Verb(once(account.note), frozenset({SAID_BEFORE})),
    "notes": Verb(notes.listing, frozenset({"notes"})),
    "open": Verb(notes.waiting, frozenset({"threads"}), LEADERS),
    "tell": Verb(once(notes.tell), frozenset({"colleagues", SAID_BEFORE}), LEADERS),
    "themes": Verb(themes.themes, frozenset({"diaries"}), LEADERS),
    "visit": Verb(visit.arrange, visit.NEEDS, LEADERS),
    "vlog": Verb(visit_log.log, frozenset({"colleagues"}), LEADERS),
    "link": Verb(account.link),
    "handover": Verb(handover.handover, frozenset({"helpers", "colleagues"})),
    "rate": Verb(rating.rate),
    "ratings": Verb(rating.ratings, frozenset({"ratings"})),
    "thanks": Verb(account.thanks, DUE),
    "alerts": Verb(alerts.listing, frozenset({"alerts"}), LEADERS),
    "harm": Verb(harm.harm, frozenset({"colleagues"})),
    "ack": Verb(alerts.acknowledge, frozenset({"alerts"}), LEADERS),
    "assign": Verb(alerts.assign, frozenset({"alerts", "colleagues"}), LEADERS),
    "snooze": Verb(alerts.snooze, frozenset({"alerts"}), LEADERS),
    "close": Verb(alerts.close, frozenset({"alerts"}), LEADERS),
    "digest": Verb(follow_up.digest, frozenset({"board"}), LEADERS),
    "brief": Verb(briefing.brief, frozenset({"board", "alert_record"}), LEADERS),
    "pack": Verb(briefing.pack, roles=LEADERS),
    "late": Verb(follow_up.late, frozenset({"board"}), LEADERS),
    "red": Verb(follow_up.red, frozenset({"board"}), LEADERS),
    "plans": Verb(follow_up.plans, frozenset({"board"}), LEADERS),
    "rag": Verb(follow_up.rag, frozenset({"board"}), LEADERS),
    "flags": Verb(checking.listing, CHECKS, LEADERS),
    "ok": Verb(verdicts.accept, CHECKS, LEADERS),
    "query": Verb(verdicts.query, CHECKS, LEADERS),
    "hold": Verb(verdicts.hold, CHECKS, LEADERS),
    "nudge": Verb(follow_up.nudge, frozenset({"board"}), LEADERS),
}
