"""The words by which diaries are read for themes, where a programme lists none of its own."""

from __future__ import annotations

from collections.abc import Mapping

THEMES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "transport": {
        "en": ("transport", "fuel", "petrol", "diesel", "vehicle", "ambulance", "motorbike", "driver", "car"),
        "sw": ("usafiri", "mafuta", "gari", "magari", "pikipiki", "ambulensi", "dereva", "petroli"),
        "es": ("transporte", "combustible", "gasolina", "vehículo", "ambulancia", "moto", "chofer", "carro"),
        "fr": ("transport", "carburant", "essence", "véhicule", "ambulance", "moto", "chauffeur", "voiture"),
    },
    "attendance": {
        "en": ("attendance", "absent", "absence", "absenteeism", "roster", "late coming", "lateness", "punctual*"),
        "sw": ("mahudhurio", "utoro", "hawapo", "hayupo", "hawakuwepo", "kuchelewa", "zamu"),
        "es": ("asistencia", "ausen*", "ausentismo", "turno", "rol de turnos", "impuntual*", "puntual*"),
        "fr": ("présence", "absen*", "absentéisme", "planning de garde", "retards", "ponctual*"),
    },
    "staffing": {
        "en": ("staffing", "shortage of staff", "staff shortage", "vacan*", "transfer", "understaffed", "turnover"),
        "sw": ("upungufu wa watumishi", "uhaba wa watumishi", "uhamisho", "amehamishwa", "nafasi wazi"),
        "es": ("falta de personal", "escasez de personal", "vacante", "traslado", "rotación", "renunci*"),
        "fr": ("manque de personnel", "pénurie de personnel", "vacant", "mutation", "affectation"),
    },
    "medicines": {
        "en": ("medicines", "drug", "medicine", "stock out", "stockout", "stocked out", "vaccine", "test kit"),
        "sw": ("dawa", "chanjo", "vipimo", "zimeisha", "vifaa tiba", "bohari"),
        "es": ("medicamento", "medicina", "desabastec*", "vacuna", "insumo", "fármaco"),
        "fr": ("médicament", "rupture de stock", "vaccin", "intrant", "pharmacie"),
    },
    "money": {
        "en": ("money", "fund", "budget", "allowance", "payment", "unpaid", "salary", "per diem", "imprest"),
        "sw": ("fedha", "pesa", "bajeti", "posho", "mshahara", "malipo", "hawajalipwa"),
        "es": ("dinero", "fondo", "presupuesto", "viático", "pago", "salario", "sueldo", "desembolso"),
        "fr": ("argent", "fonds", "budget", "per diem", "prime", "paiement", "salaire", "financement"),
    },
    "supervision": {
        "en": ("supervision", "supervis*", "unannounced", "spot check", "mentor", "coaching", "appraisal"),
        "sw": ("usimamizi", "usimamizi shirikishi", "ukaguzi", "kusimamia", "tathmini ya utendaji"),
        "es": ("supervisión", "supervis*", "visita sorpresa", "monitoreo", "acompañamiento"),
        "fr": ("supervision", "supervis*", "visite inopinée", "encadrement", "accompagnement"),
    },
    "training": {
        "en": ("training", "trained", "workshop", "skill", "refresher", "orientation"),
        "sw": ("mafunzo", "kufundisha", "warsha", "semina", "ujuzi"),
        "es": ("capacitación", "capacit*", "taller", "entrenamiento", "habilidad"),
        "fr": ("formation", "formé", "atelier", "recyclage", "compétence"),
    },
    "data": {
        "en": ("data", "register", "record", "DHIS2", "HMIS", "tally", "reporting form"),
        "sw": ("takwimu", "rejista", "kumbukumbu", "fomu", "DHIS2", "MTUHA"),
        "es": ("datos", "registro", "formulario", "SIGSA", "estadística"),
        "fr": ("données", "registre", "formulaire", "DHIS2", "SNIS", "statistique"),
    },
    "community": {
        "en": ("community", "communities", "chief", "CHPS", "volunteer", "durbar", "village", "mothers"),
        "sw": ("jamii", "kijiji", "vijiji", "wahudumu wa afya ya jamii", "viongozi wa dini", "akina mama"),
        "es": ("comunidad", "aldea", "comadrona", "promotor", "líder comunitario", "COCODE"),
        "fr": ("communauté", "village", "relais communautaire", "chef de village", "bénévole"),
    },
    "leadership": {
        "en": ("leadership", "in charge", "in-charge", "sanction", "discipline", "resist*", "ignored", "conflict"),
        "sw": ("uongozi", "mfawidhi", "nidhamu", "adhabu", "hawakutii", "mgogoro"),
        "es": ("liderazgo", "jefe de servicio", "sanción", "disciplina", "resist*", "conflicto"),
        "fr": ("direction", "responsable de centre", "sanction", "discipline", "résist*", "conflit"),
    },
    "power": {
        "en": ("electricity", "power cut", "power outage", "generator", "network", "internet", "water supply"),
        "sw": ("umeme", "jenereta", "mtandao", "maji safi", "hakuna maji"),
        "es": ("electricidad", "apagón", "generador", "internet", "sin señal", "agua potable"),
        "fr": ("électricité", "coupure", "groupe électrogène", "réseau", "internet", "eau potable"),
    },
}
