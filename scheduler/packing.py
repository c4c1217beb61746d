"""Meeting packs: made once a quarter for each facilitator's groups, and whenever somebody asks for one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from functools import cache, partial
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
from scheduler.noting import Work
from storage import boards, contacts, occurrences, programmes
from storage.apart import alone
from storage.occurrences import PACK, SENT, SKIPPED

PACK_WORKING_DAY = 10  # of the month after the quarter: late reports are in, the meeting is still to come
Content = Callable[[], bytes]
"""Makes the PDF of a pack."""
NOTED_WITHIN = timedelta(days=2)  # after it is too late for a pack, that this is so is written down


def send_packs(db: Session, now: datetime) -> int:
    """Send the packs that people have asked for, and after each quarter those of every facilitator's groups."""
    return sum(share(db) for share in pack_shares(db, now))


def pack_shares(db: Session, now: datetime) -> list[Work]:
    """Return the work of `send_packs` in shares, each of one pack for all who get the same."""
    asked = [partial(_asked_for, key=key, contact_id=who, now=now) for key, who in occurrences.asked(db, PACK)]
    alike: dict[tuple[str, str, str], dict[str, int]] = {}
    for key, (reader, group) in _due(db, now).items():
        alike.setdefault((group.code, reader.language, reader.timezone), {})[key] = reader.id
    return [*asked, *(partial(_of_the_quarter, keys=keys, now=now) for keys in alike.values())]


def _asked_for(db: Session, key: str, contact_id: int, now: datetime) -> int:
    return bool(alone(db, partial(_send_asked, db, key, contact_id, now), contact_id=contact_id))


def _send_asked(db: Session, key: str, contact_id: int, now: datetime) -> bool:
    programme, reader = programmes.current(db), contacts.load(db, contact_id)
    _kind, code, named, *_rest = key.split(":")
    year, number = named.split("-Q")
    group, quarter = programme.groups.get(code), Quarter(int(year), int(number))
    sent = group is not None and send_pack(
        db, reader, group, quarter, lambda: made(db, group, quarter, programme, _voice(reader), now), key, now
    )
    occurrences.settle(db, key, SENT if sent else SKIPPED, "" if sent else "nowhere to send a document")
    return sent


def _voice(reader: Contact) -> Voice:
    return Voice(reader.language, reader.timezone)


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


def _of_the_quarter(db: Session, keys: Mapping[str, int], now: datetime) -> int:
    """Send one pack to all who get the same; it is made once, if it goes to any of them."""
    programme = programmes.current(db)
    due = {key: pack for key, pack in _due(db, now).items() if key in keys}

    @cache
    def content() -> bytes:
        reader, group = next(iter(due.values()))
        return made(db, group, _last_quarter(programme, now), programme, _voice(reader), now)

    sendings = (
        alone(db, partial(_send_due, db, reader, group, content, programme, key, now), contact_id=reader.id)
        for key, (reader, group) in due.items()
    )
    return sum(bool(sent) for sent in sendings)


def _send_due(
    db: Session, reader: Contact, group: Group, content: Content, programme: Programme, key: str, now: datetime
) -> bool:
    quarter = _last_quarter(programme, now)
    opens = pack_time(quarter, programme)
    if reason_to_rest(reader, now) and now < opens + programme.lateness[PACK].grace:
        return False  # it waits for who is on leave
    if goes(db, reader, PACK, key, opens, programme, now) and occurrences.record(db, key, PACK, reader.id, now):
        return send_pack(db, reader, group, quarter, content, key, now)
    return False


def pack_time(quarter: Quarter, programme: Programme) -> datetime:
    """Return when the packs of a quarter go: at the digest's hour, some working days after it."""
    day: date = working_day(quarter.months[-1].next(), PACK_WORKING_DAY, programme.country)
    at: time = programme.digest.at
    return datetime.combine(day, at, ZoneInfo(programme.timezone))


def send_pack(
    db: Session, reader: Contact, group: Group, quarter: Quarter, content: Content, key: str, now: datetime
) -> bool:
    """Queue a pack for somebody's chat and e-mail, with `content` as PDF; False when they have neither."""
    if reader.status is not ContactStatus.ACTIVE or not ways(reader):
        return False
    voice = _voice(reader)
    document = Document(f"{group.code}-{quarter}.pdf", content())
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
    return made(db, programme.groups[group], wanted, programme, Voice(language, programme.timezone), now)


def made(db: Session, group: Group, quarter: Quarter, programme: Programme, voice: Voice, now: datetime) -> bytes:
    """Return the PDF of a pack, from what is on record."""
    last: ReportingPeriod = quarter.months[-1]
    desks = boards.board_of_quarter(db, programme, group.districts, last, now)
    in_time = boards.months_in_time(db, group.districts, programme, quarter.months)
    pack = meeting_pack(programme, group, quarter, desks, in_time, local(now, voice.timezone).date())
    return pdf_of(pack_pages(pack, desks, programme, voice), f"{group.name} {quarter}", now, voice.language)
