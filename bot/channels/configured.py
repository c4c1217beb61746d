"""The channels that the settings describe, by the scheme of the addresses they reach."""

from __future__ import annotations

from collections.abc import Callable

from bot.channels import Channel
from bot.channels.gateway import GatewayChannel
from bot.channels.smtp import MailChannel
from bot.channels.telegram import TelegramChannel
from bot.channels.twilio import TwilioChannel
from bot.channels.whatsapp import SHUT_CODE, WhatsAppChannel
from bot.settings import Settings
from domain.people import MAIL
from storage.database import Database
from storage.windows import Envelope, envelope


def channels_of(settings: Settings, db: Database) -> dict[str, Channel]:
    """Return every channel that is set; WhatsApp asks `db` when its readers last wrote."""
    make: dict[str, Callable[[], Channel]] = {
        "telegram": lambda: TelegramChannel(settings.telegram_token, base_url=settings.telegram_base_url or None),
        "tel": lambda: GatewayChannel(settings.sms_gateway) if settings.sms_gateway else twilio_channel(settings),
        "whatsapp": lambda: _whatsapp_channel(settings, db),
        MAIL: lambda: mail_channel(settings),
    }
    return {scheme: make[scheme]() for scheme in schemes_of(settings)}


def schemes_of(settings: Settings) -> list[str]:
    """Return the schemes of the addresses that the channels which are set reach."""
    twilio = bool(settings.twilio_account_sid)
    is_set = {
        "telegram": bool(settings.telegram_token),
        "tel": settings.sms_gateway is not None or (twilio and bool(settings.twilio_sender)),
        "whatsapp": twilio and bool(settings.twilio_whatsapp_sender),
        MAIL: bool(settings.smtp_host),
    }
    return [scheme for scheme, here in is_set.items() if here]


def twilio_channel(settings: Settings, scheme: str = "tel") -> TwilioChannel:
    """Return the SMS or the WhatsApp channel of the Twilio account; a sender MG... is a messaging service."""
    sender = settings.twilio_whatsapp_sender if scheme == "whatsapp" else settings.twilio_sender
    service = sender if sender.startswith("MG") else None
    return TwilioChannel(
        settings.twilio_account_sid,
        settings.twilio_auth_token,
        scheme=scheme,
        sender=None if service else sender,
        messaging_service_sid=service,
        status_url=f"{settings.public_url}/sms/status" if settings.public_url else None,
        media_url=settings.public_url or None,
        base_url=settings.twilio_base_url or None,
    )


def _whatsapp_channel(settings: Settings, db: Database) -> WhatsAppChannel:
    async def look_up(outbound_id: int) -> Envelope:
        return await db.run(envelope, outbound_id, SHUT_CODE)

    return WhatsAppChannel(twilio_channel(settings, "whatsapp"), settings.whatsapp_templates, look_up)


def mail_channel(settings: Settings) -> MailChannel:
    """Return the e-mail channel that the settings describe."""
    return MailChannel(
        settings.smtp_host,
        settings.smtp_port,
        settings.mail_from,
        user=settings.smtp_user,
        password=settings.smtp_password,
        starttls=settings.smtp_starttls,
    )
