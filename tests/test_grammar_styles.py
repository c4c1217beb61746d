"""Whatever way a report is written, it is read as it was meant or asked about, never as something else."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from conversations.grammar import read_report
from conversations.grammar.reading import NoData, Read
from domain.measures import Measure, Unit
from domain.periods import ReportingPeriod
from tests.test_grammar import EXPECTED, INDICATORS, OCTOBER

LANGUAGES = ("en", "sw", "es", "fr")
SEPTEMBER = ReportingPeriod(2026, 9)

EN = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
EN_ONES = (EN + " eighteen nineteen").split()
EN_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
ES = "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete"
ES_ONES = (
    ES + " dieciocho diecinueve veinte veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete"
    " veintiocho veintinueve"
).split()
ES_TENS = ["treinta", "cuarenta", "cincuenta", "sesenta", "setenta", "ochenta", "noventa"]
ES_HUNDREDS = [
    "ciento",
    "doscientos",
    "trescientos",
    "cuatrocientos",
    "quinientos",
    "seiscientos",
    "setecientos",
    "ochocientos",
    "novecientos",
]
FR = "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize"
FR_ONES = (FR + " dix-sept dix-huit dix-neuf").split()
FR_TENS = ["vingt", "trente", "quarante", "cinquante", "soixante", "soixante", "quatre-vingt", "quatre-vingt"]
SW_ONES = ["sifuri", "moja", "mbili", "tatu", "nne", "tano", "sita", "saba", "nane", "tisa"]
SW_TENS = ["kumi", "ishirini", "thelathini", "arobaini", "hamsini", "sitini", "sabini", "themanini", "tisini"]


def in_words(number: int, language: str) -> str:
    """Write a number below a thousand as a speaker does."""
    return {"en": english, "es": spanish, "fr": french, "sw": swahili}[language](number)


def english(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    small = EN_ONES[rest] if rest < 20 else EN_TENS[rest // 10 - 2] + (f"-{EN_ONES[rest % 10]}" if rest % 10 else "")
    if not hundreds:
        return small
    return f"{EN_ONES[hundreds]} hundred" + (f" and {small}" if rest else "")


def spanish(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    small = ES_ONES[rest] if rest < 30 else ES_TENS[rest // 10 - 3] + (f" y {ES_ONES[rest % 10]}" if rest % 10 else "")
    if not hundreds:
        return small
    return f"{ES_HUNDREDS[hundreds - 1]} {small}" if rest else ("cien" if hundreds == 1 else ES_HUNDREDS[hundreds - 1])


def french(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    if rest < 20:
        small = FR_ONES[rest]
    else:
        tens, ones = divmod(rest, 10)
        ones += 10 * (tens in (7, 9))
        and_ = " et " if ones in (1, 11) and tens < 8 else "-"
        small = FR_TENS[tens - 2] + (f"{and_}{FR_ONES[ones]}" if ones else "s" * (tens == 8))
    if not hundreds:
        return small
    head = "cent" if hundreds == 1 else f"{FR_ONES[hundreds]} cent"
    return f"{head} {small}" if rest else head + "s" * (hundreds > 1)


def swahili(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    parts = [f"mia {SW_ONES[hundreds]}"] * bool(hundreds) + [SW_TENS[tens - 1]] * bool(tens)
    return " na ".join([*parts, *([SW_ONES[ones]] if ones or not parts else [])])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_number_below_a_thousand_is_read_in_words(language: str) -> None:
    expected = replace(EXPECTED, language=language)
    wrong = []
    for number in range(1000):
        items = read_report(f"OPD {in_words(number, language)}", expected).items
        # The French "sept" is September in another language, and is asked.
        if items != (Read("OPD", OCTOBER, Measure(float(number), Unit.COUNT)),) and (language, number) != ("fr", 7):
            wrong.append((in_words(number, language), items))
    assert wrong == []


@dataclass(frozen=True)
class Said:
    """A value and how it is written."""

    code: str
    written: str
    measure: Measure | None


OUT_OF = {"en": ("of", "out of"), "sw": ("kati ya",), "es": ("de", "de cada"), "fr": ("sur",)}
PERCENT = {
    "en": ("{n}%", "{n} percent", "{n} per cent"),
    "sw": ("asilimia {n}", "{n}%"),
    "es": ("{n} por ciento", "{n} %"),
    "fr": ("{n} pour cent", "{n} %"),
}
MONTHS = {
    "en": ("SEP", "September", "Sept 2026", "2026-09", "09/2026", "sep26", "month of September"),
    "sw": ("Septemba", "mwezi wa tisa", "Septemba 2026", "2026-09"),
    "es": ("septiembre", "septiembre de 2026", "mes de septiembre", "09/2026"),
    "fr": ("septembre", "septembre 2026", "mois de septembre", "2026-09"),
}
GREETING = {
    "en": ("", "Good afternoon, this is Asuo. ", "Hello team, please find our report: "),
    "sw": ("", "Habari za mchana, hapa Asuo. ", "Shikamoo, naomba pokea ripoti: "),
    "es": ("", "Buenas tardes, les escribo de Asuo. ", "Hola, envío el informe: "),
    "fr": ("", "Bonjour, ici Asuo. ", "Bonjour chef, veuillez recevoir nos données : "),
}
THANKS = {
    "en": ("", ". Thanks", ". Best regards"),
    "sw": ("", ". Asante sana", ". Kazi njema"),
    "es": ("", ". Muchas gracias", ". Saludos"),
    "fr": ("", ". Merci beaucoup", ". Cordialement"),
}
IS = {"en": ("is", "was"), "sw": ("ni", "ilikuwa"), "es": ("es", "fue"), "fr": ("est", "était")}
NO_DATA = {"en": "no data", "sw": "hakuna takwimu", "es": "sin datos", "fr": "pas de données"}
ZEROS = (0x0030, 0x0660, 0x06F0, 0x0966, 0xFF10)


def digits(text: str, zero: int) -> str:
    return "".join(chr(zero + int(ch)) if ch in "0123456789" else ch for ch in text)


@st.composite
def said(draw: st.DrawFn, code: str, language: str) -> Said:
    unit = INDICATORS[code].unit
    number = draw(st.integers(0, 100))
    zero = draw(st.sampled_from(ZEROS))
    measure = Measure(float(number), unit)
    kind = draw(st.sampled_from(["plain", "words", "missing", "percent", "ratio"]))
    if kind == "missing":
        return Said(code, draw(st.sampled_from(["NA", NO_DATA[language]])), None)
    if kind == "words":
        return Said(code, in_words(number, language), measure)
    if kind == "percent" and unit is Unit.PERCENT:
        how = draw(st.sampled_from(PERCENT[language]))
        return Said(code, how.format(n=digits(str(number), zero)), measure)
    if kind == "ratio" and unit is Unit.PERCENT:
        whole = draw(st.integers(max(number, 13), 999))
        joint = draw(st.sampled_from(["/", *(f" {words} " for words in OUT_OF[language])]))
        return Said(code, digits(f"{number}{joint}{whole}", zero), Measure.ratio(number, whole, unit))
    return Said(code, digits(str(number), zero), measure)


@st.composite
def reports(draw: st.DrawFn) -> tuple[str, str, tuple[Said, ...], ReportingPeriod]:
    language = draw(st.sampled_from(LANGUAGES))
    codes = draw(st.lists(st.sampled_from(["ANC1", "ABS", "YAW", "OPD", "STO"]), min_size=1, max_size=5, unique=True))
    values = tuple(draw(said(code, language)) for code in codes)
    link = draw(st.sampled_from([" ", ": ", "=", " = ", "\t", *(f" {word} " for word in IS[language])]))
    join = draw(st.sampled_from([", ", "; ", "\n", " | ", " & ", ",\n"]))
    body = join.join(f"{value.code}{link}{value.written}" for value in values)
    if draw(st.booleans()):
        body = body.lower().replace("na", "NA") if "NA" in body else body.lower()
    month = draw(st.sampled_from(["", *MONTHS[language]]))
    verb = draw(st.sampled_from(["", "REP ", "Rep. ", "RIPOTI ", "INFORME ", "RAPPORT : "]))
    at_end = draw(st.booleans()) and bool(month)
    body = f"{body}{join}{month}" if at_end else f"{month} {body}" if month else body
    text = draw(st.sampled_from(GREETING[language])) + verb + body + draw(st.sampled_from(THANKS[language]))
    return language, text, values, SEPTEMBER if month else OCTOBER


@given(reports())
@settings(max_examples=500)
@example(("sw", "Hujambo, Mwelu Juu hapa, ABS 15", (Said("ABS", "15", Measure(15.0, Unit.PERCENT)),), OCTOBER))
def test_a_report_in_any_style_is_read_as_meant_or_asked(
    report: tuple[str, str, tuple[Said, ...], ReportingPeriod],
) -> None:
    language, text, values, period = report
    meant = {(v.code, period, v.measure) for v in values}
    reading = read_report(text, replace(EXPECTED, language=language))
    read = {(i.code, i.period, i.measure) for i in reading.items if isinstance(i, Read)}
    missing = {(i.code, i.period, None) for i in reading.items if isinstance(i, NoData)}
    assert read | missing <= meant
    asked = {i.code for i in reading.items} | ({v.code for v in values} if reading.period_asked else set())
    assert {v.code for v in values} <= asked
