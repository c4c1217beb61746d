"""A setting that is wrong is named before anything starts, and its content is not told."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import Settings, read_settings


@pytest.fixture(autouse=True)
def nothing_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in a folder without a file of settings, as somebody who has set nothing."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def refused(monkeypatch: pytest.MonkeyPatch, **settings: str) -> str:
    """Return what is said of these settings, which are refused."""
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=r"\S") as wrong:
        read_settings()
    return str(wrong.value)


@pytest.mark.parametrize("scheme", ["postgresql+psycopg2", "postgresql+asyncpg", "sqlite+aiosqlite", "mysql"])
def test_a_driver_that_we_do_not_have_is_named(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    said = refused(monkeypatch, DATABASE_URL=f"{scheme}://kumbusha:private@127.0.0.1/kumbusha")
    assert said.startswith("DATABASE_URL: ")
    assert said.endswith(f"it must begin with sqlite:/// or postgresql://, not with {scheme}://")


def test_no_part_of_a_password_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    said = refused(monkeypatch, DATABASE_URL="postgresql://kumbusha:half@private@127.0.0.1/kumbusha")
    assert said == "DATABASE_URL: an @ in the password must be written %40"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg", "sqlite"])
def test_the_drivers_that_we_have_are_taken(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    monkeypatch.setenv("DATABASE_URL", f"{scheme}:///kumbusha")
    assert read_settings().embedded == (scheme == "sqlite")


def test_a_secret_that_is_too_short_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    said = refused(monkeypatch, KUMBUSHA_SECRET="private")
    assert "KUMBUSHA_SECRET is shorter than 16 characters" in said
    assert "private" not in said


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_a_setting_that_is_left_empty_is_not_set(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    nothing = read_settings()
    monkeypatch.setenv(name.upper(), "")
    assert read_settings() == nothing
    monkeypatch.delenv(name.upper())
    (tmp_path / ".env").write_text(f"{name.upper()}=\n")
    assert read_settings() == nothing


@pytest.mark.parametrize("name", ["SMS_GATEWAY", "WHATSAPP_TEMPLATES"])
def test_what_is_no_json_is_asked_whether_it_is(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    said = refused(monkeypatch, **{name: '{"private'})
    assert name.lower() in said.lower()
    assert said.endswith("is it JSON?")
    assert "private" not in said


def test_a_mistake_inside_the_gateways_settings_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    said = refused(monkeypatch, SMS_GATEWAY='{"url": "sms.private.example/api"}')
    assert said.startswith("SMS_GATEWAY.URL: ")
    assert "private" not in said


@pytest.mark.parametrize("url", ["https://kumbusha.example/", "https://kumbusha.example//", "http://127.0.0.1:8000/"])
def test_a_public_address_ends_where_the_paths_begin(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("PUBLIC_URL", url)
    assert read_settings().public_url == url.rstrip("/")


@pytest.mark.parametrize(
    "url", ["https://private usha:x", "https://", "private.example", "http://private.example", "ftp://private.example"]
)
def test_a_public_address_that_nobody_could_call_is_named(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    said = refused(monkeypatch, PUBLIC_URL=url)
    assert said.startswith("PUBLIC_URL: ")
    assert "private" not in said


@pytest.mark.parametrize("name", ["TELEGRAM_BASE_URL", "TWILIO_BASE_URL", "KUMBUSHA_HEARTBEAT_URL"])
@pytest.mark.parametrize("url", ["private.example", "https://private example:x"])
def test_another_address_that_cannot_be_called_is_named(monkeypatch: pytest.MonkeyPatch, name: str, url: str) -> None:
    said = refused(monkeypatch, **{name: url})
    assert said.startswith(f"{name}: ")
    assert "private" not in said


def test_a_secret_that_telegram_would_not_take_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    said = refused(monkeypatch, TELEGRAM_SECRET="private words", PUBLIC_URL="https://kumbusha.example")
    assert said == "TELEGRAM_SECRET: it may hold letters, digits, _ and - only, at most 256 of them"


def test_a_webhook_without_an_address_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "TELEGRAM_SECRET needs PUBLIC_URL" in refused(monkeypatch, TELEGRAM_SECRET="s3cret")


def test_someone_must_be_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refused(monkeypatch, MOST_WAITING="0").startswith("MOST_WAITING: ")


@pytest.mark.parametrize("sender", ["233200000000", "whatsapp:+233200000000", "+233 20 000 0000", "+"])
def test_a_sender_that_twilio_would_not_know_is_named(monkeypatch: pytest.MonkeyPatch, sender: str) -> None:
    assert refused(monkeypatch, TWILIO_SENDER=sender).startswith("TWILIO_SENDER: ")


@pytest.mark.parametrize("sender", ["+233200000000", "MG0123456789abcdef", "1400", "HEALTH"])
def test_senders_of_sms_that_twilio_knows_are_taken(monkeypatch: pytest.MonkeyPatch, sender: str) -> None:
    monkeypatch.setenv("TWILIO_SENDER", sender)
    assert read_settings().twilio_sender == sender


def test_a_sender_on_whatsapp_is_a_number_as_twilio_shows_it_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    for sender in ("+14155238886", "whatsapp:+14155238886"):
        monkeypatch.setenv("TWILIO_WHATSAPP_SENDER", sender)
        assert read_settings().twilio_whatsapp_sender == "+14155238886"
    assert refused(monkeypatch, TWILIO_WHATSAPP_SENDER="HEALTH").startswith("TWILIO_WHATSAPP_SENDER: ")
