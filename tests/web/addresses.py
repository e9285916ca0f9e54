"""The pages there are, by what they show of a story."""

from __future__ import annotations

from accounts.models import Project
from audit.models import AuditEvent
from tests.web.story import Story

LISTS = (
    "/",
    "/catalog/dataset/",
    "/catalog/modelversion/",
    "/jobs/job/",
    "/jobs/queuepause/",
    "/jobs/digestmail/",
    "/jobs/window/",
    "/jobs/schedule/",
    "/lineage/artifact/",
    "/lineage/artifact/verify/",
    "/audit/auditevent/",
    "/audit/reviewrequest/",
    "/accounts/project/",
)


def details(told: Story, project: Project) -> dict[str, str]:
    """The page of each thing in the story."""
    return {
        "data set": f"/catalog/dataset/{told.data.dataset_id}/change/",
        "version": f"/catalog/datasetversion/{told.data.pk}/change/",
        "training": f"/jobs/job/{told.training.pk}/change/",
        "live part": f"/jobs/job/{told.training.pk}/live/",
        "trained": f"/jobs/job/{told.trained.pk}/change/",
        "failed": f"/jobs/job/{told.failed.pk}/change/",
        "model": f"/catalog/modelversion/{told.model.pk}/change/",
        "artifact": f"/lineage/artifact/{told.made[0].pk}/change/",
        "event": f"/audit/auditevent/{AuditEvent.objects.exclude(project_id=None).first().pk}/change/",
        "project": f"/accounts/project/{project.pk}/change/",
    }
