"""The `kumbusha` command: the one place that puts the parts together."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import webbrowser
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
import uvicorn
from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from telegram.error import TelegramError

from bot import logs
from bot.channels import Channel
from bot.channels.configured import channels_of
from bot.channels.console import ConsoleChannel
from bot.channels.telegram import TelegramChannel
from bot.clock import MovedClock, wall_clock
from bot.doctor import examine
from bot.outbox import Sender
from bot.render import Voice
from bot.running import together, working
from bot.settings import Settings, read_settings, secret_of
from bot.sweeping import sweep
from bot.turns import take_turn
from bot.work import give_jobs, is_ready, make_ready
from domain.messages import Inbound, Outbound
from domain.people import Contact, Urn
from domain.periods import ReportingPeriod
from scheduler.clock import keep_time
from scheduler.costs import forecast_report, spending_report
from scheduler.packing import pack_of
from scheduler.people import CHANNELS
from scheduler.playing import play_years, played_in_words
from scheduler.simulation import World, month_end
from scheduler.summarising import keep_summing_up
from scheduler.why import why_report
from storage import contacts, figures, programmes
from storage.backup import back_up, look_into, restore
from storage.copying import CopyError
from storage.database import Database
from storage.moving import move
from storage.programme_file import ProgrammeError, parse_programme, sample_text, warnings
from web.app import create_app
from web.words import what_happened

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Kumbusha: carries the management cycle of district health teams between visits.",
)
db_app = typer.Typer(no_args_is_help=True, help="The database.")
programme_app = typer.Typer(no_args_is_help=True, help="The programme file.")
cost_app = typer.Typer(help="What SMS cost.")
app.add_typer(cost_app, name="cost")
app.add_typer(db_app, name="db")
app.add_typer(programme_app, name="programme")
console = Console()
log = logging.getLogger(__name__)

DEMO_START = datetime(2026, 10, 30, 9, tzinfo=UTC)  # a Friday; the first prompt goes on Monday


def main() -> None:
    """Run the command line."""
    logs.set_up()
    app()


def _settings() -> Settings:
    """Return what is set, or stop and name each wrong setting."""
    try:
        return read_settings()
    except ValueError as wrong:
        raise SystemExit(str(wrong)) from wrong


def open_database(settings: Settings) -> Database:
    """Open the database that the settings name, with its secret."""
    if not settings.embedded and not settings.kumbusha_secret:
        raise SystemExit("KUMBUSHA_SECRET is not set; PostgreSQL needs a long random text that all processes share.")
    try:
        return Database(settings.database_url, secret_of(settings))
    except FileNotFoundError as missing:
        raise SystemExit(str(missing)) from missing


# --- for real ---------------------------------------------------------------------------------------------------


@app.command()
def run() -> None:
    """Run everything in one process, from the settings in .env: web, clock, sending, Telegram polling."""
    settings = _settings()
    db = open_database(settings)
    db.upgrade()
    make_ready(db)
    asyncio.run(_together(settings, db, web=True, work=True, clock=True))


@app.command()
def web() -> None:
    """Serve webhooks only (any number of these)."""
    settings = _settings()
    asyncio.run(_together(settings, _shared(settings), web=True))


@app.command()
def worker() -> None:
    """Send the outbox, and poll Telegram when no webhook is set."""
    settings = _settings()
    asyncio.run(_together(settings, _shared(settings), work=True))


@app.command()
def clock() -> None:
    """Tick the schedule."""
    settings = _settings()
    asyncio.run(_together(settings, _shared(settings), clock=True))


def _shared(settings: Settings) -> Database:
    """Open the database that this process shares with others."""
    db = open_database(settings)
    if not db.sqlite and not is_ready(db):
        raise SystemExit("The tables are not there yet: run `kumbusha db upgrade` first.")
    return db


async def _together(
    settings: Settings, db: Database, *, web: bool = False, work: bool = False, clock: bool = False
) -> None:
    """Run the wanted parts until the process is told to stop; then finish what is under way."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    if not db.sqlite:
        give_jobs(db)
    channels = channels_of(settings, db)
    parts: list[Coroutine[Any, Any, None]] = []
    if work:
        parts += working(settings, db, channels, stop)
        parts.append(sweep(db, tuple(channels), wall_clock, stop))
    if web:
        await _announce(settings, channels)
        parts.append(_serve(_web_app(settings, db, channels), settings.host, settings.port, stop))
    if clock:
        parts.append(keep_time(db, wall_clock, stop, settings.kumbusha_heartbeat_url))
        if url := settings.diary_summary_url:
            parts.append(keep_summing_up(db, wall_clock, stop, url, settings.diary_summary_key))
    console.print(f"kumbusha: {', '.join(channels) or 'no channel set'}; {db.engine.dialect.name}; Ctrl-C stops")
    try:
        await together(parts, stop)
    finally:
        for channel in channels.values():
            await channel.close()
        db.close()


