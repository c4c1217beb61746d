"""The words that are commands, in every shipped language; all of them work whatever language is set."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rapidfuzz.distance import OSA

from conversations.grammar import fold

WORDS: Mapping[str, tuple[str, ...]] = {
    "report": ("rep", "report", "ripoti", "informe", "reporte", "rapport", "lipoti", "lipoota"),
    "fix": ("fix", "correct", "sahihisha", "rekebisha", "corregir", "corrige", "corriger", "konza", "tereeza"),
    "undo": ("undo", "tendua", "deshacer", "annuler"),
    "due": ("due", "deni", "pendientes", "pendiente", "reste", "a faire", "zotsala", "ebibula"),
    "trend": ("trend", "mwenendo", "tendencia", "tendance"),
    "plan": ("plan", "mpango"),
    "diary": ("diary", "shajara", "diario", "journal"),
    "later": ("later", "baadaye", "luego", "mas tarde", "plus tard", "kenako"),
    "leave": ("leave", "likizo", "licencia", "vacaciones", "conge", "conges"),
    "lang": ("lang", "language", "lugha", "idioma", "langue", "chilankhulo", "olulimi"),
    "human": ("help me", "nisaidie", "ayudame", "aidez moi", "aidez-moi", "ndithandizeni", "nnyamba"),
    "help": ("help", "msaada", "ayuda", "aide", "thandizo", "obuyambi", "menu", "?"),
    "who": ("who am i", "who", "whoami", "mimi nani", "quien soy", "qui suis je"),
    "stop": ("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "acha", "alto", "arret"),
    "start": ("start", "unstop"),
    "join": ("join", "jiunge", "unirse", "rejoindre", "lowani", "yingira"),
    "link": ("link", "unganisha", "vincular", "lier"),
    "back": ("back", "rudi", "atras", "retour", "bwerera", "ddayo"),
    "skip": ("skip", "ruka", "saltar", "passer", "dumpha", "buuka"),
    "pause": ("pause", "pumzika", "pausa", "stopd"),
    "handover": ("handover", "hand over", "kabidhi", "traspaso", "traspasar", "passation"),
    "rate": ("rate", "kadiria", "calificar", "califico", "noter"),
    "ratings": ("ratings", "makadirio", "calificaciones", "avis"),
    "practice": ("practice", "practise", "mazoezi", "zoezi", "practica", "exercice", "entrainement"),
    "note": ("note", "dokezo", "nota"),
    "notes": ("notes", "madokezo", "notas"),
    "open": ("open", "unanswered", "yasiyojibiwa", "sin responder", "sans reponse"),
    "tell": ("tell", "waambie", "ambia", "decir", "avisar", "dire"),
    "themes": ("themes", "theme", "mada", "temas", "tema"),
    "visit": ("visit", "ziara", "visita", "visite"),
    "vlog": ("vlog", "visit log", "ripoti ya ziara", "bitacora", "carnet"),
    "alerts": ("alerts", "alert", "tahadhari", "alertas", "alertes"),
    "ack": ("ack", "nimepokea", "recibido", "recu"),
    "assign": ("assign", "mpangie", "asignar", "confier"),
    "harm": ("harm", "madhara", "dano", "prejudice"),
    "snooze": ("snooze", "ahirisha", "posponer", "reporter"),
    "close": ("close", "funga", "cerrar", "fermer"),
    "digest": ("digest", "muhtasari", "resumen", "bilan", "resume"),
    "brief": ("brief", "ufupisho", "sintesis", "synthese"),
    "pack": ("pack", "kifurushi", "carpeta", "dossier"),
    "late": ("late", "waliochelewa", "atrasados", "retards", "en retard"),
    "nudge": ("nudge", "sukuma", "recordar", "relancer"),
    "rag": ("rag", "hali", "semaforo", "feux"),
    "red": ("red", "nyekundu", "rojo", "rouge"),
    "plans": ("plans", "mipango", "planes"),
    "history": ("history", "historia", "historial", "historique"),
    "flags": ("flags", "flag", "alama", "senales", "verifier", "a verifier"),
    "ok": ("ok", "okay", "sawa", "vale", "d'accord"),
    "query": ("q", "query", "uliza", "preguntar", "demander"),
    "hold": ("hold", "zuia", "retener", "retenir"),
}

# Carriers act on these before we do, so they never mean anything else (contract, rule 11).
CARRIER_STOP = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit"})

THANKS = frozenset(
    {"thanks", "thank you", "thx", "tnx", "asante", "asante sana", "gracias", "muchas gracias", "merci"}
    | {"merci beaucoup", "zikomo", "zikomo kwambiri", "webale", "weebale", "webale nnyo", "weebale nnyo"}
)
GREETINGS = frozenset(
    {"hi", "hello", "hey", "good morning", "good afternoon", "good evening", "habari", "hujambo", "mambo", "shikamoo"}
    | {"hola", "buenos dias", "buenas tardes", "buenas", "bonjour", "salut"}
    | {"bonsoir", "moni", "muli bwanji", "gyebale", "gyebaleko", "oli otya", "mwasuze mutya"}
)
AGREED = frozenset({"ok", "okay", "sawa", "vale", "d'accord"})
"""Friendly words, unless a number follows: then somebody who checks reports accepts a value."""

POLITE = frozenset(
    {
        "please",
        "pls",
        "plz",
        "tafadhali",
        "favor",
        "por",
        "svp",
        "sir",
        "madam",
        "now",
        "a",
        "lot",
        "so",
        "very",
        "much",
        "sana",
        "beaucoup",
        "chonde",
        "kwambiri",
        "mwattu",
        "nnyo",
    }
)

SHAPES: Mapping[str, str] = {
    "trend": r"([a-z]{2,5}\d?)?",
    "later": r"\d{0,2}",
    "leave": r"(.*\d.*|off|over)?",
    "lang": r"[a-z]{2,12}",
    "report": r".*",
    "fix": r".+",
    "human": r".+",
    "note": r".+",
    "themes": r"\S*",
    "visit": r"v\d+ .+",
    "join": r"\S+",
    "rate": r"\S+\s+\d.*",
    "handover": r".*\d([ -]?\d){6,}.*",
    "alerts": r"(e?\d{1,4})?",
    "ack": r"e?\d+([ ,]+e?\d+)*",
    "assign": r"e?\d+ .+",
    "harm": r".+",
    "snooze": r"e?\d+( \d+)?",
    "close": r"e?\d+( .+)?",
    "nudge": r"\S+",
    "pack": r"([qrt]?[1-4]|\d{4}.?q[1-4])( \d{4})?",
    "history": r"[a-z]{2,5}\d?",
    "flags": r"\d{0,2}",
    "ok": r"\d+([ ,]+\d+)*",
    "query": r"\d+ .+",
    "hold": r"\d+",
}
"""What may follow a verb inside a free-text answer; a verb that is not here must stand alone there."""

_BY_WORD = {fold(word): verb for verb, words in WORDS.items() for word in words}
MARKS = r"[\s:,.!;?]+"  # what may stand after a command
_MOST_WORDS = max(len(word.split()) for word in _BY_WORD)


OWN = {
    "report": {"en": "REP", "sw": "RIPOTI", "es": "INFORME", "fr": "RAPPORT", "ny": "LIPOTI", "lg": "LIPOOTA"},
    "vlog": {"en": "VLOG"},
    "diary": {"en": "DIARY", "sw": "SHAJARA", "es": "DIARIO", "fr": "JOURNAL"},
}


def word_for(verb: str, language: str) -> str:
    """Return the word to type for a verb, in the reader's language."""
    return OWN[verb].get(language, OWN[verb]["en"])


