"""Answers that are kept for a day, so that a request can be repeated without being done twice."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class KeptAnswer(models.Model):
    """What a request under an Idempotency-Key was answered. Neither the key nor the answer can be read from the row."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=64, help_text="what follows from person and key")
    request = models.CharField(max_length=64, help_text="digest of method, path and body")
    status = models.PositiveSmallIntegerField(default=0)
    sealed = models.TextField(default="", help_text="headers and body, encrypted under what the key gives")
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "name"], name="one_answer_per_key")]

    def __str__(self) -> str:
        return f"{self.person} · {self.status}"
