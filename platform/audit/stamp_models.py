"""Time stamps: what waits for the authority's answer, and what it answered."""

from __future__ import annotations

import base64
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class Stamp(models.Model):
    """A digest that an authority is asked to stamp (RFC 3161); `token` is its checked answer, DER."""

    kind = models.CharField(_("kind of subject"), max_length=16, editable=False)  # head, archive
    subject_id = models.CharField(_("subject"), max_length=64, editable=False)
    sha256 = models.CharField("SHA-256", max_length=64, unique=True, editable=False)
    requested_at = models.DateTimeField(_("requested"), editable=False)
    due_at = models.DateTimeField(_("next try"), null=True, editable=False)
    tries = models.PositiveIntegerField(_("tries"), default=0, editable=False)
    error = models.CharField(_("last answer"), max_length=300, blank=True, editable=False)
    token = models.BinaryField(null=True, editable=False)
    stamped_at = models.DateTimeField(_("stamped"), null=True, editable=False)
    authority = models.CharField(_("authority"), max_length=300, blank=True, editable=False)

    class Meta:
        verbose_name, verbose_name_plural = _("time stamp"), _("time stamps")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(token=None), name="stamp_waiting"),
            models.Index(fields=["kind", "-id"], name="stamp_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id}"

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON: what was stamped, when, by whom; the token in base64 once it is there."""
        return {
            "sha256": self.sha256,
            "requested_at": self.requested_at.isoformat(),
            "stamped_at": self.stamped_at.isoformat() if self.stamped_at else None,
            "authority": self.authority,
            "token": base64.b64encode(bytes(self.token)).decode() if self.token else None,
        }
