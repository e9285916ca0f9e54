"""Artifacts: one row for each generated file."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from lineage.flag_models import Flag as Flag
from lineage.flag_models import Withdrawal as Withdrawal
from lineage.keeping_models import DoomedBlob as DoomedBlob
from lineage.keeping_models import LegalHold as LegalHold
from models_store.ids import new_id

FILTERS = ("model_version", "seed", "made_by", "media_type", "stage", "watermarked")  # each has an index of its own


class Artifact(models.Model):
    """One generated file as released, with what it carries and where it stands in the log.

    `sidecars` are the files of its credential and its label where it carries none inside: name (SIDECARS of
    models_store/media_types.py) -> {sha256, size}. No leaf covers them: the credential itself binds the file.

    Unique on (job, index): a second attempt cannot make a second effect. `leaf` is the audit event whose
    `items_root` covers this artifact; `position` places it below that root.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    job = models.ForeignKey(
        "jobs.Job", on_delete=models.PROTECT, db_index=False, related_name="artifacts", verbose_name=_("job")
    )
    index = models.PositiveIntegerField(_("index"))
    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, verbose_name=_("project"))
    model_version = models.ForeignKey("catalog.ModelVersion", on_delete=models.PROTECT, related_name="artifacts")
    sha256 = models.CharField("SHA-256", max_length=64)
    content_sha256 = models.CharField(max_length=64)
    media_type = models.CharField(_("media type"), max_length=60)
    size = models.PositiveBigIntegerField(_("size (bytes)"))
    seed = models.CharField(_("seed"), max_length=40)
    stage = models.CharField(_("stage of the model"), max_length=10)
    marks = models.JSONField(_("marks"), default=dict)
    sidecars = models.JSONField(default=dict)
    fingerprint = models.CharField(max_length=16, blank=True)
    leaf = models.ForeignKey("audit.AuditEvent", on_delete=models.PROTECT, null=True, related_name="+")
    position = models.PositiveIntegerField(default=0)
    attempt = models.PositiveIntegerField(default=0, help_text="token of the attempt that made it")
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    expired_at = models.DateTimeField(null=True, help_text="when its bytes were given up; row, manifest and leaf stay")
    made_by = models.ForeignKey(  # as the job says: here so that an index finds what somebody made
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False,
        verbose_name=_("made by"),
    )  # fmt: skip
    watermarked = models.BooleanField(_("watermarked"), default=False, help_text="as `marks` say")

    class Meta:
        verbose_name, verbose_name_plural = _("artifact"), _("artifacts")
        constraints = [models.UniqueConstraint(fields=["job", "index"], name="one_artifact_per_index")]
        indexes = [
            models.Index(fields=["job", "-id"], name="artifact_job"),
            models.Index(fields=["sha256", "project", "-id"], name="artifact_sha256"),
            models.Index(fields=["project", "-id"], name="artifact_project"),
            *(models.Index(fields=["project", name, "-id"], name=f"artifact_{name}") for name in FILTERS),
            models.Index(fields=["project", "id"], condition=models.Q(expired_at=None), name="artifact_kept"),
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.job_id} #{self.index}"
