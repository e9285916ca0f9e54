"""What is kept and what is given up: legal holds, and blobs that have still to be deleted."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from models_store.ids import new_id


class LegalHold(models.Model):
    """Somebody's word that something must not be deleted, with its reason; lifted by another person."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, verbose_name=_("project"))
    subject_kind = models.CharField(_("kind of subject"), max_length=32)
    subject_id = models.CharField(_("subject"), max_length=64)
    reason = models.TextField(_("reason"))
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("set by")
    )
    set_at = models.DateTimeField(_("since"))
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, verbose_name=_("lifted by")
    )
    lifted_at = models.DateTimeField(_("lifted"), null=True)
    comment = models.TextField(_("comment"), blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("legal hold"), _("legal holds")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["subject_kind", "subject_id"], condition=models.Q(lifted_at=None), name="one_hold_at_a_time"
            )
        ]
        indexes = [models.Index(fields=["project"], condition=models.Q(lifted_at=None), name="hold_in_force")]

    def __str__(self) -> str:
        return f"{self.subject_kind} {self.subject_id}"


class DoomedBlob(models.Model):
    """A blob that its row has given up: the sweeper deletes it unless another row of the project needs it.

    Written in the transaction that marks the row, so that a crash between the two leaves nothing undone.
    """

    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    dataset = models.ForeignKey(
        "catalog.Dataset", on_delete=models.PROTECT, null=True, related_name="+", help_text="that is being erased"
    )
    doomed_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["dataset"], condition=~models.Q(dataset=None), name="doomed_with_data")]

    def __str__(self) -> str:
        return self.sha256
