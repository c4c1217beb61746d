"""`kumbusha doctor`: looks at every setting and names the wrong one, with what to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import httpx
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from telegram.error import InvalidToken, TelegramError
from twilio.base.exceptions import TwilioException  # type: ignore[import-untyped]

from bot.channels.configured import mail_channel, twilio_channel
from bot.channels.telegram import TelegramChannel
from bot.settings import Settings, secret_of
from domain.messages import SendError
from storage import outbox, programmes
from storage.database import Database

OLD_QUEUE = 600  # seconds; answers should leave within one


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, whether it is well, and if not which setting to change and how."""

    what: str
    well: bool
    advice: str


async def examine(settings: Settings, now: datetime) -> list[Finding]:
    """Look at the secret, the database, the programme, the queue, and each channel that is set."""
    findings = [_secret(settings)]
    findings += await _database(settings, now)
    findings.append(await _telegram(settings))
    findings.append(await _twilio(settings))
    findings.append(await _mail(settings))
    findings.append(_public_url(settings))
    return findings


def _secret(settings: Settings) -> Finding:
    if settings.kumbusha_secret and len(settings.kumbusha_secret) < 16:
        return Finding("secret", False, "KUMBUSHA_SECRET is shorter than 16 characters; use a long random text")
    if not settings.kumbusha_secret and not settings.embedded:
        return Finding("secret", False, "KUMBUSHA_SECRET is not set; PostgreSQL needs one that all processes share")
    return Finding("secret", True, "set" if settings.kumbusha_secret else "kept in a file beside the database")


async def _database(settings: Settings, now: datetime) -> list[Finding]:
    try:
        db = Database(settings.database_url, secret_of(settings, make=False) or "only to look at the tables")
        await db.run(_ask_database)
    except (SQLAlchemyError, ValueError) as error:
        reason = str(error).splitlines()[0][:120]
        return [Finding("database", False, f"DATABASE_URL does not answer: {reason}")]
    try:
        return [Finding("database", True, db.engine.dialect.name), *await db.run(_programme, now)]
    finally:
        db.close()


def _ask_database(db: Session) -> None:
    db.execute(text("select 1"))


def _programme(db: Session, now: datetime) -> list[Finding]:
    try:
        waited = outbox.oldest_due(db, now).total_seconds()
        name = programmes.current(db).name
    except LookupError:
        return [Finding("programme", False, "none is loaded; run: kumbusha programme load FILE")]
    except SQLAlchemyError:
        return [Finding("tables", False, "the tables are missing or old; run: kumbusha db upgrade")]
    except Exception:
        return [Finding("programme", False, "cannot be read: is KUMBUSHA_SECRET the one it was loaded with?")]
    queue = Finding("outbox", waited < OLD_QUEUE, f"the oldest message waits {waited:.0f} s; is `worker` running?")
    return [Finding("programme", True, name), queue]


async def _telegram(settings: Settings) -> Finding:
    if not settings.telegram_token:
        return Finding("telegram", True, "not used: TELEGRAM_TOKEN is empty")
    channel = TelegramChannel(settings.telegram_token, base_url=settings.telegram_base_url or None)
    try:
        bot = await channel.me()
    except InvalidToken:
        return Finding("telegram", False, "TELEGRAM_TOKEN is not accepted; copy it again from BotFather")
    except (TelegramError, SendError) as error:
        return Finding("telegram", False, f"Telegram does not answer: {type(error).__name__}; is the network open?")
    finally:
        await channel.close()
    return Finding("telegram", True, f"bot {bot}")


async def _twilio(settings: Settings) -> Finding:
    if not settings.twilio_account_sid:
        return Finding("sms", True, "not used: TWILIO_ACCOUNT_SID is empty")
    for name in ("twilio_auth_token", "twilio_sender"):
        if not getattr(settings, name):
            return Finding("sms", False, f"{name.upper()} is empty")
    channel = twilio_channel(settings)
    try:
        account = await channel.account()
    except (TwilioException, httpx.HTTPError, SendError) as error:
        return Finding("sms", False, f"TWILIO_ACCOUNT_SID or TWILIO_AUTH_TOKEN is wrong: {type(error).__name__}")
    finally:
        await channel.close()
    return Finding("sms", True, f"account {account}")


async def _mail(settings: Settings) -> Finding:
    if not settings.smtp_host:
        return Finding("e-mail", True, "not used: SMTP_HOST is empty")
    if "@" not in settings.mail_from:
        return Finding("e-mail", False, "MAIL_FROM is not an e-mail address")
    try:
        await mail_channel(settings).greet()
    except SendError as error:
        return Finding("e-mail", False, f"SMTP_HOST does not take us: {error.reason}; look at the SMTP settings")
    return Finding("e-mail", True, settings.smtp_host)


def _public_url(settings: Settings) -> Finding:
    needed = bool(settings.twilio_account_sid or settings.telegram_secret)
    if needed and not settings.public_url.startswith("https://"):
        return Finding(
            "public address", False, "PUBLIC_URL must be an https address; providers call our webhooks there"
        )
    return Finding("public address", True, settings.public_url or "not needed")
