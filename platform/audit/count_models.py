"""What happens too often for an event each: reads and failed logins, counted by the hour."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class HourlyCount(models.Model):
    """How often somebody did one thing to one subject within one hour.

    Open (`event` is empty) while the hour lasts; then a leaf of the log covers it, with the root over up to 500 such
    counts as its `items_root`. `who` is what that root holds of the actor: a commitment with `salt`. Erasing a person
    blanks actor and salt, and every proof stays valid.
    """

    hour = models.DateTimeField(_("hour"), editable=False)
    actor = models.CharField(_("who"), max_length=150, blank=True, editable=False)
    verb = models.CharField(_("what"), max_length=64, editable=False)
    subject_kind = models.CharField(_("kind of subject"), max_length=32, editable=False)
    subject_id = models.CharField(_("subject"), max_length=64, editable=False)
    project_id = models.UUIDField(_("project"), null=True, editable=False)
    count = models.BigIntegerField(_("how often"), editable=False)
    event = models.ForeignKey(
        "audit.AuditEvent", models.PROTECT, null=True, editable=False, related_name="counts", verbose_name=_("event")
    )
    place = models.IntegerField(null=True, editable=False)
    who = models.CharField(max_length=64, blank=True, editable=False)
    salt = models.BinaryField(max_length=16, null=True, editable=False)

    class Meta:
        verbose_name, verbose_name_plural = _("hourly count"), _("reads and failed logins")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["hour", "verb", "actor", "subject_kind", "subject_id"],
                condition=models.Q(event=None),
                name="one_open_count",
            )
        ]
        indexes = [
            models.Index(fields=["subject_kind", "subject_id"], name="count_subject"),
            models.Index(fields=["actor"], name="count_actor"),
            models.Index(fields=["project_id", "id"], name="count_project"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject_kind} {self.subject_id}: {self.count}"
