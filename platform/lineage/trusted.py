"""The trust bundle of this platform as it is now (models_store/trust.py)."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from audit.models import TreeHead
from models_store.keys import Keyring
from models_store.trust import trust_bundle


def trusted(head: TreeHead | None = None) -> dict[str, Any]:
    """Public keys and certificates, with this head or the newest one; None stands for it where none is signed yet."""
    shown = head or TreeHead.objects.first()
    stamps = settings.TSA_ROOT.read_text() if settings.TSA_ROOT else ""
    return trust_bundle(Keyring.load(settings.KEYS_FOLDER), shown.as_dict() if shown else None, stamps)
