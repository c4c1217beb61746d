"""Joining: the code, the language, consent; or a second channel linked by a code for use once."""

from __future__ import annotations

from typing import Any

from conversations.flow import Flow, Known, Step
from conversations.situation import Situation
from conversations.steps import Choice, YesNo
from domain.events import ConsentGiven, ContactStopped, Event, LanguageChosen
from domain.messages import Option
from domain.text import Text, _, plain

NATIVE = {
    "en": "English",
    "sw": "Kiswahili",
    "es": "Español",
    "fr": "Français",
    "ny": "Chichewa",
    "lg": "Luganda",
}


def facts(situation: Situation) -> dict[str, Any]:
    """Pick who is welcomed, where, and in which languages."""
    contact = situation.contact
    place = situation.district.name if contact.district else situation.programme.name
    return {"name": contact.name, "place": place, "languages": list(situation.programme.languages)}


def language_question(known: Known) -> Text:
    """Welcome and ask for a language."""
    return _("Welcome {name}, {place}. Which language?", name=known["name"], place=known["place"])


def languages(known: Known) -> tuple[Option, ...]:
    """Offer the programme's languages by their own names."""
    return tuple(Option(code, plain(NATIVE.get(code, code))) for code in known["languages"])


def language_chosen(value: str, known: Known, situation: Situation) -> tuple[Event, ...]:
    """Speak the chosen language from the next message on."""
    return (LanguageChosen(value),)


def consent_question(known: Known) -> Text:
    """Ask for consent in plain words."""
    return _("Your number and what you send are used for this programme only. Reply YES to agree, NO to refuse.")


def consent_given(yes: bool, known: Known, situation: Situation) -> tuple[Event, ...]:
    """Record consent, or send nothing more."""
    return (ConsentGiven(),) if yes else (ContactStopped(),)


def steps(known: Known) -> tuple[Step, ...]:
    """Return the two questions of joining."""
    return (
        Choice("language", language_question, languages, happens=language_chosen),
        YesNo("consent", consent_question, happens=consent_given),
    )


def closing(known: Known, situation: Situation) -> Text:
    """Welcome in, or let go."""
    if not known.get("consent"):
        return _("Understood. You will get no messages. Send START if you change your mind.")
    if situation.contact.reports:
        return _(
            "Thank you {name}. You report for {place}. DUE shows what waits, HELP what you can do.",
            name=known["name"],
            place=known["place"],
        )
    return _("Thank you {name}. HELP shows what you can do.", name=known["name"])


JOIN = Flow(
    name="join",
    version=1,
    title=_("joining"),
    needs=frozenset(),
    facts=facts,
    steps=steps,
    closing=closing,
    lasts_days=90,
)
