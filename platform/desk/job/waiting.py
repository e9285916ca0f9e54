"""What a person who waits is told, in words."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from desk.night.times import about, in_reader_zone
from desk.words.sentences import in_language
from jobs.models import Job, State
from jobs.waiting import Waiting, waiting_of


def told(job: Job) -> dict[str, Any]:
    """Reason, and lines about place and times; no line where the job has ended or only a person can say."""
    found = waiting_of(job)
    if found is None:
        return {"reason": in_language(in_reader_zone(job.state_reason)), "lines": []}
    return {"reason": in_language(in_reader_zone(found.reason)), "lines": lines(found, State(job.state))}


def lines(found: Waiting, state: State) -> list[str]:
    """Sentences: how many stand before it, when it begins and ends, what that is learned from."""
    said = [before(found)] if state == State.QUEUED and found.ahead is not None else []
    if found.start:
        said.append(_("Begins %(about)s.") % {"about": about(found.start)})
    if found.end:
        said.append(_("Ends %(about)s.") % {"about": about(found.end)})
    if found.unknown:
        said.append(_("When it ends nobody can say yet: %(why)s.") % {"why": in_language(found.unknown)})
    if found.end and found.based_on:
        said.append(learned(found.based_on))
    return said


def before(found: Waiting) -> str:
    """How many jobs stand before it."""
    if not found.ahead:
        return _("No job stands before it.")
    if found.more:
        return _("More than %(count)s jobs stand before it.") % {"count": found.ahead}
    return ngettext(
        "About %(count)s job stands before it.", "About %(count)s jobs stand before it.", found.ahead
    ) % {"count": found.ahead}  # fmt: skip


def learned(based_on: dict[str, Any]) -> str:
    """Which jobs a forecast was learned from."""
    count = based_on["jobs"]
    by = {
        "project": ngettext(
            "Learned from %(count)s job of this kind and method in this project.",
            "Learned from %(count)s jobs of this kind and method in this project.", count,
        ),
        "family": ngettext(
            "Learned from %(count)s job of this kind and method, also of other projects.",
            "Learned from %(count)s jobs of this kind and method, also of other projects.", count,
        ),
        "kind": ngettext(
            "Learned from %(count)s job of this kind, whatever its method.",
            "Learned from %(count)s jobs of this kind, whatever their method.", count,
        ),
    }  # fmt: skip
    return by[based_on["like"]] % {"count": count}
