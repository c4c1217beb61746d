"""Words around the values of a report: those that change nothing, and those that make a value uncertain.

As folded, in every language; Chichewa (ny) and Luganda (lg) await a speaker's review.
"""

from __future__ import annotations

from conversations.grammar.words import words

JOINS = words(
    en="and n plus with while whereas",
    sw="na pia huku",
    es="y e o con mientras",
    fr="et puis avec tandis",
    ny="komanso",
    lg="ne era",
)

PARTERS = JOINS - words(en="n plus", es="o", lg="ne era")
"""Of these, the words that part one value's words from the next one's in any language: *ne* and *n'* deny in French."""

# Words that may stand between a code and its value and change nothing.
LINKS = words(
    en="is was are were be been at of as the a an total rate value stands stood now only this that data figure figures"
    " score came comes reached stayed stays remained remains got"
    " recorded registered achieved",
    sw="ni ilikuwa imekuwa kwa sasa jumla idadi takwimu zilikuwa walikuwa imefika ilifika tulipata tumepata",
    es="es son fue fueron era esta estuvo quedo llego alcanzo tuvo ha sido de del el la en un total"
    " valor ahora datos dato",
    fr="est sont etait etaient a au le taux de du la valeur maintenant c chiffre donnees s eleve atteint",
    ny="ndi inali anali zinali",
    lg="ye yali gali",
)
LINKS_OF = {word: frozenset({"fr"}) for word in ("au", "c", "est")}
"""Links that only speakers of these languages mean as such: `c. 12` and `12 est.` are guesses, and *au* is
the Swahili "or".
"""

SILENT = "\u2026"
"""Stands in place of a word or number that is plainly about something else."""

# Words around values that carry no number and no doubt.
FILLERS = (
    LINKS
    | JOINS
    | {SILENT}
    | words(
        en="for from in on to here we i had have has our my your us you this these it its following follows"
        " attached sent send sending submit submitting submitted find receive rcv recv get please pls plz"
        " kindly dear sir madam boss team good morning afternoon evening day hi hello hey greetings thanks"
        " thank thx tnx ty many much lot very so yours sincerely regards best wishes ok okay done over bye"
        " district districts facilities facility dhmt report reports reporting reported"
        " rptd rpt as per values indicator indicators case number numbers month monthly period"
        " sorry late again also both all final correct right new latest respectively sms message msg ref"
        " sori gbu gm rgds thks thnx thanx thanku cheers asap fyi tho bro sis oga"
        " update updated there hope well fine blessed nice great colleague colleagues office",
        sw="habari hujambo mambo salamu salaam shikamoo tafadhali naomba pokea pokeeni nakutumia natuma tunatuma"
        " nawatumia tumetuma ripoti taarifa ya wa la za cha katika kutoka wilaya wilayani mwezi huu"
        " huo hapa sisi asante asanteni sana shukrani nzuri njema asubuhi mchana jioni kazi karibu samahani"
        " ndugu mkuu bwana bibi wala hizi hii tu basi zetu yetu wetu kwenu ifuatayo zifuatazo ahsante asnt poa",
        es="hola buen buena buenos buenas dia dias tardes noches aqui desde distrito municipio les le los las lo"
        " mando envio enviamos mandamos mandar enviar reporte informe informo informamos reportamos reporto"
        " mes al por para favor gracias muchas saludos cordiales atentamente disculpe perdon nuestro"
        " nuestros tenemos tuvimos este su sus que nosotros escribo saluda siguiente siguientes hubo"
        " otro otra otros otras xfa xfavor porfa grax slds salu2",
        fr="bonjour bonsoir salut ici voici depuis je nous vous envoie envoyons transmets transmettons rapport"
        " mois pour dans des les l d j merci beaucoup bien cordialement salutations svp s il plait"
        " desole pardon chef notre nos avons ai eu ce cette recevez veuillez trouver en y suivants suivantes"
        " mrc slt bjr bsr cdt cdlt stp dsl",
        ny="moni bwanji zikomo kwambiri lipoti mwezi kuno kuchokera boma",
        lg="webale nnyo mwasuze osiibye lipoota omwezi wano okuva disitulikiti",
    )
)

