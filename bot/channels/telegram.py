"""Telegram: reads updates, sends texts and pictures, and polls without losing an update."""

from __future__ import annotations

import asyncio
import hmac
import logging
import os
import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from telegram import (
    Bot,
    CallbackQuery,
    Chat,
    ChatMember,
    ChatMemberUpdated,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
    Update,
)
from telegram import error as telegram_error
from telegram.constants import MessageLimit
from telegram.request import HTTPXRequest

from bot.channels import failures
from domain.messages import BadRequest, Inbound, InboundKind, Outbound, Receipt, SendError, SendFailure, Status
from domain.people import Urn

log = logging.getLogger(__name__)

# The library reads this when an error is made; without it retry_after warns and changes type in a later release.
os.environ.setdefault("PTB_TIMEDELTA", "1")

NAME = "telegram"
API = "https://api.telegram.org/bot"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)

POLL_SECONDS = 25  # long enough to be quiet, short of the minute after which gateways cut idle connections
ANSWER_TIMEOUT = 3.0  # seconds; a button that keeps spinning is ugly, a poll that waits for it is worse
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # seconds between polls that fail

COMMAND = re.compile(r"/([A-Za-z]\w*)(?:@\w+)?(?=\s|$)", re.ASCII)
BUTTON = re.compile(r"v1:(\d+):(.+)", re.DOTALL)

Store = Callable[[Inbound], Awaitable[None]]
MEMBERSHIP = {ChatMember.BANNED: InboundKind.BLOCKED, ChatMember.MEMBER: InboundKind.OPTED_IN}


def check_secret(headers: Mapping[str, str], secret: str) -> None:
    """Raise BadRequest unless the webhook request carries the secret we gave to Telegram."""
    given = next((value for name, value in headers.items() if name.lower() == SECRET_HEADER.lower()), "")
    if not secret or not hmac.compare_digest(given.encode(), secret.encode()):
        raise BadRequest("wrong secret token", status=403)


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


