"""Words that mean something in a report, in every shipped language, as they look when folded."""

from __future__ import annotations

LANGUAGES = ("en", "sw", "es", "fr")


def _words(*lines: str) -> frozenset[str]:
    return frozenset(" ".join(lines).split())


def _phrases(text: str) -> tuple[tuple[str, ...], ...]:
    """Split at `|` into phrases of words, the longest first."""
    return tuple(sorted((tuple(p.split()) for p in text.split("|")), key=len, reverse=True))


REPORT_VERBS = _words("rep report reports ripoti informe reporte rapport rpt")
FIX_VERBS = _words("fix correct sahihisha rekebisha corregir corrige corriger")

# Carriers act on these before we see them; like verbs they are never offered in place of a code.
OPT_OUT = _words("stop stopall unsubscribe cancel end quit start unstop acha alto arret arreter")
NEVER_A_TYPO = OPT_OUT | _words(
    "due deni trend plan late later lang help menu undo diary note drop done stuck handover join rate visit vlog",
    "tell flags ok hold ack assign snooze close more rag red brief dhis send wait digest nudge pack back skip pause",
    "link me as an am my he she it is on in at to so no or of do be by us up was has had the and its sub ask his",
    "her all any bad did day man may one ten two old out off not add son sont ses sus mis mes mas mi me se si su sa",
    "so ou on un une des les las los el la le de da di du del ni na ya wa za la pa po si sio saba sana leo ndio",
    "muda siku time drop comp team here tier tome come home some tbc top dmy pen pan spa sea asp abc nbs",
)

HELD = _words("held done imefanyika kimefanyika ilifanyika kilifanyika realizada hecha tenue faite")
YES = HELD | _words("yes y yeah yep yea ndiyo ndio naam eeh si s oui o ouais")
NO = _words("no n nope nop hapana la siyo sio non")
YES_OR_NO_CLASHES = {
    "si": frozenset({"es"}),
    "s": frozenset({"es"}),
    "o": frozenset({"fr"}),
    "la": frozenset({"sw"}),
    "y": frozenset({"en", "sw", "fr"}),
    "sio": frozenset({"sw"}),
}
"""Words for yes or no that mean something else in another language: taken only from speakers of these."""

PERCENT_AFTER = _phrases(
    "percent|per cent|pct|percentage|por ciento|porciento|por cien|pour cent|pourcent|pourcents|asilimia"
)
PERCENT_BEFORE = frozenset({"asilimia"})
OUT_OF = _phrases("of|out of|over|out of a total of|kati ya|de|de un total de|sobre|sur|sur un total de")

NONE_WORDS = _words("none nil hakuna hamna ninguno ninguna ningun nada aucun aucune neant nul zip")
NOT_AVAILABLE = _phrases("na|n a|n . a|n . a .|n / a|nd|n . d|n . d .|n / d|s / d")
_NO_DATA = (
    "no data|no register|no registers|no records|no report|no reports|no forms|no form|not available|not collected"
    "|unavailable|missing|no information|no info|not known|unknown|data not available|no figures|not recorded"
    "|hakuna data|hakuna takwimu|hakuna taarifa|hakuna fomu|hakuna rejista|hakuna kumbukumbu|haipo|haipatikani"
    "|hazipo|hazipatikani|hatuna data|hatuna takwimu|bila takwimu|bila data|haijulikani|sijui"
    "|sin datos|sin dato|sin informacion|sin registro|sin registros|sin formularios|no hay datos|no hay dato"
    "|no hay informacion|no disponible|no disponibles|no tenemos datos|no se sabe|falta el registro"
    "|pas de donnees|pas de donnee|pas de registre|pas de registres|pas de formulaires|pas de rapport|non disponible"
    "|non disponibles|pas disponible|indisponible|aucune donnee|aucunes donnees|sans donnees|pas d informations"
    "|pas d information|manquant|manquante|inconnu|donnees non disponibles"
)
NO_DATA = _phrases(_NO_DATA)

JOINS = _words("and na y e et o n plus pia then with con avec")

# Words that may stand between a code and its value and change nothing.
LINKS = _words(
    "is are was were be been at of as the a an total rate value stands stood now only this month that ni ilikuwa",
    "imekuwa kwa sasa jumla idadi es son fue era esta ha sido de del el la en un total valor ahora est sont etait a",
    "au le taux de du la valeur maintenant c",
)

