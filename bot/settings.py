"""What the operator sets, read once by an entry point from the environment or a .env file, and handed down."""

from __future__ import annotations

import re
import secrets
from pathlib import Path
from typing import Self

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from bot.channels.gateway import GatewaySettings, checked_address, host_of
from storage.sealing import Keyring

DRIVERS = ("sqlite", "postgresql", "postgresql+psycopg", "postgres")  # the last is how hosting services still call it
LOOPBACK = ("127.0.0.1", "::1", "localhost")  # where nothing is overheard
SENDER = r"\+[0-9]{7,15}|MG[0-9A-Za-z]+"  # a number, or a messaging service
SHORT_CODE_OR_NAME = r"[0-9]{3,8}|(?=.*[A-Za-z])[0-9A-Za-z &_+-]{1,11}"  # which some countries have for SMS
LOST = "is missing: put it back from its copy, or set KUMBUSHA_SECRET to what was in it"


class Settings(BaseSettings):
    """Every setting, with what it is for. Names in the environment are upper case: DATABASE_URL and so on."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_ignore_empty=True,
        env_nested_delimiter="__",
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    database_url: str = Field("sqlite:///kumbusha.sqlite", description="SQLite file or PostgreSQL address")
    kumbusha_secret: str = Field("", description="the secret from which encryption keys are derived; keep it safe")
    public_url: str = Field("", description="https address under which providers reach our webhooks")
    host: str = Field("127.0.0.1", description="address the web server listens on")
    port: int = Field(8000, description="port the web server listens on")
    most_waiting: int = Field(500, ge=1, description="webhooks under way at once; more are told to come again")
    metrics_token: str = Field("", description="bearer token with which /metrics is read; no such page when empty")

    kumbusha_heartbeat_url: str = Field("", description="called every 5 minutes while every open alert is owned")

    telegram_token: str = Field("", description="bot token from BotFather")
    telegram_secret: str = Field("", description="secret header of the Telegram webhook; long polling when empty")
    telegram_per_second: float = Field(25, gt=0, description="messages a second that the bot may send")
    telegram_base_url: str = Field("", description="another Telegram API address, such as a local Bot API server")

    twilio_account_sid: str = Field("", description="Twilio account, AC...")
    twilio_auth_token: str = Field("", description="Twilio auth token; also signs the webhooks")
    twilio_sender: str = Field("", description="our number in E.164, a messaging service MG..., a short code or a name")
    twilio_whatsapp_sender: str = Field("", description="our WhatsApp number in E.164, or a messaging service MG...")
    whatsapp_templates: dict[str, dict[str, str]] = Field(
        {}, description="approved templates as JSON: by kind of message (* for any) and language, the HX... name"
    )
    # Twilio lets a WhatsApp sender send 80 a second unless it was raised; well under that none is refused.
    whatsapp_per_second: float = Field(20, gt=0, description="messages a second that our WhatsApp sender may send")
    sms_segments_per_second: float = Field(1, gt=0, description="segments a second that our SMS sender may send")
    twilio_base_url: str = Field("", description="another Twilio API address, such as a proxy's; without a path")

    sms_gateway: GatewaySettings | None = Field(None, description="another SMS provider, as JSON; instead of Twilio")

    smtp_host: str = Field("", description="server that takes our e-mail; no e-mail is sent when empty")
    smtp_port: int = Field(587, description="its port")
    smtp_user: str = Field("", description="user name there, if it asks for one")
    smtp_password: str = Field("", description="password there")
    smtp_starttls: bool = Field(True, description="whether to encrypt with STARTTLS")
    mail_from: str = Field("", description="the address our e-mail comes from")

    diary_summary_url: str = Field("", description="machine that sums up shared diaries; nothing is sent when empty")
    diary_summary_key: str = Field("", description="bearer token it asks for")

    @field_validator("database_url")
    @classmethod
    def _is_of_a_database(cls, url: str) -> str:
        try:
            address = make_url(url)
        except (ArgumentError, ValueError):
            address = None
        driver = address.drivername if address else ""
        if address and "@" in (address.host or ""):  # what stands before it is part of the password
            raise ValueError("an @ in the password must be written %40")
        if driver not in DRIVERS:
            instead = f", not with {driver}://" if driver else ""
            raise ValueError(f"it must begin with sqlite:/// or postgresql://{instead}")
        return url

    @field_validator("telegram_base_url", "twilio_base_url", "kumbusha_heartbeat_url")
    @classmethod
    def _can_be_called(cls, url: str) -> str:
        return checked_address(url) if url else url

    @field_validator("public_url")
    @classmethod
    def _is_of_a_site(cls, url: str) -> str:
        if url and not _is_private(url):
            raise ValueError("it must begin with https:// and have a host; http:// is for this machine only")
        return url.rstrip("/")

    @field_validator("kumbusha_secret")
    @classmethod
    def _makes_keys(cls, secret: str) -> str:
        if secret:
            Keyring(secret)  # raises where no keys can be made of it
        return secret

    @field_validator("telegram_secret")
    @classmethod
    def _is_taken_by_telegram(cls, secret: str) -> str:
        if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
            raise ValueError("it may hold letters, digits, _ and - only, at most 256 of them")
        return secret

    @field_validator("twilio_sender")
    @classmethod
    def _sends_sms(cls, sender: str) -> str:
        if sender and not re.fullmatch(f"{SENDER}|{SHORT_CODE_OR_NAME}", sender):
            raise ValueError("it must be + and digits, a messaging service MG..., a short code or a short name")
        return sender

    @field_validator("twilio_whatsapp_sender")
    @classmethod
    def _sends_on_whatsapp(cls, sender: str) -> str:
        number = sender.removeprefix("whatsapp:")
        if sender and not re.fullmatch(SENDER, number):
            raise ValueError("it must be + and digits, or a messaging service MG...")
        return number

    @field_validator("sms_gateway", mode="before")
    @classmethod
    def _is_json(cls, gateway: object) -> object:
        if isinstance(gateway, str):
            raise ValueError("it cannot be read; is it JSON?")
        return gateway

    @model_validator(mode="after")
    def _webhooks_have_an_address(self) -> Self:
        if self.telegram_secret and not self.public_url:
            raise ValueError("TELEGRAM_SECRET needs PUBLIC_URL, where Telegram posts to; without both it is polled")
        return self

    @model_validator(mode="after")
    def _diaries_leave_safely(self) -> Self:
        if self.diary_summary_url and not (_is_private(self.diary_summary_url) and self.diary_summary_key):
            raise ValueError("DIARY_SUMMARY_URL must be https, and DIARY_SUMMARY_KEY be set")
        return self

    @property
    def embedded(self) -> bool:
        """Whether the database is a SQLite file beside us."""
        return make_url(self.database_url).get_backend_name() == "sqlite"


def _is_private(url: str) -> bool:
    return bool(host_of(url, "https")) or host_of(url, "http") in LOOPBACK


def read_settings() -> Settings:
    """Return what is set. Raises ValueError with a line for each wrong setting, and no content of any."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False, include_context=False)
        said = ((".".join(map(str, one["loc"])).upper(), one["msg"].removeprefix("Value error, ")) for one in wrong)
        lines = [": ".join(filter(None, one)) for one in said]
        raise ValueError("\n".join(lines)) from None
    except SettingsError as error:
        raise ValueError(f"{error}; is it JSON?") from None


