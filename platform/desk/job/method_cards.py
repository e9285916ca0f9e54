"""The methods to choose from: what each is good for, a picture of what it made here, how long it takes here."""

from __future__ import annotations

from statistics import median
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.models import Plugin
from desk.job.amounts import span
from desk.job.parameter_fields import chinese, summary_of, title_of
from desk.job.pictures import family_samples
from desk.job.unfit import unfit
from desk.job.way import Way
from jobs.pace import took

LAST = 20  # finished trainings that the time is taken from


def method_cards(way: Way) -> list[dict[str, Any]]:
    """A card for each method, those that learn from the chosen data first."""
    modality = way.version.dataset.modality if way.version else ""
    samples = family_samples([row.name for row in way.families], modality, way.user)
    cards = [
        {
            "name": row.name, "title": title_of(row), "summary": summary_of(row), "chosen": row == way.family,
            "good_for": said_of(row, "good_for"), "not_for": said_of(row, "not_for"),
            "unfit": unfit(way.kind, row, way.version) if way.version else "", "took": usual_time(row.name),
            "link": way.link(family=row.name), "model": samples.get(row.name, (None, ""))[0],
            "picture": samples.get(row.name, (None, ""))[1],
        }
        for row in way.families
    ]  # fmt: skip
    return sorted(cards, key=lambda card: bool(card["unfit"]))


def said_of(row: Plugin, name: str) -> str:
    """One line of a plug-in in the reader's language."""
    return (row.abilities.get(f"{name}_zh") if chinese() else "") or row.abilities.get(name, "")


def usual_time(family: str) -> str:
    """How long trainings of a method took on this platform, in words; never a guess."""
    seconds = took("train", family)[:LAST]
    if not seconds:
        return _("not measured here yet")
    if len(seconds) == 1:
        return _("%(time)s (one training here)") % {"time": span(seconds[0])}
    words = {
        "time": span(median(seconds)),
        "low": span(min(seconds)),
        "high": span(max(seconds)),
        "count": len(seconds),
    }
    return ngettext(
        "about %(time)s; %(low)s to %(high)s (last %(count)s training here)",
        "about %(time)s; %(low)s to %(high)s (last %(count)s trainings here)", len(seconds),
    ) % (words | {"count": len(seconds)})  # fmt: skip
