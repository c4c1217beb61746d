"""Ratings of services: kept without who gave them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.events import ServiceRated
from domain.programme import Programme
from domain.ratings import Rating
from storage.models import RatingRow


def save(db: Session, event: ServiceRated, programme: Programme, on: date) -> None:
    """Append a rating; the day is all that is known of when."""
    district = programme.services[event.service].district
    row = RatingRow(service=event.service, district=district, score=event.score, words=event.words, on=on)
    db.add(row)
    db.flush()


def since(db: Session, districts: Iterable[str], day: date) -> tuple[Rating, ...]:
    """Return the ratings of districts' services from a day on, newest first."""
    query = select(RatingRow).where(RatingRow.district.in_(list(districts)), RatingRow.on >= day)
    rows = db.scalars(query.order_by(RatingRow.id.desc()))
    return tuple(Rating(row.service, row.score, row.words, row.on) for row in rows)