class TelegramChannel:
    """One bot. `base_url` ends in `/bot`, as the library wants it; times are in seconds."""

    name = NAME

    def __init__(
        self,
        token: str,
        *,
        base_url: str | None = None,
        timeout: float = 10.0,
        poll_seconds: int = POLL_SECONDS,
        first_pause: float = FIRST_PAUSE,
    ) -> None:
        self._request = HTTPXRequest(read_timeout=timeout, write_timeout=timeout, connect_timeout=timeout)
        self._bot = Bot(token, base_url or API, request=self._request, get_updates_request=self._request)
        self._timeout = timeout
        self._poll_seconds = poll_seconds
        self._first_pause = first_pause

    async def send(self, message: Outbound, now: datetime) -> Receipt:
        """Send one text, or one picture or document with its caption, as the Channel contract says."""
        _check_length(message)
        try:
            sent = await self._send(message)
        except telegram_error.TelegramError as error:
            raise send_error(error) from error
        return Receipt(f"{sent.chat.id}:{sent.message_id}", Status.SENT)

    async def find(self, message: Outbound, since: datetime) -> Receipt | None:
        """Raise LookupError: Telegram does not tell a bot what it has sent."""
        raise LookupError("Telegram cannot be asked for sent messages")

    async def close(self) -> None:
        """Let go of connections."""
        await self._request.shutdown()

    async def me(self) -> str:
        """Return the bot's user name, which proves the token."""
        return f"@{(await self._bot.get_me()).username}"

    async def set_webhook(self, url: str, secret: str) -> None:
        """Ask Telegram to post updates to `url` with `secret` in a header."""
        await self._bot.set_webhook(url, secret_token=secret, allowed_updates=ALLOWED_UPDATES)

    async def delete_webhook(self) -> None:
        """Return to polling; what is waiting is kept."""
        await self._bot.delete_webhook()

    async def answer_button(self, callback_id: str) -> None:
        """Stop the button's spinner, best effort: old presses may no longer be answered."""
        try:
            await self._bot.answer_callback_query(callback_id, read_timeout=ANSWER_TIMEOUT)
        except telegram_error.TelegramError as error:
            log.debug("button not answered: %s", type(error).__name__)

    async def poll(
        self,
        store: Store,
        load_offset: Callable[[], Awaitable[int | None]],
        save_offset: Callable[[int], Awaitable[None]],
        stop: asyncio.Event,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        """Store every update, then confirm it to Telegram, until `stop` is set.

        `store` must be durable when it returns; if it raises, the update stays unconfirmed and comes again.
        Offset 0 is everything unconfirmed. `clock` dates button presses, which Telegram does not.
        """
        offset, pause = await load_offset() or 0, self._first_pause
        while not stop.is_set():
            try:
                updates = await _unless_stopped(self._get_updates(offset), stop)
                for update in updates:
                    await _store_update(update, store, clock)
                    offset = update["update_id"] + 1
                await self._answer_buttons(updates)
                if updates:
                    await save_offset(offset)
                elif offset and not stop.is_set():
                    # Confirmed. After an idle week Telegram's ids start anywhere, and an old offset would skip them.
                    await save_offset(0)
                    offset = 0
                pause = self._first_pause
            except Exception as error:
                await _pause_after(error, pause, stop)
                pause = min(pause * 2, LONGEST_PAUSE)

    async def _send(self, message: Outbound) -> Message:
        chat, keyboard = message.urn.path, _keyboard(message.buttons)
        if message.document is not None:
            return await self._bot.send_document(
                chat, message.document.content, caption=message.text, filename=message.document.name
            )
        if message.picture is None:
            return await self._bot.send_message(chat, message.text, reply_markup=keyboard)
        return await self._bot.send_photo(
            chat, message.picture, caption=message.text, reply_markup=keyboard, filename="kumbusha.png"
        )

    async def _get_updates(self, offset: int) -> list[dict[str, Any]]:
        asked = {"offset": offset, "timeout": self._poll_seconds, "allowed_updates": list(ALLOWED_UPDATES)}
        # Raw, since Bot.get_updates fails a whole batch for one unreadable update. The Bot API ignores case, and in
        # lower case the library does not warn of having a method of that name.
        patience = self._poll_seconds + self._timeout
        found: list[dict[str, Any]] = await self._bot.do_api_request("getupdates", asked, read_timeout=patience)
        return sorted(found, key=lambda update: int(update["update_id"]))

    async def _answer_buttons(self, updates: list[dict[str, Any]]) -> None:
        await asyncio.gather(*(self.answer_button(pressed) for update in updates if (pressed := button_id(update))))


async def _store_update(update: dict[str, Any], store: Store, clock: Callable[[], datetime] | None) -> None:
    try:
        inbound = parse_update(update, clock() if clock else None)
    except BadRequest as error:
        log.error("telegram update %s passed over: %s", update["update_id"], error)
        return
    if inbound is not None:
        await store(inbound)


async def _unless_stopped(
    polling: Coroutine[Any, Any, list[dict[str, Any]]], stop: asyncio.Event
) -> list[dict[str, Any]]:
    """Await the poll, or give it up when `stop` is set: what was not confirmed comes again."""
    poll, stopping = asyncio.ensure_future(polling), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait((poll, stopping), return_when=asyncio.FIRST_COMPLETED)
        return [] if stop.is_set() else await poll
    finally:
        poll.cancel()
        stopping.cancel()
        await asyncio.gather(poll, stopping, return_exceptions=True)


async def _pause_after(error: Exception, seconds: float, stop: asyncio.Event) -> None:
    if isinstance(error, telegram_error.RetryAfter):
        seconds = max(seconds, _seconds(error))
    ours = not isinstance(error, telegram_error.TelegramError)
    log.warning("telegram poll failed: %s, next in %.0f s", type(error).__name__, seconds, exc_info=ours)
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


def _check_length(message: Outbound) -> None:
    captioned = message.picture is not None or message.document is not None
    limit = MessageLimit.CAPTION_LENGTH if captioned else MessageLimit.MAX_TEXT_LENGTH
    if len(message.text) > limit:
        raise ValueError(f"message {message.id} is over {limit} characters; split it before sending")


def _keyboard(buttons: tuple[tuple[str, str], ...]) -> InlineKeyboardMarkup | None:
    if not buttons:
        return None
    return InlineKeyboardMarkup([[InlineKeyboardButton(label, callback_data=data)] for label, data in buttons])


def send_error(error: telegram_error.TelegramError) -> SendError:
    """Return what a failed call means for the message: the first match decides."""
    match error:
        case telegram_error.RetryAfter():
            return SendError(SendFailure.RETRYABLE, "too many requests", _seconds(error), hold_channel=True)
        case telegram_error.InvalidToken():
            return failures.REFUSED.error("token")
        case telegram_error.ChatMigrated():
            return SendError(SendFailure.PERMANENT, "chat became a supergroup")
    if (meaning := failures.by_description(error.message)) is not None:
        return SendError(meaning.failure, meaning.words)
    match error:
        case telegram_error.Forbidden():
            return SendError(SendFailure.STOPPED, "not allowed to write there")
        case telegram_error.BadRequest():  # a NetworkError by inheritance, so it must stand before it
            return SendError(SendFailure.REJECTED, error.message)
        case telegram_error.NetworkError() | telegram_error.Conflict():
            return _network_error(error)
    return SendError(SendFailure.UNKNOWN, error.message)  # such as a 200 whose body cannot be read


def _network_error(error: telegram_error.TelegramError) -> SendError:
    cause = error.__cause__
    if cause is None or isinstance(cause, telegram_error.TelegramError):
        return SendError(SendFailure.RETRYABLE, error.message)  # answered, with a 5xx
    never_left = isinstance(cause, NEVER_LEFT)
    return SendError(SendFailure.RETRYABLE if never_left else SendFailure.UNKNOWN, type(cause).__name__)


def _seconds(error: telegram_error.RetryAfter) -> float:
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
