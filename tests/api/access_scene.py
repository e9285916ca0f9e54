"""Two projects with one of everything in each, and a person of every role in the first."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.test import Client

from accounts.invitations import invited
from accounts.models import Project, User
from accounts.service_accounts import create_service_account, issue_service_token
from accounts.services import SCOPES, issue_token
from audit.models import AuditEvent, HourlyCount, ProjectPolicy
from audit.tally import hour_of
from catalog import plugins
from catalog.alias_models import Alias, AliasMove
from catalog.models import Stage
from catalog.store import blobs, namespace
from config import clock
from jobs import partial_uploads
from jobs.models import Job, JobInput, Schedule, State
from jobs.window_services import create_window
from lineage.models import LegalHold
from tests import builders
from tests.web import story
from webhooks.services import create_webhook, ping

HOURS = [{"days": ["mon", "tue"], "from": "00:00", "to": "24:00"}]
ROLES = (
    "viewer", "submitter", "reviewer", "owner", "service", "auditor", "operator", "root", "stranger", "nobody",
    "anonymous",
)  # fmt: skip


@dataclass
class Scene:
    """`home` and `foreign` have the same names; people's clients hold every scope, tokens are by person and scope."""

    home: dict[str, str]
    foreign: dict[str, str]
    people: dict[str, User]
    secrets: dict[tuple[str, str], str] = field(default_factory=dict)

    def client(self, role: str, scope: str = "") -> Client:
        """Somebody of that role; `scope` names one, or -one for all but one."""
        if role == "anonymous":
            return Client(raise_request_exception=False)
        headers = {"Authorization": f"Bearer {self.secrets[role, scope]}"}
        return Client(raise_request_exception=False, headers=headers)


def _secret(person: User, scope: str) -> str:
    wanted = [one for one in SCOPES if (one != scope[1:] if scope.startswith("-") else scope in ("", one))]
    token, secret = issue_token(person, scopes=wanted)
    type(token).objects.filter(pk=token.pk).update(last_used_at=clock.now())  # so that its use writes nothing
    return secret


def scene() -> Scene:
    """Both projects, filled."""
    plugins.announce("test worker", builders.PLUGINS)
    people = {
        name: builders.person(name) for name in ("viewer", "submitter", "reviewer", "owner", "stranger", "nobody")
    }
    more: dict[str, dict[str, Any]] = {
        "auditor": {"platform_role": "auditor"}, "operator": {"platform_role": "operator"},
        "root": {"is_superuser": True},
    }  # fmt: skip
    people |= {name: builders.person(name, **facts) for name, facts in more.items()}
    roles = {role: people[role] for role in ("viewer", "submitter", "reviewer", "owner")}
    home = builders.project("studio", **roles)
    foreign = builders.project("elsewhere", owner=people["stranger"], viewer=builders.person("foreign-viewer"))
    robot = create_service_account(home, "robot", actor=people["owner"])
    far = create_service_account(foreign, "robot", actor=people["stranger"])
    both = Scene(
        things(home, people["submitter"], people["owner"], robot) | {"member": "viewer"},
        things(foreign, people["stranger"], people["stranger"], far) | {"member": "foreign-viewer"},
        people | {"service": robot},
    )
    both.home["free"], both.foreign["free"] = "nobody", "nobody"
    for scope in ("", *SCOPES, *(f"-{one}" for one in SCOPES)):
        both.secrets |= {(role, scope): _secret(person, scope) for role, person in both.people.items()}
    return both