def secret_of(settings: Settings, make: bool = True) -> str:
    """Return the secret that is set, else the one kept in a file beside an embedded database.

    A missing file is made together with its database, unless `make` is false: then the secret is empty. Raises
    FileNotFoundError where the database is there already, which another secret could not open.
    """
    if settings.kumbusha_secret:
        return settings.kumbusha_secret
    beside = secret_file(settings)
    if not beside.exists():
        if not make:
            return ""
        if is_secret_lost(settings):
            raise FileNotFoundError(f"{beside} {LOST}")
        beside.touch(mode=0o600)
        beside.write_text(secrets.token_urlsafe(32))
    return beside.read_text().strip()


def secret_file(settings: Settings) -> Path:
    """Return the file beside an embedded database that keeps its secret where none is set."""
    return Path(f"{make_url(settings.database_url).database}.secret")


def database_file(settings: Settings) -> Path:
    """Return the file of an embedded database."""
    return Path(make_url(settings.database_url).database or "")


def is_secret_lost(settings: Settings) -> bool:
    """Whether an embedded database was written with a secret that is neither set nor in its file any more."""
    if settings.kumbusha_secret or not settings.embedded or secret_file(settings).exists():
        return False
    database = database_file(settings)
    return database.is_file() and database.stat().st_size > 0
