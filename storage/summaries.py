"""What a machine elsewhere made of the diaries of a district group and month; read only together with the diaries."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.summaries import Sentence
from storage.inserting import upsert
from storage.models import SummaryRow


def basis(db: Session, group: str, period: str, language: str) -> str | None:
    """Return what the summary of a group's month in a language was made of, if there is one."""
    query = select(SummaryRow.basis).where(SummaryRow.group == group, SummaryRow.period == period)
    return db.execute(query.where(SummaryRow.language == language)).scalar_one_or_none()


def save(
    db: Session, group: str, period: str, language: str, made_of: str, sentences: Iterable[Sentence], now: datetime
) -> None:
    """Keep a summary in the place of an older one."""
    text = json.dumps([[one.words, list(one.entry_ids)] for one in sentences])
    key = {"group": group, "period": period, "language": language}
    upsert(db, SummaryRow, {**key, "basis": made_of, "sentences": text, "at": now}, list(key))


def load(db: Session, groups: Iterable[str], period: str, language: str) -> list[Sentence]:
    """Return the sentences about some groups' month in a language."""
    query = select(SummaryRow.sentences).where(SummaryRow.group.in_(list(groups)), SummaryRow.period == period)
    rows = db.scalars(query.where(SummaryRow.language == language).order_by(SummaryRow.group))
    return [Sentence(words, tuple(ids)) for text in rows for words, ids in json.loads(text)]
