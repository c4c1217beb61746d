"""Meeting packs: made once a quarter for each facilitator's groups, and whenever somebody asks for one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.drawing.painting import Wanted
from bot.drawing.pdf import Sheets, pdf_of
from bot.letters import pack_letter
from bot.packs import pack_pages
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
from scheduler.noting import Drawing, Share, whole
from storage import boards, contacts, occurrences, programmes
from storage.apart import alone
from storage.occurrences import PACK, SENT, SKIPPED

PACK_WORKING_DAY = 10  # of the month after the quarter: late reports are in, the meeting is still to come
NOTED_WITHIN = timedelta(days=2)  # after it is too late for a pack, that this is so is written down


def send_packs(db: Session, now: datetime) -> int:
    """Send the packs that people have asked for, and after each quarter those of every facilitator's groups."""
    return sum(whole(db, share) for share in pack_shares(db, now))


def pack_shares(db: Session, now: datetime) -> list[Share]:
    """Return the work of `send_packs` in shares, each of one pack for all who get the same."""
    asked = [partial(_asked_for, key=key, contact_id=who, now=now) for key, who in occurrences.asked(db, PACK)]
    alike: dict[tuple[str, str, str], dict[str, int]] = {}
    for key, (reader, group) in _due(db, now).items():
        alike.setdefault((group.code, reader.language, reader.timezone), {})[key] = reader.id
    return [*asked, *(partial(_of_the_quarter, keys=keys, now=now) for keys in alike.values())]


def _asked_for(db: Session, key: str, contact_id: int, now: datetime) -> int | Drawing:
    """Ask for the pages of a pack that somebody has asked for; nothing where it has nowhere to go."""
    return alone(db, partial(_drawing, db, key, contact_id, now), contact_id=contact_id) or 0


def _drawing(db: Session, key: str, contact_id: int, now: datetime) -> Drawing | None:
    programme, reader = programmes.current(db), contacts.load(db, contact_id)
    _kind, code, named, *_rest = key.split(":")
    year, number = named.split("-Q")
    group, quarter = programme.groups.get(code), Quarter(int(year), int(number))
    if group is None or not _can_get(reader):
        occurrences.settle(db, key, SKIPPED, "nowhere to send a document")
        return None
    sheets = sheets_of(db, group, quarter, programme, _voice(reader), now)
    send = partial(_send_asked, key=key, contact_id=contact_id, group=group, quarter=quarter, sheets=sheets, now=now)
    return Drawing(frozenset([sheets]), send)


def _send_asked(
    db: Session,
    drawn: Mapping[Wanted, bytes],
    key: str,
    contact_id: int,
    group: Group,
    quarter: Quarter,
    sheets: Sheets,
    now: datetime,
) -> int:
    """Send a pack that was drawn; one that was not is tried again."""
    if sheets not in drawn:
        return 0
    sent = send_pack(db, contacts.load(db, contact_id), group, quarter, drawn[sheets], key, now)
    occurrences.settle(db, key, SENT if sent else SKIPPED, "" if sent else "nowhere to send a document")
    return int(sent)


def _voice(reader: Contact) -> Voice:
    return Voice(reader.language, reader.timezone)


def _can_get(reader: Contact) -> bool:
    return reader.status is ContactStatus.ACTIVE and bool(ways(reader))


def _due(db: Session, now: datetime) -> dict[str, tuple[Contact, Group]]:
    """Return the packs of the last quarter that are due and not decided, by their keys."""
    programme = programmes.current(db)
    quarter = _last_quarter(programme, now)
    opens = pack_time(quarter, programme)
    latest = opens + programme.lateness[PACK].grace + NOTED_WITHIN
    if not opens <= now <= latest or quarter.months[-1] < programme.starts:
        return {}
    readers = contacts.everyone(db, Role.FACILITATOR)
    packs = {
        f"{PACK}:{quarter}:{group}:{reader.id}": (reader, programme.groups[group])
        for reader in readers
        for group in dict.fromkeys(programme.districts[code].group for code in districts_of(reader, programme))
    }
    decided = occurrences.among(db, packs)
    return {key: pack for key, pack in packs.items() if key not in decided and ways(pack[0])}


