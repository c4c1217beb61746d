"""The `kumbusha` command: the one place that puts the parts together."""

from __future__ import annotations

import asyncio
import contextlib
import webbrowser
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer
from uvicorn.loops.auto import auto_loop_factory

from bot import chat as talk
from bot import logs
from bot.channels.configured import channels_of
from bot.clock import wall_clock
from bot.doctor import examine
from bot.mistakes import MISTAKES, in_a_line
from bot.opening import bring_up, open_database, open_shared, opened, settings_or_stop, settle
from bot.running import together, told_to_stop, working
from bot.settings import Settings, secret_of
from bot.sweeping import sweep
from bot.terminal import console, print_marked, print_report, print_rows, programme_in
from bot.work import give_jobs, with_queue
from scheduler.clock import keep_time
from scheduler.costs import forecast_report, spending_report
from scheduler.demo import open_demo
from scheduler.packing import pack_of
from scheduler.playing import play_years, played_in_words
from scheduler.summarising import keep_summing_up
from scheduler.why import why_report
from storage import programmes
from storage.backup import back_up, look_into, restore
from storage.database import Database
from storage.moving import move
from storage.programme_file import ProgrammeError, sample_text
from web.app import create_app
from web.serving import announce, application_of, serve, serve_alone

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


def main() -> None:
    """Run the command line."""
    logs.set_up()
    try:
        app()
    except MISTAKES as mistake:
        raise SystemExit(in_a_line(mistake)) from mistake


# --- for real ---------------------------------------------------------------------------------------------------


@app.command()
def run() -> None:
    """Run everything in one process, from the settings in .env: web, clock, sending, Telegram polling."""
    settings = settings_or_stop()
    db = open_database(settings, make=True)
    bring_up(db, wall_clock())
    _run(_together(settings, db, web=True, work=True, clock=True))


@app.command()
def web() -> None:
    """Serve webhooks only (any number of these)."""
    settings = settings_or_stop()
    _run(_together(settings, open_shared(settings), web=True))


@app.command()
def worker() -> None:
    """Send the outbox, and poll Telegram when no webhook is set."""
    settings = settings_or_stop()
    _run(_together(settings, open_shared(settings), work=True))


@app.command()
def clock() -> None:
    """Tick the schedule."""
    settings = settings_or_stop()
    _run(_together(settings, open_shared(settings), clock=True))


def _run(parts: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        runner.run(parts)


async def _together(
    settings: Settings, db: Database, *, web: bool = False, work: bool = False, clock: bool = False
) -> None:
    """Run the wanted parts until the process is told to stop; then finish what is under way."""
    stop = told_to_stop()
    settle(db)
    if not db.sqlite:
        give_jobs(db)
    channels = channels_of(settings, db)
    parts: list[Coroutine[Any, Any, None]] = []
    if work:
        parts += working(settings, db, channels, stop)
        parts.append(sweep(db, tuple(channels), wall_clock, stop))
    if web:
        await announce(settings, channels)
        parts.append(serve(application_of(settings, db, channels), settings.host, settings.port, stop))
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


# --- played -----------------------------------------------------------------------------------------------------


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="port on 127.0.0.1")] = 8765,
    folder: Annotated[Path, typer.Option(help="where the demo keeps its database")] = Path(".demo"),
    browser: Annotated[bool, typer.Option(help="open the page in a browser")] = True,
) -> None:
    """Show a month of a sample programme in a browser; no account or token needed."""
    played = open_demo(folder)
    address = f"http://127.0.0.1:{port}/"
    console.print(
        f"\n[bold]Kumbusha demo[/bold]: {address}\n"
        f"In a terminal: .venv/bin/kumbusha chat --as ama --folder {folder}\nCtrl-C stops.\n"
    )
    if browser:
        with contextlib.suppress(webbrowser.Error):
            webbrowser.open(address)
    asyncio.run(serve_alone(create_app(played.db, played.clock, demo=played), "127.0.0.1", port))
    played.db.close()


@app.command()
def chat(
    who: Annotated[str, typer.Option("--as", help="whose phone: a key of the sample programme, such as ama")] = "ama",
    channel: Annotated[str, typer.Option(help="sms or telegram")] = "sms",
    folder: Annotated[Path, typer.Option(help="the demo's folder")] = Path(".demo"),
) -> None:
    """Be somebody of the sample programme in the terminal. An empty line asks for news, Ctrl-D leaves."""
    played = open_demo(folder)
    try:
        contact, urn = played.phone_of(who, "tel" if channel == "sms" else "telegram")
    except LookupError as nobody:
        raise typer.BadParameter(str(nobody)) from nobody
    asyncio.run(talk.chat(played, contact, urn))
    played.db.close()


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
    findings = asyncio.run(examine(settings_or_stop(), wall_clock()))
    raise typer.Exit(0 if print_marked((found.well, found.what, found.advice) for found in findings) else 1)


