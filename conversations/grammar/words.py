"""Words that stand for something in a report: verbs, values, parts of a whole; in every language, as folded.

Chichewa (ny) and Luganda (lg) were written without a speaker and await a speaker's review.
"""

from __future__ import annotations

from collections.abc import Mapping

LANGUAGES = ("en", "sw", "es", "fr", "ny", "lg")


def words(**by_language: str) -> frozenset[str]:
    """Return the words of all languages together."""
    return frozenset(word for text in by_language.values() for word in text.split())


Phrases = Mapping[str, tuple[tuple[str, ...], ...]]
"""Phrases by their first word, the longest first."""


def phrases(**by_language: str) -> Phrases:
    """Split at `|` into phrases of words."""
    found = {tuple(p.split()) for text in by_language.values() for p in text.split("|")}
    by_length = sorted(found, key=lambda p: (-len(p), p))
    return {first: tuple(p for p in by_length if p[0] == first) for first in {p[0] for p in found}}


REPORT_VERBS = words(
    en="rep report reports rpt",
    sw="ripoti",
    es="informe reporte",
    fr="rapport",
    ny="lipoti",
    lg="lipoota",
)
FIX_VERBS = words(
    en="fix correct",
    sw="sahihisha rekebisha",
    es="corregir corrige",
    fr="corriger",
    ny="konza",
    lg="tereeza",
)
EXAMPLE_WORDS = "example|eg|mfano|mf|ejemplo|ej|exemple|ex|chitsanzo|mwachitsanzo|monga|okugeza"
"""Words that stand before an example, parted by `|`."""

# Carriers act on these before we see them; like verbs they are never offered in place of a code.
OPT_OUT = words(
    en="stop stopall unsubscribe cancel end quit start unstop",
    sw="acha",
    es="alto",
    fr="arret arreter",
)
NEVER_A_TYPO = OPT_OUT | words(
    verbs="due deni trend plan late later lang help menu undo diary note drop done stuck handover join rate"
    " visit vlog tell flags ok hold ack assign snooze close more rag red brief dhis send wait digest nudge"
    " pack back skip pause link",
    en="me as an am my he she it is on in at to so no or of do be by us up was has had did the and its sub"
    " ask his her all any bad day man may one ten two old out off not add time comp team here tier tome"
    " come home some tbc top dmy pen pan spa sea asp abc nbs t s",
    sw="ni na ya wa za la pa po si sio saba sana leo ndio muda siku saa",
    es="el la los las un una de del me mi mis tu su sus si se es son dos tres mas mes dia otra otro",
    fr="le la les un une des de du on ou se sa son ses mon mes et est par sur",
    ny="ndi pa mu ku",
    lg="era ne mu ku",
)

# What is said of a meeting that took place; elsewhere it is no yes.
HELD = words(
    en="held done",
    sw="imefanyika kimefanyika ilifanyika kilifanyika",
    es="realizada hecha",
    fr="tenue faite",
)
YES = HELD | words(
    en="yes y yeah yep yea",
    sw="ndiyo ndio naam eeh",
    es="si s",
    fr="oui o ouais",
    ny="inde eya",
    lg="yee weewaawo",
)
NO = words(
    en="no n nope nop",
    sw="hapana la siyo sio haijafanyika hakijafanyika haikufanyika hakikufanyika",
    fr="non",
    ny="ayi iyayi",
    lg="nedda",
)
NOT_HELD = phrases(
    en="not held|not done|not conducted|did not meet|was not held|never held",
    sw="haikufanyika|hakuna kikao|hatukukutana",
    es="no realizada|no se realizo|no se hizo|no hubo|no hubo reunion|no se reunio",
    fr="non tenue|pas tenue|n ' a pas eu lieu|pas eu lieu|non faite|pas faite",
)
"""What is said of a meeting that did not take place."""

YES_OR_NO_CLASHES = {
    "si": frozenset({"es"}),
    "s": frozenset({"es"}),
    "o": frozenset({"fr"}),
    "la": frozenset({"sw"}),
    "y": frozenset({"en", "sw", "fr", "ny", "lg"}),
    "sio": frozenset({"sw"}),
}
"""Words for yes or no that mean something else in another language: taken only from speakers of these."""

