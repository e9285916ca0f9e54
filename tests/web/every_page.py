"""Every page that a browser can open, with rows behind each: the story of tests/web/story.py and what it leaves out."""

from __future__ import annotations

from accounts.models import Project, User
from accounts.service_accounts import create_service_account, issue_service_token
from accounts.services import issue_token
from audit.models import AuditEvent
from catalog import aliases
from catalog.models import ModelVersion, Stage
from jobs.policies import set_policy
from jobs.schedules import create_schedule
from jobs.submission import send
from jobs.window_services import create_window
from lineage.flags import flag
from lineage.legal_holds import set_hold
from tests import builders
from tests.web.addresses import LISTS, details
from tests.web.story import Story
from webhooks.models import Delivery
from webhooks.services import create_webhook, ping

NIGHT = {"timezone": "Europe/Berlin", "hours": [{"days": ["mon", "tue"], "from": "22:00", "to": "06:00"}]}
SUNDAY = {"timezone": "Europe/Berlin", "days": ["sun"], "at": "02:00"}
FORMS = (
    "/jobs/job/add/",
    "/jobs/job/add/?kind=generate",
    "/catalog/dataset/add/",
    "/catalog/alias/add/",
    "/jobs/window/add/",
    "/webhooks/webhook/add/",
    "/lineage/legalhold/add/",
    "/accounts/project/add/",
    "/accounts/serviceaccount/add/",
    "/accounts/user/add/",
)
ASIDE = (
    "/accounts/apitoken/",
    "/accounts/serviceaccount/",
    "/accounts/user/",
    "/audit/auditevent/check/",
    "/audit/auditevent/heads/",
    "/audit/hourlycount/",
    "/audit/reviewrequest/past/",
    "/catalog/alias/",
    "/jobs/queuepause/forecasts/",
    "/lineage/legalhold/",
    "/password_change/",
)


def addresses(told: Story, project: Project, chief: User) -> dict[str, str]:
    """Name -> address; `chief` owns the project and the platform, so every action is offered."""
    named = {page.strip("/").replace("/", "-").replace("?", "-") or "home": page for page in (*LISTS, *FORMS, *ASIDE)}
    return named | details(told, project) | _more(told, project, chief)


def _more(told: Story, project: Project, chief: User) -> dict[str, str]:
    """Windows, schedules, aliases, holds, flags, a held job: each with its page, and the forms of single things."""
    sam = told.training.submitted_by
    window = create_window(project, actor=chief, name="night", **NIGHT)
    body = {"kind": "train", "family": "dcgan", "dataset_version": f"latest:{told.data.dataset_id}"}
    schedule = create_schedule(project, actor=chief, name="retrain", body=body, **SUNDAY)
    ModelVersion.objects.filter(pk=told.model.pk).update(stage=Stage.APPROVED)
    told.model.refresh_from_db()
    alias = aliases.propose(told.model.model, "production", told.model, actor=sam, reason="first release").alias
    hold = set_hold("project", str(project.pk), reason="lawsuit 12", actor=chief)
    flag(told.made[3], "too near to a picture of the data", actor=sam)
    draft = builders.model_version(project, sam, name="rib-dcgan", dataset_version=told.data, sha256="d" * 64)
    set_policy(project, "require_review", {}, actor=chief)
    held = send(body | {"dataset_version": str(told.data.pk), "purpose": "for the desk"}, actor=sam)[0]
    issue_token(chief, name="nightly script")
    robot = create_service_account(project, "nightly", actor=chief)
    issue_service_token(robot, actor=chief, name="nightly script")
    told_of = ("status", 1204, 503, "<h1>Sorry</h1>\nThe build server is being repaired.")
    hook = create_webhook(project, actor=chief, name="build server", url="https://hooks.invalid/kilnmark")[0]
    failing = ping(hook, actor=chief)
    Delivery.objects.filter(pk=failing.pk).update(
        **dict(zip(("fault", "ms", "status", "answer"), told_of, strict=True))
    )
    event = AuditEvent.objects.exclude(project_id=None).first()
    data, runs = told.data.dataset_id, f"job={told.trained.pk}&job={told.training.pk}"
    return {
        "webhook": f"/webhooks/webhook/{hook.pk}/change/",
        "webhook form": f"/webhooks/webhook/{hook.pk}/edit/",
        "webhook secret": f"/webhooks/webhook/{hook.pk}/secret/",
        "webhook replay": f"/webhooks/webhook/{hook.pk}/replay/",
        "webhook delivery": f"/webhooks/webhook/{hook.pk}/delivery/{failing.pk}/",
        "held": f"/jobs/job/{held.pk}/change/",
        "estimate": f"/jobs/job/{held.pk}/estimate/",
        "compare": f"/jobs/job/compare/?{runs}",
        "clone": f"/jobs/job/add/?clone={told.trained.pk}",
        "train method": f"/jobs/job/add/?data={told.data.pk}",
        "train parameters": f"/jobs/job/add/?data={told.data.pk}&family=dcgan",
        "train submit": f"/jobs/job/add/?data={told.data.pk}&family=dcgan&step=submit",
        "generate form": f"/jobs/job/add/?kind=generate&model={told.model.pk}",
        "draft": f"/catalog/modelversion/{draft.pk}/change/",
        "uses": f"/catalog/modelversion/{told.model.pk}/uses/",
        "items": f"/catalog/datasetversion/{told.data.pk}/items/",
        "changes": f"/catalog/dataset/{data}/changes/",
        "upload": f"/catalog/dataset/{data}/upload/",
        "erase": f"/catalog/dataset/{data}/erase/",
        "window": f"/jobs/window/{window.pk}/change/",
        "window form": f"/jobs/window/{window.pk}/edit/",
        "schedule": f"/jobs/schedule/{schedule.pk}/change/",
        "schedule form": f"/jobs/schedule/{schedule.pk}/edit/",
        "alias": f"/catalog/alias/{alias.pk}/change/",
        "legal hold": f"/lineage/legalhold/{hold.pk}/change/",
        "flagged": f"/lineage/artifact/{told.made[3].pk}/change/",
        "artifact proof": f"/lineage/artifact/{told.made[0].pk}/proof/",
        "proof": f"/audit/auditevent/{event.pk}/proof/",
        "limits": f"/accounts/project/{project.pk}/limits/",
        "person": f"/accounts/user/{sam.pk}/change/",
        "service account": f"/accounts/serviceaccount/{robot.pk}/change/",
        "service token": f"/accounts/serviceaccount/{robot.pk}/token/",
        "service account closed": f"/accounts/serviceaccount/{robot.pk}/close/",
        "verdict": f"/lineage/artifact/verify/?job={told.asked.pk}",
    }