@app.command("move")
def move_programme(
    source: Annotated[str, typer.Argument(metavar="FROM", help="the SQLite file, or its DATABASE_URL")],
    target: Annotated[str, typer.Argument(metavar="TO", help="DATABASE_URL of an empty PostgreSQL database")],
) -> None:
    """Copy a programme from SQLite into PostgreSQL and prove every row; stop all kumbusha processes first."""
    url = source if "://" in source else f"sqlite:///{source}"
    secret = secret_of(settings_or_stop().model_copy(update={"database_url": url}), make=False)
    print_rows(lambda: with_queue(target, secret, move(url, target, secret)))
    console.print(
        "Every row is there and the same. Now set DATABASE_URL to the new database, and KUMBUSHA_SECRET to the secret "
        "of the old one; keep the old file, and let nothing run on it."
    )


@app.command("backup")
def take_backup(file: Annotated[Path, typer.Argument(help="the file to write; it must not be there yet")]) -> None:
    """Write all there is into one file, while everything runs; the secret is not in it and must be kept elsewhere."""
    settings = settings_or_stop()
    print_rows(lambda: back_up(settings.database_url, secret_of(settings, make=False), file))
    console.print(f"Wrote and proved {file}. It is of no use without the secret, which is not in it.")


@app.command("restore")
def put_back(
    file: Annotated[Path, typer.Argument(help="a file that `kumbusha backup` wrote")],
    check: Annotated[bool, typer.Option("--check", help="only look into the file; touch nothing")] = False,
    stopped: Annotated[list[str] | None, typer.Option(help="the key of somebody who has stopped since")] = None,
) -> None:
    """Put a backup into the empty database that DATABASE_URL names, or look whether it could be."""
    settings = settings_or_stop()
    secret = secret_of(settings, make=False)
    if not secret:
        raise SystemExit("KUMBUSHA_SECRET is not set: it must be the one with which the backup was written")
    if not check:
        url = settings.database_url
        print_rows(lambda: with_queue(url, secret, restore(file, url, secret, wall_clock(), stopped or ())))
        return console.print("Every row is there and the same.")
    looks = look_into(file, secret)
    raise typer.Exit(0 if print_marked((look.well, look.what, look.found) for look in looks) else 1)


@cost_app.callback(invoke_without_command=True)
def cost(
    context: typer.Context,
    months: Annotated[int, typer.Option(min=1, help="how many months, this one included")] = 3,
    as_csv: Annotated[bool, typer.Option("--csv", help="as a table for a spreadsheet")] = False,
) -> None:
    """Add up what was really sent and received by SMS, and what it cost, by month and district."""
    if context.invoked_subcommand is None:
        print_report(lambda db: spending_report(db, wall_clock(), months, as_csv))


@cost_app.command("forecast")
def cost_forecast() -> None:
    """Say what the next prompt will come to before it goes: people, segments, money, and the long messages."""
    print_report(lambda db: forecast_report(db, wall_clock()))


@app.command()
def why(
    key: Annotated[str, typer.Argument(help="whom it is about: their key in the programme file")],
    days: Annotated[int, typer.Option(min=1, help="how far to look back")] = 30,
) -> None:
    """Say what went to somebody unasked, what did not and why, and what comes next; times on their own clock."""
    print_report(lambda db: why_report(db, key, wall_clock(), days))


@app.command("pack")
def pack(
    group: Annotated[str, typer.Argument(help="a district group of the programme file")],
    quarter: Annotated[str, typer.Argument(help="such as Q4 or 2026-Q4; the last one that closed when left out")] = "",
    out: Annotated[Path, typer.Option(help="where to write the PDF")] = Path("pack.pdf"),
    language: Annotated[str, typer.Option(help="such as en or sw")] = "en",
) -> None:
    """Write the meeting pack of a district group as a PDF."""
    with opened(LookupError, ValueError) as db:
        out.write_bytes(db.work(pack_of, group, quarter, language, wall_clock()))
    console.print(f"Wrote {out}.")


@db_app.command("upgrade")
def upgrade() -> None:
    """Bring the tables up to this release."""
    with opened(make=True) as db:
        bring_up(db, wall_clock())
    console.print("The tables are up to date.")


@programme_app.command("sample")
def sample() -> None:
    """Print the sample programme, to begin your own from."""
    print(sample_text())  # noqa: T201


@programme_app.command("check")
def check(file: Path) -> None:
    """Read a programme file and name every mistake, with its line and an example."""
    programme_in(file)
    console.print("The programme file is right.")


@programme_app.command("load")
def load(file: Path) -> None:
    """Put a programme file in force."""
    text = programme_in(file)
    with opened(ProgrammeError, make=True) as db:
        bring_up(db, wall_clock())
        programme = db.work(programmes.install, text, wall_clock())
    console.print(f"Loaded {programme.name}: {len(programme.districts)} districts, {len(programme.people)} people.")


if __name__ == "__main__":
    main()
