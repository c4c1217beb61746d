"""What an operator is told of a wrong setting, file or folder: one line that names it, and no traceback."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from storage.programme_file import sample_text
from tests.test_run import command, kumbusha

OTHER_SECRET = "not the secret that it was written with"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a programme in force, which is not the text that forked processes have read already."""
    folder = tmp_path_factory.mktemp("here")
    (folder / "programme.yaml").write_text(f"{sample_text()}\n")
    loaded = kumbusha(folder, command(folder), "programme", "load", "programme.yaml")
    assert loaded.returncode == 0, loaded.stderr
    return folder


def words(said: subprocess.CompletedProcess[str]) -> str:
    """Return what a command that stopped has said."""
    assert (said.returncode, "Traceback" in said.stderr) == (1, False), said.stderr
    return said.stdout + said.stderr


@pytest.mark.parametrize("asked", [("run",), ("why", "kofi"), ("programme", "load", "programme.yaml")])
def test_another_secret_than_that_of_the_database_is_named(here: Path, asked: tuple[str, ...]) -> None:
    said = words(kumbusha(here, command(here, KUMBUSHA_SECRET=OTHER_SECRET), *asked))
    assert "is KUMBUSHA_SECRET the one it was written with?" in said
    assert "never awaited" not in said


@pytest.mark.parametrize("asked", [("cost",), ("why", "kofi"), ("web",), ("backup", "b.sqlite")])
def test_a_command_in_the_wrong_folder_makes_no_database(tmp_path: Path, asked: tuple[str, ...]) -> None:
    environment = command(tmp_path)
    del environment["KUMBUSHA_SECRET"]
    words(kumbusha(tmp_path, environment, *asked))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("how", [(), ("--check",)])
def test_a_backup_without_its_secret_is_not_opened(here: Path, tmp_path: Path, how: tuple[str, ...]) -> None:
    file = tmp_path / "backup.sqlite"
    assert kumbusha(here, command(here), "backup", str(file)).returncode == 0
    environment = command(tmp_path)
    del environment["KUMBUSHA_SECRET"]
    assert "KUMBUSHA_SECRET is not set" in words(kumbusha(tmp_path, environment, "restore", *how, str(file)))


def test_a_file_that_is_not_there_or_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes('programme: {name: "Santé"}'.encode("latin-1"))
    assert "none.yaml" in words(kumbusha(tmp_path, command(tmp_path), "programme", "check", "none.yaml"))
    assert "UTF-8" in words(kumbusha(tmp_path, command(tmp_path), "programme", "check", "latin.yaml"))


def test_a_database_that_is_away_is_named(tmp_path: Path) -> None:
    away = command(tmp_path, DATABASE_URL="postgresql://kumbusha@127.0.0.1:9/none")
    assert "DATABASE_URL does not answer" in words(kumbusha(tmp_path, away, "db", "upgrade"))
