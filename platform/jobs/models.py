"""The job row, which is the truth; its inputs, jobs it comes after, attempts, events. What else there is, by name."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from jobs.queue_models import Listener as Listener
from jobs.queue_models import QueuePause as QueuePause
from jobs.upload_models import PartialUpload as PartialUpload
from jobs.use_models import DeviceUse as DeviceUse
from jobs.use_models import StorageUse as StorageUse
from jobs.when_models import Schedule as Schedule
from jobs.when_models import Window as Window
from jobs.when_models import WindowException as WindowException
from models_store.ids import new_id


def new_salt() -> str:
    """32 hexadecimal digits that keep a job's manifest from being guessed from its public digest."""
    return secrets.token_hex(16)


class State(models.TextChoices):
    """Where a job stands. FAILED was to be expected and has a code; ERRORED is a bug and has a traceback."""

    HELD = "held", _("held")
    QUEUED = "queued", _("queued")
    RUNNING = "running", _("running")
    PAUSED = "paused", _("paused")
    SUCCEEDED = "succeeded", _("succeeded")
    FAILED = "failed", _("failed")
    ERRORED = "errored", _("errored")
    CANCELLED = "cancelled", _("cancelled")


ENDED = (State.SUCCEEDED, State.FAILED, State.ERRORED, State.CANCELLED)


