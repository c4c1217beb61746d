"""The programme file: the sample and the documented example load; every mistake is named with line and example."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, time
from pathlib import Path

import pytest
from pydantic import BaseModel

from domain.indicators import Direction, Entry
from domain.people import Role
from domain.periods import ReportingPeriod
from domain.programme import AlertLadder, DigestTime, Programme, QuietHours
from storage.programme_file import Problem, ProgrammeError, parse_programme, sample_text, warnings
from storage.programme_file.section import Eg, model_in, settings_of
from storage.programme_file.sections import ProgrammeFile

GUIDE = Path(__file__).parent.parent / "docs" / "programme-file.md"


@pytest.fixture(scope="module")
def sample() -> Programme:
    return parse_programme(sample_text())


@pytest.fixture(scope="module")
def small() -> str:
    """The whole small programme that the guide shows."""
    shown = re.search(r"```yaml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert shown
    return shown[1]


def problems_of(text: str) -> tuple[Problem, ...]:
    with pytest.raises(ProgrammeError) as caught:
        parse_programme(text)
    return caught.value.problems


def edited(text: str, old: str, new: str) -> str:
    assert old in text, f"{old!r} is not in the programme to edit"
    return text.replace(old, new, 1)


def line_of(text: str, words: str) -> int:
    return text[: text.index(words)].count("\n") + 1


# The sample


def test_the_sample_has_nine_districts_in_groups_of_three(sample: Programme) -> None:
    assert len(sample.districts) == 9
    assert [len(group.districts) for group in sample.groups.values()] == [3, 3, 3]
    assert all(
        sample.districts[code].group == group.code for group in sample.groups.values() for code in group.districts
    )


def test_the_sample_counts_24_indicators_named_in_four_languages(sample: Programme) -> None:
    assert len(sample.indicators) == 24
    assert all(set(indicator.names) == {"en", "sw", "es", "fr"} for indicator in sample.indicators.values())
    assert all(4 <= len(district.indicators) <= 6 for district in sample.districts.values())


def test_the_sample_marks_indicators_that_have_a_rule_of_their_own(sample: Programme) -> None:
    assert [code for code, indicator in sample.indicators.items() if indicator.cumulative] == ["APR"]
    assert [code for code, indicator in sample.indicators.items() if indicator.pace] == ["BEX"]
    assert [code for code, indicator in sample.indicators.items() if indicator.slow] == ["VAC"]
    assert {code: i.alert_above for code, i in sample.indicators.items() if i.alert_above is not None} == {"MD": 0}


def test_the_sample_has_everybody_it_needs(sample: Programme) -> None:
    roles = Counter(person.role for person in sample.people)
    assert roles == {Role.FOCAL: 18, Role.PARTNER: 9, Role.FACILITATOR: 3, Role.MANAGER: 2}
    assert {person.language for person in sample.people} <= set(sample.languages)
    assert {person.key for person in sample.people if person.join_code} == {"yaw", "esi"}


def test_the_sample_plans_and_remembers_for_every_district(sample: Programme) -> None:
    assert sample.workplans.keys() == sample.districts.keys()
    assert all(len(plan.strategies) == 2 and 3 <= len(plan.activities) <= 4 for plan in sample.workplans.values())
    dates = [activity.due_on for plan in sample.workplans.values() for activity in plan.activities]
    assert min(dates) >= date(2026, 9, 30)
    assert max(dates) <= date(2027, 3, 31)
    assert sample.history is not None
    months = {ReportingPeriod(2026, month) for month in range(4, 10)}
    for code, district in sample.districts.items():
        assert sample.history[code].keys() == set(district.indicators)
        assert all(values.keys() == months for values in sample.history[code].values())


def test_the_sample_uses_only_numbers_that_belong_to_nobody(sample: Programme) -> None:
    paths = [address for person in sample.people for address in person.addresses]
    assert len(paths) == len(set(paths))
    assert all(re.fullmatch(r"tel:\+2332000000\d\d|telegram:7000\d\d", path) for path in paths)


def test_the_sample_fits_in_the_messages_of_asuo(sample: Programme) -> None:
    ama = next(person for person in sample.people if person.key == "ama")
    assert (ama.district, ama.preferred) == ("asuo", "tel")
    assert ama.addresses == ("tel:+233200000011", "telegram:700011")
    assert sample.districts["asuo"].indicators == ("ANC1", "ABS", "APR", "YAW")


def test_the_sample_warns_of_three_codes_and_of_languages_without_names() -> None:
    found = [problem.what.split(":")[0] for problem in warnings(sample_text())]
    assert found == ["programme.languages", "indicators.DROP", "indicators.APR", "indicators.STO"]


# What becomes of it


def test_what_is_left_out_is_as_the_guide_says(small: str) -> None:
    programme = parse_programme(small)
    assert [(rung.key, rung.at) for rung in programme.ladder] == [
        ("prompt1", time(14)),
        ("nudge3", time(14)),
        ("nudge5", time(14)),
        ("late_list6", time(8)),
        ("overdue9", time(9)),
    ]
    assert (programme.alerts, programme.quiet, programme.digest) == (AlertLadder(), QuietHours(), DigestTime())
    assert programme.due_working_day == 5


def test_values_are_built_as_written(small: str) -> None:
    programme = parse_programme(
        edited(small, "starts:", "due_working_day: 7\n  starts:").replace("working_day: 7", "working_day: 4")
    )
    assert programme.due_working_day == 4
    target = programme.districts["asuo"].targets["ANC1"]
    assert (target.starts, target.by, target.direction) == (
        ReportingPeriod(2026, 1),
        ReportingPeriod(2027, 6),
        Direction.HIGHER,
    )
    activity = programme.workplans["asuo"].activities[0]
    assert (activity.key, activity.owner, activity.due_on) == ("P1", "ama", date(2026, 12, 15))
    assert programme.indicators["MD"].alert_above == 0
    assert programme.indicators["ANC1"].entry is Entry.RATIO
    assert programme.history == {
        "asuo": {
            "ANC1": {ReportingPeriod(2026, 8): "381/615", ReportingPeriod(2026, 9): "400/615"},
            "MD": {ReportingPeriod(2026, 8): "0", ReportingPeriod(2026, 9): "NA"},
        }
    }


def test_a_person_without_a_time_zone_has_that_of_the_programme(small: str) -> None:
    zones = {person.key: person.timezone for person in parse_programme(small).people}
    assert (zones["ama"], zones["asha"]) == ("Africa/Accra", "Africa/Dar_es_Salaam")


def test_the_address_that_a_person_prefers_comes_first(small: str) -> None:
    ama = parse_programme(edited(small, "prefers: sms", "prefers: telegram")).people[0]
    assert (ama.preferred, ama.addresses[0]) == ("telegram", "telegram:700011")


def test_a_person_may_be_reached_on_whatsapp_alone_or_first(small: str) -> None:
    alone = edited(small, "telegram: 700011\n    prefers: sms", "prefers: whatsapp")
    alone = edited(alone, 'phone: "+233200000011"', 'whatsapp: "+233 20 000 0011"')
    ama = parse_programme(alone).people[0]
    assert (ama.preferred, ama.addresses) == ("whatsapp", ("whatsapp:+233200000011",))
    beside = edited(small, "prefers: sms", 'prefers: whatsapp\n    whatsapp: "+233200000011"')
    ama = parse_programme(beside).people[0]
    assert ama.addresses == ("whatsapp:+233200000011", "tel:+233200000011", "telegram:700011")


def test_a_phone_number_may_have_gaps(small: str) -> None:
    ama = parse_programme(edited(small, '"+233200000011"', '"+233 20 000 0011"')).people[0]
    assert ama.addresses[0] == "tel:+233200000011"


def test_a_facilitator_hears_on_mondays_unless_told_otherwise(small: str) -> None:
    digest = parse_programme(small + 'digest: {weekday: friday, at: "16:30"}\n').digest
    assert digest == DigestTime(5, time(16, 30))


# Mistakes, one at a time: what is right, what is written instead, where it is told if not there, the words, the example

MISTAKES = [
    # the programme
    ('country: "GH"', 'country: "Ghana"', "", 'programme.country: "Ghana" is not a country', 'country: "GH"'),
    ("Africa/Accra", "Africa/Akra", "", 'programme.timezone: "Africa/Akra" is not a time zone', "Africa/Accra"),
    ('timezone: "Africa/Accra"', 'timezone: "Africa"', "", '"Africa" is not a time zone', "Africa/Accra"),
    ('starts: "2026-01"', 'starts: "Jan 2026"', "", 'programme.starts: "Jan 2026" is not a month', '"2026-01"'),
    ('starts: "2026-01"', 'starts: "0206-01"', "", "has a year that cannot be meant", '"2026-01"'),
    ('starts: "2026-01"', "starts: 2026", "", 'programme.starts: "2026" is not a month', '"2026-01"'),
    ('languages: ["en", "sw"]', "languages: []", "", "programme.languages: is empty", '["en", "sw"]'),
    ('languages: ["en", "sw"]', "languages: en", "", '"en" must be a list in brackets', '["en", "sw"]'),
    ('  country: "GH"\n', "", "programme:", "programme.country: is missing", 'country: "GH"'),
    ('country: "GH"', 'contry: "GH"', "", "programme.contry: is not a setting; country is", 'country: "GH"'),
    ("people:\n", "persons:\n", "", "persons: is not a setting; here stand programme", "programme: {name"),
    ("people:\n", "poeple:\n", "", "poeple: is not a setting; people is", "people: {ama:"),
    # indicators
    ("  MD:\n", "  STOP:\n", "", 'indicators.STOP: "STOP" already means something', "indicators: {ABS:"),
    ("  MD:\n", "  REP:\n", "", 'indicators.REP: "REP" already means something', "indicators: {ABS:"),
    ("  MD:\n", "  ACHA:\n", "", 'indicators.ACHA: "ACHA" already means something', "indicators: {ABS:"),
    ("  MD:\n", "  P12:\n", "", 'indicators.P12: "P12" already means something', "indicators: {ABS:"),
    ("  MD:\n", "  Md:\n", "", '"Md" must be 2 to 5 capital letters', "indicators: {ABS:"),
    ("  MD:\n", "  MDEATH:\n", "", '"MDEATH" must be 2 to 5 capital letters', "indicators: {ABS:"),
    ("unit: count", "unit: number", "", 'indicators.MD.unit: "number" is not one of percent', "unit: percent"),
    ("entry: ratio", "entry: count", "", '"count" does not go with unit percent', "entry: ratio"),
    ("hard: [0, 150]", "hard: [0]", "", "indicators.ANC1.hard: is missing", "hard: [0, 150]"),
    ("hard: [0, 150]", "hard: [150, 0]", "", "begins at 150 and ends lower, at 0", "hard: [0, 150]"),
    ("hard: [0, 150]", 'hard: ["0", 150]', "", '"0" must be a number without quotes', "hard: [0, 150]"),
    ("hard: [0, 150]", "hard: [0, .inf]", "", "must be an ordinary number", "hard: [0, 150]"),
    ("soft: [30, 110]", "soft: [30, 151]", "", "[30, 151] is not inside the hard range [0, 150]", "soft: [30"),
    ('example: "412/615"', 'example: "some"', "", '"some" is not two counts like 412/615', 'example: "412/615"'),
    ('    example: "412/615"\n', "", "ANC1:", "indicators.ANC1.example: is missing", 'example: "412/615"'),
    ("alert_above: 0", "slow: yes", "", 'indicators.MD.slow: "yes" must be true or false', "slow: true"),
    ('{en: "First', '{fr: "First', "", "indicators.ANC1.names: has no English name", "names: {en:"),
    # groups and districts
    ("asuo, bremu, kadewa]", "asuo, bremu, kadewa, ada]", "", 'groups.group1.districts: "ada" is not a', "[asuo"),
    ("[asuo, bremu, kadewa]", "[asuo, bremu]", "  kadewa:", "districts.kadewa: is in no district group", "[kadewa"),
    ("[asuo, bremu, kadewa]", "[asuo, bremu, kadewa, asuo]", "  asuo:", "is in more than one place", "groups: {group1"),
    ("  kadewa:\n", f"  {'k' * 41}:\n", "", "is longer than 40 characters", "districts: {asuo"),
    ("  kadewa:\n", "  Kadewa:\n", "", '"Kadewa" must be written in small letters', "districts: {asuo"),
    ("[ANC1, MD]", "[ACN1, MD]", "", 'districts.asuo.indicators: "ACN1" is not an indicator', "[ANC1, ABS]"),
    ("[ANC1, MD]", "[MD, MD]", "", 'districts.asuo.indicators: "MD" is listed twice', "[ANC1, ABS]"),
    ("[ANC1, MD]", "[]", "", "districts.asuo.indicators: is empty", "[ANC1, ABS]"),
    ("      ANC1: {base", "      ABS: {base", "", 'districts.asuo.targets.ABS: "ABS" is not an', "targets: {ANC1"),
    ("value: 75", "value: 175", "", "targets.ANC1.value: 175 is outside the hard range [0, 150]", "value: 75"),
    ('by: "2027-06"', 'by: "2025-06"', "", '"2025-06" does not lie after the start, 2026-01', 'by: "2027-06"'),
    ("value: 75, ", "", "      ANC1: {base", "districts.asuo.targets.ANC1.value: is missing", "value: 75"),
    # people
    ("role: focal", "role: vocal", "", 'people.ama.role: "vocal" is not one of focal, partner', "role: focal"),
    ("    district: asuo\n", "", "  ama:", "people.ama.district: is missing; a focal person answers", "district: asuo"),
    ("district: asuo", "district: asu", "", 'people.ama.district: "asu" is not a district', "district: asuo"),
    (
        "    groups: [group1]\n",
        "",
        "  efua:",
        "people.efua.groups: is missing; a facilitator",
        "groups: [group1]",
    ),
    ("groups: [group1]", "groups: [group2]", "", 'people.efua.groups: "group2" is not a', "[group1]"),
    ("telegram: 700042", "district: asuo\n    telegram: 700042", "", "is not for a manager", "role: focal"),
    (
        "district: bremu",
        "district: bremu\n    groups: [group1]",
        "    groups:",
        "is not for a focal person",
        "district: asuo",
    ),
    ('    language: "en"\n', '    language: "es"\n', "", 'people.ama.language: "es" is not a language of this', '"en"'),
    ("Africa/Dar_es_Salaam", "EAT", "", 'people.asha.timezone: "EAT" is not a time zone', "Africa/Accra"),
    ('"+233200000011"', '"0200000011"', "", "is not an international phone number", '"+233200000011"'),
    ('"+233200000011"', '"+23320"', "", '"+23320" is not a phone number that exists', '"+233200000011"'),
    ('"+233200000011"', '"+233302123456"', "", "is a fixed line, which cannot receive SMS", "+233200000011"),
    ('"+233200000041"', '"+233200000011" ', "", "is also that of ama", "phone:"),
    (
        "telegram: 700042",
        "telegram: 700012",
        "telegram: 700012\n\nw",
        '"700012" is also that of kofi',
        "telegram: 700011",
    ),
    ("telegram: 700011", 'telegram: "700011"', "", "must be a whole number without quotes", "telegram: 700011"),
    ("telegram: 700011", "telegram: -100700011", "", "must be greater than or equal to 1", "telegram: 700011"),
    ("    telegram: 700042\n", "", "  owusu:", "people.owusu: has no phone, no telegram and no join_code", "phone:"),
    ("    telegram: 700012", "    prefers: sms\n    telegram: 700012", "", '"sms" needs a phone', "telegram"),
    ("    telegram: 700011\n    prefers: sms", "    prefers: telegram", "", "needs a telegram id", "prefers: sms"),
    ("prefers: sms", "prefers: whatsapp", "", '"whatsapp" needs a whatsapp number', "prefers: sms"),
    ("KAD-7F3Q", "KAD7F3Q", "", '"KAD7F3Q" must be three capital letters', "ASU-7F3Q"),
    ("  owusu:", "  Dr Owusu:", "", '"Dr Owusu" must be written in small letters', "people: {ama"),
    (
        "role: focal\n    district: kadewa",
        "role: partner\n    district: kadewa",
        "  kadewa:",
        "has no focal point",
        "kadewa",
    ),
    ("role: facilitator", "role: manager", "  group1:", "groups.group1: has no facilitator", "groups: [group1]"),
    ("role: manager", "role: facilitator\n    groups: [group1]", "people:", "people: has no manager", "role: manager"),
    # workplans
    ("workplans:\n  asuo:", "workplans:\n  asua:", "  asua:", 'workplans.asua: "asua" is not a district', "workplans:"),
    ("owner: ama", "owner: amma", "", 'activities.P1.owner: "amma" is not a person', "owner: ama"),
    ("strategy: S1", "strategy: S2", "", 'activities.P1.strategy: "S2" is not a strategy', "strategy: S1"),
    ('due: "2026-12-15"', 'due: "15 Dec"', "", 'activities.P1.due: "15 Dec" is not a day', 'due: "2026-12-15"'),
    ("      P1: {", "      A1: {", "", 'activities.A1: "A1" must be P and a number', "activities: {P1"),
    ('"Weekend clinic",', '"Weekend clinics",', "", "has 15 characters; 14 fit a list of four", 'short: "Visits"'),
    # history
    ("381/615", "381 of 615", "", 'history.asuo.ANC1.2026-08: "381 of 615" is not two', '"2026-08": "412/615"'),
    ("381/615", "381/0", "", '"381/0" divides by 0', '"2026-08": "412/615"'),
    ("381/615", "1381/615", "", '"1381/615" is outside the hard range [0, 150]', '"2026-08": "412/615"'),
    ('    MD: {"2026', '    SBA: {"2026', "", 'history.asuo.SBA: "SBA" is not an indicator', "history: {asuo"),
    ('{"2026-08": "381', '{"Aug": "381', "", 'history.asuo.ANC1.Aug: "Aug" is not a month', "history: {asuo"),
    ("history:\n  asuo:", "history:\n  asua:", "  asua:", 'history.asua: "asua" is not a district', "history: {asuo"),
]


@pytest.mark.parametrize(("old", "new", "where", "what", "example"), MISTAKES, ids=lambda part: str(part)[:40])
def test_a_mistake_is_told_with_its_line_and_a_right_example(
    small: str, old: str, new: str, where: str, what: str, example: str
) -> None:
    text = edited(small, old, new)
    line = line_of(text, where or new)
    told = [p for p in problems_of(text) if what in p.what and p.line == line and example in p.example]
    assert told, f"not told on line {line}: {[str(p) for p in problems_of(text)]}"
    assert str(told[0]).startswith(f"programme.yaml:{told[0].line}: ")


REMINDERS = [
    ('{step: nudge, working_day: 3, at: "14:00"}', "reminders: has no prompt", "step: prompt"),
    ("", "reminders: is empty", "step: prompt"),
    ('{step: promt, working_day: 1, at: "14:00"}', 'reminders[1].step: "promt" is not one of prompt', "step: nudge"),
    ('{step: prompt, working_day: 0, at: "14:00"}', 'reminders[1].working_day: "0" must be greater', "working_day: 3"),
    ('{step: prompt, working_day: 1, at: "25:00"}', 'reminders[1].at: "25:00" is not a time of day', 'at: "14:00"'),
    ("{step: prompt, working_day: 1, at: 2}", 'reminders[1].at: "2" is not a time of day', 'at: "14:00"'),
    (
        '{step: prompt, working_day: 3, at: "14:00"}, {step: nudge, working_day: 2, at: "14:00"}',
        "reminders[2].working_day: 2 comes before the prompt",
        "working_day: 5",
    ),
    (
        '{step: prompt, working_day: 1, at: "14:00"}, {step: prompt, working_day: 1, at: "15:00"}',
        "reminders[2]: is a second prompt on working day 1",
        "working_day: 7",
    ),
    (
        '{step: prompt, working_day: 1, at: "14:00"}, {step: overdue, working_day: 5, at: "09:00"}',
        "reminders[2].working_day: 5 is not after working day 5",
        "working_day: 6",
    ),
    ('{step: prompt, working_day: 1, at: "14:00", when_late: maybe}', '"maybe" is not one of send, skip or', "skip"),
]


@pytest.mark.parametrize(("rungs", "what", "example"), REMINDERS)
def test_a_mistake_in_the_reminders_is_told(small: str, rungs: str, what: str, example: str) -> None:
    text = f"{small}reminders: [{rungs}]\n"
    told = [problem for problem in problems_of(text) if what in problem.what]
    assert told, [str(problem) for problem in problems_of(text)]
    assert told[0].line == line_of(text, "reminders:")
    assert example in told[0].example


@pytest.mark.parametrize(
    ("section", "what"),
    [
        ("alerts: {steps: [focal]}", 'alerts.steps: "focal" cannot own an alert'),
        ("alerts: {steps: [manager, manager]}", 'alerts.steps: "manager" is listed twice'),
        ("alerts: {steps: []}", "alerts.steps: is empty"),
        ("alerts: {acknowledge_hours: 0}", "must be greater than or equal to 1"),
        ("alerts: daily", 'alerts: "daily" must have settings of its own'),
        ('quiet_hours: {starts: "7pm"}', 'quiet_hours.starts: "7pm" is not a time of day'),
        ("digest: {weekday: mon}", 'digest.weekday: "mon" is not one of monday'),
    ],
)
def test_a_mistake_in_alerts_or_hours_is_told(small: str, section: str, what: str) -> None:
    told = problems_of(f"{small}{section}\n")
    assert [problem.line for problem in told] == [small.count("\n") + 1]
    assert what in told[0].what
    assert told[0].example


PRICES = [
    ('{from: "2026-01-01", out: 0.05, currency: "Cedi"}', 'prices[1].currency: "Cedi" is not a currency', '"USD"'),
    ('{from: "January", out: 0.05, currency: "USD"}', 'prices[1].from: "January" is not a day', "from:"),
    ('{out: 0.05, currency: "USD"}', "prices[1].from: is missing", 'from: "2026-01-01"'),
    ('{from: "2026-01-01", out: -1, currency: "USD"}', 'prices[1].out: "-1" must be greater', "out: 0.045"),
    ('{from: "2026-01-01", out: 1, channel: fax, currency: "USD"}', '"fax" is not one of sms', "channel: sms"),
    ('{from: "2026-01-01", out: 1, prefix: "233", currency: "USD"}', '"233" is not how a phone number', '"+233"'),
    ('{from: "2026-01-01", out: 1, prefix: "+999", currency: "USD"}', '"+999" is not how a phone number', '"+233"'),
    ('{from: "2026-01-01", price: 1, out: 1, currency: "USD"}', "prices[1].price: is not a setting; here", "prices:"),
    (
        '{from: "2026-01-01", out: 1, currency: "USD"}, {from: "2026-03-01", out: 1, currency: "GHS"}',
        "prices[2].currency: is GHS, and USD in the first row",
        'currency: "USD"',
    ),
    (
        '{from: "2026-01-01", out: 1, currency: "USD"}, {from: "2026-01-01", out: 2, currency: "USD"}',
        "prices[2]: is a second price from 2026-01-01 for all numbers",
        "prices:",
    ),
]


@pytest.mark.parametrize(("rows", "what", "example"), PRICES)
def test_a_mistake_in_the_prices_is_told(small: str, rows: str, what: str, example: str) -> None:
    text = f"{small}prices: [{rows}]\n"
    told = [problem for problem in problems_of(text) if what in problem.what]
    assert told, [str(problem) for problem in problems_of(text)]
    assert told[0].line == line_of(text, "prices:")
    assert example in told[0].example


def test_a_number_without_a_price_is_a_warning_where_there_are_prices(small: str) -> None:
    told = warnings(small + 'prices: [{from: "2026-01-01", prefix: "+255", out: 1, currency: "USD"}]\n')
    assert [problem.what.split(":")[0] for problem in told] == ["people.ama.phone", "people.efua.phone"]
    assert warnings(small + 'prices: [{from: "2026-01-01", out: 1, currency: "USD"}]\n') == ()


def test_all_mistakes_are_told_at_once_in_the_order_of_their_lines(small: str) -> None:
    text = small
    for old, new in (
        ('country: "GH"', 'country: "Ghana"'),
        ("unit: count", "unit: number"),
        ("[ANC1, MD]", "[ACN1, MD]"),
        ('"+233200000011"', "+233200000011"),
        ("groups: [group1]", "groups: [group9]"),
        ("role: manager", "role: facilitator"),
        ("owner: ama", "owner: amma"),
        ("381/615", "381/0"),
    ):
        text = edited(text, old, new)
    told = problems_of(text)
    assert [problem.what.split(":")[0] for problem in told] == [
        "programme.country",
        "indicators.MD.unit",
        "groups.group1",
        "districts.asuo.indicators",
        "people",
        "people.ama.phone",
        "people.efua.groups",
        "people.owusu.groups",
        "workplans.asuo.activities.P1.owner",
        "history.asuo.ANC1.2026-08",
    ]
    assert [problem.line for problem in told] == sorted(problem.line for problem in told)
    with pytest.raises(ProgrammeError) as caught:
        parse_programme(text, "ours.yaml")
    assert str(caught.value).splitlines()[3] == (
        f"ours.yaml:{line_of(text, '[ACN1')}: districts.asuo.indicators: "
        '"ACN1" is not an indicator of this programme. Example: indicators: [ANC1, ABS]'
    )


def test_one_mistake_is_told_once(small: str) -> None:
    """A person whose phone is wrong is still the focal point of the district."""
    assert len(problems_of(edited(small, '"+233200000011"', '"12"'))) == 1
    assert len(problems_of(edited(small, "unit: percent", "unit: per cent"))) == 1
    assert len(problems_of(edited(small, 'name: "Kadewa"', "name: 5"))) == 1


@pytest.mark.parametrize("section", ["programme", "indicators", "groups", "districts", "people"])
@pytest.mark.parametrize("body", ["", " ", " {}", " []", " 3"])
def test_a_section_that_is_needed_is_missed(small: str, section: str, body: str) -> None:
    without = re.sub(rf"(?ms)^{section}:\n.*?(?=^\w)", f"{section}:{body}\n" if body else "", small)
    told = problems_of(without)
    assert any(problem.what.startswith(f"{section}") for problem in told)


def test_sections_that_may_be_left_out_may_be_empty(small: str) -> None:
    assert parse_programme(small + "reminders:\nalerts:\ndigest:\n").digest == DigestTime()


# YAML traps


def test_no_is_a_language_and_not_false(small: str) -> None:
    text = small.replace('languages: ["en", "sw"]', "languages: [en, no]").replace('language: "sw"', "language: no")
    programme = parse_programme(text)
    assert programme.languages == ("en", "no")
    assert programme.people[2].language == "no"


def test_an_unquoted_phone_number_asks_for_quotes(small: str) -> None:
    text = edited(small, '"+233200000011"', "+233200000011")
    (told,) = problems_of(text)
    assert told.what == "people.ama.phone: was read as the number 233200000011; put it in quotes"
    assert (told.line, told.example) == (line_of(text, "+233200000011"), 'phone: "+233200000011"')


def test_every_setting_written_twice_is_told_with_both_lines(small: str) -> None:
    text = edited(small, "role: manager", "role: manager\n    role: focal")
    text = edited(text, "  kofi:", "  ama:")
    told = [problem for problem in problems_of(text) if "written twice" in problem.what]
    assert [(problem.line, problem.what.split(":")[0]) for problem in told] == [
        (line_of(text, '  ama:\n    name: "Kofi"'), "people.ama"),
        (line_of(text, "role: focal\n    language"), "people.owusu.role"),
    ]
    assert f"first on line {line_of(text, '  ama:')}" in told[0].what


def test_hours_months_and_days_need_no_quotes_to_be_read_right(small: str) -> None:
    text = small.replace('"2026-12-15"', "2026-12-15").replace('"2027-06"', "2027-06").replace('"0", ', "0, ")
    programme = parse_programme(text + "quiet_hours: {starts: 20:30, ends: 06:00}\n")
    assert programme.quiet == QuietHours(time(20, 30), time(6))
    assert programme.workplans["asuo"].activities[0].due_on == date(2026, 12, 15)


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("", 1, "the file has no settings"),
        ("- 1\n- 2\n", 1, "the file has no settings"),
        ("programme:\n\tname: x\n", 2, "a tab stands here; use spaces"),
        ('programme:\n  name: "x\n  country: "GH"\n', 3, "this does not stand in line"),
        ('programme:\n  name: "x\n', 2, "a quote is not closed"),
        ("programme:\n  name x\n  country: GH\n", 3, "or look for a : missing above"),
        ("programme:\n  name: x\n  country\n  starts: x", 3, "a : is missing after the name"),
        ("programme:\n  name: [x\n  country: GH\n", 3, "a bracket is not closed"),
        ("programme:\n  name: x\n country: GH\n", 3, "this does not stand in line with what is above it"),
        ("programme: {a: 1}\n---\nprogramme: {}\n", 2, "a second document begins here"),
        ("programme: \x00\n", 1, "a character that YAML does not allow"),
        ("a: b: c\n", 1, "a second : stands here; put the text in quotes"),
    ],
)
def test_a_text_that_is_not_yaml_is_one_mistake(text: str, line: int, what: str) -> None:
    (told,) = problems_of(text)
    assert told.line == line
    assert what in told.what
    assert told.example
    assert warnings(text) == ()


@pytest.mark.parametrize("text", ["people: &x\n  ama: *x\n", "people: &x [*x]\n", "people: {a: &x {b: 1}, c: *x}\n"])
def test_an_alias_is_told_and_never_followed(text: str) -> None:
    assert any("is a YAML alias" in problem.what for problem in problems_of(text))


def test_a_tag_that_does_not_fit_is_told(small: str) -> None:
    text = edited(small, "telegram: 700042", "telegram: !!int many")
    assert any('"many" does not fit its YAML tag' in problem.what for problem in problems_of(text))


# Warnings


@pytest.mark.parametrize(
    ("old", "new", "what", "example"),
    [
        ("  MD:", "  APR:", '"APR" is also a month', "APR1:"),
        ("  MD:", "  MAR:", '"MAR" is also a month', "MAR1:"),
        ("  MD:", "  DROP:", '"DROP" is also a word of the action plan', "DROP1:"),
        ("  MD:", "  STO:", '"STO" is one slip from STOP', "NSTO:"),
        ("  MD:", "  SOTP:", '"SOTP" is one slip from STOP', "SOTP1:"),
        (', sw: "Vifo vya wajawazito vituoni"', "", "has no name in sw", "names: {en:"),
        ("indicators: [ANC1, MD]", "indicators: [MD]", '"ANC1" is not among what this district reports', "[ANC1]"),
        ("[asuo, bremu, kadewa]", "[asuo, bremu]", "groups.group1.districts: are 2, not 3", "group_size: 2"),
        ('short: "Weekend clinic", ', "", 'is shown as "Weekend clinic" in lists by SMS', 'short: "Visits"'),
    ],
)
def test_what_may_surprise_is_a_warning(small: str, old: str, new: str, what: str, example: str) -> None:
    (told,) = warnings(edited(small, old, new), "ours.yaml")
    assert what in told.what
    assert example in told.example
    assert str(told).startswith("ours.yaml:")


def test_a_group_of_another_size_is_welcome_once_it_is_meant(small: str) -> None:
    text = re.sub(r"(?ms)^  kadewa:.*?(?=^\w)", "", small).replace(", kadewa]", "], group_size: 2")
    text = text.replace("district: kadewa", "district: bremu")
    assert len(parse_programme(text).districts) == 2
    assert warnings(text) == ()


def test_a_reminder_in_the_quiet_hours_is_a_warning(small: str) -> None:
    (told,) = warnings(small + 'reminders: [{step: prompt, working_day: 1, at: "20:00"}]\n')
    assert told.what == "reminders[1].at: 20:00 lies in the quiet hours, so it waits until 07:00"


# What explains itself


def _settings(model: type[BaseModel], seen: frozenset[type[BaseModel]] = frozenset()) -> Iterator[tuple[str, object]]:
    for name, field in settings_of(model).items():
        yield f"{model.__name__}.{name}", field
        inner = model_in(field.annotation)
        if inner and inner not in seen:
            yield from _settings(inner, seen | {inner})


def test_every_setting_has_an_example_and_a_place_in_the_guide() -> None:
    guide = GUIDE.read_text(encoding="utf-8")
    for place, field in _settings(ProgrammeFile):
        name = place.partition(".")[2]
        example = next(meta.text for meta in field.metadata if isinstance(meta, Eg))  # type: ignore[attr-defined]
        assert example.startswith(f"{name}:"), place
        assert re.search(rf"`([a-z_]+\.)?{name}`|^## .*{name}", guide, re.MULTILINE), f"{place} is not in the guide"
