"""What axe-core finds wrong with a page, as sentences; its script comes with a package, so no network is needed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

GRAVE = ("serious", "critical")
RULES = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}  # WCAG 2.2: off unless asked for


def script() -> str:
    """The text of axe-core."""
    package = pytest.importorskip("axe_playwright_python")
    return (Path(package.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


def grave(page: Any, only: tuple[str, ...] = ()) -> list[str]:
    """Each serious or critical finding with the element it is about; `only` narrows to some rules."""
    options = RULES | ({"runOnly": {"type": "rule", "values": list(only)}} if only else {})
    found = page.evaluate("options => axe.run(document, options).then(result => result.violations)", options)
    return [
        f"{one['id']}: {place['target'][0]} {place['html'][:110]} {said(place)}"
        for one in found
        if one["impact"] in GRAVE
        for place in one["nodes"]
    ]


def said(place: dict[str, Any]) -> str:
    """The first thing that axe says of an element."""
    checks = [*place["any"], *place["all"], *place["none"]]
    return str(checks[0]["message"]) if checks else ""
