"""When jobs may run, and which are submitted by themselves: windows with their exceptions, and schedules.

Everybody imports them from jobs/models.py.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from models_store.ids import new_id


class Window(models.Model):
    """Weekly hours, in the time of one zone, in which the jobs bound to it may run.

    `hours` is a list of {"days": ["mon", ...], "from": "22:00", "to": "06:00"}; a `to` that is not after `from` lies on
    the next day. `jobs/windows.py` reads it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    project = models.ForeignKey("accounts.Project", on_delete=models.CASCADE, verbose_name=_("project"))
    name = models.CharField(_("name"), max_length=64)
    timezone = models.CharField(_("time zone"), max_length=64)
    hours = models.JSONField(_("opening hours"), default=list)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name, verbose_name_plural = _("window"), _("windows")
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="one_window_of_a_name")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class WindowException(models.Model):
    """A day on which a window has other hours than its week says: none where `hours` is empty, else these alone.

    A day's hours are those that begin on it; `hours` is a list of {"from", "to"}.
    """

    window = models.ForeignKey(Window, on_delete=models.CASCADE, related_name="exceptions")
    date = models.DateField(_("date"))
    hours = models.JSONField(_("opening hours"), default=list)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("exception"), _("exceptions")
        constraints = [models.UniqueConstraint(fields=["window", "date"], name="one_exception_a_day")]
        ordering = ["date"]

    def __str__(self) -> str:
        return f"{self.window} {self.date}"


class Schedule(models.Model):
    """A submission that recurs: on some weekdays at a time of one zone. The sweeper takes it when it is due."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    project = models.ForeignKey("accounts.Project", on_delete=models.CASCADE, verbose_name=_("project"))
    name = models.CharField(_("name"), max_length=100)
    body = models.JSONField(_("submission"), default=dict, help_text="as REST takes it")
    timezone = models.CharField(_("time zone"), max_length=64)
    days = models.JSONField(_("days"), default=list)
    at = models.CharField(_("time"), max_length=5)
    active = models.BooleanField(_("active"), default=True)
    next_due = models.DateTimeField(_("next"), null=True)
    last_error = models.JSONField(default=dict, help_text="why the last submission was refused, if it was")
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name, verbose_name_plural = _("recurring job"), _("recurring jobs")
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="one_schedule_of_a_name")]
        indexes = [models.Index(fields=["next_due"], condition=models.Q(active=True), name="schedule_due")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