def find_verb(text: str) -> tuple[str, str] | None:
    """Return (verb, the words after it exactly as written) when `text` begins with a keyword, else None."""
    words = re.split(MARKS, fold(text))
    for count in range(min(_MOST_WORDS, len(words)), 0, -1):
        if (verb := _BY_WORD.get(" ".join(words[:count]))) is not None:
            return verb, _after(text, count)
    return None


def _after(text: str, words: int) -> str:
    rest = re.split(MARKS, text.strip(), maxsplit=words)
    return rest[words] if len(rest) > words else ""


def stands_alone(rest: str) -> bool:
    """Whether what follows a keyword is nothing but courtesy."""
    return all(word in POLITE for word in re.findall(r"\w+", fold(rest)))


def fits(verb: str, rest: str) -> bool:
    """Whether `rest` has the shape that `verb` takes, so that a sentence beginning with a keyword stays a sentence."""
    if verb not in SHAPES:
        return stands_alone(rest)
    return re.fullmatch(SHAPES[verb], fold(rest), re.DOTALL) is not None


def nearest_verb(word: str) -> str | None:
    """Return the English keyword one edit away from `word`, if there is exactly one verb; never an opt-out word."""
    wanted = fold(word)
    near = {
        verb
        for keyword, verb in _BY_WORD.items()
        if verb not in ("stop", "start") and len(keyword) > 2 and OSA.distance(keyword, wanted) == 1
    }
    return WORDS[near.pop()][0].upper() if len(near) == 1 else None


def is_friendly(text: str) -> bool:
    """Whether a text is nothing but thanks, a greeting or an agreement."""
    folded = re.sub(r"[\s!.,]+", " ", fold(text)).strip()
    bare = " ".join(w for w in folded.split() if w not in POLITE) or folded
    return not {folded, bare}.isdisjoint(THANKS | GREETINGS | AGREED)