async def _announce(settings: Settings, channels: dict[str, Channel]) -> None:
    """Tell Telegram where our webhook is, when one is wanted."""
    telegram = channels.get("telegram")
    if not settings.telegram_secret or not isinstance(telegram, TelegramChannel):
        return
    if not settings.public_url:
        log.error("PUBLIC_URL is not set, so Telegram was not told where our webhook is")
        return
    try:
        await telegram.set_webhook(f"{settings.public_url}/telegram", settings.telegram_secret)
    except TelegramError as error:  # the webhook of the last start is still there
        log.error("Telegram was not told where our webhook is: %s", type(error).__name__)


def _web_app(settings: Settings, db: Database, channels: dict[str, Channel]) -> Any:
    telegram = channels.get("telegram")
    return create_app(
        db,
        wall_clock,
        telegram_secret=settings.telegram_secret,
        twilio=(settings.twilio_auth_token, settings.public_url) if settings.twilio_account_sid else None,
        gateway=settings.sms_gateway,
        on_button=telegram.answer_button if isinstance(telegram, TelegramChannel) else None,
        metrics_token=settings.metrics_token,
        most_waiting=settings.most_waiting,
    )


async def _serve(application: Any, host: str, port: int, stop: asyncio.Event) -> None:
    server = uvicorn.Server(uvicorn.Config(application, host=host, port=port, log_config=None))
    # The process has one owner of its signals; the server is told to leave by `stop`.
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
    leaving = asyncio.create_task(_leave(server, stop))
    await server.serve()
    stop.set()
    await leaving


async def _leave(server: uvicorn.Server, stop: asyncio.Event) -> None:
    await stop.wait()
    server.should_exit = True


# --- played -----------------------------------------------------------------------------------------------------


