"""Secrets of endpoints: made, kept encrypted, and what is signed with them (Standard Webhooks, "Signature scheme")."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from functools import cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from models_store.errors import IntegrityFailure

PREFIX = "whsec_"
BYTES = 32  # the scheme asks for 24 to 64


class SecretUnreadable(IntegrityFailure):
    """The secret of a webhook cannot be decrypted: the platform's own secret key was changed."""

    code = "webhook_secret_unreadable"


def fresh() -> str:
    """A new secret: `whsec_` and 32 random bytes in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(BYTES)).decode()


def seal(secret: str) -> str:
    """The secret, encrypted under the platform's secret key."""
    return _box(settings.SECRET_KEY).encrypt(secret.encode()).decode()


def unseal(kept: str) -> str:
    """The secret that was sealed; SecretUnreadable under another secret key."""
    try:
        return _box(settings.SECRET_KEY).decrypt(kept.encode()).decode()
    except InvalidToken as wrong:
        raise SecretUnreadable() from wrong


def signatures(secrets_now: list[str], message: str, at_s: int, body: bytes) -> str:
    """The header `webhook-signature`: for each secret v1, and base64(HMAC-SHA256(id.timestamp.body))."""
    signed = f"{message}.{at_s}.".encode() + body
    keys = [base64.b64decode(secret.removeprefix(PREFIX)) for secret in secrets_now]
    macs = [hmac.new(key, signed, hashlib.sha256).digest() for key in keys]
    return " ".join(f"v1,{base64.b64encode(mac).decode()}" for mac in macs)


@cache
def _box(secret_key: str) -> Fernet:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"kilnmark webhook secrets").derive(secret_key.encode())
    return Fernet(base64.urlsafe_b64encode(key))
