"""Translations: catalogues stand as text in platform/locale and are compiled into KILNMARK_HOME/locale."""

from __future__ import annotations

from pathlib import Path

import polib
from django.conf import settings

SOURCES = Path(settings.ROOT) / "platform" / "locale"


def compile_messages() -> int:
    """Compile every catalogue that is newer than its compiled form; returns how many were."""
    compiled = 0
    for source in SOURCES.glob("*/LC_MESSAGES/*.po"):
        target = settings.LOCALE_PATHS[0] / source.relative_to(SOURCES).with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        polib.pofile(str(source)).save_as_mofile(str(target))
        compiled += 1
    return compiled
