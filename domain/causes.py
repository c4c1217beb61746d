"""The causes of alerts, each a small rule over what happened or what is on record, all of them in `RULES`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from domain.alerts import Alert, Cause, Facts, Raise, Rule
from domain.checking import MONTHS_CHECKED
from domain.events import ActivityUpdated, Event, HarmRaised, ValueReported, ValueStatus
from domain.indicators import Colour
from domain.people import Contact, ContactStatus, Role
from domain.periods import ReportingPeriod
from domain.programme import Programme
from domain.values import IndicatorValue
from domain.workplans import SHORT_TITLE, Activity, ActivityStatus


def beyond_limit(event: Event, programme: Programme) -> Iterator[Raise]:
    """Yield an alert when a reported value passes the indicator's limit, such as any maternal death."""
    if not isinstance(event, ValueReported) or event.status is not ValueStatus.REPORTED or event.measure is None:
        return
    limit = programme.indicators[event.code].alert_above
    if limit is not None and event.measure.value > limit:
        key = f"{Cause.BEYOND_LIMIT}:{event.district}:{event.code}:{event.period}"
        evidence = {
            "code": event.code,
            "period": str(event.period),
            "value": f"{event.measure.value:g}",
            "limit": f"{limit:g}",
        }
        yield Raise(Cause.BEYOND_LIMIT, key, event.district, evidence)


def still_beyond(alert: Alert, facts: Facts) -> bool:
    """Whether the value is still beyond the limit, also where it is on hold."""
    value = facts.values.get(alert.evidence["code"], ReportingPeriod.parse(alert.evidence["period"]))
    return value is not None and value.measure is not None and value.measure.value > float(alert.evidence["limit"])


def overdue(facts: Facts, period: ReportingPeriod) -> Iterator[Raise]:
    """Yield an alert for a district whose report is still missing after its nudges."""
    missing = facts.values.missing(facts.district.indicators, period)
    if missing:
        evidence = {
            "period": str(period),
            "missing": " ".join(missing),
            "nudges": str(sum(rung.step == "nudge" for rung in facts.programme.ladder)),
            "reporters": ", ".join(person.name for person in facts.people if person.role is Role.FOCAL),
        }
        yield Raise(Cause.OVERDUE, f"{Cause.OVERDUE}:{facts.district.code}:{period}", facts.district.code, evidence)


def still_missing(alert: Alert, facts: Facts) -> bool:
    """Whether something of the report is still missing."""
    return bool(facts.values.missing(facts.district.indicators, ReportingPeriod.parse(alert.evidence["period"])))


def off_track(facts: Facts) -> Iterator[Raise]:
    """Yield an alert for each number that was red in its last months, if the newest of them came while we listened."""
    last = ReportingPeriod.last_closed(facts.today)
    heard = max(last.back(1), ReportingPeriod.of(facts.since))
    for code in facts.district.targets:
        reds = _reds(facts, code)
        if len(reds) < facts.programme.alerts.off_track_months or reds[-1] < heard:
            continue
        measure = facts.values.measure(code, reds[-1])
        evidence = {
            "code": code,
            "months": str(len(reds)),
            "value": f"{measure.value:g}" if measure else "",
            "wanted": f"{facts.district.targets[code].wanted(reds[-1]):g}",
        }
        key = f"{Cause.OFF_TRACK}:{facts.district.code}:{code}"
        yield Raise(Cause.OFF_TRACK, key, facts.district.code, evidence, reds[0].first_day)


def still_red(alert: Alert, facts: Facts) -> bool:
    """Whether the newest number that has a colour is red; silence does not make it better."""
    return bool(_reds(facts, alert.evidence["code"]))


def _reds(facts: Facts, code: str) -> list[ReportingPeriod]:
    """Return the red months at the end of what was reported, oldest first; months without a colour are passed over."""
    target = facts.district.targets.get(code)
    reds: list[ReportingPeriod] = []
    for period, measure in reversed(facts.values.history(code, ReportingPeriod.of(facts.today)) if target else ()):
        colour = target.colour(measure, period) if target else Colour.GREY
        if colour is Colour.RED:
            reds.insert(0, period)
        elif colour is not Colour.GREY:
            break
    return reds


def stuck(event: Event, programme: Programme) -> Iterator[Raise]:
    """Yield an alert when somebody says an activity is stuck."""
    if isinstance(event, ActivityUpdated) and event.status is ActivityStatus.STUCK:
        evidence = {"activity": event.key, "reason": event.reason or ""}
        yield Raise(Cause.STUCK, f"{Cause.STUCK}:{event.district}:{event.key}", event.district, evidence)


def still_stuck(alert: Alert, facts: Facts) -> bool:
    """Whether the activity has not moved."""
    return any(a.key == alert.evidence["activity"] and a.status is ActivityStatus.STUCK for a in facts.plan)


def activity_late(facts: Facts) -> Iterator[Raise]:
    """Yield an alert for each activity that is days past its date; one that is stuck has its own."""
    longest = timedelta(days=facts.programme.alerts.activity_late_days)
    for activity in facts.plan:
        late = activity.late(facts.today) and activity.status is not ActivityStatus.STUCK
        if late and facts.today - max(activity.due_on, facts.since) >= longest:
            evidence = {
                "activity": activity.key,
                "title": activity.called(SHORT_TITLE),
                "due": activity.due_on.isoformat(),
            }
            yield Raise(Cause.ACTIVITY_LATE, _late_key(activity), activity.district, evidence, activity.due_on)


