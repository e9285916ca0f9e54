"""Who may look at which page and do what there: one row for each route of the web admin and each thing to be done.

`docs/roles.md` says the same for people. A new route without a row fails test_role_matrix.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from accounts.models import Project, User
from accounts.service_accounts import create_service_account
from audit.models import AuditEvent, ProjectPolicy
from catalog.alias_models import Alias, AliasMove
from config import clock
from jobs.models import Schedule, Window
from lineage.models import LegalHold
from tests import builders
from tests.web.story import Story
from webhooks.models import Delivery, Webhook
from webhooks.services import create_webhook, ping

INSIDE = frozenset({"viewer", "submitter", "reviewer", "owner", "auditor", "operator", "root"})
EVERYBODY = INSIDE | {"stranger"}  # who is in some project
MEMBERS = INSIDE - {"auditor", "operator"}
SUBMITS = frozenset({"submitter", "reviewer", "owner", "root"})
SUBMITS_SOMEWHERE = SUBMITS | {"stranger"}  # who owns another project
STEERS = SUBMITS | {"operator"}
REVIEWS = frozenset({"reviewer", "owner", "root"})
REVIEWS_SOMEWHERE = REVIEWS | {"stranger"}
OWNS = frozenset({"owner", "root"})
OWNS_SOMEWHERE = OWNS | {"stranger"}
LIMITS = OWNS | {"operator"}
RUNS = frozenset({"operator", "root"})
WATCHES = frozenset({"auditor", "operator", "root"})
ROOT = frozenset({"root"})
NOBODY: frozenset[str] = frozenset()
ALL = EVERYBODY | {"nobody"}  # who is logged in
ROLES = (*sorted(ALL), "anonymous")


@dataclass(frozen=True)
class Scene:
    """What the rows speak of."""

    told: Story
    project: Project
    people: dict[str, User]
    alias: Alias
    window: Window
    schedule: Schedule
    hold: LegalHold
    webhook: Webhook
    delivery: Delivery
    robot: User


def scene(told: Story, project: Project, people: dict[str, User]) -> Scene:
    """The story, with one of everything that has a page."""
    now, sam = clock.now(), people["submitter"]
    window = Window.objects.create(project=project, name="nights", timezone="UTC", created_by=sam, created_at=now)
    body = {"kind": "train", "family": "dcgan", "inputs": {"data": str(told.data.pk)}}
    schedule = Schedule.objects.create(
        project=project, name="sundays", body=body, timezone="UTC", days=["sun"], at="03:00", submitted_by=sam,
        created_at=now,
    )  # fmt: skip
    alias = Alias.objects.create(model=told.model.model, name="production", created_at=now)
    AliasMove.objects.create(alias=alias, version=told.model, proposed_by=sam, proposed_at=now)
    hold = LegalHold.objects.create(
        project=project, subject_kind="job", subject_id=str(told.trained.pk), reason="a claim", set_by=sam, set_at=now
    )
    ProjectPolicy.objects.create(project_id=project.pk, name="spot_check", set_at=now)
    webhook = create_webhook(project, actor=people["owner"], name="ci", url="https://hooks.example.com/")[0]
    delivery = ping(webhook, actor=people["owner"])
    more = {
        "auditor": builders.person("auditor", platform_role="auditor"),
        "operator": builders.person("operator", platform_role="operator"),
        "root": builders.person("root", is_superuser=True),
        "nobody": builders.person("nobody"),
    }
    robot = create_service_account(project, "robot", actor=people["owner"])
    return Scene(told, project, people | more, alias, window, schedule, hold, webhook, delivery, robot)


def _token(s: Scene) -> Any:
    return s.people["viewer"].api_tokens.get().pk


def _event(_s: Scene) -> Any:
    return AuditEvent.objects.exclude(project_id=None).order_by("pk").first().pk  # type: ignore[union-attr]


ROWS: dict[str, Callable[[Scene], Any]] = {  # the thing on whose pages the rows look, by the beginning of a route
    "catalog_dataset_": lambda s: s.told.data.dataset_id,
    "catalog_datasetversion_": lambda s: s.told.data.pk,
    "catalog_modelversion_": lambda s: s.told.model.pk,
    "catalog_alias_": lambda s: s.alias.pk,
    "jobs_job_": lambda s: s.told.training.pk,
    "jobs_window_": lambda s: s.window.pk,
    "jobs_schedule_": lambda s: s.schedule.pk,
    "lineage_artifact_": lambda s: s.told.made[0].pk,
    "lineage_legalhold_": lambda s: s.hold.pk,
    "webhooks_webhook_": lambda s: s.webhook.pk,
    "audit_auditevent_": _event,
    "accounts_project_": lambda s: s.project.pk,
    "accounts_user_": lambda s: s.people["stranger"].pk,
    "accounts_apitoken_": _token,
    "accounts_serviceaccount_": lambda s: s.robot.pk,
}
PARTS = {  # of addresses, besides the thing itself
    "what": "pause", "end": "front", "queue": "train.cpu", "form": "csv", "kind": "job", "name": "no_such",
    "pace": "often",    "uidb64": "MQ", "token": "x", "app_label": "jobs", "url": "nothing/", "content_type_id": "1",
    "api_token": "00000000-0000-0000-0000-000000000007",
}  # fmt: skip

PAGES: dict[str, frozenset[str]] = {
    "index": ALL,  # who is in no project is told what to do next
    "home-cards": EVERYBODY,
    "search": EVERYBODY,
    "jsi18n": ALL,
    "password_change": ALL,
    "password_change_done": ALL,
    "autocomplete": NOBODY,
    "view_on_site": NOBODY,
    "app_list": EVERYBODY,
    "catalog_dataset_changelist": EVERYBODY,
    "catalog_dataset_add": SUBMITS_SOMEWHERE,
    "catalog_dataset_change": INSIDE,
    "catalog_dataset_upload": SUBMITS,
    "catalog_dataset_changes": INSIDE,
    "catalog_dataset_erase": OWNS,
    "catalog_datasetversion_changelist": EVERYBODY,
    "catalog_datasetversion_add": NOBODY,
    "catalog_datasetversion_change": INSIDE,
    "catalog_datasetversion_items": INSIDE,
    "catalog_modelversion_changelist": EVERYBODY,
    "catalog_modelversion_add": NOBODY,
    "catalog_modelversion_change": INSIDE,
    "catalog_modelversion_decide": INSIDE,
    "catalog_modelversion_uses": INSIDE,
    "catalog_alias_changelist": EVERYBODY,
    "catalog_alias_add": SUBMITS_SOMEWHERE,
    "catalog_alias_change": INSIDE,
    "catalog_alias_move": SUBMITS,
    "catalog_alias_withdraw": INSIDE,
    "jobs_job_changelist": EVERYBODY,
    "jobs_job_add": SUBMITS_SOMEWHERE,
    "jobs_job_change": INSIDE,
    "jobs_job_live": INSIDE,
    "jobs_job_log": INSIDE,
    "jobs_job_log_text": INSIDE,
    "jobs_job_moving": EVERYBODY,
    "jobs_job_ask": INSIDE,
    "jobs_job_priority": INSIDE,
    "jobs_job_move": INSIDE,
    "jobs_job_check": EVERYBODY,
    "jobs_job_estimate": INSIDE,
    "jobs_job_compare": EVERYBODY,
    "jobs_job_compare_csv": EVERYBODY,
    "jobs_job_compare_generate": EVERYBODY,
    "jobs_job_compare_sheets": EVERYBODY,
    "jobs_queuepause_changelist": EVERYBODY,
    "jobs_queuepause_add": NOBODY,
    "jobs_queuepause_change": EVERYBODY,  # to the list: queues have no page of their own
    "jobs_queuepause_ask": EVERYBODY,
    "jobs_queuepause_forecasts": WATCHES,
    "jobs_digestmail_changelist": EVERYBODY,
    "jobs_digestmail_add": NOBODY,
    "jobs_digestmail_change": NOBODY,
    "jobs_window_changelist": EVERYBODY,
    "jobs_window_add": SUBMITS_SOMEWHERE,
    "jobs_window_change": INSIDE,
    "jobs_window_edit": SUBMITS,
    "jobs_window_remove": INSIDE,
    "jobs_schedule_changelist": EVERYBODY,
    "jobs_schedule_add": SUBMITS_SOMEWHERE,
    "jobs_schedule_change": INSIDE,
    "jobs_schedule_edit": SUBMITS,
    "jobs_schedule_ask": INSIDE,
    "lineage_artifact_changelist": EVERYBODY,
    "lineage_artifact_add": NOBODY,
    "lineage_artifact_change": INSIDE,
    "lineage_artifact_proof": INSIDE,
    "lineage_artifact_verify": EVERYBODY,
    "lineage_legalhold_changelist": EVERYBODY,
    "lineage_legalhold_add": REVIEWS_SOMEWHERE,
    "lineage_legalhold_change": INSIDE,
    "lineage_legalhold_lift": INSIDE,
    "webhooks_webhook_changelist": EVERYBODY,
    "webhooks_webhook_add": OWNS_SOMEWHERE,
    "webhooks_webhook_change": LIMITS | WATCHES,
    "webhooks_webhook_edit": OWNS,
    "webhooks_webhook_secret": OWNS,
    "webhooks_webhook_replay": OWNS,
    "webhooks_webhook_ask": LIMITS | WATCHES,
    "webhooks_webhook_delivery": LIMITS | WATCHES,
    "audit_auditevent_changelist": EVERYBODY,
    "audit_auditevent_add": NOBODY,
    "audit_auditevent_change": INSIDE,
    "audit_auditevent_proof": INSIDE,
    "audit_auditevent_heads": EVERYBODY,
    "audit_auditevent_take": EVERYBODY,
    "audit_auditevent_check": WATCHES,
    "audit_hourlycount_changelist": EVERYBODY,
    "audit_hourlycount_add": NOBODY,
    "audit_hourlycount_change": NOBODY,
    "audit_reviewrequest_changelist": EVERYBODY,
    "audit_reviewrequest_add": NOBODY,
    "audit_reviewrequest_change": NOBODY,
    "audit_reviewrequest_past": EVERYBODY,
    "audit_reviewrequest_decide": EVERYBODY,
    "audit_reviewrequest_flag": EVERYBODY,
    "audit_projectpolicy_changelist": EVERYBODY,
    "audit_projectpolicy_add": NOBODY,
    "audit_projectpolicy_change": NOBODY,
    "audit_projectpolicy_set": NOBODY,  # of a policy that there is not
    "audit_projectpolicy_clear": INSIDE,
    "accounts_project_changelist": EVERYBODY,
    "accounts_project_add": ROOT,
    "accounts_project_change": INSIDE,
    "accounts_project_role": INSIDE,
    "accounts_project_remove": INSIDE,
    "accounts_project_limits": LIMITS,
    "accounts_user_changelist": WATCHES,
    "accounts_user_add": RUNS,
    "accounts_user_change": WATCHES,
    "accounts_user_link": WATCHES,
    "accounts_user_active": WATCHES,
    "accounts_user_platform_role": WATCHES,
    "accounts_serviceaccount_changelist": EVERYBODY,
    "accounts_serviceaccount_add": OWNS_SOMEWHERE,
    "accounts_serviceaccount_change": OWNS | WATCHES,
    "accounts_serviceaccount_token": OWNS,
    "accounts_serviceaccount_end": OWNS | WATCHES,
    "accounts_serviceaccount_answer": OWNS | WATCHES,
    "accounts_serviceaccount_close": OWNS,
    "accounts_apitoken_changelist": EVERYBODY,
    "accounts_apitoken_add": EVERYBODY,
    "accounts_apitoken_change": frozenset({"viewer"}),
    "accounts_apitoken_revoke": frozenset({"viewer"}),
}  # an address that only takes what is posted leads back to its page: who sees that page may look at it
DOORS = {"login", "logout", "welcome"}  # before and after a session: test_people_pages.py


def _post(path: str, **fields: str) -> Callable[[Scene], tuple[str, dict[str, str]]]:
    def of(s: Scene) -> tuple[str, dict[str, str]]:
        told = s.told
        names = {
            "job": told.training.pk, "failed": told.failed.pk, "project": s.project.pk, "model": told.model.pk,
            "artifact": told.made[0].pk, "data": told.data.dataset_id, "version": told.data.pk, "window": s.window.pk,
            "schedule": s.schedule.pk, "hold": s.hold.pk, "stranger": s.people["stranger"].pk, "alias": s.alias.pk,
            "robot": s.robot.pk, "webhook": s.webhook.pk, "delivery": s.delivery.pk,
        }  # fmt: skip
        return path.format(**names), {name: value.format(**names) for name, value in fields.items()}

    return of


ACTIONS: dict[str, tuple[Callable[[Scene], tuple[str, dict[str, str]]], frozenset[str]]] = {
    "cancel a job": (_post("/jobs/job/{job}/ask/cancel/"), STEERS),
    "pause a job": (_post("/jobs/job/{job}/ask/pause/"), STEERS),
    "try a job again": (_post("/jobs/job/{failed}/ask/retry/"), STEERS),
    "set a priority": (_post("/jobs/job/{job}/priority/", priority="5"), STEERS),
    "move a job to the front": (_post("/jobs/job/{job}/move/front/"), STEERS),
    "cancel many jobs": (_post("/jobs/job/", action="cancel", _selected_action="{job}"), STEERS),
    "pause a queue": (_post("/jobs/queuepause/train.cpu/pause/", reason="repairs"), RUNS),
    "resume a queue": (_post("/jobs/queuepause/train.cpu/resume/"), RUNS),
    "bring data": (_post("/catalog/dataset/{data}/upload/"), SUBMITS),
    "erase data": (_post("/catalog/dataset/{data}/erase/", name="digits", models="keep"), OWNS),
    "decide on a model": (_post("/catalog/modelversion/{model}/decide/", decision="reject", comment="no"), REVIEWS),
    "decide on data": (
        _post("/audit/reviewrequest/decide/dataset_version/{version}/", decision="approve"),
        REVIEWS,
    ),
    "flag an artifact": (_post("/audit/reviewrequest/flag/{artifact}/", reason="odd"), MEMBERS),
    "withdraw an artifact": (
        _post("/audit/reviewrequest/decide/artifact/{artifact}/", decision="withdraw", comment="odd"),
        REVIEWS,
    ),
    "move an alias": (_post("/catalog/alias/{alias}/move/", version="{model}"), SUBMITS),
    "set a legal hold": (_post("/lineage/legalhold/add/", subject_kind="job", subject="{job}", reason="x"), REVIEWS),
    "lift a legal hold": (_post("/lineage/legalhold/{hold}/lift/", comment="over"), REVIEWS),
    "change a window": (_post("/jobs/window/{window}/edit/"), SUBMITS),
    "remove a window": (_post("/jobs/window/{window}/remove/"), SUBMITS),
    "pause a recurring job": (_post("/jobs/schedule/{schedule}/ask/pause/"), SUBMITS),
    "check the log": (_post("/audit/auditevent/check/"), WATCHES),
    "give a role": (_post("/accounts/project/{project}/role/", username="stranger", role="viewer"), OWNS),
    "remove a member": (_post("/accounts/project/{project}/remove/", username="viewer"), OWNS),
    "loosen a limit": (_post("/accounts/project/{project}/limits/", weight="2", max_running="0"), LIMITS),
    "make a token for a service account": (
        _post("/accounts/serviceaccount/{robot}/token/", name="cron", scopes="read", days="9"),
        OWNS,
    ),
    "have somebody else answer for a service account": (
        _post("/accounts/serviceaccount/{robot}/answer/", answered_by="viewer"),
        OWNS,
    ),
    "close a service account": (_post("/accounts/serviceaccount/{robot}/close/", typed="robot@studio"), OWNS),
    "clear a policy": (_post("/audit/projectpolicy/{project}/spot_check/clear/"), OWNS),
    "open a project": (_post("/accounts/project/add/", slug="fresh"), ROOT),
    "invite somebody": (_post("/accounts/user/add/", username="nina", way="link"), RUNS),
    "close an account": (_post("/accounts/user/{stranger}/active/", active="no"), RUNS),
    "give a platform role": (_post("/accounts/user/{stranger}/platform-role/", role="auditor"), ROOT),
    "change a webhook": (_post("/webhooks/webhook/{webhook}/edit/", name="other", url="https://a.example/"), OWNS),
    "make a new secret": (_post("/webhooks/webhook/{webhook}/secret/"), OWNS),
    "test a webhook": (_post("/webhooks/webhook/{webhook}/ask/ping/"), OWNS),
    "pause a webhook": (_post("/webhooks/webhook/{webhook}/ask/pause/"), LIMITS),
    "remove a webhook": (_post("/webhooks/webhook/{webhook}/ask/remove/"), OWNS),
    "send to a webhook again": (_post("/webhooks/webhook/{webhook}/replay/", since="day"), OWNS),
    "make a link for an account in use": (_post("/accounts/user/{stranger}/link/"), ROOT),
}
