"""How a played programme went: who answered and when, what it took, and what became of its alerts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy.orm import Session

from domain.calendar import due_day
from domain.periods import ReportingPeriod, local
from domain.programme import Programme
from storage import programmes, record


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a played programme came to. `wanted` are reports of closed months, `complete` those with every value."""

    wanted: int
    complete: int
    in_time: int
    prompts: int
    nudges: int
    opened: int
    acknowledged: int
    closed: int
    half_closed_within: timedelta | None

    def rows(self) -> Iterator[tuple[str, str]]:
        """Yield each figure with its name."""
        yield "reports wanted", str(self.wanted)
        yield "response", f"{self.complete} ({_share(self.complete, self.wanted)})"
        yield "by the due day", f"{self.in_time} ({_share(self.in_time, self.wanted)})"
        yield "prompts", str(self.prompts)
        yield "nudges per complete report", f"{self.nudges / self.complete:.2f}" if self.complete else "-"
        yield "alerts raised", str(self.opened)
        yield "acknowledged", str(self.acknowledged)
        yield "closed", str(self.closed)
        days = self.half_closed_within / timedelta(days=1) if self.half_closed_within else None
        yield "half of them closed within", f"{days:.1f} days" if days is not None else "-"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def outcome(db: Session, first: ReportingPeriod, months: int) -> Outcome:
    """Return what the reports of so many months came to, from the month `first` on."""
    programme = programmes.current(db)
    periods = [first.back(-n) for n in range(months)]
    done = {(d, p): at for (d, p), at in _completed(db, programme).items() if ReportingPeriod.parse(p) in periods}
    late = {str(p): due_day(p, programme) for p in periods}
    in_time = sum(local(at, programme.timezone).date() <= late[period] for (_d, period), at in done.items())
    moments = record.alert_moments(db)
    took = [(closed - opened).total_seconds() for opened, _taken, closed in moments if closed]
    return Outcome(
        wanted=len(periods) * len(programme.districts),
        complete=len(done),
        in_time=in_time,
        prompts=record.times_sent(db, "prompt"),
        nudges=record.times_sent(db, "nudge"),
        opened=len(moments),
        acknowledged=sum(taken is not None for _opened, taken, _closed in moments),
        closed=len(took),
        half_closed_within=timedelta(seconds=median(took)) if took else None,
    )


def _completed(db: Session, programme: Programme) -> dict[tuple[str, str], datetime]:
    """Return when each report of a district and month had every value."""
    return {
        key: max(by_code.values())
        for key, by_code in record.first_answers(db).items()
        if by_code.keys() >= {*programme.districts[key[0]].indicators}
    }
