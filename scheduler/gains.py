"""What a receipt gives back, one's own last months, held against what was said in them."""

from __future__ import annotations

import re
from collections import defaultdict

from sqlalchemy.orm import Session

from domain.indicators import Direction
from domain.people import Role
from domain.programme import Programme
from scheduler.numbers import NUMBER, differs
from scheduler.recount import standing
from storage import contacts, programmes, trace
from storage.trace import Receipt, Said

GAIN = re.compile(rf"\b(\w+)(?: last months)?: ({NUMBER}), ({NUMBER}), ({NUMBER})(, getting better)?\.")


def wrong_gains(db: Session) -> list[str]:
    """Return the receipts in English whose last months are not what was said in them by then."""
    programme = programmes.current(db)
    readers = [c.id for c in contacts.everyone(db, Role.FOCAL) if c.language == "en"]
    return [wrong for one in trace.receipts(db, readers) for wrong in _wrong(db, one, programme)]


def _wrong(db: Session, receipt: Receipt, programme: Programme) -> list[str]:
    found = GAIN.search(receipt.text)
    if found is None or found[1] not in receipt.said:
        return []
    code = found[1]
    month, value = receipt.said[code]
    before = [said for period, said in sorted(_history(db, receipt, code).items()) if period < month][-2:]
    right = [*(said.value for said in before), value]
    wrong = len(right) != 3 or any(differs(found[n + 2], number) for n, number in enumerate(right))
    better = not wrong and _is_better(right[1] or 0, right[2] or 0, receipt.district, code, programme)
    return [f"{receipt.text}: is {right}"] if wrong or better != bool(found[5]) else []


def _history(db: Session, receipt: Receipt, code: str) -> dict[str, Said]:
    """Return what counted of a code when the receipt was written, by month; values on hold are none of it."""
    families = defaultdict[str, list[Said]](list)
    for (_district, one, period), family in trace.versions_of(db, receipt.district, receipt.at).items():
        if one == code:
            families[period] = family
    found = {period: standing(family) for period, family in families.items()}
    return {period: said for period, said in found.items() if said is not None and said.status == "reported"}


def _is_better(before: float, now: float, district: str, code: str, programme: Programme) -> bool:
    target = programme.districts[district].targets.get(code)
    direction = target.direction if target else programme.indicators[code].direction
    return now < before if direction is Direction.LOWER else now > before
