"""Telegram: sends texts, pictures and documents, and polls without losing an update."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Message
from telegram import error as telegram_error
from telegram.constants import MessageLimit
from telegram.request import HTTPXRequest

from bot.channels import failures
from bot.channels.updates import NAME, button_id, read_update
from domain.messages import Inbound, Outbound, Receipt, SendError, SendFailure, Status

log = logging.getLogger(__name__)

# The library reads this when an error is made; without it retry_after warns and changes type in a later release.
os.environ.setdefault("PTB_TIMEDELTA", "1")

API = "https://api.telegram.org/bot"
ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")

POLL_SECONDS = 25  # long enough to be quiet, short of the minute after which gateways cut idle connections
MOST_AT_ONCE = 100  # updates that Telegram hands over with one poll
ANSWER_TIMEOUT = 3.0  # seconds; a button that keeps spinning is ugly, a poll that waits for it is worse
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # seconds between polls that fail

Store = Callable[[Inbound], Awaitable[None]]


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
            raise send_error(error, message) from error
        return Receipt(f"{sent.chat.id}:{sent.message_id}", Status.SENT)

    async def find(self, message: Outbound, since: datetime) -> list[Receipt]:
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
        caught_up: asyncio.Event | None = None,
    ) -> None:
        """Store every update, then confirm it to Telegram, until `stop` is set.

        `store` must be durable when it returns; if it raises, the update stays unconfirmed and comes again.
        Offset 0 is everything unconfirmed. `clock` dates button presses, which Telegram does not.
        `caught_up` is set when all that waited there has been stored.
        """
        offset: int | None = None
        pause = self._first_pause
        while not stop.is_set():
            try:
                if offset is None:
                    offset = await load_offset() or 0
                updates = await _unless_stopped(self._get_updates(offset), stop)
                for update in updates:
                    inbound = read_update(update, clock() if clock else None)
                    if inbound is not None:
                        await store(inbound)
                    offset = update["update_id"] + 1
                await self._answer_buttons(updates)
                if updates:
                    await save_offset(offset)
                elif offset and not stop.is_set():
                    # Confirmed. After an idle week Telegram's ids start anywhere, and an old offset would skip them.
                    await save_offset(0)
                    offset = 0
                if caught_up is not None and len(updates) < MOST_AT_ONCE and not stop.is_set():
                    caught_up.set()
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


def send_error(error: telegram_error.TelegramError, message: Outbound) -> SendError:
    """Return what a failed call means for a message: the first match decides."""
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
            # It may be the picture that is refused: then the words go here without it.
            pictured = message.picture is not None
            return SendError(SendFailure.REJECTED if pictured else SendFailure.ELSEWHERE, error.message)
        case telegram_error.NetworkError() | telegram_error.Conflict():
            return _network_error(error)
    return SendError(SendFailure.UNKNOWN, error.message)  # such as a 200 whose body cannot be read


def _network_error(error: telegram_error.TelegramError) -> SendError:
    cause = error.__cause__
    if cause is None or isinstance(cause, telegram_error.TelegramError):
        return SendError(SendFailure.RETRYABLE, error.message)  # answered, with a 5xx
    never_left = isinstance(cause, failures.NEVER_LEFT)
    return SendError(SendFailure.RETRYABLE if never_left else SendFailure.UNKNOWN, type(cause).__name__)


def _seconds(error: telegram_error.RetryAfter) -> float:
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