class Job(models.Model):
    """One request for work.

    `token` is the fencing token: it grows by one with each claim, and a worker's write names the token it holds.
    `lease_until` is when the claim lapses without a beat. `wants` is what the worker is asked to do at the next step.
    `written` has the rows beside it by relation, where this process has submitted it just now.
    """

    written: Mapping[str, list[models.Model]] = {}

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    project = models.ForeignKey(  # indexes of lists begin with it, so it has none of its own
        "accounts.Project", on_delete=models.PROTECT, db_index=False, verbose_name=_("project")
    )
    kind = models.CharField(_("kind"), max_length=20)
    name = models.CharField(_("name"), max_length=100, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    state_reason = models.TextField(_("reason"), blank=True)
    queue = models.CharField(_("queue"), max_length=40)
    priority = models.SmallIntegerField(_("priority"), default=0)
    position = models.BigIntegerField(default=0, help_text="before equals of its priority: lower first; 0 unless moved")
    window = models.ForeignKey(
        Window, on_delete=models.PROTECT, null=True, db_index=False, related_name="jobs", verbose_name=_("window")
    )
    schedule = models.ForeignKey(Schedule, on_delete=models.SET_NULL, null=True, db_index=False, related_name="jobs")
    due_at = models.DateTimeField(null=True, help_text="the time of its schedule that it stands for")
    seed = models.CharField(_("seed"), max_length=40)
    family = models.CharField(_("family"), max_length=64, blank=True)
    params = models.JSONField(_("parameters"), default=dict)
    asks_for = models.PositiveBigIntegerField(default=0, help_text="artifacts, where its kind makes such")
    schema_digest = models.CharField(max_length=64, blank=True)
    salt = models.CharField(max_length=32, default=new_salt, editable=False)
    purpose = models.TextField(_("purpose"), blank=True)
    intended_use = models.TextField(_("intended use"), blank=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="jobs", verbose_name=_("submitted by")
    )
    idempotency_key = models.CharField(max_length=200, null=True)
    body_digest = models.CharField(max_length=64, blank=True)

    token = models.PositiveIntegerField(default=0)
    worker = models.CharField(_("worker"), max_length=100, blank=True)
    lease_until = models.DateTimeField(null=True)
    attempts_made = models.PositiveIntegerField(_("attempts"), default=0)
    barren_attempts = models.PositiveIntegerField(default=0, help_text="attempts in a row without new progress")
    wants = models.CharField(max_length=10, blank=True)
    not_before = models.DateTimeField(null=True)
    batch_key = models.CharField(max_length=64, blank=True, help_text="jobs of one key may share batches")
    forecast = models.JSONField(
        default=dict, help_text="what was expected when it had begun to wait: seconds, P50 and P90"
    )

    done = models.PositiveBigIntegerField(_("done"), default=0)
    total = models.PositiveBigIntegerField(_("total"), default=0)
    unit = models.CharField(_("unit"), max_length=20, blank=True)
    eta_s = models.FloatField(_("time left (s)"), null=True)
    facts = models.JSONField(default=dict, help_text="device, precision, threads, provider of the latest attempt")
    used = models.JSONField(default=dict, help_text="what the latest attempt has used, as of its last beat")
    checkpoint = models.JSONField(default=dict, help_text="step and files (name -> sha256) of the latest saved state")

    result = models.JSONField(_("result"), default=dict)
    error_code = models.CharField(_("error code"), max_length=60, blank=True)
    error_detail = models.TextField(_("error"), blank=True)
    error_facts = models.JSONField(default=dict)
    traceback = models.TextField(blank=True)

    created_at = models.DateTimeField(_("created"))
    started_at = models.DateTimeField(_("started"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)
    files_expired_at = models.DateTimeField(null=True, help_text="when archive and sheet were given up (retention)")
    logs_expired_at = models.DateTimeField(null=True, help_text="when the lines of its log were deleted (retention)")

    class Meta:
        verbose_name, verbose_name_plural = _("job"), _("jobs")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["submitted_by", "idempotency_key"],
                condition=models.Q(idempotency_key__isnull=False),
                name="one_job_per_idempotency_key",
            ),
            models.UniqueConstraint(fields=["schedule", "due_at"], name="one_job_per_due_time"),
        ]
        indexes = [
            models.Index(
                fields=["queue", "project", "-priority", "position", "id"],
                condition=models.Q(state="queued"),
                name="job_queued",
            ),
            models.Index(  # what no window holds, and what one does: a claim passes over no job of a closed window
                fields=["queue", "project", "-priority", "position", "id"],
                condition=models.Q(state="queued", window=None),
                name="job_free",
            ),
            models.Index(
                fields=["queue", "window", "-priority", "position", "id"],
                condition=models.Q(state="queued", window__isnull=False),
                name="job_bound",
            ),
            models.Index(
                fields=["queue", "batch_key", "-priority", "position", "id"],
                condition=models.Q(state="queued") & ~models.Q(batch_key=""),
                name="job_batch",
            ),
            models.Index(fields=["lease_until"], condition=models.Q(state="running"), name="job_lease"),
            models.Index(fields=["project", "-id"], name="job_project"),
            models.Index(fields=["project", "kind", "-id"], name="job_project_kind"),  # lists by filter, newest first
            models.Index(fields=["project", "state", "-id"], name="job_project_state"),
            models.Index(fields=["kind", "-id"], name="job_kind"),
            models.Index(fields=["state", "-id"], name="job_state"),
            models.Index(fields=["project", "name", "-id"], condition=~models.Q(name=""), name="job_project_name"),
            models.Index(fields=["window", "-id"], condition=models.Q(window__isnull=False), name="job_window"),
            models.Index(fields=["schedule", "-id"], condition=models.Q(schedule__isnull=False), name="job_schedule"),
            models.Index(fields=["kind", "family", "-id"], condition=models.Q(state="succeeded"), name="job_like"),
            models.Index(  # what retention has yet to look at
                fields=["project", "finished_at"],
                condition=models.Q(files_expired_at=None, finished_at__isnull=False),
                name="job_files_kept",
            ),
            models.Index(
                fields=["project", "finished_at"],
                condition=models.Q(logs_expired_at=None, finished_at__isnull=False),
                name="job_log_kept",
            ),
        ]

    def __str__(self) -> str:
        return self.name or f"{self.kind} {str(self.pk)[-8:]}"

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it by itself."""
        return self.state in ENDED


class JobInput(models.Model):
    """What a job works on, by role."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="inputs")
    role = models.CharField(max_length=20)
    dataset_version = models.ForeignKey("catalog.DatasetVersion", on_delete=models.PROTECT, null=True, related_name="+")
    model_version = models.ForeignKey(
        "catalog.ModelVersion", on_delete=models.PROTECT, null=True, db_index=False, related_name="+"
    )
    from_job = models.ForeignKey(
        Job, on_delete=models.PROTECT, null=True, related_name="+", help_text="the earlier job that makes this input"
    )
    upload_sha256 = models.CharField(max_length=64, blank=True)
    upload_name = models.CharField(max_length=255, blank=True)
    named = models.CharField(
        max_length=200, blank=True, help_text="what the body said where it was no id: chest-xray@production"
    )

    upload_expired_at = models.DateTimeField(null=True, help_text="when the upload was given up")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "role"], name="one_input_per_role")]
        indexes = [
            models.Index(
                fields=["model_version", "-job"],
                condition=models.Q(model_version__isnull=False),
                name="input_by_model",
            ),
            models.Index(
                fields=["upload_sha256"],
                condition=models.Q(upload_expired_at=None) & ~models.Q(upload_sha256=""),
                name="upload_kept",
            ),
            models.Index(
                fields=["job"],
                condition=models.Q(upload_expired_at=None) & ~models.Q(upload_sha256=""),
                name="upload_by_job",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} of {self.job_id}"

    def said(self) -> str:
        """As a body names it: the id of the data or the model, `job:` and the id of the job that has yet to make it."""
        coming = f"job:{self.from_job_id}" if self.from_job_id else ""
        return str(self.dataset_version_id or self.model_version_id or coming or self.upload_name)


class JobAfter(models.Model):
    """One job comes after another: it waits until the earlier one has succeeded."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="comes_after")
    earlier = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="followed_by")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "earlier"], name="once_after_each_job")]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.job_id} after {self.earlier_id}"


class Attempt(models.Model):
    """One worker's try at a job, with how it ended."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="tries")
    token = models.PositiveIntegerField()
    worker = models.CharField(max_length=100)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=20, blank=True)
    reason = models.TextField(blank=True)
    device_s = models.FloatField(default=0.0)
    facts = models.JSONField(default=dict, help_text="device, precision, threads, provider of this attempt")
    used = models.JSONField(default=dict, help_text="CPU and wall seconds, peak memory (bytes), device; once it ended")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "token"], name="one_attempt_per_token")]
        ordering = ["token"]

    def __str__(self) -> str:
        return f"{self.job_id} attempt {self.token}"


class JobEvent(models.Model):
    """What happened in a job, in order: state, progress points, metrics, samples, log lines (the event stream)."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="events", db_index=False)
    type = models.CharField(max_length=12)
    at = models.DateTimeField()
    data = models.JSONField(default=dict)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["job", "id"], name="event_of_job"),  # what came after one that was seen
            models.Index(fields=["job", "type", "id"], name="event_by_type"),
        ]

    def __str__(self) -> str:
        return f"{self.type} of {self.job_id}"


class DigestMail(models.Model):
    """The morning mail of one day: the worker that takes the day sends it; `sent_at` says that it went out."""

    day = models.DateField(unique=True)
    taken_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.day)
