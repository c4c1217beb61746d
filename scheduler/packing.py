"""Meeting packs: made once a quarter for each facilitator's groups, and whenever somebody asks for one."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.letters import pack_letter
from bot.packs import pack_pages, pdf_of
from bot.reaching import hand_document, post, reason_to_rest
from bot.render import Voice
from bot.timing import goes
from conversations.flows.briefing import chat_of, ways
from conversations.places import districts_of
from conversations.turn import say
from domain.calendar import working_day
from domain.messages import Document
from domain.packs import meeting_pack
from domain.people import Contact, ContactStatus, Role
from domain.periods import ReportingPeriod, local
from domain.programme import Group, Programme
from domain.quarters import Quarter
from domain.text import _
from storage import boards, contacts, occurrences, programmes
from storage.apart import alone
from storage.occurrences import PACK, SENT, SKIPPED

PACK_WORKING_DAY = 10  # of the month after the quarter: late reports are in, the meeting is still to come
NOTED_WITHIN = timedelta(days=2)  # after it is too late for a pack, that this is so is written down


def send_packs(db: Session, now: datetime) -> int:
    """Send the packs that people have asked for, and after each quarter those of every facilitator's groups."""
    programme = programmes.current(db)
    return _asked_for(db, programme, now) + _of_the_quarter(db, programme, now)


def _asked_for(db: Session, programme: Programme, now: datetime) -> int:
    return sum(
        bool(alone(db, partial(_send_asked, db, key, contact_id, programme, now), contact_id=contact_id))
        for key, contact_id in occurrences.asked(db, PACK)
    )


def _send_asked(db: Session, key: str, contact_id: int, programme: Programme, now: datetime) -> bool:
    _kind, group, quarter, *_rest = key.split(":")
    year, number = quarter.split("-Q")
    reader = contacts.load(db, contact_id)
    sent = group in programme.groups and send_pack(
        db, reader, programme.groups[group], Quarter(int(year), int(number)), programme, key, now
    )
    occurrences.settle(db, key, SENT if sent else SKIPPED, "" if sent else "nowhere to send a document")
    return sent


def _of_the_quarter(db: Session, programme: Programme, now: datetime) -> int:
    quarter = Quarter.of(local(now, programme.timezone).date()).back(1)
    opens = pack_time(quarter, programme)
    latest = opens + programme.lateness[PACK].grace + NOTED_WITHIN
    if not opens <= now <= latest or quarter.months[-1] < programme.starts:
        return 0
    readers = contacts.everyone(db, Role.FACILITATOR)
    packs = {
        f"{PACK}:{quarter}:{group}:{reader.id}": (reader, programme.groups[group])
        for reader in readers
        for group in dict.fromkeys(programme.districts[code].group for code in districts_of(reader, programme))
    }
    decided = occurrences.among(db, packs)
    sendings = {
        key: (reader, partial(_send_due, db, reader, group, quarter, opens, programme, key, now))
        for key, (reader, group) in packs.items()
        if key not in decided and ways(reader)
    }
    return sum(bool(alone(db, send, contact_id=reader.id)) for reader, send in sendings.values())


def _send_due(
    db: Session,
    reader: Contact,
    group: Group,
    quarter: Quarter,
    opens: datetime,
    programme: Programme,
    key: str,
    now: datetime,
) -> bool:
    if reason_to_rest(reader, now) and now < opens + programme.lateness[PACK].grace:
        return False  # it waits for who is on leave
    if goes(db, reader, PACK, key, opens, programme, now) and occurrences.record(db, key, PACK, reader.id, now):
        return send_pack(db, reader, group, quarter, programme, key, now)
    return False


def pack_time(quarter: Quarter, programme: Programme) -> datetime:
    """Return when the packs of a quarter go: at the digest's hour, some working days after it."""
    day: date = working_day(quarter.months[-1].next(), PACK_WORKING_DAY, programme.country)
    at: time = programme.digest.at
    return datetime.combine(day, at, ZoneInfo(programme.timezone))


def send_pack(
    db: Session, reader: Contact, group: Group, quarter: Quarter, programme: Programme, key: str, now: datetime
) -> bool:
    """Queue a pack for somebody's chat and e-mail; False when they have neither."""
    if reader.status is not ContactStatus.ACTIVE or not ways(reader):
        return False
    voice = Voice(reader.language, reader.timezone)
    document = Document(f"{group.code}-{quarter}.pdf", made(db, group, quarter, programme, voice, now))
    title = f"{group.name}, Q{quarter.number} {quarter.year}"
    chat = chat_of(reader)
    if chat is not None:
        words = say(_("The meeting pack is enclosed: {title}.", title=title))
        hand_document(db, reader, chat, words, document, key, PACK, now)
    letter, text = pack_letter(title, programme, voice)
    post(db, reader, letter, text, key, "pack_mail", now, document=document)
    return True


def pack_of(db: Session, group: str, quarter: str, language: str, now: datetime) -> bytes:
    """Return the PDF of the pack of a group, by its code, for a quarter in words such as `Q4`.

    Raises ValueError for words that are no quarter, LookupError for a group that is not there.
    """
    programme = programmes.current(db)
    if group not in programme.groups:
        raise LookupError(f"no group {group!r}; there are: {' '.join(programme.groups)}")
    wanted = Quarter.parse(quarter, local(now, programme.timezone).date())
    return made(db, programme.groups[group], wanted, programme, Voice(language, programme.timezone), now)


def made(db: Session, group: Group, quarter: Quarter, programme: Programme, voice: Voice, now: datetime) -> bytes:
    """Return the PDF of a pack, from what is on record."""
    last: ReportingPeriod = quarter.months[-1]
    desks = boards.board_of_quarter(db, programme, group.districts, last, now)
    in_time = boards.months_in_time(db, group.districts, programme, quarter.months)
    pack = meeting_pack(programme, group, quarter, desks, in_time, local(now, voice.timezone).date())
    return pdf_of(pack_pages(pack, desks, programme, voice), f"{group.name} {quarter}", now, voice.language)
