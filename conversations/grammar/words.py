"""Words that mean something in a report, in every shipped language, as they look when folded."""

from __future__ import annotations

LANGUAGES = ("en", "sw", "es", "fr")


def _words(**by_language: str) -> frozenset[str]:
    return frozenset(word for words in by_language.values() for word in words.split())


def _phrases(**by_language: str) -> tuple[tuple[str, ...], ...]:
    """Split at `|` into phrases of words, the longest first."""
    phrases = {tuple(p.split()) for text in by_language.values() for p in text.split("|")}
    return tuple(sorted(phrases, key=lambda p: (-len(p), p)))


REPORT_VERBS = _words(
    en="rep report reports rpt",
    sw="ripoti",
    es="informe reporte",
    fr="rapport",
)
FIX_VERBS = _words(
    en="fix correct",
    sw="sahihisha rekebisha",
    es="corregir corrige",
    fr="corriger",
)

# Carriers act on these before we see them; like verbs they are never offered in place of a code.
OPT_OUT = _words(
    en="stop stopall unsubscribe cancel end quit start unstop",
    sw="acha",
    es="alto",
    fr="arret arreter",
)
NEVER_A_TYPO = OPT_OUT | _words(
    verbs="due deni trend plan late later lang help menu undo diary note drop done stuck handover join rate"
    " visit vlog tell flags ok hold ack assign snooze close more rag red brief dhis send wait digest nudge"
    " pack back skip pause link",
    en="me as an am my he she it is on in at to so no or of do be by us up was has had did the and its sub"
    " ask his her all any bad day man may one ten two old out off not add time comp team here tier tome"
    " come home some tbc top dmy pen pan spa sea asp abc nbs",
    sw="ni na ya wa za la pa po si sio saba sana leo ndio muda siku",
    es="el la los las un una de del me mi mis tu su sus si se es son dos tres mas mes dia otra otro",
    fr="le la les un une des de du on ou se sa son ses mon mes et est",
)

# What is said of a meeting that took place; elsewhere it is no yes.
HELD = _words(
    en="held done",
    sw="imefanyika kimefanyika ilifanyika kilifanyika",
    es="realizada hecha",
    fr="tenue faite",
)
YES = HELD | _words(
    en="yes y yeah yep yea",
    sw="ndiyo ndio naam eeh",
    es="si s",
    fr="oui o ouais",
)
NO = _words(
    en="no n nope nop",
    sw="hapana la siyo sio haijafanyika hakijafanyika haikufanyika hakikufanyika",
    fr="non",
)
YES_OR_NO_CLASHES = {
    "si": frozenset({"es"}),
    "s": frozenset({"es"}),
    "o": frozenset({"fr"}),
    "la": frozenset({"sw"}),
    "y": frozenset({"en", "sw", "fr"}),
    "sio": frozenset({"sw"}),
}
"""Words for yes or no that mean something else in another language: taken only from speakers of these."""

PERCENT_BEFORE = frozenset({"asilimia"})
PERCENT_AFTER = _phrases(
    en="percent|per cent|pct|percentage",
    sw="asilimia",
    es="por ciento|porciento|por cien",
    fr="pour cent|pourcent|pourcents",
)
OUT_OF = _phrases(
    en="of|out of|over|out of a total of",
    sw="kati ya",
    es="de|de cada|de un total de|sobre",
    fr="sur|sur un total de",
)
PARTS = frozenset(words[0] for words in OUT_OF)

NONE_WORDS = _words(
    en="none nil zip",
    sw="hakuna hamna",
    es="ninguno ninguna ningun nada",
    fr="aucun aucune neant nul",
)
NOT_AVAILABLE = _phrases(en="na|n a|n . a|n . a .|n / a|nd|n . d|n . d .|n / d|s / d")
NO_DATA = _phrases(
    en="no data|no register|no registers|no records|no report|no reports|no forms|no form|no information|no info"
    "|no figures|not available|not collected|not known|not recorded|data not available|unavailable|missing|unknown",
    sw="hakuna data|hakuna takwimu|hakuna taarifa|hakuna fomu|hakuna rejista|hakuna kumbukumbu|haipo|haipatikani|hazipo"
    "|hazipatikani|hatuna data|hatuna takwimu|bila takwimu|bila data|haijulikani|sijui",
    es="sin datos|sin dato|sin informacion|sin registro|sin registros|sin formularios|no hay datos|no hay dato"
    "|no hay informacion|no hay registro|no disponible|no disponibles|no tenemos datos|no se sabe|falta el registro",
    fr="pas de donnees|pas de donnee|pas de registre|pas de registres|pas de formulaires|pas de rapport|non disponible"
    "|non disponibles|pas disponible|indisponible|aucune donnee|aucunes donnees|sans donnees|pas d ' informations"
    "|pas d ' information|manquant|manquante|inconnu|donnees non disponibles",
)

JOINS = _words(
    en="and n plus with",
    sw="na pia",
    es="y e o con",
    fr="et puis avec",
)

