"""The real command in a process of its own, which waits for less long than in production, so that tests do too."""

from __future__ import annotations

from datetime import timedelta

import kumbusha
from bot import catching_up, leading, outbox, running, work

ABANDONED = timedelta(seconds=20)  # far longer than a sending takes even on a machine that is busy
ARRIVING = timedelta(seconds=5)

leading.LOOK = 1.0
outbox.ABANDONED, outbox.STILL_ARRIVING = ABANDONED, ARRIVING
running.DOUBT_PAUSE, catching_up.CATCH_UP_PAUSE, catching_up.CATCH_UP_SOON = 1.0, 2.0, 1.0
work.BEAT, work.STALLED, work.STALLED_PAUSE = 1.0, 8.0, 2.0

if __name__ == "__main__":
    kumbusha.main()
