"""What the doctor looks at outside: providers, their webhooks, whether these reach us, and whose clock is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from telegram.error import InvalidToken, TelegramError

from bot.channels import telegram
from bot.channels.configured import mail_channel, twilio_channel
from bot.findings import Finding
from bot.settings import Settings
from domain.messages import SendError

PATIENCE = 10.0  # seconds for each question
MOST_WRONG = timedelta(seconds=60)  # of our clock; prompts go by the minute
TROUBLE_LASTS = timedelta(hours=1)  # how long ago Telegram's last failure to reach us still matters


@dataclass(frozen=True, slots=True)
class Said:
    """What a provider answered to one question: what it holds, and what time it is there."""

    content: dict[str, Any]
    at: datetime | None


async def look_abroad(settings: Settings, now: datetime) -> list[Finding]:
    """Look at each channel that is set, at the webhooks, and at the clock."""
    findings = [await of_telegram(settings), await of_sms(settings), await of_mail(settings)]
    if settings.sms_gateway is not None:
        findings.append(await _of_twilio(settings, "whatsapp"))
    async with httpx.AsyncClient(timeout=PATIENCE) as http:
        bot, number = await _telegram_says(http, settings), await _twilio_says(http, settings)
        if bot is not None:
            findings.append(_of_telegram_webhook(bot.content, settings, now))
        if number is not None:
            findings.append(_of_twilio_webhook(number.content, settings))
        findings += [_of_public_url(settings), *await _of_way_in(http, settings)]
    times = [said.at for said in (bot, number) if said is not None and said.at is not None]
    return [*findings, *_of_clock(times, now)]


async def of_telegram(settings: Settings) -> Finding:
    """Look whether the bot's token is taken."""
    if not settings.telegram_token:
        return _not_used("telegram", settings, "telegram_token", "telegram_secret")
    channel = telegram.TelegramChannel(settings.telegram_token, base_url=settings.telegram_base_url or None)
    try:
        bot = await channel.me()
    except InvalidToken:
        return Finding("telegram", False, "TELEGRAM_TOKEN is not accepted; copy it again from BotFather")
    except (TelegramError, SendError) as error:
        return Finding("telegram", False, f"Telegram does not answer: {type(error).__name__}; is the network open?")
    finally:
        await channel.close()
    return Finding("telegram", True, f"bot {bot}")


async def of_sms(settings: Settings) -> Finding:
    """Look whether the account that sends our SMS is taken."""
    if settings.sms_gateway is not None:
        secret = settings.sms_gateway.inbound_secret
        what = f"gateway {httpx.URL(settings.sms_gateway.url).host}; its account cannot be asked"
        return Finding(
            "sms", bool(secret), what if secret else "inbound_secret of SMS_GATEWAY is empty: nothing is taken"
        )
    return await _of_twilio(settings, "sms")


async def _of_twilio(settings: Settings, what: str) -> Finding:
    if not settings.twilio_account_sid:
        beside = ("twilio_auth_token", "twilio_sender", "twilio_whatsapp_sender", "whatsapp_templates")
        return _not_used(what, settings, "twilio_account_sid", *beside)
    if not settings.twilio_auth_token:
        return _half_set(what, "twilio_account_sid", "twilio_auth_token")
    if not settings.twilio_sender and not settings.twilio_whatsapp_sender:
        return _half_set(what, "twilio_account_sid", "twilio_sender")
    if settings.whatsapp_templates and not settings.twilio_whatsapp_sender:
        return _half_set(what, "whatsapp_templates", "twilio_whatsapp_sender")
    return await _of_account(settings, what)


async def _of_account(settings: Settings, what: str) -> Finding:
    channel = twilio_channel(settings, "tel" if settings.twilio_sender else "whatsapp")
    try:
        account = await channel.account()
    except httpx.HTTPError as error:
        return Finding(what, False, f"Twilio does not answer: {type(error).__name__}; is the network open?")
    except SendError as error:
        wrong = "TWILIO_ACCOUNT_SID or TWILIO_AUTH_TOKEN is wrong" if error.broken else "Twilio does not answer well"
        return Finding(what, False, f"{wrong}: {error.reason}")
    finally:
        await channel.close()
    return Finding(what, True, f"account {account}")


async def of_mail(settings: Settings) -> Finding:
    """Look whether the mail server takes us."""
    if not settings.smtp_host:
        return _not_used("e-mail", settings, "smtp_host", "smtp_user", "smtp_password", "mail_from")
    if "@" not in settings.mail_from:
        return Finding("e-mail", False, "MAIL_FROM is not an e-mail address")
    try:
        await mail_channel(settings).greet()
    except SendError as error:
        return Finding("e-mail", False, f"SMTP_HOST does not take us: {error.reason}; look at the SMTP settings")
    return Finding("e-mail", True, settings.smtp_host)


