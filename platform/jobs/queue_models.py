"""Queues: which are paused, and who takes jobs from them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class QueuePause(models.Model):
    """A queue from which nothing is claimed until somebody lets it go on; it outlasts every restart."""

    queue = models.CharField(max_length=40, unique=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    paused_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    paused_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.queue


class Listener(models.Model):
    """A worker and a queue that it takes jobs from, as it said last."""

    worker = models.CharField(max_length=100)
    queue = models.CharField(max_length=40)
    seen_at = models.DateTimeField()
    facts = models.JSONField(default=dict, help_text="its device: cores, load, memory, temperature, room on the disk")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["worker", "queue"], name="once_a_queue")]
        ordering = ["queue", "worker"]

    def __str__(self) -> str:
        return f"{self.worker} on {self.queue}"