# Words that may stand between a code and its value and change nothing.
LINKS = _words(
    en="is was are were be been at of as the a an total rate value stands stood now only this that",
    sw="ni ilikuwa imekuwa kwa sasa jumla idadi",
    es="es son fue era esta ha sido de del el la en un total valor ahora",
    fr="est sont etait a au le taux de du la valeur maintenant c",
)

# Words around values that carry no number and no doubt.
FILLERS = (
    LINKS
    | JOINS
    | _words(
        en="for from in on to here we i had have has our my your us you this these it its following follows"
        " attached sent send sending submit submitting submitted find receive rcv recv get please pls plz"
        " kindly dear sir madam boss team good morning afternoon evening day hi hello hey greetings thanks"
        " thank thx tnx ty many much lot very so yours sincerely regards best wishes ok okay done over bye"
        " district districts facilities facility dhmt figures figure data report reports reporting reported"
        " rptd rpt as per value values score indicator indicators case number numbers month monthly period"
        " sorry late again also both all final correct right new latest respectively sms message msg ref"
        " update updated",
        sw="habari hujambo mambo salamu salaam shikamoo tafadhali naomba pokea pokeeni nakutumia natuma tunatuma"
        " nawatumia tumetuma ripoti taarifa takwimu ya wa la za cha katika kutoka wilaya wilayani mwezi huu"
        " huo hapa sisi asante asanteni sana shukrani nzuri njema asubuhi mchana jioni kazi karibu samahani"
        " ndugu mkuu bwana bibi hizi hii tu basi",
        es="hola buen buena buenos buenas dia dias tardes noches aqui desde distrito municipio les los las lo"
        " mando envio enviamos mandamos mandar enviar reporte informe informo informamos reportamos reporto"
        " datos mes al por para favor gracias muchas saludos cordiales atentamente disculpe perdon nuestro"
        " nuestros tenemos tuvimos este su sus que nosotros",
        fr="bonjour bonsoir salut ici voici depuis je nous vous envoie envoyons transmets transmettons rapport"
        " donnees mois pour dans des les l d j merci beaucoup bien cordialement salutations svp s il plait"
        " desole pardon chef notre nos avons ai eu ce cette recevez veuillez trouver",
    )
)

# Words that make the values of their sentence uncertain: denial, change, comparison, guess, another time.
DOUBTS = _words(
    en="not no never or but except instead rather wrong mistake wasn isn aren don didn doesn without less"
    " fewer more than under above below least most between almost nearly about around approx approximately"
    " roughly circa ca maybe perhaps probably possibly might may could would should will shall going think"
    " guess guessed estimate estimated estimates provisional half point dozen dozens hundreds thousand"
    " thousands million few several some increase increased increasing reduce reduced decrease decreased"
    " decreasing rose fell dropped drop went up down until till before after since ago earlier previously"
    " formerly yesterday tomorrow next future upcoming usually normally supposed meant mean means average"
    " ignore delete cancel remove forget forgot check whether why what when how who which where",
    sw="sio siyo au lakini isipokuwa badala kosa bila chini zaidi kuliko kama takriban kadiri labda pengine"
    " huenda nadhani nafikiri kadirio nusu robo nukta elfu kuanzia hadi mpaka iliongezeka imeongezeka"
    " ilipungua imepungua kabla baada jana juzi kesho zamani ijayo ujao wastani futa kwanini nini lini",
    es="nunca jamas pero excepto sino equivocado error menos mas mayor menor entre casi cerca"
    " aproximadamente aprox unos unas quizas quiza tal vez probablemente puede podria creo pienso estimado"
    " estimada provisional medio media punto coma docena aumento subio bajo antes despues hasta ayer"
    " proximo proxima anteriormente promedio borre borrar olvide cuanto cuando",
    fr="pas jamais mais sauf plutot erreur moins superieur inferieur presque environ approximativement"
    " peut-etre peut pourrait devrait crois pense estime estimation provisoire demi demie virgule douzaine"
    " augmente baisse diminue avant apres hier demain prochain prochaine auparavant jusqu jusque moyenne"
    " ignorez supprimez oubliez pourquoi combien quand ou",
)

# Words that make the whole message a wish, a plan, a condition or an example.
PLANS = _words(
    en="want wants wanted wish hope hoping target targets goal goals aim aiming plan plans planned planning"
    " expect expects expected expecting forecast projected projection propose proposed ought if suppose"
    " unless example eg sample budgeted intend intends ideally hopefully promise",
    sw="lengo malengo tunataka nataka tungependa tunatarajia natarajia matarajio mpango tutafika mfano"
    " tunapanga tumepanga tunalenga tunatumaini natumaini iwapo endapo ikiwa",
    es="queremos quiero quisieramos meta metas objetivo objetivos esperamos espero planeamos planificado"
    " ejemplo proyectado proyeccion llegaremos ojala apuntamos pretendemos deseamos",
    fr="voulons veux voudrions voudrais objectif objectifs cible cibles esperons espere prevu prevue"
    " prevoyons visons souhaitons comptons exemple",
)

# Number words that are more often something else, so that they count only where a number must stand.
MEANINGLESS_ALONE = _words(
    en="one",
    sw="moja mia",
    es="un una uno once mil",
    fr="une premier sept cent mille",
)
