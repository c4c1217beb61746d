"""The same dialogue in python-telegram-bot: a ConversationHandler whose state a PicklePersistence keeps in a file.

Updates arrive as the JSON that Telegram posts; its answers come from a request object without a network. The
library writes its file once a minute by itself; `ptb-pickle` has it written before a turn counts as done.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import time
from pathlib import Path
from typing import Any

from telegram import Message, Update
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CommandHandler,
    ContextTypes,
    ConversationHandler,
    MessageHandler,
    PersistenceInput,
    PicklePersistence,
    filters,
)
from telegram.request import BaseRequest

from benchmarks import work

QUESTIONS = (
    *(f"{code}, October 2026? Example: 12" for code in work.CODES),
    "Outreach days: how far? Send %, DONE or STUCK",
    "Duty rosters: how far? Send %, DONE or STUCK",
    "What was planned and what was done?",
    "What went well?",
    "What did not go well, and why?",
    "What will you change next month?",
    "{values}. All right? Y or N",
)
DATE = int(work.NOW.timestamp())
LONGEST = 60.0  # seconds
Context = ContextTypes.DEFAULT_TYPE


def read(step: int, text: str) -> Any:
    """Return the value of an answer, or None when it is not one."""
    if step < 5:
        return int(text) if text.isdecimal() else None
    if step < 7:
        return text if text == "DONE" or text.rstrip("%").isdecimal() else None
    if step < 11:
        return text.strip() or None
    return {"YES": True, "NO": False}.get(text.upper())


async def begin(update: Update, context: Context) -> int:
    """Open the report."""
    kept, message = _of(update, context)
    kept["answers"] = []
    await message.reply_text(QUESTIONS[0])
    return 0


async def take(update: Update, context: Context) -> int:
    """Take one answer and ask the next question."""
    kept, message = _of(update, context)
    answers = kept["answers"]
    step = len(answers)
    value = read(step, message.text or "")
    if value is None:
        await message.reply_text(QUESTIONS[step])
        return step
    answers.append(value)
    if len(answers) == len(QUESTIONS):
        kept["reports"] = {work.MONTH: kept.pop("answers")}
        await message.reply_text("Thank you. October 2026 is in.")
        return ConversationHandler.END
    values = ", ".join(f"{code} {number}" for code, number in zip(work.CODES, answers, strict=False))
    await message.reply_text(QUESTIONS[len(answers)].format(values=values))
    return len(answers)


def _of(update: Update, context: Context) -> tuple[dict[Any, Any], Message]:
    assert context.user_data is not None
    assert update.message is not None
    return context.user_data, update.message


class NoNetwork(BaseRequest):
    """Says yes to every call of the Bot API."""

    sent = 0

    @property
    def read_timeout(self) -> float:
        """As a request of the library has one."""
        return 5.0

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    async def do_request(
        self, url: str, method: str, request_data: Any = None, *_: Any, **__: Any
    ) -> tuple[int, bytes]:
        """Answer a call."""
        if url.endswith("getMe"):
            result: dict[str, Any] = {"id": 1, "is_bot": True, "first_name": "Bench", "username": "bench_bot"}
        else:
            self.sent += 1
            chat = {"id": request_data.parameters["chat_id"], "type": "private"}
            result = {"message_id": self.sent, "date": DATE, "chat": chat, "text": request_data.parameters["text"]}
        return 200, json.dumps({"ok": True, "result": result}).encode()


def update_json(number: int, person: int, text: str) -> bytes:
    """Return one update as Telegram posts it."""
    who = {"id": work.chat_of(person), "is_bot": False, "first_name": f"Person {person}"}
    chat = {"id": work.chat_of(person), "type": "private", "first_name": f"Person {person}"}
    message: dict[str, Any] = {"message_id": number, "date": DATE, "from": who, "chat": chat, "text": text}
    if text.startswith("/"):
        message["entities"] = [{"type": "bot_command", "offset": 0, "length": len(text)}]
    return json.dumps({"update_id": number, "message": message}).encode()


def application(file: Path, network: NoNetwork) -> Application[Any, Any, Any, Any, Any, Any]:
    """Return the bot, keeping people's answers and where they are in one file."""
    kept = PersistenceInput(bot_data=False, chat_data=False, callback_data=False)
    persistence = PicklePersistence(file, store_data=kept, update_interval=60)
    builder = ApplicationBuilder().token("1:x").request(network).get_updates_request(NoNetwork()).updater(None)
    app = builder.persistence(persistence).build()
    answer: Any = MessageHandler(filters.TEXT & ~filters.COMMAND, take)
    app.add_handler(
        ConversationHandler(
            entry_points=[CommandHandler("report", begin)],
            states={step: [answer] for step in range(len(QUESTIONS))},
            fallbacks=[],
            name="report",
            persistent=True,
        )
    )
    return app


async def measure(file: Path, people: int, crowd: int, every_turn: bool) -> dict[str, float]:
    """Take every answer of everybody, step by step, and check that all of it is in the file.

    Where the file holds so many others that a turn takes a second, what the first minute brought is what counts.
    """
    network = NoNetwork()
    app = application(file, network)
    await app.initialize()
    others = [work.chat_of(n) for n in range(people, people + crowd)]
    for chat in others:
        app.user_data[chat]["answers"] = [*work.NUMBERS, work.PROGRESS[0]]
    app.mark_data_for_update_persistence(user_ids=others)
    number, written = 0, time.perf_counter()

    async def turn(person: int, text: str) -> float:
        nonlocal number, written
        number += 1
        posted = update_json(number, person, text)
        start = time.perf_counter()
        await app.process_update(Update.de_json(json.loads(posted), app.bot))
        if every_turn or start - written > 60:
            await app.update_persistence()
            written = time.perf_counter()
        return time.perf_counter() - start

    every_turn, wanted = False, every_turn  # the opening is not what is measured
    for person in range(people):
        await turn(person, "/report")
    every_turn = wanted
    taken: list[float] = []
    began = time.perf_counter()
    for text, person in itertools.product(work.ANSWERS, range(people)):
        if time.perf_counter() - began > LONGEST:
            break
        taken.append(await turn(person, text))
    seconds = time.perf_counter() - began
    figures = work.figures(taken, seconds)
    await app.update_persistence()
    await app.shutdown()
    if len(taken) == people * len(work.ANSWERS):
        await check(file, people)
    assert network.sent == number
    return figures


async def check(file: Path, people: int) -> None:
    """Raise AssertionError unless the file holds every answer of everybody."""
    kept = await PicklePersistence(file).get_user_data()
    expected = [*work.NUMBERS, *work.PROGRESS, *work.WORDS, True]
    assert all(kept[work.chat_of(person)]["reports"] == {work.MONTH: expected} for person in range(people))


def main() -> None:
    """Print the figures of one run as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--one", choices=["ptb-pickle", "ptb-minutely"], default="ptb-pickle")
    parser.add_argument("--contacts", type=int, default=1000)
    parser.add_argument("--folder", type=Path, required=True)
    given = parser.parse_args()
    crowd, file = int(os.environ.get(work.CROWD, "0")), given.folder / "state.pickle"
    figures = asyncio.run(measure(file, given.contacts, crowd, given.one == "ptb-pickle"))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
