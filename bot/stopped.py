"""What would be asked of somebody who has stopped: they do not hear it, so whoever looks after them does."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from bot.reaching import reach
from conversations.situation import Situation
from conversations.turn import Turn
from domain.text import _
from storage import contacts

OF_VALUES = ("report", "fix", "yes")  # what a facilitator can set right with FIX


def show_question(db: Session, turn: Turn, situation: Situation, now: datetime) -> None:
    """Show what a report of somebody who has stopped leaves open to the facilitators of their district, once."""
    contact = situation.contact
    if contact.district is None or turn.say is None or turn.intent not in OF_VALUES or turn.reply != "question":
        return
    place = situation.district
    heading = _(
        "{name} ({place}) has stopped messages and sent a report. What they would be asked:",
        name=contact.name,
        place=place.name,
    )
    way = _("To set it right: FIX {district} CODE VALUE", district=place.code[:3].upper())
    shown = replace(turn.say, options=(), ticket=None).after(heading)
    shown = replace(shown, extra=(way,))
    for person in contacts.facilitators_of(db, place.group):
        reach(db, person, shown, f"stopped:{situation.inbound_id}:{person.id}", "question", now)
