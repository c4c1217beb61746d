"""The tables. Whatever names or quotes a person is sealed; whatever must happen once has a unique key."""

from storage.models.alerts import AlertRow
from storage.models.base import Base, Utc
from storage.models.messages import InboundRow, OutboundRow
from storage.models.people import AddressRow, CodeRow, ContactRow, ConversationRow
from storage.models.plans import ActivityRow, ActivityUpdateRow, ProgrammeRow
from storage.models.reports import CurrentValueRow, ValueVersionRow, VerificationRow
from storage.models.running import CursorRow, HoldRow, JobRunRow, OccurrenceRow, RateRow
from storage.models.visits import VisitAnswerRow, VisitLogRow, VisitRow
from storage.models.words import DiaryRow, NoteRow, RatingRow, SummaryRow

__all__ = [
    "ActivityRow",
    "ActivityUpdateRow",
    "AddressRow",
    "AlertRow",
    "Base",
    "CodeRow",
    "ContactRow",
    "ConversationRow",
    "CurrentValueRow",
    "CursorRow",
    "DiaryRow",
    "HoldRow",
    "InboundRow",
    "JobRunRow",
    "NoteRow",
    "OccurrenceRow",
    "OutboundRow",
    "ProgrammeRow",
    "RateRow",
    "RatingRow",
    "SummaryRow",
    "Utc",
    "ValueVersionRow",
    "VerificationRow",
    "VisitAnswerRow",
    "VisitLogRow",
    "VisitRow",
]
