"""Every dialogue in tests/dialogues, played on the real software, on both channels."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.player import Player
from tests.rig import Rig

FILES = sorted((Path(__file__).parent / "dialogues").glob("*.txt"))
BOTH_WAYS = [path for path in FILES if "one channel only" not in path.read_text()]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_bot_says_and_saves_what_is_written(path: Path, rig: Rig, request: pytest.FixtureRequest) -> None:
    written = path.read_text()
    played = Player(rig).play(written)
    if request.config.getoption("--update"):
        path.write_text(played)
    assert played == written


@pytest.mark.parametrize("path", BOTH_WAYS, ids=lambda path: path.stem)
def test_the_other_channel_saves_the_same(path: Path, sqlite_rig: Rig) -> None:
    written = path.read_text()
    expected = [line for line in written.splitlines() if line.startswith("Saved:")]
    player = Player(sqlite_rig, swap=True)
    player.play(written)
    assert player.saved == expected