CASES = words(en="case cases", sw="kesi visa", es="caso casos", fr="cas")
"""What a count counts, whatever its name: `YAW 5 cases`."""

# Nouns of time, place and measure: a number before them in a clause of its own is about something else.
DURATIONS = words(
    en="day days hour hours hrs minute minutes week weeks",
    sw="siku masaa dakika wiki",
    es="dia dias hora horas minuto minutos semana semanas",
    fr="jour jours heure heures minute minutes semaine semaines",
)
MEASURES = DURATIONS | words(
    en="litre litres liter liters km kilometres kilometers",
    sw="lita",
    es="litro litros km",
    fr="litre litres km",
)
CIRCUMSTANCES = MEASURES | words(
    en="phone phones motorbikes motorcycles vehicles facilities centres centers clinics posts villages communities",
    sw="vituo zahanati hospitali vijiji pikipiki magari",
    es="motos vehiculos centros puestos establecimientos comunidades",
    fr="motos vehicules centres postes structures villages communautes",
)
HOURS = words(sw="saa", es="las", fr="vers")
"""Words right before an hour."""

NOTHING = words(en="nothing", sw="hawajatuma havijaripoti havijatuma havikutuma hazijatuma", es="nada", fr="rien")
"""Words that deny, of those who sent no figures."""

TEXTED = words(en="2moro 2morrow 2mrw 2mro 2day 2nite 2night 2nyt 4get 4got 4rm 2u 4u 2gether 2c")
"""Words in which a digit stands for its sound."""

# Words that make the one value beside them a guess.
NEAR = words(
    en="about around approx approximately roughly almost nearly circa ca above below under least most max maximum min"
    " minimum estimate estimated est maybe perhaps probably possibly guess half dozen dozens hundreds several few some"
    " ish slightly over provisional",
    sw="karibu takriban kadiri kadirio labda pengine huenda nusu robo zaidi chini kiasi",
    es="casi cerca aproximadamente aprox alrededor unos unas quizas quiza probablemente medio media docena estimado"
    " estimada mas menos mayor menor aprox provisional",
    fr="environ approximativement presque peut-etre quasi demi demie douzaine estime estimation plus moins superieur"
    " inferieur provisoire",
    ny="pafupifupi mwina",
    lg="nga mpozzi",
)

# Words that make the values of their sentence uncertain: denial, change, comparison, guess, another time.
DOUBTS = (NEAR - LINKS - JOINS - words(en="over", sw="karibu", fr="plus")) | words(
    en="not no never or but except instead rather wrong mistake wasn isn aren don didn doesn neither nor actually"
    " without less fewer more than between up might may could would should will shall going think guessed estimates"
    " point thousand thousands million increase increased increasing reduce reduced decrease decreased"
    " decreasing higher lower rose fell dropped drop went down until till before after since ago earlier previously"
    " formerly yesterday tomorrow next future upcoming usually normally supposed meant mean means average"
    " ignore delete cancel remove forget forgot check whether why what when how who which where"
    " correction minus x vs versus compared against unsure confirming cumulative cumulatively ytd",
    sw="sio siyo au lakini isipokuwa badala kosa bila kuliko kama nadhani nafikiri nukta elfu kuanzia hadi mpaka"
    " iliongezeka imeongezeka ilipungua imepungua kabla baada jana juzi kesho zamani ijayo ujao wastani futa"
    " kwanini nini lini marekebisho",
    es="nunca jamas pero excepto sino equivocado error entre tal vez puede podria creo pienso punto coma aumento"
    " subio bajo antes despues hasta ayer proximo proxima anteriormente promedio borre borrar olvide cuanto"
    " cuando correccion confirmar contra veces",
    fr="pas jamais mais sauf plutot erreur peut pourrait devrait crois pense virgule augmente baisse diminue"
    " avant apres hier demain prochain prochaine auparavant jusqu jusque moyenne ignorez supprimez oubliez"
    " pourquoi combien quand ou correction confirmer contre fois",
    ny="osati kapena",
    lg="oba naye",
)
# Of these, the words that are said of all values of a sentence; the others are about the value they stand with.
OF_ALL = words(
    en="wrong mistake actually neither nor think guessed estimates ignore delete cancel remove forget forgot check"
    " correction unsure confirming cumulative cumulatively ytd usually normally supposed average versus vs compared"
    " before after since until till earlier previously formerly yesterday tomorrow next future upcoming may might"
    " could would should",
    sw="kosa nadhani nafikiri wastani futa marekebisho kabla baada jana juzi kesho zamani ijayo ujao",
    es="equivocado error creo pienso promedio borre borrar olvide correccion confirmar antes despues ayer proximo"
    " proxima anteriormente puede podria",
    fr="erreur crois pense moyenne ignorez supprimez oubliez correction confirmer avant apres hier demain prochain"
    " prochaine auparavant pourrait devrait",
)
PLURALS = words(
    en="all both are were these they figures numbers values everything",
    sw="zote hizi hizo vyote takwimu",
    es="todo todos todas ambos estos estas eran estan datos",
    fr="tous toutes tout ces ils elles sont chiffres donnees",
)
"""Words that say of a doubt after the values that it is about more than the last."""

