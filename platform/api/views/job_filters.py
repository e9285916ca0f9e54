"""What the list of jobs can be filtered by, and along which indexes each filter is read (docs/rest-lists.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import and_
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Project, User
from accounts.services import project_for, visible_projects
from api.access import projects_seen, within
from api.walk import MOST_WAYS, Way, Ways, moments
from catalog.models import Model, ModelVersion
from catalog.naming import model_for
from jobs.models import Job, JobInput, Schedule, Window
from models_store.ids import is_uuid

Along = Sequence[Q | Way]
NARROWEST_FIRST = ("schedule", "window", "model", "name", "state", "kind")


@dataclass
class JobFilters:
    """The filters of one query by one person; projects and models that are named are looked up once."""

    person: User
    said: Mapping[str, Any]

    @cached_property
    def project(self) -> Project | None:
        """The one that is named; NotFound where the person does not see it."""
        return project_for(self.person, self.said["project"]) if "project" in self.said else None

    @cached_property
    def projects(self) -> list[Any] | None:
        """Those whose jobs are seen; None for all of them."""
        return projects_seen(self.person, self.project)

    @cached_property
    def model(self) -> Model | None:
        """The one that is named; None for an id of which the person sees nothing."""
        named = self.said["model"]
        if is_uuid(named):
            return Model.objects.filter(pk=named, project__in=self._visible).first()
        return model_for(self.person, named, project=self.project.slug if self.project else "")

    @property
    def _visible(self) -> QuerySet[Project]:
        return visible_projects(self.person)

    def conditions(self) -> dict[str, Q]:
        """Each filter but that of the project, which rows are chosen by before (`Endpoint.seen`)."""
        said = self.said
        found = {name: Q(**{name: said[name]}) for name in ("kind", "schedule") if name in said}
        if "name" in said:
            found["name"] = Q(name=said["name"]) & ~Q(name="")  # the second for the index, which has no other rows
        if said.get("state"):
            found["state"] = Q(state__in=sorted(said["state"]))
        if "created_after" in said:
            found["created_after"] = Q(created_at__gte=said["created_after"])
        if "created_before" in said:
            found["created_before"] = Q(created_at__lt=said["created_before"])
        if "window" in said:
            found["window"] = Q(window__in=self._windows())
        if "model" in said:
            found["model"] = self._of_model()
        return found

    def _of_model(self) -> Q:
        if self.model is None:
            return Q(pk__in=())
        uses = JobInput.objects.filter(job=OuterRef("pk"), model_version__model=self.model)
        return Q(Exists(uses)) | Q(model_version__model=self.model)

    def ways(self) -> Ways:
        """Along the index of the narrowest filter that has one; the other filters are looked at."""
        conditions = self.conditions()
        served, along = "", self._within([Q()])
        for name in (one for one in NARROWEST_FIRST if one in conditions):
            served, found = name, ALONG[name](self)
            if found is not None:
                along = found
                break
            served = ""
        rest = reduce(and_, (one for name, one in conditions.items() if name != served), Q())
        ids = moments(self.said.get("created_after"), self.said.get("created_before"))
        guard = Q() if self.projects is None else Q(project__in=self.projects)
        return Ways(along, rest, ids, guard if served in ("schedule", "window", "model") else Q())

    def _within(self, ways: Sequence[Q]) -> list[Q]:
        """Each in each of the projects."""
        if self.projects is None:
            return list(ways)
        return [Q(project=one) & way for one in self.projects for way in ways]

    def _windows(self) -> list[Any]:
        by = {"pk": self.said["window"]} if is_uuid(self.said["window"]) else {"name": self.said["window"]}
        return list(Window.objects.filter(project__in=self._visible, **by).values_list("pk", flat=True))

    def along_window(self) -> Along | None:
        """A window is of one project; several may have windows of one name."""
        found = self._windows()
        return [Q(window=one) for one in found] if len(found) <= MOST_WAYS else None

    def along_schedule(self) -> Along:
        """A recurring job is of one project."""
        seen = Schedule.objects.filter(pk=self.said["schedule"], project__in=self._visible).exists()
        return [Q(schedule=self.said["schedule"])] if seen else []

    def along_model(self) -> Along | None:
        """The uses of each version, which lie in another table, and the jobs that made them."""
        if self.model is None:
            return []
        versions = ModelVersion.objects.filter(model=self.model).order_by("-number")
        found = list(versions.values_list("pk", "job")[: MOST_WAYS + 1])
        if len(found) > MOST_WAYS:
            return None
        uses = [Way(JobInput.objects.filter(model_version=version), "job_id") for version, _ in found]
        return [*uses, Q(pk__in=[job for _, job in found if job])]

    def along_name(self) -> Along | None:
        """A name is looked up in each project."""
        found = within(self.projects)
        return None if found is None else [way & Q(name=self.said["name"]) & ~Q(name="") for way in found]

    def along_state(self) -> Along | None:
        """Each state by itself: a database would sort several."""
        found = self._within([Q(state=one) for one in sorted(self.said["state"])])
        return found if len(found) <= MOST_WAYS or len(self.said["state"]) == 1 else None

    def along_kind(self) -> Along:
        """A kind."""
        return self._within([Q(kind=self.said["kind"])])


ALONG: Mapping[str, Callable[[JobFilters], Along | None]] = {
    "schedule": JobFilters.along_schedule,
    "window": JobFilters.along_window,
    "model": JobFilters.along_model,
    "name": JobFilters.along_name,
    "state": JobFilters.along_state,
    "kind": JobFilters.along_kind,
}


def chosen(rows: QuerySet[Job], said: Mapping[str, Any], person: User) -> QuerySet[Job]:
    """The rows that fit the filters of a query, all at once."""
    filters = JobFilters(person, said)
    if filters.project:
        rows = rows.filter(project=filters.project)
    return rows.filter(*filters.conditions().values())
