"""How the log is watched: its self-checks, and the alarms that stand."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class SelfCheck(models.Model):
    """One check of the whole log, done slice by slice; `position` events of `size` are behind it.

    `kept` is what the next slice goes on from (audit/selfcheck.py, LogCheck).
    """

    started_at = models.DateTimeField(_("begun"), editable=False)
    finished_at = models.DateTimeField(_("ended"), null=True, editable=False)
    size = models.BigIntegerField(_("events"), editable=False)
    position = models.BigIntegerField(_("checked"), default=0, editable=False)
    kept = models.JSONField(default=dict, editable=False)
    problems = models.JSONField(_("problems"), default=list, editable=False)
    held_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name, verbose_name_plural = _("self-check of the log"), _("self-checks of the log")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.position} / {self.size}"

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON: when, how far, what was covered and what was found."""
        counted = {name: self.kept.get(name, 0) for name in ("heads", "details", "erased", "counts")}
        return {
            "started_at": self.started_at,
            "finished_at": self.finished_at,
            "size": self.size,
            "checked": self.position,
            **counted,
            "ok": None if self.finished_at is None and not self.problems else not self.problems,
            "problems": self.problems,
        }


class LogAlarm(models.Model):
    """Something is wrong with the log, or was: one row for each kind of alarm, the times are those of the last one."""

    code = models.CharField(max_length=32, unique=True, editable=False)
    said = models.TextField(editable=False)
    raised_at = models.DateTimeField(editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name, verbose_name_plural = _("alarm of the log"), _("alarms of the log")

    def __str__(self) -> str:
        return self.code