def things(project: Project, maker: User, owner: User, robot: User) -> dict[str, str]:
    """One of everything: name -> id, as paths and bodies name it."""
    told, now = story.tell(project, maker), clock.now()
    train = {"kind": "train", "family": "dcgan", "dataset_version": str(told.data.pk)}
    approved = builders.model_version(project, maker, name="approved", stage=Stage.APPROVED, dataset_version=told.data)
    revoked = builders.model_version(project, maker, name="revoked", stage=Stage.REVOKED, dataset_version=told.data)
    window = create_window(project, actor=maker, name="nights", timezone="UTC", hours=HOURS)
    schedule = Schedule.objects.create(
        project=project, name="sundays", body=train, timezone="UTC", days=["sun"], at="03:00", submitted_by=maker,
        created_at=now,
    )  # fmt: skip
    resting = Schedule.objects.create(
        project=project, name="mondays", body=train, timezone="UTC", days=["mon"], at="03:00", submitted_by=maker,
        created_at=now, active=False,
    )  # fmt: skip
    alias = Alias.objects.create(model=told.model.model, name="production", created_at=now)
    AliasMove.objects.create(alias=alias, version=approved, proposed_by=maker, proposed_at=now)
    AliasMove.objects.filter(alias=alias).update(version=None)
    hold = LegalHold.objects.create(
        project=project, subject_kind="job", subject_id=str(told.trained.pk), reason="a claim", set_by=maker, set_at=now
    )
    ProjectPolicy.objects.create(project_id=project.pk, name="sample_review", params={"n": 3}, set_at=now)
    upload = partial_uploads.begin(project, name="a.zip", length=10, actor=maker)
    newcomer = builders.person(f"new-{project.slug}")
    newcomer.set_unusable_password()
    newcomer.save()
    project.members.add(newcomer, through_defaults={"role": "viewer"})
    assert invited(project).count() == 1
    count = HourlyCount.objects.create(
        hour=hour_of(now) - timedelta(hours=1), actor=owner.username, verb="artifact.read", subject_kind="artifact",
        subject_id=str(told.made[0].pk), project_id=project.pk, count=3,
    )  # fmt: skip
    queued, other = (builders.job(project, maker, params={"steps": 5}) for _ in range(2))
    copied = builders.job(project, maker, family="dcgan", params={"steps": 5}, state=State.SUCCEEDED)
    JobInput.objects.create(job=copied, role="data", dataset_version=told.data)
    paused = builders.job(project, maker, state=State.PAUSED)
    event = AuditEvent.objects.filter(project_id=project.pk).exclude(index=None).order_by("pk").first()
    assert event is not None
    webhook = create_webhook(project, actor=owner, name="hook", url="https://example.org/hook")[0]
    return {
        "webhook": str(webhook.pk), "delivery": str(ping(webhook, actor=owner).pk),
        "project": str(project.pk), "slug": project.slug, "dataset": str(told.data.dataset_id),
        "data": str(told.data.pk), "dataset_name": told.data.dataset.name, "job": str(told.training.pk),
        "queued": str(queued.pk), "other": str(other.pk), "paused": str(paused.pk),
        "copied": str(copied.pk),
        "trained": str(told.trained.pk), "failed": str(told.failed.pk), "asked": str(told.asked.pk),
        "generated": str(_with_files(told.made[0].job, project).pk), "model": str(told.model.model_id),
        "version": str(told.model.pk), "approved": str(approved.pk), "approved_model": str(approved.model_id),
        "revoked_model": str(revoked.model_id), "artifact": str(told.made[0].pk), "alias": str(alias.pk),
        "window": str(window.pk), "schedule": str(schedule.pk), "resting": str(resting.pk), "hold": str(hold.pk),
        "upload": str(upload.pk), "account": robot.username, "invited": newcomer.username,
        "service_token": str(issue_service_token(robot, actor=owner)[0].pk),
        "own_token": str(issue_token(maker, name="script")[0].pk), "event": str(event.pk), "count": str(count.pk),
        "queue": "train.cpu",
    }  # fmt: skip


def _with_files(job: Job, project: Project) -> Job:
    blob = blobs().put(namespace(project), b"PK")
    job.result = {"archive_sha256": blob, "sheet_sha256": blob}
    job.save(update_fields=["result"])
    return job