class Demo:
    """The sample programme with a clock to move, for the page and the terminal."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        settings = Settings(_env_file=None, database_url=f"sqlite:///{folder}/demo.sqlite")
        self.db = open_database(settings)
        self.db.upgrade()
        self.clock = MovedClock(folder / "clock", DEMO_START)
        with contextlib.suppress(LookupError):
            self.programme = self.db.work(programmes.current)
        if not hasattr(self, "programme"):
            self.programme = self.db.work(programmes.install, sample_text(), self.clock())
        self.sent: list[Outbound] = []
        console_channels: dict[str, Channel] = {s: ConsoleChannel(n, self.sent.append) for s, n in CHANNELS.items()}
        self.world = World(self.db, self.clock, Sender(self.db, console_channels, self.clock))

    @property
    def people_answer(self) -> bool:
        """Whether the sample people answer by themselves when the clock moves."""
        return self.world.people_answer

    @people_answer.setter
    def people_answer(self, yes: bool) -> None:
        self.world.people_answer = yes

    async def send_due(self) -> None:
        """Send what is due now."""
        await self.world.send()

    async def move(self, how: str) -> str:
        """Move the clock by a day, a week, a month, or to the next prompt; return what happened in one sentence."""
        start = self.clock()
        if how == "prompt":
            await self._to_next_prompt(start)
        else:
            days = {"day": 1, "week": 7}.get(how)
            end = start + timedelta(days=days) if days else month_end(ReportingPeriod.of(start.date()), start)
            await self.world.move_to(end, self.clock.set)
        done = await self.db.run(figures.between, start, self.clock() + timedelta(seconds=1))
        english = Voice("en", "UTC")
        return " ".join(english.words(text) for text in what_happened(done))

    async def _to_next_prompt(self, start: datetime) -> None:
        before = self.world.said["prompts"]
        while self.world.said["prompts"] == before and self.clock() < start + timedelta(days=45):
            await self.world.move_to(self.clock() + timedelta(hours=1), self.clock.set)


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="port on 127.0.0.1")] = 8765,
    folder: Annotated[Path, typer.Option(help="where the demo keeps its database")] = Path(".demo"),
    browser: Annotated[bool, typer.Option(help="open the page in a browser")] = True,
) -> None:
    """Show a month of a sample programme in a browser; no account or token needed."""
    played = Demo(folder)
    address = f"http://127.0.0.1:{port}/"
    console.print(
        f"\n[bold]Kumbusha demo[/bold]: {address}\n"
        f"In a terminal: .venv/bin/kumbusha chat --as ama --folder {folder}\nCtrl-C stops.\n"
    )
    if browser:
        with contextlib.suppress(webbrowser.Error):
            webbrowser.open(address)
    asyncio.run(_demo(played, port))


async def _demo(played: Demo, port: int) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await _serve(create_app(played.db, played.clock, demo=played), "127.0.0.1", port, stop)
    played.db.close()


@app.command()
def chat(
    who: Annotated[str, typer.Option("--as", help="whose phone: a key of the sample programme, such as ama")] = "ama",
    channel: Annotated[str, typer.Option(help="sms or telegram")] = "sms",
    folder: Annotated[Path, typer.Option(help="the demo's folder")] = Path(".demo"),
) -> None:
    """Be somebody of the sample programme in the terminal. An empty line asks for news, Ctrl-D leaves."""
    played = Demo(folder)
    contact = played.db.work(contacts.by_key, who)
    if contact is None:
        names = " ".join(c.key for c in played.db.work(contacts.everyone))
        raise typer.BadParameter(f"nobody is called {who!r}. People: {names}")
    urn = contact.address("tel" if channel == "sms" else "telegram")
    if urn is None:
        code = next((p.join_code for p in played.programme.people if p.key == who), None) or "and the join code"
        raise typer.BadParameter(
            f"{contact.name} has not joined yet, so no phone is known. Send JOIN {code} from the phone that carries "
            f"this name on the page of `kumbusha demo --folder {folder}`, then come back."
        )
    console.print(f"You are {contact.name}. It is {played.clock():%a %d %b %Y %H:%M} UTC. HELP shows what you can do.")
    asyncio.run(_chat(played, contact, urn))


async def _chat(played: Demo, contact: Contact, urn: Urn) -> None:
    mine = {a.urn for a in contact.addresses}
    count = 0
    async for line in _typed():
        if line.strip():
            count += 1
            stamp = f"chat-{datetime.now(UTC).timestamp()}-{count}"
            inbound = Inbound(CHANNELS[urn.scheme], stamp, urn, line, played.clock())
            await played.db.run(take_turn, inbound, played.clock())
        await played.send_due()
        for message in played.sent:
            if message.urn in mine:
                buttons = "  ".join(f"[{label}]" for label, _data in message.buttons)
                console.print(f"  {message.text}" + (f"\n  {buttons}" if buttons else ""), markup=False, style="green")
        played.sent.clear()
    played.db.close()


async def _typed() -> AsyncIterator[str]:
    while True:
        try:
            yield await asyncio.to_thread(input, "> ")
        except EOFError:
            return


@app.command()
def simulate(
    years: Annotated[int, typer.Option(min=1, help="how many years to play")] = 1,
    districts: Annotated[int, typer.Option(min=1, help="how many districts take part")] = 9,
    seed: Annotated[int, typer.Option(help="another seed, other years; the same seed, the same years")] = 1,
) -> None:
    """Play years of a made-up programme, say how they went, and prove that nothing happened that must never."""
    found, broken = play_years(districts, 12 * years, seed)
    for line in played_in_words(found, broken):
        console.print(line, markup=False, highlight=False)
    raise typer.Exit(1 if broken.total() else 0)


# --- for the operator -------------------------------------------------------------------------------------------


@app.command()
def doctor() -> None:
    """Look at every setting, and name the wrong one with what to do about it."""
    findings = asyncio.run(examine(_settings(), wall_clock()))
    _print_marked((finding.well, finding.what, finding.advice) for finding in findings)
    raise typer.Exit(0 if all(f.well for f in findings) else 1)


@app.command("move")
def move_programme(
    source: Annotated[str, typer.Argument(metavar="FROM", help="the SQLite file, or its DATABASE_URL")],
    target: Annotated[str, typer.Argument(metavar="TO", help="DATABASE_URL of an empty PostgreSQL database")],
) -> None:
    """Copy a programme from SQLite into PostgreSQL and prove every row; stop all kumbusha processes first."""
    url = source if "://" in source else f"sqlite:///{source}"
    secret = secret_of(_settings().model_copy(update={"database_url": url}), make=False)
    _print_rows(lambda: _with_queue(target, secret, move(url, target, secret)))
    console.print(
        "Every row is there and the same. Now set DATABASE_URL to the new database, and KUMBUSHA_SECRET to the secret "
        "of the old one; keep the old file, and let nothing run on it."
    )


@app.command("backup")
def take_backup(file: Annotated[Path, typer.Argument(help="the file to write; it must not be there yet")]) -> None:
    """Write all there is into one file, while everything runs; the secret is not in it and must be kept elsewhere."""
    settings = _settings()
    _print_rows(lambda: back_up(settings.database_url, secret_of(settings, make=False), file))
    console.print(f"Wrote and proved {file}. It is of no use without the secret, which is not in it.")


@app.command("restore")
def put_back(
    file: Annotated[Path, typer.Argument(help="a file that `kumbusha backup` wrote")],
    check: Annotated[bool, typer.Option("--check", help="only look into the file; touch nothing")] = False,
) -> None:
    """Put a backup into the empty database that DATABASE_URL names, or look whether it could be."""
    settings = _settings()
    secret = secret_of(settings, make=False)
    if not check:
        url = settings.database_url
        _print_rows(lambda: _with_queue(url, secret, restore(file, url, secret, wall_clock())))
        return console.print("Every row is there and the same.")
    looks = look_into(file, secret)
    _print_marked((look.well, look.what, look.found) for look in looks)
    raise typer.Exit(0 if all(look.well for look in looks) else 1)


def _with_queue(url: str, secret: str, copied: dict[str, int]) -> dict[str, int]:
    """Make the tables of the workers' queue, which is not copied: what is due is in the rows."""
    db = Database(url, secret)
    make_ready(db)
    db.close()
    return copied


