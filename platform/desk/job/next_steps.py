"""What one may do next with a job that has ended: use what it made, compare it, do it again otherwise."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Role, User
from accounts.services import holds
from catalog.models import ModelVersion
from catalog.plugins import newest
from jobs.admission import ELSEWHERE
from jobs.fitting import roles_of
from jobs.models import Job, State
from jobs.parents import ROLE as PARENT

Step = dict[str, Any]


def next_steps(job: Job, version: ModelVersion | None, user: User) -> list[Step]:
    """Links, the likeliest first; [] where the person may submit nothing there."""
    said = [_compare(job)] if job.kind == "train" and job.state != State.HELD else []
    if not holds(user, job.project, Role.SUBMITTER):
        return said
    made = job.result.get("dataset_version") if job.state == State.SUCCEEDED else None
    if version:
        said = [*_with_model(job, version), *said]
    elif made:
        said.append(_form(_("Train a model on it"), "local_fire_department", kind="train", data=made))
    if job.kind not in (*ELSEWHERE, "estimate"):
        said.append(_form(_("Clone and edit"), "content_copy", clone=job.pk))
    return said


def _with_model(job: Job, version: ModelVersion) -> list[Step]:
    said = [
        _form(_("Generate with it"), "auto_awesome", kind="generate", model=version.pk),
        _form(_("Evaluate it"), "query_stats", kind="evaluate", model=version.pk),
    ]
    kind, family = newest("kind", "train"), newest("family", version.family)
    if family and family.abilities.get("inspects") and newest("kind", "score"):
        said.append(_form(_("Find unusual items with it"), "troubleshoot", kind="score", model=version.pk))
    if kind and family and PARENT in roles_of(kind, family):
        data = version.dataset_version_id or ""
        more = {"data": data} if data else {}
        parent = {PARENT: version.pk}
        said.append(
            _form(_("Train on from it"), "conversion_path", kind="train", family=version.family, **more, **parent)
        )
    return said


def _compare(job: Job) -> Step:
    link = f"{reverse('admin:jobs_job_compare')}?{urlencode({'job': job.pk})}"
    return {"title": _("Compare with others"), "icon": "compare_arrows", "link": link}


def _form(title: str, icon: str, **said: Any) -> Step:
    return {"title": title, "icon": icon, "link": f"{reverse('admin:jobs_job_add')}?{urlencode(said)}"}
