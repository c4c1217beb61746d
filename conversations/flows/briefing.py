"""What is read before a meeting: the month over all groups, and the pack of a quarter."""

from __future__ import annotations

from conversations.flows.brief_words import brief_message
from conversations.places import districts_of
from conversations.situation import Situation
from conversations.state import Question
from conversations.turn import Turn, say
from conversations.verbs import Request
from domain.briefs import Brief, monthly_brief
from domain.events import PackAsked
from domain.people import Contact, Urn
from domain.programme import Group
from domain.quarters import Quarter
from domain.text import Text, _, plain

_CHATS = {"telegram": _("Telegram"), "whatsapp": plain("WhatsApp")}


def brief_of(situation: Situation) -> Brief:
    """Compute the brief of the groups this person looks after."""
    return monthly_brief(situation.programme, situation.board, situation.alert_record, situation.today)


def brief(request: Request) -> Turn:
    """Send the month over all groups."""
    situation = request.situation
    found = brief_of(situation)
    conversation = situation.conversation.asking(brief_menu(situation))
    return Turn("brief", conversation, "receipt", brief_message(found, situation.scheme))


def brief_menu(situation: Situation) -> Question:
    """Return what 1, 2 and 3 mean after a brief."""
    return Question("menu", situation.now, choices=("LATE", "RED", "ALERTS"))


def pack(request: Request) -> Turn:
    """Say where the meeting pack of a quarter goes, and let it be made."""
    situation = request.situation
    try:
        quarter = Quarter.parse(request.words, situation.today)
    except ValueError:
        line = _("Which quarter? Send e.g. PACK Q3.")
        return Turn("pack", situation.conversation, "question", say(line))
    groups = groups_of(situation)
    channels = ways(situation.contact)
    if not channels:
        line = _(
            "A pack is a file and SMS cannot carry it. Send LINK to join Telegram, or ask for your e-mail to be added."
        )
        return Turn("pack", situation.conversation, "receipt", say(line))
    names = tuple(group.name for group in groups)
    line = _("Pack Q{n} {year}, {groups}: it is being made.", n=quarter.number, year=str(quarter.year), groups=names)
    where = _("It comes by {channels}.", channels=channels)
    events = tuple(PackAsked(group.code, quarter) for group in groups)
    return Turn("pack", situation.conversation, "receipt", say(line, where), events)


def ways(contact: Contact) -> tuple[Text, ...]:
    """Return the channels that can bring somebody a document."""
    chat = chat_of(contact)
    found = [_CHATS[chat.scheme]] if chat is not None else []
    return (*found, _("e-mail")) if contact.email else tuple(found)


def chat_of(contact: Contact) -> Urn | None:
    """Return the chat that can bring somebody a document: the one they prefer, else the first of `_CHATS`."""
    found = (contact.address(scheme) for scheme in sorted(_CHATS, key=lambda scheme: scheme != contact.preferred))
    return next((urn for urn in found if urn is not None and urn.scheme in _CHATS), None)


def groups_of(situation: Situation) -> tuple[Group, ...]:
    """Return the groups this person looks after."""
    mine = districts_of(situation.contact, situation.programme)
    return tuple(group for group in situation.programme.groups.values() if set(group.districts) & set(mine))
