"""What communities say of a service: one message, a score and a word why; anonymous (downward accountability)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from statistics import fmean

from conversations.grammar import fold
from conversations.places import districts_of
from conversations.situation import Situation
from conversations.turn import Turn, say
from conversations.verbs import Request
from domain.events import ServiceRated
from domain.programme import Programme, Service
from domain.ratings import BEST, WORST, Rating
from domain.text import Text, _, clipped, plain

RATED = re.compile(
    r"\s*(?P<service>[^\W_]+(?:[ -][^\W_]+)?)[\s:,=-]+(?P<score>\d{1,2})\b[\s:,./-]*(?P<words>.*)", re.DOTALL
)
SHOWN = 3  # services in one answer; the lowest first


def rate(request: Request) -> Turn:
    """Take the rating of somebody we know; it is kept without their name, like any other."""
    situation = request.situation
    line, event = rated(request.words, situation.programme)
    reply = "receipt" if event else "question"
    return Turn("rate", situation.conversation, reply, say(line), (event,) if event else ())


def rated(words: str, programme: Programme) -> tuple[Text, ServiceRated | None]:
    """Read `ASUO-HC 4 waited one hour`; return what to say, and the rating where it can be taken."""
    found = RATED.match(words)
    service = _service(found["service"], programme) if found else None
    example = next(iter(programme.services), "ASUO-HC")
    if found is None or service is None:
        return _("Send RATE, the code of the service and 1 to 5, e.g. RATE {example} 4 and why.", example=example), None
    score = int(found["score"])
    if not WORST <= score <= BEST:
        line = _(
            "Please rate {service} from 1 (bad) to 5 (good), e.g. RATE {code} 4",
            service=service.name,
            code=service.code,
        )
        return line, None
    # The score is not said back: our answer is kept with the number, and the rating must not be.
    line = _("Thank you. Your rating of {service} is counted, without your name or number.", service=service.name)
    return line, ServiceRated(service.code, score, " ".join(found["words"].split()))


def _service(written: str, programme: Programme) -> Service | None:
    wanted = _bare(written)
    return next((service for code, service in programme.services.items() if _bare(code) == wanted), None)


def _bare(code: str) -> str:
    return re.sub(r"\W", "", fold(code))


def ratings(request: Request) -> Turn:
    """Show how the services of a person's districts were rated of late, the lowest first."""
    situation = request.situation
    found = _by_service(situation)
    if not found:
        line = _("No ratings in the last three months.")
        return Turn("ratings", situation.conversation, "receipt", say(line))
    rows = tuple(
        plain("{name} {mean} ({n})", name=clipped(service.name, 24), mean=round(fmean(scores), 1), n=len(scores))
        for service, scores in found[:SHOWN]
    )
    line = _("Ratings of 5, last three months: {rows}.", rows=rows)
    return Turn("ratings", situation.conversation, "receipt", say(line, extra=_quotes(situation.ratings)))


def _by_service(situation: Situation) -> list[tuple[Service, list[int]]]:
    services = situation.programme.services
    scores: dict[str, list[int]] = {}
    for rating in situation.ratings:
        if rating.service in services:
            scores.setdefault(rating.service, []).append(rating.score)
    return sorted(((services[code], given) for code, given in scores.items()), key=lambda row: fmean(row[1]))


def _quotes(given: Iterable[Rating]) -> tuple[Text, ...]:
    newest = [rating for rating in given if rating.words][:1]
    return tuple(_('Newest: "{words}"', words=clipped(rating.words, 60)) for rating in newest)


def rated_places(situation: Situation) -> tuple[str, ...]:
    """Return the districts whose services a person may hear of: their own, or those they look after."""
    contact = situation.contact
    return (contact.district,) if contact.district else districts_of(contact, situation.programme)