def _not_used(what: str, settings: Settings, needed: str, *beside: str) -> Finding:
    """Say that a channel is not used, which is wrong where something is set that is for nothing without `needed`."""
    for name in beside:
        if getattr(settings, name):
            return _half_set(what, name, needed)
    return Finding(what, True, f"not used: {needed.upper()} is empty")


def _half_set(what: str, there: str, missing: str) -> Finding:
    return Finding(what, False, f"{there.upper()} is set, {missing.upper()} is not")


async def _telegram_says(http: httpx.AsyncClient, settings: Settings) -> Said | None:
    if not settings.telegram_token:
        return None
    base = settings.telegram_base_url or telegram.API
    said = await _ask(http, f"{base}{settings.telegram_token}/getWebhookInfo")
    return said if said is not None and said.content.get("ok") else None


async def _twilio_says(http: httpx.AsyncClient, settings: Settings) -> Said | None:
    if not settings.twilio_account_sid or not settings.twilio_sender.startswith("+") or settings.sms_gateway:
        return None  # a messaging service keeps its webhook elsewhere
    base = settings.twilio_base_url or "https://api.twilio.com"
    account = (settings.twilio_account_sid, settings.twilio_auth_token)
    address = f"{base}/2010-04-01/Accounts/{settings.twilio_account_sid}/IncomingPhoneNumbers.json"
    return await _ask(http, address, auth=account, params={"PhoneNumber": settings.twilio_sender})


async def _ask(http: httpx.AsyncClient, url: str, **how: Any) -> Said | None:
    try:
        answer = await http.get(url, **how)
        content = answer.json() if answer.is_success else None
    except (httpx.HTTPError, ValueError):
        return None  # that it does not answer, or not to us, is said of the channel
    return Said(content, _date(answer)) if isinstance(content, dict) else None


def _date(answer: httpx.Response) -> datetime | None:
    try:
        return parsedate_to_datetime(answer.headers["date"])
    except (KeyError, ValueError):
        return None


def _of_telegram_webhook(said: dict[str, Any], settings: Settings, now: datetime) -> Finding:
    info = said["result"]
    wanted = f"{settings.public_url}/telegram" if settings.telegram_secret else ""
    if info.get("url", "") != wanted:
        start = "`kumbusha web`" if wanted else "`kumbusha worker`"
        return Finding("telegram webhook", False, f"Telegram posts to {info.get('url') or 'nowhere'}; restart {start}")
    failed = info.get("last_error_date", 0)
    if now.timestamp() - failed < TROUBLE_LASTS.total_seconds():
        words = info.get("last_error_message", "no reason given")
        return Finding(
            "telegram webhook", False, f"Telegram does not reach us: {words}; look at PUBLIC_URL and the proxy"
        )
    return Finding("telegram webhook", True, wanted or "not used: polled by `kumbusha worker`")


def _of_twilio_webhook(said: dict[str, Any], settings: Settings) -> Finding:
    numbers = said.get("incoming_phone_numbers") or []
    if not numbers:
        return Finding("sms webhook", False, "TWILIO_SENDER is not a number of this account, so no SMS can come in")
    wanted, found = f"{settings.public_url}/sms", numbers[0].get("sms_url") or "nowhere"
    well = bool(settings.public_url) and found == wanted
    return Finding("sms webhook", well, found if well else f"Twilio posts to {found}; set it to {wanted} there")


def _of_public_url(settings: Settings) -> Finding:
    needed = bool(settings.twilio_account_sid or settings.telegram_secret or settings.sms_gateway)
    if needed and not settings.public_url.startswith("https://"):
        advice = "PUBLIC_URL must be an https address; providers call our webhooks there"
        return Finding("public address", False, advice)
    return Finding("public address", True, settings.public_url or "not needed")


async def _of_way_in(http: httpx.AsyncClient, settings: Settings) -> list[Finding]:
    """Look whether our own address leads to us; from inside, so a firewall may still keep others out."""
    if not settings.public_url:
        return []
    try:
        answer = await http.get(f"{settings.public_url}/healthz")
    except httpx.HTTPError as error:
        reason = f"{type(error).__name__}; is `web` running, and the proxy?"
        return [Finding("way in", False, f"PUBLIC_URL does not answer: {reason}")]
    well = answer.status_code == 200 and answer.text == "ok"
    advice = (
        "answers" if well else f"PUBLIC_URL answers {answer.status_code}, and not as we do; does the proxy lead to us?"
    )
    return [Finding("way in", well, advice)]


def _of_clock(times: Iterable[datetime], now: datetime) -> list[Finding]:
    """Compare our clock with a provider's, whose date is cut to the second."""
    for there in times:
        wrong = now - there
        well = abs(wrong) <= MOST_WRONG
        how = f"{abs(wrong.total_seconds()):.0f} s {'ahead' if wrong > timedelta() else 'behind'}"
        return [Finding("clock", well, "right" if well else f"this machine's clock is {how}; set it, such as by NTP")]
    return []
