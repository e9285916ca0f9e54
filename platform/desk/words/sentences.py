"""What services and workers say in English, in the reader's language.

Reasons of jobs and details of errors are stored and sent in English. The templates (the other files
here) are found again in such a text, and their translation is filled with the same values; a text that
fits none is shown as it stands.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from django.utils.translation import get_language, gettext

from audit.policies import sentences as of_policies
from catalog.models import Stage, VersionState
from desk.words import files, guards, jobs, keeping, log, people, requests, webhooks
from jobs.models import State
from models_store.errors import ProductError

TEMPLATES = (
    *jobs.TEMPLATES,
    *requests.TEMPLATES,
    *keeping.TEMPLATES,
    *log.TEMPLATES,
    *guards.TEMPLATES,
    *files.TEMPLATES,
    *people.TEMPLATES,
    *webhooks.TEMPLATES,
)
_STATE = "|".join(re.escape(word) for said in (State, Stage, VersionState) for word in said.values)
_SHORT = {"role": "[a-z0-9_ ]{1,20}", "want": "[a-z ]{1,20}", "day": r"\S{1,10}"}
SHAPES = {"state": _STATE, "to": _STATE, **_SHORT}  # values of our own
WORDS = ("why", "part", "count", *SHAPES)  # values that are translated too; the others are names
_PLACE = re.compile(r"%\\?\((\w+)\\?\)s")


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(_PLACE.sub(_group, re.escape(template)), re.DOTALL)


def _group(place: re.Match[str]) -> str:
    return f"(?P<{place[1]}>{SHAPES.get(place[1], '.+?')})"


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    """What policies say comes first: it says more than `at most %(count)s`."""
    return [(template, _pattern(template)) for template in (*of_policies(), *TEMPLATES)]


def in_language(text: str) -> str:
    """A sentence of ours in the language of the request; the text itself where no template fits."""
    if not text or (get_language() or "en").startswith("en"):
        return text
    if (said := _translated(text)) != text:
        return said
    for template, pattern in _patterns():
        if found := pattern.fullmatch(text):
            return _translated(template) % {
                name: in_language(value) if name in WORDS else value for name, value in found.groupdict().items()
            }
    return text


def _translated(template: str) -> str:
    """Policies bring their translations themselves."""
    return of_policies().get(template) or gettext(template)


def sentence(error: ProductError) -> str:
    """An error in words: what is wrong, then what was expected and what came, as far as that is known."""
    said = in_language(error.detail)
    if error.expected in (None, "", [], {}) or (isinstance(error.expected, Mapping) and not _bounds(error.expected)):
        return said
    said = _ended(said)
    expected = gettext("Expected: %(expected)s.") % {"expected": _words(error.expected)}
    if not (got := _got(error.got)):
        return f"{said} {expected}"
    return f"{said} {expected} " + gettext("Got: %(got)s.") % {"got": got[:200]}


def _got(said: Any) -> str:
    """What came, in words; "" of what is no word and no number, nor a list of words."""
    if said is None or isinstance(said, dict):
        return ""
    if isinstance(said, list):
        return _words(said) if all(isinstance(part, str) for part in said) else ""
    return str(said)


def _ended(said: str) -> str:
    if said.endswith((".", "!", "?", "。", "！", "？")):
        return said
    return said + ("。" if (get_language() or "").startswith("zh") else ".")


def _bounds(said: Mapping[str, Any]) -> str:
    if "enum" in said:
        return ", ".join(map(str, said["enum"]))
    low, high = said.get("minimum"), said.get("maximum")
    if low is not None and high is not None:
        return gettext("%(low)s to %(high)s") % {"low": low, "high": high}
    return str(said.get("type", ""))


def _words(expected: Any) -> str:
    if isinstance(expected, Mapping):
        return _bounds(expected)
    if isinstance(expected, list | tuple):
        return gettext(", ").join(in_language(str(part)) for part in expected)
    return in_language(str(expected)) if isinstance(expected, str) else json.dumps(expected)
