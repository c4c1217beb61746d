"""Encryption of what names or quotes a person, and keyed hashes to look them up by."""

from __future__ import annotations

import hashlib
import hmac
import os
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator

VERSION = b"\x01"
NONCE = 12  # bytes, as AES-GCM wants


class Keyring:
    """The keys of one installation, derived from one secret (any text of 16 characters or more)."""

    def __init__(self, secret: str) -> None:
        if len(secret) < 16:
            raise ValueError("KUMBUSHA_SECRET is shorter than 16 characters")
        self._cipher = AESGCM(_derive(secret, b"seal"))
        self._hash_key = _derive(secret, b"hash")

    def seal(self, text: str, label: str) -> bytes:
        """Encrypt `text`; `label` (table.column) ties it to its place."""
        nonce = os.urandom(NONCE)
        return VERSION + nonce + self._cipher.encrypt(nonce, text.encode(), label.encode())

    def open(self, sealed: bytes, label: str) -> str:
        """Decrypt what `seal` made. Raises cryptography's InvalidTag for another key or another place."""
        nonce, body = sealed[1 : 1 + NONCE], sealed[1 + NONCE :]
        return self._cipher.decrypt(nonce, body, label.encode()).decode()

    def digest(self, text: str) -> str:
        """Return the keyed hash by which an address or code is found (32 hex digits)."""
        return hmac.new(self._hash_key, text.encode(), hashlib.sha256).hexdigest()[:32]


def _derive(secret: str, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=b"kumbusha", info=purpose).derive(secret.encode())


class _Current:
    """The keyring in use; column types cannot be given one when they are declared."""

    keyring: Keyring | None = None


def use(keyring: Keyring) -> None:
    """Make `keyring` the one that columns seal and open with."""
    _Current.keyring = keyring


def keyring() -> Keyring:
    """Return the keyring in use. Raises RuntimeError when none was set."""
    if _Current.keyring is None:
        raise RuntimeError("no keyring: open the database through storage.database")
    return _Current.keyring


class Sealed(TypeDecorator[str]):
    """A text column that is encrypted at rest; `label` is its table and column."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, label: str) -> None:
        super().__init__()
        self.label = label

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """Seal on the way in."""
        return None if value is None else keyring().seal(value, self.label)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        """Open on the way out."""
        return None if value is None else keyring().open(bytes(value), self.label)