DOUBTS_OF_TWO = frozenset({("be", "confirmed"), ("so", "far"), ("to", "date"), ("a", "confirmer"), ("por", "ahora")})
"""Pairs of harmless words that together make a value uncertain."""

RECORDS = words(en="register registers records", sw="daftari rejista", es="registro registros", fr="registre registres")
FOUND = words(en="found", sw="limepatikana imepatikana", es="encontrado aparecio", fr="retrouve trouve")
"""Said after a value, together with what the value was found in: `ABS 12 register found`."""

_EXCUSES = {
    "no": "network light power internet signal airtime",
    "network": "down",
    "system": "down",
    "sin": "luz senal internet red",
    "pas": "reseau courant electricite",
    "bila": "mtandao umeme",
}
BUTS = words(en="but", sw="lakini ila", es="pero", fr="mais")
"""Words that only join where the next code with its value follows at once."""

HARMLESS_PAIRS = frozenset(
    {("how", word) for word in ("are", "r", "is", "u", "you")}
    | {("hope", word) for word in ("you", "u", "all", "this", "your")}
    | {("find", "below"), ("as", "below"), ("see", "below"), ("below", "is"), ("below", "are"), ("are", "below")}
    | {("rest", "tomorrow"), ("rest", "later"), ("reste", "demain"), ("resto", "manana"), ("mengine", "kesho")}
    | {(one, two) for one, others in _EXCUSES.items() for two in others.split()}
    | {("zingine", "kesho"), ("not", "only"), ("espero", "este"), ("espero", "esten"), ("j", "espere")}
)
"""Pairs of words, as in greetings, that make nothing uncertain although one of them alone would."""

# Words that make the whole message a wish, a plan, a condition or an example.
PLANS = words(
    en="want wants wanted wish hope hoping target targets goal goals aim aiming plan plans planned planning"
    " expect expects expected expecting forecast projected projection propose proposed ought if suppose"
    " unless example eg sample budgeted intend intends ideally hopefully promise",
    sw="lengo malengo tunataka nataka tungependa tunatarajia natarajia matarajio mpango tutafika mfano"
    " tunapanga tumepanga tunalenga tunatumaini natumaini iwapo endapo ikiwa",
    es="queremos quiero quisieramos meta metas objetivo objetivos esperamos espero planeamos planificado"
    " ejemplo proyectado proyeccion llegaremos ojala apuntamos pretendemos deseamos",
    fr="voulons veux voudrions voudrais objectif objectifs cible cibles esperons espere prevu prevue"
    " prevoyons visons souhaitons comptons exemple",
    ny="cholinga tikufuna chitsanzo monga",
    lg="ekigendererwa twagala okugeza",
)
