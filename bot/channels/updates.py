"""What Telegram posts or serves: whether it is Telegram's, and what a person said in it."""

from __future__ import annotations

import hmac
import logging
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from telegram import CallbackQuery, Chat, ChatMember, ChatMemberUpdated, Message, Update

from domain.messages import BadRequest, Inbound, InboundKind
from domain.people import Urn

log = logging.getLogger(__name__)

NAME = "telegram"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"

COMMAND = re.compile(r"/([A-Za-z]\w*)(?:@\w+)?(?=\s|$)", re.ASCII)
BUTTON = re.compile(r"v1:(\d+):(.+)", re.DOTALL)
MEMBERSHIP = {ChatMember.BANNED: InboundKind.BLOCKED, ChatMember.MEMBER: InboundKind.OPTED_IN}


def check_secret(headers: Mapping[str, str], secret: str) -> None:
    """Raise BadRequest unless the webhook request carries the secret we gave to Telegram."""
    given = next((value for name, value in headers.items() if name.lower() == SECRET_HEADER.lower()), "")
    if not secret or not hmac.compare_digest(given.encode(), secret.encode()):
        raise BadRequest("wrong secret token", status=403)


def read_update(update: dict[str, Any], now: datetime | None = None) -> Inbound | None:
    """Return what a person said in one update, as `parse_update`; one that cannot be read is logged and passed over.

    Unless it is confirmed, Telegram repeats it for long and hands over no later ones.
    """
    try:
        return parse_update(update, now)
    except BadRequest as error:
        log.error("telegram update passed over: %s", error, extra={"update_id": update.get("update_id")})
        return None


def parse_update(update: dict[str, Any], now: datetime | None = None) -> Inbound | None:
    """Return what a person said in one update, or None where it is nothing for us.

    Telegram gives a button press no time of its own: it gets `now`, or without it the time of the question.
    Raises BadRequest when the update cannot be read.
    """
    try:
        parsed = Update.de_json(update, None)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise BadRequest(f"unreadable update: {type(error).__name__}") from error
    if parsed.message:
        return _from_message(parsed.message)
    if parsed.edited_message:
        return _from_edit(parsed.edited_message, parsed.update_id)
    if parsed.callback_query:
        return _from_button(parsed.callback_query, now)
    if parsed.my_chat_member:
        return _from_membership(parsed.my_chat_member, parsed.update_id)
    return None


def button_id(update: Mapping[str, Any]) -> str | None:
    """Return the callback id that `answer_button` needs, if the update is a button press."""
    press = update.get("callback_query")
    return press.get("id") if isinstance(press, dict) else None


def _from_message(message: Message) -> Inbound | None:
    if not _is_private_person(message):
        return None
    return Inbound(NAME, _message_id(message), _urn(message.chat), _words(message), message.date.astimezone(UTC))


def _from_edit(message: Message, update_id: int) -> Inbound | None:
    if not _is_private_person(message):
        return None
    at = (message.edit_date or message.date).astimezone(UTC)
    sender, words = _urn(message.chat), _words(message)
    return Inbound(NAME, f"e{update_id}", sender, words, at, InboundKind.EDIT, edit_of=_message_id(message))


def _from_button(press: CallbackQuery, now: datetime | None) -> Inbound | None:
    data = BUTTON.fullmatch(press.data or "")
    if data is None or press.message is None or press.message.chat.type != Chat.PRIVATE:
        return None
    at = now or press.message.date.astimezone(UTC)
    sender, ticket = _urn(press.message.chat), int(data[1])
    return Inbound(NAME, f"c{press.id}", sender, data[2], at, InboundKind.BUTTON, ticket=ticket)


def _from_membership(change: ChatMemberUpdated, update_id: int) -> Inbound | None:
    kind = MEMBERSHIP.get(change.new_chat_member.status)
    if kind is None or change.chat.type != Chat.PRIVATE:
        return None
    return Inbound(NAME, f"u{update_id}", _urn(change.chat), "", change.date.astimezone(UTC), kind)


def _is_private_person(message: Message) -> bool:
    sender = message.from_user
    return message.chat.type == Chat.PRIVATE and sender is not None and not sender.is_bot


def _words(message: Message) -> str:
    """Return the text or caption, with a command turned into the same words an SMS would have."""
    words = message.text or message.caption or ""
    command = COMMAND.match(words)
    if command is None:
        return words
    verb, rest = command[1], words[command.end() :]
    if verb.lower() == "start":
        return f"JOIN{rest}" if rest.strip() else "START"
    return verb + rest


def _message_id(message: Message) -> str:
    return f"m{message.chat.id}:{message.message_id}"


def _urn(chat: Chat) -> Urn:
    return Urn("telegram", str(chat.id))