# Words around values that carry no number and no doubt.
FILLERS = (
    LINKS
    | JOINS
    | _words(
        "for from in on to here we i had have has our my your us you this these it its following follows attached sent",
        "send sending submit submitting submitted find receive rcv recv get please pls plz kindly dear sir madam boss",
        "team good morning afternoon evening day hi hello hey greetings thanks thank thx tnx ty many much lot very so",
        "yours sincerely regards ok okay done over bye district districts figures figure data report reports value",
        "values indicators indicator month monthly period facility facilities dhmt sorry late again also both all final",
        "correct right new cases case number numbers score latest reported respectively sms message msg ref update",
        "updated best wishes rptd rpt reporting as per habari hujambo hujambo mambo salamu salaam shikamoo",
        "tafadhali naomba pokea pokeeni nakutumia natuma tunatuma nawatumia tumetuma ripoti taarifa takwimu ya wa la za",
        "cha kwa katika kutoka wilaya wilayani mwezi huu huo hapa sisi asante asanteni sana shukrani nzuri njema",
        "asubuhi mchana jioni kazi karibu samahani ndugu mkuu bwana bibi hizi hii hola buen buena buenos buenas dia",
        "dias tardes noches aqui desde distrito municipio le les los las lo mando envio enviamos mandamos mandar enviar",
        "reporte informe informo informamos reportamos reporto datos mes del al por para favor gracias muchas saludos",
        "cordiales atentamente disculpe perdon nuestro nuestros tenemos tuvimos este su sus es que con nosotros bonjour",
        "bonsoir salut ici voici depuis district je nous vous envoie envoyons transmets transmettons rapport donnees",
        "mois pour dans des du les l d j merci beaucoup bien cordialement salutations svp s il plait desole pardon chef",
        "notre nos avons ai eu ce cette recevez veuillez trouver",
    )
)

# Words that make the values of their sentence uncertain: denial, change, comparison, guess, time before or after.
DOUBTS = _words(
    "not no never or but except instead rather wrong mistake was wasn isn aren don didn doesn without less fewer",
    "more than under above below least most between almost nearly about around approx approximately roughly circa",
    "ca maybe perhaps probably possibly might may could would should think guess guessed estimate estimated",
    "estimates provisional half point dozen dozens hundreds thousand thousands million few several some increase",
    "increased increasing reduce reduced decrease decreased decreasing rose fell dropped drop went up down until",
    "till before after since usually normally supposed meant mean means average ignore delete cancel remove forget",
    "forgot check whether why what when how who which where will shall going tomorrow next yesterday ago earlier",
    "previously formerly future upcoming si sio siyo au lakini isipokuwa badala kosa bila chini zaidi kuliko kama",
    "karibu takriban kadiri labda pengine huenda nadhani nafikiri kadirio nusu robo nukta kuanzia hadi mpaka",
    "iliongezeka imeongezeka ilipungua imepungua kabla baada wastani futa kwanini je nini lini elfu kesho ijayo",
    "ujao jana juzi zamani nunca jamas pero excepto sino equivocado error menos mas mayor menor entre casi cerca",
    "aproximadamente aprox unos unas quizas quiza tal vez probablemente puede podria creo pienso estimado estimada",
    "provisional medio media punto coma docena aumento subio bajo antes despues hasta promedio borre borrar olvide",
    "proximo proxima ayer anteriormente pas jamais mais sauf plutot erreur moins plus superieur inferieur presque",
    "environ approximativement peut-etre peut pourrait devrait crois pense estime estimation provisoire demi demie",
    "virgule douzaine augmente baisse diminue avant apres prochain prochaine demain hier auparavant jusqu jusque",
    "moyenne ignorez supprimez oubliez pourquoi combien quand ou",
) - {"karibu", "plus", "si", "was"}

# Words that make the whole message a wish, a plan, a condition or an example.
PLANS = _words(
    "want wants wanted wish hope hoping target targets goal goals aim aiming plan plans planned planning expect",
    "expects expected expecting forecast projected projection propose proposed ought if suppose unless example eg",
    "sample e.g budgeted intend intends lengo malengo tunataka nataka tungependa tunatarajia natarajia matarajio",
    "mpango tutafika mfano tunapanga iwapo endapo ikiwa queremos quiero meta metas objetivo objetivos esperamos",
    "espero planeamos planificado ejemplo quisieramos proyectado proyeccion llegaremos voulons veux voudrions",
    "voudrais objectif objectifs cible cibles esperons espere prevu prevue prevoyons exemple",
)

MEANINGLESS_ALONE = _words("one un una une uno moja a first premier once sept mia cent mil mille")
"""Number words that are more often something else, so that they count only where a number must stand."""
