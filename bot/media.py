"""Addresses under which a provider fetches a picture or document: signed, for one message, and for some hours."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta

from domain.messages import BadRequest
from storage.sealing import keyring

LASTS = timedelta(hours=4)  # a provider fetches at once, or when it tries again
PATH = "/media"


def link(public_url: str, outbound_id: int, now: datetime) -> str:
    """Return the address of what a part encloses, under our public one."""
    until = int((now + LASTS).timestamp())
    return f"{public_url.rstrip('/')}{PATH}/{outbound_id}.{until}.{_signature(outbound_id, until)}"


def read(token: str, now: datetime) -> int:
    """Return which part the end of an address is for. Raises BadRequest for one that is not ours, or too old."""
    parts = token.split(".")
    if len(parts) != 3 or not all(part.isascii() and part.isdecimal() and len(part) < 20 for part in parts[:2]):
        raise BadRequest("no such address", status=404)
    outbound_id, until = (int(part) for part in parts[:2])
    right = hmac.compare_digest(parts[2].encode(), _signature(outbound_id, until).encode())
    if not right or now.timestamp() > until:
        raise BadRequest("no such address", status=404)
    return outbound_id


def _signature(outbound_id: int, until: int) -> str:
    return keyring().digest(f"media:{outbound_id}:{until}")
