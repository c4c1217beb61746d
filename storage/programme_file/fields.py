"""What one setting may hold: codes, months, hours, phone numbers. Each reads its text once, or says what is wrong."""

from __future__ import annotations

import re
from datetime import date, time
from decimal import Decimal
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from babel.numbers import is_currency
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType
from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, StringConstraints

from conversations.grammar import fold
from conversations.keywords import WORDS
from domain.periods import ReportingPeriod
from domain.workplans import SHORT_TITLE

# Words that already mean something in a message; a code that is one of them could never be reported.
RESERVED = frozenset(
    {"YES", "NO", "NA", "NONE", "OK", "NDIYO", "NDIO", "SI", "OUI", "INDE", "AYI", "YEE", "NEDDA"}
    | {"VISIT", "VLOG", "FLAGS", "HOLD", "TELL", "DHIS", "STEP", "RATE"}
    | {fold(word).upper() for words in WORDS.values() for word in words}
)
LARGEST_TELEGRAM_ID = 2**52 - 1  # Bot API: at most 52 significant bits
LONGEST_KEY = 40  # characters
LONGEST_TITLE = 120  # characters
LONGEST_SERVICE = 16  # characters that people type from a poster on a wall
YEARS = range(2000, 2101)  # a year outside is a slip of the finger


def _key(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", text):
        raise ValueError(f'"{text}" must be written in small letters, digits and -')
    if len(text) > LONGEST_KEY:
        raise ValueError(f'"{text}" is longer than {LONGEST_KEY} characters')
    return text


def _code(text: str) -> str:
    if not re.fullmatch(r"[A-Z][A-Z0-9]{1,4}", text):
        raise ValueError(f'"{text}" must be 2 to 5 capital letters or digits, a letter first')
    if text in RESERVED or re.fullmatch(r"[HNPV]\d+", text):
        raise ValueError(f'"{text}" already means something in a message, so it cannot be an indicator')
    return text


def _activity(text: str) -> str:
    if not re.fullmatch(r"P[1-9][0-9]?", text):
        raise ValueError(f'"{text}" must be P and a number')
    return text


def _service(text: str) -> str:
    if not re.fullmatch(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)?", text) or len(text) > LONGEST_SERVICE:
        raise ValueError(f'"{text}" must be capital letters, digits and one -, at most {LONGEST_SERVICE} characters')
    return text


def _language(text: str) -> str:
    if not re.fullmatch(r"[a-z]{2,3}", text):
        raise ValueError(f'"{text}" is not a language code of two or three small letters')
    return text


def _country(text: str) -> str:
    if text not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError(f'"{text}" is not a country code of two capital letters')
    return text


def _zone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f'"{text}" is not a time zone; write continent and city') from None


def _month(value: object) -> ReportingPeriod:
    try:
        month = ReportingPeriod.parse(str(value))
    except ValueError:
        raise ValueError(f'"{value}" is not a month written year-month') from None
    if month.year not in YEARS:
        raise ValueError(f'"{value}" has a year that cannot be meant')
    return month


def _day(value: object) -> date:
    try:
        day = date.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f'"{value}" is not a day written year-month-day') from None
    if day.year not in YEARS:
        raise ValueError(f'"{value}" has a year that cannot be meant')
    return day


def _hour(value: object) -> time:
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", str(value)):
        raise ValueError(f'"{value}" is not a time of day from 00:00 to 23:59')
    return time.fromisoformat(str(value))


def _phone(text: str) -> str:
    try:
        number = phonenumbers.parse(text, None)
    except NumberParseException:
        raise ValueError(f'"{text}" is not an international phone number; begin with + and the country code') from None
    if not phonenumbers.is_valid_number(number):
        raise ValueError(f'"{text}" is not a phone number that exists')
    if phonenumbers.number_type(number) == PhoneNumberType.FIXED_LINE:
        raise ValueError(f'"{text}" is a fixed line, which cannot receive SMS')
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))


def _email(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", text):
        raise ValueError(f'"{text}" is not an e-mail address')
    return text


def _join_code(text: str) -> str:
    if not re.fullmatch(r"[A-Z]{3}-[A-Z0-9]{4}", text):
        raise ValueError(f'"{text}" must be three capital letters, - and four capital letters or digits')
    return text


def _short(text: str) -> str:
    if len(text) > SHORT_TITLE:
        raise ValueError(f'"{text}" has {len(text)} characters; {SHORT_TITLE} fit a list of four in one SMS')
    return text


def _theme_word(text: str) -> str:
    if not re.fullmatch(r"[^\W_].*[^\W_]\*?", text):
        raise ValueError(f'"{text}" is not a word; it may end in * to stand for all that begin so')
    return text


def _prefix(text: str) -> str:
    code = text.removeprefix("+")
    known = any(code.startswith(str(country)) for country in phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
    if not (re.fullmatch(r"\+[1-9][0-9]{0,10}", text) and known):
        raise ValueError(f'"{text}" is not how a phone number begins: + and the code of a country')
    return text


def _currency(text: str) -> str:
    if not is_currency(text):
        raise ValueError(f'"{text}" is not a currency of three capital letters')
    return text


def _title(text: str) -> str:
    if len(text) > LONGEST_TITLE:
        raise ValueError(f"is longer than {LONGEST_TITLE} characters")
    return text


def _as_written(value: object) -> object:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number else value


Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
ShortWords = Annotated[Words, AfterValidator(_short)]
Title = Annotated[Words, AfterValidator(_title)]
Key = Annotated[str, AfterValidator(_key)]
Code = Annotated[str, AfterValidator(_code)]
ActivityKey = Annotated[str, AfterValidator(_activity)]
ServiceCode = Annotated[str, AfterValidator(_service)]
Language = Annotated[str, AfterValidator(_language)]
Country = Annotated[str, AfterValidator(_country)]
Zone = Annotated[str, AfterValidator(_zone)]
Email = Annotated[str, AfterValidator(_email)]
Phone = Annotated[str, AfterValidator(_phone)]
TelegramId = Annotated[int, Field(ge=1, le=LARGEST_TELEGRAM_ID)]
JoinCode = Annotated[str, AfterValidator(_join_code)]
Month = Annotated[ReportingPeriod, PlainValidator(_month)]
Day = Annotated[date, PlainValidator(_day)]
Hour = Annotated[time, PlainValidator(_hour)]
Raw = Annotated[Words, BeforeValidator(_as_written)]
Number = Annotated[float, Field(allow_inf_nan=False)]
ThemeWord = Annotated[Words, AfterValidator(_theme_word)]
Prefix = Annotated[str, AfterValidator(_prefix)]
Currency = Annotated[str, AfterValidator(_currency)]
Money = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]
Range = tuple[Number, Number]