PERCENT_BEFORE = frozenset({"asilimia"})
PERCENT_AFTER = phrases(
    en="percent|per cent|pct|percentage|per hundred|per 100",
    sw="asilimia|kwa mia|kwa 100",
    es="por ciento|porciento|por cien|por 100",
    fr="pour cent|pourcent|pourcents|pour 100",
    ny="peresenti",
    lg="ku kikumi|ku buli kikumi",
)
PER_MILLE_AFTER = phrases(
    en="per thousand|per 1000|per 1,000|per mille|‰",
    sw="kwa elfu|kwa elfu moja|kwa 1000|kwa kila 1000",
    es="por mil|por 1000|por cada mil|por cada 1000",
    fr="pour mille|pour 1000",
)
OUT_OF = phrases(
    en="of|out of|over|out of a total of|ov|outta|outof|out off",
    sw="kati ya",
    es="de|de cada|de un total de|sobre",
    fr="sur|sur un total de",
    ny="mwa|pa",
    lg="ku",
)
PARTS = frozenset(OUT_OF)
COUNTED = words(
    en="the all our total expected eligible due registered planned targeted women mothers children infants babies"
    " newborns deliveries births pregnancies pregnant clients patients people persons staff workers posts facilities"
    " facility centres centers clinics villages communities visits meetings reports tests samples",
    sw="wanawake wajawazito kina akina mama watoto wagonjwa watu wafanyakazi watumishi wahudumu vituo zahanati"
    " hospitali vijiji jamii mikutano ripoti wote yote zote waliotarajiwa jumla",
    es="las los total mujeres embarazadas gestantes madres ninos ninas pacientes personas trabajadores centros puestos"
    " establecimientos comunidades partos esperadas esperados programadas programados",
    fr="les total femmes enceintes meres enfants patients personnes agents travailleurs centres postes formations"
    " sanitaires structures communautes accouchements attendues attendus prevues prevus",
)
"""What a whole is made of: `12 of the 84 staff`, `5 kati ya vituo 19`."""

POINTS = words(en="point", sw="nukta", es="punto coma", fr="virgule")
"""Words for the decimal sign."""

NONE_WORDS = words(
    en="none nil zip",
    sw="hakuna hamna",
    es="ninguno ninguna ningun nada",
    fr="aucun aucune neant nul",
    ny="palibe kulibe",
    lg="tewali",
)
NO_CASES = phrases(
    en="no cases|no case",
    sw="hakuna mgonjwa|hakuna wagonjwa|hakuna kesi|hakuna visa",
    es="sin casos|no hubo casos|no hay casos",
    fr="pas de cas|zero cas",
)
NOT_AVAILABLE = phrases(en="na|n a|n . a|n . a .|n / a|nd|n . d|n . d .|n / d|s / d")
NO_DATA = phrases(
    en="no data|no register|no registers|no records|no record|no report|no reports|no forms|no form|no information"
    "|no info|no figures|no figure|not available|not collected|not known|not recorded|not reported|data not available"
    "|unavailable|missing|unknown|data missing|no data available|nothing recorded",
    sw="hakuna data|hakuna takwimu|hakuna taarifa|hakuna fomu|hakuna rejista|hakuna kumbukumbu|haipo|haipatikani|hazipo"
    "|hazipatikani|hatuna data|hatuna takwimu|hatuna taarifa|hatuna rejista|bila takwimu|bila data|haijulikani"
    "|haijapatikana|hazijapatikana|haikupatikana|hazikupatikana|haijulikani|sijui|hazijulikani|haina takwimu"
    "|haina data",
    es="sin datos|sin dato|sin informacion|sin registro|sin registros|sin reporte|sin formularios|no hay datos"
    "|no hay dato|no hay informacion|no hay registro|no hay registros|no disponible|no disponibles|no tenemos datos"
    "|no tenemos informacion|no tenemos registro|no se sabe|no se tiene|falta el registro|falta registro"
    "|no tengo datos|no registrado",
    fr="pas de donnees|pas de donnee|pas de registre|pas de registres|pas de formulaires|pas de rapport|non disponible"
    "|non disponibles|pas disponible|pas disponibles|indisponible|indisponibles|aucune donnee|aucunes donnees"
    "|sans donnees|sans donnee|pas d ' informations|pas d ' information|manquant|manquante|manquantes|inconnu"
    "|donnees non disponibles|donnees manquantes|n ' avons pas de donnees|n ' ai pas de donnees|pas encore de donnees"
    "|non renseigne|non rapporte",
    ny="palibe deta|palibe lipoti|palibe kaundula",
    lg="tewali biwandiiko|tewali lipoota",
)
WITHOUT = words(en="no without", sw="hakuna hatuna bila", es="sin", fr="sans", ny="palibe", lg="tewali")
DATA_NOUNS = words(
    en="data figure figures register registers records record report reports information info",
    sw="data takwimu taarifa rejista kumbukumbu",
    es="datos dato informacion registro registros",
    fr="donnees donnee registre registres information informations",
    ny="deta",
)
"""With a code between them they say "not available" as well: `no ABS data`."""

# Number words that are more often something else, so that they count only where a number must stand.
MEANINGLESS_ALONE = words(
    en="one thousand",
    sw="moja mia elfu",
    es="un una uno once mil",
    fr="une premier sept cent mille",
)
