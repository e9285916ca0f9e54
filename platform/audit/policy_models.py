"""What a project's owner has set, and what waits for a person's decision. Everybody imports them from audit/models.py.

They name projects and subjects by id only: this app knows none of the others.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from models_store.ids import new_id


class ProjectPolicy(models.Model):
    """A policy that holds in a project, with the parameters that its owner has set."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    project_id = models.UUIDField(_("project"), editable=False)
    name = models.CharField(_("policy"), max_length=64)
    params = models.JSONField(_("parameters"), default=dict)
    set_by = models.CharField(_("set by"), max_length=150, blank=True)
    set_at = models.DateTimeField(_("set"))
    drawn_until = models.DateTimeField(null=True, help_text="up to when it has drawn its samples")

    class Meta:
        verbose_name, verbose_name_plural = _("policy"), _("policies")
        constraints = [models.UniqueConstraint(fields=["project_id", "name"], name="one_policy_of_a_name")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ReviewRequest(models.Model):
    """Something that waits for a person's decision, and why; closed by a review, or because it no longer matters."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject_kind = models.CharField(_("kind of subject"), max_length=32)
    subject_id = models.CharField(_("subject"), max_length=64)
    project_id = models.UUIDField(_("project"))
    policy = models.CharField(_("policy"), max_length=64, blank=True)
    why = models.TextField(_("reason"), blank=True)
    asked_by = models.CharField(_("asked by"), max_length=150, blank=True)
    asked_at = models.DateTimeField(_("asked"))
    closed_at = models.DateTimeField(_("closed"), null=True)
    review = models.ForeignKey("audit.Review", on_delete=models.PROTECT, null=True, related_name="requests")

    class Meta:
        verbose_name, verbose_name_plural = _("request for a review"), _("requests for reviews")
        constraints = [
            models.UniqueConstraint(
                fields=["subject_kind", "subject_id"],
                condition=models.Q(closed_at=None),
                name="one_open_request",
            )
        ]
        indexes = [
            models.Index(fields=["project_id", "-id"], condition=models.Q(closed_at=None), name="request_open"),
            models.Index(fields=["project_id", "-id"], name="request_project"),
            models.Index(
                fields=["project_id", "subject_kind", "id"],
                condition=models.Q(closed_at=None),
                name="request_open_kind",
            ),
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.subject_kind} {self.subject_id}"