def _print_rows(copying: Callable[[], dict[str, int]]) -> None:
    try:
        copied = copying()
    except (CopyError, SQLAlchemyError, OSError, ValueError) as reason:  # such as an address or secret that is none
        raise SystemExit(str(reason).splitlines()[0]) from reason
    for table, count in copied.items():
        console.print(f"{count:>10}  {table}", highlight=False)


def _print_marked(lines: Iterable[tuple[bool, str, str]]) -> None:
    for well, what, words in lines:
        console.print("[green]well[/green] " if well else "[red]wrong[/red]", end=" ")
        console.print(f"{what}: {words}", markup=False, highlight=False, soft_wrap=True)


@cost_app.callback(invoke_without_command=True)
def cost(
    context: typer.Context,
    months: Annotated[int, typer.Option(min=1, help="how many months, this one included")] = 3,
    as_csv: Annotated[bool, typer.Option("--csv", help="as a table for a spreadsheet")] = False,
) -> None:
    """Add up what was really sent and received by SMS, and what it cost, by month and district."""
    if context.invoked_subcommand is None:
        _print_report(lambda db: spending_report(db, wall_clock(), months, as_csv))


@cost_app.command("forecast")
def cost_forecast() -> None:
    """Say what the next prompt will come to before it goes: people, segments, money, and the long messages."""
    _print_report(lambda db: forecast_report(db, wall_clock()))


@app.command()
def why(
    key: Annotated[str, typer.Argument(help="whom it is about: their key in the programme file")],
    days: Annotated[int, typer.Option(min=1, help="how far to look back")] = 30,
) -> None:
    """Say what went to somebody unasked, what did not and why, and what comes next; times on their own clock."""
    _print_report(lambda db: why_report(db, key, wall_clock(), days))


def _print_report(report: Callable[[Session], str]) -> None:
    db = open_database(_settings())
    try:
        console.print(db.work(report), markup=False, highlight=False, soft_wrap=True, end="")
    except LookupError as nothing_loaded:
        raise SystemExit(str(nothing_loaded)) from nothing_loaded
    finally:
        db.close()


@app.command("pack")
def pack(
    group: Annotated[str, typer.Argument(help="a district group of the programme file")],
    quarter: Annotated[str, typer.Argument(help="such as Q4 or 2026-Q4; the last one that closed when left out")] = "",
    out: Annotated[Path, typer.Option(help="where to write the PDF")] = Path("pack.pdf"),
    language: Annotated[str, typer.Option(help="such as en or sw")] = "en",
) -> None:
    """Write the meeting pack of a district group as a PDF."""
    db = open_database(_settings())
    try:
        out.write_bytes(db.work(pack_of, group, quarter, language, wall_clock()))
    except (LookupError, ValueError) as mistake:
        raise SystemExit(str(mistake)) from mistake
    finally:
        db.close()
    console.print(f"Wrote {out}.")


@db_app.command("upgrade")
def upgrade() -> None:
    """Bring the tables up to this release."""
    db = open_database(_settings())
    db.upgrade()
    make_ready(db)
    db.close()
    console.print("The tables are up to date.")


@programme_app.command("sample")
def sample() -> None:
    """Print the sample programme, to begin your own from."""
    print(sample_text())  # noqa: T201


@programme_app.command("check")
def check(file: Path) -> None:
    """Read a programme file and name every mistake, with its line and an example."""
    _checked(file)
    console.print("The programme file is right.")


@programme_app.command("load")
def load(file: Path) -> None:
    """Put a programme file in force."""
    text = _checked(file)
    db = open_database(_settings())
    db.upgrade()
    programme = db.work(programmes.install, text, wall_clock())
    db.close()
    console.print(f"Loaded {programme.name}: {len(programme.districts)} districts, {len(programme.people)} people.")


def _checked(file: Path) -> str:
    text = file.read_text()
    try:
        parse_programme(text, file.name)
    except ProgrammeError as error:
        for problem in error.problems:
            console.print(str(problem), markup=False, style="red")
        raise typer.Exit(1) from error
    for warning in warnings(text, file.name):
        console.print(f"note: {warning}", markup=False, style="yellow")
    return text


if __name__ == "__main__":
    main()
