"""Which trainings a comparison is of: as an address names them, and which there are to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from catalog.models import ModelVersion
from desk.job.page import COLOURS, title
from jobs.models import Job, State
from models_store.ids import is_uuid

FEWEST, MOST = 2, 6
LOOKED_AT = 20  # jobs of an address at most: who names more is told about the limit all the same
OFFERED = 30
LETTERS = "ABCDEF"
DASHES: tuple[tuple[int, ...], ...] = ((), (8, 4), (2, 3), (10, 3, 2, 3), (5, 5), (12, 3, 2, 3, 2, 3))  # px on, px off


@dataclass(frozen=True)
class Run:
    """One training of a comparison; its letter, its place (from 1, for colours) and dashes are the same all over."""

    job: Job
    place: int
    without: str  # the query of the same comparison without it

    @property
    def letter(self) -> str:
        """A to F."""
        return LETTERS[(self.place - 1) % len(LETTERS)]

    @property
    def label(self) -> str:
        """What a legend says."""
        return f"{self.letter} · {title(self.job)}"

    @property
    def dash(self) -> tuple[int, ...]:
        """Pixels on and off; () is a line without gaps."""
        return DASHES[(self.place - 1) % len(DASHES)]

    @property
    def version(self) -> ModelVersion | None:
        """What it made, if it has."""
        return getattr(self.job, "model_version", None)

    @property
    def colour(self) -> str:
        """Of the label of its state."""
        return COLOURS[State(self.job.state)]


def named(rows: QuerySet[Job], ids: Sequence[str]) -> list[Run]:
    """The jobs of an address in its order, each once; 404 where one is not there or not for the reader (`rows`)."""
    wanted = list(dict.fromkeys(ids))[:LOOKED_AT]
    related = ("project", "submitted_by", "model_version__model__project")
    known = [one for one in wanted if is_uuid(one)]
    found = {str(job.pk): job for job in rows.filter(pk__in=known).select_related(*related).prefetch_related("tries")}
    if missing := [one for one in wanted if one not in found]:
        raise Http404(_("There is no job %(job)s, or you may not see it.") % {"job": missing[0][:60]})
    return [
        Run(found[one], place, query([other for other in wanted if other != one]))
        for place, one in enumerate(wanted, start=1)
    ]


def query(ids: Sequence[Any], **more: Sequence[Any]) -> str:
    """The query of a comparison's address."""
    return urlencode({"job": [str(one) for one in ids], **more}, doseq=True)


def refusals(runs: Sequence[Run]) -> list[str]:
    """Why these cannot be compared, in words; empty where they can, or fewer than FEWEST were chosen so far."""
    said = [
        _("%(job)s is no training: only trainings are compared here.") % {"job": title(run.job)}
        for run in runs
        if run.job.kind != "train"
    ]
    if len(runs) > MOST:
        chosen = {"count": len(runs), "most": MOST}
        said.append(
            _("At most %(most)s trainings are compared at once; %(count)s are chosen. Take some away.") % chosen
        )
    return said


def offered(rows: QuerySet[Job], runs: Sequence[Run], words: str) -> list[Job]:
    """The newest trainings that could be added, those in whose name or family `words` stands."""
    found = rows.filter(kind="train").exclude(pk__in=[run.job.pk for run in runs]).select_related("project")
    if words:
        found = found.filter(name__icontains=words) | found.filter(family__icontains=words)
    return list(found.order_by("-pk")[:OFFERED])
