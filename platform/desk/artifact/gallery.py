"""One page of the gallery: by index within a job, by age without one.

Every filter has an index that begins with the project (lineage/models.py, FILTERS), so the places of a page are read
from one of them, however many artifacts there are. Where several filters hold together, one of them is walked for
LOOKED rows and the others sift these: such a page may hold few artifacts, or none, and still have a next one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.models import User
from desk.artifact.gallery_filter import Wanted
from desk.artifact.viewer import told, viewer_of
from lineage.flags import hidden, shows_all
from lineage.models import FILTERS, Artifact, Flag, Withdrawal
from lineage.places import nearest
from models_store.ids import is_uuid

PAGE, LOOKED = 60, 500
MOST_INDEX_DIGITS = 9
MOST_TILE_BYTES = 1 << 20  # the store verifies a whole file for each look into it


@dataclass(frozen=True)
class Walk:
    """The places of artifacts along one index, from `start` on; a place is an index within a job, else an id.

    `sifts` are the conditions that this index does not answer.
    """

    wanted: Wanted
    start: Any  # None for the beginning

    @property
    def by_index(self) -> bool:
        return self.wanted.job is not None

    @property
    def _column(self) -> str:
        """The filter that is walked; "" for none."""
        return next((name for name in FILTERS if name in self.wanted.columns), "")

    @property
    def sifts(self) -> Q:
        """What is left to ask of each row."""
        walked = "" if self.by_index or self.wanted.has else self._column
        left = Q(**{f"{name}__in": said for name, said in self.wanted.columns.items() if name != walked})
        if self.by_index or self.wanted.has:
            left &= Q(project__in=self.wanted.projects)
        if self.by_index:
            left &= self._days()
            left &= {"flagged": Q(flags__isnull=False), "withdrawn": Q(withdrawal__isnull=False)}.get(
                self.wanted.has, Q()
            )
        return left

    @property
    def is_sifted(self) -> bool:
        """Whether some of the rows along the index are not wanted."""
        columns = set(self.wanted.columns) - ({self._column} if not self.by_index and not self.wanted.has else set())
        days = self.by_index and (self.wanted.since or self.wanted.before)
        return bool(columns or self.wanted.has or days)

    def places(self, count: int, *, back: bool = False) -> list[Any]:
        """So many places from the start on, or those before it, the nearest first."""
        if self.by_index:
            side = "index__lt" if back else "index__gte"
            rows = Artifact.objects.filter(
                Q(**{side: self.start}) if self.start is not None else Q(), job=self.wanted.job
            )
            return list(rows.order_by("-index" if back else "index").values_list("index", flat=True)[:count])
        if self.wanted.has:
            return list(self._marked(count, back))
        terms = list(product(self.wanted.projects, self.wanted.columns.get(self._column, [None])))
        days = {"since": self.wanted.since, "before": self.wanted.before}
        return list(nearest(terms, self._column, count, back=back, start=self.start, **days))

    def rows(self, places: Sequence[Any]) -> QuerySet[Artifact]:
        """The artifacts at these places that the other filters let through, in order."""
        if self.by_index:
            found = Artifact.objects.filter(self.sifts, job=self.wanted.job, index__in=places)
            return found.distinct().order_by("index")
        return Artifact.objects.filter(self.sifts, pk__in=places).order_by("-pk")

    def _marked(self, count: int, back: bool) -> QuerySet[Any]:
        """What was flagged or withdrawn anywhere is little: it is found by those rows, and then sifted."""
        source = Flag if self.wanted.has == "flagged" else Withdrawal
        near = self._side("artifact", back) & self._days("artifact")
        rows = source.objects.filter(near, artifact__project__in=self.wanted.projects)  # nor are others' ids told
        order = "artifact_id" if back else "-artifact_id"
        return rows.order_by(order).values_list("artifact_id", flat=True).distinct()[:count]

    def _side(self, name: str, back: bool) -> Q:
        if self.start is None:
            return Q()
        return Q(**{f"{name}__{'gt' if back else 'lte'}": self.start})

    def _days(self, name: str = "pk") -> Q:
        """Identifiers sort by time, so days are bounds on them."""
        found = Q()
        if self.wanted.since:
            found &= Q(**{f"{name}__gte": self.wanted.since})
        if self.wanted.before:
            found &= Q(**{f"{name}__lt": self.wanted.before})
        return found


def gallery(wanted: Wanted, start: str, reader: User) -> dict[str, Any]:
    """PAGE artifacts from `start` on, and where the neighbouring pages start.

    `cards` are the artifacts with what their tiles show; `hidden` are those that were withdrawn and are not for this
    reader.
    """
    walk = Walk(wanted, _place(start, wanted))
    reach = LOOKED if walk.is_sifted else PAGE
    places = walk.places(reach + 1)
    found = walk.rows(places[:reach]).select_related("model_version__model", "withdrawal", "project", "job")
    shown = list(found.prefetch_related("flags")[: PAGE + 1])
    newer = walk.places(reach, back=True) if walk.start is not None else []
    following = _of(shown[PAGE], wanted) if len(shown) > PAGE else (places[reach] if len(places) > reach else "")
    unseen = hidden(shown[:PAGE], reader)
    return {
        "artifacts": shown[:PAGE],
        "cards": [card(artifact, artifact.pk in unseen) for artifact in shown[:PAGE]],
        "hidden": unseen,
        "next": str(following),
        "previous": str(newer[-1]) if newer else "",
        "is_sifted": reach == LOOKED,
        "all_shown": not wanted.job or shows_all(wanted.job, reader),
    }


def card(artifact: Artifact, is_hidden: bool) -> dict[str, Any]:
    """One tile: who shows it, and what. `read` where content was taken from the store for it."""
    viewer = viewer_of(artifact.media_type)
    away = is_hidden or artifact.expired_at is not None or artifact.size > MOST_TILE_BYTES
    said = {} if away else told(artifact, viewer.tile)
    read = viewer.reads and bool(said) and not away
    return {"artifact": artifact, "viewer": viewer, "is_hidden": is_hidden, "said": said, "read": read}


def _place(said: str, wanted: Wanted) -> Any:
    """Where a page begins; None for what is no place."""
    if wanted.job is None:
        return UUID(said) if is_uuid(said) else None
    return int(said) if said.isdecimal() and said.isascii() and len(said) <= MOST_INDEX_DIGITS else None


def _of(artifact: Artifact, wanted: Wanted) -> Any:
    return artifact.pk if wanted.job is None else artifact.index
