"""Saving a turn: what happened becomes rows, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from domain.calendar import due_day
from domain.events import (
    ActivityUpdated,
    AlertAcknowledged,
    AlertAssigned,
    AlertClosed,
    AlertSnoozed,
    ConsentGiven,
    ContactStarted,
    ContactStopped,
    DiaryTakenBack,
    DiaryWritten,
    Event,
    HarmRaised,
    LanguageChosen,
    LeaveTaken,
    LinkCodeAsked,
    NoteWritten,
    PackAsked,
    ReportUndone,
    RoleOffered,
    ServiceRated,
    Snoozed,
    ValueChecked,
    ValueOvertaken,
    ValueReported,
    VisitAnswered,
    VisitCancelled,
    VisitLogged,
    VisitSet,
)
from domain.people import Contact, ContactStatus
from domain.periods import local
from domain.programme import Programme
from storage import (
    alerts,
    contacts,
    diaries,
    messages,
    notes,
    occurrences,
    outbox,
    plans,
    ratings,
    values,
    verifications,
    visits,
)

REMIND_OWNER = timedelta(days=3)  # an owner who has said nothing for this long is reminded


@dataclass(frozen=True, slots=True)
class Source:
    """Who a turn's events come from, when, and by which message; `sent` is when that was sent, at the latest now."""

    contact: Contact
    programme: Programme
    inbound_id: int | None
    now: datetime
    sent: datetime | None = None


def save_events(db: Session, events: Iterable[Event], source: Source) -> None:
    """Write down what happened."""
    for event in events:
        SAVERS[type(event)](db, event, source)


def _value(db: Session, event: ValueReported, source: Source) -> None:
    programme = source.programme
    late = local(source.now, source.contact.timezone).date() > due_day(event.period, programme)
    values.save(db, event, source.contact.id, source.inbound_id, source.sent or source.now, late)


def _overtaken(db: Session, event: ValueOvertaken, source: Source) -> None:
    late = local(source.now, source.contact.timezone).date() > due_day(event.value.period, source.programme)
    sent = source.sent or source.now
    values.save(db, event.value, source.contact.id, source.inbound_id, sent, late, counts=False)


def _checked(db: Session, event: ValueChecked, source: Source) -> None:
    verifications.save(db, event, source.contact.id, source.inbound_id, source.now)


def _undone(db: Session, event: ReportUndone, source: Source) -> None:
    messages.undone(db, event.inbound_id)


def _diary(db: Session, event: DiaryWritten, source: Source) -> None:
    diaries.save(db, event, source.contact.id, source.inbound_id, source.now)


def _diary_taken_back(db: Session, event: DiaryTakenBack, source: Source) -> None:
    diaries.take_back(db, event.ref)


def _activity(db: Session, event: ActivityUpdated, source: Source) -> None:
    plans.save(db, event, source.contact.id, source.inbound_id, source.now)


def _consent(db: Session, event: ConsentGiven, source: Source) -> None:
    contacts.change(db, source.contact.id, status=str(ContactStatus.ACTIVE), consented_at=source.now)


def _stopped(db: Session, event: ContactStopped, source: Source) -> None:
    contacts.change(db, source.contact.id, status=str(ContactStatus.STOPPED))
    outbox.drop_queued(db, source.contact.id, "stopped")


def _started(db: Session, event: ContactStarted, source: Source) -> None:
    back = ContactStatus.ACTIVE if source.contact.consented else ContactStatus.INVITED
    contacts.change(db, source.contact.id, status=str(back))


def _language(db: Session, event: LanguageChosen, source: Source) -> None:
    contacts.change(db, source.contact.id, language=event.language)


def _snoozed(db: Session, event: Snoozed, source: Source) -> None:
    contacts.change(db, source.contact.id, snoozed_until=event.until)


def _away(db: Session, event: LeaveTaken, source: Source) -> None:
    contacts.change(db, source.contact.id, away_from=event.first, away_until=event.last)


def _note(db: Session, event: NoteWritten, source: Source) -> None:
    notes.save(db, event, source.contact, source.inbound_id, source.now)


def _visit(db: Session, event: VisitSet, source: Source) -> None:
    if source.inbound_id is not None:
        visits.put(db, event, source.contact.id, source.inbound_id, source.now)


def _visit_cancelled(db: Session, event: VisitCancelled, source: Source) -> None:
    visits.cancel(db, event.ref)


def _visit_answered(db: Session, event: VisitAnswered, source: Source) -> None:
    visits.answer(db, event, source.contact.id, source.now)


def _visit_logged(db: Session, event: VisitLogged, source: Source) -> None:
    visits.log(db, event, source.contact.id, source.inbound_id, source.now)


def _role_offered(db: Session, event: RoleOffered, source: Source) -> None:
    contacts.invite(db, source.contact, event.name, event.urn)


def _rated(db: Session, event: ServiceRated, source: Source) -> None:
    ratings.save(db, event, source.programme, local(source.now, source.programme.timezone).date())


def _link_code(db: Session, event: LinkCodeAsked, source: Source) -> None:
    contacts.add_code(db, source.contact.id, event.code, event.expires_at)


def _pack(db: Session, event: PackAsked, source: Source) -> None:
    key = f"pack:{event.group}:{event.quarter}:{source.contact.id}:{source.inbound_id}"
    occurrences.record(db, key, occurrences.PACK, source.contact.id, source.now, occurrences.ASKED)


def _acknowledged(db: Session, event: AlertAcknowledged, source: Source) -> None:
    days = timedelta(days=source.programme.alerts.outcome_days)
    due_on = local(source.now, source.contact.timezone).date() + days
    alerts.acknowledge(db, event.alert_id, source.contact.id, source.now, due_on, source.now + REMIND_OWNER)


def _assigned(db: Session, event: AlertAssigned, source: Source) -> None:
    alerts.assign(db, event.alert_id, event.contact_id, source.now + source.programme.alerts.time_to_take)


def _alert_snoozed(db: Session, event: AlertSnoozed, source: Source) -> None:
    alerts.put_off(db, event.alert_id, event.until)


def _alert_closed(db: Session, event: AlertClosed, source: Source) -> None:
    closer = None if event.by_facts else source.contact.id
    alerts.close(db, event.alert_id, event.outcome, closer, source.now)


def _harm(db: Session, event: HarmRaised, source: Source) -> None:
    """Keep it nowhere but in the alert that it opens, which its ladder alone may read."""


SAVERS: Mapping[type, Callable[[Session, Any, Source], None]] = {
    ValueReported: _value,
    ValueOvertaken: _overtaken,
    ValueChecked: _checked,
    ReportUndone: _undone,
    DiaryWritten: _diary,
    DiaryTakenBack: _diary_taken_back,
    ActivityUpdated: _activity,
    ConsentGiven: _consent,
    ContactStopped: _stopped,
    ContactStarted: _started,
    LanguageChosen: _language,
    Snoozed: _snoozed,
    LeaveTaken: _away,
    NoteWritten: _note,
    VisitSet: _visit,
    VisitCancelled: _visit_cancelled,
    VisitAnswered: _visit_answered,
    VisitLogged: _visit_logged,
    LinkCodeAsked: _link_code,
    PackAsked: _pack,
    RoleOffered: _role_offered,
    ServiceRated: _rated,
    HarmRaised: _harm,
    AlertAssigned: _assigned,
    AlertAcknowledged: _acknowledged,
    AlertSnoozed: _alert_snoozed,
    AlertClosed: _alert_closed,
}
