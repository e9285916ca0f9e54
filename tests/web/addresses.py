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
    "/jobs/job/compare/",
    "/jobs/queuepause/",
    "/jobs/digestmail/",
    "/jobs/window/",
    "/jobs/schedule/",
    "/webhooks/webhook/",
    "/lineage/artifact/",
    "/lineage/artifact/?kind=picture&since=2020-01-01",
    "/lineage/artifact/verify/",
    "/audit/auditevent/",
    "/audit/auditevent/heads/",
    "/audit/hourlycount/",
    "/audit/reviewrequest/",
    "/audit/reviewrequest/past/",
    "/accounts/project/",
    "/accounts/apitoken/",
    "/accounts/apitoken/add/",
    "/password_change/",
)


def details(told: Story, project: Project) -> dict[str, str]:
    """The page of each thing in the story."""
    return {
        "proof": f"/lineage/artifact/{told.made[0].pk}/proof/",
        "data set": f"/catalog/dataset/{told.data.dataset_id}/change/",
        "version": f"/catalog/datasetversion/{told.data.pk}/change/",
        "items": f"/catalog/datasetversion/{told.data.pk}/items/",
        "changes": f"/catalog/dataset/{told.data.dataset_id}/changes/",
        "training": f"/jobs/job/{told.training.pk}/change/",
        "live part": f"/jobs/job/{told.training.pk}/live/",
        "trained": f"/jobs/job/{told.trained.pk}/change/",
        "failed": f"/jobs/job/{told.failed.pk}/change/",
        "comparison": f"/jobs/job/compare/?job={told.training.pk}&job={told.trained.pk}",
        "model": f"/catalog/modelversion/{told.model.pk}/change/",
        "uses of a model": f"/catalog/modelversion/{told.model.pk}/uses/",
        "artifact": f"/lineage/artifact/{told.made[0].pk}/change/",
        "event": f"/audit/auditevent/{AuditEvent.objects.exclude(project_id=None).first().pk}/change/",
        "project": f"/accounts/project/{project.pk}/change/",
    }
