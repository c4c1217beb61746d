"""`kumbusha doctor`: looks at every setting and names the wrong one, with what to do."""

from __future__ import annotations

from datetime import datetime

import httpx

from bot.abroad import look_abroad
from bot.findings import Finding
from bot.premises import of_database, of_disk, of_secret
from bot.settings import Settings


async def examine(settings: Settings, now: datetime) -> list[Finding]:
    """Look at what is ours, then at what is outside; nothing is changed. `now` is what our clock says."""
    own = [of_secret(settings), of_disk(settings), *await of_database(settings, now)]
    return [*own, *await look_abroad(settings, now), of_diaries(settings)]


def of_diaries(settings: Settings) -> Finding:
    """Say whether words of diaries leave for a machine elsewhere."""
    url = settings.diary_summary_url
    if not url:
        return Finding("diary summaries", True, "made here: DIARY_SUMMARY_URL is empty, no diary leaves")
    host = httpx.URL(url).host
    return Finding("diary summaries", True, f"the words of SHARED diary entries are sent to {host}; private ones never")
