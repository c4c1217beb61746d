"""In a long message each value stands on its own: a doubt, an hour or a count of something else spoils no other."""

from __future__ import annotations

import pytest

from tests.test_grammar import OCTOBER, read


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("ABS not 12, STO 20", "en", "?ABS inexact 12, STO=20"),
        ("ABS less than 12 STO 20", "en", "?ABS inexact 12, STO=20"),
        ("ABS between 12 and 14, STO 20", "en", "?ABS two_readings 12|14, STO=20"),
        ("YAW not yet counted STO 20", "en", "?YAW no_value, STO=20"),
        ("STO 20 YAW not yet", "en", "STO=20, ?YAW no_value"),
        ("ABS 12 oh no it is 14 STO 20", "en", "?ABS two_readings 12|14, STO=20"),
        ("ABS 12 went down, STO 20", "en", "?ABS inexact 12, STO=20"),
        ("ABS 12 and STO not 20", "en", "ABS=12, ?STO inexact 20"),
        ("ABS 12 but STO 20", "en", "ABS=12, STO=20"),
        ("ABS 12 lakini STO 20", "sw", "ABS=12, STO=20"),
        ("ABS no es 12, STO 20", "es", "?ABS inexact 12, STO=20"),
        ("DMT pas encore, STO 20", "fr", "?DMT no_value, STO=20"),
    ],
)
def test_a_denial_is_about_the_value_it_stands_with(text: str, language: str, expected: str) -> None:
    assert read(text, language) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Not ABS 12, STO 20", "?ABS inexact 12, ?STO inexact 20"),
        ("ABS 12 not STO 20", "?ABS inexact 12, ?STO inexact 20"),
        ("ABS not STO 20", "?ABS no_value, ?STO inexact 20"),
        ("ABS 12 ne sont pas STO 20", "?ABS inexact 12, ?STO inexact 20"),
        ("ABS 12, not STO 20 YAW 5", "ABS=12, ?STO inexact 20, ?YAW inexact 5"),
        ("ABS 12 and STO 20 not final", "?ABS inexact 12, ?STO inexact 20"),
        ("ABS 12, STO 20 are not final", "?ABS inexact 12, ?STO inexact 20"),
        ("ABS 12, STO 20, not sure", "?ABS inexact 12, ?STO inexact 20"),
        ("ABS 12, STO 20 is cumulative", "?ABS inexact 12, ?STO inexact 20"),
        ("neither ABS 12 nor STO 20", "?ABS inexact 12, ?STO inexact 20"),
        ("ABS 12 but it is not so, STO 20", "?ABS inexact 12, STO=20"),
        ("ABS 12, STO 20?", "?ABS inexact 12, ?STO inexact 20"),
    ],
)
def test_a_denial_of_several_values_is_about_them_all(text: str, expected: str) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Sorry, the lights were off for 3 days. ABS 12, STO 20", "en", "ABS=12, STO=20"),
        ("Sorry for delay, network down 3 days, ABS 12, STO 20", "en", "ABS=12, STO=20"),
        ("My line is 020 000 0187. ABS 12", "en", "ABS=12"),
        ("ABS 12 STO 20. Ring 0200000187 or come by 4pm", "en", "ABS=12, STO=20"),
        ("ABS 12 and 3 clinics did not send, STO 20", "en", "ABS=12, STO=20"),
        ("ABS 12. 3 clinics did not send.", "en", "ABS=12"),
        ("sorry 4 late msg. ABS 12. STO tell u 2moro", "en", "ABS=12, ?STO no_value"),
        ("Tumekaa bila umeme tangu saa 11. ABS 12, STO 20", "sw", "ABS=12, STO=20"),
        ("Visita del 14/10 a las 9:30. ABS 5/42", "es", "ABS=11.9(5/42)"),
        ("ABS 5/42 y los otros 3 centros no enviaron nada", "es", "ABS=11.9(5/42)"),
        ("Panne de courant depuis 3 jours. ABS 12 et STO 20", "fr", "ABS=12, STO=20"),
        ("ABS 12 daftari limepatikana", "sw", "ABS=12"),
    ],
)
def test_a_number_about_something_else_is_no_value(text: str, language: str, expected: str) -> None:
    assert read(text, language) == expected


@pytest.mark.parametrize(
    "text",
    [
        "ABS 12. Sorry it is 14",
        "ABS 12. Actually 14 days",
        "ABS 12. Not 12 but 3 clinics did not send",
        "ABS 12 and 14 nurses",
        "ABS 12, 3 days",
        "ABS 12 or 3 clinics that did not send",
        "ABS 3. Out of 20 clinics that did not send",
        "ABS 3\n20 clinics visited",
        "12. ABS 14",
        "There were 15 cases. ABS 5",
        "REP 9 staff. ABS 12",
        "ABS 12 register lost",
        "ABS 3 clinics",
        "ABS 5pm",
        "ABS. 3 clinics did not send",
        "31/08. ABS 12",
        "ABS 2day 12",
    ],
)
def test_a_number_that_may_be_the_value_is_asked_about(text: str) -> None:
    assert read(text).startswith("?ABS")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"October figures as at 31/10/{OCTOBER.year}: ABS 12", "ABS=12"),
        (f"October figures. Sent 03/11/{OCTOBER.year}. ABS 12", "ABS=12"),
        (f"October ABS 12, 30/09/{OCTOBER.year} STO 20", f"!30/09/{OCTOBER.year} bad_period"),
        (f"31/10/{OCTOBER.year} ABS 12", f"!31/10/{OCTOBER.year} bad_period"),
    ],
)
def test_a_date_beside_the_month_that_is_named_changes_nothing(text: str, expected: str) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("67 yes 5", "ANC1=67, DMT=1, YAW=5"),
        ("67, no, 5", "ANC1=67, DMT=0, YAW=5"),
        ("yes 67 5", ""),
        ("67 yes 5 6", ""),
    ],
)
def test_yes_and_no_stand_in_a_bare_list_where_they_were_asked(text: str, expected: str) -> None:
    assert read(text, prompted=("ANC1", "DMT", "YAW")) == expected
