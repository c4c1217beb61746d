"""Words of time: the names of months, stretches that are no month, and what joins them; in every language, as folded.

Chichewa (ny) and Luganda (lg) await a speaker's review.
"""

from __future__ import annotations

import re

from babel.dates import get_month_names

from conversations.grammar.fold import fold
from conversations.grammar.words import LANGUAGES, words

# Chichewa and Luganda; they await a speaker's review.
_OTHERS = (
    "januwale febuluwale malichi epulo meyi juni julayi ogasiti seputembala okutobala novembala disembala",
    "janwali/januwaliyo febwali/febwaliyo marisi apuli maayi juuni julaayi agusito sebuttemba okitobba novemba desemba",
)
_SHORT = {
    "ny": "jan feb mal epu mei jun jul oga sep oku nov dis",
    "lg": "jan feb mar apu maa juu jul agu seb oki nov des",
}
"""What our own dates look like; elsewhere `juu`, `mal` or `dis` is an everyday word."""


def _month_names() -> dict[str, int]:
    names = {
        fold(name).rstrip("."): month
        for language in ("en", "sw", "es", "fr")
        for width in ("wide", "abbreviated")
        for month, name in get_month_names(width, locale=language).items()
    }
    names |= {fold(name)[:3]: month for month, name in get_month_names("wide", locale="en").items()}
    for text in _OTHERS:
        names |= {name: month for month, variants in enumerate(text.split(), 1) for name in variants.split("/")}
    extra = {"sept": 9, "set": 9, "setiembre": 9, "agost": 8, "agosto": 8, "jully": 7, "febuary": 2, "feb": 2, "fev": 2}
    return {**names, **extra}


_LONG = _month_names()
_SHORT_NAMES = {w: n for text in _SHORT.values() for n, w in enumerate(text.split(), 1) if w not in _LONG}
NAMES = {**_SHORT_NAMES, **_LONG}
COMMON = frozenset(
    {"ago", "des", "mac", "may", "mar", "mai", "set", "out", "sept", "march", "juin", "mei", "jan", "dec"}
    | set(_SHORT_NAMES)
)
"""Month names that are also everyday words somewhere."""
EVERYDAY = {
    **{"ago": frozenset({"en"}), "des": frozenset({"fr", "es"}), "set": frozenset({"en", "fr"})},
    **{
        word: frozenset(LANGUAGES) - {language}
        for language, text in _SHORT.items()
        for word in text.split()
        if word in _SHORT_NAMES
    },
}


def _by_phrase(meanings: dict[int, str]) -> dict[tuple[str, ...], int]:
    return {tuple(p.split()): meaning for meaning, phrases in meanings.items() for p in phrases.split("|")}


RELATIVE = _by_phrase(
    {
        1: "last month|previous month|past month|mwezi uliopita|mwezi jana|mwezi ulioisha|mwezi uliokwisha"
        "|mwezi wa jana|mwezi watha|omwezi oguwedde|mes pasado|el mes pasado|mes anterior"
        "|mois dernier|le mois dernier|mois passe|le mois passe|mois precedent",
        0: "this month|current month|mwezi huu|mwezi uno|omwezi guno"
        "|este mes|el presente mes|ce mois|ce mois ci|mois en cours",
        -1: "next month|mwezi ujao|proximo mes|el proximo mes|mes proximo|mois prochain|le mois prochain",
    }
)
"""Months named from today, by how many months back they lie."""

NO_MONTH = _by_phrase(
    {
        True: "next year|next quarter|next week|mwaka ujao|wiki ijayo|el proximo ano|proximo ano|ano proximo"
        "|annee prochaine|l annee prochaine",
        False: "last year|last week|last quarter|this year|this week|this quarter|past year|past week|previous year"
        "|mwaka jana|mwaka huu|wiki iliyopita|wiki hii|wiki jana|robo iliyopita"
        "|ano pasado|el ano pasado|este ano|semana pasada|la semana pasada|esta semana|trimestre pasado"
        "|annee derniere|l annee derniere|l an dernier|semaine derniere|cette semaine|cette annee"
        "|weekly|quarterly|yearly|annual|annually|daily|half yearly|per week|per quarter|per year|per day|a week|a day"
        "|each week|each day|every week|every day|kwa wiki|kwa siku|kila wiki|kila siku|kwa mwaka|por semana|por dia"
        "|al dia|cada semana|semanal|trimestral|anual|diario|par semaine|par jour|par an|hebdomadaire|trimestriel"
        "|annuel|annuelle|quotidien|yesterday|today|fortnight|jana|leo|ayer|hoy|hier|aujourd hui"
        "|monday|tuesday|wednesday|thursday|friday|saturday|sunday"
        "|jumatatu|jumanne|jumatano|alhamisi|ijumaa|jumamosi|jumapili"
        "|lunes|martes|miercoles|jueves|viernes|sabado|domingo"
        "|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche",
    }
)
"""Stretches of time that are no month, and whether they lie ahead."""

MONTH_NOUNS = frozenset({"mwezi", "month", "mes", "mois"})
QUARTER = re.compile(
    r"[qhw]\d{1,2}|(?:fy|cy)\d{2,4}|20\d\d[qhwst]\d{1,2}|(?:wk|week|qtr|sem|semaine|semana|wiki)\d{1,2}|t[1-4]"
)
STRETCHES = words(
    en="week weeks wk quarter qtr semester",
    sw="wiki robo",
    es="semana semanas trimestre bimestre semestre cuatrimestre",
    fr="semaine semaines",
    lg="wiiki",
)
DAYS = words(en="day days half", sw="siku", es="dia", fr="jour", lg="olunaku")
ORDINALS = words(
    en="first second third fourth last",
    sw="kwanza pili tatu nne",
    es="primer primera primero segundo segunda tercer tercera tercero cuarto cuarta",
    fr="premier premiere deuxieme second seconde troisieme quatrieme",
)
RANGE = words(en="to through until", sw="hadi mpaka", es="a al hasta", fr="au jusqu") | {"-", "–"}