def _last_quarter(programme: Programme, now: datetime) -> Quarter:
    return Quarter.of(local(now, programme.timezone).date()).back(1)


def _of_the_quarter(db: Session, keys: Collection[str], now: datetime) -> int | Drawing:
    """Ask for the pages of one pack for all who get the same, if it goes to any of them."""
    programme = programmes.current(db)
    due = {key: pack for key, pack in _due(db, now).items() if key in keys}
    going = [key for key, (reader, _group) in due.items() if _goes(db, reader, key, programme, now)]
    if not going:
        return 0
    reader, group = due[going[0]]
    pages = partial(sheets_of, db, group, _last_quarter(programme, now), programme, _voice(reader), now)
    sheets = alone(db, pages, contact_id=reader.id)
    return Drawing(frozenset([sheets]), partial(_send_to_all, keys=going, sheets=sheets, now=now)) if sheets else 0


def _goes(db: Session, reader: Contact, key: str, programme: Programme, now: datetime) -> bool:
    return bool(alone(db, partial(_is_time, db, reader, key, programme, now), contact_id=reader.id))


def _is_time(db: Session, reader: Contact, key: str, programme: Programme, now: datetime) -> bool:
    opens = pack_time(_last_quarter(programme, now), programme)
    if reason_to_rest(reader, now) and now < opens + programme.lateness[PACK].grace:
        return False  # it waits for who is on leave
    return goes(db, reader, PACK, key, opens, programme, now)


def _send_to_all(
    db: Session, drawn: Mapping[Wanted, bytes], keys: Collection[str], sheets: Sheets, now: datetime
) -> int:
    """Send a pack that was drawn to those for whom it is due still; one that was not is tried again."""
    if sheets not in drawn:
        return 0
    due = _due(db, now)
    sendings = (
        alone(db, partial(_send_due, db, *due[key], drawn[sheets], key, now), contact_id=due[key][0].id)
        for key in keys
        if key in due
    )
    return sum(bool(sent) for sent in sendings)


def _send_due(db: Session, reader: Contact, group: Group, content: bytes, key: str, now: datetime) -> bool:
    quarter = _last_quarter(programmes.current(db), now)
    recorded = occurrences.record(db, key, PACK, reader.id, now)
    return recorded and send_pack(db, reader, group, quarter, content, key, now)


def pack_time(quarter: Quarter, programme: Programme) -> datetime:
    """Return when the packs of a quarter go: at the digest's hour, some working days after it."""
    day: date = working_day(quarter.months[-1].next(), PACK_WORKING_DAY, programme.country)
    at: time = programme.digest.at
    return datetime.combine(day, at, ZoneInfo(programme.timezone))


def send_pack(
    db: Session, reader: Contact, group: Group, quarter: Quarter, content: bytes, key: str, now: datetime
) -> bool:
    """Queue a pack for somebody's chat and e-mail, with `content` as PDF; False when they have neither."""
    if not _can_get(reader):
        return False
    voice = _voice(reader)
    document = Document(f"{group.code}-{quarter}.pdf", content)
    title = f"{group.name}, Q{quarter.number} {quarter.year}"
    chat = chat_of(reader)
    if chat is not None:
        words = say(_("The meeting pack is enclosed: {title}.", title=title))
        hand_document(db, reader, chat, words, document, key, PACK, now)
    letter, text = pack_letter(title, programmes.current(db), voice)
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
    voice = Voice(language, programme.timezone)
    return pdf_of(sheets_of(db, programme.groups[group], wanted, programme, voice, now))


def sheets_of(db: Session, group: Group, quarter: Quarter, programme: Programme, voice: Voice, now: datetime) -> Sheets:
    """Return the pages of a pack, from what is on record."""
    last: ReportingPeriod = quarter.months[-1]
    desks = boards.board_of_quarter(db, programme, group.districts, last, now)
    in_time = boards.months_in_time(db, group.districts, programme, quarter.months)
    pack = meeting_pack(programme, group, quarter, desks, in_time, local(now, voice.timezone).date())
    pages = tuple(pack_pages(pack, desks, programme, voice))
    return Sheets(pages, f"{group.name} {quarter}", now, voice.language)
