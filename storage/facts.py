"""What the rules of alerts look at: the facts of many districts at once, as far as the rules in question need them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.alerts import Facts
from domain.people import Role
from domain.periods import ReportingPeriod, local
from domain.programme import Programme
from storage import contacts, plans, programmes, trails, values
from storage.models import ActivityUpdateRow, DiaryRow, InboundRow, ProgrammeRow

RUN_MONTHS = 12  # beyond the longest run that a programme may set, no rule looks further back


def load(
    db: Session,
    programme: Programme,
    districts: Iterable[str],
    needs: Iterable[str],
    now: datetime,
    oldest: ReportingPeriod | None = None,
) -> dict[str, Facts]:
    """Return the facts of districts that `needs` names; of values, from `oldest` on where that is further back."""
    codes = list(districts)
    today = local(now, programme.timezone).date()
    first = ReportingPeriod.last_closed(today).back(RUN_MONTHS)
    since = min(first, oldest) if oldest else first
    found = {need: LOADERS[need](db, programme, codes, since) for need in needs}
    began = local(programmes.began(db), programme.timezone).date()
    return {
        code: Facts(programme.districts[code], programme, today, began, **{n: by[code] for n, by in found.items()})
        for code in codes
    }


def newest_change(db: Session) -> datetime | None:
    """Return when anything was last taken in from people or from a programme file; nothing on record changes else."""
    handled = db.execute(select(func.max(InboundRow.handled_at))).scalar()
    loaded = db.execute(select(func.max(ProgrammeRow.loaded_at))).scalar()
    return max((moment for moment in (handled, loaded) if moment), default=None)


def _values(db: Session, programme: Programme, codes: list[str], since: ReportingPeriod) -> Mapping[str, Any]:
    return values.load(db, codes, programme, since)


def _plan(db: Session, programme: Programme, codes: list[str], since: ReportingPeriod) -> Mapping[str, Any]:
    return plans.load(db, codes)


def _diaries(db: Session, programme: Programme, codes: list[str], since: ReportingPeriod) -> Mapping[str, Any]:
    query = select(DiaryRow.district, DiaryRow.period).distinct()
    found: dict[str, set[ReportingPeriod]] = {code: set() for code in codes}
    for district, period in db.execute(query.where(DiaryRow.district.in_(codes), DiaryRow.period >= str(since))):
        found[district].add(ReportingPeriod.parse(period))
    return found


def _people(db: Session, programme: Programme, codes: list[str], since: ReportingPeriod) -> Mapping[str, Any]:
    people = contacts.everyone(db, Role.FOCAL, Role.PARTNER, district=codes[0] if len(codes) == 1 else None)
    return _by_district(people, codes)


def _unsettled(db: Session, programme: Programme, codes: list[str], since: ReportingPeriod) -> Mapping[str, Any]:
    return _by_district(trails.unsettled(db, codes, since, programme), codes)


def _updates(db: Session, programme: Programme, codes: list[str], since: ReportingPeriod) -> Mapping[str, Any]:
    after = datetime.combine(since.first_day, time(), UTC)
    query = select(ActivityUpdateRow.district, ActivityUpdateRow.key, func.max(ActivityUpdateRow.at))
    query = query.where(ActivityUpdateRow.district.in_(codes), ActivityUpdateRow.at >= after)
    found: dict[str, dict[str, date]] = {code: {} for code in codes}
    for district, key, at in db.execute(query.group_by(ActivityUpdateRow.district, ActivityUpdateRow.key)):
        found[district][key] = local(at, programme.timezone).date()
    return found


def _by_district(found: Iterable[Any], codes: list[str]) -> Mapping[str, tuple[Any, ...]]:
    by_code: dict[str, list[Any]] = {code: [] for code in codes}
    for one in found:
        if one.district in by_code:
            by_code[one.district].append(one)
    return {code: tuple(ones) for code, ones in by_code.items()}


LOADERS: Mapping[str, Callable[[Session, Programme, list[str], ReportingPeriod], Mapping[str, Any]]] = {
    "values": _values,
    "plan": _plan,
    "diaries": _diaries,
    "people": _people,
    "unsettled": _unsettled,
    "updates": _updates,
}
