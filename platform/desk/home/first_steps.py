"""First steps: from an empty platform to a file that is proved, each with the page that does it."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Role
from catalog.models import DatasetVersion, ModelVersion, Stage, VersionState
from desk.home.sight import Sight
from desk.people.roles import projects_as
from jobs.models import Job, State
from lineage.models import Artifact


def first_steps(sight: Sight) -> list[dict[str, Any]]:
    """The five steps, in order, with what is done already; empty once all are done. One query for each that is done."""
    within = {} if sight.projects is None else {"project__in": sight.projects}
    data = {f"dataset__{name}": value for name, value in within.items()}
    models = {f"model__{name}": value for name, value in within.items()}
    asked = (
        DatasetVersion.objects.filter(state=VersionState.READY, **data),
        ModelVersion.objects.filter(**models),
        ModelVersion.objects.filter(stage__in=(Stage.APPROVED, Stage.RETIRED), **models),
        Artifact.objects.filter(**within),
        Job.objects.filter(kind="verify", state=State.SUCCEEDED, **within),
    )
    done = [rows.order_by().exists() for rows in asked]
    if all(done) or not projects_as(sight.user, Role.VIEWER).exists():
        return []
    current = done.index(False)
    return [
        {"title": title, "says": says, "link": link, "done": ready, "current": place == current, "number": place + 1}
        for place, ((title, says, link), ready) in enumerate(zip(_steps(), done, strict=True))
    ]


def _steps() -> list[tuple[str, str, str]]:
    return [
        (
            _("Bring data"),
            _("Upload files, or take a set that comes with the platform, and say where it comes from."),
            reverse("admin:catalog_dataset_add"),
        ),
        (
            _("Train a model"),
            _("Choose a method, keep the suggested values, and submit. The page of the job shows how it learns."),
            reverse("admin:jobs_job_add"),
        ),
        (
            _("Have it approved"),
            _("A second person looks at samples and figures. Until then a draft works for its maker alone."),
            reverse("admin:catalog_modelversion_changelist"),
        ),
        (
            _("Generate"),
            _("Say how many. Every file carries a watermark, a credential and a place in the log."),
            reverse("admin:jobs_job_add") + "?kind=generate",
        ),
        (
            _("Verify a file"),
            _("Drop any file in: the answer says whether it was made here, and how anybody can check that."),
            reverse("admin:lineage_artifact_verify"),
        ),
    ]
