"""What people say of artifacts: flags, and that one was withdrawn. Everybody imports them from lineage/models.py."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from models_store.ids import new_id


class Flag(models.Model):
    """A member of the project found something wrong with an artifact; a reviewer looks at it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    artifact = models.ForeignKey("lineage.Artifact", on_delete=models.CASCADE, related_name="flags")
    reason = models.TextField(_("reason"))
    flagged_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("time"))

    class Meta:
        verbose_name, verbose_name_plural = _("flag"), _("flags")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.reason


class Withdrawal(models.Model):
    """An artifact that a reviewer took back: its row, marks and proof stay, its content is for reviewers only."""

    artifact = models.OneToOneField(
        "lineage.Artifact", on_delete=models.CASCADE, primary_key=True, related_name="withdrawal"
    )
    job = models.ForeignKey("jobs.Job", on_delete=models.CASCADE, related_name="+")
    because = models.TextField(_("reason"))
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("time"))

    class Meta:
        verbose_name, verbose_name_plural = _("withdrawal"), _("withdrawals")

    def __str__(self) -> str:
        return self.because