def still_late(alert: Alert, facts: Facts) -> bool:
    """Whether the activity is open and its date is the one that has passed."""
    return any(a.late(facts.today) and _late_key(a) == alert.key for a in facts.plan)


def _late_key(activity: Activity) -> str:
    return f"{Cause.ACTIVITY_LATE}:{activity.district}:{activity.key}:{activity.due_on}"


def diary_silent(facts: Facts) -> Iterator[Raise]:
    """Yield an alert for a district that has written no diary for some months in a row."""
    last = max((month for month in facts.diaries), default=ReportingPeriod.of(facts.since).back(1))
    months = facts.period.months_since(last)
    if months >= facts.programme.alerts.diary_silent_months:
        evidence = {"months": str(months), "period": str(last.next())}
        key = f"{Cause.DIARY_SILENT}:{facts.district.code}"
        yield Raise(Cause.DIARY_SILENT, key, facts.district.code, evidence, last.next().first_day)


def unreachable(facts: Facts) -> Iterator[Raise]:
    """Yield an alert when a district has lost everybody who reports: stopped, or with no address that works."""
    focal = [person for person in facts.people if person.role is Role.FOCAL]
    lost = [person for person in focal if person.status is not ContactStatus.INVITED and not person.reachable]
    if lost and not any(person.reachable for person in focal):
        evidence = {"names": ", ".join(person.name for person in lost)}
        seen = max((person.last_seen_at.date() for person in lost if person.last_seen_at), default=None)
        yield Raise(
            Cause.UNREACHABLE, f"{Cause.UNREACHABLE}:{facts.district.code}", facts.district.code, evidence, seen
        )


def unverified(facts: Facts) -> Iterator[Raise]:
    """Yield an alert for a district whose unusual or waiting values nobody has looked at for days."""
    longest = timedelta(days=facts.programme.alerts.unverified_days)
    waited = [v for v in facts.unsettled if _unseen(v, facts) and facts.today - v.at.date() >= longest]
    if waited:
        oldest = min(waited, key=lambda v: v.at)
        evidence = {
            "count": str(len(waited)),
            "code": oldest.code,
            "period": str(oldest.period),
            "value": f"{oldest.measure.value:g}" if oldest.measure else "",
        }
        since = max(v.at for v in waited).date() + longest
        yield Raise(Cause.UNVERIFIED, f"{Cause.UNVERIFIED}:{facts.district.code}", facts.district.code, evidence, since)


def _unseen(value: IndicatorValue, facts: Facts) -> bool:
    wants_a_look = value.flagged or value.status is ValueStatus.PENDING
    return wants_a_look and value.check is None and value.period >= facts.period.back(MONTHS_CHECKED)


def partner_silent(facts: Facts) -> Iterator[Raise]:
    """Yield an alert for each partner who has said nothing of their open activities for longer than a month."""
    for partner in (p for p in facts.people if p.role is Role.PARTNER and p.status is not ContactStatus.INVITED):
        found = _silence(partner, facts)
        if found is not None:
            yield found


def _silence(partner: Contact, facts: Facts) -> Raise | None:
    mine = [a.key for a in facts.plan if a.open and a.owner == partner.key]
    last = max([facts.since, *(facts.updates[key] for key in mine if key in facts.updates)])
    if not mine or facts.today - last < timedelta(days=facts.programme.alerts.partner_silent_days):
        return None
    evidence = {"name": partner.name, "activities": " ".join(mine), "since": last.isoformat()}
    key = f"{Cause.PARTNER_SILENT}:{facts.district.code}:{partner.key}"
    return Raise(Cause.PARTNER_SILENT, key, facts.district.code, evidence, last)


def harm(event: Event, programme: Programme) -> Iterable[Raise]:
    """Yield an alert when somebody fears that people come to harm; only words close it."""
    if isinstance(event, HarmRaised):
        evidence = {"words": event.words, "name": event.name, "sender": str(event.contact_id)}
        yield Raise(Cause.HARM, f"{Cause.HARM}:{event.district}:{event.ref}", event.district, evidence)


def _kept(alert: Alert, facts: Facts) -> bool:
    return True


RULES: tuple[Rule, ...] = (
    Rule(Cause.BEYOND_LIMIT, frozenset({"values"}), told=beyond_limit, holds=still_beyond),
    Rule(Cause.OVERDUE, frozenset({"values"}), holds=still_missing),
    Rule(Cause.OFF_TRACK, frozenset({"values"}), standing=off_track, holds=still_red),
    Rule(Cause.STUCK, frozenset({"plan"}), told=stuck, holds=still_stuck),
    Rule(Cause.ACTIVITY_LATE, frozenset({"plan"}), standing=activity_late, holds=still_late),
    Rule(Cause.DIARY_SILENT, frozenset({"diaries"}), standing=diary_silent),
    Rule(Cause.UNREACHABLE, frozenset({"people"}), standing=unreachable),
    Rule(Cause.UNVERIFIED, frozenset({"unsettled"}), standing=unverified),
    Rule(Cause.PARTNER_SILENT, frozenset({"people", "plan", "updates"}), standing=partner_silent),
    Rule(Cause.HARM, told=harm, holds=_kept),
)
RULE_OF = {rule.cause: rule for rule in RULES}
