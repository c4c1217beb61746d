"""What a facilitator should do this week, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from domain.desks import Board, Desk
from domain.district_digest import DistrictDigest
from domain.quality import Quality
from domain.text import Text, _

MOST_TO_DO = 5
TO_CHECK = frozenset({Quality.UNUSUAL, Quality.WAITING})


def todo(districts: Iterable[DistrictDigest], board: Board, late: bool) -> tuple[Text, ...]:
    """Return what to do this week, the most useful first: alerts, silence, words nobody answered, numbers to check,
    what is stuck, what is red.

    Nobody is called for a report while it is still in time: `late` says that the due date has passed.
    """
    found = tuple(districts)
    kinds: tuple[Callable[[DistrictDigest, Desk], Iterator[Text]], ...] = (
        _alerts,
        *((_calls,) if late else ()),
        _threads,
        _checks,
        _stuck,
        _reds,
    )
    steps = [text for kind in kinds for district in found for text in kind(district, board[district.code])]
    return tuple(steps[:MOST_TO_DO])


def _alerts(district: DistrictDigest, desk: Desk) -> Iterator[Text]:
    if desk.open_alerts:
        yield _("Open alert in {district}: ALERTS", district=district.name)


def _calls(district: DistrictDigest, desk: Desk) -> Iterator[Text]:
    if district.missing:
        name = desk.reporters[0].name if desk.reporters else "-"
        yield _("Call {name} ({district}): {n} missing", name=name, district=district.name, n=len(district.missing))


def _threads(district: DistrictDigest, desk: Desk) -> Iterator[Text]:
    if district.threads:
        yield _("Answer {threads} ({district})", threads=" ".join(district.threads), district=district.name)


def _checks(district: DistrictDigest, desk: Desk) -> Iterator[Text]:
    codes = " ".join(d.code for d in district.doubtful if d.why in TO_CHECK)
    if codes:
        yield _("Check {codes} of {district}: FLAGS", codes=codes, district=district.name)


def _stuck(district: DistrictDigest, desk: Desk) -> Iterator[Text]:
    for activity in district.stuck:
        yield _(
            "Ask {district} what would unblock {key} {title}",
            district=district.name,
            key=activity.key,
            title=activity.title,
        )


def _reds(district: DistrictDigest, desk: Desk) -> Iterator[Text]:
    for row in district.reds[:1]:
        yield _(
            "Ask {district} about {code}: {now}, wanted {wanted}",
            district=district.name,
            code=row.code,
            now=row.now,
            wanted=row.wanted,
        )
